"""docs/capabilities.md says what adapters and profiles say."""

from pathlib import Path

from mlflow_docstore.compat.schemes import adapter_entry_points
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.testing.capabilities_page import page

PAGE = Path(__file__).parents[2] / "docs" / "capabilities.md"


def test_the_page_is_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(), (
        "python -m mlflow_docstore.testing.capabilities_page > docs/capabilities.md"
    )


def test_every_feature_is_explained_and_answered() -> None:
    lines = page().splitlines()
    for feature in Feature:
        assert any(line.startswith(f"| `{feature.value}` | ") for line in lines)
        explained = next(line for line in lines if line.startswith(f"- `{feature.value}`: "))
        assert explained.endswith(".")


def cells(start: str) -> dict[str, str]:
    """A row of the table that begins so, by the titles of its columns."""
    lines = page().splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(start))
    head = next(line for line in reversed(lines[:at]) if line.startswith("|  | "))
    titles, row = ([cell.strip() for cell in line.split("|")[2:-1]] for line in (head, lines[at]))
    return dict(zip(titles, row, strict=True))


def test_what_is_done_in_a_databases_stead_is_not_passed_off_as_its_own() -> None:
    row = cells("| `sort_unindexed`")
    assert row["Azure Cosmos DB for MongoDB (RU)"] == "here"
    assert row["MongoDB"] == "yes"


def test_every_database_that_an_adapter_of_ours_declares_has_a_column() -> None:
    ours = [one for one in adapter_entry_points().values() if one.module.startswith("mlflow_docs")]
    adapters = {one.load() for one in ours}
    assert all(adapter.declared for adapter in adapters)
    titles = {one.title for adapter in adapters for one in adapter.declared}
    assert cells("| `join`").keys() == titles
