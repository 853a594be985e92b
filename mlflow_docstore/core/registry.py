"""Rules of the model registry."""

from collections.abc import Mapping

UNSTAGED = "None"
ARCHIVED = "Archived"
DELETED = "Deleted_Internal"
"""The stage of a version that was deleted: its number is never given again."""

IS_PROMPT_TAG = "mlflow.prompt.is_prompt"
"""The tag by which MLflow tells prompts from models."""


def is_prompt(tags: Mapping[str, str | None]) -> bool:
    """Whether tags are those of a prompt, or of a version of one."""
    return tags.get(IS_PROMPT_TAG) == "true"


def newest(count: int, stages: Mapping[int, str]) -> list[int]:
    """The newest version of each stage, by the age of the stage's oldest version.

    Args:
        count: The highest number that a version was given.
        stages: Stages of versions; of those that are not named, ``None``.
    """
    found: dict[str, int] = {}
    for number in range(1, count + 1):
        stage = stages.get(number, UNSTAGED)
        if stage != DELETED:
            found[stage] = number
    return list(found.values())
