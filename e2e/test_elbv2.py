"""The API of load balancers through the AWS CLI and boto3: what is made, shown, refused and cleared away. No traffic."""

import json

import pytest

from harness import tools
from harness.installation import Keys
from harness.refusals import refused
from harness.waiting import wait_for

DEADLINE_S = 30
ARN = "arn:aws:elasticloadbalancing:us-east-1:000000000000:"


@pytest.fixture(scope="module")
def elb(wharf):
    return wharf.client("elbv2")


@pytest.fixture(scope="module")
def subnets(wharf):
    """Two default subnets in two zones."""
    found = wharf.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    return [subnet["SubnetId"] for subnet in sorted(found, key=lambda it: it["AvailabilityZone"])][:2]


@pytest.fixture(scope="module")
def vpc(wharf):
    (default,) = wharf.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    return default["VpcId"]


@pytest.fixture(autouse=True)
def cleared(elb):
    """What a test leaves goes: load balancers first, target groups then, as in AWS."""
    yield
    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    for group in elb.describe_target_groups()["TargetGroups"]:
        elb.delete_target_group(TargetGroupArn=group["TargetGroupArn"])


def make_group(elb, vpc, name="web", **more):
    made = elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip", **more)
    return made["TargetGroups"][0]["TargetGroupArn"]


def make_balancer(elb, subnets, name="web", **more):
    return elb.create_load_balancer(Name=name, Subnets=subnets, **more)["LoadBalancers"][0]["LoadBalancerArn"]


def forward(group):
    return [{"Type": "forward", "TargetGroupArn": group}]


def fixed(status="200"):
    return [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": status, "ContentType": "text/plain", "MessageBody": "hello"}}]


def test_the_cli_tells_the_whole_story(wharf, subnets, vpc):
    """Everything by the stock command line, with its waiters."""
    made = wharf.aws("elbv2", "create-load-balancer", "--name", "story", "--subnets", *subnets)["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    assert arn.startswith(f"{ARN}loadbalancer/app/story/")
    assert made["DNSName"].startswith("story-") and made["DNSName"].endswith(".us-east-1.elb.localhost")
    wharf.aws("elbv2", "wait", "load-balancer-available", "--load-balancer-arns", arn)
    assert wharf.aws("elbv2", "describe-load-balancers", "--names", "story")["LoadBalancers"][0]["State"] == {"Code": "active"}

    health = [
        "--health-check-path",
        "/health",
        "--health-check-interval-seconds",
        "5",
        "--health-check-timeout-seconds",
        "2",
        "--matcher",
        "HttpCode=200-299",
    ]
    group = wharf.aws(
        "elbv2",
        "create-target-group",
        "--name",
        "story",
        "--protocol",
        "HTTP",
        "--port",
        "8080",
        "--vpc-id",
        vpc,
        "--target-type",
        "ip",
        *health,
    )["TargetGroups"][0]
    assert group["HealthCheckPath"] == "/health" and group["Matcher"] == {"HttpCode": "200-299"} and group["LoadBalancerArns"] == []
    group = group["TargetGroupArn"]

    listener = wharf.aws(
        "elbv2",
        "create-listener",
        "--load-balancer-arn",
        arn,
        "--protocol",
        "HTTP",
        "--port",
        "80",
        "--default-actions",
        f"Type=forward,TargetGroupArn={group}",
    )["Listeners"][0]
    (action,) = listener["DefaultActions"]
    assert action["TargetGroupArn"] == group and action["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": group, "Weight": 1}]
    listener = listener["ListenerArn"]
    assert wharf.aws("elbv2", "describe-target-groups", "--load-balancer-arn", arn)["TargetGroups"][0]["LoadBalancerArns"] == [arn]

    wharf.aws(
        "elbv2",
        "create-rule",
        "--listener-arn",
        listener,
        "--priority",
        "10",
        "--conditions",
        "Field=path-pattern,Values=/api/*",
        "--actions",
        json.dumps(fixed("404")),
    )
    rules = wharf.aws("elbv2", "describe-rules", "--listener-arn", listener)["Rules"]
    assert [rule["Priority"] for rule in rules] == ["10", "default"]
    assert rules[0]["Conditions"] == [{"Field": "path-pattern", "Values": ["/api/*"], "PathPatternConfig": {"Values": ["/api/*"]}}]

    wharf.aws("elbv2", "register-targets", "--target-group-arn", group, "--targets", "Id=172.31.0.200")
    (target,) = wharf.aws("elbv2", "describe-target-health", "--target-group-arn", group)["TargetHealthDescriptions"]
    assert target["Target"]["Id"] == "172.31.0.200" and target["Target"]["Port"] == 8080
    assert target["TargetHealth"]["State"] in ("initial", "unhealthy")
    wharf.aws("elbv2", "deregister-targets", "--target-group-arn", group, "--targets", "Id=172.31.0.200")
    wharf.aws(
        "elbv2",
        "modify-target-group-attributes",
        "--target-group-arn",
        group,
        "--attributes",
        "Key=deregistration_delay.timeout_seconds,Value=0",
    )
    wharf.aws("elbv2", "wait", "target-deregistered", "--target-group-arn", group, "--targets", "Id=172.31.0.200")
    wait_for(
        lambda: wharf.aws("elbv2", "describe-target-health", "--target-group-arn", group)["TargetHealthDescriptions"] == [],
        DEADLINE_S,
        "no target",
    )

    in_use = wharf.aws("elbv2", "delete-target-group", "--target-group-arn", group, check=False)
    assert f"Target group '{group}' is currently in use by a listener or a rule" in in_use.stderr
    wharf.aws("elbv2", "delete-load-balancer", "--load-balancer-arn", arn)
    wharf.aws("elbv2", "wait", "load-balancers-deleted", "--load-balancer-arns", arn)
    wharf.aws("elbv2", "delete-target-group", "--target-group-arn", group)


def test_the_same_again_is_the_same(elb, subnets, vpc):
    balancer, group = make_balancer(elb, subnets), make_group(elb, vpc)
    assert make_balancer(elb, subnets[::-1]) == balancer
    assert make_group(elb, vpc) == group
    listener = dict(LoadBalancerArn=balancer, Protocol="HTTP", Port=80)
    first = elb.create_listener(**listener, DefaultActions=forward(group))["Listeners"][0]["ListenerArn"]
    assert elb.create_listener(**listener, DefaultActions=forward(group))["Listeners"][0]["ListenerArn"] == first
    assert refused(elb.create_load_balancer, Name="web", Subnets=subnets, Scheme="internal") == (
        "DuplicateLoadBalancerName",
        "A load balancer with the same name 'web' exists, but with different settings",
    )
    assert refused(elb.create_target_group, Name="web", Protocol="HTTP", Port=81, VpcId=vpc, TargetType="ip") == (
        "DuplicateTargetGroupName",
        "A target group with the same name 'web' exists, but with different settings",
    )
    assert refused(elb.create_listener, **listener, DefaultActions=fixed()) == (
        "DuplicateListener",
        f"A listener already exists on this port for this load balancer '{balancer}'",
    )


def test_refusals_in_aws_words(elb, subnets, vpc):
    group = make_group(elb, vpc)
    listener = elb.create_listener(LoadBalancerArn=make_balancer(elb, subnets), Protocol="HTTP", Port=80, DefaultActions=forward(group))
    listener = listener["Listeners"][0]["ListenerArn"]
    rule = dict(ListenerArn=listener, Priority=5, Conditions=[{"Field": "path-pattern", "Values": ["/a"]}])
    elb.create_rule(**rule, Actions=fixed())
    six = [{"Field": "host-header", "Values": [f"{it}.example.com" for it in "abcdef"]}]
    gone = f"{ARN}targetgroup/gone/0123456789abcdef"
    loop = [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Query": "again"}}]
    for call, parameters, expected in [
        (
            elb.create_load_balancer,
            dict(Name="x", Subnets=subnets[:1]),
            ("ValidationError", "At least two subnets in two different Availability Zones must be specified"),
        ),
        (
            elb.create_load_balancer,
            dict(Name="x", Subnets=[subnets[0], "subnet-0123456789abcdef0"]),
            ("SubnetNotFound", "The subnet ID 'subnet-0123456789abcdef0' does not exist"),
        ),
        (
            elb.create_load_balancer,
            dict(Name="x" * 33, Subnets=subnets),
            ("ValidationError", f"The load balancer name '{'x' * 33}' cannot be longer than '32' characters"),
        ),
        (elb.create_rule, dict(**rule, Actions=fixed()), ("PriorityInUse", "Priority '5' is currently in use")),
        (
            elb.create_rule,
            dict(ListenerArn=listener, Priority=6, Conditions=six, Actions=fixed()),
            ("ValidationError", "A rule can only have '5' condition values"),
        ),
        (
            elb.create_rule,
            {**rule, "Priority": 6, "Actions": loop},
            ("InvalidLoadBalancerAction", "The redirect configuration is not valid because it creates a loop."),
        ),
        (
            elb.create_rule,
            {**rule, "Priority": 6, "Actions": forward(gone)},
            ("TargetGroupNotFound", "One or more target groups not found"),
        ),
        (elb.describe_listeners, dict(ListenerArns=[listener[:-1] + "x"]), ("ListenerNotFound", "One or more listeners not found")),
        (elb.describe_listeners, dict(ListenerArns=[group]), ("ValidationError", f"'{group}' is not a valid listener ARN")),
        (elb.describe_load_balancers, dict(Names=["gone"]), ("LoadBalancerNotFound", "One or more load balancers not found")),
        (
            elb.describe_rules,
            dict(RuleArns=[listener.replace(":listener/", ":listener-rule/") + "/0"]),
            ("RuleNotFound", "One or more rules not found"),
        ),
        (
            elb.register_targets,
            dict(TargetGroupArn=group, Targets=[{"Id": "10.99.0.1"}]),
            ("ValidationError", "The Availability Zone is required for IP address '10.99.0.1' because it is not in the VPC"),
        ),
        (elb.create_target_group, dict(Name="y", Protocol="HTTP", VpcId=vpc), ("ValidationError", "A port must be specified")),
    ]:
        assert refused(call, **parameters) == expected


def test_a_target_group_belongs_to_one_load_balancer(elb, subnets, vpc):
    group = make_group(elb, vpc)
    elb.create_listener(LoadBalancerArn=make_balancer(elb, subnets), Protocol="HTTP", Port=80, DefaultActions=forward(group))
    other = make_balancer(elb, subnets, "other")
    assert refused(elb.create_listener, LoadBalancerArn=other, Protocol="HTTP", Port=80, DefaultActions=forward(group)) == (
        "TargetGroupAssociationLimit",
        f"The following target groups cannot be associated with more than one load balancer: {group}",
    )


def test_deletion_protection(elb, subnets):
    balancer = make_balancer(elb, subnets)

    def protect(value):
        attributes = [{"Key": "deletion_protection.enabled", "Value": value}]
        return elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=attributes)

    shown = {one["Key"]: one["Value"] for one in protect("true")["Attributes"]}
    assert shown["deletion_protection.enabled"] == "true" and shown["idle_timeout.timeout_seconds"] == "60"
    assert refused(elb.delete_load_balancer, LoadBalancerArn=balancer) == (
        "OperationNotPermitted",
        f"Load balancer '{balancer}' cannot be deleted because deletion protection is enabled",
    )
    protect("false")


def test_interfaces_and_addresses_are_given_back(wharf, elb, subnets):
    ec2 = wharf.client("ec2")
    own = [{"Name": "requester-id", "Values": ["elasticloadbalancing.amazonaws.com"]}]
    for _ in range(3):
        balancer = make_balancer(elb, subnets)
        elb.delete_load_balancer(LoadBalancerArn=balancer)
        assert refused(elb.describe_load_balancers, LoadBalancerArns=[balancer])[0] == "LoadBalancerNotFound"
    wait_for(lambda: ec2.describe_network_interfaces(Filters=own)["NetworkInterfaces"] == [], DEADLINE_S, "no interface left")


def test_https_takes_an_uploaded_certificate(wharf, elb, subnets, tmp_path):
    key, body = tmp_path / "key.pem", tmp_path / "cert.pem"
    tools.run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "30",
        "-subj",
        "/CN=web.example.com",
        "-addext",
        "subjectAltName=DNS:web.example.com",
        "-keyout",
        key,
        "-out",
        body,
    )
    uploaded = wharf.aws(
        "iam",
        "upload-server-certificate",
        "--server-certificate-name",
        "web",
        "--certificate-body",
        f"file://{body}",
        "--private-key",
        f"file://{key}",
    )
    arn = uploaded["ServerCertificateMetadata"]["Arn"]
    assert arn == "arn:aws:iam::000000000000:server-certificate/web"
    balancer = make_balancer(elb, subnets)
    listener = dict(LoadBalancerArn=balancer, Protocol="HTTPS", Port=443, DefaultActions=fixed())
    assert refused(elb.create_listener, **listener) == ("ValidationError", "A certificate must be specified for HTTPS listeners")
    assert refused(elb.create_listener, **listener, Certificates=[{"CertificateArn": f"{arn}-gone"}])[0] == "CertificateNotFound"
    made = elb.create_listener(**listener, Certificates=[{"CertificateArn": arn}])["Listeners"][0]
    assert made["Certificates"] == [{"CertificateArn": arn}] and made["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    # The listener keeps its copy.
    wharf.aws("iam", "delete-server-certificate", "--server-certificate-name", "web")
    shown = elb.describe_listener_certificates(ListenerArn=made["ListenerArn"])["Certificates"]
    assert shown == [{"CertificateArn": arn, "IsDefault": True}]


def test_pages_and_tags(elb, subnets, vpc):
    groups = {make_group(elb, vpc, f"g{n}", Tags=[{"Key": "n", "Value": str(n)}]) for n in range(5)}
    pages = elb.get_paginator("describe_target_groups").paginate(PaginationConfig={"PageSize": 2})
    assert {group["TargetGroupArn"] for page in pages for group in page["TargetGroups"]} == groups
    one = sorted(groups)[0]
    elb.add_tags(ResourceArns=[one], Tags=[{"Key": "team", "Value": "a"}])
    elb.remove_tags(ResourceArns=[one], TagKeys=["n"])
    (described,) = elb.describe_tags(ResourceArns=[one])["TagDescriptions"]
    assert described["Tags"] == [{"Key": "team", "Value": "a"}]


def test_policies_by_tag(wharf, elb, vpc):
    """A user who may delete what is tagged as theirs, and nothing else."""
    iam = wharf.client("iam")
    iam.create_user(UserName="elb-user")
    statement = {
        "Effect": "Allow",
        "Action": "elasticloadbalancing:DeleteTargetGroup",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}},
    }
    iam.put_user_policy(
        UserName="elb-user", PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    key = iam.create_access_key(UserName="elb-user")["AccessKey"]
    theirs = wharf.client("elbv2", keys=Keys.of_user(key))
    own = make_group(elb, vpc, "own", Tags=[{"Key": "team", "Value": "a"}])
    other = make_group(elb, vpc, "other", Tags=[{"Key": "team", "Value": "b"}])
    try:
        assert refused(theirs.delete_target_group, TargetGroupArn=other)[0] == "AccessDenied"
        theirs.delete_target_group(TargetGroupArn=own)
        assert refused(theirs.describe_load_balancers)[0] == "AccessDenied"
    finally:
        iam.delete_access_key(UserName="elb-user", AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName="elb-user", PolicyName="own")
        iam.delete_user(UserName="elb-user")


def test_it_survives_the_death_of_the_server(fresh):
    elb, ec2 = fresh.client("elbv2"), fresh.client("ec2")
    found = sorted(ec2.describe_subnets()["Subnets"], key=lambda it: it["AvailabilityZone"])
    subnets, vpc = [subnet["SubnetId"] for subnet in found][:2], found[0]["VpcId"]
    balancer, group = make_balancer(elb, subnets), make_group(elb, vpc)
    elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward(group))
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "172.31.0.200"}])
    fresh.kill_child("server")
    assert elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"] == balancer
    assert len(elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]) == 1
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    elb.delete_target_group(TargetGroupArn=group)
