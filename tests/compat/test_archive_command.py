"""``mlflow-docstore archive``, which stands in for the scheduler of MLflow's server."""

from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow.entities import ExperimentTag

from mlflow_docstore import cli
from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.driver import Patch
from mlflow_docstore.adapters.document.layout import SPANS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.compat.archival import ArchivalPass, Outcome, Settings
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from mlflow_docstore.core.errors import Unavailable
from mlflow_docstore.core.query import Filter
from tests.contract.traces.archival_scenarios import RETENTION, Archival, retention

Captured = pytest.CaptureFixture[str]
Configure = Callable[..., str]


@pytest.fixture
def archival(store: DocStoreTrackingStore, tmp_path: Path) -> Archival:
    return Archival(store, tmp_path / "archive")


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """Writes a configuration; its path."""

    def write(**settings: object) -> str:
        given = {"enabled": "true", "location": (tmp_path / "archive").as_uri(), "retention": "1d"}
        lines = [f"  {name}: {value}" for name, value in {**given, **settings}.items()]
        file = tmp_path / "archival.yaml"
        file.write_text("\n".join(["trace_archival:", *lines]))
        return str(file)

    return write


def test_archives_what_is_due(
    uri: str, archival: Archival, configure: Configure, capsys: Captured
) -> None:
    trace_id = archival.trace(archival.experiment())
    assert cli.main(["archive", uri, "--config", configure()]) == 0
    assert capsys.readouterr().out == (
        "1 traces archived, 0 that never can be, 0 to be tried again\n"
    )
    assert archival.is_archived(trace_id)


def test_takes_the_configuration_of_mlflows_variable(
    uri: str, archival: Archival, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace_id = archival.trace(archival.experiment())
    monkeypatch.setenv("MLFLOW_TRACE_ARCHIVAL_CONFIG", configure())
    assert cli.main(["archive", uri]) == 0
    assert archival.is_archived(trace_id)


def test_goes_by_all_of_the_configuration(
    uri: str, store: DocStoreTrackingStore, archival: Archival, configure: Configure
) -> None:
    home, listed = archival.experiment(), archival.experiment()
    store.set_experiment_tag(listed, ExperimentTag(RETENTION, retention("99999d")))
    traces = [archival.trace(home) for _ in range(3)] + [archival.trace(listed)]
    file = configure(max_traces_per_pass=2, long_retention_allowlist=f"[{listed}]")
    for archived in (2, 3, 3):
        assert cli.main(["archive", uri, "--config", file]) == 0
        assert len(archival.which(traces)) == archived
    assert not archival.is_archived(traces[3])


def test_says_what_could_not_be_done(
    uri: str, archival: Archival, configure: Configure, capsys: Captured
) -> None:
    home = archival.experiment()
    archival.trace(home)
    archival.directory.mkdir()
    (archival.directory / home).write_text("in the way")
    assert cli.main(["archive", uri, "--config", configure()]) == 1
    assert "0 traces archived, 0 that never can be, 1 to be tried again" in capsys.readouterr().out


def test_does_nothing_where_archival_is_off(
    uri: str, archival: Archival, configure: Configure, capsys: Captured
) -> None:
    trace_id = archival.trace(archival.experiment())
    assert cli.main(["archive", uri, "--config", configure(enabled="false")]) == 0
    assert "switched off" in capsys.readouterr().out
    assert not archival.is_archived(trace_id)


@pytest.mark.usefixtures("store")
def test_a_broken_configuration_is_one_line_and_status_2(
    uri: str, configure: Configure, capsys: Captured
) -> None:
    assert cli.main(["archive", uri, "--config", configure(retention="soon")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("mlflow-docstore: Invalid value for 'trace_archival.retention'.")


def test_without_a_configuration_is_wrong_use(
    uri: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACE_ARCHIVAL_CONFIG", raising=False)
    with pytest.raises(SystemExit) as caught:
        cli.main(["archive", uri])
    assert caught.value.code == 2
    assert "--config" in capsys.readouterr().err


def test_an_archive_that_its_trace_tells_of_stays_whatever_fails(tmp_path: Path) -> None:
    backend = DocumentBackend(Interrupted(Database()))
    store = DocStoreTrackingStore("memory://x", "/nowhere", backend)
    archival = Archival(store, tmp_path)
    trace_id = archival.trace(archival.experiment())
    settings = Settings(archival.location, "1d", frozenset())
    assert ArchivalPass(backend, settings).run() == Outcome(failed=1)
    assert [one.name for one in archival.read(trace_id).data.spans] == ["root"]


class Interrupted(MemoryDriver):
    """Takes no contents from spans."""

    def patch_many(self, collection: str, where: Filter, patch: Patch) -> None:
        if collection == SPANS and "content" in patch.set:
            raise Unavailable("database")
        super().patch_many(collection, where, patch)
