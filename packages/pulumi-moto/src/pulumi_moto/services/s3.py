"""Buckets, and their settings as separate resources."""

from collections.abc import Callable

from pulumi_moto.row import Autoname, Change, Client, Props, Row, Same, State, fields
from pulumi_moto.services.equivalence import same_policy
from pulumi_moto.services.missing import found_or_none, ignore_missing
from pulumi_moto.shapes import Members, from_aws, same_set, tag_dict, tag_list, to_aws

LONGEST_BUCKET = 63


def create_bucket(s3: Client, props: Props) -> str:
    name, region = str(props["bucket"]), s3.meta.region_name
    where = (
        {}
        if region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    )
    s3.create_bucket(Bucket=name, **where)
    _tag(s3, name, props)
    return name


def _tag(s3: Client, name: str, props: Props) -> None:
    if tags := tag_list(props.get("tags")):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    else:
        s3.delete_bucket_tagging(Bucket=name)


def read_bucket(s3: Client, name: str) -> State | None:
    if found_or_none(s3.head_bucket, Bucket=name) is None:
        return None
    tags = found_or_none(s3.get_bucket_tagging, Bucket=name)
    region = s3.meta.region_name
    return {
        "bucket": name,
        "tags": tag_dict((tags or {}).get("TagSet")),
        "arn": f"arn:aws:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
    }


def delete_bucket(s3: Client, name: str, state: Props) -> None:
    """Delete the bucket; with `forceDestroy`, delete its objects first."""
    if state.get("forceDestroy") and read_bucket(s3, name) is not None:
        versions = s3.list_object_versions(Bucket=name)
        for found in (*versions.get("Versions", []), *versions.get("DeleteMarkers", [])):
            s3.delete_object(Bucket=name, Key=found["Key"], VersionId=found["VersionId"])
    ignore_missing(s3.delete_bucket, Bucket=name)


def _setting(
    kind: str,
    inputs: frozenset[str],
    *,
    source: str,
    put: Callable[[Client, str, Props], object],
    get: Callable[[Client, str], State | None],
    remove: Callable[[Client, str], object],
    same: dict[str, Same] | None = None,
) -> Row:
    """Return the row of a bucket's setting; its physical id is the bucket's name."""

    def create(s3: Client, props: Props) -> str:
        put(s3, props["bucket"], props)
        return str(props["bucket"])

    def read(s3: Client, bucket: str) -> State | None:
        found = found_or_none(lambda: get(s3, bucket))
        return None if found is None else {"bucket": bucket, **found}

    def update(s3: Client, bucket: str, change: Change) -> None:
        put(s3, bucket, change.new)

    return Row(
        token=f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}",
        client="s3",
        source=source,
        inputs=inputs | {"bucket"},
        replaces=fields("bucket"),
        same=same or {},
        create=create,
        read=read,
        update=update,
        delete=lambda s3, bucket, _state: ignore_missing(lambda: remove(s3, bucket)),
    )


BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _lifecycle_to_aws(props: Props) -> Members:
    rules = []
    for rule in props["rules"]:
        params = to_aws({key: value for key, value in rule.items() if key != "id"})
        rules.append({"ID": rule["id"], **params})
    return {"Rules": rules}


def _lifecycle_from_aws(found: Members) -> State:
    rules = []
    for rule in found["Rules"]:
        rest = from_aws({key: value for key, value in rule.items() if key != "ID"})
        rules.append({"id": rule["ID"], **rest})
    return {"rules": rules}


def _encryption_to_aws(props: Props) -> Members:
    rules = []
    for rule in props["rules"]:
        default = rule["applyServerSideEncryptionByDefault"]
        params: Members = {"SSEAlgorithm": default["sseAlgorithm"]}
        if default.get("kmsMasterKeyId"):
            params["KMSMasterKeyID"] = default["kmsMasterKeyId"]
        made: Members = {"ApplyServerSideEncryptionByDefault": params}
        if "bucketKeyEnabled" in rule:
            made["BucketKeyEnabled"] = rule["bucketKeyEnabled"]
        rules.append(made)
    return {"Rules": rules}


def _encryption_from_aws(found: Members) -> State:
    rules = []
    for rule in found["ServerSideEncryptionConfiguration"]["Rules"]:
        default = rule["ApplyServerSideEncryptionByDefault"]
        state: Members = {"sseAlgorithm": default["SSEAlgorithm"]}
        if default.get("KMSMasterKeyID"):
            state["kmsMasterKeyId"] = default["KMSMasterKeyID"]
        made: Members = {"applyServerSideEncryptionByDefault": state}
        if rule.get("BucketKeyEnabled"):
            made["bucketKeyEnabled"] = rule["BucketKeyEnabled"]
        rules.append(made)
    return {"rules": rules}


ROWS = (
    Row(
        token="aws:s3/bucket:Bucket",
        client="s3",
        source="internal/service/s3/bucket.go",
        inputs=fields("bucket forceDestroy tags.*"),
        outputs=fields("arn bucketDomainName bucketRegionalDomainName"),
        replaces=fields("bucket"),
        computed=fields("bucket"),
        write_only=fields("forceDestroy"),
        autoname=Autoname(prop="bucket", longest=LONGEST_BUCKET, lower=True),
        create=create_bucket,
        read=read_bucket,
        update=lambda s3, name, change: _tag(s3, name, change.new),
        delete=delete_bucket,
    ),
    _setting(
        "BucketPolicy",
        fields("policy"),
        source="internal/service/s3/bucket_policy.go",
        put=lambda s3, bucket, props: s3.put_bucket_policy(Bucket=bucket, Policy=props["policy"]),
        get=lambda s3, bucket: {"policy": s3.get_bucket_policy(Bucket=bucket)["Policy"]},
        remove=lambda s3, bucket: s3.delete_bucket_policy(Bucket=bucket),
        same={"policy": same_policy},
    ),
    _setting(
        "BucketPublicAccessBlock",
        frozenset(BLOCKS),
        source="internal/service/s3/bucket_public_access_block.go",
        put=lambda s3, bucket, props: s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration=to_aws({b: bool(props.get(b)) for b in BLOCKS}),
        ),
        get=lambda s3, bucket: from_aws(
            s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        ),
        remove=lambda s3, bucket: s3.delete_public_access_block(Bucket=bucket),
    ),
    _setting(
        "BucketOwnershipControls",
        fields("rule.objectOwnership"),
        source="internal/service/s3/bucket_ownership_controls.go",
        put=lambda s3, bucket, props: s3.put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [to_aws(props["rule"])]}
        ),
        get=lambda s3, bucket: {
            "rule": from_aws(
                s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"][0]
            )
        },
        remove=lambda s3, bucket: s3.delete_bucket_ownership_controls(Bucket=bucket),
    ),
    _setting(
        "BucketLifecycleConfiguration",
        fields("rules.*"),
        source="internal/service/s3/bucket_lifecycle_configuration.go",
        put=lambda s3, bucket, props: s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration=_lifecycle_to_aws(props)
        ),
        get=lambda s3, bucket: _lifecycle_from_aws(
            s3.get_bucket_lifecycle_configuration(Bucket=bucket)
        ),
        remove=lambda s3, bucket: s3.delete_bucket_lifecycle(Bucket=bucket),
    ),
    _setting(
        "BucketServerSideEncryptionConfiguration",
        fields("rules.bucketKeyEnabled")
        | fields("sseAlgorithm kmsMasterKeyId", below="rules.applyServerSideEncryptionByDefault"),
        source="internal/service/s3/bucket_server_side_encryption_configuration.go",
        put=lambda s3, bucket, props: s3.put_bucket_encryption(
            Bucket=bucket, ServerSideEncryptionConfiguration=_encryption_to_aws(props)
        ),
        get=lambda s3, bucket: _encryption_from_aws(s3.get_bucket_encryption(Bucket=bucket)),
        remove=lambda s3, bucket: s3.delete_bucket_encryption(Bucket=bucket),
        same={"rules": same_set},
    ),
)
