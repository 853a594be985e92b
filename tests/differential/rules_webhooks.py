"""Rules of webhooks."""

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule
from mlflow.entities.webhook import VALID_ENTITY_ACTIONS, Webhook, WebhookEvent, WebhookStatus

from .clock import SteppedClock
from .history import made, or_unknown
from .sides import Call, Side, Sides, Twins, collected
from .values import seldom

ALL_WEBHOOKS: Bundle[str] = Bundle("webhooks")
UNKNOWN_WEBHOOK = "00000000-0000-0000-0000-000000000000"
EVENTS = [
    WebhookEvent(entity, action)
    for entity, actions in VALID_ENTITY_ACTIONS.items()
    for action in sorted(actions)
]

webhooks = or_unknown(ALL_WEBHOOKS, UNKNOWN_WEBHOOK, "word", "")
names = seldom(st.sampled_from(["hook", "Hook", "a.b"]), st.sampled_from(["", "a b", "n" * 64, 5]))
urls = seldom(
    st.sampled_from(["https://receiver.invalid/a", "https://receiver.invalid/b?c=d"]),
    st.sampled_from(["", "http://receiver.invalid", "https://", 5]),
)
some_events = seldom(
    st.lists(st.sampled_from(EVENTS[:4]), min_size=1, max_size=3, unique=True)
    | st.lists(st.sampled_from(EVENTS), min_size=1, max_size=5, unique=True),
    st.sampled_from([[], None, ["registered_model.created"], [EVENTS[0], EVENTS[0]]]),
)
words = st.sampled_from([None, "", "text"])
statuses = st.sampled_from([None, *WebhookStatus])
sizes = st.sampled_from([None, 1, 2, 1000])


class WebhookRules(RuleBasedStateMachine):
    """One history of operations on webhooks. No two are made in the same millisecond."""

    twins: ClassVar[Twins]
    clock: ClassVar[SteppedClock]

    def __init__(self) -> None:
        super().__init__()
        self.sides: Sides = self.twins.begin()
        self.known: list[str] = []

    def same(self, call: Call) -> Any:
        self.clock.now += 1
        return self.sides.same(call)

    @initialize(target=ALL_WEBHOOKS)
    def begin_with_a_webhook(self) -> Any:
        given = {"name": "hook", "url": "https://receiver.invalid/", "events": EVENTS[:1]}
        return made(self._made(given))

    @rule(
        target=ALL_WEBHOOKS,
        name=names,
        url=urls,
        events=some_events,
        description=words,
        secret=words,
        status=statuses,
    )
    def create_webhook(self, **given: Any) -> Any:
        return made(self._made(given))

    def _made(self, given: dict[str, Any]) -> str | None:
        self.clock.now += 1
        name = self.sides.make(
            "webhook",
            lambda side: side.store.create_webhook(**given),
            lambda webhook: str(webhook.webhook_id),
        )
        if name is not None:
            self.known.append(name)
        return name

    @rule(
        webhook=webhooks,
        name=st.none() | names,
        description=words,
        url=st.none() | urls,
        events=st.none() | some_events,
        secret=words,
        status=statuses,
    )
    def update_webhook(self, webhook: str, **given: Any) -> None:
        self.same(lambda side: side.store.update_webhook(side.local(webhook), **given))
        self.look_at(webhook)

    @rule(webhook=webhooks)
    def delete_webhook(self, webhook: str) -> None:
        self.same(lambda side: side.store.delete_webhook(side.local(webhook)))
        self.look_at(webhook)

    @rule(size=sizes)
    def list_webhooks(self, size: int | None) -> None:
        self.same(lambda side: collected(side.store.list_webhooks, max_results=size))

    @rule(event=st.sampled_from(EVENTS[:4]) | st.sampled_from(EVENTS), size=sizes)
    def list_webhooks_by_event(self, event: WebhookEvent, size: int | None) -> None:
        def listed(side: Side) -> list[Webhook]:
            return collected(side.store.list_webhooks_by_event, event=event, max_results=size)

        self.same(listed)

    @rule(size=st.sampled_from([0, -1, 1001]), token=st.sampled_from([None, "", "word", "e30="]))
    def list_with_odd_arguments(self, size: int, token: str | None) -> None:
        self.same(lambda side: list(side.store.list_webhooks(size, token)))
        self.same(lambda side: list(side.store.list_webhooks_by_event(EVENTS[0], size, token)))

    def look_at(self, webhook: str) -> None:
        def look(side: Side) -> Webhook:
            return side.store.get_webhook(side.local(webhook))

        self.same(look)

    def teardown(self) -> None:
        """Lists show all webhooks of a store: those of the next history shall be its own."""
        for webhook in self.known:
            self.look_at(webhook)
            self.same(lambda side, webhook=webhook: side.store.delete_webhook(side.local(webhook)))
