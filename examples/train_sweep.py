"""A parameter sweep on scikit-learn's handwritten digits, tracked by MLflow.

One parent run, and a nested run for each point of the grid with its learning curve (loss and
accuracy of both splits at each epoch), what ``mlflow.sklearn.autolog`` records of the final fit,
its data sets and its tags. The best models are logged and scored on data the sweep has not seen.

    python examples/train_sweep.py --tracking-uri http://127.0.0.1:5000
"""

import itertools
import warnings
from dataclasses import dataclass
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import sklearn
from command_line import connect, parser
from matplotlib.figure import Figure
from mlflow.data.pandas_dataset import PandasDataset
from mlflow.entities import Run
from mlflow.models import infer_signature
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

SEED = 20
CLASSES = np.arange(10)
CANDIDATES = 3
WIDTHS = [8, 16, 32, 64, 128]
GRID: dict[str, list[Any]] = {
    "activation": ["relu", "tanh"],
    "learning_rate_init": [0.005, 0.03],
}
Settings = dict[str, Any]
Curve = list[dict[str, float]]


@dataclass(frozen=True)
class Split:
    """One part of the data: as a model takes it, and as MLflow names it."""

    pixels: np.ndarray
    digits: np.ndarray
    dataset: PandasDataset


@dataclass(frozen=True)
class Digits:
    """The three parts of the data."""

    train: Split
    validation: Split
    test: Split


@dataclass(frozen=True)
class Trained:
    """What a nested run leaves behind for the end of the sweep."""

    settings: Settings
    model: MLPClassifier
    curve: Curve


def load() -> Digits:
    """8 x 8 pixels, scaled to 0..1, in three parts with the same share of each digit."""
    pixels, digits = load_digits(as_frame=True, return_X_y=True)
    frame = (pixels / 16.0).assign(digit=digits)
    learn, test = train_test_split(frame, test_size=0.25, random_state=SEED, stratify=digits)
    train, validation = train_test_split(
        learn, test_size=0.25, random_state=SEED, stratify=learn["digit"]
    )
    return Digits(
        train=split(train, "digits-train"),
        validation=split(validation, "digits-validation"),
        test=split(test, "digits-test"),
    )


def split(frame: pd.DataFrame, name: str) -> Split:
    """Name this part of the data."""
    dataset = mlflow.data.from_pandas(frame, name=name, targets="digit")
    return Split(frame.drop(columns="digit").to_numpy(), frame["digit"].to_numpy(), dataset)


def scores(model: MLPClassifier, part: Split, prefix: str) -> dict[str, float]:
    """Log loss and accuracy on one part of the data."""
    probabilities = model.predict_proba(part.pixels)
    of_the_truth = probabilities[np.arange(len(part.digits)), part.digits]
    hits = probabilities.argmax(axis=1) == part.digits
    return {
        f"{prefix}_loss": float(-np.log(np.maximum(of_the_truth, 1e-15)).mean()),
        f"{prefix}_accuracy": float(hits.mean()),
    }


def learn(settings: Settings, data: Digits, epochs: int) -> Curve:
    """Train one epoch at a time and log the learning curve."""
    model = MLPClassifier(**settings, random_state=SEED)
    curve = []
    for epoch in range(1, epochs + 1):
        model.partial_fit(data.train.pixels, data.train.digits, classes=CLASSES)
        point = scores(model, data.train, "train") | scores(model, data.validation, "validation")
        mlflow.log_metrics(point, step=epoch)
        curve.append(point)
    return curve


def train_one(settings: Settings, data: Digits, epochs: int) -> tuple[str, Trained]:
    """One nested run: the learning curve, then a fit up to its best epoch for autolog to record."""
    width, activation, rate = settings.values()
    with mlflow.start_run(run_name=f"{width[0]}-{activation}-{rate}", nested=True) as run:
        mlflow.set_tags({"stage": "sweep", "team": "digits"})
        mlflow.log_input(data.train.dataset, context="training")
        mlflow.log_input(data.validation.dataset, context="validation")
        curve = learn(settings, data, epochs)
        losses = [point["validation_loss"] for point in curve]
        best_epoch = losses.index(min(losses)) + 1
        mlflow.log_metrics({"best_epoch": best_epoch, "best_validation_loss": min(losses)})
        model = MLPClassifier(**settings, random_state=SEED, max_iter=best_epoch)
        model.fit(data.train.pixels, data.train.digits)
    print(
        f"{run.info.run_name}: validation loss {min(losses):.4f} at epoch {best_epoch}", flush=True
    )
    return run.info.run_id, Trained(settings, model, curve)


def plot(curves: list[Curve]) -> Figure:
    """Validation loss and accuracy of every nested run."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    metrics = ["validation_loss", "validation_accuracy"]
    for axes, metric in zip(figure.subplots(1, 2), metrics, strict=True):
        for curve in curves:
            axes.plot(range(1, len(curve) + 1), [point[metric] for point in curve], linewidth=1)
        axes.set(xlabel="epoch", ylabel=metric)
    return figure


def log_candidate(run_id: str, trained: Trained, data: Digits) -> None:
    """Log the model of a nested run, and its scores on the test data against that model."""
    with mlflow.start_run(run_id=run_id, nested=True):
        logged = mlflow.sklearn.log_model(
            trained.model,
            name="digits-mlp",
            params=trained.settings,
            signature=infer_signature(data.test.pixels, data.test.digits),
            # Named here, because MLflow finds them out by loading the model in a new process.
            pip_requirements=[f"scikit-learn=={sklearn.__version__}", f"numpy=={np.__version__}"],
            skops_trusted_types=["sklearn.neural_network._stochastic_optimizers.AdamOptimizer"],
        )
        test_scores = scores(trained.model, data.test, "test")
        mlflow.log_metrics(test_scores, model_id=logged.model_id, dataset=data.test.dataset)
        mlflow.set_tag("stage", "candidate")


def candidates(parent_id: str, experiment_id: str) -> list[Run]:
    """The nested runs with the lowest validation loss."""
    return mlflow.search_runs(
        experiment_ids=[experiment_id],
        filter_string=f"tags.mlflow.parentRunId = '{parent_id}' AND metrics.validation_loss < 2",
        order_by=["metrics.best_validation_loss ASC"],
        max_results=CANDIDATES,
        output_format="list",
    )


def sweep(data: Digits, epochs: int, widths: list[int]) -> str:
    """The whole grid under one parent run; the parent's id."""
    axes = {"hidden_layer_sizes": [(width,) for width in widths], **GRID}
    grid = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    description = "Which width, activation and learning rate suit the handwritten digits?"
    with mlflow.start_run(run_name="sweep", description=description) as parent:
        mlflow.set_tags({"stage": "parent", "team": "digits"})
        mlflow.log_params({"runs": len(grid), "epochs": epochs, "seed": SEED})
        mlflow.log_dict({key: [str(value) for value in axes[key]] for key in axes}, "grid.json")
        trained = dict(train_one(settings, data, epochs) for settings in grid)
        mlflow.log_figure(plot([one.curve for one in trained.values()]), "learning_curves.png")
        best = candidates(parent.info.run_id, parent.info.experiment_id)
        mlflow.log_metric("best_validation_loss", best[0].data.metrics["best_validation_loss"])
        for run in best:
            log_candidate(run.info.run_id, trained[run.info.run_id], data)
    return parent.info.run_id


def report(parent_id: str, experiment: str) -> None:
    """Print the best runs of this sweep."""
    table = mlflow.search_runs(
        experiment_names=[experiment],
        filter_string=(
            f"tags.mlflow.parentRunId = '{parent_id}' AND attributes.status = 'FINISHED' "
            "AND metrics.validation_accuracy > 0.9 AND params.solver = 'adam'"
        ),
        order_by=["metrics.best_validation_loss ASC"],
        max_results=5,
    )
    columns = {
        "tags.mlflow.runName": "run",
        "metrics.best_validation_loss": "validation loss",
        "metrics.validation_accuracy": "validation accuracy",
        "metrics.test_accuracy": "test accuracy",
    }
    print(f"\nThe best runs of {experiment!r}:")
    # With hardly any epochs no run is that good, and there is a table of nothing.
    table = table.reindex(columns=list(columns))
    print(table.rename(columns=columns).round(4).to_string(index=False, na_rep="-"))


def quieten() -> None:
    """Leave out what is no news here."""
    # To stop after a chosen number of epochs is what the sweep is about, and the first of them
    # does not know every digit yet.
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    warnings.filterwarnings("ignore", category=UndefinedMetricWarning)
    # Between MLflow's autologging and scikit-learn.
    warnings.filterwarnings("ignore", category=FutureWarning, module="sklearn")
    warnings.filterwarnings("ignore", message="Hint: Inferred schema contains integer")


def main() -> None:
    """Read the command line and run the sweep."""
    options = parser(__doc__)
    options.add_argument("--epochs", type=int, default=12, help="(default: %(default)s)")
    options.add_argument("--widths", type=int, nargs="+", default=WIDTHS, help="of the layer")
    arguments = options.parse_args()

    quieten()
    connect(arguments)
    mlflow.set_experiment(arguments.experiment)
    # The best models and the data sets are logged by hand: for each of the runs it would be slow.
    mlflow.sklearn.autolog(log_models=False, log_datasets=False, silent=True)
    # The matrices are so small that threads would mostly wait for each other.
    with threadpool_limits(limits=1):
        parent_id = sweep(load(), arguments.epochs, arguments.widths)
    report(parent_id, arguments.experiment)


if __name__ == "__main__":
    main()
