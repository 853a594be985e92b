"""The core of the machines: a history of operations on all stores, and what it has made."""

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
)
from mlflow.entities import Experiment, LoggedModel, Metric, Run, ViewType

from .sides import Call, Refusal, Side, Sides, Twins

UNKNOWN_EXPERIMENT = "987654321987654321"
UNKNOWN_RUN = "0" * 32
UNKNOWN_MODEL = f"m-{UNKNOWN_RUN}"

ALL_EXPERIMENTS: Bundle[str] = Bundle("experiments")
ALL_RUNS: Bundle[str] = Bundle("runs")
ALL_MODELS: Bundle[str] = Bundle("models")


def or_unknown(things: Bundle[str], *others: Any) -> st.SearchStrategy[Any]:
    """Mostly a thing that was made, seldom one that was not."""
    return st.one_of(*[things] * 8, st.sampled_from(others))


experiments = or_unknown(ALL_EXPERIMENTS, UNKNOWN_EXPERIMENT, "word", "")
# Where nothing stands for the default experiment in one half of SqlAlchemyStore's method, and is
# no id in the other.
named_experiments = or_unknown(ALL_EXPERIMENTS, UNKNOWN_EXPERIMENT, "word")
runs = or_unknown(ALL_RUNS, UNKNOWN_RUN, "not an id", "")
models = or_unknown(ALL_MODELS, UNKNOWN_MODEL, "m-?", "")

views = st.sampled_from([ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL])


def made(name: str | None) -> Any:
    """What a rule adds to its bundle: a thing, or nothing where it was refused."""
    return multiple() if name is None else name


class History(RuleBasedStateMachine):
    """One history. Rules are in the mixins, an area each."""

    twins: ClassVar[Twins]

    def __init__(self) -> None:
        super().__init__()
        self.sides: Sides = self.twins.begin()
        self.known_experiments: list[str] = []
        self.known_runs: list[str] = []
        self.known_models: list[str] = []
        self.clock = 0
        self.of_ties = self.made_experiment("ties", {}) or ""
        self.known_experiments.clear()
        self.made_experiment("begun", {})

    @initialize(target=ALL_EXPERIMENTS)
    def begin_with_an_experiment(self) -> str:
        return self.known_experiments[0]

    @initialize(target=ALL_RUNS)
    def begin_with_a_run(self) -> str:
        return self.made_run(self.known_experiments[0], {}) or ""

    @initialize(target=ALL_MODELS)
    def begin_with_a_model(self) -> str:
        return self.made_model(self.known_experiments[0], {"name": "model"}) or ""

    def same(self, call: Call) -> Any:
        return self.sides.same(call)

    def ticked(self) -> int:
        """A start time that no other run has, as ties go by random ids."""
        self.clock += 1
        return self.clock

    def made_experiment(self, name: Any, options: dict[str, Any]) -> str | None:
        full = self.sides.prefix + name if isinstance(name, str) and name else name
        return self._made(
            "experiment",
            self.known_experiments,
            lambda side: side.store.create_experiment(full, **options),
            str,
        )

    def made_run(
        self, experiment: Any, options: dict[str, Any], start: int | None = None
    ) -> str | None:
        arguments = {
            "user_id": "ann",
            "start_time": self.ticked() if start is None else start,
            "tags": [],
            "run_name": "run",
        } | options
        return self._made(
            "run",
            self.known_runs,
            lambda side: side.store.create_run(side.local(experiment), **arguments),
            lambda run: str(run.info.run_id),
        )

    def made_model(self, experiment: Any, options: dict[str, Any]) -> str | None:
        return self._made(
            "model",
            self.known_models,
            lambda side: side.store.create_logged_model(
                side.local(experiment), **{key: side.local(one) for key, one in options.items()}
            ),
            lambda model: str(model.model_id),
        )

    def _made(self, kind: str, known: list[str], call: Call, identify: Any) -> str | None:
        name = self.sides.make(kind, call, identify)
        if name is not None:
            known.append(name)
            if kind != "run":
                self._note_moment(kind, name)
        return name

    def _note_moment(self, kind: str, name: str) -> None:
        """The time of creation differs between stores; filters may name it."""
        for side in self.sides:
            moment = (
                side.store.get_experiment(side.local(name)).creation_time
                if kind == "experiment"
                else side.store.get_logged_model(side.local(name)).creation_timestamp
            )
            side.note(name.replace("»", " created»"), moment)

    def metrics(
        self, side: Side, run: str, drawn: list[dict[str, Any]], model: str | None = None
    ) -> list[Metric]:
        """The points; those of models at a time of the run's own.

        A model's latest point is decided by random run ids where two runs share a time.
        """
        if model is None:
            return [Metric(**point) for point in drawn]
        number = self.known_runs.index(run) if run in self.known_runs else 0
        return [
            Metric(**point | {"timestamp": 1000 + number}, model_id=side.local(model))
            for point in drawn
        ]

    def look_at_run(self, run: str) -> None:
        def look(side: Side) -> Run:
            return side.store.get_run(side.local(run))

        self.same(look)

    def look_at_experiment(self, experiment: str) -> None:
        def look(side: Side) -> Experiment:
            return side.store.get_experiment(side.local(experiment))

        self.same(look)

    def look_at_model(self, model: str) -> None:
        def look(side: Side) -> LoggedModel:
            return side.store.get_logged_model(side.local(model), allow_deleted=True)

        self.same(look)

    def known_ids(self, side: Side, found: list[str], among: list[str]) -> list[str]:
        """Of ids, those of this history: the stores hold others too."""
        return sorted(name for name in map(side.normal, found) if name in among)

    def teardown(self) -> None:
        for run in self.known_runs:
            self.look_at_run(run)
        for experiment in self.known_experiments:
            self.look_at_experiment(experiment)
        for model in self.known_models:
            self.look_at_model(model)


def refused(outcome: Any) -> bool:
    return isinstance(outcome, Refusal)
