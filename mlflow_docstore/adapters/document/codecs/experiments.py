"""Experiments."""

from mlflow.entities import Experiment, ExperimentTag

from mlflow_docstore.adapters.document.documents import WORKSPACE
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.core.experiments import number
from mlflow_docstore.core.runs import recency

from .tags import decode_map, encode_map

NAME = "name"
LIFECYCLE = "lifecycle"
NUMBER = "number"
RECENT = "recent"
TAGS = "tags"
CREATED = "creation_time"
UPDATED = "last_update_time"
LOCATION = "artifact_location"


def encode_experiment(experiment: Experiment) -> Document:
    """The document of a new experiment."""
    ordinal = number(experiment.experiment_id)
    return {
        "_id": experiment.experiment_id,
        NAME: experiment.name,
        LIFECYCLE: experiment.lifecycle_stage,
        LOCATION: experiment.artifact_location,
        CREATED: experiment.creation_time,
        UPDATED: experiment.last_update_time,
        NUMBER: ordinal,
        RECENT: recency(experiment.creation_time, ordinal),
        TAGS: encode_map(experiment.tags),
    }


def decode_experiment(document: Document) -> Experiment:
    """The experiment of a document."""
    tags = decode_map(document[TAGS])
    return Experiment(
        experiment_id=document["_id"],
        name=document[NAME],
        artifact_location=document[LOCATION],
        lifecycle_stage=document[LIFECYCLE],
        tags=[ExperimentTag(key, value) for key, value in tags.items()],
        creation_time=document[CREATED],
        last_update_time=document[UPDATED],
        workspace=WORKSPACE,
    )
