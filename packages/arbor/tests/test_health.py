"""Health of the live colour and of the production rule's host."""

import http.server
import json
import threading

import pytest

from arbor.ecs import health, services
from arbor.procedure import Failed
from ecs_world import client, forward
from staging_fixtures import BACKEND, CLUSTER, DOMAIN, HEALTHY, Staging

ADDRESS = f"https://{DOMAIN}/api/v1/health"


def ask(*answers: tuple[int, str] | OSError) -> int:
    """Request an address with these responses in turn; returns the number of requests."""
    left = list(answers)

    def opener(address: str) -> tuple[int, str]:
        if address == f"{ADDRESS}/detailed":
            return 404, '{"detail": "Not Found"}'
        assert address == ADDRESS
        answer = left.pop(0) if len(left) > 1 else left[0]
        calls.append(address)
        if isinstance(answer, OSError):
            raise answer
        return answer

    calls: list[str] = []
    health.check_url(ADDRESS, opener, lambda _: None)
    return len(calls)


def test_the_live_colour_is_the_rules(staging: Staging) -> None:
    service = services.read(staging.account, "backend")
    (green,) = health.live_groups(service)
    elb = client("elbv2")
    (rule,) = elb.describe_rules(RuleArns=[service.production_rule])["Rules"]
    groups = [g["TargetGroupArn"] for g in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]]
    (blue,) = set(groups) - {green}
    elb.modify_rule(RuleArn=service.production_rule, Actions=[forward((green, 0), (blue, 100))])
    assert health.live_groups(service) == [blue]


def test_targets_of_the_idle_colour_are_not_counted(staging: Staging) -> None:
    service = services.read(staging.account, "backend")
    step = health.Health(service=service, revision=lambda: service.task_definition).step()
    assert step.took_effect()
    elb = client("elbv2")
    (rule,) = elb.describe_rules(RuleArns=[service.production_rule])["Rules"]
    turned = [
        (group["TargetGroupArn"], 100 - group["Weight"])
        for group in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
    ]
    elb.modify_rule(RuleArn=service.production_rule, Actions=[forward(*turned)])
    assert not step.took_effect()
    assert step.shows() == f"{BACKEND}: 2 of 2 tasks running the revision, 0 of 0 targets healthy"


def test_tasks_of_another_revision_are_not_counted(staging: Staging) -> None:
    service = services.read(staging.account, "backend")
    other = staging.infrastructure("backend")
    step = health.Health(service=service, revision=lambda: other).step()
    assert not step.took_effect()
    assert step.shows().startswith(f"{BACKEND}: 0 of 2 tasks running the revision")


def test_a_service_scaled_meanwhile_is_healthy_with_its_new_count(staging: Staging) -> None:
    service = services.read(staging.account, "backend")
    client("ecs").update_service(cluster=CLUSTER, service=BACKEND, desiredCount=3)
    step = health.Health(service=service, revision=lambda: service.task_definition).step()
    assert step.took_effect()


class Unwell(http.server.BaseHTTPRequestHandler):
    """A backend without its database."""

    def do_GET(self) -> None:
        self.send_response(503)
        self.end_headers()
        self.wfile.write(b'{"status": "unhealthy"}')

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_an_error_status_has_its_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with http.server.HTTPServer(("127.0.0.1", 0), Unwell) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        answer = health.get(f"http://127.0.0.1:{server.server_port}/api/v1/health")
    assert answer == (503, '{"status": "unhealthy"}')


def test_an_unhealthy_url_is_requested_again() -> None:
    assert ask(OSError("refused"), (503, ""), (200, HEALTHY)) == 3


def test_a_backend_without_its_stores_is_a_failure() -> None:
    stores = '{"status": "degraded", "database": "healthy", "cache": "unhealthy"}'
    answers = {ADDRESS: (200, HEALTHY), f"{ADDRESS}/detailed": (200, stores)}
    with pytest.raises(Failed, match="reports 'degraded' instead of 'healthy': cache unhealthy"):
        health.check_url(ADDRESS, answers.__getitem__, lambda _: None)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((503, ""), "answers 503"),
        ((503, "no\nway"), "answers 503: 'no way'"),
        ((200, json.dumps({"status": "unhealthy"})), "reports 'unhealthy' instead of 'healthy'"),
        ((200, "<html>"), "reports '<html>' instead of 'healthy'"),
        ((200, "[]"), r"reports '\[\]' instead of 'healthy'"),
        (OSError("timed out"), "does not answer: timed out"),
    ],
)
def test_an_unhealthy_response_is_a_failure_after_all_attempts(
    answer: tuple[int, str] | OSError, sentence: str
) -> None:
    with pytest.raises(Failed, match=sentence):
        ask(answer)
