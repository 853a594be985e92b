"""Which traces have a span that matches a test: the spans say, and not what the trace tells."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from mlflow_docstore.adapters.document.codecs import spans as codec
from mlflow_docstore.adapters.document.codecs import traces as trace_codec
from mlflow_docstore.adapters.document.documents import Judgement
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.queries.fields import one_of
from mlflow_docstore.adapters.document.queries.spans import FIELDS, content_filter, span_filter
from mlflow_docstore.adapters.document.rules.predicates import PredicateCompiler
from mlflow_docstore.adapters.document.texts.large import LargeTexts
from mlflow_docstore.adapters.document.texts.parts import PARTS, is_reference
from mlflow_docstore.core.query import And, Exists, Filter, Or, Order, path
from mlflow_docstore.ports.trace_queries import SpanTest

from .patterns import matcher
from .stored import StoredTraces

_MOVED = f"{codec.CONTENT}.{PARTS}"
_KIND = (codec.NAME, codec.TYPE, codec.STATUS)
# Which an index has: a database that is told no order might walk all of its spans instead.
_BY_TRACE = (Order(path(codec.TRACE)),)
_READ_AT_ONCE = 8
"""Large contents, of which each may have many megabytes."""


class SpanMatches:
    """Looks at the spans of traces.

    Contents are compared by the database, but for those that were moved out of their documents and
    for regular expressions: these are read as they arrive, the moved ones a few at a time.

    Args:
        traces: The documents.
        texts: Where large contents are.
    """

    def __init__(self, traces: StoredTraces, texts: LargeTexts) -> None:
        self._traces = traces
        self._texts = texts

    def judgement(self, test: SpanTest) -> Judgement:
        """Those traces that have a span which matches all of a test."""

        def having(traces: list[Document]) -> list[Document]:
            eras = {trace["_id"]: trace[trace_codec.ERA] for trace in traces}
            found: set[str] = set()
            for ids in self._traces.batches(eras):
                found |= self._having({key: eras[key] for key in ids}, test)
            return [trace for trace in traces if trace["_id"] in found]

        return having

    def _having(self, eras: Mapping[str, str], test: SpanTest) -> set[str]:
        where: list[Filter] = [
            one_of(codec.TRACE, tuple(eras)),
            one_of(codec.ERA, tuple(eras.values())),
            *span_filter(test),
        ]
        if test.patterns or content_filter(test):
            return self._read(eras, where, test)
        pairs = self._traces.spans.distinct(where, (codec.TRACE, codec.ERA), limit=len(eras))
        return {str(trace_id) for trace_id, era in pairs if eras[str(trace_id)] == era}

    def _read(self, eras: Mapping[str, str], where: list[Filter], test: SpanTest) -> set[str]:
        texts = content_filter(test)
        if texts:
            where = [*where, Or((And(texts), Exists(path(_MOVED))))]
        is_read = any(pattern.field.name == codec.CONTENT for pattern in test.patterns)
        content = (codec.CONTENT,) if is_read else (_MOVED,) if texts else ()
        matches = matcher([(FIELDS[one.field.name], one.regex) for one in test.patterns])
        found: set[str] = set()
        moved: list[Document] = []
        for span in self._traces.spans.scan(
            where, order=_BY_TRACE, fields=(codec.TRACE, codec.ERA, *_KIND, *content)
        ):
            if span[codec.TRACE] in found or span[codec.ERA] != eras[span[codec.TRACE]]:
                continue
            if is_reference(span.get(codec.CONTENT)):
                moved.append(span)
            elif matches(span):
                found.add(span[codec.TRACE])
                if len(found) == len(eras):
                    break
        return found | self._with_large(moved, found, test)

    def _with_large(
        self, spans: Sequence[Document], found: Collection[str], test: SpanTest
    ) -> set[str]:
        """Traces beside those found of which a large content matches."""
        terms = PredicateCompiler(_READ_AT_ONCE)
        contains = terms.compile(And(content_filter(test)))
        matches = matcher([(FIELDS[one.field.name], one.regex) for one in test.patterns])
        more: set[str] = set()
        waiting = [span for span in spans if span[codec.TRACE] not in found]
        for at in range(0, len(waiting), _READ_AT_ONCE):
            some = waiting[at : at + _READ_AT_ONCE]
            ids = tuple(span["_id"] for span in some if span[codec.TRACE] not in more)
            if not ids:
                continue
            load = partial(
                self._traces.spans.find,
                [one_of("_id", ids)],
                fields=(codec.TRACE, *_KIND, codec.CONTENT),
            )
            more |= {
                span[codec.TRACE]
                for span in self._texts.read(load, list)
                if contains(span) and matches(span)
            }
        return more
