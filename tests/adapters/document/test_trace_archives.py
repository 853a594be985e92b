"""Claims of traces that are archived, and what becomes of their contents."""

from itertools import count

import pytest
from mlflow.entities import TraceInfo, TraceLocation, TraceState

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.driver import Patch
from mlflow_docstore.adapters.document.layout import SPANS, TEXTS
from mlflow_docstore.adapters.document.repositories.trace_archives import LEASE
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import Unavailable
from mlflow_docstore.core.query import Filter
from mlflow_docstore.core.spans import SpanBatch, SpanNode, SpanRecord
from mlflow_docstore.ports.spans import Home
from mlflow_docstore.ports.trace_archives import Candidate, Claim

NOW = 1_800_000_000_000
PLACE = "file:///archive/1/traces/t/artifacts"
LARGE = "x" * 100_000
HOME = Home(lambda _: ("1", {}))


def span(number: int, text: str = "{}") -> SpanRecord:
    node = SpanNode(f"{number:016x}", None if number == 1 else f"{1:016x}")
    return SpanRecord(node, f"step {number}", "LLM", "OK", number, number + 1, text)


def log(backend: DocumentBackend, *spans: SpanRecord, trace_id: str = "t") -> None:
    backend.spans.log([SpanBatch(trace_id, spans, "OK")], HOME)


def start(backend: DocumentBackend, trace_id: str, time: int) -> None:
    location = TraceLocation.from_experiment_id("1")
    log(backend, span(1), trace_id=trace_id)
    backend.traces.start(TraceInfo(trace_id, location, time, TraceState.OK))


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def backend(database: Database) -> DocumentBackend:
    return DocumentBackend(MemoryDriver(database))


def claimed(backend: DocumentBackend, who: str = "a", at: int = NOW) -> Claim | None:
    return backend.trace_archives.claim("t", token=who, at=at)


def contents(database: Database) -> list[object]:
    return [one["content"] for one in database.table(SPANS).documents.values()]


class TestClaim:
    def test_holds_the_contents_by_the_ids_of_spans(self, backend: DocumentBackend) -> None:
        log(backend, span(3, '"three"'), span(1, LARGE), span(2, '"two"'))
        claim = claimed(backend)
        assert claim is not None
        assert claim.spans == [LARGE, '"two"', '"three"']
        assert (claim.trace_id, claim.experiment_id) == ("t", "1")

    def test_keeps_others_out_until_it_is_released(self, backend: DocumentBackend) -> None:
        log(backend, span(1))
        claim = claimed(backend)
        assert claimed(backend, "b") is None
        assert claim is not None
        backend.trace_archives.release(claim)
        assert claimed(backend, "b") is not None

    def test_is_not_released_by_another(self, backend: DocumentBackend) -> None:
        log(backend, span(1))
        claim = claimed(backend)
        assert claim is not None
        other = Claim("t", "1", claim.spans, claim.revision, "b")
        backend.trace_archives.release(other)
        assert claimed(backend, "c") is None

    @pytest.mark.parametrize(("later", "is_free"), [(LEASE - 1, False), (LEASE, True)])
    def test_ends_by_itself(self, backend: DocumentBackend, later: int, *, is_free: bool) -> None:
        log(backend, span(1))
        late = claimed(backend)
        assert (claimed(backend, "b", NOW + later) is not None) is is_free
        assert late is not None
        assert backend.trace_archives.tell(late, PLACE) is not is_free

    def test_is_worth_nothing_once_spans_have_come(self, backend: DocumentBackend) -> None:
        log(backend, span(1))
        claim = claimed(backend)
        log(backend, span(2))
        assert claim is not None
        assert not backend.trace_archives.tell(claim, PLACE)
        backend.trace_archives.fail(claim, "MALFORMED_TRACE")
        assert "mlflow.trace.archivalFailure" not in backend.traces.get("t").tags

    def test_of_a_trace_that_was_deleted_meanwhile_tells_no_other(
        self, backend: DocumentBackend
    ) -> None:
        log(backend, span(1))
        claim = claimed(backend)
        backend.traces.delete("1", ["t"])
        log(backend, span(1))
        assert claim is not None
        assert not backend.trace_archives.tell(claim, PLACE)
        assert claimed(backend, "b") is not None


class TestEmptying:
    def test_leaves_of_spans_what_they_are(
        self, backend: DocumentBackend, database: Database
    ) -> None:
        log(backend, span(1), span(2, LARGE))
        claim = claimed(backend)
        assert claim is not None
        assert backend.trace_archives.tell(claim, PLACE)
        assert contents(database) == ["", ""]
        names = {one["name"] for one in database.table(SPANS).documents.values()}
        assert names == {"step 1", "step 2"}
        assert database.table(TEXTS).documents == {}

    def test_that_is_interrupted_is_ended_by_a_sweep(self, database: Database) -> None:
        backend = DocumentBackend(Interrupted(database))
        log(backend, span(1), span(2, LARGE))
        claim = claimed(backend)
        assert claim is not None
        with pytest.raises(Unavailable):
            backend.trace_archives.tell(claim, PLACE)
        assert backend.trace_archives.places("1", ["t"]) == {"t": PLACE}
        assert backend.spans.read(["t"])[0].spans == []
        assert "" not in contents(database)
        DocumentBackend(MemoryDriver(database)).sweep()
        assert contents(database) == ["", ""]
        assert database.table(TEXTS).documents == {}

    def test_that_is_interrupted_is_ended_by_a_repeat(self, database: Database) -> None:
        backend = DocumentBackend(Interrupted(database))
        log(backend, span(1))
        claim = claimed(backend)
        assert claim is not None
        with pytest.raises(Unavailable):
            backend.trace_archives.tell(claim, PLACE)
        again = DocumentBackend(MemoryDriver(database))
        assert again.trace_archives.tell(claim, PLACE)
        assert contents(database) == [""]


class Interrupted(MemoryDriver):
    """Takes no contents from spans."""

    def patch_many(self, collection: str, where: Filter, patch: Patch) -> None:
        if collection == SPANS and "content" in patch.set:
            raise Unavailable("database")
        super().patch_many(collection, where, patch)


class TestCandidates:
    def test_are_handed_out_in_pages(self, backend: DocumentBackend) -> None:
        times = [3, 1, 2, 2, 2, 2, 1, -(2**62), 2**62]
        for number, time in enumerate(times):
            start(backend, f"t{number}", time)
        found: list[Candidate] = []
        last = None
        for _ in count():
            page = backend.trace_archives.candidates({"1": None}, 2, last)
            if not page:
                break
            found += page
            last = page[-1]
        expected = sorted((time, f"t{number}") for number, time in enumerate(times))
        assert [(one.time, one.trace_id) for one in found] == expected

    @pytest.mark.parametrize(
        ("until", "found"),
        [(0, []), (1, ["t1"]), (2, ["t1", "t2"]), (-(2**100), []), (None, ["t1", "t2"])],
    )
    def test_are_those_up_to_a_bound(
        self, backend: DocumentBackend, until: int | None, found: list[str]
    ) -> None:
        for time in (1, 2):
            start(backend, f"t{time}", time)
        candidates = backend.trace_archives.candidates({"1": until}, 9)
        assert [one.trace_id for one in candidates] == found
        assert backend.trace_archives.is_pending("1", until) is bool(found)

    def test_of_many_experiments_come_together(self, backend: DocumentBackend) -> None:
        for number in range(250):
            home = Home(lambda _, own=number: (str(own), {}))
            backend.spans.log([SpanBatch(f"t{number}", [span(1)], "OK")], home)
        bounds = {str(number): number % 3 for number in range(250)}
        found = backend.trace_archives.candidates(bounds, 1000)
        assert [one.trace_id for one in found] == sorted(f"t{number}" for number in range(250))
