"""The runbook's contract: what an operator types exists, holds, and says whose it is.

The names are spelled out here once more on purpose: a change of arbor_names/naming.py that breaks
the runbook must not change what is demanded, too.
"""

import re
from collections.abc import Iterator, Sequence

import pulumi
from pulumi_policy import PolicyResource

from guardrails.reading import containers, given, hosts, of_type, part
from guardrails.rule import PRODUCTION, StackRule

TASK = "aws:ecs/taskDefinition:TaskDefinition"
GROUP = "aws:cloudwatch/logGroup:LogGroup"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type
BUCKET = "aws:s3/bucket:Bucket"
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
ITS_BUCKET = "arbor-log-exports"
BUCKET_KEY = "logExportBucket"
"""Bucket names are global: where somebody else has ours, the stack's config gives another."""
MIGRATIONS = re.compile(r"arbor-[a-z0-9]+-migrations")
"""Of any stack."""
HOLDS_DATA = (
    "aws:rds/instance:Instance",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    BUCKET,
    "aws:route53/zone:Zone",
)
"""A secret and a key wait for their deletion for days, and ECR deletes no repository with images:
AWS itself gives those back."""
TAGS = ("Project", "Stack", "Environment", "Component", "ManagedBy")
WITHOUT_TAGS = re.compile(
    r"aws:(acm/certificateValidation|appautoscaling/policy|ec2/route|ec2/routeTableAssociation"
    r"|ec2/securityGroupRule|ecr/lifecyclePolicy|ecs/clusterCapacityProviders|iam/accessKey|iam/userPolicy|iam/rolePolicy|iam/rolePolicyAttachment"
    r"|kms/alias|route53/record|s3/bucket[A-Z]\w+|secretsmanager/secretVersion"
    r"|wafv2/webAclAssociation|wafv2/webAclLoggingConfiguration):"
)
"""Types that have no tags in AWS."""
WILDCARD = re.compile(r"[*?]")
"""In a listener rule's host: many names, of which none is promised; edge-rule-host judges them."""
Found = Iterator[tuple[str, PolicyResource | None]]


def _of_this_stack(name: str) -> str:
    """The name as this stack has it: the runbook spells out production's."""
    stack = pulumi.get_stack()
    if name == ITS_BUCKET and stack != "production":
        return f"arbor-{stack}-log-exports"
    return name.replace("production", stack)


def _missing_names(resources: Sequence[PolicyResource]) -> Found:
    for token, key, promised in NAMES:
        given_name = pulumi.Config("arbor").get(BUCKET_KEY) if token == BUCKET else None
        name = given_name or _of_this_stack(promised)
        if not any(_is(name, found.props.get(key), token) for found in of_type(resources, token)):
            yield f"There is no {token.split(':')[-1]} whose {key} is {name}.", None


def _is(promised: str, name: object, token: str) -> bool:
    """A later major version of PostgreSQL has a parameter group of its own, named after it."""
    if token == PARAMETERS and re.fullmatch(rf"{promised}-\d+", str(name)):
        return True
    return name == promised


def _lost_hosts(resources: Sequence[PolicyResource]) -> Found:
    records = of_type(resources, "aws:route53/record:Record")
    # The records that prove a certificate are nobody's address, and unknown before the first up.
    known = {record.props["name"] for record in records if given(record.props, "aliases")}
    for rule in of_type(resources, "aws:lb/listenerRule:ListenerRule"):
        for host in hosts(rule.props):
            if host not in known and not WILDCARD.search(host):
                yield f"{rule.name} answers for {host}, which has no address.", rule


def _other_containers(resources: Sequence[PolicyResource]) -> Found:
    for task in of_type(resources, TASK):
        family = task.props["family"]
        if MIGRATIONS.fullmatch(family):
            names = [container["name"] for container in containers(task.props)]
            if names != ["backend"]:
                yield f"{family} has the containers {', '.join(names)}.", task


def _unprotected(resources: Sequence[PolicyResource]) -> Found:
    for token in HOLDS_DATA:
        for found in of_type(resources, token):
            if not found.opts.protect:
                yield f"{found.name} can be deleted or replaced by an `up`.", found


def _untagged(resources: Sequence[PolicyResource]) -> Found:
    for found in resources:
        if not found.resource_type.startswith("aws:") or WITHOUT_TAGS.match(found.resource_type):
            continue
        tags = part(found.props, "tags")
        missing = [tag for tag in TAGS if not given(tags, tag)]
        if missing:
            yield f"{found.name} lacks {', '.join(missing)}.", found


RULES = (
    StackRule(
        name="contract-names",
        why="The runbook's commands find what they name.",
        fix="Give it back its name, or keep the runbook's promise another way.",
        controls=("runbook: names",),
        check=_missing_names,
        environments=PRODUCTION,
    ),
    StackRule(
        name="contract-hosts",
        why="The runbook asks the domain and its green host, which the load balancer answers for.",
        fix="Give the host its alias record.",
        controls=("runbook: names",),
        check=_lost_hosts,
    ),
    StackRule(
        name="contract-migrations-container",
        why="The runbook starts migrations by the name of their one container.",
        fix='Give it one container, called "backend".',
        controls=("runbook: migrations",),
        check=_other_containers,
    ),
    StackRule(
        name="contract-data-protected",
        why="The engine refuses to delete or replace what is protected, so no `up` loses data.",
        fix="Set protect=True in its resource options.",
        controls=("design: protect",),
        check=_unprotected,
        environments=PRODUCTION,
    ),
    StackRule(
        name="contract-tags",
        why="A resource says whose it is and what made it.",
        fix=f"Set the tags {', '.join(TAGS)}.",
        controls=("design: tags",),
        check=_untagged,
    ),
)
