"""Missing resources, for which AWS has many error codes."""

from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

Found = TypeVar("Found")
WORDS = ("notfound", "nosuch", "nonexistent", "doesnotexist")


def is_missing(error: ClientError) -> bool:
    """Return whether the error means that the resource does not exist."""
    code = str(error.response["Error"]["Code"]).lower()
    return code == "404" or any(word in code for word in WORDS)


def found_or_none(call: Callable[[], Found]) -> Found | None:
    """Return the call's result, or None if the resource does not exist."""
    try:
        return call()
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def ignore_missing(call: Callable[[], object]) -> None:
    """Call a delete; ignore a missing resource."""
    found_or_none(call)
