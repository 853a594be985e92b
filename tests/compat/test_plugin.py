"""What MLflow's entry points name."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.tracking._model_registry.utils import _get_store as _get_registry
from mlflow.tracking._tracking_service.utils import _get_store

from mlflow_docstore.compat.plugin import create_scorer_store, create_tracking_store
from mlflow_docstore.compat.schemes import ADAPTERS
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore

GROUPS = ("mlflow.tracking_store", "mlflow.model_registry_store", "mlflow.scorer_store")


def run_python(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONWARNINGS": ""}
    return subprocess.run(
        [sys.executable, *options, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=100,
    )


def schemes(group: str) -> set[str]:
    return {one.name for one in entry_points(group=group) if one.value.startswith("mlflow_docs")}


def test_every_scheme_with_an_adapter_is_registered_with_mlflow() -> None:
    ours = schemes(ADAPTERS)
    assert ours
    assert {group: schemes(group) for group in GROUPS} == dict.fromkeys(GROUPS, ours)


def test_every_scheme_is_in_the_readme() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    told = {scheme for row in rows for scheme in re.findall(r"`([a-z+-]+)://", row)}
    assert {scheme.removesuffix("+srv") for scheme in schemes(ADAPTERS)} <= told


def test_mlflow_says_what_is_wrong_with_a_uri_in_our_words(tmp_path: Path) -> None:
    uri = "cosmos://account.documents.azure.com"
    for open_store in (lambda: _get_store(uri, tmp_path.as_uri()), lambda: _get_registry(uri)):
        with pytest.raises(MlflowException, match="names no database") as caught:
            open_store()
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    done = run_python(
        "import sys, mlflow_docstore.compat.plugin\n"
        "heavy = {'mlflow', 'pymongo', 'bson', 'sqlalchemy', 'dependency_injector', 'tenacity'}\n"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    assert (done.stdout.strip(), done.stderr, done.returncode) == ("[]", "", 0)


def test_opening_a_store_imports_no_more_than_it_needs(tmp_path: Path) -> None:
    done = run_python(
        "import sys, mlflow\n"
        "from mlflow.tracking._tracking_service.utils import _get_store\n"
        "before = set(sys.modules)\n"
        f"_get_store('docstore://{tmp_path / 'store'}', '{tmp_path.as_uri()}')\n"
        "heavy = {'alembic', 'pymongo', 'bson', 'sqlalchemy', 'tenacity', 'werkzeug'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_mlflow_registers_every_scheme_without_a_warning() -> None:
    done = run_python(
        "import warnings\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        "    import mlflow.tracking, mlflow.genai.scorers\n"
        "print([str(one.message) for one in caught if 'Failure attempting' in str(one.message)])\n"
        "from mlflow.tracking._tracking_service.utils import _tracking_store_registry as stores\n"
        "from mlflow.genai.scorers.registry import _scorer_store_registry as scorers\n"
        "for registry in (stores, scorers):\n"
        "    print(sorted({'memory', 'mongodb', 'mongodb+srv', 'docstore'}"
        " - registry._registry.keys()))"
    )
    assert done.stdout.split("\n")[:3] == ["[]", "[]", "[]"], done.stderr


BREAKAGE = """
import mlflow.utils.validation as module
import mlflow.exceptions
del module.{name}
from mlflow_docstore.compat.plugin import create_registry_store, create_tracking_store
def attempt(create):
    try:
        store = create("memory://release")
        return type(store).__name__
    except ImportError as error:
        return str(error)
print(attempt(create_tracking_store))
print(attempt(create_registry_store))
"""
"""A release that renamed one of MLflow's names: what becomes of each store."""


@pytest.mark.parametrize(
    ("name", "broken", "other"),
    [
        ("_validate_run_id", 0, "DocStoreRegistryStore"),
        ("_validate_webhook_url", 1, "DocStoreTrackingStore"),
    ],
)
def test_a_renamed_name_of_mlflow_costs_its_own_store_alone_and_says_what_to_install(
    name: str, broken: int, other: str
) -> None:
    done = run_python(BREAKAGE.format(name=name))
    lines = done.stdout.splitlines()
    assert lines[1 - broken] == other, done.stderr
    assert len(lines) == 2
    assert f"does not work with MLflow {mlflow.__version__}" in lines[broken]
    assert f"{name!r} from 'mlflow.utils.validation'" in lines[broken]
    assert "install 'mlflow>=3.14,<" in lines[broken]


def test_mlflow_finds_the_store_by_uri(uri: str, tmp_path: Path) -> None:
    store = _get_store(uri, tmp_path.as_uri())
    assert isinstance(store, DocStoreTrackingStore)
    assert store.artifact_root_uri == tmp_path.as_uri()


def test_relative_artifact_root_is_made_absolute_but_not_created(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = create_tracking_store(uri, "some/artifacts")
    assert store.artifact_root_uri == str(tmp_path / "some" / "artifacts")
    assert list(tmp_path.iterdir()) == []


def test_artifact_root_within_a_server_is_the_servers(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_MLFLOW_SERVER_ARTIFACT_ROOT", "s3://bucket/root")
    assert create_tracking_store(uri).artifact_root_uri == "s3://bucket/root"


def test_artifact_root_elsewhere_is_mlflows_default(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("_MLFLOW_SERVER_ARTIFACT_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    assert create_tracking_store(uri).artifact_root_uri == str(tmp_path / "mlruns")


def test_unusable_uri_is_mlflows_error_in_one_line() -> None:
    with pytest.raises(MlflowException) as caught:
        create_tracking_store("mongodb://localhost:27017")
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    assert "\n" not in caught.value.message


def test_scorer_store_is_mlflows_over_our_tracking_store(uri: str) -> None:
    scorers = create_scorer_store(uri)
    assert isinstance(scorers._tracking_store, DocStoreTrackingStore)
    with pytest.raises(MlflowException, match="list_scorers is not supported"):
        scorers.list_scorers("0")
