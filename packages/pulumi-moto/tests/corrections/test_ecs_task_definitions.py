import boto3


def test_a_definition_has_the_time_and_the_caller_of_its_registration() -> None:
    ecs = boto3.client("ecs")
    params = {
        "family": "some",
        "containerDefinitions": [{"name": "a", "image": "a", "memory": 128}],
    }
    made = ecs.register_task_definition(**params)["taskDefinition"]
    assert made["registeredAt"].tzinfo is not None
    assert made["registeredBy"] == "arn:aws:iam::123456789012:root"
    assert "deregisteredAt" not in made

    gone = ecs.deregister_task_definition(taskDefinition="some:1")["taskDefinition"]
    assert gone["deregisteredAt"] >= gone["registeredAt"] == made["registeredAt"]
