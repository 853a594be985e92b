"""Large texts on a database of small documents: what moves, who reads it, and what is swept."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from mlflow_docstore.adapters.document.documents import Documents
from mlflow_docstore.adapters.document.driver import Document, Find, Inserts, Patch, Row
from mlflow_docstore.adapters.document.layout import MODEL_VERSIONS, RUNS, TEXTS
from mlflow_docstore.adapters.document.texts.large import GRACE, LargeTexts
from mlflow_docstore.adapters.document.texts.parts import Holder, is_reference, root_of
from mlflow_docstore.adapters.memory.database import Database
from mlflow_docstore.adapters.memory.driver import MemoryDriver
from mlflow_docstore.core.capabilities import Limits
from mlflow_docstore.core.errors import Conflict, InvalidArgument, NotFound, StoreError

LIMIT = 16_384
SHORT = "x" * (LIMIT // 512)
LONG = SHORT + "x"


def noise(length: int, seed: int = 0) -> str:
    """A text that cannot be compressed to much less than a byte a character."""
    return "".join(map(chr, random.Random(seed).choices(range(32, 2000), k=length)))  # noqa: S311


class CountingDriver(MemoryDriver):
    """Notes every read and write of parts."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, limits=Limits(LIMIT, in_terms=20, batch_documents=100))
        self.verbs: list[str] = []

    def insert_many(
        self,
        collection: str,
        documents: list[Document],
        *,
        ordered: bool = False,
        beside: Inserts | None = None,
    ) -> frozenset[str]:
        self._note("insert", collection)
        return super().insert_many(collection, documents, ordered=ordered, beside=beside)

    def find(self, collection: str, query: Find) -> list[Row]:
        self._note("find", collection)
        return super().find(collection, query)

    def _note(self, verb: str, collection: str) -> None:
        if collection == TEXTS:
            self.verbs.append(verb)


@dataclass
class Shelf:
    """Documents whose ``text`` may be large, as a repository would keep them."""

    database: Database = field(default_factory=Database)
    now: int = 10 * GRACE

    def __post_init__(self) -> None:
        self.driver = CountingDriver(self.database)
        self.texts = LargeTexts(self.driver, lambda: self.now)
        self.documents = Documents(self.driver, MODEL_VERSIONS)

    def moved(self, key: str, text: object, root: str = "m") -> tuple[Document, list[Document]]:
        holder = Holder(MODEL_VERSIONS, key, root_of("models", root))
        return self.texts.moved(holder, {"_id": key, "text": text}, ["text"])

    def put(self, key: str, text: object, root: str = "m") -> Document:
        document, parts = self.moved(key, text, root)
        with self.texts.stored(parts):
            self.documents.insert(document)
        return document

    def replace(self, key: str, text: str) -> None:
        """As a tag is replaced: by a patch of the field."""
        document, parts = self.moved(key, text)
        with self.texts.stored(parts):
            self.documents.patch(key, Patch(set={"text": document["text"]}))

    def get(self, key: str) -> object:
        return self.texts.read(lambda: self._document(key), lambda found: [found])["text"]

    def _document(self, key: str) -> Document:
        found = self.documents.get(key)
        if found is None:
            raise NotFound("version", key)
        return found

    def parts(self) -> dict[str, Document]:
        return dict(self.database.table(TEXTS).documents)

    def forget(self, part: str) -> None:
        self.database.table(TEXTS).documents.pop(part)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


class TestMoving:
    @pytest.mark.parametrize("text", [SHORT, "", None, "\N{GRINNING FACE}" * 8])
    def test_a_short_text_stays(self, shelf: Shelf, text: str | None) -> None:
        assert shelf.put("a", text) == {"_id": "a", "text": text}
        assert shelf.get("a") == text
        assert shelf.driver.verbs == []

    @pytest.mark.parametrize("text", [LONG, "\N{GRINNING FACE}" * 9, noise(50_000), LONG * 5000])
    def test_a_large_text_is_read_as_it_was_written(self, shelf: Shelf, text: str) -> None:
        assert is_reference(shelf.put("a", text)["text"])
        assert shelf.get("a") == text

    def test_a_text_that_no_document_holds_is_cut(self, shelf: Shelf) -> None:
        shelf.put("a", noise(50_000))
        assert len(shelf.parts()) > 5

    def test_only_the_named_fields_are_moved(self, shelf: Shelf) -> None:
        holder = Holder(RUNS, "r", root_of(RUNS, "r"))
        kept, parts = shelf.texts.moved(holder, {"name": LONG, "a": LONG, "b": 1}, ["a", "b", "c"])
        assert (kept["name"], kept["b"], set(kept)) == (LONG, 1, {"name", "a", "b"})
        assert is_reference(kept["a"])
        assert len(parts) == 1

    def test_the_values_that_are_given_are_left_alone(self, shelf: Shelf) -> None:
        values = {"text": LONG}
        shelf.texts.moved(Holder(RUNS, "r", "r"), values, ["text"])
        assert values == {"text": LONG}

    def test_a_text_that_is_no_unicode_is_refused(self, shelf: Shelf) -> None:
        with pytest.raises(InvalidArgument) as caught:
            shelf.put("a", LONG + "\ud800")
        assert caught.value.kind == "text"

    def test_equal_texts_of_two_documents_are_two(self, shelf: Shelf) -> None:
        assert shelf.put("a", LONG)["text"] != shelf.put("b", LONG)["text"]


class TestStoring:
    def test_new_parts_are_one_command(self, shelf: Shelf) -> None:
        shelf.put("a", noise(50_000))
        assert shelf.driver.verbs == ["insert"]

    def test_a_repeat_changes_nothing_but_the_time(self, shelf: Shelf) -> None:
        shelf.put("a", noise(50_000))
        before = shelf.parts()
        shelf.now += 5
        shelf.put("a", noise(50_000))
        assert shelf.parts() == {
            key: {**part, "touched": shelf.now} for key, part in before.items()
        }

    def test_parts_that_a_dead_writer_left_are_completed(self, shelf: Shelf) -> None:
        _, parts = shelf.moved("a", noise(50_000))
        with shelf.texts.stored(parts[1:3]):
            pass
        shelf.put("a", noise(50_000))
        assert shelf.get("a") == noise(50_000)

    def test_parts_of_a_failed_write_are_left_for_the_sweeper(self, shelf: Shelf) -> None:
        _, parts = shelf.moved("a", LONG)
        with pytest.raises(Conflict), shelf.texts.stored(parts):
            raise Conflict("version", "a")
        assert shelf.parts().keys() == {part["_id"] for part in parts}

    def test_who_slept_past_the_grace_stores_what_was_swept(self, shelf: Shelf) -> None:
        document, parts = shelf.moved("a", LONG)
        with shelf.texts.stored(parts):
            shelf.now += GRACE + 1
            assert shelf.texts.sweep() == 1
            shelf.documents.insert(document)
        assert shelf.get("a") == LONG


class TestReading:
    def read_page(self, shelf: Shelf) -> list[object]:
        found = shelf.texts.read(lambda: shelf.documents.find([]), lambda page: page)
        return [one["text"] for one in found]

    def test_a_page_is_one_command_more(self, shelf: Shelf) -> None:
        texts = [noise(200, seed) for seed in range(10)]
        for number, text in enumerate(texts):
            shelf.put(f"{number}", text)
        shelf.driver.verbs.clear()
        assert self.read_page(shelf) == texts
        assert shelf.driver.verbs == ["find"]

    def test_more_parts_than_a_filter_may_name_are_several_commands(self, shelf: Shelf) -> None:
        for number in range(50):
            shelf.put(f"{number}", noise(200, number))
        shelf.driver.verbs.clear()
        assert self.read_page(shelf) == [noise(200, number) for number in range(50)]
        assert shelf.driver.verbs == ["find"] * 3

    def test_a_page_without_large_texts_is_none(self, shelf: Shelf) -> None:
        shelf.put("a", SHORT)
        assert self.read_page(shelf) == [SHORT]
        assert shelf.driver.verbs == []

    def test_copies_of_a_reference_are_read_once(self, shelf: Shelf) -> None:
        reference = shelf.put("a", LONG)["text"]
        shelf.documents.insert_many([{"_id": f"b{n}", "text": dict(reference)} for n in range(30)])
        shelf.driver.verbs.clear()
        assert self.read_page(shelf) == [LONG] * 31
        assert shelf.driver.verbs == ["find"]

    def test_a_document_that_is_removed_meanwhile_is_gone(self, shelf: Shelf) -> None:
        shelf.put("a", LONG)
        reads = iter([shelf.documents.get("a")])

        def load() -> Document:
            found = next(reads, None) or shelf._document("a")
            shelf.documents.delete("a")
            shelf.texts.purge([root_of("models", "m")])
            return found

        with pytest.raises(NotFound):
            shelf.texts.read(load, lambda found: [found])

    def test_a_text_that_is_replaced_and_swept_meanwhile_is_read_anew(self, shelf: Shelf) -> None:
        stale = shelf.put("a", noise(200, 1))
        part = stale["text"]["text_parts"][0]
        shelf.replace("a", noise(200, 2))
        shelf.forget(part)
        reads = iter([stale])
        found = shelf.texts.read(
            lambda: next(reads, None) or shelf._document("a"), lambda found: [found]
        )
        assert found["text"] == noise(200, 2)

    def test_a_part_that_is_lost_is_an_error(self, shelf: Shelf) -> None:
        reference = shelf.put("a", LONG)["text"]
        shelf.forget(reference["text_parts"][0])
        with pytest.raises(StoreError) as caught:
            shelf.get("a")
        assert caught.value.facts["reason"] == "it is named but not there"
        assert shelf.driver.verbs == ["insert", "find", "find"]


class TestSweeping:
    @pytest.fixture(params=[1, 40], autouse=True)
    def others(self, shelf: Shelf, request: pytest.FixtureRequest) -> Iterator[None]:
        """Documents with large texts that nothing happens to; 40 are pages of the sweeper's."""
        for number in range(request.param):
            shelf.put(f"other{number}", noise(60, number), "others")
        yield
        for number in range(request.param):
            assert shelf.get(f"other{number}") == noise(60, number)

    def test_what_is_named_stays(self, shelf: Shelf) -> None:
        shelf.put("a", LONG)
        shelf.now += 10 * GRACE
        assert shelf.texts.sweep() == 0
        assert shelf.get("a") == LONG

    def test_what_is_named_deep_in_a_document_stays(self, shelf: Shelf) -> None:
        document, parts = shelf.moved("a", LONG)
        with shelf.texts.stored(parts):
            shelf.documents.insert({"_id": "a", "list": [{"map": {"text": document["text"]}}]})
        shelf.now += 10 * GRACE
        assert shelf.texts.sweep() == 0

    def test_what_a_dead_writer_left_goes(self, shelf: Shelf) -> None:
        _, parts = shelf.moved("a", noise(50_000))
        with shelf.texts.stored(parts):
            pass
        shelf.now += GRACE
        assert shelf.texts.sweep() == len(parts)
        assert not shelf.parts().keys() & {part["_id"] for part in parts}

    def test_what_was_touched_lately_stays(self, shelf: Shelf) -> None:
        _, parts = shelf.moved("a", LONG)
        with shelf.texts.stored(parts):
            pass
        shelf.now += GRACE - 1
        assert shelf.texts.sweep() == 0

    def test_a_text_that_was_replaced_goes(self, shelf: Shelf) -> None:
        shelf.put("a", LONG)
        shelf.replace("a", LONG * 2)
        shelf.now += GRACE
        assert shelf.texts.sweep() == 1
        assert shelf.get("a") == LONG * 2

    def test_parts_of_a_document_that_is_gone_go(self, shelf: Shelf) -> None:
        shelf.put("a", LONG)
        shelf.documents.delete("a")
        shelf.now += GRACE
        assert shelf.texts.sweep() == 1

    def test_what_a_copy_alone_names_goes(self, shelf: Shelf) -> None:
        """Copies live no longer than the holder, so nobody looks for them."""
        reference = shelf.put("a", LONG)["text"]
        shelf.documents.insert({"_id": "copy", "text": reference})
        shelf.documents.delete("a")
        shelf.now += GRACE
        assert shelf.texts.sweep() == 1

    def test_purging_a_root_takes_all_its_parts_and_no_others(self, shelf: Shelf) -> None:
        before = shelf.parts()
        shelf.put("a", noise(50_000), "m1")
        shelf.put("b", LONG, "m2")
        shelf.texts.purge([root_of("models", "m1"), root_of("models", "m2")])
        assert shelf.parts() == before
