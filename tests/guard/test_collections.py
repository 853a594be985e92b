"""What a guard knows of collections from the commands that have passed it."""

from typing import Any

import pytest

from mlflow_docstore.testing.guard.guard import Guard
from mlflow_docstore.testing.guard.profiles import load_profile
from mlflow_docstore.testing.guard.protocol import Command
from mlflow_docstore.testing.guard.proxy import PartRefusal, Refusal, Verdict

from .commands import IN_TRANSACTION, aggregate, command, find, index, insert, update

COSMOS = "cosmos-mongodb-7.0"
ELASTIC = "documentdb-elastic"
CREATED = command({"customAction": "CreateCollection", "collection": "things", "shardKey": "k"})
SHARDED = command({"shardCollection": "db.things", "key": {"k": "hashed"}})


def codes(profile: str, *commands: Command) -> list[int | None]:
    """What each command is refused with; None for those that are not."""
    guard = Guard(load_profile(profile))
    rulings = [guard(one) for one in commands]
    return [ruling.reply.get("code") if isinstance(ruling, Refusal) else None for ruling in rulings]


def sort(**keys: int) -> Command:
    return find(sort=keys)


class TestSorts:
    def test_an_index_on_the_field_alone_serves_it(self) -> None:
        assert codes(COSMOS, sort(a=1), index({"a": 1}), sort(a=1), sort(a=-1)) == [
            *(2, None, None, None)
        ]

    def test_a_compound_index_serves_no_single_field(self) -> None:
        assert codes(COSMOS, index({"a": 1, "b": 1}), sort(a=1)) == [None, 2]

    @pytest.mark.parametrize("keys", [{"a": 1, "b": -1}, {"a": -1, "b": 1}])
    def test_a_compound_index_serves_its_order_and_the_reverse(self, keys: dict[str, int]) -> None:
        assert codes(COSMOS, index({"a": 1, "b": -1}), sort(**keys)) == [None, None]

    @pytest.mark.parametrize(
        "keys", [{"a": 1, "b": 1}, {"b": -1, "a": 1}, {"a": 1, "b": -1, "c": 1}]
    )
    def test_it_serves_no_other(self, keys: dict[str, int]) -> None:
        assert codes(COSMOS, index({"a": 1, "b": -1}), sort(**keys)) == [None, 2]

    def test_single_indexes_serve_no_compound_sort(self) -> None:
        assert codes(COSMOS, index({"a": 1}), index({"b": 1}), sort(a=1, b=1))[-1] == 2

    def test_the_id_needs_no_index(self) -> None:
        assert codes(COSMOS, sort(_id=-1)) == [None]

    def test_a_wildcard_serves_any_single_field(self) -> None:
        assert codes(COSMOS, index({"$**": 1}), sort(a=1), sort(a=1, b=1)) == [None, None, 2]

    def test_an_index_of_another_collection_does_not_help(self) -> None:
        other = command({"createIndexes": "b", "indexes": [{"key": {"a": 1}, "name": "a"}]})
        assert codes(COSMOS, other, sort(a=1)) == [None, 2]

    def test_a_dropped_index_serves_nothing(self) -> None:
        dropped = command({"dropIndexes": "things", "index": "a"})
        assert codes(COSMOS, index({"a": 1}), dropped, sort(a=1))[-1] == 2

    @pytest.mark.parametrize("end", [{"drop": "things"}, {"dropDatabase": 1}])
    def test_indexes_go_with_what_they_are_on(self, end: dict[str, Any]) -> None:
        assert codes(COSMOS, index({"a": 1}), command(end), sort(a=1))[-1] == 2

    def test_a_stage_sorts_likewise(self) -> None:
        by_a = aggregate({"$sort": {"a": 1}})
        assert codes(COSMOS, by_a, index({"a": 1}), by_a) == [2, None, None]

    def test_a_refused_index_serves_nothing(self) -> None:
        assert codes(COSMOS, index({"a": 1}, sparse=True), sort(a=1)) == [67, 2]


class TestUniqueIndexes:
    def test_an_empty_collection_takes_one(self) -> None:
        assert codes(COSMOS, index({"a": 1}, unique=True)) == [None]

    def test_one_that_was_written_to_does_not(self) -> None:
        assert codes(COSMOS, insert({"_id": 1}), index({"a": 1}, unique=True)) == [None, 67]

    def test_once_dropped_it_does(self) -> None:
        sent = [insert({"_id": 1}), command({"drop": "things"}), index({"a": 1}, unique=True)]
        assert codes(COSMOS, *sent) == [None, None, None]


class TestShards:
    @pytest.mark.parametrize(("profile", "made"), [(COSMOS, CREATED), (ELASTIC, SHARDED)])
    def test_a_document_without_the_key_is_refused(self, profile: str, made: Command) -> None:
        sent = [made, insert({"_id": 1, "k": 2}), insert({"_id": 1, "k": 2}, {"_id": 3})]
        assert codes(profile, *sent) == [None, None, 61]

    def test_so_is_one_that_an_upsert_would_make(self) -> None:
        made = {"$set": {"a": 1}}
        sent = [
            CREATED,
            update(made, {"_id": 1}, upsert=True),
            update(made, {"_id": 1, "k": 2}, upsert=True),
            update({"$setOnInsert": {"k": 2}}, {"_id": 1}, upsert=True),
        ]
        assert codes(COSMOS, *sent) == [None, 61, None, None]

    @pytest.mark.parametrize("made", [insert({"_id": 1, "k": 2}), index({"k": 1})])
    def test_a_collection_that_exists_is_not_sharded_on_elastic_clusters(
        self, made: Command
    ) -> None:
        assert codes(ELASTIC, made, SHARDED) == [None, 20]
        assert codes(ELASTIC, SHARDED, made, SHARDED) == [None, None, None]
        assert codes("azure-documentdb", made, SHARDED) == [None, None]

    def test_the_server_behind_is_not_asked_to_shard(self) -> None:
        assert Guard(load_profile(COSMOS))(CREATED) == Refusal({"ok": 1.0})


class TestTransactions:
    def test_one_stays_in_its_collection(self) -> None:
        other = command({"insert": "others", **IN_TRANSACTION}, documents=[{"_id": 1}])
        same = insert({"_id": 1}, **IN_TRANSACTION)
        assert codes(COSMOS, same, same, other) == [None, None, 2]

    def test_the_next_may_take_another(self) -> None:
        other = command({"insert": "others", **IN_TRANSACTION}, documents=[{"_id": 1}])
        ended = command({"commitTransaction": 1, **IN_TRANSACTION})
        assert codes(COSMOS, insert({"_id": 1}, **IN_TRANSACTION), ended, other)[-1] is None

    def test_others_may_span_collections(self) -> None:
        other = command({"insert": "others", **IN_TRANSACTION}, documents=[{"_id": 1}])
        assert codes("documentdb-5.0", insert({"_id": 1}, **IN_TRANSACTION), other)[-1] is None


class TestSizes:
    def test_an_indexed_value_is_bounded(self) -> None:
        long = {"_id": 1, "a": {"b": ["x", "y" * 2049]}}
        assert codes("documentdb-5.0", insert(long), index({"a.b": 1}), insert(long)) == [
            *(None, None, 17280)
        ]

    def test_so_is_one_that_an_update_sets(self) -> None:
        change = update({"$set": {"a.b": "y" * 2049}})
        assert codes("documentdb-5.0", change, index({"a.b": 1}), change)[-1] == 17280

    def test_the_fields_of_a_compound_index_count_together(self) -> None:
        long = insert({"_id": 1, "a": "x" * 1500, "b": "y" * 1000})
        assert codes("documentdb-5.0", index({"a": 1, "b": 1}), long)[-1] == 17280

    @pytest.mark.parametrize("profile", ["documentdb-5.0", "azure-documentdb", "mongodb-8.0"])
    def test_indexes_are_counted(self, profile: str) -> None:
        made = [index({f"a{number}": 1}) for number in range(64)]
        assert [code for code in codes(profile, *made) if code] == [67]

    def test_each_document_of_an_insert_fails_by_itself_on_mongodb(self) -> None:
        large = {"_id": 2, "text": "x" * (17 << 20)}
        ruling = Guard(load_profile("mongodb-8.0"))(insert({"_id": 1}, large))
        assert isinstance(ruling, PartRefusal)
        assert {place: error["code"] for place, error in ruling.errors.items()} == {1: 2}


def test_a_guard_lets_housekeeping_pass() -> None:
    assert codes(COSMOS, command({"endSessions": []}), command({"ping": 1})) == [None, None]
    assert Guard(load_profile(COSMOS))(command({"ping": 1})) is Verdict.FORWARD
