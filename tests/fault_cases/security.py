"""The commands of the security section that write, for the drill of their faults."""

from faults import Case
from rotation_world import rotated, share_password, took_turns, with_postgres, with_rds

CASES = (
    Case(words=("rotate-password",), state=rotated, around=with_rds),
    Case(
        words=("rotate-password", "--two-users"),
        prepare=share_password,
        state=took_turns,
        around=with_postgres,
    ),
)
