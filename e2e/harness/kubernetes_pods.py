"""Pods of a cluster and the nodes that they run on, as tests ask for them and look at them."""

import json

from .waiting import wait_for


def condition(thing, kind):
    conditions = thing.get("status", {}).get("conditions", [])
    return next((it["status"] for it in conditions if it["type"] == kind), None)


def node_of(cluster, instance):
    name = instance["PrivateDnsName"]
    return cluster.find("node", name)


def pod_of(cluster, name):
    return cluster.find("pod", name)


def apply(cluster, name, spec, **metadata):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **metadata}, "spec": spec}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(pod))


def sh(image, script, name="main", **options):
    return {"name": name, "image": image, "command": ["sh", "-c", script], **options}


def wait_phase(cluster, name, phase):
    wait_for(lambda: pod_of(cluster, name).get("status", {}).get("phase") == phase, 60, f"{name} {phase}")
    return pod_of(cluster, name)


def on_host(image, script, path, kind, **more):
    mount = {"volumeMounts": [{"name": "node", "mountPath": "/node"}]}
    return {
        "containers": [sh(image, script, **mount)],
        "volumes": [{"name": "node", "hostPath": {"path": path, "type": kind}}],
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
        **more,
    }
