"""An example of each row: inputs that use everything the row claims to carry."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Example:
    """How a row is tried out; see packages/pulumi-moto/tests/test_rows.py for what must hold."""

    inputs: Callable[[], dict[str, Any]]
    """Makes, in the empty account of the test, whatever the resource needs (a VPC for a subnet),
    and returns the resource's inputs. It must give the same inputs when called once per test."""
    change: Mapping[str, Any] | Callable[[], Mapping[str, Any]] = field(default_factory=dict)
    """New values of inputs that do not replace; updated and read back."""
    beside: tuple[Mapping[str, Any], ...] = ()
    """Inputs that exclude one of `inputs`, so that no one example can use them all."""

    more: Mapping[str, Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]]] = field(
        default_factory=dict
    )
    """Inputs that change in place and are not in `change`, each with the values that change for
    it, or what makes them of the inputs. A value of None takes the input out of the program."""
    untried: Mapping[str, str] = field(default_factory=dict)
    """Inputs that change in place and that the example does not change, each with the reason."""

    def one_by_one(self, asked: dict[str, Any]) -> dict[str, Callable[[], Mapping[str, Any]]]:
        """What to change for each input that is changed alone."""
        changed = self.changed()
        alone: dict[str, Callable[[], Mapping[str, Any]]] = {
            key: partial(dict, {key: value}) for key, value in changed.items()
        }
        for key, more in self.more.items():
            alone[key] = partial(more, asked) if callable(more) else partial(dict, more)
        return alone

    def changed(self) -> Mapping[str, Any]:
        """The change, made now if it needs something in the account."""
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
