"""Logging in without a password: tokens of Microsoft's Entra ID, by the library of Azure."""

import time
from typing import TYPE_CHECKING, Any

from pymongo.auth_oidc import OIDCCallback, OIDCCallbackContext, OIDCCallbackResult
from pymongo.errors import ConfigurationError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


class EntraTokens(OIDCCallback):
    """Tokens of whoever this process is: a managed identity, a workload's, a developer's.

    Args:
        scope: What they are for.
        client_id: Of the managed identity, where there are several; the user of the URI.
        credential: Who issues tokens; None for whatever of Azure's the surroundings offer.
    """

    def __init__(
        self, scope: str, client_id: str | None = None, credential: "TokenCredential | None" = None
    ) -> None:
        self._scope = scope
        self._client_id = client_id
        self._credential = credential

    def fetch(self, context: OIDCCallbackContext) -> OIDCCallbackResult:
        """A token, and for how long.

        Raises:
            ConfigurationError: Nobody issues one; the first line of why.
        """
        del context
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - an extra

        try:
            token = self._issuer().get_token(self._scope)
        except AzureError as error:
            why = str(error.message).partition("\n")[0]
            raise ConfigurationError(f"Entra ID issues no token: {why}") from error
        return OIDCCallbackResult(token.token, max(0.0, token.expires_on - time.time()))

    def _issuer(self) -> "TokenCredential":
        if self._credential is None:
            from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - an extra

            options = (
                {} if self._client_id is None else {"managed_identity_client_id": self._client_id}
            )
            self._credential = DefaultAzureCredential(**options)
        return self._credential


def token_options(scope: str, user: str | None) -> dict[str, Any]:
    """The driver's options for logging in with a token."""
    return {"authMechanismProperties": {"OIDC_CALLBACK": EntraTokens(scope, user)}}
