"""Old and new values of a property for a reviewer: without secrets, documents as text.

The engine replaces secrets by `[secret]` in its events. Values that the program did not mark as
secret are masked here by the name of their property.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

SECRET: Final = "[secret]"  # noqa: S105 - the mask
UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Pulumi's mark for a value that is unknown in a preview."""
NOT_YET: Final = "(known after the up)"
ABSENT: Final = "(not set)"
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""A key of every value beyond JSON's types: a secret, an asset.
https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig.go"""
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret
NAMED_SECRET: Final = re.compile(
    r"password|passwd|passphrase|secretstring|secretbinary|secretkey|authtoken|accesstoken"
    r"|privatekey|apikey|credential|userdata|webhook|(^|[_-])(secret|token)s?($|[_-])"
    r"|(^|[_-])key$",
    re.IGNORECASE,
)
"""Names of properties and environment variables that hold a secret."""
PLAIN_NAME: Final = re.compile(r"arn$|valuefrom$|^(kms|s3|customer)?key(id)?$|name$", re.IGNORECASE)
"""Exceptions: names that refer to a secret, or are only similar."""
IN_URL: Final = re.compile(r"(\w+://[^\s:/@]*):[^\s@/]+@")
ONE_LINE: Final = 80
"""Characters of JSON; a longer document is indented."""
LONGEST_TEXT: Final = 200
"""Characters of a plain text, such as an ARN, that stands in a line."""
CONTEXT: Final = 2


@dataclass(frozen=True, kw_only=True)
class Value:
    """One property that changes, by its values before and after."""

    key: str
    before: str
    after: str
    replaces: bool = False
    """Whether this change causes the replacement."""

    @property
    def is_long(self) -> bool:
        return any("\n" in text or len(text) > LONGEST_TEXT for text in (self.before, self.after))

    def diff(self) -> list[str]:
        """The lines that differ between two documents, marked as by `diff`."""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), n=CONTEXT, lineterm=""
        )
        return [line for line in lines if not line.startswith(("---", "+++"))]


def values(
    keys: tuple[str, ...],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    replacing: tuple[str, ...] = (),
) -> Iterator[Value]:
    """The value of each top-level property, before and after."""
    for key in keys:
        before, after = masked(old.get(key), key), masked(new.get(key), key)
        if _is_secret(before) or _is_secret(after):
            # The other side may have been a secret until now.
            before, after = (SECRET if one is not None else None for one in (before, after))
        # Both in the same form: a diff between one line and many is useless.
        wide = any("\n" in text_of(one) for one in (before, after))
        yield Value(
            key=key,
            before=text_of(before, wide=wide),
            after=text_of(after, wide=wide),
            replaces=key in replacing,
        )


def masked(value: Any, name: str = "") -> Any:  # noqa: ANN401 - an input, of whatever type
    """The value without secrets; JSON in a text is parsed."""
    if _hides(name) and value not in (None, UNKNOWN):
        return SECRET
    if isinstance(value, Mapping):
        if SIGNATURE in value:
            return SECRET if value[SIGNATURE] == SECRET_SIGNATURE else "(a file)"
        called = next((str(value[k]) for k in ("name", "Name") if k in value), "")
        return {
            key: masked(one, called if key in {"value", "Value"} else key)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [masked(one, "") for one in value]
    if isinstance(value, str):
        return _masked_text(value)
    return value


def text_of(value: Any, *, wide: bool = False) -> str:  # noqa: ANN401 - as above
    """One line for a plain value, indented JSON for a long or `wide` one."""
    if value is None:
        return ABSENT
    if isinstance(value, str):
        return value.replace(UNKNOWN, NOT_YET)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    short = json.dumps(value, ensure_ascii=False)
    long = json.dumps(value, ensure_ascii=False, indent=2)
    return (long if wide or len(short) > ONE_LINE else short).replace(f'"{UNKNOWN}"', NOT_YET)


def _masked_text(text: str) -> Any:  # noqa: ANN401 - as above
    if text[:1] in {"{", "["} and text != SECRET:
        try:
            return masked(json.loads(text))
        except ValueError:
            pass
    return IN_URL.sub(rf"\1:{SECRET}@", text)


def _hides(name: str) -> bool:
    return bool(NAMED_SECRET.search(name)) and not PLAIN_NAME.search(name)


def _is_secret(value: Any) -> bool:  # noqa: ANN401 - as above
    return isinstance(value, str) and value == SECRET
