"""Whole queries: their clauses, and what they make of documents."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .expressions import GROUP, ROOT, Expression, Expressions, Row, Run
from .kinds import UNDEFINED, rank, without_missing
from .refusals import bad
from .tokens import incorrect


@dataclass(frozen=True, slots=True)
class Source:
    """One of FROM and its JOINs: a path, or each element of an array."""

    alias: str
    run: Run
    each: bool


@dataclass(slots=True)
class Query:
    """A query as it was read.

    Args:
        text: All of it.
        columns: Names and values; one without a name for SELECT VALUE.
        column_texts: Their values as written.
        nameless: How many are called by a number.
        star: Whether it is ``SELECT *``.
        order: Values to sort by, and whether downwards.
        sorts: The texts of those values.
        aggregates: Which are in SELECT.
        spans: Where clauses are in the text.
    """

    text: str
    distinct: bool = False
    top: Expression | None = None
    star: bool = False
    columns: list[tuple[str | None, Expression]] = field(default_factory=list)
    column_texts: list[str] = field(default_factory=list)
    nameless: int = 0
    sources: list[Source] = field(default_factory=list)
    where: Expression | None = None
    groups: list[Expression] = field(default_factory=list)
    order: list[tuple[Expression, bool]] = field(default_factory=list)
    sorts: list[str] = field(default_factory=list)
    offset: Expression | None = None
    limit: Expression | None = None
    aggregates: list[str] = field(default_factory=list)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def is_grouped(self) -> bool:
        return bool(self.groups or self.aggregates)

    def clause(self, name: str) -> str:
        start, end = self.spans.get(name, (0, 0))
        return self.text[start:end].strip()

    def rows(self, row: Row) -> Iterator[Row]:
        """Of one row, those that FROM makes of it and WHERE lets through."""
        return (one for one in self._made(row) if self._admits(one))

    def candidates(self, row: Row, seeks: Sequence[Run]) -> Iterator[tuple[Row, bool]]:
        """Of one row, those that FROM makes of it and ``seeks`` leave; whether WHERE does, too."""
        for one in self._made(row):
            if self._admits(one):
                yield one, True
            elif all(seek(one) is True for seek in seeks):
                yield one, False

    def _made(self, row: Row) -> Iterable[Row]:
        made: Iterable[dict[str, Any]] = [dict(row)]
        for source in self.sources:
            made = _spread(source, made)
        return made

    def _admits(self, row: Row) -> bool:
        return self.where is None or self.where.run(row) is True

    def grouped(self, rows: Iterable[Row], around: Row) -> list[Row]:
        """Rows that stand for groups, where the query has any."""
        if not self.is_grouped:
            return list(rows)
        groups: dict[str, list[Row]] = {} if self.groups else {"": []}
        for row in rows:
            key = [without_missing([one.run(row)]) for one in self.groups]
            groups.setdefault(json.dumps(key) if self.groups else "", []).append(row)
        return [{**(one[0] if one else around), GROUP: one} for one in groups.values()]

    def projected(self, row: Row) -> Any:
        if self.star:
            return row[self.sources[0].alias]
        first, value = self.columns[0]
        if first is None:
            return without_missing(value.run(row))
        return without_missing({name: one.run(row) for name, one in self.columns})

    def sorted(self, rows: list[Row]) -> list[Row]:
        for value, downwards in reversed(self.order):
            rows = sorted(rows, key=lambda row: rank(value.run(row)), reverse=downwards)
        return rows

    def results(self, row: Row) -> list[Any]:
        """As a subquery: of the row around it."""
        rows = self.sorted(self.grouped(self.rows(row), row))
        found = [one for one in map(self.projected, rows) if one is not UNDEFINED]
        return found[: whole(self.top, row)] if self.top else found


def whole(value: Expression | None, row: Row) -> int:
    """The number in TOP, OFFSET or LIMIT; 0 where there is none."""
    number = value.run(row) if value else 0
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise bad("SC2062: TOP, OFFSET and LIMIT must be a non-negative integer.")
    return number


def _spread(source: Source, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        value = source.run(row)
        if not source.each:
            if value is not UNDEFINED:
                yield {**row, source.alias: value}
        elif isinstance(value, list):
            for element in value:
                yield {**row, source.alias: element}


class Queries(Expressions):
    """Reads queries, which may hold others."""

    @classmethod
    def read(cls, text: str) -> Query:
        reader = cls(text)
        query = reader.query(outer=None)
        if reader.token.kind != "end":
            raise incorrect(reader.token)
        return query

    def subquery(self) -> Run:
        names, aggregates = self.names, self.aggregates
        self.aggregates = []
        query = self.query(outer=names)
        self.names, self.aggregates = names, aggregates
        return query.results

    def query(self, outer: set[str] | None) -> Query:
        query = Query(self.text)
        if not self.word("SELECT"):
            raise incorrect(self.token)
        query.distinct = self.word("DISTINCT")
        query.top = self._primary() if self.word("TOP") else None
        selected = self._place
        self._skip_to_from()
        self.names = set(outer or ())
        if self.word("FROM"):
            self._sources(query, outer)
        end = self._place
        self._place = selected
        self._select(query)
        self._place = max(end, self._place)
        self._clauses(query)
        return query

    def _skip_to_from(self) -> None:
        """To what SELECT's names stand for, which stands behind it."""
        depth = 0
        while self.token.kind != "end" and not (depth == 0 and self.token.keyword == "FROM"):
            depth += (self.token.text in "([{") - (self.token.text in ")]}")
            if depth < 0:
                return
            self._place += 1

    def _select(self, query: Query) -> None:
        start = self.token.start
        self.aggregates = []
        if self.sign("*"):
            query.star = True
        elif self.word("VALUE"):
            start = self.token.start
            query.columns = [(None, self.expression())]
        else:
            self._column(query)
            while self.sign(","):
                self._column(query)
        query.aggregates = self.aggregates
        query.spans["select"] = (start, self._tokens[self._place - 1].end)
        if self.token.kind != "end" and self.token.keyword != "FROM" and self.token.text != ")":
            raise incorrect(self.token)

    def _column(self, query: Query) -> None:
        start = self.token.start
        value = self.expression()
        query.column_texts.append(self.text[start : self._tokens[self._place - 1].end])
        if self.word("AS") or (self.token.kind == "word" and not self.token.keyword):
            name = self.name()
        else:
            query.nameless += not value.name
            name = value.name or f"${query.nameless}"
        query.columns.append((name, value))

    def _sources(self, query: Query, outer: set[str] | None) -> None:
        start = self.token.start
        query.sources.append(self._source(outer))
        while self.word("JOIN"):
            query.sources.append(self._source(self.names))
        query.spans["from"] = (start, self._tokens[self._place - 1].end)

    def _source(self, known: set[str] | None) -> Source:
        if self.sign("("):
            run = self.subquery()
            self.demand(")")
            self.word("AS")
            alias = self.name()
            self.names = self.names | {alias}
            return Source(alias, run, each=True)
        if self._tokens[self._place + 1].keyword == "IN":
            alias = self.name()
            self.word("IN")
            source = Source(alias, self._from_path(known).run, each=True)
        else:
            path = self._from_path(known)
            named = self.word("AS") or (self.token.kind == "word" and not self.token.keyword)
            alias = self.name() if named else (path.path or ("",))[-1]
            source = Source(alias, path.run, each=False)
        self.names = self.names | {source.alias}
        return source

    def _from_path(self, known: set[str] | None) -> Expression:
        """A path that begins at a name; the first of all may be called anything."""
        name = self.token.text
        if known is not None:
            return self._reached()
        self.names = {name}
        path = self._reached()
        self.names = set()
        return Expression(lambda row: path.run({**row, name: row[ROOT]}), path=path.path)

    def _clauses(self, query: Query) -> None:
        if self.word("WHERE"):
            start = self.token.start
            query.where = self.expression()
            query.spans["where"] = (start, self._tokens[self._place - 1].end)
        if self.word("GROUP", "BY"):
            query.groups = [self.expression()]
            while self.sign(","):
                query.groups.append(self.expression())
        if self.word("ORDER", "BY"):
            start = self.token.start
            self._sort(query)
            while self.sign(","):
                self._sort(query)
            query.spans["order"] = (start, self._tokens[self._place - 1].end)
        if self.word("OFFSET"):
            query.offset = self._primary()
            if not self.word("LIMIT"):
                raise incorrect(self.token)
            query.limit = self._primary()

    def _sort(self, query: Query) -> None:
        start = self.token.start
        value = self.expression()
        if len(value.path) < 2:
            raise bad("SC2011: ORDER BY item expression could not be mapped to a document path.")
        query.sorts.append(self.text[start : self._tokens[self._place - 1].end])
        downwards = self.word("DESC")
        if not downwards:
            self.word("ASC")
        query.order.append((value, downwards))
