"""The types of the AWS clients that `Account.client` returns, for the type checker only.

The stubs (mypy-boto3-*, https://pypi.org/project/boto3-stubs/) are in requirements-dev.lock, and
`arbor` is installed without them: import their types below `if TYPE_CHECKING`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

if TYPE_CHECKING:
    from mypy_boto3_acm import ACMClient
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elasticache import ElastiCacheClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_service_quotas import ServiceQuotasClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient


class Clients(Protocol):
    """Returns the client of a service by boto3's name for it."""

    @overload
    def __call__(self, service: Literal["acm"], /) -> ACMClient: ...
    @overload
    def __call__(
        self, service: Literal["application-autoscaling"], /
    ) -> ApplicationAutoScalingClient: ...
    @overload
    def __call__(self, service: Literal["cloudwatch"], /) -> CloudWatchClient: ...
    @overload
    def __call__(self, service: Literal["ec2"], /) -> EC2Client: ...
    @overload
    def __call__(self, service: Literal["ecr"], /) -> ECRClient: ...
    @overload
    def __call__(self, service: Literal["ecs"], /) -> ECSClient: ...
    @overload
    def __call__(self, service: Literal["elasticache"], /) -> ElastiCacheClient: ...
    @overload
    def __call__(self, service: Literal["elbv2"], /) -> ElasticLoadBalancingv2Client: ...
    @overload
    def __call__(self, service: Literal["iam"], /) -> IAMClient: ...
    @overload
    def __call__(self, service: Literal["logs"], /) -> CloudWatchLogsClient: ...
    @overload
    def __call__(self, service: Literal["rds"], /) -> RDSClient: ...
    @overload
    def __call__(
        self, service: Literal["resourcegroupstaggingapi"], /
    ) -> ResourceGroupsTaggingAPIClient: ...
    @overload
    def __call__(self, service: Literal["route53"], /) -> Route53Client: ...
    @overload
    def __call__(self, service: Literal["secretsmanager"], /) -> SecretsManagerClient: ...
    @overload
    def __call__(self, service: Literal["service-quotas"], /) -> ServiceQuotasClient: ...
    @overload
    def __call__(self, service: Literal["ssm"], /) -> SSMClient: ...
    @overload
    def __call__(self, service: Literal["sts"], /) -> STSClient: ...
    @overload
    def __call__(self, service: str, /) -> Any: ...  # noqa: ANN401 - the other services
