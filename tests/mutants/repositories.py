"""Repositories that do one thing wrong, on a database that works."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mlflow.entities import Experiment, Metric, Run
from mlflow.entities.model_registry import ModelVersion, RegisteredModel

from mlflow_docstore.adapters.document.codecs import registered_models as heads_codec
from mlflow_docstore.adapters.document.codecs import runs as runs_codec
from mlflow_docstore.adapters.document.driver import Patch
from mlflow_docstore.adapters.document.keys import path as path_of
from mlflow_docstore.adapters.document.repositories.experiments import DocumentExperiments
from mlflow_docstore.adapters.document.repositories.inputs import DocumentInputs
from mlflow_docstore.adapters.document.repositories.logged_models import DocumentLoggedModels
from mlflow_docstore.adapters.document.repositories.metrics import DocumentMetrics
from mlflow_docstore.adapters.document.repositories.model_versions import DocumentModelVersions
from mlflow_docstore.adapters.document.repositories.registered_models import (
    DocumentRegisteredModels,
)
from mlflow_docstore.adapters.document.repositories.runs import DocumentRuns
from mlflow_docstore.adapters.document.repositories.webhooks import DocumentWebhooks
from mlflow_docstore.core.errors import StoreError
from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.ports.experiments import ExperimentQuery
from mlflow_docstore.ports.registered_models import RegisteredModelQuery
from mlflow_docstore.ports.runs import RunBatch, RunQuery

from .faults import REPOSITORY, fault


@fault(REPOSITORY, "store/test_params")
class OverwritesParams(DocumentRuns):
    """A param that is logged again has its new value."""

    def log(self, run_id: str, batch: RunBatch) -> None:
        forgotten = tuple(path_of(runs_codec.PARAMS, key) for key in batch.params)
        self._runs.patch(run_id, Patch(unset=forgotten))
        super().log(run_id, batch)


@fault(REPOSITORY, "store/test_batches")
class WritesHalfOfABatch(DocumentRuns):
    """Tags of a batch are written before its params are refused."""

    def log(self, run_id: str, batch: RunBatch) -> None:
        super().log(run_id, RunBatch(tags=batch.tags))
        super().log(run_id, batch)


@fault(REPOSITORY, "store/test_lifecycle")
class LogsToDeletedRuns(DocumentRuns):
    """A deleted run takes what is logged to it."""

    def log(self, run_id: str, batch: RunBatch) -> None:
        deleted = self.get(run_id).info.lifecycle_stage == "deleted"
        if deleted:
            self.restore(run_id)
        super().log(run_id, batch)
        if deleted:
            self.delete(run_id, at=0)


@fault(REPOSITORY, "store/test_search_runs_order")
class SortsNanFirst(DocumentRuns):
    """Runs whose metric is not a number come before the others."""

    def search(self, query: RunQuery, page: PageRequest) -> Page[Run]:
        found = super().search(query, page)
        if query.order:
            key = query.order[0].field.name
            found.items.sort(key=lambda run: not _is_nan(run.data.metrics.get(key, 0.0)))
        return found


@fault(REPOSITORY, "store/test_search_runs")
class SearchesOneExperiment(DocumentRuns):
    """Of several experiments the first is looked in."""

    def search(self, query: RunQuery, page: PageRequest) -> Page[Run]:
        return super().search(replace(query, experiment_ids=query.experiment_ids[:1]), page)


@fault(REPOSITORY, "store/test_metric_history")
class LosesTheRowBehindAPage(DocumentMetrics):
    """The first point of a page of a history that is not the first is left out."""

    def history(self, run_id: str, key: str, page: PageRequest) -> Page[Metric]:
        found = super().history(run_id, key, page)
        return found if page.token is None else Page(found.items[1:], found.token)


@fault(REPOSITORY, "store/test_metric_history")
class DoublesPoints(DocumentMetrics):
    """A point is in the history twice, as if it had been logged again."""

    def history(self, run_id: str, key: str, page: PageRequest) -> Page[Metric]:
        found = super().history(run_id, key, page)
        return Page([*found.items, *found.items[-1:]], found.token)


@fault(REPOSITORY, "store/test_metric_sampling")
class SamplesTheBeginning(DocumentMetrics):
    """A sample is the first points instead of points from all along."""

    def sample(
        self, run_id: str, key: str, *, limit: int, steps: tuple[int, int] | None = None
    ) -> list[Metric]:
        return super().sample(run_id, key, limit=10**6, steps=steps)[:limit]


@fault(REPOSITORY, "store/test_experiments", "store/test_experiment_changes")
class TakesTakenNames(DocumentExperiments):
    """An experiment may be renamed to the name of another."""

    def rename(self, experiment_id: str, name: str, **options: Any) -> None:
        other = self.find_by_name(name)
        if other is not None and other.experiment_id != experiment_id:
            super().rename(other.experiment_id, f"{name}-", **options)
        super().rename(experiment_id, name, **options)


@fault(REPOSITORY, "store/test_search_experiments")
class ShowsDeletedExperiments(DocumentExperiments):
    """A search of active experiments finds deleted ones as well."""

    def search(self, query: ExperimentQuery, page: PageRequest) -> Page[Experiment]:
        return super().search(replace(query, stages=("active", "deleted")), page)


@fault(REPOSITORY, "store/test_lifecycle")
class LeavesRunsOfDeletedExperiments(DocumentExperiments):
    """Runs of a deleted experiment stay active."""

    def delete(self, experiment_id: str, *, at: int) -> None:
        runs = self._runs
        self._runs = _Deaf(runs)  # type: ignore[assignment]
        super().delete(experiment_id, at=at)
        self._runs = runs


class _Deaf:
    """A collection whose documents nobody can change."""

    def __init__(self, documents: Any) -> None:
        self._documents = documents

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    def patch_many(self, *arguments: Any) -> None:
        pass


@fault(REPOSITORY, "store/test_inputs")
class ForgetsTagsOfInputs(DocumentInputs):
    """The tags of a data set that is a run's input are lost."""

    def log_inputs(self, run_id: str, datasets: Sequence[Any], models: Sequence[Any]) -> None:
        for dataset in datasets:
            dataset._tags = []
        super().log_inputs(run_id, datasets, models)


@fault(REPOSITORY, "store/test_logged_models")
class FinalizesNothing(DocumentLoggedModels):
    """A logged model stays pending."""

    def finalize(self, model_id: str, status: Any, **options: Any) -> Any:
        del status, options
        return self.get(model_id)


@fault(REPOSITORY, "store/test_logged_models")
class ReplacesTags(DocumentLoggedModels):
    """Tags of a logged model replace all that it had."""

    def set_tags(self, model_id: str, tags: Any, **options: Any) -> None:
        for key in self.get(model_id).tags:
            self.delete_tag(model_id, key, **options)
        super().set_tags(model_id, tags, **options)


@fault(REPOSITORY, "registry/test_model_versions")
class ReusesVersionNumbers(DocumentModelVersions):
    """The number of the last version is given again once it is deleted."""

    def delete(self, name: str, number: int, *, at: int) -> None:
        super().delete(name, number, at=at)
        head = self._heads.read(name)
        if head[heads_codec.COUNT] == number:
            self._heads.change(name, lambda now: {heads_codec.COUNT: now[heads_codec.COUNT] - 1})
            self._versions.delete(heads_codec.version_id(head["_id"], number))


@fault(REPOSITORY, "registry/test_aliases")
class LeavesAliasesDangling(DocumentModelVersions):
    """The aliases of a deleted version still name it."""

    def delete(self, name: str, number: int, *, at: int) -> None:
        aliases = self._heads.read(name)[heads_codec.ALIASES]
        super().delete(name, number, at=at)
        self._heads.change(name, lambda _: {heads_codec.ALIASES: aliases})


@fault(REPOSITORY, "registry/test_stages")
class ArchivesNothing(DocumentModelVersions):
    """A transition leaves the other versions in the stage."""

    def transition(
        self, name: str, number: int, stage: str, *, at: int, archive: bool
    ) -> ModelVersion:
        del archive
        return super().transition(name, number, stage, at=at, archive=False)


@fault(REPOSITORY, "registry/test_stages", "registry/test_model_versions")
class KnowsOneStage(DocumentModelVersions):
    """Of the latest versions of all stages one is told."""

    def latest(self, name: str) -> list[ModelVersion]:
        return super().latest(name)[:1]


@fault(REPOSITORY, "registry/test_registered_models")
class ReadsStaleHeads(DocumentRegisteredModels):
    """A model is read once, and never again."""

    def get(self, name: str) -> RegisteredModel:
        seen = self.__dict__.setdefault("_first", {})
        return seen.get(name) or seen.setdefault(name, super().get(name))


@fault(REPOSITORY, "registry/test_registered_model_changes")
class LosesAliasesWithTheName(DocumentRegisteredModels):
    """A model that is renamed has no aliases any more."""

    def rename(self, name: str, new_name: str, *, at: int) -> RegisteredModel:
        self._heads.change(name, lambda _: {heads_codec.ALIASES: {}})
        return super().rename(name, new_name, at=at)


@fault(REPOSITORY, "registry/test_search_prompts", "registry/test_search_registered_models")
class ShowsPromptsAmongModels(DocumentRegisteredModels):
    """A search of models finds prompts as well."""

    def search(self, query: RegisteredModelQuery, page: PageRequest) -> Page[RegisteredModel]:
        return super().search(replace(query, prompts=True), page)


@fault(REPOSITORY, "registry/test_registered_model_changes")
class DeletesSilently(DocumentRegisteredModels):
    """To delete a model that is not there is no error."""

    def delete(self, name: str) -> None:
        try:
            super().delete(name)
        except StoreError:
            return


@fault(REPOSITORY, "registry/test_webhook_lists")
class IgnoresEvents(DocumentWebhooks):
    """All webhooks are found for any event."""

    def search(self, page: PageRequest, *, event: Any = None) -> Any:
        del event
        return super().search(page)


def replaced(backend: Any, broken: type) -> None:
    """Let a backend's repository of this kind be the broken one."""
    for repository in vars(backend).values():
        if type(repository) in broken.__mro__:
            repository.__class__ = broken


def _is_nan(value: float) -> bool:
    return value != value  # noqa: PLR0124 - what makes it one
