"""Logs of load balancers: stock boto3 finds what clients asked, and their connections, in buckets, in AWS's form, whatever clients send."""

import contextlib
import datetime
import gzip
import http.client
import json
import os
import re
import signal
import socket
import ssl

import pytest

from harness import processes, tasks, tools
from harness.installation import free_port
from harness.refusals import refused
from harness.services import Web
from harness.waiting import wait_for

ACCOUNT = "000000000000"
WRITER = "logdelivery.elasticloadbalancing.amazonaws.com"
# AWS's documentation has Athena read entries by this.
ENTRY = re.compile(
    r'([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) "([^ ]*)'
    r' (.*) (- |[^ ]*)" "([^"]*)" ([A-Z0-9-_]+) ([A-Za-z0-9.-]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^"]*)" ([-.0-9]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^ ]*)"'
    r' "([^\s]+?)" "([^\s]+)" "([^ ]*)" "([^ ]*)" ?([^ ]*)?'
)
FIELDS = (
    "type time elb client_ip client_port target_ip target_port request_processing_time target_processing_time response_processing_time"
    " elb_status_code target_status_code received_bytes sent_bytes request_verb request_url request_proto user_agent ssl_cipher ssl_protocol"
    " target_group_arn trace_id domain_name chosen_cert_arn matched_rule_priority request_creation_time actions_executed redirect_url"
    " lambda_error_reason target_port_list target_status_code_list classification classification_reason conn_trace_id"
)
# The same of connection logs, with the fields that came since.
CONNECTION = re.compile(
    r'([^ ]*) ([^ ]*) ([0-9]*) ([0-9]*) ([A-Za-z0-9.-]*) ([^ ]*) ([-.0-9]*) "([^"]*)" ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*)'
)
CONNECTION_FIELDS = (
    "timestamp client_ip client_port listener_port tls_protocol tls_cipher tls_handshake_latency leaf_client_cert_subject"
    " leaf_client_cert_validity leaf_client_cert_serial_number tls_verify_status conn_trace_id tls_keyexchange elb ip_address"
)
FLOW = re.compile(
    r"([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*):([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-0-9]*) ([-0-9]*) ([-0-9]*) ([^ ]*)"
    r" ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*)"
)
FLOW_FIELDS = (
    "type version time elb listener client_ip client_port destination_ip destination_port connection_time tls_handshake_time received_bytes"
    " sent_bytes incoming_tls_alert chosen_cert_arn chosen_cert_serial tls_cipher tls_protocol_version tls_keyexchange domain_name"
    " alpn_fe_protocol alpn_be_protocol alpn_client_preference_list tls_connection_creation_time"
)
# From the attribute to the last entries in the bucket: the host is told, packs, and hands over.
WRITTEN_WITHIN_S = 30


def bucket(wharf, lets_in=True):
    """One whose policy is that of AWS's documentation."""
    s3, name = wharf.client("s3"), tasks.unique("alb-logs")
    s3.create_bucket(Bucket=name)
    if lets_in:
        source = {"ArnLike": {"aws:SourceArn": f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/*"}}
        allow(wharf, name, {"Service": WRITER}, source)
    return name


def allow(wharf, name, principal, condition=None):
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/*AWSLogs/{ACCOUNT}/*",
    }
    if condition:
        statement["Condition"] = condition
    wharf.client("s3").put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def account(number):
    return {"AWS": f"arn:aws:iam::{number}:root"}


class Logged(Web):
    """Answers by itself at some paths, so that each kind of entry comes from it."""

    def answer(self, path, action, priority):
        condition = {"Field": "path-pattern", "Values": [path]}
        self.elb.create_rule(ListenerArn=self.listener, Priority=priority, Conditions=[condition], Actions=[action])

    def log(self, **attributes):
        """Sets `access_logs.s3.…`."""
        self.elb.modify_load_balancer_attributes(**self.logging(**attributes))

    def log_from_now_on(self, **attributes):
        """The same, until its host follows: what is told of the listener afterwards is told later."""
        self.log(enabled="true", **attributes)
        mark = tasks.unique("mark")
        header = [{"Key": "routing.http.response.x_frame_options.header_value", "Value": mark}]
        self.elb.modify_listener_attributes(ListenerArn=self.listener, Attributes=header)
        wait_for(lambda: self.send("/fixed/probe").get("x-frame-options") == mark, 10, "the host to know it")

    def logging(self, kind="access_logs", **attributes):
        pairs = [{"Key": f"{kind}.s3.{name}", "Value": value} for name, value in attributes.items()]
        return {"LoadBalancerArn": self.balancer["LoadBalancerArn"], "Attributes": pairs}

    def send(self, path, method="GET", body=None, **headers):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request(method, path, body=body, headers={"Host": self.host, **headers})
            answer = line.getresponse()
            answer.read()
            return {name.lower(): value for name, value in answer.headers.items()} | {"status": answer.status}
        finally:
            line.close()

    def status(self, *arguments, **more):
        return self.send(*arguments, **more)["status"]

    @property
    def id(self):
        return self.balancer["LoadBalancerArn"].partition(":loadbalancer/")[2]


@pytest.fixture(scope="module", name="served")
def served_(wharf, web):
    made = Logged(wharf, web).make(1)
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "418", "MessageBody": "no"}}
    made.answer("/fixed*", fixed, 7)
    made.answer("/moved", {"Type": "redirect", "RedirectConfig": {"Host": "example.org", "StatusCode": "HTTP_302"}}, 8)
    wait_for(lambda: made.status("/fixed") == 418 and made.status("/moved") == 302, 10, "the rules")
    yield made
    made.close()


def keys(wharf, name):
    return {it["Key"] for it in wharf.client("s3").list_objects_v2(Bucket=name).get("Contents", [])}


def files(wharf, name, connections=False):
    """Objects but the test files, by their names."""
    found = sorted(it for it in keys(wharf, name) if not it.endswith("LogTestFile"))
    return [it for it in found if ("/conn_log." in it) == connections]


def read(wharf, name, form=ENTRY, fields=FIELDS):
    s3 = wharf.client("s3")
    bodies = [s3.get_object(Bucket=name, Key=key)["Body"].read() for key in files(wharf, name, form is CONNECTION)]
    lines = [line for body in bodies for line in gzip.decompress(body).decode("ascii").splitlines()]
    matches = [form.fullmatch(line) for line in lines]
    assert all(matches), lines
    return [dict(zip(fields.split(), match.groups(), strict=True)) for match in matches]


def entries(wharf, name):
    return read(wharf, name)


def connections(wharf, name):
    return read(wharf, name, CONNECTION, CONNECTION_FIELDS)


def flows(wharf, name):
    return read(wharf, name, FLOW, FLOW_FIELDS)


def entry(all_, path):
    (found,) = [it for it in all_ if it["request_url"].endswith(path)]
    return found


def test_entries_of_all_kinds_are_in_the_bucket(wharf, served):
    name = bucket(wharf)
    served.log_from_now_on(bucket=name, prefix="web/one")
    test_file = f"web/one/AWSLogs/{ACCOUNT}/ELBAccessLogTestFile"
    assert keys(wharf, name) == {test_file}

    forged = 'x" - - - "-" "-" "-" 0 2020-01-01T00:00:00.000000Z "forward" "-" "-" "-" "-" "-" "-" TID_1\\'
    asked_at = datetime.datetime.now(datetime.UTC)

    assert served.status("/?a=b", **{"User-Agent": "curl/7.46.0", "X-Amzn-Trace-Id": 'Root=1-67891233-abc"def'}) == 200
    assert served.status("/fixed/forged", **{"User-Agent": forged}) == 418
    assert served.status("/fixed/body", "POST", body=b"x" * 5000) == 418
    assert served.status("/moved", **{"User-Agent": "\xff\t"}) == 302
    served.log(enabled="false")
    all_ = wait_for(lambda: entries(wharf, name), WRITTEN_WITHIN_S, "the entries")
    assert sum(not it["request_url"].endswith("/probe") for it in all_) == 4

    path = rf"web/one/AWSLogs/{ACCOUNT}/elasticloadbalancing/us-east-1/\d{{4}}/\d\d/\d\d/"
    file = rf"{ACCOUNT}_elasticloadbalancing_us-east-1_{served.id.replace('/', '.')}_\d{{8}}T\d\d\d[05]Z_[0-9.]+_[0-9a-z]{{8}}\.log\.gz"
    assert all(re.fullmatch(path + file, key) for key in files(wharf, name)), files(wharf, name)

    forwarded = entry(all_, "/?a=b")
    (task,) = served.addresses()
    expected = {
        "type": "http", "elb": served.id, "client_ip": "127.0.0.1", "target_ip": task, "target_port": "80",
        "elb_status_code": "200", "target_status_code": "200", "request_verb": "GET", "request_proto": "HTTP/1.1",
        "request_url": f"http://{served.balancer['DNSName']}:{served.port}/?a=b", "user_agent": "curl/7.46.0",
        "ssl_cipher": "-", "ssl_protocol": "-", "target_group_arn": served.target_group, "domain_name": "-", "chosen_cert_arn": "-",
        "matched_rule_priority": "0", "actions_executed": "forward", "redirect_url": "-", "lambda_error_reason": "-",
        "target_port_list": f"{task}:80", "target_status_code_list": "200", "classification": "-", "classification_reason": "-",
    }  # fmt: skip
    assert {key: forwarded[key] for key in expected} == expected
    assert re.fullmatch(r"Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-67891233-abc\\x22def", forwarded["trace_id"])
    assert re.fullmatch(r"TID_[0-9a-f]{32}", forwarded["conn_trace_id"])
    assert all(float(forwarded[f"{of}_processing_time"]) >= 0 for of in ("request", "target", "response"))
    assert int(forwarded["received_bytes"]) > 100 and int(forwarded["sent_bytes"]) > 50
    begun, ended = (datetime.datetime.fromisoformat(forwarded[key]) for key in ("request_creation_time", "time"))
    assert asked_at <= begun <= ended <= datetime.datetime.now(datetime.UTC)

    hostile = entry(all_, "/fixed/forged")
    assert hostile["user_agent"] == forged.replace("\\", "\\x5C").replace('"', "\\x22")
    own = {"matched_rule_priority": "7", "actions_executed": "fixed-response", "elb_status_code": "418", "target_status_code": "-"}
    times = {f"{of}_processing_time": "-1" for of in ("request", "target", "response")}
    assert own.items() | times.items() <= hostile.items()
    assert (hostile["target_ip"], hostile["target_port"]) == ("", "")
    moved = entry(all_, "/moved")
    assert moved["redirect_url"] == f"http://example.org:{served.port}/moved" and moved["actions_executed"] == "redirect"
    assert moved["user_agent"] == "\\xFF"
    assert int(entry(all_, "/fixed/body")["received_bytes"]) > 80


def test_a_bucket_that_takes_nothing_is_refused(wharf, served):
    modify, name = served.elb.modify_load_balancer_attributes, bucket(wharf, lets_in=False)
    served.log(enabled="false")
    for which in (name, tasks.unique("nobodys")):
        denied = f"Access Denied for bucket: {which}. Please check S3bucket permission"
        assert refused(modify, **served.logging(enabled="true", bucket=which)) == ("InvalidConfigurationRequest", denied)
    code, message = refused(modify, **served.logging(enabled="true", bucket=""))
    assert code == "InvalidConfigurationRequest" and "access_logs.s3.bucket" in message
    code, message = refused(modify, **served.logging(bucket=name, prefix="x/AWSLogs"))
    assert code == "InvalidConfigurationRequest" and "AWSLogs" in message
    shown = served.elb.describe_load_balancer_attributes(LoadBalancerArn=served.balancer["LoadBalancerArn"])["Attributes"]
    assert {"Key": "access_logs.s3.enabled", "Value": "false"} in shown
    # As Terraform and the stock CLI say that there is none.
    for kind in ("access_logs", "connection_logs"):
        served.elb.modify_load_balancer_attributes(**served.logging(kind, enabled="false", bucket="", prefix=""))
    denied = f"Access Denied for bucket: {name}. Please check S3bucket permission"
    on = served.logging("connection_logs", enabled="true", bucket=name)
    assert refused(modify, **on) == ("InvalidConfigurationRequest", denied)
    # Accounts of other regions, and of nobody here, write nothing.
    for number in ("033677994240", "111122223333"):
        allow(wharf, name, account(number))
        assert refused(modify, **on) == ("InvalidConfigurationRequest", denied)


def test_connections_are_told_once_to_a_bucket_that_lets_the_region_s_account_in(wharf, served):
    name = bucket(wharf, lets_in=False)
    allow(wharf, name, account("127311923021"))
    served.elb.modify_load_balancer_attributes(**served.logging("connection_logs", enabled="true", bucket=name, prefix="a/b"))
    served.log_from_now_on(bucket=name)
    assert keys(wharf, name) == {f"a/b/AWSLogs/{ACCOUNT}/ELBConnectionLogTestFile", f"AWSLogs/{ACCOUNT}/ELBAccessLogTestFile"}
    asked_at = datetime.datetime.now(datetime.UTC)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)) as line:
        for path in ("/fixed/one", "/fixed/two"):
            line.request("GET", path, headers={"Host": served.host})
            line.getresponse().read()
        client_port = line.sock.getsockname()[1]
    for kind in ("access_logs", "connection_logs"):
        served.elb.modify_load_balancer_attributes(**served.logging(kind, enabled="false"))
    requests = wait_for(lambda: entries(wharf, name), WRITTEN_WITHIN_S, "the requests")
    all_ = wait_for(lambda: connections(wharf, name), WRITTEN_WITHIN_S, "the connections")

    path = rf"a/b/AWSLogs/{ACCOUNT}/elasticloadbalancing/us-east-1/\d{{4}}/\d\d/\d\d/conn_log\."
    file = rf"{ACCOUNT}_elasticloadbalancing_us-east-1_{served.id.replace('/', '.')}_\d{{8}}T\d\d\d[05]Z_[0-9.]+_[0-9a-z]{{8}}\.log\.gz"
    found = files(wharf, name, connections=True)
    assert all(re.fullmatch(path + file, key) for key in found), found
    (own,) = [it for it in all_ if it["client_port"] == str(client_port)]
    expected = {
        "client_ip": "127.0.0.1", "listener_port": str(served.port), "tls_protocol": "-", "tls_cipher": "-", "tls_handshake_latency": "-",
        "leaf_client_cert_subject": "-", "leaf_client_cert_validity": "-", "leaf_client_cert_serial_number": "-", "tls_verify_status": "-",
        "tls_keyexchange": "-", "elb": served.id,
    }  # fmt: skip
    assert {key: own[key] for key in expected} == expected
    assert own["ip_address"] == found[0].rsplit("_", 2)[1]
    at = datetime.datetime.fromisoformat(own["timestamp"])
    assert asked_at <= at <= datetime.datetime.now(datetime.UTC)
    for path in ("/fixed/one", "/fixed/two"):
        told = entry(requests, path)
        assert (told["conn_trace_id"], told["client_port"]) == (own["conn_trace_id"], own["client_port"])
    assert len({it["conn_trace_id"] for it in all_}) == len(all_)


def test_a_network_load_balancer_tells_of_connections_over_tls(wharf, served, tmp_path):
    domain, key, body = "flows.example.com", tmp_path / "key.pem", tmp_path / "body.pem"
    tools.run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", f"/CN={domain}", "-addext", f"subjectAltName=DNS:{domain}", "-keyout", key, "-out", body,
    )  # fmt: skip
    elb, acm, name, port = served.elb, wharf.client("acm"), bucket(wharf, lets_in=False), free_port()
    certificate = acm.import_certificate(Certificate=body.read_bytes(), PrivateKey=key.read_bytes())["CertificateArn"]
    made = elb.create_load_balancer(
        Name=tasks.unique("flows"), Type="network", Subnets=served.subnets, SecurityGroups=[tasks.open_group(wharf)]
    )
    (balancer,) = made["LoadBalancers"]
    arn, id_ = balancer["LoadBalancerArn"], balancer["LoadBalancerArn"].partition(":loadbalancer/")[2]
    pairs = [f"Key=access_logs.s3.{part},Value={value}" for part, value in (("enabled", "true"), ("bucket", name), ("prefix", "n"))]
    ask_for_logs = ("elbv2", "modify-load-balancer-attributes", "--load-balancer-arn", arn, "--attributes", *pairs)
    attributes = [dict(part.split("=") for part in pair.split(",")) for pair in pairs]
    denied = f"Access Denied for bucket: {name}. Please check S3bucket permission"
    modify = elb.modify_load_balancer_attributes
    # What lets logs of application load balancers in does nothing for these.
    allow(wharf, name, account("127311923021"))
    assert refused(modify, LoadBalancerArn=arn, Attributes=attributes) == ("InvalidConfigurationRequest", denied)
    condition = {
        "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceAccount": [ACCOUNT]},
        "ArnLike": {"aws:SourceArn": [f"arn:aws:logs:us-east-1:{ACCOUNT}:*"]},
    }
    allow(wharf, name, {"Service": "delivery.logs.amazonaws.com"}, condition)
    shown = {it["Key"]: it["Value"] for it in wharf.aws(*ask_for_logs)["Attributes"]}
    assert (shown["access_logs.s3.enabled"], shown["access_logs.s3.bucket"], shown["access_logs.s3.prefix"]) == ("true", name, "n")
    assert keys(wharf, name) == {f"n/AWSLogs/{ACCOUNT}/ELBAccessLogTestFile"}
    elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
    group = elb.create_target_group(
        Name=tasks.unique("flows"), Protocol="TCP", Port=80, TargetType="ip", VpcId=balancer["VpcId"], HealthyThresholdCount=2,
        HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2,
    )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
    (target,) = served.addresses()
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": target}])
    made = elb.create_listener(
        LoadBalancerArn=arn, Protocol="TLS", Port=port, DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": certificate}], AlpnPolicy=["HTTP2Optional"],
    )  # fmt: skip
    listener = made["Listeners"][0]["ListenerArn"]
    context = ssl.create_default_context(cafile=body)
    context.set_alpn_protocols(["http/1.1", "h2"])
    request = f"GET / HTTP/1.0\r\nHost: {domain}\r\n\r\n".encode()

    def asked(context=context):
        """Its port, and how many bytes came back."""
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            own = line.getsockname()[1]
            try:
                with context.wrap_socket(line, server_hostname=domain) as secure:
                    secure.sendall(request)
                    return own, sum(map(len, iter(lambda: secure.recv(4096), b"")))
            except OSError:
                return own, 0

    try:
        elb.get_waiter("target_in_service").wait(TargetGroupArn=group)
        client, count = wait_for(lambda: (found := asked())[1] and found, 30, "an answer over TLS")
        stranger, _ = asked(ssl.create_default_context())
    finally:
        elb.delete_load_balancer(LoadBalancerArn=arn)
        wait_for(lambda: not elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]["LoadBalancerArns"], 30, "its end")
        elb.delete_target_group(TargetGroupArn=group)
    of = lambda own: [it for it in flows(wharf, name) if it["client_port"] == str(own)]  # noqa: E731
    (told,) = wait_for(lambda: of(client), WRITTEN_WITHIN_S, "the entry")
    expected = {
        "type": "tls", "version": "2.0", "elb": id_, "listener": listener.rpartition("/")[2], "client_ip": "127.0.0.1",
        "destination_port": str(port), "received_bytes": str(len(request)), "sent_bytes": str(count), "incoming_tls_alert": "-",
        "chosen_cert_arn": certificate, "chosen_cert_serial": "-", "tls_cipher": "TLS_AES_256_GCM_SHA384", "tls_protocol_version": "tlsv13",
        "tls_keyexchange": "x25519", "domain_name": domain, "alpn_fe_protocol": "http/1.1", "alpn_be_protocol": "-",
        "alpn_client_preference_list": '"http/1.1","h2"',
    }  # fmt: skip
    assert {key: told[key] for key in expected} == expected
    assert 0 <= int(told["tls_handshake_time"]) <= int(told["connection_time"]) < 5000
    begun, ended = (datetime.datetime.fromisoformat(told[key]) for key in ("tls_connection_creation_time", "time"))
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert begun <= ended <= now and now - begun < datetime.timedelta(minutes=2)
    # One that does not trust the certificate says so (`unknown_ca`).
    (other,) = wait_for(lambda: of(stranger), WRITTEN_WITHIN_S, "the stranger's entry")
    assert (other["incoming_tls_alert"], other["tls_handshake_time"], other["tls_cipher"]) == ("48", "-", "-")
    path = rf"n/AWSLogs/{ACCOUNT}/elasticloadbalancing/us-east-1/\d{{4}}/\d\d/\d\d/"
    file = rf"{ACCOUNT}_elasticloadbalancing_us-east-1_{id_.replace('/', '.')}_\d{{8}}T\d\d\d[05]Z_[0-9a-z]{{8}}\.log\.gz"
    assert all(re.fullmatch(path + file, key) for key in files(wharf, name)), files(wharf, name)
    acm.delete_certificate(CertificateArn=certificate)


def test_entries_over_tls_outlive_the_process_and_the_load_balancer(installation):
    wharf = installation
    acm, elb, name = wharf.client("acm"), wharf.client("elbv2"), bucket(installation)
    vpc = wharf.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    made = elb.create_load_balancer(
        Name=tasks.unique("tls"), Subnets=[it["SubnetId"] for it in vpc], SecurityGroups=[tasks.open_group(wharf)]
    )
    (balancer,) = made["LoadBalancers"]
    arn, host, port = balancer["LoadBalancerArn"], balancer["DNSName"], free_port()
    certificate = acm.request_certificate(DomainName=host, ValidationMethod="DNS")["CertificateArn"]
    wait_for(lambda: acm.describe_certificate(CertificateArn=certificate)["Certificate"]["Status"] == "ISSUED", 30, "the certificate")
    pairs = {
        f"{kind}.s3.{part}": value for kind in ("access_logs", "connection_logs") for part, value in (("enabled", "true"), ("bucket", name))
    }
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[{"Key": key, "Value": value} for key, value in pairs.items()])
    elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "hello"}}
    elb.create_listener(
        LoadBalancerArn=arn, Protocol="HTTPS", Port=port, DefaultActions=[answer], Certificates=[{"CertificateArn": certificate}]
    )

    def ask(path):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        line.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10), server_hostname=host)
        line.request("GET", path, headers={"Host": f"{host}:{port}"})
        with contextlib.closing(line):
            return line.getresponse().status == 200

    wait_for(lambda: ask("/before"), 30, "an answer over TLS")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(b"GET / HTTP/1.0\r\n\r\n")
        failed_port = line.getsockname()[1]
        line.recv(4096)
    # A process that is told to end leaves what it has to the next one.
    former = wait_for(lambda: wharf.child("lb"), 20, "a wharf lb")
    os.kill(former, signal.SIGTERM)
    processes.wait_reaped(former)
    wait_for(lambda: ask("/after"), 30, "an answer of the next process")
    elb.delete_load_balancer(LoadBalancerArn=arn)
    paths = {"/before", "/after"}
    found = lambda: {it["request_url"].rpartition(f":{port}")[2]: it for it in entries(wharf, name)}  # noqa: E731
    all_ = wait_for(lambda: paths <= set(seen := found()) and seen, WRITTEN_WITHIN_S, "what was asked before and after")
    for it in all_.values():
        assert (it["type"], it["domain_name"], it["chosen_cert_arn"]) == ("https", host, certificate)
        assert (it["ssl_cipher"], it["ssl_protocol"]) in {
            ("TLS_AES_256_GCM_SHA384", "TLSv1.3"),
            ("TLS_AES_128_GCM_SHA256", "TLSv1.3"),
            ("TLS_CHACHA20_POLY1305_SHA256", "TLSv1.3"),
            ("ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2"),
            ("ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2"),
        }
    told = lambda: {it["client_port"]: it for it in connections(wharf, name)}  # noqa: E731
    ports = {it["client_port"] for it in all_.values()} | {str(failed_port)}
    connected = wait_for(lambda: ports <= set(seen := told()) and seen, WRITTEN_WITHIN_S, "the connections")
    for request in all_.values():
        own = connected[request["client_port"]]
        assert own["conn_trace_id"] == request["conn_trace_id"]
        assert (own["tls_protocol"], own["tls_cipher"]) == (request["ssl_protocol"], request["ssl_cipher"])
        assert (own["listener_port"], own["tls_verify_status"], own["tls_keyexchange"]) == (str(port), "Success", "x25519")
        assert 0 <= float(own["tls_handshake_latency"]) < 10 and own["leaf_client_cert_subject"] == "-"
    failed = connected[str(failed_port)]
    assert failed["tls_verify_status"] == "Failed:UnmappedConnectionError"
    assert {failed[key] for key in ("tls_protocol", "tls_cipher", "tls_handshake_latency", "tls_keyexchange")} == {"-"}
