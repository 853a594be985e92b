"""A database as a backend: repositories over a driver that retries."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlflow_docstore.core.capabilities import Capabilities, Feature
from mlflow_docstore.core.errors import Forbidden, NotFound, Unsupported
from mlflow_docstore.ports.assessments import AssessmentRepository
from mlflow_docstore.ports.backend import Adapter, Backend, Provision, Step, Usage
from mlflow_docstore.ports.experiments import ExperimentRepository
from mlflow_docstore.ports.indexes import IndexRepository
from mlflow_docstore.ports.inputs import InputRepository
from mlflow_docstore.ports.logged_models import LoggedModelRepository
from mlflow_docstore.ports.metrics import MetricRepository
from mlflow_docstore.ports.model_versions import ModelVersionRepository
from mlflow_docstore.ports.registered_models import RegisteredModelRepository
from mlflow_docstore.ports.runs import RunRepository
from mlflow_docstore.ports.spans import SpanRepository
from mlflow_docstore.ports.trace_archives import TraceArchiveRepository
from mlflow_docstore.ports.trace_metrics import TraceMetricRepository
from mlflow_docstore.ports.traces import TraceRepository
from mlflow_docstore.ports.webhooks import WebhookRepository

from .driver import Driver, Patch
from .histories.chunks import Chunks
from .histories.model_points import ModelPoints
from .layout import LAYOUT, MARKER_ID, META
from .registry.heads import ModelHeads
from .repositories.assessments import DocumentAssessments
from .repositories.experiments import DocumentExperiments
from .repositories.indexes import DocumentIndexes
from .repositories.inputs import DocumentInputs
from .repositories.logged_models import DocumentLoggedModels
from .repositories.metrics import DocumentMetrics
from .repositories.model_versions import DocumentModelVersions
from .repositories.registered_models import DocumentRegisteredModels
from .repositories.runs import DocumentRuns
from .repositories.spans import DocumentSpans
from .repositories.trace_archives import DocumentTraceArchives
from .repositories.trace_metrics import DocumentTraceMetrics
from .repositories.traces import DocumentTraces
from .repositories.webhooks import DocumentWebhooks
from .retry import RetryingDriver
from .texts.large import LargeTexts, now
from .traces.assessed import StoredAssessments
from .traces.claims import Claims
from .traces.orphans import OrphanSpans
from .traces.searches import TraceSearches
from .traces.stored import StoredTraces

_ASK_ANOTHER = (
    "it is not prepared for this release, and this user may not make collections and indexes:"
    " run `mlflow-docstore init URI` as one who may"
)


@dataclass(frozen=True, slots=True)
class Connection:
    """A driver, and what else its database is known by.

    Args:
        driver: The verbs; connects when the first is called.
        retry_deadline: How long failures are retried, in seconds.
        path: Where it is, if that is a file or a directory, to name it by.
        usage: What has been used of it; most databases count nothing.
    """

    driver: Driver
    retry_deadline: float
    path: Path | None = None
    usage: Callable[[], Usage | None] = lambda: None


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a database that an adapter opens can do, whichever of them it is.

    Args:
        title: What its maker calls it.
        capabilities: What it can do, with the help of what is done here.
        done_here: What it lacks and gets all the same, and what that costs.
    """

    title: str
    capabilities: Capabilities
    done_here: Mapping[Feature, str] = field(default_factory=dict)


class DocumentAdapter(Adapter):
    """An adapter of a document database.

    Args:
        name: What the database is called.
        connect: From a URI to a driver; opens no connection. See ``Adapter.open`` for its error.
        declared: The databases that it opens.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[str], Connection],
        declared: Sequence[Declaration] = (),
    ) -> None:
        self._name = name
        self._connect = connect
        self._declared = tuple(declared)

    @property
    def name(self) -> str:
        return self._name

    @property
    def declared(self) -> Sequence[Declaration]:
        """The databases that it opens, for tables of what each can do."""
        return self._declared

    def connect(self, uri: str) -> Connection:
        """The bare driver of a URI, for authors of a database and for tests."""
        return self._connect(uri)

    def open(self, uri: str) -> Backend:
        connection = self._connect(uri)
        return self.over(RetryingDriver(connection.driver, connection.retry_deadline), connection)

    def over(self, driver: Driver, connection: Connection) -> Backend:
        """The repositories on a connection whose driver was wrapped in another.

        Args:
            driver: The outermost; it should retry.
            connection: What was connected.
        """
        return DocumentBackend(driver, connection.path, connection.usage)


class DocumentBackend(Backend):
    """All repositories on one driver.

    Args:
        driver: The database; it should retry.
        path: As of a connection.
        usage: As of a connection.
    """

    def __init__(
        self,
        driver: Driver,
        path: Path | None = None,
        usage: Callable[[], Usage | None] = lambda: None,
    ) -> None:
        self._driver = driver
        self._path = path
        self._usage = usage
        chunks = Chunks(driver)
        points = ModelPoints(driver)
        self._texts = LargeTexts(driver)
        self._stored_traces = traces = StoredTraces(driver, self._texts)
        claims = Claims(driver, now)
        assessed = StoredAssessments(driver, traces, self._texts)
        self._assessments = DocumentAssessments(driver, traces, assessed, claims)
        self._experiments = DocumentExperiments(
            driver, points, traces, self._assessments, self._texts
        )
        self._orphans = OrphanSpans(traces, self._texts)
        self._runs = DocumentRuns(driver, chunks, points, self._texts)
        self._metrics = DocumentMetrics(chunks)
        self._inputs = DocumentInputs(driver, self._texts)
        self._logged_models = DocumentLoggedModels(driver, points)
        self._webhooks = DocumentWebhooks(driver)
        heads = ModelHeads(driver)
        self._registered_models = DocumentRegisteredModels(driver, heads)
        self._model_versions = DocumentModelVersions(driver, heads)
        searches = TraceSearches(traces, self._texts)
        self._traces = DocumentTraces(traces, searches, assessed, claims)
        self._spans = DocumentSpans(traces, self._texts)
        self._trace_archives = DocumentTraceArchives(traces, self._texts)
        self._trace_metrics = DocumentTraceMetrics(traces)
        self._indexes = DocumentIndexes(driver)

    @property
    def capabilities(self) -> Capabilities:
        return self._driver.capabilities

    @property
    def experiments(self) -> ExperimentRepository:
        return self._experiments

    @property
    def runs(self) -> RunRepository:
        return self._runs

    @property
    def metrics(self) -> MetricRepository:
        return self._metrics

    @property
    def inputs(self) -> InputRepository:
        return self._inputs

    @property
    def logged_models(self) -> LoggedModelRepository:
        return self._logged_models

    @property
    def webhooks(self) -> WebhookRepository:
        return self._webhooks

    @property
    def registered_models(self) -> RegisteredModelRepository:
        return self._registered_models

    @property
    def model_versions(self) -> ModelVersionRepository:
        return self._model_versions

    @property
    def traces(self) -> TraceRepository:
        return self._traces

    @property
    def spans(self) -> SpanRepository:
        return self._spans

    @property
    def assessments(self) -> AssessmentRepository:
        return self._assessments

    @property
    def trace_archives(self) -> TraceArchiveRepository:
        return self._trace_archives

    @property
    def trace_metrics(self) -> TraceMetricRepository:
        return self._trace_metrics

    @property
    def indexes(self) -> IndexRepository:
        return self._indexes

    @property
    def usage(self) -> Usage | None:
        return self._usage()

    def prepare(self) -> None:
        if self._prepared_version() < LAYOUT.version:
            try:
                self._driver.prepare(LAYOUT)
                self._mark()
            except Forbidden as error:
                raise Forbidden("database", reason=_ASK_ANOTHER) from error

    def steps(self, provision: Provision) -> Iterator[Step]:
        yield from self._driver.preparation(LAYOUT, provision)
        yield Step(f"marker of schema {LAYOUT.version}", self._mark)

    def _mark(self) -> None:
        """Say that the database is prepared."""
        if not self._driver.insert(META, {"_id": MARKER_ID, "version": LAYOUT.version}):
            self._driver.patch(META, MARKER_ID, Patch(set={"version": LAYOUT.version}))

    def require(self) -> None:
        if not self._prepared_version():
            raise NotFound("database", self._path)

    def _prepared_version(self) -> int:
        """The schema's version; 0 where nobody has prepared the database."""
        marker = self._driver.get(META, MARKER_ID)
        version: int = 0 if marker is None else marker["version"]
        if version > LAYOUT.version:
            raise Unsupported("schema", version, newest=LAYOUT.version)
        return version

    def sweep(self) -> int:
        self._stored_traces.sweep()
        return self._orphans.sweep() + self._texts.sweep()

    def reclaim(self) -> None:
        self._driver.reclaim()

    def close(self) -> None:
        self._driver.close()
