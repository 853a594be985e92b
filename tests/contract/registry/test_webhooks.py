"""Creating, reading, changing and deleting webhooks."""

import pytest
from mlflow.entities.webhook import VALID_ENTITY_ACTIONS, Webhook, WebhookEvent, WebhookStatus
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore

from .. import scenarios
from ..scenarios import START_TIME, refused, unique
from .registry_scenarios import RECEIVER, SIGNING_KEY, Webhooks, event

pytestmark = pytest.mark.area("webhooks")

NAME_RULE = "is invalid. It must start and end with a letter or digit, be less than 63 characters"
BAD_NAMES = [
    (None, "Webhook name must be a string, got 'NoneType'"),
    (12, "Webhook name must be a string, got 'int'"),
    ("", f"Webhook name '' {NAME_RULE}"),
    ("a b", f"Webhook name 'a b' {NAME_RULE}"),
    ("-a", f"Webhook name '-a' {NAME_RULE}"),
    ("a.", f"Webhook name 'a.' {NAME_RULE}"),
    ("_a", f"Webhook name '_a' {NAME_RULE}"),
    ("a\n", f"Webhook name 'a\\n' {NAME_RULE}"),
    ("été", f"Webhook name 'été' {NAME_RULE}"),
    ("a" * 64, NAME_RULE),
]
BAD_URLS = [
    (None, "Webhook URL must be a string, got 'NoneType'"),
    (12, "Webhook URL must be a string, got 'int'"),
    ("", "Webhook URL cannot be empty or just whitespace: ''"),
    ("  ", "Webhook URL cannot be empty or just whitespace: '  '"),
    ("http://host/", "Invalid webhook URL scheme: 'http'. Allowed schemes are: https."),
    ("ftp://host/", "Invalid webhook URL scheme: 'ftp'. Allowed schemes are: https."),
    ("host/hook", "Invalid webhook URL scheme: ''. Allowed schemes are: https."),
    ("https://", "Webhook URL must include a hostname: 'https://'"),
    ("https:///hook", "Webhook URL must include a hostname: 'https:///hook'"),
    ("https://[::1", "Invalid webhook URL 'https://[::1': ValueError("),
]
EVENTS_RULE = "Webhook events must be a non-empty list of WebhookEvent objects: "
BAD_EVENTS = [None, [], (event(),), ["registered_model.created"], [event(), None]]
EVERY_EVENT = [
    WebhookEvent(entity, action)
    for entity, actions in VALID_ENTITY_ACTIONS.items()
    for action in sorted(actions)
]


def seen(webhook: Webhook) -> dict[str, object]:
    """What a webhook says of itself; the order of its events means nothing."""
    return vars(webhook) | {"_events": sorted(str(each) for each in webhook.events)}


class TestCreation:
    def test_returns_what_was_given(self, webhooks: Webhooks) -> None:
        created = webhooks.new(
            "model_version.created",
            name="my-hook",
            url="https://receiver.invalid/a?b=c",
            description="a description",
            secret=SIGNING_KEY,
            status=WebhookStatus.DISABLED,
        )
        assert created.name == "my-hook"
        assert created.url == "https://receiver.invalid/a?b=c"
        assert created.events == [event("model_version.created")]
        assert created.description == "a description"
        assert created.secret == SIGNING_KEY
        assert created.status == WebhookStatus.DISABLED

    def test_returns_what_is_read_later(self, registry: RegistryStore, webhooks: Webhooks) -> None:
        created = webhooks.new(
            description="text", secret=SIGNING_KEY, status=WebhookStatus.DISABLED
        )
        assert seen(registry.get_webhook(created.webhook_id)) == seen(created)

    def test_two_webhooks_have_two_ids(self, webhooks: Webhooks) -> None:
        assert webhooks.new().webhook_id != webhooks.new().webhook_id

    def test_is_active_by_default(self, registry: RegistryStore, webhooks: Webhooks) -> None:
        webhook = registry.get_webhook(webhooks.new().webhook_id)
        assert webhook.status == WebhookStatus.ACTIVE
        assert webhook.status.is_active()

    def test_description_and_secret_are_none_by_default(
        self, registry: RegistryStore, webhooks: Webhooks
    ) -> None:
        webhook = registry.get_webhook(webhooks.new().webhook_id)
        assert (webhook.description, webhook.secret) == (None, None)

    def test_creation_and_last_update_are_the_same_moment(self, webhooks: Webhooks) -> None:
        created = webhooks.new()
        assert created.creation_timestamp > START_TIME
        assert created.last_updated_timestamp == created.creation_timestamp

    def test_workspace_is_the_default_one(self, webhooks: Webhooks) -> None:
        assert webhooks.new().workspace == "default"

    def test_name_may_be_that_of_another(self, registry: RegistryStore, webhooks: Webhooks) -> None:
        first, second = webhooks.new(name="same"), webhooks.new(name="same")
        for webhook in (first, second):
            assert registry.get_webhook(webhook.webhook_id).name == "same"

    @pytest.mark.parametrize("name", ["a", "7", "A.b_c-9", "a" * 63])
    def test_name_is_kept(self, registry: RegistryStore, webhooks: Webhooks, name: str) -> None:
        created = webhooks.new(name=name)
        assert registry.get_webhook(created.webhook_id).name == name

    @pytest.mark.parametrize(
        "url",
        [
            "https://receiver.invalid",
            "https://receiver.invalid:8443/a/b?c=d#e",
            "https://user:password@receiver.invalid/hook",
            "HTTPS://RECEIVER.invalid/",
            "https://receiver.invalid/clé?名=🎉",
            "https://receiver.invalid/".ljust(500, "u"),
        ],
    )
    def test_url_is_kept_verbatim(
        self, registry: RegistryStore, webhooks: Webhooks, url: str
    ) -> None:
        created = webhooks.new(url=url)
        assert registry.get_webhook(created.webhook_id).url == url

    @pytest.mark.parametrize(
        "description", ["", "clé 🎉 名前", " two\nlines\t", "$a.b", "d" * 1000]
    )
    def test_description_is_kept_verbatim(
        self, registry: RegistryStore, webhooks: Webhooks, description: str
    ) -> None:
        created = webhooks.new(description=description)
        assert registry.get_webhook(created.webhook_id).description == description

    def test_every_event_can_be_subscribed_to(
        self, registry: RegistryStore, webhooks: Webhooks
    ) -> None:
        created = webhooks.new(events=EVERY_EVENT)
        assert set(registry.get_webhook(created.webhook_id).events) == set(EVERY_EVENT)

    @pytest.mark.parametrize(("name", "text"), BAD_NAMES)
    def test_bad_name_is_refused(self, webhooks: Webhooks, name: object, text: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            webhooks.new(name=name)

    @pytest.mark.parametrize(("url", "text"), BAD_URLS)
    def test_bad_url_is_refused(self, webhooks: Webhooks, url: object, text: str) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            webhooks.new(url=url)

    @pytest.mark.parametrize("events", BAD_EVENTS)
    def test_bad_events_are_refused(self, webhooks: Webhooks, events: object) -> None:
        with refused("INVALID_PARAMETER_VALUE", f"{EVENTS_RULE}{events}."):
            webhooks.new(events=events)

    def test_event_named_twice_is_refused(self, webhooks: Webhooks) -> None:
        with refused("BAD_REQUEST"):
            webhooks.new(events=[event(), event()])

    def test_status_that_is_no_status_is_refused(self, webhooks: Webhooks) -> None:
        with refused("INTERNAL_ERROR"):
            webhooks.new(status="DISABLED")

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "0.0.0.0"],  # noqa: S104
    )
    def test_private_address_is_refused(
        self, webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch, host: str
    ) -> None:
        monkeypatch.delenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS")
        with refused("INVALID_PARAMETER_VALUE", "must not resolve to a non-public IP address."):
            webhooks.new(url=f"https://{host}/hook")

    def test_other_schemes_may_be_allowed(
        self, webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_WEBHOOK_ALLOWED_SCHEMES", "http,https")
        assert webhooks.new(url="http://receiver.invalid/").url == "http://receiver.invalid/"

    def test_name_is_judged_before_the_url(self, webhooks: Webhooks) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Webhook name '' is invalid."):
            webhooks.new(name="", url="", events=[])

    def test_url_is_judged_before_the_events(self, webhooks: Webhooks) -> None:
        with refused("INVALID_PARAMETER_VALUE", "Webhook URL cannot be empty"):
            webhooks.new(url="", events=[])


class TestSecret:
    @pytest.mark.parametrize("secret", [12, b"bytes", "half\ud800"], ids=["12", "bytes", "half"])
    def test_what_is_no_text_is_refused(self, webhooks: Webhooks, secret: object) -> None:
        with refused("BAD_REQUEST"):
            webhooks.new(secret=secret)

    @pytest.mark.parametrize("secret", [SIGNING_KEY, "clé 🎉", "a b\n", "k" * 500])
    def test_is_read_back(self, registry: RegistryStore, webhooks: Webhooks, secret: str) -> None:
        created = webhooks.new(secret=secret)
        assert created.secret == secret
        assert registry.get_webhook(created.webhook_id).secret == secret

    def test_empty_one_is_kept(self, registry: RegistryStore, webhooks: Webhooks) -> None:
        created = webhooks.new(secret="")
        assert registry.get_webhook(created.webhook_id).secret == ""

    def test_is_listed_with_its_webhook(self, registry: RegistryStore, webhooks: Webhooks) -> None:
        created = webhooks.new(secret=SIGNING_KEY)
        listed = registry.list_webhooks_by_event(event(), max_results=1000)
        secrets = [each.secret for each in listed if each.webhook_id == created.webhook_id]
        assert secrets == [SIGNING_KEY]

    def test_is_not_in_the_text_of_a_webhook(
        self, registry: RegistryStore, webhooks: Webhooks
    ) -> None:
        webhook = registry.get_webhook(webhooks.new(secret=SIGNING_KEY).webhook_id)
        assert SIGNING_KEY not in repr(webhook)
        assert SIGNING_KEY not in str(webhook)

    def test_is_not_in_what_a_server_sends(
        self, registry: RegistryStore, webhooks: Webhooks
    ) -> None:
        webhook = registry.get_webhook(webhooks.new(secret=SIGNING_KEY).webhook_id)
        assert SIGNING_KEY not in str(webhook.to_proto())


CHANGES: dict[str, object] = {
    "name": "other",
    "description": "other",
    "url": "https://other.invalid/",
    "secret": "other",
    "status": WebhookStatus.DISABLED,
}


class TestUpdate:
    @pytest.fixture
    def webhook(self, webhooks: Webhooks) -> Webhook:
        return webhooks.new(
            "model_version.created", "prompt.created", description="text", secret=SIGNING_KEY
        )

    @pytest.mark.parametrize("field", CHANGES)
    def test_changes_one_field_and_no_other(
        self, registry: RegistryStore, webhook: Webhook, field: str
    ) -> None:
        updated = registry.update_webhook(webhook.webhook_id, **{field: CHANGES[field]})
        expected = seen(webhook) | {
            f"_{field}": CHANGES[field],
            "_last_updated_timestamp": updated.last_updated_timestamp,
        }
        assert seen(registry.get_webhook(webhook.webhook_id)) == expected

    @pytest.mark.parametrize("field", CHANGES)
    def test_returns_what_is_read_later(
        self, registry: RegistryStore, webhook: Webhook, field: str
    ) -> None:
        updated = registry.update_webhook(webhook.webhook_id, **{field: CHANGES[field]})
        assert seen(registry.get_webhook(webhook.webhook_id)) == seen(updated)

    def test_changes_several_fields(self, registry: RegistryStore, webhook: Webhook) -> None:
        registry.update_webhook(webhook.webhook_id, **CHANGES)
        after = registry.get_webhook(webhook.webhook_id)
        assert {field: getattr(after, field) for field in CHANGES} == CHANGES

    def test_replaces_the_events(self, registry: RegistryStore, webhook: Webhook) -> None:
        events = [event("prompt.created"), event("prompt_tag.set")]
        updated = registry.update_webhook(webhook.webhook_id, events=events)
        assert set(updated.events) == set(events)
        assert set(registry.get_webhook(webhook.webhook_id).events) == set(events)

    @pytest.mark.parametrize("field", ["description", "secret"])
    def test_empty_text_is_kept(
        self, registry: RegistryStore, webhook: Webhook, field: str
    ) -> None:
        registry.update_webhook(webhook.webhook_id, **{field: ""})
        assert getattr(registry.get_webhook(webhook.webhook_id), field) == ""

    def test_disabled_webhook_may_be_active_again(
        self, registry: RegistryStore, webhook: Webhook
    ) -> None:
        for status in (WebhookStatus.DISABLED, WebhookStatus.ACTIVE):
            registry.update_webhook(webhook.webhook_id, status=status)
        assert registry.get_webhook(webhook.webhook_id).status == WebhookStatus.ACTIVE

    def test_of_nothing_moves_the_last_update(
        self, registry: RegistryStore, webhook: Webhook
    ) -> None:
        scenarios.next_millisecond()
        updated = registry.update_webhook(webhook.webhook_id)
        assert updated.last_updated_timestamp > webhook.last_updated_timestamp
        assert updated.creation_timestamp == webhook.creation_timestamp
        assert updated.secret == SIGNING_KEY

    @pytest.mark.parametrize(("name", "text"), BAD_NAMES[1:])
    def test_bad_name_is_refused(
        self, registry: RegistryStore, webhook: Webhook, name: object, text: str
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.update_webhook(webhook.webhook_id, name=name)

    @pytest.mark.parametrize(("url", "text"), BAD_URLS[1:])
    def test_bad_url_is_refused(
        self, registry: RegistryStore, webhook: Webhook, url: object, text: str
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE", text):
            registry.update_webhook(webhook.webhook_id, url=url)

    @pytest.mark.parametrize("events", BAD_EVENTS[1:])
    def test_bad_events_are_refused(
        self, registry: RegistryStore, webhook: Webhook, events: object
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE", f"{EVENTS_RULE}{events}."):
            registry.update_webhook(webhook.webhook_id, events=events)

    def test_event_named_twice_is_refused(self, registry: RegistryStore, webhook: Webhook) -> None:
        with refused("BAD_REQUEST"):
            registry.update_webhook(webhook.webhook_id, events=[event(), event()])
        assert set(registry.get_webhook(webhook.webhook_id).events) == set(webhook.events)

    @pytest.mark.parametrize("bad", [{"url": "http://host/"}, {"events": []}])
    def test_refused_update_changes_nothing(
        self, registry: RegistryStore, webhook: Webhook, bad: dict[str, object]
    ) -> None:
        with refused("INVALID_PARAMETER_VALUE"):
            registry.update_webhook(webhook.webhook_id, name="other", description="other", **bad)
        assert seen(registry.get_webhook(webhook.webhook_id)) == seen(webhook)

    def test_unknown_webhook_is_missed_before_a_bad_name(self, registry: RegistryStore) -> None:
        webhook_id = unique("webhook")
        with refused("RESOURCE_DOES_NOT_EXIST", f"Webhook with ID {webhook_id} not found."):
            registry.update_webhook(webhook_id, name="")

    def test_unknown_webhook_is_missed_before_a_bad_status(self, registry: RegistryStore) -> None:
        webhook_id = unique("webhook")
        with refused("RESOURCE_DOES_NOT_EXIST", f"Webhook with ID {webhook_id} not found."):
            registry.update_webhook(webhook_id, status="DISABLED")

    @pytest.mark.parametrize(
        ("bad", "code"),
        [({"status": "DISABLED"}, "INTERNAL_ERROR"), ({"secret": 1}, "BAD_REQUEST")],
    )
    def test_value_of_the_wrong_type_changes_nothing(
        self, registry: RegistryStore, webhook: Webhook, bad: dict[str, object], code: str
    ) -> None:
        with refused(code):
            registry.update_webhook(webhook.webhook_id, name="other", **bad)
        assert seen(registry.get_webhook(webhook.webhook_id)) == seen(webhook)

    def test_leaves_other_webhooks_alone(
        self, registry: RegistryStore, webhooks: Webhooks, webhook: Webhook
    ) -> None:
        other = webhooks.new(url=RECEIVER, secret=SIGNING_KEY)
        registry.update_webhook(webhook.webhook_id, **CHANGES)
        assert seen(registry.get_webhook(other.webhook_id)) == seen(other)


class TestDeletion:
    def test_webhook_does_not_exist(self, registry: RegistryStore, webhooks: Webhooks) -> None:
        webhook_id = webhooks.new().webhook_id
        webhooks.remove(webhook_id)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Webhook with ID {webhook_id} not found."):
            registry.get_webhook(webhook_id)

    def test_deleted_webhook_cannot_be_changed(
        self, registry: RegistryStore, webhooks: Webhooks
    ) -> None:
        webhook_id = webhooks.new().webhook_id
        webhooks.remove(webhook_id)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Webhook with ID {webhook_id} not found."):
            registry.update_webhook(webhook_id, name="other")

    def test_second_deletion_finds_nothing(
        self, registry: RegistryStore, webhooks: Webhooks
    ) -> None:
        webhook_id = webhooks.new().webhook_id
        webhooks.remove(webhook_id)
        with refused("RESOURCE_DOES_NOT_EXIST", f"Webhook with ID {webhook_id} not found."):
            registry.delete_webhook(webhook_id)

    def test_unknown_webhook_does_not_exist(self, registry: RegistryStore) -> None:
        webhook_id = unique("webhook")
        text = f"Webhook with ID {webhook_id} not found."
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            registry.get_webhook(webhook_id)
        with refused("RESOURCE_DOES_NOT_EXIST", text):
            registry.delete_webhook(webhook_id)

    def test_other_webhooks_of_the_name_stay(
        self, registry: RegistryStore, webhooks: Webhooks
    ) -> None:
        first, second = webhooks.new(name="same"), webhooks.new(name="same")
        webhooks.remove(first.webhook_id)
        assert seen(registry.get_webhook(second.webhook_id)) == seen(second)
