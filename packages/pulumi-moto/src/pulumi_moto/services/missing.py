"""A resource that is not there, told by one of AWS's many error codes for it."""

from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

Found = TypeVar("Found")
WORDS = ("notfound", "nosuch", "nonexistent", "doesnotexist")


def is_missing(error: ClientError) -> bool:
    """Whether the error says that the resource does not exist."""
    code = str(error.response["Error"]["Code"]).lower()
    return code == "404" or any(word in code for word in WORDS)


def found_or_none(call: Callable[[], Found]) -> Found | None:
    """What the call returns, or None when the resource does not exist."""
    try:
        return call()
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def ignore_missing(call: Callable[[], object]) -> None:
    """Delete; what is already gone is not an error."""
    found_or_none(call)
