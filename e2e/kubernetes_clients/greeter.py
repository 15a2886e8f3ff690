"""An operator with kopf: each Greeting has a ConfigMap of its own, and says goodbye when it goes."""

import kopf
from kubernetes import client, config


@kopf.on.startup()
def configure(**_):
    config.load_kube_config()


@kopf.on.create("example.com", "v1", "greetings")
def created(spec, name, namespace, **_):
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": f"hello {spec['who']}"}}
    kopf.adopt(body)
    client.CoreV1Api().create_namespaced_config_map(namespace, body)
    return {"greeted": spec["who"]}


@kopf.on.update("example.com", "v1", "greetings", field="spec.who")
def renamed(old, new, name, namespace, body, **_):
    client.CoreV1Api().patch_namespaced_config_map(name, namespace, {"data": {"text": f"hello {new}"}})
    kopf.info(body, reason="Renamed", message=f"{old} is {new} now")


@kopf.on.delete("example.com", "v1", "greetings")
def deleted(spec, name, namespace, **_):
    body = {"metadata": {"name": f"{name}-last"}, "data": {"text": f"goodbye {spec['who']}"}}
    client.CoreV1Api().create_namespaced_config_map(namespace, body)
