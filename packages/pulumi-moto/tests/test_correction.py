from typing import Any

import pytest

from pulumi_moto import correction


class Backend:
    def greet(self, name: str) -> str:
        return f"hello {name}"


@pytest.fixture(autouse=True)
def own_table(monkeypatch: pytest.MonkeyPatch) -> None:
    correction.apply()  # imports the others, which register in the table
    monkeypatch.setattr(correction, "CORRECTIONS", [])


def test_a_correction_wraps_the_method_once_however_often_it_is_applied() -> None:
    @correction.corrects(Backend, "greet", call="x.greet", moto="is loud", aws="is polite")
    def politely(original: Any, self: Backend, name: str) -> str:
        return f"dear {original(self, name)}"

    correction.apply()
    correction.apply()

    assert Backend().greet("Ada") == "dear hello Ada"


def test_an_operation_that_moto_lacks_is_added() -> None:
    @correction.corrects(Backend, "leave", call="x.leave", moto="has none", aws="leaves")
    def leave(original: Any, self: Backend) -> str:  # noqa: ARG001 - every correction receives it
        return f"{original} before"

    correction.apply()

    assert Backend().leave() == "None before"  # type: ignore[attr-defined] # added just above
