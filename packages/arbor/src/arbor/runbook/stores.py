"""The stores of the stack: the database, the cache, the bucket of exported logs."""

from arbor.account import Account
from arbor.cache import group
from arbor.database import instance
from arbor.procedure import Refused
from arbor.runbook.finding import Finder, Finding, Missing
from arbor_names import naming


def _database(account: Account) -> dict[str, Finding]:
    found = instance.read(account)
    name, groups = found["DBInstanceIdentifier"], found["VpcSecurityGroups"]
    none = Missing(f"{name} is {found['DBInstanceStatus']} and has no endpoint yet")
    return {
        "database-endpoint": found.get("Endpoint", {}).get("Address") or none,
        "database-subnet-group": found["DBSubnetGroup"]["DBSubnetGroupName"],
        "database-security-group-id": groups[0]["VpcSecurityGroupId"]
        if groups
        else Missing(f"{name} has no security group"),
    }


def _cache(account: Account) -> dict[str, Finding]:
    cache, found = account.client("elasticache"), group.describe(account)
    name = found["ReplicationGroupId"]
    endpoints = [
        shard["PrimaryEndpoint"]["Address"]
        for shard in found.get("NodeGroups", [])
        if "PrimaryEndpoint" in shard
    ]
    none = Missing(f"{name} is {found['Status']} and has no primary endpoint yet")
    groups = [
        one["SecurityGroupId"]
        for node in found.get("MemberClusters", [])[:1]
        for described in cache.describe_cache_clusters(CacheClusterId=node)["CacheClusters"]
        for one in described.get("SecurityGroups", [])
    ]
    return {
        "cache-endpoint": endpoints[0] if endpoints else none,
        "cache-security-group-id": groups[0]
        if groups
        else Missing(f"no node of {name} names a security group"),
    }


def log_export_bucket(account: Account) -> str:
    """The bucket by its tags: names are global, so config may set another one.

    Raises Refused unless there is exactly one.
    """
    tags = {"Project": naming.PROJECT, "Stack": account.stack, "Component": "log-export"}
    found = account.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": key, "Values": [value]} for key, value in tags.items()],
        ResourceTypeFilters=["s3"],
    )["ResourceTagMappingList"]
    if len(found) != 1:
        raise Refused(f"{len(found)} buckets have the tags {tags}; expected one")
    return found[0]["ResourceARN"].rpartition(":")[2]


def _bucket(account: Account) -> dict[str, Finding]:
    return {"log-export-bucket": log_export_bucket(account)}


FINDERS = (
    Finder(
        names=("database-endpoint", "database-subnet-group", "database-security-group-id"),
        find=_database,
    ),
    Finder(names=("cache-endpoint", "cache-security-group-id"), find=_cache),
    Finder(names=("log-export-bucket",), find=_bucket),
)
