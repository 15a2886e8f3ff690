"""`/openapi/v2` of both servers: definitions and paths that theirs has, and ours should have too."""

from comparing import differences

# What is told to people changes with every version.
TOLD = ("description",)


def plain(value):
    """Without texts; lists whose order says nothing, sorted."""
    if isinstance(value, dict):
        return {name: plain(it) for name, it in value.items() if name not in TOLD or not isinstance(it, str)}
    if isinstance(value, list):
        return sorted((plain(it) for it in value), key=str)
    return value


def definitions_of(document):
    """By name. What is a list of properties stays one field each."""
    return {name: plain(it) for name, it in document["definitions"].items()}


def operations_of(document):
    """What can be asked at each path, by path and method."""
    found = {}
    for path, methods in document["paths"].items():
        shared = methods.get("parameters", [])
        for method, operation in methods.items():
            if method == "parameters":
                continue
            given = [it.get("name") for it in [*shared, *operation.get("parameters", [])]]
            found[f"{method}:{path}"] = {
                "parameters": {name: True for name in given},
                "responses": {code: plain(it).get("schema", {}) for code, it in operation["responses"].items()},
                **{name: plain(operation.get(name)) for name in ("consumes", "produces")},
                **{name: it for name, it in operation.items() if name.startswith("x-")},
                "operationId": operation.get("operationId"),
            }
    return found


def of_documents(theirs, ours):
    """What is in theirs and not, or otherwise, in ours: (how, request, path, theirs, ours)."""
    for name, read in (("definitions", definitions_of), ("paths", operations_of)):
        left, right = read(theirs), read(ours)
        for how, where, old, new in differences(left, {key: right[key] for key in left if key in right}):
            if how != "adds":
                yield how, f"openapi/{name}", where, old, new
