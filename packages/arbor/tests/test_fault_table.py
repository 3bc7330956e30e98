"""The fault cases cover every writing command; tests/engine/test_faults.py runs them."""

import pytest

import command_tree
from fault_cases import CASES

WRITERS = [name for name, command in command_tree.commands().items() if command.writes]


@pytest.mark.parametrize("name", WRITERS)
def test_every_writing_command_has_a_fault_case(name: str) -> None:
    words = tuple(name.split())
    assert [case for case in CASES if case.words[: len(words)] == words], (
        f"tests/fault_cases: `{name}` has no case"
    )
