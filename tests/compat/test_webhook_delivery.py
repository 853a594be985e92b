"""Webhooks reach those who subscribed: MLflow's own handlers and delivery code over our store."""

import base64
import hashlib
import hmac
import json
import logging
import os
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from mlflow.entities.webhook import Webhook, WebhookEvent, WebhookStatus
from mlflow.environment_variables import MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY
from mlflow.server import app, handlers
from mlflow.tracking import MlflowClient
from mlflow.webhooks import delivery

from mlflow_docstore.compat.plugin import create_registry_store
from mlflow_docstore.compat.registry.store import DocStoreRegistryStore

from .server_process import ServerProcess

SIGNING_KEY = "clé 🎉 s3cr3t"
NEW_KEY = "n3w"
IS_PROMPT = {"key": "mlflow.prompt.is_prompt", "value": "true"}
API = "/api/2.0/mlflow"

MODEL_CREATED = "registered_model.created"


@dataclass(frozen=True)
class Request:
    """What came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> str:
        content = json.loads(self.body)
        return f"{content['entity']}.{content['action']}"

    @property
    def data(self) -> dict[str, Any]:
        return dict(json.loads(self.body)["data"])

    @property
    def signature(self) -> str | None:
        return self.headers.get("X-MLflow-Signature")

    def is_signed_with(self, key: str) -> bool:
        """As a receiver checks it, by the documentation and without MLflow's code."""
        said = [self.headers["X-MLflow-Delivery-Id"], self.headers["X-MLflow-Timestamp"]]
        signed = b".".join([*(part.encode() for part in said), self.body])
        digest = hmac.new(key.encode(), signed, hashlib.sha256).digest()
        expected = f"v1,{base64.b64encode(digest).decode()}"
        return hmac.compare_digest(self.signature or "", expected)


class Receiver(ThreadingHTTPServer):
    """A service that takes down every request, and answers with the status that its path names."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: queue.SimpleQueue[Request] = queue.SimpleQueue()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    def taken(self) -> dict[str, Request]:
        """What has come in since the last time, by path; none came twice."""
        found = [self.requests.get_nowait() for _ in range(self.requests.qsize())]
        by_path = {request.path: request for request in found}
        assert len(by_path) == len(found)
        return by_path


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.put(Request(self.path, dict(self.headers.items()), body))
        self.send_response(410 if self.path == "/gone" else 200)
        self.end_headers()
        self.wfile.write(b"noted")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Nothing on the terminal."""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true")
    monkeypatch.setenv("MLFLOW_WEBHOOK_ALLOWED_SCHEMES", "http,https")
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def registry(uri: str) -> DocStoreRegistryStore:
    return create_registry_store(uri, uri)


@pytest.fixture
def subscribe(registry: DocStoreRegistryStore, receiver: Receiver) -> Callable[..., Webhook]:
    """Make a webhook, known by the path that it calls."""

    def made(path: str, *events: str, **options: Any) -> Webhook:
        wanted = [WebhookEvent.from_str(text) for text in events or (MODEL_CREATED,)]
        return registry.create_webhook("hook", receiver.url(path), wanted, **options)

    return made


@dataclass(frozen=True)
class Server:
    """MLflow's server over the store, up to but without a port.

    Args:
        client: Calls the handlers.
        receiver: Whom webhooks tell.
        monkeypatch: Of the test.
    """

    client: FlaskClient
    receiver: Receiver
    monkeypatch: pytest.MonkeyPatch

    def call(self, path: str, body: Mapping[str, Any], method: str = "POST") -> dict[str, Request]:
        """What the receiver gets because of a call: all of it, as every request is waited for."""
        # MLflow keeps lists of webhooks for a minute; each call here is one of a new process.
        self.monkeypatch.setattr(delivery, "_webhook_cache", None)
        with ThreadPoolExecutor(4) as requests:
            self.monkeypatch.setattr(delivery, "_webhook_delivery_executor", requests)
            answer = self.client.open(API + path, method=method, json=body)
        assert answer.status_code == 200, answer.text
        return self.receiver.taken()

    def create_model(self, name: str = "wine", **fields: Any) -> dict[str, Request]:
        return self.call("/registered-models/create", {"name": name, **fields})


@pytest.fixture
def server(
    registry: DocStoreRegistryStore, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> Server:
    monkeypatch.setattr(handlers, "_model_registry_store", registry)
    return Server(app.test_client(), receiver, monkeypatch)


class TestDelivery:
    def test_creation_of_a_model_is_told_with_a_signature(
        self, server: Server, subscribe: Callable[..., Webhook]
    ) -> None:
        subscribe("/a", secret=SIGNING_KEY)
        (request,) = server.create_model("wine", description="né").values()
        assert request.event == MODEL_CREATED
        assert request.data == {"name": "wine", "tags": {}, "description": "né"}
        assert request.is_signed_with(SIGNING_KEY)
        assert not request.is_signed_with("another")

    def test_request_without_a_secret_is_not_signed(
        self, server: Server, subscribe: Callable[..., Webhook]
    ) -> None:
        subscribe("/none")
        subscribe("/empty", secret="")
        told = server.create_model()
        assert {path: request.signature for path, request in told.items()} == {
            "/none": None,
            "/empty": None,
        }

    def test_only_subscribers_that_are_active_are_told(
        self,
        server: Server,
        registry: DocStoreRegistryStore,
        subscribe: Callable[..., Webhook],
    ) -> None:
        subscribe("/told")
        subscribe("/told-of-two", "prompt.created", MODEL_CREATED)
        subscribe("/other", "model_version.created")
        subscribe("/disabled", status=WebhookStatus.DISABLED)
        registry.delete_webhook(subscribe("/deleted").webhook_id)
        assert set(server.create_model()) == {"/told", "/told-of-two"}

    def test_changes_of_a_webhook_take_effect(
        self,
        server: Server,
        registry: DocStoreRegistryStore,
        receiver: Receiver,
        subscribe: Callable[..., Webhook],
    ) -> None:
        paused = subscribe("/paused", status=WebhookStatus.DISABLED).webhook_id
        moved = subscribe("/here", secret=SIGNING_KEY).webhook_id
        turned = subscribe("/turned").webhook_id
        registry.update_webhook(paused, status=WebhookStatus.ACTIVE)
        registry.update_webhook(moved, url=receiver.url("/there"), secret=NEW_KEY)
        registry.update_webhook(turned, events=[WebhookEvent.from_str("prompt.created")])
        told = server.create_model()
        assert set(told) == {"/paused", "/there"}
        assert told["/there"].is_signed_with(NEW_KEY)

    def test_subscribers_beyond_one_page_are_each_told_once(
        self, server: Server, subscribe: Callable[..., Webhook]
    ) -> None:
        paths = {f"/{number}" for number in range(105)}
        for path in paths:
            subscribe(path)
        assert set(server.create_model()) == paths

    def test_secret_that_cannot_be_read_keeps_nobody_else_from_being_told(
        self,
        server: Server,
        subscribe: Callable[..., Webhook],
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        variable = MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY.name
        monkeypatch.setenv(variable, base64.urlsafe_b64encode(b"a" * 32).decode())
        subscribe("/sealed", secret=SIGNING_KEY)
        monkeypatch.setenv(variable, base64.urlsafe_b64encode(b"b" * 32).decode())
        subscribe("/unsigned")
        subscribe("/signed", secret=SIGNING_KEY)
        with _heard(delivery._logger, caplog):
            told = server.create_model()
        assert set(told) == {"/unsigned", "/signed"}
        assert variable in caplog.text
        assert SIGNING_KEY not in caplog.text


@contextmanager
def _heard(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """MLflow's loggers do not hand on what they log."""
    logger.addHandler(caplog.handler)
    yield
    logger.removeHandler(caplog.handler)


VERSION = {"name": "wine", "version": "1"}
TAG = {"key": "team", "value": "red"}
BY_KEY = {"key": "team"}
SOURCE = {"source": "s3://bucket/wine"}

Call = tuple[str, str, dict[str, Any]]

CALLS: list[tuple[str, Call]] = [
    ("created", ("POST", "/registered-models/create", {"name": "wine"})),
    ("version.created", ("POST", "/model-versions/create", {"name": "wine", **SOURCE})),
    ("version_tag.set", ("POST", "/model-versions/set-tag", {**VERSION, **TAG})),
    ("version_tag.deleted", ("DELETE", "/model-versions/delete-tag", {**VERSION, **BY_KEY})),
    ("alias.created", ("POST", "/registered-models/alias", {**VERSION, "alias": "best"})),
    ("alias.deleted", ("DELETE", "/registered-models/alias", {"name": "wine", "alias": "best"})),
    ("tag.set", ("POST", "/registered-models/set-tag", {"name": "wine", **TAG})),
    ("tag.deleted", ("DELETE", "/registered-models/delete-tag", {"name": "wine", **BY_KEY})),
]
"""A life in the registry; what each step is called behind the entity's name."""

EVENTS_OF_MODELS = {
    "created": "registered_model.created",
    "version.created": "model_version.created",
    "version_tag.set": "model_version_tag.set",
    "version_tag.deleted": "model_version_tag.deleted",
    "alias.created": "model_version_alias.created",
    "alias.deleted": "model_version_alias.deleted",
}
"""Tags of a model itself are no event."""

EVENTS_OF_PROMPTS = {
    "created": "prompt.created",
    "version.created": "prompt_version.created",
    "version_tag.set": "prompt_version_tag.set",
    "version_tag.deleted": "prompt_version_tag.deleted",
    "alias.created": "prompt_alias.created",
    "alias.deleted": "prompt_alias.deleted",
    "tag.set": "prompt_tag.set",
    "tag.deleted": "prompt_tag.deleted",
}


@pytest.mark.parametrize(
    ("marks", "expected"),
    [({}, EVENTS_OF_MODELS), ({"tags": [IS_PROMPT]}, EVENTS_OF_PROMPTS)],
    ids=["model", "prompt"],
)
def test_every_event_of_the_registry_is_told_to_its_subscribers_alone(
    server: Server,
    subscribe: Callable[..., Webhook],
    marks: dict[str, Any],
    expected: Mapping[str, str],
) -> None:
    for event in (*EVENTS_OF_MODELS.values(), *EVENTS_OF_PROMPTS.values()):
        subscribe(f"/{event}", event, secret=SIGNING_KEY)
    for step, (method, path, body) in CALLS:
        extra = marks if path.endswith("/create") else {}
        told = server.call(path, {**body, **_source(path, extra), **extra}, method)
        assert set(told) == ({f"/{expected[step]}"} if step in expected else set())
        assert all(request.event == expected[step] for request in told.values())
        assert all(request.is_signed_with(SIGNING_KEY) for request in told.values())


def _source(path: str, marks: Mapping[str, Any]) -> dict[str, str]:
    """The handler takes no other source for a version of a prompt."""
    return {"source": "dummy-source"} if path == "/model-versions/create" and marks else {}


class TestTestEvents:
    def test_first_event_of_the_webhook_is_the_default(
        self, subscribe: Callable[..., Webhook], registry: DocStoreRegistryStore, receiver: Receiver
    ) -> None:
        webhook_id = subscribe("/a", "prompt.created", secret=SIGNING_KEY).webhook_id
        result = delivery.test_webhook(registry.get_webhook(webhook_id))
        assert (result.success, result.response_status) == (True, 200)
        assert result.response_body == "noted"
        (request,) = receiver.taken().values()
        assert request.event == "prompt.created"
        assert request.is_signed_with(SIGNING_KEY)

    def test_event_may_be_named(self, server: Server, subscribe: Callable[..., Webhook]) -> None:
        webhook_id = subscribe("/a", status=WebhookStatus.DISABLED).webhook_id
        event = {"entity": "MODEL_VERSION_ALIAS", "action": "CREATED"}
        (request,) = server.call(f"/webhooks/{webhook_id}/test", {"event": event}).values()
        assert request.event == "model_version_alias.created"

    def test_refusal_of_the_receiver_is_reported(
        self, subscribe: Callable[..., Webhook], registry: DocStoreRegistryStore
    ) -> None:
        webhook_id = subscribe("/gone").webhook_id
        result = delivery.test_webhook(registry.get_webhook(webhook_id))
        assert (result.success, result.response_status) == (False, 410)

    def test_secret_that_cannot_be_read_is_reported_and_nothing_sent(
        self,
        subscribe: Callable[..., Webhook],
        registry: DocStoreRegistryStore,
        receiver: Receiver,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        webhook_id = subscribe("/a", secret=SIGNING_KEY).webhook_id
        variable = MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY.name
        monkeypatch.setenv(variable, base64.urlsafe_b64encode(b"b" * 32).decode())
        result = delivery.test_webhook(registry.get_webhook(webhook_id))
        assert not result.success
        assert variable in result.error_message
        assert SIGNING_KEY not in result.error_message
        assert receiver.taken() == {}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_server_tells_and_signs_before_and_after_a_restart(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    monkeypatch.setenv(MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY.name, key)
    server = ServerProcess(tmp_path)
    with server as address:
        client = MlflowClient(address, address)
        hook = client.create_webhook(
            "hook", receiver.url("/a"), [MODEL_CREATED], secret=SIGNING_KEY
        )
        client.create_webhook("off", receiver.url("/off"), [MODEL_CREATED], status="DISABLED")
        client.create_webhook("other", receiver.url("/other"), ["model_version.created"])
        client.create_registered_model("wine")
        first = receiver.requests.get(timeout=60)
        client.create_model_version("wine", "s3://bucket/wine")
        second = receiver.requests.get(timeout=60)
        assert [first.path, second.path] == ["/a", "/other"]
        assert first.data["name"] == "wine"
        assert first.is_signed_with(SIGNING_KEY)
    with server as address:
        client = MlflowClient(address, address)
        assert {webhook.name for webhook in client.list_webhooks()} == {"hook", "off", "other"}
        assert client.test_webhook(hook.webhook_id).success
        assert receiver.requests.get(timeout=60).is_signed_with(SIGNING_KEY)
        client.create_registered_model("beer")
        assert receiver.requests.get(timeout=60).is_signed_with(SIGNING_KEY)
    assert receiver.taken() == {}
