"""Rules on who may do what."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pulumi_policy import PolicyResource

from guardrails.only_everywhere import ONLY_EVERYWHERE
from guardrails.reading import (
    document,
    given,
    items,
    of_type,
    statements,
    texts,
)
from guardrails.references import elsewhere, known
from guardrails.rule import Props, Rule, StackRule

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
DOCUMENTS = (POLICY, "aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy", ROLE)
"""Beside a role's policy, what else holds documents: a role has them as `inlinePolicies`."""
ATTACHED = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "policyArn",
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
    ROLE: "managedPolicyArns",
}
"""What names a policy, and the input that does."""
OF_AWS = "arn:aws:iam::aws:policy/"
EVERYTHING = re.compile(r"/(AdministratorAccess|PowerUserAccess|\w*FullAccess)$")
"""AWS's own policies whose actions are `*` or `service:*`, or everything but a few."""
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
KEY = "aws:kms/key:Key"
LONG_LIVED = ("aws:iam/user:User", "aws:iam/accessKey:AccessKey")
TAGS_WHAT_IS_NEW = frozenset({"kms:TagResource"})
"""Tags of a key that is being created: KMS authorizes them for no particular key, so that the tags
are all that a statement can ask for.
https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html"""
GITHUB = "token.actions.githubusercontent.com"
Found = Iterator[tuple[str, PolicyResource | None]]


def _documents(props: Props) -> Iterator[dict[str, Any]]:
    if given(props, "policy"):
        yield document(props, "policy")
    for inline in items(props, "inlinePolicies"):
        yield document(inline, "policy")


def _granted(props: Props) -> Iterator[dict[str, Any]]:
    return (one for policy in _documents(props) for one in _allowing(policy))


def _allowing(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (one for one in statements(policy) if one.get("Effect") == "Allow")


def _any_action(props: Props) -> Iterator[str]:
    for statement in _granted(props):
        for action in texts(statement.get("Action")):
            if action == "*" or action.endswith(":*"):
                yield f"It allows {action}."
        if "NotAction" in statement:
            yield "It allows everything but what it names."


def _any_resource(props: Props) -> Iterator[str]:
    for statement in _granted(props):
        if "*" in texts(statement.get("Resource")):
            wide = sorted(set(texts(statement.get("Action"))) - _without_resource(statement))
            if wide:
                yield f"It allows {', '.join(wide)} on everything."
        if "NotResource" in statement:
            yield "It allows something on everything but what it names."


def _without_resource(statement: dict[str, Any]) -> frozenset[str]:
    """The actions for which the statement can only name `*`."""
    asked = statement.get("Condition", {}).get("StringEquals", {})
    tagged = any(key.lower().startswith("aws:requesttag/") for key in asked)
    return ONLY_EVERYWHERE | (TAGS_WHAT_IS_NEW if tagged else frozenset())


def _everybody(policy: dict[str, Any]) -> Iterator[str]:
    for statement in _allowing(policy):
        principal = statement.get("Principal")
        named = principal.values() if isinstance(principal, dict) else [principal]
        if any("*" in texts(one) for one in named) and not statement.get("Condition"):
            yield "It lets everybody in."


def _trusts_everybody(props: Props) -> Iterator[str]:
    yield from _everybody(document(props, "assumeRolePolicy"))


def _opens_to_everybody(props: Props) -> Iterator[str]:
    if any(key == "policy" for key in props):
        yield from _everybody(document(props, "policy"))


def _any_workflow(props: Props) -> Iterator[str]:
    for statement in _allowing(document(props, "assumeRolePolicy")):
        principal = statement.get("Principal")
        federated = principal.get("Federated") if isinstance(principal, dict) else None
        if not any(GITHUB in provider for provider in texts(federated)):
            continue
        conditions = statement.get("Condition", {})
        said = {
            key: texts(value)
            for operator in ("StringEquals", "StringLike")
            for key, value in conditions.get(operator, {}).items()
        }
        if said.get(f"{GITHUB}:aud") != ["sts.amazonaws.com"]:
            yield "It doesn't ask for whom the token was made."
        subjects = said.get(f"{GITHUB}:sub", [])
        if not subjects or not all(_bound(subject) for subject in subjects):
            yield "It doesn't ask for one repository and one environment, branch or pull request."
        workflows = said.get(f"{GITHUB}:job_workflow_ref", [])
        of_main = bool(workflows) and all(map(_of_main, workflows))
        writes = any(map(_of_environment, subjects)) and not _pushes(props)
        if writes and not of_main:
            yield "It doesn't ask for a workflow of main: a pushed tag would run its own."
        if writes and said.get(f"{GITHUB}:ref") != [REF]:
            yield "It doesn't ask for a run of main: a branch's own workflow can call main's."


SUBJECT = re.compile(
    r"repo:(?:[\w-]+/[\w.-]+|[\w-]+@\d+/[\w.-]+@\d+):"
    r"(?P<where>pull_request|environment:[^*?]+|ref:refs/heads/[^*?]+)",
    re.ASCII,
)
"""`repo:OWNER/NAME:environment:production`, or `repo:OWNER@ID/NAME@ID:...`, with nothing left open.
https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims"""
REF = "refs/heads/main"
MAIN = f"@{REF}"
IMAGES = "-ci-images"
"""Ends the name of the role that pushes images: the application's tags run their own workflow."""


def _bound(subject: str) -> bool:
    return SUBJECT.fullmatch(subject) is not None


def _pushes(props: Props) -> bool:
    return given(props, "name") and str(props["name"]).endswith(IMAGES)


def _of_environment(subject: str) -> bool:
    return ":environment:" in subject


def _of_main(workflow: str) -> bool:
    """A file of the branch main, spelled out: a pattern also matches a tag `v1@refs/heads/main`."""
    return workflow.endswith(MAIN) and workflow.count("@") == 1 and not set("*?") & set(workflow)


def _unread(resources: Sequence[PolicyResource]) -> Found:
    for token, key in ATTACHED.items():
        for found in of_type(resources, token):
            for arn in sorted(elsewhere(resources, found, key, POLICY)):
                if not arn.startswith(OF_AWS):
                    yield f"{found.name} has {arn}, which no rule reads.", found


def _full_access(resources: Sequence[PolicyResource]) -> Found:
    for token, key in ATTACHED.items():
        for found in of_type(resources, token):
            for arn in sorted(known(found, key)):
                if arn.startswith(OF_AWS) and EVERYTHING.search(arn):
                    yield f"{found.name} has {arn}.", found


def _keys_for_ever(resources: Sequence[PolicyResource]) -> Found:
    for token in LONG_LIVED:
        for found in of_type(resources, token):
            yield f"{found.name} is a person or a key that doesn't end.", found


RULES: tuple[Rule | StackRule, ...] = (
    Rule(
        name="iam-actions",
        token=ROLE_POLICY,
        why="A role may do what it is for, and nothing else.",
        fix="Name the actions.",
        controls=("FSBP IAM.1", "FSBP IAM.21"),
        check=_any_action,
        alike=DOCUMENTS,
    ),
    Rule(
        name="iam-resources",
        token=ROLE_POLICY,
        why="A role may touch its own things, and nobody else's.",
        fix="Name the resources, unless AWS allows only `*` for the action.",
        controls=("FSBP KMS.1", "FSBP KMS.2"),
        check=_any_resource,
        alike=DOCUMENTS,
    ),
    StackRule(
        name="iam-policy-kind",
        why="Every policy is AWS's own or stands in the stack, where these rules read it.",
        fix="Declare the policy in the stack.",
        controls=("design: identity",),
        check=_unread,
    ),
    StackRule(
        name="iam-full-access",
        why="AWS's own policies for administrators allow what no role of ours is for.",
        fix="Declare a policy that names the actions and the resources.",
        controls=("FSBP IAM.1",),
        check=_full_access,
    ),
    Rule(
        name="iam-trust",
        token=ROLE,
        why="A role is for somebody.",
        fix="Name the principal, or add a condition.",
        controls=("design: identity",),
        check=_trusts_everybody,
    ),
    Rule(
        name="iam-github-bound",
        token=ROLE,
        why="Only this repository's workflows, in their environment, can have the role.",
        fix=(
            "Ask for :aud sts.amazonaws.com, :sub repo:OWNER/NAME:environment:STACK, "
            ":job_workflow_ref OWNER/NAME/.github/workflows/FILE@refs/heads/main and "
            ":ref refs/heads/main."
        ),
        controls=("design: pipeline",),
        check=_any_workflow,
    ),
    Rule(
        name="iam-bucket-principal",
        token=BUCKET_POLICY,
        why="A bucket is for somebody.",
        fix="Name the principal, or add a condition.",
        controls=("FSBP S3.2", "FSBP S3.3"),
        check=_opens_to_everybody,
    ),
    Rule(
        name="iam-key-principal",
        token=KEY,
        why="A key is for somebody.",
        fix="Name the principal, or add a condition.",
        controls=("FSBP KMS.5",),
        check=_opens_to_everybody,
    ),
    StackRule(
        name="iam-no-long-lived-keys",
        why="There is no key that could be lost: roles are taken on and end.",
        fix="Use a role.",
        controls=("design: pipeline",),
        check=_keys_for_ever,
    ),
)
