"""RDS: the database accepts a new master password after RDS has responded."""

from moto.rds.exceptions import InvalidParameterCombination, RDSClientError
from moto.rds.models import DBInstance, RDSBackend

from pulumi_moto.clock import CLOCK
from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.rds_changes import NO_CHANGE
from pulumi_moto.corrections.rds_instance import Instance
from pulumi_moto.corrections.rds_refusals import refuse_values
from pulumi_moto.shapes import Params

SECONDS = 30.0


@corrects(
    RDSBackend,
    call="rds.modify_db_instance (MasterUserPassword)",
    moto="applies the new password at once, and accepts one although RDS manages it",
    aws="returns it as pending while the instance is resetting-master-credentials, and refuses "
    "another meanwhile; refuses one if it manages the password in Secrets Manager",
)
def modify_db_instance(
    original: Replacement, self: RDSBackend, db_instance_identifier: str, db_kwargs: Params
) -> DBInstance:
    params = dict(db_kwargs)
    found = self.describe_db_instances(db_instance_identifier)[0]
    password = params.get("master_user_password")
    if password is None or not isinstance(found, Instance):
        changed: DBInstance = original(self, db_instance_identifier, params)
        return changed
    refuse_values(params, str(found.engine))
    if found.manage_master_user_password:
        raise InvalidParameterCombination(
            "You can't specify MasterUserPassword for an instance whose master password is managed "
            "in AWS Secrets Manager."
        )
    if found.new_password is not None:
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Database instance {db_instance_identifier} is not in available state.",
        )
    del params["master_user_password"]
    changed = found
    if any(value is not None for name, value in params.items() if name not in NO_CHANGE):
        changed = original(self, db_instance_identifier, params)
    found.new_password, found.password_due = str(password), CLOCK.now() + SECONDS
    found.status = "resetting-master-credentials"
    return changed
