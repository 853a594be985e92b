"""The heads of registered models, changed by whoever saw them last.

A model decides about the numbers, stages and aliases of its versions. Every change of those names
the revision that it was planned on, so that it holds for what is stored, or is planned anew.
"""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from mlflow_docstore.adapters.document.codecs import registered_models as codec
from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Driver, Patch
from mlflow_docstore.adapters.document.keys import path as path_of
from mlflow_docstore.adapters.document.layout import REGISTERED_MODELS
from mlflow_docstore.adapters.document.names import NameClaims
from mlflow_docstore.adapters.document.races import rounds
from mlflow_docstore.core.errors import AlreadyExists, Conflict, NotFound, StoreError
from mlflow_docstore.core.query import Filter, In, equals, path

from .copies import VersionCopies
from .newest import WITH_NEWEST
from .recent import Recent
from .stored import StoredVersions

KIND = "registered_model"

_SEEN = 1000

T = TypeVar("T")

Plan = Callable[[Document], Mapping[str, Any]]
"""From a head to the fields to set, none for no change. It may refuse with an error."""

_OPEN = In(path(codec.LISTING), codec.OPEN)


class ModelHeads:
    """Registered models by name.

    Heads that this process saw last are remembered: a change that is planned on one of them saves
    the reading, and fails harmlessly where another process was there in between.

    Args:
        driver: The database.
    """

    def __init__(self, driver: Driver) -> None:
        self.models = Documents(driver, REGISTERED_MODELS)
        self.copies = VersionCopies(driver)
        self.stored = StoredVersions(driver)
        self._names = NameClaims(self.models, KIND)
        self._seen: Recent[str, Document] = Recent(_SEEN)

    def read(self, name: str, *, newest: bool = False, current: bool = False) -> Document:
        """The head of a model, as it is stored now; of a database that lags, as it was just now.

        Completes what somebody left unfinished.

        Args:
            name: The model's.
            newest: With the newest versions of its stages.
            current: As it is stored now, whatever the database.

        Raises:
            NotFound: ``kind="registered_model"``.
        """
        document = self._find(name, newest=newest, current=current)
        if document is None:
            raise NotFound(KIND, name)
        if document[codec.LISTING] == codec.CLOSING:
            self._remove(document)
            raise NotFound(KIND, name)
        if document[codec.UNSPREAD]:
            self.spread_name(document)
        self.spread_listing(document)
        return document

    def judged(
        self, name: str, judge: Callable[[Document], T], will_do: Callable[[T], bool] = bool
    ) -> T:
        """What is made of a model; where that will not do or is an error, of it as it is now.

        Raises:
            NotFound: ``kind="registered_model"``, or what the judge raises.
        """
        head = self.read(name)
        if not self.models.is_current:
            with suppress(NotFound):
                if will_do(made := judge(head)):
                    return made
            head = self.read(name, current=True)
        return judge(head)

    def reread(self, model_id: str) -> Document | None:
        """A model by id, or None where it is gone."""
        document = self.models.current(model_id)
        if document is None or document.get(codec.LISTING) not in codec.OPEN:
            return None
        return document

    def create(self, model: Document) -> None:
        """Store a new model under its name.

        Raises:
            AlreadyExists: ``kind="registered_model"``.
        """
        for _ in rounds(KIND, model[codec.NAME]):
            if self._created(model):
                self._remember(model)
                return

    def rename(self, name: str, new_name: str, *, at: int) -> None:
        """Give a model another name, and its versions as well; or end its renaming.

        Raises:
            NotFound: ``kind="registered_model"``.
            AlreadyExists: ``kind="registered_model"``; another has the new name.
        """
        for _ in rounds(KIND, name):
            if self._find(name) is None and self._finish_renaming(name, new_name):
                return
            if self._renamed(self.read(name), new_name, at):
                self._seen.drop(name)
                return

    def _finish_renaming(self, name: str, new_name: str) -> bool:
        """End a renaming that did not come to the versions; whether there was such a one."""
        head = self._find(new_name)
        if head is None or not head[codec.UNSPREAD] or head[codec.RENAMED][codec.FROM] != name:
            return False
        self.spread_name(head)
        return True

    def _renamed(self, head: Document, new_name: str, at: int) -> bool:
        """Rename a model unless it has changed; whether so."""
        name, revision = head[codec.NAME], head[codec.REVISION] + 1
        changes = {
            codec.UPDATED: at,
            codec.REVISION: revision,
            codec.WRITER: _new_token(),
            codec.RENAMED: {codec.AT: at, codec.FROM: name, codec.REVISION: revision},
            codec.UNSPREAD: True,
        }
        try:
            renamed = self._names.rename(
                head["_id"], new_name, Patch(set=changes), when=(_unchanged(head),)
            )
        except AlreadyExists:
            self._require_closing(new_name)
            return False
        except NotFound:
            return False
        if renamed:
            self.spread_name({**head, **changes, codec.NAME: new_name})
        return renamed

    def spread_name(self, head: Document) -> None:
        """Let the versions of a renamed model have its name."""
        self.copies.spread_name(head)
        done = Patch(set={codec.UNSPREAD: False})
        same = equals(path_of(codec.RENAMED, codec.REVISION), head[codec.RENAMED][codec.REVISION])
        self.models.patch(head["_id"], done, when=(same,))

    def spread_listing(self, head: Document) -> None:
        """Let searches find the versions of a model as what it says, unless they do already."""
        if codec.UNLISTED in head:
            self.copies.spread_listing(head)
            done = Patch(unset=(codec.UNLISTED,))
            same = equals(codec.UNLISTED, head[codec.UNLISTED])
            self.models.patch(head["_id"], done, when=(same,))
            self._seen.drop(head[codec.NAME])

    def delete(self, name: str) -> None:
        """Remove a model and all that belongs to it; or end its removal.

        Raises:
            NotFound: ``kind="registered_model"``.
        """
        self._seen.drop(name)
        document = self._find(name)
        if document is None or document[codec.LISTING] != codec.CLOSING:
            document = self.change(name, lambda _: {codec.LISTING: codec.CLOSING})
        self._seen.drop(name)
        self._remove(document)

    def change(self, name: str, plan: Plan) -> Document:
        """Change a model in one write, on the strength of what is stored; its new head.

        One command where this process was the last to change the model.

        Args:
            name: The model's.
            plan: From a head to the fields to set, none for no change. It may refuse with an error.
                It is called again where another writer came first.

        Raises:
            NotFound: ``kind="registered_model"``.
        """
        for _ in rounds(KIND, name):
            head, changes = self._planned(name, plan)
            if not changes:
                return head
            fields = {
                **changes,
                codec.REVISION: head[codec.REVISION] + 1,
                codec.WRITER: _new_token(),
            }
            if self._replace(head, fields):
                after = {**head, **fields}
                self._remember(after)
                return after
            self._seen.drop(name)
        raise Conflict(KIND, name)

    def _planned(self, name: str, plan: Plan) -> tuple[Document, Mapping[str, Any]]:
        """A model and the changes planned on it: none, or an error, only on what is stored now."""
        remembered = self._seen.get(name)
        if remembered is not None:
            with suppress(StoreError):
                if changes := plan(remembered):
                    return remembered, changes
            self._seen.drop(name)
        return self.judged(name, lambda head: (head, plan(head)), lambda made: bool(made[1]))

    def patch(self, name: str, patch: Patch) -> None:
        """Change what decides nothing: texts and tags.

        Raises:
            NotFound: ``kind="registered_model"``.
        """
        for _ in rounds(KIND, name):
            head = self._seen.get(name) or self.read(name)
            here = equals(codec.NAME, name)
            if self.models.patch(head["_id"], patch, when=(here, _OPEN)).matched:
                self._remember(head)
                return
            self._seen.drop(name)

    def _remember(self, model: Document) -> None:
        head = {name: model[name] for name in ("_id", *codec.HEAD) if name in model}
        self._seen.put(model[codec.NAME], head)

    def _created(self, model: Document) -> bool:
        try:
            self._names.create(model)
        except AlreadyExists:
            self._require_closing(model[codec.NAME])
            return False
        return True

    def _replace(self, head: Document, fields: Document) -> bool:
        outcome = self.models.patch(head["_id"], Patch(set=fields), when=(_unchanged(head),))
        if outcome.matched or not outcome.uncertain:
            return outcome.matched
        stored = self.models.get(head["_id"])
        return stored is not None and stored.get(codec.WRITER) == fields[codec.WRITER]

    def _find(self, name: str, *, newest: bool = False, current: bool = False) -> Document | None:
        join = WITH_NEWEST if newest else None
        found = [] if current else self.models.find([equals(codec.NAME, name)], limit=1, join=join)
        closing = any(one[codec.LISTING] == codec.CLOSING for one in found)
        if (closing or not found) and not self.models.is_current:
            owner = self._names.owner(name)
            found = [] if owner is None else [owner]
            if found and newest:
                found = self.models.find([equals("_id", found[0]["_id"])], join=join)
        return found[0] if found else None

    def _require_closing(self, name: str) -> None:
        """End the removal of the model that keeps a name from another.

        Raises:
            AlreadyExists: ``kind="registered_model"``; it is not being removed.
        """
        document = self._find(name)
        if document is not None:
            if document[codec.LISTING] != codec.CLOSING:
                raise AlreadyExists(KIND, name)
            self._remove(document)

    def _remove(self, document: Document) -> None:
        if codec.FENCED not in document:
            # Once: a repeat would put fences, which stay, in place of what was removed already.
            self.copies.fence(document)
            self.models.patch(document["_id"], Patch(set={codec.FENCED: True}))
        self.copies.drop(document)
        # The name last: see DocumentExperiments.purge.
        self.models.delete(document["_id"])
        self._names.release(document)


def _unchanged(head: Document) -> Filter:
    return equals(codec.REVISION, head[codec.REVISION])


def _new_token() -> str:
    return secrets.token_hex(8)
