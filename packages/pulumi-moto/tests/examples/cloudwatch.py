from row_example import Example

EXAMPLES = {
    # AWS takes a metric or queries, a statistic or a percentile. One example tries all of them,
    # because the row carries them all; the emulated account doesn't refuse the combination.
    "aws:cloudwatch/metricAlarm:MetricAlarm": Example(
        inputs=lambda: {
            "name": "backend-5xx",
            "alarmDescription": "The new colour answers with errors.",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 3,
            "datapointsToAlarm": 2,
            "threshold": 5,
            "treatMissingData": "notBreaching",
            "metricName": "HTTPCode_Target_5XX_Count",
            "namespace": "AWS/ApplicationELB",
            "period": 60,
            "statistic": "Sum",
            "extendedStatistic": "p99",
            "unit": "Count",
            "dimensions": {"LoadBalancer": "app/a/1", "TargetGroup": "targetgroup/b/2"},
            "metricQueries": [
                {"id": "rate", "expression": "a / 60", "label": "errors", "returnData": True},
                {
                    "id": "a",
                    "period": 60,
                    "metric": {
                        "metricName": "HTTPCode_Target_5XX_Count",
                        "namespace": "AWS/ApplicationELB",
                        "period": 60,
                        "stat": "Sum",
                        "unit": "Count",
                        "dimensions": {"TargetGroup": "targetgroup/b/2"},
                    },
                },
            ],
            "actionsEnabled": False,
            "alarmActions": ["arn:aws:sns:us-east-1:123456789012:page"],
            "okActions": ["arn:aws:sns:us-east-1:123456789012:calm"],
            "insufficientDataActions": ["arn:aws:sns:us-east-1:123456789012:look"],
            "tags": {"Stack": "test", "Component": "backend"},
        },
        change={
            "threshold": 7.5,
            "evaluationPeriods": 4,
            "dimensions": {"LoadBalancer": "app/a/1"},
            "alarmActions": [],
            "tags": {"Stack": "other"},
        },
        more={
            key: {key: value}
            for key, value in {
                "actionsEnabled": True,
                "alarmDescription": "Either colour answers with errors.",
                "comparisonOperator": "GreaterThanOrEqualToThreshold",
                "datapointsToAlarm": 1,
                "extendedStatistic": "p95",
                "insufficientDataActions": [],
                "metricName": "HTTPCode_ELB_5XX_Count",
                "metricQueries": [{"id": "rate", "expression": "a / 30", "returnData": True}],
                "namespace": "Shop",
                "okActions": [],
                "period": 300,
                "statistic": "Average",
                "treatMissingData": "breaching",
                "unit": "Percent",
            }.items()
        },
    )
}
