"""RDS: a major version alone stands for its default minor version."""

from pulumi_moto.shapes import Members, Params

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


def with_minor_version(params: Params, engine: str, held: str = "") -> Members:
    """Return the parameters with a minor version, which RDS always runs and describes.

    An instance that already runs the major version keeps its minor one.
    """
    version = params.get("engine_version")
    if engine != "postgres" or version not in MINOR:
        return dict(params)
    keeps = held.startswith(f"{version}.")
    return {**params, "engine_version": held if keeps else MINOR[str(version)]}
