"""Ingresses and Services of type LoadBalancer: load balancers in front of pods, kept as their objects say."""

import json
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime

import pytest

from harness import images, tools
from harness.installation import Installation, free_port
from harness.kubernetes import Cluster
from harness.kubernetes_balancers import (
    ALB,
    NLB,
    Traffic,
    apply,
    ask,
    ask_over_tls,
    deploy,
    events,
    expose,
    get,
    hostname,
    ingress,
    issued,
    left_of,
    path,
    tags_of,
)
from harness.kubernetes_pods import condition, node_of
from harness.load import Load, Port
from harness.logins import Browser
from harness.waiting import wait_for
from test_ec2_instances import profile
from test_kubernetes_nodes import MAY_PULL, USER_DATA, launch
from test_network_load_balancers import CALL, WHO, Flows, call, wait_as_boto3

pytestmark = pytest.mark.minutes(2)

QUICK_AND_PUBLIC = {"scheme": "internet-facing", "healthcheck-interval": "5", "healthcheck-timeout": "2"}


@pytest.fixture(scope="module")
def installation():
    with Installation(arguments=["--instances"]) as alone:
        yield alone.start()


@pytest.fixture(scope="module")
def cluster(installation):
    with Cluster(installation) as cluster:
        cluster.role = profile(installation, MAY_PULL)
        arn = installation.client("iam").get_role(RoleName=cluster.role)["Role"]["Arn"]
        cluster.eks.create_access_entry(clusterName=cluster.name, principalArn=arn, type="EC2_LINUX")
        cluster.image = images.push(installation, "busybox")
        instance = launch(installation, cluster, USER_DATA)
        wait_for(lambda: condition(node_of(cluster, instance), "Ready") == "True", 90, "a node that is ready")
        yield cluster


@pytest.fixture
def authority(installation, tmp_path):
    """A file with what `wharf ca` prints."""
    path = tmp_path / "ca.pem"
    path.write_text(tools.run(tools.wharf(), "ca", "--data", installation.data).stdout)
    return path


@pytest.fixture(scope="module")
def web(cluster):
    """A port of an Ingress that leads to two Deployments."""
    for name in ("one", "two"):
        deploy(cluster, name)
        expose(cluster, name)
    port = free_port()
    rules = [
        # In this order they are asked.
        {"host": "two.example", "http": {"paths": [path("two")]}},
        {"http": {"paths": [path("one"), path("two", "/two", "Exact")]}},
    ]
    ingress(cluster, "web", port, rules, target_group_attributes="deregistration_delay.timeout_seconds=4")
    wait_for(lambda: get(port) == (200, "one"), 90, "an answer through the load balancer")
    return port


def test_an_ingress_answers(installation, cluster, web):
    name = wait_for(lambda: hostname(cluster, "ingress", "web"), 30, "its name, which comes after its first answers")
    assert name.startswith("k8s-default-web-") and name.endswith(".elb.localhost")
    assert cluster.get("ingressclass", "alb")["spec"]["controller"] == "ingress.k8s.aws/alb"
    assert "ingress.k8s.aws/resources" in cluster.get("ingress", "web")["metadata"]["finalizers"]
    wait_for(lambda: events(cluster, "web", "SuccessfullyReconciled"), 20, "word of success")
    elb = installation.client("elbv2")
    (made,) = [it for it in elb.describe_load_balancers()["LoadBalancers"] if it["DNSName"] == name]
    (tags,) = elb.describe_tags(ResourceArns=[made["LoadBalancerArn"]])["TagDescriptions"]
    tags = {it["Key"]: it["Value"] for it in tags["Tags"]}
    assert tags["elbv2.k8s.aws/cluster"] == cluster.name and tags["ingress.k8s.aws/stack"] == "default/web"


def test_hosts_and_paths(cluster, web):
    wait_for(lambda: get(web, host="two.example") == (200, "two"), 30, "the host's own pods")
    # The exact path stands before the prefix; what pods have no page for they say themselves.
    assert get(web, path="/two")[0] == 404 and get(web) == (200, "one")
    changed = [{"host": "other.example", "http": {"paths": [path("two")]}}]
    ingress(cluster, "web", web, changed, target_group_attributes="deregistration_delay.timeout_seconds=4")
    wait_for(lambda: get(web)[0] == 404, 30, "no rule for others")
    assert get(web, host="other.example") == (200, "two")
    again = [{"http": {"paths": [path("one")]}}]
    ingress(cluster, "web", web, again, target_group_attributes="deregistration_delay.timeout_seconds=4")
    wait_for(lambda: get(web) == (200, "one"), 60, "the first again")


def test_scaling_and_rolling_updates_lose_no_request(cluster, web):
    with Traffic(web) as traffic:
        cluster.kubectl("scale", "deployment/one", "--replicas=3")
        cluster.kubectl("rollout", "status", "deployment/one", "--timeout=90s", timeout_s=100)
        deploy(cluster, "one", text="newer", replicas=2)
        cluster.kubectl("rollout", "status", "deployment/one", "--timeout=120s", timeout_s=130)
        wait_for(lambda: get(web) == (200, "newer"), 30, "the new pods")
    assert traffic.failed == [] and traffic.answers > 100


def test_what_cannot_be_had_is_told(installation, cluster, web):
    rules = [{"http": {"paths": [path("one")]}}]
    ingress(cluster, "guarded", free_port(), rules, wafv2_acl_arn="arn:aws:wafv2:x")
    wait_for(lambda: events(cluster, "guarded", "FailedBuildModel"), 30, "a refusal")
    assert events(cluster, "guarded", "FailedBuildModel") == [f"the annotation {ALB}/wafv2-acl-arn is not supported"]
    ingress(cluster, "typo", free_port(), rules, inbound_cidr="10.0.0.0/8", subnets="subnet-0123456789abcdef0")
    wait_for(lambda: events(cluster, "typo", "NotAsAsked"), 30, "a warning")
    assert events(cluster, "typo", "NotAsAsked") == [f"the annotation {ALB}/inbound-cidr is not known and has no effect"]
    wait_for(lambda: events(cluster, "typo", "FailedDeployModel"), 30, "a refusal")
    assert "subnet-0123456789abcdef0 is not in the cluster's VPC" in events(cluster, "typo", "FailedDeployModel")[0]
    assert left_of(installation, "guarded") == left_of(installation, "typo") == []
    cluster.kubectl("delete", "ingress", "guarded", "typo", "--timeout=30s")


def test_an_ingress_leads_to_a_target_group_of_a_user(installation, cluster):
    elb = installation.client("elbv2")
    vpc = cluster.described()["resourcesVpcConfig"]["vpcId"]
    made = elb.create_target_group(Name="theirs", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    group = made["TargetGroups"][0]["TargetGroupArn"]
    port = free_port()
    backend = {"service": {"name": "theirs", "port": {"name": "use-annotation"}}}
    rules = [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]

    def lead(**names):
        ingress(cluster, "lends", port, rules, **{"actions.theirs": json.dumps({"type": "forward", **names})})

    lead(targetGroupName="theirs")
    used = lambda: elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]["LoadBalancerArns"]  # noqa: E731
    wait_for(used, 90, "a rule that leads there")
    # Nobody is in it.
    wait_for(lambda: get(port)[0] == 503, 60, "an answer through the load balancer")
    others = group.split(":")
    others[4] = "999999999999"
    lead(targetGroupARN=":".join(others))
    told = "is not of the cluster's account and region"
    wait_for(lambda: any(told in it for it in events(cluster, "lends", "FailedDeployModel")), 30, "a refusal")
    cluster.kubectl("delete", "ingress", "lends", "--timeout=50s")
    assert left_of(installation, "lends") == [] and used() == []
    elb.delete_target_group(TargetGroupArn=group)


def test_users_of_an_ingress_log_in(installation, cluster, web, authority):
    """The Secret may come later, and may change; whether a provider can be called, test_balanced_logins.py says."""
    port, host = free_port(), "shop.example"
    issued(installation, host)
    provider = {
        "issuer": "https://idp.example", "authorizationEndpoint": "https://idp.example/authorize", "secretName": "login",
        "tokenEndpoint": "https://idp.example/token", "userInfoEndpoint": "https://idp.example/userinfo",
    }  # fmt: skip
    notes = {"auth_type": "oidc", "auth_idp_oidc": json.dumps(provider), "listen_ports": json.dumps([{"HTTPS": port}])}
    rules = [{"host": host, "http": {"paths": [path("one")]}}]
    ingress(cluster, "login", port, rules, **notes)
    wait_for(lambda: events(cluster, "login", "FailedBuildModel"), 30, "a refusal")
    assert events(cluster, "login", "FailedBuildModel") == [f"the Secret login, which {ALB}/auth-idp-oidc names, does not exist"]

    def secret(client):
        apply(
            cluster,
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"clientID": client, "clientSecret": "x"}},
        )

    def asked():
        browser = Browser(authority)
        status, fields, _ = browser.get(f"https://{host}:{port}/")
        return status == 302 and dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(fields["Location"]).query))["client_id"]

    for client in ("shop", "other"):
        secret(client)
        wait_for(lambda client=client: asked() == client, 90, f"users who are led to the provider as {client}")
    ingress(cluster, "cognito", free_port(), [{"http": {"paths": [path("one")]}}], auth_type="cognito")
    wait_for(lambda: events(cluster, "cognito", "FailedBuildModel"), 30, "a refusal")
    assert "there is no Cognito" in events(cluster, "cognito", "FailedBuildModel")[0]
    cluster.kubectl("delete", "ingress", "login", "cognito", "--timeout=50s")


def test_ingresses_of_a_group_share_a_load_balancer(installation, cluster, web, authority):
    """One names its certificate and leads HTTP to HTTPS for both; the other's certificate is found by its host."""
    plain, secure = free_port(), free_port()
    one, two = "named.example", "found.example"
    named = {"certificate_arn": issued(installation, one), "ssl_redirect": str(secure)}
    issued(installation, two, KeyAlgorithm="EC_prime256v1")
    before = left_of(installation, "")

    def join(name, host, service, order, **more):
        # The second rule is that of both: whoever is asked first answers.
        own = {"host": host, "http": {"paths": [path(service, "/", "Exact")]}}
        common = {"http": {"paths": [path(service, "/index.html", "Exact")]}}
        more |= {"group.name": "shared", "group.order": str(order), "listen_ports": json.dumps([{"HTTP": plain}, {"HTTPS": secure}])}
        ingress(cluster, name, secure, [own, common], **more)

    browser = Browser(authority)

    def ask_host(host, page="/"):
        return ask_over_tls(browser, host, secure, page)

    def of_both():
        return {ask_host(host, "/index.html") for host in (one, two)}

    (_, text) = get(web)
    join("shared-one", one, "one", 20, **named)
    join("shared-two", two, "two", 10)
    wait_for(lambda: (ask_host(one), ask_host(two)) == ((200, text), (200, "two")), 90, "both hosts, with a certificate each")
    wait_for(lambda: of_both() == {(200, "two")}, 30, "the one that is asked first")
    for host in (one, two):
        led = (301, f"https://{host}:{secure}/some/page?a=b")
        wait_for(lambda host=host, led=led: ask(plain, "/some/page?a=b", host) == led, 30, f"{host} to be led to HTTPS")
    # A load balancer, and its security group, which has the same name.
    names = left_of(installation, "shared")
    assert len(names) == 2 and len(set(names)) == 1, names
    called = wait_for(lambda: hostname(cluster, "ingress", "shared-one"), 30, "its name")
    wait_for(lambda: hostname(cluster, "ingress", "shared-two") == called, 30, "the same name")
    join("shared-one", one, "one", 5, **named)
    wait_for(lambda: of_both() == {(200, text)}, 30, "the other first")
    # Its certificate, its rules and its redirect go along, and nothing of the other's.
    with Traffic(secure, lambda _: ask_host(two)) as traffic:
        cluster.kubectl("delete", "ingress", "shared-one", "--timeout=50s")
        wait_for(lambda: ask_host(two, "/index.html") == (200, "two"), 30, "the other's rules alone")
    assert traffic.failed == [] and traffic.answers > 5
    wait_for(lambda: (get(plain, one)[0], get(plain, two)) == (404, (200, "two")), 30, "no redirect, and no rule for the first")
    assert hostname(cluster, "ingress", "shared-two") == called and left_of(installation, "shared") == names
    cluster.kubectl("delete", "ingress", "shared-two", "--timeout=50s")
    assert sorted(left_of(installation, "")) == sorted(before)
    assert get(plain)[0] == ask_host(two)[0] == 0


def test_the_default_class_is_that_of_an_ingress_without_one(installation, cluster, web):
    cluster.kubectl("annotate", "ingressclass", "alb", "ingressclass.kubernetes.io/is-default-class=true")
    port = free_port()
    ingress(cluster, "classless", port, [{"http": {"paths": [path("two")]}}], names_class=False)
    assert cluster.get("ingress", "classless")["spec"]["ingressClassName"] == "alb"
    wait_for(lambda: get(port) == (200, "two"), 90, "an answer through the load balancer")
    cluster.kubectl("annotate", "ingressclass", "alb", "ingressclass.kubernetes.io/is-default-class-")
    cluster.kubectl("delete", "ingress", "classless", "--timeout=50s")
    assert left_of(installation, "classless") == []


def test_the_server_is_killed_in_the_middle(installation, cluster, web):
    port = free_port()
    ingress(cluster, "killed", port, [{"http": {"paths": [path("two")]}}])
    installation.kill_child("server")
    wait_for(lambda: get(port) == (200, "two"), 90, "an answer through the load balancer")
    names = left_of(installation, "killed")
    # A load balancer and its security group, which has the same name; the target group is called after the Service.
    assert len(names) == 2 and len(set(names)) == 1, names
    cluster.kubectl("delete", "ingress", "killed", "--wait=false")
    installation.kill_child("server")
    wait_for(lambda: cluster.is_gone("ingress", "killed"), 60, "the end of the Ingress")
    assert left_of(installation, "killed") == []


@pytest.fixture(scope="module")
def plain(cluster):
    """A port of a Service with a network load balancer, which leads to two pods."""
    deploy(cluster, "plain", replicas=2)
    port = free_port()
    expose(cluster, "plain", "LoadBalancer", port, **QUICK_AND_PUBLIC)
    wait_for(lambda: get(port) == (200, "plain"), 90, "an answer through the load balancer")
    return port


def test_a_service_has_a_network_load_balancer(installation, cluster, plain):
    name = wait_for(lambda: hostname(cluster, "service", "plain"), 30, "its name, which comes after its first answers")
    (made,) = [it for it in installation.client("elbv2").describe_load_balancers()["LoadBalancers"] if it["DNSName"] == name]
    assert made["Type"] == "network" and made["LoadBalancerName"].startswith("k8s-default-plain-")
    assert "service.k8s.aws/resources" in cluster.get("service", "plain")["metadata"]["finalizers"]


def test_tags_follow_their_annotations(installation, cluster, web, plain):
    rules = [{"http": {"paths": [path("one")]}}]
    kept = {"target_group_attributes": "deregistration_delay.timeout_seconds=4"}
    for tags in ({"team": "blue", "unit": "a"}, {"team": "red", "stage": "test"}, {}):
        given = ",".join(f"{key}={value}" for key, value in tags.items())
        ingress(cluster, "web", web, rules, **kept, **({"tags": given} if tags else {}))
        of_service = {"additional-resource-tags": given} if tags else {}
        expose(cluster, "plain", "LoadBalancer", plain, **QUICK_AND_PUBLIC, **of_service)
        # A load balancer with its security group, a listener and a target group each, and the rule of the Ingress.
        for name, parts in (("web", 5), ("plain", 4)):
            shown = lambda name=name: tags_of(installation, name)  # noqa: E731
            wait_for(lambda shown=shown, expected=[tags] * parts: shown() == expected, 30, f"{tags} on all parts of {name}")


def test_attributes_of_a_listener_follow_their_annotation(installation, cluster, plain):
    elb = installation.client("elbv2")
    name = wait_for(lambda: hostname(cluster, "service", "plain"), 30, "its name")
    (made,) = [it for it in elb.describe_load_balancers()["LoadBalancers"] if it["DNSName"] == name]
    (listener,) = elb.describe_listeners(LoadBalancerArn=made["LoadBalancerArn"])["Listeners"]

    def timeout():
        shown = elb.describe_listener_attributes(ListenerArn=listener["ListenerArn"])["Attributes"]
        return {it["Key"]: it["Value"] for it in shown}["tcp.idle_timeout.seconds"]

    assert timeout() == "350"
    for seconds in ("600", "350"):
        said = {f"listener-attributes.TCP-{plain}": f"tcp.idle_timeout.seconds={seconds}"}
        expose(cluster, "plain", "LoadBalancer", plain, **QUICK_AND_PUBLIC, **said)
        wait_for(lambda seconds=seconds: timeout() == seconds, 30, f"{seconds} seconds of silence")


def test_ranges_of_a_service_say_who_is_served(cluster, plain):
    """Addresses of this machine, and a pod within the VPC."""
    called = wait_for(lambda: hostname(cluster, "service", "plain"), 30, "its name")
    pod = cluster.get("pods", "-l", "app=plain")["items"][0]
    name, own = pod["metadata"]["name"], pod["status"]["podIP"]
    # Its -T ends the image's wget by a signal.
    fetch = ["timeout", "3", "wget", "-q", "-O", "-", f"http://{called.replace('.localhost', '.internal')}:{plain}/"]

    def served():
        found = {address for address in ("127.0.0.1", "127.0.0.2") if ask(plain, source=address)[0] == 200}
        by_pod = cluster.kubectl("exec", name, "--", *fetch, check=False)
        return found | ({own} if by_pod.stdout.strip() == "plain" else set())

    wait_for(lambda: served() == {"127.0.0.1", "127.0.0.2", own}, 30, "everybody, since nobody says who may come")
    for callers in ({"127.0.0.1"}, {"127.0.0.2", own}):
        expose(cluster, "plain", "LoadBalancer", plain, ranges=[f"{it}/32" for it in callers], **QUICK_AND_PUBLIC)
        wait_for(lambda callers=callers: served() == callers, 60, f"{callers} and nobody else")
    expose(cluster, "plain", "LoadBalancer", plain, **QUICK_AND_PUBLIC)
    wait_for(lambda: served() == {"127.0.0.1", "127.0.0.2", own}, 60, "everybody again")


def test_a_service_speaks_tls_with_its_certificate(installation, cluster, plain, authority):
    secure, datagrams, host = free_port(), free_port(), "service.example"
    numbers = {"http": plain, "https": secure, "datagrams": datagrams}
    ports = [{"name": name, "port": port} | ({"protocol": "UDP"} if name == "datagrams" else {}) for name, port in numbers.items()]
    tls = {"ssl-cert": issued(installation, host), "ssl-ports": "https,datagrams"}
    expose(cluster, "plain", "LoadBalancer", ports=ports, **QUICK_AND_PUBLIC, **tls)
    browser = Browser(authority)
    wait_for(lambda: ask_over_tls(browser, host, secure) == (200, "plain"), 60, "an answer over TLS")
    wait_for(lambda: get(plain) == (200, "plain"), 30, "an answer without TLS")
    elb, called = installation.client("elbv2"), wait_for(lambda: hostname(cluster, "service", "plain"), 30, "its name")
    (made,) = [it for it in elb.describe_load_balancers()["LoadBalancers"] if it["DNSName"] == called]

    def shown():
        listeners = elb.describe_listeners(LoadBalancerArn=made["LoadBalancerArn"])["Listeners"]
        return {it["Port"]: (it["Protocol"], [of["CertificateArn"] for of in it.get("Certificates", [])]) for it in listeners}

    expected = {plain: ("TCP", []), secure: ("TLS", [tls["ssl-cert"]]), datagrams: ("UDP", [])}
    wait_for(lambda: shown() == expected, 30, "a listener for each port")

    # Another certificate becomes the default one: clients that ask for the first get it all the while.
    other = issued(installation, "other.example")
    more = {**tls, "ssl-cert": f"{other},{tls['ssl-cert']}"}
    with Traffic(secure, lambda it: ask_over_tls(browser, host, it)) as traffic:
        expose(cluster, "plain", "LoadBalancer", ports=ports, **QUICK_AND_PUBLIC, **more)
        wait_for(lambda: shown()[secure] == ("TLS", [other]), 30, "another default certificate")
    assert traffic.failed == [] and traffic.answers > 0
    assert ask_over_tls(browser, host, secure) == (200, "plain")

    def policy():
        listeners = elb.describe_listeners(LoadBalancerArn=made["LoadBalancerArn"])["Listeners"]
        return [it["SslPolicy"] for it in listeners if it["Port"] == secure]

    strict = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    expose(cluster, "plain", "LoadBalancer", ports=ports, **QUICK_AND_PUBLIC, **more, **{"ssl-negotiation-policy": strict})
    wait_for(lambda: policy() == [strict], 30, "the policy that is asked for")
    expose(cluster, "plain", "LoadBalancer", ports=ports, **QUICK_AND_PUBLIC, **more)
    wait_for(lambda: policy() == ["ELBSecurityPolicy-2016-08"], 30, "the usual policy")


def test_a_network_load_balancer_goes_with_its_service(installation, cluster, plain):
    assert left_of(installation, "plain")
    cluster.kubectl("delete", "service", "plain", "--timeout=50s")
    assert left_of(installation, "plain") == [] and get(plain)[0] == 0


def test_a_rolling_update_behind_a_network_load_balancer_loses_no_request(installation, cluster):
    # A node of their own: the other has room for eleven pods.
    labels = USER_DATA.replace("team=blue", "team=many")
    instance = launch(installation, cluster, labels, instance_type="c5.xlarge")
    wait_for(lambda: condition(node_of(cluster, instance), "Ready") == "True", 90, "a node that is ready")
    many = {"replicas": 12, "surge": 4, "nodeSelector": {"team": "many"}}
    deploy(cluster, "many", **many)
    port = free_port()
    expose(cluster, "many", "LoadBalancer", port, **QUICK_AND_PUBLIC)
    cluster.kubectl("rollout", "status", "deployment/many", "--timeout=90s", timeout_s=100)
    wait_for(lambda: get(port) == (200, "many"), 90, "an answer through the load balancer")
    with Load(Port(port), a_second=200) as load:
        deploy(cluster, "many", text="newer", **many)
        cluster.kubectl("rollout", "status", "deployment/many", "--timeout=180s", timeout_s=190)
        wait_for(lambda: len(cluster.get("pods", "-l", "app=many")["items"]) == 12, 60, "the end of the old pods")
    assert load.failures == [] and load.requests > 1000, (load.failures[:5], load.requests)
    assert set(load.bodies) == {"many", "newer"} and get(port) == (200, "newer")
    cluster.kubectl("delete", "service/many", "deployment/many", "--timeout=50s")
    installation.client("ec2").terminate_instances(InstanceIds=[instance["InstanceId"]])


def targets_of(installation, service):
    """States of the targets of a Service's only target group, by their ids."""
    elb = installation.client("elbv2")
    all_groups = elb.describe_target_groups()["TargetGroups"]
    groups = [it for it in all_groups if it["TargetGroupName"].startswith(f"k8s-default-{service}-")]
    if len(groups) != 1:
        return None
    assert groups[0]["TargetType"] == "instance"
    shown = elb.describe_target_health(TargetGroupArn=groups[0]["TargetGroupArn"])["TargetHealthDescriptions"]
    return {it["Target"]["Id"]: it["TargetHealth"]["State"] for it in shown if it["TargetHealth"]["State"] != "draining"}


@pytest.fixture(scope="module")
def second(installation, cluster):
    """Another node, where nothing runs that does not ask for it."""
    made = launch(installation, cluster, USER_DATA.replace("team=blue", "team=second\n    - --register-with-taints=second=yes:NoSchedule"))
    wait_for(lambda: condition(node_of(cluster, made), "Ready") == "True", 90, "a node that is ready")
    return made


def first_of(cluster, second):
    nodes = cluster.get("nodes", "-l", "team=blue")["items"]
    (first,) = [it["spec"]["providerID"].rsplit("/", 1)[1] for it in nodes]
    assert first != second["InstanceId"]
    return first


def pretend(cluster, instance):
    """A Node for an instance that is none."""
    name = instance["PrivateDnsName"]
    provider = f"aws:///{instance['Placement']['AvailabilityZone']}/{instance['InstanceId']}"
    apply(cluster, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"providerID": provider}})
    ready = {"type": "Ready", "status": "True", "lastHeartbeatTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    status = json.dumps({"status": {"conditions": [ready]}})
    cluster.kubectl("patch", "node", name, "--subresource=status", "-p", status)
    assert condition(node_of(cluster, instance), "Ready") == "True"


def test_an_ingress_reaches_pods_by_ports_of_nodes(installation, cluster, second):
    first, port = first_of(cluster, second), free_port()
    deploy(cluster, "ported")
    expose(cluster, "ported")
    rules = [{"http": {"paths": [path("ported")]}}]
    by_nodes = {"target_type": "instance", "target_group_attributes": "deregistration_delay.timeout_seconds=2"}
    ingress(cluster, "ported", port, rules, **by_nodes)
    told = "service type must be either 'NodePort' or 'LoadBalancer': default/ported"
    wait_for(lambda: told in events(cluster, "ported", "FailedBuildModel"), 30, "a refusal")
    expose(cluster, "ported", "NodePort")
    wait_for(lambda: get(port) == (200, "ported"), 90, "an answer through the load balancer")
    both = {first: "healthy", second["InstanceId"]: "healthy"}
    wait_for(lambda: targets_of(installation, "ported") == both, 60, "both nodes")
    # Whichever node is asked.
    assert {get(port) for _ in range(10)} == {(200, "ported")}
    # Whoever may write nodes says that an instance is one: nobody is led there.
    stranger = launch(installation, cluster, "#!/bin/sh\n")
    installation.client("ec2").get_waiter("instance_running").wait(InstanceIds=[stranger["InstanceId"]])
    pretend(cluster, stranger)
    name = node_of(cluster, second)["metadata"]["name"]
    cluster.kubectl("label", "node", name, "node.kubernetes.io/exclude-from-external-load-balancers=")
    wait_for(lambda: targets_of(installation, "ported") == {first: "healthy"}, 30, "one node")
    cluster.kubectl("label", "node", name, "node.kubernetes.io/exclude-from-external-load-balancers-")
    wait_for(lambda: targets_of(installation, "ported") == both, 60, "both nodes again")
    ingress(cluster, "ported", port, rules, target_node_labels="team=second", **by_nodes)
    wait_for(lambda: targets_of(installation, "ported") == {second["InstanceId"]: "healthy"}, 60, "the node with the label")
    wait_for(lambda: get(port) == (200, "ported"), 30, "an answer by the node that has no pod")
    cluster.kubectl("delete", "node", stranger["PrivateDnsName"])
    installation.client("ec2").terminate_instances(InstanceIds=[stranger["InstanceId"]])
    # Addresses take the place of nodes without a request that fails.
    with Traffic(port) as traffic:
        ingress(cluster, "ported", port, rules)
        elb = installation.client("elbv2")
        kinds = lambda: [  # noqa: E731
            it["TargetType"]
            for it in elb.describe_target_groups()["TargetGroups"]
            if it["TargetGroupName"].startswith("k8s-default-ported-")
        ]
        wait_for(lambda: kinds() == ["ip"], 60, "a group of addresses alone")
    assert traffic.failed == [] and get(port) == (200, "ported")
    cluster.kubectl("delete", "ingress", "ported", "--timeout=50s")
    assert left_of(installation, "ported") == []


def test_a_network_load_balancer_asks_nodes_for_their_own_pods(installation, cluster, second):
    first, port = first_of(cluster, second), free_port()
    deploy(cluster, "local", nodeSelector={"team": "blue"})
    quick = {"healthcheck-interval": "5", "healthcheck-timeout": "2", "target-group-attributes": "deregistration_delay.timeout_seconds=2"}
    expose(cluster, "local", "LoadBalancer", port, "Local", scheme="internet-facing", **{"nlb-target-type": "instance"}, **quick)
    wait_for(lambda: get(port) == (200, "local"), 90, "an answer through the load balancer")
    # The pod is on the first, and the other says so.
    expected = {first: "healthy", second["InstanceId"]: "unhealthy"}
    wait_for(lambda: targets_of(installation, "local") == expected, 60, "the node that has the pod")
    assert {get(port) for _ in range(10)} == {(200, "local")}
    health_port = cluster.get("service", "local")["spec"]["healthCheckNodePort"]
    elb = installation.client("elbv2")
    (group,) = [it for it in elb.describe_target_groups()["TargetGroups"] if it["TargetGroupName"].startswith("k8s-default-local-")]
    shown = [group[f"HealthCheck{it}"] for it in ("Protocol", "Port", "Path")]
    assert shown == ["HTTP", str(health_port), "/healthz"]
    # It moves, and traffic with it.
    deploy(cluster, "local", text="moved", nodeSelector={"team": "second"}, tolerations=[{"key": "second", "operator": "Exists"}])
    cluster.kubectl("rollout", "status", "deployment/local", "--timeout=90s", timeout_s=100)
    moved = {first: "unhealthy", second["InstanceId"]: "healthy"}
    wait_for(lambda: targets_of(installation, "local") == moved, 60, "the node that has the pod now")
    assert get(port) == (200, "moved")
    # Everybody's word again: each node leads to all pods.
    expose(cluster, "local", "LoadBalancer", port, "Cluster", scheme="internet-facing", **{"nlb-target-type": "instance"}, **quick)
    both = {first: "healthy", second["InstanceId"]: "healthy"}
    wait_for(lambda: targets_of(installation, "local") == both, 60, "both nodes")
    assert {get(port) for _ in range(10)} == {(200, "moved")}
    installation.client("ec2").terminate_instances(InstanceIds=[second["InstanceId"]])
    wait_for(lambda: set(targets_of(installation, "local")) == {first}, 60, "the end of a target")
    cluster.kubectl("delete", "service", "local", "--timeout=50s")
    assert left_of(installation, "local") == []


def bind(cluster, name, group, service="bound", **spec):
    spec = {"targetGroupARN": group, "serviceRef": {"name": service, "port": 80}, **spec}
    apply(cluster, {"apiVersion": "elbv2.k8s.aws/v1beta1", "kind": "TargetGroupBinding", "metadata": {"name": name}, "spec": spec})


def test_target_groups_of_users_are_bound_to_services(installation, cluster):
    ec2, elb = installation.client("ec2"), installation.client("elbv2")
    deploy(cluster, "bound")
    expose(cluster, "bound")
    balancer = Flows(installation, None)
    balancer.make_balancer(free_port(), kind="ip")
    node = cluster.get("nodes", "-l", "team=blue")["items"][0]
    first = node["spec"]["providerID"].rsplit("/", 1)[1]
    (reservation,) = ec2.describe_instances(InstanceIds=[first])["Reservations"]
    (groups,) = [it["Groups"] for it in reservation["Instances"][0]["NetworkInterfaces"] if it["Attachment"]["DeviceIndex"] == 0]
    # Nothing is opened for load balancers of users.
    pair = [{"GroupId": balancer.group}]
    ec2.authorize_security_group_ingress(GroupId=groups[0]["GroupId"], IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": pair}])
    bind(cluster, "bound", balancer.target_group)
    wait_for(lambda: get(balancer.port) == (200, "bound"), 90, "an answer through the load balancer")
    shown = wait_for(lambda: (it := cluster.get("targetgroupbinding", "bound")).get("status") and it, 30, "its status")
    assert shown["status"]["observedGeneration"] == shown["metadata"]["generation"]
    assert shown["metadata"]["finalizers"] == ["elbv2.k8s.aws/resources"]
    assert "SERVICE-NAME" in cluster.kubectl("get", "targetgroupbindings")

    bind(cluster, "again", balancer.target_group)
    told = "the target group is bound to TargetGroupBinding default/bound already"
    wait_for(lambda: told in events(cluster, "again", "FailedReconcile"), 30, "a refusal")
    bind(cluster, "again", balancer.target_group, networking={"ingress": []})
    wait_for(lambda: "spec.networking is not supported" in events(cluster, "again", "FailedReconcile"), 30, "a refusal")
    cluster.kubectl("delete", "targetgroupbinding", "again", "--timeout=30s")

    # Pods that come are targets, and so are nodes in a group of instances.
    cluster.kubectl("scale", "deployment/bound", "--replicas=2")
    targets = lambda group: {  # noqa: E731
        it["Target"]["Id"]
        for it in elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        if it["TargetHealth"]["State"] != "draining"
    }
    wait_for(lambda: len(targets(balancer.target_group)) == 2, 60, "both pods")
    vpc = elb.describe_target_groups(TargetGroupArns=[balancer.target_group])["TargetGroups"][0]["VpcId"]
    quick = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 5, "HealthyThresholdCount": 2}
    made = elb.create_target_group(Name=f"{balancer.name}-i", Protocol="TCP", Port=80, VpcId=vpc, TargetType="instance", **quick)
    instances = made["TargetGroups"][0]["TargetGroupArn"]
    expose(cluster, "bound", "NodePort")
    bind(cluster, "nodes", instances, targetType="instance", nodeSelector={"matchLabels": {"team": "blue"}})
    wait_for(lambda: targets(instances) == {first}, 60, "the node")
    forward = [{"Type": "forward", "TargetGroupArn": instances}]
    elb.modify_listener(ListenerArn=balancer.listener, DefaultActions=forward)
    wait_as_boto3(elb, "target_in_service", TargetGroupArn=instances)
    assert get(balancer.port) == (200, "bound")

    # Whose object goes has no targets left, also if the server is killed meanwhile.
    cluster.kubectl("delete", "targetgroupbinding", "bound", "nodes", "--wait=false")
    installation.kill_child("server")
    wait_for(lambda: cluster.is_gone("targetgroupbinding", "bound") and cluster.is_gone("targetgroupbinding", "nodes"), 60, "their end")
    assert targets(balancer.target_group) == targets(instances) == set()
    described = elb.describe_tags(ResourceArns=[balancer.target_group, instances])["TagDescriptions"]
    assert [it["Tags"] for it in described] == [[], []]
    elb.delete_load_balancer(LoadBalancerArn=balancer.balancer["LoadBalancerArn"])
    ec2.revoke_security_group_ingress(GroupId=groups[0]["GroupId"], IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": pair}])


def say_who(cluster, name, image):
    """A pod that says who calls it, over TCP and UDP."""
    container = {"name": "who", "image": image, "command": ["python3", "-c", WHO], "readinessProbe": {"tcpSocket": {"port": 7000}}}
    metadata = {"name": name, "labels": {"app": name}}
    apply(cluster, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}})


def seen_by(cluster, name, image, host, kinds):
    """As whom a new pod is seen over these protocols, and its address."""
    container = {"name": "call", "image": image, "command": ["python3", "-c", CALL, host, "7000", *kinds]}
    spec = {"containers": [container], "restartPolicy": "Never"}
    apply(cluster, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
    wait_for(lambda: cluster.get("pod", name)["status"].get("phase") == "Succeeded", 90, "the end of a pod that calls")
    said = [line.split() for line in cluster.kubectl("logs", name).splitlines()]
    own = cluster.get("pod", name)["status"]["podIP"]
    assert [(kind, address) for kind, address, _ in said] == [(kind, own) for kind in kinds]
    return {seen for _, _, seen in said}, own


@pytest.mark.parametrize(
    "kinds,targets,policy",
    [
        ("udp", "ip", "Local"),
        ("tcp", "ip", "Local"),
        ("tcp-udp", "ip", "Local"),
        ("udp", "instance", "Local"),
        ("tcp", "instance", "Local"),
        ("tcp", "instance", "Cluster"),
    ],
)
def test_pods_see_who_calls_their_load_balancer(installation, cluster, kinds, targets, policy):
    """Datagrams always come from who sent them, and so do connections at the same port and those by nodes; others where a Service asks
    for that."""
    image = images.push(installation, "python")
    name = f"who-{kinds}-{targets}-{policy.lower()}"
    kinds = kinds.split("-")
    say_who(cluster, name, image)
    keeps = {"target-group-attributes": "preserve_client_ip.enabled=true"} if (kinds, targets) == (["tcp"], "ip") else {}
    annotations = {"healthcheck-interval": "5", "healthcheck-timeout": "2", "scheme": "internal", "nlb-target-type": targets, **keeps}
    ports = [{"name": kind, "port": 7000, "targetPort": 7000, "protocol": kind.upper()} for kind in kinds]
    spec = {"type": "LoadBalancer", "selector": {"app": name}, "ports": ports, "externalTrafficPolicy": policy}
    metadata = {"name": name, "annotations": {f"{NLB}-{key}": value for key, value in annotations.items()}}
    apply(cluster, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    host = wait_for(lambda: hostname(cluster, "service", name), 90, "a load balancer")
    seen, own = seen_by(cluster, f"call-{name}", image, host, kinds)
    node = cluster.get("pod", name)["status"]["hostIP"]
    assert seen == {own if policy == "Local" else node}
    if (targets, policy) == ("instance", "Local"):
        # No member of the cluster, and in no group that nodes or pods let in.
        ((_, own, seen),) = call(installation, image, host, 7000, *kinds)
        assert seen == own
    elb = installation.client("elbv2")
    (balancer,) = [it for it in elb.describe_load_balancers()["LoadBalancers"] if it["DNSName"] == host]
    (listener,) = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    assert (listener["Port"], listener["Protocol"]) == (7000, "_".join(kinds).upper())
    # Of nodes too they are one port.
    assert len({it["nodePort"] for it in cluster.get("service", name)["spec"]["ports"]}) == 1
    cluster.kubectl("delete", "service", name, "--timeout=50s")
    cluster.kubectl("delete", "pod", name, f"call-{name}", "--wait=false")


def test_an_ingress_leaves_nothing(installation, cluster, web):
    assert left_of(installation, "web")
    cluster.kubectl("delete", "ingress", "web", "--timeout=50s")
    assert left_of(installation, "web") == []
    openings = installation.client("ec2").describe_security_groups()["SecurityGroups"]
    pairs = [pair for it in openings for rule in it["IpPermissions"] for pair in rule["UserIdGroupPairs"]]
    known = {it["GroupId"] for it in openings}
    assert {pair["GroupId"] for pair in pairs} <= known
    assert get(web)[0] == 0


def test_a_cluster_takes_its_load_balancers_along(installation, cluster, web):
    """The last of the file: the cluster is deleted."""
    elb, ec2 = installation.client("elbv2"), installation.client("ec2")
    vpc = cluster.described()["resourcesVpcConfig"]["vpcId"]
    made = elb.create_target_group(Name="outlives", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    group = made["TargetGroups"][0]["TargetGroupArn"]
    bind(cluster, "taken", group, service="one")
    protected = {"load_balancer_attributes": "deletion_protection.enabled=true"}
    ingress(cluster, "taken", free_port(), [{"http": {"paths": [path("one")]}}], **protected)
    expose(cluster, "taken", "LoadBalancer", scheme="internal")
    for kind in ("ingress", "service"):
        wait_for(lambda kind=kind: hostname(cluster, kind, "taken"), 90, f"the load balancer of the {kind}")

    def targets():
        shown = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [it["Target"]["Id"] for it in shown if it["TargetHealth"]["State"] != "draining"]

    wait_for(targets, 30, "a pod in the target group of a user")
    # Two load balancers with a security group each, and the Service's target group; that of the Ingress is called after its Service.
    assert len(left_of(installation, "-taken-")) == 5 and left_of(installation, "-one-")
    made_for = {"Filters": [{"Name": "tag:elbv2.k8s.aws/cluster", "Values": [cluster.name]}]}
    assert ec2.describe_security_groups(**made_for)["SecurityGroups"]
    cluster.eks.delete_cluster(name=cluster.name)
    cluster.eks.get_waiter("cluster_deleted").wait(name=cluster.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    assert left_of(installation, "") == [] and ec2.describe_security_groups(**made_for)["SecurityGroups"] == []
    # What a user made is the user's again.
    (tags,) = elb.describe_tags(ResourceArns=[group])["TagDescriptions"]
    assert targets() == [] and tags["Tags"] == []
