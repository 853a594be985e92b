"""Databases whose every fifth write or its reply is lost, under retries that are broken."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from mlflow_docstore.adapters.document.driver import Document, Driver, Inserts, Outcome, Patch
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import Unavailable

from .faults import RETRIES, fault

T = TypeVar("T")


class Unreliable(MemoryDriver):
    """Writes, but loses the reply of every fifth, and every fifth before that wholly."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._turns = itertools.count(1)

    def insert_many(
        self,
        collection: str,
        documents: Sequence[Document],
        *,
        ordered: bool = False,
        beside: Inserts | None = None,
    ) -> frozenset[str]:
        write = super().insert_many
        return self._losing(lambda: write(collection, documents, ordered=ordered, beside=beside))

    def put_many(self, collection: str, documents: Sequence[Document]) -> None:
        write = super().put_many
        self._losing(lambda: write(collection, documents))

    def patch(self, collection: str, key: str, patch: Patch, **options: Any) -> Outcome:
        write = super().patch
        return self._losing(lambda: write(collection, key, patch, **options))

    def _losing(self, write: Callable[[], T]) -> T:
        turn = next(self._turns) % 10
        if turn == 4:
            raise Unavailable("database", applied=False)
        done = write()
        if turn == 9:
            raise Unavailable("database", applied=None)
        return done


@fault(RETRIES, "store/test_runs")
def gives_up(driver: Driver) -> Driver:
    """What fails once is not tried again."""
    return RetryingDriver(driver._driver, 0.0)  # type: ignore[attr-defined]


@fault(RETRIES, "registry/test_model_versions", "registry/test_aliases", "registry/test_stages")
class blames_others(RetryingDriver):  # noqa: N801 - beside functions
    """Of a write that was tried twice nobody learns that the first may have been applied."""

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver, 0.0)

    def patch(self, collection: str, key: str, patch: Patch, **options: Any) -> Outcome:
        outcome = super().patch(collection, key, patch, **options)
        return Outcome(outcome.matched, outcome.document)


@fault(RETRIES, "store/test_search_runs", "store/test_search_experiments")
class writes_anew(RetryingDriver):  # noqa: N801 - beside functions
    """What is tried again is inserted under another id."""

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver, 0.0)

    def insert(self, collection: str, document: Document) -> bool:
        try:
            return self._driver._driver.insert(collection, document)  # type: ignore[attr-defined]
        except Unavailable:
            return super().insert(collection, {**document, "_id": f"{document['_id']}-"})
