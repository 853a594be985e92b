"""What histories think of traces: assessments of every kind, with all that can be told of one."""

from typing import Any

from hypothesis import strategies as st
from mlflow.entities import Assessment, AssessmentError, AssessmentSource

from tests.contract.traces.assessment_scenarios import KINDS, SESSION, SOURCE_RUN

from .trace_history import ASSESSED, RUN_IDS, SESSIONS, Judged
from .values import seldom

values = st.sampled_from(["yes", "no", "good", 0.5, 1, True, False, {"a": 1}, ["x", 2], "é"])
rationales = st.none() | st.sampled_from(["", "because"])
notes = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "a": st.sampled_from(["x", "X"]),
        SESSION: st.sampled_from(SESSIONS),
        SOURCE_RUN: st.sampled_from(RUN_IDS),
    },
)
errors = seldom(
    st.none(), st.sampled_from([AssessmentError("E", "text"), AssessmentError("E", None, "at")])
)
_SOURCES = (
    AssessmentSource("HUMAN", "ann"),
    AssessmentSource("LLM_JUDGE", "m1"),
    AssessmentSource("CODE"),
)
thoughts = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["feedback", "feedback", "expectation", "issue"]),
        "name": st.sampled_from(ASSESSED),
        "value": values,
        "error": errors,
        "earlier": st.booleans(),
        "options": st.fixed_dictionaries(
            {"source": st.sampled_from(_SOURCES), "metadata": notes},
            optional={
                "rationale": rationales,
                "span_id": st.sampled_from([f"{1:016x}", "unknown"]),
                "run_id": st.sampled_from([*RUN_IDS, None]),
                "valid": st.booleans(),
            },
        ),
    }
)


def assessment(judged: Judged, thought: dict[str, Any], **more: Any) -> Assessment:
    """It, made anew for each store; no two of a history were created at once."""
    created = 1000 + (-judged.number if thought["earlier"] else judged.number)
    kind = thought["kind"]
    options = thought["options"] | more
    if kind == "feedback":
        options |= {"error": thought["error"]}
    return KINDS[kind](
        judged.trace_id,
        thought["name"],
        thought["value"],
        assessment_id=judged.key,
        create_time_ms=created,
        last_update_time_ms=created + 1,
        **options,
    )
