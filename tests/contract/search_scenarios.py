"""Named builders for searches: what is looked through, and how an answer is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlflow.entities import (
    Dataset,
    DatasetInput,
    ExperimentTag,
    InputTag,
    LoggedModel,
    LoggedModelParameter,
    LoggedModelTag,
    Run,
    ViewType,
)
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

from . import scenarios

MOST_PAGES = 50


def pages(search: Callable[..., PagedList[Any]], **options: Any) -> list[list[Any]]:
    """Every page of a search, first to last."""
    found: list[list[Any]] = []
    token: str | bytes | None = None
    while len(found) < MOST_PAGES:
        page = search(page_token=token, **options)
        found.append(list(page))
        token = page.token
        if not token:
            return found
    raise AssertionError(f"still a next page after {MOST_PAGES} pages")


@dataclass(frozen=True)
class NamedRuns:
    """The runs of one experiment, each known by a name of the test's choosing."""

    store: AbstractStore
    experiment_id: str
    ids: Mapping[str, str]

    def search(
        self, filter_string: str = "", view_type: int = ViewType.ACTIVE_ONLY, **options: Any
    ) -> PagedList[Run]:
        return self.store.search_runs([self.experiment_id], filter_string, view_type, **options)

    def names(self, runs: Sequence[Run]) -> list[str]:
        known = {run_id: name for name, run_id in self.ids.items()}
        return [known[run.info.run_id] for run in runs]

    def found(self, filter_string: str = "", **options: Any) -> list[str]:
        """Names of the runs found, in the order of the answer."""
        return self.names(self.search(filter_string, **options))

    def matching(self, filter_string: str) -> list[str]:
        """Names of the runs found, where their order is not the question."""
        return sorted(self.found(filter_string))

    def by_id(self, *names: str) -> list[str]:
        """These names in the order of their run ids, which breaks ties."""
        return sorted(names, key=self.ids.__getitem__)


def named_runs(store: AbstractStore, wanted: Mapping[str, Mapping[str, Any]]) -> NamedRuns:
    """One run per name, made with the options of ``scenarios.run_with``."""
    experiment_id = scenarios.new_experiment(store)
    ids = {
        name: scenarios.run_with(store, experiment_id, **options).info.run_id
        for name, options in wanted.items()
    }
    return NamedRuns(store, experiment_id, ids)


@dataclass(frozen=True)
class ExperimentFamily:
    """Experiments that share a prefix no other experiment has: the store holds more."""

    store: AbstractStore
    prefix: str
    ids: Mapping[str, str]

    def search(
        self, filter_string: str = "", view_type: int = ViewType.ALL, **options: Any
    ) -> PagedList[Any]:
        mine = f"name LIKE '{self.prefix}%'"
        return self.store.search_experiments(
            view_type,
            filter_string=f"{mine} AND {filter_string}" if filter_string else mine,
            **options,
        )

    def found(self, filter_string: str = "", **options: Any) -> list[str]:
        """Names without the prefix, in the order of the answer."""
        return [
            experiment.name.removeprefix(self.prefix)
            for experiment in self.search(filter_string, **options)
        ]

    def matching(self, filter_string: str, **options: Any) -> list[str]:
        """Names without the prefix, where their order is not the question."""
        return sorted(self.found(filter_string, **options))


def experiment_family(
    store: AbstractStore, wanted: Mapping[str, Mapping[str, str]]
) -> ExperimentFamily:
    """One experiment per name, with these tags."""
    prefix = scenarios.unique("family") + "/"
    ids = {
        name: scenarios.new_experiment(
            store,
            prefix + name,
            tags=[ExperimentTag(key, value) for key, value in tags.items()],
        )
        for name, tags in wanted.items()
    }
    return ExperimentFamily(store, prefix, ids)


def dataset_input(
    name: str = "wine",
    digest: str = "1a2b",
    *,
    context: str | None = None,
    tags: Mapping[str, str] | None = None,
    **options: Any,
) -> DatasetInput:
    """A dataset as a run's input; ``context`` is the tag that MLflow's own clients set."""
    fields = {"source_type": "local", "source": "file:///wine.csv"} | options
    all_tags = dict(tags or {})
    if context is not None:
        all_tags[MLFLOW_DATASET_CONTEXT] = context
    return DatasetInput(
        Dataset(name, digest, **fields),
        [InputTag(key, value) for key, value in all_tags.items()],
    )


@dataclass(frozen=True)
class NamedModels:
    """Logged models of one experiment; their names are the names the test speaks of."""

    store: AbstractStore
    experiment_id: str
    ids: Mapping[str, str]

    def search(self, filter_string: str | None = None, **options: Any) -> PagedList[LoggedModel]:
        return self.store.search_logged_models([self.experiment_id], filter_string, **options)

    def found(self, filter_string: str | None = None, **options: Any) -> list[str]:
        """Names in the order of the answer."""
        return [model.name for model in self.search(filter_string, **options)]

    def matching(self, filter_string: str | None = None, **options: Any) -> list[str]:
        """Names, where their order is not the question."""
        return sorted(self.found(filter_string, **options))

    def newest_first(self, *names: str) -> list[str]:
        """These names as ties are broken: the latest creation first, then by id."""
        created = {model.name: model.creation_timestamp for model in self.search()}
        return sorted(names, key=lambda name: (-created[name], self.ids[name]))


def new_model(
    store: AbstractStore,
    experiment_id: str | None = None,
    *,
    params: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    **options: Any,
) -> LoggedModel:
    """A pending model; in an experiment of its own unless told otherwise."""
    return store.create_logged_model(
        experiment_id or scenarios.new_experiment(store),
        params=[LoggedModelParameter(key, value) for key, value in (params or {}).items()],
        tags=[LoggedModelTag(key, value) for key, value in (tags or {}).items()],
        **options,
    )


def named_models(store: AbstractStore, wanted: Mapping[str, Mapping[str, Any]]) -> NamedModels:
    """One model per name, made with the options of ``new_model``."""
    experiment_id = scenarios.new_experiment(store)
    ids = {
        name: new_model(store, experiment_id, name=name, **options).model_id
        for name, options in wanted.items()
    }
    return NamedModels(store, experiment_id, ids)


def log_to_model(store: AbstractStore, model_id: str, run_id: str, **point: Any) -> None:
    """One point of a run's metric that is the model's as well."""
    store.log_metric(run_id, scenarios.metric(model_id=model_id, **point))
