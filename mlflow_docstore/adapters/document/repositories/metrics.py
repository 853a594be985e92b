"""Histories of metrics, over their chunks."""

from collections.abc import Sequence

from mlflow.entities import Metric

from mlflow_docstore.adapters.document.codecs.metrics import decode_metrics
from mlflow_docstore.adapters.document.histories.chunks import Chunks
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.metrics import Columns, Point, by_step, sample
from mlflow_docstore.core.paging import Page, PageRequest, decode_token, encode_token
from mlflow_docstore.ports.metrics import MetricRepository

_SHAPE = "history"


class DocumentMetrics(MetricRepository):
    """See the port.

    Args:
        chunks: Where the points are.
    """

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks

    def history(self, run_id: str, key: str, page: PageRequest) -> Page[Metric]:
        last = _decode_position(page.token) if page.token else None
        if page.limit is None:
            columns = self._chunks.columns(run_id, key)
            if last is not None:
                columns = Columns.of([point for point in columns.points() if point > last])
            return Page(decode_metrics(key, columns))
        points = self._chunks.after(run_id, key, last, page.limit + 1)
        token = None
        if len(points) > page.limit:
            points.pop()
            token = encode_token(points[-1], shape=_SHAPE)
        return Page(decode_metrics(key, Columns.of(points)), token)

    def histories(self, run_ids: Sequence[str], key: str, *, limit: int) -> list[Metric]:
        if not run_ids:
            return []
        columns = self._chunks.histories(run_ids, key)
        metrics = [
            metric
            for run_id in sorted(columns)
            for metric in decode_metrics(key, columns[run_id], run_id=run_id)
        ]
        return metrics[:limit]

    def sample(
        self, run_id: str, key: str, *, limit: int, steps: tuple[int, int] | None = None
    ) -> list[Metric]:
        points = self._chunks.history(run_id, key)
        if steps is not None:
            first, last = steps
            points = [point for point in points if first <= point[1] <= last]
        return decode_metrics(key, Columns.of(sample(sorted(points, key=by_step), limit)))

    def at_steps(self, run_id: str, key: str, steps: Sequence[int], *, limit: int) -> list[Metric]:
        wanted = frozenset(steps)
        points = [point for point in self._chunks.history(run_id, key) if point[1] in wanted]
        return decode_metrics(key, Columns.of(sorted(points, key=by_step)[:limit]))

    def max_step(self, run_id: str, key: str) -> int | None:
        return max(self._chunks.columns(run_id, key).steps, default=None)

    def compact(self, run_id: str) -> int:
        return self._chunks.merge(run_id)


def _decode_position(token: str) -> Point:
    match decode_token(token, shape=_SHAPE).after:
        case (int(timestamp), int(step), int(value) | float(value), bool(is_nan)):
            return (timestamp, step, float(value), is_nan)
        case content:
            raise InvalidArgument("page_token", token, problem="content", content=content)
