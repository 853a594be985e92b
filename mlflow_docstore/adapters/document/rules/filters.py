"""Dispatch over the nodes of a filter, once for all databases."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from mlflow_docstore.core.errors import Unsupported
from mlflow_docstore.core.query import (
    And,
    AnyElement,
    Compare,
    Exists,
    Filter,
    In,
    Like,
    MissingOr,
    Or,
)

T = TypeVar("T")


class FilterCompiler(ABC, Generic[T]):
    """Dispatch over the nodes of a filter; a dialect says what becomes of each."""

    def compile(self, node: Filter) -> T:  # noqa: PLR0911 - one line a node
        """The native form of a filter.

        Raises:
            Unsupported: For a node that this release does not know: never a wider filter.
        """
        match node:
            case Compare():
                return self.compare(node)
            case In():
                return self.membership(node)
            case Like():
                return self.like(node)
            case Exists():
                return self.exists(node)
            case MissingOr():
                return self.missing_or(node)
            case AnyElement():
                return self.any_element(node)
            case And():
                return self.conjunction(node)
            case Or():
                return self.disjunction(node)
            case _:
                raise Unsupported("filter", type(node).__name__)

    @abstractmethod
    def compare(self, node: Compare) -> T:
        """A comparison with a scalar."""

    @abstractmethod
    def membership(self, node: In) -> T:
        """One of some values, or none of them."""

    @abstractmethod
    def like(self, node: Like) -> T:
        """An SQL pattern."""

    @abstractmethod
    def exists(self, node: Exists) -> T:
        """Presence or absence."""

    @abstractmethod
    def missing_or(self, node: MissingOr) -> T:
        """Absent, null or equal."""

    @abstractmethod
    def any_element(self, node: AnyElement) -> T:
        """A match within an array."""

    @abstractmethod
    def conjunction(self, node: And) -> T:
        """All of some filters."""

    @abstractmethod
    def disjunction(self, node: Or) -> T:
        """One of some filters."""
