"""MLflow's tracking store, model registry and prompts on document databases.

MLflow finds this package by itself: a database URI as its tracking URI is all that it takes.
Programs that want to build on the store without MLflow's facade begin with ``connect``.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow_docstore.ports.backend import Backend

__all__ = ["__version__", "connect"]

__version__ = "0.1.0"


def connect(uri: str) -> "Backend":
    """The repositories of a database: experiments, runs, metrics, registered models and so on.

    They take and return MLflow's entities, and raise the errors of ``core.errors``. Connections are
    opened by the first call that needs one, are shared by all who connect to the same URI in this
    process, and may be used by many threads. ``Backend.prepare`` makes collections and indexes in a
    database that MLflow has not used yet.

    Example:
        >>> backend = connect("memory://example")
        >>> backend.prepare()
        >>> backend.experiments.find_by_name("none such") is None
        True

    Args:
        uri: As for MLflow: ``mongodb://HOST/DATABASE``, ``docstore:///PATH``, ``memory://NAME``.

    Raises:
        InvalidArgument: ``kind="uri"``: the URI cannot be used; ``facts["reason"]`` says why.
    """
    from mlflow_docstore.compat.schemes import (  # noqa: PLC0415 - for this function only
        adapter_entry_point,
        adapter_entry_points,
    )

    # A wrong scheme is refused before MLflow is imported, which takes seconds.
    adapter_entry_point(uri, adapter_entry_points())
    from mlflow_docstore.compat.container import CONTAINER  # noqa: PLC0415 - imports MLflow

    return CONTAINER.backend(uri)
