"""What MLflow does not publish, and this project takes from it all the same.

Validators, parsers and helpers: names with an underscore, and every module that is not on the list
of tests/architecture. They move between releases. Here alone they are imported, by store, so that
one that moved costs neither the other store nor a search for the place where it was missed. Where
releases have different names for a thing, its module here asks ``releases`` which one to take.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from mlflow_docstore import __version__
from mlflow_docstore.compat.releases import INSTALLED, KNOWN


class UnknownReleaseError(ImportError):
    """The installed MLflow lacks a name that all releases known to this project have."""


@contextmanager
def names_of_known_releases() -> Iterator[None]:
    """An import that fails in the block says which release lacks the name, and what to install."""
    try:
        yield
    except ImportError as error:
        problem = str(error).partition(" (")[0]
        raise UnknownReleaseError(
            f"mlflow-docstore {__version__} does not work with MLflow {INSTALLED} ({problem}):"
            f" install 'mlflow{KNOWN}', or a newer mlflow-docstore"
        ) from error
