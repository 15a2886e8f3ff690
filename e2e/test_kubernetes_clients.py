"""Programs that others wrote for Kubernetes do a day's work with a cluster: official clients of Python and JavaScript, kube-rs,
an operator with kopf."""

import contextlib
import json
import shutil
import signal
import subprocess

import pytest

from harness import tools
from harness.kubernetes import name
from harness.waiting import wait_for
from test_kubernetes_services import joined, node_in

pytestmark = pytest.mark.minutes(0.5)

SCRIPTS = tools.REPOSITORY / "e2e" / "kubernetes_clients"
GREETINGS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "greetings.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "greetings", "singular": "greeting", "kind": "Greeting"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


@pytest.fixture(scope="module")
def cluster(installation):
    with joined(installation) as cluster:
        node_in(installation, cluster)
        yield cluster


def day(cluster, *command):
    """What a script found in a namespace of its own."""
    done = tools.run(*command, env=cluster.environment(), check=False, timeout_s=180)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_python_client(cluster, image):
    seen = day(cluster, tools.client("python"), SCRIPTS / "day.py", "python", image)
    assert seen == {
        "version": "1",
        "exists": [409, "AlreadyExists"],
        # What is left of a selection is not counted.
        "pages": [1, None, 1],
        "log": "started",
        "exec": ["told", "aside", 3],
        "forwarded": "hello",
        "conflict": [409, "Conflict"],
        "patched": [True, "bye"],
        "invalid": [422, "Invalid"],
        "missing": [404, "NotFound"],
        "job": 2,
        "conflicting owner": [409, "Conflict"],
        "applied": "red",
        "widget": {"seen": 3},
        "bad widget": [422, "Invalid"],
        "self": [True, "system:serviceaccount:python:default"],
    }


def test_the_javascript_client(cluster, image, tmp_path):
    # Modules are looked for beside the script.
    (tmp_path / "node_modules").symlink_to(tools.CLIENTS / "javascript" / "node_modules")
    script = shutil.copy(SCRIPTS / "day.mjs", tmp_path)
    seen = day(cluster, tools.node(), script, "javascript", image)
    assert seen == {
        "exists": [409, "AlreadyExists"],
        "log": "started",
        "exec": ["told", "aside", 3],
        "forwarded": "hello",
        "scaled": [0, 2],
        "settings": ["red"],
        "conflicting owner": [409, "Conflict"],
        "replaced": "green",
        "conflict": [409, "Conflict"],
        "invalid": [422, "Invalid"],
        "missing": [404, "NotFound"],
    }


def test_the_rust_client(cluster, image):
    cluster.kubectl("create", "namespace", "rust")
    seen = day(cluster, tools.rust_client("kubernetes-client"), "rust", image)
    assert seen == {
        "version": "1",
        "exists": [409, "AlreadyExists"],
        "reflected": 2,
        "page": [1, True],
        "log": "started",
        "missing": [404, "NotFound"],
        "exec": ["told", "aside", "NonZeroExitCode", "3"],
        "forwarded": "hello",
        "scaled": 1,
        "conflict": [409, "Conflict"],
        "conflicting owner": [409, "Conflict"],
        "applied": [{"colour": "red"}, ["night"]],
        "invalid": [422, "Invalid"],
        "welcome": [{"said": "welcome Bob welcome Bob"}, ["rust.example.com/greeter"], 2],
        "last words": {"text": "goodbye Bob"},
    }


@contextlib.contextmanager
def operator(cluster, namespace):
    command = [tools.client("kopf"), "run", "--namespace", namespace, "--standalone", SCRIPTS / "greeter.py"]
    with (
        open(f"{cluster.folder}/operator.log", "a+") as log,
        subprocess.Popen(command, env=cluster.environment(), stdout=log, stderr=subprocess.STDOUT) as running,
    ):
        try:
            yield running
        except AssertionError:
            log.seek(0)
            print(log.read()[-5000:])
            raise
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(30)


def test_an_operator_with_kopf(cluster):
    space = name("greetings")
    cluster.kubectl("create", "namespace", space)
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(GREETINGS))
    cluster.kubectl("wait", "--for", "condition=Established", "crd/greetings.example.com", "--timeout", "30s")

    def told(of, text):
        return cluster.get("configmap", of, "--namespace", space)["data"]["text"] == text

    def said():
        return [event["message"] for event in cluster.get("events", "--namespace", space)["items"]]

    greeting = {"apiVersion": "example.com/v1", "kind": "Greeting", "metadata": {"name": "one", "namespace": space}, "spec": {"who": "Ann"}}
    with operator(cluster, space):
        cluster.kubectl("apply", "-f", "-", stdin=json.dumps(greeting))
        wait_for(lambda: told("one", "hello Ann"), 30, "what comes of a greeting")
        wait_for(lambda: cluster.get("greeting", "one", "--namespace", space)["status"]["created"] == {"greeted": "Ann"}, 10, "its status")
        cluster.kubectl("patch", "greeting", "one", "--namespace", space, "--type", "merge", "--patch", '{"spec": {"who": "Bob"}}')
        wait_for(lambda: told("one", "hello Bob"), 20, "its change")
        wait_for(lambda: "Ann is Bob now" in said(), 20, "an event of the operator")
    # While no operator is there, its finalizer keeps what is to go; the next one lets it.
    cluster.kubectl("delete", "greeting", "one", "--namespace", space, "--wait=false")
    found = cluster.get("greeting", "one", "--namespace", space)["metadata"]
    assert found["deletionTimestamp"] and found["finalizers"] == ["kopf.zalando.org/KopfFinalizerMarker"]
    with operator(cluster, space):
        wait_for(lambda: told("one-last", "goodbye Bob"), 30, "the last words")
        gone = ("--ignore-not-found", "--namespace", space, "-o", "name")
        wait_for(lambda: not cluster.kubectl("get", "greeting", "one", *gone), 20, "the greeting's end")
        wait_for(lambda: not cluster.kubectl("get", "configmap", "one", *gone), 30, "the end of what it owned")
