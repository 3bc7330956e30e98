"""The Arbor Energy Plan Agent on AWS, from the internet to the data."""

import pulumi

import access.stack
import application
from access import trust as ci_documents
from arbor_names import limits, naming, pools
from components.cache import PORT as CACHE_PORT
from components.cache import Cache, CacheArgs
from components.certificate import Certificate, CertificateArgs
from components.ci_access import CiAccess, CiAccessArgs
from components.cluster import Cluster, ClusterArgs, strategy
from components.database import LOG_EXPORTS, Database, DatabaseArgs
from components.database import PORT as DATABASE_PORT
from components.dns import AliasRecords, AliasRecordsArgs
from components.encryption_key import EncryptionKey, EncryptionKeyArgs, ServiceGrant, logs_grant
from components.hosted_zone import HostedZone, HostedZoneArgs
from components.load_balancer import LoadBalancer, LoadBalancerArgs
from components.log_export import LogExport, LogExportArgs
from components.logs import LogGroups, LogGroupsArgs
from components.migration_task import MigrationTask, MigrationTaskArgs
from components.network import Network, NetworkArgs
from components.registry import Registry, RegistryArgs
from components.role import RoleScope
from components.secrets import Secrets, SecretsArgs
from components.service import LoadBalancerTarget, PauseHook, Scaling, Service, ServiceArgs
from components.task import Egress, TaskEnvironment
from components.task_definition import Container
from components.web_acl import WebAcl, WebAclArgs
from components.web_acl_rules import ApiLimit
from config import settings

config = settings.load()
stack = config.stack
green_host = naming.green_host(config.domain)
github = config.github
pipeline = (
    access.stack.pipeline(
        stack,
        account_id=config.account_id,
        region=config.region,
        repository=github.repository,
        owner_id=github.owner_id,
        repository_id=github.repository_id,
        application_repository=github.application_repository,
        older_roles=github.older_roles,
        log_export_bucket=config.log_export_bucket,
    )
    if github is not None
    else None
)
# The pipeline can create roles, so bootstrap's permissions boundary limits each of them.
roles = RoleScope(
    path=naming.role_path(stack),
    boundary_arn=ci_documents.boundary_arn(pipeline) if pipeline is not None else None,
)
backend = config.services["backend"]


def key(purpose: str, *services: ServiceGrant, keep: bool = False) -> EncryptionKey:
    """A key for one kind of data, so that access to one key gives no access to other data."""
    args = EncryptionKeyArgs(
        description=f"{naming.PROJECT} {stack}: {purpose}",
        account_id=config.account_id,
        region=config.region,
        services=services,
        keep=keep,
        tags=config.tags(purpose),
    )
    return EncryptionKey(f"{purpose}-key", args)


# Keys and log groups come first, because the other resources use them.
logs_key = key("logs", logs_grant(config.account_id, config.region))
database_key = key("database", keep=config.final_backup)
cache_key = key("cache", keep=config.final_backup)
secrets_key = key("secrets")

applications = (*config.services, naming.MIGRATIONS)
logs = LogGroups(
    "logs",
    LogGroupsArgs(
        groups={
            **{app: naming.log_group(stack, app) for app in applications},
            "exec": naming.exec_log_group(stack),
            "cache": naming.cache_log_group(stack),
            "insights": naming.insights_log_group(stack),
            "firewall": naming.firewall_log_group(stack),
            **{f"database-{e}": naming.database_log_group(stack, e) for e in LOG_EXPORTS},
            **({"os-metrics": naming.OS_METRICS_LOG_GROUP} if config.owns_os_metrics else {}),
        },
        retention_days=config.log_retention_days,
        kms_key_arn=logs_key.arn,
        shared=frozenset({"os-metrics"}),
        tags=config.tags("logs"),
    ),
)
log_export = LogExport(
    "log-export",
    LogExportArgs(
        bucket=config.log_export_bucket,
        account_id=config.account_id,
        region=config.region,
        log_group_arns=logs.arns,
        retention_days=config.log_export_days,
        protect=config.protect_data,
        tags=config.tags("log-export"),
    ),
)

# The network: public for the load balancer, private for tasks, isolated for data.
network = Network(
    "network",
    NetworkArgs(
        cidr_block=config.network.cidr_block,
        zones=config.network.zones,
        public_cidrs=config.network.public_cidrs,
        private_cidrs=config.network.private_cidrs,
        isolated_cidrs=config.network.isolated_cidrs,
        nat_per_zone=config.network.nat_per_zone,
        account_id=config.account_id,
        region=config.region,
        interface_endpoints=config.network.interface_endpoints,
        flow_log_retention_days=config.log_retention_days,
        kms_key_arn=logs_key.arn,
        roles=roles,
        tags=config.tags("network"),
    ),
)

# The edge: DNS, a certificate, one load balancer with a web ACL.
zone = HostedZone(
    "zone",
    HostedZoneArgs(
        domain=config.domain,
        zone_id=config.hosted_zone_id,
        protect=config.protect_data,
        tags=config.tags("zone"),
    ),
)
certificate = Certificate(
    "certificate",
    CertificateArgs(
        domain=config.domain,
        alternative_names=(green_host,),
        zone_id=zone.zone_id,
        tags=config.tags("certificate"),
    ),
)
balancer = LoadBalancer(
    "balancer",
    LoadBalancerArgs(
        vpc_id=network.vpc_id,
        subnet_ids=network.public_subnet_ids,
        certificate_arn=certificate.arn,
        account_id=config.account_id,
        region=config.region,
        deletion_protection=config.protect_data,
        access_log_days=config.access_log_days,
        tags=config.tags("balancer"),
    ),
)
firewall = WebAcl(
    "firewall",
    WebAclArgs(
        load_balancer_arn=balancer.arn,
        requests_per_five_minutes=config.firewall.requests_per_five_minutes,
        api=ApiLimit(
            path=application.API,
            uncounted=application.UNCOUNTED,
            per_minute=config.firewall.api_requests_per_minute,
            per_ten_minutes=config.firewall.api_requests_per_ten_minutes,
        ),
        large_body_paths=config.firewall.large_body_paths,
        office_cidrs=config.firewall.office_cidrs,
        log_group_arn=logs.arns["firewall"],
        tags=config.tags("firewall"),
    ),
)
AliasRecords(
    "dns",
    AliasRecordsArgs(
        hosts=(config.domain, green_host),
        zone_id=zone.zone_id,
        load_balancer_dns_name=balancer.dns_name,
        load_balancer_zone_id=balancer.zone_id,
    ),
)

# Secrets, the database and the cache.
secrets = Secrets(
    "secrets",
    SecretsArgs(
        database_secret=naming.secret(stack, "db"),
        cache_secret=naming.secret(stack, "redis"),
        app_secret=naming.secret(stack, "app"),
        database_user=naming.DATABASE_USER,
        kms_key_arn=secrets_key.arn,
        recovery_days=config.secret_recovery_days,
        tags=config.tags("secrets"),
    ),
)
database = Database(
    "database",
    DatabaseArgs(
        account_id=config.account_id,
        region=config.region,
        identifier=naming.database_instance(stack),
        database_name=naming.database(stack),
        username=naming.DATABASE_USER,
        parameter_group_name=naming.database_parameter_group(stack, config.database.major_version),
        engine_version=config.database.major_version,
        instance_class=config.database.instance_class,
        allocated_storage_gib=config.database.storage_gib,
        max_allocated_storage_gib=config.database.max_storage_gib,
        vpc_id=network.vpc_id,
        subnet_ids=network.isolated_subnet_ids,
        password=secrets.database_password,
        multi_az=config.database.multi_az,
        backup_days=config.database.backup_days,
        backup_window=config.database.backup_window,
        maintenance_window=config.database.maintenance_window,
        kms_key_arn=database_key.arn,
        roles=roles,
        protect=config.protect_data,
        final_backup=config.final_backup,
        tags=config.tags("database"),
    ),
    # Otherwise RDS creates its log groups without retention (docs/decisions/aws-log-groups.md).
    opts=pulumi.ResourceOptions(depends_on=[logs]),
)
cache = Cache(
    "cache",
    CacheArgs(
        replication_group_id=naming.cache_replication_group(stack),
        node_type=config.cache.node_type,
        nodes=config.cache.nodes,
        vpc_id=network.vpc_id,
        subnet_ids=network.isolated_subnet_ids,
        auth_token=secrets.cache_token,
        snapshot_days=config.cache.snapshot_days,
        snapshot_window=config.cache.snapshot_window,
        maintenance_window=config.cache.maintenance_window,
        kms_key_arn=cache_key.arn,
        slow_log_group=logs.names["cache"],
        protect=config.protect_data,
        final_backup=config.final_backup,
        tags=config.tags("cache"),
    ),
)

# The image repositories, the cluster, and a service for each entry of arbor:services.
registry = Registry(
    "registry",
    RegistryArgs(
        repositories={app: naming.image_repository(stack, app) for app in config.services},
        keep_images=config.images_kept,
        force_delete=not config.protect_data,
        tags=config.tags("registry"),
    ),
)
cluster = Cluster(
    "cluster",
    ClusterArgs(
        cluster_name=naming.cluster(stack),
        exec_log_group=logs.names["exec"],
        kms_key_arn=logs_key.arn,
        spot_weight=config.spot_weight,
        tags=config.tags("cluster"),
    ),
    opts=pulumi.ResourceOptions(depends_on=[logs]),  # as for the database
)
task_environment = TaskEnvironment(
    account_id=config.account_id,
    region=config.region,
    vpc_id=network.vpc_id,
    subnet_ids=network.private_subnet_ids,
    cluster_name=cluster.name,
    cluster_arn=cluster.arn,
    secret_key_arn=secrets_key.arn,
    exec_log_group_arn=logs.arns["exec"],
    exec_key_arn=logs_key.arn,
    roles=roles,
    egress_dependencies=[network],
)
load_balancer_target = LoadBalancerTarget(
    listener_arn=balancer.https_listener_arn,
    security_group_id=balancer.security_group_id,
    arn_suffix=balancer.arn_suffix,
    production_host=config.domain,
    test_host=green_host,
)
database_egress = Egress(security_group_id=database.security_group_id, port=DATABASE_PORT)
cache_egress = Egress(security_group_id=cache.security_group_id, port=CACHE_PORT)
database_access = application.DatabaseAccess(
    host=database.address,
    port=database.port,
    name=naming.database(stack),
    secret_arn=secrets.database_arn,
)
cache_access = application.CacheAccess(
    host=cache.endpoint, port=cache.port, secret_arn=secrets.cache_arn
)


def image(app: str) -> pulumi.Input[str]:
    """The configured image, or the configured version in the stack's own repository."""
    entry = config.services[app]
    if entry.image is not None:
        return entry.image
    return registry.urls[app].apply(lambda url: limits.image_in(url, entry.version or ""))


services: dict[str, Service] = {}
for app, entry in config.services.items():
    db = database_access if entry.database else None
    redis = cache_access if entry.cache else None
    services[app] = Service(
        app,
        ServiceArgs(
            service_name=naming.service(stack, app),
            container=Container(
                name=app,
                image=image(app),
                user=entry.user,
                port=entry.port,
                log_group=logs.names[app],
                region=config.region,
                command=application.command(port=entry.port, workers=entry.workers),
                labels={pools.POOL_LABEL: str(config.database.pool_size)} if db else {},
                environment=application.environment(
                    name=config.environment, domain=config.domain, database=db, cache=redis
                ),
                secrets=application.secrets(
                    app_secret_arn=secrets.app_arn, database=db, cache=redis
                ),
            ),
            cpu=entry.cpu,
            memory=entry.memory,
            task_environment=task_environment,
            load_balancer=load_balancer_target,
            path_patterns=entry.paths,
            priority=entry.priority,
            previous_port=entry.previous_port,
            health_check_path=entry.health_check_path,
            scaling=Scaling(
                count=entry.count,
                min_count=entry.min_count,
                max_count=entry.max_count,
                cpu_percent=config.scaling.cpu_percent,
                memory_percent=config.scaling.memory_percent,
                requests_per_target=config.scaling.requests_per_target,
            ),
            capacity=strategy(config.spot_weight),
            log_group_arn=logs.arns[app],
            repository_arn=registry.arns[app],
            secret_arns=application.secret_arns(
                app_secret_arn=secrets.app_arn, database=db, cache=redis
            ),
            egress={
                **({"database": database_egress} if entry.database else {}),
                **({"cache": cache_egress} if entry.cache else {}),
            },
            bake_minutes=config.deployment.bake_minutes,
            pause=PauseHook(timeout_minutes=config.deployment.pause_timeout_minutes)
            if config.deployment.pause_before_production
            else None,
            release_order=entry.release_order,
            tags=config.tags(app),
        ),
        # Tasks need their secrets and images at start.
        opts=pulumi.ResourceOptions(depends_on=[secrets, registry]),
    )

migrations = MigrationTask(
    naming.MIGRATIONS,
    MigrationTaskArgs(
        family=naming.service(stack, naming.MIGRATIONS),
        container=Container(
            name=naming.MIGRATIONS_CONTAINER,
            image=image("backend"),
            user=backend.user,
            log_group=logs.names[naming.MIGRATIONS],
            region=config.region,
            environment=application.environment(
                name=config.environment,
                domain=config.domain,
                database=database_access,
                cache=cache_access,
            ),
            secrets=application.secrets(
                app_secret_arn=secrets.app_arn, database=database_access, cache=cache_access
            ),
        ),
        task_environment=task_environment,
        log_group_arn=logs.arns[naming.MIGRATIONS],
        repository_arn=registry.arns["backend"],
        secret_arns=application.secret_arns(
            app_secret_arn=secrets.app_arn, database=database_access, cache=cache_access
        ),
        database=database_egress,
        tags=config.tags(naming.MIGRATIONS),
    ),
)

# Roles for the pipeline's jobs.
if pipeline is not None and github is not None:
    ci = CiAccess(
        "ci",
        CiAccessArgs(pipeline=pipeline, provider_arn=github.provider_arn, tags=config.tags("ci")),
    )
    arns = [ci.preview_role_arn, ci.deploy_role_arn]
    if ci.images_role_arn is not None:
        arns.append(ci.images_role_arn)
    pulumi.export("ci_role_arns", arns)

# Outputs for operators; none is secret.
pulumi.export("url", f"https://{config.domain}")
pulumi.export("green_url", f"https://{green_host}")
pulumi.export("name_servers", zone.name_servers)
pulumi.export("certificate_arn", certificate.arn)
pulumi.export("load_balancer_arn", balancer.arn)
pulumi.export("load_balancer_metric_dimension", balancer.arn_suffix)
pulumi.export("https_listener_arn", balancer.https_listener_arn)
pulumi.export("web_acl_arn", firewall.arn)
pulumi.export("vpc_id", network.vpc_id)
pulumi.export("public_subnet_ids", network.public_subnet_ids)
pulumi.export("private_subnet_ids", network.private_subnet_ids)
pulumi.export("isolated_subnet_ids", network.isolated_subnet_ids)
pulumi.export("cluster_name", cluster.name)
pulumi.export("repository_urls", registry.urls)
pulumi.export("log_groups", logs.names)
pulumi.export("log_export_bucket", log_export.bucket)
pulumi.export("database_endpoint", database.endpoint)
pulumi.export("cache_endpoint", cache.endpoint)
pulumi.export("secret_arns", [secrets.database_arn, secrets.cache_arn, secrets.app_arn])
pulumi.export(
    "security_group_ids",
    {
        "balancer": balancer.security_group_id,
        "database": database.security_group_id,
        "cache": cache.security_group_id,
        naming.MIGRATIONS: migrations.security_group_id,
        **{app: service.security_group_id for app, service in services.items()},
    },
)
pulumi.export(
    "services",
    {
        app: {
            "name": service.service_name,
            "blue_target_group_arn": service.blue_target_group_arn,
            "green_target_group_arn": service.green_target_group_arn,
            "production_rule_arn": service.production_rule_arn,
            "test_rule_arn": service.test_rule_arn,
        }
        for app, service in services.items()
    },
)
