"""Inputs and outputs, as elements of arrays in a run; datasets, as documents of their own."""

from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
)

from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.keys import digest

DATASETS = "datasets"
MODEL_INPUTS = "model_inputs"
MODEL_OUTPUTS = "model_outputs"

ID = "id"
NAME = "name"
DIGEST = "digest"
CONTEXT = "context"
EXPERIMENT = "experiment_id"
CONTEXTS = "contexts"

# Not "schema": every document's own schema version is under that name.
_SCHEMA = "data_schema"
_PROFILE = "profile"
_SOURCE = "source"
_SOURCE_TYPE = "source_type"

TEXTS = (_SOURCE, _SCHEMA, _PROFILE)
"""Texts that may be large, in a dataset and in its links."""

_CONTENT = (NAME, DIGEST, _SOURCE_TYPE, *TEXTS)

CONTEXT_TAG = "mlflow.data.context"


def dataset_id(experiment_id: str, dataset: Dataset) -> str:
    """What a dataset is known by: its name and digest within the experiment."""
    return digest(experiment_id, dataset.name, dataset.digest)


def encode_dataset(experiment_id: str, dataset: Dataset) -> Document:
    """The document of a dataset that is new to an experiment."""
    return {
        "_id": dataset_id(experiment_id, dataset),
        EXPERIMENT: experiment_id,
        NAME: dataset.name,
        DIGEST: dataset.digest,
        _SOURCE_TYPE: dataset.source_type,
        _SOURCE: dataset.source,
        _SCHEMA: dataset.schema,
        _PROFILE: dataset.profile,
        CONTEXTS: [],
    }


def encode_dataset_input(stored: Document, tags: list[InputTag]) -> Document:
    """A link of a stored dataset, with its content, so that a run is read at once.

    Large texts are not in the content, but with the dataset: the link refers to the same parts.
    """
    kept = {tag.key: tag.value for tag in tags}
    return {
        ID: stored["_id"],
        **{name: stored[name] for name in _CONTENT},
        CONTEXT: kept.get(CONTEXT_TAG),
        "tags": [[tag.key, tag.value] for tag in tags],
    }


def decode_dataset_input(stored: Document) -> DatasetInput:
    """The link of a dataset to a run."""
    return DatasetInput(
        decode_dataset(stored), [InputTag(key, value) for key, value in stored["tags"]]
    )


def decode_dataset(stored: Document) -> Dataset:
    """The dataset of a document, or of a link."""
    return Dataset(
        name=stored[NAME],
        digest=stored[DIGEST],
        source_type=stored[_SOURCE_TYPE],
        source=stored[_SOURCE],
        schema=stored[_SCHEMA],
        profile=stored[_PROFILE],
    )


def decode_model_input(stored: Document) -> LoggedModelInput:
    """The link of a model that the run read."""
    return LoggedModelInput(model_id=stored[ID])


def encode_model_output(output: LoggedModelOutput, token: str) -> Document:
    """The link of a model that the run wrote; the token says which call linked it."""
    return {ID: output.model_id, "step": output.step, "token": token}


def decode_model_output(stored: Document) -> LoggedModelOutput:
    """The link of a model that the run wrote."""
    return LoggedModelOutput(model_id=stored[ID], step=stored["step"])
