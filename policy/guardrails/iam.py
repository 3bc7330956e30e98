"""Rules on identity policies, trust policies and resource policies."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pulumi_policy import PolicyResource

from guardrails.only_everywhere import ONLY_EVERYWHERE
from guardrails.principals import GITHUB, untrusted
from guardrails.reading import (
    document,
    given,
    items,
    of_type,
    statements,
    texts,
)
from guardrails.references import elsewhere, known
from guardrails.rule import Found, Props, Rule, StackRule

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"
DOCUMENTS = (POLICY, "aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy", ROLE)
"""Types with policy documents besides RolePolicy; a role has `inlinePolicies`."""
ATTACHED = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "policyArn",
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
    ROLE: "managedPolicyArns",
}
"""Types that attach managed policies, and the input with the ARNs."""
OF_AWS = "arn:aws:iam::aws:policy/"
EVERYTHING = re.compile(r"/(AdministratorAccess|PowerUserAccess|\w*FullAccess)$")
"""AWS managed policies that allow `*`, `service:*` or nearly everything."""
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
KEY = "aws:kms/key:Key"
RESOURCE_POLICIES = (
    "aws:secretsmanager/secretPolicy:SecretPolicy",
    "aws:sqs/queuePolicy:QueuePolicy",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:ecr/registryPolicy:RegistryPolicy",
    "aws:s3control/accessPointPolicy:AccessPointPolicy",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
    "aws:backup/vaultPolicy:VaultPolicy",
    "aws:efs/fileSystemPolicy:FileSystemPolicy",
)
"""Types that are a resource policy alone, besides those of buckets and keys."""
RESOURCE_POLICY_KEYS = ("policy", "policyDocument")
LONG_LIVED = ("aws:iam/user:User", "aws:iam/accessKey:AccessKey")
TAGS_AT_CREATION = frozenset({"kms:TagResource"})
"""KMS authorizes the tags of a key that is being created without a resource, so that a statement
can restrict them by the tags alone.
https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html"""


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
                yield f"The policy allows {action}."
        if "NotAction" in statement:
            yield "The policy allows every action except those in NotAction."


def _any_resource(props: Props) -> Iterator[str]:
    for statement in _granted(props):
        if "*" in texts(statement.get("Resource")):
            wide = sorted(set(texts(statement.get("Action"))) - _without_resource(statement))
            if wide:
                yield f"The policy allows {', '.join(wide)} on every resource."
        if "NotResource" in statement:
            yield "The policy allows every resource except those in NotResource."


def _without_resource(statement: dict[str, Any]) -> frozenset[str]:
    """The actions for which `*` is the only possible resource of this statement."""
    keys = statement.get("Condition", {}).get("StringEquals", {})
    tagged = any(key.lower().startswith("aws:requesttag/") for key in keys)
    return ONLY_EVERYWHERE | (TAGS_AT_CREATION if tagged else frozenset())


def _trusts(props: Props) -> Iterator[str]:
    yield from untrusted(_allowing(document(props, "assumeRolePolicy")))


def _admits(props: Props) -> Iterator[str]:
    for key in RESOURCE_POLICY_KEYS:
        if given(props, key):
            yield from untrusted(_allowing(document(props, key)))


def _any_workflow(props: Props) -> Iterator[str]:
    for statement in _allowing(document(props, "assumeRolePolicy")):
        principal = statement.get("Principal")
        federated = principal.get("Federated") if isinstance(principal, dict) else None
        if not any(GITHUB in provider for provider in texts(federated)):
            continue
        conditions = statement.get("Condition", {})
        claims = {
            key: texts(value)
            for operator in ("StringEquals", "StringLike")
            for key, value in conditions.get(operator, {}).items()
        }
        if claims.get(f"{GITHUB}:aud") != ["sts.amazonaws.com"]:
            yield "The trust policy does not require the audience sts.amazonaws.com."
        subjects = claims.get(f"{GITHUB}:sub", [])
        if not subjects or not all(_specific(subject) for subject in subjects):
            yield "The trust policy accepts subjects beyond one repository and one context."
        workflows = claims.get(f"{GITHUB}:job_workflow_ref", [])
        of_main = bool(workflows) and all(map(_of_main, workflows))
        writes = any(map(_of_environment, subjects)) and not _pushes(props)
        if writes and not of_main:
            yield "The trust policy accepts workflows of refs other than main."
        if writes and claims.get(f"{GITHUB}:ref") != [REF]:
            yield "The trust policy accepts runs of refs other than main."


SUBJECT = re.compile(
    r"repo:(?:[\w-]+/[\w.-]+|[\w-]+@\d+/[\w.-]+@\d+):"
    r"(?P<where>pull_request|environment:[^*?]+|ref:refs/heads/[^*?]+)",
    re.ASCII,
)
"""`repo:OWNER/NAME:environment:production`, or `repo:OWNER@ID/NAME@ID:...`, without wildcards.
https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims"""
REF = "refs/heads/main"
MAIN = f"@{REF}"
IMAGES = "-ci-images"
"""Suffix of the role that pushes images, for the application repository's workflows at its tags."""


def _specific(subject: str) -> bool:
    return SUBJECT.fullmatch(subject) is not None


def _pushes(props: Props) -> bool:
    return given(props, "name") and str(props["name"]).endswith(IMAGES)


def _of_environment(subject: str) -> bool:
    return ":environment:" in subject


def _of_main(workflow: str) -> bool:
    """A file of the branch main; a pattern would also match the tag `v1@refs/heads/main`."""
    return workflow.endswith(MAIN) and workflow.count("@") == 1 and not set("*?") & set(workflow)


def _external_policies(resources: Sequence[PolicyResource]) -> Found:
    for token, key in ATTACHED.items():
        for found in of_type(resources, token):
            for arn in sorted(elsewhere(resources, found, key, POLICY)):
                if not arn.startswith(OF_AWS):
                    yield f"{found.name} attaches {arn}, which is outside the stack.", found


def _full_access(resources: Sequence[PolicyResource]) -> Found:
    for token, key in ATTACHED.items():
        for found in of_type(resources, token):
            for arn in sorted(known(found, key)):
                if arn.startswith(OF_AWS) and EVERYTHING.search(arn):
                    yield f"{found.name} attaches {arn}.", found


def _long_lived_credentials(resources: Sequence[PolicyResource]) -> Found:
    for token in LONG_LIVED:
        for found in of_type(resources, token):
            yield f"{found.name} is a user or access key without expiry.", found


RULES: tuple[Rule | StackRule, ...] = (
    Rule(
        name="iam-actions",
        token=ROLE_POLICY,
        why="A role gets only the actions that it needs.",
        fix="List the actions (access/ for the pipeline, components/task_roles.py for tasks).",
        controls=("FSBP IAM.1", "FSBP IAM.21"),
        check=_any_action,
        alike=DOCUMENTS,
    ),
    Rule(
        name="iam-resources",
        token=ROLE_POLICY,
        why="A role gets access to its own resources only.",
        fix=(
            "List the resources; `*` is for actions without resource types "
            "(policy/guardrails/only_everywhere.py)."
        ),
        controls=("FSBP KMS.1", "FSBP KMS.2"),
        check=_any_resource,
        alike=DOCUMENTS,
    ),
    StackRule(
        name="iam-policy-kind",
        why="These rules read only policies of the stack and names of AWS managed policies.",
        fix="Declare the policy in the stack.",
        controls=("design: identity",),
        judges=tuple(ATTACHED),
        check=_external_policies,
    ),
    StackRule(
        name="iam-full-access",
        why="AWS managed policies for administrators allow more than any role needs.",
        fix="Declare a policy that lists actions and resources.",
        controls=("FSBP IAM.1",),
        judges=tuple(ATTACHED),
        check=_full_access,
    ),
    Rule(
        name="iam-trust",
        token=ROLE,
        why="Only this account, and AWS services on its behalf, can assume a role.",
        fix=(
            "Name a principal of the account, or require aws:SourceAccount for a service "
            "(components/role.py, access/trust.py)."
        ),
        controls=("design: identity",),
        check=_trusts,
    ),
    Rule(
        name="iam-github-bound",
        token=ROLE,
        why="Only this repository's workflows can assume the role, in their environment.",
        fix=(
            "Require :aud sts.amazonaws.com, :sub repo:OWNER/NAME:environment:STACK, "
            ":job_workflow_ref OWNER/NAME/.github/workflows/FILE@refs/heads/main and "
            ":ref refs/heads/main (access/trust.py)."
        ),
        controls=("design: pipeline",),
        check=_any_workflow,
    ),
    Rule(
        name="iam-bucket-principal",
        token=BUCKET_POLICY,
        why="Only this account, and AWS services on its behalf, can access a bucket.",
        fix=(
            "Name a principal of the account, or require aws:SourceAccount "
            "(components/private_bucket.py)."
        ),
        controls=("FSBP S3.2", "FSBP S3.3"),
        check=_admits,
    ),
    Rule(
        name="iam-key-principal",
        token=KEY,
        why="Only this account, and AWS services on its behalf, can use a key.",
        fix=(
            "Name a principal of the account, or require kms:CallerAccount or aws:SourceAccount "
            "(components/encryption_key.py)."
        ),
        controls=("FSBP KMS.5",),
        check=_admits,
        alike=("aws:kms/keyPolicy:KeyPolicy",),
    ),
    Rule(
        name="iam-resource-principal",
        token=RESOURCE_POLICIES[0],
        why="Only this account, and AWS services on its behalf, can access a resource.",
        fix="Name a principal of the account, or require aws:SourceAccount in the policy.",
        controls=("design: identity",),
        check=_admits,
        alike=RESOURCE_POLICIES[1:],
    ),
    StackRule(
        name="iam-no-long-lived-keys",
        why="Credentials of assumed roles expire; access keys leak.",
        fix="Assume a role instead.",
        controls=("design: pipeline",),
        judges=LONG_LIVED,
        check=_long_lived_credentials,
    ),
)
