"""Webhooks: who is told of which events of the registry."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Protocol

from mlflow.entities.webhook import Webhook, WebhookEvent, WebhookStatus

from mlflow_docstore.core.paging import Page, PageRequest


@dataclass(frozen=True, slots=True)
class WebhookChanges:
    """What to change of a webhook; None leaves a field as it is.

    Args:
        name: What it is called; names are not unique.
        url: Where requests go.
        events: The events that it is told of, in place of those so far.
        description: A text for people; empty is a value.
        secret: As ``WebhookRepository`` stores it; empty is a value.
        status: Whether requests are sent at all.
    """

    name: str | None = None
    url: str | None = None
    events: tuple[WebhookEvent, ...] | None = None
    description: str | None = None
    secret: str | None = field(default=None, repr=False)
    status: WebhookStatus | None = None


class WebhookRepository(Protocol):
    """Webhooks. A deleted one is kept in the database without its secret; no method finds it.

    What requests are signed with is stored exactly as it is handed over, and handed out so: the
    ``secret`` of an entity that comes or goes here must be encrypted by whoever calls. MLflow's
    facade does that (``mlflow_docstore.compat.registry.secrets``). All else is stored in clear,
    a password in a URL too.
    """

    @abstractmethod
    def create(self, webhook: Webhook) -> None:
        """Store a new webhook. A repeat after a lost reply succeeds.

        Args:
            webhook: With an id of the caller's choice, never used before; no event twice.
        """

    @abstractmethod
    def get(self, webhook_id: str) -> Webhook:
        """The webhook.

        Raises:
            NotFound: ``kind="webhook"``; missing, or deleted.
        """

    @abstractmethod
    def search(self, page: PageRequest, *, event: WebhookEvent | None = None) -> Page[Webhook]:
        """One page of webhooks, whatever their status: the newest first, then by id.

        Args:
            page: Which page.
            event: Only webhooks that are told of it; None for all.

        Raises:
            InvalidArgument: ``kind="page_token"``.
        """

    @abstractmethod
    def update(self, webhook_id: str, changes: WebhookChanges, *, at: int) -> Webhook:
        """Change a webhook: all of the changes at once, or none. Repeatable.

        Args:
            webhook_id: Which.
            changes: What; of nothing, only the time moves.
            at: Now, in milliseconds since the epoch; becomes its time of last update.

        Returns:
            The webhook after the change; another writer's later one may be in it.

        Raises:
            NotFound: ``kind="webhook"``; missing, or deleted.
        """

    @abstractmethod
    def delete(self, webhook_id: str, *, at: int) -> None:
        """Delete a webhook, for good as far as this interface goes.

        Args:
            webhook_id: Which.
            at: Now, in milliseconds since the epoch.

        Raises:
            NotFound: ``kind="webhook"``; missing, or deleted before.
        """
