"""URIs that cannot work: one clear line at every entrance, and no password in any text."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import mlflow_docstore
from mlflow_docstore import cli
from mlflow_docstore.core.errors import InvalidArgument, StoreError, Unreachable
from tests.standin import HOST, StandIn, free_port

from .conftest import PASSWORD, SECRETS, USER

SOON = "serverSelectionTimeoutMS=300"
WRONG = f"{USER}:wr0ng-%2Fpass"

INVALID = "INVALID_PARAMETER_VALUE"
UNAVAILABLE = "TEMPORARILY_UNAVAILABLE"

# Name of the case: the URI, MLflow's code, and what the one line says. Nobody listens at {nobody}.
CASES: Mapping[str, tuple[str, str, str]] = {
    "malformed key": (
        "cosmos://account.documents.azure.com/db?key=wr0ng-key",
        INVALID,
        "the key is no key of an account",
    ),
    "no account": ("cosmos+http://{nobody}/db?key=d3IwbmcK", UNAVAILABLE, "no account answers at"),
    "no database": (f"mongodb://{WRONG}@h?w=1", INVALID, f"write mongodb://{USER}:***@h/DATABASE"),
    "unknown option": (f"mongodb://{WRONG}@h/db?nosuch=1", INVALID, "option 'nosuch'"),
    "option without value": (f"mongodb://{WRONG}@h/db?tls", INVALID, "option 'tls'"),
    "malformed number": (
        f"mongodb://{WRONG}@h/db?maxPoolSize=many",
        INVALID,
        "option 'maxPoolSize'",
    ),
    "malformed port": (f"mongodb://{WRONG}@h:27o17/db", INVALID, "Port"),
    "port out of range": (f"mongodb://{WRONG}@h:99999/db", INVALID, "Port"),
    "no host": ("mongodb:///db", INVALID, "host"),
    "unescaped password": ("mongodb://ann:wr0ng-/pass@h/db", INVALID, "%XX"),
    "malformed prefix": (f"mongodb://{WRONG}@h/db#two words", INVALID, "prefix"),
    "certificate not there": (
        f"mongodb://{WRONG}@h/db?tlsCAFile=/no/file",
        INVALID,
        "option 'tlsCAFile'",
    ),
    "wrong port": (f"mongodb://{WRONG}@{{nobody}}/db?{SOON}", UNAVAILABLE, "refused"),
    "unknown host": (f"mongodb://{WRONG}@no.invalid/db?{SOON}", UNAVAILABLE, "no.invalid"),
    "unknown SRV": (f"mongodb+srv://{WRONG}@no.invalid/db?{SOON}", UNAVAILABLE, "no.invalid"),
    "wrong password": (f"mongodb://{WRONG}@{{locked}}/db", UNAVAILABLE, "authentication failed"),
    "no password": ("mongodb://{locked}/db", UNAVAILABLE, "not authorised"),
    "foreign database": (
        f"mongodb://{USER}:{PASSWORD}@{{locked}}/other?authSource=admin",
        UNAVAILABLE,
        "not authorised",
    ),
    "TLS to a plain server": (
        f"mongodb://{WRONG}@{{locked}}/db?tls=true&{SOON}",
        UNAVAILABLE,
        "check host, port and the tls option",
    ),
    "plain to a TLS server": (
        f"mongodb://{WRONG}@{{encrypted}}/db?{SOON}",
        UNAVAILABLE,
        "check host, port and the tls option",
    ),
    "unknown authority": (
        f"mongodb://{{encrypted}}/db?tls=true&{SOON}",
        UNAVAILABLE,
        "certificate verify failed",
    ),
    "no directory": ("docstore://", INVALID, "the URI names no directory: write docstore:///PATH"),
    "unknown embedded option": ("docstore:///tmp/x?tls=true", INVALID, "unknown option 'tls'"),
    "directory not allowed": ("docstore:///proc/none", UNAVAILABLE, "cannot use /proc/none"),
}

every_case = pytest.mark.parametrize("case", CASES)

# A client per URI, as a user's program would be one, with every logger talking.
CLIENTS = """
import json, logging, sys
logging.basicConfig(level=logging.DEBUG)
import mlflow
answers = {}
for name, uri in json.load(sys.stdin).items():
    mlflow.set_tracking_uri(uri)
    try:
        mlflow.MlflowClient().search_experiments()
    except mlflow.MlflowException as error:
        answers[name] = [error.error_code, error.message, repr(error)]
json.dump(answers, sys.stdout)
"""


@pytest.fixture(scope="module")
def uris(locked: StandIn, encrypted: StandIn) -> dict[str, str]:
    places = {
        "nobody": f"{HOST}:{free_port()}",
        "locked": locked.address,
        "encrypted": encrypted.address,
    }
    return {name: uri.format(**places) for name, (uri, _, _) in CASES.items()}


@pytest.fixture(scope="module")
def clients(uris: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CLIENTS],
        input=json.dumps(uris),
        capture_output=True,
        text=True,
        check=True,
    )


def assert_hidden(*texts: str) -> None:
    for text in texts:
        for secret in SECRETS:
            assert secret not in text


class TestClient:
    @every_case
    def test_one_line_names_the_problem(self, clients: Any, case: str) -> None:
        _, code, words = CASES[case]
        found, message, representation = json.loads(clients.stdout)[case]
        assert found == code
        assert words in message
        assert "\n" not in message
        assert_hidden(message, representation)

    def test_no_logger_tells_the_password(self, clients: Any) -> None:
        assert "DEBUG:pymongo" in clients.stderr, "the loudest logger of all was silent"
        assert_hidden(clients.stderr)


class TestLibrary:
    @every_case
    def test_one_line_names_the_problem(
        self, uris: dict[str, str], case: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        _, code, words = CASES[case]
        with pytest.raises(StoreError) as caught:
            mlflow_docstore.connect(uris[case]).prepare()
        assert isinstance(caught.value, InvalidArgument if code == INVALID else Unreachable)
        reason = caught.value.facts["reason"]
        assert words in reason
        assert "\n" not in reason
        assert_hidden(str(caught.value), repr(caught.value), str(caught.value.key), caplog.text)

    def test_the_right_password_opens_the_right_database(self, locked: StandIn) -> None:
        uri = f"mongodb://{USER}:{PASSWORD}@{locked.address}/mlflow?authSource=admin"
        backend = mlflow_docstore.connect(uri)
        backend.prepare()
        assert backend.experiments.find_by_name("none such") is None

    def test_the_right_authority_is_believed(
        self, encrypted: StandIn, certificate: tuple[Path, Path]
    ) -> None:
        uri = f"mongodb://{encrypted.address}/db?tls=true&tlsCAFile={certificate[0]}"
        backend = mlflow_docstore.connect(uri)
        backend.prepare()
        assert backend.experiments.find_by_name("none such") is None


class TestCommand:
    @every_case
    def test_check_says_it_in_one_line(
        self,
        uris: dict[str, str],
        case: str,
        capsys: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        assert cli.main(["check", uris[case]]) == 2
        told = capsys.readouterr()
        (line,) = told.out.splitlines()
        assert line.startswith("Cannot check ")
        assert CASES[case][2] in line
        assert_hidden(told.out, told.err, caplog.text)

    @pytest.mark.parametrize(
        "case", ["malformed key", "unknown option", "wrong password", "wrong port"]
    )
    @pytest.mark.parametrize(
        "command", [["compact"], ["indexes"], ["quickstart", "--backend-store-uri"]], ids=" ".join
    )
    def test_the_others_do_too(
        self,
        uris: dict[str, str],
        case: str,
        command: list[str],
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert cli.main([*command, uris[case]]) == 2
        assert list(tmp_path.iterdir()) == []
        told = capsys.readouterr()
        (line,) = told.err.splitlines()
        assert CASES[case][2] in line
        assert_hidden(told.out, told.err)


class TestServer:
    @pytest.mark.parametrize("case", ["wrong password", "unknown option", "malformed key"])
    def test_start_fails_with_the_line_last(self, uris: dict[str, str], case: str) -> None:
        mlflow = str(Path(sys.executable).with_name("mlflow"))
        done = subprocess.run(
            [mlflow, "server", "--backend-store-uri", uris[case], "--port", str(free_port())],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "MLFLOW_LOGGING_LEVEL": "DEBUG"},
        )
        assert done.returncode != 0
        assert CASES[case][2] in done.stderr.strip().splitlines()[-1]
        assert_hidden(done.stdout, done.stderr)
