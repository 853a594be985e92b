"""Claims: which trace has the id of an assessment, as ids are unique everywhere.

A claim is written before the element that it is for, and may outlive it. So one that is there says
nothing yet: the trace that it names decides. Where that has no such element, the id goes to the
next who asks, behind a fence in that trace which keeps the first from writing it after all.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence

from mlflow_docstore.adapters.document.codecs.assessments import (
    ASKED,
    ASKER,
    ID,
    MAKER,
    MARK,
    RUN,
    TRACE,
    encode_claim,
    encode_mention,
    held,
    holder_in,
)
from mlflow_docstore.adapters.document.codecs.traces import ACTIVE, LIFECYCLE
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Inserts, Patch
from mlflow_docstore.adapters.document.keys import batches
from mlflow_docstore.adapters.document.layout import ASSESSMENTS, TRACES
from mlflow_docstore.adapters.document.queries.fields import one_of
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.core.errors import AlreadyExists
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.core.query import Exists, Filter, In, Order, equals, path

from .stored import IS_ACTIVE

KIND = "assessment"
GRACE = 60 * 60 * 1000
"""Milliseconds that a trace which is started may take from its claims to its document."""

_FENCE = "-"
_PAGE = 500
_NOBODY = ""
"""The token of a mention: nobody asks for its id."""


def new_token() -> str:
    """Who asks: a call has one, and one more for each time that it asks again."""
    return secrets.token_hex(8)


def is_fence(holder: str | None) -> bool:
    """Whether the id was given to another trace."""
    return holder is not None and holder.startswith(_FENCE)


def is_live(holder: str | None) -> bool:
    """Whether an element of the id is there."""
    return holder is not None and not is_fence(holder)


def still(assessment_id: str, holder: str | None) -> Filter:
    """What a trace matches in which nothing has become of an id since it was read."""
    place = held(assessment_id)
    return Exists(path(place), negated=True) if holder is None else equals(place, holder)


class Claims:
    """The claims of all traces.

    Args:
        driver: The database.
        clock: The time in milliseconds.
    """

    def __init__(self, driver: Driver, clock: Callable[[], int]) -> None:
        self._claims = Documents(driver, ASSESSMENTS)
        self._traces = Documents(driver, TRACES)
        self._in_terms = driver.capabilities.limits.in_terms
        self._clock = clock

    def take(self, trace_id: str, elements: Sequence[Document], token: str) -> None:
        """Have the ids of elements for a trace: one command, unless some were asked for before.

        Raises:
            AlreadyExists: ``kind="assessment"`` with ``facts["trace_id"]``: another trace has one.
        """
        waiting = {element[ID]: element for element in elements}
        for _ in rounds(KIND, next(iter(waiting))):
            taken = self._claims.insert_many(
                [self._asked(trace_id, element, token) for element in waiting.values()]
            )
            there = {claim["_id"]: claim for claim in self._of(taken)}
            waiting = {
                key: waiting[key]
                for key in taken
                if key not in there or not self._given(there[key], trace_id, waiting[key], token)
            }
            if not waiting:
                return

    def beside(self, trace_id: str, element: Document, token: str) -> Inserts:
        """The claim of an id that nobody may have asked for, to come with its element."""
        return self._claims.inserts([self._asked(trace_id, element, token)], demanded=True)

    def mention(self, trace_id: str, element: Document) -> None:
        """Have an element found by its run, whatever its claim says."""
        self._claims.insert({**encode_mention(trace_id, element), ASKER: _NOBODY, ASKED: 0})

    def trace_of(self, assessment_id: str) -> str | None:
        """Which trace asked for an id last, if any did."""
        claim = self._claims.get(assessment_id)
        return None if claim is None else str(claim[TRACE])

    def release(self, elements: Sequence[Document], token: str) -> None:
        """Let go of ids that were taken in vain."""
        for ids in batches([element[ID] for element in elements], self._in_terms):
            self._claims.delete_many([In(path("_id"), ids), equals(ASKER, token)])

    def of_runs(self, run_ids: Sequence[str]) -> Iterator[list[Document]]:
        """Claims and mentions of assessments that runs may have made, page by page."""
        by_id = (Order(path("_id")),)
        for ids in batches(run_ids, self._in_terms):
            token = None
            while True:
                request = PageRequest(_PAGE, token)
                page = self._claims.page([one_of(RUN, ids)], by_id, request, dict)
                yield list(page.items)
                token = page.token
                if token is None:
                    break

    def forget(self, elements: Sequence[Document], claims: Sequence[Document]) -> None:
        """Remove the claims of elements that are gone, unless they were asked for since."""
        gone = {element[ID] for element in elements}
        gone |= {encode_mention("", one)["_id"] for one in elements if one[MAKER] is not None}
        found = [claim for claim in claims if claim["_id"] in gone]
        tokens = tuple({claim[ASKER] for claim in found})
        for ids in batches([claim["_id"] for claim in found], self._in_terms):
            self._claims.delete_many([In(path("_id"), ids), In(path(ASKER), tokens)])

    def _asked(self, trace_id: str, element: Document, token: str) -> Document:
        return {**encode_claim(trace_id, element), ASKER: token, ASKED: self._clock()}

    def _given(self, claim: Document, trace_id: str, element: Document, token: str) -> bool:
        """Whether an id that was asked for before is this trace's now."""
        if claim[ASKER] == token:
            return True
        changes = {ASKER: token, ASKED: self._clock()}
        if claim[TRACE] != trace_id:
            if not self._fenced(claim, trace_id):
                return False
            changes |= {TRACE: trace_id, RUN: element[MAKER]}
        elif element[MAKER] not in (None, claim[RUN]):
            self.mention(trace_id, element)
        unchanged = equals(ASKER, claim[ASKER])
        return self._claims.patch(claim["_id"], Patch(set=changes), when=(unchanged,)).matched

    def _fenced(self, claim: Document, trace_id: str) -> bool:
        """Whether the trace of a claim is kept from writing the element, which it has not."""
        key = claim["_id"]
        trace = self._traces.get(claim[TRACE])
        if trace is None or trace[LIFECYCLE] != ACTIVE:
            if claim[ASKED] > self._clock() - GRACE:
                raise AlreadyExists(KIND, key, trace_id=trace_id)
            return True
        holder = holder_in(trace, key)
        if is_live(holder):
            raise AlreadyExists(KIND, key, trace_id=trace_id)
        # No fence is like another: a writer who gets past this one must not get past the next.
        token = new_token()
        fence = Patch(set={held(key): _FENCE + token, MARK: token})
        when = (IS_ACTIVE, still(key, holder))
        return self._traces.patch(trace["_id"], fence, when=when).matched

    def _of(self, keys: Sequence[str] | frozenset[str]) -> list[Document]:
        return [
            claim
            for ids in batches(keys, self._in_terms)
            for claim in self._claims.find([In(path("_id"), ids)])
        ]
