"""Maps whose keys are the user's text, as embedded documents."""

from collections.abc import Mapping
from typing import TypeVar

from mlflow_docstore.adapters.document.keys import escape, unescape

T = TypeVar("T")


def encode_map(entries: Mapping[str, T]) -> dict[str, T]:
    """Keys escaped."""
    return {escape(key): value for key, value in entries.items()}


def decode_map(document: Mapping[str, T]) -> dict[str, T]:
    """Keys as the user wrote them."""
    return {unescape(name): value for name, value in document.items()}
