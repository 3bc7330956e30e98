"""A certificate is issued after its domain is delegated; the wait for it has a time-out."""

import pulumi
import pytest
from pulumi import automation

from components.certificate import Certificate, CertificateArgs
from components.hosted_zone import HostedZone, HostedZoneArgs
from engine_stack import control, counted, deployed

DOMAIN = "arbor.example"


def program() -> None:
    zone = HostedZone("zone", HostedZoneArgs(domain=DOMAIN, zone_id=None, protect=False))
    args = CertificateArgs(
        domain=DOMAIN, alternative_names=(f"green.{DOMAIN}",), zone_id=zone.zone_id
    )
    pulumi.export("name_servers", zone.name_servers)
    pulumi.export("arn", Certificate("certificate", args).arn)


def test_a_certificate_time_out_names_the_remedy_and_the_next_up_succeeds() -> None:
    with deployed("staging", program) as stack:
        endpoint = stack.environment["AWS_ENDPOINT_URL"]
        control(endpoint, "registrar")
        with pytest.raises(automation.CommandError) as failed:
            stack.up()
        output = " ".join(str(failed.value).split())
        assert "is still PENDING_VALIDATION after 30 minutes" in output
        assert f"name servers of {DOMAIN}: point the domain at those of its hosted zone" in output

        (zone,) = [r for r in stack.resources() if r["type"] == "aws:route53/zone:Zone"]
        control(endpoint, "registrar", **{DOMAIN: zone["outputs"]["nameServers"]})
        assert counted(stack.up()) == {"create": 1}
        assert stack.preview() == []
