"""Eight processes that write to one database while some of its commands fail."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from mlflow_docstore.testing.guard.guard import Guard
from mlflow_docstore.testing.guard.profiles import load_profile
from mlflow_docstore.testing.guard.proxy import Proxy, together
from tests.adapters.cosmosdb.proxy import Proxy as CosmosProxy
from tests.adapters.cosmosdb.standin import StandIn as CosmosStandIn
from tests.concurrency.processes import Refused, Team
from tests.dialects import GUARDED, OPTIONS

from .kinds import Place, Stores
from .ledger import Answer, Entry, entries
from .registry_kinds import KINDS
from .weather import Weather
from .writers import Round, Told, Writer, open_failing_writer, open_writer, write

PROCESSES = 8

DIALECTS = ("documentdb-5.0", "cosmos-mongodb-7.0")

_RUNS = 3
_MODELS = 2
_VERSIONS = 5


class Subject(ABC):
    """A database that is written to."""

    opening: Callable[[str], Writer] = staticmethod(open_writer)
    """What each writer opens it with."""

    @abstractmethod
    def uri(self, deadline: float) -> str:
        """For writers, who give up behind so many seconds."""

    @property
    @abstractmethod
    def fair_uri(self) -> str:
        """For those who prepare it and look at it; nothing fails."""

    @abstractmethod
    def make(self, weather: Weather, seed: int) -> Weather:
        """Have commands fail so; what of that the writers must see to themselves."""


class Embedded(Subject):
    """The embedded database.

    Args:
        directory: Of its own.
    """

    opening = staticmethod(open_failing_writer)

    def __init__(self, directory: Path) -> None:
        self.fair_uri = f"docstore://{directory}"

    fair_uri = ""

    def uri(self, deadline: float) -> str:
        return f"{self.fair_uri}?retryDeadlineMS={round(deadline * 1000)}"

    def make(self, weather: Weather, seed: int) -> Weather:
        del seed
        return weather


class Guarded(Subject):
    """A server behind the guard of a dialect.

    Args:
        server: Host and port.
        proxy: Before it.
        profile: The dialect.
    """

    def __init__(self, server: tuple[str, int], proxy: Proxy, profile: str) -> None:
        self._database = f"soak_{uuid4().hex[:8]}"
        self._server, self._proxy = server, proxy
        self._scheme = GUARDED[profile]
        self._guard = Guard(load_profile(profile))
        proxy.judge = self._guard

    def _uri(self, scheme: str, address: tuple[str, int]) -> str:
        host, port = address
        return f"{scheme}://{host}:{port}/{self._database}?{OPTIONS}"

    @property
    def fair_uri(self) -> str:
        return self._uri("mongodb", self._server)

    def uri(self, deadline: float) -> str:
        uri = self._uri(self._scheme, self._proxy.address)
        return f"{uri}&retryDeadlineMS={round(deadline * 1000)}"

    def make(self, weather: Weather, seed: int) -> Weather:
        self._proxy.judge = together(weather.judge(seed), self._guard)
        return Weather()


class OnCosmos(Subject):
    """An account of Azure Cosmos DB.

    Args:
        server: Its stand-in.
        proxy: Before it.
    """

    def __init__(self, server: CosmosStandIn, proxy: CosmosProxy) -> None:
        self._database = f"soak_{uuid4().hex[:8]}"
        self._server, self._proxy = server, proxy

    @property
    def fair_uri(self) -> str:
        return self._server.uri(self._database)

    def uri(self, deadline: float) -> str:
        uri = self._proxy.front.uri(self._database)
        return f"{uri}&retryDeadlineMS={round(deadline * 1000)}"

    def make(self, weather: Weather, seed: int) -> Weather:
        self._proxy.judge = weather.judge(seed)
        return Weather()


class Soak:
    """Writers at work on a subject.

    Args:
        subject: The database.
        ledgers: A directory for what they note down.
        deadline: Seconds behind which they give up.
    """

    def __init__(self, subject: Subject, ledgers: Path, deadline: float) -> None:
        self.told = Told()
        self._subject, self._ledgers = subject, ledgers
        self._place = furnished(open_writer(subject.uri(deadline)).stores)
        self._team = Team(subject.uri(deadline), PROCESSES, subject.opening)
        self._rounds = 0

    def round(self, turns: int, weather: Weather) -> None:
        """So many turns of each writer."""
        rest = self._subject.make(weather, self._rounds)
        given = Round(self._rounds, turns, self._place, self._ledgers, rest)
        self._rounds += 1
        for told in self._team.do(write, given):
            if isinstance(told, Refused):
                self.told.wrong.append(str(told))
            else:
                self.told.add(told)
        self._subject.make(Weather(), 0)

    def complaints(self) -> list[str]:
        """What a fresh store does not hold once of all that was acknowledged; and wrong errors."""
        fresh = open_writer(self._subject.fair_uri).stores
        return [*self.told.wrong, *complaints(fresh, self._place, self._ledgers)]

    def close(self) -> None:
        self._team.close()


@contextmanager
def soaking(subject: Subject, ledgers: Path, deadline: float = 30.0) -> Iterator[Soak]:
    """Writers, who are sent home in the end."""
    made = Soak(subject, ledgers, deadline)
    try:
        yield made
    finally:
        made.close()


def furnished(stores: Stores) -> Place:
    """A place to write to."""
    name = uuid4().hex
    experiment_id = stores.tracking.create_experiment(f"soak {name}")
    runs = [
        stores.tracking.create_run(experiment_id, "user", 1, [], f"shared {number}").info.run_id
        for number in range(_RUNS)
    ]
    models = [f"model {name} {number}" for number in range(_MODELS)]
    for model in models:
        stores.registry.create_registered_model(model)
        for _ in range(_VERSIONS):
            stores.registry.create_model_version(model, "s3://first")
    return Place(experiment_id, tuple(runs), tuple(models), _VERSIONS)


def complaints(stores: Stores, place: Place, ledgers: Path) -> list[str]:
    """What the stores do not hold, once, of what the ledgers tell."""
    by_kind: dict[str, list[Entry]] = {name: [] for name in KINDS}
    for entry in entries(ledgers):
        by_kind[entry.kind].append(entry)
    return [
        f"{name}: {text}"
        for name, written in by_kind.items()
        for text in KINDS[name].complaints(stores, place, written)
    ]


def in_words(answers: Counter[Answer]) -> str:
    """How many calls ended in each way."""
    return ", ".join(f"{answers[answer]} {answer.value}" for answer in Answer)
