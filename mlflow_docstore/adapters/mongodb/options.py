"""Options of the driver that are set where the URI is silent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from . import certificates
from .flavours import MONGODB, Flavour

SERVER_SELECTION_MS = 5000
WHERE_TO_LOOK = "check host, port and the tls option"
"""What is told where no server answers, of every flavour."""

AWS = "MONGODB-AWS"
OIDC = "MONGODB-OIDC"

# A default of ours, by the driver's name of the option, and the variable that overrides it.
_NUMBERS = (
    ("maxPoolSize", "MONGODB_MAX_POOL_SIZE", None),
    ("serverSelectionTimeoutMS", "MONGODB_SERVER_SELECTION_TIMEOUT", SERVER_SELECTION_MS),
)
_COUNT = re.compile(r"[0-9]{1,9}")

# Mechanisms of users that the database does not keep itself: the driver names their source.
_EXTERNAL = frozenset({AWS, OIDC, "MONGODB-X509", "GSSAPI", "PLAIN"})
_UNDISCOVERED = frozenset({"directconnection", "loadbalanced", "replicaset"})
_TRUSTING = ("tlscafile", "tlsinsecure", "tlsallowinvalidcertificates")


@dataclass(frozen=True, slots=True)
class Given:
    """What a URI and its surroundings say.

    Args:
        options: The URI's, by their names in lower case.
        hosts: Names of hosts.
        srv: Whether they are looked up, so that there may be any number of them.
        user: Whether a user is named.
        environment: Variables.
    """

    options: Mapping[str, Any]
    hosts: Sequence[str]
    srv: bool
    user: str | None
    environment: Mapping[str, str]

    @property
    def mechanism(self) -> str | None:
        """How the user logs in, if that is said."""
        found: str | None = self.options.get("authmechanism")
        return found


def defaults(given: Given, flavour: Flavour | None) -> Mapping[str, Any]:
    """The options that are ours to choose, of a flavour.

    Raises:
        ValueError: Its words say in one line what is wrong.
    """
    chosen = {**_general(given.environment), **_of_flavour(given, flavour or MONGODB)}
    return MappingProxyType(
        {name: value for name, value in chosen.items() if name.lower() not in given.options}
    )


def token_scope(given: Given, flavour: Flavour | None) -> str | None:
    """What a token of Entra ID is to be asked for; None where none is: others may issue them."""
    if given.mechanism != OIDC or "authmechanismproperties" in given.options or flavour is None:
        return None
    return flavour.token_scope


def require_extras(given: Given, flavour: Flavour | None) -> None:
    """Check that what the login needs is installed.

    Raises:
        ValueError: Its words say in one line what is missing.
    """
    if given.mechanism == AWS and find_spec("pymongo_auth_aws") is None:
        raise ValueError(f'{AWS} needs an extra: pip install "mlflow-docstore[aws]"')
    if token_scope(given, flavour) and find_spec("azure") is None:
        raise ValueError(
            f"{OIDC} without authMechanismProperties is Entra ID's, which needs an extra:"
            ' pip install "mlflow-docstore[azure]"'
        )


def _general(environment: Mapping[str, str]) -> dict[str, Any]:
    general: dict[str, Any] = {"appname": "mlflow-docstore", "w": "majority"}
    for name, variable, default in _NUMBERS:
        text = environment.get(variable, "")
        if text and not _COUNT.fullmatch(text):
            raise ValueError(f"the environment's {variable} must be a whole number")
        value = int(text) if text else default
        if value is not None:
            general[name] = value
    return general


def _of_flavour(given: Given, flavour: Flavour) -> dict[str, Any]:
    options = dict(flavour.defaults)
    if given.mechanism in _EXTERNAL:
        options.pop("authSource", None)
    if not flavour.is_home(given.hosts) and flavour is not MONGODB:
        # A tunnel or an alias, behind which the names that servers know of each other lead nowhere.
        options.pop("replicaSet", None)
        if not given.srv and len(given.hosts) == 1 and not _UNDISCOVERED & given.options.keys():
            options["directConnection"] = True
    if _UNDISCOVERED & given.options.keys() or given.srv:
        options.pop("replicaSet", None)
    if flavour.bundles and given.options.get("tls", True):
        options |= _trusted(given, flavour.bundles)
    return options


def _trusted(given: Given, authority: str) -> dict[str, Any]:
    if any(name in given.options for name in _TRUSTING):
        return {}
    found = certificates.bundle(given.hosts, given.environment)
    if found is not None:
        return {"tlsCAFile": str(found)}
    if certificates.TRUSTED_BY_ENVIRONMENT in given.environment:
        return {}
    raise ValueError(_untrusted(given, authority))


def advice(given: Given, flavour: Flavour, options: Mapping[str, Any]) -> str:
    """What to look at where no server answers.

    Args:
        given: What the URI says.
        flavour: Which kind of database it is.
        options: What was added to that.
    """
    trusting = {"tlsCAFile", *_TRUSTING} & {*options, *given.options}
    if flavour.bundles is None or trusting or not given.options.get("tls", True):
        return WHERE_TO_LOOK
    return f"{WHERE_TO_LOOK}; {_untrusted(given, flavour.bundles)}"


def _untrusted(given: Given, authority: str) -> str:
    had = certificates.advice(given.hosts, authority)
    return f"its certificates are Amazon's own, which no machine trusts: {had}"
