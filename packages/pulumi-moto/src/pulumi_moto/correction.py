"""A correction: one function that makes one moto call behave as AWS does."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Replacement = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One patched method, for `apply` and for the coverage page."""

    call: str
    """Service and operation as boto3 names them: `ecs.create_service`."""
    moto: str
    """moto's behaviour, measured."""
    aws: str
    """AWS's behaviour, which the emulated account follows."""
    owner: type
    method: str
    replacement: Replacement


CORRECTIONS: list[Correction] = []
_APPLIED: set[tuple[type, str, Replacement]] = set()


NAMES = {"applicationautoscaling": "application-autoscaling", "servicequotas": "service-quotas"}
"""boto3's names of services that moto names differently."""


def corrects(
    owner: type, method: str = "", *, call: str = "", moto: str, aws: str
) -> Callable[[Replacement], Replacement]:
    """Register the decorated function as moto's `owner.method`, by default the one of its name.

    `call` is by default that method of the owner's service. The function receives the method it
    replaces, then the instance and the arguments: `def f(original, self, *args, **kwargs)`.
    `original` is None where moto has no such method (an operation that moto does not implement is
    added to its response class).
    """

    def register(replacement: Replacement) -> Replacement:
        name = method or replacement.__name__
        CORRECTIONS.append(
            Correction(
                call=call or f"{_service(owner)}.{name}",
                moto=moto,
                aws=aws,
                owner=owner,
                method=name,
                replacement=replacement,
            )
        )
        return replacement

    return register


def _service(owner: type) -> str:
    service = owner.__module__.split(".")[1]  # moto.SERVICE.models
    return NAMES.get(service, service)


def apply() -> None:
    """Import all corrections and patch moto in this process; a second call has no effect.

    Of two corrections of one method, the one registered later is the outer one.
    """
    import_module("pulumi_moto.corrections")
    for correction in CORRECTIONS:
        key = (correction.owner, correction.method, correction.replacement)
        if key in _APPLIED:
            continue
        _APPLIED.add(key)
        original = getattr(correction.owner, correction.method, None)
        setattr(correction.owner, correction.method, _bind(correction.replacement, original))


def _bind(replacement: Replacement, original: Replacement | None) -> Replacement:
    @functools.wraps(replacement)
    def method(self: object, *args: object, **kwargs: object) -> object:
        return replacement(original, self, *args, **kwargs)

    return method
