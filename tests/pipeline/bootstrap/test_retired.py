"""The first deploy role is deleted after the deploy role exists."""

import pytest
from botocore.exceptions import ClientError

from arbor.procedure import Refused
from bootstrap_fixtures import Account, Killed, deployed, role
from pipeline.bootstrap import plan

RETIRED = (*(("DetachRolePolicy",) * 3), "DeleteRolePolicy", "DeleteRole", *(("DeletePolicy",) * 3))


def test_the_role_stays_until_the_deploy_role_exists(made: Account) -> None:
    with pytest.raises(Refused, match="the role arbor-production-ci-deploy does not exist yet"):
        made.retire()
    assert made.writes == []
    assert role()


@pytest.mark.parametrize("writes", range(1, len(RETIRED) + 1))
def test_the_role_is_deleted_with_its_policies_and_can_be_created_again(
    made: Account, writes: int
) -> None:
    deployed()
    made.dies_after = writes
    with pytest.raises(Killed):
        made.retire()
    made.retire()
    assert tuple(made.writes) == RETIRED
    assert plan.to_retire(made.account_of()) == []
    with pytest.raises(ClientError, match="NoSuchEntity"):
        role()
    made.bootstrap()
    assert made.left() == []
    assert role()
