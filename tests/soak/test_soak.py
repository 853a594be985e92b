"""Eight writers while commands fail: what was acknowledged is there, once, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlflow_docstore.testing.guard.proxy import Proxy
from tests.adapters.cosmosdb.proxy import Proxy as CosmosProxy
from tests.adapters.cosmosdb.subject import NAME as COSMOSDB
from tests.standin import HOST, StandIn

from .ledger import Answer
from .soaking import DIALECTS, Embedded, Guarded, OnCosmos, Subject, soaking
from .weather import USUAL, Weather

_TURNS = 40
_STORM = Weather(throttled=0.5, seconds=2)


@pytest.fixture(params=["embedded", *DIALECTS, COSMOSDB])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    if request.param == "embedded":
        yield Embedded(tmp_path / "data")
        return
    if request.param == COSMOSDB:
        account = request.getfixturevalue("cosmos")
        with CosmosProxy(account) as before_it:
            yield OnCosmos(account, before_it)
        return
    standin: StandIn = request.getfixturevalue("unwatched")
    server = (HOST, standin.port)
    with Proxy(server) as proxy:
        yield Guarded(server, proxy, request.param)


def test_what_was_acknowledged_is_there_once(subject: Subject, tmp_path: Path) -> None:
    """Also in a storm, where some calls may give up."""
    ledgers = tmp_path / "ledgers"
    ledgers.mkdir()
    with soaking(subject, ledgers, deadline=1.0) as soak:
        soak.round(_TURNS, USUAL)
        soak.round(_TURNS, _STORM)
        assert soak.complaints() == []
        assert soak.told.answers[Answer.DONE] > soak.told.answers[Answer.REFUSED] > 0
