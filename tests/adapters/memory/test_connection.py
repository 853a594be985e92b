"""``memory://`` URIs: who shares what, and what is refused."""

import pytest

from mlflow_docstore.adapters.document.driver import Driver
from mlflow_docstore.adapters.memory.connection import connect
from mlflow_docstore.core.errors import InvalidArgument
from tests.contract.driver.deck import unique


def driver(uri: str) -> Driver:
    return connect(uri).driver


def test_stores_of_one_name_share_a_database() -> None:
    name = unique("memory")
    assert driver(f"memory://{name}").insert("runs", {"_id": "a"})
    assert driver(f"memory://{name}").get("runs", "a") == {"_id": "a"}


@pytest.mark.parametrize("other", ["{}x", "{}/x", "{}#x", "X{}", ""])
def test_other_names_and_prefixes_do_not(other: str) -> None:
    name = unique("memory")
    driver(f"memory://{name}").insert("runs", {"_id": name})
    assert driver(f"memory://{other.format(name)}").get("runs", name) is None


def test_the_default_prefix_is_a_prefix_like_others() -> None:
    name = unique("memory")
    driver(f"memory://{name}").insert("runs", {"_id": "a"})
    assert driver(f"memory://{name}#mlflow").get("runs", "a") == {"_id": "a"}


def test_data_stay_when_drivers_go() -> None:
    uri = f"memory://{unique('memory')}"
    first = driver(uri)
    first.insert("runs", {"_id": "a"})
    first.close()
    assert driver(uri).get("runs", "a") == {"_id": "a"}


def test_the_retry_deadline_is_that_of_the_uri() -> None:
    assert connect("memory://x").retry_deadline == 30
    assert connect("memory://x?retryDeadlineMS=250#p").retry_deadline == 0.25


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("x?colour=blue", "colour"),
        ("x?retryDeadlineMS=10&flavour=", "flavour"),
        ("x?retryDeadlineMS=soon", "retryDeadlineMS"),
        ("x?retryDeadlineMS=", "retryDeadlineMS"),
        ("x?retryDeadlineMS=-5", "retryDeadlineMS"),
        ("[x", "IPv6"),
    ],
)
def test_what_it_does_not_know_is_refused(rest: str, reason: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        connect(f"memory://{rest}")
    assert (caught.value.kind, caught.value.key) == ("uri", f"memory://{rest}")
    assert reason in caught.value.facts["reason"]
