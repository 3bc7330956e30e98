"""Durations of the pipeline's credentials, in seconds.

The roles' longest session, the workflows' `role-duration-seconds`, the jobs' time-outs and the
waits that config allows all come from here. STS refuses a session longer than its role's maximum,
which is between one and twelve hours:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html
A job on a GitHub-hosted runner ends after six hours:
https://docs.github.com/en/actions/reference/limits
"""

from typing import Final

HOUR: Final = 3600
READ_SECONDS: Final = HOUR
"""A preview or a check for drift; also the smallest maximum of a role."""
WRITE_SECONDS: Final = 5 * HOUR
"""An `up`, a release, a repair. State that can't be saved at the end is the worst outcome, so
every wait inside such a job must fit."""
MIGRATION_MINUTES: Final = 60
"""The longest wait of a release for its migration (arbor/release/migrate.py)."""
STARTING_MINUTES: Final = 30
"""The longest deployment without its bake time and its pause (components/service.py)."""
CHECKING_MINUTES: Final = 10
"""The time of a release without migration and deployments: checks before and after."""
DEPLOYING_MINUTES: Final = WRITE_SECONDS // 60 - CHECKING_MINUTES - MIGRATION_MINUTES
"""The longest duration of all deployments of a release, one service after another."""
