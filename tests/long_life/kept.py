"""Resources that no change may lose, by id: data, keys, secrets and addresses."""

from engine_stack import Deployed


def kept(stack: Deployed) -> frozenset[str]:
    """Ids that differ after a resource was deleted and created again under the same name."""
    rds, cache = stack.client("rds"), stack.client("elasticache")
    elb, route53 = stack.client("elbv2"), stack.client("route53")
    kms, secrets, s3 = stack.client("kms"), stack.client("secretsmanager"), stack.client("s3")
    zones = route53.list_hosted_zones()["HostedZones"]
    return frozenset(
        {
            *(one["DbiResourceId"] for one in rds.describe_db_instances()["DBInstances"]),
            *(
                f"{one['ARN']} {one['ReplicationGroupCreateTime']}"
                for one in cache.describe_replication_groups()["ReplicationGroups"]
            ),
            *(one["KeyId"] for one in kms.list_keys()["Keys"]),
            *(one["ARN"] for one in secrets.list_secrets()["SecretList"]),
            *(one["Id"] for one in zones),
            *(one["Name"] for one in s3.list_buckets()["Buckets"]),
            *(one["DNSName"] for one in elb.describe_load_balancers()["LoadBalancers"]),
        }
    )
