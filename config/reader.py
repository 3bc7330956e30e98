"""Typed reader of config values that collects all problems.

An invalid value is recorded in `problems` and replaced by an empty one of its type. Check
`problems` before using a value.
"""

import json
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any

Check = Callable[[str], bool]


class Reader:
    """Reads the values of a mapping by key.

    `prefix` precedes a key in messages (`arbor:` or `arbor:services.backend.`).
    """

    def __init__(self, values: Mapping[str, Any], prefix: str, problems: list[str]) -> None:
        self.problems = problems
        self._values = values
        self._prefix = prefix
        self._read: set[str] = set()
        self._wrong: set[str] = set()

    def refuse(self, key: str, allowed: str) -> None:
        """Record that this key's value is invalid, with the allowed values."""
        self._wrong.add(key)
        name = f"{self._prefix}{key}"
        if key not in self._values:
            self.problems.append(f"{name} is not set; allowed: {allowed}.")
            return
        value = _decoded(self._values[key])
        self.problems.append(f"{name} is {json.dumps(value)}; allowed: {allowed}.")

    def good(self, *keys: str) -> bool:
        """Whether none of these keys was refused."""
        return not self._wrong.intersection(keys)

    def text(self, key: str, allowed: str, check: Check) -> str:
        """A string that passes the check; an unquoted number in YAML counts as one."""
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
        """A whole number from low to high; with a default, the key is optional."""
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
        """True or false; with a default, the key is optional."""
        if default is not None and key not in self._values:
            self._read.add(key)
            return default
        value = _decoded(self._value(key))
        if not isinstance(value, bool):
            self.refuse(key, "true or false")
            return False
        return value

    def texts(self, key: str, allowed: str, check: Check) -> tuple[str, ...]:
        """A list of unique strings that pass the check."""
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
        """Whether an optional key is set; the key counts as read."""
        self._read.add(key)
        return key in self._values

    def refuse_unread(self) -> None:
        """Record every unread key as a problem, such as a misspelt one."""
        for key in sorted(set(self._values) - self._read):
            near = get_close_matches(key, self._read, n=3)
            known = ", ".join(near or sorted(self._read))
            self.problems.append(f"{self._prefix}{key} is not a setting; allowed: {known}.")

    def _value(self, key: str) -> Any:  # noqa: ANN401 - the caller checks its type
        self._read.add(key)
        return self._values.get(key)


def _decoded(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value from the engine, which passes numbers, flags, lists and objects as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
