import pytest

from mlflow_docstore.core.registry import is_prompt, newest


@pytest.mark.parametrize(
    ("count", "stages", "expected"),
    [
        (0, {}, []),
        (3, {}, [3]),
        (3, {3: "Deleted_Internal"}, [2]),
        (2, {1: "Deleted_Internal", 2: "Deleted_Internal"}, []),
        (4, {2: "Staging", 4: "Staging"}, [3, 4]),
        (4, {1: "Staging", 2: "Staging", 4: "Production"}, [2, 3, 4]),
        (3, {1: "None", 2: "Archived"}, [3, 2]),
    ],
    ids=str,
)
def test_the_newest_of_each_stage_come_in_the_order_of_the_stages_oldest(
    count: int, stages: dict[int, str], expected: list[int]
) -> None:
    assert newest(count, stages) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, False),
        ({"mlflow.prompt.is_prompt": "true"}, True),
        ({"mlflow.prompt.is_prompt": "True"}, False),
        ({"mlflow.prompt.is_prompt": None}, False),
        ({"is_prompt": "true"}, False),
    ],
    ids=str,
)
def test_a_prompt_has_the_tag_with_just_that_value(
    tags: dict[str, str | None], expected: bool
) -> None:
    assert is_prompt(tags) is expected
