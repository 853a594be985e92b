"""Filling a registry: in bulk, the same for all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, TypeVar
from uuid import uuid4

from mlflow.entities.model_registry import RegisteredModel, RegisteredModelTag
from mlflow.store.model_registry.dbmodels.models import (
    SqlModelVersion,
    SqlModelVersionTag,
    SqlRegisteredModel,
    SqlRegisteredModelAlias,
    SqlRegisteredModelTag,
)
from mlflow.tracking._model_registry.utils import _get_store

from benchmarks.data import Sizes
from benchmarks.fill import require_equal_shapes
from benchmarks.places import DriverPlace
from benchmarks.sql import Row, gather_statistics, insert
from benchmarks.subjects import Place, StoreSource
from mlflow_docstore.adapters.document.driver import Document
from mlflow_docstore.adapters.document.layout import MODEL_VERSIONS, REGISTERED_MODELS
from mlflow_docstore.compat.container import CONTAINER
from mlflow_docstore.ports.backend import Backend
from mlflow_docstore.ports.model_versions import NewVersion

from .data import ALIAS, PROMPT_VERSIONS, STAGE, TEXT, Model, Version, models, prompt_names
from .subjects import RegistrySubject, open_registry

T = TypeVar("T")

_BATCH = 100
_COLLECTIONS = (REGISTERED_MODELS, MODEL_VERSIONS)
_PROBE = "probe"


@dataclass(frozen=True, slots=True)
class RegistryWorld:
    """What a registry holds.

    Args:
        models: Names of the models, as they sort.
        prompts: Names of the prompts.
        versions: How many each model has.
    """

    models: list[str]
    prompts: list[str]
    versions: int


def fill_sql(source: StoreSource, sizes: Sizes) -> RegistryWorld:
    """Fill one of MLflow's SQL stores as its database is filled fastest."""
    store = open_registry(source).store
    names = []
    for batch in _batched(models(sizes.models, sizes.versions), _BATCH):
        insert(store.engine, _rows(batch))
        names += [model.name for model in batch]
    prompts = _fill_prompts(store, sizes)
    gather_statistics(store.engine)
    store.engine.dispose()
    return RegistryWorld(names, prompts, sizes.versions)


def fill_documents(subject: RegistrySubject, place: Place, sizes: Sizes) -> RegistryWorld:
    """Fill ours, or a bare driver, with the documents that ours makes in memory."""
    made = _made(sizes)
    for collection, documents in made.documents.items():
        for these in _batched(documents, _BATCH):
            place.insert_many(collection, these)
    subject.create_model(_PROBE)
    subject.set_alias(_PROBE, ALIAS, subject.create_version(_PROBE))
    return made.world


def require_equal(places: tuple[Place, Place], *_: RegistryWorld) -> None:
    """See that the bare driver writes what ours does.

    Raises:
        DifferentDocumentsError: It does not.
    """
    for collection in _COLLECTIONS:
        ours, theirs = (place.first(collection, "name", _PROBE) for place in places)
        require_equal_shapes(collection, ours, theirs)


@dataclass(frozen=True, slots=True)
class _Made:
    """A registry as documents, by collection."""

    world: RegistryWorld
    documents: dict[str, list[Document]]


@cache
def _made(sizes: Sizes) -> _Made:
    uri = f"memory://benchmark-{uuid4().hex}"
    store = _get_store(uri, uri)
    backend = CONTAINER.backend(uri)
    names = []
    for model in models(sizes.models, sizes.versions):
        _make(backend, model)
        names.append(model.name)
    world = RegistryWorld(names, _fill_prompts(store, sizes), sizes.versions)
    place = DriverPlace(uri)
    return _Made(world, {collection: place.all(collection) for collection in _COLLECTIONS})


def _make(backend: Backend, model: Model) -> None:
    backend.registered_models.create(
        uuid4().hex,
        RegisteredModel(
            name=model.name,
            creation_timestamp=model.created,
            last_updated_timestamp=model.created,
            description=model.description,
            tags=[RegisteredModelTag(key, value) for key, value in model.tags.items()],
        ),
    )
    for version in model.versions:
        backend.model_versions.create(_new(model.name, version))
    created = model.versions[model.staged - 1].created
    backend.model_versions.transition(model.name, model.staged, STAGE, at=created, archive=False)
    backend.registered_models.set_alias(model.name, ALIAS, len(model.versions))


def _new(name: str, version: Version) -> NewVersion:
    return NewVersion(
        name=name,
        source=version.source,
        created=version.created,
        storage_location=version.source,
        run_id=version.run_id,
        description=version.description,
        tags=version.tags,
    )


def _fill_prompts(store: Any, sizes: Sizes) -> list[str]:
    """Make prompts as MLflow does: by the API, which all stores share."""
    names = prompt_names(sizes.prompts)
    for name in names:
        store.create_prompt(name, description="Answers questions", tags={"team": "bench"})
        for _ in range(PROMPT_VERSIONS):
            store.create_prompt_version(name, TEXT, description="a try")
        store.set_prompt_alias(name, ALIAS, PROMPT_VERSIONS)
    return names


def _rows(batch: list[Model]) -> dict[Any, list[Row]]:
    """Rows of each table, in the order that foreign keys demand."""
    pairs = [(model, version) for model in batch for version in model.versions]
    return {
        SqlRegisteredModel.__table__: [_model_row(model) for model in batch],
        SqlRegisteredModelTag.__table__: [
            {"name": model.name, "key": key, "value": value}
            for model in batch
            for key, value in model.tags.items()
        ],
        SqlModelVersion.__table__: [_version_row(model, version) for model, version in pairs],
        SqlModelVersionTag.__table__: [
            {"name": model.name, "version": version.number, "key": key, "value": value}
            for model, version in pairs
            for key, value in version.tags.items()
        ],
        SqlRegisteredModelAlias.__table__: [
            {"name": model.name, "alias": ALIAS, "version": len(model.versions)} for model in batch
        ],
    }


def _model_row(model: Model) -> Row:
    return {
        "name": model.name,
        "creation_time": model.created,
        "last_updated_time": model.updated,
        "description": model.description,
    }


def _version_row(model: Model, version: Version) -> Row:
    return {
        "name": model.name,
        "version": version.number,
        "creation_time": version.created,
        "last_updated_time": version.created,
        "description": version.description,
        "current_stage": STAGE if version.number == model.staged else "None",
        "source": version.source,
        "storage_location": version.source,
        "run_id": version.run_id,
        "status": "READY",
    }


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
