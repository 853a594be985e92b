"""Point reads: as the session sees an item, or as it is where writes are judged.

A session sees what it wrote or read itself, or newer. What another process wrote, a replica may not
have heard of yet. So nobody is told no on the word of a replica: that an item is missing, or does
not meet a precondition. A yes needs no second word where a write follows that names the version.
"""

from collections.abc import Iterator

from mlflow_docstore.core.errors import Unavailable

from . import items
from .items import Gone, Lost, Place
from .reach import Reach
from .values import Item


class Points:
    """Point reads of one driver.

    Args:
        reach: The way to the containers.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def looks(
        self, collection: str, key: str, place: Place, lost: Lost | None = None
    ) -> Iterator[Item | None]:
        """An item, or None, as the session sees it; then as it is now, for whom that does not do.

        Only the first, of one request, where that is no older than the call that it is made for.

        Args:
            collection: The logical collection.
            key: The document's id.
            place: Where it is.
            lost: What a write of the same call was told of it.
        """
        told = None if lost is None else lost.token
        yield self._read(collection, key, place, told)
        if told is None and self._reach.lags:
            yield self._settled(collection, key, place)

    def current(self, collection: str, key: str, place: Place) -> Item | None:
        """An item as it is now, or None.

        Where replicas lag two requests, or one of an item that is missing; else one.
        """
        if self._reach.lags:
            return self._settled(collection, key, place)
        return self._read(collection, key, place)

    def _settled(self, collection: str, key: str, place: Place) -> Item | None:
        try:
            with self._reach.calling("judge", collection, key) as container:
                token = items.newest(container, place)
        except Gone:
            return None
        item = self._read(collection, key, place, token)
        if item is None:
            # Removed just now, or the service told no token: to be asked again.
            raise Unavailable(collection, key, applied=False, reason="a replica lags")
        return item

    def _read(
        self, collection: str, key: str, place: Place, token: str | None = None
    ) -> Item | None:
        with self._reach.calling("get", collection, key) as container:
            return items.read(container, place, token)
