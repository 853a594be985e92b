"""Databases, containers and throughput."""

import pytest
from azure.cosmos import CosmosClient, DatabaseProxy, PartitionKey, ThroughputProperties
from azure.cosmos.exceptions import CosmosHttpResponseError

from .conftest import Make


class TestContainers:
    def test_are_made_once(self, database: DatabaseProxy) -> None:
        for _ in range(2):
            database.create_container_if_not_exists("once", PartitionKey("/p"))
        with pytest.raises(CosmosHttpResponseError) as refused:
            database.create_container("once", PartitionKey("/p"))
        assert refused.value.status_code == 409
        assert [one["id"] for one in database.list_containers()].count("once") == 1

    def test_tell_their_policy_and_change_it(self, database: DatabaseProxy, make: Make) -> None:
        container = make()
        assert container.read()["indexingPolicy"]["includedPaths"] == [{"path": "/*"}]
        policy = {"includedPaths": [{"path": "/n/?"}], "excludedPaths": [{"path": "/*"}]}
        database.replace_container(container, PartitionKey("/p"), indexing_policy=policy)
        assert container.read()["indexingPolicy"] == policy
        with pytest.raises(CosmosHttpResponseError, match="excluded"):
            list(container.query_items("SELECT * FROM c ORDER BY c.m", partition_key="p"))

    def test_are_gone_with_their_items(self, database: DatabaseProxy, make: Make) -> None:
        container = make()
        database.delete_container(container)
        with pytest.raises(CosmosHttpResponseError) as refused:
            container.create_item({"id": "a", "p": "p"})
        assert refused.value.status_code == 404

    def test_of_one_name_in_two_databases_are_two(self, client: CosmosClient) -> None:
        one, other = (client.create_database(f"two-{n}") for n in range(2))
        for database in (one, other):
            database.create_container("same", PartitionKey("/p"))
        one.get_container_client("same").create_item({"id": "a", "p": "p"})
        assert list(other.get_container_client("same").read_all_items()) == []


class TestThroughput:
    def test_is_what_was_asked_for(self, make: Make) -> None:
        assert make(offer_throughput=500).get_throughput().offer_throughput == 500

    def test_may_scale(self, make: Make) -> None:
        scaled = make(offer_throughput=ThroughputProperties(auto_scale_max_throughput=4000))
        assert scaled.get_throughput().auto_scale_max_throughput == 4000

    def test_can_be_changed(self, make: Make) -> None:
        container = make(offer_throughput=500)
        assert container.replace_throughput(600).offer_throughput == 600
        assert container.get_throughput().offer_throughput == 600

    @pytest.mark.parametrize("units", [300, 450])
    def test_has_a_least_and_steps(self, make: Make, units: int) -> None:
        container = make(offer_throughput=500)
        for refused in (
            lambda: make(offer_throughput=units),
            lambda: container.replace_throughput(units),
        ):
            with pytest.raises(CosmosHttpResponseError) as caught:
                refused()
            assert caught.value.status_code == 400

    def test_of_a_database_is_shared_by_25_containers(self, client: CosmosClient) -> None:
        database = client.create_database("shared", offer_throughput=400)
        for number in range(25):
            database.create_container(f"c{number}", PartitionKey("/p"))
        with pytest.raises(CosmosHttpResponseError) as caught:
            database.create_container("another", PartitionKey("/p"))
        assert (caught.value.status_code, caught.value.sub_status) == (403, 1010)
        database.create_container("dear", PartitionKey("/p"), offer_throughput=400)

    def test_is_gone_with_its_container(self, database: DatabaseProxy, make: Make) -> None:
        container = make(offer_throughput=500)
        database.delete_container(container)
        again = database.create_container(container.id, PartitionKey("/p"), offer_throughput=700)
        assert again.get_throughput().offer_throughput == 700
