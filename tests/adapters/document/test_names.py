"""Name claims, one writer at a time; for many at once see the interleavings."""

import pytest

from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Patch
from mlflow_docstore.adapters.document.names import NameClaims
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.errors import AlreadyExists, Conflict, NotFound
from mlflow_docstore.core.query import equals


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def documents(database: Database) -> Documents:
    return Documents(MemoryDriver(database), "things")


@pytest.fixture
def names(documents: Documents) -> NameClaims:
    return NameClaims(documents, "thing")


def thing(key: str, name: str) -> Document:
    return {"_id": key, "name": name, "colour": "red"}


def bearers(database: Database) -> dict[str, str]:
    found = database.table("things").documents
    return {key: one["name"] for key, one in found.items() if "name" in one}


def claims(database: Database) -> set[str]:
    """The owners of claims."""
    found = database.table("things").documents
    return {one["owner"] for one in found.values() if "owner" in one}


def test_a_name_is_given_once(names: NameClaims, database: Database) -> None:
    names.create(thing("1", "ant"))
    with pytest.raises(AlreadyExists) as caught:
        names.create(thing("2", "ant"))
    assert (caught.value.kind, caught.value.key) == ("thing", "ant")
    assert bearers(database) == {"1": "ant"}


@pytest.mark.parametrize("name", ["", "a.b$c", "größe", "x" * 500, "name-0", "1"])
def test_any_text_is_a_name(names: NameClaims, database: Database, name: str) -> None:
    names.create(thing("1", name))
    names.create(thing("2", f"{name} "))
    with pytest.raises(AlreadyExists):
        names.create(thing("3", name))
    assert bearers(database) == {"1": name, "2": f"{name} "}


def test_a_repeat_of_a_creation_changes_nothing(names: NameClaims, documents: Documents) -> None:
    names.create(thing("1", "ant"))
    documents.patch("1", Patch(set={"colour": "blue"}))
    names.create(thing("1", "ant"))
    assert documents.get("1")["colour"] == "blue"


def test_a_repeat_of_a_creation_that_was_renamed_since_does_not_name_it_back(
    names: NameClaims, database: Database
) -> None:
    names.create(thing("1", "ant"))
    names.rename("1", "bee", Patch())
    names.create(thing("1", "ant"))
    assert bearers(database) == {"1": "bee"}


def test_another_owner_of_the_id_is_a_conflict_and_the_name_stays_free(
    names: NameClaims, database: Database
) -> None:
    names.create(thing("1", "ant"))
    with pytest.raises(Conflict) as caught:
        names.create(thing("1", "bee"))
    assert caught.value.kind == "thing_id"
    names.create(thing("2", "bee"))
    assert bearers(database) == {"1": "ant", "2": "bee"}


def test_another_owner_of_the_id_and_of_the_name_keeps_both(
    names: NameClaims, database: Database
) -> None:
    names.create(thing("1", "ant"))
    with pytest.raises(AlreadyExists):
        names.create({**thing("1", "ant"), "colour": "blue"})
    with pytest.raises(AlreadyExists):
        names.create(thing("2", "ant"))
    assert bearers(database) == {"1": "ant"}


def test_a_rename_frees_the_old_name_and_takes_the_new_one(
    names: NameClaims, database: Database
) -> None:
    names.create(thing("1", "ant"))
    assert names.rename("1", "bee", Patch(set={"colour": "blue"}))
    assert claims(database) == {"1"}
    assert database.table("things").documents["1"]["colour"] == "blue"
    names.create(thing("2", "ant"))
    with pytest.raises(AlreadyExists):
        names.create(thing("3", "bee"))


def test_a_rename_to_the_same_name_applies_the_patch(
    names: NameClaims, documents: Documents
) -> None:
    names.create(thing("1", "ant"))
    assert names.rename("1", "ant", Patch(set={"colour": "blue"}))
    assert documents.get("1")["colour"] == "blue"
    with pytest.raises(AlreadyExists):
        names.create(thing("2", "ant"))


def test_a_rename_to_a_taken_name_changes_nothing(names: NameClaims, database: Database) -> None:
    names.create(thing("1", "ant"))
    names.create(thing("2", "bee"))
    with pytest.raises(AlreadyExists):
        names.rename("2", "ant", Patch())
    assert bearers(database) == {"1": "ant", "2": "bee"}


def test_a_rename_whose_condition_fails_takes_no_name(
    names: NameClaims, database: Database
) -> None:
    names.create(thing("1", "ant"))
    assert not names.rename("1", "bee", Patch(), when=(equals("colour", "blue"),))
    names.create(thing("2", "bee"))
    assert bearers(database) == {"1": "ant", "2": "bee"}


def test_what_is_not_there_cannot_be_renamed(names: NameClaims) -> None:
    with pytest.raises(NotFound):
        names.rename("1", "ant", Patch())


def test_a_claim_is_given_up_only_as_it_was_seen(
    names: NameClaims, documents: Documents, database: Database
) -> None:
    names.create(thing("1", "ant"))
    stale = documents.get("1")
    names.rename("1", "bee", Patch())
    names.rename("1", "ant", Patch())
    names.release(stale)
    with pytest.raises(AlreadyExists):
        names.create(thing("2", "ant"))
    assert bearers(database) == {"1": "ant"}


def test_the_name_of_an_owner_that_is_gone_is_free(
    names: NameClaims, documents: Documents, database: Database
) -> None:
    names.create(thing("1", "ant"))
    documents.delete("1")
    names.create(thing("2", "ant"))
    assert bearers(database) == {"2": "ant"}


def test_an_id_that_was_fenced_can_be_used_again(
    names: NameClaims, documents: Documents, database: Database
) -> None:
    names.create(thing("1", "ant"))
    documents.delete("1")
    names.create(thing("2", "ant"))
    names.create(thing("1", "bee"))
    assert bearers(database) == {"2": "ant", "1": "bee"}
    with pytest.raises(AlreadyExists):
        names.create(thing("3", "bee"))
