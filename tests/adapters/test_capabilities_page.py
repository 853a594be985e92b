"""docs/capabilities.md says what adapters and profiles say."""

from pathlib import Path

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


def test_what_is_done_in_a_databases_stead_is_not_passed_off_as_its_own() -> None:
    row = next(line for line in page().splitlines() if line.startswith("| `sort_unindexed`"))
    assert [cell.strip() for cell in row.split("|")[2:-1]] == ["yes"] * 5 + ["here", "yes", "here"]
