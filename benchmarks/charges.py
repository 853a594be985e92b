"""What calls are charged, where the service says so."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from tests.adapters.cosmosdb.standin import StandIn

from .timing import Call

K = TypeVar("K")

_CALLS = 4


def charges(calls: Mapping[K, Iterator[Call]], service: StandIn) -> dict[K, float]:
    """Request units of a call of each subject, the mean of some; nobody else may ask meanwhile."""
    return {name: _mean(these, service) for name, these in calls.items()}


def _mean(calls: Iterator[Call], service: StandIn) -> float:
    total = 0.0
    for _ in range(_CALLS):
        call = next(calls)
        service.forget()
        call()
        total += sum(float(one["charge"]) for one in service.log())
    return total / _CALLS
