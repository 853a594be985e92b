"""Regular expressions, which no database is asked about."""

import re
from collections.abc import Callable, Sequence

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.rules.paths import reader
from mlflow_docstore.core.query import path


def matcher(patterns: Sequence[tuple[str, str]]) -> Callable[[Document], bool]:
    """Whether the texts at some paths of a document each contain what an expression describes.

    Args:
        patterns: Paths, and an expression for each.
    """
    tests = [(reader(path(name)), _compiled(regex)) for name, regex in patterns]

    def matches(document: Document) -> bool:
        return all(
            expression is not None
            and isinstance(text := read(document), str)
            and expression.search(text) is not None
            for read, expression in tests
        )

    return matches


def _compiled(regex: str) -> re.Pattern[str] | None:
    try:
        return re.compile(regex)
    except re.error:
        return None
