"""EC2: resources in use can't be deleted.

On AWS each workload in a subnet has a network interface there, which blocks deleting the subnet,
its security groups and, with a public address, detaching the internet gateway. A subnet group alone
blocks nothing. moto makes interfaces for some services only: `interfaces` reads the others'
backends.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from moto.core.responses import ActionResult
from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC
from moto.ec2.responses.security_groups import SecurityGroups
from moto.elasticache.models import elasticache_backends
from moto.elbv2.models import elbv2_backends
from moto.rds.models import DBInstance, DBSubnetGroup, rds_backends

from pulumi_moto.correction import Replacement, corrects


@dataclass(frozen=True, kw_only=True)
class Interfaces:
    """The network interfaces of one workload."""

    vpc: str | None
    subnets: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    public: bool = False
    """Whether it has a public address, through the internet gateway."""


def interfaces(ec2: EC2Backend) -> Iterator[Interfaces]:
    """Yield the interfaces in the region: ECS tasks and NAT gateways are among moto's own."""
    for own in ec2.enis.values():
        yield Interfaces(
            vpc=own.vpc_id,
            subnets={own.subnet.id},
            groups={group.id for group in own.group_set},
            public=own.public_ip is not None,
        )
    for endpoint in ec2.vpc_end_points.values():
        if endpoint.state != "deleted":
            subnets, groups = set(endpoint.subnet_ids or ()), set(endpoint.security_group_ids)
            yield Interfaces(vpc=endpoint.vpc_id, subnets=subnets, groups=groups)
    for balancer in elbv2_backends[ec2.account_id][ec2.region_name].load_balancers.values():
        yield Interfaces(
            vpc=balancer.vpc_id,
            subnets={subnet.id for subnet in balancer.subnets},
            groups=set(balancer.security_groups or ()),
            public=balancer.scheme != "internal",
        )
    yield from _databases(ec2)
    yield from _caches(ec2)


def _databases(ec2: EC2Backend) -> Iterator[Interfaces]:
    for instance in rds_backends[ec2.account_id][ec2.region_name].databases.values():
        group: DBSubnetGroup | None = instance.__dict__.get("db_subnet_group")
        if group is not None:
            yield Interfaces(
                vpc=group.vpc_id,
                subnets=_subnets_of(instance, group),
                groups=set(instance.vpc_security_group_ids),
                public=bool(instance.publicly_accessible),
            )


def _subnets_of(instance: DBInstance, group: DBSubnetGroup) -> set[str]:
    """Return its zone's subnet; a standby's zone is not emulated, so Multi-AZ uses all."""
    zones = {s["SubnetIdentifier"]: s["SubnetAvailabilityZone"]["Name"] for s in group.subnets}
    own = {subnet for subnet, zone in zones.items() if zone == instance.availability_zone}
    return own if own and not instance.multi_az else set(zones)


def _caches(ec2: EC2Backend) -> Iterator[Interfaces]:
    """A node's zone is not emulated, so a cluster uses all of its group's subnets."""
    backend = elasticache_backends[ec2.account_id][ec2.region_name]
    for cluster in backend.cache_clusters.values():
        group = backend.cache_subnet_groups.get(cluster.cache_subnet_group_name or "")
        if group is not None and cluster.cache_cluster_status != "deleting":
            yield Interfaces(
                vpc=group.vpc_id,
                subnets=set(group.subnet_ids),
                groups=set(cluster.security_group_ids or ()),
            )


@corrects(
    SecurityGroups,
    moto="deletes the default group, and groups in use",
    aws="refuses the default one, and one that an interface or another group's rule references",
)
def delete_security_group(original: Replacement, self: SecurityGroups) -> ActionResult:
    # In the response class: moto's delete_vpc deletes the default group through the backend.
    backend = self.ec2_backend
    params = self._get_param("GroupId") or self._get_param("GroupName")
    group = backend.get_security_group_by_name_or_id(params)
    if group is not None and group.is_default:
        raise EC2ClientError(
            "CannotDelete",
            f'the specified group: "{group.id}" name: "default" cannot be deleted by a user',
        )
    if group is not None and _is_used(backend, group.id):
        raise DependencyViolationError(f"resource {group.id} has a dependent object")
    answer: ActionResult = original(self)
    return answer


def _is_used(ec2: EC2Backend, group_id: str) -> bool:
    others = (g for groups in ec2.groups.values() for g in groups.values() if g.id != group_id)
    rules = (rule for other in others for rule in (*other.ingress_rules, *other.egress_rules))
    return any(rule.source_group.get("GroupId") == group_id for rule in rules) or any(
        group_id in found.groups for found in interfaces(ec2)
    )


@corrects(
    EC2Backend,
    moto="deletes a subnet in use, and keeps its route table association",
    aws="refuses while it contains interfaces; deletes the association with it",
)
def delete_subnet(original: Replacement, self: EC2Backend, subnet_id: str) -> Subnet:
    if any(subnet_id in found.subnets for found in interfaces(self)):
        raise DependencyViolationError(
            f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
        )
    deleted: Subnet = original(self, subnet_id)
    for table in self.route_tables.values():
        for association, associated in list(table._associations.items()):
            if associated == subnet_id:
                self.disassociate_route_table(association)
    return deleted


@corrects(
    EC2Backend,
    moto="deletes a VPC with an internet gateway, security groups or endpoints",
    aws="refuses it, as it refuses one with subnets",
)
def delete_vpc(original: Replacement, self: EC2Backend, vpc_id: str) -> VPC:
    attached = [
        *(a for gateway in self.internet_gateways.values() for a in gateway.attachments),
        *(
            a
            for gateway in self.egress_only_internet_gateways.values()
            for a in gateway.attachments
        ),
    ]
    holders = [
        *(attachment for attachment in attached if attachment["VpcId"] == vpc_id),
        *(group for group in self.groups.get(vpc_id, {}).values() if not group.is_default),
        *(found for found in interfaces(self) if found.vpc == vpc_id),
    ]
    if holders:
        raise DependencyViolationError(
            f"The vpc '{vpc_id}' has dependencies and cannot be deleted."
        )
    deleted: VPC = original(self, vpc_id)
    return deleted


@corrects(
    EC2Backend,
    moto="detaches it while NAT gateways and load balancers use it",
    aws="refuses while something in the VPC has a public address",
)
def detach_internet_gateway(
    original: Replacement, self: EC2Backend, internet_gateway_id: str, vpc_id: str
) -> None:
    if any(found.vpc == vpc_id and found.public for found in interfaces(self)):
        raise DependencyViolationError(
            f"Network {vpc_id} has some mapped public address(es). Please unmap those public "
            "address(es) before detaching the gateway."
        )
    original(self, internet_gateway_id, vpc_id)


@corrects(EC2Backend, moto="keeps its interface and its address association", aws="releases both")
def delete_nat_gateway(original: Replacement, self: EC2Backend, nat_gateway_id: str) -> NatGateway:
    gateway: NatGateway = original(self, nat_gateway_id)
    for address in self.addresses:
        if address.eni is gateway._eni:
            self.disassociate_address(address=address.public_ip)
    self.enis.pop(gateway._eni.id, None)
    return gateway


@corrects(
    EC2Backend,
    moto="releases an address in use",
    aws="refuses until it is disassociated; a NAT gateway's is only by deleting the gateway",
)
def release_address(
    original: Replacement,
    self: EC2Backend,
    address: str | None = None,
    allocation_id: str | None = None,
) -> None:
    found = _address(self, address, allocation_id)
    if found.eni is not None and any(
        found.eni is gateway._eni for gateway in self.nat_gateways.values()
    ):
        raise EC2ClientError(
            "AuthFailure", "You do not have permission to access the specified resource."
        )
    if found.eni is not None or found.instance is not None:
        raise EC2ClientError(
            "InvalidIPAddress.InUse",
            f"Address {found.public_ip} is in use. Disassociate it before you release it.",
        )
    original(self, address, allocation_id)


def _address(ec2: EC2Backend, ip: str | None, allocation: str | None) -> ElasticAddress:
    """Return the address; raises moto's error for a missing one."""
    found = ec2.address_by_ip([ip]) if ip else ec2.address_by_allocation([allocation or ""])
    return found[0]
