"""The JavaScript SDK, version 3: paginators with pages of one, typed errors, waiters. What is checked is in javascript/."""

import json
import time

import pytest

from harness import images, tasks, tools
from harness.installation import free_port
from harness.services import Web

SCRIPTS = tools.REPOSITORY / "e2e" / "javascript"


@pytest.fixture(scope="module")
def made(wharf, web):
    """Three of everything that can be listed, and what the waiters wait for."""
    name = tasks.unique("javascript")
    service = Web(wharf, web, name, cluster=name)
    ecs, elb = service.ecs, service.elb
    service.make_balancer(free_port())
    groups, definitions = [service.target_group], [service.define("v1")]
    for number in range(3):
        ecs.create_cluster(clusterName=f"{name}-{number}" if number else name)
        images.push(wharf, "web", name, tag=f"v{number}")
        wharf.client("ecr").create_repository(repositoryName=f"{name}-{number}")
        rule = {
            "Conditions": [{"Field": "path-pattern", "Values": [f"/{number}"]}],
            "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
        }
        elb.create_rule(ListenerArn=service.listener, Priority=number + 1, **rule)
        write(wharf, f"/{name}-{number}")
        for _ in range(3):
            containers = [{"name": "main", "image": web, "memory": 64}]
            registered = ecs.register_task_definition(family=f"{name}-{number}", containerDefinitions=containers)
            definitions.append(registered["taskDefinition"]["taskDefinitionArn"])
    for number in range(2):
        group = elb.create_target_group(Name=f"{name}-{number}", Protocol="HTTP", Port=80, VpcId=service.balancer["VpcId"], TargetType="ip")
        groups.append(group["TargetGroups"][0]["TargetGroupArn"])
    services = [f"{name}-{number}" for number in range(3)]
    for one in services:
        ecs.create_service(
            cluster=name, serviceName=one, taskDefinition=definitions[0], desiredCount=1, launchType="FARGATE", networkConfiguration=service.network
        )  # fmt: skip
    ecs.get_waiter("services_stable").wait(cluster=name, services=services, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    yield (
        wharf,
        {
            "name": name,
            "balancer": service.balancer["LoadBalancerArn"],
            "listener": service.listener,
            "group": service.target_group,
            "definition": definitions[0],
            "network": service.network,
        },
    )
    for one in services:
        ecs.delete_service(cluster=name, service=one, force=True)
    ecs.get_waiter("services_inactive").wait(cluster=name, services=services, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    elb.delete_load_balancer(LoadBalancerArn=service.balancer["LoadBalancerArn"])
    for group in groups:
        elb.delete_target_group(TargetGroupArn=group)
    for definition in definitions:
        ecs.deregister_task_definition(taskDefinition=definition)


def write(wharf, group):
    """Three streams of three lines."""
    logs, now = wharf.client("logs"), int(time.time() * 1000)
    logs.create_log_group(logGroupName=group)
    for stream in "012":
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [{"timestamp": now + number, "message": f"line {number}"} for number in range(3)]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


# In this order: the waiters take the load balancer down.
@pytest.mark.parametrize("script", ["paginators", "errors", "live_tail", "waiters"])
def test_script(made, script):
    wharf, names = made
    environment = wharf.environment() | {"NODE_PATH": str(tools.CLIENTS / "javascript" / "node_modules"), "MADE": json.dumps(names)}
    done = tools.run(
        tools.node(), "--test", "--test-reporter=spec", SCRIPTS / f"{script}.cjs", env=environment, check=False, timeout_s=300
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
