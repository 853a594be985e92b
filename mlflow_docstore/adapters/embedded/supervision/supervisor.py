"""A process of its own between the users of a database and its server.

It starts the server, and stops it when the last user has gone, in peace or killed.
"""

import contextlib
import ctypes
import fcntl
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from .files import HOST, Address, Files, locked, opened

START_SECONDS = 30.0

_BUSY = 75
_LOCK_SECONDS = 2.0
_POLL_SECONDS = 0.5
_GRACE_SECONDS = 2.0
_STOP_SECONDS = 10.0
_LOG_BYTES = 1 << 20
_PORT_ATTEMPTS = 5
# What was acknowledged is in the operating system's hands: it outlives a killed server, though no
# write waits for the disk. The server's own default loses some milliseconds of acknowledged writes.
# See https://source.wiredtiger.com/develop/tune_durability.html
_STORAGE = ("WIREDTIGER_CONFIG", "transaction_sync=(enabled=true,method=none)")
_SETTINGS = "# Settings of the embedded server; it is started with a host, a port and a path.\n"


def launch(directory: str) -> int:
    """Take the server's lock, and supervise in the background."""
    files = Files(Path(directory))
    lock = opened(files.server_lock)
    if not _patiently(lambda: locked(lock, fcntl.LOCK_EX)):
        return _BUSY
    if os.fork():
        return 0
    os.setsid()
    # Nobody waits for this process: it ends here, whatever was to run at the parent's exit.
    os._exit(_supervise(files, lock))


def _patiently(attempt: Callable[[], bool]) -> bool:
    """Who asks whether the lock is held holds it for an instant."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while not attempt():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _supervise(files: Files, lock: IO[bytes]) -> int:
    wake = _wake_on_signals()
    files.remove_address()
    files.data.mkdir(exist_ok=True)
    if not files.settings.exists():
        files.settings.write_text(_SETTINGS)
    _bound(files.log)
    server = _started(files, lock)
    if server is None:
        return 1
    with opened(files.users_lock) as users:
        status = _watch(files, server, users, wake)
        files.remove_address()
        _stop(server)
    return status


def _wake_on_signals() -> int:
    """A descriptor that becomes readable when the server ends, or somebody wants us to."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return reader


def _started(files: Files, lock: IO[bytes]) -> "subprocess.Popen[bytes] | None":
    """A server that accepts connections; None where it ended or took too long."""
    for _ in range(_PORT_ATTEMPTS):
        port = _free_port()
        server = _launch(files, port, lock)
        address = Address(port, server.pid)
        deadline = time.monotonic() + START_SECONDS
        while server.poll() is None and time.monotonic() < deadline:
            if address.answers():
                files.write_address(address)
                return server
            time.sleep(0.02)
        _stop(server)
        if not address.answers():
            break
        # Somebody else took the port before the server could.
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _launch(files: Files, port: int, lock: IO[bytes]) -> "subprocess.Popen[bytes]":
    command = [
        *(sys.executable, "-m", "secantus"),
        *("--host", HOST, "--port", str(port)),
        *("--storage-path", str(files.data), "--config", str(files.settings)),
        *("--log-level", "WARNING"),
        # Not as a replica set of one: nobody reads its log of operations, which doubles writes.
        "--standalone",
    ]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SECANTUS_")}
    environment.setdefault(*_STORAGE)
    with files.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - no shell, and every word is ours
            command,
            cwd=files.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # The lock outlives us in the server, so nobody starts a second one on its files.
            pass_fds=(lock.fileno(),),
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )


def _end_with_parent() -> None:
    """Have Linux stop the server should the supervisor be killed; it runs one thread only."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def _watch(files: Files, server: "subprocess.Popen[bytes]", users: IO[bytes], wake: int) -> int:
    """Until the server ends, or we are told to, or nobody has used it for a while.

    In the last case the users' lock is held on return, so that who comes now waits for the end.
    """
    idle_since = None
    while True:
        ready, _, _ = select.select([wake], [], [], _POLL_SECONDS)
        if server.poll() is not None:
            return 1
        if ready and {signal.SIGTERM, signal.SIGINT} & set(os.read(wake, 64)):
            return 0
        _bound(files.log)
        if not locked(users, fcntl.LOCK_EX):
            idle_since = None
            continue
        now = time.monotonic()
        idle_since = idle_since or now
        if now - idle_since >= _GRACE_SECONDS:
            return 0
        fcntl.flock(users, fcntl.LOCK_UN)


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is not None:
        return
    server.terminate()
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _bound(log: Path) -> None:
    """Keep the log, which the server appends to, and the one before it small."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > _LOG_BYTES:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)
