"""Which principals a policy document may admit, in every kind of document."""

import json
from typing import Any

import pytest

from guardrails.iam import RULES
from guardrails.rule import Rule
from verdict import ACCOUNT, violations

OTHER = "999999999999"
HERE, THERE = (f"arn:aws:iam::{account}:role/reader" for account in (ACCOUNT, OTHER))
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
RULE_KEYS = {
    "iam-trust": "assumeRolePolicy",
    "iam-bucket-principal": "policy",
    "iam-key-principal": "policy",
    "iam-resource-principal": "policyDocument",
}
BY_NAME = {rule.name: rule for rule in RULES if isinstance(rule, Rule)}


def reported(name: str, **statement: Any) -> list[str]:
    """What the rule reports about a document with this one statement."""
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}}
    return violations(BY_NAME[name], {RULE_KEYS[name]: json.dumps(document)})


def requires(key: str, value: object, operator: str = "StringEquals") -> dict[str, Any]:
    return {operator: {key: value}}


every_document = pytest.mark.parametrize("name", RULE_KEYS)


@every_document
@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": {"AWS": ACCOUNT}},
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}},
        {"Principal": {"AWS": [HERE, ACCOUNT]}},
        {"Principal": "*", "Condition": requires("aws:PrincipalAccount", ACCOUNT)},
        {"Principal": {"AWS": "*"}, "Condition": requires("kms:CallerAccount", [ACCOUNT])},
        {"Principal": "*", "Condition": requires("AWS:PrincipalArn", f"{HERE}*", "ArnLike")},
        {
            "Principal": {"Service": "logs.amazonaws.com"},
            "Condition": requires("aws:SourceAccount", ACCOUNT),
        },
        {
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Condition": requires("aws:SourceArn", f"arn:aws:ecs:us-east-1:{ACCOUNT}:*", "ArnLike"),
        },
        {
            "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
            "Condition": requires(
                "kms:EncryptionContext:aws:logs:arn", f"arn:aws:logs:x:{ACCOUNT}:*", "ArnLike"
            ),
        },
        {"Principal": {"Service": "ecs.amazonaws.com"}},
        {"Principal": {"Federated": PROVIDER}},
        {"Effect": "Deny", "Principal": "*"},
        {"Effect": "Deny", "NotPrincipal": {"AWS": HERE}},
    ],
    ids=json.dumps,
)
def test_the_account_and_services_on_its_behalf_are_admitted(
    name: str, statement: dict[str, Any]
) -> None:
    assert reported(name, **statement) == []


@every_document
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ({"Principal": "*"}, "every principal"),
        ({"Principal": {"AWS": [HERE, "*"]}}, "every principal"),
        ({"Principal": {"AWS": OTHER}}, f"{OTHER}, outside account {ACCOUNT}"),
        ({"Principal": {"AWS": [HERE, THERE]}}, THERE),
        ({"NotPrincipal": {"AWS": THERE}}, "every principal except those in NotPrincipal"),
        ({"Principal": {"CanonicalUser": "79a59df900b949e5"}}, "79a59df900b949e5"),
        ({"Principal": {"Federated": "cognito-identity.amazonaws.com"}}, "identity provider"),
        ({"Principal": {"Federated": PROVIDER.replace(ACCOUNT, OTHER)}}, "identity provider"),
        ({"Principal": {"Service": "logs.amazonaws.com"}}, "resources of every account"),
        (
            {
                "Principal": {"Service": "sns.amazonaws.com"},
                "Condition": requires("aws:SourceAccount", OTHER),
            },
            "resources of every account",
        ),
        *(
            ({"Principal": "*", "Condition": condition}, "every principal")
            for condition in (
                requires("aws:UserAgent", "arbor"),
                requires("aws:SourceIp", "10.0.0.0/8", "IpAddress"),
                requires("aws:SecureTransport", "true", "Bool"),
                requires("sts:ExternalId", "arbor"),
                requires("kms:ViaService", "s3.us-east-1.amazonaws.com"),
                requires("kms:EncryptionContext:aws:logs:arn", f"arn:aws:logs:x:{ACCOUNT}:*"),
                requires("aws:PrincipalAccount", [ACCOUNT, OTHER]),
                requires("aws:PrincipalAccount", []),
                requires("aws:PrincipalAccount", "*", "StringLike"),
                requires("aws:PrincipalArn", "arn:aws:iam::*:role/reader", "ArnLike"),
                requires("aws:PrincipalAccount", ACCOUNT, "StringNotEquals"),
                requires("aws:PrincipalAccount", ACCOUNT, "StringEqualsIfExists"),
                requires("aws:PrincipalAccount", ACCOUNT, "ForAllValues:StringEquals"),
            )
        ),
    ],
)
def test_every_other_principal_is_refused_whatever_its_condition(
    name: str, statement: dict[str, Any], found: str
) -> None:
    (message,) = reported(name, **statement)
    assert found in message
