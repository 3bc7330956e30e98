"""VPC endpoints and flow logs."""

from pulumi_moto.row import Change, Client, Props, Row, State, fields
from pulumi_moto.services.ec2_shapes import retag, specification
from pulumi_moto.services.missing import found_or_none, ignore_missing
from pulumi_moto.shapes import Members, capitalized, same_set, tag_dict, without_empty

LISTS = capitalized("subnetIds routeTableIds securityGroupIds")


def create_endpoint(ec2: Client, props: Props) -> str:
    made = ec2.create_vpc_endpoint(
        VpcId=props["vpcId"],
        ServiceName=props["serviceName"],
        VpcEndpointType=props.get("vpcEndpointType", "Gateway"),
        PrivateDnsEnabled=bool(props.get("privateDnsEnabled")),
        **without_empty({aws: props.get(name) for name, aws in LISTS.items()}),
        **specification("vpc-endpoint", props),
    )
    return str(made["VpcEndpoint"]["VpcEndpointId"])


def read_endpoint(ec2: Client, endpoint: str) -> State | None:
    answer = found_or_none(ec2.describe_vpc_endpoints, VpcEndpointIds=[endpoint])
    live = [e for e in (answer or {}).get("VpcEndpoints", []) if e["State"] != "deleted"]
    if not live:
        return None
    (found,) = live
    return {
        "vpcId": found["VpcId"],
        "serviceName": found["ServiceName"],
        "vpcEndpointType": found["VpcEndpointType"],
        "privateDnsEnabled": found.get("PrivateDnsEnabled", False),
        "subnetIds": found.get("SubnetIds", []),
        "routeTableIds": found.get("RouteTableIds", []),
        "securityGroupIds": [group["GroupId"] for group in found.get("Groups", [])],
        "tags": tag_dict(found.get("Tags")),
    }


def not_an_interface(_state: Props, new: Props) -> bool:
    """Return whether private DNS replaces: only an interface endpoint changes in place."""
    return bool(new.get("vpcEndpointType", "Gateway") != "Interface")


def update_endpoint(ec2: Client, endpoint: str, change: Change) -> None:
    params: Members = {}
    for name in change.keys & set(LISTS):
        old, new = set(change.old.get(name) or []), set(change.new.get(name) or [])
        params |= without_empty(
            {f"Add{LISTS[name]}": sorted(new - old), f"Remove{LISTS[name]}": sorted(old - new)}
        )
    if "privateDnsEnabled" in change.keys:
        params["PrivateDnsEnabled"] = bool(change.new.get("privateDnsEnabled"))
    if params:
        ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, **params)
    retag(ec2, endpoint, change)


def delete_endpoint(ec2: Client, endpoint: str, _state: Props) -> None:
    if read_endpoint(ec2, endpoint) is not None:
        ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])


def create_flow_log(ec2: Client, props: Props) -> str:
    made = ec2.create_flow_logs(
        ResourceIds=[props["vpcId"]],
        ResourceType="VPC",
        TrafficType=props["trafficType"],
        LogDestinationType=props["logDestinationType"],
        LogDestination=props["logDestination"],
        # For AWS the destination's ARN is enough; moto requires the group's name, too.
        LogGroupName=props["logDestination"].split(":log-group:")[1],
        DeliverLogsPermissionArn=props["iamRoleArn"],
        **specification("vpc-flow-log", props),
    )
    return str(made["FlowLogIds"][0])


def read_flow_log(ec2: Client, flow_log: str) -> State | None:
    found = ec2.describe_flow_logs(FlowLogIds=[flow_log])["FlowLogs"]
    if not found:
        return None
    (log,) = found
    return {
        "vpcId": log["ResourceId"],
        "trafficType": log["TrafficType"],
        "logDestinationType": log["LogDestinationType"],
        "logDestination": log.get("LogDestination", ""),
        "iamRoleArn": log["DeliverLogsPermissionArn"],
        "tags": tag_dict(log.get("Tags")),
    }


ROWS = (
    Row(
        token="aws:ec2/vpcEndpoint:VpcEndpoint",
        client="ec2",
        source="internal/service/ec2/vpc_endpoint.go",
        inputs=fields("vpcId serviceName vpcEndpointType privateDnsEnabled tags.*") | {*LISTS},
        replaces=fields("vpcId serviceName vpcEndpointType"),
        replaces_if={"privateDnsEnabled": not_an_interface},
        computed=fields("privateDnsEnabled") | {*LISTS},
        same=dict.fromkeys(LISTS, same_set),
        create=create_endpoint,
        read=read_endpoint,
        update=update_endpoint,
        delete=delete_endpoint,
    ),
    Row(
        token="aws:ec2/flowLog:FlowLog",
        client="ec2",
        source="internal/service/ec2/vpc_flow_log.go",
        inputs=fields("vpcId trafficType logDestinationType logDestination iamRoleArn tags.*"),
        replaces=fields("vpcId trafficType logDestinationType logDestination iamRoleArn"),
        computed=fields("logDestination"),
        create=create_flow_log,
        read=read_flow_log,
        update=retag,
        delete=lambda ec2, flow_log, _state: ignore_missing(
            lambda: ec2.delete_flow_logs(FlowLogIds=[flow_log])
        ),
    ),
)
