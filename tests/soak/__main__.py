"""``python -m tests.soak``: eight writers for minutes, a storm, and what is there behind it."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow_docstore.testing.guard.proxy import Proxy
from tests.adapters.cosmosdb.proxy import Proxy as CosmosProxy
from tests.adapters.cosmosdb.standin import running
from tests.adapters.cosmosdb.subject import NAME as COSMOSDB
from tests.standin import HOST, StandIn

from .soaking import DIALECTS, Embedded, Guarded, OnCosmos, Soak, Subject, in_words, soaking
from .weather import USUAL, Weather

EMBEDDED = "embedded"
SUBJECTS = (EMBEDDED, *DIALECTS, COSMOSDB)

_TURNS = 50
_ROUNDS_BETWEEN_LOOKS = 10
_DEADLINE = 30.0
_STORM = Weather(throttled=0.5, seconds=20)
# A call is a few commands, each of which may be tried again until its own deadline.
_LONGEST = 3 * _DEADLINE


def main() -> int:
    """The exit status: 1 where something was lost, doubled, or answered wrongly."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="for each subject")
    parser.add_argument("--subject", choices=SUBJECTS, action="append", help="repeatable")
    options = parser.parse_args()
    subjects = options.subject or SUBJECTS
    return max(_soaked(name, 60 * options.minutes) for name in subjects)


def _soaked(name: str, seconds: float) -> int:
    with tempfile.TemporaryDirectory() as given:
        directory = Path(given)
        ledgers = directory / "ledgers"
        ledgers.mkdir()
        with _subject(name, directory) as subject, soaking(subject, ledgers, _DEADLINE) as soak:
            complaints = _until(soak, time.monotonic() + seconds)
    if soak.told.longest > _LONGEST:
        complaints.append(f"a call took {soak.told.longest:.0f} s")
    _say(f"{name}: {in_words(soak.told.answers)}; the longest took {soak.told.longest:.1f} s")
    for complaint in complaints:
        _say(f"{name}: {complaint}")
    return int(bool(complaints))


def _until(soak: Soak, end: float) -> list[str]:
    """A storm first, then the usual until it is time, unless there is something to complain of."""
    calm = time.monotonic() + _STORM.seconds
    soak.round(_TURNS, _STORM)
    while time.monotonic() < calm:
        soak.round(_TURNS, Weather(throttled=_STORM.throttled, seconds=calm - time.monotonic()))
    complaints = soak.complaints()
    while not complaints and time.monotonic() < end:
        for _ in range(_ROUNDS_BETWEEN_LOOKS):
            soak.round(_TURNS, USUAL)
        complaints = soak.complaints()
    return complaints


@contextmanager
def _subject(name: str, directory: Path) -> Iterator[Subject]:
    if name == EMBEDDED:
        yield Embedded(directory / "data")
        return
    if name == COSMOSDB:
        with running() as account, CosmosProxy(account) as before_it:
            yield OnCosmos(account, before_it)
        return
    standin = StandIn(directory / "server")
    standin.start("--standalone")
    server = (HOST, standin.port)
    try:
        with Proxy(server) as proxy:
            yield Guarded(server, proxy, name)
    finally:
        standin.kill()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
