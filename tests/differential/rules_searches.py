"""Rules of searches, and of what is worth searching: things with a bit of everything."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from mlflow.entities import (
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
from .history import (
    ALL_EXPERIMENTS,
    ALL_MODELS,
    ALL_RUNS,
    UNKNOWN_EXPERIMENT,
    History,
    made,
    views,
)
from .rules_inputs import datasets
from .sides import Side, collected, pairs
from .values import RUN_NAMES, STATUSES, USERS, searched_labels, searched_points, seldom

SEARCHES = 2
"""After each thing that is made."""

sizes = st.sampled_from([1, 2, 3, 1000])


class Searches(History):
    """Searches of what is there, with everything drawn."""

    def look_for_experiments(self, data: st.DataObject) -> None:
        filters = experiment_filters(self.sides.prefix, self.known_experiments)
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


def few(things: Any) -> st.SearchStrategy[list[Any]]:
    """Up to three of the things."""
    return st.lists(things, max_size=3)


RUNS = st.fixed_dictionaries(
    {
        "run_name": st.sampled_from(RUN_NAMES),
        "user_id": st.sampled_from(USERS),
        "points": few(searched_points),
        "params": searched_labels,
        "tags": searched_labels,
        "read": few(datasets()),
        "end": st.none() | st.tuples(st.sampled_from(STATUSES), st.integers(0, 5)),
        "deleted": st.sampled_from([False, False, False, True]),
    }
)
MODELS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(MODEL_NAMES),
        "model_type": st.sampled_from([None, *MODEL_TYPES]),
        "points": few(searched_points),
        "params": searched_labels,
        "tags": searched_labels,
        "status": st.none() | st.sampled_from(list(LoggedModelStatus)),
    }
)


class PopulationRules(Searches):
    """Things made in one go, with a bit of everything that searches ask for, and the searches.

    In one rule, as hypothesis leaves whole rules out of a history.
    """

    @rule(target=ALL_RUNS, experiment=ALL_EXPERIMENTS, fields=RUNS, data=st.data())
    def run_and_searches(self, experiment: str, fields: dict[str, Any], data: st.DataObject) -> Any:
        run = self.made_run(experiment, {name: fields[name] for name in ("run_name", "user_id")})
        if run is not None:
            self._fill_run(run, fields)
        for _ in range(SEARCHES):
            self.look_for_runs(data)
        return made(run)

    def _fill_run(self, run: str, fields: dict[str, Any]) -> None:
        metrics = [Metric(**point) for point in fields["points"]]
        batch = metrics, pairs(Param, fields["params"]), pairs(RunTag, fields["tags"])
        self.same(lambda side: side.store.log_batch(side.local(run), *batch))
        self.same(lambda side: side.store.log_inputs(side.local(run), fields["read"]))
        if fields["end"] is not None:
            end = fields["end"]
            self.same(lambda side: side.store.update_run_info(side.local(run), *end, None))
        if fields["deleted"]:
            self.same(lambda side: side.store.delete_run(side.local(run)))
        self.look_at_run(run)

    @rule(
        target=ALL_EXPERIMENTS,
        name=st.sampled_from(["x", "X", "xy", "é"]),
        tags=searched_labels,
        data=st.data(),
    )
    def experiment_and_searches(self, name: str, tags: dict[str, str], data: st.DataObject) -> Any:
        experiment = self.made_experiment(name, {"tags": pairs(ExperimentTag, tags)})
        for _ in range(SEARCHES):
            self.look_for_experiments(data)
        return made(experiment)

    @rule(
        target=ALL_MODELS,
        experiment=ALL_EXPERIMENTS,
        run=ALL_RUNS,
        fields=MODELS,
        data=st.data(),
    )
    def model_and_searches(
        self, experiment: str, run: str, fields: dict[str, Any], data: st.DataObject
    ) -> Any:
        options = {
            "name": fields["name"],
            "model_type": fields["model_type"],
            "source_run_id": run,
            "params": pairs(LoggedModelParameter, fields["params"]),
            "tags": pairs(LoggedModelTag, fields["tags"]),
        }
        model = self.made_model(experiment, options)
        if model is not None:
            self._fill_model(model, run, fields)
        for _ in range(SEARCHES):
            self.look_for_models(data)
        return made(model)

    def _fill_model(self, model: str, run: str, fields: dict[str, Any]) -> None:
        for point in fields["points"]:

            def log(side: Side, point: dict[str, Any] = point) -> None:
                (metric,) = self.metrics(side, run, [point], model)
                side.store.log_metric(side.local(run), metric)

            self.same(log)
        status = fields["status"]
        if status is not None:
            self.same(lambda side: side.store.finalize_logged_model(side.local(model), status))
        self.look_at_model(model)
