"""IAM's policy evaluation, as far as these documents use it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
An explicit deny wins; else one allow is needed: of the caller's policies within its boundary, or,
for a resource of the same account, of the resource's policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
A resource's policy that names the role's ARN or everyone (`*`) allows by itself, here within the
boundary; one that names the account (its root or its number) delegates to the caller's policies.
Not evaluated: service and resource control policies, session policies, the ARN of a session (which
AWS leaves out of the boundary), NotPrincipal, a caller of another account, and condition operators
that no document here contains (they raise).
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

Document = Mapping[str, Any]
Context = Mapping[str, str | list[str]]


ARN_PARTS = 6
"""arn, partition, service, region, account, resource."""


class UnknownOperatorError(Exception):
    """A document has a condition operator that this evaluator does not implement."""


@dataclass(frozen=True, kw_only=True)
class Principal:
    """A role, or a session of one."""

    arn: str
    policies: tuple[str, ...]
    """Inline and managed policies, as JSON."""
    boundary: str | None = None

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call with its context, as AWS evaluates it."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    """Condition keys and their values; a missing key is not in the request."""
    resource_policy: str | None = None

    def by(self, principal: Principal) -> "Request":
        """With the keys that every request has."""
        keys = {"aws:PrincipalArn": principal.arn, "aws:SecureTransport": "true"}
        return replace(self, context={**keys, **self.context})


def allowed(principal: Principal, request: Request) -> bool:
    """Whether AWS would allow the principal's call."""
    request_of = request.by(principal)
    of_caller = [_statements(policy) for policy in principal.policies]
    of_resource = _statements(request.resource_policy) if request.resource_policy else []
    bounds = _statements(principal.boundary) if principal.boundary is not None else None
    trusted = [one for one in of_resource if _is_for(one, principal)]
    everything = [*(one for each in of_caller for one in each), *trusted, *(bounds or [])]
    if any(_applies(one, request_of, "Deny") for one in everything):
        return False
    # In the policy of a key or a bucket, the account's root delegates to the account's policies; a
    # key whose policy omits the account can't be used by any of its roles.
    if (
        request.action.startswith("kms:")
        and of_resource
        and not _to_the_account(trusted, request_of)
    ):
        return False
    by_identity = any(_applies(one, request_of, "Allow") for each in of_caller for one in each)
    by_resource = any(
        _applies(one, request_of, "Allow") for one in of_resource if _names_it(one, principal)
    )
    within = bounds is None or any(_applies(one, request_of, "Allow") for one in bounds)
    return (by_identity or by_resource) and within


def may_assume(trust: str, claims: Context, *, provider: str, issuer: str) -> bool:
    """Whether a token of this provider with these claims may assume the role."""
    context = {f"{issuer}:{name}": value for name, value in claims.items()}
    request = Request(action="sts:AssumeRoleWithWebIdentity", resource="", context=context)
    statements = [
        one
        for one in _statements(trust)
        if provider in _listed(dict(one.get("Principal", {})).get("Federated", []))
    ]
    denied = any(_matches(one, request, "Deny", of_resource=False) for one in statements)
    return not denied and any(
        _matches(one, request, "Allow", of_resource=False) for one in statements
    )


@cache
def _parsed(document: str) -> tuple[Document, ...]:
    return tuple(_listed(json.loads(document)["Statement"]))


def _statements(document: str) -> list[Document]:
    return list(_parsed(document))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_for(statement: Document, principal: Principal) -> bool:
    """Whether a statement of a resource's policy names the principal, its account or everyone."""
    root = f"arn:aws:iam::{principal.account}:root"
    return bool({"*", principal.arn, principal.account, root} & set(_principals(statement)))


def _principals(statement: Document) -> list[str]:
    """The AWS principals in a statement of a resource's policy."""
    if "NotPrincipal" in statement:
        raise UnknownOperatorError("NotPrincipal")
    named = statement["Principal"]
    return [named] if isinstance(named, str) else _listed(named.get("AWS", []))


def _names_it(statement: Document, principal: Principal) -> bool:
    """Whether a statement of a resource's policy names the principal itself, or everyone."""
    return bool({"*", principal.arn} & set(_principals(statement)))


def _to_the_account(statements: Iterable[Document], request: Request) -> bool:
    return any(_applies(one, request, "Allow") for one in statements)


def _applies(statement: Document, request: Request, effect: str) -> bool:
    return _matches(statement, request, effect, of_resource=True)


def _matches(statement: Document, request: Request, effect: str, *, of_resource: bool) -> bool:
    return (
        statement["Effect"] == effect
        and _names(statement, "Action", request.action, fold=True)
        and (not of_resource or _names(statement, "Resource", request.resource, fold=False))
        and all(
            _holds(operator, key, _listed(values), request.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _names(statement: Document, element: str, value: str, *, fold: bool) -> bool:
    """Action or NotAction, Resource or NotResource: exactly one of the two exists."""
    if f"Not{element}" in statement:
        return not any(_like(one, value, fold=fold) for one in _listed(statement[f"Not{element}"]))
    return any(_like(one, value, fold=fold) for one in _listed(statement[element]))


def _like(pattern: str, value: str, *, fold: bool = False) -> bool:
    return _pattern(pattern, fold=fold).fullmatch(value) is not None


@cache
def _pattern(pattern: str, *, fold: bool) -> re.Pattern[str]:
    parts = (
        ".*" if part == "*" else "." if part == "?" else re.escape(part)
        for part in re.split(r"([*?])", pattern)
    )
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if fold else 0))


def _bool(wanted: str, found: str) -> bool:
    return wanted.lower() == found.lower()


def _arn_like(pattern: str, value: str) -> bool:
    """Compares each of the six parts separately, so that a star stays within its part."""
    patterns, values = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(values) == ARN_PARTS and all(map(_like, patterns, values))


COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, found: wanted == found,
    "StringEqualsIgnoreCase": lambda wanted, found: wanted.lower() == found.lower(),
    "StringLike": _like,
    "ArnEquals": _arn_like,  # equal to ArnLike, according to IAM's guide
    "ArnLike": _arn_like,
    "Bool": _bool,
}


def _operator(name: str) -> tuple[Callable[[str, str], bool], bool]:
    """The comparison, and whether it is negated."""
    if name in COMPARE:
        return COMPARE[name], False
    for kind in ("String", "Arn"):
        if name.startswith(f"{kind}Not") and (plain := name.replace("Not", "", 1)) in COMPARE:
            return COMPARE[plain], True
    raise UnknownOperatorError(name)


def _holds(operator: str, key: str, wanted: list[str], context: Context) -> bool:
    """Whether one condition holds.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    found = next((value for name, value in context.items() if name.lower() == key.lower()), None)
    if operator == "Null":
        return (found is None) == (str(wanted[0]).lower() == "true")
    set_operator, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    compare, negated = _operator(name.removesuffix("IfExists"))
    if found is None:
        if set_operator == "ForAllValues":
            return True
        if set_operator == "ForAnyValue":
            return False
        return if_exists or negated  # a negated operator is met if the key is missing

    def one(value: str) -> bool:
        return any(compare(each, value) for each in wanted) is not negated

    values = [one(value) for value in _listed(found)]
    if set_operator == "ForAnyValue":
        return any(values)
    # Without a value nothing is equal; ForAllValues is met all the same, a known pitfall.
    return all(values) and (bool(values) or negated or set_operator == "ForAllValues")
