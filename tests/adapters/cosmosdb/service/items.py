"""Items of one container: partitions, conditions, uniqueness."""

import copy
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from azure.cosmos import PartitionKey
from azure.cosmos.partition_key import NonePartitionKeyValue, NullPartitionKeyValue

from .indexing import DEFAULT, Indexing, segments
from .kinds import UNDEFINED, kind
from .limits import UNIQUE_KEYS, UNIQUE_PATHS, judge_item, judge_partition
from .refusals import bad, conflict, missing, precondition
from .replicas import Change, Partitions, Replica

SPLIT = "1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
"""Where hashes of the first physical partition end."""
RANGES = (("", SPLIT), (SPLIT, "FF"))
EVERYWHERE = ("", "FF")


@dataclass(frozen=True, slots=True)
class Item:
    """One version of an item.

    Args:
        number: Grows with each item that is made; replaced ones keep theirs.
        hash: Of its partition key.
        document: With the properties of the system.
        text: The same as JSON.
    """

    number: int
    hash: str
    document: dict[str, Any]
    text: bytes

    def __deepcopy__(self, memo: dict[int, Any]) -> "Item":
        """Itself: another version is another item."""
        return self

    @property
    def physical(self) -> int:
        """The number of its physical partition."""
        return int(self.hash >= SPLIT)

    @property
    def etag(self) -> str:
        return str(self.document["_etag"])


def number(text: str) -> float:
    """As the service holds it: a double, and whole ones have no fraction when they come back."""
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise bad("The number is too large.")
    return int(value) if value.is_integer() else value


def _constant(text: str) -> float:
    raise bad(f"{text} is no JSON.")


def parsed(body: bytes) -> Any:
    try:
        return json.loads(body, parse_int=number, parse_float=number, parse_constant=_constant)
    except ValueError as error:
        raise bad(f"The request payload is invalid: {error}") from error


def encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


@lru_cache(maxsize=10_000)
def hashed(key: str, kind_of_key: str) -> str:
    """By the SDK's own hash, by which it tells partitions apart."""
    components = [_component(one) for one in json.loads(key)]
    paths = [f"/{place}" for place in range(len(components))]
    if kind_of_key == "MultiHash":
        definition = PartitionKey(path=paths, kind="MultiHash")
        found = definition._get_epk_range_for_partition_key(components)  # type: ignore[arg-type]
    else:
        definition = PartitionKey(path=paths[0])
        found = definition._get_epk_range_for_partition_key(components[0])
    return str(found.min)


def _component(value: Any) -> Any:
    if value == {}:
        return NonePartitionKeyValue
    return NullPartitionKeyValue if value is None else value


def at(document: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(document, dict) or name not in document:
            return UNDEFINED
        document = document[name]
    return document


class Container:
    """Items by partition key and id.

    Args:
        definition: As its creator sent it; what is left out is filled in.
    """

    def __init__(self, definition: dict[str, Any]) -> None:
        partition = definition.get("partitionKey", {})
        self.paths = [segments(path) for path in partition.get("paths", ())]
        if not self.paths:
            raise bad("The partition key definition is missing.")
        self.kind = partition.get("kind", "Hash")
        self.definition = {"indexingPolicy": DEFAULT, **definition}
        self.indexing = Indexing(self.definition["indexingPolicy"])
        self._unique = [
            [segments(path) for path in one["paths"]]
            for one in definition.get("uniqueKeyPolicy", {}).get("uniqueKeys", ())
        ]
        if len(self._unique) > UNIQUE_KEYS or any(len(one) > UNIQUE_PATHS for one in self._unique):
            raise bad("There are too many unique keys, or too many paths in one.")
        self.partitions: Partitions = {}
        self.made = 0
        self.numbers = dict.fromkeys(range(len(RANGES)), 0)
        self.replica: Replica | None = None

    def redefine(self, definition: dict[str, Any]) -> None:
        """Only the indexing policy changes: the rest is fixed when a container is made."""
        for fixed in ("id", "partitionKey", "uniqueKeyPolicy"):
            if definition.get(fixed) != self.definition.get(fixed):
                raise bad(f"{fixed} of a container cannot be changed.")
        system = {name: self.definition[name] for name in ("_rid", "_self", "_etag", "_ts")}
        self.definition = {"indexingPolicy": DEFAULT, **definition, **system}
        self.indexing = Indexing(self.definition["indexingPolicy"])

    def seen_by(self, replica: Replica) -> "Container":
        """The same, with the items of a replica; only to read."""
        seen = copy.copy(self)
        seen.partitions, seen.numbers = replica.partitions, dict(replica.numbers)
        return seen

    def physical(self, key: str) -> int:
        """The physical partition of a partition key."""
        return int(hashed(key, self.kind) >= SPLIT)

    def key_of(self, document: dict[str, Any]) -> str:
        return self.key([at(document, path) for path in self.paths])

    def key(self, components: list[Any]) -> str:
        if len(components) != len(self.paths):
            raise bad(
                "Partition key provided either doesn't correspond to definition in the collection "
                "or doesn't match partition key field values specified in the document.",
                substatus=1001,
            )
        judge_partition([one for one in components if one is not UNDEFINED])
        return json.dumps([{} if one is UNDEFINED else one for one in components])

    def find(self, key: str, name: str) -> Item:
        item = self.partitions.get(key, {}).get(name)
        if item is None:
            raise missing()
        return item

    def items(
        self, key: str | None, ranges: tuple[int, ...], hashes: tuple[str, str] = EVERYWHERE
    ) -> Iterator[Item]:
        if key is not None:
            yield from self.partitions.get(key, {}).values()
            return
        for items in self.partitions.values():
            for one in items.values():
                if one.physical in ranges and hashes[0] <= one.hash < hashes[1]:
                    yield one

    def insert(self, document: dict[str, Any], key: str) -> Item:
        self._judge_key(document, key)
        if document.get("id") in self.partitions.get(key, {}):
            raise conflict()
        self.made += 1
        return self._put(document, key, self.made)

    def replace(self, document: dict[str, Any], key: str, name: str, if_match: str | None) -> Item:
        before = self.find(key, name)
        check(before, if_match)
        self._judge_key(document, key)
        if document.get("id") != name:
            raise bad("The id of the document is not that of the address.")
        return self._put(document, key, before.number)

    def upsert(self, document: dict[str, Any], key: str, if_match: str | None) -> tuple[Item, bool]:
        """The item, and whether it is new."""
        name = document.get("id")
        if isinstance(name, str) and name in self.partitions.get(key, {}):
            return self.replace(document, key, name, if_match), False
        return self.insert(document, key), True

    def delete(self, key: str, name: str, if_match: str | None) -> Item:
        check(item := self.find(key, name), if_match)
        del self.partitions[key][name]
        self._log(key, name, None)
        return item

    def _judge_key(self, document: dict[str, Any], key: str) -> None:
        if self.key_of(document) != key:
            raise bad(
                "PartitionKey extracted from document doesn't match the one specified in the "
                "header.",
                substatus=1001,
            )

    def _put(self, document: dict[str, Any], key: str, place: int) -> Item:
        made = {
            **document,
            "_rid": f"{place:08d}",
            "_self": f"dbs/database/colls/{self.definition['_rid']}/docs/{place:08d}/",
            "_etag": f'"{uuid.uuid4()}"',
            "_attachments": "attachments/",
            "_ts": int(time.time()),
        }
        text = encoded(made)
        judge_item(made, len(text))
        self._judge_unique(made, key)
        item = Item(place, hashed(key, self.kind), made, text)
        self.partitions.setdefault(key, {})[made["id"]] = item
        self._log(key, made["id"], item)
        return item

    def _log(self, key: str, name: str, item: Item | None) -> None:
        physical = self.physical(key)
        self.numbers[physical] += 1
        if self.replica is not None:
            change = Change(physical, self.numbers[physical], key, name, item)
            self.replica.since.append(change)

    def _judge_unique(self, made: dict[str, Any], key: str) -> None:
        for paths in self._unique:
            wanted = [_comparable(at(made, path)) for path in paths]
            for other in self.partitions.get(key, {}).values():
                values = [_comparable(at(other.document, path)) for path in paths]
                if values == wanted and other.document["id"] != made["id"]:
                    raise conflict()


def _comparable(value: Any) -> tuple[str, str]:
    """What is not there counts as null: https://learn.microsoft.com/azure/cosmos-db/unique-keys."""
    value = None if value is UNDEFINED else value
    return kind(value), json.dumps(value, sort_keys=True)


def check(item: Item, if_match: str | None) -> None:
    if if_match not in {None, "*", item.etag}:
        raise precondition()
