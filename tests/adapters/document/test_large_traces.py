"""Traces of any size, where a document may have 2 MB at the most."""

import json
import secrets

import pytest

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.layout import SPANS, TEXTS, TRACES
from mlflow_docstore.adapters.memory.capabilities import LIMITS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.capabilities import Limits
from mlflow_docstore.core.spans import SpanBatch, SpanNode, SpanRecord
from mlflow_docstore.ports.spans import Home

TWO_MEGABYTES = Limits(2 * 1024 * 1024, LIMITS.in_terms, LIMITS.batch_documents)
HOME = Home(lambda _: ("1", {}))
MANY, BATCH = 50_000, 5_000
ROOT = f"{0:016x}"


@pytest.fixture
def driver() -> MemoryDriver:
    return MemoryDriver(Database(), limits=TWO_MEGABYTES)


def span(number: int, content: str, tokens: int | None = None) -> SpanRecord:
    node = SpanNode(
        f"{number:016x}",
        ROOT if number else None,
        None if tokens is None else {"input_tokens": tokens},
    )
    start = 1_000_000 * (1000 + number)
    return SpanRecord(node, f"step {number % 3}", "TOOL", "OK", start, start + 1_000_000, content)


def test_a_trace_may_have_50000_spans(driver: MemoryDriver) -> None:
    backend = DocumentBackend(driver)
    for first in range(0, MANY, BATCH):
        numbers = range(first, first + BATCH)
        spans = [span(number, json.dumps(number)) for number in numbers]
        backend.spans.log([SpanBatch("t", spans)], HOME)
    backend.spans.log([SpanBatch("t", [span(MANY, json.dumps(MANY), tokens=7)])], HOME)
    (found,) = backend.spans.read(["t"])
    assert [int(one) for one in found.spans] == list(range(MANY + 1))
    assert found.info.execution_duration == MANY + 1
    assert found.info.token_usage == {"input_tokens": 7, "output_tokens": 0, "total_tokens": 0}
    assert len(json.dumps(driver.get(TRACES, "t"))) < 10_000


def test_and_a_span_5_megabytes_of_inputs(driver: MemoryDriver) -> None:
    backend = DocumentBackend(driver)
    # Compression leaves all of it, as it would of a picture.
    content = json.dumps({"inputs": secrets.token_hex(5 * 512 * 1024)})
    backend.spans.log([SpanBatch("t", [span(0, content), span(1, "{}")])], HOME)
    (found,) = backend.spans.read(["t"])
    assert found.spans == [content, "{}"]
    assert len(driver._database.table(TEXTS).documents) > 1
    backend.traces.delete("1", ["t"])
    assert driver._database.table(TEXTS).documents == {}
    assert driver._database.table(SPANS).documents == {}
