"""From a URI to a driver."""

from importlib.util import find_spec

from mlflow_docstore.adapters.document.backend import Connection
from mlflow_docstore.core.errors import InvalidArgument

from .uri import parse

_NEEDED = ("azure.cosmos", "azure.identity")


def connect(uri: str) -> Connection:
    """A driver on the database that the URI names; opens no connection."""
    target = parse(uri)
    if not all(map(_is_installed, _NEEDED)):
        reason = 'Azure Cosmos DB needs an extra: pip install "mlflow-docstore[cosmos]"'
        raise InvalidArgument("uri", target.shown, reason=reason)
    # Here, as the SDK takes its time, and those who only ask what there is have no need of it.
    from .containers import Containers  # noqa: PLC0415
    from .driver import CosmosDriver  # noqa: PLC0415
    from .session import Session  # noqa: PLC0415

    session = Session(target)
    driver = CosmosDriver(Containers(session))
    return Connection(driver, retry_deadline=target.retry_deadline, usage=session.usage)


def _is_installed(module: str) -> bool:
    return find_spec(module.partition(".")[0]) is not None and find_spec(module) is not None
