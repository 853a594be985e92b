"""A backend: one opened database, with a repository for every area."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from mlflow_docstore.core.capabilities import Capabilities

from .assessments import AssessmentRepository
from .experiments import ExperimentRepository
from .indexes import IndexRepository
from .inputs import InputRepository
from .logged_models import LoggedModelRepository
from .metrics import MetricRepository
from .model_versions import ModelVersionRepository
from .registered_models import RegisteredModelRepository
from .runs import RunRepository
from .spans import SpanRepository
from .trace_archives import TraceArchiveRepository
from .trace_metrics import TraceMetricRepository
from .traces import TraceRepository
from .webhooks import WebhookRepository


@dataclass(frozen=True, slots=True)
class Throughput:
    """What a database may use up, where that is paid for by itself.

    Args:
        units: Request units a second.
        autoscale: Whether they are the most that is used, and a tenth of it the least.
    """

    units: int
    autoscale: bool = False


@dataclass(frozen=True, slots=True)
class Provision:
    """How a database is to be made, besides what every one needs.

    Args:
        sharded: Whether collections are spread over shards where they need not be.
        throughput: Of the database; None for what its service gives it.
    """

    sharded: bool = False
    throughput: Throughput | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done to a database before its first use.

    Args:
        text: What, on one line, without its verb.
        run: Does it. Repeatable.
    """

    text: str
    run: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a database was asked, where its service counts that and charges for it.

    Args:
        requests: How many requests it answered, those that it refused among them.
        charge: What they cost together, in the request units of the service.
    """

    requests: int
    charge: float


class Backend(Protocol):
    """One database. Threads may share it; constructing it opens no connection."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What the database can do."""

    @property
    @abstractmethod
    def experiments(self) -> ExperimentRepository:
        """Experiments and their tags."""

    @property
    @abstractmethod
    def runs(self) -> RunRepository:
        """Runs with their params, tags and latest metrics."""

    @property
    @abstractmethod
    def metrics(self) -> MetricRepository:
        """Histories of metrics."""

    @property
    @abstractmethod
    def inputs(self) -> InputRepository:
        """Datasets and models that runs read, and models that they wrote."""

    @property
    @abstractmethod
    def logged_models(self) -> LoggedModelRepository:
        """Logged models."""

    @property
    @abstractmethod
    def webhooks(self) -> WebhookRepository:
        """Webhooks, whose secrets callers encrypt."""

    @property
    @abstractmethod
    def registered_models(self) -> RegisteredModelRepository:
        """Registered models and prompts, with their tags and aliases."""

    @property
    @abstractmethod
    def model_versions(self) -> ModelVersionRepository:
        """Versions of registered models and of prompts."""

    @property
    @abstractmethod
    def traces(self) -> TraceRepository:
        """Traces, with their tags, metadata and assessments."""

    @property
    @abstractmethod
    def spans(self) -> SpanRepository:
        """The spans of traces."""

    @property
    @abstractmethod
    def assessments(self) -> AssessmentRepository:
        """What is thought of traces, or expected of them."""

    @property
    @abstractmethod
    def trace_archives(self) -> TraceArchiveRepository:
        """What traces tell of archives that hold their spans."""

    @property
    @abstractmethod
    def trace_metrics(self) -> TraceMetricRepository:
        """What traces, spans and assessments come to."""

    @property
    @abstractmethod
    def indexes(self) -> IndexRepository:
        """Indexes, built in and of users."""

    @property
    @abstractmethod
    def usage(self) -> Usage | None:
        """What this process has used of the database since it first asked it, by whichever call.

        None where no service counts. It only grows, also over ``close``, and needs no connection:
        take it twice, and the difference is what came between, in all threads. What other processes
        use is in theirs, and a process that was forked begins at nothing. A reply that was lost is
        not in it.
        """

    @abstractmethod
    def prepare(self) -> None:
        """Make collections and indexes unless the schema marker says that they are there.

        Costs one command where they are. Repeatable, and safe beside others who do the same.

        Raises:
            Unsupported: The database was written by a newer schema than this release knows.
            Forbidden: It is not prepared, and this user may not do so.
        """

    @abstractmethod
    def steps(self, provision: Provision) -> Iterator[Step]:
        """What ``prepare`` does, step by step, whether or not it has been done already.

        Raises:
            Unsupported: The database has no such provision.
        """

    @abstractmethod
    def require(self) -> None:
        """Check that somebody has prepared the database, and make nothing: for upkeep.

        Costs at most one command. An older schema will do: its documents can be read.

        Raises:
            NotFound: ``kind="database"``: nobody has, or there is not even a database; ``key`` is
                its place where that is a path.
            Unsupported: The database was written by a newer schema than this release knows.
        """

    @abstractmethod
    def sweep(self) -> int:
        """Remove what interrupted calls left; of how many parts of texts and traces.

        That is parts of large texts that nothing refers to, and spans of traces that are gone. Safe
        beside writers: what was written within a day stays.
        Spans that were about to lose their contents to an archive lose them.
        """

    @abstractmethod
    def reclaim(self) -> None:
        """Give the space of what was deleted back, where the database leaves that to its users.

        Others may go on using it. Repeatable.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of connections; a later call opens them again."""


class Adapter(Protocol):
    """A kind of database: what an entry point of ``mlflow_docstore.adapters`` names."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in logs and tables."""

    @abstractmethod
    def open(self, uri: str) -> Backend:
        """A backend on the database of the URI. Opens no connection.

        Raises:
            InvalidArgument: ``kind="uri"``: the URI cannot be used; ``facts["reason"]`` says why
                in one line, with passwords hidden.
        """
