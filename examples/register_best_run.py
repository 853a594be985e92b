"""Register the best model of the sweep, and load it by its alias.

The two best runs of `train_sweep.py` become two versions of the model "digits", with a
description and tags: the best is its champion, the other its challenger. Both are then loaded as
`models:/digits@champion` and `models:/digits@challenger`, as a service would, and read the test
digits. Each time adds two versions, and the aliases move on to them.

    python examples/register_best_run.py --tracking-uri http://127.0.0.1:5000
"""

import shlex
import sys
from pathlib import Path

import mlflow
from command_line import connect, parser
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from train_sweep import Split, load

MODEL = "digits"
ALIASES = ("champion", "challenger")


def best_runs(experiment: str, number: int) -> list[Run]:
    """The runs with a model and the lowest validation loss; the best first."""
    if mlflow.get_experiment_by_name(experiment) is None:
        return []
    return mlflow.search_runs(
        experiment_names=[experiment],
        filter_string="tags.stage = 'candidate' AND attributes.status = 'FINISHED'",
        order_by=["metrics.best_validation_loss ASC", "attributes.start_time DESC"],
        max_results=number,
        output_format="list",
    )


def best_runs_or_exit(experiment: str, number: int) -> list[Run]:
    """The best runs; where there is no sweep yet, say how to get one."""
    runs = best_runs(experiment, number)
    if len(runs) < number:
        # It takes what this command was given.
        script = Path(sys.argv[0]).with_name("train_sweep.py")
        sweep = shlex.join([sys.executable, str(script), *sys.argv[1:]])
        raise SystemExit(f"No sweep in {experiment!r} yet. First run: {sweep}")
    return runs


def register(run: Run) -> ModelVersion:
    """Make the model of this run a version, and say what it is."""
    client = mlflow.MlflowClient()
    loss = f"{run.data.metrics['best_validation_loss']:.4f}"
    model_id = run.outputs.model_outputs[-1].model_id
    version = mlflow.register_model(
        f"models:/{model_id}", MODEL, tags={"validation_loss": loss, "team": "digits"}
    )
    client.update_model_version(
        MODEL, version.version, description=f"{run.info.run_name}: validation loss {loss}."
    )
    return version


def describe() -> None:
    """Say what the model is for; what is said again is changed."""
    client = mlflow.MlflowClient()
    client.update_registered_model(
        MODEL, description="Reads handwritten digits of 8 x 8 pixels, scaled to 0..1."
    )
    client.set_registered_model_tag(MODEL, "task", "classification")
    client.set_registered_model_tag(MODEL, "team", "digits")


def accuracy(uri: str, part: Split) -> float:
    """The share of digits that the model at this URI reads right."""
    model = mlflow.pyfunc.load_model(uri)
    return float((model.predict(part.pixels) == part.digits).mean())


def main() -> None:
    """Read the command line, register, load and predict."""
    arguments = parser(__doc__).parse_args()
    connect(arguments)

    client = mlflow.MlflowClient()
    for alias, run in zip(
        ALIASES, best_runs_or_exit(arguments.experiment, len(ALIASES)), strict=True
    ):
        version = register(run)
        client.set_registered_model_alias(MODEL, alias, version.version)
    describe()

    test = load().test
    print(f"\nThe model {MODEL!r} on {len(test.digits)} digits that the sweep has not seen:")
    for alias in ALIASES:
        uri = f"models:/{MODEL}@{alias}"
        version = client.get_model_version_by_alias(MODEL, alias)
        name = mlflow.get_run(version.run_id).info.run_name
        print(f"{uri} (version {version.version}, {name}): accuracy {accuracy(uri, test):.4f}")


if __name__ == "__main__":
    main()
