"""What no client of Kubernetes sends. A cluster answers with a Status and goes on, whatever it would have cost to believe it."""

import base64
import contextlib
import json
import secrets
import socket
import ssl
import threading
import time
from urllib.parse import quote, urlsplit

import pytest
import urllib3

from harness import processes
from harness.kubernetes import Cluster
from harness.waiting import wait_for

pytestmark = pytest.mark.minutes(1)

MAPS = "/api/v1/namespaces/default/configmaps"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
# More than any of these may cost the server, and far less than what they ask for.
MOST_GROWN = 160 << 20


@pytest.fixture(scope="module")
def cluster(wharf):
    with Cluster(wharf) as cluster:
        cluster.kubectl("create", "configmap", "stays", "--from-literal=k=v")
        cluster.kubectl("label", "configmap", "stays", "of=test")
        yield cluster


@pytest.fixture(autouse=True)
def lives_on(wharf, cluster):
    """Whatever a test sends, the same process answers afterwards, and has not grown by what it was told of."""
    server = wharf.child("server")
    before = processes.resident_bytes(server)
    yield
    assert wharf.child("server") == server
    assert cluster.get("configmap", "stays")["data"] == {"k": "v"}
    grown = processes.resident_bytes(server) - before
    assert grown < MOST_GROWN, f"{grown >> 20} MiB"


# A connection that was kept may be closed as the next request is sent.
ONCE_MORE = urllib3.Retry(total=None, connect=0, read=1, other=1, status=0, redirect=0, allowed_methods=None)


def send(cluster, method, path, body=None, kind=JSON):
    """What was answered, and its object if it is one."""
    reads = cluster.reads
    headers = {"Authorization": f"Bearer {reads._token()}", "Content-Type": kind, "Accept": JSON}
    answer = reads.pool.request(method, reads.server + path, body=body, headers=headers, retries=ONCE_MORE)
    with contextlib.suppress(ValueError):
        return answer.status, json.loads(answer.data)
    return answer.status, answer.data[:500]


def refused(answered, *codes):
    """By a Status that says so."""
    code, status = answered
    assert code in (codes or (400, 413, 422)), answered
    assert isinstance(status, dict) and (status["kind"], status["status"], status["code"]) == ("Status", "Failure", code), answered
    assert status["reason"] and len(status["message"]) < 4 << 20, answered
    return status["message"]


def nested(levels, begin='{"a":', end="}", inner="1"):
    return begin * levels + inner + end * levels


def named(data, name="x"):
    return f'{{"metadata": {{"name": "{name}"}}, "data": {data}}}'


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        '"x"',
        "{}{}",
        "[" * 300_000,
        '{"a":' * 300_000,
        nested(100_000),
        nested(120),
        named(nested(1_000)),
        named(nested(99)),
        named("[" + "[]," * 500_000 + "1]"),
        named('{"k": 1e400}'),
        named('{"k": ' + "9" * 100_000 + "}"),
        named('{"k": "\\ud800"}').encode() + b"\xff",
        named("{}", name="\\u0000"),
        named("{}", name="a" * 1_000_000),
        named("{" + ",".join(f'"k{it}": "v"' for it in range(300_000)) + "}"),
        named('{"k": "' + "x" * (2 << 20) + '"}'),
        named('{"k": "' + "x" * (3 << 20) + '"}'),
        '{"metadata": {"name": "x", "labels": {"' + "a" * 100_000 + '": "b"}}}',
        '{"metadata": {"name": "x", "managedFields": [{"fieldsV1": ' + nested(100) + "}]}}",
    ],
    ids=range(21),
)
def test_objects_that_are_none(cluster, body):
    refused(send(cluster, "POST", MAPS, body))
    refused(send(cluster, "PUT", f"{MAPS}/stays", body))
    refused(send(cluster, "PATCH", f"{MAPS}/stays", body, "application/merge-patch+json"), 400, 413, 422, 409)


TEXT = "x" * (1 << 20)
ALIASES = {
    "lists of lists": "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "".join(f"a{it}: &a{it} [{f'*a{it - 1}, ' * 10}]\n" for it in range(1, 12)),
    "a long text, often": f"[&a {TEXT}{', *a' * 400_000}]",
    "a long key, often": f"[&a {{{TEXT}: 1}}{', *a' * 300_000}]",
    "anchors in anchors": "".join(f"[&a{it} " for it in range(120)) + TEXT + "]" * 120,
    "levels on levels": "".join(f"- &a{it} {'[' * 120}{f'*a{it - 1}' if it else 'x'}{']' * 120}\n" for it in range(80)),
    "merged": f"a: &a {{{', '.join(f'k{it}: {TEXT[:1000]}' for it in range(900))}}}\n"
    + "".join(f"b{it}: {{<<: *a}}\n" for it in range(1000)),
    "itself": "a: &a [*a]",
}


@pytest.mark.parametrize("text", ALIASES.values(), ids=ALIASES)
def test_yaml_that_stands_for_more_than_it_is(cluster, text):
    begun = time.monotonic()
    assert "yaml" in refused(send(cluster, "POST", MAPS, text, YAML), 400).lower()
    refused(send(cluster, "PATCH", f"{MAPS}/stays?fieldManager=x", text, "application/apply-patch+yaml"), 400)
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    "text",
    [
        "[" * 300_000,
        "{a: " * 300_000,
        "- " * 300_000,
        "? " * 300_000,
        "a: b: c",
        "\t- a",
        "&a " * 100_000,
        "!!python/object:os.system x",
        "%",
    ],
    ids=range(9),
)
def test_yaml_that_is_none(cluster, text):
    refused(send(cluster, "POST", MAPS, text, YAML), 400, 422)


def member(number, value):
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def wrapped(raw, version="v1", kind="ConfigMap"):
    """As clients frame an object."""
    return b"k8s\0" + member(1, member(1, version.encode()) + member(2, kind.encode())) + member(2, raw)


def schema_within(levels):
    """A definition whose schema is `not` of `not` of …"""
    schema = b""
    for _ in range(levels):
        schema = member(28, schema)
    version = member(1, b"v1") + member(4, member(1, schema))
    return wrapped(member(2, member(1, b"example.com") + member(7, version)), "apiextensions.k8s.io/v1", "CustomResourceDefinition")


BAD_PROTOBUF = {
    "nothing": b"",
    "the begin alone": b"k8s\0",
    "ones": b"k8s\0" + b"\xff" * 100_000,
    "another begin": b"k8s\1" + wrapped(b"")[4:],
    "longer than it is": wrapped(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
    "a number without an end": wrapped(b"\x0a" + b"\x80" * 100_000),
    "groups": wrapped(b"\x0b" * 100_000),
    "field zero": wrapped(b"\x02\x01a"),
    "a text that is none": wrapped(member(1, member(1, b"\xff\xfe"))),
    "another kind": wrapped(b"", kind="Pod"),
    "cut": wrapped(member(1, member(1, b"name")))[:-2],
    "many": wrapped(member(2, b"") * 1_000_000),
}


@pytest.mark.parametrize("body", BAD_PROTOBUF.values(), ids=BAD_PROTOBUF)
def test_protobuf_that_is_none(cluster, body):
    refused(send(cluster, "POST", MAPS, body, PROTOBUF))
    refused(send(cluster, "PUT", f"{MAPS}/stays", body, PROTOBUF), 400, 413, 422, 409)


def test_protobuf_that_is_deep(cluster):
    for levels in (200, 5_000):
        refused(send(cluster, "POST", CRDS, schema_within(levels), PROTOBUF), 400)


def operations(*all_):
    return json.dumps(all_)


def copies(count):
    """Each makes what is there twice as large."""
    first = {"op": "add", "path": "/data", "value": {"a": {"k": "v" * 100}}}
    return [first, *({"op": "copy", "from": "/data/a", "path": f"/data/a/{it}"} for it in range(count))]


@pytest.mark.parametrize(
    "patch, codes",
    [
        (operations(*[{"op": "test", "path": "/data/k", "value": "v"}] * 10_001), (413,)),
        (operations(*copies(60)), (422,)),
        (operations({"op": "add", "path": "/data" + "/a" * 300_000, "value": "x"}), (413, 422)),
        (operations(*[it for _ in range(400) for it in ({"op": "add", "path": "/x", "value": {}}, {"op": "move", "from": "/data", "path": "/x/a"},
            {"op": "move", "from": "/x", "path": "/data"})]), (413, 422)),
        (operations({"op": "replace", "path": "", "value": []}), (400, 422)),
        (operations({"op": "move", "from": "/data", "path": "/data/a"}), (413, 422)),
        (operations({"op": "remove", "path": "/data/~9"}), (422,)),
        ('{"op": "add"}', (400,)),
        (operations({"op": "add", "path": "/metadata/annotations", "value": {"a": "x" * (2 << 20)}}), (413, 422)),
    ],
    ids=range(9),
)  # fmt: skip
def test_patches_that_ask_for_too_much(cluster, patch, codes):
    refused(send(cluster, "PATCH", f"{MAPS}/stays", patch, "application/json-patch+json"), *codes)


BAD_LABELS = [
    "a in (",
    "a in (b",
    "a in (b,,c",
    "!!a",
    "a=b,,c",
    "(a)",
    "=" * 1000,
    "a" * 64,
    "a=" + "b" * 64,
    "a\0",
    "a>b",
    "a in b",
    "a=b c",
    "🦀",
]
BAD_FIELDS = [
    "metadata.name",
    "spec.nothing=1",
    "metadata.name=a\\",
    "=",
    "a=b",
    "metadata.name in (a)",
    "metadata.name=" + "a" * 2000 + "\\x",
]


@pytest.mark.parametrize(
    "query", [*(f"labelSelector={quote(it)}" for it in BAD_LABELS), *(f"fieldSelector={quote(it)}" for it in BAD_FIELDS)]
)
def test_selectors_that_are_none_choose_nothing(cluster, query):
    refused(send(cluster, "GET", f"{MAPS}?{query}"), 400)
    refused(send(cluster, "GET", f"{MAPS}?watch=1&timeoutSeconds=1&{query}"), 400)
    # What would be deleted without it stays.
    refused(send(cluster, "DELETE", f"{MAPS}?{query}"), 400)


@pytest.mark.parametrize(
    "query",
    [
        "limit=many",
        "limit=99999999999999999999",
        "continue=x",
        "continue=" + "A" * 10_000,
        "resourceVersion=x",
        "resourceVersion=-1",
        "resourceVersionMatch=Exact",
        "resourceVersion=1&resourceVersionMatch=Nearly",
    ],
)
def test_options_of_lists_that_are_none(cluster, query):
    refused(send(cluster, "GET", f"{MAPS}?{query}"), 400, 410, 422)


@pytest.mark.parametrize("start", ["../../", "/", "../kube-system/", "kube-system/a", "\0", "default\0"])
def test_tokens_of_ones_own_lead_nowhere_else(cluster, start):
    token = json.dumps({"v": "meta.k8s.io/v1", "rv": -1, "start": start}).encode()
    token = base64.urlsafe_b64encode(token).rstrip(b"=").decode()
    code, found = send(cluster, "GET", f"{MAPS}?limit=500&continue={token}")
    if code == 200:
        assert {it["metadata"]["namespace"] for it in found["items"]} <= {"default"}, found
    else:
        refused((code, found), 400, 410)


def test_selectors_of_thousands_of_terms(cluster):
    """One that fits into a request is answered, and one that does not is refused; both soon."""
    for text in ("of in (" + ",".join(f"t{it}" for it in range(2000)) + ",test)", ",".join(f"!k{it}" for it in range(2000))):
        begun = time.monotonic()
        code, found = send(cluster, "GET", f"{MAPS}?labelSelector={quote(text, safe='')}")
        assert code == 200 and "stays" in [it["metadata"]["name"] for it in found["items"]], found
        assert time.monotonic() - begun < 5
    # Who still sends when the answer comes may see no more of it than the end of the connection.
    with contextlib.suppress(urllib3.exceptions.HTTPError):
        code, _ = send(cluster, "GET", f"{MAPS}?labelSelector={'a' * 1_000_000}")
        assert code in (400, 414, 431)
    # In a body there is more room: a selector that counts as many terms as it has objects to look at.
    terms = [{"key": f"k{it}", "operator": "NotIn", "values": [f"v{number}" for number in range(40)]} for it in range(500)]
    spec = {"selector": {"matchExpressions": terms}, "minAvailable": 1}
    budget = {"metadata": {"name": "terms"}, "spec": spec}
    code, made = send(cluster, "POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets", json.dumps(budget))
    assert code in (201, 413, 422), made
    send(cluster, "DELETE", "/apis/policy/v1/namespaces/default/poddisruptionbudgets/terms")


@pytest.mark.parametrize("path", ["/api/v1/%ff", "/api/v1/namespaces/..%2f..%2fkube-system/secrets", "/api/v1/namespaces//configmaps/" + "a" * 5000,
    "/apis/%00/v1/x", "/api/v1/namespaces/default/configmaps/a%2fb", "/api/v1/" + "x/" * 2000])  # fmt: skip
def test_paths_that_lead_nowhere(cluster, path):
    for method in ("GET", "DELETE", "PUT"):
        code, answered = send(cluster, method, path, "{}")
        assert 400 <= code < 500 and code != 401, answered


class Watcher:
    """Begins to watch and never reads."""

    def __init__(self, reads, revision):
        server = urlsplit(reads.server)
        plain = socket.socket()
        # Little is under way to it.
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(30)
        plain.connect((server.hostname, server.port))
        context = ssl.create_default_context(cadata=reads.pool.connection_pool_kw["ca_cert_data"])
        self.socket = context.wrap_socket(plain, server_hostname=server.hostname)
        path = f"{MAPS}?watch=1&resourceVersion={revision}&fieldSelector=metadata.name%3Dbusy"
        head = f"GET {path} HTTP/1.1\r\nHost: {server.netloc}\r\nAuthorization: Bearer {reads._token()}\r\n\r\n"
        self.socket.sendall(head.encode())

    def events(self):
        """All that it is told, once it reads: to the end, or to the change of that number."""
        text = b""
        while b'"code":410' not in text and b'"n":"last"' not in text:
            piece = self.socket.recv(1 << 20)
            if not piece:
                break
            text += piece
        return text


def test_watchers_that_do_not_read_cost_nothing(wharf, cluster):
    reads, server = cluster.reads, wharf.child("server")
    code, made = send(cluster, "POST", MAPS, json.dumps({"metadata": {"name": "busy"}, "data": {"n": "0"}}))
    assert code == 201, made
    revision = made["metadata"]["resourceVersion"]
    slow = [Watcher(reads, revision) for _ in range(60)]
    seen, over = [], threading.Event()

    def watch():
        path = f"{reads.server}{MAPS}?watch=1&resourceVersion={revision}&fieldSelector=metadata.name%3Dbusy"
        answer = reads.pool.request(
            "GET", path, headers={"Authorization": f"Bearer {reads._token()}"}, preload_content=False, retries=False
        )
        rest = b""
        for piece in answer.stream(1 << 16):
            *lines, rest = (rest + piece).split(b"\n")
            seen.extend(json.loads(line)["object"]["data"]["n"] for line in lines)
            if "last" in seen:
                break
        over.set()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    before = processes.resident_bytes(server)
    # 24 MB, of which 1.4 GB would be kept if each of the slow ones had its own.
    numbers = [*map(str, range(1, 120)), "last"]
    for number in numbers:
        body = {"metadata": {"name": "busy"}, "data": {"n": number, "text": secrets.token_hex(100_000)}}
        code, answered = send(cluster, "PUT", f"{MAPS}/busy", json.dumps(body))
        assert code == 200, answered
    assert over.wait(30) and seen == numbers, "who reads misses nothing"
    assert processes.resident_bytes(server) - before < MOST_GROWN
    # A slow one hears how it went on, or that it has to begin anew.
    heard = slow[0].events()
    assert b'"code":410' in heard or b'"n":"last"' in heard, heard[-500:]
    for it in slow:
        it.socket.close()
    send(cluster, "DELETE", f"{MAPS}/busy")
    wait_for(lambda: cluster.is_gone("configmap", "busy"), 10, "its end")
