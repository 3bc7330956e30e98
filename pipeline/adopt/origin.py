"""Resources of the application's original Terraform stack whose names the program does not use.

https://github.com/Davaakhatan/arbor-energy-plan-agent, infrastructure/aws: `name_prefix` is
`arbor-<environment>`, and `environment` is the stack's name.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from arbor.account import Account

DIRECTORY: Final = "infrastructure/aws"
"""Where its Terraform runs, in the application's repository."""
NETWORK: Final = (
    "The program creates its own VPC with three tiers of subnets: a subnet's CIDR block can't "
    "change. The two VPCs have the same CIDR block and are not connected."
)
BALANCER: Final = (
    "Pulumi chooses the name, and a new name replaces the resource. The domain moves to the new "
    "one."
)
SECRETS: Final = (
    "The program's secrets have other names and fields. Copy SECRET_KEY: a new value ends every "
    "session."
)
ROLES: Final = "Each service of the program has its own task roles."
GROUPS: Final = "A subnet group belongs to its VPC, and a parameter group to its instance."
PER_APP: Final = (
    "aws_cloudwatch_log_group",
    "aws_ecr_repository",
    "aws_ecr_lifecycle_policy",
    "aws_ecs_service",
    "aws_appautoscaling_target",
)
APPS: Final = ("backend", "frontend")
"""The services of the Terraform stack."""
SINGLE: Final = (
    "aws_ecs_cluster.main",
    "aws_ecs_cluster_capacity_providers.main",
    "aws_appautoscaling_policy.backend_cpu",
    "aws_appautoscaling_policy.backend_memory",
    "aws_appautoscaling_policy.backend_requests",
    "aws_appautoscaling_policy.frontend_cpu",
    "aws_db_instance.main",
    "aws_elasticache_replication_group.main",
)
ABSENT: Final = frozenset(
    {
        "CacheParameterGroupNotFound",
        "CacheSubnetGroupNotFoundFault",
        "DBParameterGroupNotFound",
        "DBSubnetGroupNotFoundFault",
        "LoadBalancerNotFound",
        "NoSuchEntity",
        "ResourceNotFoundException",
        "TargetGroupNotFound",
    }
)
"""AWS's error codes for a missing resource."""


@dataclass(frozen=True, kw_only=True)
class NotAdopted:
    """A resource of the Terraform stack that is not imported: `up` creates another one."""

    address: str
    """Terraform's, such as `aws_lb.main`."""
    name: str
    why: str


def forgotten() -> list[str]:
    """Terraform addresses of resources with names of the program, adopted or created by it.

    Most of their ids are names, so `terraform destroy` would delete the program's resource of the
    same name. `terraform state rm` skips an address that is not in its state
    (github.com/hashicorp/terraform, internal/command/state_rm.go, allowMissing).
    """
    return [*(f"{kind}.{app}" for kind in PER_APP for app in APPS), *SINGLE]


def not_adopted(account: Account) -> list[NotAdopted]:
    """The resources of that stack that exist in the account. Raises ClientError."""
    prefix = f"arbor-{account.stack}"
    return [
        NotAdopted(address=address, name=f"{prefix}-{suffix}", why=why)
        for address, suffix, why, is_there in _known()
        if is_there(account, f"{prefix}-{suffix}")
    ]


Known = tuple[str, str, str, Callable[[Account, str], bool]]


def _known() -> Iterator[Known]:
    """Address, suffix of the name, reason against adoption, and lookup."""
    elb, rds, cache = (partial(_lists, service) for service in ("elbv2", "rds", "elasticache"))
    balancers = elb("describe_load_balancers", "Names", "LoadBalancers", several=True)
    targets = elb("describe_target_groups", "Names", "TargetGroups", several=True)
    secret = _has("secretsmanager", "describe_secret", "SecretId")
    role = _has("iam", "get_role", "RoleName")
    subnets = rds("describe_db_subnet_groups", "DBSubnetGroupName", "DBSubnetGroups")
    parameters = rds("describe_db_parameter_groups", "DBParameterGroupName", "DBParameterGroups")
    of_cache = cache("describe_cache_subnet_groups", "CacheSubnetGroupName", "CacheSubnetGroups")
    yield "aws_vpc.main", "vpc", NETWORK, _vpc
    yield "aws_lb.main", "alb", BALANCER, balancers
    for app in APPS:
        yield f"aws_lb_target_group.{app}", f"{app}-tg", BALANCER, targets
    yield "aws_secretsmanager_secret.db_password", "db-password", SECRETS, secret
    yield "aws_secretsmanager_secret.redis_auth_token", "redis-auth-token", SECRETS, secret
    yield "aws_secretsmanager_secret.app_secrets", "app-secrets", SECRETS, secret
    yield "aws_iam_role.ecs_task_execution", "ecs-task-execution", ROLES, role
    yield "aws_iam_role.ecs_task", "ecs-task", ROLES, role
    yield "aws_db_subnet_group.main", "db-subnet-group", GROUPS, subnets
    yield "aws_db_parameter_group.main", "pg16-params", GROUPS, parameters
    yield "aws_elasticache_subnet_group.main", "redis-subnet-group", GROUPS, of_cache


def _has(service: str, call: str, key: str) -> Callable[[Account, str], bool]:
    """A lookup by a call that fails for a missing resource."""
    return lambda account, name: bool(_answer(account, service, call, {key: name}))


def _lists(
    service: str, call: str, key: str, found: str, *, several: bool = False
) -> Callable[[Account, str], bool]:
    """A lookup by a call that lists resources; `several` if its argument is a list of names."""
    return lambda account, name: bool(
        _answer(account, service, call, {key: [name] if several else name}).get(found)
    )


def _vpc(account: Account, name: str) -> bool:
    found = account.client("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [name]}])
    return bool(found["Vpcs"])


def _answer(
    account: Account, service: str, call: str, arguments: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Empty for a missing resource. Raises ClientError."""
    try:
        answer: Mapping[str, Any] = getattr(account.client(service), call)(**arguments)
    except ClientError as refused:
        if refused.response["Error"]["Code"] in ABSENT:
            return {}
        raise
    return answer
