"""What every read of EC2 begins with."""

from typing import Any

from pulumi_moto.row import Client
from pulumi_moto.services.missing import found_or_none


def arn_of(ec2: Client, owner: str, kind: str, physical_id: str) -> str:
    """The ARN of what EC2 describes by its id alone."""
    return f"arn:aws:ec2:{ec2.meta.region_name}:{owner}:{kind}/{physical_id}"


def first(call: Any, key: str) -> dict[str, Any] | None:
    """The first of what a call lists, or None when there is none."""
    answer = found_or_none(call)
    found: list[dict[str, Any]] = answer[key] if answer else []
    return found[0] if found else None
