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
from tests.adapters.issuer import Issuer

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


@pytest.mark.parametrize("chosen", [None, "client-7"])
def test_a_token_is_for_the_account_and_of_the_identity_that_was_chosen(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch, chosen: str | None
) -> None:
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    if chosen is not None:
        monkeypatch.setenv("AZURE_CLIENT_ID", chosen)
    with pytest.raises(Unreachable, match="no account answers"):
        connect("cosmos://account.invalid/db?retryDeadlineMS=1000").driver.get("runs", "a")
    assert issuer.asked[0]["resource"] == ["https://account.invalid"]
    assert issuer.asked[0].get("client_id") == (None if chosen is None else [chosen])


def test_an_identity_that_cannot_be_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "http://nobody.invalid")
    with pytest.raises(Unreachable, match=r"Entra ID issues no token: .*http"):
        connect("cosmos://account.invalid/db").driver.get("runs", "a")


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
