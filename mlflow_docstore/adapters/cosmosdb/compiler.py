"""The query tree as the service's SQL, with a parameter for each value.

The service is three-valued itself: what compares values of two types, or one that is missing, is
undefined and no row. What negates is written such that it asks for the type first: vendors' pages
and emulators differ in what a negation makes of the undefined.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mlflow_docstore.adapters.document.rules.filters import FilterCompiler
from mlflow_docstore.adapters.document.rules.values import Bracket, accepted, bracket
from mlflow_docstore.core.errors import LimitExceeded, Unsupported
from mlflow_docstore.core.query import (
    And,
    AnyElement,
    Compare,
    Exists,
    Field,
    FieldKind,
    Filter,
    In,
    Like,
    MissingOr,
    Operator,
    Or,
)

from .keys import ID, item_id
from .patterns import like_test
from .values import MARK, is_large, nearest, stored_name, stored_path

ROOT = "c"

_TYPES: Mapping[Bracket | None, str] = {
    Bracket.NUMBER: "IS_NUMBER",
    Bracket.TEXT: "IS_STRING",
    Bracket.BOOLEAN: "IS_BOOL",
}
_STRICT = {Operator.LE: Operator.LT, Operator.GE: Operator.GT}


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter, as SQL.

    Args:
        text: An expression.
        parameters: The values of its parameters, by name.
    """

    text: str
    parameters: Mapping[str, Any]

    def inline(self) -> str:
        """The expression with its values in it, for conditions of patches: they take no more."""
        return re.sub(r"@p\d+", lambda found: json.dumps(self.parameters[found[0]]), self.text)

    def listed(self) -> list[dict[str, Any]]:
        """The parameters as the SDK wants them."""
        return [{"name": name, "value": value} for name, value in self.parameters.items()]


def compile_filter(node: Filter, in_terms: int) -> Condition:
    """A filter as SQL over ``c``.

    Args:
        node: The filter.
        in_terms: The most terms in one membership test.
    """
    compiler = CosmosCompiler(in_terms)
    text = compiler.compile(node)
    return Condition(text, compiler.parameters)


class CosmosCompiler(FilterCompiler[str]):
    """One filter as SQL; its parameters gather here.

    Args:
        in_terms: The most terms in one membership test.
    """

    def __init__(self, in_terms: int) -> None:
        self._in_terms = in_terms
        self._within: str | None = None
        self.parameters: dict[str, Any] = {}

    def compare(self, node: Compare) -> str:
        value, field = accepted(node.value), self._field(node.field)
        guard = f"{_TYPES[bracket(value)]}({field}) AND " if node.operator is Operator.NE else ""
        if is_large(value):
            return f"({guard}{self._compare_large(node, value)})"
        test = f"{field} {node.operator.value} {self._bound(value)}"
        return f"({guard}{test})" if guard else test

    def _compare_large(self, node: Compare, value: float) -> str:
        """A number and what it is greater by, one after the other."""
        field, lacking, operator = self._field(node.field), self._lacking(node.field), node.operator
        double, greater = map(self._bound, nearest(value))
        match operator:
            case Operator.EQ:
                return f"{field} = {double} AND {lacking} = {greater}"
            case Operator.NE:
                return f"({field} != {double} OR {lacking} != {greater})"
            case _:
                strict = _STRICT.get(operator, operator).value
                same = f"{field} = {double} AND {lacking} {operator.value} {greater}"
                return f"{field} {strict} {double} OR ({same})"

    def membership(self, node: In) -> str:
        if len(node.values) > self._in_terms:
            raise LimitExceeded("filter", node.field.name, limit="in_terms", size=len(node.values))
        if node.field.name == "_id" and self._within is None and not node.negated:
            return self._keyed(node)
        field, values = self._field(node.field), [accepted(value) for value in node.values]
        tests = list(self._memberships(node.field, values, guarded=node.negated))
        if not node.negated:
            return _any_of(tests)
        excluded = "".join(f" AND NOT ({test})" for test in tests)
        return f"(IS_DEFINED({field}) AND NOT IS_NULL({field}){excluded})"

    def _keyed(self, node: In) -> str:
        """By the ids of items, which are keys of partitions: then no other partition is asked."""
        keys = [value for value in map(accepted, node.values) if isinstance(value, str)]
        ids = [self._bound(item_id(key)) for key in keys]
        return f"{reference(ROOT, [ID])} IN ({', '.join(ids)})" if ids else "false"

    def _memberships(self, field: Field, values: list[Any], *, guarded: bool) -> Iterable[str]:
        name = self._field(field)
        plain = [value for value in values if not is_large(value)]
        for kind in dict.fromkeys(map(bracket, plain)):
            bound = ", ".join(self._bound(value) for value in plain if bracket(value) is kind)
            guard = f"{_TYPES[kind]}({name}) AND " if guarded else ""
            yield f"{guard}{name} IN ({bound})"
        for value in values:
            if is_large(value):
                guard = f"IS_NUMBER({name}) AND " if guarded else ""
                test = self._compare_large(Compare(field, Operator.EQ, value), value)
                yield f"({guard}{test})"

    def like(self, node: Like) -> str:
        return like_test(self._field(node.field), node, self._bound)

    def exists(self, node: Exists) -> str:
        return f"{'NOT ' if node.negated else ''}IS_DEFINED({self._field(node.field)})"

    def missing_or(self, node: MissingOr) -> str:
        field, equal = self._field(node.field), Compare(node.field, Operator.EQ, node.value)
        return f"(NOT IS_DEFINED({field}) OR IS_NULL({field}) OR {self.compare(equal)})"

    def any_element(self, node: AnyElement) -> str:
        if any(isinstance(part, And | Or | AnyElement | MissingOr) for part in node.where):
            raise Unsupported("filter", node.field.name, reason="nested in an element match")
        array, self._within = self._field(node.field), "e"
        try:
            tests = ["IS_OBJECT(e)", f'NOT IS_DEFINED(e["{MARK}"])']
            tests += map(self.compile, node.where)
        finally:
            self._within = None
        return f"EXISTS(SELECT VALUE e FROM e IN {array} WHERE {' AND '.join(tests)})"

    def conjunction(self, node: And) -> str:
        parts = [self.compile(part) for part in node.nodes]
        if len(parts) > 1:
            return f"({' AND '.join(parts)})"
        return parts[0] if parts else "true"

    def disjunction(self, node: Or) -> str:
        return _any_of([self.compile(part) for part in node.nodes])

    def _bound(self, value: Any) -> str:
        name = f"@p{len(self.parameters)}"
        self.parameters[name] = value
        return name

    def _field(self, field: Field) -> str:
        if field.kind is not FieldKind.PATH:
            raise Unsupported("field", field.name, belongs_to=field.kind.value)
        if self._within is None:
            return reference(ROOT, stored_path(field.name))
        return reference(self._within, map(stored_name, field.name.split(".")))

    def _lacking(self, field: Field) -> str:
        mark = f'{self._field(field)[:-2]}{MARK}"]'
        return f"(IS_NUMBER({mark}) ? {mark} : 0)"


def reference(root: str, names: Iterable[str]) -> str:
    """A place in an item: in brackets, as a dot takes no word of SQL's, of which there are many."""
    return root + "".join(f"[{json.dumps(name, ensure_ascii=False)}]" for name in names)


def _any_of(tests: list[str]) -> str:
    if len(tests) > 1:
        return f"({' OR '.join(tests)})"
    return tests[0] if tests else "false"
