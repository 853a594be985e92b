"""Options of the SDK's client."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .uri import Target

CONNECT_SECONDS = 5
LONGEST_ROUND = 3.0
"""Seconds in which the SDK may begin with one request anew: enough to reach another region."""

_LONGEST_READ = 65
"""The SDK's own."""

_NEVER = -1
"""Of a count that takes 0 for its default."""


def client_options(target: "Target") -> dict[str, Any]:
    """What the client is told, besides where to and who we are.

    Our own policy decides what is tried again, so the SDK's share is what only it can do: to go to
    another region.
    """
    options: dict[str, Any] = {
        "user_agent_suffix": "mlflow-docstore",
        "connection_timeout": CONNECT_SECONDS,
        "read_timeout": min(_LONGEST_READ, max(1.0, target.retry_deadline)),
        "retry_total": 0,
        "retry_connect": 0,
        "retry_read": 0,
        "retry_throttle_total": _NEVER,
        # Else texts that are not of ASCII count thrice against the limit of a request.
        "enable_compact_utf8_item_writes": True,
        # The addresses that an emulator tells of itself are often none.
        "enable_endpoint_discovery": not target.is_local,
    }
    if target.consistency is not None:
        options["consistency_level"] = target.consistency
    if target.regions:
        options["preferred_locations"] = list(target.regions)
    return options
