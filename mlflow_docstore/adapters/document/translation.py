"""From a database's own errors to those of the ports: a table by class, for every adapter."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from mlflow_docstore.core.errors import StoreError

A = TypeVar("A")


class Translation(Generic[A]):
    """What the errors of a database's library stand for.

    Args:
        rules: By class: what is made of an error, and of what the call was about. The first class
            that fits decides, so a class comes before its parents.
    """

    def __init__(
        self, rules: Sequence[tuple[type[Exception], Callable[[Exception, A], StoreError]]]
    ) -> None:
        self._rules = tuple(rules)
        self._translated = tuple(cause for cause, _ in rules)

    def of(self, error: Exception, attempt: A) -> StoreError:
        """The error of the ports that an error of the library stands for."""
        return next(rule for cause, rule in self._rules if isinstance(error, cause))(error, attempt)

    @contextmanager
    def around(self, attempt: Callable[[], A]) -> Iterator[None]:
        """Around every call of the library.

        Args:
            attempt: What the call is about; asked where it failed.
        """
        try:
            yield
        except self._translated as error:
            raise self.of(error, attempt()) from error
