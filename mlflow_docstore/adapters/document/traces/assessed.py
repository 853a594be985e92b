"""The assessments in a trace: elements as they are stored, and how they are rewritten."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mlflow.entities import Assessment

from mlflow_docstore.adapters.document.codecs.assessments import (
    ASSESSMENTS,
    HELD,
    ID,
    LONGEST_BEGINNING,
    MARK,
    NOTES,
    TEXTS,
    VALUE,
    WHOLE_VALUE,
    decode_assessment,
    encode_assessment,
    held,
    holder_in,
    holders,
)
from mlflow_docstore.adapters.document.codecs.traces import ERA
from mlflow_docstore.adapters.document.driver import Document, Driver, Outcome, Patch
from mlflow_docstore.adapters.document.layout import TRACES
from mlflow_docstore.adapters.document.texts.large import LargeTexts
from mlflow_docstore.adapters.document.texts.parts import Holder, is_reference
from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.query import equals

from .claims import KIND, is_fence, new_token
from .stored import IS_ACTIVE, StoredTraces, texts_of

_SHARE = 8
"""So much of a document may be assessments, before what nobody searches leaves it."""

_BARE = 400
"""Bytes of an element without its texts, about."""

_SHORT = 128
"""Bytes of notes that stay where there are many."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Elements, with the parts of their large texts.

    Args:
        elements: In order.
        parts: To be stored before the elements are.
    """

    elements: list[Document] = field(default_factory=list)
    parts: list[Document] = field(default_factory=list)

    @property
    def repeated(self) -> str | None:
        """An id that two of them have, if any do."""
        ids = [element[ID] for element in self.elements]
        return next((key for at, key in enumerate(ids) if key in ids[:at]), None)


class StoredAssessments:
    """Assessments as the arrays of their traces hold them.

    Args:
        driver: The database.
        traces: The traces.
        texts: Where large texts are.
    """

    def __init__(self, driver: Driver, traces: StoredTraces, texts: LargeTexts) -> None:
        self._traces = traces
        self.texts = texts
        self._heavy = driver.capabilities.limits.document_bytes // _SHARE

    def encoded(self, trace_id: str, assessments: Iterable[Assessment]) -> Encoded:
        """Assessments of a trace as elements."""
        found = Encoded()
        for assessment in assessments:
            element, parts = self._without_large_texts(trace_id, encode_assessment(assessment))
            found.elements.append(element)
            found.parts.extend(parts)
        return self._lighter(trace_id, found) if self._is_heavy(found.elements) else found

    def read(self, trace_id: str, assessment_id: str) -> tuple[Document, Document]:
        """A trace, and the element of an assessment in it with its large texts in place.

        Raises:
            NotFound: ``kind="trace"``, or ``kind="assessment"`` with ``facts["trace_id"]``.
        """

        def load() -> tuple[Document, Document]:
            trace = self._traces.get(trace_id)
            return trace, dict(element_of(trace, assessment_id))

        return self.texts.read(load, lambda found: [found[1]])

    def write(self, trace: Document, patch: Patch) -> Outcome:
        """Patch a trace, unless its assessments changed since it was read."""
        unchanged = equals(MARK, trace[MARK])
        mine = equals(ERA, trace[ERA])
        marked = Patch({**patch.set, MARK: patch.set.get(MARK, new_token())}, patch.unset)
        return self._traces.documents.patch(
            trace["_id"], marked, when=(IS_ACTIVE, unchanged, mine), returning=True
        )

    def lighten(self, trace: Document | None) -> None:
        """Move texts of assessments out of a trace that they have made too large.

        Whoever adds to it sees to that; where another writer comes first, that one does.
        """
        if trace is None or not self._is_heavy(trace[ASSESSMENTS]):
            return
        lighter = self._lighter(trace["_id"], Encoded(trace[ASSESSMENTS]))
        if lighter.parts:
            with self.texts.stored(lighter.parts):
                self.write(trace, Patch(set={ASSESSMENTS: lighter.elements}))

    def _is_heavy(self, elements: Iterable[Document]) -> bool:
        weight = sum(
            _BARE + sum(len(value) for value in element.values() if isinstance(value, str))
            for element in elements
        )
        return weight > self._heavy

    def _lighter(self, trace_id: str, given: Encoded) -> Encoded:
        """The same with notes moved that would stay where there are few."""
        found = Encoded(parts=list(given.parts))
        for element in given.elements:
            kept, parts = self._moved(trace_id, element, NOTES, _SHORT)
            found.elements.append(kept)
            found.parts.extend(parts)
        return found

    def _without_large_texts(
        self, trace_id: str, element: Document
    ) -> tuple[Document, list[Document]]:
        whole = {**element, WHOLE_VALUE: element[VALUE]}
        kept, parts = self._moved(trace_id, whole, TEXTS)
        if is_reference(kept[WHOLE_VALUE]):
            kept[VALUE] = kept[VALUE][:LONGEST_BEGINNING]
        else:
            del kept[WHOLE_VALUE]
        return kept, parts

    def _moved(
        self,
        trace_id: str,
        element: Mapping[str, object],
        fields: Sequence[str],
        longest: int | None = None,
    ) -> tuple[Document, list[Document]]:
        holder = Holder(TRACES, trace_id, texts_of(trace_id))
        return self.texts.moved(holder, element, fields, longest=longest)


def element_of(trace: Document, assessment_id: str) -> Document:
    """The element of an assessment in its trace.

    Raises:
        NotFound: ``kind="assessment"`` with ``facts["trace_id"]``.
    """
    for element in trace[ASSESSMENTS]:
        if element[ID] == assessment_id:
            found: Document = element
            return found
    raise NotFound(KIND, assessment_id, trace_id=trace["_id"])


def replaced(trace: Document, elements: Iterable[Document]) -> list[Document]:
    """The array with elements in the places of those of their ids, or behind them all."""
    by_id = {element[ID]: element for element in (*trace[ASSESSMENTS], *elements)}
    return list(by_id.values())


def without(trace: Document, assessment_ids: Iterable[str]) -> Patch:
    """What removes assessments from their trace."""
    gone = frozenset(assessment_ids)
    kept = [element for element in trace[ASSESSMENTS] if element[ID] not in gone]
    return Patch(set={ASSESSMENTS: kept}, unset=tuple(map(held, gone)))


def brought(elements: Sequence[Document], token: str) -> Document:
    """The fields of a new trace that comes with elements."""
    if not elements:
        return {}
    return {ASSESSMENTS: list(elements), MARK: token, HELD: holders(elements, token)}


def merged(trace: Document, elements: Sequence[Document], token: str) -> Document:
    """What elements set in a trace that is there, by path."""
    if not elements:
        return {}
    own = {held(element[ID]): token for element in elements}
    return {ASSESSMENTS: replaced(trace, elements), MARK: token, **own}


def is_fenced(trace: Document, elements: Iterable[Document]) -> bool:
    """Whether the id of an element was given to another trace once."""
    return any(is_fence(holder_in(trace, element[ID])) for element in elements)


def checked(trace_id: str, assessment: Assessment) -> Assessment:
    """An assessment as it will be read; what its entity refuses is refused before it is written."""
    return decode_assessment(trace_id, encode_assessment(assessment))
