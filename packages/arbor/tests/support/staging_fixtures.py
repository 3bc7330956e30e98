"""An emulated account with staging as `pulumi up` leaves it.

The clock stands still except while a procedure waits: each of its pauses is a minute of the
account.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from arbor.account import Account
from arbor.procedure import Run
from ecs_world import HOUR, LINKED, MANAGES, client, forward
from emulated_account import create_network, emulated
from pulumi_moto.clock import CLOCK
from saved_state import saved

STACK, CLUSTER, DOMAIN = "staging", "arbor-staging-cluster", "staging.example.com"
BACKEND, FRONTEND, MIGRATIONS = (
    f"arbor-staging-{a}" for a in ("backend", "frontend", "migrations")
)
OLD, NEW = "v1.0.0", "v1.1.0"
APPS = ("backend", "frontend")
ADMIN = "admin"
"""A third service: an entry of `arbor:services` with paths of its own."""
PORTS = {"backend": 8000, "frontend": 3000, ADMIN: 9000}
HEALTH_PATHS = {"backend": "/api/v1/health", "frontend": "/", ADMIN: "/admin/health"}
PATHS = {ADMIN: "/admin/*"}
ALARM = "{}-5xx"
HEALTHY = json.dumps({"status": "healthy"})


INDEX = "application/vnd.oci.image.index.v1+json"


def tags(component: str) -> dict[str, str]:
    """The tags that the program sets (config/settings.py)."""
    return {
        "Project": "arbor",
        "Stack": STACK,
        "Environment": "staging",
        "Component": component,
        "ManagedBy": "pulumi",
    }


def push(app: str, version: str, *architectures: str) -> None:
    """Push an index with an image for each architecture, by default for the tasks' own."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            {
                "digest": f"sha256:{app}{version}{architecture}",
                "platform": {"os": "linux", "architecture": architecture},
            }
            for architecture in architectures or ("amd64",)
        ],
    }
    client("ecr").put_image(
        repositoryName=app,
        imageTag=version,
        imageManifest=json.dumps(manifest),
        imageManifestMediaType=INDEX,
    )


def register(app: str, image: str, **changes: Any) -> str:
    """Register a revision as infrastructure does; returns its ARN."""
    service = app in PORTS
    secret = client("secretsmanager").describe_secret(SecretId=f"arbor/{STACK}/db")["ARN"]
    container = {
        "name": app if service else "backend",
        "image": image,
        "environment": [{"name": "ENVIRONMENT", "value": "staging"}, {"name": "A", "value": "1"}],
        "secrets": [{"name": "POSTGRES_PASSWORD", "valueFrom": f"{secret}:password::"}],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": f"/ecs/arbor-{STACK}/{app}",
                "awslogs-region": "us-east-1",
                "awslogs-stream-prefix": app,
            },
        },
        **({"portMappings": [{"containerPort": PORTS[app]}]} if service else {}),
        **changes,
    }
    made = client("ecs").register_task_definition(
        family=f"arbor-{STACK}-{app}",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="512",
        memory="1024",
        containerDefinitions=[container],
        tags=[{"key": key, "value": value} for key, value in tags(app).items()],
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


@dataclass
class Staging:
    """Staging, and a procedure's output."""

    repositories: dict[str, str]
    """URL by application."""
    subnets: list[str]
    security_groups: dict[str, str]
    rules: dict[str, str]
    """The production rule of each application."""
    output: list[str] = field(default_factory=list)

    @property
    def account(self) -> Account:
        return Account(stack=STACK, client=client)

    def run(self, *, dry_run: bool = False) -> Run:
        return Run(say=self.output.append, dry_run=dry_run, every=60, sleep=CLOCK.advance)

    def printed(self, text: str) -> bool:
        return any(text in line for line in self.output)

    def infrastructure(self, app: str, version: str = OLD, **changes: Any) -> str:
        """Register a revision as `pulumi up` does, without a deployment."""
        repository = self.repositories["backend" if app == "migrations" else app]
        return register(app, f"{repository}:{version}", **changes)

    def service(self, name: str) -> dict[str, Any]:
        return dict(
            client("ecs").describe_services(cluster=CLUSTER, services=[name])["services"][0]
        )

    def image(self, name: str) -> str:
        """The tag of a service's live image."""
        image = str(self.definition(self.service(name)["taskDefinition"])["image"])
        return image.rsplit(":", 1)[-1]

    def definition(self, arn: str) -> dict[str, Any]:
        found = client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
        return dict(found["containerDefinitions"][0])

    def revisions(self, family: str) -> list[str]:
        found = client("ecs").list_task_definitions(familyPrefix=family, sort="DESC")
        return list(found["taskDefinitionArns"])

    def deployments(self, name: str) -> list[dict[str, Any]]:
        """Deployments, the newest first."""
        found = client("ecs").list_service_deployments(cluster=CLUSTER, service=name)
        return list(found["serviceDeployments"])

    def history(self, name: str) -> list[str]:
        return [deployment["status"] for deployment in self.deployments(name)]

    def migrations(self) -> list[dict[str, Any]]:
        """The stopped tasks of migrations."""
        ecs = client("ecs")
        arns = ecs.list_tasks(cluster=CLUSTER, family=MIGRATIONS, desiredStatus="STOPPED")
        tasks = arns["taskArns"]
        return list(ecs.describe_tasks(cluster=CLUSTER, tasks=tasks)["tasks"]) if tasks else []

    def writes(self) -> tuple[object, ...]:
        """The state that a release changes."""
        families = (BACKEND, FRONTEND, MIGRATIONS)
        return (
            [self.revisions(family) for family in families],
            [self.deployments(name) for name in (BACKEND, FRONTEND)],
            len(self.migrations()),
        )

    def ring(self, app: str) -> None:
        """Set the application's deployment alarm to ALARM."""
        client("cloudwatch").set_alarm_state(
            AlarmName=ALARM.format(app), StateValue="ALARM", StateReason="a drill"
        )

    def pause(self, name: str) -> None:
        """Add a pause to the service's deployments."""
        hook = {
            "targetType": "PAUSE",
            "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"],
            "timeoutConfiguration": {"timeoutInMinutes": 60, "action": "ROLLBACK"},
        }
        strategy = {**self.service(name)["deploymentConfiguration"], "lifecycleHooks": [hook]}
        client("ecs").update_service(
            cluster=CLUSTER, service=name, deploymentConfiguration=strategy
        )

    def finish(self) -> None:
        CLOCK.advance(HOUR)


def answers(address: str) -> tuple[int, str]:
    """Responses of healthy public URLs and stores."""
    api = f"https://{DOMAIN}/api/v1/health"
    assert address in {api, f"{api}/detailed", f"https://{DOMAIN}/"}
    return 200, HEALTHY if address.startswith(api) else "<html>"


@contextmanager
@saved
def staging(apps: Sequence[str] = APPS, **orders: int) -> Iterator[Staging]:
    """A fresh account whose services run the old version; the new one is pushed.

    `orders` has the `releaseOrder` of services.
    """
    with emulated():
        made = _network(apps)
        listener, groups, rules = _balancer(made.pop("vpc"), made["subnets"], apps)
        repositories = _stores(apps)
        found = Staging(repositories=repositories, rules=rules, **made)
        client("ecs").create_cluster(clusterName=CLUSTER)
        role = client("iam").create_role(
            RoleName="infrastructure", AssumeRolePolicyDocument=json.dumps(LINKED)
        )["Role"]["Arn"]
        client("iam").put_role_policy(
            RoleName="infrastructure", PolicyName="elb", PolicyDocument=json.dumps(MANAGES)
        )
        for app in apps:
            found.infrastructure(app)
            blue, green, test = groups[app]
            order = {"ReleaseOrder": str(orders[app])} if app in orders else {}
            _service(found, app, blue, green, test, role, tags(app) | order)
        found.infrastructure("migrations", command=["alembic", "upgrade", "head"])
        assert listener
        found.finish()
        yield found


def _network(apps: Sequence[str]) -> dict[str, Any]:
    ec2 = client("ec2")
    vpc, subnets = create_network()
    private = {**tags("network"), "SubnetType": "Private"}
    ec2.create_tags(
        Resources=subnets, Tags=[{"Key": key, "Value": value} for key, value in private.items()]
    )
    security_groups = {}
    for app in (*apps, "migrations"):
        made = ec2.create_security_group(GroupName=f"{app}-5f3a", Description="Tasks", VpcId=vpc)
        security_groups[app] = made["GroupId"]
        pairs = [{"Key": key, "Value": value} for key, value in tags(app).items()]
        ec2.create_tags(Resources=[made["GroupId"]], Tags=pairs)
    return {"vpc": vpc, "subnets": subnets, "security_groups": security_groups}


def _balancer(
    vpc: str, subnets: list[str], apps: Sequence[str]
) -> tuple[str, dict[str, tuple[str, str, str]], dict[str, str]]:
    elb = client("elbv2")
    balancer = elb.create_load_balancer(Name="lb", Subnets=subnets)["LoadBalancers"][0]
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    groups, rules = {}, {}
    for turn, app in enumerate(apps):
        blue, green = (
            elb.create_target_group(
                Name=f"{app}-{colour}",
                Port=PORTS[app],
                Protocol="HTTP",
                VpcId=vpc,
                TargetType="ip",
                HealthCheckPath=HEALTH_PATHS[app],
                Tags=[{"Key": key, "Value": value} for key, value in tags(app).items()],
            )["TargetGroups"][0]["TargetGroupArn"]
            for colour in ("blue", "green")
        )
        test, rules[app] = (
            elb.create_rule(
                ListenerArn=listener,
                Priority=priority + turn,
                Conditions=_conditions(app, host),
                Actions=[forward((blue, 100), (green, 0))],
            )["Rules"][0]["RuleArn"]
            for priority, host in ((10, f"green.{DOMAIN}"), (20, DOMAIN))
        )
        groups[app] = (blue, green, test)
    return listener, groups, rules


def _conditions(app: str, host: str) -> list[dict[str, Any]]:
    of_host = {"Field": "host-header", "HostHeaderConfig": {"Values": [host]}}
    if app not in PATHS:
        return [of_host]
    return [of_host, {"Field": "path-pattern", "PathPatternConfig": {"Values": [PATHS[app]]}}]


def _stores(apps: Sequence[str]) -> dict[str, str]:
    """Secrets, log groups and repositories."""
    client("secretsmanager").create_secret(Name=f"arbor/{STACK}/db", SecretString="{}")
    repositories = {}
    for app in (*apps, "migrations"):
        client("logs").create_log_group(logGroupName=f"/ecs/arbor-{STACK}/{app}")
    for app in apps:
        made = client("ecr").create_repository(repositoryName=app)["repository"]
        repositories[app] = made["repositoryUri"]
        push(app, OLD)
        push(app, NEW)
    return repositories


def _service(
    staging: Staging, app: str, blue: str, green: str, test: str, role: str, tagged: dict[str, str]
) -> None:
    client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM.format(app),
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="m",
        Namespace="n",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    client("ecs").create_service(
        cluster=CLUSTER,
        serviceName=f"arbor-{STACK}-{app}",
        taskDefinition=f"arbor-{STACK}-{app}",
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": staging.subnets,
                "securityGroups": [staging.security_groups[app]],
            }
        },
        loadBalancers=[
            {
                "targetGroupArn": blue,
                "containerName": app,
                "containerPort": PORTS[app],
                "advancedConfiguration": {
                    "alternateTargetGroupArn": green,
                    "productionListenerRule": staging.rules[app],
                    "testListenerRule": test,
                    "roleArn": role,
                },
            }
        ],
        tags=[{"key": key, "value": value} for key, value in tagged.items()],
        deploymentConfiguration={
            "strategy": "BLUE_GREEN",
            "bakeTimeInMinutes": 5,
            "alarms": {"alarmNames": [ALARM.format(app)], "enable": True, "rollback": True},
        },
    )
