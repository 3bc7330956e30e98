"""The application's original stack as its Terraform creates it in an account, with boto3 alone.

https://github.com/Davaakhatan/arbor-energy-plan-agent, infrastructure/aws: production, with the
default of each variable. Subnets, services and policies that no test reads are left out.
"""

import json
from collections.abc import Callable
from typing import Any

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
PREFIX = "arbor-production"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Action": "sts:AssumeRole",
                "Effect": "Allow",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            }
        ],
    }
)
PORTS = {"backend": 8000, "frontend": 3000}
ClientOf = Callable[[str], Any]


def tags(name: str) -> dict[str, str]:
    """With its provider's `default_tags`."""
    return {
        "Name": f"{PREFIX}-{name}",
        "Project": "arbor-energy-agent",
        "Environment": "production",
        "ManagedBy": "terraform",
    }


def pairs(name: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags(name).items()]


def make(client: ClientOf) -> None:
    """Create everything, in the order of dependencies."""
    subnets, group = _network(client("ec2"))
    _registry(client("ecr"))
    _logs(client("logs"))
    _secrets(client("secretsmanager"))
    _database(client("rds"), subnets[3:], group)
    _cache(client("elasticache"), subnets[3:], group)
    _services(client, subnets, group)


def _network(ec2: Any) -> tuple[list[str], str]:
    """Subnets, the public ones first, and a security group."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=pairs("vpc"))
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{16 * number}.0/20", AvailabilityZone=ZONES[number % 3]
        )["Subnet"]["SubnetId"]
        for number in range(6)
    ]
    group = ec2.create_security_group(
        GroupName=f"{PREFIX}-ecs-backend-sg", Description="ECS backend tasks", VpcId=vpc
    )
    return subnets, group["GroupId"]


def _registry(ecr: Any) -> None:
    for app in PORTS:
        ecr.create_repository(
            repositoryName=f"{PREFIX}-{app}",
            imageTagMutability="MUTABLE",
            imageScanningConfiguration={"scanOnPush": True},
            encryptionConfiguration={"encryptionType": "AES256"},
            tags=pairs(app),
        )


def _logs(logs: Any) -> None:
    for app in PORTS:
        name = f"/ecs/{PREFIX}/{app}"
        logs.create_log_group(logGroupName=name, tags=tags(f"{app}-logs"))
        logs.put_retention_policy(logGroupName=name, retentionInDays=30)


def _secrets(secrets: Any) -> None:
    for purpose in ("db-password", "redis-auth-token", "app-secrets"):
        secrets.create_secret(Name=f"{PREFIX}-{purpose}", SecretString="{}", Tags=pairs(purpose))


def _database(rds: Any, subnets: list[str], group: str) -> None:
    rds.create_db_subnet_group(
        DBSubnetGroupName=f"{PREFIX}-db-subnet-group",
        DBSubnetGroupDescription="Database",
        SubnetIds=subnets,
    )
    rds.create_db_parameter_group(
        DBParameterGroupName=f"{PREFIX}-pg16-params",
        DBParameterGroupFamily="postgres16",
        Description="PostgreSQL 16",
    )
    rds.create_db_instance(
        DBInstanceIdentifier=f"{PREFIX}-db",
        Engine="postgres",
        EngineVersion="16.6",
        DBInstanceClass="db.t3.medium",
        AllocatedStorage=20,
        MaxAllocatedStorage=80,
        StorageType="gp3",
        StorageEncrypted=True,
        DBName="arbor_energy",
        MasterUsername="arbor_admin",
        MasterUserPassword="Aa1-of-the-original",
        DBSubnetGroupName=f"{PREFIX}-db-subnet-group",
        DBParameterGroupName=f"{PREFIX}-pg16-params",
        VpcSecurityGroupIds=[group],
        MultiAZ=True,
        PubliclyAccessible=False,
        BackupRetentionPeriod=7,
        PreferredBackupWindow="03:00-04:00",
        # Terraform's begins at 04:00, but moto refuses adjacent windows as overlapping.
        PreferredMaintenanceWindow="mon:04:30-mon:05:30",
        EnableCloudwatchLogsExports=["postgresql", "upgrade"],
        DeletionProtection=True,
        Tags=pairs("db"),
    )


def _cache(elasticache: Any, subnets: list[str], group: str) -> None:
    elasticache.create_cache_subnet_group(
        CacheSubnetGroupName=f"{PREFIX}-redis-subnet-group",
        CacheSubnetGroupDescription="Redis",
        SubnetIds=subnets,
    )
    elasticache.create_replication_group(
        ReplicationGroupId=f"{PREFIX}-redis",
        ReplicationGroupDescription="Redis cache for Arbor Energy Agent",
        Engine="redis",
        EngineVersion="7.0",
        CacheNodeType="cache.t3.micro",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        MultiAZEnabled=True,
        CacheSubnetGroupName=f"{PREFIX}-redis-subnet-group",
        SecurityGroupIds=[group],
        Port=6379,
        AtRestEncryptionEnabled=True,
        TransitEncryptionEnabled=True,
        AuthToken="token-of-the-original-stack",
        SnapshotRetentionLimit=7,
        SnapshotWindow="04:00-05:00",
        PreferredMaintenanceWindow="mon:05:00-mon:06:00",
        Tags=pairs("redis"),
    )


def _services(client: ClientOf, subnets: list[str], group: str) -> None:
    ecs, iam, elb = client("ecs"), client("iam"), client("elbv2")
    roles = [
        iam.create_role(RoleName=f"{PREFIX}-{name}", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        for name in ("ecs-task-execution", "ecs-task")
    ]
    cluster = f"{PREFIX}-cluster"
    ecs.create_cluster(
        clusterName=cluster,
        settings=[{"name": "containerInsights", "value": "enabled"}],
        tags=[{"key": key, "value": value} for key, value in tags("cluster").items()],
    )
    ecs.put_cluster_capacity_providers(
        cluster=cluster,
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "base": 1, "weight": 100}],
    )
    (balancer,) = elb.create_load_balancer(
        Name=f"{PREFIX}-alb", Subnets=subnets[:3], SecurityGroups=[group], Tags=pairs("alb")
    )["LoadBalancers"]
    for app, port in PORTS.items():
        (target,) = elb.create_target_group(
            Name=f"{PREFIX}-{app}-tg",
            Protocol="HTTP",
            Port=port,
            VpcId=balancer["VpcId"],
            TargetType="ip",
        )["TargetGroups"]
        elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80 if app == "frontend" else 8080,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": target["TargetGroupArn"]}],
        )
        definition = ecs.register_task_definition(
            family=f"{PREFIX}-{app}",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=roles[0],
            taskRoleArn=roles[1],
            containerDefinitions=[
                {"name": app, "image": f"{app}:latest", "portMappings": [{"containerPort": port}]}
            ],
        )["taskDefinition"]["taskDefinitionArn"]
        ecs.create_service(
            cluster=cluster,
            serviceName=f"{PREFIX}-{app}",
            taskDefinition=definition,
            desiredCount=2,
            launchType="FARGATE",
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": subnets[3:],
                    "securityGroups": [group],
                    "assignPublicIp": "DISABLED",
                }
            },
            loadBalancers=[
                {
                    "targetGroupArn": target["TargetGroupArn"],
                    "containerName": app,
                    "containerPort": port,
                }
            ],
            deploymentConfiguration={
                "maximumPercent": 200,
                "minimumHealthyPercent": 100,
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            },
        )
