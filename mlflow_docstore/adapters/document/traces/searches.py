"""Traces by what they are, what they consist of, and what is thought of them."""

from mlflow.entities import TraceInfo

from mlflow_docstore.adapters.document.codecs import traces as codec
from mlflow_docstore.adapters.document.codecs.traces import decode_trace
from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import Order, path
from mlflow_docstore.ports.trace_queries import TraceQuery

from .stored import IS_ACTIVE, StoredTraces, within

_NEWEST_FIRST = (Order(path(codec.RECENT)),)


class TraceSearches:
    """The searches of traces.

    Args:
        traces: The documents.
    """

    def __init__(self, traces: StoredTraces) -> None:
        self._traces = traces.documents

    def page(self, query: TraceQuery, page: PageRequest) -> Page[TraceInfo]:
        """One page, as the port says."""
        where = (*within(query.experiment_ids), IS_ACTIVE)
        return self._traces.page(where, _NEWEST_FIRST, page, decode_trace)
