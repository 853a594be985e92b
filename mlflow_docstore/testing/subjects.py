"""What the contract suite can be asked to judge. Needs no pytest: the command's help names them."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

SQLITE = "sqlite"
"""MLflow's own store, the one throw-away store with no driver of ours beneath it."""

THROW_AWAY_STORES: Mapping[str, Callable[[Path], str]] = MappingProxyType(
    {
        SQLITE: lambda directory: f"sqlite:///{directory / 'mlflow.db'}",
        "memory": lambda directory: f"memory://{directory.name}",
        "embedded": lambda directory: f"docstore://{directory / 'data'}",
    }
)
"""Names that stand for a store made for this run, and its URI in a directory of its own."""


def is_uri(subject: str) -> bool:
    """Whether it says where a store is; otherwise it is a name."""
    return ":" in subject


def without_credentials(uri: str) -> str:
    """The URI as it may be printed: a password or a key stands before the host or in the query.

    A key that is called so is found elsewhere too, as in a connection string of Azure's.
    """
    shown = re.sub(r"//.*@", "//", uri).partition("?")[0]
    return re.sub(r"(key=)[^&;#]*", r"\1***", shown, flags=re.IGNORECASE)
