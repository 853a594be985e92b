"""Collections and indexes, as each flavour has them made."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pymongo.errors import OperationFailure

from mlflow_docstore.adapters.document.backend import DocumentBackend
from mlflow_docstore.adapters.document.driver import Find
from mlflow_docstore.adapters.document.layout import LAYOUT, MODEL_VERSIONS, RUNS, Index
from mlflow_docstore.adapters.mongodb.driver import MongoDriver
from mlflow_docstore.adapters.mongodb.flavours import COSMOS_MONGODB, ELASTIC, MONGODB, Flavour
from mlflow_docstore.adapters.mongodb.provision import throwaway
from mlflow_docstore.adapters.mongodb.session import Session
from mlflow_docstore.core.errors import Forbidden, Unsupported
from mlflow_docstore.core.query import Order, path
from mlflow_docstore.ports.backend import Provision, Throughput

from .conftest import Commands, Fail

INDEXED = [collection for collection in LAYOUT.collections if collection.indexes]


@pytest.fixture
def flavour(request: pytest.FixtureRequest) -> Flavour:
    return getattr(request, "param", MONGODB)


@pytest.fixture
def prepared(mongodb_uri: str, commands: Commands, flavour: Flavour) -> Iterator[MongoDriver]:
    """A driver that takes the stand-in for a flavour, on a layout that it has just made."""
    with throwaway(f"{mongodb_uri}&tls=false&appName=as-if", listeners=[commands]) as other:
        target = replace(other._session.target, flavour=flavour)
        driver = MongoDriver(Session(target, listeners=[commands]))
        driver.prepare(LAYOUT)
        yield driver
        driver.close()


@pytest.mark.usefixtures("prepared")
def test_each_collection_is_made_by_one_command(commands: Commands) -> None:
    assert commands.names == ["createIndexes"] * len(INDEXED)


@pytest.mark.parametrize("flavour", [COSMOS_MONGODB], indirect=True)
class TestCosmos:
    @pytest.mark.usefixtures("prepared")
    def test_collections_are_spread_before_they_have_indexes(self, commands: Commands) -> None:
        made = [one for one in commands.sent if "customAction" in one]
        assert [(one["customAction"], one["shardKey"]) for one in made] == [
            ("CreateCollection", collection.partition) for collection in LAYOUT.collections
        ]
        names = [one["collection"].partition("_")[2] for one in made]
        assert names == [collection.name for collection in LAYOUT.collections]
        assert commands.names[0] == "customAction"

    @pytest.mark.usefixtures("prepared")
    def test_each_index_is_of_one_field(self, commands: Commands) -> None:
        for command in (one for one in commands.sent if "createIndexes" in one):
            keys = [tuple(index["key"]) for index in command["indexes"]]
            assert all(len(key) == 1 for key in keys)
            assert len(set(keys)) == len(keys)

    def test_they_are_listed_as_they_were_declared(self, prepared: MongoDriver) -> None:
        for collection in LAYOUT.collections:
            found = {index.name: index for index in prepared.indexes(collection.name)}
            assert found == {index.name: index for index in collection.indexes}

    def test_one_of_a_hot_key_comes_and_goes_whole(self, prepared: MongoDriver) -> None:
        hot = Index("on_metric_x", (("experiment_id", 1), ("metrics.x.v", 1), ("metrics.x.r", -1)))
        prepared.create_index(RUNS, hot)
        found = {index.name: index.keys for index in prepared.indexes(RUNS)}
        assert found["on_metric_x"] == hot.keys[1:]
        assert [prepared.drop_index(RUNS, "on_metric_x") for _ in range(2)] == [True, False]
        assert {index.name for index in prepared.indexes(RUNS)} == {"by_recency", "by_deletion"}

    def test_the_server_sorts_by_one_field_that_has_an_index(
        self, prepared: MongoDriver, commands: Commands
    ) -> None:
        for keys in [
            (Order(path("last_updated_time"), descending=True), Order(path("name"))),
            (Order(path("tags.team"), optional=True), Order(path("_id"))),
            (Order(path("name"), descending=True),),
        ]:
            commands.sent.clear()
            prepared.find(MODEL_VERSIONS, Find(order=keys, limit=3))
            sorts = [dict(one.get("sort", {})) for one in commands.sent]
            assert all(len(sort) <= 1 for sort in sorts)
            assert all("tags.team" not in sort for sort in sorts)

    @pytest.mark.parametrize(
        ("throughput", "how"),
        [
            (Throughput(400), {"offerThroughput": 400}),
            (Throughput(4000, autoscale=True), {"autoScaleSettings": {"maxThroughput": 4000}}),
        ],
    )
    def test_throughput_is_the_databases(
        self,
        prepared: MongoDriver,
        commands: Commands,
        throughput: Throughput,
        how: dict[str, object],
    ) -> None:
        first = next(iter(prepared.preparation(LAYOUT, Provision(throughput=throughput))))
        commands.sent.clear()
        first.run()
        (sent,) = commands.sent
        assert how.items() <= sent.items()
        assert sent["customAction"] == "CreateDatabase"


@pytest.mark.parametrize("flavour", [ELASTIC], indirect=True)
@pytest.mark.usefixtures("prepared")
def test_an_elastic_cluster_spreads_by_a_hash(commands: Commands) -> None:
    made = [one for one in commands.sent if "shardCollection" in one]
    assert [one["key"] for one in made] == [
        {collection.partition: "hashed"} for collection in LAYOUT.collections
    ]
    assert {one["$db"] for one in made} == {"admin"}


def test_mongodb_spreads_where_that_is_wished(prepared: MongoDriver) -> None:
    texts = [step.text for step in prepared.preparation(LAYOUT, Provision(sharded=True))]
    assert any(text.endswith("_runs, sharded by _id") for text in texts)
    assert not any("sharded" in step.text for step in prepared.preparation(LAYOUT, Provision()))


def test_there_is_no_throughput_to_choose(prepared: MongoDriver) -> None:
    with pytest.raises(Unsupported):
        list(prepared.preparation(LAYOUT, Provision(throughput=Throughput(400))))


@pytest.mark.parametrize("denied", ["createIndexes", "insert"])
def test_who_may_not_prepare_is_told_who_should(
    driver: MongoDriver, fail: Fail, denied: str
) -> None:
    fail(denied, errorCode=13)
    with pytest.raises(Forbidden) as caught:
        DocumentBackend(driver).prepare()
    assert "mlflow-docstore init URI" in caught.value.facts["reason"]
    assert isinstance(caught.value.__cause__, Forbidden)
    assert isinstance(caught.value.__cause__.__cause__, OperationFailure)


def test_who_may_use_what_is_prepared_is_told_nothing(driver: MongoDriver, fail: Fail) -> None:
    backend = DocumentBackend(driver)
    for step in backend.steps(Provision()):
        step.run()
    fail("createIndexes", errorCode=13)
    backend.prepare()
    assert len(driver.indexes(RUNS)) == 2
