"""The directory of a database: what may be in it, how the file in it is made, and on which disk.

A database is made beside its place and linked there when it is whole, so that nobody ever finds a
part of one, and of several who make it at once one succeeds.
"""

import os
import sqlite3
import uuid
from contextlib import closing, suppress
from pathlib import Path

from mlflow_docstore.core.errors import Unreachable, Unsupported

from .clauses import identifier
from .tables import BUILTIN
from .transactions import within

FILE = "docstore.sqlite"
APPLICATION = 0x6D6C6473
"""Marks a file as ours: ``mlds``."""

FORMAT = 1
"""Of the tables and of the values in them; a higher one is for a newer release."""

_SQLITES = 10_000_000
"""What the format is multiplied by in the file's header, beside SQLite's version."""

_NETWORKS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ncpfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "drvfs"}
)
_MOUNTS = Path("/proc/self/mountinfo")


class Place:
    """A directory.

    Args:
        directory: Its absolute path.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file = directory / FILE
        self._journal = directory / f"{FILE}-wal"

    def is_taken(self) -> bool:
        """Whether a database is there. Makes nothing."""
        try:
            return self.file.exists()
        except OSError as error:
            raise self._unusable(error) from error

    def journal_size(self) -> int:
        """The bytes of the journal; 0 for none."""
        try:
            return self._journal.stat().st_size
        except OSError:
            return 0

    def make(self) -> None:
        """Make the directory and a database in it, unless it is there.

        Raises:
            Unreachable: It cannot be, or the directory holds something else.
        """
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._require_room()
            self._require_local()
            self._make_file()
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> Unreachable:
        return Unreachable("database", reason=f"cannot use {self.directory}: {error.strerror}")

    def _require_room(self) -> None:
        """Refuse a directory that somebody else uses. Hidden files are nobody's, ours may be half
        made."""
        for path in self.directory.iterdir():
            if not path.name.startswith((".", FILE)):
                reason = f"{self.directory} holds something else ({path.name}): name an empty one"
                raise Unreachable("database", reason=reason)

    def _require_local(self) -> None:
        """Refuse file systems whose locks and shared memory end at each machine."""
        kind = file_system(self.directory, _MOUNTS)
        if kind in _NETWORKS:
            reason = f"{self.directory} is on a network file system ({kind}): name a local disk"
            raise Unreachable("database", reason=reason)

    def _make_file(self) -> None:
        made = self.directory / f"{FILE}-new-{uuid.uuid4().hex}"
        try:
            os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            with closing(sqlite3.connect(made, isolation_level=None)) as native:
                _format(native)
            _link(made, self.file)
        finally:
            for leftover in self.directory.glob(f"{made.name}*"):
                leftover.unlink(missing_ok=True)
        _sync(self.directory)

    def check(self, native: sqlite3.Connection) -> None:
        """Refuse what is no database of ours, or of a newer release.

        One that another version of SQLite used last gets anew what versions differ in.

        Raises:
            Unreachable: It is none of ours.
            Unsupported: ``kind="schema"``; it is newer.
        """
        (application,) = native.execute("PRAGMA application_id").fetchone()
        if application != APPLICATION:
            reason = f"{self.file} is no database of this project"
            raise Unreachable("database", reason=reason)
        version = _version(native)
        if version // _SQLITES > FORMAT:
            raise Unsupported("schema", version // _SQLITES, newest=FORMAT)
        if version % _SQLITES != _sqlite():
            within(native, _adopt)


def _format(native: sqlite3.Connection) -> None:
    native.execute("PRAGMA auto_vacuum = INCREMENTAL")
    native.execute("PRAGMA journal_mode = WAL")
    # Makes the tables of the planner's statistics, for what is assumed of indexes.
    native.execute("ANALYZE")
    native.execute(f"PRAGMA application_id = {APPLICATION}")
    _note_version(native)


def _sqlite() -> int:
    """The version of SQLite as it numbers it itself: 3040001."""
    major, minor, patch = sqlite3.sqlite_version_info
    return major * 1_000_000 + minor * 1000 + patch


def _version(native: sqlite3.Connection) -> int:
    (version,) = native.execute("PRAGMA user_version").fetchone()
    return int(version)


def _note_version(native: sqlite3.Connection) -> None:
    native.execute(f"PRAGMA user_version = {FORMAT * _SQLITES + _sqlite()}")


def _adopt(native: sqlite3.Connection) -> None:
    """Build indexes that may hold fractions anew, unless somebody was faster.

    Versions of SQLite read some decimals with another last place, and one that does not find in an
    index what it computes takes the database for damaged. The layout's own indexes hold none.
    """
    if _version(native) % _SQLITES == _sqlite():
        return
    found = native.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
    )
    for (name,) in found.fetchall():
        if name.rpartition(".")[2] not in BUILTIN:
            native.execute(f"REINDEX {identifier(name)}")
    _note_version(native)


def _link(made: Path, file: Path) -> None:
    """Give the file its name unless it is taken."""
    try:
        os.link(made, file)
    except FileExistsError:
        return
    except OSError:
        # No links here; whoever renames last among the first users wins, before anything is in it.
        if not file.exists():
            made.rename(file)


def _sync(directory: Path) -> None:
    """Let the file's name outlive a power cut, where directories can be told to."""
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def file_system(path: Path, mounts: Path) -> str | None:
    """The kind of file system that a path is on; None where the machine does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    place, found, depth = path.resolve(), None, -1
    for line in lines:
        mount, _, kind = line.partition(" - ")
        point = Path(_unescaped(mount.split(" ")[4]))
        # Of two on one point the later covers the earlier.
        if place.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = kind.split(" ")[0], len(point.parts)
    return found


def _unescaped(field: str) -> str:
    for code in ("040", "011", "012", "134"):
        field = field.replace(f"\\{code}", chr(int(code, 8)))
    return field
