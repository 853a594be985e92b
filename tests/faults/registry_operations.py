"""Every write of the registry, and what may be seen of it before it is done."""

from collections.abc import Mapping
from typing import Any

from mlflow.entities.webhook import WebhookEvent, WebhookStatus

from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.registry import IS_PROMPT_TAG
from mlflow_docstore.ports.webhooks import WebhookChanges

from .operations import Operation
from .readers import Snapshot
from .registry_world import model, version, webhook

_SEARCHED = ("found", "shown")
"""What a search of versions finds may come behind what their model has decided."""


def decided_at_once(before: Snapshot, now: Snapshot, end: Snapshot) -> bool:
    """All that is read is changed, or nothing; a search finds each version as before or after.

    Times of last update come with what searches find, also where single versions are read.
    """
    was, seen, will = map(_timeless, (before, now, end))
    read = {area: values for area, values in seen.items() if area not in _SEARCHED}
    if not any(read == {area: state[area] for area in read} for state in (was, will)):
        return False
    return all(
        seen[area].get(key) in (was[area].get(key), will[area].get(key))
        for area in _SEARCHED
        for key in {*seen[area], *was[area], *will[area]}
    )


def _timeless(seen: Any) -> Any:
    if isinstance(seen, Mapping):
        kept = {key: value for key, value in seen.items() if key != "last_updated_timestamp"}
        return {key: _timeless(value) for key, value in kept.items()}
    return list(map(_timeless, seen)) if isinstance(seen, list) else seen


def created_or_not(before: Snapshot, now: Snapshot, end: Snapshot) -> bool:
    """A version is there or not; the model may have changed for one that is still to come."""
    versions = ("found", "shown", "versions")
    return any(all(now[area] == state[area] for area in versions) for state in (before, end))


def created_once_more(before: Snapshot, now: Snapshot, end: Snapshot, last: Snapshot) -> bool:
    """Behind a repeat: one new version, and a second one only where the first came through."""
    (new,) = end["found"].keys() - before["found"].keys()
    made = last["found"].keys() - before["found"].keys()
    alike = {name: value for name, value in end["found"][new].items() if name != "version"}
    same = all({**last["found"][key], "version": 0} == {**alike, "version": 0} for key in made)
    kept = all(last["found"][key] == value for key, value in before["found"].items())
    twice = new in now["found"]
    latest = max(int(key.split()[1]) for key in made)
    return (
        same
        and kept
        and len(made) == 1 + twice
        and last["versions"].keys() == last["found"].keys()
        and f"ant {latest}" in last["versions"]
        and latest in [one["version"] for one in last["models"]["ant"]["latest"]]
    )


_EVENTS = (WebhookEvent.from_str("model_version.created"),)

_REGISTERED_MODELS = (
    Operation("create", lambda db: db.registered_models.create("m3", model("cat"))),
    Operation("update", lambda db: db.registered_models.update("ant", "other", at=6000)),
    Operation(
        "rename",
        lambda db: db.registered_models.rename("ant", "cat", at=6000),
        decided_at_once,
        refused=NotFound,
    ),
    Operation(
        "delete",
        lambda db: db.registered_models.delete("ant"),
        decided_at_once,
        refused=NotFound,
    ),
    Operation("set_tag", lambda db: db.registered_models.set_tag("ant", "team", "b")),
    Operation("delete_tag", lambda db: db.registered_models.delete_tag("ant", "team")),
    Operation("set_alias", lambda db: db.registered_models.set_alias("ant", "next", 2)),
    Operation("set_alias elsewhere", lambda db: db.registered_models.set_alias("ant", "best", 2)),
    Operation("delete_alias", lambda db: db.registered_models.delete_alias("ant", "best")),
)

_MODEL_VERSIONS = (
    Operation(
        "create version",
        lambda db: db.model_versions.create(version("ant", "s3://new")),
        created_or_not,
        repeated=created_once_more,
    ),
    Operation("update version", lambda db: db.model_versions.update("ant", 1, "other", at=6000)),
    Operation(
        "transition",
        lambda db: db.model_versions.transition("ant", 1, "Staging", at=6000, archive=False),
        decided_at_once,
    ),
    Operation(
        "transition and archive",
        lambda db: db.model_versions.transition("ant", 3, "Production", at=6000, archive=True),
        decided_at_once,
    ),
    Operation(
        "archive others",
        lambda db: db.model_versions.transition("ant", 1, "Production", at=6000, archive=True),
        decided_at_once,
    ),
    Operation(
        "delete version",
        lambda db: db.model_versions.delete("ant", 1, at=6000),
        decided_at_once,
        refused=NotFound,
    ),
    Operation("set version tag", lambda db: db.model_versions.set_tag("ant", 1, "colour", "blue")),
    Operation("delete version tag", lambda db: db.model_versions.delete_tag("ant", 1, "colour")),
)

_WEBHOOKS = (
    Operation("create webhook", lambda db: db.webhooks.create(webhook("w3"))),
    Operation(
        "update webhook",
        lambda db: db.webhooks.update(
            "w1",
            WebhookChanges("other", "https://other.invalid/", _EVENTS, "text", "secret"),
            at=6000,
        ),
    ),
    Operation(
        "disable webhook",
        lambda db: db.webhooks.update("w1", WebhookChanges(status=WebhookStatus.DISABLED), at=6000),
    ),
    Operation("delete webhook", lambda db: db.webhooks.delete("w1", at=6000), refused=NotFound),
)

# A version of a prompt among those of a model hides them all from searches, one after the other.
_PROMPTS = (
    Operation(
        "mark version",
        lambda db: db.model_versions.set_tag("ant", 1, IS_PROMPT_TAG, "true"),
        decided_at_once,
    ),
    Operation(
        "mark model",
        lambda db: db.registered_models.set_tag("ant", IS_PROMPT_TAG, "true"),
    ),
)

OPERATIONS = (*_REGISTERED_MODELS, *_MODEL_VERSIONS, *_WEBHOOKS, *_PROMPTS)
