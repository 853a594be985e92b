"""``python -m tests.adapters.cosmosdb.service``: says where it listens, ends with its parent."""

import os
import sys
import threading

from .access import HOST
from .wire import Wire


def _end_with_parent() -> None:
    """The pipe is closed by then."""
    os.read(0, 1)
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with Wire(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as wire:
        print(f"listening on {HOST}:{wire.server_address[1]}", flush=True)  # noqa: T201
        wire.serve_forever()
