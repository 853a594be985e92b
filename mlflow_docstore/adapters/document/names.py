"""Unique names without unique indexes: a name is claimed by a document whose id is its hash.

A claim points at its owner; the owner says in ``name`` what it is called, and that is what counts.
A claim whose owner is missing, or is called otherwise, is what a crash left behind (or a writer who
is not done yet): whoever wants the name makes sure that the owner cannot take it on the strength of
this claim any more, and then takes the claim over. Two numbers make that sure:

- ``name_rev`` of the owner changes with every rename, and by every fence: a rename ends only if the
  revision is the one that it read before it took the claim.
- ``token`` of the claim is new each time that somebody takes it, even its owner again: a claim is
  taken over, or given up, only as it was seen.

Every step is one conditional write, so of any number of writers one wins, and a claim that nobody
gives up blocks no one.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from mlflow_docstore.core.errors import AlreadyExists, Conflict, NotFound
from mlflow_docstore.core.query import Filter, equals

from .documents import WORKSPACE, Documents
from .driver import Document, Patch
from .keys import digest
from .races import rounds

_NAME = "name"
_REVISION = "name_rev"
_BIRTH = "birth"
_CLAIM = "claim"
_OWNER = "owner"
_TOKEN = "token"  # noqa: S105 - a field's name


class NameClaims:
    """Names of the owners in one collection, which holds the claims as well.

    Owners carry ``name`` and ``name_rev``; ``claim``, the token of the claim that they hold their
    name by; and ``birth``, by which a creator knows its own. A document without a name is an id
    that somebody was about to use when another took the claim.

    Args:
        documents: The collection.
        kind: What an owner is called in errors.
    """

    def __init__(self, documents: Documents, kind: str) -> None:
        self._documents = documents
        self._kind = kind

    def create(self, owner: Document) -> None:
        """Insert an owner under its name. One command where nobody else wants the name.

        Raises:
            AlreadyExists: Another owner has the name.
            Conflict: Another owner has the id.
        """
        key, name, token = owner["_id"], owner[_NAME], _new_token()
        owner = {**owner, _REVISION: 0, _BIRTH: digest(repr(sorted(owner.items()))), _CLAIM: token}
        if not self._documents.insert_many([_claim(name, key, token), owner], ordered=True):
            return
        for _ in rounds(self._kind, name):
            stored = self._documents.get(key)
            if stored is not None and _NAME in stored:
                self._recognise(stored, owner)
                return
            owner[_CLAIM] = self._take(name, key)
            if self._settle(owner, stored):
                return

    def rename(self, key: str, name: str, patch: Patch, *, when: Sequence[Filter] = ()) -> bool:
        """Give an owner another name with the patch; whether it met ``when``.

        Raises:
            NotFound: There is no such owner.
            AlreadyExists: Another owner has the name.
        """
        for _ in rounds(self._kind, name):
            owner = self._documents.get(key)
            if owner is None or _NAME not in owner:
                raise NotFound(self._kind, key)
            revision = owner[_REVISION]
            token = owner[_CLAIM] if owner[_NAME] == name else self._take(name, key)
            naming = {_NAME: name, _REVISION: revision + 1, _CLAIM: token}
            changed = Patch(set={**patch.set, **naming}, unset=patch.unset)
            outcome = self._documents.patch(key, changed, when=(equals(_REVISION, revision), *when))
            if outcome.matched or (outcome.uncertain and self._has(key, naming)):
                if token != owner[_CLAIM]:
                    self.release(owner)
                return True
            if self._has(key, {_REVISION: revision}):
                if token != owner[_CLAIM]:
                    self.release(naming)
                return False
        raise Conflict(self._kind, name)

    def owner(self, name: str) -> Document | None:
        """Who bears a name now, told by its claim; for databases whose queries may be behind."""
        claim = self._documents.current(_claim_id(name))
        owner = None if claim is None else self._documents.current(claim[_OWNER])
        return owner if owner is not None and owner.get(_NAME) == name else None

    def release(self, owner: Mapping[str, Any]) -> None:
        """Give up the claim by which an owner has its name, or had when this was read of it."""
        unchanged = equals(_TOKEN, owner[_CLAIM])
        self._documents.delete(_claim_id(owner[_NAME]), when=(unchanged,))

    def _has(self, key: str, values: Mapping[str, object]) -> bool:
        stored = self._documents.get(key)
        return stored is not None and values.items() <= stored.items()

    def _take(self, name: str, key: str) -> str:
        """Point the claim of a name at an owner, under a new token, which is returned.

        The owner's revision must have been read before, and be the condition of what follows.

        Raises:
            AlreadyExists: Another owner bears the name.
        """
        token = _new_token()
        for _ in rounds(self._kind, name):
            claim = _claim(name, key, token)
            if self._documents.insert(claim):
                break
            held = self._documents.get(claim["_id"])
            if held is None:
                continue
            if held[_TOKEN] == token:
                break
            if held[_OWNER] != key and not self._fence(held[_OWNER], name):
                continue
            taking = Patch(set={_OWNER: key, _TOKEN: token})
            unchanged = equals(_TOKEN, held[_TOKEN])
            if self._documents.patch(claim["_id"], taking, when=(unchanged,)).matched:
                break
        return token

    def _fence(self, holder_id: str, name: str) -> bool:
        """Make sure that a claim's holder cannot take the name on what it has read so far.

        Raises:
            AlreadyExists: The holder bears the name.
        """
        holder = self._documents.judged(holder_id, lambda holder: self._other(holder, name))
        if holder is None:
            return self._documents.insert({"_id": holder_id, _REVISION: 0})
        revision = holder[_REVISION]
        fence = Patch(set={_REVISION: revision + 1})
        return self._documents.patch(holder_id, fence, when=(equals(_REVISION, revision),)).matched

    def _other(self, holder: Document | None, name: str) -> Document | None:
        if holder is not None and holder.get(_NAME) == name:
            raise AlreadyExists(self._kind, name)
        return holder

    def _settle(self, owner: Document, stored: Document | None) -> bool:
        """Store an owner where nothing is, or only a fence, unless that has changed; whether so."""
        if stored is None:
            return self._documents.insert(owner)
        revision = stored[_REVISION]
        fields = {name: value for name, value in owner.items() if name != "_id"}
        settling = Patch(set={**fields, _REVISION: revision + 1})
        unchanged = equals(_REVISION, revision)
        return self._documents.patch(owner["_id"], settling, when=(unchanged,)).matched

    def _recognise(self, stored: Document, owner: Document) -> None:
        """The owner's id is taken: by itself, as a reply was lost or the call repeated, or not.

        Raises:
            AlreadyExists: By another owner, of the same name.
            Conflict: By another owner, of another name.
        """
        if stored[_BIRTH] == owner[_BIRTH]:
            return
        if stored[_NAME] == owner[_NAME]:
            raise AlreadyExists(self._kind, owner[_NAME])
        raise Conflict(f"{self._kind}_id", owner["_id"])


def _new_token() -> str:
    return secrets.token_hex(8)


def _claim_id(name: str) -> str:
    return f"name-{digest(WORKSPACE, name)}"


def _claim(name: str, owner: str, token: str) -> Document:
    return {"_id": _claim_id(name), _OWNER: owner, _TOKEN: token}
