"""An outage of a request in production is recorded with the call that caused it."""

from typing import Any

import pytest

from ecs_world import CLUSTER, SERVICE, World, forward
from pulumi_moto.clock import CLOCK
from pulumi_moto.observer import Observer, call_of

NOT_FOUND = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
USERS, TESTERS = "example/observed at port 80", "green.example/observed at port 80"


@pytest.fixture
def observer(world: World) -> Observer:
    """Of a service that is up, with nothing seen yet."""
    made = Observer()
    made.observe("before")
    assert made.production() == []
    world.deployed()
    made.observe("up")
    assert made.outages() == []
    return made


def seen(observer: Observer, call: str = "now") -> list[tuple[str, str]]:
    """Host and reason of each outage, without the ids of rules and groups."""
    observer.observe(call)
    return [(one["host"], one["reason"].split(" on ")[0]) for one in observer.outages()]


@pytest.mark.usefixtures("world")
def test_a_request_without_a_healthy_target_is_not_in_production() -> None:
    observer = Observer()
    assert seen(observer) == []
    assert observer.production() == []


def test_a_service_that_is_up_is_in_production_for_users_and_for_testers(
    observer: Observer,
) -> None:
    assert observer.production() == [USERS, TESTERS]


def test_a_deployment_and_its_rollback_serve_all_the_while(
    world: World, observer: Observer
) -> None:
    world.release()
    for _ in range(200):
        CLOCK.advance(10)
        world.newest()
        observer.observe("waiting")
    world.release()
    CLOCK.advance(30)
    world.roll_back()
    for _ in range(200):
        CLOCK.advance(10)
        world.newest()
        observer.observe("waiting")
    assert world.history()[1] == "SUCCESSFUL"
    assert observer.outages() == []


def test_a_weight_on_an_empty_group_is_an_outage_until_it_is_taken_back(
    world: World, observer: Observer
) -> None:
    live = world.serving(world.production)
    (empty,) = {world.blue, world.green} - {live}
    for live_weight, weight in ((0, 100), (90, 10)):
        observer.reset()
        world.point(world.production, (live, live_weight), (empty, weight))
        observer.observe("ModifyRule")
        observer.observe("another")
        world.point(world.production, (live, 100), (empty, 0))
        observer.observe("ModifyRule back")
        assert observer.outages() == [
            {
                "call": "ModifyRule",
                "calls": 2,
                "host": "example",
                "path": "/observed",
                "port": 80,
                "rule": world.production,
                "reason": f"weight {weight} is on {empty}, which has no healthy target",
            }
        ]


def test_a_recurring_outage_is_a_new_one(world: World, observer: Observer) -> None:
    for _ in range(2):
        world.update(desiredCount=0)
        observer.observe("to zero")
        world.update(desiredCount=1)
        observer.observe("to one")
    assert [one["call"] for one in observer.outages()] == ["to zero"] * 4  # for both hosts


def test_the_default_rule_gets_the_requests_of_a_deleted_rule(
    world: World, observer: Observer
) -> None:
    world.elb.delete_rule(RuleArn=world.production)
    assert seen(observer) == [("example", "the rule's action is fixed-response")]


def test_a_rule_in_front_that_answers_by_itself_is_an_outage(
    world: World, observer: Observer
) -> None:
    world.elb.create_rule(
        ListenerArn=listener(world)["ListenerArn"],
        Priority=5,
        Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
        Actions=[NOT_FOUND],
    )
    assert seen(observer) == [
        ("example", "the rule's action is fixed-response"),
        ("green.example", "the rule's action is fixed-response"),
    ]


def test_a_rule_that_another_replaces_without_a_gap_is_no_outage(
    world: World, observer: Observer
) -> None:
    world.elb.create_rule(
        ListenerArn=listener(world)["ListenerArn"],
        Priority=30,
        Conditions=[{"Field": "host-header", "Values": ["EXAMPLE"]}],
        Actions=[forward((world.serving(world.production), 1))],
    )
    world.elb.delete_rule(RuleArn=world.production)
    assert seen(observer) == []


def test_a_listener_and_a_default_action_count_too(world: World, observer: Observer) -> None:
    arn = listener(world)["ListenerArn"]
    world.elb.modify_listener(
        ListenerArn=arn, DefaultActions=[forward((world.serving(world.production), 1))]
    )
    assert seen(observer) == []
    assert "observed/observed at port 80" in observer.production()
    world.elb.modify_listener(ListenerArn=arn, DefaultActions=[NOT_FOUND])
    assert seen(observer) == [("observed", "the rule's action is fixed-response")]
    observer.reset()
    world.elb.delete_listener(ListenerArn=arn)
    assert {reason.split(" of ")[0] for _, reason in seen(observer)} == {
        "nothing listens at port 80"
    }


def test_a_copy_has_the_requests_in_production_and_its_own_outages(
    world: World, observer: Observer
) -> None:
    world.update(desiredCount=0)
    observer.observe("now")
    copy = observer.copy()
    assert copy.production() == [USERS, TESTERS]
    assert copy.outages() == []
    assert len(seen(copy)) == 2


def test_a_stopped_task_is_no_outage_while_another_runs(world: World, observer: Observer) -> None:
    first, *_ = world.tasks(serviceName=SERVICE)
    world.ecs.stop_task(cluster=CLUSTER, task=first["taskArn"])
    world.newest()
    assert seen(observer) == []


SIGNED = "AWS4-HMAC-SHA256 Credential=testing/20261127/us-east-1/{}/aws4_request, Signature=0"


@pytest.mark.parametrize(
    ("environ", "body", "name"),
    [
        (
            {"HTTP_X_AMZ_TARGET": "AmazonEC2ContainerServiceV20141113.UpdateService"},
            b"{}",
            "ecs UpdateService",
        ),
        ({}, b"Version=2015-12-01&Action=ModifyRule", "ecs ModifyRule"),
        ({"REQUEST_METHOD": "PUT", "PATH_INFO": "/bucket"}, b"", "ecs PUT /bucket"),
    ],
)
def test_a_call_has_a_name_in_every_protocol(
    environ: dict[str, Any], body: bytes, name: str
) -> None:
    assert call_of({"HTTP_AUTHORIZATION": SIGNED.format("ecs"), **environ}, body) == name


def listener(world: World) -> dict[str, Any]:
    (balancer,) = world.elb.describe_load_balancers()["LoadBalancers"]
    (found,) = world.elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])[
        "Listeners"
    ]
    return dict(found)
