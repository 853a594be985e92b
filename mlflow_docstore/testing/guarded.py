"""The guard of a dialect between a check and a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from mlflow_docstore.core.errors import InvalidArgument
from mlflow_docstore.testing.guard.guard import Guard
from mlflow_docstore.testing.guard.profiles import load_profile
from mlflow_docstore.testing.guard.proxy import Proxy
from mlflow_docstore.testing.subjects import without_credentials

_PORT = 27017


@contextmanager
def guarded(uri: str, profile: str | None) -> Iterator[str]:
    """The URI of the same database behind the guard of a profile; itself where that is None.

    Raises:
        InvalidArgument: ``kind="uri"``; a guard reads one server's plain connections.
    """
    if profile is None:
        yield uri
        return
    parts = urlsplit(uri)
    user, _, host = parts.netloc.rpartition("@")
    if parts.scheme != "mongodb" or not parts.hostname or "," in host:
        reason = "a profile's guard needs mongodb://HOST:PORT/DATABASE, of one server without TLS"
        raise InvalidArgument("uri", without_credentials(uri), reason=reason)
    with Proxy((parts.hostname, parts.port or _PORT), Guard(load_profile(profile))) as proxy:
        address, port = proxy.address
        netloc = f"{user}@{address}:{port}" if user else f"{address}:{port}"
        # Or the client would go on to the addresses that the server tells.
        direct = [] if "directconnection=" in parts.query.lower() else ["directConnection=true"]
        query = "&".join([*filter(None, [parts.query]), *direct])
        yield urlunsplit(parts._replace(netloc=netloc, query=query))
