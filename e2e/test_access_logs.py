"""Access logs of load balancers: stock boto3 finds what clients asked in their bucket, in AWS's form, whatever clients send."""

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
from botocore.exceptions import ClientError

from harness import processes, tasks
from harness.installation import free_port
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
# From the attribute to the last entries in the bucket: the host is told, packs, and hands over.
WRITTEN_WITHIN_S = 30


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def bucket(wharf, lets_in=True):
    """One whose policy is that of AWS's documentation."""
    s3, name = wharf.client("s3"), tasks.unique("alb-logs")
    s3.create_bucket(Bucket=name)
    if lets_in:
        allow(wharf, name)
    return name


def allow(wharf, name):
    source = {"ArnLike": {"aws:SourceArn": f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/*"}}
    statement = {
        "Effect": "Allow", "Principal": {"Service": WRITER}, "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/*AWSLogs/{ACCOUNT}/*", "Condition": source,
    }  # fmt: skip
    wharf.client("s3").put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


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


def files(wharf, name):
    """Objects but the test file, by their names."""
    found = wharf.client("s3").list_objects_v2(Bucket=name).get("Contents", [])
    return [it["Key"] for it in found if not it["Key"].endswith("ELBAccessLogTestFile")]


def lines(wharf, name):
    s3 = wharf.client("s3")
    bodies = [s3.get_object(Bucket=name, Key=key)["Body"].read() for key in files(wharf, name)]
    return [line for body in bodies for line in gzip.decompress(body).decode("ascii").splitlines()]


def entries(wharf, name):
    matches = [ENTRY.fullmatch(line) for line in lines(wharf, name)]
    assert all(matches), lines(wharf, name)
    return [dict(zip(FIELDS.split(), match.groups(), strict=True)) for match in matches]


def entry(all_, path):
    (found,) = [it for it in all_ if it["request_url"].endswith(path)]
    return found


def test_entries_of_all_kinds_are_in_the_bucket(wharf, served):
    name = bucket(wharf)
    served.log_from_now_on(bucket=name, prefix="web/one")
    test_file = f"web/one/AWSLogs/{ACCOUNT}/ELBAccessLogTestFile"
    assert [it["Key"] for it in wharf.client("s3").list_objects_v2(Bucket=name)["Contents"]] == [test_file]

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
    code, message = refused(modify, **served.logging("connection_logs", enabled="true", bucket=name))
    assert code == "UnsupportedOperation" and "connection_logs.s3.enabled" in message


def test_a_network_load_balancer_keeps_none(wharf, served):
    made = served.elb.create_load_balancer(Name=tasks.unique("flows"), Type="network", Scheme="internal", Subnets=served.subnets)
    (balancer,) = made["LoadBalancers"]
    modify, arn = served.elb.modify_load_balancer_attributes, balancer["LoadBalancerArn"]
    on, off = ([{"Key": "access_logs.s3.enabled", "Value": value}] for value in ("true", "false"))
    assert refused(modify, LoadBalancerArn=arn, Attributes=on)[0] == "UnsupportedOperation"
    modify(LoadBalancerArn=arn, Attributes=off)
    served.elb.delete_load_balancer(LoadBalancerArn=arn)


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
    pairs = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": name}
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
