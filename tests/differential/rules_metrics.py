"""Rules of metrics, batches and histories."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from mlflow.entities import Metric, Param, RunTag

from .history import ALL_MODELS, ALL_RUNS, UNKNOWN_MODEL, History, runs
from .rules_runs import tag_keys
from .sides import Side, collected, pairs
from .values import (
    KEYS,
    NUMBERS_KEY,
    good_texts,
    labels,
    near_steps,
    near_times,
    points,
    seldom,
    texts,
)

history_keys = st.sampled_from((*KEYS, NUMBERS_KEY, "never logged"))
bounds = st.none() | st.integers(-2, 4)


class MetricRules(History):
    """Operations on metrics."""

    @rule(run=runs, point=points())
    def log_metric(self, run: str, point: dict[str, Any]) -> None:
        self.same(lambda side: side.store.log_metric(side.local(run), Metric(**point)))
        self.look_at_run(run)

    @rule(
        run=runs,
        point=points(),
        model=st.one_of(*[ALL_MODELS] * 8, st.just(UNKNOWN_MODEL)),
        on=st.sampled_from([{}, {"dataset_name": "wine", "dataset_digest": "1"}]),
    )
    def log_metric_of_a_model(
        self, run: str, point: dict[str, Any], model: str, on: dict[str, str]
    ) -> None:
        self.same(
            lambda side: side.store.log_metric(
                side.local(run), self.metrics(side, run, [point | on], model)[0]
            )
        )
        self.look_at_run(run)
        self.look_at_model(model)

    @rule(
        run=runs,
        drawn=st.lists(points(steps=near_steps, times=near_times), max_size=6),
        params=labels(good_texts),
        tags=st.dictionaries(tag_keys, texts, max_size=3),
        model=seldom(st.none(), ALL_MODELS | st.just(UNKNOWN_MODEL)),
    )
    def log_batch(
        self,
        run: str,
        drawn: list[dict[str, Any]],
        params: dict[str, Any],
        tags: dict[str, Any],
        model: str | None,
    ) -> None:
        self.same(
            lambda side: side.store.log_batch(
                side.local(run),
                metrics=self.metrics(side, run, drawn, model),
                params=pairs(Param, params),
                tags=pairs(RunTag, tags),
            )
        )
        self.look_at_run(run)
        if model is not None:
            self.look_at_model(model)

    @rule(run=ALL_RUNS, count=st.sampled_from([20, 100, 1000, 1001]), start=st.integers(-5, 900))
    def log_many_points(self, run: str, count: int, start: int) -> None:
        drawn = [Metric("a", float(step % 7), step, start + step) for step in range(count)]
        self.same(lambda side: side.store.log_batch(side.local(run), drawn, [], []))

    @rule(run=ALL_RUNS, params=labels(good_texts), again=labels(good_texts))
    def log_params_twice(self, run: str, params: dict[str, Any], again: dict[str, Any]) -> None:
        """In one batch, which MLflow refuses whatever the values."""
        both = pairs(Param, params) + pairs(Param, again)
        self.same(lambda side: side.store.log_batch(side.local(run), [], both, []))
        self.look_at_run(run)

    @rule(run=runs, key=history_keys, size=st.sampled_from([None, 1, 2, 50]))
    def metric_history(self, run: str, key: str, size: int | None) -> None:
        self.same(
            lambda side: collected(
                side.store.get_metric_history,
                run_id=side.local(run),
                metric_key=key,
                max_results=size,
            )
        )

    @rule(asked=st.lists(runs, max_size=3), key=history_keys, size=st.sampled_from([1, 3, 5000]))
    def bulk_history(self, asked: list[str], key: str, size: int) -> None:
        """By random run ids, so one run's points are compared at a time, or all as a set."""

        def ask(side: Side) -> Any:
            rows = side.store.get_metric_history_bulk(side.local(asked), key, size)
            if len(set(asked)) <= 1:
                return rows
            if size < 5000:
                return len(rows)
            return sorted((side.normal(row.run_id), str(row.value), row.step) for row in rows)

        self.same(ask)

    @rule(
        asked=st.lists(runs, max_size=3, unique=True),
        key=history_keys,
        size=st.sampled_from([1, 2, 5, 200]),
        first=bounds,
        last=bounds,
    )
    def sampled_history(
        self, asked: list[str], key: str, size: int, first: int | None, last: int | None
    ) -> None:
        self.same(
            lambda side: side.store.get_metric_history_bulk_interval(
                side.local(asked), key, size, first, last
            )
        )

    @rule(
        run=runs,
        key=history_keys,
        steps=st.lists(st.integers(-1, 5), max_size=4),
        size=st.sampled_from([1, 2, 100]),
    )
    def history_at_steps(self, run: str, key: str, steps: list[int], size: int) -> None:
        self.same(
            lambda side: side.store.get_metric_history_bulk_interval_from_steps(
                side.local(run), key, steps, size
            )
        )

    @rule(run=runs, key=history_keys)
    def greatest_step(self, run: str, key: str) -> None:
        self.same(lambda side: side.store.get_max_step_for_metric(side.local(run), key))
