"""Missing resources, for which AWS has many error codes."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from pulumi_moto.row import Client, Props
from pulumi_moto.shapes import Members

WORDS = ("notfound", "nosuch", "nonexistent", "doesnotexist")


def is_missing(error: ClientError) -> bool:
    """Return whether the error means that the resource does not exist."""
    code = str(error.response["Error"]["Code"]).lower()
    return code == "404" or any(word in code for word in WORDS)


def found_or_none(call: Callable[..., Any], **params: object) -> Any:
    """Return the call's result, or None if the resource does not exist."""
    try:
        return call(**params)
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def first(call: Callable[..., Any], key: str, **params: object) -> Members | None:
    """Return the first item of a list call, or None."""
    answer = found_or_none(call, **params)
    return next(iter(answer[key]), None) if answer else None


def ignore_missing(call: Callable[..., Any], **params: object) -> None:
    """Call a delete; ignore a missing resource."""
    found_or_none(call, **params)


def deleting(operation: str, key: str) -> Callable[[Client, str, Props], None]:
    """Return the `delete` of a row: one call with the id; ignore a missing resource."""

    def delete(client: Client, physical_id: str, _state: Props) -> None:
        ignore_missing(getattr(client, operation), **{key: physical_id})

    return delete
