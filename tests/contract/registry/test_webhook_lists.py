"""Listing webhooks: all of them, and those of one event."""

from collections.abc import Callable
from typing import Any

import pytest
from mlflow.entities.webhook import Webhook, WebhookStatus
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from .. import scenarios
from ..scenarios import refused
from ..search_scenarios import pages
from .registry_scenarios import SIGNING_KEY, Webhooks, event

pytestmark = pytest.mark.area("webhooks")

RARE = "budget_policy.exceeded"
"""An event that no other module subscribes to."""

NOT_A_PAGE = "abc"

List = Callable[..., PagedList[Webhook]]


def _list_all(registry: RegistryStore, **options: Any) -> PagedList[Webhook]:
    return registry.list_webhooks(**options)


def _list_by_event(registry: RegistryStore, **options: Any) -> PagedList[Webhook]:
    return registry.list_webhooks_by_event(event(RARE), **options)


@pytest.fixture(params=[_list_all, _list_by_event], ids=["all", "by event"])
def listing(request: pytest.FixtureRequest, registry: RegistryStore) -> List:
    """Both lists, which page alike."""
    return lambda **options: request.param(registry, **options)


def in_turn(webhooks: Webhooks, count: int) -> list[str]:
    """The ids of webhooks that were made in different milliseconds, the newest first."""
    made = []
    for _ in range(count):
        made.append(webhooks.new(RARE).webhook_id)
        scenarios.next_millisecond()
    return made[::-1]


class TestBothLists:
    def test_newest_comes_first(self, listing: List, webhooks: Webhooks) -> None:
        made = in_turn(webhooks, 3)
        assert webhooks.mine(listing(max_results=1000)) == made

    def test_pages_join_up_to_the_whole_answer(self, listing: List, webhooks: Webhooks) -> None:
        made = in_turn(webhooks, 5)
        read = pages(listing, max_results=2)
        assert [each for page in read for each in webhooks.mine(page)] == made

    def test_every_page_but_the_last_is_full(self, listing: List, webhooks: Webhooks) -> None:
        in_turn(webhooks, 5)
        sizes = [len(page) for page in pages(listing, max_results=2)]
        assert len(sizes) >= 3
        assert set(sizes[:-1]) == {2}

    def test_webhooks_of_one_moment_are_each_on_one_page(
        self, listing: List, webhooks: Webhooks
    ) -> None:
        made = {webhooks.new(RARE).webhook_id for _ in range(6)}
        read = pages(listing, max_results=1)
        found = [each for page in read for each in webhooks.mine(page)]
        assert len(found) == len(made)
        assert set(found) == made

    @pytest.mark.parametrize("size", [None, 0])
    def test_no_size_means_a_hundred(
        self, listing: List, webhooks: Webhooks, size: int | None
    ) -> None:
        made = in_turn(webhooks, 2)
        assert webhooks.mine(listing(max_results=size)) == made

    @pytest.mark.parametrize("size", [1, 1000])
    def test_size_at_the_bounds_is_taken(
        self, listing: List, webhooks: Webhooks, size: int
    ) -> None:
        made = in_turn(webhooks, 2)
        assert webhooks.mine(listing(max_results=size)) == made[:size]

    @pytest.mark.parametrize("token", ["", None])
    def test_absent_token_means_the_first_page(
        self, listing: List, webhooks: Webhooks, token: str | None
    ) -> None:
        made = in_turn(webhooks, 2)
        assert webhooks.mine(listing(page_token=token)) == made

    @pytest.mark.parametrize("size", [-1, 1001])
    def test_size_out_of_bounds_is_refused(self, listing: List, size: int) -> None:
        with refused("INVALID_PARAMETER_VALUE", "max_results must be between 1 and 1000."):
            listing(max_results=size)

    @pytest.mark.parametrize(
        ("token", "text"),
        [
            (NOT_A_PAGE, "Invalid page token, could not base64-decode"),
            ("####", "Invalid page token, decoded value=b''"),
        ],
    )
    def test_token_of_no_list_is_refused(self, listing: List, token: str, text: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            listing(page_token=token)

    def test_size_is_judged_before_the_token(self, listing: List) -> None:
        with refused("INVALID_PARAMETER_VALUE", "max_results must be between 1 and 1000."):
            listing(max_results=1001, page_token=NOT_A_PAGE)

    def test_disabled_webhook_is_listed(self, listing: List, webhooks: Webhooks) -> None:
        created = webhooks.new(RARE, status=WebhookStatus.DISABLED)
        assert webhooks.mine(listing(max_results=1000)) == [created.webhook_id]

    def test_deleted_webhook_is_not_listed(
        self, registry: RegistryStore, listing: List, webhooks: Webhooks
    ) -> None:
        kept, gone = webhooks.new(RARE).webhook_id, webhooks.new(RARE).webhook_id
        registry.delete_webhook(gone)
        listed = webhooks.mine(listing(max_results=1000))
        webhooks.ids.remove(gone)
        assert listed == [kept]

    def test_update_does_not_change_the_order(
        self, registry: RegistryStore, listing: List, webhooks: Webhooks
    ) -> None:
        made = in_turn(webhooks, 3)
        registry.update_webhook(made[-1], description="changed")
        assert webhooks.mine(listing(max_results=1000)) == made

    def test_listed_webhook_is_whole(
        self, registry: RegistryStore, listing: List, webhooks: Webhooks
    ) -> None:
        created = webhooks.new(RARE, "prompt.created", description="text", secret=SIGNING_KEY)
        (listed,) = (
            each for each in listing(max_results=1000) if each.webhook_id == created.webhook_id
        )
        single = registry.get_webhook(created.webhook_id)
        assert set(listed.events) == {event(RARE), event("prompt.created")}
        assert vars(listed) | {"_events": []} == vars(single) | {"_events": []}


class TestByEvent:
    def test_webhook_is_listed_under_each_of_its_events(self, webhooks: Webhooks) -> None:
        created = webhooks.new("model_version_tag.set", "prompt_tag.deleted")
        for text in ("model_version_tag.set", "prompt_tag.deleted"):
            assert webhooks.listed_by(text) == [created.webhook_id]

    @pytest.mark.parametrize(
        "text", ["model_version_tag.deleted", "prompt_tag.set", "model_version_alias.deleted"]
    )
    def test_entity_and_action_must_both_fit(self, webhooks: Webhooks, text: str) -> None:
        webhooks.new("model_version_tag.set", "prompt_tag.deleted")
        assert webhooks.listed_by(text) == []

    def test_new_events_are_listed_and_old_ones_are_not(
        self, registry: RegistryStore, webhooks: Webhooks
    ) -> None:
        webhook_id = webhooks.new("prompt.created").webhook_id
        registry.update_webhook(webhook_id, events=[event("prompt_alias.created")])
        assert webhooks.listed_by("prompt_alias.created") == [webhook_id]
        assert webhooks.listed_by("prompt.created") == []

    def test_full_page_is_the_last_where_nothing_follows(
        self, registry: RegistryStore, webhooks: Webhooks
    ) -> None:
        in_turn(webhooks, 4)
        first = _list_by_event(registry, max_results=2)
        second = _list_by_event(registry, max_results=2, page_token=first.token)
        assert (len(first), len(second), second.token) == (2, 2, None)

    def test_pages_skip_webhooks_of_other_events(
        self, registry: RegistryStore, webhooks: Webhooks
    ) -> None:
        made = []
        for _ in range(3):
            made.extend(in_turn(webhooks, 1))
            webhooks.new("prompt.created")
            scenarios.next_millisecond()
        first = _list_by_event(registry, max_results=2)
        second = _list_by_event(registry, max_results=2, page_token=first.token)
        assert [webhooks.mine(page) for page in (first, second)] == [made[:0:-1], made[:1]]

    def test_page_of_no_size_holds_a_hundred(
        self, registry: RegistryStore, webhooks: Webhooks
    ) -> None:
        made = {webhooks.new(RARE).webhook_id for _ in range(101)}
        first = _list_by_event(registry)
        second = _list_by_event(registry, page_token=first.token)
        assert (len(first), len(second), second.token) == (100, 1, None)
        assert {*webhooks.mine(first), *webhooks.mine(second)} == made

    @pytest.mark.parametrize("wrong", [None, RARE])
    def test_what_is_no_event_is_refused(self, registry: RegistryStore, wrong: object) -> None:
        with refused("INTERNAL_ERROR"):
            registry.list_webhooks_by_event(wrong)

    def test_changed_webhook_is_listed_as_it_is_now(
        self, registry: RegistryStore, webhooks: Webhooks
    ) -> None:
        webhook_id = webhooks.new(RARE, secret=SIGNING_KEY).webhook_id
        changes = {"url": "https://other.invalid/", "secret": "o", "status": WebhookStatus.DISABLED}
        registry.update_webhook(webhook_id, **changes)
        (listed,) = _list_by_event(registry)
        assert {field: getattr(listed, field) for field in changes} == changes

    def test_every_webhook_is_listed_without_an_event(self, webhooks: Webhooks) -> None:
        made = {webhooks.new(text).webhook_id for text in (RARE, "prompt.created")}
        assert set(webhooks.listed()) == made
