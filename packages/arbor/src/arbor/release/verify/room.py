"""Whether there is room for a second colour: addresses, security groups, vCPUs, connections."""

import math
from collections import Counter

from arbor.ecs import connections, quota
from arbor.procedure import Refused
from arbor.release import migrate
from arbor.release.verify.snapshot import Found, Skipped, Snapshot
from arbor_names import limits


def subnets(snapshot: Snapshot) -> Found:
    """The running colour has its addresses; a deployment needs as many again, and a migration one.

    ECS spreads tasks over the subnets of a service, so that each of them needs its share.
    """
    share: Counter[str] = Counter()
    for service in snapshot.services:
        ids = service.network["awsvpcConfiguration"]["subnets"]
        for subnet in ids:
            share[subnet] += math.ceil(service.desired / len(ids))
    # A migration runs where the backend does.
    share.update(snapshot.services[0].network["awsvpcConfiguration"]["subnets"])
    found = {
        subnet["SubnetId"]: subnet["AvailableIpAddressCount"]
        for subnet in snapshot.account.client("ec2").describe_subnets(
            Filters=[{"Name": "subnet-id", "Values": sorted(share)}]
        )["Subnets"]
    }
    wrong = [
        f"There is no subnet {subnet}, in which the services are to run: `pulumi up` of "
        f"{snapshot.account.stack}."
        if subnet not in found
        else f"Subnet {subnet} has {found[subnet]} free addresses, and a second colour takes up to "
        f"{needed} of them: stop what else runs there, or scale down first."
        for subnet, needed in sorted(share.items())
        if found.get(subnet, -1) < needed
    ]
    least = min(found.values(), default=0)
    return Found(
        f"{len(share)} subnets with {least} free addresses or more, {max(share.values())} needed",
        tuple(wrong),
    )


def security_groups(snapshot: Snapshot) -> Found:
    """Those of the services, and the one of the migrations."""
    ids = {
        group
        for service in snapshot.services
        for group in service.network["awsvpcConfiguration"].get("securityGroups", [])
    }
    found = snapshot.account.client("ec2").describe_security_groups(
        Filters=[{"Name": "group-id", "Values": sorted(ids)}]
    )["SecurityGroups"]
    wrong = [
        f"There is no security group {group}, in which a service is to run: `pulumi up` of "
        f"{snapshot.account.stack}."
        for group in sorted(ids - {group["GroupId"] for group in found})
    ]
    try:
        ids.add(migrate.security_group(snapshot.account))
    except Refused as refused:
        wrong.append(str(refused))
    return Found(f"{len(ids)} are there", tuple(wrong))


def quotas(snapshot: Snapshot) -> Found:
    """The vCPUs of all services, the largest one's second colour, and a migration."""
    running = [
        quota.vcpus(snapshot.planned[service.app].content, service.desired)
        for service in snapshot.services
    ]
    needed = sum(running) + max(running) + quota.vcpus(snapshot.planned["migrations"].content, 1)
    allowed = quota.applied(snapshot.account)
    if allowed is None:
        raise Skipped(
            f"this account does not tell its quota of Fargate vCPUs ({limits.FARGATE_VCPUS[1]}); "
            f"{needed:g} are needed"
        )
    what = f"{needed:g} of {allowed:g} Fargate vCPUs needed, without what else the account runs"
    if needed <= allowed:
        return Found(what)
    return Found(what, (quota.sentence("A deployment", needed, allowed, "scale down first"),))


def database_connections(snapshot: Snapshot) -> Found:
    """Connections of all services and a second colour, against the database's present class."""
    brought = [(service, snapshot.planned[service.app].content) for service in snapshot.services]
    added = max(s.desired * connections.of(content).connections for s, content in brought)
    needed = connections.running(snapshot.services) + added
    allowed = connections.applied(snapshot.account)
    if allowed is None:
        raise Skipped(
            f"how many connections the database of {snapshot.account.stack} allows is not known; "
            f"{needed} are needed"
        )
    what = f"{needed} of {allowed.connections} database connections needed in both colours"
    if needed > allowed.connections:
        what += "; after the deployment fewer than now"
    return Found(what, tuple(connections.exceeded(snapshot.account, "A deployment", brought)))
