"""What was measured on."""

import datetime as dt
import os
import platform
import re
import sqlite3
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("mlflow", "pymongo", "secantusdb", "azure-cosmos", "sqlalchemy", "psycopg2-binary")


def describe(servers: Mapping[str, str]) -> dict[str, str]:
    """Names and values, in the order in which they are shown.

    Args:
        servers: The versions of those that were started.
    """
    found = {
        "date": dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{os.cpu_count()} x {_field('/proc/cpuinfo', 'model name')}",
        "memory": f"{int(_field('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
    }
    return {**found, **servers} | {package: _version(package) for package in _PACKAGES}


def load() -> str:
    """The load averages: how busy the machine is otherwise."""
    return ", ".join(f"{average:.1f}" for average in os.getloadavg())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _field(path: str, name: str) -> str:
    place = Path(path)
    text = place.read_text() if place.exists() else ""
    found = re.search(rf"^{name}\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1) if found else "0 (unknown)"
