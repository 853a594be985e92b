"""Rules of experiments."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import consumes, rule
from mlflow.entities import ExperimentTag, ViewType

from .history import ALL_EXPERIMENTS, History, experiments, made, named_experiments
from .sides import pairs
from .values import keys, labels, seldom, texts

names = seldom(
    st.sampled_from(["x", "X", "é", "name", "a'b", " "]), st.sampled_from(["", "n" * 501, None, 5])
)
locations = seldom(
    st.none(), st.sampled_from(["s3://bucket/path", "s3://b/p?x=y#f", "s3://b/../p?../q", ""])
)


class ExperimentRules(History):
    """Operations on experiments."""

    @rule(target=ALL_EXPERIMENTS, name=names, location=locations, tags=labels())
    def create_experiment(self, name: Any, location: Any, tags: dict[str, Any]) -> Any:
        options = {"artifact_location": location, "tags": pairs(ExperimentTag, tags)}
        return made(self.made_experiment(name, options))

    @rule(experiment=named_experiments, restore=st.booleans())
    def delete_or_restore_experiment(self, experiment: str, restore: bool) -> None:
        verb = "restore_experiment" if restore else "delete_experiment"
        self.same(lambda side: getattr(side.store, verb)(side.local(experiment)))
        self.look_at_experiment(experiment)

    @rule(experiment=experiments, name=names)
    def rename_experiment(self, experiment: str, name: Any) -> None:
        full = self.sides.prefix + name if isinstance(name, str) and name else name
        self.same(lambda side: side.store.rename_experiment(side.local(experiment), full))
        self.look_at_experiment(experiment)

    @rule(experiment=named_experiments, key=keys, value=texts)
    def set_experiment_tag(self, experiment: str, key: Any, value: Any) -> None:
        tag = ExperimentTag(key, value)
        self.same(lambda side: side.store.set_experiment_tag(side.local(experiment), tag))
        self.look_at_experiment(experiment)

    @rule(experiment=named_experiments, key=keys)
    def delete_experiment_tag(self, experiment: str, key: Any) -> None:
        self.same(lambda side: side.store.delete_experiment_tag(side.local(experiment), key))
        self.look_at_experiment(experiment)

    @rule(experiment=named_experiments)
    def refuse_to_purge_unless_deleted(self, experiment: str) -> None:
        found = self.same(lambda side: side.store.get_experiment(side.local(experiment)))
        if not isinstance(found, dict) or found["lifecycle_stage"] == "active":
            self.same(lambda side: side.store._hard_delete_experiment(side.local(experiment)))

    @rule(experiment=consumes(ALL_EXPERIMENTS))
    def purge_experiment(self, experiment: str) -> None:
        """Consumed and forgotten, as SQLite gives the greatest id to the next experiment again."""
        if experiment == self.known_experiments[0]:
            return
        self.same(lambda side: side.store.delete_experiment(side.local(experiment)))
        self.same(lambda side: side.store._hard_delete_experiment(side.local(experiment)))
        self.look_at_experiment(experiment)
        self.known_experiments.remove(experiment)

    @rule(name=names)
    def find_experiment_by_name(self, name: Any) -> None:
        full = self.sides.prefix + name if isinstance(name, str) else name
        self.same(lambda side: side.store.get_experiment_by_name(full))

    @rule(asked=st.lists(experiments, max_size=3))
    def filter_active_experiments(self, asked: list[str]) -> None:
        def ask(side: Any) -> Any:
            return sorted(
                side.normal(found)
                for found in side.store.filter_active_experiment_ids(side.local(asked))
            )

        self.same(ask)

    @rule(size=st.sampled_from([0, -1, 50001, None]))
    def search_experiments_with_a_wrong_size(self, size: Any) -> None:
        self.same(lambda side: side.store.search_experiments(ViewType.ALL, size))
