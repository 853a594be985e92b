"""Kinds of writes to traces: spans of shared ones, and traces with assessments of one's own."""

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from mlflow.entities import AssessmentSource, Feedback, Span
from mlflow.entities.assessment import FeedbackValue
from mlflow.store.tracking.abstract_store import AbstractStore as TrackingStore

from tests.contract.traces.trace_scenarios import (
    SPAN_USAGE,
    SPANS_LOCATION,
    TOKEN_USAGE,
    info_of,
    span,
    usage,
)

from .kinds import Kind, Place, Stores, Turn
from .ledger import Entry, Facts

_SPANS_AT_MOST = 4
_STAYS = 0.25
"""Of what all think of a trace: what stays makes each further write to it heavier."""
_TOKENS = usage(1, 2)
_ROOT = 1


def _shared(run_id: str) -> str:
    """The trace that writers share with those of a run."""
    return f"tr-{run_id}"


def _judged(run_id: str) -> str:
    """Another one: what a start finds told of spans is no longer told anew when more come."""
    return f"tr-judged-{run_id}"


def _number(name: str) -> int:
    """Of a span, the same for who writes and who looks."""
    return uuid.uuid5(uuid.NAMESPACE_OID, name).int % 2**60 + 2


class SpanBatch(Kind):
    """Spans of a trace that all writers send spans of: each reports tokens, and has no children."""

    def plan(self, turn: Turn) -> Facts:
        count = turn.dice.randint(1, _SPANS_AT_MOST)
        place = {"experiment": turn.place.experiment_id, "trace": _shared(turn.run())}
        return {**place, "names": [f"{turn.name}-{one}" for one in range(count)]}

    def act(self, stores: Stores, facts: Facts) -> None:
        spans = [self._span(facts["trace"], name) for name in facts["names"]]
        stores.tracking.log_spans(facts["experiment"], spans)

    @staticmethod
    def _span(trace_id: str, name: str) -> Span:
        return span(trace_id, _number(name), _ROOT, name=name, attributes={SPAN_USAGE: _TOKENS})

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        for trace_id in map(_shared, place.run_ids):
            batches = [entry for entry in entries if entry.facts["trace"] == trace_id]
            if any(entry.done for entry in batches):
                yield from self._of_trace(stores, trace_id, batches)

    def _of_trace(self, stores: Stores, trace_id: str, batches: list[Entry]) -> Iterator[str]:
        trace = stores.tracking.get_trace(trace_id, allow_partial=True)
        stored = Counter(one.name for one in trace.data.spans)
        yield from (f"span {name} {n} times" for name, n in stored.items() if n != 1)
        sent = {name for entry in batches for name in entry.facts["names"]}
        yield from (f"span {name} of nobody" for name in stored.keys() - sent)
        for entry in batches:
            missing = [name for name in entry.facts["names"] if name not in stored]
            if entry.done and missing:
                yield f"{trace_id} lacks the spans {missing}"
        told = json.loads(trace.info.trace_metadata[TOKEN_USAGE])
        # Spans may be there before their trace tells of them, where a writer died.
        sure = sum(len(entry.facts["names"]) for entry in batches if entry.done)
        if not sure <= told["input_tokens"] <= len(stored):
            yield f"{trace_id} tells {told} of {len(stored)} spans"


def _thought(tracking: TrackingStore, trace_id: str, name: str) -> str:
    """Judge a trace; the id of what is thought of it."""
    source = AssessmentSource("CODE", "a writer")
    made = Feedback(name=name, value=True, source=source, trace_id=trace_id)
    return str(tracking.create_assessment(made).assessment_id)


class Judgement(Kind):
    """Of a trace that all start, send a span of and judge: made, changed, and often taken back."""

    def plan(self, turn: Turn) -> Facts:
        place = {"experiment": turn.place.experiment_id, "trace": _judged(turn.run())}
        return {**place, "name": turn.name, "stays": turn.dice.random() < _STAYS}

    def act(self, stores: Stores, facts: Facts) -> None:
        tracking, trace_id = stores.tracking, facts["trace"]
        tracking.start_trace(info_of(facts["experiment"], trace_id))
        made = _thought(tracking, trace_id, facts["name"])
        tracking.log_spans(facts["experiment"], [span(trace_id)])
        tracking.update_assessment(trace_id, made, feedback=FeedbackValue(False))
        if not facts["stays"]:
            tracking.delete_assessment(trace_id, made)

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        for trace_id in map(_judged, place.run_ids):
            judged = [entry for entry in entries if entry.facts["trace"] == trace_id]
            if any(entry.done for entry in judged):
                yield from self._of_trace(stores, trace_id, judged)

    @staticmethod
    def _of_trace(stores: Stores, trace_id: str, judged: list[Entry]) -> Iterator[str]:
        stored = defaultdict(list)
        for info in stores.tracking.batch_get_trace_infos([trace_id]):
            for one in info.assessments:
                stored[one.name].append(one.feedback.value)
        for entry in judged:
            found = stored.pop(entry.facts["name"], [])
            end = [False] if entry.facts["stays"] else []
            if found not in ([end] if entry.done else [[], [True], [False]]):
                yield f"{trace_id}: {entry.facts} is {found}"
        yield from (f"{trace_id}: judgement {name} of nobody" for name in stored)


class NewTrace(Kind):
    """A trace of one's own, started before its spans come or behind them, and judged."""

    def plan(self, turn: Turn) -> Facts:
        trace_id = f"tr-{uuid.uuid5(uuid.NAMESPACE_OID, turn.name).hex}"
        first = turn.dice.random() < 0.5
        return {"experiment": turn.place.experiment_id, "trace": trace_id, "first": first}

    def act(self, stores: Stores, facts: Facts) -> None:
        trace_id = facts["trace"]
        info = info_of(facts["experiment"], trace_id, tags={"of": "a writer"})
        if facts["first"]:
            stores.tracking.start_trace(info)
        stores.tracking.log_spans(facts["experiment"], [span(trace_id), span(trace_id, 2, 1)])
        if not facts["first"]:
            stores.tracking.start_trace(info)
        _thought(stores.tracking, trace_id, "good")

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        del place
        for entry in entries:
            trace_id = entry.facts["trace"]
            found = stores.tracking.batch_get_trace_infos([trace_id])
            if not found:
                if entry.done:
                    yield f"{trace_id} is missing"
                continue
            spans, thought = 0, len(found[0].assessments)
            if SPANS_LOCATION in found[0].tags:
                spans = len(stores.tracking.get_trace(trace_id, allow_partial=True).data.spans)
            if spans > 2 or thought > 1 or (entry.done and (spans, thought) != (2, 1)):
                yield f"{trace_id} has {spans} spans and {thought} assessments"


class DeletedTrace(NewTrace):
    """A trace of one's own that is deleted again."""

    def act(self, stores: Stores, facts: Facts) -> None:
        super().act(stores, facts)
        stores.tracking.delete_traces(facts["experiment"], trace_ids=[facts["trace"]])

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        del place
        gone = [entry.facts["trace"] for entry in entries if entry.done]
        found = stores.tracking.batch_get_trace_infos(gone) if gone else []
        yield from (f"{trace.trace_id} was deleted" for trace in found)


TRACE_KINDS: tuple[Kind, ...] = (SpanBatch(), Judgement(), NewTrace(), DeletedTrace())
