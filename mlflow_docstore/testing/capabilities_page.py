"""``docs/capabilities.md``, made of what adapters declare and of the profiles of dialects.

``python -m mlflow_docstore.testing.capabilities_page > docs/capabilities.md``
"""

import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mlflow_docstore.adapters.cosmosdb.capabilities import CAPABILITIES as COSMOSDB
from mlflow_docstore.adapters.cosmosdb.capabilities import DONE_HERE as DONE_FOR_COSMOSDB
from mlflow_docstore.adapters.memory.capabilities import LIMITS as MEMORY_LIMITS
from mlflow_docstore.adapters.memory.capabilities import declare as memory_capabilities
from mlflow_docstore.adapters.mongodb.flavours import FLAVOURS, Flavour
from mlflow_docstore.adapters.sqlite.capabilities import LIMITS as SQLITE_LIMITS
from mlflow_docstore.adapters.sqlite.capabilities import declare as sqlite_capabilities
from mlflow_docstore.core.capabilities import Capabilities, Feature, Limits, Whose
from mlflow_docstore.testing.guard.profiles import OTHERS, Profile, load_profile, profile_names

_WHOSE: Mapping[Whose, str] = {
    Whose.NEVER: "it cannot be",
    Whose.NOT_YET: "not yet, by the database",
    Whose.NOT_IMPLEMENTED: "not made by us",
}
_LISTED = ("command", "stage", "update", "query", "index", "form", "option", "session")
"""Kinds whose refused names are listed; the rest is in the profile."""

_HEAD = (
    "# What each database can do",
    "",
    "Made by `python -m mlflow_docstore.testing.capabilities_page`, from what adapters declare and",
    "from the profiles of dialects; a test keeps it current.",
    "",
    '"here" says that the database lacks a feature and has it all the same, by what is done in its',
    "stead. No area of MLflow's is left out: what is lacking would make them faster.",
)

_PROFILES_HEAD = (
    "## What dialects refuse",
    "",
    "By the profiles that `mlflow-docstore proxy --profile NAME` goes by: tables of rules with",
    "sources, in `mlflow_docstore/testing/guard/profiles`; the contract suite runs through each.",
)


@dataclass(frozen=True, slots=True)
class _Database:
    """A column.

    Args:
        title: What it is called.
        scheme: Its URI scheme.
        capabilities: What it can do.
        here: What is done in its stead.
    """

    title: str
    scheme: str
    capabilities: Capabilities
    here: Mapping[Feature, str] = field(default_factory=dict)


def page() -> str:
    """The text of the page."""
    found = _databases()
    lines = [*_HEAD, *_features(found), *_reasons(found), *_limits(found)]
    lines += [*_defaults(FLAVOURS), *_PROFILES_HEAD, ""]
    for name in profile_names():
        lines += _profile(load_profile(name))
    return "\n".join(lines).rstrip() + "\n"


def _databases() -> list[_Database]:
    own = [
        _Database("embedded (SQLite)", "docstore", sqlite_capabilities(SQLITE_LIMITS)),
        _Database("memory", "memory", memory_capabilities(MEMORY_LIMITS)),
    ]
    cousins = [_Database(one.title, one.name, one.capabilities, one.done_here) for one in FLAVOURS]
    return [
        *own,
        *cousins,
        _Database("Azure Cosmos DB for NoSQL", "cosmos", COSMOSDB, DONE_FOR_COSMOSDB),
    ]


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _features(found: Sequence[_Database]) -> Iterator[str]:
    yield from ("", "## Features", "")
    rows = ([f"`{one.value}`", *(_answer(each, one) for each in found)] for one in Feature)
    yield from _table(["", *(each.title for each in found)], rows)
    for one, text in _meanings():
        yield f"- `{one.value}`: {text}"
    yield ""


def _answer(database: _Database, feature: Feature) -> str:
    if feature in database.here:
        return "here"
    return "yes" if database.capabilities.supports(feature) else "no"


def _meanings() -> Iterator[tuple[Feature, str]]:
    """What each feature is, by the text that stands below it in its class."""
    texts = [part.strip() for part in inspect.getsource(Feature).split('"""')]
    for one in Feature:
        at = next(i for i, text in enumerate(texts) if text.endswith(f'{one.name} = "{one.value}"'))
        yield one, " ".join(texts[at + 1].split())


def _reasons(found: Sequence[_Database]) -> Iterator[str]:
    yield from ("## What is lacking, and why", "")
    for each in found:
        lacks = each.capabilities.lacking
        if not lacks and not each.here:
            continue
        yield f"**{each.title}**"
        yield ""
        for feature, lack in lacks.items():
            yield f"- `{feature.value}`: {_WHOSE[lack.whose]}: {lack.reason}."
        for feature, text in each.here.items():
            yield f"- `{feature.value}`: {text}"
        yield ""


def _limits(found: Sequence[_Database]) -> Iterator[str]:
    yield from ("## Limits", "")
    names = ("document_bytes", "in_terms", "batch_documents")
    head = ["", "largest document", "terms of one `IN`", "documents of one bulk write"]
    rows = ([each.title, *_numbers(each.capabilities.limits, names)] for each in found)
    yield from _table(head, rows)
    yield "Texts that nobody searches are moved out of documents, into parts of half a document at"
    yield "most, once they are longer than its 512th: beyond 4 KB on Cosmos DB, 32 KB elsewhere."
    yield ""


def _numbers(limits: Limits, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield f"{getattr(limits, name):,}"


def _defaults(flavours: Sequence[Flavour]) -> Iterator[str]:
    yield from ("## Connection defaults", "", "Whatever the URI says wins.", "")
    rows = ([one.title, _scheme(one), _hosts(one), _options(one)] for one in flavours)
    yield from _table(["", "forced by", "recognised by", "options"], rows)


def _scheme(flavour: Flavour) -> str:
    return f"`{flavour.name}://`, `{flavour.name}+srv://`"


def _hosts(flavour: Flavour) -> str:
    return ", ".join(f"`*{ending}`" for ending in flavour.hosts) or "anything else"


def _options(flavour: Flavour) -> str:
    options = [f"`{name}={_written(value)}`" for name, value in flavour.defaults.items()]
    if flavour.bundles:
        options.append("`tlsCAFile` where a bundle is found")
    return ", ".join(options) or "the driver's own"


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _profile(profile: Profile) -> Iterator[str]:
    yield f"### {profile.name}"
    yield ""
    for kind in _LISTED:
        names = sorted(
            rule.name
            for rule in profile.rules.values()
            if rule.kind == kind and rule.value == "no" and rule.name != OTHERS
        )
        if names:
            yield f"- {kind}: {', '.join(f'`{name}`' for name in names)}"
    for name, size in sorted(profile.limits.items()):
        yield f"- at most {size:,}: `{name}`"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
