"""Who a policy document admits: this account, AWS services on its behalf, GitHub's provider.

A condition excuses another principal only if it requires this account. Others may be met by anyone
who chooses the request, such as a user agent, an external id or an address.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from guardrails.reading import texts

GITHUB = "token.actions.githubusercontent.com"
EQUAL = ("StringEquals", "StringEqualsIgnoreCase", "ArnEquals", "ArnLike", "StringLike")
"""Operators that fail when the key is missing; those with IfExists or ForAllValues pass."""
OF_CALLER = frozenset({"aws:principalaccount", "aws:principalarn", "kms:calleraccount"})
"""Keys, in lower case, that AWS sets to the caller's account or contain it."""
OF_SOURCE = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceowner"})
"""Keys that AWS sets when a service calls for a resource."""
OF_LOG_GROUP = frozenset({"kms:encryptioncontext:aws:logs:arn"})
"""CloudWatch Logs sends its log group; any other caller chooses the encryption context.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""
WITHOUT_SOURCE = frozenset({"ecs.amazonaws.com"})
"""Services that send no source: ECS shifts traffic with its infrastructure role.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html"""


def untrusted(statements: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each principal outside of the account that a statement admits.

    `statements` are those with the effect Allow. The account is the stack's `arbor:accountId`.
    """
    account = pulumi.Config("arbor").require("accountId")
    for statement in statements:
        if "NotPrincipal" in statement:
            yield "The policy allows every principal except those in NotPrincipal."
        condition = statement.get("Condition") or {}
        for kind, name in _named(statement.get("Principal")):
            if reason := _reason(kind, name, condition, account):
                yield f"The policy allows {reason}."


def _named(principal: object) -> Iterator[tuple[str, str]]:
    if isinstance(principal, Mapping):
        for kind, names in principal.items():
            yield from ((str(kind), name) for name in texts(names))
    elif principal is not None:
        yield "AWS", str(principal)


def _reason(kind: str, name: str, condition: Mapping[str, Any], account: str) -> str:
    """The principal with what is missing; empty for one that may be admitted."""
    if kind == "Service":
        admitted = name in WITHOUT_SOURCE or _requires(OF_SOURCE | OF_LOG_GROUP, condition, account)
        return "" if admitted else f"{name} for resources of every account"
    if kind == "Federated":
        provider = f"arn:aws:iam::{account}:oidc-provider/{GITHUB}"
        return "" if name == provider else f"the identity provider {name}"
    own = kind == "AWS" and _of(account, name)
    if own or _requires(OF_CALLER | OF_SOURCE, condition, account):
        return ""
    return "every principal" if name == "*" else f"{name}, outside account {account}"


def _requires(keys: frozenset[str], condition: Mapping[str, Any], account: str) -> bool:
    """Whether a key is required to be this account or an ARN of it."""
    required = (
        texts(values)
        for operator in EQUAL
        for key, values in condition.get(operator, {}).items()
        if key.lower() in keys
    )
    return any(values and all(_of(account, one) for one in values) for values in required)


def _of(account: str, value: str) -> bool:
    return value == account or value.split(":")[4:5] == [account]
