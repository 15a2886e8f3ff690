"""Objects of each kind, made with as little as it asks for and with much: what the server adds by itself."""

from .ask import SELECTOR, config_map, container, folder, namespace, of, pod, pod_spec, post, template

# A request a line.
# fmt: off

HERE = "kinds"
TRY = "?dryRun=All"
KEY = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="


def made(name, version, plural, body, namespaced=True, tried=False, beta=False):
    """`tried`: a dry run, for what controllers would act on."""
    path = folder(version, plural, HERE if namespaced else None)
    return post(f"kinds/{name}", path + (TRY if tried else ""), body, beta=beta)


PROBED = container(
    livenessProbe={"httpGet": {"port": 80}},
    readinessProbe={"tcpSocket": {"port": "web"}, "periodSeconds": 3},
    startupProbe={"exec": {"command": ["true"]}, "failureThreshold": 30},
    lifecycle={"postStart": {"exec": {"command": ["a"]}}, "preStop": {"httpGet": {"path": "x", "port": 1, "scheme": "HTTPS"}}},
    ports=[{"containerPort": 80, "name": "web"}, {"containerPort": 53, "protocol": "UDP"}],
    env=[
        {"name": "A"},
        {"name": "B", "value": "b"},
        {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "D", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
        {"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "F", "valueFrom": {"configMapKeyRef": {"name": "s", "key": "k", "optional": True}}},
    ],
    envFrom=[{"prefix": "P_", "configMapRef": {"name": "c"}}, {"secretRef": {"name": "s"}}],
    resources={"limits": {"cpu": "1500m", "memory": "1Gi", "ephemeral-storage": "1G"}, "requests": {"cpu": "0.5"}},
    securityContext={"runAsUser": 0, "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}, "privileged": False},
    volumeMounts=[{"name": "v", "mountPath": "/v"}],
    terminationMessagePolicy="FallbackToLogsOnError",
    stdin=True,
)

VOLUMES = [
    {"name": "v"},
    {"name": "empty", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
    {"name": "path", "hostPath": {"path": "/x"}},
    {"name": "typed", "hostPath": {"path": "/x", "type": "Directory"}},
    {"name": "secret", "secret": {"secretName": "s", "items": [{"key": "a", "path": "b"}]}},
    {"name": "config", "configMap": {"name": "c", "defaultMode": 256}},
    {"name": "down", "downwardAPI": {"items": [{"path": "l", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
    {"name": "claim", "persistentVolumeClaim": {"claimName": "p"}},
    {"name": "csi", "csi": {"driver": "d.example.com"}},
    {"name": "nfs", "nfs": {"server": "s", "path": "/"}},
    {"name": "iscsi", "iscsi": {"targetPortal": "1.2.3.4", "iqn": "iqn.2020-01.com.example:x", "lun": 0}},
    {"name": "rbd", "rbd": {"monitors": ["a"], "image": "i"}},
    {"name": "azure", "azureDisk": {"diskName": "d", "diskURI": "https://d.blob.core.windows.net/x/y.vhd"}},
    {
        "name": "projected",
        "projected": {
            "sources": [
                {"secret": {"name": "s"}},
                {"serviceAccountToken": {"path": "token"}},
                {"downwardAPI": {"items": [{"path": "c", "resourceFieldRef": {"containerName": "c", "resource": "requests.memory"}}]}},
            ]
        },
    },
]

PODS = [
    made("pod-least", "v1", "pods", pod("least")),
    made("pod-own-scheduler", "v1", "pods", of("v1", "Pod", "scheduled", spec=pod_spec()), tried=True),
    made("pod-much", "v1", "pods", pod("much", PROBED, volumes=VOLUMES, restartPolicy="OnFailure")),
    made("pod-two-containers", "v1", "pods", pod("two", container("a"), container("b", image="app"), initContainers=[container("i", image="x:latest")])),
    made(
        "pod-resources-of-init",
        "v1",
        "pods",
        pod("inits", container(resources={"limits": {"cpu": "1"}}), initContainers=[container("i", resources={"limits": {"memory": "1M"}})]),
    ),
    made("pod-host-network", "v1", "pods", pod("host", container(ports=[{"containerPort": 8080}]), hostNetwork=True, dnsPolicy="ClusterFirstWithHostNet")),
    made("pod-guaranteed", "v1", "pods", pod("guaranteed", container(resources={"limits": {"cpu": "1", "memory": "1Gi"}}))),
    made(
        "pod-placed",
        "v1",
        "pods",
        pod(
            "placed",
            nodeSelector={"a": "b"},
            tolerations=[{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 3}, {"key": "j", "value": "v"}],
            affinity={
                "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone", "labelSelector": SELECTOR}]},
                "nodeAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 3, "preference": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}}
                    ]
                },
            },
            topologySpreadConstraints=[{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": SELECTOR}],
            priorityClassName="system-node-critical",
        ),
    ),
    made(
        "pod-context",
        "v1",
        "pods",
        pod(
            "context",
            container(securityContext={"allowPrivilegeEscalation": False, "seccompProfile": {"type": "RuntimeDefault"}, "readOnlyRootFilesystem": True}),
            securityContext={"runAsNonRoot": True, "fsGroup": 3, "fsGroupChangePolicy": "OnRootMismatch", "sysctls": [{"name": "net.core.x", "value": "1"}]},
            hostAliases=[{"ip": "1.2.3.4", "hostnames": ["a"]}],
            dnsConfig={"nameservers": ["1.1.1.1"], "options": [{"name": "ndots", "value": "2"}]},
            dnsPolicy="None",
            automountServiceAccountToken=False,
            enableServiceLinks=False,
            terminationGracePeriodSeconds=0,
            shareProcessNamespace=True,
            imagePullSecrets=[{"name": "x"}],
        ),
    ),
    made("pod-template", "v1", "podtemplates", of("v1", "PodTemplate", "t", template=template())),
]

CORE = [
    made("config-map", "v1", "configmaps", of("v1", "ConfigMap", "c", data={"a": "b"}, binaryData={"c": "aGk="})),
    made("config-map-empty", "v1", "configmaps", of("v1", "ConfigMap", "empty")),
    made("config-map-immutable", "v1", "configmaps", of("v1", "ConfigMap", "fixed", data={"a": ""}, immutable=True)),
    made("config-map-labelled", "v1", "configmaps", config_map("labelled", labels={"a": "b", "c": ""}, annotations={"x/y": "z"}, finalizers=["x.example.com/y"])),
    made("secret", "v1", "secrets", of("v1", "Secret", "s", data={"a": "aGk="})),
    made("secret-of-text", "v1", "secrets", of("v1", "Secret", "text", stringData={"b": "hi", "a": ""}, data={"a": "aGk="})),
    made("secret-typed", "v1", "secrets", of("v1", "Secret", "basic", type="kubernetes.io/basic-auth", stringData={"username": "u", "password": "p"})),
    made("account", "v1", "serviceaccounts", of("v1", "ServiceAccount", "account", imagePullSecrets=[{"name": "x"}]), tried=True),
    made("service", "v1", "services", of("v1", "Service", "least", spec={"ports": [{"port": 80}]})),
    made("service-named", "v1", "services", of("v1", "Service", "named", spec={"selector": {"a": "b"}, "ports": [{"name": "a", "port": 80, "targetPort": "web"}, {"name": "b", "port": 53, "protocol": "UDP"}]})),
    made("service-headless", "v1", "services", of("v1", "Service", "headless", spec={"clusterIP": "None", "selector": {"a": "b"}, "ports": [{"port": 1}]})),
    made("service-headless-without-ports", "v1", "services", of("v1", "Service", "portless", spec={"clusterIP": "None", "selector": {"a": "b"}})),
    made("service-node-port", "v1", "services", of("v1", "Service", "ported", spec={"type": "NodePort", "ports": [{"port": 80}]})),
    made("service-node-port-given", "v1", "services", of("v1", "Service", "given", spec={"type": "NodePort", "ports": [{"port": 80, "nodePort": 30999}]})),
    made("service-balanced", "v1", "services", of("v1", "Service", "balanced", spec={"type": "LoadBalancer", "ports": [{"port": 80}], "loadBalancerSourceRanges": ["10.0.0.0/8"]}), tried=True),
    made("service-balanced-local", "v1", "services", of("v1", "Service", "local", spec={"type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": [{"port": 80}]}), tried=True),
    made("service-external", "v1", "services", of("v1", "Service", "external", spec={"type": "ExternalName", "externalName": "example.com"})),
    made("service-sticky", "v1", "services", of("v1", "Service", "sticky", spec={"sessionAffinity": "ClientIP", "ports": [{"port": 80}], "externalIPs": ["1.2.3.4"], "publishNotReadyAddresses": True})),
    made("endpoints", "v1", "endpoints", of("v1", "Endpoints", "e", subsets=[{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}])),
    made("event", "v1", "events", of("v1", "Event", "e", involvedObject={"kind": "Pod", "namespace": HERE, "name": "x"}, reason="R", message="m", type="Normal")),
    made(
        "event-new",
        "events.k8s.io/v1",
        "events",
        of(
            "events.k8s.io/v1",
            "Event",
            "n",
            eventTime="2020-01-01T00:00:00.000000Z",
            reportingController="example.com/c",
            reportingInstance="i",
            action="A",
            reason="R",
            type="Normal",
            regarding={"kind": "Pod", "namespace": HERE, "name": "x"},
        ),
    ),
    made("limits", "v1", "limitranges", of("v1", "LimitRange", "pods", spec={"limits": [{"type": "Pod", "max": {"cpu": "64"}}, {"type": "PersistentVolumeClaim", "max": {"storage": "1Ti"}, "min": {"storage": "1"}}]})),
    made("limits-of-containers", "v1", "limitranges", of("v1", "LimitRange", "containers", spec={"limits": [{"type": "Container", "max": {"cpu": "64"}, "min": {"cpu": "1m"}, "maxLimitRequestRatio": {"cpu": "9"}}]}), tried=True),
    made("quota", "v1", "resourcequotas", of("v1", "ResourceQuota", "q", spec={"hard": {"pods": "100", "requests.cpu": "1", "count/secrets": 5}}), tried=True),
    made("claim", "v1", "persistentvolumeclaims", of("v1", "PersistentVolumeClaim", "least", spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": ""}), tried=True),
    made("volume", "v1", "persistentvolumes", of("v1", "PersistentVolume", "least", spec={"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "nfs": {"server": "s", "path": "/x"}}), namespaced=False, tried=True),
    made("volume-of-host", "v1", "persistentvolumes", of("v1", "PersistentVolume", "host", spec={"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/x"}, "persistentVolumeReclaimPolicy": "Delete", "claimRef": {"name": "c", "namespace": "n"}}), namespaced=False, tried=True),
    made("namespace", "v1", "namespaces", of("v1", "Namespace", "another", metadata={"labels": {"a": "b"}}), namespaced=False, tried=True),
    made("node", "v1", "nodes", of("v1", "Node", "node", spec={"taints": [{"key": "a", "effect": "NoSchedule"}], "unschedulable": True}), namespaced=False, tried=True),
    made("node-with-status", "v1", "nodes", of("v1", "Node", "told", spec={"podCIDR": "10.1.0.0/24", "providerID": "x"}, status={"capacity": {"cpu": "4", "memory": "8Gi"}, "conditions": [{"type": "Ready", "status": "True"}]}), namespaced=False, tried=True),
    made("controller", "v1", "replicationcontrollers", of("v1", "ReplicationController", "least", spec={"template": template()}), tried=True),
    made("controller-selecting", "v1", "replicationcontrollers", of("v1", "ReplicationController", "more", spec={"replicas": 0, "selector": {"app": "a"}, "minReadySeconds": 3, "template": template()}), tried=True),
]

CLAIM_TEMPLATE = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
WORKLOADS = [
    made("deployment", "apps/v1", "deployments", of("apps/v1", "Deployment", "least", spec={"selector": SELECTOR, "template": template()}), tried=True),
    made("deployment-recreated", "apps/v1", "deployments", of("apps/v1", "Deployment", "again", spec={"replicas": 0, "selector": SELECTOR, "strategy": {"type": "Recreate"}, "template": template()}), tried=True),
    made("deployment-rolling", "apps/v1", "deployments", of("apps/v1", "Deployment", "rolling", spec={"selector": SELECTOR, "strategy": {"rollingUpdate": {"maxSurge": 1}}, "revisionHistoryLimit": 0, "paused": True, "template": template()}), tried=True),
    made("replica-set", "apps/v1", "replicasets", of("apps/v1", "ReplicaSet", "least", spec={"selector": SELECTOR, "template": template()}), tried=True),
    made("daemon-set", "apps/v1", "daemonsets", of("apps/v1", "DaemonSet", "least", spec={"selector": SELECTOR, "template": template()}), tried=True),
    made("daemon-set-on-delete", "apps/v1", "daemonsets", of("apps/v1", "DaemonSet", "deleted", spec={"selector": SELECTOR, "updateStrategy": {"type": "OnDelete"}, "template": template()}), tried=True),
    made("stateful-set", "apps/v1", "statefulsets", of("apps/v1", "StatefulSet", "least", spec={"serviceName": "s", "selector": SELECTOR, "template": template()}), tried=True),
    made("stateful-set-with-claims", "apps/v1", "statefulsets", of("apps/v1", "StatefulSet", "claims", spec={"serviceName": "s", "selector": SELECTOR, "template": template(), "volumeClaimTemplates": [CLAIM_TEMPLATE], "podManagementPolicy": "Parallel", "updateStrategy": {"rollingUpdate": {"partition": 2}}}), tried=True),
    made("controller-revision", "apps/v1", "controllerrevisions", of("apps/v1", "ControllerRevision", "r", revision=1, data={"a": {"b": 1}})),
    made("job", "batch/v1", "jobs", of("batch/v1", "Job", "least", spec={"template": {"spec": pod_spec(restartPolicy="Never")}}), tried=True),
    made("job-in-parallel", "batch/v1", "jobs", of("batch/v1", "Job", "parallel", spec={"parallelism": 2, "ttlSecondsAfterFinished": 3, "backoffLimit": 0, "activeDeadlineSeconds": 9, "template": {"metadata": {"labels": {"x": "y"}}, "spec": pod_spec(restartPolicy="OnFailure")}}), tried=True),
    made("cron-job", "batch/v1", "cronjobs", of("batch/v1", "CronJob", "least", spec={"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": {"spec": pod_spec(restartPolicy="Never")}}}}), tried=True, beta=True),
    made("autoscaler", "autoscaling/v1", "horizontalpodautoscalers", of("autoscaling/v1", "HorizontalPodAutoscaler", "least", spec={"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}}), tried=True),
    made("autoscaler-new", "autoscaling/v2", "horizontalpodautoscalers", of("autoscaling/v2", "HorizontalPodAutoscaler", "new", spec={"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}}), tried=True, beta=True),
    made(
        "autoscaler-behaving",
        "autoscaling/v2",
        "horizontalpodautoscalers",
        of(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "behaving",
            spec={
                "minReplicas": 2,
                "maxReplicas": 3,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"},
                "metrics": [{"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "100Mi"}}}],
                "behavior": {"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}},
            },
        ),
        tried=True,
        beta=True,
    ),
]

REST = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}
HOOK = {"name": "h.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None"}
HOOKED = [{"operations": ["CREATE"], "apiGroups": ["x.example.com"], "apiVersions": ["v1"], "resources": ["things"]}]
OTHERS = [
    made("ingress", "networking.k8s.io/v1", "ingresses", of("networking.k8s.io/v1", "Ingress", "least", spec={"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}}), tried=True),
    made("ingress-ruled", "networking.k8s.io/v1", "ingresses", of("networking.k8s.io/v1", "Ingress", "ruled", spec={"ingressClassName": "none", "tls": [{"hosts": ["a.example.com"], "secretName": "s"}], "rules": [{"host": "a.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"name": "web"}}}}]}}]}), tried=True),
    made("ingress-class", "networking.k8s.io/v1", "ingressclasses", of("networking.k8s.io/v1", "IngressClass", "oracle", spec={"controller": "example.com/c", "parameters": {"kind": "K", "name": "n", "apiGroup": "g.example.com"}}), namespaced=False),
    made("network-policy", "networking.k8s.io/v1", "networkpolicies", of("networking.k8s.io/v1", "NetworkPolicy", "least", spec={"podSelector": {}})),
    made("network-policy-out", "networking.k8s.io/v1", "networkpolicies", of("networking.k8s.io/v1", "NetworkPolicy", "out", spec={"podSelector": SELECTOR, "egress": [{"ports": [{"port": 53}], "to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}, {"namespaceSelector": {}}]}]})),
    made("budget", "policy/v1", "poddisruptionbudgets", of("policy/v1", "PodDisruptionBudget", "least", spec={"selector": SELECTOR, "minAvailable": "50%"}), tried=True, beta=True),
    made("role", "rbac.authorization.k8s.io/v1", "roles", of("rbac.authorization.k8s.io/v1", "Role", "r", rules=[REST])),
    made("role-binding", "rbac.authorization.k8s.io/v1", "rolebindings", of("rbac.authorization.k8s.io/v1", "RoleBinding", "b", roleRef={"kind": "Role", "name": "r", "apiGroup": ""}, subjects=[{"kind": "User", "name": "u"}, {"kind": "Group", "name": "g"}, {"kind": "ServiceAccount", "name": "s", "namespace": HERE}])),
    made("cluster-role", "rbac.authorization.k8s.io/v1", "clusterroles", of("rbac.authorization.k8s.io/v1", "ClusterRole", "oracle", rules=[REST, {"nonResourceURLs": ["/x"], "verbs": ["get"]}], aggregationRule=None), namespaced=False),
    made("cluster-role-binding", "rbac.authorization.k8s.io/v1", "clusterrolebindings", of("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "oracle-b", roleRef={"kind": "ClusterRole", "name": "oracle", "apiGroup": "rbac.authorization.k8s.io"}), namespaced=False),
    made("storage-class", "storage.k8s.io/v1", "storageclasses", of("storage.k8s.io/v1", "StorageClass", "oracle", provisioner="example.com/p"), namespaced=False),
    made("csi-driver", "storage.k8s.io/v1", "csidrivers", of("storage.k8s.io/v1", "CSIDriver", "oracle.example.com", spec={}), namespaced=False),
    made("csi-node", "storage.k8s.io/v1", "csinodes", of("storage.k8s.io/v1", "CSINode", "oracle", spec={"drivers": [{"name": "d", "nodeID": "n", "topologyKeys": ["k"], "allocatable": {"count": 3}}]}), namespaced=False, tried=True),
    made("attachment", "storage.k8s.io/v1", "volumeattachments", of("storage.k8s.io/v1", "VolumeAttachment", "oracle", spec={"attacher": "example.com", "nodeName": "n", "source": {"persistentVolumeName": "p"}}, status={"attached": True}), namespaced=False, tried=True),
    made("priority-class", "scheduling.k8s.io/v1", "priorityclasses", of("scheduling.k8s.io/v1", "PriorityClass", "oracle", value=7), namespaced=False),
    made("lease", "coordination.k8s.io/v1", "leases", of("coordination.k8s.io/v1", "Lease", "l", spec={"holderIdentity": "h", "leaseDurationSeconds": 3, "renewTime": "2020-01-02T03:04:05.000006Z"})),
    made("runtime-class", "node.k8s.io/v1", "runtimeclasses", of("node.k8s.io/v1", "RuntimeClass", "oracle", handler="h", overhead={"podFixed": {"cpu": "1"}}, scheduling={"tolerations": [{"key": "a"}]}), namespaced=False),
    made("slice", "discovery.k8s.io/v1", "endpointslices", of("discovery.k8s.io/v1", "EndpointSlice", "s", addressType="IPv4", endpoints=[{"addresses": ["10.0.0.1"]}], ports=[{"port": 80}]), beta=True),
    made("mutating", "admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", of("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "oracle", webhooks=[HOOK | {"clientConfig": {"service": {"name": "s", "namespace": "n", "path": "/h"}}, "rules": HOOKED}]), namespaced=False),
    made("validating", "admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", of("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "oracle", webhooks=[HOOK | {"clientConfig": {"service": {"name": "s", "namespace": "n"}, "caBundle": KEY}, "rules": HOOKED}]), namespaced=False, tried=True),
    made("api-service", "apiregistration.k8s.io/v1", "apiservices", of("apiregistration.k8s.io/v1", "APIService", "v1.oracle.example.com", spec={"group": "oracle.example.com", "version": "v1", "groupPriorityMinimum": 10, "versionPriority": 10, "service": {"name": "s", "namespace": "n"}}), namespaced=False, tried=True),
]

ASKED = [*namespace(HERE), *PODS, *CORE, *WORKLOADS, *OTHERS]
