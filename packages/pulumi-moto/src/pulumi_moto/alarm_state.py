"""The state of a CloudWatch alarm, from the datapoints in the account.

An alarm evaluates its last complete evaluation periods. Not modelled: the wider range from which
CloudWatch replaces missing datapoints, anomaly detection, percentiles, and alarms on expressions
that pulumi_moto.metric_math does not evaluate.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html

An alarm whose metrics have no datapoint keeps its state, so that set_alarm_state works in a drill;
on AWS the next evaluation resets it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend

from pulumi_moto.clock import CLOCK
from pulumi_moto.metric_math import Series, evaluate

STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "Average": lambda values: sum(values) / len(values),
    "SampleCount": len,
}
BREACHES: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


def settle(backend: CloudWatchBackend, alarm: Alarm) -> None:
    """Set the alarm's state from its datapoints."""
    if alarm.rule or not alarm.evaluation_periods:
        return
    period = _period(alarm)
    now = datetime.now(UTC).timestamp() + CLOCK.now()
    last = int(now // period) * period
    periods = [last - n * period for n in range(int(alarm.evaluation_periods), 0, -1)]
    metrics = _metrics(alarm)
    series = {
        name: _series(backend, metric, statistic, period)
        for name, (metric, statistic) in metrics.items()
    }
    if not any(series.values()):
        return
    state = judge(alarm, _returned(alarm, series, periods), periods)
    if state != alarm.state_value:
        alarm.update_state("Its datapoints were evaluated.", "{}", state)


def judge(alarm: Alarm, values: Series, periods: Sequence[int]) -> str:
    """Return OK, ALARM or INSUFFICIENT_DATA for these values."""
    missing = alarm.treat_missing_data or "missing"
    breaches = BREACHES[alarm.comparison_operator]
    found = [breaches(values[p], float(alarm.threshold)) for p in periods if p in values]
    if not found and missing in {"missing", "ignore"}:
        return "INSUFFICIENT_DATA" if missing == "missing" else str(alarm.state_value)
    breaching = sum(found) + (len(periods) - len(found)) * (missing == "breaching")
    needed = int(alarm.datapoints_to_alarm or alarm.evaluation_periods)
    return "ALARM" if breaching >= needed else "OK"


def _period(alarm: Alarm) -> int:
    stats = [query.metric_stat for query in alarm.metric_data_queries if query.metric_stat]
    return int(stats[0].period) if stats else int(alarm.period)


def _metrics(alarm: Alarm) -> dict[str, tuple[Any, str]]:
    """Return metrics with their statistic by id; a plain alarm has one, with an empty id."""
    if not alarm.metric_data_queries:
        return {"": (alarm, str(alarm.statistic))}
    return {
        query.id: (query.metric_stat.metric, str(query.metric_stat.stat))
        for query in alarm.metric_data_queries
        if query.metric_stat
    }


def _series(backend: CloudWatchBackend, metric: Any, statistic: str, period: int) -> Series:
    wanted = {(one.name, one.value) for one in metric.dimensions}
    found: dict[int, list[float]] = {}
    for datum in backend.metric_data:
        dimensions = {(one.name, one.value) for one in datum.dimensions}
        if (datum.namespace, datum.name, dimensions) != (
            metric.namespace,
            metric.metric_name,
            wanted,
        ):
            continue
        at = datum.timestamp if datum.timestamp.tzinfo else datum.timestamp.replace(tzinfo=UTC)
        start = int(at.timestamp() // period) * period
        found.setdefault(start, []).append(float(getattr(datum, "value", 0.0)))
    return {start: STATISTICS[statistic](values) for start, values in sorted(found.items())}


def _returned(alarm: Alarm, series: Mapping[str, Series], periods: Sequence[int]) -> Series:
    """Return the alarm's one metric, or the query that returns data."""
    known = dict(series)
    if not alarm.metric_data_queries:
        return series[""]
    for query in alarm.metric_data_queries:
        if query.expression and str(query.return_data).lower() == "true":
            value = evaluate(query.expression, known, periods)
            return value if isinstance(value, dict) else {}
    (returned,) = [q.id for q in alarm.metric_data_queries if str(q.return_data).lower() == "true"]
    return series[returned]
