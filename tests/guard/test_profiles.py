"""Tables of rules: whole, sourced, and read strictly."""

from pathlib import Path

import pytest

from mlflow_docstore.testing.guard.profiles import (
    COLUMNS,
    OTHERS,
    ROLES,
    Profile,
    load_profile,
    profile_names,
    read_profile,
)

PROFILES = [load_profile(name) for name in profile_names()]
HEAD = ",".join(COLUMNS)

# What is in a command has one of these roles; some of them are told by lists that are never whole.
CLOSED = set(ROLES) - {"form", "option", "session", "transaction"}

named = pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)


@named
def test_every_rule_has_its_source(profile: Profile) -> None:
    assert [rule for rule in profile.rules.values() if not rule.source.strip()] == []


@named
def test_every_name_is_answered(profile: Profile) -> None:
    kinds = {kind for kind, name in profile.rules if name == OTHERS}
    assert kinds == set(ROLES) - {"form"}


@named
def test_what_nobody_knows_is_refused(profile: Profile) -> None:
    refused = {kind for kind in CLOSED if profile.objection((kind, "$neverHeardOf")) is not None}
    assert refused == CLOSED


@named
def test_every_refusal_can_be_told(profile: Profile) -> None:
    for rule in profile.rules.values():
        if rule.value == "no":
            objection = profile.objection((rule.kind, rule.name))
            assert objection is not None
            assert objection.code
            assert objection.text
    for name, limit in profile.limits.items():
        excess = profile.excess(name, limit + 1)
        assert excess is not None
        assert excess.text
        assert profile.excess(name, limit) is None


def test_all_profiles_know_the_same_names() -> None:
    # Or a name that one of them forgot would be judged by the row for all others.
    roles = set(ROLES) - {"command", "option", "session", "transaction", "partial filter"}
    known = {
        profile.name: {feature for feature in profile.rules if feature[0] in roles}
        for profile in PROFILES
    }
    every = set.union(*known.values())
    assert {name: sorted(every - have) for name, have in known.items() if every - have} == {}


def test_a_table_of_ones_own_is_a_profile(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f"{HEAD}\nstage,*,no,7,no {{name}} here,me\nstage,$match,yes,,,me\n")
    profile = load_profile(str(path))
    assert profile.name == "mine"
    assert profile.objection(("stage", "$match")) is None
    objection = profile.objection(("stage", "$facet"))
    assert objection is not None
    assert objection.reply == {"ok": 0.0, "code": 7, "errmsg": "no $facet here"}


def test_a_kind_that_it_says_nothing_of_is_an_error() -> None:
    with pytest.raises(KeyError, match="mine has no row for stage"):
        read_profile("mine", [HEAD]).objection(("stage", "$match"))


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no profile 'oracle': there are azure-documentdb, "):
        load_profile("oracle")


@pytest.mark.parametrize(
    ("lines", "trouble"),
    [
        (["kind,name", "stage,$match"], "mine: the columns are not kind, name, value"),
        ([HEAD, "stage,$match,yes,,,me", "stage,$match,no,,,me"], "mine: two rows of stage"),
        ([HEAD, "stage,$match,maybe,,,me"], "mine: stage .match is neither yes nor no"),
        ([HEAD, "stage,$match,yes,,,"], "mine: stage .match has no source"),
        ([HEAD, "stages,$match,yes,,,me"], "mine: 'stages' is no kind of rule"),
        ([HEAD, "stage,$match,yes"], "mine: a row of stage .match is cut short"),
    ],
)
def test_a_table_that_is_not_in_order_is_refused(lines: list[str], trouble: str) -> None:
    with pytest.raises(ValueError, match=trouble):
        read_profile("mine", lines)
