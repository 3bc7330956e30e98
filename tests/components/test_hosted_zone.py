from dataclasses import replace

import pytest

from components.hosted_zone import HostedZone, HostedZoneArgs
from harness import declare, outputs

ZONE = "aws:route53/zone:Zone"
ARGS = HostedZoneArgs(domain="arbor.example", zone_id=None, protect=True, tags={"Stack": "test"})


def test_an_existing_zone_is_used_and_none_is_created() -> None:
    there = replace(ARGS, zone_id="Z0123456789")

    assert declare(lambda: HostedZone("dns", there)).all(ZONE) == {}
    assert outputs(lambda: HostedZone("dns", there), "zone_id", "name_servers") == {
        "zone_id": "Z0123456789",
        "name_servers": [],
    }


def test_a_new_zone_outputs_its_name_servers() -> None:
    zone = declare(lambda: HostedZone("dns", ARGS)).only(ZONE)
    found = outputs(lambda: HostedZone("dns", ARGS), "zone_id", "name_servers")

    assert zone["name"] == "arbor.example"
    assert zone["tags"] == {"Stack": "test"}
    assert found["zone_id"] == "dns-zone-id"
    assert len(found["name_servers"]) == 4


@pytest.mark.parametrize("protect", [True, False])
def test_a_protected_zone_keeps_its_name_servers(*, protect: bool) -> None:
    recorder = declare(lambda: HostedZone("dns", replace(ARGS, protect=protect)))
    assert recorder.options_of(ZONE).protect is protect


def test_the_zone_has_the_component_as_parent() -> None:
    assert declare(lambda: HostedZone("dns", ARGS)).unparented == ["arbor:dns:HostedZone::dns"]
