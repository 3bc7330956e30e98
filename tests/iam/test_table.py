# ruff: noqa: E501 - a row a line reads as a table
"""What each role must be able to do, and must never: both stacks, in one account and in two."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from access import state
from access import trust as ci_documents
from access.trust import boundary_arn
from arbor_names import naming
from iam_evaluator import Request, allowed
from iam_requests import ELSEWHERE, OLDER, ONE, PRODUCTION, REGION, STAGING, Place

PLACES = (PRODUCTION, STAGING, ELSEWHERE)
Row = tuple[str, str, Callable[[Place], Request]]
"""The role's kind, the permission in words, and the request."""


def bounded(action: str, role: str) -> Callable[[Place], Request]:
    """A change of a role that has, or would have, the stack's boundary."""
    return lambda at: at.tagged(
        action,
        at.role(role.format(stack=at.stack)),
        **{"iam:PermissionsBoundary": boundary_arn(at.pipeline)},
    )


def on(action: str, resource: str, **context: str) -> Callable[[Place], Request]:
    """An untagged resource, or one that is authorized without tags."""
    return lambda at: Request(
        action=action,
        resource=resource.format(stack=at.stack, account=at.account, region=REGION),
        context=context,
    )


def of_stack(action: str, service: str, rest: str) -> Callable[[Place], Request]:
    """A tagged resource of the program."""
    return lambda at: at.tagged(action, at.arn(service, rest.format(stack=at.stack)))


def passed(role: str, service: str) -> Callable[[Place], Request]:
    return lambda at: Request(
        action="iam:PassRole",
        resource=at.role(role.format(stack=at.stack)),
        context={"iam:PassedToService": service},
    )


def linked(service: str) -> Callable[[Place], Request]:
    return lambda at: Request(
        action="iam:CreateServiceLinkedRole",
        resource=at.role(f"aws-service-role/{service}/X"),
        context={"iam:AWSServiceName": service},
    )


OWN_ROLE = "arbor/{stack}/backend-roles-task-role-1a2b3c4"

CAN: tuple[Row, ...] = (
    ("deploy", "read its state", lambda at: at.state_file("s3:GetObject", f"{at.stack}/.pulumi/x")),
    ("deploy", "write it", lambda at: at.state_file("s3:PutObject", f"{at.stack}/.pulumi/x")),
    (
        "deploy",
        "take its lock away",
        lambda at: at.state_file("s3:DeleteObject", f"{at.stack}/.pulumi/locks/arbor/1.json"),
    ),
    (
        "deploy",
        "write a state that has not moved",
        lambda at: at.state_file("s3:PutObject", f".pulumi/stacks/arbor/{at.stack}.json"),
    ),
    (
        "deploy",
        "take the lock of one away",
        lambda at: at.state_file(
            "s3:DeleteObject", f".pulumi/locks/organization/arbor/{at.stack}/1.json"
        ),
    ),
    ("deploy", "list its state", lambda at: at.state_list()),
    ("preview", "list its state", lambda at: at.state_list()),
    ("bootstrap", "list its state", lambda at: at.state_list()),
    ("deploy", "let AWS make ECS's own role", linked("ecs.amazonaws.com")),
    ("deploy", "use its key", lambda at: at.state_key("kms:Decrypt", whose=at.stack)),
    (
        "deploy",
        "use the bucket's key",
        lambda at: at.state_key("kms:GenerateDataKey", naming.STATE_KEY_ALIAS),
    ),
    ("deploy", "create a bounded role", bounded("iam:CreateRole", OWN_ROLE)),
    ("deploy", "write its policy", bounded("iam:PutRolePolicy", OWN_ROLE)),
    ("deploy", "put its boundary", bounded("iam:PutRolePermissionsBoundary", OWN_ROLE)),
    ("deploy", "pass it to a task", passed(OWN_ROLE, "ecs-tasks.amazonaws.com")),
    (
        "deploy",
        "attach the policy of enhanced monitoring",
        lambda at: at.tagged(
            "iam:AttachRolePolicy",
            at.role(f"arbor/{at.stack}/x"),
            **{
                "iam:PermissionsBoundary": boundary_arn(at.pipeline),
                "iam:PolicyARN": (
                    "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
                ),
            },
        ),
    ),
    ("deploy", "read a secret", of_stack("secretsmanager:GetSecretValue", "secretsmanager", "secret:arbor/{stack}/db-AbCdEf")),
    ("deploy", "change the database", of_stack("rds:ModifyDBInstance", "rds", "db:arbor-{stack}-db")),
    ("deploy", "update a service", of_stack("ecs:UpdateService", "ecs", "service/arbor-{stack}-cluster/arbor-{stack}-backend")),
    ("deploy", "run migrations", of_stack("ecs:RunTask", "ecs", "task-definition/arbor-{stack}-migrations:1")),
    ("deploy", "take the operators' lock", on("ssm:PutParameter", "arn:aws:ssm:{region}:{account}:parameter/arbor/{stack}/operation")),
    ("deploy", "read a migration's log", on("logs:GetLogEvents", "arn:aws:logs:{region}:{account}:log-group:/ecs/arbor-{stack}/migrations:log-stream:x")),
    ("deploy", "create a key", lambda at: Request(action="kms:CreateKey", resource="*", context={"aws:RequestTag/Stack": at.stack})),
    ("deploy", "tag a key as it is created", lambda at: Request(action="kms:TagResource", resource="*", context={"aws:RequestTag/Stack": at.stack})),
    ("deploy", "create a cluster, whether or not AWS names it", lambda at: Request(action="ecs:CreateCluster", resource="*", context={"aws:RequestTag/Stack": at.stack})),
    ("deploy", "read the version of the root", lambda at: at.state_file("s3:GetObject", ".pulumi/meta.yaml")),
    ("preview", "read the version of the root", lambda at: at.state_file("s3:GetObject", ".pulumi/meta.yaml")),
    ("deploy", "create a network", lambda at: Request(action="ec2:CreateVpc", resource=at.arn("ec2", "vpc/*"), context={"aws:RequestTag/Stack": at.stack})),
    ("deploy", "delete a rule of its own", of_stack("elasticloadbalancing:DeleteRule", "elasticloadbalancing", "listener-rule/app/x/1/2/3")),
    ("preview", "read its state", lambda at: at.state_file("s3:GetObject", f"{at.stack}/.pulumi/x")),
    ("preview", "decrypt it", lambda at: at.state_key("kms:Decrypt", whose=at.stack)),
    ("preview", "look at services", of_stack("ecs:DescribeServices", "ecs", "service/c/s")),
    ("preview", "look at the database", of_stack("rds:DescribeDBInstances", "rds", "db:arbor-{stack}-db")),
    ("preview", "look at security groups", on("ec2:DescribeSecurityGroups", "*")),
    ("preview", "look at roles", on("iam:GetRole", "arn:aws:iam::{account}:role/arbor-{stack}-ci-deploy")),
    ("preview", "look at a bucket's settings", on("s3:GetBucketPolicy", "arn:aws:s3:::balancer-logs-1a2b3c4")),
    ("preview", "see how old a secret is", of_stack("secretsmanager:ListSecretVersionIds", "secretsmanager", "secret:arbor/{stack}/db-AbCdEf")),
    ("bootstrap", "open a tunnel through a task", lambda at: at.tagged("ssm:StartSession", at.arn("ecs", f"task/arbor-{at.stack}-cluster/1a2b"), **{"ssm:SessionDocumentAccessCheck": "true"})),
    ("bootstrap", "open it by the one document", on("ssm:StartSession", "arn:aws:ssm:{region}::document/AWS-StartPortForwardingSessionToRemoteHost", **{"ssm:SessionDocumentAccessCheck": "true"})),
    ("bootstrap", "end its tunnel", on("ssm:TerminateSession", "arn:aws:ssm:{region}:{account}:session/{stack}-bootstrap-1-1-x")),
    ("bootstrap", "create the deploy role", on("iam:CreateRole", "arn:aws:iam::{account}:role/arbor-{stack}-ci-deploy")),
    ("bootstrap", "write its policy", on("iam:PutRolePolicy", "arn:aws:iam::{account}:role/arbor-{stack}-ci-deploy")),
    ("bootstrap", "renew the policy of reads", on("iam:CreatePolicyVersion", "arn:aws:iam::{account}:policy/arbor-{stack}-ci-reads")),
    ("bootstrap", "create a bounded role", bounded("iam:CreateRole", OWN_ROLE)),
    ("bootstrap", "create the cluster", lambda at: Request(action="ecs:CreateCluster", resource=at.arn("ecs", f"cluster/arbor-{at.stack}-cluster"), context={"aws:RequestTag/Stack": at.stack})),
    ("images", "push", of_stack("ecr:PutImage", "ecr", "repository/arbor-{stack}-backend")),
    ("task", "read its secret", of_stack("secretsmanager:GetSecretValue", "secretsmanager", "secret:arbor/{stack}/db-AbCdEf")),
    ("task", "decrypt it", of_stack("kms:Decrypt", "kms", "key/1")),
    ("task", "log", of_stack("logs:PutLogEvents", "logs", "log-group:/ecs/arbor-{stack}/backend:log-stream:x")),
    ("task", "log the systems' metrics", lambda at: replace(at.os_metrics("logs:PutLogEvents", ":log-stream:db"), context={})),
    ("task", "log them where another stack made the group", lambda at: at.os_metrics("logs:PutLogEvents", ":log-stream:db")),
    ("task", "keep them for a while", lambda at: at.os_metrics("logs:PutRetentionPolicy", "")),
    ("task", "pull its image", of_stack("ecr:BatchGetImage", "ecr", "repository/arbor-{stack}-backend")),
    ("task", "pull it where the repository has an older name", of_stack("ecr:BatchGetImage", "ecr", "repository/registry-backend-1a2b3c4")),
    ("task", "shift traffic", of_stack("elasticloadbalancing:ModifyRule", "elasticloadbalancing", "listener-rule/app/x/1/2/3")),
)  # fmt: skip

NEVER_ROWS: tuple[Row, ...] = (
    # Administrator in three calls.
    ("deploy", "create a role without the boundary", on("iam:CreateRole", "arn:aws:iam::{account}:role/arbor/{stack}/x")),
    ("deploy", "create one with another boundary", on("iam:CreateRole", "arn:aws:iam::{account}:role/arbor/{stack}/x", **{"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"})),
    ("deploy", "create one outside its path", bounded("iam:CreateRole", "x")),
    ("deploy", "write the policy of a role that has no boundary", on("iam:PutRolePolicy", "arn:aws:iam::{account}:role/arbor/{stack}/x")),
    ("deploy", "write the policy of a person's role", bounded("iam:PutRolePolicy", "Admin")),
    ("deploy", "rewrite who may assume another role", on("iam:UpdateAssumeRolePolicy", "arn:aws:iam::{account}:role/Admin")),
    ("deploy", "attach administrator access", lambda at: at.tagged("iam:AttachRolePolicy", at.role(f"arbor/{at.stack}/x"), **{"iam:PermissionsBoundary": boundary_arn(at.pipeline), "iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"})),
    ("deploy", "take a boundary away", bounded("iam:DeleteRolePermissionsBoundary", OWN_ROLE)),
    ("deploy", "put another boundary", on("iam:PutRolePermissionsBoundary", "arn:aws:iam::{account}:role/arbor/{stack}/x", **{"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess"})),
    ("deploy", "rewrite the boundary", on("iam:CreatePolicyVersion", "arn:aws:iam::{account}:policy/arbor-{stack}-boundary")),
    ("deploy", "delete the boundary", on("iam:DeletePolicy", "arn:aws:iam::{account}:policy/arbor-{stack}-boundary")),
    ("deploy", "rewrite its own policy of reads", on("iam:CreatePolicyVersion", "arn:aws:iam::{account}:policy/arbor-{stack}-ci-reads")),
    ("deploy", "write its own policy", on("iam:PutRolePolicy", "arn:aws:iam::{account}:role/arbor-{stack}-ci-deploy")),
    ("deploy", "rewrite who may assume it", bounded("iam:UpdateAssumeRolePolicy", "arbor-{stack}-ci-deploy")),
    ("deploy", "make the first deploy role anew", bounded("iam:CreateRole", "arbor-{stack}-ci-bootstrap")),
    ("deploy", "assume a role", on("sts:AssumeRole", "arn:aws:iam::{account}:role/Admin")),
    ("deploy", "assume one of the program's", on("sts:AssumeRole", "arn:aws:iam::{account}:role/arbor/{stack}/x")),
    ("deploy", "pass a role outside its path", passed("Admin", "ecs-tasks.amazonaws.com")),
    ("deploy", "pass a role to a service that runs code elsewhere", passed(OWN_ROLE, "lambda.amazonaws.com")),
    ("deploy", "let AWS make another service's role", linked("lex.amazonaws.com")),
    ("deploy", "create a key that no tag holds", on("kms:CreateKey", "*")),
    ("deploy", "tag a key that no tag holds", on("kms:TagResource", "arn:aws:kms:{region}:{account}:key/other")),
    ("deploy", "tag the state's key", lambda at: at.state_key("kms:TagResource", whose=at.stack, **{"aws:RequestTag/Stack": at.stack})),
    ("deploy", "tag the bucket's key", lambda at: at.state_key("kms:TagResource", naming.STATE_KEY_ALIAS, **{"aws:RequestTag/Stack": at.stack})),
    ("deploy", "take another stack's key by a tag", lambda at: Request(action="kms:TagResource", resource=at.arn("kms", "key/1"), context={"aws:ResourceTag/Stack": "another", "aws:ResourceTag/ManagedBy": "pulumi", "aws:RequestTag/Stack": at.stack})),
    ("deploy", "delete another project's key", on("kms:ScheduleKeyDeletion", "arn:aws:kms:{region}:{account}:key/other")),
    ("deploy", "use another project's key", on("kms:Encrypt", "arn:aws:kms:{region}:{account}:key/other")),
    ("preview", "use another project's key", on("kms:Decrypt", "arn:aws:kms:{region}:{account}:key/other")),
    ("task", "use another project's key", on("kms:Decrypt", "arn:aws:kms:{region}:{account}:key/other")),
    ("deploy", "create a user", on("iam:CreateUser", "arn:aws:iam::{account}:user/x")),
    ("deploy", "create a key for one", on("iam:CreateAccessKey", "arn:aws:iam::{account}:user/x")),
    ("deploy", "create a function", on("lambda:CreateFunction", "arn:aws:lambda:{region}:{account}:function:x")),
    # The state.
    ("deploy", "delete its state", lambda at: at.state_file("s3:DeleteObject", f"{at.stack}/.pulumi/stacks/arbor/{at.stack}.json")),
    ("deploy", "stop every state of the root", lambda at: at.state_file("s3:PutObject", ".pulumi/meta.yaml")),
    ("deploy", "delete a version of it", lambda at: at.state_file("s3:DeleteObjectVersion", f"{at.stack}/.pulumi/stacks/arbor/{at.stack}.json")),
    ("deploy", "stop keeping versions", lambda at: at.state_file("s3:PutBucketVersioning", "")),
    ("deploy", "let versions expire", lambda at: at.state_file("s3:PutLifecycleConfiguration", "")),
    ("deploy", "rewrite the bucket's policy", lambda at: at.state_file("s3:PutBucketPolicy", "")),
    ("deploy", "stop its logs", lambda at: at.state_file("s3:PutBucketLogging", "")),
    ("deploy", "delete the bucket", lambda at: at.state_file("s3:DeleteBucket", "")),
    ("deploy", "read who used it", on("s3:GetObject", "arn:aws:s3:::arbor-pulumi-state-logs-{account}/state/x")),
    ("deploy", "delete that", on("s3:DeleteObject", "arn:aws:s3:::arbor-pulumi-state-logs-{account}/state/x")),
    ("deploy", "delete its key", lambda at: at.state_key("kms:ScheduleKeyDeletion", whose=at.stack)),
    ("deploy", "disable it", lambda at: at.state_key("kms:DisableKey", whose=at.stack)),
    ("deploy", "rewrite its policy", lambda at: at.state_key("kms:PutKeyPolicy", whose=at.stack)),
    ("deploy", "delete the bucket's key", lambda at: at.state_key("kms:ScheduleKeyDeletion", naming.STATE_KEY_ALIAS)),
    # Data beyond a deployment.
    ("deploy", "read exported logs", on("s3:GetObject", "arn:aws:s3:::arbor-log-exports/x")),
    ("deploy", "read what users did", on("logs:FilterLogEvents", "arn:aws:logs:{region}:{account}:log-group:/ecs/arbor-{stack}/backend:*")),
    ("deploy", "read another region's database", on("rds:ModifyDBInstance", "arn:aws:rds:eu-west-1:{account}:db:x")),
    ("deploy", "read access logs", on("s3:GetObject", "arn:aws:s3:::balancer-logs-1a2b3c4/x")),
    ("deploy", "read what was logged, by a bucket's policy", lambda at: Request(action="s3:GetObject", resource="arn:aws:s3:::balancer-logs-1a2b3c4/x", resource_policy=at.opened("balancer-logs-1a2b3c4"))),
    # The code of a pull request.
    ("preview", "write its state", lambda at: at.state_file("s3:PutObject", f"{at.stack}/.pulumi/x")),
    ("preview", "read a secret", of_stack("secretsmanager:GetSecretValue", "secretsmanager", "secret:arbor/{stack}/db-AbCdEf")),
    ("preview", "read several", on("secretsmanager:BatchGetSecretValue", "*")),
    ("preview", "follow logs live", on("logs:StartLiveTail", "arn:aws:logs:{region}:{account}:log-group:/ecs/arbor-{stack}/backend")),
    ("preview", "read logs", on("logs:GetLogEvents", "arn:aws:logs:{region}:{account}:log-group:/ecs/arbor-{stack}/backend:log-stream:x")),
    ("preview", "query logs", on("logs:StartQuery", "arn:aws:logs:{region}:{account}:log-group:x")),
    ("preview", "read a large log object", on("logs:GetLogObject", "arn:aws:logs:{region}:{account}:log-group:x")),
    ("preview", "read exported logs", on("s3:GetObject", "arn:aws:s3:::arbor-log-exports/x")),
    ("preview", "read access logs", on("s3:GetObject", "arn:aws:s3:::balancer-logs-1a2b3c4/x")),
    ("preview", "read the database's log", of_stack("rds:DownloadDBLogFilePortion", "rds", "db:arbor-{stack}-db")),
    ("preview", "read all of it", of_stack("rds:DownloadCompleteDBLogFile", "rds", "db:arbor-{stack}-db")),
    ("preview", "see requests with their cookies", of_stack("wafv2:GetSampledRequests", "wafv2", "regional/webacl/x/1")),
    ("preview", "read parameters", on("ssm:GetParameter", "arn:aws:ssm:{region}:{account}:parameter/arbor/{stack}/operation")),
    ("preview", "read what they were", on("ssm:GetParameterHistory", "arn:aws:ssm:{region}:{account}:parameter/x")),
    ("preview", "pull an image's layers", of_stack("ecr:GetDownloadUrlForLayer", "ecr", "repository/arbor-{stack}-backend")),
    ("preview", "assume a role", on("sts:AssumeRole", "arn:aws:iam::{account}:role/arbor-{stack}-ci-deploy")),
    ("preview", "run a task", of_stack("ecs:RunTask", "ecs", "task-definition/arbor-{stack}-backend:1")),
    ("preview", "use a key of the data", of_stack("kms:Decrypt", "kms", "key/1")),
    # The first deploy role.
    ("bootstrap", "change its own kind", on("iam:PutRolePolicy", "arn:aws:iam::{account}:role/arbor-{stack}-ci-bootstrap")),
    ("bootstrap", "rewrite its own policy", on("iam:CreatePolicyVersion", "arn:aws:iam::{account}:policy/arbor-{stack}-ci-bootstrap-roles")),
    ("bootstrap", "rewrite the boundary", on("iam:CreatePolicyVersion", "arn:aws:iam::{account}:policy/arbor-{stack}-boundary")),
    ("bootstrap", "open a shell in a task", lambda at: at.tagged("ssm:StartSession", at.arn("ecs", f"task/arbor-{at.stack}-cluster/1a2b"), **{"ssm:SessionDocumentAccessCheck": "false"})),
    ("bootstrap", "open one by the shell's document", on("ssm:StartSession", "arn:aws:ssm:{region}:{account}:document/SSM-SessionManagerRunShell", **{"ssm:SessionDocumentAccessCheck": "true"})),
    ("bootstrap", "change GitHub's provider", on("iam:AddClientIDToOpenIDConnectProvider", "arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com")),
    ("bootstrap", "take the deploy role's boundary off", on("iam:DeleteRolePermissionsBoundary", "arn:aws:iam::{account}:role/arbor-{stack}-ci-deploy")),
    ("bootstrap", "create a role without a boundary", on("iam:CreateRole", "arn:aws:iam::{account}:role/x")),
    ("bootstrap", "delete a version of the state", lambda at: at.state_file("s3:DeleteObjectVersion", f"{at.stack}/.pulumi/x")),
    # The application's repository.
    ("images", "deploy", of_stack("ecs:UpdateService", "ecs", "service/c/s")),
    ("images", "delete an image", of_stack("ecr:BatchDeleteImage", "ecr", "repository/arbor-{stack}-backend")),
    ("images", "push elsewhere", on("ecr:PutImage", "arn:aws:ecr:{region}:{account}:repository/other")),
    ("images", "read the state", lambda at: at.state_file("s3:GetObject", f"{at.stack}/.pulumi/x")),
    # A role of the program, whose policies a change could make as wide as it likes.
    ("task", "write a role's policy", on("iam:PutRolePolicy", "arn:aws:iam::{account}:role/Admin")),
    ("task", "assume a role", on("sts:AssumeRole", "arn:aws:iam::{account}:role/Admin")),
    ("task", "read the state", lambda at: at.state_file("s3:GetObject", f"{at.stack}/.pulumi/x")),
    ("task", "decrypt the state", lambda at: at.state_key("kms:Decrypt", whose=at.stack)),
    ("task", "delete the database", of_stack("rds:DeleteDBInstance", "rds", "db:arbor-{stack}-db")),
    ("task", "read logs", of_stack("logs:GetLogEvents", "logs", "log-group:/ecs/arbor-{stack}/backend:log-stream:x")),
    ("task", "let logs expire", of_stack("logs:PutRetentionPolicy", "logs", "log-group:/ecs/arbor-{stack}/backend")),
    ("task", "create a log group of its own", on("logs:CreateLogGroup", "arn:aws:logs:{region}:{account}:log-group:x")),
    ("task", "pull another project's image", on("ecr:BatchGetImage", "arn:aws:ecr:{region}:{account}:repository/other")),
    ("task", "read another project's secret", on("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:{region}:{account}:secret:other-AbCdEf")),
)  # fmt: skip


ITS_WORK = frozenset(
    {"rewrite its own policy of reads", "write its own policy", "rewrite who may assume it"}
)
"""Permissions that the deploy role must never have, and the first deploy role has."""
NEVER: tuple[Row, ...] = (
    *NEVER_ROWS,
    *(
        ("bootstrap", words, asks)
        for kind, words, asks in NEVER_ROWS
        if kind == "deploy" and words not in ITS_WORK
    ),
)


def named(rows: tuple[Row, ...]) -> Iterator[object]:
    for kind, words, asks in rows:
        for at in PLACES:
            account = "one account" if at.account == ONE else "an account of its own"
            yield pytest.param(kind, asks, at, id=f"{at.stack} in {account}: {kind}: {words}")


@pytest.mark.parametrize(("kind", "asks", "at"), named(CAN))
def test_must_be_able(kind: str, asks: Callable[[Place], Request], at: Place) -> None:
    assert allowed(at.principal(kind), asks(at))


@pytest.mark.parametrize(("kind", "asks", "at"), named(NEVER))
def test_must_never(kind: str, asks: Callable[[Place], Request], at: Place) -> None:
    assert not allowed(at.principal(kind), asks(at))


SHARED = frozenset(
    {
        "list its state",
        "look at roles",
        "let AWS make ECS's own role",
        "read the version of the root",
        "open it by the one document",
        "log the systems' metrics",
        "log them where another stack made the group",
        "keep them for a while",
    }
)


def crossing(mine: Place, theirs: Place) -> Iterator[tuple[str, str, Request]]:
    """Requests of one stack's role on the other's resources, without the shared ones.

    AWS shows every role of an account and the description of most resources to each reader, and S3
    authorizes without a bucket's tags (docs/decisions/ci-roles.md).
    """
    for kind, words, asks in CAN:
        request = asks(theirs)
        looks = request.resource == "*" or words in SHARED
        named_alike = request.resource.startswith("arn:aws:s3:::balancer-logs-")
        one_key = words == "use the bucket's key" and mine.account == theirs.account
        if not (looks or named_alike or one_key):
            yield kind, words, request


@pytest.mark.parametrize(
    ("mine", "kind", "request_"),
    [
        pytest.param(mine, kind, request, id=f"{mine.stack} of {theirs.stack}: {kind}: {words}")
        for mine, theirs in ((STAGING, PRODUCTION), (PRODUCTION, STAGING), (ELSEWHERE, PRODUCTION))
        for kind, words, request in crossing(mine, theirs)
    ],
)
def test_another_stacks_resources_are_out_of_reach(
    mine: Place, kind: str, request_: Request
) -> None:
    assert not allowed(mine.principal(kind), request_)


def test_an_older_role_is_changed_by_its_own_stacks_deploy_role_only() -> None:
    asks = bounded("iam:PutRolePolicy", OLDER)
    assert allowed(PRODUCTION.principal("deploy"), asks(PRODUCTION))
    assert allowed(PRODUCTION.principal("deploy"), passed(OLDER, "ecs.amazonaws.com")(PRODUCTION))
    assert not allowed(STAGING.principal("deploy"), asks(PRODUCTION))
    assert not allowed(STAGING.principal("deploy"), passed(OLDER, "ecs.amazonaws.com")(PRODUCTION))


@pytest.mark.parametrize("tag", ["aws:ResourceTag/Stack", "aws:RequestTag/Stack"])
def test_no_tag_change_moves_a_resource_to_another_stack(tag: str) -> None:
    request = Request(
        action="ecs:TagResource",
        resource=STAGING.arn("ecs", "cluster/x"),
        context={tag: "production"},
    )
    assert not allowed(STAGING.principal("deploy"), request)


ADMIN = ci_documents.document([{"Effect": "Allow", "Action": "*", "Resource": "*"}])
RETAGS = Request(
    action="ecs:TagResource",
    resource=PRODUCTION.arn("ecs", "cluster/x"),
    context={"aws:RequestTag/Stack": "staging"},
)


def without(policy: str, index: int, element: str = "") -> str:
    """The policy without a statement, or without one element of it."""
    document = json.loads(policy)
    if element:
        del document["Statement"][index][element]
    else:
        del document["Statement"][index]
    return json.dumps(document)


def mutants(effect: str) -> Iterator[object]:
    """Each statement with this effect: role, place of the policy, and index."""
    for kind in ("preview", "deploy", "bootstrap", "task"):
        principal = PRODUCTION.principal(kind)
        bounds = [principal.boundary] if principal.boundary else []
        for place, policy in enumerate(bounds or principal.policies):
            for index, statement in enumerate(json.loads(policy)["Statement"]):
                if statement["Effect"] == effect and (effect == "Deny" or "Condition" in statement):
                    about = str(statement["Action"])[:40]
                    yield pytest.param(kind, place, index, id=f"{kind} {place}.{index} {about}")


def requests_of(kind: str) -> list[Request]:
    """Everything that a role of production must never do."""
    rows = [asks(PRODUCTION) for whose, _, asks in NEVER if whose == kind]
    kinds = {kind, "deploy"} if kind == "bootstrap" else {kind}  # equivalent to another row
    theirs = [r for whose, _, r in crossing(PRODUCTION, STAGING) if whose in kinds]
    return [*rows, *theirs, RETAGS]


@pytest.mark.parametrize(("kind", "place", "index"), mutants("Deny"))
def test_each_denial_holds_with_administrator_access(kind: str, place: int, index: int) -> None:
    """With administrator access as well, a row is refused by this statement alone."""
    role = PRODUCTION.principal(kind)
    if role.boundary is not None:
        wide = json.loads(role.boundary)
        wide["Statement"].append(json.loads(ADMIN)["Statement"][0])
        held = replace(role, boundary=json.dumps(wide))
        broken = replace(role, boundary=without(json.dumps(wide), index))
    else:
        held = replace(role, policies=(*role.policies, ADMIN))
        policies = list(held.policies)
        policies[place] = without(policies[place], index)
        broken = replace(role, policies=tuple(policies))
    # Only the identity's documents: policies of buckets and keys have their own tests.
    plain = [replace(request, resource_policy=None) for request in requests_of(kind)]
    assert [r for r in plain if not allowed(held, r) and allowed(broken, r)]


@pytest.mark.parametrize(("kind", "place", "index"), mutants("Allow"))
def test_each_condition_of_an_allow_is_needed(kind: str, place: int, index: int) -> None:
    role = PRODUCTION.principal(kind)
    if role.boundary is not None:
        broken = replace(role, boundary=without(role.boundary, index, "Condition"))
    else:
        policies = list(role.policies)
        policies[place] = without(policies[place], index, "Condition")
        broken = replace(role, policies=tuple(policies))
    plain = [replace(request, resource_policy=None) for request in requests_of(kind)]
    assert [r for r in plain if not allowed(role, r) and allowed(broken, r)]


@pytest.mark.parametrize("kind", ["preview", "deploy", "bootstrap"])
def test_bucket_and_key_policies_protect_the_state_alone(kind: str) -> None:
    """Even a role of the pipeline with administrator access can't destroy the state."""
    role = replace(PRODUCTION.principal(kind), policies=(ADMIN,))
    kept = {*state.DESTROYS_OBJECTS, *state.CHANGES_BUCKET, *state.DESTROYS_KEYS}
    rows = [
        request
        for _, _, asks in NEVER
        if (request := asks(PRODUCTION)).action in kept and request.resource_policy is not None
    ]
    assert len({request.action for request in rows}) > 6
    for request in rows:
        assert not allowed(role, request)
        assert allowed(role, replace(request, resource_policy=None))


def test_only_break_glass_may_delete_the_state() -> None:
    """The role that the policies of bucket and keys exempt."""
    task = PRODUCTION.principal("task")
    admin = replace(task, arn=PRODUCTION.role("Admin"), boundary=None)
    glass = replace(admin, arn=PRODUCTION.role(naming.BREAK_GLASS_ROLE))
    destroys = (
        PRODUCTION.state_key("kms:ScheduleKeyDeletion"),
        PRODUCTION.state_file("s3:DeleteObjectVersion", "production/.pulumi/x"),
    )
    for request in destroys:
        assert allowed(glass, request)
        assert not allowed(admin, request)
    # Bootstrap, run by an administrator, can still correct the settings.
    assert allowed(admin, PRODUCTION.state_file("s3:PutBucketPolicy", ""))
    assert allowed(admin, PRODUCTION.state_key("kms:PutKeyPolicy"))
