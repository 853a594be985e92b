"""A fault, and the list of all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

DRIVER, RETRIES, REPOSITORY, FACADE, SERVER = LAYERS = (
    "driver",
    "retries",
    "repository",
    "facade",
    "server",
)


@dataclass(frozen=True)
class Fault:
    """One thing that is broken, where everything else works.

    Args:
        name: Of what is broken.
        layer: Where it is.
        modules: Of the suite, some that must see it; others may as well.
        broken: The class or function that does it.
    """

    name: str
    layer: str
    modules: tuple[str, ...]
    broken: Any

    @property
    def breaks(self) -> str:
        """In words."""
        return str(self.broken.__doc__)


FAULTS: dict[str, Fault] = {}


def fault(layer: str, *modules: str) -> Callable[[T], T]:
    """Register a class or a function as a fault."""

    def register(broken: T) -> T:
        name = broken.__name__  # type: ignore[attr-defined]
        FAULTS[name] = Fault(name, layer, tuple(f"{module}.py" for module in modules), broken)
        return broken

    return register
