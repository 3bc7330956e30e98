from row_example import Example

EXAMPLES = {
    "aws:cloudwatch/logGroup:LogGroup": Example(
        inputs=lambda: {
            "name": "/ecs/arbor",
            "retentionInDays": 30,
            "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/log",
            "tags": {"Stack": "test"},
        },
        change={"retentionInDays": 90, "tags": {"Stack": "other"}},
    ),
}
