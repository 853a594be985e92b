"""An emulator of other people's answers as the stand-in does, but where it is known to be wrong."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.cosmos import ContainerProxy, CosmosClient, PartitionKey
from azure.cosmos.exceptions import CosmosHttpResponseError

from .emulation import emulating, trouble
from .service.access import KEY
from .test_items import PATCHES, REFUSED_PATCHES
from .test_sql import CLAUSES, FILTERS, ITEMS, PARAMETERS, PROJECTIONS

ANSWERS: dict[str, list[Any]] = {
    **{"SELECT VALUE c.id FROM c WHERE " + one: list(ids) for one, ids in FILTERS.items()},  # noqa: S608
    **{"SELECT " + one + " FROM c": answer for one, answer in PROJECTIONS.items()},  # noqa: S608
    **CLAUSES,
}

LACKS = (
    *("LIKE", "NOT IN", "NOT BETWEEN", "OFFSET", "GROUP BY", "DISTINCT", "STRINGEQUALS"),
    ", true)",
)
"""What it has no words for; ``ARRAY_CONTAINS`` apart, functions that fold case are among them."""

KINDS = ("c.mixed != 1", "NOT (c.mixed = 1)")
"""Where it takes values of two kinds for different, which Microsoft's page calls undefined."""

OTHER_PATCHES = frozenset({"no parent", "none"})
"""It makes parents, and takes a patch of nothing."""


def is_known(text: str) -> bool:
    lacking = any(one in text for one in LACKS) and "ARRAY_CONTAINS" not in text
    return lacking or any(one in text for one in KINDS)


@pytest.fixture(scope="module")
def emulated() -> Iterator[ContainerProxy]:
    if reason := trouble():
        pytest.skip(reason)
    with (
        emulating() as endpoint,
        CosmosClient(endpoint, KEY, enable_endpoint_discovery=False) as client,
    ):
        database = client.create_database("witness")
        yield database.create_container("items", PartitionKey("/p"))


@pytest.fixture(scope="module")
def items(emulated: ContainerProxy) -> ContainerProxy:
    for item in ITEMS:
        emulated.create_item({"p": "p", **item})
    return emulated


def answer(container: ContainerProxy, text: str) -> list[Any]:
    options = {"parameters": PARAMETERS, "enable_cross_partition_query": True}
    return list(container.query_items(text, **options))


class TestQueries:
    @pytest.mark.parametrize("text", [one for one in ANSWERS if not is_known(one)])
    def test_are_answered_alike(self, items: ContainerProxy, text: str) -> None:
        assert answer(items, text) == ANSWERS[text]

    @pytest.mark.parametrize("text", [one for one in ANSWERS if is_known(one)])
    def test_known_to_differ_do(self, items: ContainerProxy, text: str) -> None:
        try:
            found = answer(items, text)
        except CosmosHttpResponseError:
            return
        assert found != ANSWERS[text]


class TestItems:
    @pytest.mark.parametrize("case", PATCHES)
    def test_are_patched_alike(self, emulated: ContainerProxy, case: str) -> None:
        operation, changed = PATCHES[case]
        item = {"id": case, "p": "patches", "n": 1, "tags": ["x"], "deep": {"er": 1}}
        emulated.create_item(item)
        made = emulated.patch_item(case, "patches", [operation])
        assert {name: made[name] for name in changed} == changed
        emulated.delete_item(case, "patches")

    @pytest.mark.parametrize("case", sorted(REFUSED_PATCHES.keys() - OTHER_PATCHES))
    def test_refuse_patches_alike(self, emulated: ContainerProxy, case: str) -> None:
        item = {"id": case, "p": "refused", "n": 1, "tags": ["x"]}
        emulated.upsert_item(item)
        with pytest.raises(CosmosHttpResponseError) as refused:
            emulated.patch_item(case, "refused", REFUSED_PATCHES[case])
        assert refused.value.status_code == 400
        emulated.delete_item(case, "refused")

    def test_are_taken_or_stale_alike(self, emulated: ContainerProxy) -> None:
        item = {"id": "a", "p": "conditions", "n": 1}
        emulated.create_item(item)
        stale = {"etag": '"stale"', "match_condition": MatchConditions.IfNotModified}
        statuses = []
        for call in (
            lambda: emulated.create_item(item),
            lambda: emulated.replace_item("a", item, **stale),
            lambda: emulated.delete_item("a", "conditions", **stale),
            lambda: emulated.delete_item("b", "conditions"),
        ):
            with pytest.raises(CosmosHttpResponseError) as refused:
                call()
            statuses.append(refused.value.status_code)
        assert statuses == [409, 412, 412, 404]
        emulated.delete_item("a", "conditions")
