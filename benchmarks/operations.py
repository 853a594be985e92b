"""What is measured of each subject, and what is to be reached."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, Protocol

from mlflow.entities import Metric, Param, RunTag

from .data import EPOCH, KEY, Sizes, many_metrics, many_params, points
from .fill import World
from .searches import DEFAULT, HIGHEST, LOWEST, SELECTIVE, Search
from .subjects import Subject, Token
from .timing import Call

WRITE = POINT_READ = 1.5
BULK_READ = 2.5
"""What ours may cost, as a multiple of the bare driver's time."""

PAGE = 100
DEEP = 100
"""The page that must cost what the first one does."""

_CALLS_A_RUN = 100
_BATCHES_A_RUN = 10
_STRIDE = 7_919

Arrange = Callable[[Any, Any], Iterator[Call]]
"""From a subject and what it holds to an endless sequence of calls, each ready to be made."""


class Named(Protocol):
    """Whoever is measured."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the table.

    Args:
        name: What it is.
        limit: What ours may cost, as a multiple of the bare driver's time.
        arrange: The calls.
        faster: How many times faster than SqlAlchemyStore on PostgreSQL ours must be; None: any.
    """

    name: str
    limit: float
    arrange: Arrange
    faster: float | None = None


class WrongAnswerError(Exception):
    """A subject did something else than what it is measured at."""


def operations(sizes: Sizes) -> list[Operation]:
    """All rows."""
    return [
        Operation("create_experiment", WRITE, _create_experiment),
        Operation("create_run", WRITE, _create_run, faster=2),
        Operation("log_param", WRITE, _log_param),
        Operation("log_metric", WRITE, _log_metric),
        Operation("set_tag", WRITE, _set_tag),
        Operation("log_batch: 1,000 points, one key", WRITE, _log_points, faster=20),
        Operation("log_batch: 100 keys", WRITE, _log_keys, faster=4),
        Operation("log_batch: 100 params", WRITE, _log_params),
        Operation("get_run", POINT_READ, _get_run, faster=2),
        Operation(
            f"get_metric_history: {sizes.history:,} points",
            BULK_READ,
            partial(_history, run="history", length=sizes.history),
            faster=15,
        ),
        Operation(
            f"get_metric_history: {sizes.history:,} points, logged one by one",
            BULK_READ,
            partial(_history, run="singles", length=sizes.history),
        ),
        Operation(
            f"get_metric_history: {sizes.long_history:,} points",
            BULK_READ,
            partial(_history, run="long_history", length=sizes.long_history),
        ),
        *(
            Operation(name, BULK_READ, partial(_search, search=search, page=page))
            for name, search, page in search_pages(sizes)
        ),
    ]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Which page of what size in which experiment."""

    experiment: str
    size: int
    number: int = 1


def search_pages(sizes: Sizes) -> list[tuple[str, Search, SearchPage]]:
    """The searches with the names of their rows."""
    found = []
    for experiment, runs in (("small", sizes.small), ("large", sizes.large)):
        for search in (DEFAULT, *SELECTIVE, HIGHEST, LOWEST):
            found.append((runs, search, SearchPage(experiment, PAGE)))
            if search in (DEFAULT, HIGHEST):
                size = min(PAGE, runs // DEEP)
                if size != PAGE:
                    found.append((runs, search, SearchPage(experiment, size)))
                found.append((runs, search, SearchPage(experiment, size, DEEP)))
    return [(search_name(search, runs, page), search, page) for runs, search, page in found]


def search_name(search: Search, runs: int, page: SearchPage) -> str:
    """What the row of a search is called."""
    return f"search_runs: {search.title}, {runs:,} runs, page {page.number} of {page.size}"


def _create_experiment(subject: Subject, world: World) -> Iterator[Call]:  # noqa: ARG001 - an Arrange
    for number in count():
        yield partial(subject.create_experiment, f"experiment-{number}")


def _create_run(subject: Subject, world: World) -> Iterator[Call]:
    while True:
        yield partial(subject.create_run, world.scratch)


def _log_param(subject: Subject, world: World) -> Iterator[Call]:
    for run_id, number in _fresh_runs(subject, world, _CALLS_A_RUN):
        yield partial(subject.log_param, run_id, Param(f"param-{number}", "value"))


def _log_metric(subject: Subject, world: World) -> Iterator[Call]:
    for run_id, number in _fresh_runs(subject, world, _CALLS_A_RUN):
        metric = Metric(KEY, 1.0 / (number + 1), EPOCH + number, number)
        yield partial(subject.log_metric, run_id, metric)


def _set_tag(subject: Subject, world: World) -> Iterator[Call]:
    for run_id, number in _fresh_runs(subject, world, _CALLS_A_RUN):
        yield partial(subject.set_tag, run_id, RunTag(f"tag-{number}", "value"))


def _log_points(subject: Subject, world: World) -> Iterator[Call]:
    for run_id, number in _fresh_runs(subject, world, _BATCHES_A_RUN):
        yield partial(subject.log_batch, run_id, points(1_000, start=1_000 * number))


def _log_keys(subject: Subject, world: World) -> Iterator[Call]:
    for run_id, number in _fresh_runs(subject, world, _BATCHES_A_RUN):
        yield partial(subject.log_batch, run_id, many_metrics(100, number))


def _log_params(subject: Subject, world: World) -> Iterator[Call]:
    for run_id, _ in _fresh_runs(subject, world, 1):
        yield partial(subject.log_batch, run_id, params=many_params(100))


def _get_run(subject: Subject, world: World) -> Iterator[Call]:
    for number in count():
        run_id = world.run_ids[number * _STRIDE % len(world.run_ids)]
        yield partial(subject.get_run, run_id)


def _history(subject: Subject, world: World, run: str, length: int) -> Iterator[Call]:
    run_id = getattr(world, run)

    def read() -> None:
        expect(subject, "points", subject.history(run_id, KEY), length)

    while True:
        yield read


def _search(subject: Subject, world: World, search: Search, page: SearchPage) -> Iterator[Call]:
    experiment_id = world.experiments[page.experiment]
    token = _token_of(subject, experiment_id, search, page)
    length = page.size if search.hits is None else search.hits

    def read() -> None:
        found, _ = subject.search(experiment_id, search, page.size, token)
        expect(subject, "runs", found, length)

    while True:
        yield read


def _token_of(subject: Subject, experiment_id: str, search: Search, page: SearchPage) -> Token:
    """Where the page starts: behind one large page, which saves walking there."""
    if page.number == 1:
        return None
    ahead = page.size * (page.number - 1)
    found, token = subject.search(experiment_id, search, ahead)
    expect(subject, "runs", found, ahead)
    return token


def _fresh_runs(subject: Subject, world: World, calls: int) -> Iterator[tuple[str, int]]:
    """A run and a number, the run a new one after so many numbers."""
    run_id = ""
    for number in count():
        if number % calls == 0:
            run_id = subject.create_run(world.scratch)
        yield run_id, number


def expect(subject: Named, what: str, found: object, expected: object) -> None:
    """Refuse another answer than the one that is measured."""
    if found != expected:
        raise WrongAnswerError(f"{subject.name} returned {found} {what}, not {expected}")
