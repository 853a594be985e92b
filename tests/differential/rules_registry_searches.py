"""Rules of the registry's searches, and of what is worth searching."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag

from .registry_grammar import (
    model_filters,
    prompt_filters,
    registered_model_orders,
    version_filters,
    version_orders,
    within,
)
from .registry_history import NAMES, RUN_IDS, SOURCES, STAGES, RegistryHistory
from .sides import Side, collected, pairs
from .values import searched_labels

sizes = st.sampled_from([1, 2, 3, 1000])
odd_sizes = st.sampled_from([0, 1001, 200_001])


class RegistrySearchRules(RegistryHistory):
    """Searches of what is there, with everything drawn."""

    @rule(data=st.data())
    def search_registered_models(self, data: st.DataObject) -> None:
        filters = model_filters(self.sides.prefix)
        self._search("search_registered_models", filters, registered_model_orders, data)

    @rule(data=st.data())
    def search_model_versions(self, data: st.DataObject) -> None:
        filters = version_filters(self.sides.prefix)
        self._search("search_model_versions", filters, version_orders, data)

    @rule(data=st.data())
    def search_prompts(self, data: st.DataObject) -> None:
        filters = prompt_filters(self.sides.prefix)
        self._search("search_prompts", filters, registered_model_orders, data)

    def _search(
        self,
        method: str,
        filters: st.SearchStrategy[str],
        orders: st.SearchStrategy[list[str]],
        data: st.DataObject,
    ) -> None:
        options = {
            "filter_string": data.draw(filters, "filter"),
            "max_results": data.draw(sizes, "size"),
            "order_by": data.draw(st.none() | orders, "order"),
        }
        self.same(lambda side: collected(getattr(side.store, method), **options))

    @rule(size=odd_sizes, token=st.sampled_from([None, "", "word", "e30="]))
    def search_with_odd_arguments(self, size: int, token: str | None) -> None:
        text = within(self.sides.prefix, "")

        def first_pages(side: Side) -> list[Any]:
            search = side.store.search_registered_models
            page = search(text, max_results=size, page_token=token)
            return [list(page), bool(page.token)]

        self.same(first_pages)
        self.same(lambda side: side.store.search_model_versions(text, size, None, token))


VERSIONS = st.fixed_dictionaries(
    {
        "source": st.sampled_from(SOURCES),
        "run_id": st.none() | st.sampled_from(RUN_IDS),
        "tags": searched_labels,
        "stage": st.sampled_from(STAGES),
    }
)


class RegistryPopulationRules(RegistrySearchRules):
    """Models and prompts made in one go, with a bit of everything, and searches at once.

    In one rule, as hypothesis leaves whole rules out of a history.
    """

    @rule(
        name=st.sampled_from(NAMES),
        tags=searched_labels,
        versions=st.lists(VERSIONS, max_size=3),
        data=st.data(),
    )
    def model_and_searches(
        self,
        name: str,
        tags: dict[str, str],
        versions: list[dict[str, Any]],
        data: st.DataObject,
    ) -> None:
        full, given = self.full(name), pairs(RegisteredModelTag, tags)
        self.same(lambda side: side.store.create_registered_model(full, given))
        for fields in versions:
            self._add_version(full, fields)
        self.search_registered_models(data)
        self.search_model_versions(data)

    def _add_version(self, full: str, fields: dict[str, Any]) -> None:
        given = {**fields, "tags": pairs(ModelVersionTag, fields["tags"])}
        stage = given.pop("stage")

        def add(side: Side) -> Any:
            made = side.store.create_model_version(full, **given)
            return side.store.transition_model_version_stage(full, made.version, stage, False)

        self.same(add)

    @rule(
        name=st.sampled_from(NAMES), tags=searched_labels, texts=st.lists(st.text("ab", max_size=2))
    )
    def prompt_and_searches(self, name: str, tags: dict[str, str], texts: list[str]) -> None:
        full = self.full(name)
        self.same(lambda side: side.store.create_prompt(full, tags=tags))
        for text in texts[:2]:
            self.same(
                lambda side, text=text: side.store.create_prompt_version(full, text, tags=tags)
            )
        self.look_at(name)
