"""The lookup by name, and the import id, of each resource type.

A type without a lookup is not adopted: Pulumi or AWS chooses its name, or creating it overwrites
what exists (a lifecycle policy, a secret's version). The ids are those below "Import" on
the type's page, https://www.pulumi.com/registry/packages/aws/api-docs/.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from arbor.account import Account
from pipeline.adopt.registrations import Registration
from pipeline.hazards import present

ABSENT = frozenset(
    {
        "404",
        "ClusterNotFoundException",
        "DBInstanceNotFound",
        "DBParameterGroupNotFound",
        "NoSuchBucket",
        "NoSuchEntity",
        "ReplicationGroupNotFoundFault",
        "ResourceNotFoundException",
    }
)
"""AWS's error codes for a missing resource."""
FORBIDDEN = "403"
INSTANCE = "aws:rds/instance:Instance"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
SERVICE = "aws:ecs/service:Service"
CLUSTER = "aws:ecs/cluster:Cluster"
CAPACITY = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
REPOSITORY = "aws:ecr/repository:Repository"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type, no secret
BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"
ZONE = "aws:route53/zone:Zone"


@dataclass(frozen=True, kw_only=True)
class Existing:
    """A resource in the account with a name of the program."""

    name: str
    import_id: str
    obstacle: str = ""
    """Why it can't be imported as it is, and what to do; a sentence."""


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """One type."""

    key: str
    """The input that holds the physical name."""
    find: Callable[[Account, str], Existing | None]
    """The resource with this name, or None. Raises ClientError."""


def find(account: Account, registered: Registration) -> Existing | None:
    """The resource in the account with the name that the program sets.

    None if Pulumi chooses the name, and if the account has no such resource.
    Raises ClientError, for instance without permission to read.
    """
    lookup = LOOKUPS.get(registered.token)
    name = lookup and registered.named(lookup.key)
    if not lookup or not name:
        return None
    try:
        return lookup.find(account, name)
    except ClientError as refused:
        if refused.response["Error"]["Code"] in ABSENT:
            return None
        raise


def _log_group(account: Account, name: str) -> Existing | None:
    return _by_name(name) if present.is_log_group(account, name) else None


def _repository(account: Account, name: str) -> Existing | None:
    return _by_name(name) if present.is_repository(account, name) else None


def _cluster(account: Account, name: str) -> Existing | None:
    """A deleted cluster is described for a while, as INACTIVE."""
    found = account.client("ecs").describe_clusters(clusters=[name])["clusters"]
    return _by_name(name) if any(one["status"] == "ACTIVE" for one in found) else None


def _service(account: Account, name: str) -> Existing | None:
    """In the cluster with the runbook's name: the program's is an output, which may be unknown."""
    cluster = account.cluster
    found = account.client("ecs").describe_services(cluster=cluster, services=[name])["services"]
    if all(one["status"] == "INACTIVE" for one in found):
        return None
    return Existing(name=name, import_id=f"{cluster}/{name}")


def _instance(account: Account, name: str) -> Existing | None:
    found = account.client("rds").describe_db_instances(DBInstanceIdentifier=name)
    return _by_name(name) if found["DBInstances"] else None


def _parameters(account: Account, name: str) -> Existing | None:
    found = account.client("rds").describe_db_parameter_groups(DBParameterGroupName=name)
    return _by_name(name) if found["DBParameterGroups"] else None


def _cache(account: Account, name: str) -> Existing | None:
    cache = account.client("elasticache")
    found = cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"]
    return _by_name(name) if found else None


def _secret(account: Account, name: str) -> Existing | None:
    found = account.client("secretsmanager").describe_secret(SecretId=name)
    waits = "It is scheduled for deletion and reserves its name until then. Restore it: "
    restore = f"aws secretsmanager restore-secret --secret-id {name}"
    return Existing(
        name=name,
        import_id=str(found["ARN"]),
        obstacle=f"{waits}{restore}" if found.get("DeletedDate") else "",
    )


def _bucket(account: Account, name: str) -> Existing | None:
    """S3 answers 403 for another account's bucket; names of buckets are global."""
    try:
        account.client("s3").head_bucket(Bucket=name)
    except ClientError as refused:
        if refused.response["Error"]["Code"] != FORBIDDEN:
            raise
        choose = "Another account owns this bucket. Set arbor:logExportBucket to a free name."
        return Existing(name=name, import_id=name, obstacle=choose)
    return _by_name(name)


def _role(account: Account, name: str) -> Existing | None:
    account.client("iam").get_role(RoleName=name)
    return _by_name(name)


def _zone(account: Account, name: str) -> Existing | None:
    """Route 53 takes a name any number of times, and an import names a zone by its id."""
    requested = account.client("route53").list_hosted_zones_by_name(DNSName=name)["HostedZones"]
    zones = [
        str(one["Id"]).removeprefix("/hostedzone/")
        for one in requested
        if one["Name"].rstrip(".") == name and not one["Config"].get("PrivateZone")
    ]
    if not zones:
        return None
    several = f"The account has the zones {', '.join(zones)} of this domain. Set arbor:hostedZoneId"
    return Existing(
        name=name,
        import_id=zones[0],
        obstacle=f"{several} to the one that the registrar delegates to." if len(zones) > 1 else "",
    )


def _by_name(name: str) -> Existing:
    """For a type that is imported by name."""
    return Existing(name=name, import_id=name)


LOOKUPS: Mapping[str, Lookup] = {
    BUCKET: Lookup(key="bucket", find=_bucket),
    CACHE: Lookup(key="replicationGroupId", find=_cache),
    CAPACITY: Lookup(key="clusterName", find=_cluster),
    CLUSTER: Lookup(key="name", find=_cluster),
    INSTANCE: Lookup(key="identifier", find=_instance),
    LOG_GROUP: Lookup(key="name", find=_log_group),
    PARAMETERS: Lookup(key="name", find=_parameters),
    REPOSITORY: Lookup(key="name", find=_repository),
    ROLE: Lookup(key="name", find=_role),
    SECRET: Lookup(key="name", find=_secret),
    SERVICE: Lookup(key="name", find=_service),
    ZONE: Lookup(key="name", find=_zone),
}
