"""The directory: what is made in it, when, and what is refused in one line with nothing written."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mlflow_docstore.adapters.document.driver import Driver, Find, Patch
from mlflow_docstore.adapters.document.layout import LAYOUT, Index
from mlflow_docstore.adapters.sqlite import place
from mlflow_docstore.adapters.sqlite.connection import connect
from mlflow_docstore.adapters.sqlite.place import FORMAT, file_system
from mlflow_docstore.core.errors import Unreachable, Unsupported
from mlflow_docstore.core.query import And, equals
from tests.contract.driver.deck import in_threads


class TestMaking:
    def test_reading_makes_nothing(self, driver: Driver, directory: Path) -> None:
        assert driver.get("c", "a") is None
        assert driver.find("c", Find()) == []
        assert list(driver.scan("c", Find())) == []
        assert driver.distinct("c", And(), ("x",), limit=5) == []
        assert driver.indexes("c") == []
        assert not directory.exists()

    def test_neither_does_changing_what_is_not_there(self, driver: Driver, directory: Path) -> None:
        assert driver.patch("c", "a", Patch(set={"x": 1})).matched is False
        driver.patch_many("c", And(), Patch(set={"x": 1}))
        assert driver.delete("c", "a") is False
        driver.delete_many("c", And())
        assert driver.drop_index("c", "by_x") is False
        driver.drop(["c"])
        driver.reclaim()
        assert not directory.exists()

    @pytest.mark.parametrize(
        "write",
        [
            lambda driver: driver.insert("c", {"_id": "a"}),
            lambda driver: driver.insert_many("c", [{"_id": "a"}, {"_id": "b"}]),
            lambda driver: driver.prepare(LAYOUT),
        ],
        ids=["insert", "insert_many", "prepare"],
    )
    def test_adding_makes_directory_and_file_for_their_owner_alone(
        self, driver: Driver, directory: Path, file: Path, write: Callable[[Driver], object]
    ) -> None:
        write(driver)
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
        assert set(modes.values()) == {0o600}
        driver.close()
        assert list(directory.iterdir()) == [file]

    def test_of_many_who_make_it_at_once_all_use_the_same(self, directory: Path) -> None:
        drivers = [connect(f"docstore://{directory}").driver for _ in range(8)]
        in_threads(lambda number: drivers[number].insert("c", {"_id": str(number)}))
        assert [len(driver.find("c", Find())) for driver in drivers] == [8] * 8
        for driver in drivers:
            driver.close()
        assert len(list(directory.iterdir())) == 1

    def test_hidden_files_and_what_was_left_half_made_do_not_matter(
        self, driver: Driver, directory: Path, file: Path
    ) -> None:
        directory.mkdir()
        (directory / ".DS_Store").touch()
        (directory / f"{file.name}-new-0").touch()
        assert driver.insert("c", {"_id": "a"}) is True


def refused(call: Callable[[], object]) -> str:
    """The one line that a call is refused with."""
    with pytest.raises(Unreachable) as caught:
        call()
    reason = str(caught.value.facts["reason"])
    assert "\n" not in reason
    return reason


class TestRefusals:
    def test_a_directory_that_holds_something_else(self, driver: Driver, directory: Path) -> None:
        directory.mkdir()
        (directory / "thesis.tex").write_text("precious")
        reason = refused(lambda: driver.insert("c", {"_id": "a"}))
        assert "holds something else (thesis.tex)" in reason
        assert [path.name for path in directory.iterdir()] == ["thesis.tex"]

    def test_a_file_in_place_of_the_directory(self, driver: Driver, directory: Path) -> None:
        directory.write_text("precious")
        assert "cannot use" in refused(lambda: driver.insert("c", {"_id": "a"}))
        assert directory.read_text() == "precious"

    @pytest.mark.parametrize("content", [b"", b"no database at all" * 300], ids=["empty", "text"])
    def test_a_file_that_is_no_database(
        self, driver: Driver, directory: Path, file: Path, content: bytes
    ) -> None:
        directory.mkdir()
        file.write_bytes(content)
        for call in (
            lambda: driver.get("c", "a"),
            lambda: driver.insert("c", {"_id": "a"}),
            lambda: driver.prepare(LAYOUT),
        ):
            assert str(file) in refused(call)
        assert file.read_bytes() == content

    def test_a_database_of_somebody_else(self, driver: Driver, directory: Path, file: Path) -> None:
        directory.mkdir()
        with closing(sqlite3.connect(file)) as native:
            native.execute("CREATE TABLE theirs (x)")
        before = file.read_bytes()
        assert "no database of this project" in refused(lambda: driver.prepare(LAYOUT))
        assert file.read_bytes() == before

    def test_a_newer_format(self, driver: Driver, file: Path) -> None:
        driver.insert("c", {"_id": "a"})
        driver.close()
        with closing(sqlite3.connect(file)) as native:
            (version,) = native.execute("PRAGMA user_version").fetchone()
            native.execute(f"PRAGMA user_version = {version + 10_000_000}")
        with pytest.raises(Unsupported) as caught:
            driver.get("c", "a")
        assert (caught.value.key, caught.value.facts["newest"]) == (FORMAT + 1, FORMAT)

    def test_another_version_of_sqlite_builds_indexes_of_fractions_anew(
        self, driver: Driver, file: Path
    ) -> None:
        driver.create_index("c", Index("on_x", (("x", 1),)))
        driver.insert("c", {"_id": "a", "x": 0.1})
        driver.close()
        with closing(sqlite3.connect(file)) as native:
            # What a version would leave behind that reads 0.1 otherwise.
            (version,) = native.execute("PRAGMA user_version").fetchone()
            native.execute("PRAGMA writable_schema = ON")
            swap = "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE name = 'mlflow.c.on_x'"
            right, wrong = "json_extract(doc, '$.\"x\"')", "json_extract(doc, '$.\"x\"') + 1"
            native.execute(swap, (right, wrong))
            native.commit()
        with closing(sqlite3.connect(file)) as native:
            native.execute('REINDEX "mlflow.c.on_x"')
            native.execute("PRAGMA writable_schema = ON")
            native.execute(swap, (wrong, right))
            native.execute(f"PRAGMA user_version = {version - 1}")
            native.commit()
        assert driver.find("c", Find(equals("x", 0.1)))[0].document["_id"] == "a"
        assert driver.delete("c", "a") is True

    def test_a_directory_that_cannot_be_made(self) -> None:
        driver = connect("docstore:///proc/none").driver
        assert "cannot use /proc/none" in refused(lambda: driver.insert("c", {"_id": "a"}))

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_read_only_place(self, driver: Driver, directory: Path, file: Path) -> None:
        driver.insert("c", {"_id": "a"})
        driver.close()
        file.chmod(0o400)
        directory.chmod(0o500)
        assert str(file) in refused(lambda: driver.insert("c", {"_id": "b"}))
        directory.chmod(0o700)

    def test_a_network_file_system(
        self, driver: Driver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        mounts = tmp_path / "mountinfo"
        mounts.write_text(f"1 0 0:1 / {tmp_path} rw - nfs4 server:/export rw\n")
        monkeypatch.setattr(place, "_MOUNTS", mounts)
        reason = refused(lambda: driver.insert("c", {"_id": "a"}))
        assert "network file system (nfs4)" in reason


class TestDamage:
    @pytest.fixture
    def filled(self, driver: Driver, file: Path) -> Path:
        driver.insert_many("c", [{"_id": str(n), "text": "x" * 3000} for n in range(300)])
        driver.close()
        return file

    @pytest.mark.parametrize("size", [10, 100, 5000, 100_000])
    def test_a_file_that_was_cut_off(self, driver: Driver, filled: Path, size: int) -> None:
        with filled.open("r+b") as handle:
            handle.truncate(size)
        before = filled.read_bytes()
        reason = refused(lambda: list(driver.scan("c", Find())))
        assert str(filled) in reason
        assert filled.read_bytes() == before

    def test_a_file_that_was_overwritten_in_the_middle(self, driver: Driver, filled: Path) -> None:
        with filled.open("r+b") as handle:
            handle.seek(8192)
            handle.write(b"\xa5" * (filled.stat().st_size - 8192))
        assert "damaged" in refused(lambda: driver.find("c", Find()))
        assert "damaged" in refused(lambda: driver.patch_many("c", And(), Patch(set={"x": 1})))

    def test_a_copy_works_elsewhere(self, filled: Path, tmp_path: Path) -> None:
        shutil.copytree(filled.parent, tmp_path / "copy")
        copy = connect(f"docstore://{tmp_path / 'copy'}").driver
        assert len(copy.find("c", Find(equals("text", "x" * 3000)))) == 300
        copy.close()


class TestFileSystems:
    MOUNTS = (
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "30 22 0:26 / /mnt/team\\040share rw shared:2 - nfs4 server:/x rw\n"
        "31 30 0:27 / /mnt/team\\040share/fast rw - xfs /dev/sdb1 rw\n"
        "32 22 0:28 / /over rw - ext4 /dev/sdc1 rw\n"
        "33 22 0:29 / /over rw - cifs //server/y rw\n"
    )

    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("/home/me", "ext4"),
            ("/mnt/team share/x", "nfs4"),
            ("/mnt/team share/fast/x", "xfs"),
            ("/mnt/team shared", "ext4"),
            ("/over/x", "cifs"),
        ],
    )
    def test_the_nearest_and_latest_mount_counts(
        self, tmp_path: Path, path: str, kind: str
    ) -> None:
        mounts = tmp_path / "mountinfo"
        mounts.write_text(self.MOUNTS)
        assert file_system(Path(path), mounts) == kind

    def test_a_machine_that_does_not_say(self, tmp_path: Path) -> None:
        assert file_system(tmp_path, tmp_path / "nothing") is None
