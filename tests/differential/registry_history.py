"""The core of the registry's machines: a history of operations on all registries."""

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from mlflow.entities.model_registry import ModelVersion, RegisteredModel

from .clock import SteppedClock
from .grammar import quoted
from .sides import Call, Refusal, Side, Sides, Twins
from .values import seldom

MODELS = ("x", "X", "é")
PROMPTS = ("p", "y z")
NAMES = (*MODELS, *PROMPTS)
"""Few, so that histories meet themselves again; a model or prompt may bear any."""

ALIASES = ("a", "A", "champion")
STAGES = ("None", "Staging", "Production", "Archived")
SOURCES = ("s3://bucket/a", "s3://Bucket/a", "dummy-source", "")
RUN_IDS = ("r1", "R1", "r2", "")
DESCRIPTIONS = (None, "", "text", "Text")

names = seldom(st.sampled_from(NAMES), st.sampled_from(["nobody", "", " ", "a/b", "a:b", None]))
versions = seldom(st.integers(1, 4), st.sampled_from([0, -1, 99, "1", "2", "01", "x", "", 1.5]))
aliases = seldom(
    st.sampled_from(ALIASES),
    st.sampled_from(["latest", "Latest", "v1", "V2", "", "a b", "a" * 256, None]),
)
stages = seldom(
    st.sampled_from(STAGES),
    st.sampled_from(["production", "STAGING", "none", "nowhere", "Deleted_Internal", ""]),
)
descriptions = st.sampled_from(DESCRIPTIONS)


class RegistryHistory(RuleBasedStateMachine):
    """One history. Rules are in the mixins, an area each."""

    twins: ClassVar[Twins]
    clock: ClassVar[SteppedClock]

    def __init__(self) -> None:
        super().__init__()
        self.sides: Sides = self.twins.begin()
        self.stopped = False

    @initialize(name=st.sampled_from(MODELS), count=st.integers(1, 3))
    def begin_with_a_model(self, name: str, count: int) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.create_registered_model(full))
        for _ in range(count):
            self.same(lambda side: side.store.create_model_version(full, SOURCES[0]))

    @rule(stopped=st.booleans())
    def stop_or_start_the_clock(self, stopped: bool) -> None:
        """While it stands, times tie."""
        self.stopped = stopped

    def same(self, call: Call) -> Any:
        if not self.stopped:
            self.clock.now += 1
        return self.sides.same(call)

    def full(self, name: Any) -> Any:
        """The name as only this history uses it."""
        return self.sides.prefix + name if isinstance(name, str) and name.strip() else name

    def look_at(self, name: Any) -> None:
        """All that can be read of a model."""
        full = self.full(name)

        def look(side: Side) -> RegisteredModel:
            return side.store.get_registered_model(full)

        found = self.same(look)
        if isinstance(found, Refusal):
            return
        self.same(lambda side: in_order(side.store.get_latest_versions(full)))
        for version in self._versions_of(full):
            number = version["version"]

            def look_closer(side: Side, number: int = number) -> ModelVersion:
                return side.store.get_model_version(full, number)

            self.same(look_closer)

    def _versions_of(self, full: str) -> list[dict[str, Any]]:
        """Models and prompts alike, which a search keeps apart."""
        by_name = f"name = {quoted(full)}"
        searched = [
            self.same(lambda side, text=text: side.store.search_model_versions(text))
            for text in (by_name, f"{by_name} AND tags.`mlflow.prompt.is_prompt` = 'true'")
        ]
        return [version for found in searched for version in found]

    def teardown(self) -> None:
        for name in NAMES:
            self.look_at(name)


def in_order(versions: list[ModelVersion]) -> list[ModelVersion]:
    """By number: a latest version of each stage has no order of its own."""
    return sorted(versions, key=lambda version: int(version.version))
