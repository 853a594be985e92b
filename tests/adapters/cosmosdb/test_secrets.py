"""Keys of accounts, which no log, no text and no representation may tell."""

import base64
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

import mlflow_docstore
from mlflow_docstore import cli
from mlflow_docstore.adapters.cosmosdb.connection import connect
from mlflow_docstore.adapters.cosmosdb.containers import Containers
from mlflow_docstore.adapters.cosmosdb.session import Session
from mlflow_docstore.adapters.cosmosdb.uri import parse
from tests.compat.server_process import ServerProcess

from .service.access import KEY
from .standin import StandIn

COMMAND = str(Path(sys.executable).with_name("mlflow-docstore"))
WRONG = base64.b64encode(b"\xfb\xff a key of nobody's").decode()

# A user's program, with every logger talking, that ends by the error of the last call.
CLIENT = """
import logging, os, sys
logging.basicConfig(level=logging.DEBUG)
import mlflow
mlflow.set_tracking_uri(os.environ["STORE"])
client = mlflow.MlflowClient()
run = client.create_run(client.create_experiment("a"))
client.log_param(run.info.run_id, "p", "1")
client.log_param(run.info.run_id, "p", "2")
"""


def assert_hidden(text: str) -> None:
    for key in (KEY, WRONG):
        for written in (key, quote(key, safe=""), quote(key), repr(key)[1:-1]):
            assert written not in text


def place(cosmos: StandIn, database: str) -> str:
    return cosmos.uri(database).partition("?")[0]


def connection_string(cosmos: StandIn, key: str) -> str:
    return f"AccountEndpoint={cosmos.endpoint};AccountKey={key};"


def ways(
    cosmos: StandIn, key: str, database: str = "secret-and-locked"
) -> dict[str, tuple[str, dict[str, str]]]:
    """To give a key: the URI, and the environment."""
    string = connection_string(cosmos, key)
    return {
        "option": (f"{place(cosmos, database)}?key={quote(key, safe='')}", {}),
        "bare option": (f"{place(cosmos, database)}?key={key}", {}),
        "connection string": (f"cosmos+http:///{database}?{string}", {}),
        "COSMOS_KEY": (place(cosmos, database), {"COSMOS_KEY": key}),
        "COSMOS_CONNECTION_STRING": (
            f"cosmos+http:///{database}",
            {"COSMOS_CONNECTION_STRING": string},
        ),
    }


WAYS = ("option", "bare option", "connection string", "COSMOS_KEY", "COSMOS_CONNECTION_STRING")


def ran(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: text for name, text in os.environ.items() if not name.startswith("COSMOS_")}
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=kept | environment,
    )


class TestAProgramWithEveryLoggerTalking:
    def test_tells_no_key(self, cosmos: StandIn) -> None:
        done = ran(sys.executable, "-c", CLIENT, STORE=cosmos.uri("secret-of-a-program"))
        assert "DEBUG:mlflow_docstore" in done.stderr
        assert "INFO:azure" in done.stderr, "the loudest logger of all was silent"
        assert "Traceback" in done.stderr
        assert "Changing param values is not allowed" in done.stderr
        assert_hidden(f"{done.stdout}{done.stderr}")

    @pytest.mark.parametrize("way", ["option", "COSMOS_CONNECTION_STRING"])
    def test_tells_no_wrong_key_either(self, cosmos: StandIn, way: str) -> None:
        uri, environment = ways(cosmos, WRONG)[way]
        done = ran(sys.executable, "-c", CLIENT, STORE=uri, **environment)
        assert "Traceback" in done.stderr
        assert "authentication failed: check the key" in done.stderr
        assert_hidden(f"{done.stdout}{done.stderr}")


class TestCommands:
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("command", ["init", "check", "indexes", "compact"])
    def test_tell_no_wrong_key(
        self,
        cosmos: StandIn,
        way: str,
        command: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        uri, environment = ways(cosmos, WRONG)[way]
        for variable, text in environment.items():
            monkeypatch.setenv(variable, text)
        caplog.set_level(logging.DEBUG)
        assert cli.main([command, uri]) == 2
        told = capsys.readouterr()
        assert "authentication failed: check the key" in f"{told.out}{told.err}"
        assert_hidden(f"{told.out}{told.err}{caplog.text}")

    def test_tell_no_key_in_reports(self, cosmos: StandIn, tmp_path: Path) -> None:
        reports = [tmp_path / "report.html", tmp_path / "report.json"]
        named = ["--html", str(reports[0]), "--json", str(reports[1])]
        case = ["--case", "driver/test_get.py"]
        done = ran(COMMAND, "check", cosmos.uri("checked-secret"), *case, *named)
        assert done.returncode == 0
        html, report = (path.read_text(encoding="utf-8") for path in reports)
        assert json.loads(report)["total"]["passed"] > 0
        assert_hidden(f"{done.stdout}{done.stderr}{html}{report}")


class TestAServer:
    """MLflow itself says what URI it was given, where it misses SQL to keep jobs in."""

    def said(self, uri: str, directory: Path) -> str:
        server = ServerProcess(directory, uri)
        with server as address:
            requests.get(f"{address}/version", timeout=10).raise_for_status()
        assert "Uvicorn running" in server.said
        return server.said

    def test_that_keeps_no_jobs_tells_no_key_of_its_uri(
        self, cosmos: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
        assert_hidden(self.said(cosmos.uri("secret-of-a-server"), tmp_path))

    def test_that_has_it_from_the_environment_tells_none(
        self, cosmos: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COSMOS_KEY", KEY)
        assert_hidden(self.said(place(cosmos, "secret-of-another"), tmp_path))


class TestRepresentations:
    @pytest.fixture
    def talked(self, cosmos: StandIn) -> Session:
        session = Session(parse(cosmos.uri("secret-represented")))
        session.client()
        return session

    def test_of_a_session_tell_no_key(self, talked: Session) -> None:
        assert_hidden(f"{talked!r}{vars(talked)!r}{Containers(talked)!r}{talked.client()!r}")
        talked.close()

    def test_of_what_is_opened_tell_no_key(self, cosmos: StandIn) -> None:
        uri = cosmos.uri("secret-represented")
        connection, backend = connect(uri), mlflow_docstore.connect(uri)
        backend.prepare()
        told = f"{connection!r}{connection.driver!r}{vars(connection.driver)!r}"
        assert_hidden(f"{told}{backend!r}{vars(backend)!r}")
        backend.close()


def test_every_way_to_give_a_key_opens_the_store(
    cosmos: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in WAYS:
        uri, environment = ways(cosmos, KEY, "secret-ways")[name]
        with monkeypatch.context() as patch:
            for variable, text in environment.items():
                patch.setenv(variable, text)
            backend = mlflow_docstore.connect(uri)
            backend.prepare()
            backend.require()
            backend.close()
