"""Unique names without unique indexes: a name is claimed by a document whose id is its hash.

A claim points at its owner; the owner says in ``name`` what it is called, and that is what counts.
A claim whose owner is missing, or is called otherwise, is what a crash left behind (or a writer who
is not done yet): whoever wants the name makes sure that the owner can no longer take it, and then
takes the claim over. Every step is one conditional write, so of any number of writers one wins.
"""

import secrets
from collections.abc import Sequence

from mlflow_docstore.core.errors import AlreadyExists, Conflict, NotFound
from mlflow_docstore.core.query import Filter, equals

from .documents import WORKSPACE, Documents
from .driver import Document, Patch
from .keys import digest

_ROUNDS = 100
"""Of a race that another writer wins anew each time; far beyond what ever happens."""


class NameClaims:
    """Names of the owners in one collection, which holds the claims as well.

    Owners carry ``name``; ``name_rev``, a number that changes with every rename, even a vain one;
    and ``birth``, by which a creator knows its own.

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
            Conflict: Another owner has the id; the name was not taken, or is free again.
        """
        owner = {**owner, "name_rev": 0, "birth": secrets.token_hex(8)}
        claim = _claim(owner["name"], owner["_id"])
        for _ in range(_ROUNDS):
            taken = self._documents.insert_many([claim, owner], ordered=True)
            if not taken:
                return
            if claim["_id"] not in taken:
                self._settle_id(owner, claim)
                return
            held = self._documents.get(claim["_id"])
            if held is None:
                continue
            if held["owner"] == owner["_id"]:
                if not self._documents.insert(owner):
                    self._settle_id(owner, claim)
                return
            self._take_over(held, owner["name"], owner["_id"])
        raise Conflict(self._kind, owner["name"])

    def rename(self, key: str, name: str, patch: Patch, *, when: Sequence[Filter] = ()) -> bool:
        """Give an owner another name with the patch; whether it met ``when``.

        Raises:
            NotFound: There is no such owner.
            AlreadyExists: Another owner has the name.
        """
        for _ in range(_ROUNDS):
            owner = self._documents.get(key)
            if owner is None or "name" not in owner:
                raise NotFound(self._kind, key)
            self._claim_for(key, name, owner)
            changed = Patch(
                set={**patch.set, "name": name, "name_rev": owner["name_rev"] + 1},
                unset=patch.unset,
            )
            unmoved = equals("name_rev", owner["name_rev"])
            outcome = self._documents.patch(key, changed, when=(unmoved, *when))
            if outcome.matched or self._is_called(key, name, owner["name_rev"] + 1):
                if name != owner["name"]:
                    self.release(key, owner["name"])
                return True
            moved = self._documents.get(key)
            if moved is not None and moved["name_rev"] == owner["name_rev"]:
                if name != owner["name"]:
                    self.release(key, name)
                return False
        raise Conflict(self._kind, name)

    def release(self, key: str, name: str) -> None:
        """Give the name up, if the owner holds its claim."""
        self._documents.delete(_claim_id(name), when=(equals("owner", key),))

    def _claim_for(self, key: str, name: str, owner: Document) -> None:
        claim = _claim(name, key)
        for _ in range(_ROUNDS):
            if name == owner["name"] or self._documents.insert(claim):
                return
            held = self._documents.get(claim["_id"])
            if held is None:
                continue
            if held["owner"] == key:
                return
            self._take_over(held, name, key)
        raise Conflict(self._kind, name)

    def _is_called(self, key: str, name: str, revision: int) -> bool:
        """Whether a rename whose reply was lost came through."""
        owner = self._documents.get(key)
        return owner is not None and owner["name"] == name and owner["name_rev"] == revision

    def _take_over(self, held: Document, name: str, key: str) -> None:
        """Point a claim at ``key`` if its holder does not, and cannot any more, bear the name.

        Raises:
            AlreadyExists: The holder bears it.
        """
        holder_id = held["owner"]
        holder = self._documents.get(holder_id)
        if holder is None:
            # Its creator may be between the claim and the owner: this takes the id's place.
            if not self._documents.insert({"_id": holder_id, "void": True}):
                return
        elif "name" in holder:
            if holder["name"] == name:
                raise AlreadyExists(self._kind, name)
            # A rename to this name may be under way: with another revision it cannot end.
            revision = holder["name_rev"]
            fenced = self._documents.patch(
                holder_id,
                Patch(set={"name_rev": revision + 1}),
                when=(equals("name_rev", revision),),
            )
            if not fenced.matched:
                return
        self._documents.patch(
            held["_id"], Patch(set={"owner": key}), when=(equals("owner", holder_id),)
        )

    def _settle_id(self, owner: Document, claim: Document) -> None:
        """The owner's id was taken: by itself, in an attempt whose reply was lost, or by another.

        Raises:
            AlreadyExists: Another writer voided the id, and has the name.
            Conflict: The id is another owner's.
        """
        stored = self._documents.get(owner["_id"])
        if stored is not None and "name" in stored:
            if stored["birth"] == owner["birth"]:
                return
            self.release(owner["_id"], owner["name"])
            raise Conflict(f"{self._kind}_id", owner["_id"])
        self._documents.delete(claim["_id"], when=(equals("owner", owner["_id"]),))
        raise AlreadyExists(self._kind, owner["name"])


def _claim_id(name: str) -> str:
    return f"name-{digest(WORKSPACE, name)}"


def _claim(name: str, owner: str) -> Document:
    return {"_id": _claim_id(name), "owner": owner}
