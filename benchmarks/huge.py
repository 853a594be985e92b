"""The first page of an experiment with very many runs, of documents alone.

In databases of their own, which are filled while others are: to fill MLflow's with as many would
take longer than everything else.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from .areas import AREAS, TRACKING
from .data import Sizes
from .fill import DocumentLoader, insert_runs
from .operations import (
    BULK_READ,
    HUGE_LIMIT,
    PAGE,
    SEARCH,
    Growth,
    Operation,
    SearchPage,
    searching,
)
from .searches import DEFAULT
from .sides import Side
from .subjects import Subject
from .timing import Call

Experiments = Mapping[int, str]
"""By the number of runs."""

_FIRST = SearchPage("", PAGE)


def fill(sides: Sequence[Side], sizes: Sizes) -> dict[str, Experiments]:
    """Fill databases; what is in them then, by subject."""
    return {side.source.name: _filled(side, sizes) for side in sides}


def rows(sizes: Sizes) -> list[Operation]:
    """What is measured, one beside the other."""
    return [
        Operation(_name(sizes, count), partial(_first_page, count=count), BULK_READ, SEARCH)
        for count in _counts(sizes)
    ]


def growth(sizes: Sizes) -> list[Growth]:
    """What must cost the same."""
    few, many = _counts(sizes)
    title = f"first page of {many:,} runs against one of {few:,} beside them"
    return [Growth(title, _name(sizes, many), _name(sizes, few), HUGE_LIMIT)]


def _counts(sizes: Sizes) -> tuple[int, int]:
    return sizes.small, sizes.huge


def _name(sizes: Sizes, count: int) -> str:
    beside = "" if count == sizes.huge else f" beside {sizes.huge:,} others"
    return f"search_runs: default order, {count:,} runs{beside}, page 1 of {PAGE}"


def _filled(side: Side, sizes: Sizes) -> Experiments:
    with side.filling() as filling:
        subject = filling.open(AREAS[TRACKING])
        loader = DocumentLoader(subject, filling.place)
        experiments = {}
        for count in _counts(sizes):
            experiments[count] = subject.create_experiment(f"{count} runs")
            insert_runs(loader, experiments[count], count, seed=count)
        return experiments


def _first_page(subject: Subject, experiments: Experiments, count: int) -> Iterator[Call]:
    return searching(subject, experiments[count], DEFAULT, _FIRST)
