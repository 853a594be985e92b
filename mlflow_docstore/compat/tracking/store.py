"""MLflow's tracking store: area mixins over the repositories of one backend."""

from typing import Any

from mlflow.entities import Experiment
from mlflow.store.tracking.abstract_store import AbstractStore

from mlflow_docstore.compat.arguments import DEFAULT_EXPERIMENT_ID
from mlflow_docstore.compat.commands import is_upkeep
from mlflow_docstore.compat.container import CONTAINER
from mlflow_docstore.compat.errors import answering, translates_errors
from mlflow_docstore.compat.mlflow_internals.tracking import (
    append_to_uri_path,
    resolve_uri_if_local,
)
from mlflow_docstore.core.errors import AlreadyExists, Conflict, NotFound
from mlflow_docstore.ports.backend import Backend

from .assessments import AssessmentsMixin
from .declined import DeclinedMixin
from .experiments import ExperimentsMixin, new_experiment
from .inputs import InputsMixin
from .logged_models import LoggedModelsMixin
from .metrics import MetricsMixin
from .runs import RunsMixin
from .spans import SpansMixin
from .trace_archives import TraceArchivesMixin
from .trace_metrics import TraceMetricsMixin
from .trace_search import TraceSearchMixin
from .traces_v2 import TracesOfOldClientsMixin


@translates_errors
class DocStoreTrackingStore(
    ExperimentsMixin,
    RunsMixin,
    MetricsMixin,
    InputsMixin,
    LoggedModelsMixin,
    TracesOfOldClientsMixin,
    TraceArchivesMixin,
    SpansMixin,
    TraceSearchMixin,
    AssessmentsMixin,
    TraceMetricsMixin,
    DeclinedMixin,
    AbstractStore,
):
    """A tracking store on a document database.

    Cheap: instances of one process share the backend of their URI. Making one costs two commands
    where the database is prepared already.

    Args:
        store_uri: Where the backend is.
        artifact_uri: The root of artifacts; made absolute, but not created.
        backend: The opened database.
    """

    def __init__(self, store_uri: str, artifact_uri: str, backend: Backend) -> None:
        super().__init__()
        self._store_uri = store_uri
        self._backend = backend
        self.artifact_root_uri = resolve_uri_if_local(artifact_uri)
        with answering():
            backend.prepare()
            _ensure_default_experiment(backend, self.artifact_root_uri)

    @classmethod
    def of_uri(cls, store_uri: str, artifact_uri: str) -> "DocStoreTrackingStore":
        """The store on this process's backend of a URI."""
        with answering():
            backend = CONTAINER.backend(store_uri)
            if is_upkeep():
                backend.require()
        return cls(store_uri, artifact_uri, backend)

    def __reduce__(self) -> tuple[Any, ...]:
        # A connection does not travel; the receiver opens its own.
        return self.of_uri, (self._store_uri, self.artifact_root_uri)

    @property
    def supports_workspaces(self) -> bool:
        """One workspace so far."""
        return False


def _ensure_default_experiment(backend: Backend, artifact_root_uri: str) -> None:
    """MLflow's clients and its UI expect experiment 0, in whatever lifecycle stage."""
    try:
        backend.experiments.get(DEFAULT_EXPERIMENT_ID)
    except NotFound:
        location = append_to_uri_path(artifact_root_uri, DEFAULT_EXPERIMENT_ID)
        default = new_experiment(
            DEFAULT_EXPERIMENT_ID, Experiment.DEFAULT_EXPERIMENT_NAME, location
        )
        try:
            backend.experiments.create(default)
        except (AlreadyExists, Conflict):
            # Another process was faster, or the error below is the truth.
            backend.experiments.get(DEFAULT_EXPERIMENT_ID)
