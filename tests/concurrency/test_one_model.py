"""Eight processes on one registered model. What is checked is read by one that did not write it."""

from collections import Counter
from collections.abc import Callable, Sequence
from uuid import uuid4

import pytest
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.abstract_store import AbstractStore

from . import registry_jobs as jobs
from .conftest import SIZE
from .processes import Refused, Team

Fresh = Callable[[], AbstractStore]

PRODUCTION = "Production"


@pytest.fixture
def name(fresh: Fresh) -> str:
    """A model without versions."""
    made = f"model-{uuid4().hex}"
    fresh().create_registered_model(made)
    return made


def with_versions(store: AbstractStore, name: str, count: int) -> None:
    for number in range(count):
        store.create_model_version(name, f"s3://bucket/{number}")


def found(store: AbstractStore, name: str) -> dict[int, str]:
    """Sources of versions by number, as a search finds them; none twice."""
    versions = store.search_model_versions(f"name = '{name}'")
    sources = {version.version: version.source for version in versions}
    assert len(sources) == len(versions)
    return sources


def stages(fresh: Fresh, name: str, count: int) -> dict[int, str]:
    """Stages of versions by number, which all ways to read them must agree on.

    The search comes first: whoever reads a single version may put right what a search finds.
    """
    versions = fresh().search_model_versions(f"name = '{name}'")
    searched = {version.version: version.current_stage for version in versions}
    newest = {stage: number for number, stage in sorted(searched.items())}
    for store in (fresh(), fresh()):
        latest = store.get_latest_versions(name)
        assert {version.current_stage: version.version for version in latest} == newest
    model = fresh().get_registered_model(name)
    assert {one.current_stage: one.version for one in model.latest_versions} == newest
    store = fresh()
    single = [store.get_model_version(name, number) for number in range(1, count + 1)]
    assert {version.version: version.current_stage for version in single} == searched
    return searched


def merged(answers: Sequence[dict[int, str]]) -> dict[int, str]:
    """What all processes have made; no number was given twice."""
    made = {number: source for answer in answers for number, source in answer.items()}
    assert sum(map(len, answers)) == len(made)
    return made


def test_versions_are_numbered_without_gaps_and_none_is_lost(
    registrars: Team, fresh: Fresh, name: str
) -> None:
    made = merged(registrars.do(jobs.create_versions, name))
    assert sorted(made) == list(range(1, SIZE * jobs.WRITES + 1))
    assert found(fresh(), name) == made
    (latest,) = fresh().get_latest_versions(name)
    assert latest.version == SIZE * jobs.WRITES


def test_one_process_creates_a_model(registrars: Team, fresh: Fresh) -> None:
    name = f"model-{uuid4().hex}"
    answers = registrars.do(jobs.create_model, name)
    assert Counter(answers) == {None: 1, Refused("RESOURCE_ALREADY_EXISTS"): SIZE - 1}
    assert fresh().get_registered_model(name).description == str(answers.index(None))
    assert [one.name for one in fresh().search_registered_models(f"name = '{name}'")] == [name]


@pytest.mark.parametrize("through", [[PRODUCTION], ["Staging", PRODUCTION]], ids="-".join)
def test_the_version_promoted_last_is_alone_in_the_stage(
    registrars: Team, fresh: Fresh, name: str, through: list[str]
) -> None:
    with_versions(fresh(), name, SIZE)
    assert registrars.do(jobs.promote_own, name, through) == [None] * SIZE
    assert Counter(stages(fresh, name, SIZE).values()) == {PRODUCTION: 1, "Archived": SIZE - 1}


def test_no_two_versions_are_in_production_whatever_is_moved(
    registrars: Team, fresh: Fresh, name: str
) -> None:
    with_versions(fresh(), name, 5)
    assert registrars.do(jobs.move_at_random, name, 5) == [None] * SIZE
    assert Counter(stages(fresh, name, 5).values())[PRODUCTION] <= 1


def test_an_alias_that_is_set_and_deleted_leads_to_a_version_or_nowhere(
    registrars: Team, fresh: Fresh, name: str
) -> None:
    with_versions(fresh(), name, 4)
    answers = registrars.do(jobs.set_delete_or_follow_alias, name, 4)
    followed = {place for answer in answers for place in answer}
    assert followed <= {*found(fresh(), name).values(), jobs.NO_ALIAS}
    assert followed
    check_alias(fresh, name)


def test_no_alias_survives_its_version(registrars: Team, fresh: Fresh, name: str) -> None:
    count = 12
    with_versions(fresh(), name, count + 1)
    sources = set(found(fresh(), name).values())
    answers = registrars.do(jobs.delete_versions_with_alias, name, count)
    followed = {place for answer in answers for place in answer}
    assert followed <= {*sources, jobs.NO_ALIAS, jobs.MISSING}
    assert followed
    assert list(found(fresh(), name)) == [count + 1]
    check_alias(fresh, name)


def check_alias(fresh: Fresh, name: str) -> None:
    """It leads to a version that is found, and knows it, or is not there."""
    aliases = fresh().get_registered_model(name).aliases
    try:
        version = fresh().get_model_version_by_alias(name, jobs.ALIAS)
    except MlflowException as error:
        assert error.error_code == jobs.NO_ALIAS  # noqa: PT017 - either answer is one
        assert aliases == {}
        return
    assert aliases == {jobs.ALIAS: version.version}
    assert version.aliases == [jobs.ALIAS]
    assert version.version in found(fresh(), name)


def test_versions_follow_a_model_that_is_renamed_while_they_are_made(
    registrars: Team, fresh: Fresh, name: str
) -> None:
    names = [name, *(f"{name}-{number}" for number in range(SIZE))]
    made = merged(registrars.do(jobs.rename_or_create_versions, names))
    assert sorted(made) == list(range(1, (SIZE - 1) * jobs.WRITES + 1))
    assert found(fresh(), names[-1]) == made
    store = fresh()
    for number in made:
        assert store.get_model_version(names[-1], number).name == names[-1]
    for old in names[:-1]:
        assert found(fresh(), old) == {}
        with pytest.raises(MlflowException, match="not found"):
            store.get_registered_model(old)


@pytest.mark.parametrize("attempt", range(3))
def test_nothing_is_left_of_a_model_that_is_deleted_while_versions_are_made(
    registrars: Team, fresh: Fresh, name: str, attempt: int
) -> None:
    del attempt
    answers = registrars.do(jobs.delete_or_create_versions, name, False)
    assert sum(map(len, answers)) > 0
    assert found(fresh(), name) == {}
    store = fresh()
    assert [one.name for one in store.search_registered_models(f"name = '{name}'")] == []
    store.create_registered_model(name)
    assert store.create_model_version(name, "anew").version == 1
    assert found(fresh(), name) == {1: "anew"}
    assert [one.source for one in fresh().get_latest_versions(name)] == ["anew"]


@pytest.mark.parametrize("attempt", range(3))
def test_a_model_made_anew_has_versions_of_its_own(
    registrars: Team, fresh: Fresh, name: str, attempt: int
) -> None:
    del attempt
    answers = registrars.do(jobs.delete_or_create_versions, name, True)
    made = {(number, place) for answer in answers for number, place in answer.items()}
    present = found(fresh(), name)
    assert sorted(present) == list(range(1, len(present) + 1))
    assert made >= set(present.items())
    assert fresh().create_model_version(name, "next").version == len(present) + 1


def test_tags_are_not_lost(registrars: Team, fresh: Fresh, name: str) -> None:
    with_versions(fresh(), name, 1)
    assert registrars.do(jobs.set_tags, name) == [None] * SIZE
    last = jobs.WRITES - 1
    for tags in (
        fresh().get_registered_model(name).tags,
        fresh().get_model_version(name, 1).tags,
    ):
        assert tags.pop("shared") in {f"{number}-{last}" for number in range(SIZE)}
        assert tags == {f"own{number}": str(last) for number in range(SIZE)}
