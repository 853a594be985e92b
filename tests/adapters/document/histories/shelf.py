"""Points, and chunks of them in a database in memory."""

from collections.abc import Mapping, Sequence

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.histories.chunks import Chunks
from mlflow_docstore.adapters.document.histories.encoding import encode_chunks
from mlflow_docstore.adapters.document.layout import METRICS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.core.metrics import Point

RUN, KEY = "r", "loss"


def points(*timestamps: int) -> list[Point]:
    return [(timestamp, timestamp, timestamp / 2, False) for timestamp in timestamps]


def stored(database: Database) -> list[Document]:
    return list(database.table(METRICS).documents.values())


def append(chunks: Chunks, these: Sequence[Point], run_id: str = RUN, key: str = KEY) -> None:
    append_several(chunks, {key: these}, run_id)


def append_several(chunks: Chunks, these: Mapping[str, Sequence[Point]], run_id: str = RUN) -> None:
    chunks.append(encode_chunks(run_id, these))


def append_each(chunks: Chunks, these: Sequence[Point]) -> None:
    for point in these:
        append(chunks, [point])


def pages(chunks: Chunks, size: int, key: str = KEY) -> list[Point]:
    read: list[Point] = []
    while page := chunks.after(RUN, key, read[-1] if read else None, size):
        assert len(page) <= size
        read += page
    return read
