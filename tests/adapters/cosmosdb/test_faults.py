"""Failures that tests can order, as the SDK sees them."""

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.cosmos import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError

from .service.access import KEY
from .standin import StandIn

STATUSES = [(429, 3200), (449, 0), (408, 0), (503, 0), (410, 1002), (500, 0)]


class TestStatuses:
    @pytest.mark.parametrize(("status", "substatus"), STATUSES)
    def test_reach_the_client(
        self, bare: ContainerProxy, faulty: StandIn, status: int, substatus: int
    ) -> None:
        faulty.fail(status=status, substatus=substatus, operations=["create"], times=9)
        with pytest.raises(CosmosHttpResponseError) as failed:
            bare.create_item({"id": "a", "p": "p"})
        assert (failed.value.status_code, failed.value.sub_status or 0) == (status, substatus)
        faulty.recover()
        assert list(bare.read_all_items()) == []

    def test_of_throttling_tell_how_long_to_wait(
        self, bare: ContainerProxy, faulty: StandIn
    ) -> None:
        faulty.fail(status=429, retry_after=7, operations=["read"], times=9)
        with pytest.raises(CosmosHttpResponseError) as failed:
            bare.read_item("a", "p")
        assert failed.value.headers["x-ms-retry-after-ms"] == "7"

    def test_of_throttling_are_waited_out_by_the_sdk(
        self, bare: ContainerProxy, faulty: StandIn
    ) -> None:
        faulty.fail(status=429, retry_after=1, operations=["create"], times=2)
        with CosmosClient(faulty.endpoint, KEY) as patient:
            database = patient.get_database_client("tests")
            database.get_container_client(bare.id).create_item({"id": "a", "p": "p"})
        creates = [one["status"] for one in faulty.log() if one["operation"] == "create"]
        assert creates == [429, 429, 201]

    def test_come_when_they_are_ordered_for(self, bare: ContainerProxy, faulty: StandIn) -> None:
        faulty.fail(status=503, operations=["create"], address=bare.id, skip=1, times=1)
        bare.create_item({"id": "a", "p": "p"})
        with pytest.raises(CosmosHttpResponseError):
            bare.create_item({"id": "b", "p": "p"})
        bare.create_item({"id": "c", "p": "p"})
        assert [one["id"] for one in bare.read_all_items()] == ["a", "c"]


class TestLostReplies:
    @pytest.mark.parametrize("applied", [True, False])
    def test_leave_the_client_in_doubt(
        self, bare: ContainerProxy, faulty: StandIn, applied: bool
    ) -> None:
        faulty.fail(operations=["create"], applied=applied)
        with pytest.raises(ServiceResponseError):
            bare.create_item({"id": "a", "p": "p"})
        assert len(list(bare.read_all_items())) == applied

    def test_may_come_with_a_status(self, bare: ContainerProxy, faulty: StandIn) -> None:
        faulty.fail(status=408, operations=["create"], applied=True)
        with pytest.raises(CosmosHttpResponseError):
            bare.create_item({"id": "a", "p": "p"})
        assert bare.read_item("a", "p")["id"] == "a"
