"""Versions: a document each, under the numbers and stages that their model gives them."""

from collections.abc import Iterator
from contextlib import contextmanager

from mlflow.entities.model_registry import ModelVersion

from mlflow_docstore.adapters.document.codecs import model_versions as codec
from mlflow_docstore.adapters.document.codecs import registered_models as model_codec
from mlflow_docstore.adapters.document.codecs.model_versions import (
    decode_found,
    decode_version,
    encode_version,
)
from mlflow_docstore.adapters.document.codecs.registered_models import stage_of, version_id
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.keys import escape
from mlflow_docstore.adapters.document.keys import path as path_of
from mlflow_docstore.adapters.document.layout import MODEL_VERSIONS
from mlflow_docstore.adapters.document.queries.model_versions import (
    version_filter,
    version_order,
)
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.adapters.document.registry.copies import LIVE
from mlflow_docstore.adapters.document.registry.decisions import (
    dropping_aliases,
    in_stage,
    listing_versions,
    moving,
    numbering,
    require_live,
)
from mlflow_docstore.adapters.document.registry.heads import KIND as MODEL
from mlflow_docstore.adapters.document.registry.heads import ModelHeads
from mlflow_docstore.adapters.document.registry.newest import NewestVersions
from mlflow_docstore.core.errors import NotFound
from mlflow_docstore.core.paging import Page, PageRequest
from mlflow_docstore.core.query import Compare, Exists, Operator, equals, path
from mlflow_docstore.core.registry import ARCHIVED, DELETED, IS_PROMPT_TAG, is_prompt
from mlflow_docstore.ports.model_versions import (
    ModelVersionQuery,
    ModelVersionRepository,
    NewVersion,
)

_KIND = "model_version"
_IS_FENCE = Exists(path(codec.FENCE))
_IS_PROMPT = equals(path_of(codec.TAGS, IS_PROMPT_TAG), "true")


class DocumentModelVersions(ModelVersionRepository):
    """See the port.

    Args:
        driver: The database.
        heads: Registered models by name.
    """

    def __init__(self, driver: Driver, heads: ModelHeads) -> None:
        self._versions = Documents(driver, MODEL_VERSIONS)
        self._heads = heads
        self._copies = heads.copies
        self._stored = heads.stored
        self._newest = NewestVersions(driver)

    def create(self, version: NewVersion) -> ModelVersion:
        prompt = is_prompt(version.tags)

        def plan(head: Document) -> Document:
            hiding = listing_versions(head, prompts=True) if prompt else {}
            pending = self._stored.pending(head)
            return {**numbering(head, pending, version.created), **hiding}

        head = self._heads.change(version.name, plan)
        number, writer = head[model_codec.COUNT], head[model_codec.WRITER]
        document = encode_version(version, head, number, writer)
        if not self._versions.insert(document):
            head = self._settle(version, document)
        self._stored.note(document)
        self._heads.spread_listing(head)
        return decode_version(document, head)

    def get(self, name: str, number: int) -> ModelVersion:
        head, document = self._live(name, number)
        return decode_version(document, head)

    def get_by_alias(self, name: str, alias: str) -> ModelVersion:
        def judge(head: Document) -> ModelVersion:
            number = head[model_codec.ALIASES].get(escape(alias))
            if number is None:
                raise NotFound("registered_model_alias", alias, name=name)
            return decode_version(self._document(head, number), head)

        return self._heads.judged(name, judge)

    def latest(self, name: str) -> list[ModelVersion]:
        return self._newest.of(self._heads.read(name, newest=True))

    def download_uri(self, name: str, number: int) -> str | None:
        _, document = self._live(name, number)
        uri: str | None = document[codec.STORAGE] or document[codec.SOURCE]
        return uri

    def search(self, query: ModelVersionQuery, page: PageRequest) -> Page[ModelVersion]:
        return self._versions.page(version_filter(query), version_order(query), page, decode_found)

    def update(self, name: str, number: int, description: str | None, *, at: int) -> ModelVersion:
        changes = {codec.DESCRIPTION: description, codec.UPDATED: at}
        head = self._head(name, number)
        key = version_id(head["_id"], number)
        outcome = self._versions.patch(key, Patch(set=changes), when=(LIVE,), returning=True)
        if outcome.document is None:
            raise NotFound(_KIND, number, name=name)
        self._stored.note(outcome.document)
        return decode_version(outcome.document, head)

    def transition(
        self, name: str, number: int, stage: str, *, at: int, archive: bool
    ) -> ModelVersion:
        displaced: dict[int, str] = {}
        again = False

        def plan(head: Document) -> Document:
            nonlocal again
            self._stored.require(head, number)
            again = stage_of(head, number) == stage
            displaced.clear()
            if archive:
                displaced.update(dict.fromkeys(in_stage(head, stage), ARCHIVED))
                displaced.pop(number, None)
            return moving(head, {**displaced, number: stage}, at)

        with _no_such(name, number):
            head = self._heads.change(name, plan)
        for other in displaced:
            self._copies.copy_stage(head, other)
        if again and archive:
            # Perhaps of an attempt that did not come to those that it archived.
            self._copies.copy_archived(head, stage, at=at)
        document = self._copies.copy_stage(head, number, returning=True)
        return decode_version(document or self._document(head, number), head)

    def delete(self, name: str, number: int, *, at: int) -> None:
        def plan(head: Document) -> Document:
            self._stored.require(head, number)
            return {**moving(head, {number: DELETED}, at), **dropping_aliases(head, number)}

        try:
            with _no_such(name, number):
                head = self._heads.change(name, plan)
        except NotFound:
            if not self._finish_deletion(name, number):
                raise
        else:
            self._copies.copy_stage(head, number)

    def set_tag(self, name: str, number: int, key: str, value: str) -> None:
        patch = Patch(set={path_of(codec.TAGS, key): value})
        if is_prompt({key: value}):
            self._hide(name, number)
            self._patch(name, number, patch)
        else:
            self._patch(name, number, patch)
            if key == IS_PROMPT_TAG:
                self._unhide(name)

    def delete_tag(self, name: str, number: int, key: str) -> None:
        self._patch(name, number, Patch(unset=(path_of(codec.TAGS, key),)))
        if key == IS_PROMPT_TAG:
            self._unhide(name)

    def _head(self, name: str, number: int) -> Document:
        def judge(head: Document) -> Document:
            require_live(head, number)
            return head

        with _no_such(name, number):
            return self._heads.judged(name, judge)

    def _live(self, name: str, number: int) -> tuple[Document, Document]:
        """The head of a model, and the document of one of its versions."""

        def judge(head: Document) -> tuple[Document, Document]:
            require_live(head, number)
            return head, self._document(head, number)

        with _no_such(name, number):
            return self._heads.judged(name, judge)

    def _document(self, head: Document, number: int) -> Document:
        document = self._stored.get(head, number)
        moved = str(number) in head[model_codec.STAGES]
        if moved and document[codec.STAGE] != stage_of(head, number):
            # Whoever moved it did not come to this.
            return self._copies.copy_stage(head, number, returning=True) or document
        return document

    def _patch(self, name: str, number: int, patch: Patch) -> None:
        key = version_id(self._head(name, number)["_id"], number)
        if not self._versions.patch(key, patch, when=(LIVE,)).matched:
            raise NotFound(_KIND, number, name=name)

    def _settle(self, version: NewVersion, document: Document) -> Document:
        """Put a version where something is already: itself, or a fence; the head of its model.

        Raises:
            NotFound: ``kind="registered_model"``; it was removed.
        """
        key = document["_id"]
        for _ in rounds(_KIND, key):
            head = self._heads.reread(document[codec.MODEL_ID])
            stored = self._versions.get(key)
            if stored is not None and stored.get(codec.WRITER) == document[codec.WRITER]:
                if head is None:
                    break
                return head
            if head is None:
                self._versions.delete(key, when=(_IS_FENCE,))
                break
            document |= codec.naming(head)
            fields = {name: value for name, value in document.items() if name != "_id"}
            known = Compare(path(codec.NAMED), Operator.LE, head[model_codec.REVISION])
            patch = Patch(set=fields, unset=(codec.FENCE,))
            if self._versions.patch(key, patch, when=(_IS_FENCE, known)).matched:
                return head
        raise NotFound(MODEL, version.name)

    def _finish_deletion(self, name: str, number: int) -> bool:
        """Blank a version that its model has deleted already; whether that was still to be done."""
        with _no_such(name, number):
            head = self._heads.read(name)
        if stage_of(head, number) != DELETED:
            return False
        document = self._versions.get(version_id(head["_id"], number))
        if document is None or document.get(codec.LISTING) not in model_codec.OPEN:
            return False
        self._copies.copy_stage(head, number)
        return True

    def _hide(self, name: str, number: int) -> None:
        """Make a model's versions those of a prompt, before one has the tag of prompts."""

        def plan(head: Document) -> Document:
            self._stored.require(head, number)
            return listing_versions(head, prompts=True)

        with _no_such(name, number):
            head = self._heads.change(name, plan)
        self._heads.spread_listing(head)

    def _unhide(self, name: str) -> None:
        """Make a model's versions those of a model again if none has the tag of prompts."""

        def plan(head: Document) -> Document:
            changes = listing_versions(head, prompts=False)
            mine = equals(codec.MODEL_ID, head["_id"])
            prompts = changes and self._versions.find([mine, _IS_PROMPT], fields=(), limit=1)
            return {} if prompts else changes

        self._heads.spread_listing(self._heads.change(name, plan))


@contextmanager
def _no_such(name: str, number: int) -> Iterator[None]:
    """A model that is missing leaves the block as a version that is missing."""
    try:
        yield
    except NotFound as error:
        raise NotFound(_KIND, number, name=name) from error
