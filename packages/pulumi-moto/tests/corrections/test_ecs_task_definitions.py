import boto3


def test_a_definition_says_when_and_by_whom_it_was_registered() -> None:
    ecs = boto3.client("ecs")
    asked = {"family": "some", "containerDefinitions": [{"name": "a", "image": "a", "memory": 128}]}
    made = ecs.register_task_definition(**asked)["taskDefinition"]
    assert made["registeredAt"].tzinfo is not None
    assert made["registeredBy"] == "arn:aws:iam::123456789012:root"
    assert "deregisteredAt" not in made

    gone = ecs.deregister_task_definition(taskDefinition="some:1")["taskDefinition"]
    assert gone["deregisteredAt"] >= gone["registeredAt"] == made["registeredAt"]
