"""Subjects of the contract that databases bring along, each in the ``subject`` of its folder.

Such a module has the ``NAME`` by which ``--store-uri`` asks for the database, and a ``uri`` of an
empty one by that name. Its fixtures are there for all tests, and all tests of it bear its name as a
marker.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import pytest

_FOLDER = Path(__file__).parent


class Subject(Protocol):
    """What such a module holds."""

    NAME: str
    CHOSEN: frozenset[str]
    """Modules of the contract and of the driver's deck that judge it in every run."""
    COSTLY: frozenset[str]
    """Tests of these that do not."""

    def uri(self, request: pytest.FixtureRequest, database: str) -> str:
        """Of an empty database, on a server that is started where need be."""


def _found() -> Mapping[str, Subject]:
    modules = [
        cast("Subject", import_module(f"{__package__}.{path.parent.name}.subject"))
        for path in sorted(_FOLDER.glob("*/subject.py"))
    ]
    return {module.NAME: module for module in modules}


SUBJECTS = _found()
"""By their names."""


def mark(item: pytest.Item, names: Iterable[str]) -> None:
    """Mark a test of some subjects, and whether it can wait."""
    for name in SUBJECTS.keys() & names:
        subject, test = SUBJECTS[name], getattr(item, "originalname", item.name)
        item.add_marker(name)
        if item.path.stem not in subject.CHOSEN or test in subject.COSTLY:
            item.add_marker(pytest.mark.exhaustive)
