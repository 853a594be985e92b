"""The ledger against MLflow: what it names exists, and what exists it names."""

import asyncio
import inspect
import json
from collections.abc import Iterable
from typing import Any

import pytest
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.abstract_store import AbstractStore as RegistryStore
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as SqlRegistryStore
from mlflow.store.tracking.abstract_store import AbstractStore
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from mlflow_docstore.compat.registry.store import DocStoreRegistryStore
from mlflow_docstore.compat.tracking.store import DocStoreTrackingStore

from . import ledger
from .versions import since

OURS = "mlflow_docstore."


def methods_of(cls: type) -> dict[str, object]:
    """Methods and properties, private ones included, with where each comes from last."""
    found: dict[str, object] = {}
    for base in reversed(cls.__mro__[:-1]):
        for name, member in vars(base).items():
            is_method = inspect.isroutine(member) or isinstance(member, property)
            if is_method and not name.startswith("__"):
                found[name] = member
    return found


def present(names: Iterable[str]) -> list[str]:
    """Those that the installed MLflow has: older releases lack some."""
    known = methods_of(SqlAlchemyStore).keys() | methods_of(AbstractStore).keys()
    return sorted(set(names) & known)


def defining_module(name: str) -> str:
    member = inspect.getattr_static(DocStoreTrackingStore, name)
    function = member.fget if isinstance(member, property) else inspect.unwrap(member)
    return str(function.__module__)


def test_every_method_of_the_tracking_store_is_in_the_ledger() -> None:
    entered = (
        ledger.IMPLEMENTED | ledger.INHERITED.keys() | ledger.LATER | ledger.NOT_IMPLEMENTED.keys()
    )
    assert methods_of(AbstractStore).keys() - entered == set()


def test_every_method_of_the_registry_store_is_in_the_ledger() -> None:
    assert methods_of(RegistryStore).keys() - registry_entries() == set()


def test_no_method_is_entered_twice() -> None:
    pages = [
        ledger.IMPLEMENTED,
        ledger.INHERITED.keys(),
        ledger.LATER,
        ledger.NOT_IMPLEMENTED.keys(),
        ledger.OUTSIDE_THE_ABSTRACT_STORE,
    ]
    assert sum(map(len, pages)) == len(frozenset().union(*pages))


@since("3.18")
def test_the_ledger_names_only_what_mlflow_has() -> None:
    entered = (
        ledger.IMPLEMENTED
        | ledger.INHERITED.keys()
        | ledger.LATER - ledger.ONLY_OF_SQL
        | ledger.NOT_IMPLEMENTED.keys()
    )
    assert entered - methods_of(AbstractStore).keys() == set()
    assert registry_entries() - methods_of(RegistryStore).keys() == set()


@since("3.18")
def test_what_is_outside_the_abstract_store_is_in_mlflows_sql_store() -> None:
    outside = ledger.OUTSIDE_THE_ABSTRACT_STORE | ledger.ONLY_OF_SQL
    assert outside <= methods_of(SqlAlchemyStore).keys() - methods_of(AbstractStore).keys()


@pytest.mark.parametrize("name", sorted(ledger.IMPLEMENTED | ledger.OUTSIDE_THE_ABSTRACT_STORE))
def test_implemented_method_is_defined_here(name: str) -> None:
    assert defining_module(name).startswith(OURS)


@pytest.mark.parametrize("name", present(ledger.INHERITED))
def test_inherited_method_is_mlflows(name: str) -> None:
    assert defining_module(name).startswith("mlflow.")


@pytest.mark.parametrize("name", present(ledger.IMPLEMENTED | ledger.OUTSIDE_THE_ABSTRACT_STORE))
def test_implemented_method_is_called_as_mlflows_sql_store_is(name: str) -> None:
    theirs = getattr(SqlAlchemyStore, name, None) or getattr(AbstractStore, name)
    if isinstance(theirs, property):
        assert isinstance(getattr(DocStoreTrackingStore, name), property)
        return
    expected = inspect.signature(theirs).parameters.values()
    actual = inspect.signature(getattr(DocStoreTrackingStore, name)).parameters.values()
    shape = [(parameter.name, parameter.kind, parameter.default) for parameter in expected]
    assert [(each.name, each.kind, each.default) for each in actual][: len(shape)] == shape


@pytest.mark.parametrize("name", sorted(ledger.LATER))
def test_declined_method_answers_not_implemented(store: DocStoreTrackingStore, name: str) -> None:
    with pytest.raises(MlflowException, match=name) as caught:
        getattr(store, name)("x", "y", key="z")
    assert caught.value.error_code == "NOT_IMPLEMENTED"
    assert caught.value.get_http_status_code() == 501


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("create_issue", {"issue_id": "iss-1", "last_seen_timestamp": 1, "metadata": {}}),
        ("update_issue", {"issue_id": "iss-1", "last_updated_by": "me", "categories": []}),
        ("search_issues", {"order_by": ["created_timestamp"], "include_total_count": True}),
    ],
)
def test_declined_method_takes_the_arguments_of_any_release(
    store: DocStoreTrackingStore, name: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(MlflowException, match=name) as caught:
        getattr(store, name)(**arguments)
    assert caught.value.error_code == "NOT_IMPLEMENTED"


@since("3.18")
@pytest.mark.parametrize("path", ["", "/draw", "/draw/versions/1"])
def test_declined_route_answers_501_with_the_reason(
    store: DocStoreTrackingStore, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    from mlflow.server import fastapi_app, handlers  # noqa: PLC0415 - takes seconds

    monkeypatch.setattr(handlers, "_get_tracking_store", lambda: store)
    status, body = answer_of(fastapi_app.app, f"/ajax-api/3.0/mlflow/skills{path}")
    assert status == 501
    assert body["error_code"] == "NOT_IMPLEMENTED"
    assert "not supported by mlflow-docstore yet" in body["message"]


def answer_of(app: Any, path: str) -> tuple[int, dict[str, Any]]:
    """Status and body of a GET."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.mark.parametrize("name", sorted(ledger.NOT_IMPLEMENTED))
def test_method_raises_what_mlflow_falls_back_on(store: DocStoreTrackingStore, name: str) -> None:
    method = getattr(store, name)
    with pytest.raises(NotImplementedError):
        method(*("0" for _ in inspect.signature(method).parameters))


@pytest.mark.parametrize("name", sorted(ledger.REGISTRY_IMPLEMENTED))
def test_implemented_registry_method_is_called_as_mlflows_sql_store_is(name: str) -> None:
    theirs, ours = getattr(SqlRegistryStore, name), getattr(DocStoreRegistryStore, name)
    if isinstance(theirs, property):
        assert isinstance(ours, property)
        return
    assert [(each.name, each.default) for each in inspect.signature(ours).parameters.values()] == [
        (each.name, each.default) for each in inspect.signature(theirs).parameters.values()
    ]


@pytest.mark.parametrize("name", sorted(ledger.REGISTRY_IMPLEMENTED))
def test_implemented_registry_method_is_defined_here(name: str) -> None:
    assert registry_module(name).startswith(OURS)


@pytest.mark.parametrize("name", sorted(ledger.REGISTRY_INHERITED))
def test_inherited_registry_method_is_mlflows(name: str) -> None:
    assert registry_module(name).startswith("mlflow.")


def registry_module(name: str) -> str:
    return next(base.__module__ for base in DocStoreRegistryStore.__mro__ if name in vars(base))


def registry_entries() -> frozenset[str]:
    return ledger.REGISTRY_IMPLEMENTED | ledger.REGISTRY_INHERITED.keys()
