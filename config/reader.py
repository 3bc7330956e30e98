"""Typed reading of config values that goes on after a wrong one, so that all are told at once.

A wrong value is noted and replaced by an empty one of its type; whoever reads must look at
`problems` before it uses anything.
"""

import json
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any

Check = Callable[[str], bool]


class Reader:
    """One mapping of values, each read by its key.

    `prefix` stands before a key in a message (`arbor:` or `arbor:services.backend.`).
    """

    def __init__(self, values: Mapping[str, Any], prefix: str, problems: list[str]) -> None:
        self.problems = problems
        self._values = values
        self._prefix = prefix
        self._read: set[str] = set()
        self._wrong: set[str] = set()

    def refuse(self, key: str, allowed: str) -> None:
        """Note that this key's value is wrong, and what it could be."""
        self._wrong.add(key)
        name = f"{self._prefix}{key}"
        if key not in self._values:
            self.problems.append(f"{name} is not set; allowed: {allowed}.")
            return
        value = _decoded(self._values[key])
        self.problems.append(f"{name} is {json.dumps(value)}; allowed: {allowed}.")

    def good(self, *keys: str) -> bool:
        """Whether these keys were read and none was refused."""
        return not self._wrong.intersection(keys)

    def text(self, key: str, allowed: str, check: Check) -> str:
        """A string that passes the check; a number without quotes in YAML is meant as one."""
        value = self._value(key)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not check(value):
            self.refuse(key, allowed)
            return ""
        return value

    def choice(self, key: str, options: Collection[str]) -> str:
        """One of these strings."""
        return self.text(key, ", ".join(options), options.__contains__)

    def whole(
        self, key: str, low: int, high: int, unit: str = "", *, default: int | None = None
    ) -> int:
        """A whole number from low to high; with a default, the key may be absent.

        Config hands numbers over as text.
        """
        if default is not None and key not in self._values:
            self._read.add(key)
            return default
        span = f"a whole number from {low:,} to {high:,}" if low < high else f"only {low:,}"
        allowed = f"{span} {unit}".rstrip()
        value = _decoded(self._value(key))
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.refuse(key, allowed)
            return 0
        return value

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """True or false; with a default, the key may be absent."""
        if default is not None and key not in self._values:
            self._read.add(key)
            return default
        value = _decoded(self._value(key))
        if not isinstance(value, bool):
            self.refuse(key, "true or false")
            return False
        return value

    def texts(self, key: str, allowed: str, check: Check) -> tuple[str, ...]:
        """A list of strings, none twice, each passing the check."""
        value = _decoded(self._value(key))
        if (
            not isinstance(value, list)
            or not all(isinstance(item, str) and check(item) for item in value)
            or len(set(value)) != len(value)
        ):
            self.refuse(key, allowed)
            return ()
        return tuple(value)

    def entries(self, key: str, allowed: str) -> dict[str, dict[str, Any]]:
        """Named objects, one level deep."""
        value = _decoded(self._value(key))
        if not isinstance(value, dict) or not all(isinstance(v, dict) for v in value.values()):
            self.refuse(key, allowed)
            return {}
        return value

    def has(self, key: str) -> bool:
        """Whether an optional key is given; it counts as read."""
        self._read.add(key)
        return key in self._values

    def refuse_unread(self) -> None:
        """Note every key that nothing has read: a misspelt one would otherwise do nothing."""
        for key in sorted(set(self._values) - self._read):
            near = get_close_matches(key, self._read, n=3)
            known = ", ".join(near or sorted(self._read))
            self.problems.append(f"{self._prefix}{key} is no setting; allowed: {known}.")

    def _value(self, key: str) -> Any:  # noqa: ANN401 - checked by whoever asks
        self._read.add(key)
        return self._values.get(key)


def _decoded(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The engine hands numbers, flags, lists and objects over as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
