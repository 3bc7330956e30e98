"""How long a job of the pipeline holds credentials, in seconds.

The roles' longest session, the workflows' `role-duration-seconds`, the jobs' time-outs and the
waits that config allows all come from here. STS refuses a session longer than its role's maximum,
which is between one and twelve hours:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html
A job on a runner of GitHub's ends after six hours:
https://docs.github.com/en/actions/reference/limits
"""

from typing import Final

HOUR: Final = 3600
READ_SECONDS: Final = HOUR
"""A preview, a look for drift; also the least that a role's maximum can be."""
WRITE_SECONDS: Final = 5 * HOUR
"""An `up`, a release, a repair. State that can't be saved at the end is the worst outcome, so
every wait inside such a job must fit."""
MIGRATION_MINUTES: Final = 60
"""How long a release waits for its migration at most (arbor/release/migrate.py)."""
STARTING_MINUTES: Final = 30
"""What a deployment may take beside its bake time and its pause (components/service.py)."""
CHECKING_MINUTES: Final = 10
"""What a release takes beside its migration and its deployments: checks before and after."""
DEPLOYING_MINUTES: Final = WRITE_SECONDS // 60 - CHECKING_MINUTES - MIGRATION_MINUTES
"""The longest that all deployments of a release may take, one service after another."""
