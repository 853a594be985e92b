"""Secrets of webhooks: in clear nowhere but in the hands of who may have them."""

import base64
import logging
import os
import threading
from collections.abc import Callable, Iterator

import pytest
from mlflow.entities.webhook import Webhook, WebhookEvent, WebhookStatus
from mlflow.environment_variables import MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.dbmodels.models import EncryptedString

from mlflow_docstore.adapters.document.driver import Find
from mlflow_docstore.adapters.document.layout import WEBHOOKS
from mlflow_docstore.compat.plugin import create_registry_store
from mlflow_docstore.compat.registry import secrets
from mlflow_docstore.compat.registry.store import DocStoreRegistryStore
from tests.contract.driver.subjects import connect
from tests.differential.stores import SUBJECTS

VARIABLE = MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY.name
SIGNING_KEY = "an-0pen-s3cr3t"
EVENT = WebhookEvent.from_str("prompt.created")
NO_KEY = "pa55word"
"""What somebody took for an encryption key."""

Create = Callable[..., Webhook]


def new_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


@pytest.fixture(autouse=True)
def _process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was given no key, and has drawn none yet."""
    monkeypatch.setenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true")
    monkeypatch.delenv(VARIABLE, raising=False)
    restart(monkeypatch)


def restart(monkeypatch: pytest.MonkeyPatch, key: str | None = None) -> None:
    """What a new process knows of the keys of others: nothing but what the environment says."""
    monkeypatch.setattr(secrets, "_PROCESS_KEY", secrets.ProcessKey())
    if key is not None:
        monkeypatch.setenv(VARIABLE, key)


@pytest.fixture
def registry(uri: str) -> DocStoreRegistryStore:
    return create_registry_store(uri, uri)


def creating(registry: DocStoreRegistryStore) -> Create:
    def create(**options: object) -> Webhook:
        given = {"name": "hook", "url": "https://receiver.invalid/", "events": [EVENT]}
        return registry.create_webhook(**{**given, **options})

    return create


@pytest.fixture
def create(registry: DocStoreRegistryStore) -> Create:
    return creating(registry)


class TestDatabase:
    @pytest.fixture(params=SUBJECTS)
    def database(self, request: pytest.FixtureRequest, throw_away: Callable[[str], str]) -> str:
        return throw_away(request.param)

    @pytest.fixture
    def stored(self, database: str) -> Iterator[Callable[[], str]]:
        """All that the database has of webhooks, read past every layer of ours but the driver."""
        driver = connect(database).driver
        yield lambda: repr([row.document for row in driver.find(WEBHOOKS, Find())])
        driver.close()

    @pytest.fixture
    def registry(self, database: str) -> DocStoreRegistryStore:
        return create_registry_store(database)

    def test_never_gets_to_see_a_secret(
        self,
        registry: DocStoreRegistryStore,
        stored: Callable[[], str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            webhook_id = creating(registry)(secret=SIGNING_KEY).webhook_id
            seen = [stored()]
            registry.update_webhook(webhook_id, secret=SIGNING_KEY * 2)
            seen.append(stored())
            registry.list_webhooks()
            registry.list_webhooks_by_event(EVENT)
            registry.delete_webhook(webhook_id)
            seen.append(stored())
        assert [webhook_id in text for text in seen] == [True] * 3
        for text in (*seen, caplog.text):
            assert SIGNING_KEY not in text
            assert base64.b64encode(SIGNING_KEY.encode()).decode().rstrip("=") not in text
        assert "webhooks" in caplog.text
        assert [secrets_in(text) for text in seen] == [1, 1, 0]

    def test_gets_what_mlflow_itself_can_read(
        self,
        registry: DocStoreRegistryStore,
        database: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv(VARIABLE, new_key())
        webhook_id = creating(registry)(secret=SIGNING_KEY).webhook_id
        driver = connect(database).driver
        document = driver.get(WEBHOOKS, webhook_id)
        driver.close()
        assert document is not None
        assert EncryptedString().process_result_value(document["secret"], None) == SIGNING_KEY


def secrets_in(text: str) -> int:
    """How many of Fernet's tokens are in a text: they all begin with a version and zeros."""
    return text.count("gAAAAA")


class TestProcessKey:
    def test_stores_of_one_process_read_each_others_secrets(
        self, uri: str, registry: DocStoreRegistryStore, create: Create
    ) -> None:
        webhook_id = create(secret=SIGNING_KEY).webhook_id
        other = create_registry_store(uri, uri)
        assert other is not registry
        assert other.get_webhook(webhook_id).secret == SIGNING_KEY

    def test_is_drawn_once_where_two_threads_need_it_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key, drawn = secrets.ProcessKey(), []
        second = threading.Thread(target=lambda: drawn.append(key.get()))

        def interrupted() -> bytes:
            if second.ident is None:
                second.start()
                # It ends at once if it draws a key of its own, and else waits for this one.
                second.join(timeout=0.2)
            return new_key().encode()

        monkeypatch.setattr(secrets.Fernet, "generate_key", interrupted)
        first = key.get()
        second.join()
        assert drawn == [first]

    def test_is_announced_once_without_being_told(self, caplog: pytest.LogCaptureFixture) -> None:
        key = secrets.ProcessKey()
        assert key.get() == key.get()
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert VARIABLE in record.getMessage()
        assert key.get().decode() not in record.getMessage()

    def test_is_not_drawn_where_there_is_nothing_to_encrypt(
        self, create: Create, registry: DocStoreRegistryStore, caplog: pytest.LogCaptureFixture
    ) -> None:
        create()
        registry.list_webhooks()
        assert caplog.records == []

    def test_takes_the_place_of_an_empty_variable(
        self, create: Create, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(VARIABLE, "")
        assert create(secret=SIGNING_KEY).secret == SIGNING_KEY


class TestLostKey:
    """Of a process that stored a secret and is gone."""

    @pytest.fixture(params=[None, new_key], ids=["no key", "another key"])
    def webhook_id(
        self, request: pytest.FixtureRequest, create: Create, monkeypatch: pytest.MonkeyPatch
    ) -> str:
        restart(monkeypatch, request.param and request.param())
        webhook_id = str(create(secret=SIGNING_KEY, description="text").webhook_id)
        restart(monkeypatch, request.param and request.param())
        return webhook_id

    def test_secret_is_refused_with_the_variable_to_set(
        self, registry: DocStoreRegistryStore, webhook_id: str
    ) -> None:
        webhook = registry.get_webhook(webhook_id)
        with pytest.raises(MlflowException, match=VARIABLE) as caught:
            assert webhook.secret
        assert caught.value.error_code == "INVALID_STATE"
        assert_nothing_leaks(caught.value)

    def test_all_else_is_read(self, registry: DocStoreRegistryStore, webhook_id: str) -> None:
        webhook = registry.get_webhook(webhook_id)
        assert (webhook.webhook_id, webhook.name, webhook.description) == (
            webhook_id,
            "hook",
            "text",
        )
        assert webhook.events == [EVENT]
        assert webhook_id in repr(webhook)
        assert webhook.to_proto().webhook_id == webhook_id

    def test_webhook_is_listed_among_others(
        self, registry: DocStoreRegistryStore, create: Create, webhook_id: str
    ) -> None:
        readable = create(secret=SIGNING_KEY).webhook_id
        for listed in (registry.list_webhooks(), registry.list_webhooks_by_event(EVENT)):
            assert {each.webhook_id for each in listed} == {webhook_id, readable}
            (other,) = (each for each in listed if each.webhook_id == readable)
            assert other.secret == SIGNING_KEY

    def test_update_of_another_field_keeps_the_secret(
        self, registry: DocStoreRegistryStore, webhook_id: str
    ) -> None:
        updated = registry.update_webhook(webhook_id, status=WebhookStatus.DISABLED)
        assert not updated.status.is_active()
        with pytest.raises(MlflowException, match=VARIABLE):
            assert updated.secret

    def test_new_secret_is_read(self, registry: DocStoreRegistryStore, webhook_id: str) -> None:
        assert registry.update_webhook(webhook_id, secret=SIGNING_KEY).secret == SIGNING_KEY
        assert registry.get_webhook(webhook_id).secret == SIGNING_KEY

    def test_webhook_can_be_deleted(self, registry: DocStoreRegistryStore, webhook_id: str) -> None:
        registry.delete_webhook(webhook_id)
        assert registry.list_webhooks() == []


def test_secret_is_there_again_with_its_key(
    registry: DocStoreRegistryStore, create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = new_key()
    restart(monkeypatch, right)
    webhook_id = create(secret=SIGNING_KEY).webhook_id
    restart(monkeypatch, new_key())
    sealed = registry.get_webhook(webhook_id)
    restart(monkeypatch, right)
    assert registry.get_webhook(webhook_id).secret == SIGNING_KEY
    assert sealed.secret == SIGNING_KEY


class TestWrongKey:
    """A value of the variable that is no key."""

    @pytest.fixture(
        params=[NO_KEY, f"{NO_KEY}é", "====", base64.urlsafe_b64encode(b"k" * 31).decode()],
        ids=["a word", "an accent", "only padding", "too short"],
    )
    def value(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setenv(VARIABLE, request.param)
        return str(request.param)

    def test_secret_is_refused_and_nothing_stored(
        self, registry: DocStoreRegistryStore, create: Create, value: str
    ) -> None:
        with pytest.raises(MlflowException, match=f"The value of {VARIABLE} is no key") as caught:
            create(secret=SIGNING_KEY)
        assert caught.value.error_code == "INVALID_STATE"
        assert value not in caught.value.message
        assert_nothing_leaks(caught.value)
        assert registry.list_webhooks() == []

    @pytest.mark.usefixtures("value")
    def test_webhook_without_a_secret_needs_no_key(
        self, registry: DocStoreRegistryStore, create: Create
    ) -> None:
        assert registry.get_webhook(create().webhook_id).secret is None

    def test_stored_secret_is_refused_for_that_reason(
        self, registry: DocStoreRegistryStore, create: Create, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        webhook_id = create(secret=SIGNING_KEY).webhook_id
        monkeypatch.setenv(VARIABLE, NO_KEY)
        webhook = registry.get_webhook(webhook_id)
        with pytest.raises(MlflowException, match=f"The value of {VARIABLE} is no key"):
            assert webhook.secret


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": SIGNING_KEY.encode()},
        {"secret": f"{SIGNING_KEY}\ud800"},
        {"secret": [SIGNING_KEY]},
        {"description": ["text"]},
        {"description": "half\ud800"},
        {"status": "DISABLED"},
        {"events": [EVENT, EVENT]},
        {"name": ""},
    ],
    ids=["bytes", "half a character", "list", "text", "half a text", "status", "events", "name"],
)
def test_refusal_of_any_value_does_not_tell_the_secret(
    registry: DocStoreRegistryStore, create: Create, wrong: dict[str, object]
) -> None:
    webhook_id = create().webhook_id
    for call in (
        lambda: create(**{"secret": SIGNING_KEY, **wrong}),
        lambda: registry.update_webhook(webhook_id, **{"secret": SIGNING_KEY, **wrong}),
    ):
        with pytest.raises(MlflowException) as caught:
            call()
        assert_nothing_leaks(caught.value)


def assert_nothing_leaks(error: BaseException | None) -> None:
    """Neither the error tells the secret, nor any that it came of."""
    assert error is not None
    while error is not None:
        assert SIGNING_KEY not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
