"""The command line."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from mlflow.cli import cli as mlflow_cli
from mlflow.entities import Dataset, DatasetInput, Metric, RunStatus
from mlflow.exceptions import MlflowException

import mlflow_docstore
from mlflow_docstore import cli
from mlflow_docstore.adapters.document.layout import DATASETS
from mlflow_docstore.adapters.document.texts.large import LargeTexts
from mlflow_docstore.adapters.document.texts.parts import Holder
from mlflow_docstore.compat.plugin import create_tracking_store
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from mlflow_docstore.core.errors import NotFound

Captured = pytest.CaptureFixture[str]


CHUNKS = 50
LARGE = "x" * 100_000

LIGHT = """
import sys
from mlflow_docstore import cli
try:
    cli.main(sys.argv[1:])
except SystemExit:
    pass
print("heavy:", sorted({"mlflow", "pymongo", "pytest"} & sys.modules.keys()))
"""


def test_version(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.strip() == f"mlflow-docstore {mlflow_docstore.__version__}"


def in_a_process_of_its_own(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", LIGHT, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    done = in_a_process_of_its_own("--help")
    assert "heavy: []" in done.stdout
    assert "model registry" in done.stdout
    for command in cli.COMMANDS:
        assert command.name in done.stdout


@pytest.mark.parametrize(
    "command",
    ["compact", "indexes", "archive --config none", "quickstart --backend-store-uri"],
)
@pytest.mark.parametrize(
    "uri", ["papyrus://alexandria", "papyrus+srv://alexandria/db", "alexandria"]
)
def test_scheme_is_refused_before_anything_heavy_is_imported(command: str, uri: str) -> None:
    done = in_a_process_of_its_own(*command.split(), uri)
    assert done.stdout == "heavy: []\n"
    (line,) = done.stderr.splitlines()
    assert line.startswith("mlflow-docstore: ")
    known = line.partition("Known: ")[2].split(", ")
    assert {"docstore://", "memory://", "mongodb://", "documentdb+srv://"} <= set(known)


@pytest.mark.parametrize("arguments", [[], ["fly"], ["compact"], ["indexes", "memory://x", "--on"]])
def test_wrong_use_is_status_2(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: mlflow-docstore" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["compact", "indexes", "archive --config=none"])
def test_unusable_uri_is_one_line_and_status_2(command: str, capsys: Captured) -> None:
    assert cli.main([*command.split(), "papyrus://scribe:s3cret@alexandria"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("mlflow-docstore: No database adapter for papyrus://")
    assert captured.err.count("\n") == 1
    assert "s3cret" not in captured.err


@pytest.mark.parametrize(
    "command", ["compact", "indexes", "indexes --on tags.team", "archive --config none"]
)
class TestUpkeepOfWhatIsNotThere:
    def test_of_a_path_makes_no_database(
        self, command: str, tmp_path: Path, capsys: Captured
    ) -> None:
        assert cli.main([*command.split(), f"docstore://{tmp_path}/none"]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        (line,) = captured.err.splitlines()
        assert line.startswith(
            f"mlflow-docstore: There is no database of MLflow's at {tmp_path}/none"
        )
        assert list(tmp_path.iterdir()) == []

    def test_of_a_server_is_refused(self, command: str, uri: str, capsys: Captured) -> None:
        assert cli.main([*command.split(), uri]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        (line,) = captured.err.splitlines()
        assert line.startswith("mlflow-docstore: This database holds nothing of MLflow's")
        with pytest.raises(NotFound):
            mlflow_docstore.connect(uri).require()


class TestCompact:
    @pytest.fixture
    def points(self, store: DocStoreTrackingStore) -> dict[str, list[Metric]]:
        """Runs with many chunks of points each, of which one has ended and one has not."""
        found = {}
        for ended in (True, False):
            run_id = store.create_run("0", "user", 1, [], None).info.run_id
            if ended:
                store.update_run_info(run_id, RunStatus.FINISHED, 2, None)
            for step in range(CHUNKS):
                store.log_metric(run_id, Metric("loss", 1.0 / (step + 1), step, step))
            found[run_id] = list(store.get_metric_history(run_id, "loss"))
        return found

    def test_chunks_of_ended_runs_are_merged(
        self,
        uri: str,
        store: DocStoreTrackingStore,
        points: dict[str, list[Metric]],
        capsys: Captured,
    ) -> None:
        assert cli.main(["compact", uri]) == 0
        assert capsys.readouterr().out == (
            f"1 ended runs, {CHUNKS} metric chunks merged away, 0 parts of texts swept\n"
        )
        for run_id, before in points.items():
            assert list(store.get_metric_history(run_id, "loss")) == before

    def test_parts_of_texts_that_nothing_names_are_swept(
        self, uri: str, store: DocStoreTrackingStore, capsys: Captured
    ) -> None:
        run_id = store.create_run("0", "user", 1, [], None).info.run_id
        dataset = Dataset("wine", "1", "local", "here", None, LARGE)
        store.log_inputs(run_id, [DatasetInput(dataset, [])])
        texts = LargeTexts(store._backend._driver, clock=lambda: 0)
        left = texts.moved(Holder(DATASETS, "none", "none"), {"text": LARGE}, ["text"])[1]
        with texts.stored(left):
            pass
        for swept in (1, 0):
            assert cli.main(["compact", uri]) == 0
            assert capsys.readouterr().out.endswith(f" {swept} parts of texts swept\n")
        (linked,) = store.get_run(run_id).inputs.dataset_inputs
        assert linked.dataset.profile == LARGE


class TestIndexes:
    @pytest.fixture(autouse=True)
    def prepared(self, store: DocStoreTrackingStore) -> DocStoreTrackingStore:
        return store

    def rows(self, capsys: Captured) -> list[str]:
        return capsys.readouterr().out.splitlines()

    def names_of_added(self, capsys: Captured) -> list[str]:
        return [row.split()[1] for row in self.rows(capsys) if row.endswith("(added)")]

    def test_indexes_are_listed(self, uri: str, capsys: Captured) -> None:
        assert cli.main(["indexes", uri]) == 0
        assert any("by_recency" in row for row in self.rows(capsys))

    def test_columns_are_apart(self, uri: str, capsys: Captured) -> None:
        assert cli.main(["indexes", uri, "--on", "tags.team"]) == 0
        rows = [re.split("  +", row) for row in self.rows(capsys)]
        found = {
            (one.collection, one.name): len(one.keys)
            for one in mlflow_docstore.connect(uri).indexes.list()
        }
        assert {(row[0], row[1]): len(row[2].split(", ")) for row in rows} == found

    def test_that_there_are_none_is_said(self, uri: str, capsys: Captured) -> None:
        backend = mlflow_docstore.connect(uri)
        for index in backend.indexes.list():
            backend._driver.drop_index(index.collection, index.name)
        assert cli.main(["indexes", uri]) == 0
        assert self.rows(capsys) == ["no indexes but those on ids"]

    def test_index_on_a_hot_key_is_added_and_dropped(self, uri: str, capsys: Captured) -> None:
        assert cli.main(["indexes", uri, "--on", "metrics.val_loss", "--on", "tags.team"]) == 0
        added = self.names_of_added(capsys)
        assert len(added) == 2
        assert cli.main(["indexes", uri, "--drop", added[0]]) == 0
        assert self.names_of_added(capsys) == added[1:]

    def test_index_that_is_not_there_cannot_be_dropped(self, uri: str, capsys: Captured) -> None:
        assert cli.main(["indexes", uri, "--drop", "none_such"]) == 2
        assert "none_such" in capsys.readouterr().err

    def test_index_that_every_database_needs_stays(self, uri: str, capsys: Captured) -> None:
        assert cli.main(["indexes", uri, "--drop", "by_recency"]) == 2
        assert "by_recency" in capsys.readouterr().err

    @pytest.mark.parametrize("key", ["metrics.", "val_loss", "datasets.name"])
    def test_key_without_a_kind_is_refused(self, uri: str, key: str, capsys: Captured) -> None:
        with pytest.raises(SystemExit):
            cli.main(["indexes", uri, "--on", key])
        assert "metrics.KEY" in capsys.readouterr().err


def test_check_takes_its_arguments_from_the_checker(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        cli.main(["check", "--help"])
    assert "--no-lacks" in capsys.readouterr().out


def test_quickstart_takes_its_arguments_from_the_quickstart(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        cli.main(["quickstart", "--help"])
    assert "--backend-store-uri" in capsys.readouterr().out


class TestMlflowGc:
    def test_of_a_path_that_is_not_there_is_refused_and_makes_no_database(
        self, tmp_path: Path
    ) -> None:
        uri = f"docstore://{tmp_path / 'none'}"
        done = CliRunner().invoke(
            mlflow_cli, ["gc", "--backend-store-uri", uri, "--tracking-uri", uri]
        )
        assert isinstance(done.exception, MlflowException)
        assert done.exception.message == f"There is no database of MLflow's at {tmp_path / 'none'}"
        assert not (tmp_path / "none").exists()

    def test_of_one_that_is_there_removes_what_was_deleted(self, tmp_path: Path) -> None:
        uri = f"docstore://{tmp_path / 'there'}"
        store = create_tracking_store(uri, str(tmp_path))
        run_id = store.create_run("0", "user", 1, [], None).info.run_id
        store.delete_run(run_id)
        done = CliRunner().invoke(
            mlflow_cli, ["gc", "--backend-store-uri", uri, "--tracking-uri", uri]
        )
        assert done.exit_code == 0
        with pytest.raises(MlflowException, match="not found"):
            store.get_run(run_id)
