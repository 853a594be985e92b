"""Bare sqlite3: the fewest statements that could do each call, on documents equal to ours.

Spans and what they change in their trace are one transaction.
"""

import json
from collections.abc import Sequence

from mlflow.entities import Assessment, Span, TraceInfo
from mlflow.entities.trace_metrics import AggregationType, MetricViewType

from benchmarks.bare.documents import LIVE, STAMP, Document
from benchmarks.bare.sqlite import SqliteSubject, at
from benchmarks.subjects import Token

from . import documents
from .charts import HOUR, PERCENTILE, Chart
from .documents import DIMENSIONS, VALUES
from .searches import Condition, Either, Equal, Search
from .subjects import TraceSubject

_BY_RECENCY = (("recent", 1),)
_ASSESS = (
    "UPDATE traces SET document = json_set(document, '$.assessments[#]', json(?2),"
    " '$.assessed', ?1, '$.held.' || ?3, ?1) WHERE id = ?4"
    f" AND {' AND '.join(f'{at(name)} = ?{number}' for number, name in enumerate(LIVE, 5))}"
)


class SqliteTraces(TraceSubject):
    """The bare driver.

    Args:
        bare: The same on the rest of the database.
    """

    def __init__(self, bare: SqliteSubject) -> None:
        self.name = bare.name
        self.create_experiment = bare.create_experiment
        self._bare = bare
        self._artifacts: dict[str, str] = {}

    def start_trace(self, info: TraceInfo) -> None:
        with self._bare.transaction():
            stored = self._found(info.trace_id)
            if stored is None:
                self._bare.insert("traces", [self._told(info)])
                return
            changes = {**documents.told(info), "revision": stored["revision"] + 1}
            self._bare.replace("traces", documents.applied(stored, changes))

    def log_spans(self, experiment_id: str, spans: Sequence[Span]) -> None:
        contents = [span.to_dict() for span in spans]
        trace_id = spans[0].trace_id
        with self._bare.transaction():
            stored = self._found(trace_id)
            trace = stored or self._empty(trace_id, experiment_id)
            trace = documents.applied(trace, documents.grown(trace, spans, contents))
            rows = [
                documents.span(trace, trace["time"], *pair)
                for pair in zip(spans, contents, strict=True)
            ]
            self._bare.put("spans", rows)
            self._bare.put("traces", [trace])

    def get_trace(self, trace_id: str) -> int:
        return self.get_traces([trace_id])

    def get_traces(self, trace_ids: Sequence[str]) -> int:
        marks = ", ".join("?" * len(trace_ids))
        self._bare.read(f"SELECT document FROM traces WHERE id IN ({marks})", trace_ids)
        order = ", ".join(map(at, documents.SPAN_ORDER))
        contents = self._bare.read(
            f"SELECT {at('content')} FROM spans WHERE {at('trace_id')} IN ({marks})"
            f" AND {at('workspace')} = ? ORDER BY {order}",
            (*trace_ids, STAMP["workspace"]),
        )
        return len(contents)

    def search(
        self, experiment_id: str, search: Search, size: int, token: Token = None
    ) -> tuple[int, Token]:
        where = {"experiment_id": experiment_id, **LIVE}
        more = [] if search.where is None else [_condition(search.where)]
        return self._bare.page("traces", where, _BY_RECENCY, size, token, more)

    def assess(self, assessment: Assessment) -> None:
        element, token = json.dumps(documents.element(assessment)), documents.token()
        where = (assessment.trace_id, *LIVE.values())
        with self._bare.transaction():
            self._bare.insert("assessments", [documents.claim(assessment, token)])
            self._bare.write(_ASSESS, (token, element, documents.held(assessment), *where))

    def chart(self, experiment_id: str, chart: Chart) -> int:
        of_spans = chart.view is MetricViewType.SPANS
        live = {"workspace": STAMP["workspace"]} if of_spans else LIVE
        where = {"experiment_id": experiment_id, **live}
        statement = _charting(
            f"{'spans' if of_spans else 'traces'} WHERE "
            + " AND ".join(f"{at(path)} = ?" for path in where),
            chart,
        )
        return len(self._bare.connection.execute(statement, list(where.values())).fetchall())

    def _found(self, trace_id: str) -> Document | None:
        rows = self._bare.read("SELECT document FROM traces WHERE id = ?", (trace_id,))
        return rows[0][0] if rows else None

    def _told(self, info: TraceInfo) -> Document:
        trace = self._empty(info.trace_id, info.experiment_id)
        return documents.applied(trace, documents.told(info))

    def _empty(self, trace_id: str, experiment_id: str) -> Document:
        """A new trace; where the artifacts of an experiment are is asked for once."""
        if experiment_id not in self._artifacts:
            found = self._bare.get("experiments", experiment_id)
            self._artifacts[experiment_id] = found["artifact_location"]
        return documents.empty(trace_id, experiment_id, self._artifacts[experiment_id])


def _condition(condition: Condition) -> tuple[str, list[object]]:
    if isinstance(condition, Equal):
        return f"{at(condition.path)} = ?", [condition.value]
    if isinstance(condition, Either):
        (one, values), (other, more) = _condition(condition.one), _condition(condition.other)
        return f"({one} OR {other})", [*values, *more]
    names = [f"json_extract(one.value, '$.{name}') = ?" for name in condition.element]
    array = f"json_each(document, '$.{condition.path}')"
    clause = f"EXISTS (SELECT 1 FROM {array} AS one WHERE {' AND '.join(names)})"
    return clause, list(condition.element.values())


def _charting(source: str, chart: Chart) -> str:
    """The statement of a chart, from a table and the documents that it is about."""
    group = f"{at('time')} / {HOUR}" if chart.hourly else "1"
    if chart.dimension is not None:
        group = at(DIMENSIONS[chart.dimension])
    kind = chart.aggregation.aggregation_type
    if kind is AggregationType.COUNT:
        return f"SELECT {group} AS part, count(*) FROM {source} GROUP BY part"
    value = at(VALUES[chart.metric])
    source = f"{source} AND {value} IS NOT NULL"
    if kind is AggregationType.SUM:
        return f"SELECT {group} AS part, sum({value}) FROM {source} GROUP BY part"
    ranked = (
        f"SELECT part, value, row_number() OVER (PARTITION BY part ORDER BY value) AS place,"
        f" count(*) OVER (PARTITION BY part) AS total"
        f" FROM (SELECT {group} AS part, {value} AS value FROM {source})"
    )
    below = f"place <= 1 + (total - 1) * {PERCENTILE} / 100"
    return f"SELECT part, max(value) FROM ({ranked}) WHERE {below} GROUP BY part"
