"""Points of logged models: chunks of them, and what models keep of them for searches.

Chunks come first, then the model, under the revision that it was seen in. A writer who dies between
leaves a point that is read, and that searches find as soon as it is logged again. What was logged
at the same places meanwhile is noticed by the model's revision.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlflow.entities import Metric

from mlflow_docstore.adapters.document.codecs.logged_models import (
    APART,
    KEY,
    METRICS,
    POINT,
    REVISION,
    RUN,
    STEP,
    TIMESTAMP,
    decode_point,
    encode_point,
    telling_points,
)
from mlflow_docstore.adapters.document.codecs.metrics import FIRST, LEVEL, SEVERAL, fields_of
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.layout import LOGGED_MODELS, MODEL_METRICS
from mlflow_docstore.adapters.document.queries.fields import one_of
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.core.errors import AlreadyExists, NotFound
from mlflow_docstore.core.query import Compare, Filter, In, Operator, Order, equals, path

from .merging import Shelf, batched, merge
from .model_chunks import (
    LABELS,
    MODEL,
    SINCE,
    UNTIL,
    as_merged,
    decode_model_chunks,
    encode_model_chunks,
    points_in,
    range_of,
)

KIND = "logged_model"

_BY_LEVEL = (Order(path(LEVEL)), Order(path(FIRST)), Order(path("_id")))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to add to a model, as it was seen.

    Args:
        model: Its document.
        points: All that is to be there.
        fresh: Those that are not.
    """

    model: Document
    points: Sequence[Document]
    fresh: Sequence[Document]


class ModelPoints:
    """The points of all logged models.

    Args:
        driver: The database.
    """

    def __init__(self, driver: Driver) -> None:
        self._models = Documents(driver, LOGGED_MODELS)
        self._chunks = Documents(driver, MODEL_METRICS)

    def of(self, models: Sequence[Document]) -> Mapping[str, list[Metric]]:
        """The points of each model, by its id. One command, or none if none has any."""
        found = {
            model["_id"]: [decode_point(point, model["_id"]) for point in model[METRICS]]
            for model in models
            if APART not in model
        }
        for ids in batched([one["_id"] for one in models if APART in one and one[METRICS]]):
            chunks: dict[str, list[Document]] = {}
            for chunk in self._chunks.find([one_of(MODEL, ids)], order=_BY_LEVEL):
                chunks.setdefault(chunk[MODEL], []).append(chunk)
            found |= {each: decode_model_chunks(each, these) for each, these in chunks.items()}
        return found

    def add(self, run_id: str, metrics: Sequence[Metric]) -> None:
        """See ``LoggedModelRepository.add_metrics``."""
        points: dict[str, dict[str, Document]] = {}
        for metric in metrics:
            point = encode_point(run_id, metric)
            mine = points.setdefault(str(metric.model_id), {})
            if mine.setdefault(point[POINT], point) != point:
                raise _taken(str(metric.model_id), point)
        # A single point is a chunk that meets its like when it is stored: nobody has to look.
        alone = len(metrics) == 1
        plans = [
            self._plan(model_id, list(these.values()), look=not alone)
            for model_id, these in points.items()
        ]
        for plan in plans:
            self._store(plan)

    def drop(self, model_id: str, run_id: str) -> None:
        """Remove the points that a run measured of a model."""
        model = self._models.get(model_id)
        if model is not None:
            self._move_apart(model)
        self._chunks.delete_many([equals(MODEL, model_id), equals(RUN, run_id)])
        for _ in rounds(KIND, model_id):
            model = self._models.get(model_id)
            if model is None or all(point[RUN] != run_id for point in model[METRICS]):
                return
            left = self._chunks.find([equals(MODEL, model_id)], order=_BY_LEVEL)
            if self._tell(model, telling_points(points_in(left))):
                return

    def purge(self, model_ids: Sequence[str]) -> None:
        """Remove all points of models that are about to go."""
        for ids in batched(model_ids):
            self._chunks.delete_many([one_of(MODEL, ids)])

    def merge(self, model_id: str, run_id: str | None = None) -> int:
        """Merge a model's chunks where there are many, or those of one run; how many were."""
        of_run = () if run_id is None else (equals(RUN, run_id),)
        return merge(
            Shelf(
                self._chunks,
                (equals(MODEL, model_id), *of_run),
                LABELS,
                as_merged,
                # Who looked for points before they moved must look again.
                before_deletion=lambda: self._revise(model_id),
            )
        )

    def compact(self) -> int:
        """Move all points out of models, and merge chunks where there are many; how many were."""
        merged = 0
        for listed in self._models.find([], fields=(APART,)):
            model = None if APART in listed else self._models.get(listed["_id"])
            if model is not None:
                self._move_apart(model)
            merged += self.merge(listed["_id"])
        return merged

    def having(
        self, model_ids: Sequence[str], key: str, matches: Callable[[Document], bool]
    ) -> list[str]:
        """Of some models those that have a matching point of a metric."""
        found: dict[str, None] = {}
        fields = (*fields_of(key), MODEL, *LABELS)
        for ids in batched(model_ids):
            where = [one_of(MODEL, ids), In(path(KEY), (key, SEVERAL))]
            for chunk in self._chunks.scan(where, fields=fields):
                if any(map(matches, points_in([chunk], key=key))):
                    found[chunk[MODEL]] = None
        return list(found)

    def _plan(
        self,
        model_id: str,
        points: Sequence[Document],
        *,
        look: bool = True,
        besides: Collection[str] = (),
    ) -> _Plan:
        model = self._models.get(model_id)
        if model is not None:
            model = self._move_apart(model)
        if model is None:
            raise NotFound(KIND, model_id)
        near = [one for one in self._near(model_id, points, look=look) if one["_id"] not in besides]
        places = {(point[KEY], point[TIMESTAMP], point[STEP]) for point in points}
        known = {point[POINT]: point for point in points_in(near, at=places)}
        for point in points:
            if known.get(point[POINT], point) != point:
                raise _taken(model_id, point)
        return _Plan(model, points, [point for point in points if point[POINT] not in known])

    def _near(self, model_id: str, points: Sequence[Document], *, look: bool) -> Iterator[Document]:
        """Chunks that may have points at the same places."""
        mine = equals(MODEL, model_id)
        if look:
            for ids in batched([f"{model_id}-{point[POINT]}" for point in points]):
                yield from self._chunks.find([In(path("_id"), ids), mine])
        since, until = range_of(points)
        keys = sorted({point[KEY] for point in points})
        where: list[Filter] = [
            mine,
            equals(RUN, points[0][RUN]),
            Compare(path(UNTIL), Operator.GE, since),
            Compare(path(SINCE), Operator.LE, until),
            In(path(KEY), (*keys, SEVERAL)),
        ]
        fields = (*fields_of(keys[0]), *LABELS) if len(keys) == 1 else None
        yield from self._chunks.find(where, fields=fields)

    def _store(self, plan: _Plan) -> None:
        model_id, points = plan.model["_id"], plan.points
        written: set[str] = set()
        try:
            for _ in rounds(KIND, model_id):
                chunks = encode_model_chunks(model_id, plan.fresh)
                new = [chunk for chunk in chunks if chunk["_id"] not in written]
                taken = self._chunks.insert_many(new) if new else frozenset()
                written.update(chunk["_id"] for chunk in new if chunk["_id"] not in taken)
                told = telling_points([*plan.model[METRICS], *points])
                # Where another was first at these places, it is seen by the next plan.
                if not taken and (not written and _same(told, plan.model[METRICS])):
                    return
                if not taken and self._tell(plan.model, told):
                    return
                plan = self._plan(model_id, points, besides=written)
        except (AlreadyExists, NotFound):
            for ids in batched(sorted(written)):
                self._chunks.delete_many([In(path("_id"), ids), equals(MODEL, model_id)])
            raise

    def _move_apart(self, model: Document) -> Document | None:
        """Move points that an older release kept in a model to chunks; the model after that."""
        for _ in rounds(KIND, model["_id"]):
            if APART in model:
                return model
            self._chunks.insert_many(encode_model_chunks(model["_id"], model[METRICS]))
            self._tell(model, telling_points(model[METRICS]))
            found = self._models.get(model["_id"])
            if found is None:
                return None
            model = found
        return model

    def _tell(self, model: Document, told: Sequence[Document]) -> bool:
        """Have a model keep points for searches, if it still is as it was seen; whether it was."""
        revision = model[REVISION]
        patch = Patch(set={METRICS: told, APART: True, REVISION: revision + 1})
        unchanged = equals(REVISION, revision)
        return self._models.patch(model["_id"], patch, when=(unchanged,)).matched

    def _revise(self, model_id: str) -> None:
        """Have those who saw a model look again."""
        for _ in rounds(KIND, model_id):
            model = self._models.get(model_id)
            if model is None or self._tell(model, model[METRICS]):
                return


def _same(one: Sequence[Document], other: Sequence[Document]) -> bool:
    return {point[POINT] for point in one} == {point[POINT] for point in other}


def _taken(model_id: str, point: Document) -> AlreadyExists:
    return AlreadyExists("logged_model_metric", point[KEY], model_id=model_id)
