"""All rows by type token; a new module in services/ is added here only."""

from pulumi_moto.row import Row
from pulumi_moto.services import (
    acm,
    appautoscaling,
    cloudwatch,
    ec2_endpoints,
    ec2_network,
    ec2_routes,
    ec2_security,
    ecr,
    ecs_cluster,
    ecs_service,
    ecs_task_definition,
    elasticache_groups,
    elasticache_replication_group,
    elbv2_load_balancer,
    elbv2_routing,
    iam,
    iam_oidc,
    kms,
    logs,
    random,
    rds_groups,
    rds_instance,
    route53,
    s3,
    secretsmanager,
    wafv2,
)

SERVICES = (
    acm,
    appautoscaling,
    cloudwatch,
    ec2_endpoints,
    ec2_network,
    ec2_routes,
    ec2_security,
    ecr,
    ecs_cluster,
    ecs_service,
    ecs_task_definition,
    elasticache_groups,
    elasticache_replication_group,
    elbv2_load_balancer,
    elbv2_routing,
    iam,
    iam_oidc,
    kms,
    logs,
    random,
    rds_groups,
    rds_instance,
    route53,
    s3,
    secretsmanager,
    wafv2,
)
ROWS: dict[str, Row] = {row.token: row for service in SERVICES for row in service.ROWS}


def row_for(token: str) -> Row:
    """Return the row of a type token such as `aws:rds/instance:Instance`.

    Raises NotImplementedError for a type without a row; the message names where to add one.
    """
    try:
        return ROWS[token]
    except KeyError:
        raise NotImplementedError(
            f"{token} is not emulated; add a row in pulumi_moto/services/"
        ) from None
