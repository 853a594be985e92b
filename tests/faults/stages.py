"""Cases that are played for every fault of every command of an operation."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import pytest

from mlflow_docstore.core.errors import StoreError, Unavailable
from mlflow_docstore.testing.guard.faults import Fault

from .arenas import Arena, Copy, Documents, World
from .operations import Operation
from .readers import Snapshot

_ARENAS = 12
_CHUNKS = {"metrics", "logged_model_metrics"}
_FAULTS = (Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.THROTTLE)


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

    def __init__(
        self, server: tuple[str, int], operations: Sequence[Operation], world: World
    ) -> None:
        self._arenas = [Arena(server, f"arena{number}", world) for number in range(_ARENAS)]
        self._free: SimpleQueue[Arena] = SimpleQueue()
        for arena in self._arenas:
            self._free.put(arena)
        self._documents: Documents = self._arenas[0].arranged()
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
            arena.fill(self._documents)
            yield arena
        finally:
            self._free.put(arena)

    def _expected(self, operation: Operation) -> Expected:
        with self._arena() as arena:
            before = arena.seen()
            script = arena.suffer(None)
            operation.act(arena.inside)
            commands = len(script.seen)
            after = arena.copied()
            return Expected(before, after.seen(), _ids(after, operation), commands)

    def close(self) -> None:
        self._pool.shutdown()
        for arena in self._arenas:
            arena.close()


def chosen(request: pytest.FixtureRequest) -> list[Operation]:
    """The operations of the tests that are to be run."""
    specs = [getattr(item, "callspec", None) for item in request.session.items]
    return list(
        dict.fromkeys(
            spec.params["operation"]
            for spec, item in zip(specs, request.session.items, strict=True)
            if spec and "operation" in spec.params and item.path == request.path
        )
    )


def _ids(copy: Copy, operation: Operation) -> dict[str, set[str]]:
    return copy.ids(*(_CHUNKS if operation.rechunks else ()))


def gets_over(
    arena: Arena, operation: Operation, expected: Expected, fault: Fault, position: int
) -> None:
    """The call succeeds, as without the fault."""
    script = arena.suffer(fault, position)
    operation.act(arena.inside)
    assert len(script.seen) > position, "the fault befell no command"
    _assert_done(arena.copied(), operation, expected)


def is_completed_by_a_repeat(
    arena: Arena, operation: Operation, expected: Expected, fault: Fault, position: int
) -> None:
    """The call fails, and leaves nothing half done that the repeat does not complete."""
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
    # Also what is refused as done must be done.
    assert again is None or isinstance(again, operation.refused or ())
    last = arena.copied()
    if operation.repeated is not None:
        assert operation.repeated(expected.before, now, expected.after, last.seen())
        return
    _assert_done(last, operation, expected)


def is_completed_unseen(
    arena: Arena, operation: Operation, expected: Expected, fault: Fault, position: int
) -> None:
    """The same where nobody read in between, who could have completed something as well."""
    arena.suffer(fault, position)
    _error(lambda: operation.act(arena.hasty))
    again = _error(lambda: operation.act(arena.fresh()))
    assert again is None or isinstance(again, operation.refused or ())
    last = arena.copied().seen()
    if operation.repeated is None:
        assert last == expected.after
    else:
        came_through = len(last["found"]) > len(expected.after["found"])
        now = expected.after if came_through else expected.before
        assert operation.repeated(expected.before, now, expected.after, last)


def _assert_done(found: Copy, operation: Operation, expected: Expected) -> None:
    """Exactly what the call does without faults."""
    assert found.seen() == expected.after
    assert _ids(found, operation) == expected.ids


def _error(call: Callable[[], Any]) -> StoreError | None:
    try:
        call()
    except StoreError as error:
        return error
    return None
