"""One area, one name, in every layer; and no name that says nothing."""

import re

import pytest

from mlflow_docstore.core.areas import Area

from .tree import PACKAGE, ROOT, Source, sources

AREAS = {area.value for area in Area}

SHARED = {
    "mlflow_docstore/ports": {"backend", "indexes", "trace_archives", "trace_queries"},
    "mlflow_docstore/adapters/document/repositories": {"indexes", "trace_archives"},
    "mlflow_docstore/adapters/document/codecs": {"tags"},
    "mlflow_docstore/adapters/document/queries": {"fields", "hot", "trace_aids"},
    "mlflow_docstore/compat/filters": {"comparators"},
    "mlflow_docstore/compat/tracking": {
        "store",
        "declined",
        "trace_archives",
        "trace_search",
        "traces_v2",
    },
    "mlflow_docstore/compat/registry": {"store", "secrets"},
}
"""Folders of areas, and the modules in each that serve several areas or none."""

VAGUE = re.compile(
    r"^(utils?|helpers?|commons?|managers?|misc|stuff|base)$|^base_|_(utils?|helpers?)$"
)


@pytest.mark.parametrize("folder", SHARED)
def test_files_of_a_folder_of_areas_are_named_after_them(folder: str) -> None:
    stems = {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}
    assert stems - AREAS - SHARED[folder] == set()


@pytest.mark.parametrize("folder", SHARED)
def test_the_list_of_shared_modules_names_none_that_is_gone(folder: str) -> None:
    stems = {path.stem for path in (ROOT / folder).glob("*.py")}
    assert SHARED[folder] <= stems


def test_every_repository_has_its_port() -> None:
    def named(folder: str) -> set[str]:
        return {path.stem for path in (ROOT / folder).glob("*.py")}

    ports, repositories = (
        named("mlflow_docstore/ports"),
        named("mlflow_docstore/adapters/document/repositories"),
    )
    assert repositories - {"__init__"} == ports - {"__init__", "backend", "trace_queries"}


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    found = [
        str(source)
        for source in sources("mlflow_docstore", "tests", "benchmarks", "examples")
        for part in source.path.relative_to(ROOT).with_suffix("").parts
        if VAGUE.search(part.removeprefix("test_"))
    ]
    assert found == []


def test_the_rule_about_names_knows_them() -> None:
    vague = ["utils", "helpers", "common", "manager", "base_store", "base", "string_utils"]
    assert all(VAGUE.search(name) for name in vague)
    assert not any(VAGUE.search(name) for name in ["database", "baseline", "managed", *AREAS])


def test_every_adapter_is_a_folder_with_a_descriptor_and_nothing_else() -> None:
    folders = [path for path in (PACKAGE / "adapters").iterdir() if (path / "driver.py").exists()]
    databases = [path for path in folders if path.name != "document"]
    assert len(databases) >= 3
    for folder in databases:
        source = Source(folder / "__init__.py")
        lines = [line for line in source.text.splitlines() if line and not line.startswith(" ")]
        assert [line for line in lines if line.startswith("ADAPTER = DocumentAdapter(")]
        assert not [line for line in lines if line.startswith(("def ", "class ", "async "))]
