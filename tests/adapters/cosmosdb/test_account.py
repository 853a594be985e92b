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
