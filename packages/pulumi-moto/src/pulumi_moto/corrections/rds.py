"""RDS: creating, promoting and deleting an instance."""

from moto.rds.exceptions import InvalidDBInstanceStateFault, InvalidParameterCombination
from moto.rds.models import DBInstance, RDSBackend

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.rds_backups import retain_backups
from pulumi_moto.corrections.rds_logs import make_missing_groups
from pulumi_moto.corrections.rds_refusals import (
    refuse_family,
    refuse_logs,
    refuse_storage,
    refuse_values,
)
from pulumi_moto.corrections.rds_versions import with_minor_version
from pulumi_moto.shapes import Params

KEPT = ("performance_insights_kms_key_id", "performance_insights_retention_period", "network_type")


def keep(instance: DBInstance, params: Params) -> None:
    """Store settings that moto drops."""
    kept = {name: params[name] for name in KEPT if params.get(name) is not None}
    if params.get("enable_performance_insights") is not None:
        kept["performance_insights_enabled"] = params["enable_performance_insights"]
    instance.__dict__.update(kept)


@corrects(
    RDSBackend,
    moto="accepts any class, password, retention, backup window, storage, log type and parameter "
    "group; drops PerformanceInsights* and NetworkType; creates no log group",
    aws="refuses invalid values and another family; keeps those; creates missing log groups of its "
    "exports, without retention",
)
def create_db_instance(original: Replacement, self: RDSBackend, db_kwargs: Params) -> DBInstance:
    db_kwargs = with_minor_version(db_kwargs, str(db_kwargs.get("engine")))
    engine, version = str(db_kwargs.get("engine")), str(db_kwargs.get("engine_version") or "")
    refuse_values(db_kwargs, engine)
    refuse_logs(db_kwargs.get("enable_cloudwatch_logs_exports") or [], engine, version)
    if engine == "postgres":
        refuse_storage(
            db_kwargs.get("allocated_storage"),
            db_kwargs.get("max_allocated_storage"),
            db_kwargs.get("storage_type"),
        )
    if version:
        refuse_family(self, db_kwargs, engine, version)
    instance: DBInstance = original(self, db_kwargs)
    keep(instance, db_kwargs)
    make_missing_groups(instance)
    return instance


@corrects(
    RDSBackend,
    moto="accepts an instance that is not a replica",
    aws="refuses it with InvalidDBInstanceState",
)
def promote_read_replica(original: Replacement, self: RDSBackend, db_kwargs: Params) -> DBInstance:
    name = str(db_kwargs["db_instance_identifier"])
    if not getattr(self.describe_db_instances(name)[0], "is_replica", False):
        raise InvalidDBInstanceStateFault(f"DB Instance {name} is not a read replica")
    instance: DBInstance = original(self, db_kwargs)
    return instance


@corrects(
    RDSBackend,
    moto="deletes without a final snapshot although it was not skipped, and deletes the automated "
    "backups",
    aws="refuses that, and a name for a skipped snapshot; keeps the automated backups if requested",
)
def delete_db_instance(
    original: Replacement,
    self: RDSBackend,
    db_instance_identifier: str,
    final_db_snapshot_identifier: str | None = None,
    skip_final_snapshot: bool | None = False,  # noqa: FBT001, FBT002 - moto's signature
    delete_automated_backups: bool | None = True,  # noqa: FBT001, FBT002 - moto's
) -> DBInstance:
    found = self.describe_db_instances(db_instance_identifier)[0]
    plain = not found.is_replica and found.db_cluster_identifier is None
    if plain and not skip_final_snapshot and not final_db_snapshot_identifier:
        raise InvalidParameterCombination(
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        )
    if skip_final_snapshot and final_db_snapshot_identifier:
        raise InvalidParameterCombination(
            "FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is enabled."
        )
    instance: DBInstance = original(
        self,
        db_instance_identifier,
        final_db_snapshot_identifier,
        skip_final_snapshot,
        delete_automated_backups,
    )
    if delete_automated_backups is False:
        retain_backups(instance)
    return instance
