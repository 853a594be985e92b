"""What a database was asked, and what that cost."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import mlflow_docstore
from mlflow_docstore.adapters.cosmosdb.connection import connect
from mlflow_docstore.adapters.document.backend import Connection
from mlflow_docstore.adapters.document.driver import Find
from mlflow_docstore.adapters.document.layout import LAYOUT, META, RUNS
from mlflow_docstore.core.errors import Unavailable
from mlflow_docstore.core.query import And
from mlflow_docstore.ports.backend import Usage

from .service.access import KEY
from .standin import StandIn

_NUMBERS = count()


@pytest.fixture
def connection(faulty: StandIn) -> Iterator[Connection]:
    """Its containers are made, and it knows them and their partitions."""
    connection = connect(faulty.uri(f"usage-{next(_NUMBERS)}"))
    connection.driver.prepare(LAYOUT)
    connection.driver.insert(RUNS, {"_id": "known"})
    connection.driver.get(RUNS, "known")
    faulty.forget()
    yield connection
    connection.driver.close()


def used(connection: Connection) -> Usage:
    usage = connection.usage()
    assert usage is not None
    return usage


def test_nothing_is_used_before_the_first_call(cosmos: StandIn) -> None:
    assert connect(cosmos.uri("unused")).usage() == Usage(0, 0.0)


def test_a_write_and_a_read_cost_what_microsoft_says(connection: Connection) -> None:
    before = used(connection)
    connection.driver.insert(RUNS, {"_id": "a"})
    written = used(connection)
    connection.driver.get(RUNS, "a")
    read = used(connection)
    assert (written.requests - before.requests, read.requests - written.requests) == (1, 1)
    # Its id is in an index, and in two compound ones.
    assert written.charge - before.charge == pytest.approx(4.95 + 3 * 0.2)
    assert read.charge - written.charge == pytest.approx(1.0)


def test_every_response_is_in_it(faulty: StandIn, connection: Connection) -> None:
    before = used(connection)
    list(connection.driver.scan(RUNS, Find(And())))
    after, log = used(connection), faulty.log()
    assert after.requests - before.requests == len(log)
    assert after.charge - before.charge == pytest.approx(sum(one["charge"] for one in log))


def test_a_refusal_counts(faulty: StandIn, connection: Connection) -> None:
    before = used(connection)
    faulty.fail(status=429, operations=["read"])
    with pytest.raises(Unavailable):
        connection.driver.get(META, "a")
    assert used(connection).requests == before.requests + len(faulty.log())


def test_it_goes_on_after_a_close(connection: Connection) -> None:
    before = used(connection)
    connection.driver.close()
    connection.driver.get(RUNS, "a")
    assert used(connection).requests > before.requests


def test_a_backend_tells_it(cosmos: StandIn) -> None:
    backend = mlflow_docstore.connect(cosmos.uri("told"))
    backend.prepare()
    assert backend.usage is not None
    assert backend.usage.charge > len(LAYOUT.collections)
    backend.close()


def test_a_database_that_nobody_meters_has_none() -> None:
    assert mlflow_docstore.connect("memory://unmetered").usage is None


@pytest.fixture(scope="module")
def checked(cosmos: StandIn, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, int]:
    """What it prints of a database, its report, and how many requests for items there were."""
    cosmos.forget()
    folder = tmp_path_factory.mktemp("check")
    cases = ["--case", "driver/test_get.py", "--case", "driver/test_insert.py"]
    command = ["check", cosmos.uri("checked"), *cases]
    done = subprocess.run(
        [Path(sys.executable).with_name("mlflow-docstore"), *command, "--json", "report.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    asked = [one for one in cosmos.log() if one["address"].startswith("/dbs/checked/colls/")]
    items = sum("/docs" in one["address"] for one in asked)
    return done.stdout, json.loads((folder / "report.json").read_text()), items


class TestACheck:
    def test_has_a_line_of_what_it_used(self, checked: tuple[str, Any, int]) -> None:
        (line,) = (line for line in checked[0].splitlines() if line.startswith("  used "))
        assert re.fullmatch(r"  used [\d,]+ requests, [\d,]+ request units: \d+\.\d each", line)

    def test_reports_it(self, checked: tuple[str, Any, int]) -> None:
        used = checked[1]["used"]
        assert used["charge"] > used["requests"] / 2 > 0

    def test_counts_what_its_cases_asked_of_the_driver(self, checked: tuple[str, Any, int]) -> None:
        assert checked[1]["used"]["requests"] >= checked[2] > 50

    def test_shows_no_key(self, checked: tuple[str, Any, int]) -> None:
        assert KEY not in f"{checked[0]}{checked[1]}"
