"""Registered models: what decides about their versions is in the model's document.

A version's document holds copies of some of it, for searches: see ``codecs.model_versions``.
"""

from collections.abc import Mapping, Sequence

from mlflow.entities.model_registry import (
    ModelVersion,
    RegisteredModel,
    RegisteredModelAlias,
    RegisteredModelTag,
)

from mlflow_docstore.adapters.document.documents import WORKSPACE
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.core.registry import UNSTAGED, is_prompt

from .tags import decode_map, encode_map

NAME = "name"
LISTING = "listing"
"""Which searches find it: ``model``, ``prompt``, or ``closing`` while it is being removed."""
CREATED = "creation_time"
UPDATED = "last_updated_time"
DESCRIPTION = "description"
TAGS = "tags"
ALIASES = "aliases"
COUNT = "version_count"
"""The highest number that a version was given."""
PENDING = "pending"
"""The numbers of versions that were perhaps not stored yet when the last number was given."""
STAGES = "stages"
"""By number, the stages of versions that were ever moved."""
LATEST = "latest"
"""Ids of the newest version of each stage."""
HAS_PROMPTS = "has_prompt_versions"
"""Whether a version has the tag of prompts, which hides all versions from searches of models."""
REVISION = "revision"
"""Counts the changes of whatever versions copy or depend on: the precondition of each."""
WRITER = "writer"
"""A token of the last such change, by which a writer whose reply was lost knows its own."""
RENAMED = "renamed"
"""When the model was last renamed, from which name, and at which revision."""
UNSPREAD = "unspread"
"""The name has changed, and its versions' copies perhaps not yet."""
UNLISTED = "unlisted"
"""The revision that hid or showed the versions, until their copies say so."""
FENCED = "fenced"
"""In a model that is being removed: every version has a document, if only a fence."""

STAGE = "stage"
AT = "at"
"""Fields of an entry of ``stages``; ``at`` of ``renamed`` as well."""
FROM = "from"
"""A field of ``renamed``."""

MODEL = "model"
PROMPT = "prompt"
CLOSING = "closing"
OPEN = (MODEL, PROMPT)
"""The listings of what is stored and not removed, of versions as well."""

HEAD = (
    NAME,
    "name_rev",
    "claim",
    LISTING,
    UPDATED,
    ALIASES,
    COUNT,
    PENDING,
    STAGES,
    LATEST,
    HAS_PROMPTS,
    REVISION,
    WRITER,
    RENAMED,
    UNSPREAD,
    UNLISTED,
    FENCED,
)
"""What a process remembers: not texts and tags, which may be large and decide nothing."""


def version_id(model_id: str, number: int) -> str:
    """The id of a version's document."""
    return f"{model_id}-{number}"


def encode_model(model_id: str, model: RegisteredModel) -> Document:
    """The document of a new model."""
    # Not the entity's ``tags``: those leave the tag of prompts out.
    tags = model._tags  # noqa: SLF001
    return {
        "_id": model_id,
        NAME: model.name,
        LISTING: listing(tags),
        CREATED: model.creation_timestamp,
        UPDATED: model.last_updated_timestamp,
        DESCRIPTION: model.description,
        TAGS: encode_map(tags),
        ALIASES: {},
        COUNT: 0,
        PENDING: [],
        STAGES: {},
        LATEST: [],
        HAS_PROMPTS: False,
        REVISION: 0,
        WRITER: None,
        RENAMED: None,
        UNSPREAD: False,
    }


def decode_model(document: Document, latest_versions: Sequence[ModelVersion]) -> RegisteredModel:
    """The model of a document, with the newest versions of its stages."""
    tags = decode_map(document[TAGS])
    return RegisteredModel(
        name=document[NAME],
        creation_timestamp=document[CREATED],
        last_updated_timestamp=document[UPDATED],
        description=document[DESCRIPTION],
        latest_versions=list(latest_versions),
        tags=[RegisteredModelTag(key, value) for key, value in tags.items()],
        aliases=[RegisteredModelAlias(alias, number) for alias, number in aliases(document)],
        workspace=WORKSPACE,
    )


def listing(tags: Mapping[str, str | None]) -> str:
    """Which searches find a model with the tags."""
    return PROMPT if is_prompt(tags) else MODEL


def aliases(head: Document) -> list[tuple[str, int]]:
    """Aliases and the numbers that they point at, by name."""
    return sorted(decode_map(head[ALIASES]).items())


def aliases_of(head: Document, number: int) -> list[str]:
    """The aliases that point at a version."""
    return [alias for alias, pointed_at in aliases(head) if pointed_at == number]


def stage_of(head: Document, number: int) -> str:
    """The stage of a version."""
    entry = head[STAGES].get(str(number))
    return entry[STAGE] if entry else UNSTAGED
