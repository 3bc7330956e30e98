import boto3
import pytest
from botocore.exceptions import ClientError


def test_a_new_accounts_fargate_vcpus_are_told() -> None:
    asked = boto3.client("service-quotas").get_service_quota(
        ServiceCode="fargate", QuotaCode="L-3032A538"
    )["Quota"]
    assert (asked["QuotaName"], asked["Value"]) == ("Fargate On-Demand vCPU resource count", 6)


def test_a_quota_that_nobody_has_is_refused() -> None:
    with pytest.raises(ClientError, match="NoSuchResource"):
        boto3.client("service-quotas").get_service_quota(ServiceCode="fargate", QuotaCode="L-1")
