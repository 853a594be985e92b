"""Who we are to the service."""

import base64
import logging
import os

import pytest
from azure.identity import DefaultAzureCredential

from mlflow_docstore.adapters.cosmosdb.connection import connect
from mlflow_docstore.adapters.cosmosdb.login import credential
from mlflow_docstore.adapters.cosmosdb.uri import parse
from mlflow_docstore.core.errors import StoreError, Unreachable

from .standin import StandIn

WRONG = base64.b64encode(b"another key").decode()


def test_a_key_is_used_as_it_is() -> None:
    assert credential(parse(f"cosmos://h/db?key={WRONG}", {})) == WRONG


def test_without_one_azure_says_who_we_are() -> None:
    assert isinstance(credential(parse("cosmos://h/db", {})), DefaultAzureCredential)


def test_nobody_who_issues_tokens_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AZURE_", "IDENTITY_", "MSI_"))]:
        monkeypatch.delenv(name)
    # An identity of a service's that answers to nobody.
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    with pytest.raises(Unreachable) as caught:
        connect("cosmos://localhost:1/db?retryDeadlineMS=0").driver.get("runs", "a")
    reason = caught.value.facts["reason"]
    assert reason.startswith("Entra ID issues no token: ")
    assert "\n" not in reason


class TestAWrongKey:
    @pytest.fixture
    def uri(self, cosmos: StandIn) -> str:
        return f"{cosmos.uri('locked').partition('?')[0]}?key={WRONG}"

    def test_is_told_in_one_line(self, uri: str) -> None:
        with pytest.raises(Unreachable) as caught:
            connect(uri).driver.get("runs", "a")
        assert caught.value.facts["reason"].startswith("authentication failed: check the key")

    def test_is_in_no_log_and_no_error(self, uri: str, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        told = []
        with pytest.raises(StoreError) as caught:
            connect(uri).driver.get("runs", "a")
        error: BaseException | None = caught.value
        while error is not None:
            told.append(f"{error!r}{error}")
            error = error.__cause__ or error.__context__
        assert caplog.records
        assert WRONG not in f"{caplog.text}{told}"


def test_the_right_key_is_in_no_log_either(
    cosmos: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    uri = cosmos.uri("quiet")
    driver = connect(uri).driver
    assert driver.get("runs", "a") is None
    driver.close()
    key = parse(uri, {}).key
    assert caplog.records
    assert key is not None
    assert key not in f"{caplog.text}{driver!r}{vars(driver)!r}"
