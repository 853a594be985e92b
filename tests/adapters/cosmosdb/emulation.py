"""An emulator of other people's: ``@vercel/cosmosdb-server``, which needs Node.

It is a witness of what the stand-in answers, no more: it has no LIKE, no GROUP BY, no plans of
queries, asks all partitions where one is named, and says 500 of a missing item.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .service.access import HOST

_INSTALLED = Path(sys.prefix) / "cosmosdb-emulator" / "node_modules"
_PROGRAM = Path(__file__).with_name("emulator") / "serve.js"


def trouble() -> str | None:
    """Why it cannot run here."""
    if shutil.which("node") is None:
        return "the emulator of Azure Cosmos DB needs Node"
    return None if _INSTALLED.is_dir() else f"`make .venv/dev.stamp` makes {_INSTALLED}"


@contextmanager
def emulating() -> Iterator[str]:
    """The address of one that runs."""
    process = subprocess.Popen(
        ["node", str(_PROGRAM)],
        env=os.environ | {"NODE_PATH": str(_INSTALLED)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            yield f"http://{HOST}:{port}/"
        finally:
            process.kill()
