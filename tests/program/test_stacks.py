"""Both stacks as a whole, with the committed values: every promise of the design."""

import itertools
import json
import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from pulumi.runtime import MockResourceArgs

import access.stack
import stack_config
from access import boundary
from arbor_names import naming
from harness import ACCOUNT, REGION, Recorder, declare, is_secret, plain
from iam_evaluator import Principal, Request, allowed

ROOT = Path(__file__).parents[2]
STACKS = ("production", "staging")
each_stack = pytest.mark.parametrize("stack", STACKS)
TAGS = ("Project", "Stack", "Environment", "Component", "ManagedBy")
WORLD = "0.0.0.0/0"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
UNTAGGABLE = {
    "aws:acm/certificateValidation:CertificateValidation",
    "aws:appautoscaling/policy:Policy",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:kms/alias:Alias",
    "aws:route53/record:Record",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws:wafv2/webAclAssociation:WebAclAssociation",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
}
"""Types that have no tags in AWS."""
NAMED_BY = {
    "aws:ecs/cluster:Cluster": "name",
    "aws:ecs/service:Service": "name",
    "aws:ecs/taskDefinition:TaskDefinition": "family",
    "aws:cloudwatch/logGroup:LogGroup": "name",
    "aws:rds/instance:Instance": "identifier",
    "aws:rds/parameterGroup:ParameterGroup": "name",
    "aws:elasticache/replicationGroup:ReplicationGroup": "replicationGroupId",
    "aws:secretsmanager/secret:Secret": "name",
    "aws:s3/bucket:Bucket": "bucket",
}
"""The inputs with a physical name; Pulumi chooses every other `name`."""
NOT_A_PHYSICAL_NAME = {"aws:route53/record:Record", "aws:route53/zone:Zone"}


@cache
def stack_of(stack: str) -> Recorder:
    """The program's registrations; computed once for all tests."""

    def program() -> None:
        stack_config.use(stack)
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")

    return declare(program, stack=stack)


def custom(recorder: Recorder) -> Iterator[MockResourceArgs]:
    return (r for r in recorder.registered if r.typ.startswith(("aws:", "awsx:")))


def promised(stack: str) -> set[tuple[str, str]]:
    """Every name in the runbook, with its required type."""
    apps = ("backend", "frontend")
    return {
        ("aws:ecs/cluster:Cluster", f"arbor-{stack}-cluster"),
        *(("aws:ecs/service:Service", f"arbor-{stack}-{app}") for app in apps),
        *(
            ("aws:ecs/taskDefinition:TaskDefinition", f"arbor-{stack}-{family}")
            for family in (*apps, "migrations")
        ),
        *(
            ("aws:cloudwatch/logGroup:LogGroup", f"/ecs/arbor-{stack}/{group}")
            for group in (*apps, "migrations")
        ),
        ("aws:cloudwatch/logGroup:LogGroup", f"/aws/rds/instance/arbor-{stack}-db/postgresql"),
        ("aws:rds/instance:Instance", f"arbor-{stack}-db"),
        ("aws:rds/parameterGroup:ParameterGroup", f"arbor-{stack}-params"),
        ("aws:elasticache/replicationGroup:ReplicationGroup", f"arbor-{stack}-redis"),
        ("aws:secretsmanager/secret:Secret", f"arbor/{stack}/db"),
        ("aws:secretsmanager/secret:Secret", f"arbor/{stack}/redis"),
        ("aws:secretsmanager/secret:Secret", f"arbor/{stack}/app"),
        (
            "aws:s3/bucket:Bucket",
            "arbor-log-exports" if stack == "production" else f"arbor-{stack}-log-exports",
        ),
    }


@each_stack
def test_every_promised_name_exists_with_its_type(stack: str) -> None:
    found = {(r.typ, r.inputs.get(NAMED_BY.get(r.typ, ""))) for r in custom(stack_of(stack))}
    assert promised(stack) <= found


@each_stack
def test_every_other_physical_name_is_generated(stack: str) -> None:
    allowed = {name for _, name in promised(stack)} | {
        naming.exec_log_group(stack),
        naming.cache_log_group(stack),
        naming.firewall_log_group(stack),
        naming.insights_log_group(stack),
        naming.OS_METRICS_LOG_GROUP,
        naming.database_log_group(stack, "upgrade"),
        naming.ci_preview_role(stack),
        naming.ci_deploy_role(stack),
        naming.ci_reads_policy(stack),
        naming.ci_changes_policy(stack),
    }
    fixed = {
        (r.typ, r.inputs[key])
        for r in custom(stack_of(stack))
        if r.typ not in NOT_A_PHYSICAL_NAME
        for key in {"name", NAMED_BY.get(r.typ, "name")}
        if key in r.inputs
    }
    assert {(typ, name) for typ, name in fixed if name not in allowed} == set()


@each_stack
def test_every_taggable_resource_has_the_tags(stack: str) -> None:
    for resource in custom(stack_of(stack)):
        if resource.typ in UNTAGGABLE:
            continue
        tags = resource.inputs.get("tags") or {}
        assert set(TAGS) <= set(tags), (resource.typ, resource.name)
        assert (tags["Stack"], tags["Environment"]) == (stack, stack)


@each_stack
def test_every_resource_belongs_to_a_component(stack: str) -> None:
    top = stack_of(stack).unparented
    assert [t for t in top if not t.startswith("arbor:")] == []


@each_stack
def test_only_the_load_balancer_is_open_to_the_internet_on_80_and_443(stack: str) -> None:
    rules = stack_of(stack).all(INGRESS)
    opened = {
        (rule["securityGroupId"], rule["fromPort"], rule["toPort"])
        for rule in rules.values()
        if rule.get("cidrIpv4") == WORLD or "cidrIpv6" in rule
    }
    assert opened == {("balancer-group-id", 80, 80), ("balancer-group-id", 443, 443)}


@each_stack
def test_security_groups_are_a_chain(stack: str) -> None:
    chain = {
        (rule["referencedSecurityGroupId"], rule["securityGroupId"], rule["fromPort"])
        for rule in stack_of(stack).all(INGRESS).values()
        if "referencedSecurityGroupId" in rule
    }
    assert chain == {
        ("balancer-group-id", "backend-task-group-id", 8000),
        ("balancer-group-id", "frontend-task-group-id", 3000),
        ("backend-task-group-id", "database-group-id", 5432),
        ("backend-task-group-id", "cache-group-id", 6379),
        ("migrations-task-group-id", "database-group-id", 5432),
    }


@each_stack
def test_ingress_and_egress_rules_match_and_stores_have_no_egress(stack: str) -> None:
    egress = stack_of(stack).all(EGRESS).values()
    out = {
        (r["securityGroupId"], r.get("referencedSecurityGroupId"), r["fromPort"]) for r in egress
    }
    chain = {
        (r["referencedSecurityGroupId"], r["securityGroupId"], r["fromPort"])
        for r in stack_of(stack).all(INGRESS).values()
        if "referencedSecurityGroupId" in r
    }
    world = {(group, target, port) for group, target, port in out if target is None}
    assert out - world == chain
    assert {(group, port) for group, _, port in world} == {
        ("backend-task-group-id", 443),
        ("frontend-task-group-id", 443),
        ("migrations-task-group-id", 443),
    }


@each_stack
def test_no_security_group_has_inline_rules(stack: str) -> None:
    for group in stack_of(stack).all("aws:ec2/securityGroup:SecurityGroup").values():
        assert not {"ingress", "egress"} & set(group)
    default = stack_of(stack).only("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert (default["ingress"], default["egress"]) == ([], [])


@each_stack
def test_no_task_has_a_public_address(stack: str) -> None:
    for service in stack_of(stack).all("aws:ecs/service:Service").values():
        network = service["networkConfiguration"]
        assert network["assignPublicIp"] is False
        assert network["subnets"] == ["private-1", "private-2", "private-3"]


@each_stack
def test_tasks_get_secrets_by_reference_only(stack: str) -> None:
    for task in stack_of(stack).all("aws:ecs/taskDefinition:TaskDefinition").values():
        (container,) = json.loads(plain(task["containerDefinitions"]))
        assert not is_secret(task["containerDefinitions"])
        for secret in container["secrets"]:
            assert secret["valueFrom"].startswith("arn:aws:secretsmanager:")
        plain_names = {variable["name"] for variable in container["environment"]}
        assert not plain_names & {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY"}
        assert "xxxx" not in json.dumps(container)  # part of the mocked passwords


@each_stack
def test_the_backend_gets_the_environment_that_the_application_reads(stack: str) -> None:
    tasks = stack_of(stack).all("aws:ecs/taskDefinition:TaskDefinition")
    (backend,) = json.loads(plain(tasks["backend-task-definition"]["containerDefinitions"]))
    environment = {v["name"]: v["value"] for v in backend["environment"]}
    assert environment["ENVIRONMENT"] == stack
    assert environment["POSTGRES_DB"] == f"arbor_{stack}"
    assert (environment["POSTGRES_PORT"], environment["REDIS_PORT"]) == ("5432", "6379")
    assert environment["REDIS_SSL"] == "true"
    assert {s["name"] for s in backend["secrets"]} == {
        "POSTGRES_USER",
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "SECRET_KEY",
    }
    assert backend["user"] == "1000"


@each_stack
def test_the_backend_starts_the_configured_workers(stack: str) -> None:
    """In the form of the image's own command, which has 4."""
    tasks = stack_of(stack).all("aws:ecs/taskDefinition:TaskDefinition")
    (backend,) = json.loads(plain(tasks["backend-task-definition"]["containerDefinitions"]))
    (frontend,) = json.loads(plain(tasks["frontend-task-definition"]["containerDefinitions"]))
    assert " ".join(backend["command"]) == (
        "gunicorn app.main:app --workers 1 --worker-class uvicorn.workers.UvicornWorker "
        "--bind 0.0.0.0:8000 --access-logfile - --error-logfile - --capture-output "
        "--enable-stdio-inheritance"
    )
    assert backend["dockerLabels"] == {"arbor.databasePoolSize": "30"}
    assert not frontend.keys() & {"command", "dockerLabels"}


@each_stack
def test_migrations_run_alembic_in_a_container_named_backend(stack: str) -> None:
    tasks = stack_of(stack).all("aws:ecs/taskDefinition:TaskDefinition")
    migrations = tasks["migrations-task-definition"]
    (container,) = json.loads(plain(migrations["containerDefinitions"]))
    assert container["name"] == "backend"
    assert container["command"] == ["alembic", "upgrade", "head"]


@each_stack
def test_every_revision_stays_registered(stack: str) -> None:
    for task in stack_of(stack).all("aws:ecs/taskDefinition:TaskDefinition").values():
        assert task["skipDestroy"] is True


@each_stack
def test_services_are_native_blue_green_and_roll_back_on_alarms(stack: str) -> None:
    bake = {"production": "15", "staging": "10"}[stack]
    for name, service in stack_of(stack).all("aws:ecs/service:Service").items():
        assert service["deploymentConfiguration"] == {
            "strategy": "BLUE_GREEN",
            "bakeTimeInMinutes": bake,
        }
        (balancer,) = service["loadBalancers"]
        advanced = balancer["advancedConfiguration"]
        assert balancer["targetGroupArn"] != advanced["alternateTargetGroupArn"]
        assert ":listener-rule/" in advanced["productionListenerRule"]
        assert ":listener-rule/" in advanced["testListenerRule"]
        assert service["alarms"]["enable"]
        assert service["alarms"]["rollback"]
        assert len(service["alarms"]["alarmNames"]) == 2
        assert service["sigintRollback"] is False
        assert service["waitForSteadyState"] is True
        assert service["enableExecuteCommand"] is True
        options = stack_of(stack).options["aws:ecs/service:Service", name]
        assert set(options.ignore_changes or ()) == {
            "taskDefinition",
            "desiredCount",
            "loadBalancers",
        }


@each_stack
def test_both_rules_forward_to_both_groups_and_ecs_owns_the_weights(stack: str) -> None:
    rules = stack_of(stack).all("aws:lb/listenerRule:ListenerRule")
    assert len(rules) == 4
    for name, rule in rules.items():
        (action,) = rule["actions"]
        groups = action["forward"]["targetGroups"]
        assert [group["weight"] for group in groups] == [100, 0]
        assert len({group["arn"] for group in groups}) == 2
        options = stack_of(stack).options["aws:lb/listenerRule:ListenerRule", name]
        assert options.ignore_changes == ["actions"]


@each_stack
def test_test_rules_are_evaluated_first_and_the_frontend_last(stack: str) -> None:
    rules = stack_of(stack).all("aws:lb/listenerRule:ListenerRule")
    order = sorted(rules, key=lambda name: int(rules[name]["priority"]))
    assert order == ["backend-test", "frontend-test", "backend-production", "frontend-production"]


@each_stack
def test_the_listener_requires_tls_and_returns_404_by_default(stack: str) -> None:
    listeners = stack_of(stack).all("aws:lb/listener:Listener")
    https, http = listeners["balancer-https"], listeners["balancer-http"]
    assert https["sslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2")
    assert https["defaultActions"][0]["fixedResponse"]["statusCode"] == "404"
    assert http["defaultActions"][0]["redirect"]["protocol"] == "HTTPS"


@each_stack
def test_the_database_keeps_the_runbook_s_promises(stack: str) -> None:
    database = stack_of(stack).only("aws:rds/instance:Instance")
    production = stack == "production"
    assert database["multiAz"] is production
    assert database["backupRetentionPeriod"] == (7 if production else 1)
    assert database["backupWindow"] == "03:00-04:00"
    assert database["publiclyAccessible"] is False
    assert database["storageEncrypted"] is True
    assert database["deletionProtection"] is production
    assert database["skipFinalSnapshot"] is not production
    assert is_secret(database["password"])
    assert (database["username"], database["dbName"]) == ("arbor_user", f"arbor_{stack}")
    options = stack_of(stack).options_of("aws:rds/instance:Instance")
    assert options.ignore_changes == ["password"]
    assert options.protect is production


@each_stack
def test_the_parameter_group_forces_tls_and_logs_slow_queries(stack: str) -> None:
    group = stack_of(stack).only("aws:rds/parameterGroup:ParameterGroup")
    assert group["family"] == "postgres16"
    parameters = {p["name"]: (p["value"], p["applyMethod"]) for p in group["parameters"]}
    assert parameters["rds.force_ssl"][0] == "1"
    assert parameters["log_min_duration_statement"] == ("1000", "immediate")
    assert parameters["shared_preload_libraries"] == ("pg_stat_statements", "pending-reboot")


@each_stack
def test_the_cache_fails_over_in_production_and_requires_a_token(stack: str) -> None:
    cache = stack_of(stack).only("aws:elasticache/replicationGroup:ReplicationGroup")
    production = stack == "production"
    assert cache["numCacheClusters"] == (3 if production else 1)
    assert cache["automaticFailoverEnabled"] is production
    assert cache["multiAzEnabled"] is production
    assert cache["transitEncryptionEnabled"] is True
    assert cache["atRestEncryptionEnabled"] is True
    assert is_secret(cache["authToken"])
    assert cache["snapshotRetentionLimit"] == (7 if production else 1)
    options = stack_of(stack).options_of("aws:elasticache/replicationGroup:ReplicationGroup")
    assert options.ignore_changes == ["authToken"]
    assert options.protect is production


@each_stack
def test_stores_are_in_isolated_subnets(stack: str) -> None:
    recorder = stack_of(stack)
    for token in ("aws:rds/subnetGroup:SubnetGroup", "aws:elasticache/subnetGroup:SubnetGroup"):
        assert recorder.only(token)["subnetIds"] == ["isolated-1", "isolated-2", "isolated-3"]


@each_stack
def test_the_database_s_secret_has_exactly_a_user_and_a_password(stack: str) -> None:
    versions = stack_of(stack).all("aws:secretsmanager/secretVersion:SecretVersion")
    first = versions["secrets-database-first"]
    assert is_secret(first["secretString"])
    assert set(json.loads(plain(first["secretString"]))) == {"username", "password"}
    for name in versions:
        options = stack_of(stack).options["aws:secretsmanager/secretVersion:SecretVersion", name]
        assert set(options.ignore_changes or ()) == {"secretString", "versionStages"}


@each_stack
def test_production_has_a_nat_gateway_per_zone_and_staging_one(stack: str) -> None:
    vpc = stack_of(stack).only("awsx:ec2:Vpc")
    strategy = {"production": "OnePerAz", "staging": "Single"}[stack]
    assert vpc["natGateways"]["strategy"] == strategy
    assert vpc["cidrBlock"] == "10.0.0.0/16"
    assert len(vpc["availabilityZoneNames"]) == 3


@each_stack
def test_every_role_except_ecss_requires_a_source(stack: str) -> None:
    """ECS sends no source ARN when it assumes an infrastructure role."""
    for name, role in stack_of(stack).all("aws:iam/role:Role").items():
        (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
        if "Federated" in statement["Principal"]:
            continue  # assumed by a workflow's job, see tests/components/test_ci_access.py
        for_ecs = statement["Principal"] == {"Service": "ecs.amazonaws.com"}
        assert for_ecs != ("aws:SourceArn" in statement.get("Condition", {}).get("ArnLike", {})), (
            name
        )


@each_stack
def test_every_role_has_the_stacks_path_and_boundary(stack: str) -> None:
    recorder = stack_of(stack)
    roles = recorder.all("aws:iam/role:Role")
    ours = {name: role for name, role in roles.items() if not name.startswith("ci-")}
    assert len(ours) == 10
    for name, role in ours.items():
        assert role["path"] == f"/arbor/{stack}/", name
        assert role["permissionsBoundary"].endswith(f":policy/arbor-{stack}-boundary"), name


@each_stack
def test_the_boundary_allows_every_action_of_the_programs_roles(stack: str) -> None:
    """Each action of each policy, on a resource that it names, with the stack's tags."""
    recorder = stack_of(stack)
    settings = access.stack.pipeline(stack, account_id=ACCOUNT, region=REGION, repository="a/b")
    bound = boundary.of_program(settings)
    tried = 0
    for name, role_policy in recorder.all("aws:iam/rolePolicy:RolePolicy").items():
        if name.startswith("ci-"):
            continue
        role = Principal(
            arn=f"arn:aws:iam::{ACCOUNT}:role/arbor/{stack}/x",
            policies=(role_policy["policy"],),
            boundary=bound,
        )
        for statement in json.loads(role_policy["policy"])["Statement"]:
            for action, resource in itertools.product(
                _listed(statement["Action"]), _listed(statement["Resource"])
            ):
                request = Request(
                    action=action, resource=resource, context={"aws:ResourceTag/Stack": stack}
                )
                assert allowed(role, request), (name, action, resource)
                tried += 1
    assert tried > 50


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
