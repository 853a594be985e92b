"""Bare azure-cosmos: the fewest requests that could do each call, on documents equal to ours."""

import json
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

from azure.core import MatchConditions
from azure.cosmos.exceptions import CosmosResourceExistsError, CosmosResourceNotFoundError
from mlflow.entities import Assessment, Span, TraceInfo
from mlflow.entities.trace_metrics import AggregationType, MetricViewType

from benchmarks.bare.cosmosdb import (
    CosmosSubject,
    Parameters,
    equal,
    everywhere,
    item_of,
    listed,
    literal,
    place,
    write_all,
)
from benchmarks.bare.documents import LIVE, STAMP, Document
from benchmarks.subjects import Token

from . import documents
from .charts import HOUR, Chart
from .documents import DIMENSIONS, VALUES
from .searches import Condition, Either, Equal, Search
from .subjects import TraceSubject

_CONTENT = "SELECT c.parent_id, c.start, c.span_id, c.trace_id, c.content FROM c"


class CosmosTraces(TraceSubject):
    """The bare driver.

    Args:
        bare: The same on the rest of the database.
    """

    def __init__(self, bare: CosmosSubject) -> None:
        self.name = bare.name
        self.create_experiment = bare.create_experiment
        self._experiments = bare.container("experiments")
        self._traces = bare.container("traces")
        self._spans = bare.container("spans")
        self._claims = bare.container("assessments")
        self._artifacts: dict[str, str] = {}

    def start_trace(self, info: TraceInfo) -> None:
        told = documents.told(info)
        new = documents.applied(self._empty(info.trace_id, info.experiment_id), told)
        try:
            self._traces.create_item(item_of({**new, "revision": 1}))
        except CosmosResourceExistsError:
            # It says more than ten things, so that it is no patch.
            before = self._traces.read_item(info.trace_id, info.trace_id)
            after = documents.applied(before, told)
            self._replace({**after, "revision": before["revision"] + 1}, before)

    def log_spans(self, experiment_id: str, spans: Sequence[Span]) -> None:
        contents = [span.to_dict() for span in spans]
        trace_id = spans[0].trace_id
        stored = self._found(trace_id)
        trace = stored or self._empty(trace_id, experiment_id)
        changes = documents.grown(trace, spans, contents)
        rows = [
            documents.span(trace, changes["time"], *pair)
            for pair in zip(spans, contents, strict=True)
        ]
        write_all(self._spans, map(item_of, rows), trace_id)
        after = documents.applied(trace, changes)
        if stored is None:
            self._traces.create_item(item_of(after))
        else:
            self._replace(after, stored)

    def get_trace(self, trace_id: str) -> int:
        self._traces.read_item(trace_id, trace_id)
        where, given = equal({"trace_id": trace_id, "workspace": STAMP["workspace"]})
        found = self._spans.query_items(
            f"{_CONTENT} WHERE {where}", listed(given), partition_key=trace_id, max_item_count=1000
        )
        return len([_parsed(span) for span in found])

    def get_traces(self, trace_ids: Sequence[str]) -> int:
        given: Parameters = {f"@i{number}": key for number, key in enumerate(trace_ids)}
        list(everywhere(self._traces, f"c.id IN ({', '.join(given)})", given))
        where = f"c.trace_id IN ({', '.join(given)}) AND c.workspace = 'default'"
        found = self._spans.query_items(
            f"{_CONTENT} WHERE {where}",
            listed(given),
            enable_cross_partition_query=True,
            max_item_count=1000,
        )
        return len([_parsed(span) for span in found])

    def search(
        self, experiment_id: str, search: Search, size: int, token: Token = None
    ) -> tuple[int, Token]:
        where, given = equal({"experiment_id": experiment_id, **LIVE})
        if search.where is not None:
            where = f"{where} AND {_native(search.where)}"
        if token is not None:
            where, given = f"{where} AND c.recent > @after", {**given, "@after": token[0]}
        # One more than the page, to see whether there is another.
        found = everywhere(self._traces, where, given, "c.recent", size + 1)
        page = list(islice(found, size + 1))
        if len(page) <= size:
            return len(page), None
        return size, [page[size - 1]["recent"]]

    def assess(self, assessment: Assessment) -> None:
        token, trace_id = documents.token(), assessment.trace_id
        self._claims.create_item(item_of(documents.claim(assessment, token)))
        element = item_of({"_id": "", "element": documents.element(assessment)})["element"]
        operations = [
            {"op": "add", "path": "/assessments/-", "value": element},
            {"op": "set", "path": "/assessed", "value": token},
            {"op": "set", "path": f"/held/{documents.held(assessment)}", "value": token},
        ]
        live = "FROM c WHERE c.workspace = 'default' AND c.lifecycle = 'active'"
        self._traces.patch_item(trace_id, trace_id, operations, filter_predicate=live)

    def chart(self, experiment_id: str, chart: Chart) -> int:
        """Grouped here: the SDK does not do so across partitions."""
        of_spans = chart.view is MetricViewType.SPANS
        live = {"workspace": STAMP["workspace"]} if of_spans else LIVE
        where, given = equal({"experiment_id": experiment_id, **live})
        value = "1"
        if chart.aggregation.aggregation_type is not AggregationType.COUNT:
            value = place(VALUES[chart.metric])
            where = f"{where} AND IS_NUMBER({value})"
        container = self._spans if of_spans else self._traces
        part = "c.time" if chart.dimension is None else place(DIMENSIONS[chart.dimension])
        found = container.query_items(
            f"SELECT VALUE [{part} ?? null, {value}] FROM c WHERE {where}",
            listed(given),
            enable_cross_partition_query=True,
            max_item_count=1000,
        )
        groups: Counter[Any] = Counter()
        for part_of, number in found:
            groups[_group(chart, part_of)] += number
        return len(groups)

    def _found(self, trace_id: str) -> Document | None:
        try:
            return dict(self._traces.read_item(trace_id, trace_id))
        except CosmosResourceNotFoundError:
            return None

    def _replace(self, after: Document, before: Document) -> None:
        self._traces.replace_item(
            before["id"],
            item_of(after),
            etag=before["_etag"],
            match_condition=MatchConditions.IfNotModified,
        )

    def _empty(self, trace_id: str, experiment_id: str) -> Document:
        """A new trace; where the artifacts of an experiment are is asked for once."""
        if experiment_id not in self._artifacts:
            experiment = self._experiments.read_item(experiment_id, experiment_id)
            self._artifacts[experiment_id] = experiment["artifact_location"]
        return documents.empty(trace_id, experiment_id, self._artifacts[experiment_id])


def _group(chart: Chart, part: Any) -> Any:
    if chart.dimension is not None:
        return part
    return part // HOUR if chart.hourly else None


def _native(condition: Condition) -> str:
    if isinstance(condition, Equal):
        return f"{place(condition.path)} = {literal(condition.value)}"
    if isinstance(condition, Either):
        return f"({_native(condition.one)} OR {_native(condition.other)})"
    tests = [f"e[{literal(key)}] = {literal(value)}" for key, value in condition.element.items()]
    array = place(condition.path)
    return f"EXISTS(SELECT VALUE e FROM e IN {array} WHERE {' AND '.join(tests)})"


def _parsed(span: Document) -> Any:
    return json.loads(span["content"])
