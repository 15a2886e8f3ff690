"""A request that both servers are asked, and short ways to write one."""

import dataclasses

JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"


@dataclasses.dataclass(frozen=True)
class Ask:
    """One request. In `path` and `body`, `<NAME>` is what an earlier answer of the same server had (`keep`: name, path within)."""

    name: str
    method: str
    path: str
    body: object = None
    type: str = JSON
    accept: str = JSON
    user: str = ""
    agent: str = ""
    keep: dict = dataclasses.field(default_factory=dict)
    # Asked again until the answer has this value at this path: for what controllers bring about.
    until: tuple = ()
    # Kinds that were beta in 1.20: theirs is asked by that version.
    beta: bool = False
    # Of a text, whatever it says, its first letters are compared.
    start: int = 0
    # Objects come in any order, as those of a cache do.
    unordered: bool = False
    # Not compared: it only prepares others.
    unseen: bool = False


def get(name, path, **more):
    return Ask(name, "GET", path, **more)


def post(name, path, body, **more):
    return Ask(name, "POST", path, body, **more)


def put(name, path, body, **more):
    return Ask(name, "PUT", path, body, **more)


def delete(name, path, body=None, **more):
    return Ask(name, "DELETE", path, body, **more)


def patch(name, path, body, type=MERGE, **more):  # noqa: A002 the word of the header
    return Ask(name, "PATCH", path, body, type, **more)


def apply(name, path, manager, body, query="", **more):
    return Ask(name, "PATCH", f"{path}?fieldManager={manager}{query}", body, APPLY, **more)


def folder(version, plural, namespace=None, name=None):
    """`folder("apps/v1", "deployments", "here")`: the path of a kind, and with a name of one object."""
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}{within}/{plural}" + (f"/{name}" if name else "")


def of(version, kind, name, /, **members):
    """An object."""
    metadata = {"name": name} | members.pop("metadata", {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **members}


def config_map(name, data=None, **metadata):
    return of("v1", "ConfigMap", name, data=data or {"a": "1"}, metadata=metadata)


def container(name="c", /, **members):
    return {"name": name, "image": "registry/app:1", **members}


def pod_spec(*containers, **members):
    return {"containers": list(containers or [container()]), **members}


def pod(name, *containers, labels=None, **members):
    """One that no scheduler takes."""
    members.setdefault("schedulerName", "nobody")
    return of("v1", "Pod", name, spec=pod_spec(*containers, **members), metadata={"labels": labels} if labels else {})


def template(*containers, labels=None, **members):
    return {"metadata": {"labels": labels or {"app": "a"}}, "spec": pod_spec(*containers, **members)}


SELECTOR = {"matchLabels": {"app": "a"}}


def namespace(name):
    """Made, with what its controllers put there: the authority, and the account that pods have, which nobody makes beside upstream's server."""
    accounts = f"/api/v1/namespaces/{name}/serviceaccounts"
    return [
        post(f"{name}/own-namespace", "/api/v1/namespaces", of("v1", "Namespace", name), unseen=True),
        post(f"{name}/make-account", accounts, of("v1", "ServiceAccount", "default"), unseen=True),
        get(f"{name}/own-account", f"{accounts}/default", until=("metadata.name", "default"), unseen=True),
        get(f"{name}/own-authority", f"/api/v1/namespaces/{name}/configmaps/kube-root-ca.crt", until=("kind", "ConfigMap"), unseen=True),
    ]
