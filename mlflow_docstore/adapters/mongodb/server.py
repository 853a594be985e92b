"""Which server it is, from what it says about itself."""

from collections.abc import Mapping
from typing import Any

from mlflow_docstore.adapters.document.driver import Server

from .flavours import MONGODB, Flavour

_PRODUCT = "MongoDB"
_SUFFIX = "Version"
_OTHERS = frozenset({"gitVersion"})


def described(build: Mapping[str, Any], hello: Mapping[str, Any], flavour: Flavour) -> Server:
    """The server of a reply to ``buildInfo`` and one to ``hello``, and of what it is known for.

    Products that speak MongoDB's protocol add a version under their own name: ``ferretdbVersion``.
    """
    version = str(build["version"])
    if flavour is not MONGODB:
        return Server(flavour.title, f"as {_PRODUCT} {version}", _form(hello))
    for key, own in build.items():
        if key.endswith(_SUFFIX) and key not in _OTHERS:
            name = key.removesuffix(_SUFFIX)
            return Server(name, f"{own}, as {_PRODUCT} {version}", _form(hello))
    return Server(_PRODUCT, version, _form(hello))


def _form(hello: Mapping[str, Any]) -> str:
    if hello.get("msg") == "isdbgrid":
        return "sharded cluster"
    if "setName" in hello:
        return f"replica set {hello['setName']}"
    return "single server"
