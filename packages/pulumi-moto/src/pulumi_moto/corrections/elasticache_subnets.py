"""ElastiCache: subnet groups, which moto can only create."""

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import CacheSubnetGroupNotFound, ElastiCacheException
from moto.elasticache.models import CacheSubnetGroup
from moto.elasticache.responses import ElastiCacheResponse

from pulumi_moto.correction import corrects


class CacheSubnetGroupInUseError(ElastiCacheException):
    """A cluster uses the group, so it can't be deleted."""

    code = "CacheSubnetGroupInUse"


@corrects(
    ElastiCacheResponse, moto="is not implemented", aws="deletes a group that no cluster uses"
)
def delete_cache_subnet_group(original: None, self: ElastiCacheResponse) -> ActionResult:
    name = self._get_param("CacheSubnetGroupName")
    backend = self.elasticache_backend
    if name not in backend.cache_subnet_groups:
        raise CacheSubnetGroupNotFound(name)
    used = [c for c in backend.cache_clusters.values() if c.cache_subnet_group_name == name]
    if used:
        raise CacheSubnetGroupInUseError(
            f"Cache subnet group {name} is currently in use by a cache cluster."
        )
    del backend.cache_subnet_groups[name]
    return ActionResult({})


@corrects(
    ElastiCacheResponse, moto="is not implemented", aws="changes the description and the subnets"
)
def modify_cache_subnet_group(original: None, self: ElastiCacheResponse) -> ActionResult:
    name = self._get_param("CacheSubnetGroupName")
    backend = self.elasticache_backend
    if name not in backend.cache_subnet_groups:
        raise CacheSubnetGroupNotFound(name)
    old = backend.cache_subnet_groups[name]
    description = self._get_param("CacheSubnetGroupDescription")
    group = CacheSubnetGroup(
        account_id=backend.account_id,
        region_name=backend.region_name,
        cache_subnet_group_name=name,
        cache_subnet_group_description=description or old.cache_subnet_group_description,
        subnet_ids=self._get_params().get("SubnetIds") or old.subnet_ids,
        tags=old.tags,
    )
    backend.cache_subnet_groups[name] = group
    return ActionResult({"CacheSubnetGroup": group})
