"""Every public method of the registry as a call whose arguments can be replaced one at a time."""

from collections.abc import Mapping

from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.entities.webhook import WebhookEvent, WebhookStatus

from .calls import NEW, Method, direct

NAME, WEBHOOK = "«name»", "«webhook»"
"""Names of what each registry has: a model with two versions and an alias, and a webhook."""

ALIAS = "best"
EVENT = WebhookEvent.from_str("registered_model.created")

_SEARCH = {"max_results": 5, "page_token": None}
_ORDER = {"filter_string": "name = 'x'", "order_by": ["name"]}


REGISTERED_MODELS: Mapping[str, Method] = {
    "create_registered_model": direct(
        "create_registered_model", name=NEW, tags=[], description="text", deployment_job_id="j"
    ),
    "create_registered_model(tag)": Method(
        lambda s, name, key, value: s.create_registered_model(
            name, [RegisteredModelTag(key, value)]
        ),
        {"name": NEW, "key": "k", "value": "v"},
    ),
    "update_registered_model": direct("update_registered_model", name=NAME, description="text"),
    "rename_registered_model": direct("rename_registered_model", name="no model", new_name=NEW),
    "delete_registered_model": direct("delete_registered_model", name="no model"),
    "get_registered_model": direct("get_registered_model", name=NAME),
    "get_latest_versions": direct("get_latest_versions", name=NAME, stages=["None"]),
    "search_registered_models": direct("search_registered_models", **_ORDER, **_SEARCH),
    "set_registered_model_tag": Method(
        lambda s, name, key, value: s.set_registered_model_tag(
            name, RegisteredModelTag(key, value)
        ),
        {"name": NAME, "key": NEW, "value": "v"},
    ),
    "delete_registered_model_tag": direct("delete_registered_model_tag", name=NAME, key="k"),
    "set_registered_model_alias": direct(
        "set_registered_model_alias", name=NAME, alias="other", version=1
    ),
    "delete_registered_model_alias": direct(
        "delete_registered_model_alias", name=NAME, alias="none"
    ),
    "get_model_version_by_alias": direct("get_model_version_by_alias", name=NAME, alias=ALIAS),
}

MODEL_VERSIONS: Mapping[str, Method] = {
    "create_model_version": direct(
        "create_model_version",
        name=NAME,
        source="s3://a",
        run_id="r",
        tags=[],
        run_link="l",
        description="text",
        local_model_path="p",
    ),
    "create_model_version(tag)": Method(
        lambda s, name, key, value: s.create_model_version(
            name, "s3://a", tags=[ModelVersionTag(key, value)]
        ),
        {"name": NAME, "key": "k", "value": "v"},
    ),
    "update_model_version": direct(
        "update_model_version", name=NAME, version=1, description="text"
    ),
    "transition_model_version_stage": direct(
        "transition_model_version_stage",
        name=NAME,
        version=1,
        stage="Staging",
        archive_existing_versions=True,
    ),
    "delete_model_version": direct("delete_model_version", name=NAME, version=99),
    "get_model_version": direct("get_model_version", name=NAME, version=1),
    "get_model_version_download_uri": direct(
        "get_model_version_download_uri", name=NAME, version=1
    ),
    "search_model_versions": direct("search_model_versions", **_ORDER, **_SEARCH),
    "set_model_version_tag": Method(
        lambda s, name, version, key, value: s.set_model_version_tag(
            name, version, ModelVersionTag(key, value)
        ),
        {"name": NAME, "version": 1, "key": NEW, "value": "v"},
    ),
    "delete_model_version_tag": direct("delete_model_version_tag", name=NAME, version=1, key="k"),
}

WEBHOOKS: Mapping[str, Method] = {
    "create_webhook": direct(
        "create_webhook",
        name="hook",
        url="https://receiver.invalid/",
        events=[EVENT],
        description="text",
        secret="sealed",  # noqa: S106 - of nothing
        status=WebhookStatus.ACTIVE,
    ),
    "get_webhook": direct("get_webhook", webhook_id=WEBHOOK),
    "list_webhooks": direct("list_webhooks", **_SEARCH),
    "list_webhooks_by_event": direct("list_webhooks_by_event", event=EVENT, **_SEARCH),
    "update_webhook": direct(
        "update_webhook",
        webhook_id=WEBHOOK,
        name="hook",
        description="text",
        url="https://receiver.invalid/",
        events=[EVENT],
        secret="sealed",  # noqa: S106 - of nothing
        status=WebhookStatus.ACTIVE,
    ),
    "delete_webhook": direct("delete_webhook", webhook_id="w"),
}

METHODS = {**REGISTERED_MODELS, **MODEL_VERSIONS, **WEBHOOKS}
