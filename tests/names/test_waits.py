"""Each time-out is longer than the one before it: load balancer, server, ECS, target group."""

import json
from typing import Any

import application
from arbor_names.waits import GRACEFUL_SECONDS
from components.load_balancer import LoadBalancer
from components.service import Service
from components.test_load_balancer import ARGS as BALANCER
from components.test_service import ARGS as SERVICE
from harness import declare, plain

FARGATE_LONGEST_STOP = 120


def idle_timeout() -> int:
    balancer = declare(lambda: LoadBalancer("lb", BALANCER)).only(
        "aws:lb/loadBalancer:LoadBalancer"
    )
    return int(balancer["idleTimeout"])


def container() -> dict[str, Any]:
    task = declare(lambda: Service("backend", SERVICE)).only(
        "aws:ecs/taskDefinition:TaskDefinition"
    )
    (found,) = json.loads(plain(task["containerDefinitions"]))
    return dict(found)


def deregistration_delays() -> list[int]:
    groups = declare(lambda: Service("backend", SERVICE)).all("aws:lb/targetGroup:TargetGroup")
    assert len(groups) == 2
    return [int(group["deregistrationDelay"]) for group in groups.values()]


def test_keep_alive_both_servers_keep_a_connection_longer_than_the_load_balancer() -> None:
    option, seconds = application.GUNICORN["GUNICORN_CMD_ARGS"].split()
    assert option == "--keep-alive"
    assert int(seconds) > idle_timeout()
    assert int(application.NEXT["KEEP_ALIVE_TIMEOUT"]) > idle_timeout() * 1000


def test_stop_gunicorn_ends_before_ecs_kills_it() -> None:
    stop = container()["stopTimeout"]
    assert GRACEFUL_SECONDS == 30, "measured on the image: cut at 30.1 s, the master gone at 30.2 s"
    assert GRACEFUL_SECONDS < stop <= FARGATE_LONGEST_STOP


def test_stop_deregistration_outlasts_both_time_outs() -> None:
    for delay in deregistration_delays():
        assert delay > container()["stopTimeout"] > GRACEFUL_SECONDS
        assert delay >= idle_timeout(), "the load balancer still waits for an answer"


def test_proxy_headers_are_trusted_because_only_the_load_balancer_connects() -> None:
    assert application.GUNICORN["FORWARDED_ALLOW_IPS"] == "*"
    declared = declare(lambda: Service("backend", SERVICE))
    port = SERVICE.container.port
    ingress = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    doors = [rule for rule in declared.all(ingress).values() if rule["fromPort"] == port]
    (door,) = doors
    assert door["referencedSecurityGroupId"] == SERVICE.load_balancer.security_group_id
    assert "cidrIpv4" not in door
