"""Rules of searches, and of what is worth searching: things with a bit of everything."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from mlflow.entities import (
    DatasetInput,
    ExperimentTag,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
    Metric,
    Param,
    RunTag,
)

from .grammar import (
    MODEL_NAMES,
    MODEL_TYPES,
    experiment_filters,
    experiment_orders,
    model_datasets,
    model_filters,
    model_orders,
    run_filters,
    run_orders,
)
from .history import ALL_EXPERIMENTS, ALL_MODELS, ALL_RUNS, History, experiments, made, views
from .rules_inputs import datasets
from .sides import collected, pairs
from .values import RUN_NAMES, STATUSES, USERS, searched_labels, searched_points

sizes = st.sampled_from([1, 2, 3, 1000])


class Searches(History):
    """Searches of what is there, with everything drawn."""

    def look_for_experiments(self, data: st.DataObject) -> None:
        filters = experiment_filters(self.pair.prefix, self.known_experiments)
        text = data.draw(filters, "filter")
        options = {
            "view_type": data.draw(views, "view"),
            "max_results": data.draw(sizes, "size"),
            "order_by": data.draw(experiment_orders, "order"),
        }
        self.same(
            lambda side: collected(
                side.store.search_experiments, filter_string=side.local(text), **options
            )
        )

    def look_for_runs(self, data: st.DataObject) -> None:
        text = data.draw(run_filters(self.known_runs, self.known_experiments), "filter")
        asked = self._some_experiments(data)
        options = {
            "run_view_type": data.draw(views, "view"),
            "max_results": data.draw(st.none() | sizes, "size"),
            "order_by": data.draw(run_orders, "order"),
        }
        self.same(
            lambda side: collected(
                side.store.search_runs,
                experiment_ids=side.local(asked),
                filter_string=side.local(text),
                **options,
            )
        )

    def look_for_models(self, data: st.DataObject) -> None:
        text = data.draw(model_filters(self.known_models, self.known_runs), "filter")
        asked = self._some_experiments(data)
        options = {
            "datasets": data.draw(model_datasets, "datasets"),
            "max_results": data.draw(st.sampled_from([None, 0]) | sizes, "size"),
            "order_by": data.draw(st.none() | model_orders, "order"),
        }
        self.same(
            lambda side: collected(
                side.store.search_logged_models,
                experiment_ids=side.local(asked),
                filter_string=side.local(text),
                **options,
            )
        )

    def _some_experiments(self, data: st.DataObject) -> list[str]:
        known = st.sampled_from([*self.known_experiments, UNKNOWN_EXPERIMENT])
        some = st.lists(seldom(known, st.sampled_from(["word", ""]), of=30), max_size=3)
        return data.draw(st.just(list(self.known_experiments)) | some, "experiments")


class SearchRules(Searches):
    """Searches between other operations."""

    @rule(data=st.data())
    def search_experiments(self, data: st.DataObject) -> None:
        self.look_for_experiments(data)

    @rule(data=st.data())
    def search_runs(self, data: st.DataObject) -> None:
        self.look_for_runs(data)

    @rule(data=st.data())
    def search_logged_models(self, data: st.DataObject) -> None:
        self.look_for_models(data)


class PopulationRules(Searches):
    """Things made in one go, with a bit of everything that searches ask for, and the searches.

    In one rule, as hypothesis leaves whole rules out of a history.
    """

    @rule(
        target=ALL_RUNS,
        experiment=ALL_EXPERIMENTS,
        options=st.fixed_dictionaries(
            {"run_name": st.sampled_from(RUN_NAMES), "user_id": st.sampled_from(USERS)}
        ),
        params=searched_labels,
        tags=searched_labels,
        drawn=st.lists(searched_points, max_size=3),
        read=st.lists(datasets(), max_size=2),
        end=st.none() | st.tuples(st.sampled_from(STATUSES), st.integers(0, 5)),
        stage=st.sampled_from(["active", "active", "active", "deleted"]),
        data=st.data(),
    )
    def populate_run(
        self,
        experiment: str,
        options: dict[str, str],
        params: dict[str, str],
        tags: dict[str, str],
        drawn: list[dict[str, Any]],
        read: list[DatasetInput],
        end: tuple[int, int] | None,
        stage: str,
    ) -> Any:
        run = self.made_run(experiment, options)
        if run is None:
            return made(run)
        metrics = [Metric(**point) for point in drawn]
        given = metrics, pairs(Param, params), pairs(RunTag, tags)
        self.same(lambda side: side.store.log_batch(side.local(run), *given))
        self.same(lambda side: side.store.log_inputs(side.local(run), read))
        if end is not None:
            self.same(lambda side: side.store.update_run_info(side.local(run), *end, None))
        if stage == "deleted":
            self.same(lambda side: side.store.delete_run(side.local(run)))
        self.look_at_run(run)
        return run

    @rule(target=ALL_EXPERIMENTS, name=st.sampled_from(["x", "X", "xy", "é"]), tags=searched_labels)
    def populate_experiment(self, name: str, tags: dict[str, str]) -> Any:
        return made(self.made_experiment(name, {"tags": pairs(ExperimentTag, tags)}))

    @rule(
        target=ALL_MODELS,
        experiment=ALL_EXPERIMENTS,
        run=ALL_RUNS,
        options=st.fixed_dictionaries(
            {
                "name": st.sampled_from(MODEL_NAMES),
                "model_type": st.sampled_from([None, *MODEL_TYPES]),
            }
        ),
        params=searched_labels,
        tags=searched_labels,
        drawn=st.lists(searched_points, max_size=3),
        status=st.none() | st.sampled_from(list(LoggedModelStatus)),
    )
    def populate_model(
        self,
        experiment: str,
        run: str,
        options: dict[str, Any],
        params: dict[str, str],
        tags: dict[str, str],
        drawn: list[dict[str, Any]],
        status: LoggedModelStatus | None,
    ) -> Any:
        options |= {"source_run_id": run, "params": pairs(LoggedModelParameter, params)}
        model = self.made_model(experiment, options | {"tags": pairs(LoggedModelTag, tags)})
        if model is None:
            return made(model)
        for point in drawn:
            self.same(
                lambda side, point=point: side.store.log_metric(
                    side.local(run), self.metrics(side, run, [point], model)[0]
                )
            )
        if status is not None:
            self.same(lambda side: side.store.finalize_logged_model(side.local(model), status))
        self.look_at_model(model)
        return model
