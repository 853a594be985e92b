"""The query tree as SQL conditions.

SQLite compares values of all types with each other: numbers are less than texts, a boolean is the
number 1 or 0, an array or a sub-document its JSON text. So every comparison says what of that it
does not mean; where the value alone rules it out, as in nearly every equality, it says nothing more
and a row that an index finds need not be parsed.
"""

import json
from collections.abc import Mapping, Sequence
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
    In,
    Like,
    MissingOr,
    Operator,
    Or,
    is_equality,
)

from .clauses import FALSE, TRUE, Clause, Source, bound, every, some
from .patterns import LONGEST, MATCHES, glob
from .values import stored_text

_SIGNS: Mapping[Operator, str] = {
    Operator.EQ: "=",
    Operator.NE: "<>",
    Operator.LT: "<",
    Operator.LE: "<=",
    Operator.GT: ">",
    Operator.GE: ">=",
}
_TYPES: Mapping[Bracket, str] = {
    Bracket.NUMBER: "('integer', 'real')",
    Bracket.TEXT: "('text')",
    Bracket.BOOLEAN: "('true', 'false')",
}
# What an index need not walk: other types lie beyond a bound that is open otherwise.
_BOUNDS: Mapping[tuple[Bracket, Operator], str] = {
    (Bracket.NUMBER, Operator.GT): " < ''",
    (Bracket.NUMBER, Operator.GE): " < ''",
    (Bracket.TEXT, Operator.LT): " >= ''",
    (Bracket.TEXT, Operator.LE): " >= ''",
}
_RANGES = frozenset({Operator.LT, Operator.LE, Operator.GT, Operator.GE})
# What a value of another type may look like when it is extracted: an index answers for the rest.
_SUSPECTS: Mapping[Bracket, str] = {
    Bracket.NUMBER: "{} IN (0, 1)",
    Bracket.TEXT: "substr({}, 1, 1) IN ('[', '{{')",
}
_LEAVES = (Compare, In, Like, Exists)

_PARAMETERS = 10_000
"""SQLite counts to 32,766 at least, and a position in an order needs some as well."""


class SqliteCompiler(FilterCompiler[Clause]):
    """Filters as conditions.

    Args:
        source: Where fields are looked for.
        in_terms: The most terms in one membership test.
    """

    def __init__(self, source: Source, in_terms: int) -> None:
        self.source = source
        self.in_terms = in_terms

    def compare(self, node: Compare) -> Clause:
        found, kind = self.source.value(node.field), bracket(accepted(node.value))
        # Nothing compares with null, nor with bytes, arrays and sub-documents.
        if kind is None or kind not in _TYPES:
            return FALSE
        if self.source.is_id(node.field) and kind is not Bracket.TEXT:
            return FALSE
        value = bound(node.value)
        test = f"{found} {_SIGNS[node.operator]} {value.text}"
        is_range = node.operator in _RANGES
        if is_range and not self.source.is_wide(node.field):
            # Told nothing, the planner takes a range for a quarter of all rows, and rather walks
            # the index of an order than that of the key, which somebody has made for this.
            test = f"unlikely({test})"
        if (kind, node.operator) in _BOUNDS:
            test = f"{test} AND {found}{_BOUNDS[kind, node.operator]}"
        if self._needs_type(node):
            typed = f"{self.source.type(node.field)} IN {_TYPES[kind]}"
            if is_range and kind in _SUSPECTS:
                typed = f"(NOT {_SUSPECTS[kind].format(found)} OR {typed})"
            test = f"{test} AND {typed}"
        return Clause(f"({test})", value.parameters)

    def _needs_type(self, node: Compare) -> bool:
        """Whether a value of another type could pass the test."""
        if self.source.is_id(node.field):
            return False
        return node.operator is not Operator.EQ or _is_ambiguous(node.value)

    def membership(self, node: In) -> Clause:
        if len(node.values) > self.in_terms:
            raise LimitExceeded("filter", node.field.name, limit="in_terms", size=len(node.values))
        positive = self._one_of(node.field, [accepted(value) for value in node.values])
        if not node.negated:
            return positive
        test = f"({self.source.value(node.field)} IS NOT NULL AND NOT {positive.text})"
        return Clause(test, positive.parameters)

    def _one_of(self, field: Field, values: Sequence[Any]) -> Clause:
        flags = [value for value in values if isinstance(value, bool)]
        rest = [value for value in values if type(value) in (str, int, float)]
        tests = [self.compare(Compare(field, Operator.EQ, flag)) for flag in flags]
        if self.source.is_id(field):
            rest = [value for value in rest if isinstance(value, str)]
        if rest:
            tests.append(self._listed(field, rest))
        return some(tests)

    def _listed(self, field: Field, values: Sequence[str | float]) -> Clause:
        """One parameter however many values: SQLite bounds the number of parameters."""
        stored = [stored_text(value) if isinstance(value, str) else value for value in values]
        test = f"{self.source.value(field)} IN (SELECT value FROM json_each(?))"
        if not self.source.is_id(field) and any(map(_is_ambiguous, values)):
            kinds = "('integer', 'real', 'text')"
            test = f"({test} AND {self.source.type(field)} IN {kinds})"
        return Clause(test, (json.dumps(stored, ensure_ascii=False),))

    def like(self, node: Like) -> Clause:
        found, pattern = self.source.value(node.field), accepted(node.pattern)
        stored = stored_text(pattern) if node.ignore_case else glob(pattern)
        exact = Clause(f"{MATCHES}({found}, ?, {int(node.ignore_case)})", (pattern,))
        if not pattern.strip("%") and pattern:
            test = TRUE
        elif len(stored.encode()) > LONGEST:
            test = exact
        else:
            operator = "LIKE" if node.ignore_case else "GLOB"
            # An escaped character is two for SQLite.
            test = Clause(
                f"CASE WHEN instr({found}, char(1)) THEN {exact.text}"
                f" ELSE {found} {operator} ? END",
                (*exact.parameters, stored),
            )
        if self.source.is_id(node.field):
            return test
        kind = f"{self.source.type(node.field)} = 'text'"
        return Clause(f"({kind} AND {test.text})", test.parameters)

    def exists(self, node: Exists) -> Clause:
        if self.source.is_id(node.field):
            return FALSE if node.negated else TRUE
        test = "IS NULL" if node.negated else "IS NOT NULL"
        return Clause(f"{self.source.type(node.field)} {test}")

    def missing_or(self, node: MissingOr) -> Clause:
        equal = self.compare(Compare(node.field, Operator.EQ, node.value))
        test = f"({self.source.value(node.field)} IS NULL OR {equal.text})"
        return Clause(test, equal.parameters)

    def any_element(self, node: AnyElement) -> Clause:
        if not all(isinstance(part, _LEAVES) for part in node.where):
            raise Unsupported("filter", node.field.name, reason="nested in an element match")
        within = self.element("e").conjunction(And(node.where))
        test = f"EXISTS (SELECT 1 FROM {self.elements(node.field, 'e')} AND {within.text})"
        exact = Clause(f"{self.source.type(node.field)} = 'array' AND {test}", within.parameters)
        return every([*self._mentioned(node), exact])

    def _mentioned(self, node: AnyElement) -> list[Clause]:
        """What the text of a row must have in it to have such an element, if that can be told.

        To look through the text takes a fifth of what it takes to parse it, twice, and to go
        through an array. Only for booleans, which nothing tells apart sooner: with a text, as
        names are, long searches get an index of elements, and shall not be taken for short ones.
        """
        equal = [leaf for leaf in node.where if is_equality(leaf)]
        if self.source.id is None or not equal or not isinstance(equal[-1].value, bool):
            return []
        name = equal[-1].field.name.rpartition(".")[2]
        pattern = glob(f'%"{name}":{json.dumps(equal[-1].value)}%')
        return [] if len(pattern) > LONGEST else [Clause(f"{self.source.json} GLOB ?", (pattern,))]

    def on(self, source: Source) -> "SqliteCompiler":
        """A compiler of the same that looks elsewhere."""
        return SqliteCompiler(source, self.in_terms)

    def at(self, field: Field) -> Source:
        """Where the value of a field is read."""
        del field
        return self.source

    def element(self, alias: str) -> "SqliteCompiler":
        """A compiler of conditions on an element of an array."""
        return self.on(Source(f"{alias}.value"))

    def elements(self, array: Field, alias: str) -> str:
        """The sub-documents of an array as what to select from, up to further conditions."""
        path = self.source.path(array)
        return f"json_each({self.source.json}, {path}) AS {alias} WHERE {alias}.type = 'object'"

    def conjunction(self, node: And) -> Clause:
        return _bounded(every([self.compile(part) for part in node.nodes]))

    def disjunction(self, node: Or) -> Clause:
        return _bounded(some([self.compile(part) for part in node.nodes]))


def _bounded(clause: Clause) -> Clause:
    """Refuse a filter whose statement not every build of SQLite would take."""
    if len(clause.parameters) > _PARAMETERS:
        size = len(clause.parameters)
        raise LimitExceeded("filter", limit="conditions", allowed=_PARAMETERS, size=size)
    return clause


def _is_ambiguous(value: object) -> bool:
    """Whether a value of another type could be taken for this one when it is extracted."""
    if isinstance(value, str):
        return value.startswith(("[", "{"))
    return isinstance(value, bool) or value in (0, 1)
