"""Runs: one document each."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

from mlflow.entities import Metric, Run, RunInfo

from mlflow_docstore.adapters.document.codecs import runs as codec
from mlflow_docstore.adapters.document.codecs.runs import (
    decode_found_run,
    decode_info,
    decode_run,
    encode_latest_of,
    encode_run,
    latest_path,
    linked_datasets,
)
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.histories.chunks import Chunks
from mlflow_docstore.adapters.document.histories.encoding import encode_chunks
from mlflow_docstore.adapters.document.histories.model_points import ModelPoints
from mlflow_docstore.adapters.document.keys import escape
from mlflow_docstore.adapters.document.keys import path as path_of
from mlflow_docstore.adapters.document.layout import RUNS
from mlflow_docstore.adapters.document.queries.hot import aids
from mlflow_docstore.adapters.document.queries.runs import run_filter, run_order
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.adapters.document.texts.large import LargeTexts
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.errors import Conflict, InvalidState, NotFound, Unavailable
from mlflow_docstore.core.metrics import Point, sanitize
from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import (
    Compare,
    Exists,
    Filter,
    MissingOr,
    Operator,
    equals,
    path,
)
from mlflow_docstore.core.runs import FINAL_STATUSES, RUN_NAME_TAG
from mlflow_docstore.ports.runs import RunBatch, RunQuery, RunRepository

_LOG = logging.getLogger(__name__)

_ACTIVE = "active"
_DELETED = "deleted"
IS_ACTIVE = equals(codec.LIFECYCLE, _ACTIVE)


class DocumentRuns(RunRepository):
    """See the port.

    Args:
        driver: The database.
        chunks: The histories of metrics.
        points: What runs measured of logged models.
        texts: Where large contents of linked datasets are.
    """

    def __init__(
        self, driver: Driver, chunks: Chunks, points: ModelPoints, texts: LargeTexts
    ) -> None:
        self._texts = texts
        self._runs = Documents(driver, RUNS)
        self._chunks = chunks
        self._points = points
        self._together = driver.capabilities.supports(Feature.PATCH_INSERT)
        self._value_first = driver.capabilities.supports(Feature.LAST_SORT)

    def create(self, run: Run) -> None:
        # The id is the caller's own choice: one that is taken was taken by a lost attempt of this.
        self._runs.insert(encode_run(run))

    def get(self, run_id: str) -> Run:
        return decode_run(self._texts.read(lambda: self._document(run_id), linked_datasets))

    def search(self, query: RunQuery, page: PageRequest) -> Page[Run]:
        if not query.experiment_ids:
            return Page()
        where = run_filter(query)
        order = run_order(query, value_first=self._value_first)

        def load() -> Page[Document]:
            return self._runs.page(where, order, page, dict, aids=aids(query))

        found = self._texts.read(load, _all_linked)
        return Page([decode_found_run(document) for document in found.items], found.token)

    def log(self, run_id: str, batch: RunBatch) -> None:
        points = _points(batch.metrics)
        # Before the first write: what cannot be encoded must not be half written.
        chunks = encode_chunks(run_id, points)
        params = {path_of(codec.PARAMS, key): value for key, value in batch.params.items()}
        unwritten = [MissingOr(path(name), value) for name, value in params.items()]
        changes: dict[str, object] = dict(params)
        changes |= {path_of(codec.TAGS, key): value for key, value in batch.tags.items()}
        if batch.name is not None:
            changes |= _named(batch.name)
        if points:
            changes[codec.CHUNKED] = True
        patch = Patch(
            set=changes,
            maximum={latest_path(key): encode_latest_of(these) for key, these in points.items()},
            add=_measured(batch.metrics),
        )
        beside = self._chunks.inserts(chunks) if self._together else None
        when: tuple[Filter, ...] = (IS_ACTIVE, *unwritten)
        for _ in rounds("run", run_id):
            if self._runs.patch(run_id, patch, when=when, beside=beside).matched:
                break
            self._check_params(self._active(run_id), batch)
        if not self._together:
            self._chunks.append(chunks)
        with _tidying(run_id):
            self._chunks.gather(run_id, chunks)

    def update_info(
        self,
        run_id: str,
        *,
        status: str | None = None,
        end_time: int | None = None,
        name: str | None = None,
    ) -> RunInfo:
        changes: dict[str, object] = {}
        if status is not None:
            changes[codec.STATUS] = status
        if end_time is not None:
            changes[codec.ENDED] = end_time
        if name is not None:
            changes |= _named(name)
        document = self._change(run_id, Patch(set=changes)) if changes else self._active(run_id)
        if status in FINAL_STATUSES and document.get(codec.CHUNKED):
            self._merge_chunks(document)
        return decode_info(document)

    def change_tag(self, run_id: str, key: str, change: Callable[[str | None], str]) -> None:
        name = path_of(codec.TAGS, key)
        for _ in rounds("run", run_id):
            before = self._active(run_id)[codec.TAGS].get(escape(key))
            after = change(before)
            same: Filter = (
                MissingOr(path(name), after)
                if before is None
                else Compare(path(name), Operator.EQ, before)
            )
            outcome = self._runs.patch(run_id, Patch(set={name: after}), when=(IS_ACTIVE, same))
            if outcome.matched:
                return
            if outcome.uncertain and self._active(run_id)[codec.TAGS].get(escape(key)) == after:
                return

    def delete_tag(self, run_id: str, key: str) -> None:
        name = path_of(codec.TAGS, key)
        for _ in rounds("run", run_id):
            outcome = self._runs.patch(
                run_id, Patch(unset=(name,)), when=(IS_ACTIVE, Exists(path(name)))
            )
            if outcome.matched:
                return
            if escape(key) not in self._active(run_id)[codec.TAGS]:
                if outcome.uncertain:
                    return
                raise NotFound("run_tag", key, run_id=run_id)

    def delete(self, run_id: str, *, at: int) -> None:
        self._set(run_id, {codec.LIFECYCLE: _DELETED, codec.DELETED: at})

    def restore(self, run_id: str) -> None:
        self._set(run_id, {codec.LIFECYCLE: _ACTIVE, codec.DELETED: None})

    def purge(self, run_id: str) -> None:
        for model_id in self._document(run_id)[codec.MEASURED]:
            self._points.drop(model_id, run_id)
        self._chunks.purge(run_id)
        self._runs.delete(run_id)

    def deleted_until(self, time: int) -> list[str]:
        old = Compare(path(codec.DELETED), Operator.LE, time)
        found = self._runs.find([equals(codec.LIFECYCLE, _DELETED), old], fields=())
        return [document["_id"] for document in found]

    def _document(self, run_id: str) -> Document:
        return _there(run_id, self._runs.get(run_id))

    def _active(self, run_id: str) -> Document:
        return self._runs.judged(run_id, lambda found: require_active(_there(run_id, found)))

    def _change(self, run_id: str, patch: Patch) -> Document:
        """Patch an active run and return it."""
        for _ in rounds("run", run_id):
            outcome = self._runs.patch(run_id, patch, when=(IS_ACTIVE,), returning=True)
            if outcome.document is not None:
                return outcome.document
            self._active(run_id)
        raise Conflict("run", run_id)

    def _set(self, run_id: str, changes: dict[str, object]) -> None:
        """Patch a run in whatever stage."""
        if not self._runs.patch(run_id, Patch(set=changes)).matched:
            raise NotFound("run", run_id)

    def _check_params(self, document: Document, batch: RunBatch) -> None:
        stored = document[codec.PARAMS]
        changed = [
            (key, stored[escape(key)], value)
            for key, value in batch.params.items()
            if stored.get(escape(key), value) != value
        ]
        if changed:
            raise Conflict("param", document["_id"], params=changed)

    def _merge_chunks(self, document: Document) -> None:
        run_id = document["_id"]
        with _tidying(run_id):
            self._chunks.merge(run_id)
            for model_id in document[codec.MEASURED]:
                self._points.merge(model_id, run_id)
            self._runs.patch(run_id, Patch(unset=(codec.CHUNKED,)))


def _there(run_id: str, document: Document | None) -> Document:
    if document is None:
        raise NotFound("run", run_id)
    return document


@contextmanager
def _tidying(run_id: str) -> Iterator[None]:
    """What was asked for is done whether or not this succeeds, and ``compact`` does it too."""
    try:
        yield
    except Unavailable as error:
        _LOG.warning("The metric chunks of run %s were not merged: %s", run_id, error)


def require_active(document: Document) -> Document:
    """The run, if it is active.

    Raises:
        InvalidState: ``kind="run"``; ``facts["stage"]`` is its stage.
    """
    if document[codec.LIFECYCLE] != _ACTIVE:
        raise InvalidState("run", document["_id"], stage=document[codec.LIFECYCLE])
    return document


def _all_linked(page: Page[Document]) -> Iterable[Document]:
    return chain.from_iterable(map(linked_datasets, page.items))


def _named(name: str) -> dict[str, str]:
    return {codec.NAME: name, path_of(codec.TAGS, RUN_NAME_TAG): name}


def _measured(metrics: Iterable[Metric]) -> dict[str, list[str]]:
    models = dict.fromkeys(metric.model_id for metric in metrics if metric.model_id is not None)
    return {codec.MEASURED: list(models)} if models else {}


def _points(metrics: Iterable[Metric]) -> dict[str, list[Point]]:
    points: defaultdict[str, list[Point]] = defaultdict(list)
    for metric in metrics:
        points[metric.key].append((metric.timestamp, metric.step, *sanitize(metric.value)))
    return points
