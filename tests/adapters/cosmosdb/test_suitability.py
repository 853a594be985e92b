"""Accounts on which promises cannot be kept are refused before anything is asked of them."""

from collections.abc import Callable, Iterator

import pytest

import mlflow_docstore
from mlflow_docstore import cli
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.ports.backend import Backend

from .standin import StandIn, running

SETTINGS: dict[str, tuple[Callable[[StandIn], None], str]] = {
    "several write regions": (
        lambda server: server.write_in("West Europe", "North Europe"),
        "--enable-multiple-write-locations false",
    ),
    "Consistent Prefix": (
        lambda server: server.level("ConsistentPrefix"),
        "--default-consistency-level Session",
    ),
    "Eventual": (
        lambda server: server.level("Eventual"),
        "--default-consistency-level Session",
    ),
}

ENTRANCES: dict[str, Callable[[Backend], object]] = {
    "prepare": lambda backend: backend.prepare(),
    "require": lambda backend: backend.require(),
    "find_by_name": lambda backend: backend.experiments.find_by_name("a"),
}


@pytest.fixture(scope="module")
def own() -> Iterator[StandIn]:
    """A stand-in that may be another account from test to test."""
    with running() as server:
        yield server


@pytest.fixture
def unsuited(own: StandIn, request: pytest.FixtureRequest) -> Iterator[StandIn]:
    SETTINGS[request.param][0](own)
    own.forget()
    yield own
    own.write_in("Here")
    own.level("Session")


def told_by(own: StandIn) -> set[str]:
    return {one["address"] for one in own.log()}


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("unsuited", SETTINGS, indirect=True)
def test_is_refused_in_one_line_with_what_to_change(
    unsuited: StandIn, entrance: str, request: pytest.FixtureRequest
) -> None:
    change = SETTINGS[request.node.callspec.params["unsuited"]][1]
    backend = mlflow_docstore.connect(unsuited.uri("unsuited"))
    for _ in range(2):
        with pytest.raises(Unsupported) as caught:
            ENTRANCES[entrance](backend)
        assert caught.value.facts["reason"].endswith(change)
        assert "\n" not in caught.value.facts["reason"]
    assert told_by(unsuited) == {"/"}
    backend.close()


@pytest.mark.parametrize("command", ["check", "init"])
@pytest.mark.parametrize("unsuited", SETTINGS, indirect=True)
def test_commands_say_it_too(
    unsuited: StandIn,
    command: str,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change = SETTINGS[request.node.callspec.params["unsuited"]][1]
    assert cli.main([command, unsuited.uri("unsuited")]) == 2
    told = capsys.readouterr()
    (line,) = f"{told.out}{told.err}".splitlines()
    assert change in line


@pytest.mark.parametrize("level", ["Strong", "BoundedStaleness", "Session"])
def test_at_the_others_a_store_opens(own: StandIn, level: str) -> None:
    own.level(level)
    backend = mlflow_docstore.connect(own.uri(level.lower()))
    backend.prepare()
    backend.require()
    backend.close()
    own.level("Session")
