"""Filters as Python functions: what decides about a document that was read already."""

import re
from collections.abc import Callable
from typing import Any

from mlflow_docstore.core.errors import LimitExceeded, Unsupported
from mlflow_docstore.core.query import (
    COMPARATORS,
    And,
    AnyElement,
    Compare,
    Exists,
    In,
    Like,
    MissingOr,
    Or,
)

from .filters import FilterCompiler
from .paths import MISSING, reader
from .values import accepted, bracket, rank

Test = Callable[[Any], bool]

_WILDCARDS = {"%": ".*", "_": "."}
_LEAVES = (Compare, In, Like, Exists)


class PredicateCompiler(FilterCompiler[Test]):
    """Filters to tests of stored documents.

    Args:
        in_terms: The most terms in one membership test.
    """

    def __init__(self, in_terms: int) -> None:
        self._in_terms = in_terms

    def conjunction(self, node: And) -> Test:
        tests = [self.compile(part) for part in node.nodes]
        return lambda document: all(test(document) for test in tests)

    def disjunction(self, node: Or) -> Test:
        tests = [self.compile(part) for part in node.nodes]
        return lambda document: any(test(document) for test in tests)

    def compare(self, node: Compare) -> Test:
        read, value, compare = reader(node.field), accepted(node.value), COMPARATORS[node.operator]
        wanted = bracket(value)

        def test(document: Any) -> bool:
            found = read(document)
            return bracket(found) is wanted and compare(found, value)

        return test

    def membership(self, node: In) -> Test:
        if len(node.values) > self._in_terms:
            raise LimitExceeded("filter", node.field.name, limit="in_terms", size=len(node.values))
        read, negated = reader(node.field), node.negated
        values = {rank(accepted(value)) for value in node.values}

        def test(document: Any) -> bool:
            found = read(document)
            if found is MISSING or found is None:
                return False
            return (rank(found) in values) is not negated

        return test

    def like(self, node: Like) -> Test:
        read, pattern = reader(node.field), like_pattern(node)

        def test(document: Any) -> bool:
            found = read(document)
            return type(found) is str and pattern.fullmatch(found) is not None

        return test

    def exists(self, node: Exists) -> Test:
        read, negated = reader(node.field), node.negated
        return lambda document: (read(document) is MISSING) is negated

    def missing_or(self, node: MissingOr) -> Test:
        read, value = reader(node.field), accepted(node.value)
        wanted = bracket(value)

        def test(document: Any) -> bool:
            found = read(document)
            if found is MISSING or found is None:
                return True
            return bracket(found) is wanted and bool(found == value)

        return test

    def any_element(self, node: AnyElement) -> Test:
        if not all(isinstance(part, _LEAVES) for part in node.where):
            raise Unsupported("filter", node.field.name, reason="nested in an element match")
        read, matches = reader(node.field), self.conjunction(And(node.where))
        return lambda document: any(map(matches, elements_of(read(document))))


def like_pattern(node: Like) -> re.Pattern[str]:
    """An SQL pattern as a regular expression, to be matched as a whole."""
    text = "".join(_WILDCARDS.get(letter) or re.escape(letter) for letter in accepted(node.pattern))
    return re.compile(text, re.DOTALL | (re.IGNORECASE | re.ASCII if node.ignore_case else 0))


def elements_of(array: Any) -> list[Any]:
    """The sub-documents of what may be an array."""
    if type(array) is not list:
        return []
    return [element for element in array if type(element) is dict]
