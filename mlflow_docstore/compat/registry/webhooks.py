"""Webhooks, by MLflow's signatures."""

import uuid
from collections.abc import Sequence

from mlflow.entities.webhook import Webhook, WebhookEvent, WebhookStatus
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR, INVALID_PARAMETER_VALUE
from mlflow.store.entities.paged_list import PagedList

from mlflow_docstore.compat.arguments import first_repeated, judged_after, page_size, text
from mlflow_docstore.compat.errors import internal_errors
from mlflow_docstore.compat.mlflow_internals.general import get_current_time_millis
from mlflow_docstore.compat.mlflow_internals.registry import (
    DEFAULT_WORKSPACE_NAME,
    validate_webhook_events,
    validate_webhook_name,
    validate_webhook_url,
)
from mlflow_docstore.core.errors import AlreadyExists
from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.webhooks import WebhookChanges

from .secrets import encrypted, opened

_PAGE_SIZE = 100
_LARGEST_PAGE = 1000


class WebhooksMixin:
    """The area ``webhooks`` of a model registry. MLflow's server sends the requests itself."""

    _backend: Backend

    def create_webhook(
        self,
        name: str,
        url: str,
        events: list[WebhookEvent],
        description: str | None = None,
        secret: str | None = None,
        status: WebhookStatus | None = None,
    ) -> Webhook:
        validate_webhook_name(name)
        validate_webhook_url(url)
        validate_webhook_events(events)
        with internal_errors():
            webhook = _new(name, url, events, description, secret, status)
        self._backend.webhooks.create(webhook)
        return opened(webhook)

    def get_webhook(self, webhook_id: str) -> Webhook:
        return opened(self._backend.webhooks.get(webhook_id))

    def list_webhooks(
        self, max_results: int | None = None, page_token: str | None = None
    ) -> PagedList[Webhook]:
        return _listed(self._backend.webhooks.search(_request(max_results, page_token)))

    def list_webhooks_by_event(
        self,
        event: WebhookEvent,
        max_results: int | None = None,
        page_token: str | None = None,
    ) -> PagedList[Webhook]:
        request = _request(max_results, page_token)
        if not isinstance(event, WebhookEvent):
            raise MlflowException(f"{event!r} is no WebhookEvent", INTERNAL_ERROR)
        return _listed(self._backend.webhooks.search(request, event=event))

    def update_webhook(
        self,
        webhook_id: str,
        name: str | None = None,
        description: str | None = None,
        url: str | None = None,
        events: list[WebhookEvent] | None = None,
        secret: str | None = None,
        status: WebhookStatus | None = None,
    ) -> Webhook:
        with judged_after(lambda: self.get_webhook(webhook_id)), internal_errors():
            _validate(name, url, events)
            changes = WebhookChanges(
                name=name,
                url=url,
                events=None if events is None else _distinct(events),
                description=text(description),
                secret=encrypted(secret),
                status=None if status is None else WebhookStatus(status.value),
            )
        at = get_current_time_millis()
        return opened(self._backend.webhooks.update(webhook_id, changes, at=at))

    def delete_webhook(self, webhook_id: str) -> None:
        self._backend.webhooks.delete(webhook_id, at=get_current_time_millis())


def _new(
    name: str,
    url: str,
    events: Sequence[WebhookEvent],
    description: str | None,
    secret: str | None,
    status: WebhookStatus | None,
) -> Webhook:
    now = get_current_time_millis()
    return Webhook(
        webhook_id=str(uuid.uuid4()),
        name=name,
        url=url,
        status=WebhookStatus((status or WebhookStatus.ACTIVE).value),
        events=list(_distinct(events)),
        description=text(description),
        secret=encrypted(secret),
        creation_timestamp=now,
        last_updated_timestamp=now,
        workspace=DEFAULT_WORKSPACE_NAME,
    )


def _validate(name: str | None, url: str | None, events: list[WebhookEvent] | None) -> None:
    if name is not None:
        validate_webhook_name(name)
    if url is not None:
        validate_webhook_url(url)
    if events is not None:
        validate_webhook_events(events)


def _distinct(events: Sequence[WebhookEvent]) -> tuple[WebhookEvent, ...]:
    if (repeated := first_repeated(events)) is not None:
        raise AlreadyExists("webhook_event", str(repeated))
    return tuple(events)


def _request(max_results: int | None, page_token: str | None) -> PageRequest:
    limit = max_results or _PAGE_SIZE
    if limit < 1 or limit > _LARGEST_PAGE:
        raise MlflowException(
            f"max_results must be between 1 and {_LARGEST_PAGE}.", INVALID_PARAMETER_VALUE
        )
    return PageRequest(page_size(limit), page_token or None)


def _listed(page: Page[Webhook]) -> PagedList[Webhook]:
    return PagedList([opened(webhook) for webhook in page.items], page.token)
