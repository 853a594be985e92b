"""The checker, in a process of its own: pytest inside pytest would share plugins and caches."""

import ast
import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path

import pytest

from mlflow_docstore import connect
from mlflow_docstore.core.areas import Area
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.experiments import ExperimentQuery
from mlflow_docstore.testing.report import FORMAT
from mlflow_docstore.testing.subjects import without_credentials

# The process starts MLflow and its databases, which a busy machine may take a minute over.
pytestmark = pytest.mark.timeout(300)

SUITE = Path(__file__).parents[1] / "contract"
COMMAND = Path(sys.executable).with_name("mlflow-docstore")
MODULES = sorted([*SUITE.glob("store/test_*.py"), *SUITE.glob("registry/test_*.py")])

# A store without an adapter, with two faults: a write is lost, and a method is not there.
FAULTY_STORE = """
from mlflow.exceptions import MlflowNotImplementedException
from mlflow.tracking._tracking_service.utils import _tracking_store_registry

from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore


class FaultyStore(DocStoreTrackingStore):
    def set_experiment_tag(self, experiment_id, tag):
        pass

    def delete_experiment_tag(self, experiment_id, key):
        raise MlflowNotImplementedException("experiment tags cannot be deleted")


def create(store_uri, artifact_uri):
    return FaultyStore.of_uri(store_uri.replace("faulty", "memory"), artifact_uri or "./mlruns")


def refuse(store_uri, artifact_uri):
    raise ZeroDivisionError("no store today")


_tracking_store_registry.register("faulty", create)
_tracking_store_registry.register("unwilling", refuse)
"""

DRIVER = """
import json, sys
import faulty_store
from mlflow_docstore.adapters.memory.database import shared
from mlflow_docstore.cli import main
from pathlib import Path

for arguments in json.loads(sys.argv[1]):
    try:
        status = main(["check", *arguments])
    except SystemExit as error:
        status = error.code
    print(f"\\f{status}")
left = [name for name, table in shared("shared").tables.items() if table.documents]
Path("tables.json").write_text(json.dumps(left))
"""

ONE_LOST = "store/test_experiment_changes.py::TestTags::test_a_tag_is_set"
ONE_LACKING = (
    "store/test_experiment_changes.py::TestTags::test_a_deleted_tag_is_gone_and_others_stay"
)
ONE_OF_A_REGISTRY = "registry/test_aliases.py::TestSetting::test_alias_names_the_version"
FOUR = "store/test_experiments.py::TestActiveFilter"
DRIVERS = "driver/test_get.py"

CHECKS = {
    "sound": ("sqlite", "--case", FOUR),
    "faulty": (
        *("faulty:///faulty.db", "--json", "faulty.json", "--html", "faulty.html"),
        *("--case", ONE_LOST, "--case", ONE_LACKING, "--case", FOUR),
    ),
    "lacking": ("faulty:///lacking.db", "--case", ONE_LACKING),
    "lacking, not allowed": ("faulty:///refused.db", "--case", ONE_LACKING, "--no-lacks"),
    "registry": ("memory", "--case", ONE_OF_A_REGISTRY),
    "no registry": ("faulty:///no-registry.db", "--case", ONE_OF_A_REGISTRY),
    "unknown scheme": ("nosuch://anna:secret@host/db?key=hidden",),
    "unwilling": ("unwilling://store",),
    "no case": ("memory", "--case", FOUR, "-k", "no_case_has_this_name"),
    "no module": ("memory", "--case", "store/test_nothing.py"),
    "area": ("memory", "--area", "driver", "--case", FOUR, "--case", DRIVERS),
    "keyword": ("memory", "--case", DRIVERS, "-k", "comes_back"),
    "first failure": ("faulty:///first.db", "-x", "--case", "store/test_experiment_changes.py"),
    "not empty": ("faulty:///faulty.db", "--case", FOUR),
    "not empty, allowed": ("faulty:///faulty.db", "--not-empty", "--case", FOUR),
    "in use": ("docstore://./used", "--case", FOUR, "--case", DRIVERS, "--json", "used.json"),
    "prefix": ("memory://shared#mine", "--case", FOUR, "--case", "driver/test_prepare.py"),
    "new": ("docstore://./a/new", "--case", FOUR),
    "file in nowhere": ("memory", "--json", "nowhere/report.json"),
}


@dataclass(frozen=True)
class Outcome:
    status: int
    lines: list[str]

    def row(self, name: str) -> list[int]:
        """The passed, lacking and failed counts of a capability, or in total."""
        (row,) = (
            line
            for line in self.lines
            if line.endswith(tuple("0123456789")) and name in re.split("  +", line)[:2]
        )
        return [int(cell) for cell in row.split()[-3:]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the checks are made, with a database that is in use."""
    folder = tmp_path_factory.mktemp("check")
    (folder / "faulty_store.py").write_text(FAULTY_STORE)
    (folder / "driver.py").write_text(DRIVER)
    used = connect(f"docstore://{folder / 'used'}")
    used.prepare()
    used.close()
    return folder


@pytest.fixture(scope="module")
def outcomes(folder: Path) -> dict[str, Outcome]:
    """Every check made once, one after the other in one fresh process."""
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


def parsed(page: str) -> tuple[Counter[str], list[str]]:
    """How often each element is in a page, and what it refers to."""
    elements: Counter[str] = Counter()
    references: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            elements[tag] += 1
            references.extend(str(value) for name, value in attrs if name in {"href", "src"})

    Reader().feed(page)
    return elements, references


class TestSoundStore:
    def test_exit_status_is_0(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["sound"].status == 0
        assert outcomes["sound"].lines[-1] == "It works: all 4 cases passed."

    def test_table_counts_by_capability_and_in_total(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["sound"].row("experiments") == [4, 0, 0]
        assert outcomes["sound"].row("total") == [4, 0, 0]

    def test_the_product_is_told(self, outcomes: dict[str, Outcome]) -> None:
        (line,) = (line for line in outcomes["sound"].lines if "SqlAlchemyStore" in line)
        assert f"mlflow {version('mlflow')}" in line

    def test_methods_of_the_store_are_timed(self, outcomes: dict[str, Outcome]) -> None:
        (line,) = (line for line in outcomes["sound"].lines if "create_experiment" in line)
        assert int(line.split()[1]) >= 4


class TestFaultyStore:
    def test_exit_status_is_1(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["faulty"].status == 1
        assert outcomes["faulty"].lines[-1] == "It fails: 1 of 6 cases failed, in experiments."

    def test_table_tells_passed_lacking_and_failed_apart(
        self, outcomes: dict[str, Outcome]
    ) -> None:
        assert outcomes["faulty"].row("experiment changes") == [0, 1, 1]
        assert outcomes["faulty"].row("total") == [4, 1, 1]

    def test_a_failure_is_told_with_its_calls_and_how_to_run_it_again(
        self, outcomes: dict[str, Outcome]
    ) -> None:
        lines = outcomes["faulty"].lines
        at = lines.index(f"FAILED experiments, experiment changes: {ONE_LOST}")
        told = "\n".join(lines[at:])
        assert 'assert store.get_experiment(experiment_id).tags == {"team": "vision"}' in told
        assert "assert {} == {'team': 'vision'}" in told
        assert "store.set_experiment_tag('" in told
        assert f"again: mlflow-docstore check faulty:///faulty.db --case {ONE_LOST}" in told

    def test_a_lack_is_told_in_one_line(self, outcomes: dict[str, Outcome]) -> None:
        lack = "experiments, experiment changes: experiment tags cannot be deleted (1)"
        assert f"LACKING {lack}" in outcomes["faulty"].lines

    def test_it_can_stop_at_the_first_failure(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["first failure"].status == 1
        assert outcomes["first failure"].row("total")[2] == 1

    def test_the_json_has_all_of_it(self, outcomes: dict[str, Outcome], folder: Path) -> None:
        told = json.loads((folder / "faulty.json").read_text())
        assert (told["status"], told["format"]) == (1, FORMAT)
        assert told["verdict"] == outcomes["faulty"].lines[-1]
        assert told["total"] == {"passed": 4, "lacking": 1, "failed": 1}
        (failure,) = told["failures"]
        assert failure["case"] == ONE_LOST
        assert failure["made"] == len(failure["calls"]) == 3

    @pytest.mark.usefixtures("outcomes")
    def test_the_page_needs_nothing_else_and_has_all_of_it(self, folder: Path) -> None:
        text = (folder / "faulty.html").read_text()
        elements, references = parsed(text)
        assert not {"script", "link", "img", "iframe"} & elements.keys()
        assert references == []
        assert "url(" not in text
        assert elements["svg"] == 1
        for told in (ONE_LOST, "experiment tags cannot be deleted", "It fails: 1 of 6"):
            assert told in text


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
        assert outcomes["registry"].row("aliases") == [1, 0, 0]

    def test_is_lacking_where_the_scheme_has_none(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["no registry"].status == 0
        assert outcomes["no registry"].row("total") == [0, 1, 0]
        expected = "LACKING registered_models, aliases: a model registry (1)"
        assert expected in outcomes["no registry"].lines


class TestSelection:
    def test_an_area_is_enough_to_choose_cases(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["area"].row("total") == [8, 0, 0]

    def test_a_keyword_as_well(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["keyword"].row("total") == [1, 0, 0]

    @pytest.mark.parametrize("name", ["no case", "no module"])
    def test_no_case_at_all_is_no_success(self, outcomes: dict[str, Outcome], name: str) -> None:
        assert outcomes[name].status == 2

    def test_a_report_that_cannot_be_written_is_told_first(
        self, outcomes: dict[str, Outcome]
    ) -> None:
        assert outcomes["file in nowhere"].status == 2


class TestOwnDatabase:
    def test_its_product_and_its_commands_are_told(
        self, outcomes: dict[str, Outcome], folder: Path
    ) -> None:
        assert outcomes["in use"].status == 0
        told = json.loads((folder / "used.json").read_text())
        assert told["product"]["name"] == "SQLite"
        assert {one["name"] for one in told["features"]} == {one.value for one in Feature}
        (creation,) = (one for one in told["operations"] if one["kind"] == "create_experiment")
        assert creation["commands"] == 1.0
        assert {one["kind"] for one in told["commands"]} >= {"insert", "find"}

    def test_what_is_in_it_stays_and_nothing_is_added(
        self, outcomes: dict[str, Outcome], folder: Path
    ) -> None:
        assert outcomes["in use"].row("total") == [12, 0, 0]
        assert [path.name for path in (folder / "used").iterdir()] == ["docstore.sqlite"]
        used = connect(f"docstore://{folder / 'used'}")
        used.require()
        stages = ("active", "deleted")
        assert used.experiments.search(ExperimentQuery(stages), PageRequest(None)).items == []
        used.close()

    @pytest.mark.usefixtures("outcomes")
    def test_collections_of_its_own_are_dropped(self, folder: Path) -> None:
        assert json.loads((folder / "tables.json").read_text()) == []

    def test_one_that_is_not_there_is_not_there_afterwards(
        self, outcomes: dict[str, Outcome], folder: Path
    ) -> None:
        assert outcomes["new"].status == 0
        assert not (folder / "a").exists()


class TestStoreOfSomebodyElse:
    def test_one_that_holds_something_is_left_alone(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["not empty"].status == 2
        assert "add --not-empty" in outcomes["not empty"].lines[-1]

    def test_unless_that_is_allowed(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["not empty, allowed"].row("total") == [4, 0, 0]


class TestNothingJudged:
    def test_a_store_that_cannot_be_opened_is_one_line(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["unknown scheme"].status == 2
        (line,) = (line for line in outcomes["unknown scheme"].lines[1:] if line)
        assert line.startswith("Cannot check nosuch://host/db: ")

    def test_nor_is_one_that_fails_in_a_way_of_its_own(self, outcomes: dict[str, Outcome]) -> None:
        assert outcomes["unwilling"].status == 2
        expected = "Cannot check unwilling://store: ZeroDivisionError: no store today"
        assert outcomes["unwilling"].lines[-1] == expected

    def test_credentials_are_not_shown(self, outcomes: dict[str, Outcome]) -> None:
        text = "\n".join(outcomes["unknown scheme"].lines)
        assert "secret" not in text
        assert "hidden" not in text


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://anna:secret@host:27017/db", "mongodb://host:27017/db"),
        ("mongodb://anna:se@cr/et@host/db?tls=true", "mongodb://host/db"),
        (
            "cosmos://account.documents.azure.com/db?key=secret",
            "cosmos://account.documents.azure.com/db",
        ),
        (
            "cosmos://AccountEndpoint=https://h:443/;AccountKey=secret;Database=db",
            "cosmos://AccountEndpoint=https://h:443/;AccountKey=***;Database=db",
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


def test_a_bar_shows_on_a_terminal() -> None:
    master, terminal = os.openpty()
    check = subprocess.Popen(
        [COMMAND, "check", "memory", "--case", DRIVERS],
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    # A terminal whose other end was closed is an error to read.
    with contextlib.suppress(OSError):
        while part := os.read(master, 4096):
            shown += part
    os.close(master)
    assert check.wait() == 0
    assert b"8/8" in shown
    assert b"driver: get" in shown


def test_what_it_made_is_removed_when_it_is_told_to_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    check = subprocess.Popen(
        [COMMAND, "check", f"docstore://{data}"],
        stdout=subprocess.PIPE,
        text=True,
    )
    while check.poll() is None and not list(tmp_path.glob("data/.check_*/docstore.sqlite")):
        time.sleep(0.02)
    check.terminate()
    told, _ = check.communicate()
    assert told.splitlines()[-1] == f"Cannot check docstore://{data}: interrupted"
    assert check.returncode == 2
    assert not data.exists()


@pytest.mark.parametrize("package", ["pytest", "rich"])
def test_without_what_it_needs_it_says_in_one_line_what_to_install(package: str) -> None:
    script = (
        f"import sys; sys.modules['{package}'] = None\n"
        "from mlflow_docstore.cli import main; sys.exit(main(['check', 'memory://x']))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        f"Cannot check memory://x: {package} is missing, install mlflow-docstore[check]"
    ]
