"""The core of the machine of traces: a few traces of a history, and how they are looked at."""

from functools import partial
from typing import Any, ClassVar, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from mlflow.entities import Trace, TraceInfo

from tests.contract.traces.trace_scenarios import SESSION, feedback, info_of

from .grammar import PRESENCE, TEXTUAL, clause, conjunction, direction, keyed, numeric_clause, texts
from .sides import Call, Refusal, Side, Sides, Twins
from .values import seldom

TRACES = 4
"""Few, so that histories meet themselves again."""

RUN_IDS = ("r1", "r2")
SESSIONS = ("s1", "S1", "s2")
NAMES = ("chat", "Chat", "search")
STATES = ("OK", "ERROR", "IN_PROGRESS")
PROMPTS = (("p", 1), ("p", 2), ("q", 1))
ASSESSED = ("quality", "Quality", "fast")
USED = "a token of an assessment that is there"

times = st.integers(1, 9).map(lambda tick: 1000 * tick)
names = st.sampled_from(NAMES)


class Judged(NamedTuple):
    """An assessment that was made, whether or not it is still there."""

    trace_id: str
    key: str
    kind: str
    number: int


class TraceHistory(RuleBasedStateMachine):
    """One history. Rules are in the mixins, an area each."""

    twins: ClassVar[Twins]

    def __init__(self) -> None:
        super().__init__()
        self.sides: Sides = self.twins.begin()
        number = self.sides.prefix.strip("h/")
        self.trace_ids = [f"tr-{int(number):031x}{one}" for one in range(TRACES)]
        self.experiments = [self._made(name) for name in ("first", "second")]
        self.assessments: list[Judged] = []
        self.unknown = f"a-{number}-unknown"
        self.there: dict[str, list[str]] = {}
        # Without them, most operations of short histories would be refused.
        for trace_id in self.trace_ids[:2]:
            self.assessments.append(Judged(trace_id, f"a-{trace_id[-8:]}-0", "feedback", 0))
            self.same(partial(self._begun, trace_id))
            self.look(trace_id)

    def same(self, call: Call) -> Any:
        return self.sides.same(call)

    def _begun(self, trace_id: str, side: Side) -> TraceInfo:
        # Thought of at a time of its own, as all of a history.
        own = feedback(name="quality", assessment_id=f"a-{trace_id[-8:]}-0", create_time_ms=1)
        home = side.local(self.experiments[0])
        told = {"request_time": 5000, "trace_metadata": {SESSION: SESSIONS[0]}}
        return side.store.start_trace(info_of(home, trace_id, assessments=[own], **told))

    def _made(self, name: str) -> str:
        made = self.sides.make(
            "experiment", lambda side: side.store.create_experiment(self.sides.prefix + name), str
        )
        assert made is not None
        return made

    @property
    def traces(self) -> st.SearchStrategy[str]:
        """Mostly one that is there, as when each was last looked at."""
        anyone = st.sampled_from(self.trace_ids)
        return seldom(st.sampled_from(sorted(self.there)), anyone) if self.there else anyone

    def some_trace(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from([*self.trace_ids[:3] * 3, self.trace_ids[3]]), "trace")

    def trace_there(self, data: st.DataObject) -> str:
        return data.draw(self.traces, "trace")

    def judged(self, trace_id: str, thought: dict[str, Any]) -> Judged:
        """A new one, with an id that no other history gives."""
        number = len(self.assessments) + 1
        made = Judged(trace_id, f"a-{trace_id[-8:]}-{number}", thought["kind"], number)
        self.assessments.append(made)
        return made

    def assessed(self) -> st.SearchStrategy[Judged]:
        """Mostly one that is there; else one that was, of another trace, or that never was."""
        known = [*self.assessments, Judged("", self.unknown, "feedback", 0)]
        odd = st.tuples(self.traces, st.sampled_from(known)).map(
            lambda one: one[1]._replace(trace_id=one[0])
        )
        there = [one for one in self.assessments if one.key in self.there.get(one.trace_id, ())]
        return seldom(st.sampled_from(there), odd) if there else odd

    def home(self, data: st.DataObject) -> str:
        """Mostly the first."""
        return data.draw(st.sampled_from([*self.experiments[:1] * 5, self.experiments[1]]), "home")

    def look(self, trace_id: str) -> None:
        """All that can be read of it."""

        def info(side: Side) -> TraceInfo:
            return side.store.get_trace_info(trace_id)

        def whole(side: Side) -> list[Any]:
            trace: Trace = side.store.get_trace(trace_id, allow_partial=True)
            # Of two that begin at once, the database decides which is first.
            places = [(one.parent_id is not None, one.start_time_ns) for one in trace.data.spans]
            assert places == sorted(places)
            return [trace.info, sorted(map(str, (one.to_dict() for one in trace.data.spans)))]

        found = self.same(info)
        self.same(whole)
        self.there.pop(trace_id, None)
        if not isinstance(found, Refusal):
            self.there[trace_id] = [one["assessment_id"] for one in found["assessments"]]

    def teardown(self) -> None:
        for trace_id in self.trace_ids:
            self.look(trace_id)


def trace_filters(trace_ids: list[str]) -> st.SearchStrategy[str]:
    """Filters of traces: each may name what the rules make, and what they do not."""
    moments = st.sampled_from(["1000", "3000", "5000", "9000"])
    textual = (*TEXTUAL, *PRESENCE)
    assessed = st.sampled_from(ASSESSED)
    words = st.sampled_from(["yes", "no", "good", "0.5", "true"])
    return conjunction(
        numeric_clause(st.sampled_from(["timestamp", "timestamp_ms", "execution_time"]), moments),
        clause(
            st.sampled_from(["status", "attributes.status"]),
            st.sampled_from(STATES),
            ("=", "!=", "IN", "NOT IN"),
        ),
        clause(st.just("request_id"), st.sampled_from(trace_ids), ("=", "!=", "IN", "NOT IN")),
        clause(st.sampled_from(["name", "tags.`mlflow.traceName`"]), names, TEXTUAL),
        clause(keyed("tags"), texts, textual),
        clause(keyed("metadata"), texts, textual),
        clause(st.just("metadata.`mlflow.trace.session`"), st.sampled_from(SESSIONS), textual),
        st.sampled_from(RUN_IDS).map(lambda run: f"run_id = '{run}'"),
        st.sampled_from(PROMPTS).map(lambda one: f"prompt = '{one[0]}/{one[1]}'"),
        clause(st.just("span.name"), names, (*TEXTUAL, "IN", "NOT IN", "RLIKE")),
        clause(st.just("span.type"), st.sampled_from(["LLM", "TOOL"]), ("=", "!=", "IN")),
        clause(st.just("span.status"), st.sampled_from(["OK", "ERROR", "UNSET"]), ("=", "!=")),
        st.sampled_from(["%hello%", "%HELLO%", "%é%"]).map(lambda one: f"trace.text ILIKE '{one}'"),
        st.sampled_from(["%hello%", "x"]).map(lambda one: f"span.content LIKE '{one}'"),
        clause(assessed.map("feedback.{}".format), words, textual),
        numeric_clause(assessed.map("feedback.{}".format), st.sampled_from(["0", "0.5", "1"])),
        clause(assessed.map("expectation.{}".format), words, textual),
    )


_SORTS = st.sampled_from(
    ["timestamp", "timestamp_ms", "execution_time", "status", "name", "tags.a", "metadata.a"]
)
trace_orders = st.lists(
    direction(seldom(_SORTS, st.sampled_from(["x", "run_id"]), of=30)), max_size=2
)
