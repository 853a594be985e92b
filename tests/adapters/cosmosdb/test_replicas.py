"""Replicas that lag, as the SDK sees them; and what its session learns, also by refusals."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.cosmos import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError

from mlflow_docstore.adapters.cosmosdb import items

from .service.access import KEY
from .standin import StandIn

STALE = {"etag": '"stale"', "match_condition": MatchConditions.IfNotModified}
KEYS = ("p", "r")
"""Of one physical partition each."""

REFUSED: dict[int, Callable[[ContainerProxy], Any]] = {
    404: lambda c: c.delete_item("none", "p"),
    409: lambda c: c.create_item({"id": "new", "p": "p"}),
    412: lambda c: c.replace_item("new", {"id": "new", "p": "p"}, **STALE),
}
FALSE = {"filter_predicate": "FROM c WHERE false"}


@pytest.fixture
def lagging(cosmos: StandIn) -> Iterator[StandIn]:
    yield cosmos
    cosmos.catch_up()
    cosmos.level("Session")


def another(cosmos: StandIn, container: ContainerProxy, **options: Any) -> ContainerProxy:
    """The container as a client sees it that has done nothing yet."""
    client = CosmosClient(cosmos.endpoint, KEY, retry_total=1, **options)
    return client.get_database_client("tests").get_container_client(container.id)


def status(call: Callable[[], Any]) -> tuple[int, int | None]:
    with pytest.raises(CosmosHttpResponseError) as failed:
        call()
    return failed.value.status_code, failed.value.sub_status


def write(container: ContainerProxy) -> None:
    """Make an item, change one, remove one."""
    container.create_item({"id": "new", "p": "p"})
    container.upsert_item({"id": "changed", "p": "p", "n": 2})
    container.delete_item("removed", "p")


@pytest.fixture
def written(lagging: StandIn, bare: ContainerProxy) -> ContainerProxy:
    """A container as its writer sees it, of whose last writes a replica has not heard."""
    bare.create_item({"id": "changed", "p": "p", "n": 1})
    bare.create_item({"id": "removed", "p": "p"})
    lagging.lag()
    write(bare)
    return bare


def ids(container: ContainerProxy, **how: Any) -> list[str]:
    how = how or {"enable_cross_partition_query": True}
    return sorted(container.query_items("SELECT VALUE c.id FROM c", **how))


class TestReadsWithoutAToken:
    def test_find_items_as_they_were(self, lagging: StandIn, written: ContainerProxy) -> None:
        other = another(lagging, written)
        assert status(lambda: other.read_item("new", "p")) == (404, None)
        assert other.read_item("changed", "p")["n"] == 1
        assert other.read_item("removed", "p")["id"] == "removed"

    @pytest.mark.parametrize("how", [{}, {"partition_key": "p"}])
    def test_of_several_do_as_well(
        self, lagging: StandIn, written: ContainerProxy, how: dict[str, Any]
    ) -> None:
        assert ids(another(lagging, written), **how) == ["changed", "removed"]

    def test_end_with_the_lag(self, lagging: StandIn, written: ContainerProxy) -> None:
        lagging.catch_up()
        assert ids(another(lagging, written)) == ["changed", "new"]

    @pytest.mark.parametrize("level", ["Strong", "BoundedStaleness"])
    def test_see_all_at_a_level_that_is_never_stale(
        self, lagging: StandIn, written: ContainerProxy, level: str
    ) -> None:
        lagging.level(level)
        other = another(lagging, written)
        assert other.read_item("changed", "p")["n"] == 2
        assert ids(other) == ["changed", "new"]

    def test_are_stale_where_the_client_weakens_the_level(
        self, lagging: StandIn, written: ContainerProxy
    ) -> None:
        lagging.level("Strong")
        other = another(lagging, written, consistency_level="Session")
        assert other.read_item("changed", "p")["n"] == 1

    def test_cannot_ask_for_more_than_the_account_has(
        self, lagging: StandIn, written: ContainerProxy
    ) -> None:
        other = another(lagging, written, consistency_level="Strong")
        assert status(lambda: other.read_item("changed", "p"))[0] == 400


class TestSessions:
    def test_read_what_they_wrote(self, written: ContainerProxy) -> None:
        assert written.read_item("new", "p")["id"] == "new"
        assert written.read_item("changed", "p")["n"] == 2
        assert status(lambda: written.read_item("removed", "p")) == (404, None)
        assert ids(written) == ids(written, partition_key="p") == ["changed", "new"]

    def test_never_go_back(self, lagging: StandIn, written: ContainerProxy) -> None:
        other = another(lagging, written)
        token = written.client_connection.last_response_headers["x-ms-session-token"]
        assert other.read_item("changed", "p", session_token=token)["n"] == 2
        assert other.read_item("changed", "p")["n"] == 2

    def test_see_no_more_than_they_have_to(self, lagging: StandIn, bare: ContainerProxy) -> None:
        lagging.lag()
        other = another(lagging, bare)
        other.create_item({"id": "mine", "p": "p"})
        bare.create_item({"id": "later", "p": "p"})
        assert ids(other) == ["mine"]

    def test_are_of_physical_partitions(self, lagging: StandIn, bare: ContainerProxy) -> None:
        lagging.lag()
        other = another(lagging, bare)
        for key in KEYS:
            bare.create_item({"id": "theirs", "p": key})
        other.create_item({"id": "mine", "p": KEYS[0]})
        assert ids(other, partition_key=KEYS[0]) == ["mine", "theirs"]
        assert ids(other, partition_key=KEYS[1]) == []
        assert ids(other) == ["mine", "theirs"]

    def test_are_refused_where_no_replica_is_as_new(
        self, lagging: StandIn, bare: ContainerProxy
    ) -> None:
        lagging.lag(everywhere=True)
        bare.create_item({"id": "new", "p": "p"})
        assert status(lambda: bare.read_item("new", "p")) == (404, 1002)
        assert status(lambda: ids(bare, partition_key="p")) == (404, 1002)
        assert status(lambda: another(lagging, bare).read_item("new", "p")) == (404, None)

    @pytest.mark.parametrize("code", REFUSED)
    def test_learn_by_a_refused_write(
        self, lagging: StandIn, written: ContainerProxy, code: int
    ) -> None:
        """Azure's SDK takes the token of a failed response as well, at the account's level."""
        other = another(lagging, written)
        assert status(lambda: other.read_item("new", "p")) == (404, None)
        assert status(lambda: REFUSED[code](other))[0] == code
        assert other.read_item("new", "p")["id"] == "new"
        assert ids(other) == ["changed", "new"]

    @pytest.mark.parametrize(("name", "code"), [("new", 412), ("removed", 404)])
    def test_learn_by_a_patch_that_never_applies(
        self, lagging: StandIn, written: ContainerProxy, name: str, code: int
    ) -> None:
        other = another(lagging, written)
        nothing = [{"op": "set", "path": "/n", "value": 1}]
        assert status(lambda: other.patch_item(name, "p", nothing, **FALSE))[0] == code
        assert ids(other) == ["changed", "new"]

    def test_lend_their_tokens(self, lagging: StandIn, written: ContainerProxy) -> None:
        place = items.Place("new", "p")
        token = items.newest(another(lagging, written), place)
        found = items.read(another(lagging, written), place, token)
        assert found is not None
        assert found["id"] == "new"

    def test_learn_nothing_below_their_level(
        self, lagging: StandIn, written: ContainerProxy
    ) -> None:
        other = another(lagging, written, consistency_level="Eventual")
        other.create_item({"id": "mine", "p": "p"})
        assert ids(other) == ["changed", "removed"]
