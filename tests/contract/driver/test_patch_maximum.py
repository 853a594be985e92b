"""patch: the database decides which of two ordered sub-documents is the greater."""

from typing import Any

import pytest

from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import equals

from .deck import Table, in_threads


def point(step: Any, time: Any, value: Any) -> dict[str, Any]:
    return {"step": step, "time": time, "value": value}


class TestMaximum:
    @pytest.fixture(autouse=True)
    def _supported(self, table: Table) -> None:
        table.requires(Feature.PATCH_MAX)

    @pytest.mark.parametrize(
        ("lesser", "greater"),
        [
            (point(1, 1, 1.0), point(2, 0, 0.0)),
            (point(1, 1, 1.0), point(1, 2, 0.0)),
            (point(1, 1, 1.0), point(1, 1, 1.5)),
            (point(9, 1, 1.0), point(10, 1, 1.0)),
            (point(-1, 1, 1.0), point(0, 1, 1.0)),
            (point(-(2**63), 1, 1.0), point(2**63 - 1, 1, 1.0)),
            (point(2**63 - 2, 1, 1.0), point(2**63 - 1, 1, 0.0)),
            (point(1, 1, 1), point(1, 1, 1.5)),
            (point(1, 1, 0.5), point(1, 1, 1)),
            (point(1, 1, None), point(1, 1, -5.0)),
            (point(1, None, 9.0), point(1, 0, 0.0)),
            (point(None, 9, 9.0), point(-(2**63), 0, 0.0)),
            (point("a", 1, 1.0), point("b", 0, 0.0)),
            (point("Z", 1, 1.0), point("a", 0, 0.0)),
            (point("a", 1, 9.0), point("a", 2, 0.0)),
            (point(9, 1, 1.0), point("a", 0, 0.0)),
            (point(None, 9, 9.0), point("", 0, 0.0)),
        ],
        ids=str,
    )
    def test_the_greater_stays_whichever_came_first(
        self, table: Table, lesser: dict[str, Any], greater: dict[str, Any]
    ) -> None:
        table.put(a={"m": lesser}, b={"m": greater})
        table.patch("a", maximum={"m": greater})
        table.patch("b", maximum={"m": lesser})
        assert (table.get("a")["m"], table.get("b")["m"]) == (greater, greater)

    def test_an_equal_one_changes_nothing(self, table: Table) -> None:
        table.put(a={"m": point(1, 2, 0.5)})
        assert table.patch(maximum={"m": point(1, 2, 0.5)}).matched is True
        assert table.get()["m"] == point(1, 2, 0.5)

    def test_anything_is_greater_than_a_missing_one(self, table: Table) -> None:
        table.put(a={})
        table.patch(maximum={"m.loss": point(-5, -5, None)})
        assert table.get() == {"_id": "a", "m": {"loss": point(-5, -5, None)}}

    def test_anything_is_greater_than_a_null(self, table: Table) -> None:
        table.put(a={"m": None})
        table.patch(maximum={"m": point(-5, -5, None)})
        assert table.get()["m"] == point(-5, -5, None)

    def test_several_are_decided_one_by_one(self, table: Table) -> None:
        table.put(a={"m": {"up": point(1, 1, 1.0), "down": point(5, 5, 5.0)}})
        maximum = {f"m.{name}": point(3, 3, 3.0) for name in ("up", "down", "new")}
        table.patch(maximum=maximum)
        assert table.get()["m"] == {
            "up": point(3, 3, 3.0),
            "down": point(5, 5, 5.0),
            "new": point(3, 3, 3.0),
        }

    def test_hundreds_at_once(self, table: Table) -> None:
        table.put(a={"m": {f"k{number}": point(number, 0, 0.0) for number in range(300)}})
        table.patch(maximum={f"m.k{number}": point(150, 0, 1.0) for number in range(300)})
        steps = [table.get()["m"][f"k{number}"]["step"] for number in range(300)]
        assert steps == [max(150, number) for number in range(300)]

    def test_with_other_changes_in_one_patch(self, table: Table) -> None:
        table.put(a={"m": point(2, 2, 2.0)})
        table.patch(maximum={"m": point(1, 1, 1.0)}, set={"x": 1}, push={"l": [1]})
        assert table.get() == {"_id": "a", "m": point(2, 2, 2.0), "x": 1, "l": [1]}

    def test_not_where_the_precondition_fails(self, table: Table) -> None:
        table.put(a={"m": point(1, 1, 1.0)})
        table.patch(when=equals("x", 1), maximum={"m": point(2, 2, 2.0)})
        assert table.get()["m"] == point(1, 1, 1.0)

    def test_of_writers_at_once_the_greatest_wins(self, table: Table) -> None:
        table.put(a={})

        def write(thread: int) -> None:
            for turn in range(10):
                step = (turn * 37 + thread * 11) % 80
                table.patch(maximum={"m.loss": point(step, thread, 0.5)})

        in_threads(write)
        written = [(turn * 37 + thread * 11) % 80 for turn in range(10) for thread in range(8)]
        assert table.get()["m"]["loss"]["step"] == max(written)


def test_it_is_refused_where_it_is_lacking(table: Table) -> None:
    table.lacks(Feature.PATCH_MAX)
    table.put(a={})
    with pytest.raises(Unsupported):
        table.patch(maximum={"m": point(1, 1, 1.0)})
    assert table.get() == {"_id": "a"}
