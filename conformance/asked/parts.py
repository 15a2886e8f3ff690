"""Subresources, reviews, quotas, limits, what admission adds and who may do what."""

from .ask import MERGE, SELECTOR, TABLE, apply, config_map, container, folder, get, namespace, of, patch, pod, pod_spec, post, put, template

# A request a line.
# fmt: off

HERE = "parts"
RBAC = "rbac.authorization.k8s.io/v1"
SETS = folder("apps/v1", "replicasets", HERE)
SET = f"{SETS}/s"
PODS = folder("v1", "pods", HERE)
POD = f"{PODS}/p"


def scale(replicas, **metadata):
    return of("autoscaling/v1", "Scale", "s", spec={"replicas": replicas}, metadata={"namespace": HERE, **metadata})


SCALES = [
    post("parts/make-set", SETS, of("apps/v1", "ReplicaSet", "s", spec={"replicas": 0, "selector": {"matchLabels": {"app": "a"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]}, "template": template(labels={"app": "a", "b": ""}, schedulerName="nobody")}), unseen=True),
    get("parts/scale", f"{SET}/scale"),
    put("parts/scale-put", f"{SET}/scale", scale(0)),
    put("parts/scale-negative", f"{SET}/scale", scale(-1)),
    put("parts/scale-old", f"{SET}/scale", scale(0, resourceVersion="1")),
    put("parts/scale-other-kind", f"{SET}/scale", config_map("s")),
    patch("parts/scale-patch", f"{SET}/scale?dryRun=All", {"spec": {"replicas": 2}}),
    patch("parts/scale-patch-wrong", f"{SET}/scale", {"spec": {"replicas": "x"}}),
    get("parts/scale-not-there", f"{SETS}/nobody/scale"),
    get("parts/scale-of-pod", f"{POD}/scale"),
    get("parts/scale-table", f"{SET}/scale", accept=TABLE),
    patch("parts/set-status", f"{SET}/status", {"spec": {"replicas": 5}, "metadata": {"labels": {"x": "y"}}, "status": {"conditions": [{"type": "X", "status": "True"}]}}),
    patch("parts/set-status-wrong", f"{SET}/status", {"status": {"replicas": -1}}),
    patch("parts/set-spec-leaves-status", SET, {"status": {"conditions": []}, "metadata": {"annotations": {"a": "b"}}}),
]

PARTS_OF_PODS = [
    post("parts/make-pod", PODS, pod("p", labels={"app": "p"}), keep={"pod": "metadata.uid"}, unseen=True),
    patch("parts/pod-status", f"{POD}/status", {"status": {"conditions": [{"type": "X", "status": "True"}], "message": "m"}}),
    patch("parts/pod-status-wrong", f"{POD}/status", {"status": {"phase": "Odd"}}),
    patch("parts/pod-status-of-node", f"{POD}/status", {"status": {"nominatedNodeName": "a_b"}}),
    post("parts/bind-nothing", f"{POD}/binding", of("v1", "Binding", "p", target={"kind": "Node", "name": ""})),
    post("parts/bind-kind", f"{POD}/binding", of("v1", "Binding", "p", target={"kind": "Pod", "name": "x"})),
    post("parts/bind-other-name", f"{POD}/binding", of("v1", "Binding", "q", target={"kind": "Node", "name": "x"})),
    post("parts/bind-not-there", f"{PODS}/nobody/binding", of("v1", "Binding", "nobody", target={"kind": "Node", "name": "x"})),
    post("parts/bind", f"{POD}/binding", of("v1", "Binding", "p", target={"kind": "Node", "name": "nowhere"})),
    post("parts/bind-again", f"{POD}/binding", of("v1", "Binding", "p", target={"kind": "Node", "name": "nowhere"})),
    post("parts/make-pod-evicted", PODS, pod("evicted", labels={"app": "e"}), unseen=True),
    post("parts/evict-other-name", f"{PODS}/evicted/eviction", of("policy/v1", "Eviction", "other"), beta=True),
    post("parts/evict-not-there", f"{PODS}/nobody/eviction", of("policy/v1", "Eviction", "nobody"), beta=True),
    post("parts/evict-dry", f"{PODS}/evicted/eviction", of("policy/v1", "Eviction", "evicted", deleteOptions={"dryRun": ["All"]}), beta=True),
    post("parts/evict", f"{PODS}/evicted/eviction", of("policy/v1", "Eviction", "evicted"), beta=True),
    get("parts/log-of-nobody", f"{PODS}/nobody/log"),
    post("parts/make-pod-unplaced", PODS, pod("unplaced", container("a"), container("b")), unseen=True),
    get("parts/log-unplaced", f"{PODS}/unplaced/log?container=a"),
    get("parts/log-which", f"{PODS}/unplaced/log"),
    get("parts/log-no-container", f"{PODS}/unplaced/log?container=z"),
    get("parts/log-options", f"{PODS}/unplaced/log?container=a&tailLines=-1&sinceSeconds=0&limitBytes=0"),
    get("parts/log-since-twice", f"{PODS}/unplaced/log?container=a&sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z"),
    get("parts/log-since-bad", f"{PODS}/unplaced/log?container=a&sinceTime=yesterday"),
    get("parts/log-tail-text", f"{PODS}/unplaced/log?container=a&tailLines=x"),
    post("parts/class-of-pod", f"{PODS}?dryRun=All", pod("c", runtimeClassName="oracle")),
    post("parts/class-with-overhead", f"{PODS}?dryRun=All", pod("c", runtimeClassName="oracle", overhead={"cpu": "1000m"})),
    post("parts/class-with-other-overhead", f"{PODS}?dryRun=All", pod("c", runtimeClassName="oracle", overhead={"cpu": "2"})),
    post("parts/make-class", folder("node.k8s.io/v1", "runtimeclasses"), of("node.k8s.io/v1", "RuntimeClass", "placed", handler="h", scheduling={"nodeSelector": {"a": "b"}}), unseen=True),
    post("parts/class-known", f"{PODS}?dryRun=All", pod("c", runtimeClassName="placed"), until=("code", 201)),
    post("parts/class-elsewhere", f"{PODS}?dryRun=All", pod("c", runtimeClassName="placed", nodeSelector={"a": "c"})),
    post("parts/exec-unplaced", f"{PODS}/unplaced/exec?container=a&command=x", ""),
    get("parts/proxy-nobody", f"{PODS}/nobody/proxy/"),
    get("parts/proxy-service", folder("v1", "services", HERE, "nobody") + "/proxy/"),
]

ACCOUNT = folder("v1", "serviceaccounts", HERE, "default")


def token(**spec):
    return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}


TOKENS = [
    post("parts/token", f"{ACCOUNT}/token", token(audiences=["a"], expirationSeconds=700)),
    post("parts/token-short", f"{ACCOUNT}/token", token(expirationSeconds=5)),
    post("parts/token-long", f"{ACCOUNT}/token", token(expirationSeconds=1 << 33)),
    post("parts/token-of-nobody", folder("v1", "serviceaccounts", HERE, "nobody") + "/token", token()),
    post("parts/token-bound-kind", f"{ACCOUNT}/token", token(boundObjectRef={"kind": "ConfigMap", "apiVersion": "v1", "name": "x"})),
    post("parts/token-bound-to-nobody", f"{ACCOUNT}/token", token(boundObjectRef={"kind": "Pod", "apiVersion": "v1", "name": "nobody"})),
    post("parts/token-bound-uid", f"{ACCOUNT}/token", token(boundObjectRef={"kind": "Pod", "apiVersion": "v1", "name": "unplaced", "uid": "x"})),
    post("parts/token-review", "/apis/authentication.k8s.io/v1/tokenreviews", {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "x"}}),
    post("parts/token-review-empty", "/apis/authentication.k8s.io/v1/tokenreviews", {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {}}),
]

AUTHORIZATION = "/apis/authorization.k8s.io/v1"


def review(kind, **spec):
    return {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}


def may(name, plural, kind, user="", **spec):
    return post(f"parts/may-{name}", f"{AUTHORIZATION}/{plural}", review(kind, **spec), user=user)


REVIEWS = [
    may("self", "selfsubjectaccessreviews", "SelfSubjectAccessReview", resourceAttributes={"verb": "get", "resource": "pods", "namespace": HERE}),
    may("self-path", "selfsubjectaccessreviews", "SelfSubjectAccessReview", nonResourceAttributes={"verb": "get", "path": "/x"}),
    may("self-neither", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    may("self-both", "selfsubjectaccessreviews", "SelfSubjectAccessReview", nonResourceAttributes={}, resourceAttributes={}),
    may("self-other", "selfsubjectaccessreviews", "SelfSubjectAccessReview", user="alice", resourceAttributes={"verb": "get", "resource": "pods"}),
    may("subject", "subjectaccessreviews", "SubjectAccessReview", resourceAttributes={"verb": "get", "resource": "pods"}, user="", groups=["system:masters"]),
    may("subject-nobody", "subjectaccessreviews", "SubjectAccessReview", resourceAttributes={"verb": "get", "resource": "pods"}),
    post("parts/may-local", f"{AUTHORIZATION}/namespaces/{HERE}/localsubjectaccessreviews", review("LocalSubjectAccessReview", user="alice", resourceAttributes={"namespace": HERE, "verb": "get", "resource": "pods"})),
    post("parts/may-local-elsewhere", f"{AUTHORIZATION}/namespaces/{HERE}/localsubjectaccessreviews", review("LocalSubjectAccessReview", user="alice", resourceAttributes={"namespace": "x", "verb": "get", "resource": "pods"})),
    post("parts/may-local-path", f"{AUTHORIZATION}/namespaces/{HERE}/localsubjectaccessreviews", review("LocalSubjectAccessReview", user="alice", nonResourceAttributes={"verb": "get", "path": "/x"})),
    post("parts/role", folder(RBAC, "roles", HERE), of(RBAC, "Role", "reader", rules=[{"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]}]), unseen=True),
    post("parts/role-bound", folder(RBAC, "rolebindings", HERE), of(RBAC, "RoleBinding", "reader", roleRef={"kind": "Role", "name": "reader", "apiGroup": "rbac.authorization.k8s.io"}, subjects=[{"kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"}]), unseen=True),
    post("parts/may-alice", f"{AUTHORIZATION}/subjectaccessreviews", review("SubjectAccessReview", user="alice", resourceAttributes={"namespace": HERE, "verb": "get", "resource": "pods"}), until=("status.allowed", True)),
    post("parts/rules-alice", f"{AUTHORIZATION}/selfsubjectrulesreviews", review("SelfSubjectRulesReview", namespace=HERE), user="alice"),
    post("parts/rules-nowhere", f"{AUTHORIZATION}/selfsubjectrulesreviews", review("SelfSubjectRulesReview"), user="alice"),
    get("parts/alice-reads", PODS + "?labelSelector=none", user="alice"),
    get("parts/alice-reads-elsewhere", folder("v1", "pods", "default"), user="alice"),
    get("parts/alice-reads-everywhere", "/api/v1/pods", user="alice"),
    get("parts/alice-reads-secret", folder("v1", "secrets", HERE, "x"), user="alice"),
    get("parts/alice-reads-group", folder("apps/v1", "deployments", HERE, "x"), user="alice"),
    get("parts/alice-reads-nodes", "/api/v1/nodes/x", user="alice"),
    get("parts/alice-reads-subresource", f"{SET}/scale", user="alice"),
    get("parts/alice-reads-path", "/metrics", user="alice"),
    post("parts/alice-creates", folder("v1", "configmaps", HERE), config_map("x"), user="alice"),
    patch("parts/alice-patches", folder("v1", "configmaps", HERE, "x"), {}, user="alice"),
    get("parts/alice-watches", folder("v1", "configmaps", HERE) + "?watch=1", user="alice"),
    get("parts/alice-reads-unknown", folder("v1", "nothings", HERE), user="alice"),
    post("parts/escalation-prepared", folder(RBAC, "roles", HERE), of(RBAC, "Role", "roles", rules=[{"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": ["create"]}]), unseen=True),
    post("parts/escalation-bound", folder(RBAC, "rolebindings", HERE), of(RBAC, "RoleBinding", "roles", roleRef={"kind": "Role", "name": "roles", "apiGroup": "rbac.authorization.k8s.io"}, subjects=[{"kind": "User", "name": "bob", "apiGroup": "rbac.authorization.k8s.io"}]), unseen=True),
    post("parts/escalation-known", f"{AUTHORIZATION}/subjectaccessreviews", review("SubjectAccessReview", user="bob", resourceAttributes={"namespace": HERE, "verb": "create", "group": "rbac.authorization.k8s.io", "resource": "roles"}), until=("status.allowed", True), unseen=True),
    post("parts/escalation", folder(RBAC, "roles", HERE), of(RBAC, "Role", "more", rules=[{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]), user="bob"),
    get("parts/role-of-others", folder(RBAC, "clusterroles", None, "view"), until=("rules.0.apiGroups.0", ""), unseen=True),
    post("parts/escalation-binding", folder(RBAC, "rolebindings", HERE), of(RBAC, "RoleBinding", "more", roleRef={"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"}), user="bob"),
]

SMALL = "limited"
HARD = {"count/podtemplates": "2", "count/secrets": "0", "pods": "1", "requests.cpu": "1", "limits.memory": "1Gi", "services.nodeports": "0", "requests.storage": "1Gi"}
TEMPLATES = folder("v1", "podtemplates", SMALL)
LIMITED = [
    *namespace(SMALL),
    post("parts/quota", folder("v1", "resourcequotas", SMALL), of("v1", "ResourceQuota", "q", spec={"hard": HARD}), unseen=True),
    # As a controller would.
    patch("parts/quota-counts", folder("v1", "resourcequotas", SMALL, "q") + "/status", {"status": {"hard": HARD, "used": dict.fromkeys(HARD, "0")}}, unseen=True),
    get("parts/quota-counted", folder("v1", "resourcequotas", SMALL, "q"), until=("status.used.pods", "0"), unseen=True),
    # Of a kind that no controller makes.
    *(post(f"parts/quota-template-{name}", TEMPLATES, of("v1", "PodTemplate", name, template=template()), unseen=True) for name in "ab"),
    post("parts/quota-exceeded", TEMPLATES, of("v1", "PodTemplate", "c", template=template())),
    post("parts/quota-exceeded-dry", f"{TEMPLATES}?dryRun=All", of("v1", "PodTemplate", "c", template=template())),
    post("parts/quota-secret", folder("v1", "secrets", SMALL), of("v1", "Secret", "s")),
    post("parts/quota-pod-must-say", folder("v1", "pods", SMALL), pod("p")),
    post("parts/quota-pod-too-much", folder("v1", "pods", SMALL), pod("p", container(resources={"requests": {"cpu": "2"}, "limits": {"memory": "2Gi"}}))),
    post("parts/quota-node-port", folder("v1", "services", SMALL), of("v1", "Service", "s", spec={"type": "NodePort", "ports": [{"port": 1}]})),
    post("parts/quota-claim", folder("v1", "persistentvolumeclaims", SMALL), of("v1", "PersistentVolumeClaim", "c", spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}, "storageClassName": "x"})),
    *namespace("ranged"),
    post(
        "parts/limits",
        folder("v1", "limitranges", "ranged"),
        of(
            "v1",
            "LimitRange",
            "l",
            spec={
                "limits": [
                    {"type": "Container", "default": {"cpu": "500m", "memory": "1Gi"}, "defaultRequest": {"cpu": "100m"}, "max": {"cpu": "1"}, "min": {"cpu": "50m"}, "maxLimitRequestRatio": {"memory": "2"}},
                    {"type": "Pod", "max": {"cpu": "2"}},
                    {"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}, "min": {"storage": "1Mi"}},
                ]
            },
        ),
    ),
    # Limits are known a little later.
    post("parts/limits-known", folder("v1", "pods", "ranged") + "?dryRun=All", pod("p"), until=("spec.containers.0.resources.limits.cpu", "500m")),
    post("parts/limits-some", folder("v1", "pods", "ranged"), pod("p", container(resources={"limits": {"cpu": "1"}}), initContainers=[container("i")])),
    post("parts/limits-above", folder("v1", "pods", "ranged"), pod("q", container(resources={"limits": {"cpu": "3"}}))),
    post("parts/limits-below", folder("v1", "pods", "ranged"), pod("q", container(resources={"requests": {"cpu": "1m"}, "limits": {"cpu": "3"}}))),
    post("parts/limits-ratio", folder("v1", "pods", "ranged"), pod("q", container(resources={"requests": {"memory": "1Mi"}, "limits": {"memory": "1Gi"}}))),
    post("parts/limits-of-pod", folder("v1", "pods", "ranged"), pod("q", *(container(n, resources={"limits": {"cpu": "1"}}) for n in "abc"))),
    post("parts/limits-claim", folder("v1", "persistentvolumeclaims", "ranged"), of("v1", "PersistentVolumeClaim", "c", spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}, "storageClassName": "x"})),
    post("parts/limits-claim-small", folder("v1", "persistentvolumeclaims", "ranged"), of("v1", "PersistentVolumeClaim", "c", spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1"}}, "storageClassName": "x"})),
]

OF_CLUSTER = [
    get("parts/own-service", folder("v1", "services", "default", "kubernetes")),
    get("parts/priority-class", folder("scheduling.k8s.io/v1", "priorityclasses", None, "system-cluster-critical")),
    get("parts/role-view", folder(RBAC, "clusterroles", None, "system:basic-user")),
    get("parts/role-discovery", folder(RBAC, "clusterroles", None, "system:discovery")),
    get("parts/role-admin", folder(RBAC, "clusterroles", None, "cluster-admin")),
    get("parts/binding-admin", folder(RBAC, "clusterrolebindings", None, "cluster-admin")),
    get("parts/namespaces", "/api/v1/namespaces/kube-system"),
    get("parts/namespace-lease", "/api/v1/namespaces/kube-node-lease"),
    put("parts/namespace-finalize", f"/api/v1/namespaces/{HERE}/finalize", of("v1", "Namespace", HERE, spec={"finalizers": ["kubernetes"]})),
    patch("parts/namespace-status", f"/api/v1/namespaces/{HERE}/status", {"status": {"phase": "Odd"}}, type=MERGE),
    post("parts/default-class", folder("storage.k8s.io/v1", "storageclasses"), of("storage.k8s.io/v1", "StorageClass", "standing", provisioner="example.com/none", metadata={"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}), unseen=True),
    post("parts/claim-of-default", folder("v1", "persistentvolumeclaims", HERE), of("v1", "PersistentVolumeClaim", "c", spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}})),
    post("parts/node-status", "/api/v1/nodes", of("v1", "Node", "oracle", metadata={"labels": {"kubernetes.io/hostname": "x"}}), unseen=True),
    patch("parts/node-status-told", "/api/v1/nodes/oracle/status", {"status": {"capacity": {"cpu": "1"}, "allocatable": {"cpu": "2"}}}),
    patch("parts/node-status-wrong", "/api/v1/nodes/oracle/status", {"status": {"capacity": {"cpu": "-1"}}}),
    patch("parts/node-provider", "/api/v1/nodes/oracle", {"spec": {"providerID": "a"}}, unseen=True),
    patch("parts/node-provider-changed", "/api/v1/nodes/oracle", {"spec": {"providerID": "b"}}),
    post("parts/csr", folder("certificates.k8s.io/v1", "certificatesigningrequests"), of("certificates.k8s.io/v1", "CertificateSigningRequest", "oracle", spec={"request": "<csr>", "signerName": "example.com/signer", "usages": ["client auth"]})),
    put("parts/csr-approval-wrong", folder("certificates.k8s.io/v1", "certificatesigningrequests", None, "oracle") + "/approval", of("certificates.k8s.io/v1", "CertificateSigningRequest", "oracle", spec={}, status={"conditions": [{"type": "Approved", "status": "False"}]})),
    patch("parts/csr-approved", folder("certificates.k8s.io/v1", "certificatesigningrequests", None, "oracle") + "/approval", {"status": {"conditions": [{"type": "Approved", "status": "True", "reason": "R"}]}}),
    patch("parts/csr-denied-too", folder("certificates.k8s.io/v1", "certificatesigningrequests", None, "oracle") + "/approval", {"status": {"conditions": [{"type": "Approved", "status": "True", "reason": "R"}, {"type": "Denied", "status": "True", "reason": "R"}]}}),
    patch("parts/csr-certificate", folder("certificates.k8s.io/v1", "certificatesigningrequests", None, "oracle") + "/status", {"status": {"certificate": "aGk="}}),
    patch("parts/csr-spec", folder("certificates.k8s.io/v1", "certificatesigningrequests", None, "oracle"), {"spec": {"signerName": "example.com/other"}}),
    apply("parts/apply-node-status", "/api/v1/nodes/oracle/status", "kubelet", of("v1", "Node", "oracle", status={"conditions": [{"type": "Ready", "status": "Unknown"}]})),
    post("parts/pod-with-account-token", PODS + "?dryRun=All", of("v1", "Pod", "mounted", spec=pod_spec(schedulerName="nobody", initContainers=[container("i", volumeMounts=[{"name": "own", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}])], volumes=[{"name": "own", "emptyDir": {}}]))),
    post("parts/selector-of-set", SETS + "?dryRun=All", of("apps/v1", "ReplicaSet", "t", spec={"selector": SELECTOR, "template": template(labels={"app": "b"})})),
]

ASKED = [*namespace(HERE), *SCALES, *PARTS_OF_PODS, *TOKENS, *REVIEWS, *LIMITED, *OF_CLUSTER]
