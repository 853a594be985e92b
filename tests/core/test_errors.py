"""Errors carry facts, and say which class may be tried again."""

import pytest

from mlflow_docstore.core import errors
from mlflow_docstore.core.errors import (
    Conflict,
    Forbidden,
    StoreError,
    Unavailable,
    Unreachable,
)

CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, StoreError)
]


def test_the_vocabulary_is_complete() -> None:
    assert {each.__name__ for each in CLASSES} == {
        "StoreError",
        "NotFound",
        "AlreadyExists",
        "InvalidArgument",
        "InvalidState",
        "Conflict",
        "LimitExceeded",
        "Unsupported",
        "Unavailable",
        "Unreachable",
        "Forbidden",
    }


@pytest.mark.parametrize("error", CLASSES)
class TestEach:
    def test_carries_what_it_was_about(self, error: type[StoreError]) -> None:
        caught = error("run", "r1", reason="why", limit=3)
        assert (caught.kind, caught.key) == ("run", "r1")
        assert dict(caught.facts) == {"reason": "why", "limit": 3}

    def test_says_so_in_one_line(self, error: type[StoreError]) -> None:
        text = str(error("run", "r\n1", reason="why\nnot"))
        assert text == f"{error.__name__}(run 'r\\n1', reason='why\\nnot')"

    def test_needs_no_key(self, error: type[StoreError]) -> None:
        assert str(error("database")) == f"{error.__name__}(database None)"

    def test_facts_cannot_be_changed(self, error: type[StoreError]) -> None:
        with pytest.raises(TypeError):
            error("run", "r1", reason="why").facts["reason"] = "because"

    def test_is_a_store_error(self, error: type[StoreError]) -> None:
        with pytest.raises(StoreError):
            raise error("run")


def test_only_contention_and_outages_are_tried_again() -> None:
    assert {each for each in CLASSES if each.retryable} == {Conflict, Unavailable}
    assert issubclass(Unreachable, Unavailable)
    assert issubclass(Forbidden, Unreachable)


@pytest.mark.parametrize("applied", [None, False, True])
def test_an_outage_says_whether_something_was_written(applied: bool | None) -> None:
    error = Unavailable("database", applied=applied, retry_after=1.5, code=16500)
    assert (error.applied, error.retry_after) == (applied, 1.5)
    assert dict(error.facts) == {"code": 16500}


def test_an_outage_knows_nothing_unless_told() -> None:
    error = Unavailable("database")
    assert (error.applied, error.retry_after) == (None, None)
