"""Chunks of metric points: what is stored, and read page by page."""

import random
from collections.abc import Iterator

import pytest

from mlflow_docstore.adapters.document.codecs.metrics import (
    decode_metrics,
    encode_chunk,
    packed_of,
    unpack_points,
)
from mlflow_docstore.adapters.document.driver import Document, Find
from mlflow_docstore.adapters.document.histories.chunks import Chunks
from mlflow_docstore.adapters.document.histories.encoding import CHUNK_POINTS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.core.metrics import LARGEST, Columns, Point

from .shelf import KEY, RUN, append, append_each, pages, points, stored


def decode_chunk(chunk: Document, key: str = KEY) -> list[Point]:
    packed = packed_of(chunk, key)
    assert packed is not None
    return unpack_points(packed)


class TestCodec:
    @pytest.mark.parametrize(
        "point",
        [
            (0, 0, 0.0, False),
            (0, 0, 0.0, True),
            (-(2**63), 2**63 - 1, LARGEST, False),
            (2**63 - 1, -(2**63), -LARGEST, False),
            (1, 1, 5e-324, False),
            (1, 1, -0.0, False),
        ],
    )
    def test_a_point_comes_back_as_it_was(self, point: Point) -> None:
        (decoded,) = decode_chunk(encode_chunk(RUN, KEY, [point]))
        assert decoded == point
        assert str(decoded[2]) == str(point[2])

    def test_the_same_points_make_the_same_id(self) -> None:
        assert encode_chunk(RUN, KEY, points(1, 2)) == encode_chunk(RUN, KEY, points(1, 2))

    def test_whatever_differs_makes_another_id(self) -> None:
        a, nan = points(1)[0], (1, 1, 0.0, True)
        made = [
            encode_chunk(RUN, KEY, [a]),
            encode_chunk("other", KEY, [a]),
            encode_chunk(RUN, "other", [a]),
            encode_chunk(RUN, KEY, [a], level=1),
            encode_chunk(RUN, KEY, points(2)),
            encode_chunk(RUN, KEY, [(1, 1, 0.0, False)]),
            encode_chunk(RUN, KEY, [nan]),
        ]
        assert len({chunk["_id"] for chunk in made}) == len(made)

    @pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
    def test_an_integer_of_more_than_64_bits_is_refused(self, number: int) -> None:
        with pytest.raises(InvalidArgument):
            encode_chunk(RUN, KEY, [(number, 0, 0.0, False)])
        with pytest.raises(InvalidArgument):
            encode_chunk(RUN, KEY, [(0, number, 0.0, False)])


class TestAppending:
    def test_the_points_of_a_metric_are_one_chunk_in_order_and_each_once(
        self, chunks: Chunks, database: Database
    ) -> None:
        append(chunks, points(3, 1, 2, 1))
        (chunk,) = stored(database)
        assert decode_chunk(chunk) == points(1, 2, 3)

    def test_a_repeat_changes_nothing(self, chunks: Chunks, database: Database) -> None:
        append(chunks, points(1, 2))
        append(chunks, points(2, 1))
        assert len(stored(database)) == 1

    def test_more_points_than_a_chunk_takes_are_several(
        self, chunks: Chunks, database: Database
    ) -> None:
        many = points(*range(CHUNK_POINTS + 1))
        append(chunks, many)
        assert sorted(chunk["count"] for chunk in stored(database)) == [1, CHUNK_POINTS]
        assert chunks.history(RUN, KEY) == many


class TestReading:
    def test_a_history_is_of_its_run_and_metric_alone(self, chunks: Chunks) -> None:
        append(chunks, points(1))
        append(chunks, points(2), run_id="other")
        append(chunks, points(3), key="other")
        assert chunks.history(RUN, KEY) == points(1)

    def test_exact_repeats_vanish_and_others_stay(self, chunks: Chunks) -> None:
        same = [(1, 1, 0.5, False), (1, 1, 0.0, True), (1, 1, 0.0, False), (1, 2, 0.5, False)]
        append_each(chunks, same)
        append(chunks, same[:2])
        assert chunks.history(RUN, KEY) == sorted(same)

    @pytest.mark.parametrize(
        "batches",
        [
            [(1, 2), (3, 4)],
            [(3, 4), (1, 2)],
            [(5,), (1, 9), (12,)],
            [(1, 2), (2, 3)],
            [(2, 3), (1, 2)],
            [(1, 3), (2, 4)],
            [(1, 9), (3, 5)],
            [(1, 2), (1, 2, 3)],
            [(1,), (1, 2), (2,)],
            [(7, 8), (1, 2), (4, 5), (5, 6)],
        ],
        ids=str,
    )
    def test_a_history_is_the_same_however_its_ranges_lie(
        self, chunks: Chunks, batches: list[tuple[int, ...]]
    ) -> None:
        for batch in batches:
            append(chunks, points(*batch))
        every = sorted({number for batch in batches for number in batch})
        assert chunks.history(RUN, KEY) == points(*every)
        assert chunks.histories([RUN], KEY)[RUN].points() == points(*every)

    def test_points_of_one_timestamp_in_several_chunks_come_by_step_and_value(
        self, chunks: Chunks
    ) -> None:
        append(chunks, [(0, 9, 9.0, False), (1, 5, 1.0, False)])
        append(chunks, [(1, 4, 2.0, False), (2, 0, 0.0, False)])
        append(chunks, [(1, 5, 0.5, False)])
        expected = [(0, 9, 9.0), (1, 4, 2.0), (1, 5, 0.5), (1, 5, 1.0), (2, 0, 0.0)]
        assert chunks.history(RUN, KEY) == [(*point, False) for point in expected]

    def test_what_is_not_a_number_stays_in_its_place(self, chunks: Chunks) -> None:
        append(chunks, [(3, 3, 3.0, False), (4, 4, 0.0, True)])
        append(chunks, [(1, 1, 0.0, True), (2, 2, 0.0, False)])
        columns = chunks.columns(RUN, KEY)
        assert [point[3] for point in columns.points()] == [True, False, False, True]
        metrics = decode_metrics(KEY, columns)
        values = [(metric.timestamp, metric.step, str(metric.value)) for metric in metrics]
        assert values == [(1, 1, "nan"), (2, 2, "0.0"), (3, 3, "3.0"), (4, 4, "nan")]
        assert list(columns.values) == [0.0, 0.0, 3.0, 0.0]

    def test_nothing_is_an_empty_history(self, chunks: Chunks) -> None:
        assert chunks.history(RUN, KEY) == []
        assert chunks.histories([RUN], KEY) == {}
        assert Columns.of([]).points() == []

    @pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
    @pytest.mark.parametrize("seed", range(5))
    def test_pages_make_the_history_however_chunks_overlap(
        self, chunks: Chunks, size: int, seed: int
    ) -> None:
        dice = random.Random(seed)  # noqa: S311 - the same cases each time
        for _ in range(12):
            append(chunks, points(*(dice.randrange(30) for _ in range(dice.randrange(1, 6)))))
            if dice.random() < 0.2:
                chunks.merge(RUN)
        history = chunks.history(RUN, KEY)
        assert pages(chunks, size) == history
        assert len(history) > 10

    def test_a_page_of_a_metric_logged_in_order_reads_little(self, database: Database) -> None:
        read: list[str] = []

        class Watched(MemoryDriver):
            def scan(self, collection: str, query: Find) -> Iterator[Document]:
                for document in super().scan(collection, query):
                    read.append(document["_id"])
                    yield document

        chunks = Chunks(Watched(database))
        append_each(chunks, points(*range(200)))
        assert chunks.after(RUN, KEY, points(99)[0], 10) == points(*range(100, 110))
        assert len(read) < 20
