"""What experiments tell of the retention that a server's configuration of archival gives them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow.entities import Experiment
from mlflow.store.tracking.abstract_store import AbstractStore

from .archival_scenarios import Archival, retention

pytestmark = pytest.mark.area("experiments")

Reader = Callable[[AbstractStore, str], Experiment]


def _by_id(store: AbstractStore, experiment_id: str) -> Experiment:
    return store.get_experiment(experiment_id)


def _by_name(store: AbstractStore, experiment_id: str) -> Experiment:
    return store.get_experiment_by_name(store.get_experiment(experiment_id).name)


def _by_search(store: AbstractStore, experiment_id: str) -> Experiment:
    name = store.get_experiment(experiment_id).name
    (found,) = store.search_experiments(filter_string=f"name = '{name}'")
    return found


READERS = (_by_id, _by_name, _by_search)


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes the configuration that a server would be started with, and has it in force."""

    def configure(*, enabled: bool = True, **settings: str) -> None:
        given = {"location": tmp_path.as_uri(), "retention": "30d", **settings}
        lines = [f"  {name}: {value}" for name, value in given.items()]
        lines = ["trace_archival:", f"  enabled: {str(enabled).lower()}", *lines]
        file = tmp_path / "archival.yaml"
        file.write_text("\n".join(lines))
        monkeypatch.setenv("MLFLOW_TRACE_ARCHIVAL_CONFIG", str(file))

    return configure


@pytest.mark.parametrize("read", READERS)
class TestEffectiveRetention:
    def test_is_none_without_a_configuration(self, archival: Archival, read: Reader) -> None:
        experiment = read(archival.store, archival.eager())
        assert experiment.effective_trace_archival_retention is None

    def test_is_none_where_archival_is_off(
        self, archival: Archival, read: Reader, configured: Callable[..., None]
    ) -> None:
        configured(enabled=False)
        experiment = read(archival.store, archival.eager())
        assert experiment.effective_trace_archival_retention is None

    def test_is_none_where_the_configuration_is_broken(
        self, archival: Archival, read: Reader, configured: Callable[..., None]
    ) -> None:
        configured(retention="soon")
        experiment = read(archival.store, archival.eager())
        assert experiment.effective_trace_archival_retention is None

    @pytest.mark.parametrize(
        ("own", "expected"), [(None, "30d"), ("1d", "1d"), ("36h", "36h"), ("31d", "30d")]
    )
    def test_is_the_shorter_one(
        self,
        archival: Archival,
        read: Reader,
        configured: Callable[..., None],
        own: str | None,
        expected: str,
    ) -> None:
        configured()
        tags = {} if own is None else {"retention": retention(own)}
        experiment = read(archival.store, archival.experiment(**tags))
        assert experiment.effective_trace_archival_retention == expected

    def test_is_a_longer_one_where_it_is_allowed(
        self, archival: Archival, read: Reader, configured: Callable[..., None]
    ) -> None:
        experiment_id = archival.experiment(retention=retention("31d"))
        configured(long_retention_allowlist=f"[{experiment_id}]")
        experiment = read(archival.store, experiment_id)
        assert experiment.effective_trace_archival_retention == "31d"
