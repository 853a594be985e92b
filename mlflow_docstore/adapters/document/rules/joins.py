"""What a join hands out with a document."""

from typing import Any

from mlflow_docstore.core.query import path

from .paths import reader


def joined_ids(document: Any, field: str) -> list[Any]:
    """The ids at a path of a document, each once; none where there is no array."""
    found = reader(path(field))(document)
    return list(dict.fromkeys(found)) if type(found) is list else []
