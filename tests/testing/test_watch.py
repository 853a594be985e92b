"""What is seen of calls: their times, their commands, and how they are told."""

import pytest

from mlflow_docstore.adapters.document.driver import Find
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import Unavailable
from mlflow_docstore.testing.watch import CALLS, Samples, Watch, WatchedDriver


class Shelf:
    """A store of two methods, one of which calls the other."""

    def __init__(self, driver: WatchedDriver) -> None:
        self.driver = driver

    def put(self, key: str, value: object) -> None:
        self.driver.insert("things", {"_id": key, "value": value})

    def put_all(self, **things: object) -> int:
        for key, value in things.items():
            self.put(key, value)
        return len(things)

    def refuse(self) -> None:
        raise ValueError("no")


class Hesitant(MemoryDriver):
    """Fails once."""

    failed = False

    def insert(self, collection: str, document: dict[str, object]) -> bool:
        if not self.failed:
            self.failed = True
            raise Unavailable("database", applied=False)
        return super().insert(collection, document)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def shelf(watch: Watch) -> Shelf:
    shelf = Shelf(WatchedDriver(MemoryDriver(Database()), 5.0, watch))
    watch.attach("shelf", shelf)
    return shelf


def test_calls_from_outside_count_with_their_commands(watch: Watch, shelf: Shelf) -> None:
    shelf.put("a", 1)
    shelf.put_all(b=2, c=3)
    counted = {one.kind: (one.calls, one.commands) for one in watch.operations()}
    assert counted == {"put": (1, 1.0), "put_all": (1, 2.0)}
    assert [(one.kind, one.calls, one.commands) for one in watch.commands()] == [
        ("insert", 3, None)
    ]


def test_each_attempt_is_a_command(watch: Watch) -> None:
    driver = WatchedDriver(Hesitant(Database()), 5.0, watch)
    assert driver.insert("things", {"_id": "a"})
    assert [(one.kind, one.calls) for one in watch.commands()] == [("insert", 2)]


def test_a_scan_is_one_command_however_much_it_hands_out(watch: Watch, shelf: Shelf) -> None:
    class Reader:
        def read(self) -> int:
            return len(list(shelf.driver.scan("things", Find())))

    shelf.put_all(a=1, b=2)
    reader = Reader()
    watch.attach("reader", reader)
    assert reader.read() == 2
    (reading,) = (one for one in watch.operations() if one.kind == "read")
    assert reading.commands == 1.0


def test_calls_that_raise_are_told_and_not_timed(watch: Watch, shelf: Shelf) -> None:
    with pytest.raises(ValueError, match="no"):
        shelf.refuse()
    assert watch.operations() == ()
    assert [str(call) for call in watch.calls] == ["shelf.refuse()  # ValueError('no')"]


def test_the_last_calls_of_a_case_are_told_and_all_counted(watch: Watch, shelf: Shelf) -> None:
    shelf.put("before", 0)
    watch.begin_case()
    for number in range(CALLS + 2):
        shelf.put(f"key-{number}", "x" * 1000)
    assert watch.made == CALLS + 2
    told = [str(call) for call in watch.calls]
    assert len(told) == CALLS
    assert told[-1].startswith(f"shelf.put('key-{CALLS + 1}', 'xxx")
    assert max(map(len, told)) < 200


def test_what_was_watched_is_as_before(watch: Watch, shelf: Shelf) -> None:
    watch.detach()
    shelf.put("a", 1)
    assert watch.operations() == ()
    assert "put" not in vars(shelf)


@pytest.mark.parametrize(
    ("milliseconds", "p50", "p95"),
    [([7.0], 7.0, 7.0), ([1.0, 3.0], 2.0, 2.9), ([float(n) for n in range(101)], 50.0, 95.0)],
)
def test_percentiles(milliseconds: list[float], p50: float, p95: float) -> None:
    samples = Samples([one / 1000 for one in milliseconds])
    latency = samples.latency("call", counted=False)
    assert (latency.p50_ms, latency.p95_ms) == (p50, p95)
