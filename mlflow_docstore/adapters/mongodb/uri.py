"""The user's URI: what is in it for us, what for the driver, and what nobody may see."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from mlflow_docstore.adapters.document.layout import LAYOUT
from mlflow_docstore.core.errors import InvalidArgument

from . import certificates
from .flavours import Flavour, of_hosts, of_scheme
from .options import Given, defaults, require_extras

DEFAULT_PREFIX = "mlflow"
RETRY_DEADLINE_MS = "30000"

_RETRY_DEADLINE = "retrydeadlinems"
_SRV_OPTIONS = frozenset({"srvservicename", "srvmaxhosts", "srvallowedhostssuffix"})
_SECRET_OPTIONS = frozenset(
    {"authmechanismproperties", "tlscertificatekeyfilepassword", "proxypassword"}
)
_QUERY = re.compile(r"\w+=[^&;]*([&;]\w+=[^&;]*)*")
_PREFIX = re.compile(r"[A-Za-z0-9_-]{1,40}")
_COUNT = re.compile(r"[0-9]{1,9}")
_HIDDEN = "***"
_ESCAPE = "write special characters in the user name and the password as %XX"
# The driver's parser also opens the files that options name, and passes on what it trips over.
_REFUSALS = (PyMongoError, ValueError, TypeError, OSError)

_LONGEST_NAME = max(len(collection.name) for collection in LAYOUT.collections)


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed URI.

    Args:
        uri: What the driver is given; holds the password, so it is never shown.
        shown: The same with all secrets hidden.
        database: The database's name.
        prefix: What collection names start with.
        retry_deadline: Seconds.
        given: What else it says.
        flavour: Which kind of database it names; None where only the server can say.
    """

    uri: str = field(repr=False)
    shown: str
    database: str
    prefix: str
    retry_deadline: float
    given: Given = field(repr=False)
    flavour: Flavour | None

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Driver options of ours, where the user said nothing."""
        return defaults(self.given, self.flavour)


def parse(uri: str, environment: Mapping[str, str] = os.environ) -> Target:
    """Take a URI apart; opens nothing and looks no name up.

    Raises:
        InvalidArgument: ``kind="uri"``; ``facts["reason"]`` says in one line what is wrong.
    """
    shown = hide(uri)
    bare, prefix = _split_prefix(_in_drivers_words(uri), shown, environment)
    bare, deadline = _split_deadline(bare, shown)
    _look_for_bundle(uri, bare, shown)
    parsed = _parsed(bare, shown)
    database = _database(parsed, shown)
    given = _given(bare, parsed, environment)
    flavour = _flavour(uri, given.hosts)
    if flavour and len(prefix) + 1 + _LONGEST_NAME > flavour.longest_collection:
        most = flavour.longest_collection - _LONGEST_NAME - 1
        raise _invalid(shown, f"{prefix!r}: {flavour.title} takes prefixes of {most} letters")
    target = Target(bare, shown, database, prefix, deadline, given, flavour)
    try:
        require_extras(given, flavour)
        _ = target.defaults
    except ValueError as error:
        reason = str(error)
    else:
        return target
    raise _invalid(shown, reason)


def _look_for_bundle(uri: str, bare: str, shown: str) -> None:
    """Say where a missing bundle is had, before the driver's parser says that it is missing."""
    servers, _, query = bare.partition("://")[2].partition("?")
    addresses = servers.partition("/")[0].rpartition("@")[2].split(",")
    hosts = [address.partition(":")[0] for address in addresses]
    flavour = _flavour(uri, hosts)
    if flavour is None or flavour.bundles is None:
        return
    for name, _, value in (option.partition("=") for option in re.split("[&;]", query)):
        if name.lower() == "tlscafile" and not Path(unquote_plus(value)).is_file():
            advice = certificates.advice(hosts, flavour.bundles)
            raise _invalid(shown, f"option {name!r}: there is no file {value}: {advice}")


def _in_drivers_words(uri: str) -> str:
    """The URI with a scheme that the driver knows, where a flavour has one of its own."""
    scheme, mark, rest = uri.partition("://")
    if of_scheme(scheme) is None:
        return uri
    return f"mongodb{'+srv' if scheme.endswith('+srv') else ''}{mark}{rest}"


def _flavour(uri: str, hosts: Sequence[str]) -> Flavour | None:
    """The flavour of the scheme, or the one of its kind that the hosts' names tell."""
    forced, named = of_scheme(uri.partition("://")[0]), of_hosts(hosts)
    return forced if forced and (named is None or named.name != forced.name) else named


def _database(parsed: Mapping[str, Any], shown: str) -> str:
    if "@" in f"{parsed['database']}.{parsed['collection']}":
        raise _invalid(shown, _ESCAPE)
    if parsed["collection"]:
        raise _invalid(shown, "the database's name cannot contain a dot")
    if not parsed["database"]:
        servers = shown.partition("#")[0].partition("?")[0].rstrip("/")
        raise _invalid(shown, f"the URI names no database: write {servers}/DATABASE")
    for host, _ in parsed["nodelist"]:
        if host.endswith(".documents.azure.com"):
            raise _invalid(shown, f"{host} speaks a MongoDB protocol too old (3.2)")
    return str(parsed["database"])


def _given(bare: str, parsed: Mapping[str, Any], environment: Mapping[str, str]) -> Given:
    options = {name.lower(): value for name, value in parsed["options"].items()}
    if "ssl" in options:
        options.setdefault("tls", options["ssl"])
    hosts = tuple(host for host, _ in parsed["nodelist"])
    return Given(options, hosts, bare.startswith("mongodb+srv:"), parsed["username"], environment)


def hide(uri: str) -> str:
    """The URI without its password and other secrets, for errors; takes malformed ones too."""
    scheme, mark, rest = uri.partition("://")
    if not mark:
        return uri if "@" not in uri else _HIDDEN
    end = _user_info_end(rest)
    if end >= 0:
        user, colon, _ = rest[:end].partition(":")
        rest = f"{user}{colon}{_HIDDEN if colon else ''}{rest[end:]}"
    return f"{scheme}{mark}{_hide_options(rest)}"


def _user_info_end(rest: str) -> int:
    """Where the user's name and password end: at the last ``@``, unless that is an option's."""
    head, _, query = rest.partition("?")
    if "@" in head and _QUERY.fullmatch(query.partition("#")[0]):
        return head.rfind("@")
    return rest.rfind("@")


def _hide_options(rest: str) -> str:
    names = "|".join(_SECRET_OPTIONS)
    return re.sub(rf"((?:{names})=)[^&;#]*", rf"\g<1>{_HIDDEN}", rest, flags=re.IGNORECASE)


def _invalid(shown: str, reason: str) -> InvalidArgument:
    return InvalidArgument("uri", shown, reason=reason)


def _split_prefix(uri: str, shown: str, environment: Mapping[str, str]) -> tuple[str, str]:
    bare, _, prefix = uri.partition("#")
    prefix = unquote_plus(prefix)
    if "@" in prefix:
        raise _invalid(shown, "write '#' in a user name or password as %23")
    prefix = prefix or environment.get("MONGODB_COLLECTION_PREFIX", "") or DEFAULT_PREFIX
    if not _PREFIX.fullmatch(prefix):
        reason = f"{prefix!r} is no prefix for collections: letters, digits, '_', '-', at most 40"
        raise _invalid(shown, reason)
    return bare, prefix


def _split_deadline(bare: str, shown: str) -> tuple[str, float]:
    """Take our own option out: the driver would refuse it."""
    head, mark, query = bare.partition("?")
    separator = "&" if "&" in query else ";"
    options = query.split(separator) if query else []
    ours = [option for option in options if _name(option) == _RETRY_DEADLINE]
    text = ours[-1].partition("=")[2] if ours else RETRY_DEADLINE_MS
    if not _COUNT.fullmatch(text):
        raise _invalid(shown, "retryDeadlineMS must be a whole number")
    if ours:
        rest = separator.join(option for option in options if option not in ours)
        bare = f"{head}{mark}{rest}" if rest else head
    return bare, int(text) / 1000


def _name(option: str) -> str:
    return option.partition("=")[0].lower()


def _parsed(bare: str, shown: str) -> Mapping[str, Any]:
    """What the driver's own parser, at its strictest, makes of the URI."""
    plain = _without_srv(bare, shown)
    try:
        return parse_uri(plain, validate=True, warn=False)
    except _REFUSALS as error:
        # Chained to nothing: the driver's message may quote a part of the password.
        reason = _reason(plain, error)
    raise _invalid(shown, reason)


def _without_srv(bare: str, shown: str) -> str:
    """An SRV URI as a plain one, as parsing it would otherwise look its names up."""
    scheme, mark, rest = bare.partition("://")
    if scheme != "mongodb+srv":
        return bare
    head, question, query = rest.partition("?")
    hosts = head.partition("/")[0].rpartition("@")[2]
    if "," in hosts or ":" in hosts:
        raise _invalid(shown, "mongodb+srv takes one host name and no port")
    kept = "&".join(option for option in query.split("&") if _name(option) not in _SRV_OPTIONS)
    return f"mongodb{mark}{head}{question if kept else ''}{kept}"


def _reason(plain: str, error: Exception) -> str:
    """The parser's words, unless they could show a secret."""
    scheme, mark, rest = plain.partition("://")
    end = _user_info_end(rest)
    if end >= 0:
        blameless = _refusal(f"{scheme}{mark}user:password{rest[end:]}")
        if blameless is None:
            return _ESCAPE
        error = blameless
    reason = " ".join(str(error).split())
    options = re.split("[?&;]", rest)
    for option in options:
        name, _, value = option.partition("=")
        if name.lower() in _SECRET_OPTIONS and value and unquote_plus(value) in reason:
            return f"the value of {name} is malformed"
    return _naming_the_option(options[1:], error, reason)


def _naming_the_option(options: Sequence[str], error: Exception, reason: str) -> str:
    """The reason with the option that it is about, which the parser does not always name."""
    if "@" in "".join(options):
        return reason  # They may be the rest of a password that was not escaped.
    for option in options:
        if str(_refusal(f"mongodb://host/?{option}")) == str(error):
            return f"option {option.partition('=')[0]!r}: {reason}"
    return reason


def _refusal(uri: str) -> Exception | None:
    """What the parser says against a URI, if anything."""
    try:
        parse_uri(uri, validate=True, warn=False)
    except _REFUSALS as error:
        return error
    return None
