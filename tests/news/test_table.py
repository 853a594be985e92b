"""Rows of docs/mlflow-versions.md."""

import pytest

from .__main__ import JUDGED, PAGE
from .table import BEGIN, END, Verdict, with_row

EMPTY = f"before\n{BEGIN}\n{END}\nafter\n"
HEADER = "| MLflow | on the dependencies of | contract |\n| --- | --- | --- |"


def test_first_row_makes_the_table() -> None:
    page = with_row(EMPTY, "3.18.0", "3.17.2", {"contract": Verdict(12, ("FAILED x",))})
    row = "| 3.18.0 | 3.17.2 | 12 pass, 1 fail |"
    assert page == f"before\n{BEGIN}\n{HEADER}\n{row}\n{END}\nafter\n"


def test_release_judged_again_has_one_row_and_the_newest_comes_first() -> None:
    page = EMPTY
    for release, passed in [("3.9.0", 1), ("3.18.0", 2), ("3.19.0rc1", 3), ("3.9.0", 4)]:
        page = with_row(page, release, release, {"contract": Verdict(passed)})
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| 3")]
    assert [(row[0], row[2]) for row in rows] == [
        ("| 3.19.0rc1", "3 pass |"),
        ("| 3.18.0", "2 pass |"),
        ("| 3.9.0", "4 pass |"),
    ]


def test_page_without_a_generated_part_is_left_alone() -> None:
    with pytest.raises(ValueError, match="written by"):
        with_row("nothing generated", "3.18.0", "3.18.0", {})


@pytest.mark.parametrize("release", ["3.14.0", "3.18.0"])
def test_page_of_the_docs_says_that_both_ends_pass(release: str) -> None:
    lines = PAGE.read_text("utf-8").splitlines()
    (row,) = [line for line in lines if line.startswith(f"| {release} |")]
    assert row.count(" pass") == len(JUDGED)
    assert " fail" not in row
