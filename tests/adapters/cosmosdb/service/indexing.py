"""What an indexing policy lets a query sort by, and which rows it then loses.

See https://learn.microsoft.com/azure/cosmos-db/index-policy and
https://learn.microsoft.com/azure/cosmos-db/nosql/query/order-by.
"""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from .kinds import kind
from .limits import COMPOSITE_INDEXES, COMPOSITE_PATHS
from .refusals import bad

DEFAULT: dict[str, Any] = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": '/"_etag"/?'}],
}
_ALWAYS = frozenset({("id",), ("_ts",)})
_SYSTEM = frozenset({"id", "_rid", "_self", "_etag", "_attachments", "_ts"})
_SEGMENT = re.compile(r'/(?:"((?:[^"\\]|\\.)*)"|([^/"]+))')

Sort = tuple[tuple[str, ...], bool]
"""Names to a value, without the alias before them; and whether downwards."""


def segments(path: str) -> tuple[str, ...]:
    return tuple(quoted or plain for quoted, plain in _SEGMENT.findall(path))


class Indexing:
    """A policy, judged when it is made.

    Args:
        policy: As a container has it.
    """

    def __init__(self, policy: dict[str, Any]) -> None:
        self.policy = policy
        self._included = [segments(one["path"]) for one in policy.get("includedPaths", ())]
        self._excluded = [segments(one["path"]) for one in policy.get("excludedPaths", ())]
        if ("*",) not in [*self._included, *self._excluded]:
            raise bad("The root path '/*' must be either in included or in excluded paths.")
        self._composites = [
            [
                (segments(one["path"]), one.get("order", "ascending") == "descending")
                for one in index
            ]
            for index in policy.get("compositeIndexes", ())
        ]
        if len(self._composites) > COMPOSITE_INDEXES:
            raise bad(f"There may be {COMPOSITE_INDEXES} composite indexes.")
        for index in self._composites:
            if not 2 <= len(index) <= COMPOSITE_PATHS or any("*" in path for path, _ in index):
                raise bad(f"A composite index has 2 to {COMPOSITE_PATHS} paths, none of them open.")
        ways = [path for index in self._composites for path, _ in index]
        self._heads = frozenset(path[0] for path in [*self._included, *ways])

    def judge(self, order: Sequence[Sort]) -> None:
        """Refuse an order that no index serves."""
        if len(order) == 1 and not self.has(order[0][0]):
            raise bad("The index path corresponding to the specified order-by item is excluded.")
        turned = [(path, not downwards) for path, downwards in order]
        if (
            len(order) > 1
            and list(order) not in self._composites
            and turned not in self._composites
        ):
            raise bad(
                "The order by query does not have a corresponding composite index that it can be "
                "served from."
            )

    def keeps_missing(self, paths: Sequence[tuple[str, ...]]) -> bool:
        """Whether rows that lack what they are sorted by come back.

        Where one path orders them, it must be included by name; composite indexes have them all.
        """
        named = {(*path, "?") in self._included or path in self._included for path in paths}
        return len(paths) != 1 or True in named

    def has(self, path: tuple[str, ...]) -> bool:
        """Whether values at a path are indexed by themselves."""
        if path in _ALWAYS:
            return True
        included = max((_precision(one, path) for one in self._included), default=-1)
        excluded = max((_precision(one, path) for one in self._excluded), default=-1)
        return included > excluded or (included == excluded >= 0)

    def terms(self, document: Mapping[str, Any]) -> frozenset[Hashable]:
        """What the indexes hold of a document, besides what they hold of all."""
        values: dict[tuple[str, ...], set[tuple[str, Any]]] = {}
        for name in self._heads & document.keys() if "*" not in self._heads else document:
            for path, value in _scalars(document[name], (name,)):
                values.setdefault(path, set()).add((kind(value), value))
        plain = [
            (path, one) for path, found in values.items() for one in found if self._holds(path)
        ]
        ways = [[path for path, _ in index] for index in self._composites]
        compound = [(*way, *(frozenset(values.get(path, ())) for path in way)) for way in ways]
        return frozenset([*plain, *compound])

    def _holds(self, path: tuple[str, ...]) -> bool:
        return path[0] not in _SYSTEM and self.has(path)


def _scalars(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _scalars(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield from _scalars(inner, (*path, "[]"))
    else:
        yield path, value


def _precision(rule: tuple[str, ...], path: tuple[str, ...]) -> int:
    """How exactly it speaks of a path; -1 where it does not. The most exact wins."""
    *names, end = rule
    if end == "*" and path[: len(names)] == tuple(names):
        return 2 * len(names)
    if end == "?" and path == tuple(names):
        return 2 * len(names) + 1
    return -1
