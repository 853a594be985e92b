"""Cases that are played for every fault of every command of an operation."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from queue import SimpleQueue
from typing import Any

from mlflow_docstore.compat.errors import to_mlflow
from mlflow_docstore.core.errors import StoreError, Unavailable
from mlflow_docstore.testing.guard.faults import Fault

from .arenas import Arena, State, World
from .operations import Operation
from .readers import Snapshot

_CHUNKS = {"metrics", "logged_model_metrics"}
FAULTS = (Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.THROTTLE)


@dataclass(frozen=True)
class Expected:
    """A call without faults: what is there before and after it, and how many commands it sends."""

    before: Snapshot
    after: Snapshot
    ids: dict[str, set[str]]
    commands: int


Case = Callable[[Arena, Operation, Expected, Fault, int], None]


class Stage:
    """Arenas of one world, all of them in use at once.

    Commands over a wire mostly wait: a driver looks for a lost server but every half second.

    Args:
        arenas: With the same world.
    """

    def __init__(self, arenas: Sequence[Arena]) -> None:
        self._arenas = arenas
        self._free: SimpleQueue[Arena] = SimpleQueue()
        for arena in arenas:
            self._free.put(arena)
        self._pool = ThreadPoolExecutor(len(arenas))
        self._expectations: dict[str, Expected] = {}

    @cached_property
    def _state(self) -> State:
        made = self._arenas[0].arranged()
        for arena in self._arenas:
            arena.keep_to(made)
        return made

    def play(self, case: Case, operations: Sequence[Operation], faults: Sequence[Fault]) -> int:
        """The case, for each fault of each command of the operations; how many there were."""
        assert self._state, "before several threads ask for it"
        expectations = list(self._pool.map(self._expected, operations))
        points = [
            (operation, expected, fault, position)
            for operation, expected in zip(operations, expectations, strict=True)
            for fault in faults
            for position in range(expected.commands)
        ]
        failures = [one for one in self._pool.map(lambda one: self._try(case, *one), points) if one]
        if failures:
            which = "\n".join(map(str, failures))
            raise AssertionError(f"{len(failures)} of {len(points)}:\n{which}") from failures[0]
        assert points
        return len(points)

    def _try(
        self, case: Case, operation: Operation, expected: Expected, fault: Fault, position: int
    ) -> Exception | None:
        with self._arena() as arena:
            try:
                case(arena, operation, expected, fault, position)
            except (AssertionError, StoreError) as error:
                failure = RuntimeError(f"{operation}: {fault.name} of command {position}")
                failure.__cause__ = error
                return failure
        return None

    @contextmanager
    def _arena(self) -> Iterator[Arena]:
        arena = self._free.get()
        try:
            arena.fill(self._state)
            yield arena
        finally:
            self._free.put(arena)

    def _expected(self, operation: Operation) -> Expected:
        if operation.name not in self._expectations:
            with self._arena() as arena:
                before = arena.seen()
                script = arena.suffer(None)
                operation.act(arena.inside)
                commands = len(script.seen)
                after = arena.state()
                ids = _ids(after, operation)
                seen = _seen(after, operation.world)
                self._expectations[operation.name] = Expected(before, seen, ids, commands)
        return self._expectations[operation.name]

    def close(self) -> None:
        self._pool.shutdown()
        for arena in self._arenas:
            arena.close()


def gets_over(
    arena: Arena, operation: Operation, expected: Expected, fault: Fault, position: int
) -> None:
    """The call succeeds, as without the fault."""
    script = arena.suffer(fault, position)
    operation.act(arena.inside)
    assert len(script.seen) > position, "the fault befell no command"
    _assert_done(arena.state(), operation, expected)


def is_completed_by_a_repeat(
    arena: Arena, operation: Operation, expected: Expected, fault: Fault, position: int
) -> None:
    """The call fails, and leaves nothing half done that the repeat does not complete."""
    behaviour = operation.behaviour
    arena.suffer(fault, position)
    error = _error(lambda: operation.act(arena.hasty))
    now = arena.seen()
    assert behaviour.between(expected.before, now, expected.after), _differences(expected, now)
    if error is None:
        assert behaviour.tidies or arena.repeats, "the fault was not reported"
        assert now == expected.after
    else:
        _assert_unavailable(error)
    _repeat(arena, operation)
    last = arena.state()
    if behaviour.repeated is not None:
        final = _seen(last, operation.world)
        assert behaviour.repeated(expected.before, now, expected.after, final)
        return
    _assert_done(last, operation, expected)


def is_completed_unseen(
    arena: Arena, operation: Operation, expected: Expected, fault: Fault, position: int
) -> None:
    """The same where nobody read in between, who could have completed something as well."""
    arena.suffer(fault, position)
    _error(lambda: operation.act(arena.hasty))
    _repeat(arena, operation)
    last = _seen(arena.state(), operation.world)
    if operation.behaviour.repeated is None:
        assert last == expected.after
    else:
        came_through = len(last["found"]) > len(expected.after["found"])
        now = expected.after if came_through else expected.before
        assert operation.behaviour.repeated(expected.before, now, expected.after, last)


def _repeat(arena: Arena, operation: Operation) -> None:
    """By another process; what is refused as done must be done as well."""
    again = _error(lambda: operation.act(arena.fresh()))
    assert again is None or isinstance(again, operation.behaviour.refused or ()), again


def _assert_unavailable(error: StoreError) -> None:
    assert isinstance(error, Unavailable)
    told = to_mlflow(error)
    assert (told.error_code, told.get_http_status_code()) == ("TEMPORARILY_UNAVAILABLE", 503)


def _assert_done(found: State, operation: Operation, expected: Expected) -> None:
    """Exactly what the call does without faults."""
    assert _seen(found, operation.world) == expected.after
    assert _ids(found, operation) == expected.ids


def _seen(state: State, world: World) -> Snapshot:
    return world.look(state.backend())


def _ids(state: State, operation: Operation) -> dict[str, set[str]]:
    """The ids in the collections that hold the same whatever failed, and in no others."""
    but = _CHUNKS if operation.behaviour.rechunks else ()
    names = set(operation.world.exact).difference(but)
    return {name: {one["_id"] for one in state.documents[name]} for name in names}


def _differences(expected: Expected, now: Snapshot) -> dict[str, Any]:
    """The areas that are neither as before nor as after, and how they are between."""
    return {
        area: value
        for area, value in now.items()
        if not value == expected.before[area] == expected.after[area]
    }


def _error(call: Callable[[], Any]) -> StoreError | None:
    try:
        call()
    except StoreError as error:
        return error
    return None
