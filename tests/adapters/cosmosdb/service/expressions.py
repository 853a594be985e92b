"""Scalar expressions: from words to functions of a row.

See https://learn.microsoft.com/azure/cosmos-db/nosql/query/scalar-expressions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .functions import AGGREGATES, FUNCTIONS, SEEKING, called
from .kinds import UNDEFINED, Members, both, either, equal, kind, negated, ordered
from .limits import judge_membership
from .patterns import like
from .refusals import bad
from .tokens import Token, incorrect, tokens

Row = Mapping[str, Any]
"""What names stand for: aliases, parameters, and ROOT and GROUP below."""

ROOT, GROUP = "\0root", "\0group"

Run = Callable[[Row], Any]


@dataclass(frozen=True, slots=True)
class Expression:
    """What is computed of a row.

    Args:
        run: Computes it.
        path: Alias and names, where it is a path that has no index of an array or parameter.
        aggregate: Which one it is, if it is one.
        name: What SELECT calls it, where it ends with a name.
        parts: What AND joins to it; none where it is no AND.
        needs: Paths that indexes must hold to find what it is true of; None where they cannot.
    """

    run: Run
    path: tuple[str, ...] = ()
    aggregate: str | None = None
    name: str | None = None
    parts: tuple[Expression, ...] = ()
    needs: frozenset[tuple[str, ...]] | None = None


_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None, "UNDEFINED": UNDEFINED}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": equal,
    "!=": lambda one, other: negated(equal(one, other)),
    "<>": lambda one, other: negated(equal(one, other)),
    **{sign: (lambda a, b, s=sign: ordered(s, a, b)) for sign in ("<", "<=", ">", ">=")},
}
_UNEQUAL = frozenset({"!=", "<>"})
_SUMS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
}
_PRODUCTS: dict[str, Callable[[Any, Any], Any]] = {
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other if other else UNDEFINED,
    "%": lambda one, other: one % other if other else UNDEFINED,
}


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, dict) and isinstance(key, str):
        return value.get(key, UNDEFINED)
    if isinstance(value, list) and kind(key) == "number" and 0 <= key < len(value):
        return value[int(key)]
    return UNDEFINED


def _numeric(work: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    return work(one, other) if kind(one) == kind(other) == "number" else UNDEFINED


def _joined(one: Any, other: Any) -> Any:
    return one + other if kind(one) == kind(other) == "string" else UNDEFINED


def _two(work: Callable[[Any, Any], Any], one: Expression, other: Expression) -> Expression:
    left, right = one.run, other.run
    return Expression(lambda row: work(left(row), right(row)))


def _joining(work: Callable[[Any, Any], Any], one: Expression, other: Expression) -> Expression:
    """By AND or OR."""
    apart = None in (one.needs, other.needs)
    needs = None if apart else (one.needs or frozenset()) | (other.needs or frozenset())
    parts = (*(one.parts or (one,)), *(other.parts or (other,))) if work is both else ()
    return replace(_two(work, one, other), parts=parts, needs=needs)


def _needs(*paths: tuple[str, ...]) -> frozenset[tuple[str, ...]] | None:
    """Of a test of one path against values that have none."""
    named = [path for path in paths if path]
    return frozenset(named) if len(named) == 1 else None


class Expressions:
    """Reads a text from left to right. Subqueries are ``Queries``'s part."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = tokens(text)
        self._place = 0
        self.names: set[str] = set()
        self.aggregates: list[str] = []

    @property
    def token(self) -> Token:
        return self._tokens[self._place]

    def next(self) -> Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def word(self, *words: str) -> bool:
        """Whether these keywords come next; they are then read."""
        coming = self._tokens[self._place : self._place + len(words)]
        if [one.keyword for one in coming] != list(words):
            return False
        self._place += len(words)
        return True

    def sign(self, *signs: str) -> str | None:
        """Which of these comes next; it is then read."""
        if self.token.kind == "sign" and self.token.text in signs:
            return self.next().text
        return None

    def demand(self, sign: str) -> None:
        if not self.sign(sign):
            raise incorrect(self.token)

    def name(self) -> str:
        if self.token.kind != "word" or self.token.keyword:
            raise incorrect(self.token)
        return self.next().text

    def listed(self, end: str) -> Iterator[None]:
        """Once for each element of a list that commas divide, until ``end``, which is read."""
        while not self.sign(end):
            yield
            if not self.sign(","):
                self.demand(end)
                return

    def expression(self) -> Expression:
        test = self._either()
        if self.sign("??"):
            return _two(lambda a, b: b if a is UNDEFINED else a, test, self.expression())
        if not self.sign("?"):
            return test
        yes = self.expression()
        self.demand(":")
        no = self.expression()
        return Expression(lambda row: (yes if test.run(row) is True else no).run(row))

    def _either(self) -> Expression:
        left = self._both()
        while self.word("OR"):
            left = _joining(either, left, self._both())
        return left

    def _both(self) -> Expression:
        left = self._negated()
        while self.word("AND"):
            left = _joining(both, left, self._negated())
        return left

    def _negated(self) -> Expression:
        if self.word("NOT"):
            run = self._negated().run
            return Expression(lambda row: negated(run(row)))
        return self._compared()

    def _compared(self) -> Expression:
        left = self._chain(self._sum, {"||": _joined})
        if sign := self.sign(*_COMPARISONS):
            right = self._chain(self._sum, {"||": _joined})
            needs = None if sign in _UNEQUAL else _needs(left.path, right.path)
            return replace(_two(_COMPARISONS[sign], left, right), needs=needs)
        turned = self.word("NOT")
        found = self._tested(left)
        if found is None and turned:
            raise incorrect(self.token)
        if found is None:
            return left
        run = found.run
        return Expression(lambda row: negated(run(row))) if turned else found

    def _tested(self, left: Expression) -> Expression | None:
        if self.word("IN"):
            self.demand("(")
            members = [self.expression() for _ in self.listed(")")]
            judge_membership(len(members))
            needs = _needs(left.path, *(one.path for one in members))
            return Expression(_membership(left, members), needs=needs)
        if self.word("BETWEEN"):
            low = self._sum()
            if not self.word("AND"):
                raise incorrect(self.token)
            least = _two(_COMPARISONS[">="], left, low)
            most = _two(_COMPARISONS["<="], left, self._sum())
            return replace(_two(both, least, most), needs=_needs(left.path))
        if self.word("LIKE"):
            pattern = self._primary()
            escape = self.next().value if self.word("ESCAPE") else None
            return _two(lambda text, form: _alike(text, form, escape), left, pattern)
        return None

    def _chain(
        self, part: Callable[[], Expression], works: Mapping[str, Callable[[Any, Any], Any]]
    ) -> Expression:
        left = part()
        while sign := self.sign(*works):
            left = _two(works[sign], left, part())
        return left

    def _sum(self) -> Expression:
        return self._chain(self._product, _arithmetic(_SUMS))

    def _product(self) -> Expression:
        return self._chain(self._signed, _arithmetic(_PRODUCTS))

    def _signed(self) -> Expression:
        if self.sign("-"):
            run = self._signed().run
            return Expression(lambda row: _numeric(_SUMS["-"], 0, run(row)))
        return self._reached()

    def _reached(self) -> Expression:
        """A value and what is taken of it: ``c.tags[0]["odd name"]``."""
        found = self._primary()
        while sign := self.sign(".", "["):
            if sign == ".":
                found = _step(found, self.name())
                continue
            key = self.token
            inner = self.expression()
            self.demand("]")
            is_name = key.kind == "text"
            found = _step(found, key.value) if is_name else _two(_member, found, inner)
        return found

    def _primary(self) -> Expression:
        token = self.token
        if token.kind == "number":
            number = json.loads(self.next().text)
            return Expression(lambda _: number, needs=frozenset())
        if token.kind == "text":
            text = self.next().value
            return Expression(lambda _: text, needs=frozenset())
        if token.kind == "parameter":
            name = self.next().text
            return Expression(lambda row: _given(row, name), needs=frozenset())
        if token.keyword:
            return self._keyword()
        if token.kind == "word":
            return self._word()
        return self._bracketed()

    def _keyword(self) -> Expression:
        keyword = self.next().keyword or ""
        if keyword in _CONSTANTS:
            constant = _CONSTANTS[keyword]
            return Expression(lambda _: constant, needs=frozenset())
        if keyword in {"EXISTS", "ARRAY"} and self.sign("("):
            run = self.subquery()
            self.demand(")")
            if keyword == "EXISTS":
                return Expression(lambda row: bool(run(row)))
            return Expression(run)
        self._place -= 1
        raise incorrect(self.token)

    def subquery(self) -> Run:
        """Of a query that begins here: computes the list of its results."""
        raise NotImplementedError

    def _word(self) -> Expression:
        name = self.next().text
        if self.sign("("):
            return self._call(name)
        if name not in self.names:
            raise bad(f"SC2001: Identifier '{name}' could not be resolved.")
        return Expression(lambda row: row[name], path=(name,), name=name)

    def _call(self, name: str) -> Expression:
        given = [self.expression() for _ in self.listed(")")]
        upper = name.upper()
        if upper in AGGREGATES and len(given) == 1:
            self.aggregates.append(upper)
            return Expression(_aggregating(upper, given[0].run), aggregate=upper)
        if upper not in FUNCTIONS:
            raise bad(f"SC2005: '{name}' is not a recognized built-in function name.")
        needed, optional, _ = FUNCTIONS[upper]
        if not len(needed) <= len(given) <= len(needed) + len(optional):
            raise bad(f"SC2006: The {name} function requires {len(needed)} argument(s).")
        needs = _needs(*(one.path for one in given)) if upper in SEEKING else None
        return Expression(lambda row: called(upper, [one.run(row) for one in given]), needs=needs)

    def _bracketed(self) -> Expression:
        opened = self.token
        sign = self.sign("(", "[", "{")
        if sign == "(":
            if self.token.keyword == "SELECT":
                rows = self.subquery()
                self.demand(")")
                return Expression(lambda row: next(iter(rows(row)), UNDEFINED))
            found = self.expression()
            self.demand(")")
            return found
        if sign == "[":
            elements = [self.expression().run for _ in self.listed("]")]
            return Expression(lambda row: [element(row) for element in elements])
        if sign == "{":
            members = [self._pair() for _ in self.listed("}")]
            return Expression(lambda row: {name: run(row) for name, run in members})
        raise incorrect(opened)

    def _pair(self) -> tuple[str, Run]:
        name = self.next().value if self.token.kind == "text" else self.name()
        self.demand(":")
        return name, self.expression().run


def _step(found: Expression, name: str) -> Expression:
    run = found.run
    return Expression(
        lambda row: _member(run(row), name),
        path=(*found.path, name) if found.path else (),
        name=name,
    )


def _arithmetic(
    works: Mapping[str, Callable[[Any, Any], Any]],
) -> dict[str, Callable[[Any, Any], Any]]:
    return {s: (lambda a, b, w=work: _numeric(w, a, b)) for s, work in works.items()}


def _given(row: Row, name: str) -> Any:
    if name not in row:
        raise bad(f"SC2001: Parameter '{name}' was not supplied.")
    return row[name]


def _membership(left: Expression, members: list[Expression]) -> Run:
    """Where members are the same for all rows, they are looked at once: they may be many."""
    known: list[Members] = []
    fixed = all(one.needs is not None and not one.needs for one in members)

    def test(row: Row) -> Any:
        if not known or not fixed:
            known[:] = [Members([one.run(row) for one in members])]
        return known[0].hold(left.run(row))

    return test


def _alike(text: Any, pattern: Any, escape: str | None) -> Any:
    if kind(text) != "string" or kind(pattern) != "string":
        return UNDEFINED
    return like(pattern, escape).fullmatch(text) is not None


def _aggregating(name: str, run: Run) -> Run:
    def aggregate(row: Row) -> Any:
        values = [run(one) for one in row[GROUP]]
        return AGGREGATES[name]([one for one in values if one is not UNDEFINED])

    return aggregate
