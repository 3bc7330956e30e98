"""README's first day: every line that it prints, in order, on an empty account."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import shell
from engine import emulation
from engine_stack import SPEED, control
from pulumi_moto.lifecycle import UNKNOWN
from pulumi_moto.remote import clients

STACK = "staging"
BOOTSTRAP = f".venv/bin/python -m pipeline bootstrap --stack {STACK} --yes"
WITHOUT_SERVICES = "pulumi up --exclude '**aws:ecs/service:Service**' --exclude-dependents"
MIGRATE = f".venv/bin/arbor migrate --stack {STACK} --yes"
NOT_A_USERS = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE")
"""Variables that `serve` prints and a user of a real account does not set."""
MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
Afterwards = dict[str, Callable[[str], None]]
LINES = shell.lines("README.md", "For real")


def written(there: shell.Shell) -> dict[str, Any]:
    """The stack's file as it is now."""
    found: dict[str, Any] = yaml.safe_load((there.project / f"Pulumi.{STACK}.yaml").read_text())
    return found


def services(client: Callable[[str], Any]) -> list[str]:
    """The ARNs of the account's services."""
    arns: list[str] = client("ecs").list_services(cluster=f"arbor-{STACK}-cluster")["serviceArns"]
    return arns


def migrates_first(there: shell.Shell, client: Callable[[str], Any]) -> Afterwards:
    """Whether the database is migrated before any service exists; a second run changes nothing."""

    def none_yet(_printed: str) -> None:
        assert services(client) == []
        assert client("rds").describe_db_instances()["DBInstances"]

    def migrated(printed: str) -> None:
        assert f"{STACK} is migrated." in printed
        there.run(WITHOUT_SERVICES)
        there.run(MIGRATE)
        assert services(client) == []

    return {WITHOUT_SERVICES: none_yet, MIGRATE: migrated}


@shell.NO_AWS
@pytest.mark.slow
def test_the_first_day_works_as_printed(tmp_path: Path) -> None:
    with emulation.account_process(stack=STACK, speed=SPEED) as account:
        endpoint = account["AWS_ENDPOINT_URL"]
        client = clients(endpoint, account["AWS_REGION"])
        users = {name: value for name, value in account.items() if name not in NOT_A_USERS}
        there = shell.shell(tmp_path, users)
        domain = written(there)["config"]["arbor:domain"]
        control(endpoint, "registrar")  # no domain is delegated yet

        def next_lines(printed: str) -> None:
            own = [line.strip() for line in printed.splitlines() if line.startswith("  pulumi ")]
            after = LINES.index(BOOTSTRAP)
            assert own == LINES[after + 1 : after + 1 + len(own)]
            assert len(own) == 2

        def quoted(_printed: str) -> None:
            file = written(there)
            assert file["secretsprovider"].startswith("awskms://")
            assert file["config"]["arbor:natPerZone"] == "false"

        def delegate(printed: str) -> None:
            control(endpoint, "registrar", **{domain: json.loads(printed)})

        def push(printed: str) -> None:
            assert UNKNOWN in there.run("pulumi stack output").stdout
            services = written(there)["config"]["arbor:services"]
            for app, url in json.loads(printed).items():
                client("ecr").put_image(
                    repositoryName=url.partition("/")[2],
                    imageManifest=json.dumps({**MANIFEST, "app": app}),
                    imageTag=services[app]["version"],
                )

        afterwards: Afterwards = {
            **migrates_first(there, client),
            BOOTSTRAP: next_lines,
            "pulumi stack init": quoted,
            "pulumi stack output name_servers": delegate,
            "pulumi stack output repository_urls": push,
        }
        for line in LINES:
            printed = there.run(line).stdout
            for start in [start for start in afterwards if line.startswith(start)]:
                afterwards.pop(start)(printed)
        assert not afterwards
        assert len(services(client)) == 2
        assert UNKNOWN not in there.run("pulumi stack output --json").stdout
        there.run("pulumi preview --expect-no-changes --policy-pack policy")
