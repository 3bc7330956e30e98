"""Commands of a blue/green deployment with a pause, for the fault drill."""

from typer.testing import CliRunner

from arbor.__main__ import app
from fault_cases.release import APPS, CLUSTER, push, released
from fault_wire import Wire
from faults import EVERY, Case

VERSION = "v1.2.3"
START = ("bluegreen", "start", VERSION)


def started(wire: Wire) -> None:
    """Both services pause with the version, and the command that started them has ended."""
    push(VERSION)(wire)
    done = CliRunner().invoke(app, [*START, "--yes", "--every", str(EVERY)])
    assert done.exit_code == 0, done.output


def tested(wire: Wire) -> object:
    """Running images, last deployments, pending pauses, and additions to the services."""
    ecs, ssm = wire.client("ecs"), wire.client("ssm")
    hooks, waits, statuses = {}, {}, {}
    for name in (f"arbor-production-{one}" for one in APPS):
        (service,) = ecs.describe_services(cluster=CLUSTER, services=[name])["services"]
        hooks[name] = service["deploymentConfiguration"].get("lifecycleHooks", [])
        newest = ecs.list_service_deployments(cluster=CLUSTER, service=name)["serviceDeployments"]
        (deployment,) = ecs.describe_service_deployments(
            serviceDeploymentArns=[newest[0]["serviceDeploymentArn"]]
        )["serviceDeployments"]
        statuses[name] = deployment["status"]
        waits[name] = [hook["status"] for hook in deployment["lifecycleHookDetails"]]
    kept = ssm.describe_parameters(
        ParameterFilters=[
            {"Key": "Name", "Option": "BeginsWith", "Values": ["/arbor/production/bluegreen/"]}
        ]
    )["Parameters"]
    return hooks, waits, len(kept), statuses


def ended(wire: Wire) -> object:
    """The same, with one running image for each service."""
    return tested(wire), released(wire)


CASES = (
    Case(words=START, prepare=push(VERSION), state=tested),
    Case(words=("bluegreen", "switch", "--no-url"), prepare=started, state=ended),
    Case(words=("bluegreen", "abort"), prepare=started, state=ended),
)
