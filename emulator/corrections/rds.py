"""RDS: passwords and parameter groups it refuses, settings and groups it doesn't lose."""

import re
from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.subnets import Subnet
from moto.rds.exceptions import (
    DBParameterGroupNotFoundError,
    DBSubnetGroupNotFoundError,
    InvalidDBInstanceStateFault,
    InvalidParameterCombination,
    InvalidParameterValue,
)
from moto.rds.models import DBInstance, DBSubnetGroup, RDSBackend
from moto.rds.responses import RDSResponse

from emulator.correction import Replacement, corrects

PASSWORD = re.compile(r'[^/"@ \x00-\x1f\x7f-\U0010ffff]{8,128}')
KEPT = (
    "performance_insights_kms_key_id",
    "performance_insights_retention_period",
    "network_type",
)


def _refuse_password(asked: Mapping[str, Any]) -> None:
    password = asked.get("master_user_password")
    if password is not None and PASSWORD.fullmatch(password) is None:
        raise InvalidParameterValue(
            "The parameter MasterUserPassword is not a valid password. It has 8 to 128 printable "
            "ASCII characters besides '/', '@', '\"', ' '."
        )


def _refuse_family(self: RDSBackend, asked: Mapping[str, Any], engine: str, version: str) -> None:
    group = self.db_parameter_groups.get(asked.get("db_parameter_group_name") or "")
    wanted = f"{engine}{version.split('.', maxsplit=1)[0]}"
    if engine == "postgres" and group is not None and group.family != wanted:
        raise InvalidParameterCombination(
            f"The parameter group {group.name} with DBParameterGroupFamily {group.family} can't be "
            f"used for this instance. Please use a parameter group with DBParameterGroupFamily "
            f"{wanted}"
        )


def _keep(instance: DBInstance, asked: Mapping[str, Any]) -> None:
    kept = {name: asked[name] for name in KEPT if asked.get(name) is not None}
    if asked.get("enable_performance_insights") is not None:
        kept["performance_insights_enabled"] = asked["enable_performance_insights"]
    instance.__dict__.update(kept)


@corrects(
    RDSBackend,
    "create_db_instance",
    call="rds.create_db_instance",
    moto="takes any password and a parameter group of any family; drops PerformanceInsights* and "
    "NetworkType",
    aws='refuses / @ " and space, other lengths than 8-128, and another family; keeps those',
)
def create_db_instance(
    original: Replacement, self: RDSBackend, db_kwargs: Mapping[str, Any]
) -> DBInstance:
    _refuse_password(db_kwargs)
    engine, version = str(db_kwargs.get("engine")), str(db_kwargs.get("engine_version") or "")
    if version:
        _refuse_family(self, db_kwargs, engine, version)
    instance: DBInstance = original(self, db_kwargs)
    _keep(instance, db_kwargs)
    return instance


@corrects(
    RDSBackend,
    "modify_db_instance",
    call="rds.modify_db_instance",
    moto="takes any password and a parameter group of any family; drops PerformanceInsights*",
    aws="refuses and keeps as in create_db_instance",
)
def modify_db_instance(
    original: Replacement,
    self: RDSBackend,
    db_instance_identifier: str,
    db_kwargs: Mapping[str, Any],
) -> DBInstance:
    _refuse_password(db_kwargs)
    found = self.describe_db_instances(db_instance_identifier)[0]
    version = str(db_kwargs.get("engine_version") or found.engine_version)
    _refuse_family(self, db_kwargs, str(found.engine), version)
    instance: DBInstance = original(self, db_instance_identifier, db_kwargs)
    _keep(instance, db_kwargs)
    return instance


@corrects(
    RDSBackend,
    "modify_db_subnet_group",
    call="rds.modify_db_subnet_group",
    moto="forgets the group",
    aws="keeps it",
)
def modify_db_subnet_group(
    original: Replacement,
    self: RDSBackend,
    subnet_name: str,
    description: str,
    subnets: list[Subnet],
) -> DBSubnetGroup:
    if subnet_name not in self.subnet_groups:
        raise DBSubnetGroupNotFoundError(subnet_name)
    group: DBSubnetGroup = original(self, subnet_name, description, subnets)
    self.subnet_groups[subnet_name] = group
    return group


@corrects(
    RDSResponse,
    "reset_db_parameter_group",
    call="rds.reset_db_parameter_group",
    moto="is not implemented",
    aws="sets the named parameters back to their defaults",
)
def reset_db_parameter_group(original: None, self: RDSResponse) -> ActionResult:
    name = self.params.get("DBParameterGroupName")
    if name not in self.backend.db_parameter_groups:
        raise DBParameterGroupNotFoundError(name)
    group = self.backend.db_parameter_groups[name]
    asked = [one.original_dict()["ParameterName"] for one in self.params.get("Parameters", [])]
    for parameter in asked or list(group.parameters):
        group.parameters.pop(parameter, None)
    return ActionResult({"DBParameterGroupName": name})


@corrects(
    RDSBackend,
    "promote_read_replica",
    call="rds.promote_read_replica",
    moto="takes an instance that is no replica",
    aws="refuses it with InvalidDBInstanceState",
)
def promote_read_replica(
    original: Replacement, self: RDSBackend, db_kwargs: Mapping[str, Any]
) -> DBInstance:
    name = str(db_kwargs["db_instance_identifier"])
    if not getattr(self.describe_db_instances(name)[0], "is_replica", False):
        raise InvalidDBInstanceStateFault(f"DB Instance {name} is not a read replica")
    instance: DBInstance = original(self, db_kwargs)
    return instance
