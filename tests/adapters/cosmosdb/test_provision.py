"""The database and its containers: made once, by who may, with as much throughput as asked for."""

from collections.abc import Iterator
from itertools import count

import pytest
from azure.cosmos import CosmosClient, DatabaseProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError

import mlflow_docstore
from mlflow_docstore import cli
from mlflow_docstore.adapters.cosmosdb.indexing import indexes_in, policy_of
from mlflow_docstore.adapters.cosmosdb.provision import throwaway
from mlflow_docstore.adapters.document.layout import (
    LAYOUT,
    METRICS,
    RUNS,
    Collection,
    Index,
    Layout,
)
from mlflow_docstore.core.errors import Forbidden, NotFound, Unsupported
from mlflow_docstore.ports.backend import Backend, Provision, Throughput

from .standin import StandIn

_NUMBERS = count()
OWN = Index("of_mine", (("mine", 1),))


@pytest.fixture
def name() -> str:
    return f"provision-{next(_NUMBERS)}"


@pytest.fixture
def uri(faulty: StandIn, name: str) -> str:
    return f"{faulty.uri(name)}&retryDeadlineMS=2000"


@pytest.fixture
def backend(uri: str) -> Iterator[Backend]:
    backend = mlflow_docstore.connect(uri)
    yield backend
    backend.close()


@pytest.fixture
def made(client: CosmosClient, name: str) -> DatabaseProxy:
    return client.get_database_client(name)


def provision(backend: Backend, how: Provision) -> None:
    for step in backend.steps(how):
        step.run()


class TestContainers:
    def test_are_partitioned_and_indexed_by_the_layout(
        self, backend: Backend, made: DatabaseProxy
    ) -> None:
        backend.prepare()
        found = {one["id"]: one for one in made.list_containers()}
        assert found.keys() == {f"mlflow_{one.name}" for one in LAYOUT.collections}
        assert found[f"mlflow_{RUNS}"]["partitionKey"]["paths"] == ["/id"]
        assert found[f"mlflow_{METRICS}"]["partitionKey"]["paths"] == ["/run_id"]
        for collection in LAYOUT.collections:
            policy = found[f"mlflow_{collection.name}"]["indexingPolicy"]
            assert policy == policy_of(collection)

    def test_are_asked_for_once_where_they_are_there(
        self, faulty: StandIn, backend: Backend
    ) -> None:
        backend.prepare()
        backend.prepare()
        faulty.forget()
        backend.prepare()
        assert [one["operation"] for one in faulty.log()] == ["read"]

    def test_keep_indexes_of_users_when_they_get_one_more(self, uri: str) -> None:
        bare, whole = (
            Collection("grown"),
            Collection("grown", indexes=(Index("by_x", (("x", 1),)),)),
        )
        with throwaway(uri) as driver:
            driver.prepare(Layout(1, (bare,)))
            driver.create_index("grown", OWN)
            driver.prepare(Layout(2, (whole,)))
            assert {one.name for one in driver.indexes("grown")} == {"of_mine", "by_x"}

    def test_of_two_prefixes_are_apart(self, uri: str, made: DatabaseProxy) -> None:
        with throwaway(uri) as one, throwaway(uri) as other:
            one.prepare(LAYOUT)
            other.prepare(Layout(1, LAYOUT.collections[:1]))
            assert len(list(made.list_containers())) == len(LAYOUT.collections) + 1
        assert list(made.list_containers()) == []


class TestThroughput:
    def test_is_the_least_that_scales_where_nobody_chose(
        self, backend: Backend, made: DatabaseProxy
    ) -> None:
        backend.prepare()
        assert made.get_throughput().auto_scale_max_throughput == 1000

    def test_is_fixed_where_that_was_asked_for(self, backend: Backend, made: DatabaseProxy) -> None:
        provision(backend, Provision(throughput=Throughput(500)))
        assert made.get_throughput().offer_throughput == 500

    def test_stays_where_it_is_what_was_asked_for(self, backend: Backend) -> None:
        for _ in range(2):
            provision(backend, Provision(throughput=Throughput(4000, autoscale=True)))

    def test_is_not_turned_into_the_other_kind(self, backend: Backend) -> None:
        backend.prepare()
        with pytest.raises(Unsupported) as caught:
            provision(backend, Provision(throughput=Throughput(500)))
        assert "throughput migrate" in caught.value.facts["reason"]

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (Throughput(500), Throughput(900)),
            (Throughput(900), Throughput(400)),
            (Throughput(1000, autoscale=True), Throughput(4000, autoscale=True)),
        ],
    )
    def test_of_a_database_that_is_there_is_changed(
        self, backend: Backend, made: DatabaseProxy, before: Throughput, after: Throughput
    ) -> None:
        for wanted in (before, after):
            provision(backend, Provision(throughput=wanted))
        found = made.get_throughput()
        units = found.auto_scale_max_throughput if after.autoscale else found.offer_throughput
        assert units == after.units

    def test_is_left_alone_where_nobody_chose_another(
        self, backend: Backend, made: DatabaseProxy
    ) -> None:
        provision(backend, Provision(throughput=Throughput(500)))
        provision(backend, Provision())
        assert made.get_throughput().offer_throughput == 500

    def test_that_the_account_does_not_grant_is_refused(
        self, faulty: StandIn, backend: Backend
    ) -> None:
        faulty.fail(status=400, operations=["create"], address="^/dbs/?$")
        with pytest.raises(Unsupported, match="does not grant it"):
            backend.prepare()
        with pytest.raises(NotFound):
            backend.require()

    def test_cannot_be_given_to_a_database_without(
        self, client: CosmosClient, backend: Backend, name: str
    ) -> None:
        client.create_database(name)
        with pytest.raises(Unsupported, match="made without one"):
            provision(backend, Provision(throughput=Throughput(500)))


class TestAServerlessAccount:
    """It refuses throughput, to give as well as to look for."""

    @pytest.fixture(autouse=True)
    def _serverless(self, faulty: StandIn) -> None:
        faulty.fail(status=400, address="^/offers", times=99)

    @pytest.fixture
    def giving_fails(self, faulty: StandIn, _serverless: None) -> None:
        faulty.fail(status=400, operations=["create"], address="^/dbs/?$")

    @pytest.mark.usefixtures("giving_fails")
    def test_gets_a_database_without(
        self, faulty: StandIn, backend: Backend, made: DatabaseProxy
    ) -> None:
        backend.prepare()
        faulty.recover()
        with pytest.raises((CosmosResourceNotFoundError, AttributeError)):
            made.get_throughput()
        assert len(list(made.list_containers())) == len(LAYOUT.collections)

    @pytest.mark.usefixtures("giving_fails")
    def test_takes_none_for_a_new_database(self, backend: Backend) -> None:
        with pytest.raises(Unsupported, match="serverless, and has none: leave it out"):
            provision(backend, Provision(throughput=Throughput(500)))

    def test_takes_none_for_one_that_is_there(
        self, client: CosmosClient, backend: Backend, name: str
    ) -> None:
        client.create_database(name)
        with pytest.raises(Unsupported, match="serverless, and has none: leave it out"):
            provision(backend, Provision(throughput=Throughput(500)))


class TestAnIdentityThatMayNot:
    @pytest.fixture(autouse=True)
    def _forbidden(self, faulty: StandIn) -> None:
        faulty.fail(
            status=403,
            substatus=5300,
            operations=["create"],
            address="^/dbs/?$|/colls/?$",
            times=99,
        )

    def test_is_told_to_have_it_made(self, backend: Backend) -> None:
        with pytest.raises(Forbidden, match="run `mlflow-docstore init URI` as one who may"):
            backend.prepare()

    def test_finds_nothing_to_keep_up(self, backend: Backend) -> None:
        with pytest.raises(NotFound):
            backend.require()

    def test_opens_what_another_has_made(self, faulty: StandIn, backend: Backend) -> None:
        faulty.recover()
        backend.prepare()
        self._forbidden.__wrapped__(self, faulty)
        backend.prepare()
        backend.require()


class TestTheCommand:
    def test_says_what_it_would_make_and_makes_nothing(
        self, faulty: StandIn, uri: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["init", uri, "--dry-run", "--throughput", "autoscale:4000"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].endswith("with up to 4000 RU/s for all its containers")
        assert f"would make container mlflow_{METRICS}, partitioned by /run_id" in lines
        assert faulty.log() == []

    def test_makes_it(self, uri: str, made: DatabaseProxy) -> None:
        assert cli.main(["init", uri, "--throughput", "400"]) == 0
        assert made.get_throughput().offer_throughput == 400
        policy = made.get_container_client(f"mlflow_{RUNS}").read()["indexingPolicy"]
        assert [one.name for one in indexes_in(policy)] == ["by_recency", "by_deletion"]

    def test_names_another_database_where_a_second_prefix_finds_no_room(
        self, uri: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["init", f"{uri}#one"]) == 0
        assert cli.main(["init", f"{uri}#other"]) == 2
        assert "25: name another database" in capsys.readouterr().err

    def test_of_a_check_does_too(self, uri: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["init", uri]) == 0
        assert cli.main(["check", uri, "--case", "driver/test_get.py"]) == 2
        (line,) = capsys.readouterr().out.splitlines()[-1:]
        assert "25: name another database" in line

    def test_can_be_run_again(self, uri: str) -> None:
        assert [cli.main(["init", uri]) for _ in range(2)] == [0, 0]
