"""Logged models: one document each, and their points beside them."""

from collections.abc import Mapping, Sequence

from mlflow.entities import LoggedModel, LoggedModelStatus, Metric

from mlflow_docstore.adapters.document.codecs import logged_models as codec
from mlflow_docstore.adapters.document.codecs.logged_models import (
    decode_model,
    encode_model,
    encode_status,
)
from mlflow_docstore.adapters.document.codecs.tags import decode_map
from mlflow_docstore.adapters.document.documents import Documents, Sieve
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.histories.doubts import doubts, is_met, is_open
from mlflow_docstore.adapters.document.histories.model_points import KIND, ModelPoints
from mlflow_docstore.adapters.document.keys import escape
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
from mlflow_docstore.core.query import Compare, Exists, Filter, In, Leaf, Operator, equals, path
from mlflow_docstore.ports.logged_models import LoggedModelQuery, LoggedModelRepository

_DELETED = "deleted"


class DocumentLoggedModels(LoggedModelRepository):
    """See the port.

    Args:
        driver: The database.
        points: What runs measured of models.
    """

    def __init__(self, driver: Driver, points: ModelPoints) -> None:
        self._models = Documents(driver, LOGGED_MODELS)
        self._points = points

    def create(self, model: LoggedModel) -> None:
        # The id is the caller's own choice: one that is taken was taken by a lost attempt of this.
        self._models.insert(encode_model(model))

    def get(self, model_id: str, *, include_deleted: bool = False) -> LoggedModel:
        document = self._document(model_id)
        if document[codec.LIFECYCLE] == _DELETED and not include_deleted:
            raise NotFound(KIND, model_id)
        return self._with_points(document)

    def search(self, query: LoggedModelQuery, page: PageRequest) -> Page[LoggedModel]:
        if not query.experiment_ids:
            return Page()
        where, order = model_filter(query, self._settled(query)), model_order(query)
        found = self._models.page(where, order, page, dict, sieve=Sieve(latest_points_match(query)))
        points = self._points.of(found.items)
        models = [decode_model(one, points.get(one["_id"], ())) for one in found.items]
        return Page(models, found.token)

    def finalize(self, model_id: str, status: LoggedModelStatus, *, at: int) -> LoggedModel:
        patch = Patch(set={**encode_status(status), codec.UPDATED: at})
        outcome = self._models.patch(model_id, patch, returning=True)
        if outcome.document is None:
            raise NotFound(KIND, model_id)
        return self._with_points(outcome.document)

    def set_tags(self, model_id: str, tags: Mapping[str, str]) -> None:
        self._set(model_id, {path_of(codec.TAGS, key): value for key, value in tags.items()})

    def delete_tag(self, model_id: str, key: str) -> None:
        name = path_of(codec.TAGS, key)
        for _ in rounds(KIND, model_id):
            outcome = self._models.patch(model_id, Patch(unset=(name,)), when=(Exists(path(name)),))
            if outcome.matched:
                return
            if escape(key) not in self._document(model_id)[codec.TAGS]:
                if outcome.uncertain:
                    return
                raise NotFound("logged_model_tag", key, model_id=model_id)

    def add_params(self, model_id: str, params: Sequence[tuple[str, str]]) -> None:
        added = dict(params)
        names = {path_of(codec.PARAMS, key): value for key, value in params}
        absent = tuple(Exists(path(name), negated=True) for name in names)
        for _ in rounds(KIND, model_id):
            stored = decode_map(self._document(model_id)[codec.PARAMS])
            taken = [key for key, _ in params if key in stored]
            if taken or len(added) < len(params):
                raise AlreadyExists("logged_model_param", taken or None, model_id=model_id)
            outcome = self._models.patch(model_id, Patch(set=names), when=absent)
            if outcome.matched:
                return
            stored = decode_map(self._document(model_id)[codec.PARAMS])
            if outcome.uncertain and all(stored.get(key) == added[key] for key in added):
                return

    def add_metrics(self, run_id: str, metrics: Sequence[Metric]) -> None:
        self._points.add(run_id, metrics)

    def compact(self) -> int:
        return self._points.compact()

    def delete(self, model_id: str, *, at: int) -> None:
        self._set(model_id, {codec.LIFECYCLE: _DELETED, codec.UPDATED: at})

    def purge(self, model_id: str) -> None:
        # The model first, as no reader may see it without its points; who repeats this because it
        # was interrupted has the points removed as well.
        model = self._models.get(model_id)
        if model is not None:
            self._models.delete(model_id)
        self._points.purge([model_id])
        if model is None:
            raise NotFound(KIND, model_id)

    def deleted_until(self, time: int) -> list[str]:
        old = Compare(path(codec.UPDATED), Operator.LE, time)
        found = self._models.find([equals(codec.LIFECYCLE, _DELETED), old], fields=())
        return [document["_id"] for document in found]

    def _with_points(self, document: Document) -> LoggedModel:
        return decode_model(document, self._points.of([document]).get(document["_id"], ()))

    def _settled(self, query: LoggedModelQuery) -> dict[Leaf, Filter]:
        """For conditions that the telling points leave open: the models that meet them."""
        settled: dict[Leaf, Filter] = {}
        found = doubts(query)
        open_ones: dict[Leaf, Filter] = {doubt: is_open(doubt, query) for doubt in found}
        for doubt in found:
            where = (*model_filter(query, open_ones), open_ones[doubt])
            ids = [document["_id"] for document in self._models.find(where, fields=())]
            test = is_met(doubt, query)
            settled[doubt] = In(
                path("_id"), tuple(self._points.having(ids, doubt.field.name, test))
            )
        return settled

    def _document(self, model_id: str) -> Document:
        document = self._models.get(model_id)
        if document is None:
            raise NotFound(KIND, model_id)
        return document

    def _set(self, model_id: str, changes: dict[str, object]) -> None:
        if not changes:
            self._document(model_id)
        elif not self._models.patch(model_id, Patch(set=changes)).matched:
            raise NotFound(KIND, model_id)
