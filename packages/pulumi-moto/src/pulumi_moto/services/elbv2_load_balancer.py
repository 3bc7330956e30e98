"""Load balancers and listeners."""

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.services.elbv2_actions import (
    actions_from_aws,
    actions_to_aws,
    retag,
    same_actions,
    tags_of,
)
from pulumi_moto.services.equivalence import same_text
from pulumi_moto.services.missing import deleting, first
from pulumi_moto.shapes import Members, same_set, tag_list, without_empty

LONGEST_NAME = 32
ATTRIBUTES = {
    "idleTimeout": "idle_timeout.timeout_seconds",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "enableDeletionProtection": "deletion_protection.enabled",
    "enableHttp2": "routing.http2.enabled",
    "desyncMitigationMode": "routing.http.desync_mitigation_mode",
    "enableZonalShift": "zonal_shift.config.enabled",
}
ACCESS_LOGS = {
    "enabled": "access_logs.s3.enabled",
    "bucket": "access_logs.s3.bucket",
    "prefix": "access_logs.s3.prefix",
}


def create(elb: Client, props: Props) -> str:
    made = elb.create_load_balancer(
        Name=props["name"],
        Subnets=props["subnets"],
        SecurityGroups=props.get("securityGroups", []),
        Scheme="internal" if props.get("internal") else "internet-facing",
        Type=props.get("loadBalancerType", "application"),
        IpAddressType=props.get("ipAddressType", "ipv4"),
        Tags=tag_list(props.get("tags")),
    )
    arn = str(made["LoadBalancers"][0]["LoadBalancerArn"])
    _set_attributes(elb, arn, props)
    return arn


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _set_attributes(elb: Client, arn: str, props: Props) -> None:
    wanted = {aws: props[name] for name, aws in ATTRIBUTES.items() if name in props}
    logs = props.get("accessLogs") or {}
    wanted |= {aws: logs[name] for name, aws in ACCESS_LOGS.items() if name in logs}
    attributes = [{"Key": key, "Value": _text(value)} for key, value in wanted.items()]
    if attributes:
        elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)


def read(elb: Client, arn: str) -> State | None:
    found = first(elb.describe_load_balancers, "LoadBalancers", LoadBalancerArns=[arn])
    if found is None:
        return None
    listed = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    attributes = {one["Key"]: one["Value"] for one in listed}

    def is_on(name: str) -> bool:
        return bool(attributes.get(name, "false") == "true")

    return {
        "name": found["LoadBalancerName"],
        "subnets": [zone["SubnetId"] for zone in found["AvailabilityZones"]],
        "securityGroups": found["SecurityGroups"],
        "internal": found["Scheme"] == "internal",
        "loadBalancerType": found["Type"],
        "ipAddressType": found["IpAddressType"],
        "enableHttp2": attributes.get(ATTRIBUTES["enableHttp2"], "true") == "true",
        "desyncMitigationMode": attributes.get(ATTRIBUTES["desyncMitigationMode"], "defensive"),
        "idleTimeout": int(attributes.get(ATTRIBUTES["idleTimeout"], 60)),
        "dropInvalidHeaderFields": is_on(ATTRIBUTES["dropInvalidHeaderFields"]),
        "enableDeletionProtection": is_on(ATTRIBUTES["enableDeletionProtection"]),
        "enableZonalShift": is_on(ATTRIBUTES["enableZonalShift"]),
        "accessLogs": {
            "enabled": is_on(ACCESS_LOGS["enabled"]),
            "bucket": attributes.get(ACCESS_LOGS["bucket"], ""),
            **({"prefix": prefix} if (prefix := attributes.get(ACCESS_LOGS["prefix"])) else {}),
        },
        "tags": tags_of(elb, arn),
        "arn": arn,
        "arnSuffix": arn.split(":loadbalancer/")[1],
        "dnsName": found["DNSName"],
        "zoneId": found["CanonicalHostedZoneId"],
        "vpcId": found["VpcId"],
    }


def update(elb: Client, arn: str, change: Change) -> None:
    if "subnets" in change.keys:
        elb.set_subnets(LoadBalancerArn=arn, Subnets=change.new["subnets"])
    if "securityGroups" in change.keys:
        elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=change.new["securityGroups"])
    if "ipAddressType" in change.keys:
        elb.set_ip_address_type(LoadBalancerArn=arn, IpAddressType=change.new["ipAddressType"])
    _set_attributes(elb, arn, change.new)
    retag(elb, arn, change)


def same_logs(old: Props, new: Props) -> bool:
    """Ignore differences while access logs are disabled."""
    return not old.get("enabled") and not new.get("enabled")


def create_listener(elb: Client, props: Props) -> str:
    made = elb.create_listener(
        LoadBalancerArn=props["loadBalancerArn"],
        Tags=tag_list(props.get("tags")),
        **_listener(props),
    )
    return str(made["Listeners"][0]["ListenerArn"])


def _listener(props: Props) -> Members:
    certificate = props.get("certificateArn")
    return without_empty(
        {
            "Port": int(props["port"]),
            "Protocol": props["protocol"],
            "SslPolicy": props.get("sslPolicy"),
            "Certificates": [{"CertificateArn": certificate}] if certificate else None,
            "DefaultActions": actions_to_aws(props["defaultActions"]),
        }
    )


def read_listener(elb: Client, arn: str) -> State | None:
    found = first(elb.describe_listeners, "Listeners", ListenerArns=[arn])
    if found is None:
        return None
    certificates = found.get("Certificates") or [{}]
    return {
        "loadBalancerArn": found["LoadBalancerArn"],
        "port": found["Port"],
        "protocol": found["Protocol"],
        "sslPolicy": found.get("SslPolicy", "") if found["Protocol"] == "HTTPS" else "",
        "certificateArn": certificates[0].get("CertificateArn", ""),
        "defaultActions": actions_from_aws(found["DefaultActions"]),
        "tags": tags_of(elb, arn),
        "arn": arn,
    }


def update_listener(elb: Client, arn: str, change: Change) -> None:
    if change.keys - {"tags"}:
        elb.modify_listener(ListenerArn=arn, **_listener(change.new))
    retag(elb, arn, change)


ROWS = (
    Row(
        token="aws:lb/loadBalancer:LoadBalancer",
        client="elbv2",
        source="internal/service/elbv2/load_balancer.go",
        inputs=fields("name subnets securityGroups internal loadBalancerType ipAddressType tags.*")
        | {*ATTRIBUTES, *(f"accessLogs.{key}" for key in ACCESS_LOGS)},
        outputs=fields("arn arnSuffix dnsName zoneId vpcId"),
        replaces=fields("name internal loadBalancerType"),
        computed=fields("accessLogs internal ipAddressType name securityGroups subnets"),
        same={"subnets": same_set, "securityGroups": same_set, "accessLogs": same_logs},
        autoname=Autoname(longest=LONGEST_NAME),
        create=create,
        read=read,
        update=update,
        delete=deleting("delete_load_balancer", "LoadBalancerArn"),
    ),
    Row(
        token="aws:lb/listener:Listener",
        client="elbv2",
        source="internal/service/elbv2/listener.go",
        inputs=fields(
            "loadBalancerArn port protocol sslPolicy certificateArn defaultActions.* tags.*"
        ),
        outputs=fields("arn"),
        replaces=fields("loadBalancerArn"),
        computed=fields("protocol sslPolicy"),
        same={"protocol": same_text, "defaultActions": same_actions},
        create=create_listener,
        read=read_listener,
        update=update_listener,
        delete=deleting("delete_listener", "ListenerArn"),
    ),
)
