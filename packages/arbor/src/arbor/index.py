"""Every command: its section, and its sentence in `--help`.

`--help` reads this table and loads no section; a command loads only its own. On a difference from
the commands, packages/arbor/tests/test_index.py prints the expected table.
"""

from typing import Final

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "status": (
        "incident",
        "Show the whole stack on one screen; exit 1 if anything is wrong or unknown.",
    ),
    "triage": (
        "incident",
        "Show problems, severity and next commands; exit 1 if anything is wrong or unknown.",
    ),
    "health": (
        "incident",
        "Request each service's public URL; exit 1 if one isn't healthy.",
    ),
    "slow-queries": (
        "logs",
        "Show the queries that PostgreSQL logged as slow, grouped, without their values.",
    ),
    "logs": (
        "logs",
        "Show or export the application's logs.",
    ),
    "release": (
        "release",
        "Migrate, deploy every service, check health; on failure roll the services back.",
    ),
    "deploy": (
        "release",
        "Deploy every service without migrations, check health; on failure roll back.",
    ),
    "migrate": (
        "release",
        "Run the database migrations; exit 1 unless they end with exit code 0.",
    ),
    "restart": (
        "release",
        "Replace the tasks of the live revision through a blue/green deployment.",
    ),
    "rollback": (
        "release",
        "Return one service or all to the previous revision; roll back a deployment in progress.",
    ),
    "revisions": (
        "release",
        "List the revisions to roll back to: version, age, which is live, which has its image.",
    ),
    "verify": (
        "release",
        "Check deployment prerequisites; exit 1 if any check fails.",
    ),
    "bluegreen": (
        "bluegreen",
        "Deploy a version to the green host, test it there, then switch or abort.",
    ),
    "scale": (
        "scale",
        "Set the number of tasks and the autoscaling floor to COUNT.",
    ),
    "resize": (
        "scale",
        "Deploy the live revision with another task size.",
    ),
    "database": (
        "database",
        "The stack's PostgreSQL.",
    ),
    "cache": (
        "cache",
        "The stack's Redis.",
    ),
    "rotate-password": (
        "security",
        "Set a new password in the database, its secret and the running tasks, in that order.",
    ),
    "rotate-token": (
        "security",
        "Set a new AUTH token in the cache, its secret and the running tasks.",
    ),
    "rotate-key": (
        "security",
        "Set a new SECRET_KEY for the application; every client must sign in again.",
    ),
    "rotate-first": (
        "security",
        "Rotate each secret whose value is in Pulumi's state, with one deployment.",
    ),
    "audit": (
        "security",
        "Check the stack's security; exit 1 on a finding.",
    ),
    "runbook": (
        "runbook",
        "Print the runbook with every placeholder filled in from the account.",
    ),
}
