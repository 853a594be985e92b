"""Upkeep of a database as a whole, for the command line."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from mlflow.entities import LifecycleStage, ViewType

from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import Field, FieldKind, In
from mlflow_docstore.core.runs import FINAL_STATUSES
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.experiments import ExperimentQuery
from mlflow_docstore.ports.runs import RunQuery

PAGE = 1000

_STAGES = tuple(LifecycleStage.view_type_to_stages(ViewType.ALL))
_ENDED = In(Field(FieldKind.ATTRIBUTE, "status"), tuple(sorted(FINAL_STATUSES)))


class Upkeep(NamedTuple):
    """What was done.

    Args:
        runs: How many runs have ended.
        chunks: How many chunks of metrics were merged.
        parts: How many parts of large texts went.
    """

    runs: int
    chunks: int
    parts: int


def compact(backend: Backend) -> Upkeep:
    """Merge the metric chunks of ended runs and of logged models; sweep parts of texts.

    What space that leaves free is given back.
    """
    runs, chunks = 0, backend.logged_models.compact()
    for experiment in all_pages(backend.experiments.search, ExperimentQuery(_STAGES)):
        query = RunQuery((experiment.experiment_id,), _STAGES, _ENDED)
        for run in all_pages(backend.runs.search, query):
            runs += 1
            chunks += backend.metrics.compact(run.info.run_id)
    parts = backend.sweep()
    backend.reclaim()
    return Upkeep(runs, chunks, parts)


def all_pages(search: Callable[[Any, PageRequest], Page[Any]], query: object) -> Iterator[Any]:
    page = search(query, PageRequest(PAGE))
    yield from page.items
    while page.token is not None:
        page = search(query, PageRequest(PAGE, page.token))
        yield from page.items
