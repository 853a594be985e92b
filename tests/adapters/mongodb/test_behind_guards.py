"""What a server says of itself, and what it throttles, through the proxy of guards."""

import pytest

from mlflow_docstore.adapters.document.driver import Find, Patch
from mlflow_docstore.adapters.document.retry import RetryingDriver
from mlflow_docstore.adapters.mongodb.driver import MongoDriver
from mlflow_docstore.adapters.mongodb.flavours import AZURE_DOCUMENTDB, COSMOS_MONGODB
from mlflow_docstore.adapters.mongodb.provision import throwaway
from mlflow_docstore.adapters.mongodb.session import Session
from mlflow_docstore.adapters.mongodb.uri import parse
from mlflow_docstore.core.errors import Unavailable
from mlflow_docstore.core.query import Order, equals, path
from mlflow_docstore.testing.guard.faults import THROTTLED, Faults, failing_statements
from mlflow_docstore.testing.guard.guard import Guard
from mlflow_docstore.testing.guard.profiles import load_profile
from mlflow_docstore.testing.guard.protocol import Command
from mlflow_docstore.testing.guard.proxy import Amendment, PartRefusal, Proxy, Ruling, Verdict
from tests.standin import HOST, StandIn

from .conftest import Commands

ROWS = [{"_id": key, "x": ord(key) % 3} for key in "abcde"]


def uri_of(proxy: Proxy) -> str:
    return f"mongodb://{HOST}:{proxy.address[1]}/guards?directConnection=true&tls=false"


class TestRecognition:
    def test_a_replica_set_of_cosmos_db_is_one(self, standin: StandIn) -> None:
        guard = Guard(load_profile("cosmos-mongodb-7.0"))
        with Proxy((HOST, standin.port), guard) as proxy, throwaway(uri_of(proxy)) as driver:
            assert driver.capabilities.limits.document_bytes == 16 << 20
            driver.insert_many("c", ROWS)
            assert driver.capabilities.limits.document_bytes == 2 << 20
            # Which the guard refuses, unless it is made here.
            rows = driver.find("c", Find(order=(Order(path("x")), Order(path("_id"))), limit=3))
            assert [row.document["_id"] for row in rows] == ["c", "a", "d"]
            assert driver._session.flavour is COSMOS_MONGODB

    def test_the_client_gets_the_options_of_its_kind(self, standin: StandIn) -> None:
        def greet(command: Command) -> Ruling:
            if command.name not in {"hello", "ismaster", "isMaster"}:
                return Verdict.FORWARD
            return Amendment(lambda told: {**told, "internal": {"documentdb_versions": ["1"]}})

        with Proxy((HOST, standin.port), greet) as proxy:
            session = Session(parse(uri_of(proxy)))
            client = session.collection("c").database.client
            assert session.flavour is AZURE_DOCUMENTDB
            assert client.options.retry_writes is False
            assert client.options.pool_options.max_idle_time_seconds == 120
            assert session.collection("c").database.client is client
            session.close()


@pytest.mark.parametrize("fields", [None, ("x",)], ids=str)
def test_an_order_outlives_what_follows_it(
    standin: StandIn, fields: tuple[str, ...] | None
) -> None:
    guard = Guard(load_profile("documentdb-5.0"))
    with Proxy((HOST, standin.port), guard) as proxy:
        uri = uri_of(proxy).replace("mongodb://", "documentdb://")
        with throwaway(uri) as driver:
            driver.insert_many("c", [*ROWS, {"_id": "f"}])
            order = (Order(path("x"), optional=True), Order(path("_id")))
            rows = driver.find("c", Find(order=order, limit=4, fields=fields))
            assert [row.document for row in rows] == [
                {"_id": key, "x": ord(key) % 3} for key in "cadb"
            ]


def test_the_greatest_is_found_where_documents_are_not_compared(standin: StandIn) -> None:
    guard = Guard(load_profile("documentdb-5.0"))
    with Proxy((HOST, standin.port), guard) as proxy:
        uri = uri_of(proxy).replace("mongodb://", "documentdb://")
        with throwaway(uri) as driver:
            driver.insert("c", {"_id": "a", "m": {"s": 2}})
            for step, greatest in ((1, 2), (3, 3), (2, 3)):
                patch = Patch(maximum={"m": {"s": step}})
                outcome = driver.patch("c", "a", patch, returning=True)
                assert outcome.document == {"_id": "a", "m": {"s": greatest}}
            assert driver.get("c", "a") == {"_id": "a", "m": {"s": 3}}
            missed = driver.patch("c", "a", Patch(maximum={"m": {"s": 9}}), when=equals("m.s", 1))
            assert missed.matched is False


class TestThrottling:
    def test_of_a_batch_those_alone_go_out_again_that_were_refused(
        self, standin: StandIn, commands: Commands
    ) -> None:
        refusing = failing_statements(2, 16500, "Error=16500, RetryAfterMs=5, Details='...'")
        faults = Faults(refusing, "insert", numbers={0, 1})
        with (
            Proxy((HOST, standin.port), faults) as proxy,
            throwaway(uri_of(proxy), listeners=[commands]) as driver,
        ):
            assert RetryingDriver(driver, 10).insert_many("c", ROWS) == frozenset()
            found = driver.find("c", Find(order=(Order(path("_id")),)))
        sent = [
            [one["_id"] for one in each["documents"]] for each in commands.sent if "insert" in each
        ]
        assert sent == [list("abcde"), ["b", "d"], ["d"]]
        assert [row.document for row in found] == ROWS

    @pytest.mark.parametrize(
        ("failures", "again"), [({1: 11000}, "b"), ({1: 11000, 3: 16500}, "bd"), ({4: 112}, "e")]
    )
    def test_of_documents_that_are_put_those_alone_are_that_met_others_or_were_refused(
        self, standin: StandIn, commands: Commands, failures: dict[int, int], again: str
    ) -> None:
        refused = {place: {"code": code, "errmsg": ""} for place, code in failures.items()}
        faults = Faults(PartRefusal(refused), "update", numbers={0})
        with (
            Proxy((HOST, standin.port), faults) as proxy,
            throwaway(uri_of(proxy), listeners=[commands]) as driver,
        ):
            RetryingDriver(driver, 10).put_many("c", ROWS)
            found = driver.find("c", Find(order=(Order(path("_id")),)))
        sent = [
            [one["u"]["_id"] for one in each["updates"]]
            for each in commands.sent
            if "updates" in each
        ]
        assert sent == [list("abcde"), list(again)]
        assert [row.document for row in found] == ROWS

    def test_a_document_that_met_another_is_put_again_at_once(self, standin: StandIn) -> None:
        met = PartRefusal({0: {"code": 11000, "errmsg": ""}})
        faults = Faults(met, "update", numbers={0})
        with Proxy((HOST, standin.port), faults) as proxy, throwaway(uri_of(proxy)) as driver:
            driver.put_many("c", ROWS)
            assert driver.get("c", "a") == ROWS[0]

    def test_past_the_deadline_the_database_is_unavailable(self, standin: StandIn) -> None:
        with Proxy((HOST, standin.port), Faults(THROTTLED, "find")) as proxy:
            driver = MongoDriver(Session(parse(uri_of(proxy))))
            with pytest.raises(Unavailable) as caught:
                RetryingDriver(driver, 0.1).get("c", "a")
            assert (caught.value.facts["code"], caught.value.retry_after) == (16500, 0.02)
            driver.close()
