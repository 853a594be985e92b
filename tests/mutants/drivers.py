"""Databases that do one verb wrong: memory, with one method replaced."""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from unicodedata import normalize

from mlflow_docstore.adapters.document.driver import Document, Find, Inserts, Outcome, Patch, Row
from mlflow_docstore.adapters.document.groups import Group, GroupKey, GroupRow, Value
from mlflow_docstore.adapters.document.layout import RUNS, Index, Layout
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.query import Filter, Like, Order, Scalar

from .faults import DRIVER, fault

Documents = Sequence[Document]


class _Inserting(MemoryDriver):
    """Something about an insert is changed before it happens, or after."""

    def insert_many(
        self,
        collection: str,
        documents: Documents,
        *,
        ordered: bool = False,
        beside: Inserts | None = None,
    ) -> frozenset[str]:
        if beside is not None:
            return super().insert_many(collection, documents, ordered=ordered, beside=beside)
        return self.inserting(collection, documents, ordered)

    def inserting(self, collection: str, documents: Documents, ordered: bool) -> frozenset[str]:
        return super().insert_many(collection, documents, ordered=ordered)


@fault(DRIVER, "driver/test_insert")
class OverwritesTakenIds(_Inserting):
    """An insert replaces what has the id."""

    def inserting(self, collection: str, documents: Documents, ordered: bool) -> frozenset[str]:
        for document in documents:
            self.delete(collection, document["_id"])
        return super().inserting(collection, documents, ordered)


@fault(DRIVER, "driver/test_insert")
class KeepsTakenIdsToItself(_Inserting):
    """An insert of a taken id says that it was inserted."""

    def inserting(self, collection: str, documents: Documents, ordered: bool) -> frozenset[str]:
        super().inserting(collection, documents, ordered)
        return frozenset()


@fault(DRIVER, "driver/test_insert")
class IgnoresOrder(_Inserting):
    """An ordered insert goes on behind an id that is taken."""

    def inserting(self, collection: str, documents: Documents, ordered: bool) -> frozenset[str]:
        del ordered
        return super().inserting(collection, documents, ordered=False)


@fault(DRIVER, "driver/test_insert")
class LosesLaterBatches(_Inserting):
    """Of many documents the first hundred are inserted."""

    def inserting(self, collection: str, documents: Documents, ordered: bool) -> frozenset[str]:
        return super().inserting(collection, documents[:100], ordered)


@fault(DRIVER, "store/test_search_runs")
class DoublesOnARetry(_Inserting):
    """A run is inserted twice, the second time under another id."""

    def inserting(self, collection: str, documents: Documents, ordered: bool) -> frozenset[str]:
        again = [{**one, "_id": f"{one['_id']}-"} for one in documents if collection == RUNS]
        super().inserting(collection, again, ordered)
        return super().inserting(collection, documents, ordered)


@fault(DRIVER, "driver/test_values")
class RoundsLargeIntegers(_Inserting):
    """Integers are kept as floats."""

    def inserting(self, collection: str, documents: Documents, ordered: bool) -> frozenset[str]:
        rounded = [
            {key: int(float(v)) if type(v) is int else v for key, v in one.items()}
            for one in documents
        ]
        return super().inserting(collection, rounded, ordered)


@fault(DRIVER, "store/test_keys", "driver/test_insert")
class NormalisesText(_Inserting):
    """Texts are put into another form of Unicode."""

    def inserting(self, collection: str, documents: Documents, ordered: bool) -> frozenset[str]:
        other = [
            {key: normalize("NFC", v) if isinstance(v, str) else v for key, v in one.items()}
            for one in documents
        ]
        return super().inserting(collection, other, ordered)


@fault(DRIVER, "driver/test_put")
class PutsWhatIsNewAlone(MemoryDriver):
    """What is there is not replaced."""

    def put_many(self, collection: str, documents: Documents) -> None:
        self.insert_many(collection, documents)


@fault(DRIVER, "driver/test_put")
class PutsOverWhatIsThere(MemoryDriver):
    """Fields that a document had before outlive it."""

    def put_many(self, collection: str, documents: Documents) -> None:
        for one in documents:
            before = self.get(collection, one["_id"]) or {}
            super().put_many(collection, [{**before, **one}])


@fault(DRIVER, "driver/test_put")
class PutsTheFirstOfAnId(MemoryDriver):
    """Of several documents with an id the first counts."""

    def put_many(self, collection: str, documents: Documents) -> None:
        super().put_many(collection, list(reversed(documents)))


class _Patching(MemoryDriver):
    """Something about a patch is changed before it is applied, or after."""

    def patch(
        self,
        collection: str,
        key: str,
        patch: Patch,
        *,
        when: Filter | None = None,
        returning: bool = False,
        beside: Inserts | None = None,
    ) -> Outcome:
        return self.patching(collection, key, patch, when=when, returning=returning, beside=beside)

    def patching(self, collection: str, key: str, patch: Patch, **options: Any) -> Outcome:
        return super().patch(collection, key, patch, **options)


@fault(DRIVER, "store/test_params", "driver/test_patch")
class IgnoresPreconditions(_Patching):
    """A patch is applied whatever its precondition says."""

    def patching(self, collection: str, key: str, patch: Patch, **options: Any) -> Outcome:
        return super().patching(collection, key, patch, **options | {"when": None})


@fault(DRIVER, "driver/test_patch")
class UnsetsToNull(_Patching):
    """A field that is removed stays, as null."""

    def patching(self, collection: str, key: str, patch: Patch, **options: Any) -> Outcome:
        nulls = {**patch.set, **dict.fromkeys(patch.unset)}
        return super().patching(collection, key, replace(patch, set=nulls, unset=()), **options)


@fault(DRIVER, "store/test_metrics", "driver/test_patch_maximum")
class KeepsTheLastNotTheGreatest(_Patching):
    """The greatest of two is the one that came last."""

    def patching(self, collection: str, key: str, patch: Patch, **options: Any) -> Outcome:
        last = replace(patch, set={**patch.set, **patch.maximum}, maximum={})
        return super().patching(collection, key, last, **options)


@fault(DRIVER, "driver/test_patch")
class AddsWhatIsThere(_Patching):
    """An element that is in an array already is added again."""

    def patching(self, collection: str, key: str, patch: Patch, **options: Any) -> Outcome:
        pushed = replace(patch, push={**patch.push, **patch.add}, add={})
        return super().patching(collection, key, pushed, **options)


@fault(DRIVER, "driver/test_patch")
class PushesBackwards(_Patching):
    """Elements are appended in the opposite order."""

    def patching(self, collection: str, key: str, patch: Patch, **options: Any) -> Outcome:
        push = {name: list(reversed(values)) for name, values in patch.push.items()}
        return super().patching(collection, key, replace(patch, push=push), **options)


@fault(DRIVER, "driver/test_patch")
class ReturnsTheOldDocument(_Patching):
    """A patch returns the document as it was before."""

    def patching(self, collection: str, key: str, patch: Patch, **options: Any) -> Outcome:
        before = self.get(collection, key)
        outcome = super().patching(collection, key, patch, **options)
        return replace(outcome, document=before if outcome.document else None)


@fault(DRIVER, "driver/test_patch_inserts")
class InsertsBesideNothing(_Patching):
    """What is to be inserted with a patch is, though the patch is not applied."""

    def patching(self, collection: str, key: str, patch: Patch, **options: Any) -> Outcome:
        beside = options.pop("beside")
        if beside is not None:
            self.insert_many(beside.collection, beside.documents)
        return super().patching(collection, key, patch, **options)


@fault(DRIVER, "driver/test_concurrency")
class LosesUpdates(_Patching):
    """A patch reads, waits and writes, and so loses what others wrote in between."""

    def patching(self, collection: str, key: str, patch: Patch, **options: Any) -> Outcome:
        before = self.get(collection, key)
        time.sleep(0.002)
        with self._database.lock:
            if before is not None:
                self._table(collection).documents[key] = before
        return super().patching(collection, key, patch, **options)


@fault(DRIVER, "driver/test_patch")
class ChangesOneOfMany(MemoryDriver):
    """A patch of all that match is applied to the first."""

    def patch_many(self, collection: str, where: Filter, patch: Patch) -> None:
        for row in self.find(collection, Find(where, limit=1)):
            self.patch(collection, row.document["_id"], patch)


@fault(DRIVER, "driver/test_delete")
class DeletesUnconditionally(MemoryDriver):
    """A document is deleted whatever the precondition says."""

    def delete(self, collection: str, key: str, *, when: Filter | None = None) -> bool:
        del when
        return super().delete(collection, key)


@fault(DRIVER, "driver/test_delete")
class DeletesOneOfMany(MemoryDriver):
    """Of all that match one is deleted."""

    def delete_many(self, collection: str, where: Filter) -> None:
        for row in self.find(collection, Find(where, limit=1)):
            self.delete(collection, row.document["_id"])


@fault(DRIVER, "store/test_lifecycle", "driver/test_patch")
class ReadsStaleDocuments(MemoryDriver):
    """A document is read once, and never again."""

    def get(self, collection: str, key: str) -> Document | None:
        seen = self.__dict__.setdefault("_seen", {})
        found = super().get(collection, key)
        return found and seen.setdefault((collection, key), found)


class _Finding(MemoryDriver):
    """A find that asks for something else, or tells something else."""

    def find(self, collection: str, query: Find) -> list[Row]:
        return self.finding(collection, query)

    def finding(self, collection: str, query: Find) -> list[Row]:
        return super().find(collection, query)


@fault(DRIVER, "store/test_search_runs", "driver/test_find_paging")
class LosesThePageBoundary(_Finding):
    """The first row of a page that is not the first is left out."""

    def finding(self, collection: str, query: Find) -> list[Row]:
        if query.after is None or query.limit is None:
            return super().finding(collection, query)
        return super().finding(collection, replace(query, limit=query.limit + 1))[1:]


@fault(DRIVER, "store/test_search_runs_order", "driver/test_find_paging")
class RepeatsTies(_Finding):
    """A page starts behind the first sort value, and not behind the rest."""

    def finding(self, collection: str, query: Find) -> list[Row]:
        if query.after is None:
            return super().finding(collection, query)
        rows = super().finding(collection, replace(query, after=None, limit=None))
        first = next(
            (n for n, row in enumerate(rows) if row.position[0] == query.after[0]), len(rows)
        )
        return rows[first + 1 :][: query.limit]


@fault(DRIVER, "store/test_search_runs_order")
class CutsTimesInTokens(_Finding):
    """Milliseconds are lost where a page starts behind a time."""

    def finding(self, collection: str, query: Find) -> list[Row]:
        if query.after is None:
            return super().finding(collection, query)
        after = tuple(
            value // 1000 * 1000 if type(value) is int and value > 10**12 else value
            for value in query.after
        )
        return super().finding(collection, replace(query, after=after))


@fault(DRIVER, "driver/test_find_order")
class SortsOneWay(_Finding):
    """Descending is ascending."""

    def finding(self, collection: str, query: Find) -> list[Row]:
        order = tuple(
            replace(key, descending=False) if isinstance(key, Order) else key for key in query.order
        )
        return super().finding(collection, replace(query, order=order))


@fault(DRIVER, "driver/test_find_order")
class SortsMissingFirst(_Finding):
    """What lacks the value that is sorted by comes first."""

    def finding(self, collection: str, query: Find) -> list[Row]:
        rows = super().finding(collection, query)
        return sorted(rows, key=lambda row: row.position[:1] != (None,))


@fault(DRIVER, "driver/test_find_fields")
class ReturnsWholeDocuments(_Finding):
    """All fields are returned, whichever were asked for."""

    def finding(self, collection: str, query: Find) -> list[Row]:
        return super().finding(collection, replace(query, fields=None))


@fault(DRIVER, "driver/test_find_order", "store/test_search_runs")
class IgnoresLimits(_Finding):
    """All rows are returned, however few were asked for."""

    def finding(self, collection: str, query: Find) -> list[Row]:
        return super().finding(collection, replace(query, limit=None))


@fault(DRIVER, "driver/test_find_join")
class JoinsInPart(_Finding):
    """Of the documents to hand out with a result one is missing."""

    def finding(self, collection: str, query: Find) -> list[Row]:
        rows = super().finding(collection, query)
        if query.join is not None:
            for row in rows:
                del row.document[query.join.into][:1]
        return rows


class _Filtering(MemoryDriver):
    """Filters are compiled wrongly."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        compiled = self._compiler.like
        self._compiler.like = lambda node: compiled(self.like(node))  # type: ignore[method-assign]

    def like(self, node: Like) -> Like:
        return node


@fault(DRIVER, "store/test_search_runs_text_filters", "driver/test_find_like")
class IgnoresIlike(_Filtering):
    """The case counts in every pattern."""

    def like(self, node: Like) -> Like:
        return replace(node, ignore_case=False)


@fault(DRIVER, "store/test_search_runs_text_filters", "driver/test_find_like")
class FindsPartsOfTexts(_Filtering):
    """A pattern may match a part of a text."""

    def like(self, node: Like) -> Like:
        return replace(node, pattern=f"%{node.pattern}%")


@fault(DRIVER, "driver/test_distinct")
class RepeatsDistinctValues(MemoryDriver):
    """Combinations that differ in nothing come more than once."""

    def distinct(
        self, collection: str, where: Filter, fields: tuple[str, ...], *, limit: int
    ) -> list[tuple[Scalar, ...]]:
        return [
            row
            for row in super().distinct(collection, where, fields, limit=limit)
            for _ in range(2)
        ][:limit]


class _Grouping(MemoryDriver):
    """Another question is answered than was asked."""

    def group(self, collection: str, query: Group) -> list[GroupRow]:
        return super().group(collection, self.asking(query))

    def asking(self, query: Group) -> Group:
        return query


@fault(DRIVER, "driver/test_group")
class GroupsDocumentsForElements(_Grouping):
    """Documents are counted where their elements should be."""

    def asking(self, query: Group) -> Group:
        return replace(query, each=None, of_each=())


@fault(DRIVER, "driver/test_group")
class GroupsAllElements(_Grouping):
    """Elements count that do not match."""

    def asking(self, query: Group) -> Group:
        return replace(query, of_each=())


@fault(DRIVER, "driver/test_group")
class GroupsWithoutBuckets(_Grouping):
    """Each integer is a group of its own."""

    def asking(self, query: Group) -> Group:
        return replace(query, keys=tuple(GroupKey(key.path) for key in query.keys))


@fault(DRIVER, "driver/test_tuples")
class ForgetsEqualTuples(MemoryDriver):
    """Values that are equal are handed out once."""

    def tuples(self, *arguments: Any, **options: Any) -> Iterator[tuple[Value, ...]]:
        return iter(set(super().tuples(*arguments, **options)))


@fault(DRIVER, "driver/test_scan")
class ScansTheFirstBatch(MemoryDriver):
    """A scan ends behind its first hundred documents."""

    def scan(self, collection: str, query: Find) -> Iterator[Document]:
        return itertools.islice(super().scan(collection, query), 100)


@fault(DRIVER, "driver/test_limits")
class TakesAnySize(MemoryDriver):
    """Documents over the declared limit are stored."""

    def _fitting(self, document: Document) -> Document:
        return document


@fault(DRIVER, "driver/test_prepare")
class EmptiesWhatItPrepares(MemoryDriver):
    """Collections that are there already are made anew."""

    def prepare(self, layout: Layout) -> None:
        self.drop(collection.name for collection in layout.collections)
        super().prepare(layout)


@fault(DRIVER, "driver/test_prepare")
class MakesNoIndexes(MemoryDriver):
    """An index is not made, and nobody is told."""

    def create_index(self, collection: str, index: Index) -> None:
        pass


@fault(DRIVER, "driver/test_get")
class HandsOutWhatItStores(MemoryDriver):
    """A reader can change what is stored."""

    def get(self, collection: str, key: str) -> Document | None:
        return self._table(collection).documents.get(key)
