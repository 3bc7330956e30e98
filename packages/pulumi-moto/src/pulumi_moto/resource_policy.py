"""Whether a resource's policy lets a service or an account act on it, as IAM evaluates it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
Only what these principals need: no identity policies, no permission boundaries, no NotAction.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One action that a service, or an account, tries on a resource."""

    service: str = ""
    """Its principal: `logs.us-east-1.amazonaws.com`."""
    account: str = ""
    """The account that tries it instead, with whatever its IAM policies allow."""
    action: str
    """`s3:PutObject`."""
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    """What conditions can ask for: `aws:SourceAccount`. Keys are compared in any case."""


def allows(policy: Document, attempt: Attempt) -> bool:
    """Whether a statement allows the attempt and none denies it.

    Raises NotImplementedError for an element or a condition operator that is not modelled here.
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
            raise NotImplementedError(f"{element} in a resource policy is not evaluated here.")
    return (
        _is_for(statement.get("Principal", {}), attempt)
        and _any_like(statement.get("Action", []), attempt.action, ignore_case=True)
        and _any_like(statement.get("Resource", "*"), attempt.resource)
        and conditions_hold(statement, attempt.context)
    )


def conditions_hold(statement: Document, context: Mapping[str, str]) -> bool:
    """Whether the statement's conditions are true of a request with this context.

    Raises NotImplementedError as `allows` does.
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
    """A condition operator with its keys; a key that the request lacks makes it false.

    `...IfExists` and the negated operators are true for a key that is lacking.
    """
    lenient = operator.endswith("IfExists")
    name = operator.removesuffix("IfExists")
    negated = "Not" in name
    compare = OPERATORS.get(name.replace("Not", ""))
    if compare is None:
        raise NotImplementedError(f"The condition operator {operator} is not evaluated here.")
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
    """`*` stands for any characters, `?` for one."""
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


def _lower_keys(keys: Document) -> dict[str, Any]:
    return {key.lower(): value for key, value in keys.items()}


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
