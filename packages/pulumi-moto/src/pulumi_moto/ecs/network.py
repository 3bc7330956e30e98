"""Checks of a task's network configuration."""

from moto.ec2.models import ec2_backends
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend

from pulumi_moto.shapes import Params

MISSING = "Error retrieving {kind} information for [{id}]: {sentence} (ErrorCode: {code})"


def refuse_missing(backend: EC2ContainerServiceBackend, network: Params | None) -> None:
    """Raise InvalidParameterException, as ECS does, for a missing subnet or security group.

    moto creates a missing security group.
    """
    awsvpc = (network or {}).get("awsvpcConfiguration") or {}
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    known = {subnet for zone in ec2.subnets.values() for subnet in zone}
    for subnet in awsvpc.get("subnets") or ():
        if subnet not in known:
            sentence = f"The subnet ID '{subnet}' does not exist"
            code = "InvalidSubnetID.NotFound"
            raise InvalidParameterException(
                MISSING.format(kind="subnet", id=subnet, sentence=sentence, code=code)
            )
    for group in awsvpc.get("securityGroups") or ():
        if ec2.get_security_group_from_id(group) is None:
            sentence = f"The security group '{group}' does not exist"
            code = "InvalidGroup.NotFound"
            raise InvalidParameterException(
                MISSING.format(kind="security group", id=group, sentence=sentence, code=code)
            )
