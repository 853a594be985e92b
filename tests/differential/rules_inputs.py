"""Rules of inputs and outputs."""

import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    RunTag,
)
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT, MLFLOW_LOGGED_MODELS

from .grammar import CONTEXTS, DATASETS, DIGESTS
from .history import ALL_MODELS, ALL_RUNS, UNKNOWN_MODEL, History, experiments, runs
from .sides import Side, pairs
from .values import labels, seldom


@st.composite
def datasets(draw: st.DrawFn) -> DatasetInput:
    """A dataset that was read, seldom one that MLflow refuses."""
    names = seldom(st.sampled_from(DATASETS), st.sampled_from(["", "n" * 501, None]))
    context = draw(st.sampled_from([None, *CONTEXTS]))
    tags = draw(seldom(st.just({}), labels()))
    if context is not None:
        tags = {**tags, MLFLOW_DATASET_CONTEXT: context}
    dataset = Dataset(
        draw(names),
        draw(st.sampled_from(DIGESTS)),
        source_type="local",
        source=draw(st.sampled_from(["here", "there"])),
        schema=draw(st.sampled_from([None, "{}"])),
        profile=draw(st.sampled_from([None, "{}"])),
    )
    return DatasetInput(dataset, pairs(InputTag, tags))


some_models = st.lists(st.one_of(*[ALL_MODELS] * 6, st.just(UNKNOWN_MODEL)), max_size=3)


class InputRules(History):
    """Operations on inputs and outputs."""

    @rule(run=runs, read=st.lists(datasets(), max_size=3), used=some_models)
    def log_inputs(self, run: str, read: list[DatasetInput], used: list[str]) -> None:
        self.same(
            lambda side: side.store.log_inputs(
                side.local(run), read, [LoggedModelInput(side.local(model)) for model in used]
            )
        )
        self.look_at_run(run)

    @rule(run=runs, written=some_models, step=st.integers(-1, 3))
    def log_outputs(self, run: str, written: list[str], step: int) -> None:
        self.same(
            lambda side: side.store.log_outputs(
                side.local(run), [LoggedModelOutput(side.local(model), step) for model in written]
            )
        )
        self.look_at_run(run)

    @rule(asked=st.lists(experiments, max_size=3, unique=True))
    def dataset_summaries(self, asked: list[str]) -> None:
        def ask(side: Side) -> list[str]:
            rows = side.store._search_datasets(side.local(asked))
            return sorted(side.normal(repr(sorted(row.to_dict().items()))) for row in rows)

        self.same(ask)

    @rule(run=ALL_RUNS, value=st.sampled_from([[{"run_id": "1"}], [], [{"é": ["x"]}, {}]]))
    def note_logged_models(self, run: str, value: Any) -> None:
        """The tag that recording a model writes."""
        tag = RunTag(MLFLOW_LOGGED_MODELS, json.dumps(value))
        self.same(lambda side: side.store.set_tag(side.local(run), tag))
        self.look_at_run(run)
