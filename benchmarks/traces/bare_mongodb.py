"""Bare pymongo: the fewest commands that could do each call, on documents equal to ours."""

import json
from collections.abc import Sequence
from typing import Any

from mlflow.entities import Assessment, Span, TraceInfo
from mlflow.entities.trace_metrics import AggregationType, MetricViewType
from pymongo import ReplaceOne

from benchmarks.bare.documents import LIVE, STAMP, Document
from benchmarks.bare.mongodb import WHOLE, MongoSubject, behind, found
from benchmarks.subjects import Token

from . import documents
from .charts import HOUR, Chart
from .documents import DIMENSIONS, SPAN_ORDER, VALUES
from .searches import Condition, Either, Equal, Search
from .subjects import TraceSubject

_BY_RECENCY = (("recent", 1),)


class MongoTraces(TraceSubject):
    """The bare driver.

    Args:
        bare: The same on the rest of the database.
    """

    def __init__(self, bare: MongoSubject) -> None:
        self.name = bare.name
        self.create_experiment = bare.create_experiment
        self._experiments = bare.collection("experiments")
        self._traces = bare.collection("traces")
        self._spans = bare.collection("spans")
        self._claims = bare.collection("assessments")
        self._artifacts: dict[str, str] = {}

    def start_trace(self, info: TraceInfo) -> None:
        # A trace that is there is completed, one that is not is made, by one command.
        new = self._empty(info.trace_id, info.experiment_id)
        told = documents.told(info)
        rest = {name: value for name, value in _flat(new).items() if name not in told}
        rest.pop("revision")
        changes = {"$set": told, "$setOnInsert": rest, "$inc": {"revision": 1}}
        self._traces.update_one({"_id": info.trace_id}, changes, upsert=True)

    def log_spans(self, experiment_id: str, spans: Sequence[Span]) -> None:
        contents = [span.to_dict() for span in spans]
        trace_id = spans[0].trace_id
        stored = self._traces.find_one({"_id": trace_id})
        trace = stored or self._empty(trace_id, experiment_id)
        changes = documents.grown(trace, spans, contents)
        rows = [
            documents.span(trace, changes["time"], *pair)
            for pair in zip(spans, contents, strict=True)
        ]
        self._spans.bulk_write(
            [ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows], ordered=False
        )
        if stored is None:
            self._traces.insert_one(documents.applied(trace, changes))
        else:
            unchanged = {"_id": trace_id, "revision": stored["revision"]}
            self._traces.update_one(unchanged, {"$set": changes})

    def get_trace(self, trace_id: str) -> int:
        return self.get_traces([trace_id])

    def get_traces(self, trace_ids: Sequence[str]) -> int:
        ids = {"$in": list(trace_ids)}
        list(self._traces.find({"_id": ids}, batch_size=WHOLE))
        where = {"trace_id": ids, "workspace": STAMP["workspace"]}
        fields = [*SPAN_ORDER, "trace_id", "content"]
        return len([_parsed(span) for span in self._spans.find(where, fields, batch_size=WHOLE)])

    def search(
        self, experiment_id: str, search: Search, size: int, token: Token = None
    ) -> tuple[int, Token]:
        where = {"experiment_id": experiment_id, **LIVE, **behind(_BY_RECENCY, token)}
        if search.where is not None:
            where |= _native(search.where)
        # One more than the page, to see whether there is another.
        order = dict(_BY_RECENCY)
        page = list(self._traces.find(where, sort=order, limit=size + 1, batch_size=WHOLE))
        if len(page) <= size:
            return len(page), None
        return size, [page[size - 1]["recent"]]

    def assess(self, assessment: Assessment) -> None:
        token = documents.token()
        self._claims.insert_one(documents.claim(assessment, token))
        changes = {
            "$push": {"assessments": documents.element(assessment)},
            "$set": {"assessed": token, f"held.{documents.held(assessment)}": token},
        }
        where = {"_id": assessment.trace_id, **LIVE}
        if not self._traces.update_one(where, changes).matched_count:
            raise LookupError(assessment.trace_id)

    def chart(self, experiment_id: str, chart: Chart) -> int:
        of_spans = chart.view is MetricViewType.SPANS
        live = {"workspace": STAMP["workspace"]} if of_spans else LIVE
        where: Document = {"experiment_id": experiment_id, **live}
        kind = chart.aggregation.aggregation_type
        value: Any = 1
        if kind is not AggregationType.COUNT:
            path = VALUES[chart.metric]
            where[path] = {"$ne": None}
            value = f"${path}"
        # What is sorted and cut for a percentile is not worth more than this.
        how = "$push" if kind is AggregationType.PERCENTILE else "$sum"
        group = {"$group": {"_id": _part(chart), "value": {how: value}}}
        collection = self._spans if of_spans else self._traces
        return len(list(collection.aggregate([{"$match": where}, group], batchSize=WHOLE)))

    def _empty(self, trace_id: str, experiment_id: str) -> Document:
        """A new trace; where the artifacts of an experiment are is asked for once."""
        if experiment_id not in self._artifacts:
            experiment = found(self._experiments, {"_id": experiment_id})
            self._artifacts[experiment_id] = experiment["artifact_location"]
        return documents.empty(trace_id, experiment_id, self._artifacts[experiment_id])


def _part(chart: Chart) -> Any:
    """What a chart is split by."""
    if chart.dimension is not None:
        return f"${DIMENSIONS[chart.dimension]}"
    return {"$floor": {"$divide": ["$time", HOUR]}} if chart.hourly else None


def _native(condition: Condition) -> Document:
    if isinstance(condition, Equal):
        return {condition.path: condition.value}
    if isinstance(condition, Either):
        return {"$or": [_native(condition.one), _native(condition.other)]}
    return {condition.path: {"$elemMatch": dict(condition.element)}}


def _flat(document: Document) -> Document:
    """Tags by their paths, so that others can be set beside them; what is empty by no path."""
    tags = {f"tags.{key}": value for key, value in document["tags"].items()}
    rest = {key: value for key, value in document.items() if key != "_id" and value != {}}
    del rest["tags"]
    return rest | tags


def _parsed(span: Document) -> Any:
    return json.loads(span["content"])
