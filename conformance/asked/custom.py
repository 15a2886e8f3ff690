"""Custom resources: their definitions, schemas, pruning, defaults, and what is refused of them."""

from .ask import STRATEGIC, TABLE, apply, delete, folder, get, namespace, of, patch, post, put

# A request a line.
# fmt: off

HERE = "custom"
GROUP = "oracle.example.com"
DEFINITIONS = folder("apiextensions.k8s.io/v1", "customresourcedefinitions")
NAMES = {"plural": "widgets", "singular": "widget", "kind": "Widget", "shortNames": ["wd"], "categories": ["all"]}
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def schema(properties, **more):
    return {"openAPIV3Schema": {"type": "object", "properties": properties, **more}}


def version(name, properties, **more):
    return {"name": name, "served": True, "storage": True, "schema": schema(properties), **more}


def definition(plural="widgets", versions=(), **spec):
    names = NAMES if plural == "widgets" else {"plural": plural, "kind": plural.title()}
    spec = {"group": GROUP, "scope": "Namespaced", "names": names, "versions": list(versions), **spec}
    return of("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{GROUP}", spec=spec)


WIDGET = {
    "spec": {
        "type": "object",
        "required": ["size"],
        "properties": {
            "size": NUMBER | {"minimum": 1, "maximum": 10},
            "color": TEXT | {"enum": ["red", "blue"], "default": "red"},
            "name": TEXT | {"pattern": "^[a-z]+$", "minLength": 2, "maxLength": 5},
            "tags": {"type": "array", "items": TEXT, "maxItems": 3, "x-kubernetes-list-type": "set"},
            "parts": {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["id"],
                "items": {"type": "object", "required": ["id"], "properties": {"id": TEXT, "count": NUMBER | {"default": 1}}},
            },
            "any": {"x-kubernetes-int-or-string": True},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "map": {"type": "object", "additionalProperties": NUMBER},
            "choice": {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            "when": TEXT | {"format": "date-time"},
            "ratio": {"type": "number", "multipleOf": 0.5},
            "none": TEXT | {"nullable": True},
            "replicas": NUMBER,
            "template": {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": {"type": "object"}}},
        },
    },
    "status": {"type": "object", "properties": {"phase": TEXT, "replicas": NUMBER, "selector": TEXT}},
}
PARTS = {
    "status": {},
    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas", "labelSelectorPath": ".status.selector"},
}
COLUMNS = [
    {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "description": "How large"},
    {"name": "Phase", "type": "string", "jsonPath": ".status.phase", "priority": 1},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
]
WIDGETS = folder(f"{GROUP}/v1", "widgets", HERE)
W = f"{WIDGETS}/w"


def widget(name, /, metadata=None, **spec):
    return of(f"{GROUP}/v1", "Widget", name, spec=spec, metadata=metadata or {})


def refused(name, body):
    return post(f"custom/definition-{name}", f"{DEFINITIONS}?dryRun=All", body)


def structural(name, properties):
    return refused(name, definition("odds", [version("v1", properties)]))


BAD_DEFINITIONS = [
    refused("empty", of("apiextensions.k8s.io/v1", "CustomResourceDefinition", "x")),
    refused("other-name", definition("odds", [version("v1", {})]) | {"metadata": {"name": "other"}}),
    refused("without-schema", definition("odds", [{"name": "v1", "served": True, "storage": True}])),
    refused("no-storage", definition("odds", [version("v1", {}) | {"storage": False}])),
    refused("two-storages", definition("odds", [version("v1", {}), version("v2", {})])),
    refused("version-twice", definition("odds", [version("v1", {}), version("v1", {}) | {"storage": False}])),
    refused("version-name", definition("odds", [version("V_1", {})])),
    refused("scope", definition("odds", [version("v1", {})], scope="Odd")),
    refused("names", definition("odds", [version("v1", {})], names={"plural": "Odds", "kind": "odd kind", "shortNames": ["A_"]})),
    refused("group", definition("odds", [version("v1", {})], group="nodots")),
    refused("conversion", definition("odds", [version("v1", {})], conversion={"strategy": "Webhook"})),
    refused("conversion-none", definition("odds", [version("v1", {})], conversion={"strategy": "X"})),
    refused("columns", definition("odds", [version("v1", {}, additionalPrinterColumns=[{"name": "", "type": "x", "jsonPath": "a"}])])),
    refused("scale", definition("odds", [version("v1", {}, subresources={"scale": {"specReplicasPath": ".a", "statusReplicasPath": "b", "labelSelectorPath": ""}})])),
    refused("preserving", definition("odds", [version("v1", {})], preserveUnknownFields=True)),
    refused("protected-group", definition("odds", [version("v1", {})], group="odds.k8s.io") | {"metadata": {"name": "odds.odds.k8s.io"}}),
    *(
        refused(f"protected-group-{name}", definition("odds", [version("v1", {})], group="odds.k8s.io") | {"metadata": {"name": "odds.odds.k8s.io", "annotations": {"api-approved.kubernetes.io": said}}})
        for name, said in [("approved", "https://github.com/kubernetes/kubernetes/pull/1"), ("unapproved", "unapproved, for tests"), ("otherwise", "yes")]
    ),
    structural("no-type", {"a": {}}),
    structural("unknown-type", {"a": {"type": "x"}}),
    structural("items-missing", {"a": {"type": "array"}}),
    structural("default-wrong", {"a": NUMBER | {"default": "x"}}),
    structural("default-pruned", {"a": {"type": "object", "properties": {"b": TEXT}, "default": {"c": "d"}}}),
    structural("both", {"a": {"type": "object", "properties": {"b": TEXT}, "additionalProperties": TEXT}}),
    structural("additional-false", {"a": {"type": "object", "additionalProperties": False}}),
    structural("unique", {"a": {"type": "array", "items": TEXT, "uniqueItems": True}}),
    structural("map-without-keys", {"a": {"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "map"}}),
    structural("map-keys-unknown", {"a": {"type": "array", "items": {"type": "object", "properties": {}}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}}),
    structural("set-of-objects", {"a": {"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "set"}}),
    structural("int-or-string-typed", {"a": {"type": "integer", "x-kubernetes-int-or-string": True}}),
    structural("type-in-any-of", {"a": {"type": "object", "anyOf": [{"type": "object"}]}}),
    structural("metadata", {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}}),
    structural("pattern", {"a": TEXT | {"pattern": "("}}),
    structural("embedded", {"a": {"type": "string", "x-kubernetes-embedded-resource": True}}),
    structural("reference", {"a": {"$ref": "#/x"}}),
    structural("property-not-in-structure", {"a": {"type": "object", "properties": {"b": TEXT}, "anyOf": [{"properties": {"c": {"minLength": 3}}}]}}),
]

MADE = [
    post("custom/definition", DEFINITIONS, definition(versions=[version("v1", WIDGET, subresources=PARTS, additionalPrinterColumns=COLUMNS), version("v1beta1", WIDGET) | {"storage": False}]), keep={"definition": "metadata.uid"}),
    get("custom/definition-established", f"{DEFINITIONS}/widgets.{GROUP}", until=("status.conditions.1.status", "True")),
    get("custom/served", f"/apis/{GROUP}/v1", until=("resources.2.name", "widgets/scale")),
    get("custom/group", f"/apis/{GROUP}", until=("kind", "APIGroup")),
    get("custom/list-empty", WIDGETS, until=("kind", "WidgetList")),
    post("custom/create", WIDGETS, widget("w", size=3, parts=[{"id": "a"}], any="x", free={"x": {"y": 1}}, map={"a": 1}, tags=["a"], none=None)),
    post("custom/create-pruned", f"{WIDGETS}?fieldValidation=Ignore", {**widget("pruned", size=3, nothing=1, choice={"a": "x", "c": "y"}), "more": 1}),
    post("custom/create-embedded", WIDGETS, widget("embedded", size=3, template={"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "labels": {"a": "b"}}, "spec": {"x": 1}})),
    post("custom/create-with-status", WIDGETS, {**widget("told", size=3), "status": {"phase": "X"}}),
    post("custom/create-null-default", WIDGETS, widget("null", size=3, color=None)),
    post("custom/create-other-version", folder(f"{GROUP}/v1beta1", "widgets", HERE), {**widget("beta", size=3), "apiVersion": f"{GROUP}/v1beta1"}),
    get("custom/get-other-version", folder(f"{GROUP}/v1beta1", "widgets", HERE, "w")),
]


def bad(name, /, **spec):
    return post(f"custom/bad-{name}", f"{WIDGETS}?dryRun=All", widget("bad", **spec))


BAD = [
    post("custom/bad-no-spec", WIDGETS, of(f"{GROUP}/v1", "Widget", "bad")),
    bad("missing"),
    bad("type", size="three"),
    bad("minimum", size=0),
    bad("maximum", size=11),
    bad("enum", size=1, color="green"),
    bad("pattern", size=1, name="ABC"),
    bad("length", size=1, name="a"),
    bad("long", size=1, name="abcdefgh"),
    bad("items", size=1, tags=["a", "b", "c", "d"]),
    bad("set", size=1, tags=["a", "a"]),
    bad("map-key", size=1, parts=[{"count": 1}]),
    bad("map-twice", size=1, parts=[{"id": "a"}, {"id": "a"}]),
    bad("int-or-string", size=1, any=[1]),
    bad("additional", size=1, map={"a": "x"}),
    bad("one-of", size=1, choice={"a": "x", "b": "y"}),
    bad("one-of-none", size=1, choice={}),
    bad("format", size=1, when="yesterday"),
    bad("multiple", size=1, ratio=0.3),
    bad("null", size=None),
    bad("fraction", size=1.5),
    bad("array-for-object", size=1, free=[]),
    bad("embedded", size=1, template={"spec": {}}),
    bad("several", size=0, color="x", name="A", tags=[1]),
    post("custom/bad-metadata", WIDGETS, widget("bad", metadata={"labels": {"a b": "c"}}, size=1)),
    post("custom/bad-metadata-type", WIDGETS, widget("bad", metadata={"labels": {"a": 1}}, size=1)),
    post("custom/bad-name", WIDGETS, widget("Bad_", size=1)),
    post("custom/bad-kind", WIDGETS, of(f"{GROUP}/v1", "Gadget", "x")),
    post("custom/bad-version", WIDGETS, of(f"{GROUP}/v2", "Widget", "x")),
    post("custom/bad-json", WIDGETS, "{"),
    get("custom/version-not-served", folder(f"{GROUP}/v9", "widgets", HERE)),
]

CHANGED = [
    patch("custom/merge", W, {"spec": {"color": "blue", "any": 3}}),
    patch("custom/merge-invalid", W, {"spec": {"size": 100}}),
    patch("custom/merge-status-ignored", W, {"status": {"phase": "X"}}),
    patch("custom/strategic", W, {"spec": {"size": 2}}, type=STRATEGIC),
    patch("custom/json", W, [{"op": "add", "path": "/spec/tags/-", "value": "b"}], type="application/json-patch+json"),
    put("custom/put-without-version", W, widget("w", size=4)),
    patch("custom/status", f"{W}/status", {"status": {"phase": "Running", "replicas": 1, "selector": "a=b", "nothing": 1}, "spec": {"size": 9}}),
    patch("custom/status-invalid", f"{W}/status", {"status": {"phase": 1}}),
    get("custom/scale-without-replicas", f"{W}/scale"),
    patch("custom/set-replicas", W, {"spec": {"replicas": 2}}),
    get("custom/scale", f"{W}/scale"),
    patch("custom/scale-patch", f"{W}/scale", {"spec": {"replicas": 3}}),
    put("custom/scale-put", f"{W}/scale", of("autoscaling/v1", "Scale", "w", spec={"replicas": 1}, metadata={"namespace": HERE})),
    patch("custom/scale-negative", f"{W}/scale", {"spec": {"replicas": -1}}),
    apply("custom/apply", f"{WIDGETS}/applied", "one", widget("applied", size=3, parts=[{"id": "a"}, {"id": "b", "count": 5}], tags=["x", "y"])),
    apply("custom/apply-beside", f"{WIDGETS}/applied", "two", widget("applied", size=3, parts=[{"id": "c"}], tags=["z"])),
    apply("custom/apply-conflict", f"{WIDGETS}/applied", "two", widget("applied", size=4, parts=[{"id": "b", "count": 6}])),
    apply("custom/apply-drops", f"{WIDGETS}/applied", "one", widget("applied", size=3, parts=[{"id": "a"}], tags=["y"])),
    apply("custom/apply-pruned", f"{WIDGETS}/applied", "one", widget("applied", size=3, nothing=1), "&fieldValidation=Ignore"),
    apply("custom/apply-invalid", f"{WIDGETS}/applied", "one", widget("applied", size=30)),
    get("custom/table", WIDGETS, accept=TABLE),
    get("custom/table-one", W, accept=TABLE),
    get("custom/select", f"{WIDGETS}?fieldSelector=metadata.name%3Dw"),
    get("custom/select-field", f"{WIDGETS}?fieldSelector=spec.size%3D3"),
    get("custom/protobuf", W, accept="application/vnd.kubernetes.protobuf"),
    get("custom/protobuf-or-json", W, accept="application/vnd.kubernetes.protobuf,application/json"),
    get("custom/yaml", W, accept="application/yaml"),
    get("custom/subresource-unknown", f"{W}/nothing"),
    get("custom/status-where-none", folder(f"{GROUP}/v1beta1", "widgets", HERE, "w") + "/status"),
    post("custom/generated", WIDGETS, of(f"{GROUP}/v1", "Widget", "", metadata={"generateName": "gen-"}, spec={"size": 1})),
    patch("custom/definition-immutable", f"{DEFINITIONS}/widgets.{GROUP}", {"spec": {"scope": "Cluster", "group": "x.example.com"}}),
    patch("custom/definition-version-in-use", f"{DEFINITIONS}/widgets.{GROUP}", {"spec": {"versions": [version("v2", {})]}}),
    delete("custom/delete", f"{WIDGETS}/told"),
    delete("custom/delete-all", f"{WIDGETS}?fieldSelector=metadata.name%3Dnull"),
    get("custom/table-of-definition", f"{DEFINITIONS}/widgets.{GROUP}", accept=TABLE),
    delete("custom/delete-definition", f"{DEFINITIONS}/widgets.{GROUP}"),
    get("custom/gone", WIDGETS, until=("code", 404)),
]

ASKED = [*namespace(HERE), *BAD_DEFINITIONS, *MADE, *BAD, *CHANGED]
