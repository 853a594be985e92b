"""``mlflow-docstore init``."""

import pytest

import mlflow_docstore
from mlflow_docstore import cli
from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.testing.guard.guard import Guard
from mlflow_docstore.testing.guard.profiles import load_profile
from mlflow_docstore.testing.guard.proxy import Proxy
from tests.standin import HOST, StandIn

Captured = pytest.CaptureFixture[str]


def test_what_is_made_is_said(uri: str, capsys: Captured) -> None:
    assert cli.main(["init", uri]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["made", "collections"], ["made", "marker"]]
    assert "model_versions" in lines[0]
    mlflow_docstore.connect(uri).require()


def test_a_dry_run_makes_nothing(uri: str, capsys: Captured) -> None:
    assert cli.main(["init", uri, "--dry-run"]) == 0
    assert all(line.startswith("would make ") for line in capsys.readouterr().out.splitlines())
    with pytest.raises(NotFound):
        mlflow_docstore.connect(uri).require()


@pytest.mark.parametrize("wish", [["--shard"], ["--throughput", "400"]], ids=str)
def test_a_wish_that_cannot_be_granted_is_refused(
    uri: str, wish: list[str], capsys: Captured
) -> None:
    assert cli.main(["init", uri, *wish]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert "Not supported" in captured.err
    with pytest.raises(NotFound):
        mlflow_docstore.connect(uri).require()


@pytest.mark.parametrize(
    "text", ["", "0", "300", "450", "1e3", "auto:1000", "autoscale:", "autoscale:400", "-400"]
)
def test_throughput_is_in_steps(uri: str, text: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["init", uri, f"--throughput={text}"])
    assert caught.value.code == 2
    assert "multiple of 100" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("throughput", "words"),
    [("400", "database with 400 RU/s"), ("autoscale:4000", "database with up to 4000 RU/s")],
)
def test_of_cosmos_db_the_database_comes_first(
    throughput: str, words: str, capsys: Captured
) -> None:
    uri = "cosmos-mongodb://nowhere.invalid/db#team"
    assert cli.main(["init", uri, "--throughput", throughput, "--dry-run"]) == 0
    first, second, third, *_ = capsys.readouterr().out.splitlines()
    assert words in first
    assert second == "would make collection team_experiments, sharded by _id"
    assert third == "would make indexes of team_experiments: by_name, by_recency"


def test_a_database_that_it_made_is_used_without_a_word(standin: StandIn, capsys: Captured) -> None:
    guard = Guard(load_profile("cosmos-mongodb-7.0"))
    with Proxy((HOST, standin.port), guard) as proxy:
        uri = f"cosmos-mongodb://{HOST}:{proxy.address[1]}/init?directConnection=true&tls=false"
        assert cli.main(["init", uri]) == 0
        assert "sharded by run_id" in capsys.readouterr().out
        backend = mlflow_docstore.connect(uri)
        backend.require()
        assert "by_recency" in {index.name for index in backend.indexes.list()}
        backend.close()
