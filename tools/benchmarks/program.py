"""The program's own cost, under Pulumi's mocks, without an engine."""

import importlib
import re
import runpy
import time
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import pulumi
import yaml
from pulumi.runtime import MockResourceArgs

import stack_config
from engine import stack_file
from harness import Recorder, is_secret, plain

PROJECT = "arbor"
STACK = "production"


def more_services(services: int) -> dict[str, Any]:
    """Production's services, and copies of the frontend until there are `services` of them."""
    entries: dict[str, Any] = deepcopy(
        yaml.safe_load((stack_file.PROJECT_DIR / f"Pulumi.{STACK}.yaml").read_text())["config"][
            "arbor:services"
        ]
    )
    pattern = entries["frontend"]  # it has every other path, so its rule comes last
    first = entries["backend"]["priority"]
    for number in range(len(entries), services):
        paths = [f"/service-{number}/*"]
        entries[f"service{number}"] = {**pattern, "paths": paths, "priority": first + number}
    return entries


def timed(program: Callable[[], None]) -> tuple[float, Recorder]:
    """Seconds until every registration ended, and the registered resources."""
    recorder = Recorder()
    pulumi.runtime.set_mocks(recorder, project=PROJECT, stack=STACK, preview=False)
    started = time.perf_counter()
    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # the SDK gives it no types
    return time.perf_counter() - started, recorder


def arbor(services: int) -> tuple[float, Recorder]:
    """Run this project's `__main__.py`."""
    entries = more_services(services)

    def program() -> None:
        stack_config.use(STACK, services=entries)
        runpy.run_path(str(stack_file.PROJECT_DIR / "__main__.py"), run_name="__main__")

    return timed(program)


def bare(recorded: Recorder) -> float:
    """Register as many untyped resources with the same inputs: the SDK's minimum."""

    def program() -> None:
        for number, found in enumerate(recorded.registered):
            name, inputs = f"{found.name}-{number}", dict(found.inputs)
            if found.custom:
                pulumi.CustomResource(found.typ, name, inputs)
            else:
                _component(found, name)

    return timed(program)[0]


def same_types(recorded: Recorder) -> float:
    """Register the same resources flat, of pulumi-aws's classes, with every value known."""

    def program() -> None:
        for number, found in enumerate(recorded.registered):
            name = f"{found.name}-{number}"
            if found.custom:
                inputs = {
                    _snake(key): value if key == "tags" else _as_written(value)
                    for key, value in found.inputs.items()
                }
                _class_of(found.typ)(name, **inputs)
            else:
                _component(found, name)

    return timed(program)[0]


def _component(found: MockResourceArgs, name: str) -> None:
    """A component of this project has no inputs; awsx's, created in its own process, has."""
    pulumi.ComponentResource(found.typ, name, dict(found.inputs), remote=bool(found.inputs))


@cache
def _class_of(token: str) -> Callable[..., object]:
    """`aws:rds/instance:Instance` is pulumi_aws.rds.Instance."""
    package, module, name = token.split(":")
    library = importlib.import_module(f"pulumi_{package}")
    room = module.split("/")[0]
    found: Callable[..., object] = getattr(
        library if room == "index" else getattr(library, room), name
    )
    return found


def _as_written(value: object) -> object:
    """A recorded input in a program's form: snake case, secrets as secret outputs."""
    if is_secret(value):
        return pulumi.Output.secret(_as_written(plain(value)))
    if isinstance(value, dict):
        return {_snake(key): _as_written(item) for key, item in value.items()}
    return [_as_written(item) for item in value] if isinstance(value, list) else value


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower() if name.isalnum() else name
