"""Shared parts of EC2's reads."""

from typing import Any

from pulumi_moto.row import Client
from pulumi_moto.services.missing import found_or_none
from pulumi_moto.shapes import Members


def arn_of(ec2: Client, owner: str, kind: str, physical_id: str) -> str:
    """Return the ARN of a resource that EC2 describes by its id alone."""
    return f"arn:aws:ec2:{ec2.meta.region_name}:{owner}:{kind}/{physical_id}"


def first(call: Any, key: str) -> Members | None:
    """Return the first item of a list call, or None."""
    answer = found_or_none(call)
    found: list[Members] = answer[key] if answer else []
    return found[0] if found else None
