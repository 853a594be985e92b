"""Guards, faults and recordings, as a driver meets them before a real server."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, BulkWriteError, OperationFailure
from pymongo.write_concern import WriteConcern

from mlflow_docstore import cli
from mlflow_docstore.testing.guard.faults import THROTTLED, Faults, failing_statements
from mlflow_docstore.testing.guard.guard import Finding, Guard, Watch
from mlflow_docstore.testing.guard.profiles import load_profile, profile_names
from mlflow_docstore.testing.guard.protocol import Command
from mlflow_docstore.testing.guard.proxy import Delay, Judge, Proxy, Verdict, together
from mlflow_docstore.testing.guard.recording import Entry, Recorder, in_words
from tests.standin import HOST, StandIn

Documents = Collection[dict[str, Any]]
Through = Callable[..., Documents]

REPLICA_SETS = {
    **dict.fromkeys(("documentdb-5.0", "documentdb-8.0", "mongodb-6.0", "mongodb-8.0"), "rs0"),
    "cosmos-mongodb-7.0": "globaldb",
}
VERSIONS = {
    "azure-documentdb": "7.0.0",
    "cosmos-mongodb-7.0": "7.0.0",
    "documentdb-5.0": "5.0.0",
    "documentdb-8.0": "8.0.0",
    "documentdb-elastic": "5.0.0",
    "mongodb-6.0": "6.0.0",
    "mongodb-8.0": "8.0.0",
}
ROWS = [{"_id": number} for number in range(6)]


@pytest.fixture
def through(unwatched: StandIn) -> Iterator[Through]:
    """A collection of its own behind a judge."""
    with ExitStack() as stack:

        def make(judge: Judge, **options: Any) -> Documents:
            host, port = stack.enter_context(Proxy((HOST, unwatched.port), judge)).address
            given = {"directConnection": True, "retryWrites": False, **options}
            client: MongoClient[dict[str, Any]] = MongoClient(host, port, **given)
            return stack.enter_context(client)["guarded"][f"c{uuid4().hex}"]

        yield make


def guarded(through: Through, profile: str, **options: Any) -> Documents:
    return through(Guard(load_profile(profile)), **options)


@pytest.mark.parametrize("profile", profile_names())
def test_it_says_it_is_that_database(through: Through, profile: str) -> None:
    client = guarded(through, profile).database.client
    hello = client.admin.command("hello")
    assert hello.get("setName") == REPLICA_SETS.get(profile)
    assert hello.get("msg") == ("isdbgrid" if profile == "azure-documentdb" else None)
    assert ("logicalSessionTimeoutMinutes" in hello) is (profile != "documentdb-elastic")
    assert hello["maxWireVersion"] == json.loads(
        load_profile(profile).rules["hello", "maxWireVersion"].value
    )
    assert client.server_info()["version"] == VERSIONS[profile]


@pytest.mark.parametrize("profile", REPLICA_SETS)
def test_a_client_that_looks_for_a_replica_set_stays_with_the_guard(
    through: Through, profile: str
) -> None:
    found = guarded(
        through, profile, directConnection=False, replicaSet=REPLICA_SETS[profile]
    ).database.client
    found.admin.command("ping")
    assert len(found.nodes) == 1
    assert found.primary is not None
    with pytest.raises(OperationFailure):
        found.admin.command("doesNotExist")


def test_a_refusal_is_the_dialects_own(through: Through) -> None:
    things = guarded(through, "documentdb-5.0")
    things.insert_one({"_id": 1})
    with pytest.raises(OperationFailure, match=r"stage not supported: '\$facet'") as hit:
        things.aggregate([{"$facet": {"all": []}}])
    assert hit.value.code == 304
    assert list(things.find()) == [{"_id": 1}]


@pytest.mark.parametrize(("profile", "code"), [("documentdb-5.0", 301), ("cosmos-mongodb-7.0", 2)])
def test_retryable_writes_must_be_off(through: Through, profile: str, code: int) -> None:
    with pytest.raises(OperationFailure, match="Retryable writes are not supported") as hit:
        guarded(through, profile, retryWrites=True).insert_one({"_id": 1})
    assert hit.value.code == code


def test_elastic_clusters_are_sent_no_sessions(through: Through) -> None:
    things = guarded(through, "documentdb-elastic")
    things.insert_one({"_id": 1})
    assert list(things.find()) == [{"_id": 1}]


def test_what_awaits_no_reply_is_sent_none(through: Through) -> None:
    things = guarded(through, "documentdb-elastic")
    things.with_options(write_concern=WriteConcern(0)).insert_one({"_id": 1})
    assert list(things.find()) == []


@pytest.mark.parametrize(
    ("ordered", "kept", "failed"), [(True, [0, 1], [2]), (False, [0, 1, 3, 4], [2, 5])]
)
def test_a_bulk_write_fails_in_part(
    through: Through, ordered: bool, kept: list[int], failed: list[int]
) -> None:
    things = through(Faults(failing_statements(3, 16500, "too many"), pattern="insert"))
    with pytest.raises(BulkWriteError) as hit:
        things.insert_many(ROWS, ordered=ordered)
    errors = hit.value.details["writeErrors"]
    assert [(one["index"], one["code"], one["errmsg"]) for one in errors] == [
        (place, 16500, "too many") for place in failed
    ]
    assert hit.value.details["nInserted"] == len(kept)
    assert [row["_id"] for row in things.find(sort=[("_id", 1)])] == kept


def test_what_the_server_refuses_of_the_rest_is_told_too(through: Through) -> None:
    things = through(Faults(failing_statements(3, 16500, "too many"), numbers={1}))
    things.insert_one({"_id": 4})
    with pytest.raises(BulkWriteError) as hit:
        things.insert_many(ROWS, ordered=False)
    found = [(one["index"], one["code"]) for one in hit.value.details["writeErrors"]]
    assert found == [(2, 16500), (4, 11000), (5, 16500)]


def test_in_order_nothing_happens_behind_what_the_server_refuses(through: Through) -> None:
    things = through(Faults(failing_statements(3, 16500, "too many"), numbers={1}))
    things.insert_one({"_id": 1})
    with pytest.raises(BulkWriteError) as hit:
        things.insert_many(ROWS)
    found = [(one["index"], one["code"]) for one in hit.value.details["writeErrors"]]
    assert found == [(1, 11000)]
    assert [row["_id"] for row in things.find(sort=[("_id", 1)])] == [0, 1]


def test_documents_within_a_command_count_as_those_beside_it(through: Through) -> None:
    things = through(Faults(failing_statements(3, 16500, "too many"), pattern="insert"))
    said = things.database.command("insert", things.name, documents=ROWS, ordered=False)
    assert [one["index"] for one in said["writeErrors"]] == [2, 5]
    assert sorted(row["_id"] for row in things.find()) == [0, 1, 3, 4]


def test_documents_that_are_too_large_fail_by_themselves_on_mongodb(through: Through) -> None:
    things = guarded(through, "mongodb-8.0")
    # The driver refuses a larger one itself.
    large = {"_id": 2, "text": "x" * (16 << 20)}
    with pytest.raises(BulkWriteError) as hit:
        things.insert_many([{"_id": 1}, large], ordered=False)
    (error,) = hit.value.details["writeErrors"]
    assert (error["code"], error["errmsg"].partition(".")[0]) == (2, "object to insert too large")
    assert list(things.find()) == [{"_id": 1}]


class TestFaults:
    def test_they_are_chosen_by_number_and_pattern(self, through: Through) -> None:
        things = through(Faults(THROTTLED, pattern="insert|update", numbers={1}))
        things.insert_one({"_id": 1})
        assert list(things.find()) == [{"_id": 1}]
        with pytest.raises(OperationFailure, match="RetryAfterMs"):
            things.update_one({"_id": 1}, {"$set": {"a": 1}})
        things.update_one({"_id": 1}, {"$set": {"a": 1}})

    def test_a_share_of_them_is_hit_and_the_same_share_again(self, through: Through) -> None:
        def hits() -> list[bool]:
            entries: list[Entry] = []
            things = through(Recorder(entries.append, Faults(THROTTLED, share=0.5, seed=7)))
            for number in range(40):
                with suppress(OperationFailure):
                    things.insert_one({"_id": number})
            found = [one.ruling is THROTTLED for one in entries if one.name == "insert"]
            assert len(found) == 40
            return found

        first = hits()
        assert 10 < sum(first) < 30
        assert hits() == first

    def test_a_delay_comes_before_what_follows(self, through: Through) -> None:
        things = through(Faults(Delay(0.001, Verdict.CUT_BEFORE), pattern="insert"))
        with pytest.raises(AutoReconnect):
            things.insert_one({"_id": 1})
        assert list(things.find()) == []


def test_judges_compose(through: Through) -> None:
    faults = Faults(THROTTLED, pattern="find", numbers={0})
    things = through(together(faults, Guard(load_profile("documentdb-5.0"))))
    with pytest.raises(OperationFailure, match="RetryAfterMs"):
        things.find_one()
    assert things.find_one() is None
    with pytest.raises(OperationFailure, match="Aggregation stage not supported"):
        things.aggregate([{"$facet": {"all": []}}])
    assert things.database.client.server_info()["version"] == "5.0.0"


def test_a_recording_tells_names_bytes_and_rulings(through: Through) -> None:
    entries: list[Entry] = []
    things = through(Recorder(entries.append, Guard(load_profile("documentdb-5.0"))))
    things.insert_many([{"_id": 1, "text": "x" * 1000}, {"_id": 2}])
    with pytest.raises(OperationFailure):
        things.aggregate([{"$facet": {"all": []}}])
    told = [one for one in entries if one.collection == things.name]
    assert [one.name for one in told] == ["insert", "aggregate"]
    assert 1000 < told[0].size < 1500
    assert told[0].at < told[1].at
    assert in_words(told[0].ruling) == "forward"
    assert in_words(told[1].ruling) == "refused, 304: Aggregation stage not supported: '$facet'"


class TestWatch:
    def test_all_passes_and_every_profile_is_asked(self, through: Through) -> None:
        watch = Watch(list(map(load_profile, profile_names())), lambda: "now")
        things = through(watch)
        things.insert_one({"_id": 1})
        assert things.aggregate([{"$facet": {"all": [{"$match": {}}]}}]).to_list()
        refusing = ("documentdb-5.0", "documentdb-8.0", "documentdb-elastic")
        found = {Finding(one, "aggregate", "stage", "$facet"): "now" for one in refusing}
        assert watch.findings == found

    def test_the_first_occasion_is_kept(self, through: Through) -> None:
        occasions = iter(["first", "second"])
        watch = Watch([load_profile("documentdb-5.0")], lambda: next(occasions))
        things = through(watch)
        for _ in range(2):
            things.update_one({}, [{"$set": {"a": 1}}])
        found = {(one.kind, one.name): when for one, when in watch.findings.items()}
        assert found[("form", "update.pipeline")] == "first"

    def test_sizes_are_watched(self, through: Through) -> None:
        watch = Watch(list(map(load_profile, profile_names())), lambda: "now")
        through(watch).insert_one({"_id": 1, "text": "x" * (3 << 20)})
        assert list(watch.findings) == [
            Finding("cosmos-mongodb-7.0", "insert", "limit", "document_bytes")
        ]

    @pytest.mark.parametrize(("name", "seen"), [("ours", 1), ("another", 0)])
    def test_only_one_application_may_be_watched(
        self, through: Through, name: str, seen: int
    ) -> None:
        watch = Watch([load_profile("documentdb-elastic")], lambda: "now", "ours")
        through(watch, appname=name).update_one({}, [{"$set": {"a": 1}}])
        assert sum(one.name == "update.pipeline" for one in watch.findings) == seen


def test_the_command_stands_before_a_server(unwatched: StandIn, tmp_path: Path) -> None:
    log = tmp_path / "proxy.log"
    arguments = ["proxy", "--to", f"mongodb://{unwatched.address}", "--log", str(log)]
    command = [sys.executable, "-c", "import sys; from mlflow_docstore import cli; cli.main()"]
    command += [*arguments, "--profile", "documentdb-5.0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            uri = process.stdout.readline().strip()
            with MongoClient[dict[str, Any]](uri, retryWrites=False) as client:
                things = client["guarded"][f"c{uuid4().hex}"]
                things.insert_one({"_id": 1})
                with pytest.raises(OperationFailure, match="Aggregation stage not supported"):
                    things.aggregate([{"$facet": {"all": []}}])
        finally:
            process.terminate()
    assert process.returncode == 0
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    ours = [(one["command"], one["ruling"]) for one in rows if one["collection"] == things.name]
    assert ours[0] == ("insert", "forward")
    assert ours[1][0] == "aggregate"
    assert ours[1][1].startswith("refused, 304: ")


@pytest.mark.parametrize(
    ("arguments", "trouble"),
    [
        (["--to", "postgres://here"], "'postgres://here' is not mongodb://HOST:PORT"),
        (["--to", "mongodb://a,b"], "'mongodb://a,b' is not mongodb://HOST:PORT"),
        (["--to", "mongodb://a:many"], "Port could not be cast to integer value"),
        (["--to", "mongodb://a", "--profile", "oracle"], "no profile 'oracle': there are azure-"),
        (["--to", "mongodb://a", "--profile", "none.csv"], "No such file"),
    ],
)
def test_the_command_says_what_it_cannot_take(
    arguments: list[str], trouble: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["proxy", *arguments])
    assert caught.value.code == 2
    assert re.search(re.escape(trouble), capsys.readouterr().err)


def test_a_judge_that_fails_is_told_and_leaves_no_client_waiting(
    through: Through, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: SimpleQueue[threading.ExceptHookArgs] = SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", told.put)

    def judge(command: Command) -> Verdict:
        if command.name == "insert":
            raise ValueError(command.name)
        return Verdict.FORWARD

    with pytest.raises(AutoReconnect):
        through(judge).insert_one({"_id": 1})
    assert told.get(timeout=60).exc_type is ValueError
