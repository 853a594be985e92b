"""Options of the SDK's client."""

from typing import Any

import pytest

from mlflow_docstore.adapters.cosmosdb.options import client_options
from mlflow_docstore.adapters.cosmosdb.uri import parse


def options(query: str = "", host: str = "account.documents.azure.com") -> dict[str, Any]:
    return client_options(parse(f"cosmos://{host}/db?{query}", {}))


def test_what_nobody_chose_is_left_to_the_account() -> None:
    assert not {"consistency_level", "preferred_locations"} & options().keys()


def test_what_the_user_chose_is_handed_on() -> None:
    chosen = options("consistencyLevel=Strong&preferredRegions=West Europe,North Europe")
    assert chosen["consistency_level"] == "Strong"
    assert chosen["preferred_locations"] == ["West Europe", "North Europe"]


@pytest.mark.parametrize(
    ("deadline", "seconds"), [("30000", 30), ("600000", 65), ("100", 1), ("0", 1)]
)
def test_a_reply_is_waited_for_no_longer_than_the_deadline(deadline: str, seconds: int) -> None:
    assert options(f"retryDeadlineMS={deadline}")["read_timeout"] == seconds


def test_an_account_tells_its_regions_and_an_emulator_does_not() -> None:
    assert options()["enable_endpoint_discovery"] is True
    assert options(host="localhost:8081")["enable_endpoint_discovery"] is False
