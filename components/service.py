"""A service behind the load balancer: Task, BlueGreen, DeploymentAlarms, Service, Autoscaling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from arbor_names import naming
from components.autoscaling import Autoscaling, AutoscalingArgs
from components.blue_green import BlueGreen, BlueGreenArgs
from components.deployment_alarms import DeploymentAlarms, DeploymentAlarmsArgs
from components.security_rules import allow
from components.task import Egress, Task, TaskArgs, TaskEnvironment
from components.task_definition import Container

TimeoutArgs = aws.ecs.ServiceDeploymentConfigurationLifecycleHookTimeoutConfigurationArgs
STARTING_MINUTES = 30
"""Pulumi's time-out for a deployment, in addition to its bake time."""
GRACE_SECONDS = 60
"""Time to start before a failed health check counts.

Measured: the backend responds after 27 s with 4 workers on half a vCPU, more than config allows."""


@dataclass(frozen=True, kw_only=True)
class LoadBalancerTarget:
    """The load balancer's listener and hosts, for its services."""

    listener_arn: pulumi.Input[str]
    security_group_id: pulumi.Input[str]
    arn_suffix: pulumi.Input[str]
    production_host: str
    test_host: str


@dataclass(frozen=True, kw_only=True)
class PauseHook:
    """Pauses a deployment after the test traffic shift; it rolls back after the time-out."""

    timeout_minutes: int


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Task counts, and the targets of autoscaling."""

    count: int
    """Initial desired count; autoscaling and operators own it afterwards."""
    min_count: int
    max_count: int
    cpu_percent: int
    memory_percent: int
    requests_per_target: int

    def __post_init__(self) -> None:
        if not self.min_count <= self.count <= self.max_count:
            raise ValueError(
                f"scaling: count must be {self.min_count}-{self.max_count}, got {self.count}"
            )


@dataclass(frozen=True, kw_only=True)
class ServiceArgs:
    """One application: its container, listener rules and egress."""

    service_name: str
    """Also the family of its task definitions."""
    container: Container
    cpu: int
    memory: int
    task_environment: TaskEnvironment
    load_balancer: LoadBalancerTarget
    path_patterns: tuple[str, ...]
    priority: int
    previous_port: int | None = None
    """Port of the running version while `container.port` is the next version's."""
    health_check_path: str
    scaling: Scaling
    capacity: Sequence[tuple[str, int, int]]
    """Capacity provider, weight and base."""
    log_group_arn: pulumi.Input[str]
    repository_arn: pulumi.Input[str] | None = None
    secret_arns: Sequence[pulumi.Input[str]] = ()
    egress: Mapping[str, Egress] = field(default_factory=dict)
    bake_minutes: int
    """Minutes in which the old revision keeps running after the traffic shift."""
    pause: PauseHook | None = None
    release_order: int | None = None
    """A release deploys lower numbers first; None follows all of them, by name."""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.container.port is None:
            raise ValueError(f"{self.service_name}: container must have a port")


class Service(pulumi.ComponentResource):
    """An ECS service in two or more zones with blue/green deployments.

    Releases, rollbacks and scaling own `task_definition` and `desired_count`; Pulumi ignores their
    changes.
    """

    service_name: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    task_definition_arn: pulumi.Output[str]
    """The revision registered by this program, from which a release derives its own."""
    blue_target_group_arn: pulumi.Output[str]
    green_target_group_arn: pulumi.Output[str]
    production_rule_arn: pulumi.Output[str]
    test_rule_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("arbor:compute:Service", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        assert args.container.port is not None

        task = self._task()
        # A change of port opens the new port before the old one closes.
        first = args.previous_port or args.container.port
        ingress = [
            rule
            for port in dict.fromkeys((first, args.container.port))
            for rule in allow(
                f"{name}-door-{port}",
                port=port,
                source=args.load_balancer.security_group_id,
                target=task.security_group_id,
                parent=self,
                tags=args.tags,
                former_name=f"{name}-door" if port == first else None,
            )
        ]
        colours = BlueGreen(
            name,
            BlueGreenArgs(
                vpc_id=args.task_environment.vpc_id,
                listener_arn=args.load_balancer.listener_arn,
                port=args.container.port,
                health_check_path=args.health_check_path,
                production_host=args.load_balancer.production_host,
                test_host=args.load_balancer.test_host,
                path_patterns=args.path_patterns,
                priority=args.priority,
                roles=args.task_environment.roles,
                tags=args.tags,
            ),
            opts=self._child,
        )
        alarms = DeploymentAlarms(
            f"{name}-alarms",
            DeploymentAlarmsArgs(
                load_balancer_suffix=args.load_balancer.arn_suffix,
                blue_suffix=colours.blue.arn_suffix,
                green_suffix=colours.green.arn_suffix,
                tags=args.tags,
            ),
            opts=self._child,
        )
        service = self._service(task, colours, alarms, [*ingress, *task.ready, *colours.ready])
        Autoscaling(
            f"{name}-scaling",
            AutoscalingArgs(
                cluster_name=args.task_environment.cluster_name,
                service_name=service.name,
                min_count=args.scaling.min_count,
                max_count=args.scaling.max_count,
                cpu_percent=args.scaling.cpu_percent,
                memory_percent=args.scaling.memory_percent,
                requests_per_target=args.scaling.requests_per_target,
                load_balancer_suffix=args.load_balancer.arn_suffix,
                blue_suffix=colours.blue.arn_suffix,
                green_suffix=colours.green.arn_suffix,
                tags=args.tags,
            ),
            opts=self._child,
        )

        self.service_name = service.name
        self.security_group_id = task.security_group_id
        self.task_definition_arn = task.arn
        self.blue_target_group_arn = colours.blue.arn
        self.green_target_group_arn = colours.green.arn
        self.production_rule_arn = colours.production_rule_arn
        self.test_rule_arn = colours.test_rule_arn
        self.register_outputs({"service_name": self.service_name})

    def _task(self) -> Task:
        args = self._args
        return Task(
            f"{self._name}-task",
            TaskArgs(
                family=args.service_name,
                cpu=args.cpu,
                memory=args.memory,
                container=args.container,
                task_environment=args.task_environment,
                log_group_arn=args.log_group_arn,
                repository_arn=args.repository_arn,
                secret_arns=args.secret_arns,
                egress=args.egress,
                tags=args.tags,
            ),
            opts=self._child,
        )

    def _service(
        self, task: Task, colours: BlueGreen, alarms: DeploymentAlarms, ready: list[pulumi.Resource]
    ) -> aws.ecs.Service:
        args = self._args
        wait = f"{STARTING_MINUTES + args.bake_minutes}m"
        return aws.ecs.Service(
            f"{self._name}-service",
            name=args.service_name,
            cluster=args.task_environment.cluster_arn,
            task_definition=task.arn,
            desired_count=args.scaling.count,
            capacity_provider_strategies=[
                aws.ecs.ServiceCapacityProviderStrategyArgs(
                    capacity_provider=provider, weight=weight, base=base
                )
                for provider, weight, base in args.capacity
            ],
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=args.task_environment.subnet_ids,
                security_groups=[task.security_group_id],
                assign_public_ip=False,
            ),
            load_balancers=[
                aws.ecs.ServiceLoadBalancerArgs(
                    target_group_arn=colours.blue.arn,
                    container_name=args.container.name,
                    container_port=args.container.port or 0,
                    advanced_configuration=aws.ecs.ServiceLoadBalancerAdvancedConfigurationArgs(
                        alternate_target_group_arn=colours.green.arn,
                        production_listener_rule=colours.production_rule_arn,
                        test_listener_rule=colours.test_rule_arn,
                        role_arn=colours.role_arn,
                    ),
                )
            ],
            deployment_configuration=self._strategy(),
            # Returns tasks to a recovered zone. Needs a maximum percent above 100 (the default is
            # 200) and no Classic Load Balancer:
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
            availability_zone_rebalancing="ENABLED",
            alarms=aws.ecs.ServiceAlarmsArgs(alarm_names=alarms.names, enable=True, rollback=True),
            health_check_grace_period_seconds=GRACE_SECONDS,
            enable_execute_command=True,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            # A PAUSE hook waits for an operator, and `up` must not.
            wait_for_steady_state=args.pause is None,
            # The provider requires it for a change of the capacity providers.
            # https://github.com/hashicorp/terraform-provider-aws, internal/service/ecs/service.go
            force_new_deployment=True,
            # In some versions of the provider, True rolls back every deployment.
            sigint_rollback=False,
            tags=self._service_tags(),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=ready,
                # Releases own the revision, operators the count, ECS the target groups: it swaps
                # them at each deployment, and the provider would swap them back.
                # https://github.com/hashicorp/terraform-provider-aws/issues/45678
                ignore_changes=["taskDefinition", "desiredCount", "loadBalancers"],
                custom_timeouts=pulumi.CustomTimeouts(create=wait, update=wait, delete="30m"),
            ),
        )

    def _service_tags(self) -> dict[str, str]:
        order = self._args.release_order
        ordered = {} if order is None else {naming.RELEASE_ORDER_TAG: str(order)}
        return {**self._args.tags, **ordered}

    def _strategy(self) -> aws.ecs.ServiceDeploymentConfigurationArgs:
        hook = self._args.pause
        return aws.ecs.ServiceDeploymentConfigurationArgs(
            strategy="BLUE_GREEN",
            bake_time_in_minutes=str(self._args.bake_minutes),
            lifecycle_hooks=[
                aws.ecs.ServiceDeploymentConfigurationLifecycleHookArgs(
                    target_type="PAUSE",
                    lifecycle_stages=["POST_TEST_TRAFFIC_SHIFT"],
                    timeout_configuration=TimeoutArgs(
                        action="ROLLBACK", timeout_in_minutes=str(hook.timeout_minutes)
                    ),
                )
            ]
            if hook is not None
            else None,
        )
