"""Service Quotas: Fargate vCPUs. The account does not enforce the quota.

An increase is granted an hour after the request; AWS may take days, or refuse it.
https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_RequestServiceQuotaIncrease.html
"""

import json
import uuid

from moto.core.exceptions import JsonRESTError
from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from pulumi_moto.clock import CLOCK
from pulumi_moto.correction import Replacement, corrects
from pulumi_moto.shapes import Members

NEW_ACCOUNT_VCPUS = 6.0
FARGATE_VCPUS = {
    "ServiceCode": "fargate",
    "ServiceName": "AWS Fargate",
    "QuotaCode": "L-3032A538",
    "QuotaName": "Fargate On-Demand vCPU resource count",
    "Value": NEW_ACCOUNT_VCPUS,
    "Unit": "None",
    "Adjustable": True,
    "GlobalQuota": False,
}
"""The default of a new account: https://docs.aws.amazon.com/general/latest/gr/ecs-service.html"""
GRANTED_SECONDS = 3600.0
REQUESTED = "requested_vcpus"
"""An attribute added to moto's backend: when the increase is granted, and its value."""


@corrects(
    ServiceQuotasBackend,
    moto="has the quotas of VPC only",
    aws="returns the Fargate On-Demand vCPU quota",
)
def get_service_quota(
    original: Replacement, self: ServiceQuotasBackend, service_code: str, quota_code: str
) -> Members:
    if (service_code, quota_code) == (FARGATE_VCPUS["ServiceCode"], FARGATE_VCPUS["QuotaCode"]):
        arn = f"arn:aws:servicequotas:{self.region_name}:{self.account_id}:fargate/{quota_code}"
        return {**FARGATE_VCPUS, "Value": _applied(self), "QuotaArn": arn}
    found: Members = original(self, service_code, quota_code)
    return found


@corrects(
    ServiceQuotasResponse,
    moto="is not implemented",
    aws="accepts a value above the applied one, and grants it later",
)
def request_service_quota_increase(original: None, self: ServiceQuotasResponse) -> str:
    params = json.loads(self.body)
    quota = self.backend.get_service_quota(params["ServiceCode"], params["QuotaCode"])
    desired = float(params["DesiredValue"])
    if desired <= quota["Value"]:
        raise JsonRESTError(
            "IllegalArgumentException",
            f"The desired value {desired:g} must be greater than the applied {quota['Value']:g}.",
        )
    if params["QuotaCode"] == FARGATE_VCPUS["QuotaCode"]:
        self.backend.__dict__[REQUESTED] = (CLOCK.now() + GRANTED_SECONDS, desired)
    request = {"Id": uuid.uuid4().hex, "DesiredValue": desired, "Status": "PENDING"}
    named = {key: quota[key] for key in ("ServiceCode", "QuotaCode", "QuotaName", "QuotaArn")}
    return json.dumps({"RequestedQuota": {**request, **named}})


def _applied(backend: ServiceQuotasBackend) -> float:
    """Return the applied value on the account's clock."""
    granted, value = backend.__dict__.get(REQUESTED, (0.0, NEW_ACCOUNT_VCPUS))
    return float(value) if CLOCK.now() >= granted else NEW_ACCOUNT_VCPUS
