"""RDS: changes of an instance, immediately or in the maintenance window."""

from moto.rds.exceptions import (
    DBInstanceAlreadyExists,
    DBParameterGroupNotFoundError,
    InvalidParameterCombination,
    RDSClientError,
)
from moto.rds.models import DBInstance, RDSBackend

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.rds import keep
from pulumi_moto.corrections.rds_instance import WAITS, Instance, now
from pulumi_moto.corrections.rds_logs import make_missing_groups
from pulumi_moto.corrections.rds_majors import ALLOWED, GROUP, is_major_upgrade, refuse_version
from pulumi_moto.corrections.rds_refusals import (
    refuse_family,
    refuse_little_growth,
    refuse_logs,
    refuse_values,
)
from pulumi_moto.corrections.rds_versions import with_minor_version
from pulumi_moto.shapes import Members, Params

NO_CHANGE = frozenset({"db_instance_identifier", "apply_immediately", ALLOWED})


def _refuse(self: RDSBackend, found: Instance, params: Params) -> None:
    engine, version = str(found.engine), str(params.get("engine_version") or found.engine_version)
    refuse_values(params, engine)
    refuse_version(found, params)
    refuse_family(self, params, engine, version)
    exports = params.get("cloudwatch_logs_export_configuration") or {}
    refuse_logs(exports.get("EnableLogTypes", []), engine, version)
    if not set(params) - NO_CHANGE:
        raise InvalidParameterCombination("No modifications were requested")
    name = params.get("new_db_instance_identifier")
    if name not in {None, found.db_instance_identifier} and name in self.databases:
        raise DBInstanceAlreadyExists
    _refuse_unknown_group(self, found, params.get("db_parameter_group_name"))
    _refuse_storage(found, params)
    _refuse_move(self, found, params.get("db_subnet_group_name"))


def _refuse_unknown_group(self: RDSBackend, found: Instance, name: str | None) -> None:
    if name is None or found.is_default_parameter_group(name):
        return
    if name not in self.db_parameter_groups:
        raise DBParameterGroupNotFoundError(name)


def _refuse_storage(found: Instance, params: Params) -> None:
    before = int(found.allocated_storage)
    size = int(params.get("allocated_storage") or before)
    if size < before:
        raise InvalidParameterCombination(
            f"Requested storage size ({size}) cannot be less than the current storage size "
            f"({before})."
        )
    longest = params.get("max_allocated_storage")
    if longest != size:  # the current size disables storage autoscaling
        refuse_little_growth(size, longest)


def _refuse_move(self: RDSBackend, found: Instance, name: str | None) -> None:
    held = getattr(found, "db_subnet_group", None)
    if name is None or held is None or name == held.name:
        return
    if self.describe_db_subnet_groups(name)[0].vpc_id == held.vpc_id:
        raise RDSClientError(
            "InvalidVPCNetworkStateFault",
            f"You cannot move DB instance {found.db_instance_identifier} to subnet group {name}. "
            "The specified DB subnet group and DB instance are in the same VPC. Choose a DB "
            "subnet group in different VPC than the specified DB instance and try again.",
        )


def _held(found: Instance, name: str) -> object:
    if name == "new_db_instance_identifier":
        return found.db_instance_identifier
    if name == "db_subnet_group_name":
        return getattr(getattr(found, "db_subnet_group", None), "name", None)
    return getattr(found, name, None)


def _waits(found: Instance, name: str, value: int) -> bool:
    if name == "backup_retention_period":  # a restart only if backups are enabled or disabled
        return bool(int(value)) is not bool(int(found.backup_retention_period))
    return name in WAITS


def _grown(found: Instance, value: int) -> int:
    """Return the new storage size: RDS rounds a growth below 10 % up."""
    before = int(found.allocated_storage)
    return max(int(value), -(-before * 11 // 10)) if int(value) > before else before


@corrects(
    RDSBackend,
    moto="accepts any value and applies all at once; drops PerformanceInsights* and DBPortNumber",
    aws="refuses and keeps as in create_db_instance, and refuses to shrink storage; a change with "
    "an outage waits for the maintenance window unless ApplyImmediately; another major version "
    "must be later and allowed explicitly, needs an available instance and a parameter group of "
    "its family, and takes a snapshot first",
)
def modify_db_instance(
    original: Replacement, self: RDSBackend, db_instance_identifier: str, db_kwargs: Params
) -> DBInstance:
    found = self.describe_db_instances(db_instance_identifier)[0]
    if not isinstance(found, Instance):
        member: DBInstance = original(self, db_instance_identifier, db_kwargs)
        return member
    params = {name: value for name, value in db_kwargs.items() if value is not None}
    params = with_minor_version(params, str(found.engine), held=str(found.engine_version))
    _refuse(self, found, params)
    if "allocated_storage" in params:
        params["allocated_storage"] = _grown(found, params["allocated_storage"])
    params.pop(ALLOWED, None)
    upgrades = is_major_upgrade(found, params)
    later = {name: params.pop(name) for name in list(params) if _waits(found, name, params[name])}
    if upgrades and GROUP in params:
        later[GROUP] = params.pop(GROUP)
    group = params.get("db_parameter_group_name")
    found.needs_reboot |= group not in {None, found.db_parameter_groups()[0].name}
    if group is not None and found.is_default_parameter_group(group):
        found.db_parameter_group_name = params.pop("db_parameter_group_name")
    original(self, db_instance_identifier, params)
    keep(found, params)
    found.port = params.get("db_port_number", found.port)
    make_missing_groups(found)
    _queue(found, later, at_once=bool(params.get("apply_immediately")))
    return found


def _queue(found: Instance, later: Members, *, at_once: bool) -> None:
    """Queue changes; a change to the current value cancels a pending one. `at_once` applies all."""
    if not found.waiting:
        found.waiting_since = now()
    waiting = {**found.waiting, **later}
    found.waiting = {name: to for name, to in waiting.items() if to != _held(found, name)}
    if at_once:
        found.change(found.waiting)


@corrects(RDSBackend, moto="does nothing", aws="applies the parameters that are pending-reboot")
def reboot_db_instance(
    original: Replacement, self: RDSBackend, db_instance_identifier: str
) -> DBInstance:
    found: DBInstance = original(self, db_instance_identifier)
    if isinstance(found, Instance):
        found.needs_reboot = False
    return found
