import boto3
import pytest
from botocore.exceptions import ClientError

from pulumi_moto.clock import CLOCK
from pulumi_moto.corrections.servicequotas import GRANTED_SECONDS


def test_a_new_account_has_the_default_fargate_quota() -> None:
    params = boto3.client("service-quotas").get_service_quota(
        ServiceCode="fargate", QuotaCode="L-3032A538"
    )["Quota"]
    assert (params["QuotaName"], params["Value"]) == ("Fargate On-Demand vCPU resource count", 6)


def test_an_unknown_quota_is_refused() -> None:
    with pytest.raises(ClientError, match="NoSuchResource"):
        boto3.client("service-quotas").get_service_quota(ServiceCode="fargate", QuotaCode="L-1")


def test_an_increase_is_granted_later_and_only_upwards() -> None:
    quotas, fargate = boto3.client("service-quotas"), {"ServiceCode": "fargate"}
    code = {**fargate, "QuotaCode": "L-3032A538"}
    with pytest.raises(ClientError, match="must be greater than the applied 6"):
        quotas.request_service_quota_increase(**code, DesiredValue=6)
    params = quotas.request_service_quota_increase(**code, DesiredValue=26)["RequestedQuota"]
    assert (params["Status"], params["DesiredValue"]) == ("PENDING", 26)
    assert quotas.get_service_quota(**code)["Quota"]["Value"] == 6
    CLOCK.advance(GRANTED_SECONDS)
    assert quotas.get_service_quota(**code)["Quota"]["Value"] == 26
