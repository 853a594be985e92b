"""Ours, and a bare driver beside it: how each is filled, and how it is measured."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from mlflow_docstore.compat.container import CONTAINER

from .areas import AREAS, Area
from .places import DriverPlace
from .subjects import Place, Source, StoreSource


@dataclass(frozen=True, slots=True)
class Filling:
    """A subject that is about to be filled.

    Args:
        open: Its subject of an area.
        place: Where its documents are.
    """

    open: Callable[[Area], Any]
    place: Place


class Side(Protocol):
    """One of the two. Can be pickled.

    Args:
        source: What is measured.
    """

    source: Source

    def filling(self) -> AbstractContextManager[Filling]:
        """Open it to be filled; no commit waits for the disk meanwhile."""

    def subjects(self, areas: Sequence[str]) -> dict[str, Any]:
        """Open it to be measured; the subject of each area."""


@dataclass(frozen=True, slots=True)
class OurSide(Side):
    """Ours.

    Args:
        source: What is measured.
        relaxed: The same database, at less durability if it has such a thing.
    """

    source: StoreSource
    relaxed: StoreSource

    @contextmanager
    def filling(self) -> Iterator[Filling]:
        place = DriverPlace(self.relaxed.uri)
        yield Filling(lambda area: area.open(self.relaxed), place)
        place.close()
        CONTAINER.backend(self.relaxed.uri).close()

    def subjects(self, areas: Sequence[str]) -> dict[str, Any]:
        return {name: AREAS[name].open(self.source) for name in areas}


class BareSource(Source, Protocol):
    """How any process gets at a bare driver."""

    def open(self) -> Any:
        """The tracking subject, which is a place as well."""


@dataclass(frozen=True, slots=True)
class BareSide(Side):
    """A bare driver."""

    source: BareSource

    @contextmanager
    def filling(self) -> Iterator[Filling]:
        bare = self.source.open()
        bare.prepare()
        yield Filling(lambda area: area.open_bare(bare), bare)
        bare.close()

    def subjects(self, areas: Sequence[str]) -> dict[str, Any]:
        bare = self.source.open()
        return {name: AREAS[name].open_bare(bare) for name in areas}
