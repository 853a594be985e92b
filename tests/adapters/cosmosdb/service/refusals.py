"""How the service says no."""

from typing import Any


class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure
    """An answer that is not a success.

    Args:
        status: Of HTTP.
        code: The word for it.
        message: For a person.
        substatus: The finer number, of ``x-ms-substatus``.
        extra: More of the body.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        *,
        substatus: int = 0,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.substatus, self.extra = substatus, extra or {}


def bad(message: str, substatus: int = 0) -> Refusal:
    return Refusal(400, "BadRequest", message, substatus=substatus)


def missing(what: str = "Entity with the specified id does not exist in the system.") -> Refusal:
    return Refusal(404, "NotFound", what)


def conflict() -> Refusal:
    return Refusal(409, "Conflict", "Entity with the specified id already exists in the system.")


def precondition() -> Refusal:
    return Refusal(412, "PreconditionFailed", "One of the specified pre-condition is not met")


def too_large() -> Refusal:
    return Refusal(413, "RequestEntityTooLarge", "Request size is too large")
