"""The commands of the security section that write, for the fault drill."""

from faults import Case
from rotation_fixtures import rotated, share_password, took_turns, with_postgres, with_rds
from token_fixtures import (
    all_rotated,
    key_rotated,
    token_rotated,
    with_all,
    with_application,
    with_cache,
)

CASES = (
    Case(words=("rotate-password",), state=rotated, surroundings=with_rds),
    Case(
        words=("rotate-password", "--two-users"),
        prepare=share_password,
        state=took_turns,
        surroundings=with_postgres,
    ),
    Case(words=("rotate-token",), state=token_rotated, surroundings=with_cache),
    Case(words=("rotate-key",), state=key_rotated, surroundings=with_application, slow=True),
    Case(words=("rotate-first",), state=all_rotated, surroundings=with_all, slow=True),
)
