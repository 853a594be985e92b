"""The newest versions of a model's stages."""

from mlflow.entities.model_registry import ModelVersion

from mlflow_docstore.adapters.document.codecs import model_versions as codec
from mlflow_docstore.adapters.document.codecs import registered_models as model_codec
from mlflow_docstore.adapters.document.codecs.model_versions import decode_version
from mlflow_docstore.adapters.document.codecs.registered_models import stage_of, version_id
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Join
from mlflow_docstore.adapters.document.layout import MODEL_VERSIONS
from mlflow_docstore.core.query import Exists, In, equals, path
from mlflow_docstore.core.registry import DELETED, newest

_LATEST_VERSIONS = "latest_versions"
_STORED = Exists(path(codec.NUMBER))

WITH_NEWEST = Join(MODEL_VERSIONS, model_codec.LATEST, _LATEST_VERSIONS)
"""Reads models with the newest versions of their stages."""


class NewestVersions:
    """Makes entities of what models were read with.

    Args:
        driver: The database.
    """

    def __init__(self, driver: Driver) -> None:
        self._versions = Documents(driver, MODEL_VERSIONS)

    def of(self, model: Document, *, bare: bool = False) -> list[ModelVersion]:
        """The newest version of each stage; the stage that got its first version first comes first.

        Args:
            model: Read with ``WITH_NEWEST``.
            bare: Without aliases.
        """
        keys = model[model_codec.LATEST]
        found = self._stored(model[_LATEST_VERSIONS])
        if not all(key in found for key in keys):
            # A number was given to a version that is not stored yet, or never was.
            keys = self._stored_keys(model)
            found = self._stored(self._versions.find([In(path("_id"), tuple(keys))]))
        versions = (found[key] for key in keys if key in found)
        return [decode_version(version, model, bare=bare) for version in versions]

    @staticmethod
    def _stored(documents: list[Document]) -> dict[str, Document]:
        return {one["_id"]: one for one in documents if codec.FENCE not in one}

    def _stored_keys(self, model: Document) -> list[str]:
        mine = equals(codec.MODEL_ID, model["_id"])
        found = self._versions.find([mine, _STORED], fields=(codec.NUMBER,))
        stored = {document[codec.NUMBER] for document in found}
        count = model[model_codec.COUNT]
        stages = {
            number: stage_of(model, number) if number in stored else DELETED
            for number in range(1, count + 1)
        }
        return [version_id(model["_id"], number) for number in newest(count, stages)]
