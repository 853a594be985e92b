"""``docs/capabilities.md``, made of what adapters declare and of the profiles of dialects.

``python -m mlflow_docstore.testing.capabilities_page > docs/capabilities.md``
"""

import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence

from mlflow_docstore.adapters.document.backend import Declaration, DocumentAdapter
from mlflow_docstore.adapters.mongodb.flavours import FLAVOURS, Flavour
from mlflow_docstore.compat.schemes import adapter_entry_points
from mlflow_docstore.core.capabilities import Feature, Limits, Whose
from mlflow_docstore.testing.guard.profiles import OTHERS, Profile, load_profile, profile_names

_WHOSE: Mapping[Whose, str] = {
    Whose.NEVER: "it cannot be",
    Whose.NOT_YET: "not yet, by the database",
    Whose.NOT_IMPLEMENTED: "not made by us",
}
_OURS = "mlflow_docstore."
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


def page() -> str:
    """The text of the page."""
    found = _databases()
    lines = [*_HEAD, *_features(found), *_reasons(found), *_limits(found)]
    lines += [*_defaults(FLAVOURS), *_PROFILES_HEAD, ""]
    for name in profile_names():
        lines += _profile(load_profile(name))
    return "\n".join(lines).rstrip() + "\n"


def _databases() -> list[Declaration]:
    """Those of this package, by their titles."""
    modules = {
        entry.value: entry
        for entry in adapter_entry_points().values()
        if entry.module.startswith(_OURS)
    }
    adapters = [entry.load() for entry in modules.values()]
    found = [one for each in adapters if isinstance(each, DocumentAdapter) for one in each.declared]
    return sorted(found, key=lambda one: one.title.casefold())


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _features(found: Sequence[Declaration]) -> Iterator[str]:
    yield from ("", "## Features", "")
    rows = ([f"`{one.value}`", *(_answer(each, one) for each in found)] for one in Feature)
    yield from _table(["", *(each.title for each in found)], rows)
    for one, text in _meanings():
        yield f"- `{one.value}`: {text}"
    yield ""


def _answer(database: Declaration, feature: Feature) -> str:
    if feature in database.done_here:
        return "here"
    return "yes" if database.capabilities.supports(feature) else "no"


def _meanings() -> Iterator[tuple[Feature, str]]:
    """What each feature is, by the text that stands below it in its class."""
    texts = [part.strip() for part in inspect.getsource(Feature).split('"""')]
    for one in Feature:
        at = next(i for i, text in enumerate(texts) if text.endswith(f'{one.name} = "{one.value}"'))
        yield one, " ".join(texts[at + 1].split())


def _reasons(found: Sequence[Declaration]) -> Iterator[str]:
    yield from ("## What is lacking, and why", "")
    for each in found:
        lacks = each.capabilities.lacking
        if not lacks and not each.done_here:
            continue
        yield f"**{each.title}**"
        yield ""
        for feature, lack in lacks.items():
            yield f"- `{feature.value}`: {_WHOSE[lack.whose]}: {lack.reason}."
        for feature, text in each.done_here.items():
            yield f"- `{feature.value}`: {text}"
        yield ""


def _limits(found: Sequence[Declaration]) -> Iterator[str]:
    yield from ("## Limits", "")
    names = ("document_bytes", "in_terms", "batch_documents")
    head = ["", "largest document", "terms of one `IN`", "documents of one bulk write"]
    rows = ([each.title, *_numbers(each.capabilities.limits, names)] for each in found)
    yield from _table(head, rows)
    yield "Texts that nobody searches are moved out of documents, into parts of half a document at"
    yield "most, once they are longer than its 512th: 4 KB of 2 MB, 32 KB of 16 MB."
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
