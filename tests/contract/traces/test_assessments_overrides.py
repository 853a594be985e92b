"""Assessments that override others: which of them count, and what deletion brings back."""

from collections.abc import Callable

import pytest
from mlflow.entities import Assessment
from mlflow.store.tracking.abstract_store import AbstractStore

from ..scenarios import refused
from .assessment_scenarios import (
    KINDS,
    assessed_trace,
    expectation,
    feedback,
    finished_trace,
    made,
    on_trace,
    unknown_assessment_id,
    validity,
)

pytestmark = pytest.mark.area("assessments")

Builder = Callable[..., Assessment]
KIND = pytest.mark.parametrize("build", KINDS.values(), ids=KINDS)


@pytest.fixture
def trace_id(store: AbstractStore) -> str:
    return assessed_trace(store)


def chain(store: AbstractStore, trace_id: str, length: int) -> list[str]:
    """As many assessments, each of which overrides the one before; their ids."""
    made_ones = [made(store, feedback(trace_id))]
    for _ in range(length - 1):
        made_ones.append(made(store, feedback(trace_id, overrides=made_ones[-1])))
    return made_ones


class TestOverriding:
    @KIND
    def test_hides_the_other(self, store: AbstractStore, trace_id: str, build: Builder) -> None:
        first = made(store, build(trace_id))
        second = made(store, build(trace_id, overrides=first))
        assert validity(store, trace_id) == {first: False, second: True}

    @KIND
    def test_is_remembered(self, store: AbstractStore, trace_id: str, build: Builder) -> None:
        first = made(store, build(trace_id))
        second = made(store, build(trace_id, overrides=first))
        assert store.get_assessment(trace_id, second).overrides == first
        assert store.get_assessment(trace_id, first).overrides is None

    def test_changes_nothing_else_of_the_other(self, store: AbstractStore, trace_id: str) -> None:
        before = store.create_assessment(feedback(trace_id, last_update_time_ms=17))
        made(store, feedback(trace_id, overrides=before.assessment_id))
        after = store.get_assessment(trace_id, before.assessment_id)
        before.valid = False
        assert after == before

    def test_may_cross_kinds(self, store: AbstractStore, trace_id: str) -> None:
        first = made(store, expectation(trace_id))
        second = made(store, feedback(trace_id, overrides=first))
        assert validity(store, trace_id) == {first: False, second: True}

    def test_may_be_of_another_name(self, store: AbstractStore, trace_id: str) -> None:
        first = made(store, feedback(trace_id, "a"))
        second = made(store, feedback(trace_id, "b", overrides=first))
        assert validity(store, trace_id) == {first: False, second: True}

    def test_may_go_on(self, store: AbstractStore, trace_id: str) -> None:
        first, second, third = chain(store, trace_id, 3)
        assert validity(store, trace_id) == {first: False, second: False, third: True}

    def test_twice_leaves_both_that_override(self, store: AbstractStore, trace_id: str) -> None:
        first = made(store, feedback(trace_id))
        second, third = (made(store, feedback(trace_id, overrides=first)) for _ in range(2))
        assert validity(store, trace_id) == {first: False, second: True, third: True}

    def test_leaves_others_of_the_name(self, store: AbstractStore, trace_id: str) -> None:
        first, other = made(store, feedback(trace_id)), made(store, feedback(trace_id))
        second = made(store, feedback(trace_id, overrides=first))
        assert validity(store, trace_id) == {first: False, other: True, second: True}

    def test_nothing_is_no_overriding(self, store: AbstractStore, trace_id: str) -> None:
        first = made(store, feedback(trace_id))
        second = store.create_assessment(feedback(trace_id, overrides=""))
        assert second.overrides == ""
        assert validity(store, trace_id) == {first: True, second.assessment_id: True}

    @pytest.mark.parametrize("change", [{}, {"name": "new"}])
    def test_outlives_updates_of_both(
        self, store: AbstractStore, trace_id: str, change: dict[str, str]
    ) -> None:
        first, second = chain(store, trace_id, 2)
        for each in (first, second):
            store.update_assessment(trace_id, each, **change)
        assert validity(store, trace_id) == {first: False, second: True}
        assert store.get_assessment(trace_id, second).overrides == first


class TestRefusedOverriding:
    @KIND
    def test_of_an_unknown_one(self, store: AbstractStore, trace_id: str, build: Builder) -> None:
        unknown = unknown_assessment_id()
        text = f"Assessment with ID '{unknown}' not found for trace '{trace_id}'"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.create_assessment(build(trace_id, overrides=unknown))
        assert on_trace(store, trace_id) == []

    def test_of_one_of_another_trace(self, store: AbstractStore, trace_id: str) -> None:
        other = assessed_trace(store)
        foreign = made(store, feedback(other))
        text = f"Assessment with ID '{foreign}' not found for trace '{trace_id}'"
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            store.create_assessment(feedback(trace_id, overrides=foreign))
        assert validity(store, other) == {foreign: True}

    def test_of_itself(self, store: AbstractStore, trace_id: str) -> None:
        own = unknown_assessment_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Assessment with ID '{own}' not found"):
            store.create_assessment(feedback(trace_id, assessment_id=own, overrides=own))

    def test_is_told_before_an_id_in_use(self, store: AbstractStore, trace_id: str) -> None:
        first, unknown = made(store, feedback(trace_id)), unknown_assessment_id()
        with refused("RESOURCE_DOES_NOT_EXIST", f"Assessment with ID '{unknown}' not found"):
            store.create_assessment(feedback(trace_id, assessment_id=first, overrides=unknown))

    def test_for_an_id_in_use_hides_nothing(self, store: AbstractStore, trace_id: str) -> None:
        first, second = made(store, feedback(trace_id)), made(store, feedback(trace_id))
        with refused("INTERNAL_ERROR", "constraint violation"):
            store.create_assessment(feedback(trace_id, assessment_id=first, overrides=second))
        assert validity(store, trace_id) == {first: True, second: True}

    def test_for_an_id_in_use_elsewhere_hides_nothing(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        foreign, target = (
            made(store, feedback(assessed_trace(store))),
            made(store, feedback(trace_id)),
        )
        with refused("INTERNAL_ERROR", "constraint violation"):
            store.create_assessment(feedback(trace_id, assessment_id=foreign, overrides=target))
        assert validity(store, trace_id) == {target: True}

    def test_for_a_lacking_name_hides_nothing(self, store: AbstractStore, trace_id: str) -> None:
        target = made(store, feedback(trace_id))
        given = feedback(trace_id, overrides=target)
        given.name = None
        with refused("INTERNAL_ERROR", "constraint violation"):
            store.create_assessment(given)
        assert validity(store, trace_id) == {target: True}


class TestDeletion:
    @KIND
    def test_of_what_overrides_brings_the_other_back(
        self, store: AbstractStore, trace_id: str, build: Builder
    ) -> None:
        first = made(store, build(trace_id))
        second = made(store, build(trace_id, overrides=first))
        store.delete_assessment(trace_id, second)
        assert validity(store, trace_id) == {first: True}

    def test_of_the_last_of_a_chain_brings_one_back(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        first, second, third = chain(store, trace_id, 3)
        store.delete_assessment(trace_id, third)
        assert validity(store, trace_id) == {first: False, second: True}

    def test_of_the_middle_of_a_chain_brings_the_first_back(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        first, second, third = chain(store, trace_id, 3)
        store.delete_assessment(trace_id, second)
        assert validity(store, trace_id) == {first: True, third: True}

    def test_of_one_of_two_that_override_brings_the_other_back(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        first = made(store, feedback(trace_id))
        second, third = (made(store, feedback(trace_id, overrides=first)) for _ in range(2))
        store.delete_assessment(trace_id, second)
        assert validity(store, trace_id) == {first: True, third: True}

    def test_of_what_is_overridden_leaves_the_other_pointing(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        first, second = chain(store, trace_id, 2)
        store.delete_assessment(trace_id, first)
        assert validity(store, trace_id) == {second: True}
        assert store.get_assessment(trace_id, second).overrides == first

    def test_of_both_leaves_nothing(self, store: AbstractStore, trace_id: str) -> None:
        for each in chain(store, trace_id, 2):
            store.delete_assessment(trace_id, each)
        assert on_trace(store, trace_id) == []

    def test_of_what_overrides_changes_nothing_else_of_the_other(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        before = store.create_assessment(feedback(trace_id, last_update_time_ms=17))
        second = made(store, feedback(trace_id, overrides=before.assessment_id))
        store.delete_assessment(trace_id, second)
        assert on_trace(store, trace_id) == [before]

    def test_of_what_points_nowhere_is_quiet(self, store: AbstractStore, trace_id: str) -> None:
        dangling = feedback(overrides=unknown_assessment_id())
        trace_id = assessed_trace(store, dangling)
        store.delete_assessment(trace_id, dangling.assessment_id)
        assert on_trace(store, trace_id) == []

    def test_an_id_made_anew_is_what_the_other_points_at(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        first, second = chain(store, trace_id, 2)
        store.delete_assessment(trace_id, first)
        made(store, feedback(trace_id, assessment_id=first))
        assert validity(store, trace_id) == {first: True, second: True}

    def test_brings_back_what_was_hidden_on_another_trace(
        self, store: AbstractStore, trace_id: str
    ) -> None:
        first, second = chain(store, trace_id, 2)
        foreign = feedback(overrides=first)
        elsewhere = assessed_trace(store, foreign)
        store.delete_assessment(elsewhere, foreign.assessment_id)
        assert validity(store, trace_id) == {first: True, second: True}


class TestOverridesOfAStartedTrace:
    def test_hide_nothing(self, store: AbstractStore) -> None:
        first = feedback(assessment_id=unknown_assessment_id())
        second = feedback(overrides=first.assessment_id)
        trace_id = assessed_trace(store, first, second)
        assert validity(store, trace_id) == {
            first.assessment_id: True,
            second.assessment_id: True,
        }
        assert store.get_assessment(trace_id, second.assessment_id).overrides == (
            first.assessment_id
        )

    def test_need_not_exist(self, store: AbstractStore) -> None:
        dangling = feedback(overrides=unknown_assessment_id())
        trace_id = assessed_trace(store, dangling)
        assert on_trace(store, trace_id)[0].overrides == dangling.overrides

    def test_come_back_when_it_is_started_again(self, store: AbstractStore) -> None:
        first = feedback()
        trace_id = assessed_trace(store, first)
        second = made(store, feedback(trace_id, overrides=first.assessment_id))
        info = store.get_trace_info(trace_id)
        store.start_trace(finished_trace(info.experiment_id, [first], trace_id=trace_id))
        assert validity(store, trace_id) == {first.assessment_id: True, second: True}

    def test_stay_hidden_when_it_is_started_without_them(self, store: AbstractStore) -> None:
        trace_id = assessed_trace(store)
        first, second = chain(store, trace_id, 2)
        info = store.get_trace_info(trace_id)
        store.start_trace(finished_trace(info.experiment_id, trace_id=trace_id))
        assert validity(store, trace_id) == {first: False, second: True}
