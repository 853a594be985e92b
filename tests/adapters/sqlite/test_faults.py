"""What was acknowledged is there, and nothing is half there: killed writers, a full disk, locks."""

import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from mlflow_docstore.adapters.document.backend import Connection
from mlflow_docstore.adapters.document.driver import Driver, Find, Patch
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.adapters.sqlite.connection import connect
from mlflow_docstore.adapters.sqlite.place import Place
from mlflow_docstore.adapters.sqlite.session import Session
from mlflow_docstore.core.errors import Unavailable, Unreachable
from tests.contract.driver.deck import BY_ID
from tests.soak.killing import Doomed

KILLS = 200
AT_ONCE = 4

forking = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def write_on(uri: str, turn: int, said: int) -> NoReturn:
    """Write from a turn on until the process is killed, and say of each turn that it is written."""
    driver = connect(uri).driver
    while True:
        driver.insert("turns", {"_id": f"{turn:08}", "text": "x" * (turn % 7 * 900)})
        driver.patch("turns", f"{turn:08}", Patch(set={"one": turn, "deep.two": turn}))
        driver.insert_many("parts", [{"_id": f"{turn:08}-{n}", "data": b"y"} for n in range(3)])
        os.write(said, f"{turn}\n".encode())
        turn += 1


def turns_in(words: bytes) -> set[int]:
    """The turns of which a writer said that they are written."""
    return {int(line) for line in words.splitlines(keepends=True) if line.endswith(b"\n")}


@forking
def test_writers_that_are_killed_lose_nothing_that_they_said_was_written(
    driver: Driver, directory: Path, file: Path
) -> None:
    uri, seeds = f"docstore://{directory}?synchronous=normal", random.Random(8)  # noqa: S311
    said: set[int] = set()
    for first in range(0, KILLS, AT_ONCE):
        writers = [
            Doomed.start(partial(write_on, uri, (first + n) * 100_000)) for n in range(AT_ONCE)
        ]
        for writer in writers:
            said |= turns_in(writer.killed(seeds.uniform(0, 0.01)))
    turns = {document["_id"]: document for document in driver.scan("turns", Find(order=(BY_ID,)))}
    parts = {row.document["_id"] for row in driver.find("parts", Find(fields=()))}
    assert len(said) >= KILLS
    for turn in said:
        found = turns[f"{turn:08}"]
        assert (found["one"], found["deep"]) == (turn, {"two": turn})
        assert f"{turn:08}-0" in parts
    for document in turns.values():
        assert document["text"] == "x" * (int(document["_id"]) % 7 * 900)
        assert ("one" in document) is ("deep" in document)
    for key in parts:
        assert {f"{key[:-2]}-{number}" for number in range(3)} <= parts
    with closing(sqlite3.connect(file)) as native:
        assert native.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def limit_pages(driver: Driver, more: int) -> None:
    """Let the file of a database grow by some pages alone, as on a disk that fills up."""
    (connected,) = driver._session._held().idle  # type: ignore[attr-defined]
    (pages,) = connected.native.execute("PRAGMA page_count").fetchone()
    connected.native.execute(f"PRAGMA max_page_count = {pages + more}")


class TestFullDisk:
    TEXT = "x" * 3000

    def test_what_finds_no_space_is_refused_whole(self, driver: Driver) -> None:
        driver.insert("c", {"_id": "a"})
        limit_pages(driver, 20)
        rows = [{"_id": f"d{number}", "text": self.TEXT} for number in range(100)]
        for call in (
            lambda: driver.insert_many("c", rows),
            lambda: driver.insert("c", {"_id": "b", "text": self.TEXT * 100}),
            lambda: driver.patch("c", "a", Patch(set={"x": 1, "text": self.TEXT * 100})),
        ):
            with pytest.raises(Unreachable) as caught:
                call()
            assert "no space is left on the disk of" in caught.value.facts["reason"]
        assert [row.document for row in driver.find("c", Find())] == [{"_id": "a"}]

    def test_reading_and_small_changes_go_on(self, driver: Driver) -> None:
        driver.insert("c", {"_id": "a"})
        limit_pages(driver, 0)
        with pytest.raises(Unreachable):
            driver.insert("c", {"_id": "b", "text": self.TEXT * 100})
        assert driver.patch("c", "a", Patch(set={"x": 1})).matched is True
        assert driver.get("c", "a") == {"_id": "a", "x": 1}

    def test_it_is_not_tried_again(self, driver: Driver) -> None:
        driver.insert("c", {"_id": "a"})
        limit_pages(driver, 0)
        with pytest.raises(Unreachable):
            # It would be for half an hour, were it retried.
            RetryingDriver(driver, 1800).insert("c", {"_id": "b", "text": self.TEXT * 100})


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Somebody else writes for as long as the block lasts."""
    with closing(sqlite3.connect(file, isolation_level=None)) as native:
        native.execute("BEGIN IMMEDIATE")
        yield
        native.execute("ROLLBACK")


class TestLocks:
    @pytest.fixture
    def connection(self, directory: Path) -> Iterator[Connection]:
        found = connect(f"docstore://{directory}?retryDeadlineMS=300")
        found.driver.insert("c", {"_id": "a"})
        yield found
        found.driver.close()

    def test_a_lock_for_longer_than_the_deadline(self, connection: Connection, file: Path) -> None:
        retrying = RetryingDriver(connection.driver, connection.retry_deadline)
        with locked(file):
            for call in (
                lambda: retrying.insert("c", {"_id": "b"}),
                lambda: retrying.patch("c", "a", Patch(set={"x": 1})),
                lambda: retrying.delete("c", "a"),
            ):
                with pytest.raises(Unavailable) as caught:
                    call()
                assert caught.value.applied is False
            assert retrying.get("c", "a") == {"_id": "a"}
        assert [row.document for row in retrying.find("c", Find())] == [{"_id": "a"}]

    def test_a_lock_that_is_let_go_in_time(self, connection: Connection, file: Path) -> None:
        retrying = RetryingDriver(connection.driver, 60)
        waiting = threading.Thread(target=lambda: retrying.insert("c", {"_id": "b"}))
        with locked(file):
            waiting.start()
            time.sleep(0.1)
            assert retrying.get("c", "b") is None
        waiting.join()
        assert retrying.get("c", "b") == {"_id": "b"}


@forking
def test_a_forked_process_opens_connections_of_its_own(driver: Driver) -> None:
    driver.insert("c", {"_id": "a", "n": 0})
    inherited = set(driver._session._held().opened)  # type: ignore[attr-defined]
    child = os.fork()
    if child == 0:
        try:
            driver.patch("c", "a", Patch(set={"n": 1}))
            held = driver._session._held()  # type: ignore[attr-defined]
            os._exit(0 if held.opened and not held.opened & inherited else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert driver.patch("c", "a", Patch(push={"list": [1]})).matched is True
    assert driver.get("c", "a") == {"_id": "a", "n": 1, "list": [1]}


def test_who_waits_in_line_has_not_failed(directory: Path) -> None:
    place = Place(directory)
    place.make()
    session = Session(place, patience=0.001)
    writer = session.take_to_write()
    with ThreadPoolExecutor(1) as threads:
        next_one = threads.submit(session.take_to_write)
        # Many times the patience with locks of other processes.
        assert wait([next_one], timeout=0.1).not_done
        session.give_back_written(writer)
        session.give_back_written(next_one.result())
    session.close()
