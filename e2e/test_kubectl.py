"""A day's work with kubectl, from the oldest that is supported to that of clusters' own version: old ones speak SPDY, new ones WebSockets."""

import concurrent.futures
import contextlib
import hashlib
import json
import os
import random
import re
import socket
import subprocess
import threading
import urllib.request

import pytest

from harness import images, tools
from harness.kubernetes import name
from harness.terminal import Terminal
from harness.waiting import wait_for
from test_kubernetes_services import joined, node_in

pytestmark = pytest.mark.minutes(1.5)

SERVE = "echo started; cp /etc/greeting/text /tmp/index.html; trap exit TERM; httpd -f -p 8080 -h /tmp & while true; do sleep 1; done"
# More than what lies on the way can hold.
MUCH = 16 << 20
# Says much while it hears what comes; when that has ended, what its digest was.
TALKS = f"""
import hashlib, random, socket, threading

def talk(connection):
    said = threading.Thread(target=connection.sendall, args=[random.Random("pod").randbytes({MUCH})])
    said.start()
    heard = hashlib.sha256()
    while data := connection.recv(1 << 16):
        heard.update(data)
    said.join()
    connection.sendall(heard.hexdigest().encode())
    connection.close()

server = socket.create_server(("", 8080))
while True:
    threading.Thread(target=talk, args=[server.accept()[0]]).start()
"""
# Waits of kubectl itself, and for it.
WAIT, LONGER_S = "--timeout=60s", 70


@pytest.fixture(scope="module")
def cluster(installation):
    with joined(installation) as cluster:
        node_in(installation, cluster)
        yield cluster


class Day:
    """One kubectl in a namespace of its own."""

    def __init__(self, cluster, program):
        self.program, self.space = tools.program(program), name("day")
        self.environment = cluster.environment()
        self.run("create", "namespace", self.space)

    def command(self, *arguments):
        return [self.program, "-n", self.space, *arguments]

    def run(self, *arguments, check=True, **more):
        done = tools.run(*self.command(*arguments), env=self.environment | more.pop("also", {}), check=check, timeout_s=LONGER_S, **more)
        return done.stdout if check else done

    def get(self, *arguments):
        return json.loads(self.run("get", *arguments, "-o", "json"))

    def pods(self):
        return [pod["metadata"]["name"] for pod in self.get("pods", "-l", "app=web")["items"] if "deletionTimestamp" not in pod["metadata"]]


@pytest.fixture(scope="module", params=["kubectl-1.20", "kubectl-1.32", "kubectl-1.36"])
def day(request, cluster, image):
    day = Day(cluster, request.param)
    container = {
        "name": "web",
        "image": image,
        "command": ["sh", "-c", SERVE],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
        "volumeMounts": [{"name": "greeting", "mountPath": "/etc/greeting"}],
    }
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "containers": [container],
            "terminationGracePeriodSeconds": 1,
            "volumes": [{"name": "greeting", "configMap": {"name": "greeting"}}],
        },
    }
    greeting = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "greeting"}, "data": {"text": "hello"}}
    web = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template},
    }
    # Older ones read one object of JSON from a file.
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": [greeting, web]})
    said = day.run("apply", "-f", "-", stdin=manifest)
    assert said.splitlines() == ["configmap/greeting created", "deployment.apps/web created"]
    said = day.run("rollout", "status", "deployment/web", WAIT)
    assert said.splitlines()[-1] == 'deployment "web" successfully rolled out'
    assert day.run("apply", "-f", "-", stdin=manifest).splitlines() == ["configmap/greeting unchanged", "deployment.apps/web unchanged"]
    yield day
    day.run("delete", "namespace", day.space)
    assert "NotFound" in day.run("get", "namespace", day.space, check=False).stderr


def test_what_is_there_is_shown(day):
    head, line = day.run("get", "deployments").splitlines()
    assert head.split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert line.split()[:4] == ["web", "2/2", "2", "2"]
    assert len(day.run("get", "pods", "-o", "wide", "--no-headers").splitlines()) == 2
    phases = day.run("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].status.phase}")
    assert phases == "Running Running"
    columns = day.run("get", "deployment", "web", "-o", "custom-columns=N:.metadata.name,R:.spec.replicas", "--no-headers")
    assert columns.split() == ["web", "2"]
    described = day.run("describe", "deployment", "web")
    assert "2 desired | 2 updated | 2 total | 2 available | 0 unavailable" in described
    assert "ScalingReplicaSet" in described
    described = day.run("describe", "pod", day.pods()[0])
    assert re.search(r"Normal +Started ", described), described
    assert "kind: Deployment" in day.run("get", "deployment", "web", "-o", "yaml")
    missing = day.run("get", "pod", "nobody", check=False)
    assert missing.stderr.strip() == 'Error from server (NotFound): pods "nobody" not found'


def test_logs_are_read(day):
    pod = day.pods()[0]
    assert day.run("logs", pod) == "started\n"
    assert day.run("logs", "deployment/web", "--tail=1").splitlines()[-1] == "started"
    assert day.run("logs", pod, "--timestamps").split()[-1] == "started"
    with subprocess.Popen(day.command("logs", "-f", pod), env=day.environment, stdout=subprocess.PIPE, text=True) as followed:
        try:
            assert followed.stdout.readline() == "started\n"
            # Programs that log to a file are given this one, whoever they run as.
            day.run("exec", pod, "--", "sh", "-c", "echo later > /proc/1/fd/1")
            assert followed.stdout.readline() == "later\n"
        finally:
            followed.kill()


def test_commands_are_run_inside(day):
    pod = day.pods()[0]
    done = day.run("exec", "-i", pod, "--", "sh", "-c", "read line; echo $line; echo aside >&2; exit 3", stdin="told\n", check=False)
    assert (done.stdout, done.returncode) == ("told\n", 3)
    assert done.stderr.splitlines() == ["aside", "command terminated with exit code 3"]
    # More than what lies on the way can hold, each way.
    large = "0123456789abcdef\n" * 500_000
    assert day.run("exec", "-i", pod, "--", "cat", stdin=large) == large


def test_what_is_typed_reaches_programs_that_run(day, image):
    script = "read word; echo got $word; cat; echo aside >&2"
    asks = {"name": "main", "image": image, "command": ["sh", "-c", script], "stdin": True, "stdinOnce": True}
    shell = {"name": "main", "image": image, "command": ["sh"], "stdin": True, "tty": True}

    def pod(name, container):
        spec = {"containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 1}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}

    both = {"apiVersion": "v1", "kind": "List", "items": [pod("asks", asks), pod("shell", shell)]}
    day.run("apply", "-f", "-", stdin=json.dumps(both))
    day.run("wait", "pod/asks", "pod/shell", "--for=condition=Ready", WAIT)
    # The end of what is typed is the end of the program's input.
    done = day.run("attach", "-i", "asks", stdin="one\ntwo", check=False)
    assert (done.returncode, done.stdout) == (0, "got one\ntwo"), done.stderr
    assert "aside" in done.stderr.splitlines()
    variables = [f"{key}={value}" for key, value in day.environment.items()]
    with Terminal(33, 101, "env", *variables, *day.command("attach", "-it", "shell")) as terminal:
        terminal.wait_for_text("# ")
        # A size that is told first is another one, so that programs paint anew; what is typed is printed, too.
        terminal.type('until [ "$(stty size)" = "33 10"1 ]; do sleep 0.2; done; stty size; exit\n')
        terminal.wait_for_text("33 101")
        assert terminal.process.wait(30) == 0


def test_a_program_that_does_not_read_yet_is_heard(day, image):
    wait = "until [ -e /tmp/{} ]; do sleep 0.2; done"
    # That it read a line tells that somebody is there.
    script = f"read word; echo $word; {wait.format('say')}; echo here; {wait.format('read')}; wc -c"
    container = {"name": "main", "image": image, "command": ["sh", "-c", script], "stdin": True, "stdinOnce": True}
    spec = {"containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 1}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "deaf"}, "spec": spec}
    day.run("apply", "-f", "-", stdin=json.dumps(pod))
    day.run("wait", "pod/deaf", "--for=condition=Ready", WAIT)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(day.command("attach", "-i", "deaf"), env=day.environment, **pipes) as attached:
        # One that waits for ever is no success.
        timer = threading.Timer(60, attached.kill)
        timer.start()
        try:
            # More than what lies on the way can hold.
            typing = threading.Thread(target=lambda: [attached.stdin.write("ready\n" + "x" * MUCH), attached.stdin.close()])
            typing.start()
            assert attached.stdout.readline() == "ready\n"
            day.run("exec", "deaf", "--", "touch", "/tmp/say")
            assert attached.stdout.readline() == "here\n"
            day.run("exec", "deaf", "--", "touch", "/tmp/read")
            assert attached.stdout.readline() == f"{MUCH}\n"
            typing.join()
        finally:
            timer.cancel()
        assert attached.wait(30) == 0


def test_files_are_copied(day, tmp_path):
    pod = day.pods()[0]
    folder = tmp_path / "sent"
    (folder / "below").mkdir(parents=True)
    (folder / "one").write_bytes(os.urandom(300_000))
    (folder / "below" / "two").write_text("two")
    day.run("cp", str(folder), f"{pod}:/tmp/sent")
    assert day.run("exec", pod, "--", "cat", "/tmp/sent/below/two") == "two"
    day.run("cp", f"{pod}:/tmp/sent", str(tmp_path / "back"))
    assert (tmp_path / "back" / "one").read_bytes() == (folder / "one").read_bytes()
    assert (tmp_path / "back" / "below" / "two").read_text() == "two"


@contextlib.contextmanager
def forwarded(day, what):
    """A port of this machine that leads there."""
    command = day.command("port-forward", what, ":8080", "--address=127.0.0.1")
    with subprocess.Popen(command, env=day.environment, stdout=subprocess.PIPE, text=True) as running:
        try:
            line = running.stdout.readline()
            yield int(re.match(r"Forwarding from 127\.0\.0\.1:(\d+) -> 8080", line)[1])
        finally:
            running.kill()


def test_a_port_is_forwarded(day):
    for what in (f"pod/{day.pods()[0]}", "deployment/web"):
        with forwarded(day, what) as port:
            for _ in range(3):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
                    assert answer.read() == b"hello"


def test_a_port_takes_much_both_ways_at_once(day, installation):
    container = {
        "name": "main",
        "image": images.push(installation, "python"),
        "command": ["python3", "-c", TALKS],
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
    }
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    day.run("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "talks"}, "spec": spec}))
    day.run("wait", "pod/talks", "--for=condition=Ready", WAIT)
    theirs = random.Random("pod").randbytes(MUCH)

    def talk(port, seed):
        ours = random.Random(seed).randbytes(MUCH)
        with socket.create_connection(("127.0.0.1", port), 60) as connection:

            def say():
                connection.sendall(ours)
                connection.shutdown(socket.SHUT_WR)

            said = threading.Thread(target=say)
            said.start()
            heard = b"".join(iter(lambda: connection.recv(1 << 16), b""))
            said.join()
        assert heard[:MUCH] == theirs, len(heard)
        # What it says after all was heard comes, too.
        assert heard[MUCH:].decode() == hashlib.sha256(ours).hexdigest()

    with forwarded(day, "pod/talks") as port, concurrent.futures.ThreadPoolExecutor() as pool:
        for talked in [pool.submit(talk, port, seed) for seed in ("one", "other")]:
            talked.result(90)
    day.run("delete", "pod", "talks", "--timeout=50s")


def test_a_deployment_is_scaled_changed_and_rolled_back(day):
    assert day.run("scale", "deployment", "web", "--replicas=3").strip() == "deployment.apps/web scaled"
    day.run("rollout", "status", "deployment/web", WAIT)
    assert len(day.pods()) == 3
    refused = day.run("scale", "deployment", "web", "--current-replicas=2", "--replicas=1", check=False)
    assert refused.returncode == 1 and "Expected replicas to be 2, was 3" in refused.stderr
    day.run("scale", "deployment", "web", "--replicas=1")

    day.run("set", "env", "deployment/web", "TIER=front")
    day.run("rollout", "status", "deployment/web", WAIT)
    (pod,) = day.pods()
    assert day.run("exec", pod, "--", "sh", "-c", "echo $TIER") == "front\n"
    history = day.run("rollout", "history", "deployment/web").splitlines()
    assert [line.split()[0] for line in history if line[:1].isdigit()] == ["1", "2"]
    day.run("rollout", "undo", "deployment/web")
    day.run("rollout", "status", "deployment/web", WAIT)
    assert "env" not in day.get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]
    day.run("rollout", "restart", "deployment/web")
    day.run("rollout", "status", "deployment/web", WAIT)
    assert day.pods() != [pod]


def test_a_rollback_to_what_is_there_is_none(day, image):
    labels, container = {"app": "nowhere"}, {"name": "main", "image": image}
    spec = {"containers": [container], "nodeSelector": {"no": "node"}}
    made = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "nowhere"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }
    day.run("apply", "-f", "-", stdin=json.dumps(made))
    wait_for(lambda: day.get("controllerrevisions")["items"], 30, "the revision of a DaemonSet")
    said = day.run("rollout", "undo", "daemonset/nowhere", "--to-revision=1").strip()
    # Those from before 1.34 write a time that is not set, so that they take any revision of later clusters for another one.
    none = "skipped rollback (current template already matches revision 1)"
    assert said == f"daemonset.apps/nowhere {none if '1.36' in day.program else 'rolled back'}"


def test_objects_are_edited_and_patched(day, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/text: hello/text: edited/" "$1"\n')
    editor.chmod(0o755)
    said = day.run("edit", "configmap", "greeting", also={"KUBE_EDITOR": str(editor)})
    assert said.strip() == "configmap/greeting edited"
    assert day.get("configmap", "greeting")["data"] == {"text": "edited"}
    day.run("patch", "configmap", "greeting", "-p", '{"data": {"more": "1"}}')
    day.run("patch", "configmap", "greeting", "--type=json", "-p", '[{"op": "remove", "path": "/data/more"}]')
    day.run("patch", "configmap", "greeting", "--type=merge", "-p", '{"data": {"other": "2"}}')
    assert day.get("configmap", "greeting")["data"] == {"text": "edited", "other": "2"}
    day.run("label", "configmap", "greeting", "tier=front")
    day.run("annotate", "configmap", "greeting", "why=because")
    assert day.run("get", "configmaps", "-l", "tier=front", "-o", "name").strip() == "configmap/greeting"
    applied = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "served"}, "data": {"a": "b"}})
    assert day.run("apply", "--server-side", "-f", "-", stdin=applied).strip() == "configmap/served serverside-applied"
    changed = applied.replace('"b"', '"c"')
    conflict = day.run("apply", "--server-side", "--field-manager=other", "-f", "-", stdin=changed, check=False)
    assert conflict.returncode == 1 and "conflict" in conflict.stderr
    # 1 is what `kubectl diff` says of a difference.
    different = day.run("diff", "-f", "-", stdin=changed, check=False)
    assert different.returncode == 1 and "+  a: c" in different.stdout, different.stderr
    refused = day.run("patch", "deployment", "web", "-p", '{"spec": {"replicas": -1}}', check=False)
    assert refused.returncode == 1 and "must be greater than or equal to 0" in refused.stderr


def test_a_kind_of_ones_own_is_explained_and_checked(day):
    group = f"{day.space}.example.com"
    spoke = {"type": "object", "properties": {"length": {"type": "integer", "description": "How long it is."}}}
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    properties = {
        "size": {"type": "integer", "description": "How large it is."},
        "port": {"x-kubernetes-int-or-string": True},
        "color": {"type": "string", "nullable": True},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "anything": anything,
        "spokes": {"type": "array", "items": spoke},
        "template": {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": anything}},
    }
    schema = {
        "type": "object",
        "description": "A thing that turns.",
        "properties": {"spec": {"type": "object", "required": ["size"], "properties": properties}},
    }
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"wheels.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "wheels", "singular": "wheel", "kind": "Wheel"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }
    day.run("apply", "-f", "-", stdin=json.dumps(definition))
    day.run("wait", f"crd/wheels.{group}", "--for=condition=Established", WAIT)

    of_group = f"--api-version={group}/v1"
    # By OpenAPI 3, and by OpenAPI 2 as older ones.
    for more in ([],) if day.program.endswith("1.20") else ([], ["--output=plaintext-openapiv2"]):
        assert "A thing that turns." in day.run("explain", "wheels", of_group, *more)
        told = day.run("explain", "wheels.spec", of_group, *more)
        assert "How large it is." in told and re.search(r"size\s<integer> -required-", told), told
        assert "How long it is." in day.run("explain", "wheels.spec.spokes.length", of_group, *more)
        assert "namespace" in day.run("explain", "wheels.spec.template.metadata", of_group, *more)
        told = day.run("explain", "wheels", "--recursive", of_group, *more)
        for line in (r"spokes\s<\[\]Object>", r"length\s<integer>", r"labels\s<map\[string\]string>", r"apiVersion\s<string>"):
            assert re.search(line, told), (line, told)
        assert day.run("explain", "wheels.spec.missing", of_group, *more, check=False).returncode

    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "inside"}, "spec": {"any": 1}}
    good = {"size": 3, "port": "http", "color": None, "labels": {"a": "b"}, "anything": {"goes": [1, {"deep": 2}]}}
    good |= {"spokes": [{"length": 1}], "template": pod}

    def applied(spec):
        wheel = {"apiVersion": f"{group}/v1", "kind": "Wheel", "metadata": {"name": "a"}, "spec": spec}
        return day.run("apply", "--validate=true", "-f", "-", stdin=json.dumps(wheel), check=False)

    for bad, words in (
        ({"odd": 1}, 'unknown field "'),
        ({"spokes": [{"width": 1}]}, 'unknown field "'),
        ({"size": "large"}, "size"),
        ({"labels": {"a": 1}}, "labels"),
        ({"template": {key: it for key, it in pod.items() if key != "kind"}}, "kind"),
    ):
        refused = applied(good | bad)
        assert refused.returncode == 1 and words in refused.stderr, (bad, refused.stderr)
    missing = applied({key: it for key, it in good.items() if key != "size"})
    assert missing.returncode == 1 and "size" in missing.stderr, missing.stderr
    for more in ({}, {"port": 80, "color": "red"}):
        taken = applied(good | more)
        assert taken.returncode == 0, taken.stderr
    assert day.get(f"wheels.{group}", "a")["spec"] == good | {"port": 80, "color": "red"}
    day.run("delete", "crd", f"wheels.{group}")


def test_pods_come_and_go(day, image):
    said = day.run("run", "once", f"--image={image}", "--restart=Never", "--rm", "-i", "--quiet", "--", "echo", "done")
    assert "done" in said
    day.run("run", "idle", f"--image={image}", "--restart=Never", "--", "sleep", "1000")
    day.run("wait", "pod/idle", "--for=condition=Ready", WAIT)
    day.run("delete", "pod", "idle", "--now")
    assert "NotFound" in day.run("get", "pod", "idle", check=False).stderr
    day.run("create", "job", "sum", f"--image={image}", "--", "sh", "-c", "echo $((1 + 2))")
    day.run("wait", "job/sum", "--for=condition=Complete", WAIT)
    assert day.run("logs", "job/sum") == "3\n"
    day.run("expose", "deployment", "web", "--port=80", "--target-port=8080")
    address = day.get("service", "web")["spec"]["clusterIP"]
    (pod, *_) = day.pods()
    assert wait_for(lambda: day.run("exec", pod, "--", "wget", "-qO-", f"http://{address}/", check=False).stdout, 30, "the service")


def test_the_cluster_is_looked_at(day):
    assert "v1.36." in day.run("version")
    assert "is running at" in day.run("cluster-info")
    assert "deployments" in day.run("api-resources", "--api-group=apps", "-o", "name")
    assert "apps/v1" in day.run("api-versions").split()
    assert "replicas" in day.run("explain", "deployment.spec")
    assert day.run("auth", "can-i", "delete", "nodes").strip() == "yes"
    (node,) = day.get("nodes")["items"]
    assert "Allocatable" in day.run("describe", "node", node["metadata"]["name"])

    def measured():
        done = day.run("top", "pods", "--no-headers", check=False)
        return [line for line in done.stdout.splitlines() if line.startswith("web-")]

    wait_for(measured, 60, "what pods use")
    assert node["metadata"]["name"] in day.run("top", "nodes", "--no-headers")
    day.run("cordon", node["metadata"]["name"])
    assert "SchedulingDisabled" in day.run("get", "nodes")
    day.run("uncordon", node["metadata"]["name"])
