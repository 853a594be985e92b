"""The checker, in a process of its own: pytest inside pytest would share plugins and caches."""

import ast
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlflow_docstore.core.areas import Area
from mlflow_docstore.testing.subjects import without_credentials

# The process starts MLflow and its databases, which a busy machine may take a minute over.
pytestmark = pytest.mark.timeout(300)

SUITE = Path(__file__).parents[1] / "contract"
MODULES = sorted([*SUITE.glob("store/test_*.py"), *SUITE.glob("registry/test_*.py")])

# MLflow's own store with two faults: one write is lost, and one method is not there.
FAULTY_STORE = """
from mlflow.exceptions import MlflowNotImplementedException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.tracking._tracking_service.utils import _tracking_store_registry


class FaultyStore(SqlAlchemyStore):
    def set_experiment_tag(self, experiment_id, tag):
        pass

    def delete_experiment_tag(self, experiment_id, key):
        raise MlflowNotImplementedException("experiment tags cannot be deleted")


def create(store_uri, artifact_uri):
    return FaultyStore(store_uri.replace("faulty:", "sqlite:"), artifact_uri or "./mlruns")


_tracking_store_registry.register("faulty", create)
"""

DRIVER = """
import json, sys
import faulty_store
from mlflow_docstore.testing.check import run_check

for uri, options in json.loads(sys.argv[1]):
    status = run_check(uri, **options)
    print(f"\\f{status}")
"""

ONE_LOST = "test_experiment_changes and TestTags and test_a_tag_is_set"
ONE_LACKING = "test_experiment_changes and TestTags and test_a_deleted_tag_is_gone"
ONE_OF_A_REGISTRY = "test_aliases and TestSetting and test_alias_names_the_version"
ALL_KINDS = f"({ONE_LOST}) or ({ONE_LACKING}) or (test_experiments and TestActiveFilter)"

CHECKS = {
    "sound": ("sqlite", {"keyword": "test_experiments and TestActiveFilter"}),
    "faulty": ("faulty:///faulty.db", {"keyword": ALL_KINDS}),
    "lacking": ("faulty:///faulty.db", {"keyword": ONE_LACKING}),
    "lacking, not allowed": (
        "faulty:///faulty.db",
        {"keyword": ONE_LACKING, "no_lacks": True},
    ),
    "registry": ("sqlite", {"keyword": ONE_OF_A_REGISTRY}),
    "no registry": ("faulty:///faulty.db", {"keyword": ONE_OF_A_REGISTRY}),
    "unknown scheme": ("nosuch://anna:secret@host/db?key=hidden", {}),
    "no test": ("sqlite", {"keyword": "no_test_has_this_name"}),
}


@dataclass(frozen=True)
class Outcome:
    status: int
    lines: list[str]

    def row(self, area: str) -> list[int]:
        """The passed, lacking and failed counts of an area."""
        (row,) = (line for line in self.lines if line.split()[:1] == [area])
        return [int(cell) for cell in row.split()[1:]]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Every check made once, one after the other in one fresh process."""
    folder = tmp_path_factory.mktemp("check")
    (folder / "faulty_store.py").write_text(FAULTY_STORE)
    (folder / "driver.py").write_text(DRIVER)
    done = subprocess.run(
        [sys.executable, "driver.py", json.dumps(list(CHECKS.values()))],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *parts, _ = done.stdout.split("\f")
    statuses = [int(part.split("\n")[0]) for part in done.stdout.split("\f")[1:]]
    return {
        name: Outcome(status, part.splitlines())
        for name, status, part in zip(CHECKS, statuses, parts, strict=True)
    }


class TestSoundStore:
    def test_exit_status_is_0(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["sound"].status == 0

    def test_table_counts_by_area_and_in_total(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["sound"].row("experiments") == [4, 0, 0]
        assert outcomes["sound"].row("total") == [4, 0, 0]


class TestFaultyStore:
    def test_exit_status_is_1(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["faulty"].status == 1

    def test_table_tells_passed_lacking_and_failed_apart(
        self, outcomes: dict[str, Outcome]
    ) -> None:
        assert outcomes["faulty"].row("experiments") == [4, 1, 1]

    def test_a_failure_is_told_in_one_line(self, outcomes: dict[str, Outcome]) -> None:
        (line,) = (line for line in outcomes["faulty"].lines if line.startswith("FAILED"))
        assert "experiments: test_experiment_changes.py::TestTags::test_a_tag_is_set" in line
        assert "assert {} == {'team': 'vision'}" in line

    def test_a_lack_is_told_in_one_line(self, outcomes: dict[str, Outcome]) -> None:
        expected = "LACKING experiments: experiment tags cannot be deleted (1)"
        assert expected in outcomes["faulty"].lines


class TestLackingStore:
    def test_exit_status_is_0(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["lacking"].status == 0
        assert outcomes["lacking"].row("total") == [0, 1, 0]

    def test_exit_status_is_1_where_nothing_may_lack(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["lacking, not allowed"].status == 1
        assert outcomes["lacking, not allowed"].row("total") == [0, 0, 1]


class TestRegistry:
    def test_is_judged_beside_the_tracking_store(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["registry"].status == 0
        assert outcomes["registry"].row("registered_models") == [1, 0, 0]

    def test_is_lacking_where_the_scheme_has_none(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["no registry"].status == 0
        assert outcomes["no registry"].row("total") == [0, 1, 0]
        expected = "LACKING registered_models: a model registry (1)"
        assert expected in outcomes["no registry"].lines


class TestNothingJudged:
    def test_a_store_that_cannot_be_opened_is_one_line(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["unknown scheme"].status == 2
        (line,) = (line for line in outcomes["unknown scheme"].lines[1:] if line)
        assert line.startswith("Cannot check nosuch://host/db: ")

    def test_credentials_are_not_shown(self, outcomes: dict[str, Outcome]) -> None:
        text = "\n".join(outcomes["unknown scheme"].lines)
        assert "secret" not in text
        assert "hidden" not in text

    def test_no_test_at_all_is_no_success(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["no test"].status == 2


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://anna:secret@host:27017/db", "mongodb://host:27017/db"),
        ("mongodb://anna:se@cr/et@host/db?tls=true", "mongodb://host/db"),
        (
            "cosmos://account.documents.azure.com/db?key=secret",
            "cosmos://account.documents.azure.com/db",
        ),
        ("docstore:///path", "docstore:///path"),
        ("memory", "memory"),
    ],
)
def test_a_printed_uri_shows_no_credentials(uri: str, shown: str) -> None:
    assert without_credentials(uri) == shown


@pytest.mark.parametrize("module", MODULES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_contract_module_names_its_area(module: Path) -> None:
    marks = [
        node.value.args[0].value
        for node in ast.parse(module.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    assert len(marks) == 1
    assert marks[0] in {area.value for area in Area}


def test_without_pytest_it_says_in_one_line_what_to_install() -> None:
    script = (
        "import sys; sys.modules['pytest'] = None\n"
        "from mlflow_docstore.cli import main; sys.exit(main(['check', 'memory://x']))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        "Cannot check memory://x: pytest is missing, install mlflow-docstore[check]"
    ]
