"""The space that a database takes: its journal under load, and what deleting gives back."""

import threading
from pathlib import Path

import pytest

from mlflow_docstore.adapters.document.driver import Driver, Find
from mlflow_docstore.adapters.sqlite import session
from mlflow_docstore.adapters.sqlite.connection import connect
from mlflow_docstore.core.query import And
from tests.contract.driver.deck import in_threads


def test_the_journal_stays_bounded_while_readers_never_rest(
    directory: Path, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_JOURNAL_BYTES", 2 * 1024 * 1024)
    monkeypatch.setattr(session, "_LOOK_EVERY", 8)
    text = "x" * 50_000
    driver.insert_many("c", [{"_id": str(number), "text": text} for number in range(40)])
    done = threading.Event()
    readers = [connect(f"docstore://{directory}").driver for _ in range(4)]
    journal = directory / "docstore.sqlite-wal"
    largest = 0

    def work(number: int) -> None:
        nonlocal largest
        if number:
            while not done.is_set():
                readers[number - 1].find("c", Find())
            return
        for turn in range(400):
            driver.insert("d", {"_id": str(turn), "text": text})
            largest = max(largest, journal.stat().st_size)
        done.set()

    in_threads(work, 5)
    # Twenty megabytes were written.
    assert largest < 8 * 1024 * 1024
    for reader in readers:
        reader.close()


def test_a_scan_that_stands_still_keeps_no_journal(driver: Driver, directory: Path) -> None:
    driver.insert_many("c", [{"_id": f"{n:04}", "text": "x" * 1000} for n in range(1500)])
    scan = driver.scan("c", Find())
    next(scan)
    driver.delete_many("c", And())
    driver.reclaim()
    assert (directory / "docstore.sqlite-wal").stat().st_size == 0
    assert len(list(scan)) < 1500


def test_reclaiming_gives_the_space_of_what_was_deleted_back(driver: Driver, file: Path) -> None:
    driver.insert_many("c", [{"_id": str(n), "text": "x" * 10_000} for n in range(1000)])
    driver.insert("kept", {"_id": "a"})
    driver.reclaim()
    full = file.stat().st_size
    driver.delete_many("c", And())
    driver.reclaim()
    assert full > 10_000_000
    assert file.stat().st_size < full / 20
    assert driver.get("kept", "a") == {"_id": "a"}
