"""Who we are to the service: a key, or an identity of Microsoft's Entra ID."""

from typing import TYPE_CHECKING

from mlflow_docstore.core.errors import Unreachable

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from .uri import Target


def credential(target: "Target") -> "str | TokenCredential":
    """The key of the account, else whatever identity of Azure's the surroundings offer.

    That is a managed identity, a workload's, or a developer's; it asks for tokens by itself, when
    the first is needed.

    Raises:
        Unreachable: The surroundings name no identity that there could be.
    """
    if target.key is not None:
        return target.key
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - imports much

    try:
        return DefaultAzureCredential()
    except ValueError as error:
        raise Unreachable("database", reason=f"Entra ID issues no token: {error}") from error
