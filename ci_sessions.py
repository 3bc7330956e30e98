"""How long a job of the pipeline holds credentials, in seconds.

The roles' longest session, the workflows' `role-duration-seconds`, the jobs' time-outs and the
waits that config allows all come from here. STS refuses a session longer than its role's maximum,
which is between one and twelve hours:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html
A job on a runner of GitHub's ends after six hours:
https://docs.github.com/en/actions/reference/limits
"""

from typing import Final

READ_SECONDS: Final = 3600
"""A preview, a look for drift; also the least that a role's maximum can be."""
WRITE_SECONDS: Final = 4 * 3600
"""An `up`, a release, a repair. State that can't be saved at the end is the worst outcome, so
every wait inside such a job must fit."""
