"""Registered models: names under which versions of a model, or of a prompt, are kept."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Protocol

from mlflow.entities.model_registry import RegisteredModel

from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import And, Filter, Order


@dataclass(frozen=True, slots=True)
class RegisteredModelQuery:
    """Which registered models, in what order.

    Args:
        where: The attribute ``name``, and tags.
        order: Sort keys on ``name`` and ``last_updated_timestamp``; ties go by name.
        prompts: Whether prompts are found as well as models.
    """

    where: Filter = field(default_factory=And)
    order: tuple[Order, ...] = ()
    prompts: bool = False


class RegisteredModelRepository(Protocol):
    """Registered models, with their tags and aliases. Each is one document under a unique name.

    Entities have the newest version of each stage in ``latest_versions``, without aliases there.
    """

    @abstractmethod
    def create(self, model_id: str, model: RegisteredModel) -> None:
        """Store a new model, which has no versions yet.

        Of any number of writers of one name one wins. A repeat after a lost reply succeeds.

        Args:
            model_id: Chosen by the caller, never used before; it stays when the name changes.
            model: Its name, description, tags and time of creation.

        Raises:
            AlreadyExists: ``kind="registered_model"``; another has the name.
        """

    @abstractmethod
    def get(self, name: str) -> RegisteredModel:
        """The model.

        Raises:
            NotFound: ``kind="registered_model"``.
        """

    @abstractmethod
    def search(self, query: RegisteredModelQuery, page: PageRequest) -> Page[RegisteredModel]:
        """One page of models.

        Raises:
            InvalidArgument: ``kind="page_token"``.
        """

    @abstractmethod
    def update(self, name: str, description: str | None, *, at: int) -> RegisteredModel:
        """Set the description, and return the model.

        Raises:
            NotFound: ``kind="registered_model"``.
        """

    @abstractmethod
    def rename(self, name: str, new_name: str, *, at: int) -> RegisteredModel:
        """Give a model another name, and return it.

        One write decides. The name by which searches find its versions follows at once; where that
        was interrupted, whoever reads the model next completes it.

        Args:
            name: The present name.
            new_name: The name to come.
            at: Now, in milliseconds since the epoch: the time of last update of the model and of
                all its versions.

        Raises:
            NotFound: ``kind="registered_model"``.
            AlreadyExists: ``kind="registered_model"``; another model has the new name.
        """

    @abstractmethod
    def delete(self, name: str) -> None:
        """Remove a model with all its versions, tags and aliases.

        One write decides. What is left after an interruption is not found by name, and removed by
        the repeat or by whoever wants the name next.

        Raises:
            NotFound: ``kind="registered_model"``.
        """

    @abstractmethod
    def set_tag(self, name: str, key: str, value: str | None) -> None:
        """Set a tag.

        Raises:
            NotFound: ``kind="registered_model"``.
        """

    @abstractmethod
    def delete_tag(self, name: str, key: str) -> None:
        """Remove a tag; one that is not there is no error.

        Raises:
            NotFound: ``kind="registered_model"``.
        """

    @abstractmethod
    def set_alias(self, name: str, alias: str, number: int) -> None:
        """Point an alias at a version, in one write, only if the version is there.

        Raises:
            NotFound: ``kind="model_version"``, with ``facts["name"]``; no such version, or model.
        """

    @abstractmethod
    def delete_alias(self, name: str, alias: str) -> None:
        """Remove an alias; one that is not there is no error.

        Raises:
            NotFound: ``kind="registered_model"``.
        """
