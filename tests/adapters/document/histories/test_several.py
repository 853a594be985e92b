"""A batch of several metrics is one chunk, and a reader of one metric does not notice."""

import random

import pytest

from mlflow_docstore.adapters.document.codecs.metrics import encode_several, packed_by_key
from mlflow_docstore.adapters.document.driver import Document, Find, Row
from mlflow_docstore.adapters.document.histories import encoding
from mlflow_docstore.adapters.document.histories.chunks import Chunks
from mlflow_docstore.adapters.document.layout import METRICS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.metrics import LARGEST, Point

from .shelf import KEY, RUN, append, append_several, pages, points, stored

ODD_KEYS = ["a.b", "a", "b", "$set", "50%", "x/y", "columns", "é", "%", ""]

ODD_POINTS: list[Point] = [
    (-(2**63), 2**63 - 1, LARGEST, False),
    (-1, -1, -5e-324, False),
    (-1, 0, 0.0, True),
    (0, 0, 0.0, False),
    (0, 0, 0.0, True),
    (2**63 - 1, -(2**63), -LARGEST, False),
]


class TestStoring:
    def test_a_batch_is_one_chunk(self, chunks: Chunks, database: Database) -> None:
        append_several(chunks, {f"k{number}": points(number, 5) for number in range(100)})
        (chunk,) = stored(database)
        assert (chunk["first"], chunk["last"], chunk["count"]) == (0, 99, 199)

    def test_a_repeat_changes_nothing_in_whatever_order(
        self, chunks: Chunks, database: Database
    ) -> None:
        append_several(chunks, {"a": points(1, 2), "b": points(3)})
        append_several(chunks, {"b": points(3), "a": points(2, 1, 1)})
        assert len(stored(database)) == 1

    def test_whatever_differs_makes_another_id(self) -> None:
        made = [
            encode_several(RUN, {"a": points(1), "b": points(2)}),
            encode_several("other", {"a": points(1), "b": points(2)}),
            encode_several(RUN, {"a": points(2), "b": points(1)}),
            encode_several(RUN, {"a": points(1), "c": points(2)}),
            encode_several(RUN, {"a": points(1), "b": [(2, 2, 0.0, True)]}),
            encode_several(RUN, {"a": points(1), "b": [(2, 2, 0.0, False)]}),
        ]
        assert len({chunk["_id"] for chunk in made}) == len(made)

    @pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
    def test_an_integer_of_more_than_64_bits_is_refused(self, number: int) -> None:
        with pytest.raises(InvalidArgument):
            encode_several(RUN, {"a": points(1), "b": [(1, number, 0.0, False)]})

    def test_a_batch_too_large_for_one_is_several(
        self, chunks: Chunks, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(encoding, "CHUNK_POINTS", 10)
        batch = {"a": points(1), "b": points(*range(25)), "c": points(2), "d": points(3)}
        append_several(chunks, batch)
        assert sorted((one["key"], one["count"]) for one in stored(database)) == [
            ("", 2),
            ("a", 1),
            ("b", 5),
            ("b", 10),
            ("b", 10),
        ]
        for key, these in batch.items():
            assert chunks.history(RUN, key) == these

    def test_long_names_count_as_well(self, chunks: Chunks, database: Database) -> None:
        names = [f"{number:04}" + "/" * 246 for number in range(2_000)]
        append_several(chunks, {name: points(1) for name in names})
        sizes = [sum(map(len, one["columns"])) for one in stored(database)]
        assert len(sizes) > 1
        assert max(sizes) < 24 * encoding.CHUNK_POINTS
        assert chunks.history(RUN, names[-1]) == points(1)


class TestReading:
    def test_points_come_back_as_they_were(self, chunks: Chunks, database: Database) -> None:
        batch = {key: ODD_POINTS[number % 3 :] for number, key in enumerate(ODD_KEYS)}
        append_several(chunks, batch)
        assert len(stored(database)) == 1
        for key, these in batch.items():
            assert chunks.history(RUN, key) == these
            assert chunks.histories([RUN], key)[RUN].points() == these
            assert pages(chunks, 2, key) == these
        assert set(packed_by_key(stored(database)[0])) == set(batch)

    def test_a_metric_that_is_not_in_it_has_no_points(self, chunks: Chunks) -> None:
        append_several(chunks, {"a": points(1), "b": points(2)})
        assert chunks.history(RUN, "c") == []
        assert chunks.history(RUN, "") == []
        assert chunks.histories([RUN], "c") == {}
        assert pages(chunks, 10, "c") == []

    def test_only_the_columns_of_the_metric_are_read(self, database: Database) -> None:
        read: list[Document] = []

        class Watched(MemoryDriver):
            def find(self, collection: str, query: Find) -> list[Row]:
                rows = super().find(collection, query)
                read.extend(row.document for row in rows)
                return rows

        chunks = Chunks(Watched(database))
        append_several(chunks, {"a": points(1), "b": points(1)})
        append_several(chunks, {"b": points(2), "c": points(2)})
        append(chunks, points(3), key="c")
        assert chunks.history(RUN, "a") == points(1)
        assert [list(one.get("columns", ())) for one in read] == [["a"], []]

    @pytest.mark.parametrize("size", [1, 3, 100])
    @pytest.mark.parametrize("seed", range(8))
    def test_a_history_is_the_same_in_batches_and_alone(
        self, chunks: Chunks, size: int, seed: int
    ) -> None:
        dice = random.Random(seed)  # noqa: S311 - the same cases each time
        logged: dict[str, set[Point]] = {key: set() for key in ("a", "b", KEY)}
        for _ in range(40):
            keys = dice.sample(sorted(logged), dice.randrange(1, 4))
            batch = {key: points(dice.randrange(60), dice.randrange(60)) for key in keys}
            append_several(chunks, batch)
            for key, these in batch.items():
                logged[key].update(these)
            if dice.random() < 0.1:
                chunks.merge(RUN)
        for key, these in logged.items():
            assert chunks.history(RUN, key) == sorted(these)
            assert pages(chunks, size, key) == sorted(these)


def test_chunks_of_the_release_before_are_read(database: Database, chunks: Chunks) -> None:
    columns = {"steps": b"\1" + bytes(7), "timestamps": b"\2" + bytes(7), "values": bytes(8)}
    old = {"_id": "r-1", "run_id": RUN, "key": KEY, "level": 0, "first": 2, "last": 2, "count": 1}
    stamp = {"workspace": "default", "schema": 1}
    MemoryDriver(database).insert(METRICS, {**old, **columns, **stamp})
    append_several(chunks, {KEY: points(1), "other": points(1)})
    assert chunks.history(RUN, KEY) == [*points(1), (2, 1, 0.0, False)]
    assert pages(chunks, 1) == [*points(1), (2, 1, 0.0, False)]
