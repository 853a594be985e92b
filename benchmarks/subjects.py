"""Who is measured: MLflow's stores by their URI, through MLflow's own resolution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.tracking._tracking_service.utils import _get_store

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.layout import Index

from .searches import Search

POSTGRES = "postgres"
SQLITE = "sqlite"
OURS = "ours"
BARE = "bare"
OURS_ON_MONGODB = "ours-mongodb"
BARE_ON_MONGODB = "bare-mongodb"
OURS_ON_COSMOSDB = "ours-cosmosdb"
BARE_ON_COSMOSDB = "bare-cosmosdb"

TITLES: Mapping[str, str] = {
    POSTGRES: "MLflow on PostgreSQL",
    SQLITE: "MLflow on SQLite",
    OURS: "ours",
    BARE: "bare sqlite3",
    OURS_ON_MONGODB: "ours",
    BARE_ON_MONGODB: "bare pymongo",
    OURS_ON_COSMOSDB: "ours",
    BARE_ON_COSMOSDB: "bare azure-cosmos",
}
NAMES = tuple(TITLES)

Token = Any
"""Where a page starts; each subject has its own kind."""


class Subject(Protocol):
    """What is measured of a subject."""

    name: str

    def create_experiment(self, name: str) -> str:
        """A new experiment's id."""

    def create_run(self, experiment_id: str) -> str:
        """A new run's id."""

    def log_param(self, run_id: str, param: Param) -> None:
        """One parameter."""

    def log_metric(self, run_id: str, metric: Metric) -> None:
        """One point."""

    def set_tag(self, run_id: str, tag: RunTag) -> None:
        """One tag."""

    def log_batch(
        self, run_id: str, metrics: Sequence[Metric] = (), params: Sequence[Param] = ()
    ) -> None:
        """Many at once."""

    def get_run(self, run_id: str) -> object:
        """A run."""

    def history(self, run_id: str, key: str) -> int:
        """Read a history; how many points it has."""

    def search(
        self, experiment_id: str, search: Search, size: int, token: Token = None
    ) -> tuple[int, Token]:
        """Read a page; how many runs it has, and where the next one starts."""


class Place(Protocol):
    """Where documents are put in bulk, and looked at to see that all subjects store the same.

    ``foresees`` says whether keys that are searched by get indexes that nobody declares.
    """

    foresees = False

    def insert_many(self, collection: str, documents: Sequence[Document]) -> object:
        """Put documents into a collection."""

    def create_index(self, collection: str, index: Index) -> None:
        """Make an index."""

    def first(self, collection: str, field: str, value: str) -> Document | None:
        """A document that has a value in a field."""


class Source(Protocol):
    """How any process gets at a subject. Can be pickled."""

    name: str

    def open(self) -> Subject:
        """The subject, on connections of this process."""


class StoreSubject(Subject):
    """A tracking store of MLflow.

    Args:
        name: What the subject is called.
        store: The store.
    """

    def __init__(self, name: str, store: Any) -> None:
        self.name = name
        self.store = store

    def create_experiment(self, name: str) -> str:
        return str(self.store.create_experiment(name))

    def create_run(self, experiment_id: str) -> str:
        run = self.store.create_run(
            experiment_id=experiment_id,
            user_id="bench",
            start_time=1_700_000_000_000,
            tags=[RunTag("mlflow.user", "bench")],
            run_name="bench",
        )
        return str(run.info.run_id)

    def create_model(self, experiment_id: str) -> str:
        """A new logged model's id."""
        return str(self.store.create_logged_model(experiment_id).model_id)

    def log_param(self, run_id: str, param: Param) -> None:
        self.store.log_param(run_id, param)

    def log_metric(self, run_id: str, metric: Metric) -> None:
        self.store.log_metric(run_id, metric)

    def set_tag(self, run_id: str, tag: RunTag) -> None:
        self.store.set_tag(run_id, tag)

    def log_batch(
        self, run_id: str, metrics: Sequence[Metric] = (), params: Sequence[Param] = ()
    ) -> None:
        self.store.log_batch(run_id, metrics, params, [])

    def get_run(self, run_id: str) -> object:
        return self.store.get_run(run_id)

    def history(self, run_id: str, key: str) -> int:
        return len(self.store.get_metric_history(run_id, key))

    def search(
        self, experiment_id: str, search: Search, size: int, token: Token = None
    ) -> tuple[int, Token]:
        page = self.store.search_runs(
            [experiment_id],
            search.filter_string,
            ViewType.ACTIVE_ONLY,
            max_results=size,
            order_by=list(search.order_by),
            page_token=token,
        )
        return len(page), page.token


@dataclass(frozen=True, slots=True)
class StoreSource(Source):
    """A tracking store by its URI."""

    name: str
    uri: str
    artifacts: str

    def open(self) -> StoreSubject:
        return StoreSubject(self.name, _get_store(self.uri, self.artifacts))
