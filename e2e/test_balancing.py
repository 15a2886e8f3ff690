"""What a load balancer does with a request: rules, weights, stickiness, answers of its own, connections taken over."""

import base64
import collections
import contextlib
import hashlib
import http.client
import os
import re
import socket
import time

import pytest
from botocore.exceptions import ClientError

from harness import tasks, tools
from harness.services import Web, address
from harness.tasks import sh
from harness.waiting import wait_for

SWITCH = """
import base64, hashlib, socket, threading


def serve(peer):
    head = b""
    while b"\\r\\n\\r\\n" not in head:
        head += peer.recv(4096) or exit("closed")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\\r\\n") if ": " in line)
    fields = {name.lower(): value for name, value in fields.items()}
    if fields.get("upgrade") != "websocket":
        peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
        return peer.close()
    digest = hashlib.sha1((fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    accept = base64.b64encode(digest).decode()
    peer.sendall(f"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: {accept}\\r\\n\\r\\n".encode())
    while chunk := peer.recv(4096):
        peer.sendall(chunk)
    peer.close()


listener = socket.create_server(("0.0.0.0", 80))
while True:
    threading.Thread(target=serve, args=listener.accept()[:1]).start()
"""


class Balancer(Web):
    """A load balancer whose targets the test registers itself; what comes to it is asked with a few more means."""

    def __init__(self, wharf, image):
        super().__init__(wharf, image)
        self.make_balancer()
        self.groups, self.running = {}, []

    def target(self, name, image=None, kind="ip", environment=(), **container):
        """A target group with one task of a version behind it."""
        definition = tasks.register(
            self.wharf, image or self.image, network="awsvpc" if kind == "ip" else "bridge", environment=[{"name": "VERSION", "value": name}, *environment],
            portMappings=[{"containerPort": 80}], **container,
        )  # fmt: skip
        task = tasks.start(self.wharf, definition, **({"networkConfiguration": self.network} if kind == "ip" else {}))
        self.running.append(task)
        described = task.wait("RUNNING")
        made = self.elb.create_target_group(
            Name=tasks.unique(name), Protocol="HTTP", Port=80, VpcId=self.balancer["VpcId"], TargetType=kind,
            HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2, HealthyThresholdCount=2, UnhealthyThresholdCount=2,
        )  # fmt: skip
        self.groups[name] = arn = made["TargetGroups"][0]["TargetGroupArn"]
        self.elb.register_targets(TargetGroupArn=arn, Targets=[where(self.wharf, described, kind)])
        # Unused groups are not checked.
        self.rule(f"/{name}/*", arn)
        wait_for(lambda: self.health(arn) == ["healthy"], 30, f"the health of {name}")
        return arn

    def health(self, arn):
        described = self.elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return [one["TargetHealth"]["State"] for one in described]

    def rule(self, path, *groups, actions=None, conditions=None, **forward):
        """A rule of the next priority."""
        taken = {rule["Priority"] for rule in self.elb.describe_rules(ListenerArn=self.listener)["Rules"]}
        priority = next(number for number in range(1, 1000) if str(number) not in taken)
        forwarded = {"TargetGroups": [group if isinstance(group, dict) else {"TargetGroupArn": group} for group in groups], **forward}
        made = self.elb.create_rule(
            ListenerArn=self.listener, Priority=priority,
            Conditions=conditions or [{"Field": "path-pattern", "Values": [path]}],
            Actions=actions or [{"Type": "forward", "ForwardConfig": forwarded}],
        )  # fmt: skip
        return made["Rules"][0]["RuleArn"]

    def send(self, path="/", method="GET", host=None, **headers):
        """Status, headers and body of one request."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        line.request(
            method, path, headers={"Host": host or self.host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        )
        answer = line.getresponse()
        with contextlib.closing(line):
            return answer.status, answer.headers, answer.read().decode()

    def close(self):
        for task in self.running:
            task.stop(wait=False)
        self.elb.delete_load_balancer(LoadBalancerArn=self.balancer["LoadBalancerArn"])
        for arn in [*self.groups.values(), self.target_group]:
            self.elb.delete_target_group(TargetGroupArn=arn)


def where(wharf, described, kind):
    """A task as a target."""
    if kind == "ip":
        return {"Id": address(described)}
    ecs, instance = wharf.client("ecs"), described["containerInstanceArn"]
    (found,) = ecs.describe_container_instances(containerInstances=[instance])["containerInstances"]
    return {"Id": found["ec2InstanceId"], "Port": described["containers"][0]["networkBindings"][0]["hostPort"]}


@pytest.fixture(scope="module")
def balancer(wharf, web):
    made = Balancer(wharf, web)
    for name in ("blue", "green"):
        made.target(name)
    yield made
    made.close()


@pytest.fixture
def rule(balancer):
    """Makes rules that end with the test."""
    made = []

    def make(*arguments, **more):
        made.append(balancer.rule(*arguments, **more))
        return made[-1]

    yield make
    for arn in made:
        with contextlib.suppress(balancer.elb.exceptions.RuleNotFoundException):
            balancer.elb.delete_rule(RuleArn=arn)


def said(text):
    return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": text}}


@pytest.mark.parametrize(
    ("condition", "right", "wrong"),
    [
        ({"Field": "path-pattern", "Values": ["/path/?/*.png"]}, {"path": "/path/a/b.png"}, {"path": "/path/ab/c.png"}),
        ({"Field": "host-header", "Values": ["*.example.com"]}, {"host": "Shop.Example.com"}, {"host": "example.com"}),
        ({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Kind", "Values": ["be?a*"]}}, {"X_kind": "beta-1"}, {"X_kind": "alpha"}),
        ({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["PURGE"]}}, {"method": "PURGE"}, {"method": "DELETE"}),
        (
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "version", "Value": "v*"}]}},
            {"path": "/q?a=1&Version=v2"},
            {"path": "/q?version=2"},
        ),
        ({"Field": "source-ip", "SourceIpConfig": {"Values": ["127.0.0.0/8"]}}, {"path": "/source"}, None),
        ({"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24"]}}, None, {"path": "/source"}),
    ],
    ids=["path", "host", "header", "method", "query", "source", "another source"],
)  # fmt: skip
def test_a_rule_picks_its_requests(balancer, rule, condition, right, wrong):
    rule(None, conditions=[condition], actions=[said("picked")])
    rule("/seen", actions=[said("in force")])
    # Rules come into force in their order: with the later one, the first is; and it may pick this as well.
    wait_for(lambda: balancer.send("/seen")[2] in ("in force", "picked"), 10, "the rule")
    assert right is None or balancer.send(**right)[2] == "picked"
    assert wrong is None or balancer.send(**wrong)[2] != "picked"


def test_redirect_and_fixed_answer(balancer, rule):
    there = {
        "Type": "redirect",
        "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "Host": "new.#{host}", "Path": "/v2/#{path}", "StatusCode": "HTTP_301"},
    }
    rule("/old/*", actions=[there])
    gone = {
        "Type": "fixed-response",
        "FixedResponseConfig": {"StatusCode": "410", "ContentType": "application/json", "MessageBody": '{"gone": true}'},
    }
    rule("/gone", actions=[gone])
    wait_for(lambda: balancer.send("/gone")[0] == 410, 10, "the rules")
    status, headers, _ = balancer.send("/old/page?a=b", host="shop.example")
    assert (status, headers["Location"]) == (301, "https://new.shop.example:443/v2/old/page?a=b")
    status, headers, body = balancer.send("/gone")
    assert (status, headers["Content-Type"], body) == (410, "application/json", '{"gone": true}')


def test_a_listener_sets_headers_of_responses(balancer, rule):
    """Of those that targets give and of those that the load balancer makes itself; nobody learns what serves them."""
    rule("/made", actions=[said("made here")])
    rule("/", balancer.groups["blue"])
    wait_for(lambda: balancer.send("/made")[2] == "made here" and balancer.send()[2].split()[:1] == ["blue"], 10, "the rules")
    assert "Server" in balancer.send("/made")[1]
    wanted = {
        "strict_transport_security": "max-age=31536000; includeSubDomains",
        "content_security_policy": "default-src 'self'",
        "x_frame_options": "DENY",
        "x_content_type_options": "nosniff",
        "access_control_allow_origin": "https://example.com",
        "access_control_allow_methods": "GET,POST",
        "access_control_allow_headers": "X-One",
        "access_control_allow_credentials": "true",
        "access_control_expose_headers": "X-Two",
        "access_control_max_age": "600",
    }
    prefix = "routing.http.response"
    attributes = {f"{prefix}.{name}.header_value": value for name, value in wanted.items()} | {f"{prefix}.server.enabled": "false"}

    def modify(pairs):
        balancer.elb.modify_listener_attributes(
            ListenerArn=balancer.listener, Attributes=[{"Key": key, "Value": value} for key, value in pairs.items()]
        )

    modify(attributes)
    try:
        wait_for(lambda: balancer.send("/made")[1]["X-Frame-Options"], 10, "the headers")
        for path in ("/made", "/"):
            headers = balancer.send(path)[1]
            assert "Server" not in headers
            assert {name: headers.get_all(name.replace("_", "-")) for name in wanted} == {name: [value] for name, value in wanted.items()}
    finally:
        modify({key: "true" if key.endswith("server.enabled") else "" for key in attributes})
    wait_for(lambda: not balancer.send("/made")[1]["X-Frame-Options"], 10, "no headers")
    assert "Server" in balancer.send("/made")[1]


def test_attributes_without_effect_are_refused(balancer):
    health = [{"Key": "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "Value": "2"}]
    with pytest.raises(ClientError, match="not supported by this version of wharf"):
        balancer.elb.modify_target_group_attributes(TargetGroupArn=balancer.target_group, Attributes=health)


def test_weights(balancer, rule):
    blue, green = balancer.groups["blue"], balancer.groups["green"]
    made = rule("/", {"TargetGroupArn": blue, "Weight": 3}, {"TargetGroupArn": green, "Weight": 1})
    wait_for(lambda: balancer.send()[2].split()[:1] in (["blue"], ["green"]), 10, "the rule")
    seen = collections.Counter(balancer.send()[2].split()[0] for _ in range(400))
    assert set(seen) == {"blue", "green"} and 240 <= seen["blue"] <= 360, seen
    balancer.elb.modify_rule(RuleArn=made, Actions=[{"Type": "forward", "TargetGroupArn": green}])
    wait_for(lambda: {balancer.send()[2].split()[0] for _ in range(20)} == {"green"}, 10, "the change")


def test_a_client_stays_with_its_group_and_target(balancer, rule):
    both = [{"TargetGroupArn": arn, "Weight": 1} for arn in balancer.groups.values()]
    rule("/", *both, TargetGroupStickinessConfig={"Enabled": True, "DurationSeconds": 60})
    wait_for(lambda: "AWSALBTG" in balancer.send()[1].get("Set-Cookie", ""), 10, "the rule")
    homes = set()
    for _ in range(10):
        _, headers, body = balancer.send()
        cookie = headers["Set-Cookie"].split(";")[0]
        assert {balancer.send(Cookie=cookie)[2] for _ in range(10)} == {body}
        homes.add(body)
    assert len(homes) == 2, "every client has the same home"


def test_an_instance_target_is_reached_by_its_host_port(balancer, rule):
    balancer.target("instance", kind="instance")
    assert balancer.send("/instance/", host=balancer.host)[0] == 404, "the web server has no such file"
    rule("/", balancer.groups["instance"])
    wait_for(lambda: balancer.send()[2].startswith("instance"), 10, "the rule")


def test_a_web_socket_goes_through(balancer, rule, python):
    group = balancer.target(
        "switch", image=python, **{**sh('exec python3 -c "$SWITCH"'), "memory": 128}, environment=[{"name": "SWITCH", "value": SWITCH}]
    )
    made = rule("/socket", group)
    key = base64.b64encode(os.urandom(16)).decode()

    def connect():
        line = socket.create_connection(("127.0.0.1", balancer.port), 10)
        line.sendall(
            f"GET /socket HTTP/1.1\r\nHost: {balancer.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += line.recv(4096)
        assert head.startswith(b"HTTP/1.1 101 "), head
        return line, head.decode().lower()

    line, head = wait_for(connect, 10, "a switch of protocols")
    accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    assert f"sec-websocket-accept: {accept.lower()}" in head
    frame = b"\x82\xfe\xff\xff" + os.urandom(65535 + 4)
    line.sendall(frame)
    back = b""
    while len(back) < len(frame):
        back += line.recv(65536)
    assert back == frame
    # A change of configuration leaves it alone.
    balancer.elb.delete_rule(RuleArn=made)
    wait_for(lambda: balancer.send("/socket")[0] != 200, 10, "the end of the rule")
    line.sendall(b"still")
    assert line.recv(16) == b"still"
    line.close()


def test_a_port_that_another_program_has_is_shown(balancer):
    def shown():
        return tools.run(tools.wharf(), "status", "--data", balancer.wharf.data).stdout

    squatter = socket.create_server(("127.0.0.1", 0))
    port = squatter.getsockname()[1]
    made = balancer.elb.create_listener(
        LoadBalancerArn=balancer.balancer["LoadBalancerArn"], Protocol="HTTP", Port=port, DefaultActions=[said("ours")]
    )
    arn = made["Listeners"][0]["ListenerArn"]
    wait_for(
        lambda: re.search(rf"^127\.0\.0\.1:{port} +\w+ +another program listens there, or did$", shown(), re.M),
        10,
        "the word that the port is taken",
    )
    squatter.close()
    # Longer than between two attempts: the program that is started again finds its port.
    time.sleep(7)
    socket.create_server(("127.0.0.1", port)).close()
    balancer.elb.delete_listener(ListenerArn=arn)
