"""RDS: refused parameters, and those that wait for a reboot."""

from collections.abc import Iterable

from moto.core.responses import ActionResult
from moto.rds.exceptions import (
    DBParameterGroupNotFoundError,
    InvalidParameterCombination,
    InvalidParameterValue,
)
from moto.rds.models import DBParameterGroup, RDSBackend
from moto.rds.responses import RDSResponse

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.rds_instance import instances
from pulumi_moto.corrections.rds_postgres import is_known, is_static
from pulumi_moto.shapes import Members


def _refuse(group: DBParameterGroup, parameters: list[Members]) -> None:
    if group.name.startswith("default."):
        raise InvalidParameterValue("Cannot modify a default parameter group.")
    if not str(group.family).startswith("postgres"):
        return
    for one in parameters:
        if not is_known(one["ParameterName"]):
            raise InvalidParameterValue(
                f"Could not find parameter with name: {one['ParameterName']}"
            )
        if is_static(one["ParameterName"]) and one.get("ApplyMethod") == "immediate":
            raise InvalidParameterCombination(
                "cannot use immediate apply method for static parameter"
            )


def _wait_for_a_reboot(
    self: RDSBackend, group: DBParameterGroup, parameters: list[Members]
) -> None:
    if all(one.get("ApplyMethod") == "immediate" for one in parameters):
        return
    for instance in instances(self):
        if instance.db_parameter_groups()[0].name == group.name:
            instance.needs_reboot = True


@corrects(
    RDSBackend,
    moto="accepts any parameter and apply method; none waits for a reboot",
    aws="refuses an unknown parameter, and `immediate` for a static one; instances become "
    "pending-reboot",
)
def modify_db_parameter_group(
    original: Replacement,
    self: RDSBackend,
    db_parameter_group_name: str,
    db_parameter_group_parameters: Iterable[Members],
) -> DBParameterGroup:
    found = self.db_parameter_groups.get(db_parameter_group_name)
    parameters = list(db_parameter_group_parameters)
    if found is not None:
        _refuse(found, parameters)
    described = [
        {
            **one,
            "Source": "user",
            "IsModifiable": True,
            "ApplyType": "static" if is_static(one["ParameterName"]) else "dynamic",
        }
        for one in parameters
    ]
    group: DBParameterGroup = original(self, db_parameter_group_name, described)
    _wait_for_a_reboot(self, group, parameters)
    return group


@corrects(RDSResponse, moto="is not implemented", aws="resets the parameters to their defaults")
def reset_db_parameter_group(original: None, self: RDSResponse) -> ActionResult:
    name = self.params.get("DBParameterGroupName")
    if name not in self.backend.db_parameter_groups:
        raise DBParameterGroupNotFoundError(name)
    group = self.backend.db_parameter_groups[name]
    changes = [one.original_dict() for one in self.params.get("Parameters", [])]
    _refuse(group, changes)
    for parameter in [one["ParameterName"] for one in changes] or list(group.parameters):
        group.parameters.pop(parameter, None)
    _wait_for_a_reboot(self.backend, group, changes or [{}])
    return ActionResult({"DBParameterGroupName": name})
