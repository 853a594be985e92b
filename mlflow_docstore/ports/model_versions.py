"""Versions of registered models."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mlflow.entities.model_registry import ModelVersion

from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import And, Filter, Order


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version that has no number yet.

    Args:
        name: The registered model's.
        source: Where the model is, as the caller says.
        created: Now, in milliseconds since the epoch.
        storage_location: Where to download it from; None for the source.
        run_id: The run that made it.
        run_link: A link to that run.
        description: What it is.
        tags: Its tags.
    """

    name: str
    source: str | None
    created: int
    storage_location: str | None = None
    run_id: str | None = None
    run_link: str | None = None
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelVersionQuery:
    """Which versions, in what order. Deleted ones are never found.

    Args:
        where: Attributes (``name``, ``version_number``, ``run_id``, ``source_path``,
            ``creation_timestamp``, ``last_updated_timestamp``) and tags.
        order: Sort keys on attributes; ties go by name, then to the highest number.
        prompts: Whether versions of prompts are found as well. A model counts as a prompt here as
            soon as any version of it has the tag of prompts.
    """

    where: Filter = field(default_factory=And)
    order: tuple[Order, ...] = ()
    prompts: bool = False


class ModelVersionRepository(Protocol):
    """Versions, numbered from 1 within their model; no number is given twice.

    The registered model decides about numbers, stages and aliases, in one write each. Searches see
    a stage and a name as soon as the call that changed it has returned.
    """

    @abstractmethod
    def create(self, version: NewVersion) -> ModelVersion:
        """Store a new version under the next number, and return it.

        Raises:
            NotFound: ``kind="registered_model"``.
        """

    @abstractmethod
    def get(self, name: str, number: int) -> ModelVersion:
        """The version, with its aliases.

        Raises:
            NotFound: ``kind="model_version"``, with ``facts["name"]``; no such version, or model.
        """

    @abstractmethod
    def get_by_alias(self, name: str, alias: str) -> ModelVersion:
        """The version that an alias points at, with its aliases.

        Raises:
            NotFound: ``kind="registered_model"``, or ``"registered_model_alias"``.
        """

    @abstractmethod
    def latest(self, name: str) -> list[ModelVersion]:
        """The newest version of each stage that has one, with their aliases.

        Raises:
            NotFound: ``kind="registered_model"``.
        """

    @abstractmethod
    def download_uri(self, name: str, number: int) -> str | None:
        """The storage location of a version, or else its source.

        Raises:
            NotFound: ``kind="model_version"``, with ``facts["name"]``.
        """

    @abstractmethod
    def search(self, query: ModelVersionQuery, page: PageRequest) -> Page[ModelVersion]:
        """One page of versions, without their aliases.

        Raises:
            InvalidArgument: ``kind="page_token"``.
        """

    @abstractmethod
    def update(self, name: str, number: int, description: str | None, *, at: int) -> ModelVersion:
        """Set the description, and return the version.

        Raises:
            NotFound: ``kind="model_version"``, with ``facts["name"]``.
        """

    @abstractmethod
    def transition(
        self, name: str, number: int, stage: str, *, at: int, archive: bool
    ) -> ModelVersion:
        """Move a version to a stage, and return it.

        Args:
            name: The model's.
            number: The version's.
            stage: Where to.
            at: Now, in milliseconds since the epoch.
            archive: Move all other versions of that stage to ``Archived`` in the same write, so
                that of any number of writers the last one's version is alone in the stage.

        Raises:
            NotFound: ``kind="model_version"``, with ``facts["name"]``.
        """

    @abstractmethod
    def delete(self, name: str, number: int, *, at: int) -> None:
        """Delete a version and, in the same write, all aliases that point at it.

        Its tags are kept, the rest is blanked, as MLflow's SQL store does.

        Raises:
            NotFound: ``kind="model_version"``, with ``facts["name"]``.
        """

    @abstractmethod
    def set_tag(self, name: str, number: int, key: str, value: str) -> None:
        """Set a tag.

        Raises:
            NotFound: ``kind="model_version"``, with ``facts["name"]``.
        """

    @abstractmethod
    def delete_tag(self, name: str, number: int, key: str) -> None:
        """Remove a tag; one that is not there is no error.

        Raises:
            NotFound: ``kind="model_version"``, with ``facts["name"]``.
        """
