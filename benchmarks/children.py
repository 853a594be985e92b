"""Work in processes of their own."""

import multiprocessing
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

_PATIENCE = 1_800


class ChildError(Exception):
    """The work failed; the text is its traceback."""


class Child:
    """Work that goes on elsewhere.

    Args:
        receiver: Where its result arrives.
        title: What the work is called.
    """

    def __init__(self, receiver: Connection, title: str) -> None:
        self._receiver = receiver
        self._title = title

    def result(self) -> Any:
        """What the work returns; waits for it."""
        if not self._receiver.poll(_PATIENCE):
            raise TimeoutError(f"{self._title} took longer than {_PATIENCE} s")
        done, result = self._receiver.recv()
        if not done:
            raise ChildError(result)
        return result


@contextmanager
def beside(work: Callable[..., Any], *arguments: Any) -> Iterator[Child]:
    """Work in a new process, which ends with the context."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(sender, work, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        yield Child(receiver, work.__name__)
    finally:
        process.join(timeout=0.5)
        process.terminate()
        process.join()


def in_new_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """The result of work in a new process."""
    with beside(work, *arguments) as child:
        return child.result()


def _report(sender: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        answer = (True, work(*arguments))
    except BaseException:
        answer = (False, traceback.format_exc())
        raise
    finally:
        sender.send(answer)
