"""What is known of collections from the commands that have passed."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .protocol import Command, Document
from .usage.found import Feature, Found, Keys, is_condition, items, keys_of, nested

_SUSPECT = (b".", b"$")
"""Without these in its bytes, no field of a document has them in its name."""

_STORING = frozenset({"$set", "$setOnInsert", "$max", "$min", "$push", "$addToSet"})
_MODIFIERS = frozenset({"$each", "$position", "$slice", "$sort"})


@dataclass
class Known:
    """One collection.

    Args:
        indexes: Keys by name, besides the one of the id; replaced as a whole, as others read it.
        shard_key: The fields that spread it.
        filled: Whether anything was written.
    """

    indexes: dict[str, Keys] = field(default_factory=dict)
    shard_key: tuple[str, ...] = ()
    filled: bool = False

    @property
    def exists(self) -> bool:
        """Whether it is there already, and not spread."""
        return not self.shard_key and (self.filled or bool(self.indexes))

    def serves(self, sort: Keys) -> str | None:
        """The form that a sort has which no index serves; None where one does."""
        if len(sort) == 1:
            path = sort[0][0]
            single = {keys[0][0] for keys in self.indexes.values() if len(keys) == 1}
            served = path in {"_id", *self.shard_key, *single} or "$**" in single
            return None if served else "sort.unindexed"
        reverse = tuple((path, -way) for path, way in sort)
        served = sort in self.indexes.values() or reverse in self.indexes.values()
        return None if served else "sort.uncompounded"


@dataclass
class Collections:
    """All collections that were heard of, and the transactions that are open."""

    known: dict[tuple[str, str], Known] = field(default_factory=dict)
    transactions: dict[tuple[bytes, int], str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, command: Command) -> Known:
        """What is known of the collection of a command."""
        key = (command.database, command.collection)
        return self.known.get(key) or self.known.setdefault(key, Known())

    def forms(self, command: Command, found: Found) -> Iterator[Feature]:
        """What a command does that depends on what is there."""
        known = self.of(command)
        for sort in found.sorts:
            form = known.serves(sort)
            if form is not None and sort:
                yield "form", form
        if command.name == "createIndexes":
            yield from _unique(known, command.statements("indexes"))
        elif command.name == "shardCollection" and self._sharded(command).exists:
            yield "form", "shard.existing"
        if known.shard_key:
            yield from _unsharded(known, command)
        if command.name in {"insert", "update", "findAndModify"}:
            yield from _stored_names(command)
        if ("session", "startTransaction") in found.features and command.collection:
            first = self.transactions.setdefault(_transaction(command), command.collection)
            if first != command.collection:
                yield "form", "transaction.second-collection"

    def note(self, command: Command) -> None:
        """A command passes."""
        known = self.of(command)
        if command.name in _WRITES:
            known.filled = True
        elif command.name in {"commitTransaction", "abortTransaction"}:
            self.transactions.pop(_transaction(command), None)
        elif command.name in _DEFINITIONS:
            with self.lock:
                _DEFINITIONS[command.name](self, command)

    def _index(self, command: Command) -> None:
        made = {
            one.get("name", ""): keys_of(one.get("key")) for one in command.statements("indexes")
        }
        known = self.of(command)
        known.indexes = {**known.indexes, **made}

    def _unindex(self, command: Command) -> None:
        known, given = self.of(command), command.body.get("index")
        kept = known.indexes.items()
        known.indexes = {name: keys for name, keys in kept if given not in {name, "*"}}

    def _forget(self, command: Command) -> None:
        self.known.pop((command.database, command.collection), None)

    def _forget_all(self, command: Command) -> None:
        for key in list(self.known):
            if key[0] == command.database:
                self.known.pop(key, None)

    def _sharded(self, command: Command) -> Known:
        database, _, name = command.collection.partition(".")
        return self.known.setdefault((database, name), Known())

    def _shard(self, command: Command) -> None:
        self._sharded(command).shard_key = tuple(path for path, _ in items(command.body.get("key")))

    def _create_custom(self, command: Command) -> None:
        name, key = command.body.get("collection", ""), command.body.get("shardKey")
        known = self.known.setdefault((command.database, name), Known())
        known.shard_key = (key,) if key else ()


_WRITES = frozenset({"insert", "update", "findAndModify"})

_DEFINITIONS = {
    "createIndexes": Collections._index,  # noqa: SLF001 - the table of its own methods
    "dropIndexes": Collections._unindex,  # noqa: SLF001
    "drop": Collections._forget,  # noqa: SLF001
    "dropDatabase": Collections._forget_all,  # noqa: SLF001
    "shardCollection": Collections._shard,  # noqa: SLF001
    "customAction": Collections._create_custom,  # noqa: SLF001
}


def _transaction(command: Command) -> tuple[bytes, int]:
    return bytes(command.body["lsid"]["id"]), int(command.body.get("txnNumber", 0))


def _unique(known: Known, indexes: Sequence[Document]) -> Iterator[Feature]:
    for index in indexes:
        if index.get("unique"):
            if known.filled:
                yield "form", "unique.not-empty"
            if any("." in path for path, _ in keys_of(index.get("key"))):
                yield "form", "unique.nested"


def _unsharded(known: Known, command: Command) -> Iterator[Feature]:
    """Writes that do not say to which shard they go."""
    key = set(known.shard_key)
    if command.name == "insert":
        if any(key - set(one) for one in command.statements("documents")):
            yield "form", "insert.no-shard-key"
        return
    for where, change, upsert in changes(command):
        given = set(where)
        if key - given:
            yield "form", "write.no-shard-key"
            if upsert and key - given - _written(change):
                yield "form", "insert.no-shard-key"


def changes(command: Command) -> Iterator[tuple[Document, Any, bool]]:
    """What writes change: the filter, the change, and whether it may insert."""
    if command.name == "findAndModify":
        body = command.body
        yield body.get("query", {}), body.get("update", {}), bool(body.get("upsert"))
    for one in command.statements("updates") if command.name == "update" else ():
        yield one.get("q", {}), one.get("u"), bool(one.get("upsert"))
    for one in command.statements("deletes") if command.name == "delete" else ():
        yield one.get("q", {}), {}, False


def _written(change: Any) -> set[str]:
    if not isinstance(change, dict):
        return set()
    names = set(change)
    for operator in ("$set", "$setOnInsert"):
        names |= {path for path, _ in items(change.get(operator))}
    return names


def _stored_names(command: Command) -> Iterator[Feature]:
    """Fields that are stored under names with signs in them that paths cannot have."""
    names: set[str] = set()
    for raw, one in zip(
        command.sequences.get("documents", ()), command.statements("documents"), strict=False
    ):
        if any(sign in raw for sign in _SUSPECT):
            names |= set(_names(one))
    for _, change, _ in changes(command):
        if isinstance(change, dict):
            operands = [change[one] for one in _STORING & set(change)]
            stored = operands if is_condition(change) else [{"": change}]
            for paths in stored:
                for _, value in items(paths):
                    names |= set(_names(value)) - _MODIFIERS
    if any("." in name for name in names):
        yield "form", "stored.dotted-key"
    if any(name.startswith("$") for name in names):
        yield "form", "stored.dollar-key"


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in nested(value):
        yield from _names(inner)
