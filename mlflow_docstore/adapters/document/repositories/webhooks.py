"""Webhooks: one document each."""

from mlflow.entities.webhook import Webhook, WebhookEvent

from mlflow_docstore.adapters.document.codecs import webhooks as codec
from mlflow_docstore.adapters.document.codecs.webhooks import (
    decode_webhook,
    encode_changes,
    encode_webhook,
    event_name,
)
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Driver, Patch
from mlflow_docstore.adapters.document.layout import WEBHOOKS
from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import AnyElement, Filter, Order, equals, path
from mlflow_docstore.ports.webhooks import WebhookChanges, WebhookRepository

_KIND = "webhook"
_IS_ACTIVE = equals(codec.LIFECYCLE, codec.ACTIVE)
_NEWEST_FIRST = (Order(path(codec.RECENT)),)


class DocumentWebhooks(WebhookRepository):
    """See the port.

    Args:
        driver: The database.
    """

    def __init__(self, driver: Driver) -> None:
        self._webhooks = Documents(driver, WEBHOOKS)

    def create(self, webhook: Webhook) -> None:
        # The id is the caller's own choice: one that is taken was taken by a lost attempt of this.
        self._webhooks.insert(encode_webhook(webhook))

    def get(self, webhook_id: str) -> Webhook:
        document = self._webhooks.get(webhook_id)
        if document is None or document[codec.LIFECYCLE] != codec.ACTIVE:
            raise NotFound(_KIND, webhook_id)
        return decode_webhook(document)

    def search(self, page: PageRequest, *, event: WebhookEvent | None = None) -> Page[Webhook]:
        where: list[Filter] = [_IS_ACTIVE]
        if event is not None:
            told_of = equals(codec.EVENT, event_name(event))
            where.append(AnyElement(path(codec.EVENTS), (told_of,)))
        return self._webhooks.page(where, _NEWEST_FIRST, page, decode_webhook)

    def update(self, webhook_id: str, changes: WebhookChanges, *, at: int) -> Webhook:
        patch = Patch(set={**encode_changes(changes), codec.UPDATED: at})
        outcome = self._webhooks.patch(webhook_id, patch, when=(_IS_ACTIVE,), returning=True)
        if outcome.document is None:
            raise NotFound(_KIND, webhook_id)
        return decode_webhook(outcome.document)

    def delete(self, webhook_id: str, *, at: int) -> None:
        gone = {
            codec.LIFECYCLE: codec.DELETED,
            codec.DELETED_AT: at,
            codec.UPDATED: at,
            codec.SECRET: None,
        }
        outcome = self._webhooks.patch(webhook_id, Patch(set=gone), when=(_IS_ACTIVE,))
        if outcome.matched or (outcome.uncertain and self._was_deleted(webhook_id, at)):
            return
        raise NotFound(_KIND, webhook_id)

    def _was_deleted(self, webhook_id: str, at: int) -> bool:
        document = self._webhooks.get(webhook_id)
        return document is not None and document[codec.DELETED_AT] == at
