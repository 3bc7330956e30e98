import json
from dataclasses import replace

import pytest

from components.load_balancer import LoadBalancer, LoadBalancerArgs
from harness import ACCOUNT, REGION, allows, declare

ARGS = LoadBalancerArgs(
    vpc_id="vpc-1",
    subnet_ids=["public-1", "public-2"],
    certificate_arn="arn:certificate",
    account_id=ACCOUNT,
    region=REGION,
    deletion_protection=True,
    access_log_days=90,
    tags={"Stack": "test"},
)
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


def test_only_80_and_443_are_open_to_the_internet() -> None:
    rules = declare(lambda: LoadBalancer("lb", ARGS)).all(INGRESS).values()
    assert {(r["cidrIpv4"], r["fromPort"], r["toPort"]) for r in rules} == {
        ("0.0.0.0/0", 80, 80),
        ("0.0.0.0/0", 443, 443),
    }


def test_it_requires_tls_redirects_http_and_returns_404_by_default() -> None:
    listeners = declare(lambda: LoadBalancer("lb", ARGS)).all("aws:lb/listener:Listener")
    https, http = listeners["lb-https"], listeners["lb-http"]
    assert https["certificateArn"] == "arn:certificate"
    assert https["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert https["defaultActions"][0]["fixedResponse"]["statusCode"] == "404"
    assert http["defaultActions"][0]["redirect"] == {
        "port": "443",
        "protocol": "HTTPS",
        "statusCode": "HTTP_301",
    }


def test_it_drops_invalid_headers_logs_requests_and_supports_zonal_shift() -> None:
    declared = declare(lambda: LoadBalancer("lb", ARGS))
    balancer = declared.only("aws:lb/loadBalancer:LoadBalancer")
    assert balancer["dropInvalidHeaderFields"] is True
    assert balancer["enableZonalShift"] is True
    assert balancer["enableDeletionProtection"] is True
    assert balancer["accessLogs"]["enabled"] is True
    (rule,) = declared.only("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")[
        "rules"
    ]
    assert rule["expiration"]["days"] == 90


def test_only_elb_of_this_account_writes_its_logs_over_tls() -> None:
    policy = declare(lambda: LoadBalancer("lb", ARGS)).only("aws:s3/bucketPolicy:BucketPolicy")
    statements = json.loads(policy["policy"])["Statement"]
    (write,) = allows(statements, "s3:PutObject")
    assert write["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert write["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    (deny,) = [s for s in statements if s["Effect"] == "Deny"]
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_log_bucket_uses_the_encryption_that_elb_supports() -> None:
    encryption = declare(lambda: LoadBalancer("lb", ARGS)).only(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    )
    default = encryption["rules"][0]["applyServerSideEncryptionByDefault"]
    assert default == {"sseAlgorithm": "AES256"}


def test_its_log_bucket_is_deletable_only_without_deletion_protection() -> None:
    bucket = declare(lambda: LoadBalancer("lb", ARGS)).only("aws:s3/bucket:Bucket")
    assert bucket["forceDestroy"] is False
    args = replace(ARGS, deletion_protection=False)
    bucket = declare(lambda: LoadBalancer("lb", args)).only("aws:s3/bucket:Bucket")
    assert bucket["forceDestroy"] is True


def test_a_name_over_awss_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 24 characters"):
        declare(lambda: LoadBalancer("a-load-balancer-with-a-long-name", ARGS))
