"""Which state a request about items is answered from, and what a session learns by the answer."""

from collections.abc import Callable

from .items import RANGES, Container
from .refusals import Refusal, bad
from .replicas import LEVELS, NEWEST, heard, told
from .requests import Reply, Request

_READS = frozenset({"read", "feed", "query"})
_TELLING = frozenset({404, 409, 412})
"""Refusals of the partition itself, which tell its state: the other SDKs learn from these as well,
see ``CaptureSessionTokenAndHandleSplitAsync`` in Azure/azure-cosmos-dotnet-v3."""

Verb = Callable[[Container, Request], Reply]


def answered(verb: Verb, container: Container, request: Request, level: str) -> Reply:
    """The answer of a verb.

    Args:
        verb: What is asked.
        container: Of what.
        request: By whom.
        level: The account's level of consistency.
    """
    if request.operation == "plan":
        return verb(container, request)
    try:
        asked = _partitions(container, request)
        seen = container
        if request.operation in _READS:
            seen = _seen(container, request, level, asked)
        reply = verb(seen, request)
    except Refusal as refusal:
        reply = Reply.refusing(refusal)
        if reply.status not in _TELLING or refusal.substatus:
            return reply
    numbers = {one: seen.numbers[one] for one in asked}
    reply.headers.update(
        {
            "x-ms-session-token": told(numbers),
            "x-ms-alt-content-path": "/".join(request.segments[:4]),
            "x-ms-documentdb-partitionkeyrangeid": str(asked[0]),
        }
    )
    return reply


def _partitions(container: Container, request: Request) -> tuple[int, ...]:
    """The physical partitions that a request is about."""
    if request.components is not None:
        return (container.physical(container.key(request.components)),)
    if (one := request.headers.get("x-ms-documentdb-partitionkeyrangeid")) is not None:
        return (int(one),)
    return tuple(range(len(RANGES)))


def _seen(container: Container, request: Request, level: str, asked: tuple[int, ...]) -> Container:
    replica, wanted = container.replica, request.headers.get("x-ms-consistency-level", level)
    if LEVELS.index(wanted) < LEVELS.index(level):
        raise bad(f"The level {wanted} is stronger than that of the account.")
    if replica is None or wanted in NEWEST:
        return container
    session = heard(request.headers.get("x-ms-session-token", "")) if wanted == "Session" else {}
    if replica.lacks(session, asked):
        if replica.alone:
            text = "The read session is not available for the input session token."
            raise Refusal(404, "NotFound", text, substatus=1002)
        replica = replica.caught_up(session)
    return container.seen_by(replica)
