"""Kinds of writes to what all writers share, and what of each must be there in the end."""

import random
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mlflow.entities import Metric, Param, RunStatus, RunTag, ViewType
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore
from mlflow.store.tracking.abstract_store import AbstractStore as TrackingStore

from .ledger import Entry, Facts

KEY = "loss"
_POINTS_AT_MOST = 4
_PAGE = 1000


@dataclass(frozen=True)
class Stores:
    """MLflow's stores on one database."""

    tracking: TrackingStore
    registry: RegistryStore


@dataclass(frozen=True)
class Place:
    """What all writers write to."""

    experiment_id: str
    run_ids: tuple[str, ...]
    models: tuple[str, ...]
    versions: int


@dataclass
class Turn:
    """A writer's.

    Args:
        writer: Who; no two have a name in common.
        number: Counts its turns.
        place: Where it writes.
        dice: What it does there.
    """

    writer: str
    number: int
    place: Place
    dice: random.Random

    @property
    def name(self) -> str:
        """Of this turn alone."""
        return f"{self.writer}-{self.number}"

    def run(self) -> str:
        return self.dice.choice(self.place.run_ids)

    def model(self) -> str:
        return self.dice.choice(self.place.models)


class Kind(ABC):
    """A kind of writes."""

    refusals: ClassVar[frozenset[str]] = frozenset()
    """Codes of errors that are a right answer, as another writer came first."""

    @abstractmethod
    def plan(self, turn: Turn) -> Facts:
        """What to write in a turn."""

    @abstractmethod
    def act(self, stores: Stores, facts: Facts) -> Any:
        """Write it; what is returned is noted down."""

    @abstractmethod
    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        """What is missing, doubled or was never written."""


def grouped(entries: Iterable[Entry], *names: str) -> dict[tuple[Any, ...], list[Entry]]:
    """Entries by some of their facts."""
    groups: dict[tuple[Any, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[tuple(entry.facts[name] for name in names)].append(entry)
    return groups


class Batch(Kind):
    """Points of a shared metric, with a param and a tag of their own: what one document holds."""

    def plan(self, turn: Turn) -> Facts:
        count = turn.dice.randint(1, _POINTS_AT_MOST)
        return {"run": turn.run(), "name": turn.name, "count": count}

    def act(self, stores: Stores, facts: Facts) -> None:
        name = facts["name"]
        points = [Metric(KEY, value, 0, step) for step, value in self._points(facts)]
        stores.tracking.log_batch(facts["run"], points, [Param(name, name)], [RunTag(name, name)])

    @staticmethod
    def _points(facts: Facts) -> list[tuple[int, float]]:
        """Of no two writers the same, and with steps in no order."""
        dice = random.Random(facts["name"])  # noqa: S311 - the same for who writes and who looks
        return [(dice.randrange(2**40), dice.random()) for _ in range(facts["count"])]

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        for run_id in place.run_ids:
            batches = [entry for entry in entries if entry.facts["run"] == run_id]
            yield from self._of_run(stores, run_id, batches)

    def _of_run(self, stores: Stores, run_id: str, batches: list[Entry]) -> Iterator[str]:
        data = stores.tracking.get_run(run_id).data
        history = stores.tracking.get_metric_history(run_id, KEY)
        stored = Counter((point.step, point.value) for point in history)
        yield from (f"point {one} {n} times" for one, n in stored.items() if n != 1)
        known = {point for entry in batches for point in self._points(entry.facts)}
        yield from (f"point {one} of nobody" for one in stored.keys() - known)
        for entry in batches:
            name = entry.facts["name"]
            told = (data.params.get(name), data.tags.get(name))
            if told not in {(name, name), (None, None)}:
                yield f"half of the batch {name}: {told}"
            missing = [point for point in self._points(entry.facts) if point not in stored]
            if entry.done and (missing or told != (name, name)):
                yield f"the batch {name} lacks {missing}, {told}"
        if stored and data.metrics[KEY] != max(stored)[1]:
            yield f"the latest metric of {run_id} is not the greatest"


class ContestedParam(Kind):
    """A param that the first writer keeps."""

    refusals = frozenset({"INVALID_PARAMETER_VALUE"})

    def plan(self, turn: Turn) -> Facts:
        key = f"contested {turn.number % 50}"
        return {"run": turn.run(), "key": key, "value": turn.writer}

    def act(self, stores: Stores, facts: Facts) -> None:
        stores.tracking.log_param(facts["run"], Param(facts["key"], facts["value"]))

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        stored = {run: stores.tracking.get_run(run).data.params for run in place.run_ids}
        for (run_id, key), group in grouped(entries, "run", "key").items():
            value = stored[run_id].get(key)
            for entry in group:
                if entry.done and entry.facts["value"] != value:
                    yield f"{key} of {run_id} is {value}, not {entry.facts['value']}"
                if not entry.possible and entry.facts["value"] == value:
                    yield f"{key} of {run_id} was refused to whom it belongs: {value}"


class OwnTag(Kind):
    """A tag that one writer sets again and again."""

    def plan(self, turn: Turn) -> Facts:
        return {"run": turn.run(), "key": f"of {turn.writer}", "number": turn.number}

    def act(self, stores: Stores, facts: Facts) -> None:
        stores.tracking.set_tag(facts["run"], RunTag(facts["key"], str(facts["number"])))

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        stored = {run: stores.tracking.get_run(run).data.tags for run in place.run_ids}
        for (run_id, key), group in grouped(entries, "run", "key").items():
            done = [entry.facts["number"] for entry in group if entry.done]
            last = max(done, default=-1)
            allowed = {str(entry.facts["number"]) for entry in group} | {None}
            value = stored[run_id].get(key)
            if value not in allowed or int(value or -1) < last:
                yield f"{key} of {run_id} is {value}, and was {last}"


class NewRun(Kind):
    """A run of one's own."""

    def plan(self, turn: Turn) -> Facts:
        return {"experiment": turn.place.experiment_id, "name": turn.name}

    def act(self, stores: Stores, facts: Facts) -> str:
        tags = [RunTag("of", "a writer")]
        run = stores.tracking.create_run(facts["experiment"], "user", 1, tags, facts["name"])
        return str(run.info.run_id)

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        found: dict[str, list[str]] = defaultdict(list)
        for run in self._runs(stores, place):
            found[run.info.run_name].append(run.info.run_id)
        for entry in entries:
            ids = found[entry.facts["name"]]
            if len(ids) > 1 or (entry.done and ids != [entry.result]):
                yield f"run {entry.result} {entry.facts['name']} is {ids}"

    @staticmethod
    def _runs(stores: Stores, place: Place) -> Iterator[Any]:
        token = None
        while True:
            page = stores.tracking.search_runs(
                [place.experiment_id], "", ViewType.ACTIVE_ONLY, _PAGE, page_token=token
            )
            yield from page
            token = page.token
            if not token:
                return


class End(Kind):
    """A shared run ends, again and again: what others log to it is merged beside them."""

    def plan(self, turn: Turn) -> Facts:
        return {"run": turn.run()}

    def act(self, stores: Stores, facts: Facts) -> None:
        stores.tracking.update_run_info(facts["run"], RunStatus.FINISHED, 1, None)

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        del place
        ended = {entry.facts["run"] for entry in entries if entry.done}
        for run_id in sorted(ended):
            status = stores.tracking.get_run(run_id).info.status
            if status != "FINISHED":
                yield f"run {run_id} is {status}"


class ContestedName(Kind):
    """An experiment's name that all writers want."""

    refusals = frozenset({"RESOURCE_ALREADY_EXISTS"})

    def plan(self, turn: Turn) -> Facts:
        return {"name": f"contested {turn.place.experiment_id} {turn.number // 5}"}

    def act(self, stores: Stores, facts: Facts) -> str:
        return str(stores.tracking.create_experiment(facts["name"]))

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        del place
        for (name,), group in grouped(entries, "name").items():
            owners = [entry.result for entry in group if entry.done]
            found = stores.tracking.get_experiment_by_name(name)
            if len(owners) > 1 or (owners and (not found or found.experiment_id != owners[0])):
                yield f"experiment {name} was given to {owners}, and is {found}"
            if found is None and not all(entry.possible for entry in group):
                yield f"experiment {name} was refused, and is not there"
