"""The page for users of the library: what it shows works as it is shown."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "library.md"


def test_example_prints_what_the_page_says() -> None:
    _, *example = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(example)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    conflict, found, points, *table = done.stdout.splitlines()
    assert conflict == "[('lr', '0.1', '0.2')]"
    assert f'print(conflict.facts["params"])  # {conflict}' in PAGE.read_text()
    assert found == "first {'lr': '0.1'} {'loss': 0.001}"
    assert points == "1000"
    assert "0.001" in table[-1]
