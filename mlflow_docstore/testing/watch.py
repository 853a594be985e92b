"""A look at every call on the stores under judgement: how long it took, and what a case said."""

from __future__ import annotations

import inspect
import reprlib
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from functools import wraps
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.testing.report import Latency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlflow_docstore.adapters.document.driver import Document, Driver, Find

CALLS = 6
"""How many of a case's last calls are told."""

_ANSWER_CHARACTERS = 90

_WAITING = frozenset({"shut_down_async_logging", "flush_async_logging"})
"""Methods that wait for threads of MLflow's; what these ask the store is counted as theirs."""

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 70
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = _SHORT.maxset = 3


@dataclass(frozen=True, slots=True)
class Call:
    """A call, kept as it was made: most are never shown."""

    target: str
    method: str
    arguments: tuple[Any, ...]
    named: Mapping[str, Any]
    answer: object

    def __str__(self) -> str:
        given = [_SHORT.repr(value) for value in self.arguments]
        given += [f"{name}={_SHORT.repr(value)}" for name, value in self.named.items()]
        answer = " ".join(_SHORT.repr(self.answer).split())[:_ANSWER_CHARACTERS]
        return f"{self.target}.{self.method}({', '.join(given)})  # {answer}"


@dataclass(slots=True)
class Samples:
    """The calls of one kind."""

    seconds: list[float] = field(default_factory=list)
    commands: int = 0

    def latency(self, kind: str, *, counted: bool) -> Latency:
        """What they come to."""
        cuts = quantiles(self.seconds, n=100, method="inclusive") if self.seconds[1:] else None
        p50, p95 = (cuts[49], cuts[94]) if cuts else (self.seconds[0], self.seconds[0])
        calls = len(self.seconds)
        each = round(self.commands / calls, 2) if counted else None
        return Latency(kind, calls, round(p50 * 1000, 3), round(p95 * 1000, 3), each)


class Watch:
    """Wraps stores and a driver, and holds what it saw.

    Only calls from outside count: what a store calls on itself is part of the call.
    """

    def __init__(self) -> None:
        self.calls: deque[Call] = deque(maxlen=CALLS)
        self.made = 0
        self._operations: dict[str, Samples] = {}
        self._commands: dict[str, Samples] = {}
        self._current = threading.local()
        self._attached: list[tuple[object, str]] = []

    def begin_case(self) -> None:
        """The calls from now on are another case's."""
        self.calls.clear()
        self.made = 0

    def attach(self, name: str, target: object, *, timed: bool = True) -> None:
        """Watch the public methods of an object.

        Args:
            name: What cases call it.
            target: A store or a driver.
            timed: Whether its calls count as operations.
        """
        for method in dir(type(target)):
            static = inspect.getattr_static(type(target), method)
            if inspect.isfunction(static) and not method.startswith("_"):
                bound = getattr(target, method)
                setattr(target, method, self._watched(name, method, bound, timed=timed))
                self._attached.append((target, method))

    def detach(self) -> None:
        """Leave all objects as they were: MLflow keeps stores for the next who asks."""
        for target, method in self._attached:
            delattr(target, method)
        self._attached.clear()

    def _watched(
        self, name: str, method: str, bound: Callable[..., Any], *, timed: bool
    ) -> Callable[..., Any]:
        @wraps(bound)
        def call(*arguments: Any, **named: Any) -> Any:
            if getattr(self._current, "samples", None) is not None:
                return bound(*arguments, **named)
            samples = self._current.samples = Samples()
            started, answer = time.perf_counter(), None
            try:
                answer = bound(*arguments, **named)
                samples.seconds.append(time.perf_counter() - started)
            except Exception as error:
                answer = error
                raise
            finally:
                self._current.samples = None
                self.made += 1
                self.calls.append(Call(name, method, arguments, named, answer))
            if timed and method not in _WAITING:
                kind = self._operations.setdefault(method, Samples())
                kind.seconds += samples.seconds
                kind.commands += samples.commands
            return answer

        return call

    def note_command(self, verb: str, seconds: float | None) -> None:
        """A command went to the database, in whatever call this thread is in; None: who knows."""
        samples = getattr(self._current, "samples", None)
        if samples is not None:
            samples.commands += 1
        if seconds is not None:
            self._commands.setdefault(verb, Samples()).seconds.append(seconds)

    def operations(self) -> tuple[Latency, ...]:
        """Of the stores' methods, those that took longest in all first."""
        counted = bool(self._commands)
        return _latencies(self._operations, counted=counted)

    def commands(self) -> tuple[Latency, ...]:
        """Of the driver's verbs, likewise."""
        return _latencies(self._commands, counted=False)


def _latencies(kinds: Mapping[str, Samples], *, counted: bool) -> tuple[Latency, ...]:
    answered = [(kind, samples) for kind, samples in kinds.items() if samples.seconds]
    answered.sort(key=lambda item: -sum(item[1].seconds))
    return tuple(samples.latency(kind, counted=counted) for kind, samples in answered)


class WatchedDriver(RetryingDriver):
    """A driver that retries, and tells of each attempt.

    Args:
        driver: As of a driver that retries.
        deadline: As well.
        watch: Who is told.
    """

    def __init__(self, driver: Driver, deadline: float, watch: Watch) -> None:
        super().__init__(driver, deadline)
        self._watch = watch

    def _call(self, verb: str, call: Callable[[], Any], attempts: Any = None) -> Any:
        if verb == "scan":
            return super()._call(verb, call, attempts)

        def timed() -> Any:
            started = time.perf_counter()
            try:
                return call()
            finally:
                self._watch.note_command(verb, time.perf_counter() - started)

        return super()._call(verb, timed, attempts)

    def scan(self, collection: str, query: Find) -> Iterator[Document]:
        """One command, whose time depends on how fast its documents are asked for."""
        self._watch.note_command("scan", None)
        return super().scan(collection, query)
