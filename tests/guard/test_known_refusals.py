"""The table of what the adapter of MongoDB is known to send."""

import pytest

from mlflow_docstore.testing.guard.guard import Finding
from mlflow_docstore.testing.guard.profiles import load_profile
from tests.known_refusals import KNOWN, Known, is_known


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_the_dialects_refuse_it(known: Known) -> None:
    for profile in map(load_profile, known.profiles):
        if known.kind == "limit":
            assert known.name in profile.limits
        else:
            assert profile.objection((known.kind, known.name)) is not None


def test_nothing_is_known_but_what_is_listed() -> None:
    assert is_known(Finding("documentdb-5.0", "update", "form", "max.document"))
    assert not is_known(Finding("documentdb-5.0", "aggregate", "stage", "$facet"))
