"""The observation helpers of the long-life tests: served users, versions and outages."""

from dataclasses import replace

from engine.stack_file import stack_config
from engine_stack import Deployed
from served import serving

ONE_A_ZONE = 3
"""Tasks of a production service without a count in config."""


def test_a_deployed_stack_serves_the_configured_versions(pristine_production: Deployed) -> None:
    services = stack_config("production")["arbor:services"]
    assert {
        name: (one.version, one.desired, one.healthy)
        for name, one in serving(pristine_production).items()
    } == {name: (one["version"], ONE_A_ZONE, ONE_A_ZONE) for name, one in services.items()}


def test_scaling_is_observed_without_an_outage(production: Deployed) -> None:
    before = serving(production)
    production.client("ecs").update_service(
        cluster="arbor-production-cluster", service="arbor-production-backend", desiredCount=5
    )
    assert serving(production) == {
        **before,
        "backend": replace(before["backend"], desired=5, healthy=5),
    }
    assert production.unserved() == []


def test_a_service_without_tasks_is_an_outage(production: Deployed) -> None:
    assert any("/api/" in request for request in production.in_production())
    production.client("ecs").update_service(
        cluster="arbor-production-cluster", service="arbor-production-backend", desiredCount=0
    )
    outages = production.unserved()
    assert outages
    assert {outage["call"] for outage in outages} == {"ecs UpdateService"}
    assert serving(production)["backend"].version == "nothing"
