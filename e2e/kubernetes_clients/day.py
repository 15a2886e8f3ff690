"""A day's work of a program with the official Python client: what it found is printed as JSON. `day.py NAMESPACE IMAGE`"""

import json
import sys

from kubernetes import client, config, dynamic, watch
from kubernetes.stream import portforward, stream

NAMESPACE, IMAGE = sys.argv[1:]
LABELS = {"app": "web"}
SERVE = "echo started; echo $GREETING > /tmp/index.html; trap exit TERM; httpd -f -p 8080 -h /tmp & while true; do sleep 1; done"
WIDGETS = {"group": "example.com", "version": "v1", "namespace": NAMESPACE, "plural": "widgets"}
seen = {}


def reason_of(call, *arguments, **more):
    """How a call was refused: status, and the reason of the Status that came with it."""
    try:
        call(*arguments, **more)
    except client.ApiException as refused:
        return [refused.status, json.loads(refused.body)["reason"]]
    return None


def follow(call, until, *arguments, **more):
    """Watches until an object is as wanted; gives that object."""
    watching = watch.Watch()
    for event in watching.stream(call, *arguments, timeout_seconds=60, **more):
        if until(event["type"], event["object"]):
            watching.stop()
            return event["object"]
    raise AssertionError(f"{call.__name__} never told of it")


def deploy(apps):
    container = {
        "name": "web",
        "image": IMAGE,
        "command": ["sh", "-c", SERVE],
        "env": [{"name": "GREETING", "value": "hello"}],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
    }
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 1}}
    spec = {"replicas": 2, "selector": {"matchLabels": LABELS}, "template": template}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
    apps.create_namespaced_deployment(NAMESPACE, body)
    seen["exists"] = reason_of(apps.create_namespaced_deployment, NAMESPACE, body)
    follow(apps.list_namespaced_deployment, lambda _, it: (it.status.available_replicas or 0) == 2, NAMESPACE)


def look(core):
    page = core.list_namespaced_pod(NAMESPACE, label_selector="app=web", limit=1)
    rest = core.list_namespaced_pod(NAMESPACE, label_selector="app=web", limit=1, _continue=page.metadata._continue)
    seen["pages"] = [len(page.items), page.metadata.remaining_item_count, len(rest.items)]
    pod = page.items[0].metadata.name
    # By itself, this version of the client takes bytes for their description.
    seen["log"] = core.read_namespaced_pod_log(pod, NAMESPACE, _preload_content=False).data.decode().strip()
    command = ["sh", "-c", "read line; echo $line; echo aside >&2; exit 3"]
    session = stream(
        core.connect_get_namespaced_pod_exec, pod, NAMESPACE, command=command, stdin=True, stdout=True, stderr=True, _preload_content=False
    )
    session.write_stdin("told\n")
    session.run_forever(timeout=30)
    seen["exec"] = [session.read_stdout().strip(), session.read_stderr().strip(), session.returncode]
    ports = portforward(core.connect_get_namespaced_pod_portforward, pod, NAMESPACE, ports="8080")
    socket = ports.socket(8080)
    socket.setblocking(True)
    socket.sendall(b"GET / HTTP/1.0\r\n\r\n")
    answer = b""
    while part := socket.recv(4096):
        answer += part
    seen["forwarded"] = answer.decode().splitlines()[-1]


def change(apps, core):
    old = apps.read_namespaced_deployment("web", NAMESPACE)
    env = [{"name": "GREETING", "value": "bye"}]
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "web", "env": env}]}}}}
    apps.patch_namespaced_deployment("web", NAMESPACE, patch)
    old.spec.replicas = 5
    seen["conflict"] = reason_of(apps.replace_namespaced_deployment, "web", NAMESPACE, old)
    apps.patch_namespaced_deployment_scale("web", NAMESPACE, {"spec": {"replicas": 1}})

    def is_new(_, it):
        status = it.status
        return (
            status.observed_generation == it.metadata.generation
            and status.updated_replicas == status.replicas == status.available_replicas == 1
        )

    changed = follow(apps.list_namespaced_deployment, is_new, NAMESPACE)
    (container,) = changed.spec.template.spec.containers
    seen["patched"] = [container.image == IMAGE, container.env[0].value]
    invalid = {"spec": {"replicas": -1}}
    seen["invalid"] = reason_of(apps.patch_namespaced_deployment, "web", NAMESPACE, invalid)
    seen["missing"] = reason_of(core.read_namespaced_pod, "nobody", NAMESPACE)


def run_job(batch):
    container = {"name": "main", "image": IMAGE, "command": ["sh", "-c", "true"]}
    template = {"spec": {"containers": [container], "restartPolicy": "Never"}}
    job = {"metadata": {"name": "once"}, "spec": {"completions": 2, "parallelism": 2, "template": template}}
    batch.create_namespaced_job(NAMESPACE, job)
    done = follow(batch.list_namespaced_job, lambda _, it: it.status.completion_time is not None, NAMESPACE)
    seen["job"] = done.status.succeeded


def apply_dynamically(api):
    """Server-side apply, by what discovery says."""
    kinds = dynamic.DynamicClient(api).resources.get(api_version="v1", kind="ConfigMap")
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"colour": "blue"}}
    kinds.server_side_apply(settings, namespace=NAMESPACE, field_manager="day")
    settings["data"]["colour"] = "red"
    seen["conflicting owner"] = reason_of_dynamic(kinds.server_side_apply, settings, namespace=NAMESPACE, field_manager="night")
    kinds.server_side_apply(settings, namespace=NAMESPACE, field_manager="night", force_conflicts=True)
    seen["applied"] = kinds.get(name="settings", namespace=NAMESPACE).data.colour


def reason_of_dynamic(call, *arguments, **more):
    try:
        call(*arguments, **more)
    except dynamic.exceptions.DynamicApiError as refused:
        return [refused.status, json.loads(refused.body)["reason"]]
    return None


def extend(api):
    extensions, objects = client.ApiextensionsV1Api(api), client.CustomObjectsApi(api)
    size = {"type": "integer", "minimum": 1, "default": 3}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": size}}, "status": {
        "type": "object", "properties": {"seen": {"type": "integer"}}}}}  # fmt: skip
    version = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
    body = {"metadata": {"name": "widgets.example.com"}, "spec": {
        "group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}}  # fmt: skip
    extensions.create_custom_resource_definition(body)

    def is_established(_, it):
        return any(of.type == "Established" and of.status == "True" for of in it.status.conditions or [])

    follow(extensions.list_custom_resource_definition, is_established, field_selector="metadata.name=widgets.example.com")
    widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "one"}, "spec": {}}
    made = objects.create_namespaced_custom_object(**WIDGETS, body=widget)
    objects.patch_namespaced_custom_object_status(**WIDGETS, name="one", body={"status": {"seen": made["spec"]["size"]}})
    seen["widget"] = objects.get_namespaced_custom_object(**WIDGETS, name="one")["status"]
    bad = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "two"}, "spec": {"size": 0}}
    seen["bad widget"] = reason_of(objects.create_namespaced_custom_object, **WIDGETS, body=bad)
    extensions.delete_custom_resource_definition("widgets.example.com")


def ask_about_itself(api, core):
    review = {"spec": {"resourceAttributes": {"verb": "delete", "resource": "nodes"}}}
    may = client.AuthorizationV1Api(api).create_self_subject_access_review(review).status.allowed
    granted = core.create_namespaced_service_account_token(
        "default", NAMESPACE, {"spec": {"audiences": ["somebody"], "expirationSeconds": 600}}
    )
    review = client.AuthenticationV1Api(api).create_token_review({"spec": {"token": granted.status.token, "audiences": ["somebody"]}})
    seen["self"] = [may, review.status.user.username]


def main():
    config.load_kube_config()
    api = client.ApiClient()
    core, apps, batch = client.CoreV1Api(api), client.AppsV1Api(api), client.BatchV1Api(api)
    seen["version"] = client.VersionApi(api).get_code().major
    core.create_namespace({"metadata": {"name": NAMESPACE}})
    deploy(apps)
    look(core)
    change(apps, core)
    run_job(batch)
    apply_dynamically(api)
    extend(api)
    ask_about_itself(api, core)
    core.delete_namespace(NAMESPACE)
    follow(core.list_namespace, lambda kind, it: kind == "DELETED" and it.metadata.name == NAMESPACE)
    print(json.dumps(seen))


main()
