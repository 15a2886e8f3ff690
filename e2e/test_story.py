"""The main job: services behind a load balancer that heal, roll and survive."""

import signal
import threading
import time

import pytest

from harness import processes, tasks, tools
from harness.installation import free_port
from harness.load import Load
from harness.services import Web, address
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(1)


@pytest.fixture(scope="module")
def service(wharf, web):
    made = Web(wharf, web).make(3)
    yield made
    made.close()


def test_every_task_answers_and_none_else(service):
    seen = service.answers(100)
    assert sorted(body.split()[1] for body in seen) == service.addresses()
    assert {body.split()[0] for body in seen} == {"v1"}


def test_tasks_are_spread_over_three_zones(service):
    assert len({task["availabilityZone"] for task in service.tasks()}) == 3


def test_the_public_address_answers_as_well(service):
    printed = tools.run("curl", "-sS", "--fail", service.url).stdout
    assert printed.split()[1] in service.addresses()


def test_a_killed_container_is_replaced(service):
    victim = service.tasks()[0]
    pid = processes.of_container(victim)
    processes.kill(pid)
    ended = tasks.Task(service.wharf, victim["taskArn"]).wait("STOPPED")
    assert ended["stopCode"] == "EssentialContainerExited"
    assert ended["containers"][0]["exitCode"] == 137
    service.wait_stable()
    now = service.tasks()
    assert len(now) == 3 and victim["taskArn"] not in {task["taskArn"] for task in now}
    assert address(victim) not in {address(task) for task in now}
    wait_for(lambda: sorted(body.split()[1] for body in service.answers(30)) == service.addresses(), what="the new task's answers")


@pytest.mark.parametrize("kept", [False, True], ids=["new connections", "kept-alive connections"])
def test_a_new_version_under_load_fails_no_request(service, kept):
    before = service.describe()["taskDefinition"]
    wanted = "v2" if not kept else "v3"
    with Load(service, connections=16, keep_alive=kept) as load:
        load.run_for(5)
        service.ecs.update_service(service=service.name, taskDefinition=service.define(wanted))
        service.wait_stable()
        load.run_for(5)
    assert load.failures == []
    assert load.requests >= 1000
    versions = {body.split()[0] for body in load.bodies}
    assert wanted in versions and len(versions) == 2, (versions, before)


def test_a_hundred_configuration_changes_fail_no_request(service):
    with Load(service, connections=8, keep_alive=True) as load:
        rules = []
        for number in range(50):
            made = service.elb.create_rule(
                ListenerArn=service.listener, Priority=number + 1, Conditions=[{"Field": "path-pattern", "Values": [f"/fixed/{number}"]}],
                Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": f"answer {number}"}}],
            )  # fmt: skip
            rules.append(made["Rules"][0]["RuleArn"])
        wait_for(lambda: service.ask("/fixed/49") == (200, "answer 49"), 10, "the last rule")
        for rule in rules:
            service.elb.delete_rule(RuleArn=rule)
        wait_for(lambda: service.ask("/fixed/49")[0] == 404, 10, "the end of the last rule")
        load.run_for(3)
    assert load.failures == [] and load.requests >= 1000


def test_https_with_an_imported_certificate(service, tmp_path):
    key, certificate, name = tmp_path / "key.pem", tmp_path / "certificate.pem", service.balancer["DNSName"]
    tools.run(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=wharf", "-addext", f"subjectAltName=DNS:{name}",
        "-keyout", key, "-out", certificate,
    )  # fmt: skip
    iam = service.wharf.client("iam")
    uploaded = iam.upload_server_certificate(
        ServerCertificateName=service.name, CertificateBody=certificate.read_text(), PrivateKey=key.read_text()
    )
    arn, port = uploaded["ServerCertificateMetadata"]["Arn"], free_port()
    listener = service.elb.create_listener(
        LoadBalancerArn=service.balancer["LoadBalancerArn"], Protocol="HTTPS", Port=port, Certificates=[{"CertificateArn": arn}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": service.target_group}],
    )["Listeners"][0]["ListenerArn"]  # fmt: skip
    curl = ("curl", "-sS", "--fail", "--cacert", certificate, "--write-out", " %{http_version}", f"https://{name}:{port}/")
    printed = wait_for(lambda: (done := tools.run(*curl, check=False)).returncode == 0 and done.stdout, 15, "an answer over TLS")
    assert printed.split()[1] in service.addresses() and printed.split()[-1] == "2", printed
    service.elb.delete_listener(ListenerArn=listener)


def test_without_the_control_plane_a_dead_target_leaves_rotation(service):
    """The server stands still for half a minute; meanwhile a container dies. After two health checks nobody notices."""
    victim, server = service.tasks()[0], service.wharf.child("server")
    begun = time.monotonic()
    processes.kill(server, signal.SIGSTOP)
    try:
        processes.kill(processes.of_container(victim))
        threading.Event().wait(15)  # two health checks, 5 s apart, that end after 2 s each
        with Load(service, connections=4) as load:
            load.run_for(max(1.0, 30 - (time.monotonic() - begun)))
        assert load.failures == [] and load.requests >= 1000
        assert address(victim) not in {body.split()[1] for body in load.bodies}
    finally:
        processes.kill(server, signal.SIGCONT)
    # The counts the server wakes up with are those of before: only the victim's end says that it has caught up.
    wait_for(lambda: victim["taskArn"] not in {task["taskArn"] for task in service.tasks()}, 30, "the end of the killed task")
    service.wait_stable()
    assert address(victim) not in service.addresses()


def test_status_and_explain_say_what_there_is(service):
    shown = tools.run(tools.wharf(), "status", "--data", service.wharf.data).stdout
    for part in ("SERVICE", "LOAD BALANCER", "TARGET", service.name, service.balancer["DNSName"], "healthy"):
        assert part in shown, shown
    # Its tasks run; those that took the place of others may still be asked for their health.
    said = wait_for(
        lambda: (text := explain(service.wharf, "service", service.name)) and "has nothing left to do" in text and text,
        what="the end of all work",
    )
    assert "CAN PLACE MORE" in said and "  yes" in said, said
    task = service.tasks()[0]["taskArn"]
    assert "the task runs here" in explain(service.wharf, "task", task)
    assert task.rpartition("/")[2] in explain(service.wharf, "task", task.rpartition("/")[2][:8])


def test_explain_names_what_a_host_lacks(wharf, busybox):
    ecs, name = wharf.client("ecs"), tasks.unique("greedy")
    definition = tasks.register(wharf, busybox, network="bridge", cpu=100_000)
    ecs.create_service(serviceName=name, taskDefinition=definition, desiredCount=1, launchType="EC2")
    try:
        said = wait_for(lambda: (text := explain(wharf, "service", name)) and "unable to place" in text and text, what="the event")
        assert "none here can ever run 1 task" in said and "never: it has insufficient CPU units available (100000 needed" in said, said
    finally:
        ecs.delete_service(service=name, force=True)


def test_explain_of_nothing(wharf):
    done = tools.run(tools.wharf(), "explain", "service", "nothing", "--data", wharf.data, check=False)
    assert done.returncode != 0 and "There is no service nothing in cluster default of us-east-1" in done.stderr


def explain(wharf, what, name):
    return tools.run(tools.wharf(), "explain", what, name, "--data", wharf.data).stdout
