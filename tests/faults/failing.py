"""A driver whose verbs fail as a script says: every step that a process can die or wait at."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from mlflow_docstore.adapters.document.driver import Document, Driver, Find, Inserts, Patch
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.core.capabilities import Capabilities, Feature, Lack, Whose
from mlflow_docstore.core.errors import Unavailable
from mlflow_docstore.core.query import Filter
from mlflow_docstore.testing.guard.protocol import Command
from mlflow_docstore.testing.guard.proxy import Judge, Refusal, Verdict

T = TypeVar("T")

_THROTTLED = Unavailable("database", applied=False, retry_after=0.001)
_LOST = Unavailable("database", applied=None)


class FailingDriver(RetryingDriver):
    """Asks a judge about every verb, where another driver would try it again.

    Args:
        driver: Who does the work.
        judge: What becomes of each verb.
        stepwise: Every document is written by a step of its own, as on most databases.
    """

    def __init__(self, driver: Driver, judge: Judge, *, stepwise: bool) -> None:
        super().__init__(driver, deadline=0)
        self._judge = judge
        self._stepwise = stepwise

    @property
    def capabilities(self) -> Capabilities:
        able = super().capabilities
        if not self._stepwise:
            return able
        lack = Lack(Whose.NEVER, "every document is written by a step of its own")
        lacking = {**able.lacking, Feature.PATCH_INSERT: lack}
        return Capabilities(able.supported - {Feature.PATCH_INSERT}, lacking, able.limits)

    def _call(self, verb: str, call: Callable[[], T], attempts: object = None) -> T:
        del attempts
        verdict = self._judge(Command(verb))
        if isinstance(verdict, Refusal):
            raise _THROTTLED
        if verdict is Verdict.CUT_BEFORE:
            raise _LOST
        done = call()
        if verdict is Verdict.CUT_AFTER:
            raise _LOST
        return done

    def insert_many(
        self,
        collection: str,
        documents: Sequence[Document],
        *,
        ordered: bool = False,
        beside: Inserts | None = None,
    ) -> frozenset[str]:
        if not self._stepwise:
            return super().insert_many(collection, documents, ordered=ordered, beside=beside)
        taken: frozenset[str] = frozenset()
        for document in documents:
            taken |= super().insert_many(collection, [document], beside=beside)
            if taken and ordered:
                break
        return taken

    def put_many(self, collection: str, documents: Sequence[Document]) -> None:
        if not self._stepwise:
            super().put_many(collection, documents)
            return
        for document in documents:
            super().put_many(collection, [document])

    def patch_many(self, collection: str, where: Filter, patch: Patch) -> None:
        if not self._stepwise:
            super().patch_many(collection, where, patch)
            return
        for row in self._driver.find(collection, Find(where, fields=())):
            self.patch(collection, row.document["_id"], patch, when=where)

    def delete_many(self, collection: str, where: Filter) -> None:
        if not self._stepwise:
            super().delete_many(collection, where)
            return
        for row in self._driver.find(collection, Find(where, fields=())):
            self.delete(collection, row.document["_id"], when=where)
