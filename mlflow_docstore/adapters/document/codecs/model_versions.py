"""Versions: a document each, with copies of what their registered model decides.

Copies say as of which revision of the model they are, so that a late one never replaces a newer.
"""

from collections.abc import Mapping
from typing import Any

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag

from mlflow_docstore.adapters.document.documents import WORKSPACE
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.core.registry import UNSTAGED
from mlflow_docstore.ports.model_versions import NewVersion

from . import registered_models as model_codec
from .registered_models import aliases_of, stage_of, version_id
from .tags import decode_map, encode_map

MODEL_ID = "model_id"
NUMBER = "number"
CREATED = "creation_time"
UPDATED = "last_updated_time"
DESCRIPTION = "description"
SOURCE = "source"
STORAGE = "storage_location"
RUN = "run_id"
RUN_LINK = "run_link"
TAGS = "tags"
WRITER = "writer"

NAME = "name"
NAMED = "named"
"""A copy of the model's name, and as of which revision."""
STAGE = "stage"
STAGED = "staged"
"""A copy of the stage, and as of which revision."""
LISTING = "listing"
"""Which searches find it: ``model``, ``prompt`` or, once it is deleted, ``deleted``."""

FENCE = "fence"
"""Marks a document that only keeps an id from whoever was given its number and is late."""

DELETED = "deleted"

# What MLflow's SQL store leaves of a deleted version.
BLANKED = {
    LISTING: DELETED,
    DESCRIPTION: None,
    SOURCE: "REDACTED-SOURCE-PATH",
    RUN: "REDACTED-RUN-ID",
    RUN_LINK: "REDACTED-RUN-LINK",
}


def encode_version(version: NewVersion, head: Document, number: int, writer: str) -> Document:
    """The document of a new version.

    Args:
        version: What the caller says of it.
        head: Its registered model.
        number: The number that the model gave it.
        writer: The token under which the model did.
    """
    return {
        "_id": version_id(head["_id"], number),
        MODEL_ID: head["_id"],
        NUMBER: number,
        CREATED: version.created,
        UPDATED: version.created,
        DESCRIPTION: version.description,
        SOURCE: version.source,
        STORAGE: version.storage_location,
        RUN: version.run_id,
        RUN_LINK: version.run_link,
        TAGS: encode_map(version.tags),
        WRITER: writer,
        STAGE: UNSTAGED,
        STAGED: head[model_codec.REVISION],
        **naming(head),
    }


def naming(head: Document) -> dict[str, Any]:
    """The copies that say how a live version is found."""
    return {
        NAME: head[model_codec.NAME],
        NAMED: head[model_codec.REVISION],
        LISTING: listing(head),
    }


def listing(head: Document) -> str:
    """Which searches find the live versions of a model."""
    return model_codec.PROMPT if head[model_codec.HAS_PROMPTS] else model_codec.MODEL


def encode_fence(head: Document, number: int) -> Document:
    """A document in the place of a version that was numbered, but is not stored yet."""
    return {
        "_id": version_id(head["_id"], number),
        MODEL_ID: head["_id"],
        NAMED: head[model_codec.REVISION],
        FENCE: True,
    }


def decode_version(document: Document, head: Document, *, bare: bool = False) -> ModelVersion:
    """The version of a document, as its model has it.

    Args:
        document: The version's.
        head: The model's.
        bare: Without aliases.
    """
    number = document[NUMBER]
    return _entity(
        document,
        name=head[model_codec.NAME],
        stage=stage_of(head, number),
        aliases=[] if bare else aliases_of(head, number),
    )


def decode_found(document: Document) -> ModelVersion:
    """The version of a document, by its own copies."""
    return _entity(document, name=document[NAME], stage=document[STAGE], aliases=[])


def _entity(
    document: Mapping[str, Any], *, name: str, stage: str, aliases: list[str]
) -> ModelVersion:
    tags = decode_map(document[TAGS])
    return ModelVersion(
        name=name,
        version=document[NUMBER],
        creation_timestamp=document[CREATED],
        last_updated_timestamp=document[UPDATED],
        description=document[DESCRIPTION],
        current_stage=stage,
        source=document[SOURCE],
        run_id=document[RUN],
        run_link=document[RUN_LINK],
        tags=[ModelVersionTag(key, value) for key, value in tags.items()],
        aliases=aliases,
        workspace=WORKSPACE,
    )
