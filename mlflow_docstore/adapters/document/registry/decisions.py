"""What the head of a registered model says of its versions, and the changes that say otherwise.

Pure: from a head to the fields to set, for ``ModelHeads.change``.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mlflow_docstore.adapters.document.codecs.registered_models import (
    ALIASES,
    AT,
    COUNT,
    HAS_PROMPTS,
    LATEST,
    NAME,
    PENDING,
    REVISION,
    STAGE,
    STAGES,
    UNLISTED,
    UPDATED,
    stage_of,
    version_id,
)
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.registry import DELETED, newest


def require_live(head: Document, number: int) -> None:
    """Refuse a number that no version has, or that of a deleted one.

    Raises:
        NotFound: ``kind="model_version"``.
    """
    if not 1 <= number <= head[COUNT] or stage_of(head, number) == DELETED:
        raise NotFound("model_version", number, name=head[NAME])


def moving(head: Document, numbers: Mapping[int, str], at: int) -> dict[str, Any]:
    """The changes of a model that move versions to stages."""
    moved = {str(number): {STAGE: stage, AT: at} for number, stage in numbers.items()}
    stages = {**head[STAGES], **moved}
    return {STAGES: stages, UPDATED: at, LATEST: _latest(head["_id"], head[COUNT], stages)}


def numbering(head: Document, pending: Iterable[int], at: int) -> dict[str, Any]:
    """The changes of a model that give the next number to a version; others are pending as well."""
    count = head[COUNT] + 1
    latest = _latest(head["_id"], count, head[STAGES])
    return {COUNT: count, PENDING: [*pending, count], UPDATED: at, LATEST: latest}


def listing_versions(head: Document, *, prompts: bool) -> dict[str, Any]:
    """The changes of a model that hide its versions as those of a prompt, or show them."""
    if head[HAS_PROMPTS] == prompts:
        return {}
    # Of no versions there are no copies.
    spread = {UNLISTED: head[REVISION] + 1} if head[COUNT] else {}
    return {HAS_PROMPTS: prompts, **spread}


def dropping_aliases(head: Document, number: int) -> dict[str, Any]:
    """The changes of a model that leave no alias to a version."""
    kept = {alias: other for alias, other in head[ALIASES].items() if other != number}
    return {ALIASES: kept}


def in_stage(head: Document, stage: str) -> Iterable[int]:
    """The versions that were moved to a stage and are still in it."""
    return (int(number) for number, entry in head[STAGES].items() if entry[STAGE] == stage)


def _latest(model_id: str, count: int, stages: Mapping[str, Any]) -> list[str]:
    named = {int(number): entry[STAGE] for number, entry in stages.items()}
    return [version_id(model_id, number) for number in newest(count, named)]
