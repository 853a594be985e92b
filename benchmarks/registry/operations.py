"""What is measured of a registry, and what is to be reached."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

from benchmarks.data import Sizes
from benchmarks.operations import (
    BULK_READ,
    PAGE,
    POINT_READ,
    WRITE,
    Operation,
    expect,
)
from benchmarks.subjects import Token
from benchmarks.timing import Call

from .data import ALIAS, PROMPT_VERSIONS, TEXT
from .fill import RegistryWorld
from .subjects import RegistrySubject

FASTER = 5
"""How many times faster than the faster of MLflow's stores everything must be."""

_STAGES = 2
"""How many stages the versions of a filled model are in."""

_VERSIONS_A_MODEL = 20
_STRIDE = 7
_LINKING = "link_prompt_to_experiment_thread"

Search = Callable[..., tuple[int, Token]]


def operations(sizes: Sizes) -> list[Operation]:
    """All rows."""
    every = sizes.models * sizes.versions
    last_models, last_versions = sizes.models // PAGE, every // PAGE
    models = f"search_registered_models: {sizes.models:,} models, page"
    versions = f"search_model_versions: {every:,} versions, page"
    write = partial(Operation, limit=WRITE, faster=FASTER)
    point = partial(Operation, limit=POINT_READ, faster=FASTER)
    read = partial(Operation, limit=BULK_READ, faster=FASTER)
    return [
        write("create_registered_model", _create_model),
        write("create_model_version", _create_version),
        write("create_model_version: by who made the one before", _create_versions),
        write("set_registered_model_alias", _set_alias),
        write("set_registered_model_alias: by who set the one before", _set_aliases),
        point("get_model_version_by_alias", _by_alias),
        point("get_latest_versions", _latest),
        read(f"{models} 1 of {PAGE}", partial(_search_models, page=1)),
        read(f"{models} {last_models} of {PAGE}", partial(_search_models, page=last_models)),
        read(f"search_model_versions: by name, {sizes.versions} versions", _by_name),
        read(f"{versions} 1 of {PAGE}", partial(_search_versions, page=1)),
        read(
            f"{versions} {last_versions:,} of {PAGE}",
            partial(_search_versions, page=last_versions),
        ),
        read("load_prompt: by version", _load_prompt),
        read("load_prompt: by alias", _load_prompt_by_alias),
    ]


def _read(world: RegistryWorld) -> Iterator[str]:
    """Models that are read only, time and again."""
    return _spread(world.models[: len(world.models) // 2])


def _numbered(world: RegistryWorld) -> Iterator[str]:
    """Models that get versions, from a process that has not seen them before."""
    half = len(world.models) // 2
    return _spread(world.models[half : half + half // 2])


def _named(world: RegistryWorld) -> Iterator[str]:
    """Models that get aliases, from a process that has not seen them before."""
    half = len(world.models) // 2
    return _spread(world.models[half + half // 2 :])


def _spread(names: list[str]) -> Iterator[str]:
    return (names[number * _STRIDE % len(names)] for number in count())


def _create_model(subject: RegistrySubject, world: RegistryWorld) -> Iterator[Call]:  # noqa: ARG001 - an Arrange
    for number in count():
        yield partial(subject.create_model, f"new-{number}")


def _create_version(subject: RegistrySubject, world: RegistryWorld) -> Iterator[Call]:
    for name in _numbered(world):
        yield partial(subject.create_version, name)


def _create_versions(subject: RegistrySubject, world: RegistryWorld) -> Iterator[Call]:  # noqa: ARG001 - an Arrange
    for number in count():
        name = f"grown-{number // _VERSIONS_A_MODEL}"
        if number % _VERSIONS_A_MODEL == 0:
            subject.create_model(name)
        yield partial(subject.create_version, name)


def _set_alias(subject: RegistrySubject, world: RegistryWorld) -> Iterator[Call]:
    for number, name in enumerate(_named(world)):
        yield partial(subject.set_alias, name, "challenger", 1 + number % world.versions)


def _set_aliases(subject: RegistrySubject, world: RegistryWorld) -> Iterator[Call]:
    name = world.models[-1]
    for number in count():
        yield partial(subject.set_alias, name, "canary", 1 + number % world.versions)


def _by_alias(subject: RegistrySubject, world: RegistryWorld) -> Iterator[Call]:
    def read(name: str) -> None:
        expect(subject, "as number", subject.by_alias(name, ALIAS), world.versions)

    for name in _read(world):
        yield partial(read, name)


def _latest(subject: RegistrySubject, world: RegistryWorld) -> Iterator[Call]:
    def read(name: str) -> None:
        expect(subject, "versions", subject.latest(name), _STAGES)

    for name in _read(world):
        yield partial(read, name)


def _search_models(subject: RegistrySubject, world: RegistryWorld, page: int) -> Iterator[Call]:  # noqa: ARG001 - an Arrange
    return _pages(subject, subject.search_models, page)


def _search_versions(subject: RegistrySubject, world: RegistryWorld, page: int) -> Iterator[Call]:  # noqa: ARG001 - an Arrange
    return _pages(subject, subject.search_versions, page)


def _pages(subject: RegistrySubject, search: Search, page: int) -> Iterator[Call]:
    token = None
    if page > 1:
        # Behind one large page, which saves walking there.
        ahead = PAGE * (page - 1)
        found, token = search(ahead)
        expect(subject, "results", found, ahead)

    def read() -> None:
        found, _ = search(PAGE, token)
        expect(subject, "results", found, PAGE)

    while True:
        yield read


def _by_name(subject: RegistrySubject, world: RegistryWorld) -> Iterator[Call]:
    def read(name: str) -> None:
        found, _ = subject.search_versions(PAGE, model=name)
        expect(subject, "versions", found, world.versions)

    for name in _read(world):
        yield partial(read, name)


def _load_prompt(subject: RegistrySubject, world: RegistryWorld) -> Iterator[Call]:
    def load(name: str, number: int) -> None:
        expect(subject, "as text", subject.load_prompt(name, number), TEXT)

    for number, name in enumerate(_spread(world.prompts)):
        yield partial(load, name, 1 + number % PROMPT_VERSIONS)
        _await_links()


def _load_prompt_by_alias(subject: RegistrySubject, world: RegistryWorld) -> Iterator[Call]:
    def load(name: str) -> None:
        expect(subject, "as text", subject.load_prompt_by_alias(name, ALIAS), TEXT)

    for name in _spread(world.prompts):
        yield partial(load, name)
        _await_links()


def _await_links() -> None:
    """MLflow links what it has loaded to an experiment behind the caller's back."""
    for thread in threading.enumerate():
        if thread.name.startswith(_LINKING):
            thread.join()
