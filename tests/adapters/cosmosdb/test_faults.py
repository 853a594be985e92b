"""Failures that tests can order, as the SDK sees them; and what requests are said to cost."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.cosmos import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError

from .service import charges
from .service.access import KEY
from .standin import StandIn

KB = 1024
STATUSES = [(429, 3200), (449, 0), (408, 0), (503, 0), (410, 1002), (500, 0)]

PUBLISHED = [
    (1 * KB, 1.00, 4.95),
    (4 * KB, 1.14, 6.67),
    (16 * KB, 1.67, 9.52),
    (64 * KB, 4.76, 22.67),
    (256 * KB, 20.0, 98.0),
    (1024 * KB, 146.0, 625.0),
]
"""Bytes, RU of a read, RU of a write: https://learn.microsoft.com/azure/cosmos-db/request-units."""


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


class TestCharges:
    @pytest.mark.parametrize(("size", "read", "write"), PUBLISHED)
    def test_are_those_that_are_published(self, size: int, read: float, write: float) -> None:
        assert charges.read(size) == pytest.approx(read)
        assert charges.write(size) == pytest.approx(write)

    def test_grow_between_those(self) -> None:
        sizes = [0, 500, KB, 2 * KB, 10 * KB, 100 * KB, 500 * KB, 1500 * KB, 2048 * KB]
        costs = list(map(charges.write, sizes))
        assert costs == sorted(costs)
        assert len(set(costs)) == len(costs) - 2

    @pytest.mark.parametrize(
        ("call", "cost"),
        [
            (lambda c: c.create_item({"id": "b", "p": "p"}), 4.95),
            (lambda c: c.read_item("a", "p"), 1.0),
            (lambda c: c.delete_item("a", "p"), 4.95),
            (lambda c: list(c.query_items("SELECT * FROM c", partition_key="p")), 2.4),
            (lambda c: list(c.query_items("SELECT * FROM c WHERE false", partition_key="p")), 2.3),
            (lambda c: list(c.read_all_items()), 4.7),
        ],
    )
    def test_stand_in_each_reply(
        self,
        bare: ContainerProxy,
        faulty: StandIn,
        call: Callable[[ContainerProxy], Any],
        cost: float,
    ) -> None:
        bare.create_item({"id": "a", "p": "p"})
        faulty.forget()
        call(bare)
        headers = bare.client_connection.last_response_headers
        assert float(headers["x-ms-request-charge"]) == pytest.approx(cost)
        assert sum(one["charge"] for one in faulty.log()) == pytest.approx(cost)
