"""What runs read and wrote, by MLflow's signatures."""

from collections.abc import Sequence

from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import BAD_REQUEST

from mlflow_docstore.compat.arguments import (
    first_repeated,
    judged_after,
    parsed_experiment_ids,
    text,
    whole,
)
from mlflow_docstore.compat.errors import internal_errors
from mlflow_docstore.compat.mlflow_internals.tracking import (
    DatasetSummary,
    validate_dataset_inputs,
    validate_run_id,
)
from mlflow_docstore.core.errors import AlreadyExists
from mlflow_docstore.ports.backend import Backend

from .metrics import require_active

MAX_DATASET_SUMMARIES = 1000


class InputsMixin:
    """The area ``inputs`` of a tracking store."""

    _backend: Backend

    def log_inputs(
        self,
        run_id: str,
        datasets: list[DatasetInput] | None = None,
        models: Sequence[LoggedModelInput] | None = None,
    ) -> None:
        validate_run_id(run_id)
        if datasets is not None and not isinstance(datasets, list):
            raise TypeError(f"Argument 'datasets' should be a list, got '{type(datasets)}'")
        validate_dataset_inputs(datasets or [])
        with (
            judged_after(lambda: require_active(self._backend.runs.get(run_id))),
            internal_errors(),
        ):
            _check_tags(datasets or [])
            read = [_stored_dataset(dataset) for dataset in datasets or []]
            used = [LoggedModelInput(_model_id(model)) for model in models or []]
        self._backend.inputs.log_inputs(run_id, read, used)

    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        with (
            judged_after(lambda: require_active(self._backend.runs.get(run_id))),
            internal_errors(),
        ):
            made = [LoggedModelOutput(_model_id(model), whole(model.step or 0)) for model in models]
        self._backend.inputs.log_outputs(run_id, made)

    def _search_datasets(self, experiment_ids: Sequence[str]) -> list[DatasetSummary]:
        found = self._backend.inputs.dataset_summaries(
            parsed_experiment_ids(experiment_ids), limit=MAX_DATASET_SUMMARIES
        )
        return [
            DatasetSummary(summary.experiment_id, summary.name, summary.digest, summary.context)
            for summary in found
        ]


def _check_tags(datasets: Sequence[DatasetInput]) -> None:
    for dataset_input in datasets:
        if (key := first_repeated(tag.key for tag in dataset_input.tags)) is not None:
            raise AlreadyExists("input_tag", key)


def _stored_dataset(item: DatasetInput) -> DatasetInput:
    fields = {name: text(value) for name, value in item.dataset}
    return DatasetInput(
        Dataset(**fields), [InputTag(tag.key, text(tag.value)) for tag in item.tags]
    )


def _model_id(model: LoggedModelInput | LoggedModelOutput) -> str:
    if model.model_id is None:
        raise MlflowException("A model lacks its id", BAD_REQUEST)
    return str(text(model.model_id))
