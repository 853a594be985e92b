"""What all registries are filled with."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.data import EPOCH

ALIAS = "champion"
"""Points at the newest version of each model and prompt."""

STAGE = "Production"
PROMPT_VERSIONS = 3
TEXT = "You help {{name}} of {{team}}. Answer in one sentence, and say so if you do not know. " * 6


@dataclass(frozen=True, slots=True)
class Version:
    """A version that is to be there."""

    number: int
    created: int
    source: str
    run_id: str
    description: str
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class Model:
    """A registered model that is to be there, with versions.

    Args:
        name: Sorts as models were made.
        created: When.
        description: What it is.
        tags: Its tags.
        versions: From the first; the last one has the alias.
        staged: The number of the version that is in the stage.
    """

    name: str
    created: int
    description: str
    tags: dict[str, str]
    versions: tuple[Version, ...]
    staged: int

    @property
    def updated(self) -> int:
        """When the last version was made."""
        return self.versions[-1].created


def models(count: int, versions: int) -> Iterator[Model]:
    """Registered models."""
    for number in range(count):
        created = EPOCH + number * 1_000_000
        name = f"model-{number:05d}"
        yield Model(
            name=name,
            created=created,
            description=f"What {name} is for, in a sentence of some length.",
            tags={"team": f"team-{number % 20}", "task": "classification"},
            versions=tuple(
                _version(name, version, created + version * 1_000)
                for version in range(1, versions + 1)
            ),
            staged=max(1, versions - 2),
        )


def _version(name: str, number: int, created: int) -> Version:
    run_id = f"{abs(created) * 1_000 + number:032x}"
    return Version(
        number=number,
        created=created,
        source=f"s3://models/1/{run_id}/artifacts/{name}",
        run_id=run_id,
        description=f"Version {number}",
        tags={"validated": "yes"},
    )


def prompt_names(count: int) -> list[str]:
    """Prompts."""
    return [f"prompt-{number:03d}" for number in range(count)]
