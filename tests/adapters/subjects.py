"""Subjects of the contract that databases bring along, each in the ``subject`` of its folder.

Such a module has the ``NAME`` by which ``--store-uri`` asks for the database, and a ``uri`` of an
empty one by that name. Its fixtures are there for all tests.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import pytest

_FOLDER = Path(__file__).parent


class Subject(Protocol):
    """What such a module holds."""

    NAME: str

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
