"""Where tasks go: strategies, constraints and the query language, and what is said when there is no place.

Hosts are agents that share no code with wharf (see agent/): they have whatever resources and attributes a test wants.
"""

import collections
import os
import time

import pytest

from agent.agent import Agent
from harness import images, tasks
from harness.waiting import wait_for

RACKS = {"a1": "a", "a2": "a", "b1": "b", "b2": "b"}


@pytest.fixture
def cluster(wharf):
    return wharf.client("ecs").create_cluster(clusterName=tasks.unique("places"))["cluster"]["clusterName"]


@pytest.fixture
def hosts(wharf, cluster):
    """Four hosts in two racks, by name; `b2` is the large one."""
    made = {}
    for name, rack in RACKS.items():
        agent = made[name] = Agent(wharf.client("ecs"), wharf.root, cluster)
        attributes = [("name", name), ("rack", rack), *([("gen", "7")] if name.endswith("2") else [])]
        agent.register(cpu=8192 if name == "b2" else 2048, memory=16000 if name == "b2" else 3900, attributes=attributes)
        agent.connect()
    wait_for(lambda: len(connected(wharf, cluster)) == len(made), what="four connected hosts")
    yield made
    for agent in made.values():
        agent.close()


def connected(wharf, cluster):
    ecs = wharf.client("ecs")
    arns = ecs.list_container_instances(cluster=cluster)["containerInstanceArns"]
    found = ecs.describe_container_instances(cluster=cluster, containerInstances=arns)["containerInstances"] if arns else []
    return [one for one in found if one["agentConnected"]]


def define(wharf, cpu=256, memory=128, **more):
    container = {"name": "main", "image": "somewhere/image:1", "cpu": cpu, "memory": memory}
    registered = wharf.client("ecs").register_task_definition(family=tasks.unique("place"), containerDefinitions=[container], **more)
    return registered["taskDefinition"]["taskDefinitionArn"]


def place(wharf, hosts, cluster, definition, count, **options):
    """How many tasks of one RunTask each host got, and the reasons of the rest."""
    answer = wharf.client("ecs").run_task(cluster=cluster, taskDefinition=definition, count=count, launchType="EC2", **options)
    return spread(hosts, answer["tasks"]), [failure["reason"] for failure in answer["failures"]]


def spread(hosts, described):
    by_arn = {agent.arn: name for name, agent in hosts.items()}
    return collections.Counter(by_arn[task["containerInstanceArn"]] for task in described)


@pytest.mark.parametrize(
    ("expression", "fitting"),
    [
        ("attribute:rack == b", {"b1", "b2"}),
        ("attribute:rack != b", {"a1", "a2"}),
        ("attribute:rack in [a, c] and attribute:gen exists", {"a2"}),
        ("attribute:gen !exists", {"a1", "b1"}),
        ("attribute:gen >= 7 or attribute:name =~ a.*", {"a1", "a2", "b2"}),
        ("not (attribute:rack == a) and attribute:name not_in [b2]", {"b1"}),
        ("runningTasksCount < 1 and attribute:name matches '.2' && !(attribute:rack equals a)", {"b2"}),
        ("agentVersion >= 1.99.0 and agentConnected == true and attribute:rack !in [b]", {"a1", "a2"}),
    ],
)
def test_the_query_language_picks_hosts(wharf, hosts, cluster, expression, fitting):
    listed = wharf.client("ecs").list_container_instances(cluster=cluster, filter=expression)
    assert {name for name, agent in hosts.items() if agent.arn in listed["containerInstanceArns"]} == fitting
    constraint = [{"type": "memberOf", "expression": expression}, {"type": "distinctInstance"}]
    placed, failures = place(wharf, hosts, cluster, define(wharf), len(hosts), placementConstraints=constraint)
    assert set(placed) == fitting and set(placed.values()) == {1}
    assert (
        set(failures) <= {"MemberOf placement constraint unsatisfied.", "DistinctInstance placement constraint unsatisfied."} and failures
    )


def test_constraints_of_a_definition_hold_too(wharf, hosts, cluster):
    inside = define(wharf, placementConstraints=[{"type": "memberOf", "expression": "attribute:rack == a"}])
    placed, _ = place(wharf, hosts, cluster, inside, 6, placementConstraints=[{"type": "memberOf", "expression": "attribute:gen exists"}])
    assert placed == {"a2": 6}


def test_strategies(wharf, hosts, cluster):
    each, none = place(wharf, hosts, cluster, define(wharf), 8, placementStrategy=[{"type": "spread", "field": "instanceId"}])
    assert set(each.values()) == {2} and none == []
    racks = [{"type": "spread", "field": "attribute:rack"}, {"type": "binpack", "field": "memory"}]
    placed, _ = place(wharf, hosts, cluster, define(wharf), 4, placementStrategy=racks)
    by_rack = collections.Counter()
    for name, count in placed.items():
        by_rack[RACKS[name]] += count
    assert by_rack == {"a": 2, "b": 2} and placed["b2"] == 0, "the small one of a rack is the fuller one"
    packed, _ = place(wharf, hosts, cluster, define(wharf), 3, placementStrategy=[{"type": "binpack", "field": "cpu"}])
    assert len(packed) == 1 and "b2" not in packed
    anywhere, _ = place(wharf, hosts, cluster, define(wharf, cpu=16, memory=16), 10, placementStrategy=[{"type": "random"}])
    assert sum(anywhere.values()) == 10 and len(anywhere) > 1


def test_what_is_missing_is_named_for_each_host(wharf, hosts, cluster):
    assert place(wharf, hosts, cluster, define(wharf, cpu=9000), 1) == ({}, ["RESOURCE:CPU"] * 4)
    assert place(wharf, hosts, cluster, define(wharf, memory=20000), 1) == ({}, ["RESOURCE:MEMORY"] * 4)
    full, reasons = place(wharf, hosts, cluster, define(wharf, cpu=1024), 10)
    assert sum(full.values()) == 10 and reasons == []
    rest, reasons = place(wharf, hosts, cluster, define(wharf, cpu=1024), 10)
    assert sum(rest.values()) == 4 and reasons == ["RESOURCE:CPU"] * 4


def test_a_service_waits_for_a_host_that_may_have_it(wharf, hosts, cluster):
    ecs, name = wharf.client("ecs"), tasks.unique("choosy")
    ecs.create_service(
        cluster=cluster, serviceName=name, taskDefinition=define(wharf), desiredCount=2, launchType="EC2",
        placementConstraints=[{"type": "memberOf", "expression": "attribute:disk == fast"}],
        placementStrategy=[{"type": "spread", "field": "instanceId"}],
    )  # fmt: skip

    def events():
        return [event["message"] for event in ecs.describe_services(cluster=cluster, services=[name])["services"][0]["events"]]

    refused = f"(service {name}) was unable to place a task because no container instance met all of its requirements."
    wait_for(lambda: any(message.startswith(refused) for message in events()), what="the event")
    fast = [{"name": "disk", "value": "fast", "targetId": hosts[host].arn} for host in ("a1", "b1")]
    ecs.put_attributes(cluster=cluster, attributes=fast)

    def there():
        arns = ecs.list_tasks(cluster=cluster, serviceName=name)["taskArns"]
        return len(arns) == 2 and ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]

    assert spread(hosts, wait_for(there, what="two tasks")) == {"a1": 1, "b1": 1}
    ecs.delete_service(cluster=cluster, service=name, force=True)


def test_a_service_whose_tasks_never_start_is_held_back(wharf, cluster):
    """Each try waits longer than the one before, and the service says so."""
    agent = Agent(wharf.client("ecs"), wharf.root, cluster)
    agent.register()
    agent.connect()
    ecs, name = wharf.client("ecs"), tasks.unique("hopeless")
    ecs.create_service(cluster=cluster, serviceName=name, taskDefinition=define(wharf), desiredCount=1, launchType="EC2")
    seen, times = set(), []

    def again():
        for _, message in list(agent.acs.messages):
            for task in message.get("tasks", []):
                if task["desiredStatus"] == "RUNNING" and task["arn"] not in seen:
                    seen.add(task["arn"])
                    times.append(time.monotonic())
                    agent.report_stopped(task, exit_code=1)
        described = ecs.describe_services(cluster=cluster, services=[name])["services"][0]
        said = [event["message"] for event in described["events"]]
        held = f"(service {name}) is unable to consistently start tasks successfully."
        return any(message.startswith(held) for message in said) and len(times) >= 5

    wait_for(again, 60, "the event and five tries", interval_s=0.01)
    gaps = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    assert gaps[-1] > 2 * gaps[0] and gaps[-1] > 1, gaps
    ecs.delete_service(cluster=cluster, service=name, force=True)
    agent.close()


@pytest.mark.parametrize(("arguments", "factor"), [((), 4), (("--overcommit", "1"), 1)], ids=["laptop", "exact"])
def test_a_machine_lends_as_many_cores_as_the_command_line_says(unstarted, arguments, factor):
    wharf = unstarted(arguments=arguments).start()
    ecs, cores = wharf.client("ecs"), os.cpu_count()
    image = images.push(wharf, "busybox")
    definition = tasks.register(wharf, image, cpu=256, memory=16, **tasks.sh("trap 'exit 0' TERM; while :; do sleep 0.2; done"))
    (instance,) = connected(wharf, "default")
    (cpu,) = [it["integerValue"] for it in instance["registeredResources"] if it["name"] == "CPU"]
    assert cpu == 1024 * factor * cores

    def ask(count):
        return ecs.run_task(taskDefinition=definition, count=count, launchType="EC2")

    # Quarters of the machine's own cores, and one more.
    answers = [ask(min(10, 4 * cores - done)) for done in range(0, 4 * cores, 10)]
    assert not [it for answer in answers for it in answer["failures"]]
    more = ask(1)
    assert [it["reason"] for it in more["failures"]] == ([] if factor > 1 else ["RESOURCE:CPU"])
    for task in [it["taskArn"] for answer in [*answers, more] for it in answer["tasks"]]:
        tasks.Task(wharf, task).wait("RUNNING")
