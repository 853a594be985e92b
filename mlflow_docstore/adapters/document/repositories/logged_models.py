"""Logged models: one document each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from mlflow.entities import LoggedModel, LoggedModelStatus, Metric

from mlflow_docstore.adapters.document.codecs import logged_models as codec
from mlflow_docstore.adapters.document.codecs.logged_models import (
    decode_model,
    encode_model,
    encode_point,
    encode_status,
)
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.keys import path as path_of
from mlflow_docstore.adapters.document.layout import LOGGED_MODELS
from mlflow_docstore.adapters.document.queries.logged_models import (
    latest_points_match,
    model_filter,
    model_order,
)
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.core.errors import AlreadyExists, NotFound
from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import Compare, Exists, Operator, equals, path
from mlflow_docstore.ports.logged_models import LoggedModelQuery, LoggedModelRepository

_KIND = "logged_model"
_DELETED = "deleted"


class DocumentLoggedModels(LoggedModelRepository):
    """See the port.

    Args:
        driver: The database.
    """

    def __init__(self, driver: Driver) -> None:
        self._models = Documents(driver, LOGGED_MODELS)

    def create(self, model: LoggedModel) -> None:
        # The id is the caller's own choice: one that is taken was taken by a lost attempt of this.
        self._models.insert(encode_model(model))

    def get(self, model_id: str, *, include_deleted: bool = False) -> LoggedModel:
        document = self._document(model_id)
        if document[codec.LIFECYCLE] == _DELETED and not include_deleted:
            raise NotFound(_KIND, model_id)
        return decode_model(document)

    def search(self, query: LoggedModelQuery, page: PageRequest) -> Page[LoggedModel]:
        if not query.experiment_ids:
            return Page()
        keep = latest_points_match(query)
        return self._models.page(
            model_filter(query), model_order(query), page, decode_model, keep=keep
        )

    def finalize(self, model_id: str, status: LoggedModelStatus, *, at: int) -> LoggedModel:
        patch = Patch(set={**encode_status(status), codec.UPDATED: at})
        outcome = self._models.patch(model_id, patch, returning=True)
        if outcome.document is None:
            raise NotFound(_KIND, model_id)
        return decode_model(outcome.document)

    def set_tags(self, model_id: str, tags: Mapping[str, str]) -> None:
        self._set(model_id, {path_of(codec.TAGS, key): value for key, value in tags.items()})

    def delete_tag(self, model_id: str, key: str) -> None:
        name = path_of(codec.TAGS, key)
        for _ in rounds(_KIND, model_id):
            outcome = self._models.patch(model_id, Patch(unset=(name,)), when=(Exists(path(name)),))
            if outcome.matched:
                return
            if key not in decode_model(self._document(model_id)).tags:
                if outcome.uncertain:
                    return
                raise NotFound("logged_model_tag", key, model_id=model_id)

    def add_params(self, model_id: str, params: Sequence[tuple[str, str]]) -> None:
        added = dict(params)
        names = {path_of(codec.PARAMS, key): value for key, value in params}
        absent = tuple(Exists(path(name), negated=True) for name in names)
        for _ in rounds(_KIND, model_id):
            stored = decode_model(self._document(model_id)).params
            taken = [key for key, _ in params if key in stored]
            if taken or len(added) < len(params):
                raise AlreadyExists("logged_model_param", taken or None, model_id=model_id)
            outcome = self._models.patch(model_id, Patch(set=names), when=absent)
            if outcome.matched:
                return
            stored = decode_model(self._document(model_id)).params
            if outcome.uncertain and all(stored.get(key) == added[key] for key in added):
                return

    def add_metrics(self, run_id: str, metrics: Sequence[Metric]) -> None:
        points: defaultdict[str, list[Document]] = defaultdict(list)
        for metric in metrics:
            points[str(metric.model_id)].append(encode_point(run_id, metric))
        models = {model_id: self._document(model_id) for model_id in points}
        for model_id, document in models.items():
            _fresh(document, points[model_id])
        for model_id, document in models.items():
            self._add_points(document, points[model_id])

    def _add_points(self, document: Document, points: list[Document]) -> None:
        model_id = document["_id"]
        for _ in rounds(_KIND, model_id):
            fresh = _fresh(document, points)
            if not fresh:
                return
            patch = Patch(
                set={codec.REVISION: document[codec.REVISION] + 1}, push={codec.METRICS: fresh}
            )
            unchanged = equals(codec.REVISION, document[codec.REVISION])
            if self._models.patch(model_id, patch, when=(unchanged,)).matched:
                return
            document = self._document(model_id)

    def delete(self, model_id: str, *, at: int) -> None:
        self._set(model_id, {codec.LIFECYCLE: _DELETED, codec.UPDATED: at})

    def purge(self, model_id: str) -> None:
        self._document(model_id)
        self._models.delete(model_id)

    def deleted_until(self, time: int) -> list[str]:
        old = Compare(path(codec.UPDATED), Operator.LE, time)
        found = self._models.find([equals(codec.LIFECYCLE, _DELETED), old], fields=())
        return [document["_id"] for document in found]

    def _document(self, model_id: str) -> Document:
        document = self._models.get(model_id)
        if document is None:
            raise NotFound(_KIND, model_id)
        return document

    def _set(self, model_id: str, changes: dict[str, object]) -> None:
        if not changes:
            self._document(model_id)
        elif not self._models.patch(model_id, Patch(set=changes)).matched:
            raise NotFound(_KIND, model_id)


def drop_points(models: Documents, model_id: str, run_id: str) -> None:
    """Remove the points that a run measured of a model, as often as other writers come first."""
    while (document := models.get(model_id)) is not None:
        kept = [point for point in document[codec.METRICS] if point[codec.RUN] != run_id]
        revision = document[codec.REVISION]
        patch = Patch(set={codec.METRICS: kept, codec.REVISION: revision + 1})
        if models.patch(model_id, patch, when=(equals(codec.REVISION, revision),)).matched:
            return


def _fresh(document: Document, points: Sequence[Document]) -> list[Document]:
    """Points that a model does not have yet.

    Raises:
        AlreadyExists: ``kind="logged_model_metric"``; another value is stored at the same place.
    """
    known = {point[codec.POINT]: point for point in document[codec.METRICS]}
    fresh = []
    for point in points:
        present = known.setdefault(point[codec.POINT], point)
        if present is point:
            fresh.append(point)
        elif present != point:
            raise AlreadyExists("logged_model_metric", point[codec.KEY], model_id=document["_id"])
    return fresh
