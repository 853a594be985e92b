"""``docstore://`` URIs, and what is missing on a machine that cannot serve them."""

import subprocess
import sys
from pathlib import Path

import pytest

from mlflow_docstore.adapters.embedded.connection import connect
from mlflow_docstore.core.errors import InvalidArgument

# With everything imported that is needed, nothing else can be found.
_FIND_NOTHING = """
import sys
from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.adapters.embedded.connection import connect
sys.path[:] = [path for path in sys.path if "site-packages" not in path]
sys.path_importer_cache.clear()
try:
    connect("docstore:///tmp/nowhere")
except InvalidArgument as error:
    print(error.facts["reason"])
"""


class TestDirectories:
    @pytest.fixture(autouse=True)
    def _here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path / "home"))

    @pytest.mark.parametrize(
        ("uri", "directory"),
        [
            ("docstore:///var/lib/x", "/var/lib/x"),
            ("docstore://./x/y", "{here}/x/y"),
            ("docstore://~/x", "{here}/home/x"),
            ("docstore:///a b/ü", "/a b/ü"),
            ("docstore:///a%20b/%C3%BC", "/a b/ü"),
            ("docstore:///x?retryDeadlineMS=10#team", "/x"),
            ("docstore:///x%23y%3Fz", "/x#y?z"),
        ],
    )
    def test_a_path(self, uri: str, directory: str, tmp_path: Path) -> None:
        server = connect(uri).driver._server  # type: ignore[attr-defined]
        assert str(server._files.directory) == directory.format(here=tmp_path)

    def test_nothing_is_made_before_it_is_used(self, tmp_path: Path) -> None:
        connect(f"docstore://{tmp_path}/x")
        assert list(tmp_path.iterdir()) == []

    def test_options(self) -> None:
        connection = connect("docstore:///x?retryDeadlineMS=10#team")
        assert connection.retry_deadline == 0.01
        assert connection.driver._session.target.prefix == "team"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("docstore://", "names no directory"),
        ("docstore:///", "names no directory"),
        ("docstore://.", "names no directory"),
        ("docstore://./", "names no directory"),
        ("docstore://name/x", "names no directory"),
        ("docstore:///x?maxPoolSize=1", "unknown option 'maxPoolSize'"),
        ("docstore:///x?retryDeadlineMS=soon", "retryDeadlineMS"),
        ("docstore:///x#two words", "prefix"),
    ],
)
def test_one_line_says_what_is_wrong(uri: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        connect(uri)
    assert (caught.value.kind, caught.value.key) == ("uri", uri)
    assert reason in caught.value.facts["reason"]
    assert "\n" not in caught.value.facts["reason"]


def test_one_line_says_what_to_install() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _FIND_NOTHING],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == (
        "the embedded database is not installed: pip install 'mlflow-docstore[embedded]'\n"
    )


def test_the_server_is_never_imported_into_this_process() -> None:
    code = "import sys; from mlflow_docstore.adapters.embedded.connection import connect\n"
    code += "connect('docstore:///tmp/nowhere')\nprint('secantus' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, check=True, text=True
    )
    assert done.stdout == "False\n"
