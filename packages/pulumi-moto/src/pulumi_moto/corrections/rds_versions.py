"""RDS: a major version alone stands for its default minor version."""

from collections.abc import Mapping
from typing import Any

MINOR = {
    "12": "12.22",
    "13": "13.20",
    "14": "14.17",
    "15": "15.12",
    "16": "16.8",
    "17": "17.4",
    "18": "18.1",
}
"""Of PostgreSQL. RDS changes the defaults over time: `aws rds describe-db-engine-versions
--engine postgres --default-only` gives it."""


def with_minor_version(asked: Mapping[str, Any], engine: str, held: str = "") -> dict[str, Any]:
    """Return the parameters with a minor version, which RDS always runs and describes.

    An instance that already runs the major version keeps its minor one.
    """
    version = asked.get("engine_version")
    if engine != "postgres" or version not in MINOR:
        return dict(asked)
    keeps = held.startswith(f"{version}.")
    return {**asked, "engine_version": held if keeps else MINOR[str(version)]}
