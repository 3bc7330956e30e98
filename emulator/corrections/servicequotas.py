"""Service Quotas: of Fargate vCPUs, which a deployment needs twice; nothing here exceeds it."""

from typing import Any

from moto.servicequotas.models import ServiceQuotasBackend

from emulator.correction import Replacement, corrects

FARGATE_VCPUS = {
    "ServiceCode": "fargate",
    "ServiceName": "AWS Fargate",
    "QuotaCode": "L-3032A538",
    "QuotaName": "Fargate On-Demand vCPU resource count",
    "Value": 6.0,
    "Unit": "None",
    "Adjustable": True,
    "GlobalQuota": False,
}
"""As a new account has it: https://docs.aws.amazon.com/general/latest/gr/ecs-service.html"""


@corrects(
    ServiceQuotasBackend,
    "get_service_quota",
    call="service-quotas.get_service_quota",
    moto="knows the quotas of VPC alone",
    aws="tells how many Fargate vCPUs may run at once",
)
def get_service_quota(
    original: Replacement, self: ServiceQuotasBackend, service_code: str, quota_code: str
) -> dict[str, Any]:
    if (service_code, quota_code) == (FARGATE_VCPUS["ServiceCode"], FARGATE_VCPUS["QuotaCode"]):
        arn = f"arn:aws:servicequotas:{self.region_name}:{self.account_id}:fargate/{quota_code}"
        return {**FARGATE_VCPUS, "QuotaArn": arn}
    found: dict[str, Any] = original(self, service_code, quota_code)
    return found
