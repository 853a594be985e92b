"""Metrics of assessments: how many there are, and what their values come to."""

from typing import Any

import pytest
from mlflow.entities import (
    AssessmentError,
    AssessmentSource,
    Expectation,
    Feedback,
    IssueReference,
)
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import START_TIME
from .metric_scenarios import Measured, measured, query

pytestmark = pytest.mark.area("trace_metrics")

BOUNDS = {"start_time_ms": START_TIME, "end_time_ms": START_TIME + 3_600_000}


@pytest.fixture(scope="module")
def judged(store: AbstractStore) -> Measured:
    """Two traces: two marks, three verdicts, a text and an expectation."""
    judged = measured(store)
    judged.assess(
        judged.trace(),
        Feedback("mark", 0.5),
        Feedback("good", "yes"),
        Feedback("good", False),
        Feedback("tone", "friendly"),
    )
    judged.assess(
        judged.trace(state="ERROR"),
        Feedback("mark", 2),
        Feedback("good", True),
        Expectation("mark", 4),
    )
    return judged


class TestCount:
    def test_is_of_every_assessment(self, judged: Measured) -> None:
        assert judged.values("assessments", "assessment_count") == {"COUNT": 7}

    @pytest.mark.parametrize(
        ("dimensions", "expected"),
        [
            (["assessment_name"], [("good", 3), ("mark", 3), ("tone", 1)]),
            (
                ["assessment_value"],
                [
                    ('"friendly"', 1),
                    ('"yes"', 1),
                    ("0.5", 1),
                    ("2", 1),
                    ("4", 1),
                    ("false", 1),
                    ("true", 1),
                ],
            ),
            (
                ["assessment_name", "assessment_value"],
                [
                    ("good", '"yes"', 1),
                    ("good", "false", 1),
                    ("good", "true", 1),
                    ("mark", "0.5", 1),
                    ("mark", "2", 1),
                    ("mark", "4", 1),
                    ("tone", '"friendly"', 1),
                ],
            ),
            (
                ["assessment_value", "assessment_name"],
                [
                    ('"friendly"', "tone", 1),
                    ('"yes"', "good", 1),
                    ("0.5", "mark", 1),
                    ("2", "mark", 1),
                    ("4", "mark", 1),
                    ("false", "good", 1),
                    ("true", "good", 1),
                ],
            ),
        ],
    )
    def test_is_grouped(
        self, judged: Measured, dimensions: list[str], expected: list[tuple[Any, ...]]
    ) -> None:
        assert judged.groups("assessments", "assessment_count", dimensions=dimensions) == expected

    def test_of_none_is_zero(self, store: AbstractStore) -> None:
        unjudged = measured(store)
        unjudged.trace()
        assert unjudged.values("assessments", "assessment_count") == {"COUNT": 0}

    def test_of_none_by_a_dimension_is_no_point(self, store: AbstractStore) -> None:
        dimensions = ["assessment_name"]
        found = measured(store).points("assessments", "assessment_count", dimensions=dimensions)
        assert found == []

    def test_is_of_those_that_came_with_their_trace(self, store: AbstractStore) -> None:
        whole = measured(store)
        whole.trace(assessments=[Feedback("a", 1), Expectation("b", "x")])
        found = whole.groups("assessments", "assessment_count", dimensions=["assessment_name"])
        assert found == [("a", 1), ("b", 1)]

    def test_is_of_those_of_unfinished_traces_too(self, store: AbstractStore) -> None:
        early = measured(store)
        early.assess(early.trace(state="IN_PROGRESS", lasted=None), Feedback("a", 1))
        assert early.values("assessments", "assessment_count") == {"COUNT": 1}

    def test_is_of_feedback_that_failed_too(self, store: AbstractStore) -> None:
        failed = measured(store)
        failed.assess(failed.trace(), Feedback("a", error=AssessmentError("TIMEOUT", "late")))
        found = failed.groups("assessments", "assessment_count", dimensions=["assessment_value"])
        assert found == [("null", 1)]

    def test_is_of_references_to_issues_too(self, store: AbstractStore) -> None:
        referred = measured(store)
        referred.assess(referred.trace(), IssueReference(issue_id="iss-1", issue_name="slow"))
        assert referred.values("assessments", "assessment_count") == {"COUNT": 1}

    def test_forgets_those_of_deleted_traces(self, store: AbstractStore) -> None:
        thinned = measured(store)
        gone = thinned.trace()
        thinned.assess(gone, Feedback("a", 1))
        thinned.assess(thinned.trace(), Feedback("b", 1))
        store.delete_traces(thinned.experiment_id, trace_ids=[gone])
        assert thinned.values("assessments", "assessment_count") == {"COUNT": 1}

    def test_adds_up_experiments(self, store: AbstractStore) -> None:
        first, second, third = measured(store), measured(store), measured(store)
        for each in (first, second, third):
            each.assess(each.trace(), Feedback("a", 1))
        ids = [first.experiment_id, second.experiment_id]
        (point,) = query(store, ids, "assessments", "assessment_count")
        assert point.values == {"COUNT": 2}

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("no", '"no"'),
            (1.0, "1.0"),
            (1, "1"),
            (-0.25, "-0.25"),
            (True, "true"),
            ("1", '"1"'),
            ("", '""'),
            ("true", '"true"'),
            ('say "hi"', '"say \\"hi\\""'),
            (["a", 1], '["a", 1]'),
            ({"b": 1, "a": [None]}, '{"b": 1, "a": [null]}'),
            (1e30, "1e+30"),
            (1_000_000_000_000, "1000000000000"),
        ],
    )
    def test_tells_values_as_their_json(
        self, store: AbstractStore, value: object, text: str
    ) -> None:
        valued = measured(store)
        valued.assess(valued.trace(), Feedback("a", value))
        found = valued.groups("assessments", "assessment_count", dimensions=["assessment_value"])
        assert found == [(text, 1)]

    def test_tells_apart_values_of_different_types(self, store: AbstractStore) -> None:
        alike = measured(store)
        alike.assess(alike.trace(), *(Feedback("a", value) for value in (1, 1.0, True, "1")))
        found = alike.groups("assessments", "assessment_count", dimensions=["assessment_value"])
        assert found == [('"1"', 1), ("1", 1), ("1.0", 1), ("true", 1)]


class TestValue:
    @pytest.mark.parametrize(
        ("aggregation", "expected"),
        [("AVG", 8.5 / 6), ("MIN", 0.0), ("MAX", 4.0), ("P50", 1.0), ("P80", 2.0)],
    )
    def test_of_every_assessment_with_a_number(
        self, judged: Measured, aggregation: str, expected: float
    ) -> None:
        found = judged.values("assessments", "assessment_value", aggregation)
        assert found == {aggregation: pytest.approx(expected)}

    @pytest.mark.parametrize(
        ("aggregation", "expected"),
        [
            ("AVG", [("good", 2 / 3), ("mark", 6.5 / 3)]),
            ("MIN", [("good", 0.0), ("mark", 0.5)]),
            ("MAX", [("good", 1.0), ("mark", 4.0)]),
            ("P50", [("good", 1.0), ("mark", 2.0)]),
            ("P25", [("good", 0.5), ("mark", 1.25)]),
        ],
    )
    def test_by_name(
        self, judged: Measured, aggregation: str, expected: list[tuple[str, float]]
    ) -> None:
        dimensions = ["assessment_name"]
        found = judged.groups("assessments", "assessment_value", aggregation, dimensions=dimensions)
        assert [name for name, _ in found] == [name for name, _ in expected]
        assert [value for _, value in found] == pytest.approx([value for _, value in expected])

    @pytest.mark.parametrize(
        ("value", "number"),
        [
            (True, 1.0),
            (False, 0.0),
            ("yes", 1.0),
            ("no", 0.0),
            ("YES", 1.0),
            ("No", 0.0),
            ("  yes\n", 1.0),
            (0, 0.0),
            (7, 7.0),
            (-2.5, -2.5),
            (1e300, 1e300),
            (10**15, 1e15),
        ],
    )
    def test_is_a_number(self, store: AbstractStore, value: object, number: float) -> None:
        valued = measured(store)
        valued.assess(valued.trace(), Feedback("a", value))
        assert valued.values("assessments", "assessment_value", "AVG P0") == {
            "AVG": number,
            "P0": number,
        }

    @pytest.mark.parametrize(
        "value",
        [
            "true",
            "1",
            "y",
            "",
            "yes.",
            "pass",
            [1],
            {"a": 1},
            float("nan"),
            float("inf"),
            10**400,
        ],
    )
    def test_is_none(self, store: AbstractStore, value: object) -> None:
        valued = measured(store)
        valued.assess(valued.trace(), Feedback("a", value))
        assert valued.points("assessments", "assessment_value", "AVG P50") == []

    def test_is_never_a_whole_number(self, store: AbstractStore) -> None:
        whole = measured(store)
        whole.assess(whole.trace(), Feedback("a", 3))
        found = whole.values("assessments", "assessment_value", "AVG P50")
        assert [type(value) for value in found.values()] == [float, float]

    def test_leaves_out_names_without_a_number_before_it_counts_points(
        self, store: AbstractStore
    ) -> None:
        mixed = measured(store)
        mixed.assess(mixed.trace(), Feedback("a", "text"), Feedback("b", 1))
        options = {"dimensions": ["assessment_name"], "max_results": 1}
        assert mixed.groups("assessments", "assessment_value", "AVG", **options) == [("b", 1.0)]

    def test_is_the_one_it_was_changed_to(self, store: AbstractStore) -> None:
        changed = measured(store)
        trace_id = changed.trace()
        (mark,) = changed.assess(trace_id, Feedback("mark", 1))
        store.update_assessment(trace_id, mark.assessment_id, feedback=Feedback("mark", 5).feedback)
        assert changed.values("assessments", "assessment_value", "AVG") == {"AVG": 5.0}

    def test_that_became_a_text_is_none(self, store: AbstractStore) -> None:
        changed = measured(store)
        trace_id = changed.trace()
        (mark,) = changed.assess(trace_id, Feedback("mark", 1))
        later = Feedback("mark", "fine").feedback
        store.update_assessment(trace_id, mark.assessment_id, feedback=later)
        assert changed.points("assessments", "assessment_value", "AVG") == []


class TestValidity:
    @pytest.fixture
    def overridden(self, store: AbstractStore) -> tuple[Measured, str, str]:
        """A mark of 1 that one of 3 overrides; the trace, and the id of the later one."""
        corrected = measured(store)
        trace_id = corrected.trace()
        human = AssessmentSource("HUMAN", "me")
        (first,) = corrected.assess(trace_id, Feedback("mark", 1))
        (second,) = corrected.assess(
            trace_id, Feedback("mark", 3, source=human, overrides=first.assessment_id)
        )
        return corrected, trace_id, second.assessment_id

    def test_what_was_overridden_does_not_count(
        self, overridden: tuple[Measured, str, str]
    ) -> None:
        corrected, _, _ = overridden
        assert corrected.values("assessments", "assessment_count") == {"COUNT": 1}

    def test_what_was_overridden_has_no_value(self, overridden: tuple[Measured, str, str]) -> None:
        corrected, _, _ = overridden
        assert corrected.values("assessments", "assessment_value", "AVG") == {"AVG": 3.0}

    def test_what_is_no_longer_overridden_counts_again(
        self, store: AbstractStore, overridden: tuple[Measured, str, str]
    ) -> None:
        corrected, trace_id, later = overridden
        store.delete_assessment(trace_id, later)
        assert corrected.values("assessments", "assessment_value", "AVG") == {"AVG": 1.0}

    def test_what_was_deleted_does_not_count(self, store: AbstractStore) -> None:
        withdrawn = measured(store)
        trace_id = withdrawn.trace()
        (mark,) = withdrawn.assess(trace_id, Feedback("mark", 1))
        store.delete_assessment(trace_id, mark.assessment_id)
        assert withdrawn.values("assessments", "assessment_count") == {"COUNT": 0}


class TestTime:
    """Assessments are of the time of their trace, however that came about."""

    @staticmethod
    def counts(judged: Measured) -> list[tuple[str, int]]:
        found = judged.groups("assessments", "assessment_count", time_interval_seconds=60, **BOUNDS)
        return [(bucket[11:16], count) for bucket, count in found]

    def test_is_that_of_the_trace_and_not_of_the_assessment(self, store: AbstractStore) -> None:
        judged = measured(store)
        judged.assess(judged.trace(at=60_000), Feedback("a", 1, create_time_ms=START_TIME))
        assert self.counts(judged) == [("22:14", 1)]

    def test_follows_a_trace_that_its_client_moved(self, store: AbstractStore) -> None:
        moved = measured(store)
        trace_id = moved.trace(at=0)
        moved.assess(trace_id, Feedback("a", 1))
        moved.trace(at=120_000, trace_id=trace_id)
        assert self.counts(moved) == [("22:15", 1)]

    def test_follows_a_trace_that_earlier_spans_moved(self, store: AbstractStore) -> None:
        moved = measured(store)
        trace_id = moved.spans({"at": 120_000, "root": False})
        moved.assess(trace_id, Feedback("a", 1))
        moved.spans({"at": 60_000}, trace_id=trace_id)
        assert self.counts(moved) == [("22:14", 1)]

    def test_stays_where_later_spans_did_not_move_the_trace(self, store: AbstractStore) -> None:
        still = measured(store)
        trace_id = still.spans({"at": 60_000})
        still.assess(trace_id, Feedback("a", 1))
        still.spans({"at": 120_000, "root": False}, trace_id=trace_id)
        assert self.counts(still) == [("22:14", 1)]

    @pytest.mark.parametrize(
        ("since", "until", "count"),
        [(0, 59_999, 0), (60_000, 60_000, 1), (60_001, 90_000, 0), (0, 60_000, 1)],
    )
    def test_range_is_inclusive(
        self, store: AbstractStore, since: int, until: int, count: int
    ) -> None:
        judged = measured(store)
        judged.assess(judged.trace(at=60_000), Feedback("a", 1))
        bounds = {"start_time_ms": START_TIME + since, "end_time_ms": START_TIME + until}
        assert judged.values("assessments", "assessment_count", **bounds) == {"COUNT": count}

    def test_values_are_averaged_in_each_bucket(self, store: AbstractStore) -> None:
        judged = measured(store)
        judged.assess(judged.trace(at=0), Feedback("a", 1), Feedback("a", 2))
        judged.assess(judged.trace(at=60_000), Feedback("a", 10))
        found = judged.groups(
            "assessments", "assessment_value", "AVG", time_interval_seconds=60, **BOUNDS
        )
        assert [value for _, value in found] == [1.5, 10.0]
