"""Processes that do one job at the same time, each with a backend of its own."""

import multiprocessing
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from mlflow_docstore.adapters.mongodb import ADAPTER
from mlflow_docstore.core.errors import StoreError
from mlflow_docstore.ports.backend import Backend

_ROOT = Path(__file__).parents[2]
_START_SECONDS = 60
_JOB_SECONDS = 60

# What takes long to import, done once for all.
_PRELOADED = ["mlflow_docstore.adapters.mongodb", "mlflow.entities"]

Job = Callable[..., Any]
"""A function of a module, called with the process's backend and number, and what else is given."""


@dataclass(frozen=True)
class Refused:
    """How a job ended that was answered with an error."""

    error: str
    kind: str


class Team:
    """Some processes.

    Args:
        uri: Their database.
        size: How many.
    """

    def __init__(self, uri: str, size: int) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        barrier = context.Barrier(size)
        self._pipes: list[Connection] = []
        self._members = []
        with _importable():
            for number in range(size):
                ours, theirs = context.Pipe()
                member = context.Process(
                    target=_serve, args=(uri, number, theirs, barrier), daemon=True
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


def _serve(uri: str, number: int, pipe: Connection, barrier: Barrier) -> None:
    backend = ADAPTER.open(uri)
    backend.prepare()
    pipe.send(number)
    while True:
        try:
            job, args = pipe.recv()
        except EOFError:
            backend.close()
            return
        barrier.wait(_JOB_SECONDS)
        pipe.send(_done(job, backend, number, args))


def _done(job: Job, backend: Backend, number: int, args: tuple[Any, ...]) -> Any:
    try:
        return job(backend, number, *args)
    except StoreError as error:
        return Refused(type(error).__name__, error.kind)
