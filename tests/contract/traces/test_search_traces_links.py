"""Filters of search_traces on what a trace is linked to: runs, prompts and issues."""

import uuid

import pytest
from mlflow.entities import IssueReference
from mlflow.entities.model_registry import PromptVersion
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.tracing.constant import TraceMetadataKey

from .trace_search_scenarios import NamedTraces, named_traces

pytestmark = pytest.mark.area("traces")

SOURCE_RUN = TraceMetadataKey.SOURCE_RUN


@pytest.fixture(scope="module")
def run_ids() -> dict[str, str]:
    """Runs that need not exist: MLflow asks only what the traces say."""
    return {name: uuid.uuid4().hex for name in ("mine", "other", "neither")}


@pytest.fixture(scope="module")
def of_runs(store: AbstractStore, run_ids: dict[str, str]) -> NamedTraces:
    """Traces made by a run, linked to it, both, made by one and linked to another, and neither."""
    mine, other = run_ids["mine"], run_ids["other"]
    made_by = {"made": mine, "both": mine, "crossed": other, "others": other}
    wanted = {
        name: {"metadata": {SOURCE_RUN: made_by[name]} if name in made_by else {}}
        for name in ("made", "linked", "both", "crossed", "others", "none")
    }
    traces = named_traces(store, wanted)
    linked = [traces.ids[name] for name in ("linked", "both", "crossed")]
    store.link_traces_to_run(linked, mine)
    return traces


@pytest.mark.parametrize(
    "field",
    [
        "run_id",
        "attributes.run_id",
        "trace.run_id",
        "metadata.run_id",
        f"metadata.`{SOURCE_RUN}`",
        f"metadata.{SOURCE_RUN}",
        f"request_metadata.`{SOURCE_RUN}`",
    ],
)
def test_run_finds_traces_that_it_made_or_is_linked_to(
    of_runs: NamedTraces, run_ids: dict[str, str], field: str
) -> None:
    assert of_runs.matching(f"{field} = '{run_ids['mine']}'") == [
        "both",
        "crossed",
        "linked",
        "made",
    ]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("run_id = '{other}'", ["crossed", "others"]),
        ("run_id = '{neither}'", []),
        ("run_id = ''", ["both", "crossed", "linked", "made", "none", "others"]),
        ("run_id != '{mine}'", ["crossed", "others"]),
        ("run_id LIKE '{mine}'", ["both", "made"]),
        ("run_id LIKE '%'", ["both", "crossed", "made", "others"]),
        ("run_id ILIKE '{mine}%'", ["both", "made"]),
        ("run_id RLIKE '^{other}$'", ["crossed", "others"]),
        ("run_id IS NULL", ["linked", "none"]),
        ("run_id IS NOT NULL", ["both", "crossed", "made", "others"]),
        ("run_id = '{other}' AND run_id = '{mine}'", ["both", "crossed", "linked", "made"]),
        ("run_id = '{mine}' AND run_id = '{other}'", ["crossed", "others"]),
        ("run_id = '{mine}' AND run_id IS NULL", ["linked"]),
        ("run_id = '{mine}' AND run_id != '{mine}'", ["crossed"]),
        (
            "run_id = '{mine}' AND run_id = ''",
            ["both", "crossed", "linked", "made", "none", "others"],
        ),
    ],
)
def test_only_equality_looks_at_links(
    of_runs: NamedTraces, run_ids: dict[str, str], question: str, expected: list[str]
) -> None:
    assert of_runs.matching(question.format(**run_ids)) == expected


def test_run_finds_nothing_in_other_experiments(
    store: AbstractStore, of_runs: NamedTraces, run_ids: dict[str, str]
) -> None:
    elsewhere = named_traces(store, {"it": {}})
    store.link_traces_to_run([elsewhere.ids["it"]], run_ids["mine"])
    assert len(of_runs.found(f"run_id = '{run_ids['mine']}'")) == 4


@pytest.fixture(scope="module")
def prompted(store: AbstractStore) -> NamedTraces:
    """Traces of prompts by association, one with only the tag that MLflow's client writes."""
    links = {"first": [("qa", 1)], "second": [("qa", 2)], "both": [("qa", 1), ("sum up", 3)]}
    tagged = {"mlflow.linkedPrompts": '[{"name": "qa", "version": "1"}]'}
    traces = named_traces(store, {**{name: {} for name in links}, "tag": {"tags": tagged}})
    for name, versions in links.items():
        store.link_prompts_to_trace(
            traces.ids[name], [PromptVersion(prompt, number, "text") for prompt, number in versions]
        )
    return traces


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("prompt = 'qa/1'", ["both", "first"]),
        ('prompt = "qa/1"', ["both", "first"]),
        ("attributes.prompt = 'qa/2'", ["second"]),
        ("trace.prompt = 'sum up/3'", ["both"]),
        ("tags.prompt = 'qa/1'", ["both", "first"]),
        ("tags.`mlflow.linkedPrompts` = 'qa/1'", ["both", "first"]),
        ("prompt = 'qa/1' AND prompt = 'sum up/3'", ["both"]),
        ("prompt = 'qa/1' AND prompt = 'qa/2'", []),
        ("prompt = 'QA/1'", []),
        ("prompt = 'qa/01'", []),
        ("prompt = 'qa/'", []),
        ("prompt = '/1'", []),
        ("prompt = 'qa/%'", []),
    ],
)
def test_prompt_finds_traces_associated_with_it(
    prompted: NamedTraces, question: str, expected: list[str]
) -> None:
    assert prompted.matching(question) == expected


@pytest.fixture(scope="module")
def with_issues(store: AbstractStore) -> NamedTraces:
    """Traces that refer to one issue, to two, and to none."""

    def references(*names: str) -> dict[str, object]:
        return {"assessments": [IssueReference(issue_id=n, issue_name=n.upper()) for n in names]}

    return named_traces(
        store,
        {"one": references("iss-a"), "two": references("iss-a", "iss-b"), "none": {}},
    )


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("issue.id = 'iss-a'", ["one", "two"]),
        ('issue.id = "iss-b"', ["two"]),
        ("issue.id = 'iss-c'", []),
        ("issue.id = 'ISS-A'", []),
        ("issue.id = 'iss-a' AND issue.id = 'iss-b'", ["two"]),
        ("issue.id = 'iss-a' AND status = 'OK'", ["one", "two"]),
        ("issue.id = 'iss-a' AND status = 'ERROR'", []),
        ("feedback.`iss-a` IS NOT NULL", []),
    ],
)
def test_issue_finds_traces_that_refer_to_it(
    with_issues: NamedTraces, question: str, expected: list[str]
) -> None:
    assert with_issues.matching(question) == expected
