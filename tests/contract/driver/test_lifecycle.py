"""Opening, closing, prefixes, and what a database says of itself."""

from urllib.parse import urldefrag

import pytest

from mlflow_docstore.adapters.document.layout import Collection, Layout
from mlflow_docstore.core.capabilities import Capabilities, Feature
from mlflow_docstore.core.errors import InvalidArgument

from .deck import Table, in_threads, unique
from .subjects import connect


def test_capabilities_are_told_without_a_verb(driver_uri: str) -> None:
    driver = connect(driver_uri).driver
    assert isinstance(driver.capabilities, Capabilities)
    limits = driver.capabilities.limits
    assert min(limits.document_bytes, limits.in_terms, limits.batch_documents) > 0
    driver.close()


def test_the_server_says_what_it_is(driver_uri: str) -> None:
    driver = connect(driver_uri).driver
    server = driver.server()
    assert all(map(str.strip, (server.product, server.version, server.form)))
    driver.close()


def test_a_driver_can_be_closed_before_it_was_used_and_twice(driver_uri: str) -> None:
    driver = connect(driver_uri).driver
    driver.close()
    driver.close()


def test_a_verb_after_close_opens_it_again(driver_uri: str, table: Table) -> None:
    table.put(a={"x": 1})
    driver = connect(driver_uri).driver
    for _ in range(2):
        assert driver.get(table.name, "a") == {"_id": "a", "x": 1}
        driver.close()


def test_one_driver_sees_what_another_wrote(driver_uri: str, table: Table) -> None:
    other = Table(connect(driver_uri).driver, table.name)
    table.put(a={"x": 1})
    other.patch(set={"x": 2})
    assert table.get() == {"_id": "a", "x": 2}
    other.driver.close()


def test_a_prefix_separates_collections(driver_uri: str, table: Table) -> None:
    other = Table(connect(f"{urldefrag(driver_uri).url}#{unique('p')}").driver, table.name)
    table.put(a={"x": 1})
    assert other.get() is None
    try:
        other.driver.prepare(Layout(1, (Collection(table.name),)))
        other.put(a={"x": 2})
    finally:
        # Whatever comes: nobody else knows of this prefix.
        other.driver.drop([table.name])
    assert table.get() == {"_id": "a", "x": 1}
    other.driver.close()


def test_threads_that_open_it_at_once_all_work(driver_uri: str, table: Table) -> None:
    table.put(a={"x": 1})
    driver = connect(driver_uri).driver
    found = in_threads(lambda _: driver.get(table.name, "a"))
    assert found == [{"_id": "a", "x": 1}] * len(found)
    driver.close()


def test_an_unknown_option_is_refused(driver_uri: str) -> None:
    url, fragment = urldefrag(driver_uri)
    wrong = f"{url}{'&' if '?' in url else '?'}noSuchOption=1" + (fragment and f"#{fragment}")
    with pytest.raises(InvalidArgument):
        connect(wrong)


def test_the_retry_deadline_can_be_set(driver_uri: str) -> None:
    url, fragment = urldefrag(driver_uri)
    longer = f"{url}{'&' if '?' in url else '?'}retryDeadlineMS=1500"
    connection = connect(longer + (fragment and f"#{fragment}"))
    assert connection.retry_deadline == 1.5
    connection.driver.close()


def test_data_outlive_the_drivers_where_they_are_durable(driver_uri: str, table: Table) -> None:
    table.requires(Feature.DURABLE)
    table.put(a={"x": 1})
    table.driver.close()
    assert Table(connect(driver_uri).driver, table.name).get() == {"_id": "a", "x": 1}
