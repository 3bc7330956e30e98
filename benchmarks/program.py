"""What the program itself costs, under Pulumi's mocks, without an engine."""

import json
import runpy
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from typing import Any, NoReturn

import pulumi
import yaml
from pulumi.runtime import MockCallArgs, MockResourceArgs

from emulator import engine

PROJECT = "arbor"
STACK = "production"
Registered = list[MockResourceArgs]


class Recorder(pulumi.runtime.Mocks):
    """Gives every resource an id and its inputs back; the VPC its subnets too."""

    def __init__(self, zones: int) -> None:
        self.registered: Registered = []
        self._zones = zones

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.registered.append(args)
        if args.typ == "awsx:ec2:Vpc":  # a remote component answers with its outputs alone
            return f"{args.name}-id", self._computed(args)
        return f"{args.name}-id", {**args.inputs, **self._computed(args)}

    def call(self, args: MockCallArgs) -> NoReturn:
        raise NotImplementedError(f"{args.token}: the program makes no look-ups.")

    def _computed(self, args: MockResourceArgs) -> dict[str, Any]:
        arn = {
            "arn": f"arn:aws:{args.name}",
            "arnSuffix": f"app/{args.name}/1",
            "name": args.inputs.get("name", args.name),
            "repositoryUrl": f"registry.example/{args.name}",
            "address": args.name,
            "endpoint": f"{args.name}:1",
            "primaryEndpointAddress": args.name,
        }
        if args.typ == "awsx:ec2:Vpc":
            tiers = ("publicSubnetIds", "privateSubnetIds", "isolatedSubnetIds")
            ids = {tier: [f"{tier}-{n}" for n in range(self._zones)] for tier in tiers}
            return {"vpcId": "vpc-1", **ids}
        if args.typ == "aws:acm/certificate:Certificate":
            names = [args.inputs["domainName"], *args.inputs["subjectAlternativeNames"]]
            option = {"resourceRecordType": "CNAME", "resourceRecordValue": "value"}
            options = [
                {**option, "domainName": name, "resourceRecordName": f"_x.{name}"} for name in names
            ]
            return {**arn, "domainValidationOptions": options}
        return arn


def configuration(services: int) -> dict[str, str]:
    """Production's config, with copies of the frontend until there are `services` services."""
    config = {**_defaults(), **engine.stack_config(STACK)}
    entries: dict[str, Any] = deepcopy(config["arbor:services"])
    pattern = entries["frontend"]
    for number in range(len(entries), services):
        paths = [f"/service-{number}/*"]
        entries[f"service{number}"] = {**pattern, "paths": paths, "priority": 1000 + number}
    config["arbor:services"] = entries
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()
    }


def _defaults() -> dict[str, Any]:
    """The defaults of Pulumi.yaml, which the real engine applies and mocks don't."""
    schema = yaml.safe_load((engine.PROJECT_DIR / "Pulumi.yaml").read_text())["config"]
    return {key: declared["default"] for key, declared in schema.items() if "default" in declared}


def timed(program: Callable[[], None], zones: int = 3) -> tuple[float, Registered]:
    """Seconds until every registration has landed, and what was registered."""
    recorder = Recorder(zones)
    pulumi.runtime.set_mocks(recorder, project=PROJECT, stack=STACK, preview=False)
    started = time.perf_counter()
    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # the SDK gives it no types
    return time.perf_counter() - started, recorder.registered


def arbor(services: int) -> tuple[float, Registered]:
    """Run this project's `__main__.py`."""
    config = configuration(services)

    def program() -> None:
        pulumi.runtime.set_all_config(config)
        sys.path.insert(0, str(engine.PROJECT_DIR))
        try:
            runpy.run_path(str(engine.PROJECT_DIR / "__main__.py"), run_name="__main__")
        finally:
            sys.path.remove(str(engine.PROJECT_DIR))

    return timed(program)


def bare(registered: Registered) -> float:
    """Register the same types with the same inputs as plain resources, and nothing else."""

    def program() -> None:
        for number, found in enumerate(registered):
            if found.custom:
                pulumi.CustomResource(found.typ, f"{found.name}-{number}", dict(found.inputs))
            else:
                pulumi.ComponentResource(found.typ, f"{found.name}-{number}")

    return timed(program)[0]
