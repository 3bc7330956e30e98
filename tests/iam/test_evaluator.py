"""The evaluator follows AWS's rules, tested on documents with one or two statements."""

import json
from typing import Any

import pytest

from access import trust as ci_documents
from iam_evaluator import Principal, Request, UnknownOperatorError, allowed, may_assume

ROLE = "arn:aws:iam::123456789012:role/x"
BUCKET = "arn:aws:s3:::b/k"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(**given: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "*", "Resource": "*", **given}


def deny(**given: Any) -> dict[str, Any]:
    return {**allow(**given), "Effect": "Deny"}


def without(statement: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != key}


def may(
    *statements: dict[str, Any],
    boundary: str | None = None,
    resource_policy: str | None = None,
    action: str = "s3:GetObject",
    **context: Any,
) -> bool:
    role = Principal(arn=ROLE, policies=(document(*statements),), boundary=boundary)
    request = Request(
        action=action,
        resource=BUCKET,
        context={key.replace("_", ":"): value for key, value in context.items()},
        resource_policy=resource_policy,
    )
    return allowed(role, request)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ((), False),
        ((allow(),), True),
        ((allow(), deny()), False),
        ((allow(Action="s3:getobject"),), True),  # actions are case-insensitive
        ((allow(Action="s3:Get*"),), True),
        ((allow(Action="s3:Put*"),), False),
        ((allow(Resource="arn:aws:s3:::b/?"),), True),
        ((allow(Resource="arn:aws:s3:::B/k"),), False),  # resources are case-sensitive
        ((without(allow(NotAction="s3:Put*"), "Action"),), True),
        ((without(allow(NotAction="s3:*"), "Action"),), False),
        ((allow(), without(deny(NotResource=BUCKET), "Resource")), True),
        ((allow(), without(deny(NotResource="arn:aws:s3:::c/*"), "Resource")), False),
    ],
)
def test_statements(statements: tuple[dict[str, Any], ...], expected: bool) -> None:
    assert may(*statements) is expected


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ({"StringEquals": {"a:k": "v"}}, "v", True),
        ({"StringEquals": {"A:K": ["u", "v"]}}, "v", True),
        ({"StringEquals": {"a:k": "v*"}}, "vw", False),
        ({"StringEquals": {"a:k": "v"}}, None, False),
        ({"StringEqualsIfExists": {"a:k": "v"}}, None, True),
        ({"StringNotEquals": {"a:k": "v"}}, None, True),
        ({"StringNotEquals": {"a:k": "v"}}, "v", False),
        ({"StringLike": {"a:k": "v*"}}, "vw", True),
        ({"StringNotLike": {"a:k": "v*"}}, "vw", False),
        ({"ArnLike": {"a:k": "arn:aws:iam::*:role/x"}}, ROLE, True),
        ({"ArnNotEquals": {"a:k": ROLE}}, ROLE, False),
        ({"Bool": {"a:k": "false"}}, "false", True),
        ({"Null": {"a:k": "true"}}, None, True),
        ({"Null": {"a:k": "false"}}, None, False),
        ({"Null": {"a:k": "false"}}, "v", True),
        ({"ForAnyValue:StringEquals": {"a:k": "v"}}, ["u", "v"], True),
        ({"ForAnyValue:StringEquals": {"a:k": "v"}}, None, False),
        ({"ForAllValues:StringEquals": {"a:k": "v"}}, ["u", "v"], False),
        (
            {"ForAllValues:StringEquals": {"a:k": "v"}},
            None,
            True,
        ),  # a common mistake in AWS policies
        ({"StringEquals": {"a:k": "v"}}, [], False),
        ({"StringLike": {"a:k": "*"}}, [], False),
        ({"StringNotEquals": {"a:k": "v"}}, [], True),
        ({"ForAnyValue:StringEquals": {"a:k": "v"}}, [], False),
        ({"ForAllValues:StringEquals": {"a:k": "v"}}, [], True),
        ({"ArnLike": {"a:k": "arn:aws:iam::*:role/*"}}, "arn:aws:iam::1:user/x:role/y", False),
        ({"ArnLike": {"a:k": "arn:aws:iam::1:*"}}, "arn:aws:iam::1:user/x:y", True),
        ({"ArnLike": {"a:k": "arn:*"}}, ROLE, False),
        ({"ArnEquals": {"a:k": "arn:aws:*:role/x"}}, ROLE, False),
        ({"StringEquals": {"a:k": "v"}, "Null": {"a:j": "true"}}, "v", True),
    ],
)
def test_conditions(condition: Any, value: Any, expected: bool) -> None:
    context = {} if value is None else {"a_k": value}
    assert may(allow(Condition=condition), **context) is expected


def test_an_unknown_condition_operator_raises() -> None:
    with pytest.raises(UnknownOperatorError):
        may(allow(Condition={"NumericLessThan": {"a:k": "1"}}), a_k="0")


def test_a_boundary_only_limits_permissions() -> None:
    assert not may(boundary=document(allow()))
    assert not may(allow(), boundary=document(allow(Action="ecs:*")))
    assert not may(allow(), boundary=document(allow(), deny(Action="s3:GetObject")))
    assert may(allow(), boundary=document(allow(Action="s3:*")))


def test_a_resource_policy_denies_the_named_principals() -> None:
    for who in ("*", {"AWS": ROLE}, {"AWS": "arn:aws:iam::123456789012:root"}):
        assert not may(allow(), resource_policy=document(deny(Principal=who)))
    other = document(deny(Principal={"AWS": "arn:aws:iam::123456789012:role/y"}))
    assert may(allow(), resource_policy=other)


def test_a_resource_policy_allows_the_named_principals() -> None:
    """The role itself or everyone; the account's root leaves it to the role's policies."""
    for who in (
        "*",
        {"AWS": "*"},
        {"AWS": ROLE},
        {"AWS": ["arn:aws:iam::123456789012:role/y", ROLE]},
    ):
        assert may(resource_policy=document(allow(Principal=who)))
        assert not may(deny(), resource_policy=document(allow(Principal=who)))
        assert not may(
            boundary=document(allow(Action="ecs:*")), resource_policy=document(allow(Principal=who))
        )
    for who in (
        {"AWS": "arn:aws:iam::123456789012:root"},
        {"AWS": "123456789012"},
        {"AWS": "arn:aws:iam::123456789012:role/y"},
        {"Service": "logs.amazonaws.com"},
    ):
        assert not may(resource_policy=document(allow(Principal=who)))


def test_a_key_policy_without_the_account_allows_no_role() -> None:
    account = {"AWS": "arn:aws:iam::123456789012:root"}
    assert may(allow(), action="kms:Decrypt", resource_policy=document(allow(Principal=account)))
    foreign = {"AWS": "arn:aws:iam::210987654321:root"}
    assert not may(
        allow(), action="kms:Decrypt", resource_policy=document(allow(Principal=foreign))
    )


def test_a_trust_policy_accepts_only_its_providers_tokens() -> None:
    trust = ci_documents.trust("arn:provider", ["repo:a/b:pull_request"])
    claims = {"aud": "sts.amazonaws.com", "sub": "repo:a/b:pull_request"}
    issuer = ci_documents.ISSUER
    assert may_assume(trust, claims, provider="arn:provider", issuer=issuer)
    assert not may_assume(trust, claims, provider="arn:other", issuer=issuer)
    assert not may_assume(
        trust, {**claims, "aud": "sigstore"}, provider="arn:provider", issuer=issuer
    )
