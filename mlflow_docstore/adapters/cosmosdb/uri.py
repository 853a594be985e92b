"""The user's URI: where to, who we are, and what nobody may see."""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from mlflow_docstore.core.errors import InvalidArgument

DEFAULT_PREFIX = "mlflow"
RETRY_DEADLINE_MS = "30000"
EMULATED = "cosmos+http"
"""The scheme of an emulator that takes no TLS."""

CONSISTENCIES = ("Strong", "BoundedStaleness", "Session")
"""Levels at which a process reads what it wrote itself. There are two below."""

OPTIONS = ("key", "consistencyLevel", "preferredRegions", "retryDeadlineMS")
CONNECTION_STRING = ("AccountEndpoint", "AccountKey", "Database")

_NAMES = {name.lower(): name for name in (*OPTIONS, *CONNECTION_STRING)}
_PREFIX = re.compile(r"[A-Za-z0-9_-]{1,40}")
_COUNT = re.compile(r"[0-9]{1,9}")
_NAME = re.compile(r"[A-Za-z]{1,40}")
_SECRETS = frozenset({"key", "accountkey"})
_ANYWHERE = re.compile(r"(key=)[^&;#]*", re.IGNORECASE)
_BEFORE_HOST = re.compile(r"//.*@")
_FORBIDDEN = frozenset('/\\#?"')
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_HIDDEN = "***"
_EXAMPLE = "AccountEndpoint=...;AccountKey=..."


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed URI.

    Args:
        shown: The URI with all secrets hidden.
        endpoint: The account's address.
        key: Of the account; None to come as an identity.
        database: The database's name.
        prefix: What names of containers start with.
        consistency: Of reads; None for the account's own.
        regions: Where to read and write, the first that there is.
        retry_deadline: Seconds.
    """

    shown: str
    endpoint: str
    key: str | None = field(repr=False)
    database: str
    prefix: str
    consistency: str | None
    regions: tuple[str, ...]
    retry_deadline: float

    @property
    def host(self) -> str:
        """The account's host, and its port where it is not the usual one."""
        return urlsplit(self.endpoint).netloc.removesuffix(":443")

    @property
    def is_local(self) -> bool:
        """Whether it is an emulator on this machine, or one that takes no TLS."""
        parts = urlsplit(self.endpoint)
        return parts.scheme == "http" or parts.hostname in _LOCAL


def parse(uri: str, environment: Mapping[str, str] = os.environ) -> Target:
    """Take a URI apart; opens nothing.

    Raises:
        InvalidArgument: ``kind="uri"``; ``facts["reason"]`` says in one line what is wrong.
    """
    try:
        return _target(uri, environment)
    except ValueError as error:
        reason = str(error)
    # Chained to nothing, as what it is about may hold the key.
    raise InvalidArgument("uri", hide(uri), reason=reason)


def hide(uri: str) -> str:
    """The URI without its key, for errors; takes malformed ones too."""
    bare, fragment, prefix = uri.partition("#")
    head, mark, query = bare.partition("?")
    # A key has slashes, but no at sign.
    head = _BEFORE_HOST.sub(f"//{_HIDDEN}@", head)
    options = "".join(map(_hidden, re.split("([&;])", query)))
    # Also where an option is not looked for, as in the name of the database.
    return _ANYWHERE.sub(rf"\1{_HIDDEN}", f"{head}{mark}{options}{fragment}{prefix}")


def _hidden(option: str) -> str:
    name, mark, _ = option.partition("=")
    if not option or option in "&;":
        return option
    if not mark or not _NAME.fullmatch(name):
        # A key that nobody named.
        return _HIDDEN
    return f"{name}={_HIDDEN}" if name.lower() in _SECRETS else option


def _target(uri: str, environment: Mapping[str, str]) -> Target:
    bare, _, prefix = uri.partition("#")
    head, _, query = bare.partition("?")
    scheme, _, place = head.partition("://")
    if "@" in place:
        raise ValueError("the key is written as ?key=..., there is no user before the host")
    if "=" in place:
        raise ValueError(f"options stand behind a question mark: {scheme}:///DATABASE?{_EXAMPLE}")
    host, _, database = place.partition("/")
    options = _options(query)
    if not host and "AccountEndpoint" not in options:
        options = _options(environment.get("COSMOS_CONNECTION_STRING", "")) | options
    endpoint = _endpoint(scheme.lower(), host, options)
    return Target(
        shown=hide(uri),
        endpoint=endpoint,
        key=_key(options, environment, scheme.lower()),
        database=_database(unquote(database) or options.get("Database", ""), head),
        prefix=_prefix(unquote(prefix) or environment.get("COSMOS_COLLECTION_PREFIX", "")),
        consistency=_consistency(options.get("consistencyLevel")),
        regions=_regions(options.get("preferredRegions", "")),
        retry_deadline=_deadline(options.get("retryDeadlineMS", RETRY_DEADLINE_MS)),
    )


def _options(text: str) -> dict[str, str]:
    """Options by their names as they are documented, from a query or a connection string."""
    found: dict[str, str] = {}
    for option in filter(None, re.split("[&;]", text)):
        written, mark, value = option.partition("=")
        name = _NAMES.get(written.strip().lower())
        if name is None or not mark:
            known = ", ".join((*OPTIONS, *CONNECTION_STRING))
            raise ValueError(f"option {_hidden(option).partition('=')[0]!r} is none of {known}")
        # A plus is one, as in keys: nothing here has blanks that are written so.
        found[name] = unquote(value)
    return found


def _endpoint(scheme: str, host: str, options: Mapping[str, str]) -> str:
    given = options.get("AccountEndpoint")
    if host and given:
        raise ValueError("it names the account twice: as the host, and by AccountEndpoint")
    if not host and not given:
        raise ValueError(
            "it names no account: write cosmos://ACCOUNT.documents.azure.com/DATABASE, or set"
            " COSMOS_CONNECTION_STRING"
        )
    endpoint = given or f"{'http' if scheme == EMULATED else 'https'}://{host}"
    parts, port = _address(endpoint)
    if parts.scheme == "http" and scheme != EMULATED:
        raise ValueError(f"an account that takes no TLS is an emulator: write {EMULATED}://")
    hostname = parts.hostname or ""
    name = f"[{hostname}]" if ":" in hostname else hostname
    return f"{parts.scheme}://{name}:{port or (80 if parts.scheme == 'http' else 443)}/"


def _address(endpoint: str) -> tuple[SplitResult, int | None]:
    """An account's address in parts, and its port."""
    wrong = "the account's address is none: it is like https://HOST:443/"
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        # Which says what it was given, and that may be a part of a key.
        raise ValueError(wrong) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(wrong)
    return parts, port


def _key(options: Mapping[str, str], environment: Mapping[str, str], scheme: str) -> str | None:
    key = options.get("key") or options.get("AccountKey") or environment.get("COSMOS_KEY")
    if key:
        try:
            base64.b64decode(key, validate=True)
        except binascii.Error:
            key = ""
        if not key:
            raise ValueError("the key is no key of an account: it is text in base64")
        return key
    if scheme == EMULATED:
        raise ValueError("an emulator asks for a key: write ?key=...")
    return None


def _database(name: str, head: str) -> str:
    if not name:
        example = head.rstrip("/") if head.partition("://")[2] else f"{head}/"
        raise ValueError(f"the URI names no database: write {example}/DATABASE")
    if _FORBIDDEN & set(name) or len(name) > 255 or name.endswith(" "):
        raise ValueError("the database's name cannot contain any of / \\ # ? nor end in a blank")
    return name


def _prefix(prefix: str) -> str:
    prefix = prefix or DEFAULT_PREFIX
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f"{hide(prefix)!r} is no prefix for collections: letters, digits, '_', '-', at most 40"
        )
    return prefix


def _consistency(name: str | None) -> str | None:
    if name is None:
        return None
    for known in CONSISTENCIES:
        if name.lower() == known.lower():
            return known
    raise ValueError(
        f"consistencyLevel is one of {', '.join(CONSISTENCIES)}: a process has to read what it has"
        " just written itself"
    )


def _regions(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _deadline(text: str) -> float:
    if not _COUNT.fullmatch(text):
        raise ValueError("retryDeadlineMS must be a whole number")
    return int(text) / 1000
