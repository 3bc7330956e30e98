"""What of an account a served application follows: its stores, its tasks, its listener's rules."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from arbor_names import limits, naming
from engine_stack import control
from serve import edge
from serve.edge import Routes
from serve.process import Container
from serve.stores import Asked, Endpoint

LAUNCHED_BY_A_SERVICE = "service:"
Key = tuple[str, ...]
"""Of what one process stands for: the tasks of a deployment, or one task without a service."""
Task = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Logins:
    """What the engines of both stores take now."""

    user: str
    password: str
    tokens: tuple[str, ...]
    """The newest first."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Reads one stack."""

    stack: str
    endpoint: str
    """Of the account itself."""
    client: Callable[[str], Any]
    _definitions: dict[str, dict[str, Any]] = field(default_factory=dict)

    def logins(self) -> Logins | None:
        """None while the account lacks one of both."""
        held = control(self.endpoint, "logins")
        login = held["databases"].get(naming.database_instance(self.stack))
        tokens = held["caches"].get(naming.cache_replication_group(self.stack))
        if not login or not tokens:
            return None
        return Logins(user=login["user"], password=login["password"], tokens=tuple(tokens))

    def asked_stores(self) -> Asked | None:
        """What the account says of both; None while one of both is being made."""
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
        return Asked(
            database=Endpoint(host=at["Address"], port=at["Port"]),
            name=naming.database(self.stack),
            connections=limits.usable_connections(instance["DBInstanceClass"])
            + limits.RESERVED_CONNECTIONS,
            cache=Endpoint(host=cache_at["Address"], port=cache_at["Port"]),
            replicas=len(cache["MemberClusters"]) - 1,
        )

    def primary(self) -> str:
        """The node of the cache that CloudWatch's numbers are of."""
        group = naming.cache_replication_group(self.stack)
        found = self.client("elasticache").describe_replication_groups(ReplicationGroupId=group)
        return str(found["ReplicationGroups"][0]["MemberClusters"][0])

    def tasks(self) -> dict[Key, list[Task]]:
        """Those that run, by what one process stands for."""
        ecs, cluster = self.client("ecs"), naming.cluster(self.stack)
        clusters = ecs.describe_clusters(clusters=[cluster])["clusters"]
        if [one["status"] for one in clusters] != ["ACTIVE"]:
            return {}  # not made yet, or destroyed
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
        """With the task's overrides and the secrets that Secrets Manager has now."""
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
        """Of the listener for HTTPS.

        `ports` are those of processes, by a task's address, and None for one that starts.
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
        """Of the processes whose tasks are healthy targets."""
        found = self.client("elbv2").describe_target_health(TargetGroupArn=group)
        healthy = [
            one["Target"]["Id"]
            for one in found["TargetHealthDescriptions"]
            if one["TargetHealth"]["State"] == "healthy"
        ]
        return {ports[one] for one in healthy if one in ports}


def address(task: Task) -> str:
    """Private, as its target group registers it."""
    for attachment in task["attachments"]:
        for detail in attachment["details"]:
            if detail["name"] == "privateIPv4Address":
                return str(detail["value"])
    return ""


def short(task: Task) -> str:
    """Its id, the end of its ARN."""
    return str(task["taskArn"]).rsplit("/", 1)[-1]


def _priority(rule: Mapping[str, Any]) -> float:
    return float("inf") if rule["IsDefault"] else float(rule["Priority"])
