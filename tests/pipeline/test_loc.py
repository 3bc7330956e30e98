"""`make loc` counts each line once, by room, with tests apart."""

from collections import Counter

import pytest

from tools import loc


@pytest.mark.parametrize(
    ("path", "room", "is_test"),
    [
        ("__main__.py", ".", False),
        ("pipeline/apply/apply.py", "pipeline", False),
        ("tests/pipeline/test_loc.py", "tests", True),
        ("packages/arbor/src/arbor/lock.py", "packages/arbor", False),
        ("packages/arbor/tests/test_lock.py", "packages/arbor", True),
    ],
)
def test_a_file_belongs_to_its_room(path: str, room: str, *, is_test: bool) -> None:
    assert (loc.room_of(path), loc.is_test(path)) == (room, is_test)


def test_the_largest_room_comes_first_and_the_sum_last() -> None:
    text = loc.table(Counter({"engine": 10, "pipeline": 1000}), Counter({"engine": 5}))
    assert text.splitlines() == [
        "room         code    tests",
        "pipeline    1,000        0",
        "engine         10        5",
        "all         1,010        5",
    ]


def test_this_repository_has_code_and_tests() -> None:
    code, tests = loc.counted(loc.ROOT)
    assert code["pipeline"] > 1000
    assert tests["tests"] > code["engine"]
