"""Writers that are killed in the middle of whatever they do: what they were told is there, once."""

import itertools
import os
import random
from functools import partial
from pathlib import Path

import pytest

from .killing import Doomed
from .kinds import Place, Turn
from .ledger import Answer, Ledger, entries
from .soaking import complaints, furnished
from .writers import open_writer, take

KILLS = 200
AT_ONCE = 4
_MOMENT = 0.02


def write_on(uri: str, name: str, place: Place, ledgers: Path, said: int) -> None:
    """Take one turn after the other."""
    stores = open_writer(uri).stores
    ledger = Ledger(ledgers / name)
    dice = random.Random(name)  # noqa: S311 - the same in every run
    os.write(said, b"ready")
    for number in itertools.count():
        take(stores, ledger, Turn(name, number, place, dice))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_writers_that_are_killed_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    uri, ledgers = f"docstore://{tmp_path / 'data'}?synchronous=normal", tmp_path / "ledgers"
    ledgers.mkdir()
    seeds = random.Random(9)  # noqa: S311 - the same moments in every run
    place = furnished(open_writer(uri).stores)
    for first in range(0, KILLS, AT_ONCE):
        writers = [
            Doomed.start(partial(write_on, uri, f"w{first + n}", place, ledgers))
            for n in range(AT_ONCE)
        ]
        for writer in writers:
            writer.killed(seeds.uniform(0, _MOMENT))
        # Once in between as well: those who come later may complete what they find.
        if first == KILLS // 2:
            assert complaints(open_writer(uri).stores, place, ledgers) == []
    told = [entry.answer for entry in entries(ledgers)]
    assert complaints(open_writer(uri).stores, place, ledgers) == []
    assert told.count(Answer.DONE) > KILLS
    assert told.count(Answer.UNKNOWN) > 0
