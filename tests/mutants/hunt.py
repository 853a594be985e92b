"""Every fault before the check, and what is whole beside it."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mlflow_docstore.testing.guard.proxy import Judge, Proxy, forward
from mlflow_docstore.testing.judge import judge
from mlflow_docstore.testing.report import PASSED
from tests.standin import HOST, StandIn

from .adapters import SOUND, UNRELIABLE
from .faults import FAULTS, LAYERS, RETRIES, SERVER, Fault
from .packaging import SCHEME

CONTROL = {RETRIES: UNRELIABLE}
"""What a layer's faults are put into, where that is not what is sound in any case."""


class Catch(NamedTuple):
    """What became of one.

    Args:
        name: Of the fault; of what is whole, ``sound`` and the like.
        layer: Of the fault.
        by: The case that failed, or the verdict where none did.
        is_fault: Whether it is one, or what is whole.
        expected: Whether so it must be: a fault is caught, and what is whole passes.
        seconds: How long it took.
    """

    name: str
    layer: str
    by: str
    is_fault: bool
    expected: bool
    seconds: float


def hunt(
    names: Sequence[str], layers: Sequence[str] | None, directory: Path, *, whole: bool
) -> Iterator[Catch]:
    """Check the faults of these names or of these layers; all, unless told otherwise.

    Args:
        names: Of faults.
        layers: Of faults.
        directory: For a server's data.
        whole: Run the whole suite on each.
    """
    chosen = [
        fault
        for fault in FAULTS.values()
        if (not names or fault.name in names) and fault.layer in (layers or LAYERS)
    ]
    for one in LAYERS:
        faults = [fault for fault in chosen if fault.layer == one]
        if faults and one == SERVER:
            with _proxied(directory) as proxy:
                yield from _hunted(one, faults, proxy, whole=whole)
        elif faults:
            yield from _hunted(one, faults, None, whole=whole)


def _hunted(
    layer: str, faults: Sequence[Fault], proxy: Proxy | None, *, whole: bool
) -> Iterator[Catch]:
    caught = []
    for fault in faults:
        uri = _uri(proxy, fault.name, fault.broken)
        cases = () if whole else fault.modules
        report = judge(uri, cases=cases, first_failure=True)
        seen = [failure.case for failure in report.failures]
        caught += seen
        by = seen[0] if seen else report.verdict
        yield Catch(
            fault.name, layer, by, is_fault=True, expected=bool(seen), seconds=report.seconds
        )
    # What sees a fault must not see one where there is none.
    name = CONTROL.get(layer, SOUND)
    report = judge(_uri(proxy, name, forward), cases=caught)
    passed = report.status == PASSED
    yield Catch(
        name, layer, report.verdict, is_fault=False, expected=passed, seconds=report.seconds
    )


def _uri(proxy: Proxy | None, name: str, verdicts: Judge) -> str:
    """Of a database that nobody has used, broken in this way."""
    if proxy is None:
        return f"{SCHEME}://{name}/{uuid.uuid4().hex}"
    proxy.judge = verdicts
    _, port = proxy.address
    return f"mongodb://{HOST}:{port}/{name}?directConnection=true&retryDeadlineMS=200"


@contextmanager
def _proxied(directory: Path) -> Iterator[Proxy]:
    server = StandIn(directory / "standin")
    server.start("--standalone")
    try:
        with Proxy((HOST, server.port)) as proxy:
            yield proxy
    finally:
        server.kill()
