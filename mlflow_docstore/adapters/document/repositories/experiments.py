"""Experiments: a document each, and a claim for each name."""

from collections.abc import Sequence

from mlflow.entities import Experiment

from mlflow_docstore.adapters.document.codecs import experiments as codec
from mlflow_docstore.adapters.document.codecs import runs as run_codec
from mlflow_docstore.adapters.document.codecs.experiments import (
    decode_experiment,
    encode_experiment,
)
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.histories.model_points import ModelPoints
from mlflow_docstore.adapters.document.keys import path as path_of
from mlflow_docstore.adapters.document.layout import (
    DATASETS,
    EXPERIMENTS,
    LOGGED_MODELS,
    METRICS,
    RUNS,
)
from mlflow_docstore.adapters.document.names import NameClaims
from mlflow_docstore.adapters.document.queries.experiments import (
    experiment_filter,
    experiment_order,
)
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.adapters.document.recent import Recent
from mlflow_docstore.adapters.document.texts.large import LargeTexts
from mlflow_docstore.adapters.document.texts.parts import root_of
from mlflow_docstore.adapters.document.traces.stored import StoredTraces
from mlflow_docstore.core.errors import InvalidState, NotFound
from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import Exists, In, equals, path
from mlflow_docstore.ports.assessments import AssessmentRepository
from mlflow_docstore.ports.experiments import ExperimentQuery, ExperimentRepository

_KIND = "experiment"
_ACTIVE = "active"
_DELETED = "deleted"
_IS_ACTIVE = equals(codec.LIFECYCLE, _ACTIVE)
_IS_DELETED = equals(codec.LIFECYCLE, _DELETED)
_PURGE_BATCH = 500


class DocumentExperiments(ExperimentRepository):
    """See the port.

    Args:
        driver: The database.
        points: What runs measured of logged models.
        traces: Traces with all that is theirs.
        assessments: What runs made of traces.
        texts: Where large texts of what belongs to experiments are.
    """

    def __init__(
        self,
        driver: Driver,
        points: ModelPoints,
        traces: StoredTraces,
        assessments: AssessmentRepository,
        texts: LargeTexts,
    ) -> None:
        self._texts = texts
        self._experiments = Documents(driver, EXPERIMENTS)
        self._runs = Documents(driver, RUNS)
        self._chunks = Documents(driver, METRICS)
        self._models = Documents(driver, LOGGED_MODELS)
        self._points = points
        self._datasets = Documents(driver, DATASETS)
        self._names = NameClaims(self._experiments, _KIND)
        self._traces = traces
        self._assessments = assessments
        self._recent = Recent(self.get)

    def create(self, experiment: Experiment) -> None:
        self._names.create(encode_experiment(experiment))

    def get(self, experiment_id: str) -> Experiment:
        return decode_experiment(self._document(experiment_id))

    def recent(self, experiment_id: str) -> Experiment:
        return self._recent.get(experiment_id)

    def find_by_name(self, name: str) -> Experiment | None:
        found = self._experiments.find([equals(codec.NAME, name)], limit=1)
        if found or self._experiments.is_current:
            return decode_experiment(found[0]) if found else None
        owner = self._names.owner(name)
        return None if owner is None else decode_experiment(owner)

    def search(self, query: ExperimentQuery, page: PageRequest) -> Page[Experiment]:
        return self._experiments.page(
            experiment_filter(query), experiment_order(query), page, decode_experiment
        )

    def delete(self, experiment_id: str, *, at: int) -> None:
        runs = Patch(set={run_codec.LIFECYCLE: _DELETED, run_codec.DELETED: at})
        self._move(experiment_id, _ACTIVE, _DELETED, runs, at)

    def restore(self, experiment_id: str, *, at: int) -> None:
        runs = Patch(set={run_codec.LIFECYCLE: _ACTIVE, run_codec.DELETED: None})
        self._move(experiment_id, _DELETED, _ACTIVE, runs, at)

    def rename(self, experiment_id: str, name: str, *, at: int) -> None:
        self._active(experiment_id)
        patch = Patch(set={codec.UPDATED: at})
        if not self._names.rename(experiment_id, name, patch, when=(_IS_ACTIVE,)):
            self._active(experiment_id)

    def set_tag(self, experiment_id: str, key: str, value: str) -> None:
        patch = Patch(set={path_of(codec.TAGS, key): value})
        for _ in rounds(_KIND, experiment_id):
            if self._experiments.patch(experiment_id, patch, when=(_IS_ACTIVE,)).matched:
                return
            self._active(experiment_id)

    def delete_tag(self, experiment_id: str, key: str, value: str | None = None) -> None:
        name = path_of(codec.TAGS, key)
        there = Exists(path(name)) if value is None else equals(name, value)
        for _ in rounds(_KIND, experiment_id):
            outcome = self._experiments.patch(
                experiment_id, Patch(unset=(name,)), when=(_IS_ACTIVE, there)
            )
            if outcome.matched:
                return
            experiment = self._active(experiment_id)
            found = decode_experiment(experiment).tags
            if key not in found or value not in (None, found[key]):
                if outcome.uncertain:
                    return
                raise NotFound("experiment_tag", key, experiment_id=experiment_id)

    def purge(self, experiment_id: str) -> None:
        experiment = self._staged(experiment_id, _DELETED)
        mine = equals(run_codec.EXPERIMENT, experiment_id)
        while models := self._models.find([mine], fields=(), limit=_PURGE_BATCH):
            model_ids = tuple(model["_id"] for model in models)
            self._points.purge(model_ids)
            self._models.delete_many([In(path("_id"), model_ids)])
        while runs := self._runs.find([mine], fields=(run_codec.MEASURED,), limit=_PURGE_BATCH):
            for run in runs:
                # Models of other experiments, too, hold what these runs measured of them.
                for model_id in run[run_codec.MEASURED]:
                    self._points.drop(model_id, run["_id"])
            run_ids = tuple(run["_id"] for run in runs)
            self._chunks.delete_many([In(path("run_id"), run_ids)])
            self._runs.delete_many([In(path("_id"), run_ids)])
        self._traces.purge(experiment_id)
        self._datasets.delete_many([mine])
        self._texts.purge([root_of(EXPERIMENTS, experiment_id)])
        # The name last: a claim that is left behind blocks nobody, a name without one would be
        # given to a second experiment.
        if not self._experiments.delete(experiment_id, when=(_IS_DELETED,)):
            raise NotFound(_KIND, experiment_id)
        self._names.release(experiment)
        self._recent.drop(experiment_id)

    def active(self, experiment_ids: Sequence[str]) -> list[str]:
        if not experiment_ids:
            return []
        wanted = In(path("_id"), tuple(experiment_ids))
        return [found["_id"] for found in self._experiments.find([wanted, _IS_ACTIVE], fields=())]

    def _move(self, experiment_id: str, before: str, after: str, runs: Patch, at: int) -> None:
        """From one stage to the other: runs first, so that a repeat ends what was interrupted."""
        self._recent.drop(experiment_id)
        self._staged(experiment_id, before)
        self._runs.patch_many([equals(run_codec.EXPERIMENT, experiment_id)], runs)
        if after == _DELETED:
            self._assessments.purge_experiment(experiment_id)
        outcome = self._experiments.patch(
            experiment_id,
            Patch(set={codec.LIFECYCLE: after, codec.UPDATED: at}),
            when=(equals(codec.LIFECYCLE, before),),
        )
        self._recent.drop(experiment_id)
        if outcome.matched:
            return
        moved = self._document(experiment_id)
        if not (outcome.uncertain and moved[codec.LIFECYCLE] == after):
            raise NotFound(_KIND, experiment_id)

    def _document(self, experiment_id: str) -> Document:
        return _there(experiment_id, self._experiments.get(experiment_id))

    def _active(self, experiment_id: str) -> Document:
        """An experiment.

        Raises:
            NotFound: There is none.
            InvalidState: It is deleted.
        """

        def judge(found: Document | None) -> Document:
            document = _there(experiment_id, found)
            if document[codec.LIFECYCLE] != _ACTIVE:
                raise InvalidState(_KIND, experiment_id, stage=document[codec.LIFECYCLE])
            return document

        return self._experiments.judged(experiment_id, judge)

    def _staged(self, experiment_id: str, stage: str) -> Document:
        """An experiment in a stage.

        Raises:
            NotFound: It is in the other, or there is none.
        """

        def judge(found: Document | None) -> Document:
            document = _there(experiment_id, found)
            if document[codec.LIFECYCLE] != stage:
                raise NotFound(_KIND, experiment_id)
            return document

        return self._experiments.judged(experiment_id, judge)


def _there(experiment_id: str, document: Document | None) -> Document:
    if document is None or codec.NAME not in document:
        raise NotFound(_KIND, experiment_id)
    return document
