"""Traces as they are stored: read, made, changed under their revision, and forgotten."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from mlflow_docstore.adapters.document.codecs import spans as span_codec
from mlflow_docstore.adapters.document.codecs import traces as codec
from mlflow_docstore.adapters.document.codecs.assessments import ASKED, ASSESSMENTS, TRACE
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Inserts, Outcome, Patch
from mlflow_docstore.adapters.document.keys import batches
from mlflow_docstore.adapters.document.layout import ASSESSMENTS as CLAIMS
from mlflow_docstore.adapters.document.layout import SPANS, TRACES
from mlflow_docstore.adapters.document.queries.fields import one_of
from mlflow_docstore.adapters.document.texts.large import LargeTexts, now
from mlflow_docstore.adapters.document.texts.parts import root_of
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.query import Compare, Exists, Filter, In, Operator, Or, equals, path

KIND = "trace"
_PURGE_BATCH = 500
IS_ACTIVE = equals(codec.LIFECYCLE, codec.ACTIVE)
_IS_ABSENT = equals(codec.LIFECYCLE, codec.ABSENT)
_UNLINKED = (
    Exists(path(codec.RUNS), negated=True),
    Exists(path(codec.PROMPTS), negated=True),
)

T = TypeVar("T")


def new_era() -> str:
    """What tells the spans of a trace from those of another that had its id before."""
    return secrets.token_hex(8)


def text_root(trace: Mapping[str, object]) -> str:
    """With whom the large texts of a trace's spans are purged."""
    return f"{TRACES}/{trace['_id']}/{trace[codec.ERA]}"


def texts_of(trace_id: str) -> str:
    """With whom the large texts of a trace's assessments are purged."""
    return root_of(TRACES, trace_id)


class StoredTraces:
    """The documents of traces, and what goes with them.

    Args:
        driver: The database.
        texts: Where large contents of spans and texts of assessments are.
        clock: The time in milliseconds.
    """

    def __init__(self, driver: Driver, texts: LargeTexts, clock: Callable[[], int] = now) -> None:
        self.documents = Documents(driver, TRACES)
        self.spans = Documents(driver, SPANS)
        self._claims = Documents(driver, CLAIMS)
        self._texts = texts
        self._clock = clock
        self.together = driver.capabilities.supports(Feature.PATCH_INSERT)
        self.in_terms = driver.capabilities.limits.in_terms

    def find(self, trace_id: str) -> Document | None:
        """A trace, or None."""
        document = self.documents.get(trace_id)
        if document and document[codec.LIFECYCLE] != codec.ACTIVE and not self.documents.is_current:
            document = self.documents.current(trace_id)
        return document if document and document[codec.LIFECYCLE] == codec.ACTIVE else None

    def get(self, trace_id: str) -> Document:
        """A trace.

        Raises:
            NotFound: ``kind="trace"``.
        """
        document = self.find(trace_id)
        if document is None:
            raise NotFound(KIND, trace_id)
        return document

    def get_many(
        self, trace_ids: Iterable[str], where: Sequence[Filter] = ()
    ) -> dict[str, Document]:
        """Those traces that are there and match, by id, in no particular order."""
        return {
            found["_id"]: found
            for ids in self.batches(trace_ids)
            for found in self.documents.find([In(path("_id"), ids), IS_ACTIVE, *where])
        }

    def get_whole(
        self, trace_ids: Sequence[str], where: Sequence[Filter] = ()
    ) -> dict[str, Document]:
        """``get_many``, with the large texts of assessments in place."""
        return self.whole(lambda: self.get_many(trace_ids, where), dict[str, Document].values)

    def whole(self, load: Callable[[], T], traces: Callable[[T], Iterable[Document]]) -> T:
        """What ``load`` reads, with the large texts of assessments in place.

        One command more if there are any, and what ``load`` does again if they changed meanwhile.

        Args:
            load: Reads.
            traces: Which documents of traces, of those that it returns, are to be read.
        """

        def elements(loaded: T) -> Iterable[Document]:
            return (element for trace in traces(loaded) for element in trace[ASSESSMENTS])

        return self._texts.read(load, elements)

    def insert(self, traces: Sequence[Document], beside: Inserts | None = None) -> frozenset[str]:
        """Store new traces, under links that wait for them; the ids of those that are there."""
        taken = self.documents.insert_many(traces, beside=beside)
        return frozenset(
            trace["_id"] for trace in traces if trace["_id"] in taken and not self._revive(trace)
        )

    def change(
        self,
        trace: Document,
        patch: Patch,
        *,
        when: Sequence[Filter] = (),
        returning: bool = False,
        beside: Inserts | None = None,
    ) -> Outcome:
        """Patch a trace, unless its revision is no longer that which was read.

        The patch has to set the next one. ``when`` is what else must hold.
        """
        unchanged = equals(codec.REVISION, trace[codec.REVISION])
        mine = equals(codec.ERA, trace[codec.ERA])
        return self.documents.patch(
            trace["_id"],
            patch,
            when=(IS_ACTIVE, unchanged, mine, *when),
            returning=returning,
            beside=beside,
        )

    def move_spans(self, trace: Document, time: int, experiment_id: str) -> None:
        """Have the spans of a trace tell its time and experiment."""
        where = Or(
            (
                Compare(path(span_codec.TIME), Operator.NE, time),
                Compare(path(span_codec.EXPERIMENT), Operator.NE, experiment_id),
            )
        )
        moved = {span_codec.TIME: time, span_codec.EXPERIMENT: experiment_id}
        self.spans.patch_many([*spans_of(trace), where], Patch(set=moved))

    def remove(self, traces: Sequence[Document]) -> None:
        """Forget traces, but for their links: they are gone at once, then all that was theirs.

        Args:
            traces: Each with its id and its era at least.
        """
        eras, begun = {trace["_id"]: trace[codec.ERA] for trace in traces}, self._clock()
        for ids in self.batches(eras):
            of_these = In(path(codec.ERA), tuple(eras[key] for key in ids))
            these: list[Filter] = [In(path("_id"), ids), of_these, IS_ACTIVE]
            self.documents.delete_many([*these, *_UNLINKED])
            self.documents.patch_many(
                these, Patch(set={codec.LIFECYCLE: codec.ABSENT}, unset=codec.CONTENT)
            )
        self.forget(traces, begun)

    def purge(self, experiment_id: str) -> None:
        """Forget all traces of an experiment, so many at a time."""
        mine = [equals(codec.EXPERIMENT, experiment_id), IS_ACTIVE]
        while found := self.documents.find(mine, fields=(codec.ERA,), limit=_PURGE_BATCH):
            self.remove(found)

    def forget(self, traces: Sequence[Document], until: int) -> None:
        """Remove what belonged to traces that are gone.

        Args:
            traces: Each with its id and its era at least.
            until: When they went, in milliseconds: others may have their ids since.
        """
        self.forget_spans(traces)
        asked = Compare(path(ASKED), Operator.LE, until)
        keys = [trace["_id"] for trace in traces]
        for ids in self.batches(keys):
            self._claims.delete_many([In(path(TRACE), ids), asked])
        for roots in self.batches([*map(text_root, traces), *map(texts_of, keys)]):
            self._texts.purge(roots, until=until)

    def forget_spans(self, traces: Sequence[Document]) -> None:
        """Remove the spans of traces that are gone, whoever has their ids now."""
        eras = {trace["_id"]: trace[codec.ERA] for trace in traces}
        for ids in self.batches(eras):
            these = In(path(span_codec.TRACE), ids)
            theirs = In(path(span_codec.ERA), tuple(eras[key] for key in ids))
            self.spans.delete_many([these, theirs])

    def empty(self, trace: Document) -> None:
        """Take the contents of the spans of an archived trace; what they are stays. Repeatable."""
        self.spans.patch_many(spans_of(trace), Patch(set={span_codec.CONTENT: ""}))
        self._texts.purge([text_root(trace)])
        still = (equals(codec.ERA, trace[codec.ERA]), equals(codec.EMPTIED, value=False))
        self.documents.patch(trace["_id"], Patch(set={codec.EMPTIED: True}), when=still)

    def sweep(self) -> None:
        """End what was interrupted while spans lost their contents to an archive."""
        half = [IS_ACTIVE, equals(codec.EMPTIED, value=False)]
        for trace in list(self.documents.scan(half, fields=(codec.ERA,))):
            self.empty(trace)

    def batches(self, keys: Iterable[str]) -> list[tuple[str, ...]]:
        """Distinct keys, so many at a time as a membership test may name."""
        return batches(keys, self.in_terms)

    def _revive(self, trace: Document) -> bool:
        """Have a trace where only its links are; whether they were."""
        stored = self.documents.get(trace["_id"])
        # It is mostly there: a read that says so costs less than a write that does nothing.
        if stored is None or stored[codec.LIFECYCLE] != codec.ABSENT:
            return False
        content = {name: value for name, value in trace.items() if name != "_id"}
        return self.documents.patch(trace["_id"], Patch(set=content), when=(_IS_ABSENT,)).matched


def within(experiment_ids: Sequence[str] | None) -> tuple[Filter, ...]:
    """What traces of these experiments match, or of all."""
    return () if experiment_ids is None else (one_of(codec.EXPERIMENT, tuple(experiment_ids)),)


def last_mentions(keys: Sequence[str]) -> list[str]:
    """Each key once, where it is mentioned last."""
    return list(dict.fromkeys(reversed(keys)))[::-1]


def spans_of(trace: Mapping[str, object]) -> tuple[Filter, Filter]:
    """What the spans of a trace match."""
    return (
        equals(span_codec.TRACE, str(trace["_id"])),
        equals(span_codec.ERA, str(trace[codec.ERA])),
    )
