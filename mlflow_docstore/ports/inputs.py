"""What runs read and wrote: datasets and logged models."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mlflow.entities import DatasetInput, LoggedModelInput, LoggedModelOutput


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """A dataset as some run of the experiment used it; ``context`` is None where untagged."""

    experiment_id: str
    name: str
    digest: str
    context: str | None


class InputRepository(Protocol):
    """Inputs and outputs of runs. Datasets are shared by the runs of an experiment."""

    @abstractmethod
    def log_inputs(
        self, run_id: str, datasets: Sequence[DatasetInput], models: Sequence[LoggedModelInput]
    ) -> None:
        """Link datasets and models to an active run as inputs.

        A dataset is known by name and digest within its experiment: the first source, schema and
        profile stay. What is linked to the run already is left as it is, tags included; of
        duplicates in one call the first counts.

        Raises:
            NotFound: ``kind="run"``.
            InvalidState: ``kind="run"``; ``facts["stage"]`` is its stage.
        """

    @abstractmethod
    def log_outputs(self, run_id: str, models: Sequence[LoggedModelOutput]) -> None:
        """Link models to an active run as outputs, all or none.

        Raises:
            NotFound: ``kind="run"``.
            InvalidState: ``kind="run"``; ``facts["stage"]`` is its stage.
            AlreadyExists: ``kind="model_output"``; a model is an output of this run already, or is
                named twice.
        """

    @abstractmethod
    def dataset_summaries(
        self, experiment_ids: Sequence[str], *, limit: int
    ) -> list[DatasetSummary]:
        """The distinct uses of datasets as inputs in the experiments."""
