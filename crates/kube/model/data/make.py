#!/usr/bin/env python3
"""Makes schema.json.zst and descriptions.json.zst, what wharf knows of the built-in kinds.

    make.py WHEEL GO AGGREGATOR METRICS

WHEEL is `kubernetes_validate-1.36.0-py3-none-any.whl` of PyPI, which holds upstream's OpenAPI definitions of 1.36: their
descriptions and required fields, and a second opinion on how lists are merged. GO is a folder with the Go modules `api`,
`apimachinery` and `apiextensions-apiserver` of k8s.io at 0.36.4 (Debian: golang-k8s-api-dev and its neighbours): field order,
numbers in protobuf, pointers, what is written when empty. AGGREGATOR is the folder of kube-aggregator's `apiregistration/v1`,
METRICS that of k8s.io/metrics' `metrics/v1beta1`.
Needs the package zstandard.
"""

import json
import pathlib
import re
import sys
import zipfile

import zstandard

KINDS = [
    "Any",
    "Bool",
    "Int32",
    "Int64",
    "Double",
    "String",
    "Bytes",
    "Time",
    "MicroTime",
    "Duration",
    "Quantity",
    "IntOrString",
    "RawExtension",
    "FieldsV1",
    "SchemaOrArray",
    "SchemaOrBool",
    "SchemaOrStrings",
    "List",
    "Map",
    "Struct",
]
META = "k8s.io/apimachinery/pkg/apis/meta/v1"
EXTENSIONS = "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
AGGREGATION = "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
METRICS = "k8s.io/metrics/pkg/apis/metrics/v1beta1"
GROUPS = [
    "admissionregistration/v1",
    "apps/v1",
    "authentication/v1",
    "authorization/v1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "certificates/v1",
    "coordination/v1",
    "core/v1",
    "discovery/v1",
    "events/v1",
    "networking/v1",
    "node/v1",
    "policy/v1",
    "rbac/v1",
    "scheduling/v1",
    "storage/v1",
]

# Types that are written in JSON as something else than their fields.
SPECIAL = {
    f"{META}.Time": "Time",
    f"{META}.MicroTime": "MicroTime",
    f"{META}.FieldsV1": "FieldsV1",
    f"{META}.Duration": "Duration",
    "k8s.io/apimachinery/pkg/api/resource.Quantity": "Quantity",
    "k8s.io/apimachinery/pkg/util/intstr.IntOrString": "IntOrString",
    "k8s.io/apimachinery/pkg/runtime.RawExtension": "RawExtension",
    "k8s.io/apimachinery/pkg/types.UID": "String",
    "k8s.io/apimachinery/pkg/types.NodeName": "String",
    f"{EXTENSIONS}.JSON": "Any",
    f"{EXTENSIONS}.JSONSchemaPropsOrArray": "SchemaOrArray",
    f"{EXTENSIONS}.JSONSchemaPropsOrBool": "SchemaOrBool",
    f"{EXTENSIONS}.JSONSchemaPropsOrStringArray": "SchemaOrStrings",
    "string": "String",
    "bool": "Bool",
    "int32": "Int32",
    "int64": "Int64",
    "int": "Int64",
    "uint16": "Int32",
    "float64": "Double",
    "interface{}": "Any",
    "any": "Any",
}
# Lists with a name that are a message of their own in protobuf.
WRAPPED = {"Verbs", "ExtraValue"}

POINTER, OMIT_EMPTY, OMIT_ZERO, INLINE, REQUIRED, ATOMIC, MERGE, REPLACE, RETAIN_KEYS = (1 << n for n in range(9))
TYPE_ATOMIC, TYPE_WRAPPED = 1, 2


def definition(package, name):
    """The name OpenAPI gives a Go type."""
    host, rest = package.split("/", 1)
    return ".".join(reversed(host.split("."))) + "." + rest.replace("/", ".") + "." + name


class Package:
    """The types of a folder of Go sources."""

    def __init__(self, path, folder):
        self.path, self.types, self.group = path, {}, ""
        for file in sorted(folder.glob("*.go")):
            text = file.read_text()
            if found := re.search(r'^const GroupName = "(.*)"', text, re.M):
                self.group = found[1]
            if file.name.endswith("_test.go") or file.name.startswith(("zz_", "generated")):
                continue
            imports = {}
            for alias, imported in re.findall(r'^(?:import)?\s*(\w+)?\s*"([\w./-]+)"$', text, re.M):
                imports[alias or imported.rsplit("/", 1)[-1]] = imported
            comments, lines = [], iter(text.split("\n"))
            for line in lines:
                if line.startswith("//"):
                    comments.append(line)
                    continue
                if found := re.match(r"type (\w+) struct \{$", line):
                    self.types[found[1]] = ("struct", list(self.fields(lines)), comments, imports)
                elif found := re.match(r"type (\w+) struct ?\{\}", line):
                    self.types[found[1]] = ("struct", [], comments, imports)
                elif found := re.match(r"type (\w+) ([\w.*\[\]]+)(?:\s*//.*)?$", line):
                    self.types[found[1]] = ("alias", found[2], comments, imports)
                comments = [] if line.strip() else comments

    @staticmethod
    def fields(lines):
        comments = []
        for line in lines:
            line = line.strip()
            if line == "}":
                return
            if line.startswith("//"):
                comments.append(line)
                continue
            if found := re.match(r"(?:(\w+)\s+)?([\w.*\[\]{}]+)\s+`(.*)`", line):
                yield found[1], found[2], dict(re.findall(r'(\w+):"([^"]*)"', found[3])), comments
            comments = [] if line else comments


def tags(comments):
    """`+listType=map` and its like, in their last spelling."""
    found = {}
    for comment in comments:
        if match := re.match(r"//\s*\+(?:k8s:)?(\w+)(?:=(.*))?$", comment):
            found.setdefault(match[1], []).append(match[2])
    return found


class Table:
    """Types by number, anonymous ones shared."""

    def __init__(self, packages):
        self.packages, self.types, self.numbers, self.constants = packages, [], {}, {}

    def add(self, key, row):
        if key not in self.numbers:
            self.numbers[key] = len(self.types)
            self.types.append(row)
        return self.numbers[key]

    def scalar(self, kind):
        return self.add(kind, [KINDS.index(kind)])

    def anonymous(self, kind, item, merge="", keys="", flags=0, name=""):
        return self.add((kind, item, merge, keys, flags, name), [KINDS.index(kind), name, item, merge, keys, flags])

    def type(self, go, package, imports, marks):
        """Number of a Go type and whether absent and zero differ."""
        if go.startswith("*"):
            return self.type(go[1:], package, imports, marks)[0], True
        if go == "[]byte":
            return self.scalar("Bytes"), True
        if go.startswith("[]"):
            item, _ = self.type(go[2:], package, imports, {})
            return self.anonymous("List", item, *relation(marks)), True
        if go.startswith("map["):
            value, _ = self.type(go[go.index("]") + 1 :], package, imports, {})
            atomic = TYPE_ATOMIC if marks.get("mapType") == ["atomic"] else 0
            return self.anonymous("Map", value, flags=atomic), True
        if go in SPECIAL:
            return self.scalar(SPECIAL[go]), False
        if "." in go:
            alias, go = go.split(".")
            package = imports[alias]
        if special := SPECIAL.get(f"{package}.{go}"):
            return self.scalar(special), False
        return self.named(package, go, marks)

    def named(self, path, name, marks):
        package = self.packages[path]
        shape, body, comments, imports = package.types[name]
        if shape == "alias":
            if name in WRAPPED:
                item, _ = self.type(body[2:], path, imports, {})
                return self.anonymous("List", item, flags=TYPE_WRAPPED, name=definition(path, name)), True
            merged = {**tags(comments), **marks}
            return self.type(body, path, imports, merged)
        key = (path, name)
        if key not in self.numbers:
            own = tags(comments)
            flags = TYPE_ATOMIC if own.get("structType") == ["atomic"] or own.get("mapType") == ["atomic"] else 0
            row = [KINDS.index("Struct"), definition(path, name), 0, "", "", flags, []]
            self.add(key, row)
            for field in body:
                if made := self.field(path, imports, *field):
                    row[6].append(made)
        return self.numbers[key], False

    def field(self, path, imports, name, go, labels, comments):
        json_name, *options = labels.get("json", "-").split(",")
        if json_name == "-" and name:
            return None
        marks = tags(comments)
        node, pointer = self.type(go, path, imports, marks)
        number = int(labels["protobuf"].split(",")[1]) if labels.get("protobuf", "-") != "-" else 0
        strategy = labels.get("patchStrategy", "").split(",")
        if "patchStrategy" in marks and not labels.get("patchStrategy"):
            strategy = marks["patchStrategy"][0].split(",")
        flags = POINTER if pointer else 0
        flags |= OMIT_EMPTY if "omitempty" in options else 0
        flags |= OMIT_ZERO if "omitzero" in options else 0
        flags |= INLINE if "inline" in options else 0
        flags |= (
            REQUIRED if "required" in marks or not {"omitempty", "omitzero", "inline"} & set(options) and "optional" not in marks else 0
        )
        flags |= ATOMIC if ["atomic"] in (marks.get("structType"), marks.get("mapType")) else 0
        flags |= MERGE if "merge" in strategy else 0
        flags |= REPLACE if "replace" in strategy else 0
        flags |= RETAIN_KEYS if "retainKeys" in strategy else 0
        key = labels.get("patchMergeKey") or marks.get("patchMergeKey", [""])[0]
        # A list without a type of its own is merged as strategic merge patch would.
        if go.startswith("[]") and go != "[]byte" and "listType" not in marks and "merge" in strategy:
            like = {"listType": ["map"], "listMapKey": [key]} if key else {"listType": ["set"]}
            node, _ = self.type(go, path, imports, like)
        made = [json_name, node, number, flags, key]
        if default := marks.get("default"):
            made.append(self.default(default[0]))
        return made

    def default(self, text):
        if found := re.match(r"ref\((?:.*\.)?(\w+)\)", text):
            return self.constants[found[1]]
        return json.loads(text)


def relation(marks):
    kind = (marks.get("listType") or ["atomic"])[0]
    return {"atomic": "", "set": "set", "map": "map"}[kind], " ".join(marks.get("listMapKey", [])) if kind == "map" else ""


def main():
    wheel, go, aggregator, metrics = (pathlib.Path(argument) for argument in sys.argv[1:])
    with zipfile.ZipFile(wheel) as archive:
        schemas = "kubernetes_validate/kubernetes-json-schema/v1.36.0-local"
        published = json.loads(archive.read(f"{schemas}/_definitions.json"))
    published = published.get("$defs", published)
    packages = {f"k8s.io/api/{group}": Package(f"k8s.io/api/{group}", go / "api" / group) for group in GROUPS}
    packages[META] = Package(META, go / "apimachinery/pkg/apis/meta/v1")
    packages[EXTENSIONS] = Package(EXTENSIONS, go / "apiextensions-apiserver/pkg/apis/apiextensions/v1")
    packages[AGGREGATION] = Package(AGGREGATION, aggregator)
    packages[METRICS] = Package(METRICS, metrics)

    table = Table(packages)
    for source in [*go.glob("api/*/*/types.go"), *go.glob("apiextensions-apiserver/pkg/apis/apiextensions/v1/types*.go")]:
        table.constants |= dict(re.findall(r'^\s+(\w+)\s+\w+ = "([^"]*)"', source.read_text(), re.M))
    index = {}
    for path, package in packages.items():
        version = path.rsplit("/", 1)[-1]
        for name, (shape, body, _, _) in package.types.items():
            if shape == "struct" and any(go.endswith("TypeMeta") and not field for field, go, _, _ in body):
                number, _ = table.named(path, name, {})
                index[f"{package.group}/{version}/{name}".lstrip("/")] = number
    index["apiextensions.k8s.io/v1/JSONSchemaProps"], _ = table.named(EXTENSIONS, "JSONSchemaProps", {})
    for name in ("ObjectMeta", "ListMeta", "WatchEvent"):
        index[f"meta.k8s.io/v1/{name}"], _ = table.named(META, name, {})
    here = pathlib.Path(__file__).parent
    write(here / "schema.json.zst", {"types": table.types, "index": index})
    names = {row[1] for row in table.types if len(row) > 6}
    write(here / "descriptions.json.zst", dict(sorted(describe(published, names))))
    for line in differences(table, published):
        print(line, file=sys.stderr)


def describe(published, names):
    """By definition: its description, its required fields, the descriptions of its fields."""
    for name, body in published.items():
        if name in names or "x-kubernetes-group-version-kind" in body or body.get("properties") is None:
            fields = {field: value.get("description", "") for field, value in body.get("properties", {}).items()}
            yield name, [body.get("description", ""), body.get("required", []), fields]


def differences(table, published):
    """Where Go's comments and the published definitions do not agree on how lists are merged and what is required."""

    def flat(row):
        for field in row[6]:
            if field[3] & INLINE:
                yield from flat(table.types[field[1]])
            else:
                yield field

    for row in table.types:
        if len(row) <= 6 or row[1] not in published:
            continue
        properties = published[row[1]].get("properties", {})
        ours = {field[0]: field for field in flat(row)}
        if set(ours) != set(properties):
            yield f"{row[1]}: fields {sorted(set(ours) ^ set(properties))}"
        required = set(published[row[1]].get("required", []))
        if required != {name for name, field in ours.items() if field[3] & REQUIRED}:
            yield f"{row[1]}: required {sorted(required ^ {n for n, f in ours.items() if f[3] & REQUIRED})}"
        for name, field in ours.items():
            theirs, node = properties.get(name, {}), table.types[field[1]]
            if node[0] == KINDS.index("List") and "x-kubernetes-list-type" in theirs:
                keys = " ".join(theirs.get("x-kubernetes-list-map-keys", []))
                merge = theirs["x-kubernetes-list-type"].replace("atomic", "")
                if (merge, keys) != (node[3], node[4]):
                    yield f"{row[1]}.{name}: list {merge} {keys} against {node[3:5]}"
            if theirs.get("x-kubernetes-patch-merge-key", "") != field[4]:
                yield f"{row[1]}.{name}: merge key {theirs.get('x-kubernetes-patch-merge-key')} against {field[4]}"


def write(path, value):
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    path.write_bytes(zstandard.ZstdCompressor(level=19).compress(text))
    print(path.name, len(text), path.stat().st_size, file=sys.stderr)


if __name__ == "__main__":
    main()
