"""pytest plugin: the options and fixtures that the contract suite needs wherever it runs.

Loaded by every pytest of an environment that has this package, so it imports nothing heavy.
"""

from collections.abc import Callable, Generator

import pytest

from mlflow_docstore.testing.subjects import THROW_AWAY_STORES, is_uri, without_credentials


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options must live in a plugin: a conftest's are read too late under ``--pyargs``."""
    group = parser.getgroup("mlflow-docstore")
    group.addoption(
        "--store-uri",
        action="append",
        default=[],
        metavar="URI",
        help="a tracking store for the contract suite to judge (repeatable); "
        f"{', '.join(THROW_AWAY_STORES)}: a throw-away one",
    )
    group.addoption(
        "--no-lacks",
        action="store_true",
        help="an operation that the store does not implement is a failure, not a skip",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marker that tells which area of the store a module judges."""
    config.addinivalue_line("markers", "area(name): the area of the store that a module judges")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run of each contract test per store."""
    if "store_uri" in metafunc.fixturenames:
        subjects = metafunc.config.getoption("--store-uri") or list(THROW_AWAY_STORES)
        metafunc.parametrize(
            "_subject",
            subjects,
            ids=[without_credentials(subject) for subject in subjects],
            scope="session",
            indirect=True,
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The one place where what a store lacks becomes a skip, so that it never counts as a pass."""
    report = yield
    if "store_uri" not in getattr(item, "fixturenames", ()) or item.config.getoption("--no-lacks"):
        return report
    if call.excinfo is not None and _is_lack(call.excinfo.value):
        path, line, _ = item.location
        report.outcome = "skipped"
        report.longrepr = (path, line or 0, f"store lacks: {call.excinfo.value}")
    return report


@pytest.fixture(scope="session")
def _subject(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def throw_away(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Makes the store that a bare name stands for; override it to have names of your own."""

    def make(name: str) -> str:
        return THROW_AWAY_STORES[name](tmp_path_factory.mktemp(name))

    return make


@pytest.fixture(scope="session")
def store_uri(_subject: str, throw_away: Callable[[str], str]) -> str:
    """The URI of the store under judgement; a bare name stands for a throw-away store."""
    return _subject if is_uri(_subject) else throw_away(_subject)


def _is_lack(error: BaseException) -> bool:
    # By its code: the class is MLflow's, which must not be imported here, and differs over REST.
    return (
        isinstance(error, NotImplementedError)
        or getattr(error, "error_code", None) == "NOT_IMPLEMENTED"
    )
