"""CloudWatch alarms: the state of new and of changed ones."""

from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse

from pulumi_moto import alarm_state
from pulumi_moto.correction import Replacement, corrects


@corrects(
    CloudWatchBackend,
    moto="a new alarm is OK; changing one resets its state and its history, and adds tags",
    aws="a new alarm is in INSUFFICIENT_DATA; a change keeps state, history and tags",
)
def put_metric_alarm(
    original: Replacement, self: CloudWatchBackend, name: str, *args: object, **kwargs: object
) -> Alarm:
    before = self.alarms.get(name)
    if before is not None:
        kwargs.pop("tags", None)
    alarm: Alarm = original(self, name, *args, **kwargs)
    if before is None:
        alarm.state_value = "INSUFFICIENT_DATA"
    else:
        alarm.history = before.history
        alarm.state_value = before.state_value
        alarm.state_reason = before.state_reason
        alarm.state_reason_data = before.state_reason_data
        alarm.state_updated_timestamp = before.state_updated_timestamp
    return alarm


@corrects(
    CloudWatchResponse,
    moto="an alarm keeps the state that was set, without an evaluation of its metrics",
    aws="an alarm's state follows its datapoints",
)
def describe_alarms(original: Replacement, self: CloudWatchResponse) -> object:
    backend = self.cloudwatch_backend
    for alarm in backend.alarms.values():
        alarm_state.settle(backend, alarm)
    return original(self)


@corrects(
    CloudWatchBackend,
    moto="keeps the tags, and returns them for a later alarm of the same name",
    aws="deletes them with the alarm",
)
def delete_alarms(original: Replacement, self: CloudWatchBackend, alarm_names: list[str]) -> None:
    for name in alarm_names:
        if name in self.alarms:
            self.tagger.delete_all_tags_for_resource(self.alarms[name].alarm_arn)
    original(self, alarm_names)
