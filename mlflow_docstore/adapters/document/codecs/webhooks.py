"""Webhooks: one document each, with an array of the events that they are told of."""

from collections.abc import Iterable
from typing import Any

from mlflow.entities.webhook import Webhook, WebhookEvent

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.runs import recency
from mlflow_docstore.ports.webhooks import WebhookChanges

ACTIVE = "active"
DELETED = "deleted"

LIFECYCLE = "lifecycle"
RECENT = "recent"
NAME = "name"
URL = "url"
DESCRIPTION = "description"
STATUS = "status"
SECRET = "secret"  # noqa: S105 - a field's name
CREATED = "creation_timestamp"
UPDATED = "last_updated_timestamp"
DELETED_AT = "deleted_timestamp"
EVENTS = "events"

EVENT = "name"
"""The one field of an event: its entity and action in one text, so that one index serves it."""


def encode_webhook(webhook: Webhook) -> Document:
    """The document of a new webhook."""
    return {
        "_id": webhook.webhook_id,
        LIFECYCLE: ACTIVE,
        RECENT: recency(webhook.creation_timestamp, webhook.webhook_id),
        NAME: webhook.name,
        URL: webhook.url,
        EVENTS: encode_events(webhook.events),
        DESCRIPTION: webhook.description,
        SECRET: webhook.secret,
        STATUS: webhook.status.value,
        CREATED: webhook.creation_timestamp,
        UPDATED: webhook.last_updated_timestamp,
        DELETED_AT: None,
    }


def encode_changes(changes: WebhookChanges) -> dict[str, Any]:
    """The fields that change, with their new values."""
    fields = {
        NAME: changes.name,
        URL: changes.url,
        EVENTS: None if changes.events is None else encode_events(changes.events),
        DESCRIPTION: changes.description,
        SECRET: changes.secret,
        STATUS: None if changes.status is None else changes.status.value,
    }
    return {name: value for name, value in fields.items() if value is not None}


def decode_webhook(document: Document) -> Webhook:
    """The webhook of a document."""
    return Webhook(
        webhook_id=document["_id"],
        name=document[NAME],
        url=document[URL],
        events=[_decode_event(event[EVENT]) for event in document[EVENTS]],
        creation_timestamp=document[CREATED],
        last_updated_timestamp=document[UPDATED],
        description=document[DESCRIPTION],
        status=document[STATUS],
        secret=document[SECRET],
        workspace=document["workspace"],
    )


def encode_events(events: Iterable[WebhookEvent]) -> list[Document]:
    """Events, in the order that they came in."""
    return [{EVENT: event_name(event)} for event in events]


def event_name(event: WebhookEvent) -> str:
    """An event as one text."""
    return f"{event.entity.value}.{event.action.value}"


def _decode_event(name: str) -> WebhookEvent:
    try:
        return WebhookEvent(*name.split("."))
    except ValueError as error:
        # A newer MLflow that shares this database knows more events.
        raise Unsupported("webhook_event", name) from error
