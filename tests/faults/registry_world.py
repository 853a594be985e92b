"""A small registry, for operations to change, and all that a reader can see of it."""

from typing import Any

from mlflow.entities.model_registry import ModelVersion, RegisteredModel, RegisteredModelTag
from mlflow.entities.webhook import Webhook, WebhookEvent

from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.paging import PageRequest
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.model_versions import ModelVersionQuery, NewVersion
from mlflow_docstore.ports.registered_models import RegisteredModelQuery

from .arenas import World
from .readers import Snapshot

NAMES = ("ant", "bee", "cat")
_NUMBERS = range(1, 7)
_ALL = PageRequest(None)


def model(name: str) -> RegisteredModel:
    tags = [RegisteredModelTag("team", "a")]
    return RegisteredModel(name, 1000, 1000, "text", tags=tags)


def version(name: str, source: str) -> NewVersion:
    return NewVersion(name, source, 2000, run_id="r", tags={"colour": "red"})


def webhook(number: str) -> Webhook:
    events = [WebhookEvent.from_str("registered_model.created")]
    return Webhook(number, "hook", "https://receiver.invalid/", events, 3000, 3000)


def arrange(backend: Backend) -> None:
    """Of the ant, versions 1 and 4 are in Production, 2 in Staging; 1 and 3 have aliases."""
    for number, name in (("m1", "ant"), ("m2", "bee")):
        backend.registered_models.create(number, model(name))
        for count in range(1, 5):
            backend.model_versions.create(version(name, f"s3://{name}/{count}"))
    for number, stage in ((1, "Production"), (2, "Staging"), (4, "Production")):
        backend.model_versions.transition("ant", number, stage, at=4000, archive=False)
    for alias, number in (("best", 1), ("old", 1), ("new", 3)):
        backend.registered_models.set_alias("ant", alias, number)
    backend.webhooks.create(webhook("w1"))
    backend.webhooks.create(webhook("w2"))


def look(backend: Backend) -> Snapshot:
    """Everything, as plain values that compare.

    The searches come first: whoever reads a model or version may complete what they lack.
    """
    found = backend.model_versions.search(ModelVersionQuery(prompts=True), _ALL).items
    shown = backend.model_versions.search(ModelVersionQuery(), _ALL).items
    models = backend.registered_models.search(RegisteredModelQuery(prompts=True), _ALL).items
    return {
        "found": {_key(one): _plain(one) for one in found},
        "shown": {_key(one): True for one in shown},
        "listed": {one.name: _model(one) for one in models},
        "models": _present({name: _got_model(backend, name) for name in NAMES}),
        "versions": _present(
            {
                f"{name} {number}": _got_version(backend, name, number)
                for name in NAMES
                for number in _NUMBERS
            }
        ),
        "webhooks": {one.webhook_id: _webhook(one) for one in backend.webhooks.search(_ALL).items},
    }


def _present(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value is not None}


def _got_model(backend: Backend, name: str) -> dict[str, Any] | None:
    try:
        found = backend.registered_models.get(name)
    except NotFound:
        return None
    latest = [_plain(one) for one in backend.model_versions.latest(name)]
    return {**_model(found), "latest": latest}


def _got_version(backend: Backend, name: str, number: int) -> dict[str, Any] | None:
    try:
        found = backend.model_versions.get(name, number)
    except NotFound:
        return None
    return {**_plain(found), "from": backend.model_versions.download_uri(name, number)}


def _key(one: ModelVersion) -> str:
    return f"{one.name} {one.version}"


def _model(one: RegisteredModel) -> dict[str, Any]:
    latest = [_plain(version) for version in one.latest_versions]
    return {**dict(one), "tags": one._tags, "latest_versions": latest}


def _plain(one: ModelVersion) -> dict[str, Any]:
    return dict(one)


def _webhook(one: Webhook) -> dict[str, Any]:
    return {**vars(one), "_events": list(map(str, one.events))}


WORLD = World(
    ("registered_models", "model_versions", "webhooks"),
    arrange,
    look,
    exact=("model_versions", "webhooks"),
)
