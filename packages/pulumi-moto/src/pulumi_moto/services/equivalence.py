"""Values that the provider takes for the same though they are written differently.

Each is a `DiffSuppressFunc`, a `StateFunc` or a set of the provider's schema.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from pulumi_moto.shapes import same_json

ACCOUNT = re.compile(r"\d{12}")


def same_text(old: str, new: str) -> bool:
    """Whether two texts differ in case alone."""
    return old.casefold() == new.casefold()


def same_unordered(old: Any, new: Any) -> bool:
    """Whether two values are the same when every list in them is a set."""
    return bool(_unordered(old) == _unordered(new))


def _unordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _unordered(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return sorted(map(_unordered, value), key=_text)
    return value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def same_policy(old: str, new: str) -> bool:
    """Whether two IAM policies say the same.

    A list of one is the item, lists and statements have no order, and an account's number is its
    root user: https://github.com/hashicorp/awspolicyequivalence
    """
    if same_json(old, new):
        return True
    try:
        return bool(_policy(json.loads(old)) == _policy(json.loads(new)))
    except (AttributeError, TypeError, ValueError):
        return False


def _policy(document: dict[str, Any]) -> dict[str, Any]:
    statements = sorted(map(_statement, _listed(document.get("Statement"))), key=_text)
    return {**document, "Statement": statements}


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    said = {key: value for key, value in statement.items() if value not in (None, [], {})}
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in said:
            said[name] = sorted(_listed(said[name]))
    for name in ("Principal", "NotPrincipal"):
        if isinstance(said.get(name), dict):
            said[name] = {
                kind: sorted(map(_principal, _listed(who))) for kind, who in said[name].items()
            }
    if "Condition" in said:
        said["Condition"] = {
            operator: {key: sorted(set(_listed(value))) for key, value in keys.items()}
            for operator, keys in said["Condition"].items()
        }
    return {**said, "Effect": str(said.get("Effect")).lower()}


def _principal(name: str) -> str:
    return f"arn:aws:iam::{name}:root" if ACCOUNT.fullmatch(name) else name


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def same_lifecycle(old: str, new: str) -> bool:
    """Whether two lifecycle policies of ECR say the same: rules go by priority, tags by name.

    `equivalentLifecyclePolicyJSON` in internal/service/ecr/lifecycle_policy.go.
    """
    try:
        return same_unordered(_without_nothing(json.loads(old)), _without_nothing(json.loads(new)))
    except (TypeError, ValueError):
        return old == new


def _without_nothing(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _without_nothing(item) for key, item in value.items() if item not in (None, [])
        }
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value
