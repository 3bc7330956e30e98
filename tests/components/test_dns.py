from dataclasses import replace

import pytest

from components.dns import AliasRecords, AliasRecordsArgs
from harness import declare

RECORD = "aws:route53/record:Record"
ARGS = AliasRecordsArgs(
    hosts=("arbor.example", "green.arbor.example"),
    zone_id="Z1",
    load_balancer_dns_name="lb.elb.amazonaws.com",
    load_balancer_zone_id="Z2",
)


def test_each_host_is_an_alias_of_the_load_balancer() -> None:
    records = declare(lambda: AliasRecords("hosts", ARGS)).all(RECORD)

    assert [r["name"] for r in records.values()] == ["arbor.example", "green.arbor.example"]
    for record in records.values():
        assert record["type"] == "A"
        assert record["zoneId"] == "Z1"
        assert record["aliases"] == [
            {"name": "lb.elb.amazonaws.com", "zoneId": "Z2", "evaluateTargetHealth": True}
        ]


@pytest.mark.parametrize("hosts", [(), ("a.example", "a.example")])
def test_invalid_hosts_are_refused(hosts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="hosts must be one or more unique names"):
        replace(ARGS, hosts=hosts)


def test_every_record_has_the_component_as_parent() -> None:
    top = declare(lambda: AliasRecords("hosts", ARGS)).unparented
    assert top == ["arbor:dns:AliasRecords::hosts"]
