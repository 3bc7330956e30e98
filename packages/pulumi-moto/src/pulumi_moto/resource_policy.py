"""Evaluation of a resource policy for a service or an account, as in IAM.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
Not modelled: identity policies, permission boundaries, NotAction, NotPrincipal, NotResource.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_moto.shapes import Members, Params

Document = Params


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An action of a service or an account on a resource."""

    service: str = ""
    """The service principal: `logs.us-east-1.amazonaws.com`."""
    account: str = ""
    """Or the account, with all permissions of its IAM policies."""
    action: str
    """`s3:PutObject`."""
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    """Condition keys and values: `aws:SourceAccount`. Keys are case-insensitive."""


def allows(policy: Document, attempt: Attempt) -> bool:
    """Return whether a statement allows the attempt and none denies it.

    Raises NotImplementedError for an element or a condition operator that is not modelled.
    """
    effects = {
        statement["Effect"]
        for statement in listed(policy.get("Statement", []))
        if _applies(statement, attempt)
    }
    return "Allow" in effects and "Deny" not in effects


def _applies(statement: Document, attempt: Attempt) -> bool:
    for element in ("NotAction", "NotPrincipal", "NotResource"):
        if element in statement:
            raise NotImplementedError(f"{element} in a resource policy is not emulated.")
    return (
        _is_for(statement.get("Principal", {}), attempt)
        and _any_like(statement.get("Action", []), attempt.action, ignore_case=True)
        and _any_like(statement.get("Resource", "*"), attempt.resource)
        and conditions_hold(statement, attempt.context)
    )


def conditions_hold(statement: Document, context: Mapping[str, str]) -> bool:
    """Return whether the statement's conditions hold for a request with this context.

    Raises NotImplementedError, as `allows` does.
    """
    return all(
        _holds(operator, _lower_keys(keys), _lower_keys(context))
        for operator, keys in statement.get("Condition", {}).items()
    )


def _is_for(principal: str | Document, attempt: Attempt) -> bool:
    if isinstance(principal, str):
        return principal == "*"
    named = listed(principal.get("AWS", []))
    root = re.compile(rf"arn:aws[a-z-]*:iam::{attempt.account}:root")
    return (
        "*" in named
        or attempt.service in listed(principal.get("Service", []))
        or any(name == attempt.account or root.fullmatch(name) for name in named)
    )


def _holds(operator: str, keys: Document, context: Mapping[str, str]) -> bool:
    """Return whether a condition operator holds for all its keys; False for a missing key.

    `...IfExists` and the negated operators are True for a missing key.
    """
    lenient = operator.endswith("IfExists")
    name = operator.removesuffix("IfExists")
    negated = "Not" in name
    compare = OPERATORS.get(name.replace("Not", ""))
    if compare is None:
        raise NotImplementedError(f"The condition operator {operator} is not emulated.")
    return all(
        _key_holds(compare, listed(wanted), context.get(key), negated=negated, lenient=lenient)
        for key, wanted in keys.items()
    )


def _key_holds(
    compare: Callable[[str, str], bool],
    wanted: list[Any],
    found: str | None,
    *,
    negated: bool,
    lenient: bool,
) -> bool:
    if found is None:
        return negated or lenient
    return any(compare(_text(value), found) for value in wanted) is not negated


def like(pattern: str, value: str) -> bool:
    """Match `*` as any characters and `?` as one."""
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, found: wanted == found,
    "StringEqualsIgnoreCase": lambda wanted, found: wanted.lower() == found.lower(),
    "StringLike": like,
    "ArnEquals": like,
    "ArnLike": like,
    "Bool": lambda wanted, found: wanted.lower() == found.lower(),
}


def _any_like(patterns: str | list[str], value: str, *, ignore_case: bool = False) -> bool:
    fold = str.lower if ignore_case else str
    return any(like(fold(pattern), fold(value)) for pattern in listed(patterns))


def _lower_keys(keys: Document) -> Members:
    return {key.lower(): value for key, value in keys.items()}


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
