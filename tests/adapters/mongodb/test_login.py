"""Tokens of Entra ID, from an issuer that is none."""

import pytest
from azure.identity import ManagedIdentityCredential
from pymongo.auth_oidc import OIDCCallbackContext
from pymongo.errors import ConfigurationError

from mlflow_docstore.adapters.mongodb.flavours import AZURE_DOCUMENTDB
from mlflow_docstore.adapters.mongodb.login import EntraTokens
from tests.adapters.issuer import Issuer

SCOPE = AZURE_DOCUMENTDB.token_scope or ""
CONTEXT = OIDCCallbackContext(timeout_seconds=5, username="", version=1)


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
