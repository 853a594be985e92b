"""Who may import whom: the contracts of pyproject.toml, and what these cannot say."""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from importlib.metadata import metadata
from pathlib import Path

import pytest
from grimp import build_graph
from importlinter.api import read_configuration
from packaging.requirements import Requirement

from .tree import PACKAGE, ROOT, is_within, sources

OWNERS = {
    "tenacity": ("mlflow_docstore.adapters.document.retry",),
    "dependency_injector": ("mlflow_docstore.compat.container",),
    "rich": ("mlflow_docstore.testing.terminal",),
    "cryptography": ("mlflow_docstore.compat.registry.secrets",),
    "secantus": (),
}
"""Who may import what others may not. SecantusDB is a process of tests, and imported by nobody."""

DATABASES = "mlflow_docstore.adapters"
_OF_AZURE = {"mlflow_docstore.adapters.cosmosdb", "mlflow_docstore.adapters.mongodb"}
SHARED = {
    "azure.core": _OF_AZURE,
    "azure.identity": _OF_AZURE,
    "bson": {"mlflow_docstore.adapters.mongodb", "mlflow_docstore.testing"},
}
"""What is not one database's alone of what databases are asked by. All else is."""

MLFLOW_FACING = ("mlflow_docstore.compat", "mlflow_docstore.testing")
PURE = "mlflow_docstore.core"


def imports() -> Iterator[tuple[str, str, str]]:
    """The importing module, the imported one, and where."""
    for source in sources(PACKAGE.name):
        for module, line in source.imports():
            yield source.module, module, f"{source}:{line} imports {module}"


def test_the_contracts_of_the_layers_are_kept() -> None:
    # In a process of its own, as it silences the loggers of the one that it runs in.
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_contracts_leave_no_layer_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    contracts = read_configuration()["contracts_options"]
    layers = {contract["containers"][0]: contract for contract in contracts}
    adapters = f"{PACKAGE.name}.adapters"
    assert set(layers) == {PACKAGE.name, adapters, f"{adapters}.document"}
    assert {contract["exhaustive"] for contract in contracts} == {"True"}


def test_no_module_comes_back_to_itself_by_what_it_imports() -> None:
    # Late imports count as well: they hide a circle, and do not open it.
    graph = build_graph(PACKAGE.name, cache_dir=None)
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(imported) > 100
    TopologicalSorter(imported).prepare()


@pytest.mark.parametrize(("store", "other"), [("tracking", "registry"), ("registry", "tracking")])
def test_one_store_of_the_facade_imports_nothing_of_the_other(store: str, other: str) -> None:
    graph = build_graph(PACKAGE.name, cache_dir=None)
    facade = f"{PACKAGE.name}.compat"
    reached = graph.find_upstream_modules(f"{facade}.{store}.store")
    strangers = (f"{facade}.{other}", f"{facade}.mlflow_internals.{other}")
    assert reached
    assert sorted(module for module in reached if is_within(module, *strangers)) == []


def test_only_entities_of_mlflow_are_imported_below_its_facade() -> None:
    found = [
        where
        for importer, module, where in imports()
        if is_within(module, "mlflow")
        and not is_within(module, "mlflow.entities")
        and not is_within(importer, *MLFLOW_FACING)
    ]
    assert found == []


def test_the_rule_about_mlflow_sees_the_facade_break_it() -> None:
    assert any(
        is_within(module, "mlflow.exceptions") and is_within(importer, "mlflow_docstore.compat")
        for importer, module, _ in imports()
    )


@pytest.mark.parametrize("package", OWNERS)
def test_a_dependency_is_imported_by_its_owner_alone(package: str) -> None:
    found = [
        where
        for importer, module, where in imports()
        if is_within(module, package) and not is_within(importer, *OWNERS[package])
    ]
    assert found == []


def drivers() -> Mapping[str, set[str]]:
    """What databases are asked by, and the folders whose modules import it."""
    own = (*sys.stdlib_module_names, "mlflow", PACKAGE.name)
    found: dict[str, set[str]] = defaultdict(set)
    for importer, module, _ in imports():
        if not is_within(module, *own):
            found[_distribution(module)].add(_folder(importer))
    return {
        package: folders
        for package, folders in found.items()
        if any(folder.startswith(f"{DATABASES}.") for folder in folders - {f"{DATABASES}.document"})
    }


def _distribution(module: str) -> str:
    """Azure's are many, in one namespace."""
    parts = module.split(".")
    return ".".join(parts[: 2 if parts[0] == "azure" else 1])


def _folder(module: str) -> str:
    """Of a database; for all others that of a layer."""
    return ".".join(module.split(".")[: 3 if is_within(module, DATABASES) else 2])


def test_a_driver_is_imported_by_one_database_alone() -> None:
    found = drivers()
    assert {"pymongo", "azure.cosmos"} <= found.keys()
    assert {package: found[package] for package in found if len(found[package]) > 1} == SHARED


def test_the_stand_in_of_tests_is_installed_for_development_alone() -> None:
    about = metadata("mlflow-docstore")
    requirements = [Requirement(text) for text in about.get_all("Requires-Dist", ())]
    (marker,) = [one.marker for one in requirements if one.name == "secantusdb"]
    assert marker is not None
    extras = ["", *about.get_all("Provides-Extra", ())]
    assert [extra for extra in extras if marker.evaluate({"extra": extra})] == ["dev"]


@pytest.mark.parametrize("package", ["tenacity", "dependency_injector"])
def test_the_rule_about_owners_sees_them(package: str) -> None:
    importers = [importer for importer, module, _ in imports() if is_within(module, package)]
    assert importers


def test_core_imports_the_standard_library_and_entities_alone() -> None:
    allowed = (*sys.stdlib_module_names, "mlflow.entities", PURE)
    found = [
        where
        for importer, module, where in imports()
        if is_within(importer, PURE) and not is_within(module, *allowed)
    ]
    assert found == []


@pytest.mark.parametrize("module", ["random", "time", "datetime", "os", "socket", "threading"])
def test_core_has_no_clock_no_chance_and_no_outside(module: str) -> None:
    found = [
        where
        for importer, imported, where in imports()
        if is_within(importer, PURE) and is_within(imported, module)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["plugin", "subjects"])
def test_the_plugin_of_pytest_loads_nothing_heavy(name: str) -> None:
    # It is loaded by every pytest of an environment that has this package.
    source = next(one for one in sources(PACKAGE.name) if one.module.endswith(f"testing.{name}"))
    allowed = (*sys.stdlib_module_names, "pytest", "mlflow_docstore.testing.subjects")
    assert [module for module, _ in source.imports() if not is_within(module, *allowed)] == []
