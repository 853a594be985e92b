"""Arguments for the methods of ports: by area and name, by name, or by type.

Each has several samples where one will not do for all methods: the first combination that changes
the world is what is tested. They speak of what the worlds hold.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from mlflow.entities import (
    Assessment,
    DatasetInput,
    Experiment,
    LoggedModel,
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelStatus,
    Metric,
    Run,
    TraceInfo,
)
from mlflow.entities.model_registry import RegisteredModel
from mlflow.entities.trace_metrics import (
    AggregationType,
    MetricAggregation,
    MetricViewType,
)
from mlflow.entities.webhook import Webhook, WebhookEvent

from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.core.query import Field, FieldKind
from mlflow_docstore.core.spans import SpanBatch
from mlflow_docstore.ports.model_versions import NewVersion
from mlflow_docstore.ports.runs import RunBatch
from mlflow_docstore.ports.spans import Home
from mlflow_docstore.ports.trace_archives import Claim
from mlflow_docstore.ports.trace_metrics import TraceMetricQuery
from mlflow_docstore.ports.trace_queries import SessionQuery, TraceQuery
from mlflow_docstore.ports.traces import TraceEnd
from mlflow_docstore.ports.webhooks import WebhookChanges

from . import archives_world, assessments_world, registry_world, traces_world
from .layout_world import HOT_INDEX
from .world import dataset, experiment, model, point, run

POINTS = (point(20), point(21), point(5, "acc"))
EVENTS = (WebhookEvent.from_str("model_version.created"),)


def with_new(value: str | None) -> str:
    """A tag's next value, which a second change would leave as it is."""
    return "+".join(dict.fromkeys([*(value or "").split("+"), "new"]))


SAMPLES: Mapping[Any, tuple[Any, ...]] = MappingProxyType(
    {
        "at": (6000,),
        "time": (6000,),
        "limit": (1000,),
        "experiment_id": ("1", "2"),
        "experiment_ids": (("1", "2", "3"),),
        "run_id": ("r1", "r2"),
        "run_ids": (("r1", "r2"),),
        "model_id": ("m1", "m2"),
        "registered_models.model_id": ("m3",),
        "stages": (("active", "deleted"),),
        "stage": ("Production",),
        "archive": (True,),
        "experiments.name": ("cat", "ant"),
        "runs.name": ("other",),
        "registered_models.name": ("ant",),
        "model_versions.name": ("ant",),
        "indexes.name": (HOT_INDEX,),
        "new_name": ("cat",),
        "description": ("other",),
        "number": (3,),
        "alias": ("best",),
        "webhook_id": ("w1",),
        "experiments.key": ("team",),
        "runs.key": ("colour",),
        "metrics.key": ("loss",),
        "logged_models.key": ("stage",),
        "registered_models.key": ("team",),
        "model_versions.key": ("colour",),
        "value": ("new",),
        "experiments.value": ("new", "a"),
        "end_time": (7,),
        "runs.status": ("FINISHED",),
        "steps": ((1, 2),),
        "trace_id": ("t1",),
        "trace_ids": (("t1", "t3", "t4", "t5"),),
        "traces.key": ("team",),
        "prompts": (("p/1", "p/2"),),
        "until": (9000,),
        "bounds": ({"1": None},),
        "token": (archives_world.TOKEN,),
        "place": ("file:///archive",),
        "reason": ("broken",),
        "most": (10,),
        "assessment_id": ("a2",),
        "assessments.run_id": ("r1",),
        Assessment: (assessments_world.feedback("a4"),),
        Callable[[Assessment], Assessment]: (assessments_world.changed,),
        Callable[[str | None], str]: (with_new,),
        Experiment: (experiment("3", "cat"),),
        Run: (run("r4", "1"),),
        RunBatch: (RunBatch(POINTS, {"lr": "1"}, {"colour": "blue"}, "other"),),
        Sequence[DatasetInput]: ((dataset("new"), dataset("newer")),),
        Sequence[LoggedModelInput]: ((LoggedModelInput("m1"),),),
        Sequence[LoggedModelOutput]: ((LoggedModelOutput("m1", 0), LoggedModelOutput("m2", 1)),),
        Sequence[Metric]: (
            (point(20, "auc", "m1"), point(21, "auc", "m1"), point(1, "auc", "m3")),
        ),
        LoggedModel: (model("m4", "1"),),
        LoggedModelStatus: (LoggedModelStatus.READY,),
        Mapping[str, str]: ({"stage": "two", "more": "x"},),
        Sequence[tuple[str, str]]: ((("a", "1"), ("b", "2")),),
        PageRequest: (PageRequest(None),),
        Field: (Field(FieldKind.PARAM, "depth"),),
        RegisteredModel: (registry_world.model("cat"),),
        NewVersion: (registry_world.version("ant", "s3://new"),),
        Webhook: (registry_world.webhook("w3"),),
        TraceInfo: (traces_world.trace("t5"),),
        TraceEnd: (TraceEnd(9000, "ERROR", "other", {"who": "me"}, {"team": "b"}),),
        TraceQuery: (TraceQuery(),),
        SessionQuery: (SessionQuery("1", 0, 9000),),
        TraceMetricQuery: (
            TraceMetricQuery(
                MetricViewType.TRACES,
                "trace_count",
                (MetricAggregation(AggregationType.COUNT),),
            ),
        ),
        Sequence[SpanBatch]: (
            (traces_world.batch("t5", traces_world.span(1, 2000), traces_world.span(2, 2001)),),
        ),
        Home: (traces_world.HOME,),
        Claim: (archives_world.CLAIM,),
        WebhookChanges: (
            WebhookChanges("other", "https://other.invalid/", EVENTS, "text", "secret"),
        ),
    }
)
