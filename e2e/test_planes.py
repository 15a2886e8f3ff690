"""What hosts are told: load balancers and networks that outlive every part of wharf, on one machine and on several."""

import json
import os
import signal

import pytest

from harness import images, processes, sealed, tasks, tools
from harness.hosts import SERVER, Host, Lan
from harness.installation import Installation
from harness.waiting import wait_for

WEB = "mkdir -p /www; echo hello >/www/index.html; busybox httpd -f -p 80 -h /www"


def open_group(installation):
    """The default group, open to all; its id."""
    ec2 = installation.client("ec2")
    (group,) = [one for one in ec2.describe_security_groups()["SecurityGroups"] if one["GroupName"] == "default"]
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=everything)
    return group["GroupId"]


def subnets(installation):
    """Ids of the subnets, in the order of their zones."""
    found = installation.client("ec2").describe_subnets()["Subnets"]
    return [one["SubnetId"] for one in sorted(found, key=lambda one: one["AvailabilityZone"])]


def start_task(installation, definition, instance):
    network = {"awsvpcConfiguration": {"subnets": subnets(installation)[:1]}}
    ecs = installation.client("ecs")
    answer = ecs.start_task(taskDefinition=definition, containerInstances=[instance], networkConfiguration=network)
    assert not answer["failures"], answer["failures"]
    return answer["tasks"][0]["taskArn"]


def wait_status(installation, task, status):
    def asked():
        described = installation.client("ecs").describe_tasks(tasks=[task])["tasks"][0]
        return described if described["lastStatus"] == status else None

    return wait_for(asked, 40, f"a task that is {status}")


def address_of(described):
    return described["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]


def get(url, host):
    return tools.run("curl", "-s", "-m", "5", "-H", f"Host: {host}", url, check=False).stdout


def test_a_load_balancer_answers_whatever_part_dies(fresh):
    group, networks = open_group(fresh), subnets(fresh)
    elb = fresh.client("elbv2")
    balancer = elb.create_load_balancer(Name="web", Subnets=networks, SecurityGroups=[group])["LoadBalancers"][0]
    vpc = balancer["VpcId"]
    target_group = elb.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")["TargetGroups"][0][
        "TargetGroupArn"
    ]
    forward = [{"Type": "forward", "TargetGroupArn": target_group}]
    elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=8080, DefaultActions=forward)
    definition = tasks.register(fresh, images.push(fresh, "busybox"), network="awsvpc", **tasks.sh(WEB))
    (instance,) = fresh.client("ecs").list_container_instances()["containerInstanceArns"]
    described = wait_status(fresh, start_task(fresh, definition, instance), "RUNNING")
    elb.register_targets(TargetGroupArn=target_group, Targets=[{"Id": address_of(described)}])

    def healthy():
        rows = elb.describe_target_health(TargetGroupArn=target_group)["TargetHealthDescriptions"]
        return [row["TargetHealth"]["State"] for row in rows] == ["healthy"]

    wait_for(healthy, 20, "a healthy target")

    def answers():
        return get("http://127.0.0.1:8080/", balancer["DNSName"]) == "hello\n"

    wait_for(answers, 10, "an answer")
    for role in ("lb", "node", "server"):
        fresh.kill_child(role)
        wait_for(answers, 10, f"an answer after the end of the {role}")
    # Without a control plane it goes on.
    server = fresh.child("server")
    os.kill(fresh.process.pid, signal.SIGSTOP)
    try:
        processes.kill(server)
        assert answers()
    finally:
        os.kill(fresh.process.pid, signal.SIGCONT)
    state = fresh.data / "node" / "load-balancer-plane.json"
    assert state.stat().st_mode & 0o777 == 0o600 and sealed.is_sealed(state)


@pytest.fixture(scope="module")
def server():
    with Lan(), Installation(arguments=["--listen", SERVER]) as alone:
        yield alone.start()


@pytest.fixture(scope="module")
def hosts(server):
    """Two further machines; the first carries load balancers."""
    made = []
    try:
        for number, arguments in ((1, ["--lb"]), (2, [])):
            made.append(Host(server, number, token_arguments=arguments))
            made[-1].join()
        yield made
    finally:
        for host in made:
            host.close()


def parts(host):
    """Program to pid of what `wharf node` runs on a host."""
    found = [pid for pid in processes.all_pids() if str(host.data) in processes.command_line(pid)]
    return {processes.command_line(pid)[1]: pid for pid in found if processes.command_line(pid)[1] in ("node", "agent", "lb")}


def test_tasks_of_two_hosts_reach_each_other(server, hosts):
    open_group(server)
    image = images.push(server, "busybox")
    web = tasks.register(server, image, network="awsvpc", **tasks.sh(WEB))
    address = address_of(wait_status(server, start_task(server, web, hosts[1].instance), "RUNNING"))
    script = f"for i in 1 2 3 4 5 6 7 8 9; do busybox nc -w 1 {address} 80 </dev/null && exit 7; done; exit 1"
    ask = tasks.register(server, image, network="awsvpc", **tasks.sh(script))
    described = wait_status(server, start_task(server, ask, hosts[0].instance), "STOPPED")
    assert described["containers"][0]["exitCode"] == 7
    for host in hosts:
        told = json.loads((host.data / "node" / "host.json").read_text())
        assert told["underlay"] == host.address


def test_a_node_keeps_its_parts(hosts):
    carrying, plain = hosts
    assert set(parts(plain)) == {"node", "agent"}
    for name in ("agent", "lb"):
        before = wait_for(lambda: parts(carrying) if len(parts(carrying)) == 3 else None, 20, "all three parts")
        processes.kill(before[name])
        wait_for(lambda name=name, before=before: parts(carrying).get(name, before[name]) != before[name], 20, f"a new {name}")
        assert parts(carrying)["node"] == before["node"]
    carrying.wait_connected()
