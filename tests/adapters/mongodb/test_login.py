"""Tokens of Entra ID, from an issuer that is none."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.identity import ManagedIdentityCredential
from pymongo.auth_oidc import OIDCCallbackContext
from pymongo.errors import ConfigurationError

from mlflow_docstore.adapters.mongodb.flavours import AZURE_DOCUMENTDB
from mlflow_docstore.adapters.mongodb.login import EntraTokens

SCOPE = AZURE_DOCUMENTDB.token_scope or ""
CONTEXT = OIDCCallbackContext(timeout_seconds=5, username="", version=1)


class Issuer(ThreadingHTTPServer):
    """What a managed identity asks for tokens in Azure's app services."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: list[dict[str, list[str]]] = []
        self.status = 200

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/token"


class _Answer(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        self.server.asked.append(parse_qs(urlsplit(self.path).query))
        token = {"access_token": "t0ken", "expires_on": str(int(time.time()) + 3600)}
        refusal = {"statusCode": self.server.status, "message": "no such identity"}
        body = json.dumps(token if self.server.status == 200 else refusal).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    with Issuer() as issuer:
        threading.Thread(target=issuer.serve_forever, daemon=True).start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", issuer.address)
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        yield issuer
        issuer.shutdown()


def test_a_token_is_for_the_database_and_ends(issuer: Issuer) -> None:
    result = EntraTokens(SCOPE, credential=ManagedIdentityCredential()).fetch(CONTEXT)
    assert result.access_token == "t0ken"  # noqa: S105 - of an issuer that is none
    assert result.expires_in_seconds is not None
    assert 3500 < result.expires_in_seconds <= 3600
    assert issuer.asked[0]["resource"] == ["https://ossrdbms-aad.database.windows.net"]


def test_the_surroundings_say_who_issues_and_the_user_to_whom(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    assert EntraTokens(SCOPE, "client-7").fetch(CONTEXT).access_token == "t0ken"  # noqa: S105
    assert issuer.asked[0]["client_id"] == ["client-7"]


def test_why_there_is_none_is_told_on_one_line(issuer: Issuer) -> None:
    issuer.status = 400
    with pytest.raises(ConfigurationError) as caught:
        EntraTokens(SCOPE, credential=ManagedIdentityCredential()).fetch(CONTEXT)
    assert "Entra ID issues no token" in str(caught.value)
    assert "\n" not in str(caught.value)
