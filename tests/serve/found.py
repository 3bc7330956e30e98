"""The parts of an account that a served application follows: stores, tasks, listener rules."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from arbor_names import limits, naming
from engine_stack import control
from serve import edge
from serve.edge import Routes
from serve.process import Container
from serve.stores import Endpoint, StoreSettings

LAUNCHED_BY_A_SERVICE = "service:"
Key = tuple[str, ...]
"""The key of one process: the tasks of a deployment, or one task without a service."""
Task = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Logins:
    """The logins that the engines of both stores accept now."""

    user: str
    password: str
    tokens: tuple[str, ...]
    """The newest first."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Reads one stack."""

    stack: str
    endpoint: str
    """The client of the account."""
    client: Callable[[str], Any]
    _definitions: dict[str, dict[str, Any]] = field(default_factory=dict)

    def logins(self) -> Logins | None:
        """The logins; None while one of the stores is missing."""
        held = control(self.endpoint, "logins")
        login = held["databases"].get(naming.database_instance(self.stack))
        tokens = held["caches"].get(naming.cache_replication_group(self.stack))
        if not login or not tokens:
            return None
        return Logins(user=login["user"], password=login["password"], tokens=tuple(tokens))

    def store_settings(self) -> StoreSettings | None:
        """Both stores in the account; None while one of them is being created."""
        name, group = (
            naming.database_instance(self.stack),
            naming.cache_replication_group(self.stack),
        )
        instances = self.client("rds").describe_db_instances(DBInstanceIdentifier=name)
        groups = self.client("elasticache").describe_replication_groups(ReplicationGroupId=group)
        (instance,), (cache,) = instances["DBInstances"], groups["ReplicationGroups"]
        at, cache_at = instance.get("Endpoint"), cache["NodeGroups"][0].get("PrimaryEndpoint")
        if at is None or cache_at is None:
            return None
        return StoreSettings(
            database=Endpoint(host=at["Address"], port=at["Port"]),
            name=naming.database(self.stack),
            connections=limits.usable_connections(instance["DBInstanceClass"])
            + limits.RESERVED_CONNECTIONS,
            cache=Endpoint(host=cache_at["Address"], port=cache_at["Port"]),
            replicas=len(cache["MemberClusters"]) - 1,
        )

    def primary(self) -> str:
        """The cache's node for CloudWatch's metrics."""
        group = naming.cache_replication_group(self.stack)
        found = self.client("elasticache").describe_replication_groups(ReplicationGroupId=group)
        return str(found["ReplicationGroups"][0]["MemberClusters"][0])

    def tasks(self) -> dict[Key, list[Task]]:
        """Running tasks, by the key of their process."""
        ecs, cluster = self.client("ecs"), naming.cluster(self.stack)
        clusters = ecs.describe_clusters(clusters=[cluster])["clusters"]
        if [one["status"] for one in clusters] != ["ACTIVE"]:
            return {}  # not created yet, or destroyed
        found: dict[Key, list[Task]] = {}
        for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster):
            if not page["taskArns"]:
                continue
            for task in ecs.describe_tasks(cluster=cluster, tasks=page["taskArns"])["tasks"]:
                if str(task.get("group", "")).startswith(LAUNCHED_BY_A_SERVICE):
                    key: Key = (task["taskDefinitionArn"], task["startedBy"])
                else:
                    key = (task["taskArn"],)
                found.setdefault(key, []).append(task)
        return found

    def container(self, task: Task) -> Container:
        """The container with the task's overrides and the current secrets of Secrets Manager."""
        arn = task["taskDefinitionArn"]
        if arn not in self._definitions:
            described = self.client("ecs").describe_task_definition(taskDefinition=arn)
            self._definitions[arn] = described["taskDefinition"]["containerDefinitions"][0]
        definition = self._definitions[arn]
        overrides: Mapping[str, Any] = next(
            iter(task.get("overrides", {}).get("containerOverrides", [])), {}
        )
        logs = definition["logConfiguration"]["options"]
        plain = [*definition.get("environment", []), *overrides.get("environment", [])]
        return Container(
            name=definition["name"],
            command=overrides.get("command") or definition.get("command") or (),
            environment={
                **{one["name"]: self._secret(one) for one in definition.get("secrets", [])},
                **{one["name"]: one["value"] for one in plain},
            },
            log_group=logs["awslogs-group"],
            stream_prefix=logs["awslogs-stream-prefix"],
        )

    def _secret(self, named: Mapping[str, str]) -> str:
        """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html."""
        *arn, key, _stage, _version = named["valueFrom"].split(":")
        held = self.client("secretsmanager").get_secret_value(SecretId=":".join(arn))
        return str(json.loads(held["SecretString"])[key])

    def routes(self, ports: Mapping[str, int | None]) -> Routes:
        """The routes of the HTTPS listener.

        `ports` are those of processes, by a task's address; None for a process that is starting.
        """
        elb = self.client("elbv2")
        for balancer in elb.describe_load_balancers()["LoadBalancers"]:
            arn = balancer["LoadBalancerArn"]
            for listener in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
                if listener["Protocol"] != "HTTPS":
                    continue
                held = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
                rules = tuple(edge.rule(one) for one in sorted(held, key=_priority))
                groups = {group for one in rules for group in one.groups}
                found = {group: self._ports(group, ports) for group in groups}
                return Routes(
                    balancer=arn.partition(":loadbalancer/")[2],
                    rules=rules,
                    ports={
                        group: tuple(port for port in many if port is not None)
                        for group, many in found.items()
                    },
                    starting=frozenset(group for group, many in found.items() if None in many),
                )
        return Routes()

    def _ports(self, group: str, ports: Mapping[str, int | None]) -> set[int | None]:
        """Ports of the processes whose tasks are healthy targets."""
        found = self.client("elbv2").describe_target_health(TargetGroupArn=group)
        healthy = [
            one["Target"]["Id"]
            for one in found["TargetHealthDescriptions"]
            if one["TargetHealth"]["State"] == "healthy"
        ]
        return {ports[one] for one in healthy if one in ports}


def address(task: Task) -> str:
    """The private address that its target group registers."""
    for attachment in task["attachments"]:
        for detail in attachment["details"]:
            if detail["name"] == "privateIPv4Address":
                return str(detail["value"])
    return ""


def short(task: Task) -> str:
    """The id, the end of the ARN."""
    return str(task["taskArn"]).rsplit("/", 1)[-1]


def _priority(rule: Mapping[str, Any]) -> float:
    return float("inf") if rule["IsDefault"] else float(rule["Priority"])
