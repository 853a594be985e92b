"""Processes that do one job at the same time, each with a backend, or a store, of its own."""

import multiprocessing
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore
from mlflow.tracking._model_registry.utils import _get_store

from mlflow_docstore.compat.schemes import adapter_entry_point, adapter_entry_points
from mlflow_docstore.core.errors import StoreError
from mlflow_docstore.ports.backend import Adapter, Backend

_ROOT = Path(__file__).parents[2]
_START_SECONDS = 60
_JOB_SECONDS = 60

# What takes long to import, done once for all.
_PRELOADED = [
    "mlflow_docstore.adapters.mongodb",
    "mlflow_docstore.adapters.sqlite",
    "mlflow.entities",
    "mlflow.tracking._model_registry.utils",
]

Job = Callable[..., Any]
"""A function of a module, called with what the process has opened, its number, and arguments."""


@dataclass(frozen=True)
class Refused:
    """How a job ended that was answered with an error: one of ours, or the code of MLflow's."""

    error: str
    kind: str = ""


def adapter_of(uri: str) -> Adapter:
    """The adapter of the URI's scheme."""
    adapter: Adapter = adapter_entry_point(uri, adapter_entry_points()).load()
    return adapter


def open_backend(uri: str) -> Backend:
    """Our repositories."""
    backend = adapter_of(uri).open(uri)
    backend.prepare()
    return backend


def open_registry(uri: str) -> RegistryStore:
    """MLflow's model registry, as MLflow opens it."""
    return _get_store(uri)


class Team:
    """Some processes.

    Args:
        uri: Their database.
        size: How many.
        opening: Makes what each of them works with; a function of a module.
    """

    def __init__(self, uri: str, size: int, opening: Callable[[str], Any] = open_backend) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        barrier = context.Barrier(size)
        self._pipes: list[Connection] = []
        self._members = []
        with _importable():
            for number in range(size):
                ours, theirs = context.Pipe()
                member = context.Process(
                    target=_serve, args=(opening, uri, number, theirs, barrier), daemon=True
                )
                member.start()
                self._pipes.append(ours)
                self._members.append(member)
        self._answers(_START_SECONDS)

    def do(self, job: Job, *args: Any) -> list[Any]:
        """The job in every process at once; what it returned, or ``Refused``, by process."""
        for pipe in self._pipes:
            pipe.send((job, args))
        return self._answers(_JOB_SECONDS)

    def _answers(self, seconds: float) -> list[Any]:
        answers = []
        for pipe in self._pipes:
            assert pipe.poll(seconds), "a process does not answer"
            answers.append(pipe.recv())
        return answers

    def close(self) -> None:
        for pipe, member in zip(self._pipes, self._members, strict=True):
            pipe.close()
            member.join(_JOB_SECONDS)


@contextmanager
def _importable() -> Iterator[None]:
    """A new process finds the modules of the tests where this one has its path."""
    sys.path.insert(0, str(_ROOT))
    try:
        yield
    finally:
        sys.path.remove(str(_ROOT))


def _serve(
    opening: Callable[[str], Any], uri: str, number: int, pipe: Connection, barrier: Barrier
) -> None:
    opened = opening(uri)
    pipe.send(number)
    while True:
        try:
            job, args = pipe.recv()
        except EOFError:
            return
        barrier.wait(_JOB_SECONDS)
        pipe.send(_done(job, opened, number, args))


def _done(job: Job, opened: Any, number: int, args: tuple[Any, ...]) -> Any:
    try:
        return job(opened, number, *args)
    except StoreError as error:
        return Refused(type(error).__name__, error.kind)
    except MlflowException as error:
        return Refused(error.error_code)
