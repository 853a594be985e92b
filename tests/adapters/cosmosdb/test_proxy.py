"""The proxy itself: what passes is not changed, and each verdict does what it says."""

from collections.abc import Iterator

import pytest
from azure.core.exceptions import AzureError, ServiceRequestError
from azure.cosmos import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError

from mlflow_docstore.testing.guard.faults import Fault, Script
from mlflow_docstore.testing.guard.protocol import Command
from mlflow_docstore.testing.guard.proxy import Verdict

from .conftest import Make
from .proxy import HELLO, Proxy
from .service.access import KEY
from .standin import StandIn

ITEM = {"id": "a", "p": "p"}


@pytest.fixture
def proxy(cosmos: StandIn) -> Iterator[Proxy]:
    with Proxy(cosmos) as made:
        yield made


@pytest.fixture
def bare(make: Make) -> ContainerProxy:
    """An empty container, with no proxy between."""
    return make()


@pytest.fixture
def container(proxy: Proxy, bare: ContainerProxy) -> Iterator[ContainerProxy]:
    """The same behind the proxy."""
    once = {"retry_total": 0, "retry_read": 0, "retry_throttle_total": -1}
    options = {"enable_endpoint_discovery": False, **once}
    with CosmosClient(proxy.front.endpoint, KEY, **options) as client:
        yield client.get_database_client("tests").get_container_client(bare.id)


def ids(container: ContainerProxy) -> list[str]:
    return [one["id"] for one in container.read_all_items()]


def test_what_passes_is_not_changed(
    proxy: Proxy, bare: ContainerProxy, container: ContainerProxy
) -> None:
    proxy.judge = script = Script()
    text = "é" * 1000
    assert container.create_item({**ITEM, "text": text})["text"] == text
    headers = container.client_connection.last_response_headers
    assert float(headers["x-ms-request-charge"]) > 1
    assert container.read_item("a", "p") == bare.read_item("a", "p")
    assert [command.name for command in script.seen] == ["create", "read"]


def test_a_cut_before_a_request_leaves_it_undone(
    proxy: Proxy, bare: ContainerProxy, container: ContainerProxy
) -> None:
    proxy.judge = Script(Fault.CUT_BEFORE)
    with pytest.raises(AzureError):
        container.create_item(ITEM)
    assert ids(bare) == []


def test_a_cut_after_a_request_hides_that_it_is_done(
    proxy: Proxy, bare: ContainerProxy, container: ContainerProxy
) -> None:
    proxy.judge = Script(Fault.CUT_AFTER)
    with pytest.raises(AzureError):
        container.create_item(ITEM)
    assert ids(bare) == ["a"]


def test_only_the_request_of_the_position_is_hit(proxy: Proxy, container: ContainerProxy) -> None:
    proxy.judge = Script(Fault.CUT_BEFORE, position=1)
    container.create_item(ITEM)
    with pytest.raises(AzureError):
        container.create_item({**ITEM, "id": "b"})
    container.create_item({**ITEM, "id": "c"})
    assert ids(container) == ["a", "c"]


def test_a_throttled_request_is_answered_by_the_proxy(
    proxy: Proxy, bare: ContainerProxy, container: ContainerProxy
) -> None:
    proxy.judge = Script(Fault.THROTTLE)
    with pytest.raises(CosmosHttpResponseError) as caught:
        container.create_item(ITEM)
    assert (caught.value.status_code, caught.value.sub_status) == (429, 3200)
    assert caught.value.headers["x-ms-retry-after-ms"] == "20"
    assert ids(bare) == []


def test_a_judge_can_look_at_how_the_sdk_finds_its_way(
    proxy: Proxy, container: ContainerProxy
) -> None:
    names: list[str] = []

    def judge(command: Command) -> Verdict:
        names.append(command.name)
        return Verdict.FORWARD

    proxy.judge = judge
    assert ids(container) == []
    assert set(names) == {HELLO, "feed"}


def test_a_dead_server_refuses_connections_until_it_is_revived(
    proxy: Proxy, container: ContainerProxy
) -> None:
    container.create_item(ITEM)
    proxy.judge = Script(Fault.DIE)
    with pytest.raises(AzureError):
        container.create_item({**ITEM, "id": "b"})
    with pytest.raises(ServiceRequestError):
        container.create_item({**ITEM, "id": "c"})
    proxy.revive()
    assert ids(container) == ["a"]
