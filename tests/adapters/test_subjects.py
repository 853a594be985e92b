"""Databases bring subjects of the contract along, and nobody lists them."""

from collections.abc import Callable

import pytest

import mlflow_docstore
from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.testing.subjects import is_uri

from .subjects import SUBJECTS


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_subject_is_an_empty_database_each_time(
    throw_away: Callable[[str], str], name: str
) -> None:
    uris = [throw_away(name) for _ in range(2)]
    assert not is_uri(name)
    assert uris[0] != uris[1]
    backend = mlflow_docstore.connect(uris[0])
    with pytest.raises(NotFound):
        backend.require()
    backend.close()
