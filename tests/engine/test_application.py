"""The stand-in application as production's tasks, and an incident's commands as typed.

A shell has the variables of `make serve`, and reaches domain, database and cache as an operator
does. The blocks are the runbook's own, filled in by `arbor runbook`.
"""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

import missing
import postgres_server
import redis_server
from engine import stack_file
from engine_stack import Deployed
from pulumi_moto import aws_shim
from serve.attached import NUMBERS_EVERY_SECONDS, Application, Attached, attached, serves
from serve.process import Process

PLANS = "https://arbor-energy.com/api/v1/plans"
BACKEND = "arbor-production-backend"
MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
pytestmark = [
    pytest.mark.xdist_group("application"),  # one set of processes for all
    pytest.mark.skipif(not postgres_server.PROGRAMS, reason=postgres_server.WITHOUT),
    pytest.mark.skipif(redis_server.PROGRAM is None, reason=redis_server.WITHOUT),
    pytest.mark.skipif(aws_shim.find_aws() is None, reason=missing.needs("the AWS CLI", "awscli")),
]


@dataclass(frozen=True, kw_only=True)
class Shell:
    """An operator's shell."""

    stack: Deployed
    attached: Attached
    environment: Mapping[str, str]

    def run(self, lines: str, *, code: int = 0, types: str = "") -> str:
        """Run bash; returns both outputs, and fails on another exit code."""
        done = subprocess.run(
            ["bash", "-c", lines],
            env=dict(self.environment),
            cwd=stack_file.PROJECT_DIR,
            input=types,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == code, f"{lines}\n{done.stdout}"
        return done.stdout

    def json(self, line: str, *, code: int = 0) -> Any:
        """The JSON that it wrote to stdout."""
        return json.loads(self.run(f"{line} 2>/dev/null", code=code))

    @cached_property
    def runbook(self) -> str:
        return self.run("arbor runbook 2>/dev/null")

    def blocks(self, heading: str) -> list[str]:
        """The commands of a section of the runbook, without lines that keep a session open."""
        section = self.runbook.partition(f"\n### {heading}\n")[2].partition("\n### ")[0]
        return re.findall(r"```bash\n(.*?)```", section, re.DOTALL)

    @contextmanager
    def open(self, line: str, port: int) -> Iterator[None]:
        """Another terminal, with a session that Ctrl-C ends."""
        with subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            env=dict(self.environment),
            cwd=stack_file.PROJECT_DIR,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                self.run(
                    f"for _ in $(seq 200); do (: </dev/tcp/127.0.0.1/{port}) && exit 0; "
                    "sleep 0.1; done 2>/dev/null; exit 1"
                )
                yield
            finally:
                os.killpg(process.pid, signal.SIGINT)

    @property
    def application(self) -> Application:
        return self.attached.application


@contextmanager
def shell_of(stack: Deployed, place: Path, *, migrates: bool = True) -> Iterator[Shell]:
    for made in (place, *place.parents[:2]):
        made.chmod(0o755)  # PostgreSQL reads files in it with another account of the machine
    with attached(stack.environment, "production", place, migrates=migrates) as application:
        of_pulumi = {name for name in application.environment if "PULUMI" in name}
        environment = {
            **{k: v for k, v in application.environment.items() if k not in of_pulumi},
            "PATH": f"{application.environment['PATH']}{os.pathsep}{os.environ['PATH']}",
            "HOME": os.environ["HOME"],
            "COLUMNS": "200",
        }
        application.wait(serves)
        yield Shell(stack=stack, attached=application, environment=environment)


@pytest.fixture(scope="module")
def shell(
    pristine_production: Deployed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shell]:
    """One copy of production for most tests here, because its processes take seconds to start."""
    with (
        pristine_production.copy() as stack,
        shell_of(stack, tmp_path_factory.mktemp("application")) as made,
    ):
        push(stack)
        yield made


@pytest.fixture
def switched(shell: Shell) -> Iterator[Shell]:
    """Switched back to healthy afterwards."""
    yield shell
    shell.run("stand-in")


def push(stack: Deployed) -> None:
    """Push the image in the stack's config."""
    stack.client("ecr").put_image(
        repositoryName=BACKEND, imageManifest=json.dumps(MANIFEST), imageTag="v1.0.0"
    )


def ask(shell: Shell, times: int) -> list[str]:
    """The status codes of so many requests of different clients at the same time."""

    def one(number: int) -> str:
        client = f"-H 'X-Forwarded-For: 203.0.113.{number}'"
        return shell.run(f"curl -sS -o /dev/null -w '%{{http_code}}' {client} {PLANS}")

    with ThreadPoolExecutor(times) as clients:
        return list(clients.map(one, range(times)))


def findings(shell: Shell) -> dict[str, tuple[str, str]]:
    """Level and next command of triage's findings, by signal."""
    found = shell.json("arbor triage --json", code=1)
    return {one["evidence"]: (one["level"], one["run"]) for one in found["findings"]}


def test_production_is_healthy_and_its_stores_are_reachable(shell: Shell) -> None:
    assert "No problem found." in shell.run("arbor triage")
    found = shell.json("arbor health --json")
    assert [(one["service"], one["status"], one["parts"]) for one in found] == [
        ("backend", 200, ["database healthy", "cache healthy"]),
        ("frontend", 200, []),
    ]
    connections = shell.json("arbor database connections --json")
    assert ("arbor_user", "idle") in {(one["user"], one["state"]) for one in connections["shares"]}
    assert "Replicas      2" in shell.run("arbor cache stats")
    assert "Application startup complete." in shell.run("arbor logs backend")
    assert "Next.js" in shell.run("arbor logs frontend")


def test_a_migrated_database_is_migrated_again_as_a_task(shell: Shell) -> None:
    output = shell.run("arbor migrate --yes --every 0.2")
    assert "Will assume transactional DDL." in output
    assert "Running upgrade" not in output


@pytest.mark.slow
def test_requests_appear_in_log_database_and_cache(shell: Shell) -> None:
    customer = shell.application.customer
    shell.run(
        "curl -sSf -H 'Content-Type: application/json' "
        f"""-d '{{"customer_id":"{customer}"}}' {PLANS.replace("plans", "recommendations")}"""
    )
    shell.run(
        f"for _ in $(seq 50); do arbor logs backend --customer {customer} --json "
        "2>/dev/null | grep -q 'Generated recommendations' && exit 0; done; exit 1"
    )
    assert "FROM energy_plans" in shell.run("arbor database top-queries --limit 1000 --json")
    shell.run("arbor cache clear 'plans:*' --yes")
    before = shell.application.stores
    assert before is not None
    assert not before.cache.keys() & {"plans:all"}
    assert "is warm" in shell.run("arbor cache warm --yes")
    assert before.cache.keys() >= {"plans:all"}


@pytest.mark.slow
def test_the_runbooks_health_checks_work_as_printed(shell: Shell) -> None:
    _, database_tunnel = shell.blocks("Connect")
    _, database = shell.blocks("Database Health Check")
    with shell.open(database_tunnel, 15432):
        assert re.search(r"idle +\| +\d", shell.run(database))
    _, cache_tunnel = shell.blocks("Connect to the cache")
    _, cache = shell.blocks("Redis Health Check")
    with shell.open(cache_tunnel, 16379):
        output = shell.run(cache)
    assert output.startswith("PONG\n")
    assert "used_memory_human" in output
    (_, checks, *_) = shell.blocks("Initial Response Checklist")
    assert '"status":"healthy"' in shell.run(checks.partition("# 2.")[0])


@pytest.mark.slow
def test_triage_names_an_unreachable_store_and_the_next_command(switched: Shell) -> None:
    for store, run in (("cache", "arbor cache stats"), ("database", "arbor database connections")):
        switched.run(f"stand-in --without {store}")
        assert findings(switched)[f"backend reports: {store} unhealthy"] == ("P2", run)
        assert "is unreachable" in switched.run(run, code=1)
    output = switched.run("arbor health", code=1)
    assert "/detailed reports 'degraded' instead of 'healthy': database unhealthy." in output
    switched.run("stand-in && arbor health")


def test_triage_finds_slow_and_failing_requests(switched: Shell) -> None:
    switched.run("stand-in --slow 12")  # the average of 15 minutes must show it
    assert set(ask(switched, 16)) == {"200"}
    switched.run("stand-in --failing")
    assert set(ask(switched, 24)) == {"500"}
    switched.run("stand-in")
    time.sleep(NUMBERS_EVERY_SECONDS + 1)
    found = findings(switched)
    (failed,) = (one for one in found if re.fullmatch(r"24 of \d+ requests .* 5xx response", one))
    level, run = found[failed]
    assert level == "P2"
    # Within an hour of a deployment, triage suspects the deployment.
    assert run in {"arbor rollback backend", "arbor restart backend"}
    (slow_ones,) = (one for one in found if one.startswith("responses take"))
    assert found[slow_ones] == ("P3", "arbor database top-queries")
    slow = switched.run("arbor logs backend --slower-than 5000 --json").splitlines()
    assert len([one for one in slow if "Critical slow request" in one]) == 16
    errors = switched.run("arbor logs backend --errors --json")
    assert errors.count('"Unhandled exception"') == 24


@pytest.mark.slow
def test_a_restart_serves_from_new_processes_without_a_failed_request(shell: Shell) -> None:
    before = {one.running.pid for one in shell.application.processes.values()}
    with ThreadPoolExecutor(1) as operator:
        restart = operator.submit(shell.run, "arbor restart backend --yes --every 0.3")
        answers: set[str] = set()
        while not restart.done():
            answers |= set(ask(shell, 1))
    assert "restarted" in restart.result()
    assert answers == {"200"}
    after = {one.running.pid for one in shell.application.processes.values()}
    assert len(before - after) == 1
    assert "[INFO] Handling signal: term" in shell.run("arbor logs backend")


@pytest.mark.slow
def test_triage_reports_a_dead_process_as_a_crash(shell: Shell) -> None:
    (backend,) = (
        one for one in shell.application.processes.values() if one.container.name == "backend"
    )
    os.killpg(backend.running.pid, signal.SIGKILL)
    shell.attached.wait(lambda one: backend not in one.processes.values())
    (crashed,) = (one for one in findings(shell) if "crashed within the hour" in one)
    assert "Essential container in task exited" in crashed
    shell.attached.wait(serves)


@pytest.mark.slow
def test_the_runbook_repairs_an_unmigrated_database(
    pristine_production: Deployed, tmp_path: Path
) -> None:
    """The application starts on an empty database; the commands are the printed ones."""
    with pristine_production.copy() as stack, shell_of(stack, tmp_path, migrates=False) as shell:
        push(stack)
        broken = shell.run("arbor migrate --yes --every 0.2", code=1)
        assert 'relation "suppliers" already exists' in broken
        assert "Repair a Database That Was Not Migrated First" in broken
        _, tunnel = shell.blocks("Connect")
        _, variables = shell.blocks("Database Health Check")
        look, loop, indexes, *_ = shell.blocks("Repair a Database That Was Not Migrated First")
        with shell.open(tunnel, 15432):
            assert re.search(r"to_regclass\W+\n\(1 row\)", shell.run(variables + look))
            output = shell.run(loop, types="y\n")
            assert output.splitlines()[-1] == '"stamp","003_feedback" ended with 0'
            assert shell.run(variables + indexes).count("CREATE INDEX") == 4
        repaired = shell.run("arbor migrate --yes --every 0.2")
        assert "Running upgrade" not in repaired
        assert "003_feedback" in shell.run(
            "arbor logs migrations --json | grep -o 'stamp_revision .*'"
        )


FIRST_VALUES = {"arbor/production/db", "arbor/production/redis", "arbor/production/app"}


@pytest.mark.slow
def test_rotate_first_rotates_every_secret_in_the_state(
    pristine_production: Deployed, tmp_path: Path
) -> None:
    """README's step 8: through a running task, with one deployment and without a failed request."""
    with pristine_production.copy() as stack, shell_of(stack, tmp_path) as shell:
        push(stack)

        def values() -> dict[str, str]:
            manager = stack.client("secretsmanager")
            return {
                name: manager.get_secret_value(SecretId=name)["SecretString"]
                for name in FIRST_VALUES
            }

        audit = shell.run("arbor audit secrets", code=1)
        assert all(name in audit for name in FIRST_VALUES)
        first, deployed = values(), {one.running.pid for one in backends(shell)}
        output = shell.run("arbor rotate-first --yes --every 0.2")
        assert first["arbor/production/db"] not in output
        assert all(values()[name] != first[name] for name in FIRST_VALUES)
        shell.run("arbor audit secrets")

        shell.attached.wait(serves)
        assert len({one.running.pid for one in backends(shell)} - deployed) == 1
        assert [one["status"] for one in shell.json("arbor health --json")] == [200, 200]
        assert set(ask(shell, 3)) == {"200"}
        again = values()
        shell.run("arbor rotate-first --yes")
        assert values() == again


def backends(shell: Shell) -> list[Process]:
    """The processes of the backend's tasks."""
    running = shell.application.processes.values()
    return [one for one in running if one.container.name == "backend"]
