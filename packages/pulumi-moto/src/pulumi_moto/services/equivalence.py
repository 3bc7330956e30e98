"""Values that the provider treats as equal although they are spelled differently.

Each function is a `DiffSuppressFunc`, a `StateFunc` or a set of the provider's schema.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from pulumi_moto.shapes import Members, same_json

ACCOUNT = re.compile(r"\d{12}")


def same_text(old: str, new: str) -> bool:
    """Compare texts without case."""
    return old.casefold() == new.casefold()


def same_unordered(old: object, new: object) -> bool:
    """Compare values with all lists as sets."""
    return bool(_unordered(old) == _unordered(new))


def _unordered(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _unordered(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return sorted(map(_unordered, value), key=_text)
    return value


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def same_policy(old: str, new: str) -> bool:
    """Return whether two IAM policies are equivalent.

    A list of one equals its item, lists and statements have no order, and an account id equals
    its root user: https://github.com/hashicorp/awspolicyequivalence
    """
    if same_json(old, new):
        return True
    try:
        return bool(_policy(json.loads(old)) == _policy(json.loads(new)))
    except (AttributeError, TypeError, ValueError):
        return False


def _policy(document: Members) -> Members:
    statements = sorted(map(_statement, _listed(document.get("Statement"))), key=_text)
    return {**document, "Statement": statements}


def _statement(statement: Members) -> Members:
    made = {key: value for key, value in statement.items() if value not in (None, [], {})}
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in made:
            made[name] = sorted(_listed(made[name]))
    for name in ("Principal", "NotPrincipal"):
        if isinstance(made.get(name), dict):
            made[name] = {
                kind: sorted(map(_principal, _listed(names))) for kind, names in made[name].items()
            }
    if "Condition" in made:
        made["Condition"] = {
            operator: {key: sorted(set(_listed(value))) for key, value in keys.items()}
            for operator, keys in made["Condition"].items()
        }
    return {**made, "Effect": str(made.get("Effect")).lower()}


def _principal(name: str) -> str:
    return f"arn:aws:iam::{name}:root" if ACCOUNT.fullmatch(name) else name


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def same_lifecycle(old: str, new: str) -> bool:
    """Return whether two ECR lifecycle policies are equivalent: rules and tags have no order.

    `equivalentLifecyclePolicyJSON` in internal/service/ecr/lifecycle_policy.go.
    """
    try:
        return same_unordered(_without_empty(json.loads(old)), _without_empty(json.loads(new)))
    except (TypeError, ValueError):
        return old == new


def _without_empty(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _without_empty(item) for key, item in value.items() if item not in (None, [])}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value
