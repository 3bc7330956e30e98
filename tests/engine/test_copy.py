"""A copy of a deployed stack is independent of its original, with its own engine."""

import pytest

from engine_stack import Deployed, Step

FIREWALL = Step(op="update", token="aws:wafv2/webAcl:WebAcl", name="firewall-acl")
FASTER = {"arbor:wafRequestsPerFiveMinutes": 1700}


def limit(stack: Deployed) -> int:
    """The value in the account, independent of the engine's state."""
    waf = stack.client("wafv2")
    (acl,) = waf.list_web_acls(Scope="REGIONAL")["WebACLs"]
    rules = waf.get_web_acl(Name=acl["Name"], Id=acl["Id"], Scope="REGIONAL")["WebACL"]["Rules"]
    (found,) = [
        rule["Statement"]["RateBasedStatement"]["Limit"]
        for rule in rules
        if rule["Name"] == "RateLimit"
    ]
    return int(found)


@pytest.mark.slow
def test_a_copy_is_independent_of_its_original(pristine_staging: Deployed) -> None:
    before = limit(pristine_staging)
    with pristine_staging.copy() as one, pristine_staging.copy() as other:
        one.deployment.configure(FASTER)
        assert one.up() == [FIREWALL]
        assert one.preview() == []
        assert limit(one) == FASTER["arbor:wafRequestsPerFiveMinutes"] != before
        assert limit(other) == limit(pristine_staging) == before
        other.deployment.configure(FASTER)
        assert other.preview() == [FIREWALL]
