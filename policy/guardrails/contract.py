"""The runbook's contract: the names that operators type, protection of data, and tags.

The names are repeated here on purpose: a change of arbor_names/naming.py that breaks the runbook
must fail this rule.
"""

import re
from collections.abc import Sequence

import pulumi
from pulumi_policy import PolicyResource

from guardrails.reading import containers, given, hosts, nested, of_type
from guardrails.rule import PRODUCTION, Found, StackRule

TASK = "aws:ecs/taskDefinition:TaskDefinition"
GROUP = "aws:cloudwatch/logGroup:LogGroup"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type
BUCKET = "aws:s3/bucket:Bucket"
RECORD = "aws:route53/record:Record"
LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"
NAMES: tuple[tuple[str, str, str], ...] = (
    ("aws:ecs/cluster:Cluster", "name", "arbor-production-cluster"),
    ("aws:ecs/service:Service", "name", "arbor-production-backend"),
    ("aws:ecs/service:Service", "name", "arbor-production-frontend"),
    (TASK, "family", "arbor-production-backend"),
    (TASK, "family", "arbor-production-frontend"),
    (TASK, "family", "arbor-production-migrations"),
    (GROUP, "name", "/ecs/arbor-production/backend"),
    (GROUP, "name", "/ecs/arbor-production/frontend"),
    (GROUP, "name", "/ecs/arbor-production/migrations"),
    (GROUP, "name", "/aws/rds/instance/arbor-production-db/postgresql"),
    ("aws:rds/instance:Instance", "identifier", "arbor-production-db"),
    ("aws:rds/instance:Instance", "dbName", "arbor_production"),
    ("aws:rds/instance:Instance", "username", "arbor_user"),
    (PARAMETERS, "name", "arbor-production-params"),
    (
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "replicationGroupId",
        "arbor-production-redis",
    ),
    (SECRET, "name", "arbor/production/db"),
    (BUCKET, "bucket", "arbor-log-exports"),
)
EXPORT_BUCKET = "arbor-log-exports"
BUCKET_KEY = "logExportBucket"
"""Bucket names are global: if the name is taken, this config key sets another."""
MIGRATIONS = re.compile(r"arbor-[a-z0-9]+-migrations")
"""The family of any stack's migration task."""
HOLDS_DATA = (
    "aws:rds/instance:Instance",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    BUCKET,
    "aws:route53/zone:Zone",
)
"""Types that an `up` could delete with their data. AWS itself protects the others: secrets and keys
have a recovery window, and ECR refuses to delete a repository with images."""
TAGS = ("Project", "Stack", "Environment", "Component", "ManagedBy")
WITHOUT_TAGS = re.compile(
    r"aws:(acm/certificateValidation|appautoscaling/policy|ec2/route|ec2/routeTableAssociation"
    r"|ec2/securityGroupRule|ecr/lifecyclePolicy|ecs/clusterCapacityProviders|iam/accessKey|iam/userPolicy|iam/rolePolicy|iam/rolePolicyAttachment"
    r"|kms/alias|route53/record|s3/bucket[A-Z]\w+|secretsmanager/secretVersion"
    r"|wafv2/webAclAssociation|wafv2/webAclLoggingConfiguration):"
)
"""Types that have no tags in AWS."""
WILDCARD = re.compile(r"[*?]")
"""A listener rule's host with a wildcard promises no single name; edge-rule-host judges it."""


def _of_this_stack(name: str) -> str:
    """The stack's own name for a name of production, which is the one in the runbook."""
    stack = pulumi.get_stack()
    if name == EXPORT_BUCKET and stack != "production":
        return f"arbor-{stack}-log-exports"
    return name.replace("production", stack)


def _missing_names(resources: Sequence[PolicyResource]) -> Found:
    for token, key, promised in NAMES:
        given_name = pulumi.Config("arbor").get(BUCKET_KEY) if token == BUCKET else None
        name = given_name or _of_this_stack(promised)
        if not any(_is(name, found.props.get(key), token) for found in of_type(resources, token)):
            yield f"No {token.split(':')[-1]} has the {key} {name}.", None


def _is(promised: str, name: object, token: str) -> bool:
    """Each later major version of PostgreSQL has its own parameter group with a suffix."""
    if token == PARAMETERS and re.fullmatch(rf"{promised}-\d+", str(name)):
        return True
    return name == promised


def _hosts_without_record(resources: Sequence[PolicyResource]) -> Found:
    records = of_type(resources, RECORD)
    # Only alias records: the names of a certificate's validation records are unknown before the
    # first `up`.
    known = {record.props["name"] for record in records if given(record.props, "aliases")}
    for rule in of_type(resources, LISTENER_RULE):
        for host in hosts(rule.props):
            if host not in known and not WILDCARD.search(host):
                yield f"{rule.name} forwards {host}, which has no alias record.", rule


def _other_containers(resources: Sequence[PolicyResource]) -> Found:
    for task in of_type(resources, TASK):
        family = task.props["family"]
        if MIGRATIONS.fullmatch(family):
            names = [container["name"] for container in containers(task.props)]
            if names != ["backend"]:
                yield f"Task definition {family} has the containers {', '.join(names)}.", task


def _unprotected(resources: Sequence[PolicyResource]) -> Found:
    for token in HOLDS_DATA:
        for found in of_type(resources, token):
            if not found.opts.protect:
                yield f"{found.name} lacks protect: `pulumi up` can delete or replace it.", found


def _untagged(resources: Sequence[PolicyResource]) -> Found:
    for found in resources:
        if not found.resource_type.startswith("aws:") or WITHOUT_TAGS.match(found.resource_type):
            continue
        tags = nested(found.props, "tags")
        missing = [tag for tag in TAGS if not given(tags, tag)]
        if missing:
            yield f"{found.name} lacks the tags {', '.join(missing)}.", found


RULES = (
    StackRule(
        name="contract-names",
        why="Commands in the runbook use these names.",
        fix="Restore the name in arbor_names/naming.py, or change docs/runbook.md with it.",
        controls=("runbook: names",),
        judges=tuple(sorted({token for token, _, _ in NAMES})),
        check=_missing_names,
        environments=PRODUCTION,
    ),
    StackRule(
        name="contract-hosts",
        why="The runbook calls the domain and its green host at the load balancer.",
        fix="Add the host to the AliasRecords in __main__.py.",
        controls=("runbook: names",),
        judges=(RECORD, LISTENER_RULE),
        check=_hosts_without_record,
    ),
    StackRule(
        name="contract-migrations-container",
        why="The runbook overrides the command of the container named backend.",
        fix='Use one container named "backend" (components/migration_task.py).',
        controls=("runbook: migrations",),
        judges=(TASK,),
        check=_other_containers,
    ),
    StackRule(
        name="contract-data-protected",
        why="The engine refuses to delete or replace a protected resource, so no `up` loses data.",
        fix="Set protect=True in its ResourceOptions, and arbor:protectData to true.",
        controls=("design: protect",),
        judges=HOLDS_DATA,
        check=_unprotected,
        environments=PRODUCTION,
    ),
    StackRule(
        name="contract-tags",
        why="Tags identify the owner of a resource in cost reports and in IAM conditions.",
        fix=f"Pass config.tags(COMPONENT), which sets {', '.join(TAGS)}.",
        controls=("design: tags",),
        judges=(),
        check=_untagged,
    ),
)
