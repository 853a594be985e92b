"""``docstore://`` URIs."""

import sqlite3
from pathlib import Path

import pytest

from mlflow_docstore.adapters.sqlite import connection
from mlflow_docstore.adapters.sqlite.connection import connect
from mlflow_docstore.core.errors import InvalidArgument


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
        place = connect(uri).driver._session.place  # type: ignore[attr-defined]
        assert str(place.directory) == directory.format(here=tmp_path)

    def test_nothing_is_made_before_it_is_used(self, tmp_path: Path) -> None:
        connect(f"docstore://{tmp_path}/x")
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("docstore://", "names no directory"),
        ("docstore:///", "names no directory"),
        ("docstore://host/path", "names no directory"),
        ("docstore:///x%00y", "names no directory"),
        ("docstore:///x?tls=true", "unknown option 'tls'"),
        ("docstore:///x?retryDeadlineMS=soon", "retryDeadlineMS must be a whole number"),
        ("docstore:///x?retryDeadlineMS=", "retryDeadlineMS must be a whole number"),
        ("docstore:///x?synchronous=off", "synchronous must be full or normal"),
        ("docstore:///x?autoIndex=maybe", "autoIndex must be on or off"),
        ("docstore:///x#two words", "'two words' is no prefix for collections"),
        (f"docstore:///x#{'p' * 41}", "is no prefix for collections"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(uri: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        connect(uri)
    assert caught.value.kind == "uri"
    assert reason in caught.value.facts["reason"]
    assert "\n" not in caught.value.facts["reason"]


def test_an_old_sqlite_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 37, 2))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.37.2")
    with pytest.raises(InvalidArgument, match=r"needs SQLite 3\.38\.0, and Python has 3\.37\.2"):
        connect("docstore:///x")
    assert connection.OLDEST == (3, 38, 0)


@pytest.mark.parametrize(("option", "level"), [("", 2), ("?synchronous=normal", 1)])
def test_writes_wait_for_the_disk_unless_told_not_to(
    directory: Path, option: str, level: int
) -> None:
    driver = connect(f"docstore://{directory}{option}").driver
    driver.insert("c", {"_id": "a"})
    native = driver._session.take().native  # type: ignore[attr-defined]
    assert native.execute("PRAGMA synchronous").fetchone() == (level,)
    assert native.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    native.close()
    driver.close()


def test_prefixes_that_differ_in_case_alone_are_others(directory: Path) -> None:
    one, other = (connect(f"docstore://{directory}#{prefix}").driver for prefix in ("a", "A"))
    one.insert("c", {"_id": "x"})
    assert other.get("c", "x") is None
    other.insert("c", {"_id": "y"})
    assert one.get("c", "y") is None
    one.close()
    other.close()
