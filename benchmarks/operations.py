"""What is measured of each subject, and what is to be reached."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, Protocol

from mlflow.entities import Metric, Param, RunTag

from .data import (
    EPOCH,
    KEY,
    KEYS_A_STEP,
    Sizes,
    many_metrics,
    many_params,
    metric_key,
    points,
)
from .fill import World
from .searches import DEEP, DEFAULT, SEARCHES, SELECTIVE, Search
from .subjects import Subject, Token
from .timing import Call

WRITE = POINT_READ = 1.5
BULK_READ = 2.5
"""What ours may cost, as a multiple of the bare driver's time."""

SINGLE = 3.0
POINTS = 10.0
MANY = 8.0
HISTORY = 15.0
SEARCH = 5.0
"""How many times faster ours must be than the faster of MLflow's stores."""

DEEP_LIMIT = 1.2
GROWTH_LIMIT = 2.0
HUGE_LIMIT = 1.3
MEASURED_LIMIT = 1.2
"""What one row of ours may cost, as a multiple of another one's time."""

_HISTORY_MEMORY = 2**30

PAGE = 100
DEEP_PAGE = 100
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
        arrange: The calls.
        limit: What ours may cost, as a multiple of the bare driver's time.
        faster: How many times faster ours must be than the faster of MLflow's stores.
        bare: Whether the bare driver does it, too.
    """

    name: str
    arrange: Arrange
    limit: float
    faster: float
    bare: bool = True


@dataclass(frozen=True, slots=True)
class Growth:
    """A row that compares two others, subject by subject.

    Args:
        title: What it is.
        row: The name of the row that may cost more.
        base: The name of the row that it is compared with.
        limit: What it may cost ours, as a multiple; None for whatever.
    """

    title: str
    row: str
    base: str
    limit: float | None


@dataclass(frozen=True, slots=True)
class Crowd:
    """What many processes do at once.

    Args:
        title: What each call is.
        start: From a subject and an experiment of it to what does one call of a number, in this
            process. Each number is given once, whoever asks.
    """

    title: str
    start: Callable[[Any, str], Callable[[int], object]]


@dataclass(frozen=True, slots=True)
class Weight:
    """A call whose memory is measured, in a process of its own.

    Args:
        title: What it does.
        limit: How many bytes ours may take.
        warm_up: A call that takes what is taken once; of a subject and what it holds.
        call: The call; likewise.
    """

    title: str
    limit: int
    warm_up: Callable[[Any, Any], object]
    call: Callable[[Any, Any], object]


class WrongAnswerError(Exception):
    """A subject did something else than what it is measured at."""


def operations(sizes: Sizes) -> list[Operation]:
    """All rows."""
    write = partial(Operation, limit=WRITE, faster=SINGLE)
    return [
        write("create_experiment", _create_experiment),
        write("create_run", _create_run),
        write("log_param", _log_param),
        write("log_metric", _log_metric),
        write("set_tag", _set_tag),
        Operation("log_batch: 1,000 points, one key", _log_points, WRITE, POINTS),
        Operation("log_batch: 100 keys", _log_keys, WRITE, MANY),
        Operation("log_batch: 100 params", _log_params, WRITE, MANY),
        *(
            write(_measuring(count), partial(_log_measured, points=count), bare=False)
            for count in sizes.measured
        ),
        Operation("get_run", _get_run, POINT_READ, SINGLE),
        *_histories(sizes),
        *(
            Operation(name, partial(_search, search=search, page=page), BULK_READ, SEARCH)
            for name, search, page in search_pages(sizes)
        ),
    ]


def growth(sizes: Sizes) -> list[Growth]:
    """Rows against each other: deep pages against first ones, many runs against few."""
    found: list[Growth] = []
    for name, search, page in search_pages(sizes):
        runs = sizes.small if page.experiment == "small" else sizes.large
        title = f"{search.title}, {runs:,} runs"
        if page.number == DEEP_PAGE:
            first = search_name(search, runs, SearchPage(page.experiment, page.size))
            found.append(Growth(f"{title}: page 100 against page 1", name, first, DEEP_LIMIT))
        elif page.experiment == "large":
            few = search_name(search, sizes.small, page)
            limit = GROWTH_LIMIT if search in (DEFAULT, *SELECTIVE) else None
            found.append(Growth(f"{title} against {sizes.small:,}", name, few, limit))
    base, *others = sizes.measured or (0,)
    return found + [
        Growth(
            f"log_metric of a logged model: {count:,} points against {base:,}",
            _measuring(count),
            _measuring(base),
            MEASURED_LIMIT,
        )
        for count in others
    ]


def weights(sizes: Sizes) -> list[Weight]:
    """Of what memory is measured."""
    return [
        Weight(
            f"read a history of {sizes.long_history:,} points",
            _HISTORY_MEMORY,
            lambda subject, world: subject.history(world.long_history, f"no-{KEY}"),
            lambda subject, world: subject.history(world.long_history, KEY),
        )
    ]


def _log_points_of_a_run(subject: Subject, experiment_id: str) -> Callable[[int], object]:
    """Each process has a run of its own."""
    run_id = subject.create_run(experiment_id)
    return lambda step: subject.log_metric(run_id, *points(1, start=step))


CROWD = Crowd("log_metric", _log_points_of_a_run)


def _histories(sizes: Sizes) -> list[Operation]:
    read = partial(Operation, limit=BULK_READ, faster=HISTORY)
    return [
        read(
            f"get_metric_history: {sizes.history:,} points",
            partial(_history, run="history", length=sizes.history),
        ),
        read(
            f"get_metric_history: {sizes.history:,} points, logged one by one",
            partial(_history, run="singles", length=sizes.history),
        ),
        read(
            f"get_metric_history: one key of {KEYS_A_STEP}, {sizes.steps:,} steps, run not ended",
            partial(_history, run="stepped", length=sizes.steps, key=metric_key(0)),
        ),
        read(
            f"get_metric_history: {sizes.long_history:,} points",
            partial(_history, run="long_history", length=sizes.long_history),
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
        for search in SEARCHES:
            found.append((runs, search, SearchPage(experiment, PAGE)))
            if search in DEEP:
                size = min(PAGE, runs // DEEP_PAGE)
                if size != PAGE:
                    found.append((runs, search, SearchPage(experiment, size)))
                found.append((runs, search, SearchPage(experiment, size, DEEP_PAGE)))
    return [(search_name(search, runs, page), search, page) for runs, search, page in found]


def search_name(search: Search, runs: int, page: SearchPage) -> str:
    """What the row of a search is called."""
    return f"search_runs: {search.title}, {runs:,} runs, page {page.number} of {page.size}"


def _measuring(points: int) -> str:
    return f"log_metric: of a logged model with {points:,} points"


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


def _log_measured(subject: Subject, world: World, points: int) -> Iterator[Call]:
    model_id = world.measured[points]
    for run_id, number in _fresh_runs(subject, world, _CALLS_A_RUN):
        metric = Metric(KEY, 1.0 / (number + 1), EPOCH + number, number, model_id=model_id)
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


def _history(
    subject: Subject, world: World, run: str, length: int, key: str = KEY
) -> Iterator[Call]:
    run_id = getattr(world, run)

    def read() -> None:
        expect(subject, "points", subject.history(run_id, key), length)

    while True:
        yield read


def _search(subject: Subject, world: World, search: Search, page: SearchPage) -> Iterator[Call]:
    return searching(subject, world.experiments[page.experiment], search, page)


def searching(
    subject: Subject, experiment_id: str, search: Search, page: SearchPage
) -> Iterator[Call]:
    """Calls that read a page of an experiment."""
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
