"""The AWS actions that the provider calls for each resource type of the program.

Read from hashicorp/terraform-provider-aws v6 (the file that pulumi_moto/services names in `source`
for each type) and, for actions whose name differs from the call's and for actions of other services
that the caller needs (`also`),
https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html.
tests/iam/test_provider.py compares it with the calls of the emulated provider and with the types
that a stack registers. A new type is one entry.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Calls:
    """The actions for one type, without the service's prefix."""

    service: str
    """The prefix in IAM: `elasticloadbalancing:`."""
    reads: tuple[str, ...]
    """Reads of a refresh, an import and a preview."""
    writes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Actions of other services that the caller of a write needs."""
    also_reads: tuple[str, ...] = ()

    @property
    def read_actions(self) -> frozenset[str]:
        return frozenset({f"{self.service}:{name}" for name in self.reads} | {*self.also_reads})

    @property
    def write_actions(self) -> frozenset[str]:
        return frozenset({f"{self.service}:{name}" for name in self.writes} | {*self.also})


TAGS: Final = ("TagResource", "UntagResource")
EC2_TAGS: Final = ("CreateTags", "DeleteTags")
OLD_TAGS: Final = ("AddTagsToResource", "RemoveTagsFromResource")
ELB_TAGS: Final = ("AddTags", "RemoveTags")
DELIVERY: Final = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
"""Permissions that the caller needs to set up the delivery of vended logs.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html"""
BY_KEY: Final = ("kms:CreateGrant", "kms:DescribeKey")
"""Permissions that the caller of RDS and ElastiCache needs to name a key.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html"""

CALLS: Final[Mapping[str, Calls]] = {
    "aws:acm/certificate:Certificate": Calls(
        service="acm",
        reads=("DescribeCertificate", "ListTagsForCertificate"),
        writes=(
            "AddTagsToCertificate",
            "DeleteCertificate",
            "RemoveTagsFromCertificate",
            "RequestCertificate",
            "UpdateCertificateOptions",
        ),
    ),
    "aws:acm/certificateValidation:CertificateValidation": Calls(
        service="acm", reads=("DescribeCertificate",)
    ),
    "aws:appautoscaling/policy:Policy": Calls(
        service="application-autoscaling",
        reads=("DescribeScalingPolicies",),
        writes=("DeleteScalingPolicy", "PutScalingPolicy"),
        # https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_id-based-policy-examples.html
        also=("cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"),
    ),
    "aws:appautoscaling/target:Target": Calls(
        service="application-autoscaling",
        reads=("DescribeScalableTargets", "ListTagsForResource"),
        writes=("DeregisterScalableTarget", "RegisterScalableTarget", *TAGS),
        also=("ecs:UpdateService",),
        also_reads=("cloudwatch:DescribeAlarms", "ecs:DescribeServices"),
    ),
    "aws:cloudwatch/logGroup:LogGroup": Calls(
        service="logs",
        reads=("DescribeLogGroups", "ListTagsForResource"),
        writes=(
            "AssociateKmsKey",
            "CreateLogGroup",
            "DeleteLogGroup",
            "DeleteRetentionPolicy",
            "DisassociateKmsKey",
            "PutRetentionPolicy",
            *TAGS,
        ),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Calls(
        service="cloudwatch",
        reads=("DescribeAlarms", "ListTagsForResource"),
        writes=("DeleteAlarms", "PutMetricAlarm", *TAGS),
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Calls(
        service="ec2",
        reads=("DescribeSecurityGroups", "DescribeVpcs"),
        writes=("RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress", *EC2_TAGS),
    ),
    "aws:ec2/eip:Eip": Calls(
        service="ec2",
        reads=("DescribeAddresses", "DescribeAddressesAttribute"),
        writes=("AllocateAddress", "DisassociateAddress", "ReleaseAddress", *EC2_TAGS),
    ),
    "aws:ec2/flowLog:FlowLog": Calls(
        service="ec2",
        reads=("DescribeFlowLogs",),
        writes=("CreateFlowLogs", "DeleteFlowLogs", *EC2_TAGS),
        # https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam.html
        also=("logs:CreateLogDelivery", "logs:DeleteLogDelivery"),
    ),
    "aws:ec2/internetGateway:InternetGateway": Calls(
        service="ec2",
        reads=("DescribeInternetGateways",),
        writes=(
            "AttachInternetGateway",
            "CreateInternetGateway",
            "DeleteInternetGateway",
            "DetachInternetGateway",
            *EC2_TAGS,
        ),
    ),
    "aws:ec2/natGateway:NatGateway": Calls(
        service="ec2",
        reads=("DescribeNatGateways",),
        writes=("CreateNatGateway", "DeleteNatGateway", *EC2_TAGS),
    ),
    "aws:ec2/route:Route": Calls(
        service="ec2",
        reads=("DescribeRouteTables",),
        writes=("CreateRoute", "DeleteRoute", "ReplaceRoute"),
    ),
    "aws:ec2/routeTable:RouteTable": Calls(
        service="ec2",
        reads=("DescribeRouteTables",),
        writes=(
            "CreateRouteTable",
            "DeleteRouteTable",
            "DisassociateRouteTable",
            *EC2_TAGS,
        ),
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Calls(
        service="ec2",
        reads=("DescribeRouteTables",),
        writes=("AssociateRouteTable", "DisassociateRouteTable", "ReplaceRouteTableAssociation"),
    ),
    "aws:ec2/securityGroup:SecurityGroup": Calls(
        service="ec2",
        reads=("DescribeNetworkInterfaces", "DescribeSecurityGroups"),
        writes=(
            "AuthorizeSecurityGroupEgress",
            "AuthorizeSecurityGroupIngress",
            "CreateSecurityGroup",
            "DeleteSecurityGroup",
            "RevokeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
            *EC2_TAGS,
        ),
    ),
    "aws:ec2/subnet:Subnet": Calls(
        service="ec2",
        reads=("DescribeNetworkInterfaces", "DescribeSubnets"),
        writes=("CreateSubnet", "DeleteSubnet", "ModifySubnetAttribute", *EC2_TAGS),
    ),
    "aws:ec2/vpc:Vpc": Calls(
        service="ec2",
        reads=(
            "DescribeNetworkAcls",
            "DescribeRouteTables",
            "DescribeSecurityGroups",
            "DescribeVpcAttribute",
            "DescribeVpcs",
        ),
        writes=("CreateVpc", "DeleteVpc", "ModifyVpcAttribute", *EC2_TAGS),
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Calls(
        service="ec2",
        reads=("DescribePrefixLists", "DescribeVpcEndpoints"),
        writes=("CreateVpcEndpoint", "DeleteVpcEndpoints", "ModifyVpcEndpoint", *EC2_TAGS),
        # https://docs.aws.amazon.com/vpc/latest/privatelink/security_iam_id-based-policy-examples.html
        also=("route53:AssociateVPCWithHostedZone",),
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Calls(
        service="ecr",
        reads=("GetLifecyclePolicy",),
        writes=("DeleteLifecyclePolicy", "PutLifecyclePolicy"),
    ),
    "aws:ecr/repository:Repository": Calls(
        service="ecr",
        reads=("DescribeRepositories", "ListTagsForResource"),
        writes=(
            "CreateRepository",
            "DeleteRepository",
            "PutImageScanningConfiguration",
            "PutImageTagMutability",
            *TAGS,
        ),
    ),
    "aws:ecs/cluster:Cluster": Calls(
        service="ecs",
        reads=("DescribeClusters", "ListTagsForResource"),
        writes=("CreateCluster", "DeleteCluster", "UpdateCluster", *TAGS),
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": Calls(
        service="ecs",
        reads=("DescribeClusters",),
        writes=("PutClusterCapacityProviders",),
    ),
    "aws:ecs/service:Service": Calls(
        service="ecs",
        reads=(
            "DescribeServiceDeployments",
            "DescribeServices",
            "DescribeTaskDefinition",
            "ListServiceDeployments",
            "ListTagsForResource",
        ),
        writes=("CreateService", "DeleteService", "UpdateService", *TAGS),
    ),
    "aws:ecs/taskDefinition:TaskDefinition": Calls(
        service="ecs",
        reads=("DescribeTaskDefinition", "ListTagsForResource"),
        writes=("RegisterTaskDefinition", *TAGS),  # skip_destroy: none is deregistered
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": Calls(
        service="elasticache",
        reads=("DescribeCacheParameterGroups", "DescribeCacheParameters", "ListTagsForResource"),
        writes=(
            "CreateCacheParameterGroup",
            "DeleteCacheParameterGroup",
            "ModifyCacheParameterGroup",
            "ResetCacheParameterGroup",
            *OLD_TAGS,
        ),
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": Calls(
        service="elasticache",
        reads=(
            "DescribeCacheClusters",
            "DescribeReplicationGroups",
            "ListTagsForResource",
        ),
        writes=(
            "CreateReplicationGroup",
            "CreateSnapshot",  # at its deletion, with a final snapshot
            "DecreaseReplicaCount",
            "DeleteReplicationGroup",
            "IncreaseReplicaCount",
            "ModifyReplicationGroup",
            "ModifyReplicationGroupShardConfiguration",
            *OLD_TAGS,
        ),
        # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Log_Delivery.html
        also=(*BY_KEY, *DELIVERY),
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": Calls(
        service="elasticache",
        reads=("DescribeCacheSubnetGroups", "ListTagsForResource"),
        writes=(
            "CreateCacheSubnetGroup",
            "DeleteCacheSubnetGroup",
            "ModifyCacheSubnetGroup",
            *OLD_TAGS,
        ),
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Calls(
        service="iam",
        reads=("GetOpenIDConnectProvider", "ListOpenIDConnectProviders"),
        writes=(
            "AddClientIDToOpenIDConnectProvider",
            "CreateOpenIDConnectProvider",
            "RemoveClientIDFromOpenIDConnectProvider",
            "TagOpenIDConnectProvider",
            "UntagOpenIDConnectProvider",
            "UpdateOpenIDConnectProviderThumbprint",
        ),
    ),
    "aws:iam/policy:Policy": Calls(
        service="iam",
        reads=("GetPolicy", "GetPolicyVersion", "ListPolicyVersions"),
        writes=(
            "CreatePolicy",
            "CreatePolicyVersion",
            "DeletePolicy",
            "DeletePolicyVersion",
            "TagPolicy",
            "UntagPolicy",
        ),
    ),
    "aws:iam/role:Role": Calls(
        service="iam",
        reads=(
            "GetRole",
            "ListAttachedRolePolicies",
            "ListInstanceProfilesForRole",
            "ListRolePolicies",
            "ListRoleTags",
        ),
        writes=(
            "CreateRole",
            "DeleteRole",
            "PutRolePermissionsBoundary",
            "TagRole",
            "UntagRole",
            "UpdateAssumeRolePolicy",
            "UpdateRole",
            "UpdateRoleDescription",
        ),
    ),
    "aws:iam/rolePolicy:RolePolicy": Calls(
        service="iam",
        reads=("GetRolePolicy",),
        writes=("DeleteRolePolicy", "PutRolePolicy"),
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Calls(
        service="iam",
        reads=("ListAttachedRolePolicies",),
        writes=("AttachRolePolicy", "DetachRolePolicy"),
    ),
    "aws:kms/alias:Alias": Calls(
        service="kms",
        reads=("ListAliases",),
        writes=("CreateAlias", "DeleteAlias", "UpdateAlias"),
    ),
    "aws:kms/key:Key": Calls(
        service="kms",
        reads=("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"),
        writes=(
            "CreateKey",
            "DisableKey",
            "DisableKeyRotation",
            "EnableKey",
            "EnableKeyRotation",
            "PutKeyPolicy",
            "ScheduleKeyDeletion",
            "UpdateKeyDescription",
            *TAGS,
        ),
    ),
    "aws:lb/listener:Listener": Calls(
        service="elasticloadbalancing",
        reads=(
            "DescribeListenerAttributes",
            "DescribeListenerCertificates",
            "DescribeListeners",
            "DescribeTags",
        ),
        writes=(
            "CreateListener",
            "DeleteListener",
            "ModifyListener",
            "ModifyListenerAttributes",
            *ELB_TAGS,
        ),
    ),
    "aws:lb/listenerRule:ListenerRule": Calls(
        service="elasticloadbalancing",
        reads=("DescribeListeners", "DescribeRules", "DescribeTags"),
        writes=("CreateRule", "DeleteRule", "ModifyRule", "SetRulePriorities", *ELB_TAGS),
    ),
    "aws:lb/loadBalancer:LoadBalancer": Calls(
        service="elasticloadbalancing",
        reads=(
            "DescribeCapacityReservation",
            "DescribeLoadBalancerAttributes",
            "DescribeLoadBalancers",
            "DescribeTags",
        ),
        writes=(
            "CreateLoadBalancer",
            "DeleteLoadBalancer",
            "ModifyLoadBalancerAttributes",
            "SetIpAddressType",
            "SetSecurityGroups",
            "SetSubnets",
            *ELB_TAGS,
        ),
        also_reads=("ec2:DescribeNetworkInterfaces",),
    ),
    "aws:lb/targetGroup:TargetGroup": Calls(
        service="elasticloadbalancing",
        reads=("DescribeTags", "DescribeTargetGroupAttributes", "DescribeTargetGroups"),
        writes=(
            "CreateTargetGroup",
            "DeleteTargetGroup",
            "ModifyTargetGroup",
            "ModifyTargetGroupAttributes",
            *ELB_TAGS,
        ),
    ),
    "aws:rds/instance:Instance": Calls(
        service="rds",
        reads=("DescribeDBInstances", "ListTagsForResource"),
        writes=(
            "CreateDBInstance",
            "CreateDBSnapshot",  # at its deletion, with a final snapshot
            "DeleteDBInstance",
            "ModifyDBInstance",
            "RebootDBInstance",
            *OLD_TAGS,
        ),
        also=BY_KEY,
    ),
    "aws:rds/parameterGroup:ParameterGroup": Calls(
        service="rds",
        reads=("DescribeDBParameterGroups", "DescribeDBParameters", "ListTagsForResource"),
        writes=(
            "CreateDBParameterGroup",
            "DeleteDBParameterGroup",
            "ModifyDBParameterGroup",
            "ResetDBParameterGroup",
            *OLD_TAGS,
        ),
    ),
    "aws:rds/subnetGroup:SubnetGroup": Calls(
        service="rds",
        reads=("DescribeDBSubnetGroups", "ListTagsForResource"),
        writes=(
            "CreateDBSubnetGroup",
            "DeleteDBSubnetGroup",
            "ModifyDBSubnetGroup",
            *OLD_TAGS,
        ),
    ),
    "aws:route53/record:Record": Calls(
        service="route53",
        reads=("GetChange", "GetHostedZone", "ListResourceRecordSets"),
        writes=("ChangeResourceRecordSets",),
    ),
    "aws:route53/zone:Zone": Calls(
        service="route53",
        reads=(
            "GetChange",
            "GetDNSSEC",
            "GetHostedZone",
            "ListResourceRecordSets",
            "ListTagsForResource",
        ),
        writes=(
            "ChangeTagsForResource",
            "CreateHostedZone",
            "DeleteHostedZone",
            "UpdateHostedZoneComment",
        ),
    ),
    "aws:s3/bucket:Bucket": Calls(
        service="s3",
        reads=(
            "GetAccelerateConfiguration",
            "GetBucketAcl",
            "GetBucketCORS",
            "GetBucketLocation",
            "GetBucketLogging",
            "GetBucketObjectLockConfiguration",
            "GetBucketPolicy",
            "GetBucketRequestPayment",
            "GetBucketTagging",
            "GetBucketVersioning",
            "GetBucketWebsite",
            "GetEncryptionConfiguration",
            "GetLifecycleConfiguration",
            "GetReplicationConfiguration",
            "ListBucket",
            "ListTagsForResource",
        ),
        writes=(
            "CreateBucket",
            "DeleteBucket",
            # Before its deletion, where protectData is false.
            "DeleteObject",
            "DeleteObjectVersion",
            "ListBucketVersions",
            "PutBucketTagging",
            *TAGS,
        ),
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Calls(
        service="s3",
        reads=("GetLifecycleConfiguration",),
        writes=("PutLifecycleConfiguration",),
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Calls(
        service="s3",
        reads=("GetBucketOwnershipControls",),
        writes=("PutBucketOwnershipControls",),
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Calls(
        service="s3",
        reads=("GetBucketPolicy",),
        writes=("DeleteBucketPolicy", "PutBucketPolicy"),
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Calls(
        service="s3",
        reads=("GetBucketPublicAccessBlock",),
        writes=("PutBucketPublicAccessBlock",),
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Calls(
        service="s3",
        reads=("GetEncryptionConfiguration",),
        writes=("PutEncryptionConfiguration",),
    ),
    "aws:secretsmanager/secret:Secret": Calls(
        service="secretsmanager",
        reads=("DescribeSecret", "GetResourcePolicy"),
        writes=("CreateSecret", "DeleteSecret", "UpdateSecret", *TAGS),
        also=("kms:Decrypt", "kms:GenerateDataKey"),
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Calls(
        service="secretsmanager",
        reads=("DescribeSecret", "GetSecretValue"),
        writes=("PutSecretValue", "UpdateSecretVersionStage"),
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Calls(
        service="ec2",
        reads=("DescribeSecurityGroupRules",),
        writes=(
            "AuthorizeSecurityGroupEgress",
            "ModifySecurityGroupRules",
            "RevokeSecurityGroupEgress",
            *EC2_TAGS,
        ),
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Calls(
        service="ec2",
        reads=("DescribeSecurityGroupRules",),
        writes=(
            "AuthorizeSecurityGroupIngress",
            "ModifySecurityGroupRules",
            "RevokeSecurityGroupIngress",
            *EC2_TAGS,
        ),
    ),
    "aws:wafv2/ipSet:IpSet": Calls(
        service="wafv2",
        reads=("GetIPSet", "ListTagsForResource"),
        writes=("CreateIPSet", "DeleteIPSet", "UpdateIPSet", *TAGS),
    ),
    "aws:wafv2/webAcl:WebAcl": Calls(
        service="wafv2",
        reads=("GetWebACL", "ListTagsForResource"),
        writes=("CreateWebACL", "DeleteWebACL", "UpdateWebACL", *TAGS),
    ),
    "aws:wafv2/webAclAssociation:WebAclAssociation": Calls(
        service="wafv2",
        reads=("GetWebACLForResource",),
        writes=("AssociateWebACL", "DisassociateWebACL"),
        also=("elasticloadbalancing:SetWebAcl",),
    ),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": Calls(
        service="wafv2",
        reads=("GetLoggingConfiguration",),
        writes=("DeleteLoggingConfiguration", "PutLoggingConfiguration"),
        # https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
        also=DELIVERY,
    ),
}


def reads(tokens: Iterable[str] = CALLS) -> frozenset[str]:
    """Actions of a refresh of these types; by default of all types."""
    return frozenset().union(*(CALLS[token].read_actions for token in tokens))


def writes(tokens: Iterable[str] = CALLS) -> frozenset[str]:
    """Actions that create, change and delete resources of these types, without the reads."""
    return frozenset().union(*(CALLS[token].write_actions for token in tokens))
