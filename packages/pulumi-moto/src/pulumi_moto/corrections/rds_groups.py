"""RDS: subnet groups, and groups in use."""

from moto.ec2.models.subnets import Subnet
from moto.rds.exceptions import DBSubnetGroupNotFoundError, RDSClientError
from moto.rds.models import DBParameterGroup, DBSubnetGroup, RDSBackend

from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.corrections.rds_instance import instances

FEWEST_ZONES = 2


def _refuse_few_zones(subnets: list[Subnet]) -> None:
    zones = {subnet.availability_zone for subnet in subnets}
    if len(zones) < FEWEST_ZONES:
        raise RDSClientError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "DB Subnet Group doesn't meet availability zone coverage requirement. Please add "
            f"subnets to cover at least {FEWEST_ZONES} availability zones. Current coverage: "
            f"{len(zones)}",
        )


@corrects(
    RDSBackend,
    call="rds.create_db_subnet_group",
    moto="accepts subnets of one zone, and a name in use",
    aws="requires two zones; refuses the name",
)
def create_subnet_group(
    original: Replacement,
    self: RDSBackend,
    subnet_name: str,
    description: str,
    subnets: list[Subnet],
    tags: list[dict[str, str]],
) -> DBSubnetGroup:
    _refuse_few_zones(subnets)
    if subnet_name.lower() in self.subnet_groups:
        raise RDSClientError(
            "DBSubnetGroupAlreadyExists", f"The DB subnet group '{subnet_name}' already exists."
        )
    group: DBSubnetGroup = original(self, subnet_name, description, subnets, tags)
    return group


@corrects(
    RDSBackend,
    moto="loses the group; accepts subnets of one zone",
    aws="keeps it; requires two zones",
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
    _refuse_few_zones(subnets)
    group: DBSubnetGroup = original(self, subnet_name, description, subnets)
    self.subnet_groups[subnet_name] = group
    return group


@corrects(
    RDSBackend, call="rds.delete_db_subnet_group", moto="deletes one in use", aws="refuses it"
)
def delete_subnet_group(original: Replacement, self: RDSBackend, subnet_name: str) -> DBSubnetGroup:
    for instance in self.databases.values():
        held: DBSubnetGroup | None = getattr(instance, "db_subnet_group", None)
        if held is not None and held.name == subnet_name.lower():
            raise RDSClientError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{subnet_name}' because at least one database "
                f"instance: {instance.db_instance_identifier} is still using it.",
            )
    group: DBSubnetGroup = original(self, subnet_name)
    return group


@corrects(RDSBackend, moto="deletes one in use", aws="refuses it")
def delete_db_parameter_group(
    original: Replacement, self: RDSBackend, db_parameter_group_name: str
) -> DBParameterGroup:
    used = {instance.db_parameter_group_name for instance in self.databases.values()}
    used |= {waiting.waiting.get("db_parameter_group_name") for waiting in instances(self)}
    if db_parameter_group_name in used:
        raise RDSClientError(
            "InvalidDBParameterGroupState",
            "One or more database instances are still members of this parameter group "
            f"{db_parameter_group_name}, so the group cannot be deleted",
        )
    group: DBParameterGroup = original(self, db_parameter_group_name)
    return group
