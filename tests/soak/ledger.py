"""What a writer was about to do, and what it was told: a file of lines that outlives it."""

import itertools
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

Facts = Mapping[str, Any]
"""What a write is about, in JSON."""


class Answer(str, Enum):
    """What a writer was told."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """Nothing, or that the database could not answer."""


@dataclass(frozen=True)
class Entry:
    """A write.

    Args:
        kind: The name of its kind.
        facts: What it was about.
        answer: What the writer was told.
        result: What the call returned, where it is done.
    """

    kind: str
    facts: Facts
    answer: Answer
    result: Any = None

    @property
    def done(self) -> bool:
        return self.answer is Answer.DONE

    @property
    def possible(self) -> bool:
        """Whether it may have been done."""
        return self.answer is not Answer.REFUSED


class Ledger:
    """One writer's.

    Args:
        path: The file; what is in it stays.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def begin(self, kind: str, facts: Facts) -> None:
        """Before the call."""
        self._say([kind, facts])

    def end(self, answer: Answer, result: Any) -> None:
        """Behind the call, before the next one begins."""
        self._say([answer.value, result])

    def _say(self, words: list[Any]) -> None:
        os.write(self._file, f"{json.dumps(words)}\n".encode())

    def close(self) -> None:
        os.close(self._file)


def entries(directory: Path) -> Iterator[Entry]:
    """All that all writers wrote down."""
    for path in sorted(directory.iterdir()):
        lines = path.read_text().splitlines(keepends=True)
        # Of a writer who was killed, the last word may be cut off.
        yield from _paired([json.loads(line) for line in lines if line.endswith("\n")])


def _paired(words: list[list[Any]]) -> Iterator[Entry]:
    for (kind, facts), following in itertools.zip_longest(words, words[1:]):
        if kind in set(Answer):
            continue
        answer, result = Answer.UNKNOWN, None
        if following is not None and following[0] in set(Answer):
            answer, result = Answer(following[0]), following[1]
        yield Entry(kind, facts, answer, result)
