"""Guards: judges that refuse what a dialect refuses, as it does.

One that refuses stands before an adapter; one that watches lets all pass, and notes for any number
of profiles what they would have refused.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .collections import Collections
from .profiles import Objection, Profile
from .protocol import HOUSEKEEPING, Command, Document
from .proxy import Amendment, PartRefusal, Refusal, Ruling, Verdict
from .sizes import sizes_of
from .usage.commands import found_in
from .usage.found import Feature

_GREETINGS = frozenset({"hello", "ismaster", "isMaster"})
_VERSIONS = frozenset({"buildInfo", "buildinfo"})
# What clients send because the server has told them that it takes it.
_UNASKED = frozenset({("session", "lsid")})
_TALK = frozenset({"saslStart", "saslContinue", "authenticate", "logout"})


@dataclass(frozen=True)
class Use:
    """What one command uses of a database.

    Args:
        features: By kind and name.
        sizes: The largest of each that a database may bound.
    """

    features: frozenset[Feature]
    sizes: Mapping[str, int]


def use_of(command: Command, collections: Collections) -> Use:
    """What a command uses, by itself and by what is there."""
    found = found_in(command)
    forms = collections.forms(command, found)
    sizes: dict[str, int] = {}
    for name, size in sizes_of(command, found, collections.of(command)):
        sizes[name] = max(size, sizes.get(name, 0))
    return Use(frozenset(found.features.union(forms)), sizes)


def objections(profile: Profile, use: Use) -> Iterator[Objection]:
    """All that a database has against a command."""
    for feature in sorted(use.features):
        objection = profile.objection(feature)
        if objection is not None:
            yield objection
    for name, size in use.sizes.items():
        excess = profile.excess(name, size)
        if excess is not None:
            yield excess


class Guard:
    """A judge that answers as the database of a profile does.

    Args:
        profile: The dialect.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.collections = Collections()

    def __call__(self, command: Command) -> Ruling:
        if command.name in _GREETINGS:
            return Amendment(lambda told: self._greeting(told, command.address))
        if command.name in _VERSIONS:
            return Amendment(lambda told: _told(told, self.profile.told("buildInfo")))
        if command.name in HOUSEKEEPING | _TALK:
            return Verdict.FORWARD
        use = use_of(command, self.collections)
        first = next(objections(self.profile, use), None)
        if first is not None:
            return self._refused(command, first)
        self.collections.note(command)
        answer = self.profile.answer(command.name)
        return Verdict.FORWARD if answer is None else Refusal(answer)

    def _refused(self, command: Command, objection: Objection) -> Ruling:
        if objection.name != "document_bytes" or not self.profile.fails_each_document:
            return Refusal(objection.reply)
        if command.name != "insert":
            return Refusal(objection.reply)
        limit = self.profile.limits["document_bytes"]
        sizes = enumerate(command.sizes("documents"))
        error = {"code": objection.code, "errmsg": objection.text}
        self.collections.note(command)
        return PartRefusal({place: error for place, size in sizes if size > limit})

    def _greeting(self, told: Document, address: str) -> Document:
        greeting = _told(told, self.profile.told("hello"))
        if "setName" in greeting:
            # Or clients would go on to the address that the server knows itself by.
            greeting |= {"hosts": [address], "primary": address, "me": address, "secondary": False}
        return greeting


def _told(answer: Document, fields: Mapping[str, Any]) -> Document:
    changed = {**answer, **fields}
    return {name: value for name, value in changed.items() if value is not None}


@dataclass(frozen=True, order=True)
class Finding:
    """What a profile would refuse.

    Args:
        profile: Its name.
        command: The command's.
        kind: Of what it uses.
        name: What it uses.
    """

    profile: str
    command: str
    kind: str
    name: str


@dataclass
class Watch:
    """A judge that lets all pass, and notes what any of some profiles would have refused.

    Args:
        profiles: The dialects.
        occasion: Tells on what occasion a command is sent.
        application: Watch only clients that call themselves so; None for all.
    """

    profiles: Sequence[Profile]
    occasion: Callable[[], str]
    application: str | None = None
    findings: dict[Finding, str] = field(default_factory=dict)
    """The first occasion of each."""

    def __post_init__(self) -> None:
        self.collections = Collections()
        self._lock = threading.Lock()
        self._features: dict[frozenset[Feature], tuple[Finding, ...]] = {}
        self._bounds: dict[str, int] = {}
        for profile in self.profiles:
            for name, limit in profile.limits.items():
                self._bounds[name] = min(limit, self._bounds.get(name, limit))

    def __call__(self, command: Command) -> Ruling:
        if command.name in HOUSEKEEPING | _TALK:
            return Verdict.FORWARD
        if self.application is None or command.application == self.application:
            use = use_of(command, self.collections)
            found = (*self._of_features(command, use), *self._of_sizes(command, use))
            for finding in found:
                if finding not in self.findings:
                    with self._lock:
                        self.findings.setdefault(finding, self.occasion())
        self.collections.note(command)
        return Verdict.FORWARD

    def _of_features(self, command: Command, use: Use) -> tuple[Finding, ...]:
        """What is used decides; of that there are few sets, each judged once."""
        known = self._features.get(use.features)
        if known is None:
            known = self._features[use.features] = tuple(
                Finding(profile.name, command.name, *feature)
                for profile in self.profiles
                for feature in sorted(use.features - _UNASKED)
                if profile.objection(feature) is not None
            )
        return known

    def _of_sizes(self, command: Command, use: Use) -> Iterator[Finding]:
        for name, size in use.sizes.items():
            if size > self._bounds.get(name, size):
                for profile in self.profiles:
                    if profile.excess(name, size) is not None:
                        yield Finding(profile.name, command.name, "limit", name)
