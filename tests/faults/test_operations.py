"""Every command of every write fails in every way, and still there is exactly one effect."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import pytest

from mlflow_docstore.core.errors import StoreError, Unavailable

from .arenas import Arena, Documents
from .operations import OPERATIONS, Operation
from .readers import Snapshot
from .scripts import Fault

_ARENAS = 12
_FAULTS = (Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.THROTTLE)

# What an aborted rename or creation leaves of its claims is nobody's concern.
_EXACT = ("runs", "logged_models", "datasets")


@dataclass(frozen=True)
class Expected:
    """A call without faults: what is there before and after it, and how many commands it sends."""

    before: Snapshot
    after: Snapshot
    ids: dict[str, set[str]]
    commands: int


Case = Callable[[Arena, Operation, Expected, Fault, int], None]


class Stage:
    """All arenas. A case is played for all operations as soon as it is wanted for one.

    They mostly wait: a driver looks for a lost server but every half second.
    """

    def __init__(self, server: tuple[str, int], operations: Sequence[Operation]) -> None:
        self._arenas = [Arena(server, f"arena{number}") for number in range(_ARENAS)]
        self._free: SimpleQueue[Arena] = SimpleQueue()
        for arena in self._arenas:
            self._free.put(arena)
        self._world: Documents = self._arenas[0].arranged()
        self._pool = ThreadPoolExecutor(_ARENAS)
        expected = self._pool.map(self._expected, operations)
        self._expectations = dict(zip(operations, expected, strict=True))
        self._played: dict[Case, dict[Operation, list[Future[None]]]] = {}

    def play(self, case: Case, operation: Operation) -> None:
        """The case, for each fault of each command of the operation."""
        if case not in self._played:
            self._played[case] = {one: self._begin(case, one) for one in self._expectations}
        played = [future.exception() for future in self._played[case][operation]]
        assert played
        failures = [one for one in played if one is not None]
        if failures:
            which = "; ".join(map(str, failures))
            raise AssertionError(f"{len(failures)} of {len(played)}: {which}") from failures[0]

    def _begin(self, case: Case, operation: Operation) -> list[Future[None]]:
        expected = self._expectations[operation]

        def played(fault: Fault, position: int) -> None:
            with self._arena() as arena:
                try:
                    case(arena, operation, expected, fault, position)
                except (AssertionError, StoreError) as error:
                    raise RuntimeError(f"{fault.name} of command {position}") from error

        positions = range(expected.commands)
        return [self._pool.submit(played, fault, n) for fault in _FAULTS for n in positions]

    @contextmanager
    def _arena(self) -> Iterator[Arena]:
        arena = self._free.get()
        try:
            arena.fill(self._world)
            yield arena
        finally:
            self._free.put(arena)

    def _expected(self, operation: Operation) -> Expected:
        with self._arena() as arena:
            before = arena.seen()
            script = arena.suffer(None)
            operation.act(arena.inside)
            commands = len(script.seen)
            return Expected(before, arena.seen(), _ids(arena, operation), commands)

    def close(self) -> None:
        self._pool.shutdown()
        for arena in self._arenas:
            arena.close()


def _ids(arena: Arena, operation: Operation) -> dict[str, set[str]]:
    names = _EXACT if operation.rechunks else (*_EXACT, "metrics")
    documents = arena.documents()
    return {name: {document["_id"] for document in documents[name]} for name in names}


@pytest.fixture(scope="module")
def stage(server: tuple[str, int], request: pytest.FixtureRequest) -> Iterator[Stage]:
    chosen = [getattr(item, "callspec", None) for item in request.session.items]
    operations = dict.fromkeys(
        spec.params["operation"] for spec in chosen if spec and "operation" in spec.params
    )
    made = Stage(server, list(operations))
    yield made
    made.close()


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_call_gets_over_a_fault_of_any_of_its_commands(
    stage: Stage, operation: Operation
) -> None:
    stage.play(_gets_over, operation)


def _gets_over(
    arena: Arena, operation: Operation, expected: Expected, fault: Fault, position: int
) -> None:
    script = arena.suffer(fault, position)
    operation.act(arena.inside)
    assert len(script.seen) > position, "the fault befell no command"
    assert arena.seen() == expected.after
    assert _ids(arena, operation) == expected.ids


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_call_that_fails_for_good_is_completed_by_a_repeat(
    stage: Stage, operation: Operation
) -> None:
    stage.play(_is_completed_by_a_repeat, operation)


def _is_completed_by_a_repeat(
    arena: Arena, operation: Operation, expected: Expected, fault: Fault, position: int
) -> None:
    arena.suffer(fault, position)
    error = _error(lambda: operation.act(arena.hasty))
    now = arena.seen()
    assert operation.between(expected.before, now, expected.after), now
    if error is None:
        assert operation.tidies, "the fault was not reported"
        assert now == expected.after
    else:
        assert isinstance(error, Unavailable)
    again = _error(lambda: operation.act(arena.fresh()))
    if again is not None:
        assert isinstance(again, operation.refused or ())
        assert now == expected.after, "what is refused as done is not done"
    assert arena.seen() == expected.after
    assert _ids(arena, operation) == expected.ids


def _error(call: Callable[[], Any]) -> StoreError | None:
    try:
        call()
    except StoreError as error:
        return error
    return None
