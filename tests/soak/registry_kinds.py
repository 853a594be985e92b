"""Kinds of writes to the registry."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag, RegisteredModelTag

from .kinds import (
    Batch,
    ContestedName,
    ContestedParam,
    End,
    Kind,
    NewRun,
    OwnTag,
    Place,
    Stores,
    Turn,
    grouped,
)
from .ledger import Answer, Entry, Facts
from .trace_kinds import TRACE_KINDS

_PRODUCTION = "Production"
_ALIASES = 3
_PAGE = 1000


def _versions(stores: Stores, model: str) -> Iterator[ModelVersion]:
    token = None
    while True:
        page = stores.registry.search_model_versions(
            f"name = '{model}'", max_results=_PAGE, page_token=token
        )
        yield from page
        token = page.token
        if not token:
            return


class ContestedModel(Kind):
    """A registered model's name that all writers want."""

    refusals = frozenset({"RESOURCE_ALREADY_EXISTS"})

    def plan(self, turn: Turn) -> Facts:
        name = f"contested {turn.place.experiment_id} {turn.number // 5}"
        return {"name": name, "writer": turn.writer}

    def act(self, stores: Stores, facts: Facts) -> None:
        stores.registry.create_registered_model(facts["name"], description=facts["writer"])

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        del place
        models = stores.registry.search_registered_models("name LIKE 'contested %'", _PAGE)
        found = {model.name: model.description for model in models}
        if len(found) != len(models):
            yield "a model was found twice"
        for (name,), group in grouped(entries, "name").items():
            owners = [entry.facts["writer"] for entry in group if entry.done]
            if len(owners) > 1 or (owners and found.get(name) != owners[0]):
                yield f"model {name} was given to {owners}, and is {found.get(name)}'s"
            if name not in found and not all(entry.possible for entry in group):
                yield f"model {name} was refused, and is not there"


class NewVersion(Kind):
    """A version of a shared model: every number is given once."""

    def plan(self, turn: Turn) -> Facts:
        return {"model": turn.model(), "source": f"s3://{turn.name}"}

    def act(self, stores: Stores, facts: Facts) -> int:
        made = stores.registry.create_model_version(facts["model"], facts["source"])
        return int(made.version)

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        for model in place.models:
            found: dict[str, list[int]] = defaultdict(list)
            for version in _versions(stores, model):
                found[version.source].append(int(version.version))
            numbers = sorted(number for some in found.values() for number in some)
            if len(numbers) != len(set(numbers)):
                yield f"a number was given twice: {numbers}"
            for entry in entries:
                if entry.facts["model"] == model:
                    got = found[entry.facts["source"]]
                    if len(got) > 1 or (entry.done and got != [entry.result]):
                        yield f"{entry.facts['source']} is {entry.result}, and found as {got}"


class Promotion(Kind):
    """One version of a shared model is alone in production."""

    def plan(self, turn: Turn) -> Facts:
        number = turn.dice.randint(1, turn.place.versions)
        return {"model": turn.model(), "number": number}

    def act(self, stores: Stores, facts: Facts) -> None:
        stores.registry.transition_model_version_stage(
            facts["model"], facts["number"], _PRODUCTION, archive_existing_versions=True
        )

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        del place
        for (model,), group in grouped(entries, "model").items():
            numbers = {int(one.version): one.current_stage for one in _versions(stores, model)}
            found = [number for number, stage in numbers.items() if stage == _PRODUCTION]
            alone = [
                number
                for number in numbers
                if stores.registry.get_model_version(model, number).current_stage == _PRODUCTION
            ]
            latest = stores.registry.get_latest_versions(model, [_PRODUCTION])
            told = [int(version.version) for version in latest]
            least = any(entry.done for entry in group)
            if not least <= len(alone) <= 1 or told != alone:
                yield f"of {model}, {alone} are in production, and {told} by stage"
            # A search may find what an interrupted promotion has not copied to versions yet.
            if found != alone and all(entry.answer is not Answer.UNKNOWN for entry in group):
                yield f"of {model}, {alone} are in production, and {found} in a search"


class Alias(Kind):
    """A shared alias points at a version that somebody wanted."""

    def plan(self, turn: Turn) -> Facts:
        number = turn.dice.randint(1, turn.place.versions)
        return {
            "model": turn.model(),
            "alias": f"a{turn.dice.randrange(_ALIASES)}",
            "number": number,
        }

    def act(self, stores: Stores, facts: Facts) -> None:
        stores.registry.set_registered_model_alias(
            facts["model"], facts["alias"], str(facts["number"])
        )

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        del place
        for (model, alias), group in grouped(entries, "model", "alias").items():
            aliases = stores.registry.get_registered_model(model).aliases
            wanted = {entry.facts["number"] for entry in group}
            number = aliases.get(alias)
            if number is None:
                if any(entry.done for entry in group):
                    yield f"{alias} of {model} is lost"
            elif int(number) not in wanted:
                yield f"{alias} of {model} is {number}, which nobody wanted"
            else:
                stores.registry.get_model_version_by_alias(model, alias)


class RegistryTag(Kind):
    """A tag of a shared model, and of its first version, that one writer sets again and again."""

    def plan(self, turn: Turn) -> Facts:
        of_version = turn.dice.random() < 0.5
        return {
            "model": turn.model(),
            "key": f"of {turn.writer}",
            "version": of_version,
            "number": turn.number,
        }

    def act(self, stores: Stores, facts: Facts) -> None:
        model, key, value = facts["model"], facts["key"], str(facts["number"])
        if facts["version"]:
            stores.registry.set_model_version_tag(model, "1", ModelVersionTag(key, value))
        else:
            stores.registry.set_registered_model_tag(model, RegisteredModelTag(key, value))

    def complaints(self, stores: Stores, place: Place, entries: Sequence[Entry]) -> Iterator[str]:
        del place
        for (model, key, of_version), group in grouped(entries, "model", "key", "version").items():
            holder: Any = (
                stores.registry.get_model_version(model, "1")
                if of_version
                else stores.registry.get_registered_model(model)
            )
            value = holder.tags.get(key)
            last = max((entry.facts["number"] for entry in group if entry.done), default=-1)
            allowed = {str(entry.facts["number"]) for entry in group} | {None}
            if value not in allowed or int(value or -1) < last:
                yield f"{key} of {model} is {value}, and was {last}"


KINDS: dict[str, Kind] = {
    type(kind).__name__: kind
    for kind in (
        Batch(),
        ContestedParam(),
        OwnTag(),
        NewRun(),
        End(),
        ContestedName(),
        ContestedModel(),
        NewVersion(),
        Promotion(),
        Alias(),
        RegistryTag(),
        *TRACE_KINDS,
    )
}
"""By name."""
