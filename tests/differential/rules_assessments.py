"""Rules of assessments."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from mlflow.entities import Assessment, AssessmentError
from mlflow.entities.assessment import ExpectationValue, FeedbackValue

from .judgements import assessment, errors, notes, rationales, thoughts, values
from .sides import Side
from .trace_history import ASSESSED, Judged, TraceHistory
from .values import seldom


class AssessmentRules(TraceHistory):
    """Operations on assessments."""

    @rule(data=st.data(), thought=thoughts)
    def create_assessment(self, data: st.DataObject, thought: dict[str, Any]) -> None:
        trace_id, overridden = data.draw(
            seldom(
                self.traces.map(lambda one: (one, None)),
                self.assessed().map(lambda one: (one.trace_id, one.key)),
                of=2,
            ),
            "overrides",
        )
        judged = self.judged(trace_id, thought)
        self.same(
            lambda side: side.store.create_assessment(
                assessment(judged, thought, overrides=overridden)
            )
        )
        self._look_at(judged)

    @rule(data=st.data(), thought=thoughts)
    def create_one_of_a_known_id(self, data: st.DataObject, thought: dict[str, Any]) -> None:
        """It may be there, or free again."""
        made = st.sampled_from(self.assessments) if self.assessments else self.assessed()
        known = data.draw(seldom(made, self.assessed()), "assessment")
        self.same(lambda side: side.store.create_assessment(assessment(known, thought)))
        self._look_at(known)

    @precondition(lambda self: any(self.there.values()))
    @rule(
        data=st.data(),
        value=st.none() | values,
        error=errors,
        rationale=rationales,
        metadata=notes,
        name=seldom(st.none(), st.sampled_from(ASSESSED), of=3),
    )
    def update_assessment(
        self,
        data: st.DataObject,
        value: Any,
        error: AssessmentError | None,
        **texts: Any,
    ) -> None:
        judged = data.draw(self.assessed(), "assessment")
        kinds = st.sampled_from(["feedback", "expectation", "issue"])
        kind = data.draw(seldom(st.just(judged.kind), kinds), "kind")
        made = {"feedback": FeedbackValue(value, error), "expectation": ExpectationValue(value)}
        told = {} if value is None or kind == "issue" else {kind: made[kind]}

        def update(side: Side) -> Assessment:
            return side.store.update_assessment(judged.trace_id, judged.key, **told, **texts)

        self.same(update)
        self._look_at(judged)

    @rule(data=st.data())
    def delete_assessment(self, data: st.DataObject) -> None:
        judged = data.draw(self.assessed(), "assessment")
        self.same(lambda side: side.store.delete_assessment(judged.trace_id, judged.key))
        for one in self.trace_ids:
            self.look(one)

    def _look_at(self, judged: Judged) -> None:
        self.same(lambda side: side.store.get_assessment(judged.trace_id, judged.key))
        self.look(judged.trace_id)
