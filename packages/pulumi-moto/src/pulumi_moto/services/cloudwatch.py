"""CloudWatch alarms."""

from pulumi_moto.row import Autoname, Change, Client, Props, Row, State, fields
from pulumi_moto.shapes import Members, capitalized, same_set, tag_dict, tag_list

PLAIN = capitalized(
    "alarmDescription comparisonOperator evaluationPeriods datapointsToAlarm threshold "
    "treatMissingData metricName namespace period statistic extendedStatistic unit "
    "actionsEnabled alarmActions insufficientDataActions",
    okActions="OKActions",
)
"""Pulumi's names of inputs and CloudWatch's, for equal values."""
WHOLE_NUMBERS = {"evaluationPeriods", "datapointsToAlarm", "period"}
QUERY = {"id": "Id", "expression": "Expression", "label": "Label", "returnData": "ReturnData"}
METRIC = {"metricName": "MetricName", "namespace": "Namespace"}


def create(cloudwatch: Client, props: Props) -> str:
    name = str(props["name"])
    cloudwatch.put_metric_alarm(**_params(props), Tags=tag_list(props.get("tags", {})))
    return name


def read(cloudwatch: Client, name: str) -> State | None:
    found = next(iter(cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]), None)
    if found is None:
        return None
    arn = found["AlarmArn"]
    state = {key: found[theirs] for key, theirs in PLAIN.items() if theirs in found}
    return {
        **state,
        "name": name,
        "arn": arn,
        "dimensions": _dimensions(found.get("Dimensions", [])),
        "metricQueries": [_query(metric) for metric in found.get("Metrics", [])],
        "tags": tag_dict(cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]),
    }


def update(cloudwatch: Client, name: str, change: Change) -> None:
    if change.keys - {"tags"}:
        cloudwatch.put_metric_alarm(**_params({**change.new, "name": name}))
    if "tags" in change.keys:
        arn = change.old["arn"]
        if gone := set(change.old.get("tags", {})) - set(change.new.get("tags", {})):
            cloudwatch.untag_resource(ResourceARN=arn, TagKeys=sorted(gone))
        cloudwatch.tag_resource(ResourceARN=arn, Tags=tag_list(change.new.get("tags", {})))


def delete(cloudwatch: Client, name: str, _state: Props) -> None:
    cloudwatch.delete_alarms(AlarmNames=[name])


def _params(props: Props) -> Members:
    plain = {
        theirs: int(props[key]) if key in WHOLE_NUMBERS else props[key]
        for key, theirs in PLAIN.items()
        if key in props
    }
    if "dimensions" in props:
        plain["Dimensions"] = _named_values(props["dimensions"])
    if "metricQueries" in props:
        plain["Metrics"] = [_params_of_query(query) for query in props["metricQueries"]]
    return {"AlarmName": props["name"], **plain}


def _params_of_query(query: Props) -> Members:
    params = {theirs: query[key] for key, theirs in QUERY.items() if key in query}
    if "period" in query:
        params["Period"] = int(query["period"])
    if metric := query.get("metric"):
        params["MetricStat"] = {
            "Metric": {
                **{theirs: metric[key] for key, theirs in METRIC.items() if key in metric},
                "Dimensions": _named_values(metric.get("dimensions", {})),
            },
            "Period": int(metric["period"]),
            "Stat": metric["stat"],
            **({"Unit": metric["unit"]} if metric.get("unit") else {}),
        }
    return params


def _query(found: Members) -> State:
    query = {key: found[theirs] for key, theirs in QUERY.items() if theirs in found}
    if found.get("Period"):
        query["period"] = found["Period"]
    if statistic := found.get("MetricStat"):
        metric = statistic["Metric"]
        query["metric"] = {
            **{key: metric[theirs] for key, theirs in METRIC.items() if theirs in metric},
            "period": statistic["Period"],
            "stat": statistic["Stat"],
            **({"unit": statistic["Unit"]} if statistic.get("Unit") else {}),
        }
        if dimensions := _dimensions(metric.get("Dimensions", [])):
            query["metric"]["dimensions"] = dimensions
    return query


def _named_values(dimensions: Props) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _dimensions(found: list[dict[str, str]]) -> dict[str, str]:
    return {dimension["Name"]: dimension["Value"] for dimension in found}


def _same_queries(old: list[Props], new: list[Props]) -> bool:
    """Compare with `returnData` defaulting to False, which a read returns explicitly."""
    return same_set(
        [{"returnData": False, **query} for query in old],
        [{"returnData": False, **query} for query in new],
    )


ROWS = (
    Row(
        token="aws:cloudwatch/metricAlarm:MetricAlarm",
        client="cloudwatch",
        source="internal/service/cloudwatch/metric_alarm.go",
        inputs=fields("name dimensions.* tags.*")
        | set(PLAIN)
        | fields("id expression label returnData period", below="metricQueries")
        | fields(
            "period stat unit metricName namespace dimensions.*", below="metricQueries.metric"
        ),
        outputs=fields("arn"),
        replaces=fields("name"),
        same={
            "metricQueries": _same_queries,
            "alarmActions": same_set,
            "okActions": same_set,
            "insufficientDataActions": same_set,
        },
        autoname=Autoname(),
        create=create,
        read=read,
        update=update,
        delete=delete,
    ),
)
