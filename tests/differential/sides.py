"""Stores driven side by side: what differs by chance is normalised, the rest must agree.

Ids differ between stores. A rule speaks of things by name (``«run 3»``), each side puts its own
ids in for the names, and names for ids in whatever comes back.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from typing import Any, TypeAlias

from mlflow.entities import Assessment, Run
from mlflow.entities._mlflow_object import _MlflowObject
from mlflow.entities.model_registry import ModelVersion, Prompt, RegisteredModel
from mlflow.entities.webhook import Webhook, WebhookEvent
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore
from mlflow.store.tracking.abstract_store import AbstractStore

from tests.contract.scenarios import next_millisecond

_NAME = re.compile("«[^»]*»")
# Ids of models, runs, webhooks and experiments, and moments.
_ID = re.compile(
    r"\b(?:m-[0-9a-f]{32}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[0-9]{18}|[0-9]{13})\b"
)

# Where SqlAlchemyStore quotes its driver, in the middle of a text or as all of it.
_DRIVER = re.compile(r"\((?:sqlite3|builtins|raised as a result of Query)\b|SQLite INTEGER$")

# (created, updated) pairs of fields that a store's clock fills.
_CLOCKS = (
    ("creation_time", "last_update_time"),
    ("creation_timestamp", "last_updated_timestamp"),
)

_LONG_AGO = 10**12
"""In milliseconds: the moments that histories tell of assessments are before, a store's are not."""

# Lists whose order MLflow's SQL store leaves to the database.
_UNORDERED = frozenset(
    {
        *("tags", "metrics", "dataset_inputs", "model_inputs", "model_outputs"),
        *("aliases", "latest_versions", "events"),
    }
)


@dataclass(frozen=True)
class Refusal:
    """An exception as a user sees it."""

    kind: str
    code: str
    text: str


@dataclass
class Side:
    """A store, and its ids of the things that all stores have."""

    store: AbstractStore | RegistryStore
    label: str = "SqlAlchemyStore"
    ids: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def learn(self, name: str, identity: str) -> None:
        self.ids[name] = identity
        self.names[identity] = name

    def note(self, name: str, value: object) -> None:
        """A name for a moment of this store's clock."""
        self.ids[name] = str(value)
        self.names[str(value)] = name

    def local(self, value: Any) -> Any:
        """The value with this store's ids for the names in it."""
        if isinstance(value, str):
            return _NAME.sub(lambda found: self.ids.get(found.group(), found.group()), value)
        if isinstance(value, list):
            return [self.local(item) for item in value]
        if isinstance(value, dict):
            return {key: self.local(item) for key, item in value.items()}
        return value

    def normal(self, value: Any) -> Any:
        """The value with names for this store's ids in it."""
        if isinstance(value, str):
            return _ID.sub(lambda found: self.names.get(found.group(), found.group()), value)
        if isinstance(value, list | tuple):
            return [self.normal(item) for item in value]
        if isinstance(value, dict):
            return {self.normal(key): self.normal(item) for key, item in value.items()}
        return value


Call: TypeAlias = Callable[[Side], Any]


def plain(value: Any) -> Any:
    """An entity as dicts, lists and scalars that compare as a user would compare them."""
    if isinstance(value, _MlflowObject):
        return _plain_entity(value)
    if isinstance(value, Prompt | Webhook):
        value = {name.removeprefix("_"): field for name, field in vars(value).items()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        items = sorted(value) if isinstance(value, set) else value
        return [plain(item) for item in items]
    if isinstance(value, Enum | WebhookEvent):
        return str(value)
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else repr(value + 0.0)
    return value


def _plain_entity(entity: _MlflowObject) -> dict[str, Any]:
    found = {name: plain(value) for name, value in entity}
    if is_dataclass(entity):
        # Their fields are no properties, and not among what they iterate over.
        found |= {one.name: plain(getattr(entity, one.name)) for one in fields(entity)}
    if isinstance(entity, Assessment):
        for name in ("create_time_ms", "last_update_time_ms"):
            found[name] = "now" if found[name] > _LONG_AGO else found[name]
    if isinstance(entity, RegisteredModel | ModelVersion):
        # Registries are compared under one clock, and with the tags that users do not see.
        return {**found, "tags": plain(entity._tags)}
    if isinstance(entity, Run):
        found["data"]["metrics"] = plain(entity.data._metric_objs)
    for created, updated in _CLOCKS:
        if created in found:
            found["updated"] = found.pop(updated) > found[created]
            found[created] = found[created] is not None
    return found


def _settled(value: Any) -> Any:
    """The outcome, once it is normalised, with the lists in order that stores leave to chance."""
    if isinstance(value, dict):
        found = {name: _settled(item) for name, item in value.items()}
        for name in _UNORDERED & found.keys():
            if isinstance(found[name], list):
                found[name].sort(key=repr)
        return found
    if isinstance(value, list):
        return [_settled(item) for item in value]
    return value


_HISTORIES = itertools.count()
"""Of all twins: some share a reference."""


@dataclass
class Twins:
    """MLflow's own store and ours on each database, for any number of histories.

    Args:
        reference: MLflow's own store.
        subjects: Ours, by the names of their databases.
        joint: What is between the number of a history and the rest of a name in it.
        pause: Called before each operation, so that no two share a millisecond.
    """

    reference: AbstractStore | RegistryStore
    subjects: Mapping[str, AbstractStore | RegistryStore]
    joint: str = "/"
    pause: Callable[[], None] = next_millisecond

    def begin(self) -> "Sides":
        """A history in which nothing has happened."""
        subjects = [Side(store, label) for label, store in self.subjects.items()]
        prefix = f"h{next(_HISTORIES)}{self.joint}"
        return Sides(Side(self.reference), subjects, prefix, self.pause)


@dataclass
class Sides:
    """All sides of one history of operations."""

    reference: Side
    subjects: Sequence[Side]
    prefix: str
    pause: Callable[[], None] = next_millisecond
    count: itertools.count = field(default_factory=lambda: itertools.count(1))

    def __iter__(self) -> Iterator[Side]:
        return iter((self.reference, *self.subjects))

    def outcomes(self, call: Call) -> list[Any]:
        """What the call comes to on each side, the reference first."""
        self.pause()
        return [outcome(side, call) for side in self]

    def same(self, call: Call) -> Any:
        """What the call comes to, on all sides alike."""
        expected, *others = self.outcomes(call)
        for side, found in zip(self.subjects, others, strict=True):
            assert agree(expected, found), f"SqlAlchemyStore: {expected}\n{side.label}: {found}"
        return expected

    def make(self, kind: str, call: Call, identify: Callable[[Any], str]) -> str | None:
        """A new thing on all sides; its name, or None where all refused it."""
        name = f"«{kind} {next(self.count)}»"

        def named(side: Side) -> Any:
            made = call(side)
            side.learn(name, identify(made))
            return made

        return None if isinstance(self.same(named), Refusal) else name


def outcome(side: Side, call: Call) -> Any:
    """What a call returns or raises, normalised."""
    try:
        return _settled(side.normal(plain(call(side))))
    except MlflowException as error:
        return Refusal(type(error).__name__, error.error_code, side.normal(error.message))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other side must raise it too
        return Refusal(type(error).__name__, "", side.normal(str(error)))


def agree(expected: Any, found: Any) -> bool:
    """Whether two outcomes are the same to a user; words of a database driver are its own."""
    if not (isinstance(expected, Refusal) and isinstance(found, Refusal)):
        return bool(expected == found)
    if (expected.kind, expected.code) != (found.kind, found.code):
        return False
    quoted = _DRIVER.search(expected.text)
    if quoted:
        return found.text.startswith(expected.text[: quoted.start()])
    return expected.text == found.text


def collected(search: Callable[..., Any], **options: Any) -> list[Any]:
    """The rows of all pages."""
    rows: list[Any] = []
    token: str | bytes | None = None
    while True:
        page = search(page_token=token, **options)
        rows += page
        if not page.token:
            return rows
        assert page, "an empty page with a next one"
        token = page.token


def pairs(entity: Callable[[str, Any], Any], values: Mapping[str, Any]) -> list[Any]:
    """Entities of a key and a value."""
    return [entity(key, value) for key, value in values.items()]
