"""Updates, patches, apply, dry runs, generated names and deletions of objects that are there."""

from .ask import (
    JSON_PATCH,
    SELECTOR,
    STRATEGIC,
    YAML,
    apply,
    config_map,
    container,
    delete,
    folder,
    get,
    namespace,
    of,
    patch,
    pod,
    post,
    put,
    template,
)

# A request a line.
# fmt: off

HERE = "changes"
CONFIGS = folder("v1", "configmaps", HERE)
C = f"{CONFIGS}/c"
SERVICES = folder("v1", "services", HERE)
PODS = folder("v1", "pods", HERE)
DEPLOYMENTS = folder("apps/v1", "deployments", HERE)
D = f"{DEPLOYMENTS}/d"


def deployment(name, *containers, **more):
    return of("apps/v1", "Deployment", name, spec={"replicas": 0, "selector": SELECTOR, "template": template(*containers), **more})


def json_patch(name, path, *operations):
    return patch(f"changes/{name}", path, list(operations), type=JSON_PATCH)


def strategic(name, path, body):
    return patch(f"changes/{name}", path, body, type=STRATEGIC)


UPDATES = [
    post("changes/create", CONFIGS, config_map("c", {"a": "1", "b": "2"}), keep={"uid": "metadata.uid", "old": "metadata.resourceVersion"}),
    post("changes/create-again", CONFIGS, config_map("c")),
    put("changes/put", C, config_map("c", {"a": "3"}, labels={"x": "y"}), keep={"now": "metadata.resourceVersion"}),
    put("changes/put-the-same", C, config_map("c", {"a": "3"}, labels={"x": "y"})),
    put("changes/put-conflict", C, config_map("c", {"a": "4"}, resourceVersion="<old>")),
    put("changes/put-versioned", C, config_map("c", {"a": "4"}, resourceVersion="<now>", uid="<uid>")),
    put("changes/put-managed", C, config_map("c", {"a": "5"}, managedFields=[])),
    put("changes/put-emptied", C, config_map("c", {"a": "6"}, managedFields=[{}])),
    put("changes/put-by-another", f"{C}?fieldManager=another", config_map("c", {"a": "5", "n": "1"})),
    put("changes/put-long-manager", f"{C}?fieldManager={'m' * 129}", config_map("c", {"a": "5"})),
    put("changes/put-dry", f"{C}?dryRun=All", config_map("c", {"dry": "run"})),
    get("changes/get-after-dry", C),
    put("changes/put-dry-unknown", f"{C}?dryRun=Some", config_map("c")),
    post("changes/create-dry", f"{CONFIGS}?dryRun=All", config_map("dry")),
    get("changes/get-dry", f"{CONFIGS}/dry"),
    post("changes/create-dry-taken", f"{CONFIGS}?dryRun=All", config_map("c")),
    post("changes/generated", CONFIGS, of("v1", "ConfigMap", "", metadata={"generateName": "gen-"})),
    post("changes/generated-and-named", CONFIGS, of("v1", "ConfigMap", "named", metadata={"generateName": "gen-"})),
    post("changes/generated-long", CONFIGS, of("v1", "ConfigMap", "", metadata={"generateName": "g" * 70 + "-"})),
    post("changes/create-of-yaml", CONFIGS, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\ndata: {a: b}\n", type=YAML, accept=YAML),
    post("changes/create-without-type", CONFIGS, config_map("typeless"), type=""),
    post("changes/system-fields", CONFIGS, config_map("system", uid="mine", creationTimestamp="2001-01-01T00:00:00Z", deletionTimestamp="2001-01-01T00:00:00Z", generation=7, selfLink="/x")),
    post("changes/unknown-field-ignored", f"{CONFIGS}?fieldValidation=Ignore", {**config_map("ignored"), "nothing": 1}),
    post("changes/duplicate-field", f"{CONFIGS}?fieldValidation=Ignore", '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"twice"},"data":{"a":"1","a":"2"}}'),
    post("changes/null-fields", CONFIGS, {**config_map("nulls"), "data": None, "immutable": None}),
    post("changes/case-of-fields", f"{CONFIGS}?fieldValidation=Ignore", {**config_map("cases"), "Data": {"b": "2"}}),
    post("changes/pretty", f"{CONFIGS}?pretty=true", config_map("pretty")),
    put("changes/status-is-kept", D + "?fieldManager=x", deployment("d"), unseen=True),
]

PATCHES = [
    patch("changes/merge", C, {"data": {"a": None, "m": "1"}, "metadata": {"annotations": {"k": "v"}}}),
    patch("changes/merge-nothing", C, {}),
    patch("changes/merge-no-object", C, []),
    patch("changes/merge-wrong-type", C, {"data": {"a": 1}}),
    patch("changes/merge-with-old-version", C, {"metadata": {"resourceVersion": "<old>"}, "data": {"z": "1"}}),
    patch("changes/merge-unknown", f"{C}?fieldValidation=Ignore", {"nothing": 1}),
    patch("changes/merge-of-text", C, "{"),
    patch("changes/merge-dry", f"{C}?dryRun=All", {"data": {"dry": "1"}}),
    patch("changes/merge-forced", f"{C}?force=true", {"data": {"f": "1"}}),
    patch("changes/patch-type", C, {}, type="application/x"),
    patch("changes/patch-json-type", C, {}, type="application/json"),
    json_patch("json-add", C, {"op": "add", "path": "/data/j", "value": "1"}),
    json_patch("json-test", C, {"op": "test", "path": "/data/j", "value": "1"}, {"op": "replace", "path": "/data/j", "value": "2"}),
    json_patch("json-test-fails", C, {"op": "test", "path": "/data/j", "value": "9"}),
    json_patch("json-test-of-nothing", C, {"op": "test", "path": "/data/none", "value": None}),
    json_patch("json-remove", C, {"op": "remove", "path": "/data/j"}),
    json_patch("json-remove-nothing", C, {"op": "remove", "path": "/data/nothing"}),
    json_patch("json-replace-nothing", C, {"op": "replace", "path": "/data/nothing", "value": "x"}),
    json_patch("json-add-deep", C, {"op": "add", "path": "/nothing/deep", "value": "x"}),
    json_patch("json-copy", C, {"op": "copy", "from": "/data/m", "path": "/data/copied"}),
    json_patch("json-move", C, {"op": "move", "from": "/data/copied", "path": "/data/moved"}),
    json_patch("json-escaped", C, {"op": "add", "path": "/metadata/annotations/a.b~1c", "value": "x"}),
    json_patch("json-unknown-operation", C, {"op": "x", "path": "/data"}),
    json_patch("json-without-path", C, {"op": "add", "value": "x"}),
    json_patch("json-null", C, {"op": "add", "path": "/data/null", "value": None}),
    json_patch("json-empty", C),
    patch("changes/json-no-list", C, {"op": "add"}, type=JSON_PATCH),
    post("changes/create-deployment", DEPLOYMENTS, deployment("d", container("a", env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}], ports=[{"containerPort": 80}]), container("b"))),
    strategic("strategic-env", D, {"spec": {"template": {"spec": {"containers": [{"name": "a", "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}]}}}}),
    strategic("strategic-delete", D, {"spec": {"template": {"spec": {"containers": [{"name": "a", "env": [{"name": "A", "$patch": "delete"}]}]}}}}),
    strategic("strategic-replace", D, {"spec": {"template": {"spec": {"containers": [{"name": "a", "ports": [{"$patch": "replace"}, {"containerPort": 81}]}]}}}}),
    strategic("strategic-order", D, {"spec": {"template": {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "b", "image": "other"}]}}}}),
    strategic("strategic-retain-keys", D, {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}),
    strategic("strategic-without-key", D, {"spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}}),
    strategic("strategic-bad-directive", D, {"spec": {"template": {"$patch": "explode"}}}),
    strategic("strategic-new-container", D, {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "new"}]}}}}),
    strategic("strategic-null", D, {"spec": {"template": {"spec": {"nodeSelector": None, "containers": None}}}}),
    strategic("strategic-tolerations", D, {"spec": {"template": {"spec": {"tolerations": [{"key": "a", "operator": "Exists"}]}}}}),
    strategic("strategic-finalizers", C, {"metadata": {"finalizers": ["a.example.com/x"]}}),
    strategic("strategic-finalizers-more", C, {"metadata": {"finalizers": ["a.example.com/y"]}}),
    strategic("strategic-delete-from-list", C, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a.example.com/x", "a.example.com/y"]}}),
    strategic("strategic-wrong-type", D, {"spec": {"template": {"spec": {"containers": {"name": "a"}}}}}),
    patch("changes/merge-replaces-list", D, {"spec": {"template": {"spec": {"containers": [container("only")]}}}}),
    json_patch("json-of-deployment", D, {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "j"}),
    json_patch("json-index", D, {"op": "replace", "path": "/spec/template/spec/containers/7/image", "value": "j"}),
    json_patch("json-invalid", D, {"op": "replace", "path": "/spec/replicas", "value": -1}),
    json_patch("json-wrong-type", D, {"op": "replace", "path": "/spec/replicas", "value": "three"}),
]

A = f"{CONFIGS}/applied"
AD = f"{DEPLOYMENTS}/applied"


def applied(data=None, **metadata):
    return of("v1", "ConfigMap", "applied", data=data or {}, metadata=metadata)


def applied_deployment(*containers, **more):
    return of("apps/v1", "Deployment", "applied", spec={"selector": SELECTOR, "template": template(*containers), **more})


APPLIES = [
    apply("changes/apply-creates", A, "one", applied({"a": "1", "b": "1"}, labels={"l": "1"})),
    apply("changes/apply-again", A, "one", applied({"a": "1", "b": "1"}, labels={"l": "1"})),
    apply("changes/apply-conflict", A, "two", applied({"a": "2", "c": "2"})),
    apply("changes/apply-two-conflicts", A, "two", applied({"a": "2", "b": "2"})),
    apply("changes/apply-shared", A, "two", applied({"a": "1", "c": "2"})),
    apply("changes/apply-forced", A, "two", applied({"a": "2", "c": "2"}), "&force=true"),
    apply("changes/apply-drops", A, "one", applied({"b": "1"})),
    apply("changes/apply-dry", A, "one", applied({"b": "1", "dry": "1"}), "&dryRun=All"),
    apply("changes/apply-conflict-dry", A, "three", applied({"b": "9"}), "&dryRun=All"),
    patch("changes/update-beside-apply", f"{A}?fieldManager=hand", {"data": {"a": "hand", "h": "1"}}),
    apply("changes/apply-after-update", A, "two", applied({"a": "2"})),
    apply("changes/apply-after-update-forced", A, "two", applied({"a": "2"}), "&force=1"),
    patch("changes/apply-without-manager", A, applied({"a": "1"}), type="application/apply-patch+yaml"),
    apply("changes/apply-other-name", A, "one", of("v1", "ConfigMap", "other")),
    apply("changes/apply-other-kind", A, "one", of("v1", "Secret", "applied")),
    apply("changes/apply-without-kind", A, "one", {"metadata": {"name": "applied"}}),
    apply("changes/apply-managed", A, "one", applied(managedFields=[{"manager": "x"}])),
    apply("changes/apply-version", A, "one", applied(resourceVersion="1")),
    apply("changes/apply-bad-yaml", A, "one", "a: [\n"),
    apply("changes/apply-wrong-type", A, "one", applied({"a": 1})),
    apply("changes/apply-unknown", A, "one", {**applied({"b": "1"}), "nothing": 1}, "&fieldValidation=Ignore"),
    apply("changes/apply-invalid-manager", A, "a%0Ab", applied()),
    apply("changes/apply-empty", A, "one", applied()),
    apply("changes/apply-deployment", AD, "one", applied_deployment(container("a", ports=[{"containerPort": 80}], env=[{"name": "A", "value": "1"}]), replicas=0)),
    apply("changes/apply-deployment-container", AD, "two", applied_deployment(container("b"))),
    apply("changes/apply-deployment-conflict", AD, "three", applied_deployment(container("a", image="other", env=[{"name": "A", "value": "2"}]), replicas=5)),
    apply("changes/apply-deployment-port-twice", AD, "one", applied_deployment(container("a", ports=[{"containerPort": 80}, {"containerPort": 80}]))),
    apply("changes/apply-deployment-drops", AD, "one", applied_deployment(container("a"))),
    apply("changes/apply-scale", f"{AD}/scale", "scaler", of("autoscaling/v1", "Scale", "applied", spec={"replicas": 0}), unseen=True),
    apply("changes/apply-status", f"{AD}/status", "teller", of("apps/v1", "Deployment", "applied", status={"conditions": [{"type": "X", "status": "True"}]})),
    apply("changes/apply-service", f"{SERVICES}/applied", "one", of("v1", "Service", "applied", spec={"ports": [{"port": 80}], "selector": {"a": "b"}})),
    apply("changes/apply-service-ports", f"{SERVICES}/applied", "one", of("v1", "Service", "applied", spec={"ports": [{"port": 80, "name": "a"}, {"port": 81, "name": "b", "protocol": "UDP"}]})),
    apply("changes/apply-pod", f"{PODS}/applied", "one", pod("applied", container("a", image="x:1"))),
    apply("changes/apply-pod-image", f"{PODS}/applied", "one", pod("applied", container("a", image="x:2"))),
    apply("changes/apply-secret", folder("v1", "secrets", HERE, "applied"), "one", of("v1", "Secret", "applied", stringData={"a": "b"})),
    apply("changes/apply-namespace-that-is-not", folder("v1", "configmaps", "nowhere", "x"), "one", of("v1", "ConfigMap", "x")),
    apply("changes/apply-invalid", f"{DEPLOYMENTS}/bad", "one", of("apps/v1", "Deployment", "bad", spec={"replicas": -1})),
    apply("changes/apply-null", A, "one", {**applied(), "data": {"n": None}}),
    get("changes/get-applied", A),
]

K = f"{CONFIGS}/k"
KEPT = folder("apps/v1", "replicasets", HERE, "kept")
DELETIONS = [
    post("changes/create-kept", CONFIGS, config_map("k", finalizers=["x.example.com/y"]), keep={"kept": "metadata.uid", "rv": "metadata.resourceVersion"}),
    delete("changes/delete-other-uid", K, {"preconditions": {"uid": "other"}}),
    delete("changes/delete-other-version", K, {"preconditions": {"resourceVersion": "1"}}),
    delete("changes/delete-dry", f"{K}?dryRun=All"),
    delete("changes/delete-finalized", K, {"preconditions": {"uid": "<kept>"}}),
    delete("changes/delete-finalized-again", K),
    get("changes/get-finalized", K),
    patch("changes/patch-while-deleted", K, {"data": {"late": "1"}}),
    patch("changes/finalizer-added-while-deleted", K, {"metadata": {"finalizers": ["x.example.com/y", "x.example.com/z"]}}),
    post("changes/create-while-deleted", CONFIGS, config_map("k")),
    patch("changes/finalizer-removed", K, {"metadata": {"finalizers": None}}),
    get("changes/get-gone", K),
    delete("changes/delete-gone", K),
    post("changes/create-plain", CONFIGS, config_map("plain"), unseen=True),
    delete("changes/delete-bad-propagation", f"{CONFIGS}/plain", {"propagationPolicy": "Sometimes"}),
    delete("changes/delete-two-ways", f"{CONFIGS}/plain", {"propagationPolicy": "Orphan", "orphanDependents": True}),
    delete("changes/delete-wrong-body", f"{CONFIGS}/plain", {"kind": "Pod", "apiVersion": "v1"}),
    delete("changes/delete-no-json", f"{CONFIGS}/plain", "{"),
    delete("changes/delete-negative-grace", f"{CONFIGS}/plain", {"gracePeriodSeconds": -1}, unseen=True),
    post("changes/create-foreground", CONFIGS, config_map("foreground", finalizers=["x.example.com/y"]), unseen=True),
    delete("changes/delete-foreground", f"{CONFIGS}/foreground?propagationPolicy=Foreground"),
    post("changes/create-orphaning", CONFIGS, config_map("orphaning", finalizers=["x.example.com/y"]), unseen=True),
    delete("changes/delete-orphaning", f"{CONFIGS}/orphaning", {"propagationPolicy": "Orphan"}),
    post("changes/create-answered", folder("v1", "services", HERE), of("v1", "Service", "answered", spec={"clusterIP": "None"}), unseen=True),
    delete("changes/delete-service", folder("v1", "services", HERE, "answered")),
    post("changes/create-pod", PODS, pod("p"), unseen=True),
    delete("changes/delete-pod", f"{PODS}/p"),
    post("changes/create-pod-on-node", PODS, {**pod("n"), "spec": {**pod("n")["spec"], "nodeName": "nowhere"}}, unseen=True),
    delete("changes/delete-pod-with-grace", f"{PODS}/n", {"gracePeriodSeconds": 60}),
    delete("changes/delete-pod-with-less-grace", f"{PODS}/n?gracePeriodSeconds=50"),
    delete("changes/delete-pod-with-more-grace", f"{PODS}/n?gracePeriodSeconds=70"),
    delete("changes/delete-pod-now", f"{PODS}/n", {"gracePeriodSeconds": 0}),
    post("changes/create-set", folder("apps/v1", "replicasets", HERE), of("apps/v1", "ReplicaSet", "kept", metadata={"finalizers": ["x.example.com/y"]}, spec={"replicas": 0, "selector": SELECTOR, "template": template()}), unseen=True),
    delete("changes/delete-set", KEPT),
    post("changes/create-for-all-1", CONFIGS, config_map("all-1", labels={"all": "yes"}), unseen=True),
    post("changes/create-for-all-2", CONFIGS, config_map("all-2", labels={"all": "yes"}, finalizers=["x.example.com/y"]), unseen=True),
    delete("changes/delete-all-dry", f"{CONFIGS}?labelSelector=all%3Dyes&dryRun=All"),
    delete("changes/delete-all", f"{CONFIGS}?labelSelector=all%3Dyes"),
    delete("changes/delete-all-nothing", f"{CONFIGS}?labelSelector=all%3Dno"),
    delete("changes/delete-all-bad-selector", f"{CONFIGS}?labelSelector=a%20b"),
    delete("changes/delete-all-services", folder("v1", "namespaces")),
    get("changes/get-after-delete-all", f"{CONFIGS}?labelSelector=all%3Dyes"),
    patch("changes/merge-creates-nothing", f"{CONFIGS}/all-1", {"data": {}}),
    post("changes/create-doomed", "/api/v1/namespaces", of("v1", "Namespace", "doomed"), unseen=True),
    post("changes/hold-doomed", folder("v1", "configmaps", "doomed"), config_map("hold", finalizers=["x.example.com/y"]), unseen=True),
    delete("changes/delete-namespace", "/api/v1/namespaces/doomed"),
    post("changes/create-in-doomed", folder("v1", "configmaps", "doomed"), config_map("late")),
    delete("changes/delete-default", "/api/v1/namespaces/default"),
]

ASKED = [*namespace(HERE), *UPDATES, *PATCHES, *APPLIES, *DELETIONS]
