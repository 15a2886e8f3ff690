"""Load balancers that authenticate users: boto3 says how, a browser logs in at a provider, and a target is told who it is."""

import base64
import datetime
import json
import signal
import urllib.parse
import urllib.request

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from harness import images, tasks, tools
from harness.installation import Installation, free_port
from harness.logins import CLIENT, SECRET, Browser, LoginProvider
from harness.refusals import refused
from harness.services import Web, address
from harness.tasks import sh
from harness.waiting import wait_for

ECHO = """
import http.server, json


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"path": self.path, "headers": [[name.lower(), value] for name, value in self.headers.items()]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("", 80), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def provider():
    made = LoginProvider()
    yield made
    made.close()


@pytest.fixture(scope="module")
def wharf(provider):
    under = ("env", f"SSL_CERT_FILE={provider.certificate}")
    with Installation(arguments=("--allow-egress", "127.0.0.0/8"), under=under) as alone:
        yield alone.start()


class Guarded(Web):
    """A load balancer that listens for HTTPS, with one target that says what it gets."""

    def __init__(self, wharf, provider, folder):
        super().__init__(wharf, images.push(wharf, "python"))
        self.provider = provider
        self.make_balancer(free_port())
        self.authority = folder / "ca.pem"
        self.name = self.balancer["DNSName"]
        acm = wharf.client("acm")
        certificate = acm.request_certificate(DomainName=self.name, ValidationMethod="DNS")["CertificateArn"]
        wait_for(lambda: acm.describe_certificate(CertificateArn=certificate)["Certificate"]["Status"] == "ISSUED", 30, "a certificate")
        self.authority.write_text(tools.run(tools.wharf(), "ca", "--data", wharf.data).stdout)
        self.port = free_port()
        self.listen = dict(
            LoadBalancerArn=self.balancer["LoadBalancerArn"], Protocol="HTTPS", Port=self.port,
            Certificates=[{"CertificateArn": certificate}],
        )  # fmt: skip
        made = self.elb.create_listener(**self.listen, DefaultActions=self.actions())
        self.https = made["Listeners"][0]["ListenerArn"]
        definition = tasks.register(
            wharf, self.image, network="awsvpc", **{**sh('exec python3 -c "$ECHO"'), "memory": 128},
            environment=[{"name": "ECHO", "value": ECHO}], portMappings=[{"containerPort": 80}],
        )  # fmt: skip
        self.task = tasks.start(wharf, definition, networkConfiguration=self.network)
        described = self.task.wait("RUNNING")
        self.elb.register_targets(TargetGroupArn=self.target_group, Targets=[{"Id": address(described)}])
        wait_for(self.healthy, 60, "a target that is healthy")

    def healthy(self):
        described = self.elb.describe_target_health(TargetGroupArn=self.target_group)["TargetHealthDescriptions"]
        return [one["TargetHealth"]["State"] for one in described] == ["healthy"]

    def actions(self, **config):
        forward = {"Type": "forward", "Order": 2, "TargetGroupArn": self.target_group}
        return [{"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": self.provider.config(**config)}, forward]

    def rule(self, path, priority, **config):
        made = self.elb.create_rule(
            ListenerArn=self.https, Priority=priority, Conditions=[{"Field": "path-pattern", "Values": [path]}],
            Actions=self.actions(**config),
        )  # fmt: skip
        return made["Rules"][0]["RuleArn"]

    def url(self, path="/"):
        return f"https://{self.name}:{self.port}{path}"

    def browser(self):
        return Browser(self.authority, self.provider.certificate)

    def logged_in(self):
        browser = self.browser()
        assert browser.follow(self.url("/"))[0] == 200
        return browser


@pytest.fixture(scope="module")
def guarded(wharf, provider, tmp_path_factory):
    made = Guarded(wharf, provider, tmp_path_factory.mktemp("guarded"))
    # What was told last is in force when it answers.
    wait_for(lambda: made.browser().get(made.url())[0] == 302, 20, "the listener")
    return made


@pytest.fixture(autouse=True)
def calm(provider):
    """Each test begins with a provider that does its work."""
    provider.expires_in, provider.claims, provider.id_claims, provider.errors = 3600, {}, {}, {}
    provider.beside = {}


@pytest.fixture
def rule(guarded):
    """Makes a rule of its own for a path, which is in force."""
    made = []

    def make(path, expected, **config):
        made.append(guarded.rule(path, 10 + len(made), **config))
        wait_for(lambda: guarded.browser().get(guarded.url(path))[0] == expected, 20, f"the rule of {path}")
        return made[-1]

    yield make
    for arn in made:
        guarded.elb.delete_rule(RuleArn=arn)


def told(body):
    """Headers about the user that a target got, in the order in which they came."""
    return [(name, value) for name, value in json.loads(body)["headers"] if "oidc" in name]


def padded(text):
    return base64.urlsafe_b64decode(text)


def test_a_user_logs_in_and_the_target_is_told_who_it_is(wharf, guarded, provider):
    browser = guarded.browser()
    status, fields, _ = browser.get(guarded.url("/a?b=c%20d"))
    assert status == 302 and fields["Cache-Control"] == "no-store"
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(fields["Location"]).query))
    assert asked["client_id"] == CLIENT and asked["response_type"] == "code" and asked["scope"] == "openid"
    assert asked["redirect_uri"] == guarded.url("/oauth2/idpresponse")
    status, body, way = browser.follow(fields["Location"])
    assert status == 200, body
    assert way[-1] == guarded.url("/a?b=c%20d") and len(way) == 3
    assert json.loads(body)["path"] == "/a?b=c%20d"
    headers = dict(told(body))
    assert headers["x-amzn-oidc-identity"] == "ada" and headers["x-amzn-oidc-accesstoken"] in provider.access
    head, claims, signature = headers["x-amzn-oidc-data"].split(".")
    shown = json.loads(padded(head))
    assert shown["alg"] == "ES256" and shown["iss"] == provider.issuer and shown["client"] == CLIENT
    assert shown["signer"] == guarded.balancer["LoadBalancerArn"]
    assert json.loads(padded(claims))["email"] == "ada@example.org"
    with urllib.request.urlopen(f"{wharf.exports['AWS_ENDPOINT_URL']}/elb/public-keys/{shown['kid']}") as answer:
        public = serialization.load_pem_public_key(answer.read())
    raw = padded(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    # The session goes on without the provider.
    provider.errors = {"/authorize": 500, "/token": 500, "/userinfo": 500}
    assert browser.get(guarded.url("/again"))[0] == 200
    jar = browser.jars[guarded.name]
    assert "AWSELBAuthSessionCookie-0" in jar and not any("ada" in value for value in jar.values())


def test_no_client_says_who_it_is(guarded, rule):
    rule("/open", 200, OnUnauthenticatedRequest="allow")
    forged = {"x_amzn_oidc_identity": "root", "X-Amzn-Oidc-Data": "a.b.c", "x-amzn-oidc-accesstoken": "t"}
    status, _, body = guarded.browser().get(guarded.url("/open"), **forged)
    assert status == 200 and told(body) == []
    status, _, body = guarded.logged_in().get(guarded.url("/open"), **forged)
    assert status == 200 and dict(told(body))["x-amzn-oidc-identity"] == "ada" and len(told(body)) == 3


def test_who_is_not_known_may_be_denied(guarded, rule):
    rule("/deny", 401, OnUnauthenticatedRequest="deny")
    assert guarded.logged_in().get(guarded.url("/deny"))[0] == 200
    # A rule with another client does not take the session.
    rule("/other", 401, OnUnauthenticatedRequest="deny", ClientId="other")
    assert guarded.logged_in().get(guarded.url("/other"))[0] == 401


def test_what_comes_back_is_the_browsers_own(guarded, provider):
    browser, other = guarded.browser(), guarded.browser()
    there = browser.get(guarded.url("/"))[1]["Location"]
    back = browser.get(there)[1]["Location"]
    other.get(guarded.url("/"))
    for wrong in (other, guarded.browser()):
        assert wrong.get(back)[0] == 401
    assert browser.get(guarded.url("/oauth2/idpresponse"))[0] == 401
    assert browser.get(guarded.url("/oauth2/idpresponse?code=a&state=b"))[0] == 401
    assert browser.get(back, method="POST")[0] == 401
    status, fields, _ = browser.get(back)
    assert status == 302 and fields["Location"] == guarded.url("/")
    # A login is good for once. Who has a session by then, from another window perhaps, goes where they wanted to.
    status, fields, _ = browser.get(back)
    assert status == 302 and fields["Location"] == guarded.url("/")
    jar = browser.jars[guarded.name]
    assert "__Host-AWSALBAuthNonce" not in jar
    jar.clear()
    assert browser.get(back)[0] == 401


def test_a_code_of_another_issuer_is_told_to_nobody(guarded, provider):
    provider.beside = {"iss": "https://other.test"}
    asked = len(provider.requests)
    assert guarded.browser().follow(guarded.url("/"))[0] == 401
    assert len(provider.requests) == asked
    provider.beside = {"iss": provider.issuer}
    guarded.logged_in()


def test_cookies_of_others_lock_nobody_out(guarded):
    browser = guarded.browser()
    browser.jars[guarded.name] = {"name": "Zo\u00eb"}
    assert browser.follow(guarded.url("/"))[0] == 200
    # What a host of the same domain can set is no nonce.
    tossed = guarded.browser()
    there = tossed.get(guarded.url("/"))[1]["Location"]
    back = tossed.get(there)[1]["Location"]
    jar = tossed.jars[guarded.name]
    jar["AWSALBAuthNonce"] = jar.pop("__Host-AWSALBAuthNonce")
    assert tossed.get(back)[0] == 401


def test_a_rule_that_asks_for_more_takes_no_session_for_less(guarded, rule):
    rule("/mfa", 401, OnUnauthenticatedRequest="deny", AuthenticationRequestExtraParams={"acr_values": "mfa"})
    assert guarded.logged_in().get(guarded.url("/mfa"))[0] == 401


def test_what_the_provider_says_is_checked(guarded, provider):
    for claims in ({"iss": "https://other.test"}, {"aud": "other"}, {"nonce": "x"}, {"exp": 1}, {"sub": "eve"}):
        provider.id_claims = claims
        assert guarded.browser().follow(guarded.url("/"))[0] == 401, claims
    provider.id_claims = {}
    provider.claims = {"much": "x" * 12000}
    assert guarded.browser().follow(guarded.url("/"))[0] == 401
    # What fits into several cookies does.
    provider.claims = {"much": "x" * 8000}
    browser = guarded.logged_in()
    assert len([name for name in browser.jars[guarded.name] if name.startswith("AWSELBAuthSessionCookie-")]) == 3
    assert browser.get(guarded.url("/"))[0] == 200
    provider.claims = {}
    for path in ("/token", "/userinfo"):
        provider.errors = {path: 503}
        assert guarded.browser().follow(guarded.url("/"))[0] == 561, path


def test_providers_that_cannot_be_reached(guarded, provider, rule):
    for path, endpoint in (("/shut", f"https://localhost:{free_port()}/token"), ("/private", "https://169.254.169.254/token")):
        rule(path, 302, TokenEndpoint=endpoint)
        assert guarded.browser().follow(guarded.url(path))[0] == 500, path


def test_tokens_are_renewed(guarded, provider):
    provider.expires_in = 0
    browser = guarded.logged_in()
    first = dict(told(browser.get(guarded.url("/"))[2]))["x-amzn-oidc-accesstoken"]
    second = dict(told(browser.get(guarded.url("/"))[2]))["x-amzn-oidc-accesstoken"]
    assert first != second and provider.requests[-1][1]["grant_type"] == "refresh_token"
    # What is given with a target's answer is no cache's to give to others.
    fields = browser.get(guarded.url("/"))[1]
    assert fields.get_all("Set-Cookie") and 'no-cache="set-cookie"' in fields.get_all("Cache-Control")
    # The provider no longer vouches for the user.
    provider.refresh.clear()
    assert browser.get(guarded.url("/"))[0] == 302


def test_how_it_is_said(guarded, provider):
    elb, listen = guarded.elb, {**guarded.listen, "Port": free_port()}
    (shown,) = elb.describe_listeners(ListenerArns=[guarded.https])["Listeners"]
    config = shown["DefaultActions"][0]["AuthenticateOidcConfig"]
    assert config["SessionTimeout"] == 604800 and config["SessionCookieName"] == "AWSELBAuthSessionCookie"
    assert config["OnUnauthenticatedRequest"] == "authenticate" and config["Scope"] == "openid"
    assert SECRET not in json.dumps(elb.describe_rules(ListenerArn=guarded.https), default=str)
    assert "ClientSecret" not in config
    # The same again is the same listener, with another secret it is another.
    assert elb.create_listener(**guarded.listen, DefaultActions=guarded.actions())["Listeners"][0]["ListenerArn"] == guarded.https
    other = guarded.actions(ClientSecret="other")
    assert refused(elb.create_listener, **guarded.listen, DefaultActions=other)[0] == "DuplicateListener"
    invalid = "InvalidLoadBalancerAction"
    both = guarded.actions(UseExistingClientSecret=True)
    assert refused(elb.create_listener, **listen, DefaultActions=both) == (
        invalid, "You cannot both specify a client secret and set UseExistingClientSecret to true",
    )  # fmt: skip
    plain = {**listen, "Protocol": "HTTP"}
    del plain["Certificates"]
    assert refused(elb.create_listener, **plain, DefaultActions=guarded.actions()) == (
        invalid, "Actions of type 'authenticate-oidc' are supported only on HTTPS listeners",
    )  # fmt: skip
    assert refused(elb.modify_listener, ListenerArn=guarded.https, Protocol="HTTP")[0] == invalid
    cognito = [
        {
            "Type": "authenticate-cognito",
            "Order": 1,
            "AuthenticateCognitoConfig": {"UserPoolArn": "a", "UserPoolClientId": "b", "UserPoolDomain": "c"},
        }
    ]
    assert refused(elb.create_listener, **listen, DefaultActions=cognito + guarded.actions()[1:])[0] == "UnsupportedOperation"


def test_a_secret_may_stay(guarded, provider, rule):
    arn = rule("/kept", 302)

    def modify(**config):
        given = provider.config(**config, UseExistingClientSecret=True)
        del given["ClientSecret"]
        actions = guarded.actions()
        actions[0]["AuthenticateOidcConfig"] = given
        return dict(RuleArn=arn, Actions=actions)

    guarded.elb.modify_rule(**modify(Scope="openid email"))
    wait_for(lambda: "email" in guarded.browser().get(guarded.url("/kept"))[1]["Location"], 20, "the changed rule")
    assert guarded.browser().follow(guarded.url("/kept"))[0] == 200
    assert refused(guarded.elb.modify_rule, **modify(TokenEndpoint="https://evil.test/token"))[0] == "InvalidLoadBalancerAction"


def test_sessions_outlive_the_programs(wharf, guarded):
    browser = guarded.logged_in()
    wharf.kill_child("lb")
    wait_for(lambda: browser.get(guarded.url("/"))[0] == 200, 60, "the session after it was killed")


def test_what_came_of_logins_is_counted(wharf, guarded):
    browser = guarded.logged_in()
    # A load balancer that ends tells what it counted.
    wharf.kill_child("lb", signal.SIGTERM)
    wait_for(lambda: browser.get(guarded.url("/"))[0] == 200, 60, "the session after it ended")
    of = [{"Name": "LoadBalancer", "Value": guarded.balancer["LoadBalancerArn"].partition(":loadbalancer/")[2]}]
    queries = [
        {
            "Id": id,
            "MetricStat": {"Period": 60, "Stat": stat, "Metric": {"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": of}},
        }
        for id, name, stat in (("come", "ELBAuthSuccess", "Sum"), ("took", "ELBAuthLatency", "Maximum"))
    ]

    def told():
        now = datetime.datetime.now(datetime.UTC)
        since, until = now - datetime.timedelta(minutes=15), now + datetime.timedelta(minutes=1)
        found = wharf.client("cloudwatch").get_metric_data(MetricDataQueries=queries, StartTime=since, EndTime=until)
        values = {it["Id"]: it["Values"] for it in found["MetricDataResults"]}
        return sum(values["come"]) >= 1 and 0 < max(values["took"]) < 30_000

    wait_for(told, 100, "who logged in, and how long the provider took")
