"""Checks of the capacity for a second colour: addresses, security groups, vCPUs, connections."""

import math
from collections import Counter

from arbor.ecs import connections, quota
from arbor.procedure import Refused
from arbor.release import migrate
from arbor.release.verify.snapshot import Found, Skipped, Snapshot
from arbor.words import counted
from arbor_names import limits


def subnets(snapshot: Snapshot) -> Found:
    """Free addresses for a second colour of each service, and for a migration.

    ECS spreads a service's tasks over its subnets, so each subnet needs its share.
    """
    share: Counter[str] = Counter()
    for service in snapshot.services:
        ids = service.network["awsvpcConfiguration"]["subnets"]
        for subnet in ids:
            share[subnet] += math.ceil(service.desired / len(ids))
    # A migration runs in the backend's subnets.
    share.update(snapshot.services[0].network["awsvpcConfiguration"]["subnets"])
    found = {
        subnet["SubnetId"]: subnet["AvailableIpAddressCount"]
        for subnet in snapshot.account.client("ec2").describe_subnets(
            Filters=[{"Name": "subnet-id", "Values": sorted(share)}]
        )["Subnets"]
    }
    wrong = [
        f"There is no subnet {subnet}, which the services use; run `pulumi up` of "
        f"{snapshot.account.stack}."
        if subnet not in found
        else f"Subnet {subnet} has {counted(found[subnet], 'free address', many='free addresses')};"
        f" a second colour needs up to {needed}: stop other tasks in it, or scale down first."
        for subnet, needed in sorted(share.items())
        if found.get(subnet, -1) < needed
    ]
    least = min(found.values(), default=0)
    return Found(
        f"{len(share)} subnets with at least {least} free addresses, {max(share.values())} needed",
        tuple(wrong),
    )


def security_groups(snapshot: Snapshot) -> Found:
    """The security groups of the services and of the migrations exist."""
    ids = {
        group
        for service in snapshot.services
        for group in service.network["awsvpcConfiguration"].get("securityGroups", [])
    }
    found = snapshot.account.client("ec2").describe_security_groups(
        Filters=[{"Name": "group-id", "Values": sorted(ids)}]
    )["SecurityGroups"]
    wrong = [
        f"There is no security group {group}, which a service uses; run `pulumi up` of "
        f"{snapshot.account.stack}."
        for group in sorted(ids - {group["GroupId"] for group in found})
    ]
    try:
        ids.add(migrate.security_group(snapshot.account))
    except Refused as refused:
        wrong.append(str(refused))
    return Found(f"{len(ids)} exist", tuple(wrong))


def quotas(snapshot: Snapshot) -> Found:
    """The vCPUs of all services, the largest one's second colour and a migration are in quota."""
    running = [
        quota.vcpus(snapshot.planned[service.app].content, service.desired)
        for service in snapshot.services
    ]
    needed = sum(running) + max(running) + quota.vcpus(snapshot.planned["migrations"].content, 1)
    allowed = quota.applied(snapshot.account)
    if allowed is None:
        raise Skipped(
            f"the account's quota of Fargate vCPUs ({limits.FARGATE_VCPUS[1]}) is unknown; "
            f"{needed:g} are needed"
        )
    what = f"{needed:g} of {allowed:g} Fargate vCPUs needed, without the account's other tasks"
    if needed <= allowed:
        return Found(what)
    return Found(what, (quota.sentence("A deployment", needed, allowed, "scale down first"),))


def database_connections(snapshot: Snapshot) -> Found:
    """The database's class allows the connections of all services and a second colour."""
    deployed = [(service, snapshot.planned[service.app].content) for service in snapshot.services]
    added = max(s.desired * connections.of(content).connections for s, content in deployed)
    needed = connections.running(snapshot.services) + added
    allowed = connections.applied(snapshot.account)
    if allowed is None:
        raise Skipped(
            f"the connection limit of {snapshot.account.stack}'s database is unknown; {needed} are "
            "needed"
        )
    what = f"{needed} of {allowed.connections} database connections needed in both colours"
    if needed > allowed.connections:
        what += "; fewer than now after the deployment"
    return Found(what, tuple(connections.exceeded(snapshot.account, "A deployment", deployed)))
