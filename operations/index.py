"""Every command: the section that it is in, and the sentence that `--help` says of it.

So `--help` loads none of the sections, and a command only its own. That the sentences are those of
the commands themselves, and none is missing, is tests/operations/test_index.py's business: it
prints the table as it should be.
"""

from typing import Final

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "status": (
        "incident",
        "See everything that runs on one screen; 1 when something is wrong or unknown.",
    ),
    "triage": (
        "incident",
        "Find out what is wrong, how severe it looks and what to run next; 1 when something is.",
    ),
    "health": (
        "incident",
        "Ask backend and frontend as a user would; 1 when one of them isn't healthy.",
    ),
    "release": (
        "release",
        "Migrate, deploy backend and frontend, check health; on failure take the services back.",
    ),
    "deploy": (
        "release",
        "The same without migrations.",
    ),
    "migrate": (
        "release",
        "Run the database's migrations and demand exit code 0.",
    ),
    "database": (
        "database",
        "The stack's PostgreSQL.",
    ),
    "rotate-password": (
        "security",
        "Give the database, its secret and the running tasks a new password, in that order.",
    ),
    "runbook": (
        "runbook",
        "The runbook with every placeholder filled in from the account, to be pasted.",
    ),
}
