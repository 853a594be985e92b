"""Bare sqlite3: the fewest statements that could do each call, on documents equal to ours.

As in ours, a version's number comes from the model's document, which is only changed as it was last
seen.
"""

from benchmarks.bare import documents
from benchmarks.bare.documents import STAMP, Document
from benchmarks.bare.sqlite import SqliteSubject, at
from benchmarks.subjects import Token

from .subjects import RegistrySubject

_MODELS, _VERSIONS = "registered_models", "model_versions"
_HERE = {"workspace": STAMP["workspace"]}
_BY_NAME = (("name", 1),)
_BY_UPDATE = (("last_updated_time", -1), ("name", 1), ("number", -1))

_NAMED = f"{at('name')} = ? AND {at('workspace')} = ?"
_MODEL = f"SELECT document FROM {_MODELS} WHERE {_NAMED}"
# The versions whose ids a model has in "latest", as one list.
_LATEST = (
    "(SELECT json_group_array(json(version.document)) FROM json_each("
    f"{at('latest').replace('document', _MODELS + '.document')}) AS one"
    f" JOIN {_VERSIONS} AS version ON version.id = one.value)"
)
_WITH_LATEST = f"SELECT document, {_LATEST} FROM {_MODELS} WHERE {_NAMED}"


class SqliteRegistry(RegistrySubject):
    """The bare driver.

    Args:
        bare: The same on the rest of the database.
    """

    def __init__(self, bare: SqliteSubject) -> None:
        self.name = bare.name
        self._bare = bare

    def create_model(self, name: str) -> None:
        self._bare.insert_pair(_MODELS, *documents.model(name))

    def create_version(self, name: str) -> int:
        with self._bare.transaction():
            head = self._model(name)
            changes, version = documents.next_version(head)
            self._bare.replace(_MODELS, {**head, **changes})
            self._bare.insert(_VERSIONS, [version])
        return int(version["number"])

    def set_alias(self, name: str, alias: str, number: int) -> None:
        with self._bare.transaction():
            head = self._model(name)
            # There is such a version, and it has not been deleted.
            stage = head["stages"].get(str(number), {}).get("stage")
            if number > head["version_count"] or stage == "Deleted_Internal":
                raise LookupError(number)
            head["aliases"][alias] = number
            head["revision"] += 1
            self._bare.replace(_MODELS, head)

    def by_alias(self, name: str, alias: str) -> int:
        return int(self._version_of(name, alias)["number"])

    def latest(self, name: str) -> int:
        ((_, versions),) = self._bare.read(_WITH_LATEST, (name, *_HERE.values()))
        return len(versions)

    def search_models(self, size: int, token: Token = None) -> tuple[int, Token]:
        where = {"listing": "model", **_HERE}
        columns = f"document, {_LATEST}"
        return self._bare.page(_MODELS, where, _BY_NAME, size, token, columns=columns)

    def search_versions(
        self, size: int, token: Token = None, *, model: str | None = None
    ) -> tuple[int, Token]:
        where = {"listing": "model", **_HERE, **({} if model is None else {"name": model})}
        return self._bare.page(_VERSIONS, where, _BY_UPDATE, size, token)

    def load_prompt(self, name: str, number: int) -> str:
        key = f"{self._model(name)['_id']}-{number}"
        return documents.prompt_text(self._bare.get(_VERSIONS, key))

    def load_prompt_by_alias(self, name: str, alias: str) -> str:
        return documents.prompt_text(self._version_of(name, alias))

    def _model(self, name: str) -> Document:
        ((model,),) = self._bare.read(_MODEL, (name, *_HERE.values()))
        return model

    def _version_of(self, name: str, alias: str) -> Document:
        model = self._model(name)
        return self._bare.get(_VERSIONS, f"{model['_id']}-{model['aliases'][alias]}")
