"""Filters of search_runs on params and tags: text, patterns, keys, presence."""

from typing import Any

import pytest
from mlflow.entities import RunTag
from mlflow.store.tracking.abstract_store import AbstractStore

from ..search_scenarios import NamedRuns, named_runs
from ..text_questions import QUESTIONS, TEXTS

pytestmark = pytest.mark.area("runs")


@pytest.fixture(scope="module")
def texts(store: AbstractStore) -> NamedRuns:
    """Each text as a param and as a tag, and a run that has neither."""
    wanted = {
        name: {"params": {"text": value}, "tags": {"text": value}} for name, value in TEXTS.items()
    }
    return named_runs(store, wanted | {"none": {}})


@pytest.mark.parametrize("kind", ["params", "tags"])
@pytest.mark.parametrize(("question", "expected"), QUESTIONS)
def test_text_is_matched(texts: NamedRuns, kind: str, question: str, expected: set[str]) -> None:
    assert texts.matching(f"{kind}.text {question}") == sorted(expected)


@pytest.mark.parametrize("kind", ["params", "tags"])
def test_unequal_needs_the_key(texts: NamedRuns, kind: str) -> None:
    assert texts.matching(f"{kind}.text != 'alpha'") == sorted(TEXTS.keys() - {"lower"})


@pytest.mark.parametrize("kind", ["params", "tags"])
@pytest.mark.parametrize("test", ["IS NULL", "is null"])
def test_is_null_finds_runs_without_the_key(texts: NamedRuns, kind: str, test: str) -> None:
    assert texts.matching(f"{kind}.text {test}") == ["none"]


@pytest.mark.parametrize("kind", ["params", "tags"])
@pytest.mark.parametrize("test", ["IS NOT NULL", "is not null"])
def test_is_not_null_finds_runs_with_the_key(texts: NamedRuns, kind: str, test: str) -> None:
    assert texts.matching(f"{kind}.text {test}") == sorted(TEXTS)


@pytest.mark.parametrize("kind", ["params", "tags"])
def test_is_null_of_an_unknown_key_finds_every_run(texts: NamedRuns, kind: str) -> None:
    assert texts.matching(f"{kind}.nobody IS NULL") == sorted(texts.ids)


@pytest.mark.parametrize("kind", ["params", "tags"])
def test_clauses_on_one_key_all_hold(texts: NamedRuns, kind: str) -> None:
    question = f"{kind}.text LIKE 'al%' AND {kind}.text LIKE '%a' AND {kind}.text != 'al.ha'"
    assert texts.matching(question) == ["lower"]


@pytest.mark.parametrize("kind", ["params", "tags"])
def test_two_values_of_one_key_match_nothing(texts: NamedRuns, kind: str) -> None:
    assert texts.matching(f"{kind}.text = 'alpha' AND {kind}.text = 'ALPHA'") == []


@pytest.mark.parametrize("kind", ["params", "tags"])
def test_presence_and_value_of_one_key_combine(texts: NamedRuns, kind: str) -> None:
    question = f"{kind}.text IS NOT NULL AND {kind}.text = 'alpha'"
    assert texts.matching(question) == ["lower"]


@pytest.mark.parametrize("kind", ["params", "tags"])
def test_absence_of_one_key_and_value_of_another_combine(store: AbstractStore, kind: str) -> None:
    runs = named_runs(store, {"bare": {kind: {"a": "1"}}, "both": {kind: {"a": "1", "b": "2"}}})
    assert runs.matching(f"{kind}.a = '1' AND {kind}.b IS NULL") == ["bare"]


@pytest.mark.parametrize("prefix", ["param", "params", "parameter", "parameters", "`params`"])
def test_param_filter_may_be_spelled(texts: NamedRuns, prefix: str) -> None:
    assert texts.matching(f"{prefix}.text = 'alpha'") == ["lower"]


@pytest.mark.parametrize("prefix", ["tag", "tags", "`tags`"])
def test_tag_filter_may_be_spelled(texts: NamedRuns, prefix: str) -> None:
    assert texts.matching(f"{prefix}.text = 'alpha'") == ["lower"]


def test_params_and_tags_of_one_name_are_kept_apart(store: AbstractStore) -> None:
    runs = named_runs(store, {"param": {"params": {"k": "v"}}, "tag": {"tags": {"k": "v"}}})
    assert runs.matching("params.k = 'v'") == ["param"]


def test_overwritten_tag_is_found_by_its_new_value_only(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {"tags": {"k": "old"}}})
    store.set_tag(runs.ids["it"], RunTag("k", "new"))
    assert runs.matching("tags.k = 'new'") == ["it"]
    assert runs.matching("tags.k = 'old'") == []


def test_deleted_tag_is_absent(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {"tags": {"k": "v"}}})
    store.delete_tag(runs.ids["it"], "k")
    assert runs.matching("tags.k IS NULL") == ["it"]


def test_longest_param_is_found_by_its_whole_value(store: AbstractStore) -> None:
    runs = named_runs(
        store, {"it": {"params": {"k": "v" * 6000}}, "shorter": {"params": {"k": "v" * 5999}}}
    )
    assert runs.matching(f"params.k = '{'v' * 6000}'") == ["it"]


SPELLINGS = [
    ("val.loss", "val.loss"),
    ("val.loss", "`val.loss`"),
    ("val.loss", '"val.loss"'),
    ("val loss", "`val loss`"),
    ("val loss", "'val loss'"),
    ("val/loss", "`val/loss`"),
    ("val-loss", "`val-loss`"),
    ("val:loss", "`val:loss`"),
    ("gr\N{LATIN SMALL LETTER O WITH DIAERESIS}n", "gr\N{LATIN SMALL LETTER O WITH DIAERESIS}n"),
    ("1", "`1`"),
    ("a.b.c", "a.b.c"),
    (".dot", "`.dot`"),
    ("k" * 250, "k" * 250),
]


@pytest.mark.parametrize(("key", "spelling"), SPELLINGS)
@pytest.mark.parametrize(
    ("kind", "value", "question"),
    [("metrics", 1.0, "= 1"), ("params", "1", "= '1'"), ("tags", "1", "= '1'")],
)
def test_key_of_any_text_is_found(
    store: AbstractStore, kind: str, value: Any, question: str, key: str, spelling: str
) -> None:
    runs = named_runs(store, {"has it": {kind: {key: value}}, "has another": {kind: {"z": value}}})
    assert runs.matching(f"{kind}.{spelling} {question}") == ["has it"]


@pytest.mark.parametrize(
    ("key", "spelling"),
    [
        ("it's", "`it's`"),
        ('say "hi"', '`say "hi"`'),
        ("tick`ed", '"tick`ed"'),
        ("$set", "`$set`"),
        ("a$b", "`a$b`"),
        ("100%", "`100%`"),
        ("a~b", "`a~b`"),
        ("back\\slash", "`back\\slash`"),
    ],
)
def test_tag_given_at_creation_may_have_any_key(
    store: AbstractStore, key: str, spelling: str
) -> None:
    runs = named_runs(store, {"it": {}})
    run = store.create_run(runs.experiment_id, "user", 0, [RunTag(key, "v")], "other")
    found = runs.search(f"tags.{spelling} = 'v'")
    assert [match.info.run_id for match in found] == [run.info.run_id]


@pytest.mark.parametrize("kind", ["params", "tags"])
def test_keys_are_case_sensitive(store: AbstractStore, kind: str) -> None:
    runs = named_runs(store, {"lower": {kind: {"key": "v"}}, "upper": {kind: {"KEY": "v"}}})
    assert runs.matching(f"{kind}.KEY = 'v'") == ["upper"]


def test_percent_in_a_key_is_no_wildcard(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {"tags": {"100x": "v"}}})
    assert runs.matching("tags.`100%` = 'v'") == []


def test_key_with_a_dot_is_not_a_path(store: AbstractStore) -> None:
    runs = named_runs(store, {"it": {"params": {"a": "v"}}})
    assert runs.matching("params.a.b IS NOT NULL") == []
