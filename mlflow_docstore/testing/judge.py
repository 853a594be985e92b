"""From a store to a report: the suite is run on it, and watched."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

from mlflow_docstore import __version__
from mlflow_docstore.compat.container import CONTAINER
from mlflow_docstore.compat.errors import to_mlflow
from mlflow_docstore.compat.mlflow_internals.finding import tracking_store_of
from mlflow_docstore.compat.releases import INSTALLED
from mlflow_docstore.compat.schemes import scheme_of
from mlflow_docstore.core.errors import StoreError
from mlflow_docstore.testing.guarded import guarded
from mlflow_docstore.testing.recorder import COLLECTION, Progress, Recorder, Selection, Silent
from mlflow_docstore.testing.report import DRIVER, FeatureAnswer, Product, Report, Used
from mlflow_docstore.testing.room import adapter_of, named, room
from mlflow_docstore.testing.subjects import without_credentials
from mlflow_docstore.testing.watch import Watch, WatchedDriver

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from mlflow.store.tracking.abstract_store import AbstractStore

    from mlflow_docstore.adapters.document.backend import DocumentAdapter
    from mlflow_docstore.core.capabilities import Capabilities

_DEFAULT_EXPERIMENT = "0"


def judge(  # noqa: PLR0913 - all but the first have defaults
    subject: str,
    *,
    profile: str | None = None,
    areas: Sequence[str] = (),
    cases: Sequence[str] = (),
    keyword: str | None = None,
    no_lacks: bool = False,
    first_failure: bool = False,
    not_empty: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Judge the store behind a URI by the contract suite.

    A database of ours is judged in a prefix or a directory of its own, which is removed afterwards;
    in other stores the suite leaves what it makes.

    Args:
        subject: A tracking URI that MLflow can open, or the name of a throw-away store.
        profile: Put the guard of this dialect before it; the path of a table of your own will do.
        areas: Run only the cases of these areas.
        cases: Run only these cases, or those of these modules or classes of the suite.
        keyword: Run only the cases that match, in the syntax of pytest's ``-k``.
        no_lacks: Count what the store says it does not implement as failed.
        first_failure: Stop at the first failure.
        not_empty: Judge a store that is none of ours although it holds something.
        progress: Is told of each case.
    """
    options = [f"-k{keyword}"] * bool(keyword) + ["--no-lacks"] * no_lacks + ["-x"] * first_failure
    selection = Selection(tuple(areas), tuple(cases))
    shown = without_credentials(subject)
    judging = _Judging(shown, profile, selection, options, progress or Silent())
    started = time.monotonic()
    try:
        with _ended_by_signals(), named(subject) as given, guarded(given, profile) as uri:
            adapter = adapter_of(uri)
            if adapter is None:
                judging.foreign(uri, not_empty=not_empty)
            else:
                judging.own(uri, adapter)
    except KeyboardInterrupt:
        judging.trouble = "interrupted"
    except (MlflowException, StoreError) as error:
        base = subject.partition("#")[0]
        judging.trouble = _one_line(error).replace(base, without_credentials(base))
    return judging.report(time.monotonic() - started)


@dataclass
class _Judging:
    """One store, and what has been found out about it."""

    shown: str
    profile: str | None
    selection: Selection
    options: Sequence[str]
    progress: Progress
    watch: Watch = field(default_factory=Watch)
    recorder: Recorder | None = None
    product: Product | None = None
    features: tuple[FeatureAnswer, ...] = ()
    trouble: str | None = None
    used: Used | None = None

    def own(self, uri: str, adapter: DocumentAdapter) -> None:
        """A database with an adapter, beside all that is in it."""
        driver = adapter.connect(uri).driver
        server = driver.server()
        driver.close()
        guarded_as = f", guarded as {self.profile}" if self.profile else ""
        self.product = Product(server.product, server.version, f"{server.form}{guarded_as}")
        self.features = _answers(driver.capabilities)
        with room(uri, adapter) as place:
            connection = adapter.connect(place)
            watched = WatchedDriver(connection.driver, connection.retry_deadline, self.watch)
            with CONTAINER.backends().lent(place, adapter.over(watched, connection)):
                _opened(place)
                self._run(place, ("store", "registry", DRIVER))
            deck = None if self.recorder is None else self.recorder.used
            self.used = Used.by(connection.usage(), deck)

    def foreign(self, uri: str, *, not_empty: bool) -> None:
        """A store of somebody else's, which is judged as it is."""
        store = _opened(uri)
        self.product = _product(store)
        if not not_empty and _holds_something(store):
            self.trouble = (
                "it holds something already, and what the suite makes would stay beside it: name"
                " an empty one, or add --not-empty"
            )
            return
        self._run(uri, ("store", "registry"))

    def _run(self, uri: str, folders: Sequence[str]) -> None:
        suite = _suite()
        behind = ["--profile", self.profile] if self.profile else []
        self.recorder = Recorder(
            suite,
            (without_credentials(uri), scheme_of(uri)),
            ("mlflow-docstore", "check", self.shown, *behind),
            self.selection,
            self.watch,
            self.progress,
        )
        modules = [case.partition("::")[0] for case in self.selection.cases]
        paths = [str(suite / name) for name in dict.fromkeys(modules) or folders]
        output = io.StringIO()
        try:
            with redirect_stdout(output), redirect_stderr(output):
                arguments = [*paths, *_pytest_arguments(uri, suite), *self.options]
                status = pytest.main(arguments, plugins=[self.recorder])
        finally:
            self.watch.detach()
        self.trouble = _trouble(int(status), output.getvalue(), self.recorder)

    def report(self, seconds: float) -> Report:
        """What it comes to."""
        recorder = self.recorder
        return Report(
            store=self.shown,
            mlflow=str(INSTALLED),
            mlflow_docstore=__version__,
            seconds=round(seconds, 1),
            product=self.product,
            features=self.features,
            rows=recorder.rows() if recorder else (),
            lacking=recorder.lacking() if recorder else (),
            failures=tuple(recorder.failures) if recorder else (),
            operations=self.watch.operations(),
            commands=self.watch.commands(),
            trouble=self.trouble,
            used=self.used,
        )


def _suite() -> Path:
    """Where the suite lies: in the package once installed, beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "contract"
    return installed if installed.is_dir() else package.parent / "tests" / "contract"


def _pytest_arguments(uri: str, suite: Path) -> list[str]:
    return [
        f"--store-uri={uri}",
        # Whatever configures pytest where the user happens to stand has no say in a verdict.
        f"-c{os.devnull}",
        f"--rootdir={suite}",
        f"--confcutdir={suite}",
        "--import-mode=importlib",
        "-pno:cacheprovider",
        # It collects garbage again and again, to warn of what is not closed.
        "-pno:unraisableexception",
        "-q",
        "--no-header",
        "--no-summary",
        "--disable-warnings",
        "--tb=no",
        "--show-capture=no",
    ]


def _trouble(status: int, output: str, recorder: Recorder) -> str | None:
    """Why the suite did not come to its end, if it did not."""
    if status in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        return None
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        return "no case was selected"
    if status == pytest.ExitCode.INTERRUPTED:
        unread = any(row.capability == COLLECTION for row in recorder.rows())
        return None if unread else "interrupted"
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else f"pytest ended with status {status}"


def _opened(uri: str) -> AbstractStore:
    """The store, which has answered once: else there would be hundreds of failures for a line."""
    try:
        store = tracking_store_of(uri)
        store.get_experiment(_DEFAULT_EXPERIMENT)
    except (MlflowException, StoreError):
        raise
    except Exception as error:  # a store of somebody else's may raise anything
        raise MlflowException(f"{type(error).__name__}: {error}") from error
    return store


def _holds_something(store: AbstractStore) -> bool:
    experiments = store.search_experiments(ViewType.ALL, max_results=2)
    return len(experiments) > 1 or bool(
        store.search_runs([_DEFAULT_EXPERIMENT], "", ViewType.ALL, max_results=1)
    )


def _product(store: AbstractStore) -> Product:
    package = type(store).__module__.partition(".")[0]
    # Several distributions may fill one package; that of its name comes first.
    found = sorted(packages_distributions().get(package, ()), key=lambda name: name != package)
    by = f"{found[0]} {version(found[0])}" if found else package
    return Product(type(store).__qualname__, by, "a store of its own")


def _answers(capabilities: Capabilities) -> tuple[FeatureAnswer, ...]:
    has = [FeatureAnswer(one.value, supported=True) for one in capabilities.supported]
    lacks = [
        FeatureAnswer(one.value, supported=False, whose=lack.whose.value, reason=lack.reason)
        for one, lack in capabilities.lacking.items()
    ]
    return tuple(sorted(has + lacks, key=lambda answer: (answer.supported, answer.name)))


def _one_line(error: MlflowException | StoreError) -> str:
    if isinstance(error, StoreError) and error.kind == "uri":
        return str(error.facts["reason"])
    told = to_mlflow(error) if isinstance(error, StoreError) else error
    return str(told.message).strip().partition("\n")[0]


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Be told to end as by Ctrl-C, so that what was made is removed."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = ("SIGTERM", "SIGHUP")
    before = {one: signal.signal(one, interrupt) for name in names if (one := _signal(name))}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _signal(name: str) -> signal.Signals | None:
    return getattr(signal, name, None)
