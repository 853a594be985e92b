"""Writers: processes that do one kind of write after another, and note down what they were told."""

import logging
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from mlflow.exceptions import MlflowException

from mlflow_docstore.adapters.document.backend import DocumentAdapter, DocumentBackend
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.compat.registry.store import DocStoreRegistryStore
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.testing.guard.proxy import forward
from tests.concurrency.processes import adapter_of
from tests.faults.failing import FailingDriver

from .kinds import Place, Stores, Turn
from .ledger import Answer, Ledger
from .registry_kinds import KINDS
from .weather import FAIR, Switch, Weather

UNAVAILABLE = "TEMPORARILY_UNAVAILABLE"


@dataclass(frozen=True)
class Writer:
    """What one process has opened.

    Args:
        stores: Through which it writes.
        switch: Judges the verbs of its driver, where there is no server to stand before.
    """

    stores: Stores
    switch: Switch = field(default_factory=lambda: Switch(forward))


def _stores(uri: str, backend: Backend) -> Stores:
    tracking = DocStoreTrackingStore(uri, "file:///none", backend)
    return Stores(tracking, DocStoreRegistryStore(uri, None, backend))


def open_writer(uri: str) -> Writer:
    """One that nothing befalls but what befalls its server."""
    return Writer(_stores(uri, adapter_of(uri).open(uri)))


def open_failing_writer(uri: str) -> Writer:
    """One whose database is in this process, and whose driver's verbs can be made to fail."""
    adapter = adapter_of(uri)
    assert isinstance(adapter, DocumentAdapter)
    connection, switch = adapter.connect(uri), Switch(forward)
    driver = FailingDriver(connection.driver, switch, stepwise=False)
    backend = DocumentBackend(RetryingDriver(driver, connection.retry_deadline))
    return Writer(_stores(uri, backend), switch)


@dataclass(frozen=True)
class Round:
    """What all writers do at the same time.

    Args:
        number: Of the round.
        turns: Of each writer.
        place: Where.
        ledgers: The directory of what they note down.
        weather: Of those who have a switch.
    """

    number: int
    turns: int
    place: Place
    ledgers: Path
    weather: Weather = FAIR


@dataclass
class Told:
    """How calls ended.

    Args:
        answers: How many in each way.
        wrong: Errors that are no right answer.
        longest: Seconds of the call that took longest.
    """

    answers: Counter[Answer] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    longest: float = 0.0

    def add(self, other: "Told") -> None:
        self.answers += other.answers
        self.wrong += other.wrong
        self.longest = max(self.longest, other.longest)


def write(writer: Writer, number: int, given: Round) -> Told:
    """The turns of one writer in a round."""
    # Every fault is told as a warning.
    logging.getLogger("mlflow_docstore").setLevel(logging.ERROR)
    name = f"w{number}-{given.number}"
    ledger = Ledger(given.ledgers / name)
    dice = random.Random(name)  # noqa: S311 - the same in every run
    writer.switch.judge = given.weather.judge(dice.randrange(2**32))
    told = Told()
    for turn in range(given.turns):
        told.add(take(writer.stores, ledger, Turn(name, turn, given.place, dice)))
    ledger.close()
    writer.switch.judge = forward
    return told


def take(stores: Stores, ledger: Ledger, turn: Turn) -> Told:
    """One turn."""
    name = turn.dice.choice(list(KINDS))
    kind, told, result = KINDS[name], Told(), None
    facts = kind.plan(turn)
    ledger.begin(name, facts)
    begun = time.monotonic()
    answer = Answer.DONE
    try:
        result = kind.act(stores, facts)
    except MlflowException as error:
        answer = Answer.UNKNOWN if error.error_code == UNAVAILABLE else Answer.REFUSED
        if error.error_code not in {UNAVAILABLE, *kind.refusals}:
            told.wrong.append(f"{name} {facts}: {error.error_code}: {error}")
    ledger.end(answer, result)
    told.add(Told(Counter([answer]), [], time.monotonic() - begun))
    return told
