"""Failures to order: what the next requests of a kind are answered instead."""

import re
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Fault:
    """What goes wrong, and when.

    Args:
        status: Of the answer; 0 to close the connection with no answer.
        substatus: Its finer number.
        retry_after: Milliseconds that the client is told to wait.
        operations: Kinds of requests it is for; none for all.
        address: What the address of the request must match.
        skip: How many such requests go well before.
        times: How many then do not.
        applied: Whether the request is carried out all the same.
    """

    status: int = 0
    substatus: int = 0
    retry_after: int | None = None
    operations: tuple[str, ...] = ()
    address: str = ""
    skip: int = 0
    times: int = 1
    applied: bool = False

    def hits(self, operation: str, address: str) -> bool:
        """Whether this request fails; counts it."""
        if self.operations and operation not in self.operations:
            return False
        if not re.search(self.address, address):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return self.times >= 0

    @property
    def headers(self) -> dict[str, str]:
        wait = {} if self.retry_after is None else {"x-ms-retry-after-ms": str(self.retry_after)}
        return wait | ({"x-ms-substatus": str(self.substatus)} if self.substatus else {})


class Faults:
    """Those that are ordered, in order."""

    def __init__(self) -> None:
        self.ordered: list[Fault] = []

    def order(self, faults: list[dict[str, Any]]) -> None:
        for one in faults:
            operations = tuple(one.get("operations", ()))
            self.ordered.append(Fault(**{**one, "operations": operations}))

    def next(self, operation: str, address: str) -> Fault | None:
        for fault in self.ordered:
            if fault.hits(operation, address):
                if fault.times == 0:
                    self.ordered.remove(fault)
                return fault
        return None
