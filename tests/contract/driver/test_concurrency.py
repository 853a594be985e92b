"""Writers at once: nothing is lost, nothing is half-done, one of a kind wins."""

from collections import Counter
from itertools import pairwise

from mlflow_docstore.adapters.document.driver import Patch
from mlflow_docstore.core.capabilities import Feature
from mlflow_docstore.core.query import And, Exists, equals, path

from .deck import THREADS, Table, in_threads

TURNS = 12


def test_no_push_is_lost(table: Table) -> None:
    table.put(a={})

    def push(thread: int) -> None:
        for turn in range(TURNS):
            table.patch(push={"list": [[thread, turn]]})

    in_threads(push)
    found = table.get()["list"]
    assert sorted(found) == [[thread, turn] for thread in range(THREADS) for turn in range(TURNS)]
    for thread in range(THREADS):
        assert [turn for who, turn in found if who == thread] == list(range(TURNS))


def test_documents_that_all_put_are_each_of_one_of_them(table: Table) -> None:
    def put(thread: int) -> None:
        for _ in range(TURNS):
            rows = [{"_id": key, "who": thread, "too": thread} for key in "abc"]
            table.driver.put_many(table.name, rows)

    in_threads(put)
    found = [table.get(key) for key in "abc"]
    assert [row["who"] == row["too"] for row in found] == [True] * 3


def test_an_element_that_all_add_is_there_once(table: Table) -> None:
    table.put(a={})
    in_threads(lambda thread: table.patch(add={"list": ["same", thread]}))
    assert sorted(map(str, table.get()["list"])) == [*map(str, range(THREADS)), "same"]


def test_no_field_that_is_set_is_lost(table: Table) -> None:
    table.put(a={})

    def write(thread: int) -> None:
        for turn in range(TURNS):
            table.patch(set={f"p.t{thread}.k{turn}": turn})

    in_threads(write)
    each = {f"k{turn}": turn for turn in range(TURNS)}
    assert table.get()["p"] == {f"t{thread}": each for thread in range(THREADS)}


def test_a_preconditioned_counter_counts_every_turn(table: Table) -> None:
    table.put(a={"count": 0})

    def count(_: int) -> int:
        attempts = 0
        for _turn in range(TURNS):
            while True:
                attempts += 1
                seen = table.get()["count"]
                if table.patch(when=equals("count", seen), set={"count": seen + 1}).matched:
                    break
        return attempts

    attempts = in_threads(count)
    assert table.get()["count"] == THREADS * TURNS
    assert sum(attempts) >= THREADS * TURNS


def test_one_of_those_who_insert_an_id_wins(table: Table) -> None:
    answers = in_threads(
        lambda thread: table.driver.insert(table.name, {"_id": "a", "thread": thread})
    )
    assert Counter(answers) == {True: 1, False: THREADS - 1}
    assert table.get()["thread"] == answers.index(True)


def test_each_of_many_ids_is_inserted_by_one(table: Table) -> None:
    documents = [f"d{number:02}" for number in range(40)]

    def insert(thread: int) -> frozenset[str]:
        rows = [{"_id": key, "thread": thread} for key in documents]
        return table.driver.insert_many(table.name, rows)

    taken = in_threads(insert)
    for key in documents:
        winners = [thread for thread in range(THREADS) if key not in taken[thread]]
        assert winners == [table.get(key)["thread"]]


def test_one_of_those_who_delete_it_has_deleted_it(table: Table) -> None:
    table.put(a={})
    answers = in_threads(lambda _: table.driver.delete(table.name, "a"))
    assert Counter(answers) == {True: 1, False: THREADS - 1}


def test_one_of_those_who_write_what_is_missing_has_written_it(table: Table) -> None:
    table.put(a={})
    missing = Exists(path("owner"), negated=True)
    answers = in_threads(lambda thread: table.patch(when=missing, set={"owner": thread}).matched)
    assert Counter(answers) == {True: 1, False: THREADS - 1}
    assert table.get()["owner"] == answers.index(True)


def test_what_is_returned_is_what_the_writer_itself_made(table: Table) -> None:
    table.requires(Feature.PATCH_RETURN)
    table.put(a={"list": []})

    def push(thread: int) -> list[int]:
        patch = Patch(push={"list": [thread]})
        outcome = table.driver.patch(table.name, "a", patch, returning=True)
        return list(outcome.document["list"])

    lists = sorted(in_threads(push), key=len)
    assert [len(found) for found in lists] == list(range(1, THREADS + 1))
    assert all(longer[: len(shorter)] == shorter for shorter, longer in pairwise(lists))


def test_what_is_returned_holds_what_the_writer_made(table: Table) -> None:
    table.put(a={"list": []})

    def push(thread: int) -> bool:
        patch = Patch(push={"list": [thread]})
        outcome = table.driver.patch(table.name, "a", patch, returning=True)
        return thread in outcome.document["list"]

    assert all(in_threads(push))


def test_no_reader_sees_half_a_patch(table: Table) -> None:
    table.put(a={"x": 0, "y": {"z": 0}})

    def work(thread: int) -> int:
        halves = 0
        for turn in range(TURNS):
            if thread % 2:
                table.patch(set={"x": turn, "y.z": turn, "l": [turn]})
            else:
                found = table.get()
                halves += found["x"] != found["y"]["z"]
        return halves

    assert sum(in_threads(work)) == 0


def test_patches_of_all_do_not_lose_those_of_one(table: Table) -> None:
    table.put(**{f"d{number}": {"x": 0} for number in range(10)})

    def work(thread: int) -> None:
        for turn in range(TURNS):
            if thread % 2:
                table.driver.patch_many(table.name, And(), Patch(set={f"t{thread}": turn}))
            else:
                table.patch("d3", push={"list": [[thread, turn]]})

    in_threads(work)
    assert len(table.get("d3")["list"]) == TURNS * THREADS // 2
    odd = [f"t{thread}" for thread in range(1, THREADS, 2)]
    assert all(table.get(f"d{number}")[name] == TURNS - 1 for number in range(10) for name in odd)
