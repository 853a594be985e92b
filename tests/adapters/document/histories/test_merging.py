"""Merging of chunks: what it makes of them, and what it leaves alone."""

import pytest

from mlflow_docstore.adapters.document.driver import Find, Row
from mlflow_docstore.adapters.document.histories import encoding, merging
from mlflow_docstore.adapters.document.histories.chunks import Chunks
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.metrics import Point

from .shelf import KEY, RUN, append, append_each, append_several, pages, points, stored


def test_many_small_chunks_become_one(chunks: Chunks, database: Database) -> None:
    append_each(chunks, points(*range(20)))
    assert chunks.merge(RUN) == 20
    assert [chunk["count"] for chunk in stored(database)] == [20]
    assert chunks.history(RUN, KEY) == points(*range(20))


def test_few_chunks_are_left_alone(chunks: Chunks, database: Database) -> None:
    append_each(chunks, points(*range(8)))
    assert chunks.merge(RUN) == 0
    assert len(stored(database)) == 8


def test_another_metric_and_another_run_are_left_alone(chunks: Chunks, database: Database) -> None:
    append_each(chunks, points(*range(20)))
    append(chunks, points(1), key="other")
    append(chunks, points(1), run_id="other")
    chunks.merge(RUN)
    assert len(stored(database)) == 3


def test_full_chunks_are_not_merged_again(
    chunks: Chunks, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "CHUNK_POINTS", 10)
    append_each(chunks, points(*range(25)))
    chunks.merge(RUN)
    before = {chunk["_id"]: chunk["count"] for chunk in stored(database)}
    assert sorted(before.values()) == [5, 10, 10]
    append_each(chunks, points(*range(30, 50)))
    chunks.merge(RUN)
    kept = {chunk["_id"] for chunk in stored(database)} & set(before)
    assert {before[one] for one in kept} >= {10}
    assert chunks.history(RUN, KEY) == points(*range(25), *range(30, 50))


def test_what_a_merge_lists_but_cannot_read_stays(database: Database) -> None:
    """As when a database finds less by one condition than by another."""

    class Forgetful(MemoryDriver):
        def find(self, collection: str, query: Find) -> list[Row]:
            rows = super().find(collection, query)
            return rows if query.fields is not None else rows[5:]

    append_each(Chunks(MemoryDriver(database)), points(*range(20)))
    Chunks(Forgetful(database)).merge(RUN)
    assert Chunks(MemoryDriver(database)).history(RUN, KEY) == points(*range(20))


def every_step(count: int, keys: int) -> list[dict[str, list[Point]]]:
    """Batches of one point of each key."""
    return [{f"k{key}": points(step) for key in range(keys)} for step in range(count)]


class TestSeveral:
    def test_batches_become_a_chunk_a_metric(self, chunks: Chunks, database: Database) -> None:
        for batch in every_step(20, 3):
            append_several(chunks, batch)
        assert chunks.merge(RUN) == 20
        assert sorted((one["key"], one["count"]) for one in stored(database)) == [
            ("k0", 20),
            ("k1", 20),
            ("k2", 20),
        ]
        for key in range(3):
            assert chunks.history(RUN, f"k{key}") == points(*range(20))

    def test_no_more_documents_are_made_than_there_were(
        self, chunks: Chunks, database: Database
    ) -> None:
        for batch in every_step(20, 20):
            append_several(chunks, batch)
        assert chunks.merge(RUN) == 0
        assert len(stored(database)) == 20

    def test_unless_a_reader_of_one_metric_goes_through_many_points_of_others(
        self, chunks: Chunks, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(encoding, "CHUNK_POINTS", 300)
        for batch in every_step(15, 20):
            append_several(chunks, batch)
        assert chunks.merge(RUN) == 15
        assert len(stored(database)) == 20
        assert chunks.history(RUN, "k7") == points(*range(15))

    def test_what_was_logged_alone_stays_beside_them(
        self, chunks: Chunks, database: Database
    ) -> None:
        append(chunks, points(100), key="k0")
        for batch in every_step(9, 2):
            append_several(chunks, batch)
        chunks.merge(RUN)
        assert len(stored(database)) == 3
        assert chunks.history(RUN, "k0") == points(*range(9), 100)

    def test_a_metric_without_a_name_is_merged_among_them(
        self, chunks: Chunks, database: Database
    ) -> None:
        """MLflow refuses the name, a library may not: it is how chunks of several are marked."""
        for step, batch in enumerate(every_step(9, 2)):
            append_several(chunks, batch)
            append(chunks, points(step + 100), key="")
        chunks.merge(RUN)
        assert sorted(one["key"] for one in stored(database)) == ["", "k0", "k1"]
        assert chunks.history(RUN, "") == points(*range(100, 109))
        for key in ("k0", "k1"):
            assert chunks.history(RUN, key) == points(*range(9))

    def test_many_points_are_merged_a_portion_at_a_time(
        self, chunks: Chunks, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(merging, "_PORTION", 20)
        for batch in every_step(30, 2):
            append_several(chunks, batch)
        append_each(chunks, points(*range(40)))
        assert chunks.merge(RUN) == 70
        firsts = sorted((one["key"], one["first"], one["count"]) for one in stored(database))
        assert firsts == [
            *((f"k{key}", first, 10) for key in range(2) for first in (0, 10, 20)),
            *((KEY, first, 20) for first in (0, 20)),
        ]
        assert pages(chunks, 7) == points(*range(40))
        assert pages(chunks, 7, "k1") == points(*range(30))
