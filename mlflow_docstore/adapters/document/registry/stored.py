"""Which versions are stored, of those that a registered model has numbered.

A version gets its number first. Whoever moves, deletes or gives an alias to it before it is stored,
perhaps because its writer has died, would change the model for a version that nobody finds. So its
number is pending until somebody who changes the model has seen it.
"""

from mlflow_docstore.adapters.document.codecs import model_versions as codec
from mlflow_docstore.adapters.document.codecs.registered_models import (
    NAME,
    OPEN,
    PENDING,
    version_id,
)
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver
from mlflow_docstore.adapters.document.layout import MODEL_VERSIONS
from mlflow_docstore.core.errors import NotFound

from .decisions import require_live
from .recent import Recent

_SEEN = 1000


class StoredVersions:
    """Versions by their models and numbers.

    Those that this process saw are remembered: an id is never used again, and a deleted version is
    deleted in its model.

    Args:
        driver: The database.
    """

    def __init__(self, driver: Driver) -> None:
        self._versions = Documents(driver, MODEL_VERSIONS)
        self._seen: Recent[str, bool] = Recent(_SEEN)

    def note(self, document: Document) -> None:
        """Remember a version that was just written or read."""
        self._seen.put(document["_id"], True)

    def get(self, head: Document, number: int) -> Document:
        """The document of a version.

        Raises:
            NotFound: ``kind="model_version"``.
        """

        def judge(found: Document | None) -> Document:
            if found is None or found.get(codec.LISTING) not in OPEN:
                raise NotFound("model_version", number, name=head[NAME])
            return found

        document = self._versions.judged(version_id(head["_id"], number), judge)
        self.note(document)
        return document

    def require(self, head: Document, number: int) -> None:
        """Refuse a version that is not stored, or deleted. Reads it if it is pending and unseen.

        Raises:
            NotFound: ``kind="model_version"``.
        """
        require_live(head, number)
        if number in self.pending(head):
            self.get(head, number)

    def pending(self, head: Document) -> list[int]:
        """The versions of a model that are perhaps not stored yet."""
        # Models of earlier versions of this project lack it.
        numbers: list[int] = head.get(PENDING, [])
        return [one for one in numbers if not self._seen.get(version_id(head["_id"], one))]
