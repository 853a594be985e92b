"""What the parts of a driver are made of."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeAlias

from pymongo.collection import Collection

from mlflow_docstore.adapters.document.driver import Document

from .flavours import Flavour

Calling: TypeAlias = Callable[..., AbstractContextManager[Collection[Document]]]


@dataclass(frozen=True)
class Reach:
    """How a part gets at the database.

    Args:
        calling: Around each command: its verb, the logical collection, a key.
        flavour: Which kind of database it is; may connect.
        native_name: What a collection is called on the server.
    """

    calling: Calling
    flavour: Callable[[], Flavour]
    native_name: Callable[[str], str]
