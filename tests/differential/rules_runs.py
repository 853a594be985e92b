"""Rules of runs, their params and tags."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from mlflow.entities import Param, RunTag, ViewType

from .grammar import run_orders
from .history import ALL_RUNS, History, experiments, made, runs
from .sides import Side, collected, pairs
from .values import RUN_NAMES, STATUSES, USERS, keys, labels, seldom, texts

NAME_TAG = "mlflow.runName"

tag_keys = seldom(keys, st.just(NAME_TAG))
run_names = st.sampled_from(RUN_NAMES)
sizes = st.sampled_from([1, 2, 3, 1000])


class RunRules(History):
    """Operations on runs."""

    @rule(
        target=ALL_RUNS,
        experiment=experiments,
        user=st.sampled_from(USERS),
        name=run_names,
        tags=labels(),
        tagged=seldom(st.none(), run_names),
    )
    def create_run(
        self, experiment: str, user: str, name: str, tags: dict[str, Any], tagged: str | None
    ) -> Any:
        if tagged is not None:
            tags = {**tags, NAME_TAG: tagged}
        options = {"user_id": user, "run_name": name, "tags": pairs(RunTag, tags)}
        run = self.made_run(experiment, options)
        if run is not None:
            self.look_at_run(run)
        return made(run)

    @rule(
        run=runs,
        status=seldom(st.sampled_from(STATUSES), st.sampled_from([None, 0, 99])),
        end=st.none() | st.integers(0, 5) | st.just(2**63),
        name=st.sampled_from([*RUN_NAMES, "", None]),
    )
    def update_run_info(self, run: str, status: Any, end: int | None, name: str | None) -> None:
        self.same(lambda side: side.store.update_run_info(side.local(run), status, end, name))
        self.look_at_run(run)

    @rule(run=runs, restore=st.booleans())
    def delete_or_restore_run(self, run: str, restore: bool) -> None:
        verb = "restore_run" if restore else "delete_run"
        self.same(lambda side: getattr(side.store, verb)(side.local(run)))
        self.look_at_run(run)

    @rule(run=runs, really=st.integers(0, 3))
    def purge_run(self, run: str, really: int) -> None:
        if really != 3:
            return
        self.same(lambda side: side.store._hard_delete_run(side.local(run)))
        self.look_at_run(run)

    @rule()
    def list_deleted_runs(self) -> None:
        def deleted(side: Side) -> list[str]:
            return self.known_ids(side, side.store._get_deleted_runs(), self.known_runs)

        self.same(deleted)

    @rule(run=runs, key=keys, value=texts)
    def log_param(self, run: str, key: Any, value: Any) -> None:
        self.same(lambda side: side.store.log_param(side.local(run), Param(key, value)))
        self.look_at_run(run)

    @rule(run=runs, key=tag_keys, value=texts)
    def set_tag(self, run: str, key: Any, value: Any) -> None:
        self.same(lambda side: side.store.set_tag(side.local(run), RunTag(key, value)))
        self.look_at_run(run)

    @rule(run=runs, key=tag_keys)
    def delete_tag(self, run: str, key: Any) -> None:
        self.same(lambda side: side.store.delete_tag(side.local(run), key))
        self.look_at_run(run)

    @rule(start=st.integers(0, 1), size=sizes, order=run_orders)
    def runs_of_one_moment_are_all_found(self, start: int, size: int, order: list[str]) -> None:
        """Ties go by random ids, so they stay apart, and only which runs are found is compared."""
        experiment = self.of_ties
        self.made_run(experiment, {"run_name": "tied"}, start)

        def found(side: Side) -> list[str]:
            rows = collected(
                side.store.search_runs,
                experiment_ids=[side.local(experiment)],
                filter_string="",
                run_view_type=ViewType.ALL,
                max_results=size,
                order_by=order,
            )
            return sorted(side.normal(row.info.run_id) for row in rows)

        self.same(found)
