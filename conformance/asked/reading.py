"""Lists, selectors, pages, watches, the forms of answers, and what servers tell of themselves."""

from .ask import PARTIAL, PARTIAL_LIST, PROTOBUF, TABLE, Ask, config_map, delete, folder, get, namespace, of, patch, pod, post, put

# A request a line.
# fmt: off

HERE = "reading"
CONFIGS = folder("v1", "configmaps", HERE)
PODS = folder("v1", "pods", HERE)
MINE = f"{CONFIGS}?labelSelector=m"

MAKE = [
    *(post(f"reading/make-{n}", CONFIGS, config_map(n, labels={"m": n, "env": "prod" if n < "c" else "test"}), unseen=True) for n in "abcde"),
    *(post(f"reading/make-pod-{n}", PODS, pod(n, labels={"app": n}), unseen=True) for n in "ab"),
]


def selected(name, query):
    return get(f"reading/select-{name}", f"{CONFIGS}?{query}")


def chosen(name, query):
    return get(f"reading/fields-{name}", f"{PODS}?fieldSelector={query}", accept=PARTIAL_LIST)


SELECTORS = [
    selected("equal", "labelSelector=env%3Dprod"),
    selected("equal-twice", "labelSelector=env%3D%3Dprod"),
    selected("not", "labelSelector=m,env!%3Dprod"),
    selected("in", "labelSelector=m%20in%20(a,d)"),
    selected("not-in", "labelSelector=m,m%20notin%20(a,d)"),
    selected("there", "labelSelector=m,!x"),
    selected("greater", "labelSelector=m%3E3"),
    selected("greater-than-text", "labelSelector=m%3Ex"),
    selected("bad", "labelSelector=a%20b"),
    selected("bad-key", "labelSelector=-a%3Db"),
    selected("bad-value", "labelSelector=a%3Db%20c"),
    selected("bad-in", "labelSelector=a%20in%20b"),
    selected("bad-end", "labelSelector=a,"),
    selected("bad-operator", "labelSelector=a%3D%3D%3Db"),
    selected("name", "fieldSelector=metadata.name%3Da"),
    selected("name-not", "fieldSelector=metadata.name!%3Da&labelSelector=m"),
    selected("namespace", "fieldSelector=metadata.namespace%3Dreading&labelSelector=m%3Da"),
    selected("unknown-field", "fieldSelector=data.a%3D1"),
    selected("bad-field", "fieldSelector=metadata.name"),
    chosen("phase", "status.phase%3DPending"),
    chosen("phase-not", "status.phase!%3DPending"),
    chosen("node", "spec.nodeName%3D"),
    chosen("restart", "spec.restartPolicy%3DAlways,spec.schedulerName%3Dnobody"),
    chosen("account", "spec.serviceAccountName%3Ddefault"),
    chosen("ip", "status.podIP%3D"),
    chosen("unknown", "spec.nothing%3D1"),
    get("reading/fields-secret-type", folder("v1", "secrets", HERE) + "?fieldSelector=type%3DOpaque"),
    get("reading/fields-namespace-phase", "/api/v1/namespaces?fieldSelector=status.phase%3DActive,metadata.name%3Dreading"),
    get("reading/fields-event", folder("v1", "events", HERE) + "?fieldSelector=involvedObject.kind%3DPod,reason%3DX"),
    get("reading/fields-event-unknown", folder("v1", "events", HERE) + "?fieldSelector=x%3DX"),
    get("reading/fields-nodes", "/api/v1/nodes?fieldSelector=spec.unschedulable%3Dtrue"),
    get("reading/fields-replica-set", folder("apps/v1", "replicasets", HERE) + "?fieldSelector=status.replicas%3D3"),
    get("reading/fields-deployment", folder("apps/v1", "deployments", HERE) + "?fieldSelector=status.replicas%3D3"),
    get("reading/fields-job", folder("batch/v1", "jobs", HERE) + "?fieldSelector=status.successful%3D3"),
]

PAGES = [
    get("reading/list", MINE, keep={"rv": "metadata.resourceVersion"}),
    get("reading/list-everywhere", "/api/v1/configmaps?labelSelector=m"),
    get("reading/list-empty", folder("v1", "secrets", "nowhere")),
    get("reading/page-1", f"{CONFIGS}?limit=2", keep={"next": "metadata.continue"}, accept=PARTIAL_LIST),
    get("reading/page-2", f"{CONFIGS}?limit=2&continue=<next>", accept=PARTIAL_LIST),
    get("reading/page-all-of-the-rest", f"{CONFIGS}?continue=<next>", accept=PARTIAL_LIST),
    get("reading/page-selected", f"{MINE}&limit=2", accept=PARTIAL_LIST),
    get("reading/page-with-version", f"{CONFIGS}?limit=2&continue=<next>&resourceVersion=<rv>"),
    get("reading/page-bad", f"{CONFIGS}?limit=2&continue=x"),
    get("reading/page-bad-json", f"{CONFIGS}?limit=2&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjIifQ"),
    get("reading/page-limit-text", f"{CONFIGS}?limit=x"),
    get("reading/page-limit-negative", f"{CONFIGS}?limit=-1", accept=PARTIAL_LIST),
    get("reading/list-version-0", f"{MINE}&resourceVersion=0", accept=PARTIAL_LIST, unordered=True),
    get("reading/list-version-now", f"{MINE}&resourceVersion=<rv>", accept=PARTIAL_LIST),
    get("reading/list-version-bad", f"{MINE}&resourceVersion=x"),
    get("reading/list-version-exact", f"{MINE}&resourceVersion=<rv>&resourceVersionMatch=Exact", accept=PARTIAL_LIST),
    get("reading/list-version-exact-0", f"{MINE}&resourceVersion=0&resourceVersionMatch=Exact"),
    get("reading/list-version-match-alone", f"{MINE}&resourceVersionMatch=Exact"),
    get("reading/list-version-match-unknown", f"{MINE}&resourceVersion=<rv>&resourceVersionMatch=X"),
    get("reading/get-version-0", f"{CONFIGS}/a?resourceVersion=0"),
    get("reading/get-version-bad", f"{CONFIGS}/a?resourceVersion=x"),
    get("reading/get-version-now", f"{CONFIGS}/a?resourceVersion=1"),
    get("reading/get-version-future", f"{CONFIGS}/a?resourceVersion=99999999"),
]


def watched(name, query, path=CONFIGS, **more):
    return get(f"reading/watch-{name}", f"{path}?watch=1&timeoutSeconds=1&{query}", **more)


WATCHES = [
    get("reading/watch-begin", MINE, keep={"from": "metadata.resourceVersion"}, unseen=True),
    post("reading/watch-make", CONFIGS, config_map("w", labels={"m": "w"}), unseen=True),
    patch("reading/watch-change", f"{CONFIGS}/w", {"data": {"b": "2"}}, unseen=True),
    patch("reading/watch-leaves", f"{CONFIGS}/w", {"metadata": {"labels": {"m": None}}}, unseen=True),
    patch("reading/watch-comes", f"{CONFIGS}/w", {"metadata": {"labels": {"m": "x"}}}, unseen=True),
    delete("reading/watch-delete", f"{CONFIGS}/w", unseen=True),
    watched("since", "labelSelector=m&resourceVersion=<from>"),
    watched("since-table", "labelSelector=m&resourceVersion=<from>", accept=TABLE),
    watched("since-partial", "labelSelector=m&resourceVersion=<from>", accept=PARTIAL),
    watched("by-name", "fieldSelector=metadata.name%3Dw&resourceVersion=<from>"),
    watched("all", "labelSelector=m", unordered=True),
    watched("all-0", "labelSelector=m&resourceVersion=0", unordered=True),
    watched("version-bad", "resourceVersion=x"),
    watched("version-1", "resourceVersion=1", unseen=True),
    watched("selector-bad", "labelSelector=a%20b"),
    watched("match", "resourceVersion=<from>&resourceVersionMatch=Exact"),
    watched("one", "", path=f"{CONFIGS}/a"),
    get("reading/watch-old-path", f"/api/v1/watch/namespaces/{HERE}/configmaps?labelSelector=m&timeoutSeconds=1", unordered=True),
    get("reading/watch-old-path-of-one", f"/api/v1/watch/namespaces/{HERE}/configmaps/a?timeoutSeconds=1"),
    get("reading/watch-old-path-of-group", "/apis/apps/v1/watch/deployments?timeoutSeconds=1&labelSelector=nothing"),
    get("reading/watch-old-path-selecting", f"/api/v1/watch/namespaces/{HERE}/configmaps/a?timeoutSeconds=1&fieldSelector=metadata.name%3Db"),
    delete("reading/watch-old-path-delete", f"/api/v1/watch/namespaces/{HERE}/configmaps/a"),
    get("reading/watch-bookmarks", f"{CONFIGS}?watch=1&timeoutSeconds=3&labelSelector=nothing&allowWatchBookmarks=true&resourceVersion=<from>", unseen=True),
]


def table(name, path, **more):
    return get(f"reading/table-{name}", path, accept=TABLE, **more)


FORMS = [
    table("config-maps", MINE),
    table("config-map", f"{CONFIGS}/a"),
    table("with-objects", f"{MINE}&includeObject=Object"),
    table("with-nothing", f"{MINE}&includeObject=None"),
    table("include-unknown", f"{MINE}&includeObject=X"),
    table("page", f"{CONFIGS}?limit=1"),
    table("pods", PODS),
    table("namespace", "/api/v1/namespaces/reading"),
    table("account", folder("v1", "serviceaccounts", HERE, "default")),
    table("fault", f"{CONFIGS}/nobody"),
    *(
        table(f"kinds-{plural}", folder(version, plural, "kinds"))
        for version, plural in [
            ("v1", "services"),
            ("v1", "secrets"),
            ("v1", "pods"),
            ("v1", "podtemplates"),
            ("v1", "limitranges"),
            ("apps/v1", "controllerrevisions"),
            ("networking.k8s.io/v1", "networkpolicies"),
            ("coordination.k8s.io/v1", "leases"),
            ("rbac.authorization.k8s.io/v1", "roles"),
            ("rbac.authorization.k8s.io/v1", "rolebindings"),
        ]
    ),
    *(
        table(f"empty-{plural}", folder(version, plural, "nowhere"))
        for version, plural in [
            ("apps/v1", "deployments"),
            ("apps/v1", "daemonsets"),
            ("apps/v1", "statefulsets"),
            ("apps/v1", "replicasets"),
            ("batch/v1", "jobs"),
            ("v1", "endpoints"),
            ("v1", "events"),
            ("v1", "resourcequotas"),
            ("v1", "persistentvolumeclaims"),
            ("v1", "replicationcontrollers"),
            ("networking.k8s.io/v1", "ingresses"),
            ("autoscaling/v1", "horizontalpodautoscalers"),
        ]
    ),
    *(
        table(f"one-{plural}", folder(version, plural, None, name))
        for version, plural, name in [
            ("storage.k8s.io/v1", "storageclasses", "oracle"),
            ("storage.k8s.io/v1", "csidrivers", "oracle.example.com"),
            ("scheduling.k8s.io/v1", "priorityclasses", "oracle"),
            ("node.k8s.io/v1", "runtimeclasses", "oracle"),
            ("networking.k8s.io/v1", "ingressclasses", "oracle"),
            ("rbac.authorization.k8s.io/v1", "clusterroles", "oracle"),
            ("rbac.authorization.k8s.io/v1", "clusterrolebindings", "oracle-b"),
            ("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", "oracle"),
        ]
    ),
    get("reading/pretty", f"{CONFIGS}/a?pretty=true", start=12),
    get("reading/pretty-1", f"{CONFIGS}/a?pretty=1", start=12),
    get("reading/pretty-not", f"{CONFIGS}/a?pretty=0", agent="curl/8.0", start=12),
    get("reading/pretty-curl", f"{CONFIGS}/a", agent="curl/8.0", start=12),
    get("reading/pretty-browser", f"{CONFIGS}/a", agent="Mozilla/5.0 (X11)", start=12),
    get("reading/pretty-list", MINE, agent="curl/8.0", start=12),
    get("reading/pretty-fault", f"{CONFIGS}/nobody", agent="curl/8.0", start=12),
    get("reading/pretty-groups", "/apis", agent="curl/8.0", start=12),
    get("reading/pretty-accepted", f"{CONFIGS}/a", accept="application/json;pretty=1", start=12),
    get("reading/pretty-yaml", f"{CONFIGS}/a?pretty=1", accept="application/yaml", start=12),
    get("reading/partial", f"{CONFIGS}/a", accept=PARTIAL),
    get("reading/partial-list", MINE, accept=PARTIAL_LIST),
    get("reading/partial-of-list", MINE, accept=PARTIAL),
    get("reading/partial-list-of-one", f"{CONFIGS}/a", accept=PARTIAL_LIST),
    get("reading/form-unknown", f"{CONFIGS}/a", accept="application/json;as=Nothing;v=v1;g=meta.k8s.io"),
    get("reading/form-or-json", f"{CONFIGS}/a", accept="application/json;as=Nothing;v=v1;g=meta.k8s.io,application/json"),
    get("reading/accept-unknown", f"{CONFIGS}/a", accept="text/html"),
    get("reading/accept-anything", f"{CONFIGS}/a", accept="*/*"),
    get("reading/accept-yaml", f"{CONFIGS}/a", accept="application/yaml"),
    get("reading/protobuf", f"{CONFIGS}/a", accept=PROTOBUF),
    get("reading/protobuf-list", MINE, accept=PROTOBUF),
    get("reading/protobuf-pod", f"{PODS}/a", accept=PROTOBUF),
    get("reading/protobuf-much", folder("v1", "pods", "kinds", "much"), accept=PROTOBUF),
    get("reading/protobuf-service", folder("v1", "services", "kinds", "named"), accept=PROTOBUF),
    get("reading/protobuf-lease", folder("coordination.k8s.io/v1", "leases", "kinds", "l"), accept=PROTOBUF),
    get("reading/protobuf-event", folder("events.k8s.io/v1", "events", "kinds", "n"), accept=PROTOBUF),
    get("reading/protobuf-policy", folder("networking.k8s.io/v1", "networkpolicies", "kinds", "out"), accept=PROTOBUF),
    get("reading/protobuf-role", folder("rbac.authorization.k8s.io/v1", "roles", "kinds", "r"), accept=PROTOBUF),
    get("reading/protobuf-storage-class", folder("storage.k8s.io/v1", "storageclasses", None, "oracle"), accept=PROTOBUF),
    get("reading/protobuf-hooks", folder("admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", None, "oracle"), accept=PROTOBUF),
    get("reading/protobuf-fault", f"{CONFIGS}/nobody", accept=PROTOBUF),
    get("reading/protobuf-partial", f"{CONFIGS}/a", accept="application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"),
    watched("protobuf", "labelSelector=m&resourceVersion=<from>", accept="application/vnd.kubernetes.protobuf;type=watch", unseen=True),
    get("reading/event-of-other-group", folder("v1", "events", "kinds", "n")),
    get("reading/event-of-core", folder("events.k8s.io/v1", "events", "kinds", "e")),
]

SELF = [
    get("reading/versions", "/api"),
    get("reading/groups", "/apis"),
    get("reading/group", "/apis/apps"),
    get("reading/group-unknown", "/apis/nothing.example.com"),
    *(
        get(f"reading/resources-{version.replace('/', '-')}", f"/{'apis' if '/' in version else 'api'}/{version}")
        for version in [
            "v1",
            "apps/v1",
            "autoscaling/v1",
            "batch/v1",
            "networking.k8s.io/v1",
            "rbac.authorization.k8s.io/v1",
            "storage.k8s.io/v1",
            "admissionregistration.k8s.io/v1",
            "apiextensions.k8s.io/v1",
            "apiregistration.k8s.io/v1",
            "scheduling.k8s.io/v1",
            "coordination.k8s.io/v1",
            "node.k8s.io/v1",
            "events.k8s.io/v1",
            "certificates.k8s.io/v1",
            "authentication.k8s.io/v1",
            "authorization.k8s.io/v1",
        ]
    ),
    get("reading/resources-beta", "/apis/policy/v1", beta=True),
    get("reading/version", "/version"),
    get("reading/healthz", "/healthz", accept="*/*"),
    get("reading/readyz", "/readyz", accept="*/*"),
    get("reading/livez", "/livez", accept="*/*"),
    get("reading/openid", "/.well-known/openid-configuration", unseen=True),
    Ask("reading/post-to-object", "POST", f"{CONFIGS}/a", config_map("a")),
    put("reading/put-to-list", CONFIGS, config_map("a")),
    Ask("reading/patch-list", "PATCH", CONFIGS, {}, type="application/merge-patch+json"),
    post("reading/post-everywhere", "/api/v1/configmaps", of("v1", "ConfigMap", "x")),
]

ASKED = [*namespace(HERE), *MAKE, *SELECTORS, *PAGES, *WATCHES, *FORMS, *SELF]
