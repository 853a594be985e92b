"""Every write that the ports offer, found by calling all their methods on a world.

Nothing here names a method: a new one is called with samples for its parameters, by their names and
types, and is a write if a document or an index is another behind it. One that finds no samples, or
that takes none of them, is a problem to be told.
"""

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import partial
from typing import Any, get_type_hints

from mlflow_docstore.core.errors import StoreError
from mlflow_docstore.ports.backend import Backend

from .arenas import MemoryArena, State, World
from .samples import SAMPLES

Call = Callable[[Backend], Any]

_READING = {"get", "find", "scan", "distinct", "group", "tuples", "indexes", "reclaim"}
"""Verbs of the driver after which all reads as before."""


@dataclass(frozen=True)
class Method:
    """A method of a port.

    Args:
        area: The property of a backend that has it; "" for a method of the backend itself.
        name: Of the method.
        hints: Types of its parameters.
        optional: Those of its parameters that have a default.
    """

    area: str
    name: str
    hints: Mapping[str, Any]
    optional: frozenset[str]

    def __str__(self) -> str:
        return f"{self.area}.{self.name}" if self.area else self.name

    def calls(self) -> Iterator[Call]:
        """Calls with one sample after the other.

        Raises:
            LookupError: There is none for a parameter.
        """
        choices = [self._samples(name, hint) for name, hint in self.hints.items()]
        for chosen in itertools.product(*choices):
            given = zip(self.hints, chosen, strict=True)
            yield partial(_called, self, {name: one for name, one in given if one is not MISSING})

    def _samples(self, name: str, hint: Any) -> tuple[Any, ...]:
        found = _sampled((f"{self.area}.{name}", name), hint)
        if found is not None:
            return found
        if name in self.optional:
            return (MISSING,)
        raise LookupError(f"samples.py has nothing for {name}: {hint}")


def _called(method: Method, arguments: Mapping[str, Any], backend: Backend) -> None:
    """Call it, and run what it hands out to be run."""
    owner = getattr(backend, method.area) if method.area else backend
    result = getattr(owner, method.name)(**arguments)
    for step in result if isinstance(result, Iterator) else ():
        step.run()


def _sampled(names: tuple[str, ...], hint: Any) -> tuple[Any, ...] | None:
    """By the first name that there is something for, by the type, or made of its fields."""
    for key in (*names, hint):
        if key in SAMPLES:
            return SAMPLES[key]
    if not (isinstance(hint, type) and is_dataclass(hint)):
        return None
    needed = [one.name for one in fields(hint) if one.default is one.default_factory is MISSING]
    hints = get_type_hints(hint)
    parts = {name: _sampled((name,), hints[name]) for name in needed}
    if None in parts.values():
        return None
    return (hint(**{name: part[0] for name, part in parts.items() if part}),)


def methods() -> list[Method]:
    """Of all ports that a backend has, and of the backend."""
    found = []
    for area, member in vars(Backend).items():
        if isinstance(member, property):
            port = get_type_hints(member.fget)["return"]
            # What may be None is no port.
            if isinstance(port, type):
                found += [_method(area, name, one) for name, one in _abstract(port)]
    return [*found, *(_method("", name, one) for name, one in _abstract(Backend))]


def _abstract(port: type) -> list[tuple[str, Callable[..., Any]]]:
    members = vars(port).items()
    return [
        (name, one)
        for name, one in members
        if inspect.isfunction(one) and getattr(one, "__isabstractmethod__", False)
    ]


def _method(area: str, name: str, function: Callable[..., Any]) -> Method:
    hints = get_type_hints(function)
    hints.pop("return", None)
    parameters = inspect.signature(function).parameters
    optional = {one for one in hints if parameters[one].default is not inspect.Parameter.empty}
    return Method(area, name, hints, frozenset(optional))


@dataclass(frozen=True)
class Outcome:
    """What came of the calls of all methods of a world's areas.

    Args:
        calls: Those that change the world, by method.
        taken: The methods of which some call succeeds.
        problems: The others, with what is wrong.
    """

    calls: dict[str, Call] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)


def writes(world: World) -> Outcome:
    """Call all methods of a world's areas in it."""
    arena = MemoryArena(world)
    state = arena.arranged()
    outcome = Outcome()
    for method in methods():
        if method.area not in world.areas:
            continue
        try:
            call = _changing(arena, state, method)
        except (LookupError, StoreError) as problem:
            outcome.problems[str(method)] = str(problem)
            continue
        outcome.taken.add(str(method))
        if call is not None:
            outcome.calls[str(method)] = call
    return outcome


def _changing(arena: MemoryArena, state: State, method: Method) -> Call | None:
    """The first call that changes what is seen, or else what is stored; None where it only reads.

    Raises:
        LookupError: It sends writes, and none of the calls changes anything.
        StoreError: The last call's, where none succeeds.
    """
    before = arena.seen()
    refusal: StoreError | None = None
    quiet: list[Call] = []
    verbs: set[str] | None = None
    for call in method.calls():
        arena.fill(state)
        script = arena.suffer(None)
        try:
            call(arena.inside)
        except StoreError as error:
            refusal = error
            continue
        verbs = {command.name for command in script.seen} | (verbs or set())
        if arena.state() != state:
            if arena.seen() != before:
                return call
            quiet.append(call)
    if verbs is None and refusal is not None:
        raise refusal
    if quiet:
        return quiet[0]
    if verbs and not verbs <= _READING:
        raise LookupError("it writes, but with no sample it changes anything")
    return None
