"""What versions copy of their registered model, kept as the model has it.

A model decides in one write; the copies follow. Each remembers as of which revision of the model it
is, so that copies may be written late, twice or out of order and still end as the model has them.
"""

from mlflow_docstore.adapters.document.codecs import model_versions as codec
from mlflow_docstore.adapters.document.codecs import registered_models as model_codec
from mlflow_docstore.adapters.document.codecs.registered_models import version_id
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.layout import MODEL_VERSIONS
from mlflow_docstore.core.query import Compare, Exists, In, Operator, equals, path
from mlflow_docstore.core.registry import ARCHIVED, DELETED

from .decisions import in_stage

_UNFENCED = Exists(path(codec.FENCE), negated=True)
LIVE = In(path(codec.LISTING), model_codec.OPEN)
"""Stored, and not deleted."""


class VersionCopies:
    """The versions of models, as far as their models decide.

    Args:
        driver: The database.
    """

    def __init__(self, driver: Driver) -> None:
        self._versions = Documents(driver, MODEL_VERSIONS)

    def copy_stage(
        self, head: Document, number: int, *, returning: bool = False
    ) -> Document | None:
        """Copy the stage of a version that was moved; the version, if it was copied and asked for.

        Args:
            head: The model.
            number: The version's.
            returning: Return the document.
        """
        entry = head[model_codec.STAGES][str(number)]
        copies = {
            codec.STAGE: entry[model_codec.STAGE],
            codec.STAGED: head[model_codec.REVISION],
            codec.UPDATED: entry[model_codec.AT],
        }
        if entry[model_codec.STAGE] == DELETED:
            copies |= codec.BLANKED
        older = Compare(path(codec.STAGED), Operator.LT, head[model_codec.REVISION])
        key = version_id(head["_id"], number)
        patch = Patch(set=copies)
        return self._versions.patch(key, patch, when=(older,), returning=returning).document

    def copy_archived(self, head: Document, stage: str, *, at: int) -> None:
        """Copy the stage of all versions that were archived, but are still found in another stage.

        Args:
            head: The model.
            stage: The other stage.
            at: What becomes their time of last update.
        """
        archived = In(path(codec.NUMBER), tuple(in_stage(head, ARCHIVED)))
        older = Compare(path(codec.STAGED), Operator.LT, head[model_codec.REVISION])
        copies = {
            codec.STAGE: ARCHIVED,
            codec.STAGED: head[model_codec.REVISION],
            codec.UPDATED: at,
        }
        found = equals(codec.STAGE, stage)
        where = (self._of(head), found, archived, older)
        self._versions.patch_many(where, Patch(set=copies))

    def spread_name(self, head: Document) -> None:
        """Copy the name of a model that was renamed to all its versions."""
        renamed = head[model_codec.RENAMED]
        revision = renamed[model_codec.REVISION]
        copies = {
            codec.NAME: head[model_codec.NAME],
            codec.NAMED: revision,
            codec.UPDATED: renamed[model_codec.AT],
        }
        older = Compare(path(codec.NAMED), Operator.LT, revision)
        self.fence(head)
        self._versions.patch_many([self._of(head), older], Patch(set=copies))

    def spread_listing(self, head: Document) -> None:
        """Let searches find the live versions of a model as prompts, or as models."""
        listing = Patch(set={codec.LISTING: codec.listing(head)})
        self.fence(head)
        self._versions.patch_many([self._of(head), LIVE], listing)

    def fence(self, head: Document) -> None:
        """Keep the ids of versions that are numbered but not stored yet.

        Their writers know an older state of the model. Each finds its id taken, and looks again.
        So this comes before whatever is done to all versions: behind it, all are there.
        """
        found = self._versions.find([self._of(head)], fields=())
        stored = {document["_id"] for document in found}
        fences = [
            codec.encode_fence(head, number)
            for number in range(1, head[model_codec.COUNT] + 1)
            if version_id(head["_id"], number) not in stored
        ]
        self._versions.insert_many(fences)

    def drop(self, head: Document) -> None:
        """Remove all versions of a model that gives no more numbers, and is fenced."""
        self._versions.delete_many([self._of(head), _UNFENCED])

    @staticmethod
    def _of(head: Document) -> Compare:
        return equals(codec.MODEL_ID, head["_id"])
