"""No text that a document names is lost, in whatever order parts are stored, named and swept."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Patch
from mlflow_docstore.adapters.document.layout import RUNS, TEXTS
from mlflow_docstore.adapters.document.texts import large
from mlflow_docstore.adapters.document.texts.large import GRACE, LargeTexts
from mlflow_docstore.adapters.document.texts.parts import Holder, root_of
from mlflow_docstore.adapters.memory.capabilities import LIMITS
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver

from .interleavings import Actor, Crashed, SteppedDriver, every_order, interleave

HOLDER = Holder(RUNS, "r", root_of(RUNS, "r"))
OLD, NEW = "an old text, longer than a part", "a new text, longer than a part"
LATER = 2 * GRACE
"""The time of all actors; what was there before was touched at 0."""

Work = Callable[[MemoryDriver], Any]


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts of ten bytes are large, and cut into parts of twenty."""
    monkeypatch.setattr(large, "_THRESHOLD_SHARE", LIMITS.document_bytes // 10)
    monkeypatch.setattr(large, "_PART_SHARE", LIMITS.document_bytes // 20)


def write(text: str) -> Work:
    def work(driver: MemoryDriver, now: int = LATER) -> None:
        texts = LargeTexts(driver, lambda: now)
        changes, parts = texts.moved(HOLDER, {"note": text}, ["note"])
        with texts.stored(parts):
            Documents(driver, RUNS).patch("r", Patch(set=changes))

    return work


def sweep(driver: MemoryDriver) -> int:
    return LargeTexts(driver, lambda: LATER).sweep()


def read(driver: MemoryDriver) -> Any:
    def load() -> Document:
        found = Documents(driver, RUNS).get("r")
        assert found is not None
        return found

    return LargeTexts(driver).read(load, lambda found: [found])["note"]


def world(*texts: str, orphans: str = "") -> Database:
    """A run whose note was each of the texts in turn, and what else was stored and never named."""
    database = Database()
    driver = MemoryDriver(database)
    Documents(driver, RUNS).insert({"_id": "r", "note": ""})
    for text in texts:
        write(text)(driver, now=0)  # type: ignore[call-arg]
    if orphans:
        old = LargeTexts(driver, lambda: 0)
        with old.stored(old.moved(HOLDER, {"note": orphans}, ["note"])[1]):
            pass
    return database


def job(work: Work, database: Database, actor: Actor) -> Callable[[], Any]:
    return lambda: work(SteppedDriver(database, {TEXTS, RUNS}, actor.step))


def explore(
    pool: ThreadPoolExecutor,
    make: Callable[[], Database],
    works: list[Work],
    ends: set[str],
    *,
    preemptions: int = 3,
) -> int:
    """Check that after every order the note is one of the texts, whole."""

    def check(database: Database, results: list[Any]) -> None:
        assert [result for result in results if isinstance(result, Exception)] == []
        assert read(MemoryDriver(database)) in ends

    return every_order(
        pool, make, [partial(job, work) for work in works], check, preemptions=preemptions
    )


def test_a_part_is_not_swept_from_under_who_stores_it_again(pool: ThreadPoolExecutor) -> None:
    assert explore(pool, lambda: world(orphans=OLD), [write(OLD), sweep], {OLD}) > 50


def test_nor_from_under_who_returns_to_a_text(pool: ThreadPoolExecutor) -> None:
    assert explore(pool, lambda: world(OLD, NEW), [write(OLD), sweep], {OLD}) > 50


def test_two_writers_and_a_sweeper_lose_nothing(pool: ThreadPoolExecutor) -> None:
    works = [write(OLD), write(NEW), sweep]
    make = partial(world, OLD, NEW)
    assert explore(pool, make, works, {OLD, NEW}, preemptions=2) > 300


def test_a_reader_sees_the_one_text_or_the_other(pool: ThreadPoolExecutor) -> None:
    seen = set()

    def look(driver: MemoryDriver) -> None:
        seen.add(read(driver))

    assert explore(pool, lambda: world(OLD), [look, write(NEW), sweep], {NEW}, preemptions=2) > 100
    assert seen == {OLD, NEW}


@pytest.mark.parametrize("step", range(9))
def test_what_a_writer_who_died_left_is_swept_or_used(pool: ThreadPoolExecutor, step: int) -> None:
    def make() -> Database:
        database = world(OLD)
        actor = Actor(crash_at=step)
        interleave(pool, [(actor, job(write(NEW), database, actor))], ())
        assert isinstance(actor.result, Crashed | None)
        assert read(MemoryDriver(database)) in {OLD, NEW}
        return database

    assert explore(pool, make, [write(NEW), sweep], {NEW}, preemptions=2) > 1
    database = make()
    LargeTexts(MemoryDriver(database), lambda: LATER + GRACE).sweep()
    named = Documents(MemoryDriver(database), RUNS).get("r")
    assert named is not None
    assert database.table(TEXTS).documents.keys() == set(named["note"]["text_parts"])
