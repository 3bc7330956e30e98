"""ElastiCache: parameter groups, which moto lacks."""

from dataclasses import dataclass, field

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import ElastiCacheException
from moto.elasticache.models import ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.shapes import Members

FAMILIES = ("redis7", "redis6.x", "redis5.0", "valkey7", "valkey8", "memcached1.6")
ABSENT = "is not implemented"


class CacheParameterGroupNotFoundError(ElastiCacheException):
    """The group does not exist."""

    code = "CacheParameterGroupNotFound"


class CacheParameterGroupExistsError(ElastiCacheException):
    """The name is in use."""

    code = "CacheParameterGroupAlreadyExists"


class InvalidCacheParameterGroupStateError(ElastiCacheException):
    """A cluster uses the group, so it can't be deleted."""

    code = "InvalidCacheParameterGroupState"


class InvalidFamilyError(ElastiCacheException):
    """The family is unknown."""

    code = "InvalidParameterValue"


@dataclass
class ParameterGroup:
    """A group and its user-defined parameters."""

    name: str
    family: str
    description: str
    arn: str
    values: dict[str, str] = field(default_factory=dict)

    def described(self) -> Members:
        return {
            "CacheParameterGroupName": self.name,
            "CacheParameterGroupFamily": self.family,
            "Description": self.description,
            "IsGlobal": False,
            "ARN": self.arn,
        }


def _groups(backend: ElastiCacheBackend) -> dict[str, ParameterGroup]:
    found: dict[str, ParameterGroup] = backend.__dict__.setdefault("parameter_groups", {})
    return found


def group_of(backend: ElastiCacheBackend, name: str) -> ParameterGroup:
    try:
        return _groups(backend)[name]
    except KeyError:
        raise CacheParameterGroupNotFoundError(f"CacheParameterGroup {name} not found.") from None


def _group(response: ElastiCacheResponse) -> ParameterGroup:
    name = response._get_param("CacheParameterGroupName")
    return group_of(response.elasticache_backend, name)


@corrects(
    ElastiCacheBackend,
    "list_tags_for_resource",
    moto="does not find a parameter group's ARN",
    aws="lists its tags",
)
def list_tags(original: Replacement, self: ElastiCacheBackend, arn: str) -> object:
    if ":parametergroup:" in arn:
        return self.tagging_service.list_tags_for_resource(arn)
    return original(self, arn)


@corrects(
    ElastiCacheResponse,
    "create_cache_parameter_group",
    moto=ABSENT,
    aws="creates a group of a known family",
)
def create(original: None, self: ElastiCacheResponse) -> ActionResult:
    backend = self.elasticache_backend
    name = self._get_param("CacheParameterGroupName")
    family = self._get_param("CacheParameterGroupFamily")
    if family not in FAMILIES:
        raise InvalidFamilyError(f"CacheParameterGroupFamily {family} is not a valid family.")
    if name in _groups(backend):
        raise CacheParameterGroupExistsError(f"Cache parameter group {name} already exists")
    where = f"{backend.region_name}:{backend.account_id}"
    group = ParameterGroup(
        name=name,
        family=family,
        description=self._get_param("Description"),
        arn=f"arn:aws:elasticache:{where}:parametergroup:{name}",
    )
    _groups(backend)[name] = group
    backend.tagging_service.tag_resource(group.arn, self._get_param("Tags", []))
    return ActionResult({"CacheParameterGroup": group.described()})


@corrects(
    ElastiCacheResponse,
    "describe_cache_parameter_groups",
    moto=ABSENT,
    aws="lists them, or one by name",
)
def describe(original: None, self: ElastiCacheResponse) -> ActionResult:
    named = self._get_param("CacheParameterGroupName") is not None
    found = [_group(self)] if named else list(_groups(self.elasticache_backend).values())
    return ActionResult({"CacheParameterGroups": [group.described() for group in found]})


@corrects(
    ElastiCacheResponse,
    "describe_cache_parameters",
    moto=ABSENT,
    aws="lists all parameters; this account, only user-defined ones (Source user)",
)
def describe_parameters(original: None, self: ElastiCacheResponse) -> ActionResult:
    parameters = [
        {"ParameterName": name, "ParameterValue": value, "Source": "user", "IsModifiable": True}
        for name, value in sorted(_group(self).values.items())
    ]
    return ActionResult({"Parameters": parameters})


@corrects(ElastiCacheResponse, "modify_cache_parameter_group", moto=ABSENT, aws="sets parameters")
def modify(original: None, self: ElastiCacheResponse) -> ActionResult:
    group = _group(self)
    for one in self._get_param("ParameterNameValues", []):
        group.values[one["ParameterName"]] = one["ParameterValue"]
    return ActionResult({"CacheParameterGroupName": group.name})


@corrects(
    ElastiCacheResponse,
    "delete_cache_parameter_group",
    moto=ABSENT,
    aws="deletes one that is not in use",
)
def delete(original: None, self: ElastiCacheResponse) -> ActionResult:
    backend, name = self.elasticache_backend, _group(self).name
    used = {cluster.cache_parameter_group_name for cluster in backend.cache_clusters.values()}
    if name in used:
        raise InvalidCacheParameterGroupStateError(
            "One or more cache clusters are still members of this parameter group "
            f"{name}, so the group cannot be deleted."
        )
    del _groups(backend)[name]
    return ActionResult({})
