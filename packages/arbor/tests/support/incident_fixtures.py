"""A healthy staging with certificate, database, cache, logs and 15 minutes of metrics."""

import json
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from typer.testing import CliRunner, Result

import runbook_fixtures
from arbor.__main__ import app
from ecs_world import client
from staging_fixtures import DOMAIN, STACK, Staging, tags

API = f"https://{DOMAIN}/api/v1/health"
REPORT = {"status": "healthy", "database": "connected", "redis": "connected"}
DATABASE, CACHE = f"arbor-{STACK}-db", f"arbor-{STACK}-redis"
GIB = 1024**3
TIMEOUT = 30
"""Seconds until a test with a missing call fails."""


def complete(staging: Staging) -> None:
    """Add certificate, database and cache as infrastructure makes them, and some traffic."""
    runbook_fixtures.complete(staging)
    acm = client("acm")
    (certificate,) = acm.list_certificates()["CertificateSummaryList"]
    pairs = [{"Key": key, "Value": value} for key, value in tags("certificate").items()]
    acm.add_tags_to_certificate(CertificateArn=certificate["CertificateArn"], Tags=pairs)
    client("logs").create_log_group(logGroupName=f"aws-waf-logs-arbor-{STACK}")
    measure("AWS/RDS", "FreeStorageSpace", 15 * GIB, DBInstanceIdentifier=DATABASE)
    measure("AWS/RDS", "DatabaseConnections", 40, DBInstanceIdentifier=DATABASE)
    balanced(staging, RequestCount=1000, HTTPCode_Target_5XX_Count=1, TargetResponseTime=0.2)
    cached(CacheHits=900, CacheMisses=100, CurrConnections=40)


def measure(namespace: str, name: str, value: float, **dimensions: str) -> None:
    """Store a data point of five minutes ago."""
    client("cloudwatch").put_metric_data(
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": name,
                "Value": value,
                "Timestamp": datetime.now(UTC) - timedelta(minutes=5),
                "Dimensions": [{"Name": key, "Value": one} for key, one in dimensions.items()],
            }
        ],
    )


def balanced(staging: Staging, **numbers: float) -> None:
    """Store data points of the load balancer, whose dimension is the end of its ARN."""
    balancer = "/".join(staging.rules["backend"].split("/")[1:4])
    for name, value in numbers.items():
        measure("AWS/ApplicationELB", name, value, LoadBalancer=balancer)


def cached(**numbers: float) -> None:
    """Store data points of the cache's node."""
    for name, value in numbers.items():
        measure("AWS/ElastiCache", name, value, CacheClusterId=f"{CACHE}-001")


def log(app_name: str, *lines: str) -> None:
    """Log lines of an application, a minute ago."""
    group = f"/ecs/arbor-{STACK}/{app_name}"
    logs = client("logs")
    logs.create_log_stream(logGroupName=group, logStreamName="task")
    at = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp() * 1000)
    logs.put_log_events(
        logGroupName=group,
        logStreamName="task",
        logEvents=[{"timestamp": at + n, "message": line} for n, line in enumerate(lines)],
    )


def block(rule: str, number: int, *, group: str = "") -> None:
    """Log uploads that WAF blocked a minute ago, by a rule of its own or of a managed group."""
    ended = [{"ruleGroupId": f"AWS#{group}", "terminatingRule": {"ruleId": rule}}] if group else []
    line = {
        "action": "BLOCK",
        "terminatingRuleId": group or rule,
        "ruleGroupList": [{"ruleGroupId": "AWS#other", "terminatingRule": None}, *ended],
        "httpRequest": {"httpMethod": "POST", "uri": "/api/v1/ingest/csv"},
    }
    passed = {**line, "action": "ALLOW", "terminatingRuleId": "Default_Action"}
    logs, name = client("logs"), f"aws-waf-logs-arbor-{STACK}"
    logs.create_log_stream(logGroupName=name, logStreamName=rule)
    at = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp() * 1000)
    lines = [passed, *[line] * number]
    logs.put_log_events(
        logGroupName=name,
        logStreamName=rule,
        logEvents=[{"timestamp": at + n, "message": json.dumps(o)} for n, o in enumerate(lines)],
    )


def operate(*words: str) -> Result:
    """Run a command on a wide screen."""
    return CliRunner().invoke(app, [*words, "--stack", STACK], env={"COLUMNS": "300"})


def well(address: str) -> tuple[int, str]:
    """The public URLs of a healthy stack."""
    return 200, json.dumps(REPORT) if address == API else "<html>"


class Gate:
    """Passes the calls of a round once all of them were made.

    Calls that are made one after the other break its barrier.
    """

    def __init__(self, *rounds: Sequence[str]) -> None:
        self._left = [Counter(calls) for calls in rounds]
        self._barriers = [threading.Barrier(len(calls)) for calls in rounds]
        self._lock = threading.Lock()
        self.unexpected: list[str] = []

    def client(self, service: str) -> Any:
        return Gated(self, client(service))

    def pass_through(self, call: str) -> None:
        with self._lock:
            number = next((n for n, left in enumerate(self._left) if left[call]), None)
            if number is None:
                self.unexpected.append(call)
                return
            self._left[number][call] -= 1
        self._barriers[number].wait(TIMEOUT)

    def missing(self) -> list[str]:
        return [call for left in self._left for call in left.elements()]


class Gated:
    """A client whose calls wait at the gate; moto serves one at a time."""

    _one = threading.Lock()

    def __init__(self, gate: Gate, real: Any) -> None:
        self._gate, self._real = gate, real

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not callable(found) or name == "exceptions":
            return found

        def call(*words: Any, **parameters: Any) -> Any:
            self._gate.pass_through(name)
            with self._one:
                return found(*words, **parameters)

        return call
