"""EC2 deletes nothing that is in use, and lets go of it when its user is gone."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import ecs_world

ZONES = ("us-east-1a", "us-east-1b")


class Network:
    """A VPC with a subnet in each of two zones, a security group and an internet gateway."""

    def __init__(self) -> None:
        self.ec2 = boto3.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        self.subnets = [self._subnet(number, zone) for number, zone in enumerate(ZONES)]
        self.group = self.make_group("used")
        made = self.ec2.create_internet_gateway()
        self.gateway = made["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)

    def _subnet(self, number: int, zone: str) -> str:
        made = self.ec2.create_subnet(
            VpcId=self.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone
        )
        return str(made["Subnet"]["SubnetId"])

    def make_group(self, name: str) -> str:
        made = self.ec2.create_security_group(GroupName=name, Description="d", VpcId=self.vpc)
        return str(made["GroupId"])

    def make_nat(self) -> tuple[str, str]:
        allocation = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        made = self.ec2.create_nat_gateway(SubnetId=self.subnets[0], AllocationId=allocation)
        return made["NatGateway"]["NatGatewayId"], allocation

    def delete_group(self, group: str | None = None) -> None:
        self.ec2.delete_security_group(GroupId=group or self.group)

    def delete_subnet(self, number: int = 0) -> None:
        self.ec2.delete_subnet(SubnetId=self.subnets[number])

    def detach(self) -> None:
        self.ec2.detach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)


@pytest.fixture
def network() -> Network:
    return Network()


def refused(call: Callable[[], Any], code: str, words: str) -> None:
    with pytest.raises(ClientError, match=words) as refusal:
        call()
    assert refusal.value.response["Error"]["Code"] == code


def group_is_held(network: Network) -> None:
    words = f"resource {network.group} has a dependent object"
    refused(network.delete_group, "DependencyViolation", words)


def subnet_is_held(network: Network, number: int = 0) -> None:
    words = f"The subnet '{network.subnets[number]}' has dependencies and cannot be deleted"
    refused(lambda: network.delete_subnet(number), "DependencyViolation", words)


def gateway_is_held(network: Network) -> None:
    refused(network.detach, "DependencyViolation", f"{network.vpc} has some mapped public address")


def vpc_is_held(network: Network) -> None:
    words = f"The vpc '{network.vpc}' has dependencies and cannot be deleted"
    refused(lambda: network.ec2.delete_vpc(VpcId=network.vpc), "DependencyViolation", words)


def all_is_free(network: Network) -> None:
    network.detach()
    network.delete_group()
    for number in range(len(network.subnets)):
        network.delete_subnet(number)
    network.ec2.delete_internet_gateway(InternetGatewayId=network.gateway)
    network.ec2.delete_vpc(VpcId=network.vpc)


def test_a_network_that_nothing_uses_can_be_deleted(network: Network) -> None:
    all_is_free(network)


def test_a_network_interface_holds_its_subnet_and_groups(network: Network) -> None:
    made = network.ec2.create_network_interface(SubnetId=network.subnets[0], Groups=[network.group])
    group_is_held(network)
    subnet_is_held(network)
    network.ec2.delete_network_interface(
        NetworkInterfaceId=made["NetworkInterface"]["NetworkInterfaceId"]
    )
    all_is_free(network)


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_rule_of_another_group_holds_the_group_it_names(network: Network, direction: str) -> None:
    other = network.make_group("other")
    rules = [
        {
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "UserIdGroupPairs": [{"GroupId": network.group}],
        }
    ]
    authorize = getattr(network.ec2, f"authorize_security_group_{direction}")
    authorize(GroupId=other, IpPermissions=rules)
    authorize(GroupId=network.group, IpPermissions=rules)
    group_is_held(network)
    network.delete_group(other)
    network.delete_group()


def test_the_default_group_is_deleted_with_its_vpc_only(network: Network) -> None:
    found = network.ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [network.vpc]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"][0]["GroupId"]
    words = f'the specified group: "{found}" name: "default" cannot be deleted by a user'
    refused(lambda: network.delete_group(found), "CannotDelete", words)
    all_is_free(network)


def test_a_load_balancer_holds_its_network(network: Network) -> None:
    elb = boto3.client("elbv2")
    made = elb.create_load_balancer(
        Name="lb", Subnets=network.subnets, SecurityGroups=[network.group]
    )
    group_is_held(network)
    subnet_is_held(network)
    gateway_is_held(network)
    elb.delete_load_balancer(LoadBalancerArn=made["LoadBalancers"][0]["LoadBalancerArn"])
    all_is_free(network)


def test_an_internal_load_balancer_does_not_block_the_internet_gateway(network: Network) -> None:
    boto3.client("elbv2").create_load_balancer(
        Name="lb", Subnets=network.subnets, SecurityGroups=[network.group], Scheme="internal"
    )
    network.detach()


def make_database(network: Network, **changes: Any) -> Any:
    rds = boto3.client("rds")
    rds.create_db_subnet_group(
        DBSubnetGroupName="db", DBSubnetGroupDescription="d", SubnetIds=network.subnets
    )
    rds.create_db_instance(
        DBInstanceIdentifier="db",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="shop",
        MasterUserPassword="a-password",
        AllocatedStorage=20,
        DBSubnetGroupName="db",
        VpcSecurityGroupIds=[network.group],
        **changes,
    )
    return rds


def test_a_database_holds_its_groups_and_the_subnet_it_is_in(network: Network) -> None:
    rds = make_database(network, AvailabilityZone=ZONES[1])
    group_is_held(network)
    subnet_is_held(network, 1)
    network.delete_subnet(0)
    network.subnets.pop(0)
    rds.delete_db_instance(DBInstanceIdentifier="db", SkipFinalSnapshot=True)
    all_is_free(network)  # its subnet group is still there: that holds nothing


def test_a_database_with_a_standby_holds_every_subnet_of_its_group(network: Network) -> None:
    make_database(network, MultiAZ=True)
    network.detach()
    subnet_is_held(network, 0)
    subnet_is_held(network, 1)


def test_a_public_database_blocks_detaching_the_gateway(network: Network) -> None:
    make_database(network, PubliclyAccessible=True)
    gateway_is_held(network)


def cache_of(network: Network) -> Any:
    cache = boto3.client("elasticache")
    cache.create_cache_subnet_group(
        CacheSubnetGroupName="redis", CacheSubnetGroupDescription="d", SubnetIds=network.subnets
    )
    return cache


def test_a_cache_holds_its_network(network: Network) -> None:
    cache = cache_of(network)
    cache.create_replication_group(
        ReplicationGroupId="redis",
        ReplicationGroupDescription="d",
        NumCacheClusters=2,
        CacheSubnetGroupName="redis",
        SecurityGroupIds=[network.group],
    )
    group_is_held(network)
    subnet_is_held(network)
    cache.delete_replication_group(ReplicationGroupId="redis")
    all_is_free(network)


def test_a_cache_cluster_that_is_being_deleted_holds_nothing(network: Network) -> None:
    cache = cache_of(network)
    cache.create_cache_cluster(
        CacheClusterId="redis",
        Engine="redis",
        CacheNodeType="cache.t4g.micro",
        NumCacheNodes=1,
        CacheSubnetGroupName="redis",
        SecurityGroupIds=[network.group],
    )
    group_is_held(network)
    cache.delete_cache_cluster(CacheClusterId="redis")
    all_is_free(network)


def test_an_interface_endpoint_holds_its_network(network: Network) -> None:
    made = network.ec2.create_vpc_endpoint(
        VpcId=network.vpc,
        ServiceName="com.amazonaws.us-east-1.logs",
        VpcEndpointType="Interface",
        SubnetIds=network.subnets,
        SecurityGroupIds=[network.group],
    )
    group_is_held(network)
    subnet_is_held(network)
    network.ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpoint"]["VpcEndpointId"]])
    all_is_free(network)


def test_running_tasks_hold_their_network_and_stopped_ones_do_not() -> None:
    with ecs_world.world() as world:
        ec2 = boto3.client("ec2")
        world.elb.delete_load_balancer(
            LoadBalancerArn=world.elb.describe_load_balancers()["LoadBalancers"][0][
                "LoadBalancerArn"
            ]
        )
        task = world.run()
        with pytest.raises(ClientError, match=f"resource {world.security_group} has a dependent"):
            ec2.delete_security_group(GroupId=world.security_group)
        with pytest.raises(ClientError, match=f"The subnet '{world.subnets[0]}' has dependencies"):
            ec2.delete_subnet(SubnetId=world.subnets[0])
        world.ecs.stop_task(cluster=ecs_world.CLUSTER, task=task)
        ec2.delete_security_group(GroupId=world.security_group)
        ec2.delete_subnet(SubnetId=world.subnets[0])


def test_a_nat_gateway_blocks_deleting_its_network_and_its_address(network: Network) -> None:
    nat, allocation = network.make_nat()

    def release() -> None:
        network.ec2.release_address(AllocationId=allocation)

    subnet_is_held(network)
    gateway_is_held(network)
    refused(release, "AuthFailure", "do not have permission to access the specified resource")
    network.ec2.delete_nat_gateway(NatGatewayId=nat)
    release()
    all_is_free(network)


def test_an_address_is_released_only_when_nothing_uses_it(network: Network) -> None:
    made = network.ec2.create_network_interface(SubnetId=network.subnets[0])
    interface = made["NetworkInterface"]["NetworkInterfaceId"]
    allocation = network.ec2.allocate_address(Domain="vpc")["AllocationId"]
    associated = network.ec2.associate_address(
        AllocationId=allocation, NetworkInterfaceId=interface
    )["AssociationId"]

    def release() -> None:
        network.ec2.release_address(AllocationId=allocation)

    refused(release, "InvalidIPAddress.InUse", "in use")
    gateway_is_held(network)
    network.ec2.disassociate_address(AssociationId=associated)
    release()
    network.detach()


def test_a_gateway_a_group_or_an_endpoint_blocks_deleting_the_vpc(network: Network) -> None:
    network.delete_subnet(0)
    network.delete_subnet(1)
    vpc_is_held(network)
    network.delete_group()
    vpc_is_held(network)
    network.detach()
    egress = network.ec2.create_egress_only_internet_gateway(VpcId=network.vpc)
    vpc_is_held(network)
    network.ec2.delete_egress_only_internet_gateway(
        EgressOnlyInternetGatewayId=egress["EgressOnlyInternetGateway"][
            "EgressOnlyInternetGatewayId"
        ]
    )
    made = network.ec2.create_vpc_endpoint(
        VpcId=network.vpc, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway"
    )
    vpc_is_held(network)
    network.ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpoint"]["VpcEndpointId"]])
    network.make_group("late")
    vpc_is_held(network)


def test_a_subnet_blocks_deleting_its_route_table(network: Network) -> None:
    table = network.ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    network.ec2.associate_route_table(RouteTableId=table, SubnetId=network.subnets[0])

    def delete() -> None:
        network.ec2.delete_route_table(RouteTableId=table)

    refused(delete, "DependencyViolation", "has dependencies and cannot be deleted")
    network.delete_subnet(0)
    delete()
