"""Examples: for each row, inputs that use everything it carries."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Example:
    """The example of a row; tests/test_rows.py has what must hold for it."""

    inputs: Callable[[], dict[str, Any]]
    """Creates the resource's prerequisites (a VPC for a subnet) in the test's empty account, and
    returns the resource's inputs; the same for each test."""
    change: Mapping[str, Any] | Callable[[], Mapping[str, Any]] = field(default_factory=dict)
    """New values of inputs that change in place."""
    alternatives: tuple[Mapping[str, Any], ...] = ()
    """Inputs that can't be combined with some of `inputs`."""

    more: Mapping[str, Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]]] = field(
        default_factory=dict
    )
    """Further inputs that change in place, each with the changed values, or a function of the
    inputs that returns them. A value of None removes the input from the program."""
    untried: Mapping[str, str] = field(default_factory=dict)
    """Inputs that change in place without a change in the example, each with the reason."""

    def one_by_one(self, params: dict[str, Any]) -> dict[str, Callable[[], Mapping[str, Any]]]:
        """Return the change for each input that is changed alone."""
        changed = self.changed()
        alone: dict[str, Callable[[], Mapping[str, Any]]] = {
            key: partial(dict, {key: value}) for key, value in changed.items()
        }
        for key, more in self.more.items():
            alone[key] = partial(more, params) if callable(more) else partial(dict, more)
        return alone

    def changed(self) -> Mapping[str, Any]:
        """Return the change; a function may first create what it needs."""
        return self.change() if callable(self.change) else self.change


def _collect() -> dict[str, Example]:
    found: dict[str, Example] = {}
    here = Path(__file__).parents[1] / "examples"
    for path in sorted(here.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"examples_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        found.update(loaded.EXAMPLES)
    return found


EXAMPLES = _collect()
