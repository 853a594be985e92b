"""What the checkout's own test run has beside the shipped suite: a stand-in for MongoDB."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from mlflow_docstore.testing.guard.guard import Guard
from mlflow_docstore.testing.guard.profiles import load_profile
from mlflow_docstore.testing.guard.proxy import Proxy
from mlflow_docstore.testing.subjects import THROW_AWAY_STORES

from . import containers
from .adapters.subjects import SUBJECTS, mark
from .dialects import DIFFERING, GUARDED, JUDGED, OPTIONS, DialectWatch
from .standin import HOST, StandIn

STANDIN = "standin"
"""The name of one more subject: the adapter of MongoDB on a database of the stand-in."""

CRASH_POINTS = "crash points"
BROKEN_STORES = "broken stores"
COUNTED = {CRASH_POINTS: "tried", BROKEN_STORES: "caught"}
"""Properties of reports that tell how many there were, and what was done to them."""

CHOSEN = frozenset(
    {
        *("test_batches", "test_concurrency", "test_inputs", "test_keys", "test_lifecycle"),
        *("test_logged_model_metrics", "test_metric_history", "test_metrics", "test_params"),
        *("test_search_experiments", "test_search_logged_models_order", "test_search_runs"),
        *("test_search_runs_dataset_filters", "test_search_runs_filters"),
        *("test_search_runs_order", "test_search_runs_text_filters"),
        *("test_aliases", "test_model_versions", "test_prompt_links", "test_search_model_versions"),
        *("test_search_registered_models", "test_stages", "test_webhooks"),
        *("test_delete_traces", "test_log_spans", "test_resent_spans", "test_span_totals"),
        *("test_start_trace_again", "test_trace_links"),
    }
)
"""Modules of the contract that judge the stand-in in every run: filters, orders and patches of each
kind. What the others add is above the driver, where databases do not differ."""

_GROWN = "a guard sees the size of what is sent, not what a document grows to by it"

FAILURES = {
    "test_registry_sizes.py::TestModelVersions::test_description[standin]": (
        "SecantusDB: an internal error, code 1, where findAndModify makes a document too large"
    ),
    **{
        f"test_limits.py::{test}[cosmos-mongodb-7.0]": _GROWN
        for test in (
            "test_a_patch_that_would_make_it_too_large_is_refused",
            "test_a_push_that_would_make_it_too_large_is_refused",
            "test_patch_many_refuses_it",
        )
    },
}
"""What the stand-in does otherwise than MongoDB, and a guard than its dialect, by test."""

WATCH = pytest.StashKey[DialectWatch]()

# Databases that wait for no disk: what they promise of it is not what these tests look at.
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - directories in it are the user's own
_ENOUGH = 4 << 30


def pytest_configure(config: pytest.Config) -> None:
    """Judge stand-ins too, or containers, unless the command line says whom to judge."""
    asked = config.option.markexpr.split()
    of_containers = "containers" in asked and "not" not in asked
    usual = [*THROW_AWAY_STORES, STANDIN, *JUDGED, *SUBJECTS]
    judged = containers.IMAGES if of_containers else usual
    config.option.store_uri = config.option.store_uri or list(judged)
    config.stash[WATCH] = DialectWatch(config)
    config.pluginmanager.register(config.stash[WATCH])
    for subject in SUBJECTS.values():
        config.pluginmanager.register(subject)
    if _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free > _ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what of the contract on the stand-in can wait, and what it cannot do."""
    for item in items:
        if reason := FAILURES.get(item.nodeid.rpartition("/")[2]):
            item.add_marker(pytest.mark.xfail(reason=reason))
        spec = getattr(item, "callspec", None)
        params = spec.params if spec else {}
        subjects = {params.get("_subject"), params.get("driver_subject")}
        if item.path.stem not in CHOSEN and params.get("_subject") == STANDIN:
            item.add_marker(pytest.mark.exhaustive)
        if item.path.stem not in DIFFERING and subjects & GUARDED.keys():
            item.add_marker(pytest.mark.dialects)
        mark(item, subjects)
        if subjects & containers.IMAGES.keys():
            item.add_marker(pytest.mark.containers)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests counted, all workers together."""
    counts: Counter[str] = Counter()
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        counts.update({name: n for name, n in report.user_properties if name in COUNTED})
    for name, number in counts.items():
        terminalreporter.write_line(f"{number} {name} {COUNTED[name]}")


@pytest.fixture(scope="session")
def unwatched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One for all tests, as it is."""
    server = StandIn(tmp_path_factory.mktemp("standin"))
    # Not as a replica set of one: nobody reads its log of operations, which doubles writes.
    server.start("--standalone", "--enable-test-commands")
    yield server
    server.kill()


@pytest.fixture(scope="session")
def standin(unwatched: StandIn, pytestconfig: pytest.Config) -> Iterator[StandIn]:
    """The same, where every dialect judges what is sent to it.

    It can be told to fail (``configureFailPoint``).
    """
    with Proxy((HOST, unwatched.port), pytestconfig.stash[WATCH].watch) as proxy:
        yield replace(unwatched, port=proxy.address[1])


@pytest.fixture(scope="session")
def guarded(unwatched: StandIn) -> Iterator[Callable[[str], StandIn]]:
    """Makes the stand-in refuse what a dialect refuses."""
    with ExitStack() as stack:

        def make(profile: str) -> StandIn:
            guard = Guard(load_profile(profile))
            proxy = stack.enter_context(Proxy((HOST, unwatched.port), guard))
            return replace(unwatched, port=proxy.address[1])

        yield make


@pytest.fixture(scope="session")
def container() -> Iterator[Callable[[str], str]]:
    """Starts the server of that name, once; the template of its URIs."""
    with ExitStack() as stack:
        running: dict[str, str] = {}

        def template(name: str) -> str:
            if trouble := containers.trouble():
                pytest.skip(trouble)
            if name not in running:
                running[name] = stack.enter_context(containers.started(containers.IMAGES[name]))
            return running[name]

        yield template


@pytest.fixture(scope="session")
def throw_away(
    throw_away: Callable[[str], str],
    container: Callable[[str], str],
    request: pytest.FixtureRequest,
) -> Callable[[str], str]:
    """Knows the stand-in, the dialects that it can be made to speak, what databases bring along,
    and containers.
    """
    numbers = count()

    def make(name: str) -> str:
        if name in containers.IMAGES:
            return container(name).format(database=f"throw_away_{next(numbers)}")
        if name not in {STANDIN, *SUBJECTS, *GUARDED}:
            return throw_away(name)
        database = f"throw_away_{next(numbers)}"
        if name in SUBJECTS:
            return SUBJECTS[name].uri(request, database)
        if name in GUARDED:
            server: StandIn = request.getfixturevalue("guarded")(name)
            return f"{GUARDED[name]}://{server.address}/{database}?{OPTIONS}"
        standin: StandIn = request.getfixturevalue("standin")
        return standin.uri(database)

    return make
