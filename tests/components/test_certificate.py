from dataclasses import replace
from typing import Any

import pytest

import harness
from components.certificate import Certificate, CertificateArgs
from harness import ACCOUNT, REGION, declare, outputs

VALIDATION = "aws:acm/certificateValidation:CertificateValidation"
RECORD = "aws:route53/record:Record"
ARGS = CertificateArgs(
    domain="arbor.example",
    alternative_names=("green.arbor.example",),
    zone_id="Z1",
    tags={"Stack": "test"},
)


def test_one_certificate_serves_both_hosts_and_is_validated_through_dns() -> None:
    certificate = declare(lambda: Certificate("tls", ARGS)).only("aws:acm/certificate:Certificate")

    assert certificate["domainName"] == "arbor.example"
    assert certificate["subjectAlternativeNames"] == ["green.arbor.example"]
    assert certificate["validationMethod"] == "DNS"
    assert certificate["tags"] == {"Stack": "test"}


def test_each_host_gets_its_own_record_in_any_order_of_acm() -> None:
    records = declare(lambda: Certificate("tls", ARGS)).all(RECORD)

    for host in ("arbor.example", "green.arbor.example"):
        record = records[f"tls-{host}"]
        assert record["name"] == f"_check.{host}."
        assert record["records"] == [f"_answer.{host}."]
        assert record["type"] == "CNAME"
        assert record["zoneId"] == "Z1"
    assert len(records) == 2


def test_an_existing_validation_record_is_overwritten() -> None:
    for record in declare(lambda: Certificate("tls", ARGS)).all(RECORD).values():
        assert record["allowOverwrite"] is True


def test_users_of_the_certificate_wait_until_it_is_issued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(harness.COMPUTED, VALIDATION, lambda _: {"certificateArn": "arn:issued"})
    validation = declare(lambda: Certificate("tls", ARGS)).only(VALIDATION)

    assert validation["certificateArn"] == (
        f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/tls-certificate"
    )
    assert validation["validationRecordFqdns"] == [
        "_check.arbor.example",
        "_check.green.arbor.example",
    ]
    assert outputs(lambda: Certificate("tls", ARGS), "arn") == {"arn": "arn:issued"}


def test_the_number_of_records_is_known_in_a_preview() -> None:
    preview = declare(lambda: Certificate("tls", ARGS), preview=True)
    assert len(preview.all(RECORD)) == 2


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"domain": f"{'a' * 60}.example"}, "got 68"),
        ({"alternative_names": ("*.arbor.example",)}, r"got .*\*\.arbor"),
        ({"alternative_names": ("arbor.example",)}, "names must be unique"),
    ],
)
def test_names_that_acm_can_not_validate_are_refused(change: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        replace(ARGS, **change)


def test_every_child_has_the_component_as_parent() -> None:
    top = declare(lambda: Certificate("tls", ARGS)).unparented
    assert top == ["arbor:dns:Certificate::tls"]


def test_the_wait_leaves_time_for_the_rest_of_the_up() -> None:
    options = declare(lambda: Certificate("tls", ARGS)).options_of(VALIDATION)
    assert options.custom_timeouts is not None
    assert options.custom_timeouts.create == "30m"
