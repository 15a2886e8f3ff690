"""Load balancers, listeners, rules and target groups."""

from .form import Resource, filters, gone, step

# All attributes with a default in the provider's schema, which it sends with every new load balancer.
BALANCER_ATTRIBUTES = {
    "access_logs.s3.enabled": "false",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}


def attributes(wanted):
    return [{"Key": key, "Value": value} for key, value in wanted.items()]


def shown(wanted):
    return {f"Attributes[Key={key}].Value": value for key, value in wanted.items()}


def active(answer):
    return answer["LoadBalancers"][0]["State"]["Code"] == "active"


BALANCER = Resource(
    "aws_lb",
    create=(
        # A name that is taken is refused before anything is made.
        step("elbv2.describe_load_balancers", Names=["terraform"], forgiven=["LoadBalancerNotFound"], until=gone),
        step(
            "elbv2.create_load_balancer", Name="terraform", Type="application", Subnets=["$subnet_a", "$subnet_b"], SecurityGroups=["$group"],
            Tags=[{"Key": "Name", "Value": "terraform"}], keep={"balancer": "LoadBalancers.0.LoadBalancerArn", "balancer_name": "LoadBalancers.0.LoadBalancerName"},
        ),
        step("elbv2.describe_load_balancers", LoadBalancerArns=["$balancer"], forgiven=["LoadBalancerNotFound"], until=active),
        step("elbv2.modify_load_balancer_attributes", LoadBalancerArn="$balancer", Attributes=attributes(BALANCER_ATTRIBUTES)),
        step("elbv2.describe_load_balancers", LoadBalancerArns=["$balancer"], until=active),
    ),
    read=(
        step(
            "elbv2.describe_load_balancers", LoadBalancerArns=["$balancer"],
            shows={"LoadBalancers.0.Scheme": "internet-facing", "LoadBalancers.0.IpAddressType": "ipv4", "LoadBalancers.0.SecurityGroups": ["$group"], "LoadBalancers.0.VpcId": "$vpc"},
        ),
        step("elbv2.describe_load_balancer_attributes", LoadBalancerArn="$balancer", shows=shown(BALANCER_ATTRIBUTES)),
        step("elbv2.describe_capacity_reservation", LoadBalancerArn="$balancer", forgiven=["AccessDenied", "InvalidAction"]),
        step("elbv2.describe_tags", ResourceArns=["$balancer"], shows={"TagDescriptions.0.Tags": [{"Key": "Name", "Value": "terraform"}]}),
    ),
    update=(
        step("elbv2.modify_load_balancer_attributes", LoadBalancerArn="$balancer", Attributes=attributes({"idle_timeout.timeout_seconds": "90"})),
        step("elbv2.set_security_groups", LoadBalancerArn="$balancer", SecurityGroups=["$group"]),
        step("elbv2.set_subnets", LoadBalancerArn="$balancer", Subnets=["$subnet_b", "$subnet_a"]),
        step("elbv2.set_ip_address_type", LoadBalancerArn="$balancer", IpAddressType="ipv4"),
        step("elbv2.describe_load_balancers", LoadBalancerArns=["$balancer"], until=active),
        step("elbv2.add_tags", ResourceArns=["$balancer"], Tags=[{"Key": "Name", "Value": "changed"}]),
    ),
    updated={1: shown({"idle_timeout.timeout_seconds": "90"}), 3: {"TagDescriptions.0.Tags": [{"Key": "Name", "Value": "changed"}]}},
    delete=(
        step("elbv2.delete_load_balancer", LoadBalancerArn="$balancer"),
        step(
            "ec2.describe_network_interfaces", Filters=filters(attachment__instance_owner_id="amazon-elb", description="ELB app/${balancer_name}/*"),
            until=gone,
        ),
        step("ec2.describe_network_interfaces", Filters=filters(attachment__instance_owner_id="amazon-aws", description="ELB app/${balancer_name}/*")),
        step("elbv2.describe_load_balancers", LoadBalancerArns=["$balancer"], forgiven=["LoadBalancerNotFound"], until=gone),
    ),
)  # fmt: skip

HEALTH_CHECK = {
    "HealthCheckEnabled": True, "HealthCheckIntervalSeconds": 5, "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2,
    "HealthCheckTimeoutSeconds": 2, "HealthCheckPath": "/", "Matcher": {"HttpCode": "200-399"}, "HealthCheckPort": "traffic-port",
    "HealthCheckProtocol": "HTTP",
}  # fmt: skip
GROUP_ATTRIBUTES = {
    "deregistration_delay.timeout_seconds": "0", "stickiness.enabled": "true", "stickiness.type": "lb_cookie",
    "stickiness.lb_cookie.duration_seconds": "86400",
}  # fmt: skip

TARGET_GROUP = Resource(
    "aws_lb_target_group",
    create=(
        step("elbv2.describe_target_groups", Names=["terraform"], forgiven=["TargetGroupNotFound"], until=gone),
        step(
            "elbv2.create_target_group", Name="terraform", TargetType="ip", Port=80, Protocol="HTTP", ProtocolVersion="HTTP1", VpcId="$vpc",
            **HEALTH_CHECK, keep={"target_group": "TargetGroups.0.TargetGroupArn"},
        ),
        step("elbv2.describe_target_groups", TargetGroupArns=["$target_group"], forgiven=["TargetGroupNotFound"], until=lambda it: it["TargetGroups"]),
        step("elbv2.modify_target_group_attributes", TargetGroupArn="$target_group", Attributes=attributes(GROUP_ATTRIBUTES)),
    ),
    read=(
        step(
            "elbv2.describe_target_groups", TargetGroupArns=["$target_group"],
            shows={f"TargetGroups.0.{key}": value for key, value in HEALTH_CHECK.items()} | {"TargetGroups.0.ProtocolVersion": "HTTP1", "TargetGroups.0.IpAddressType": "ipv4"},
        ),
        step("elbv2.describe_target_group_attributes", TargetGroupArn="$target_group", shows=shown(GROUP_ATTRIBUTES)),
        step("elbv2.describe_tags", ResourceArns=["$target_group"], shows={"TagDescriptions.0.Tags": []}),
    ),
    update=(
        step("elbv2.modify_target_group", TargetGroupArn="$target_group", **{**HEALTH_CHECK, "HealthyThresholdCount": 3}),
        step("elbv2.modify_target_group_attributes", TargetGroupArn="$target_group", Attributes=attributes({"stickiness.enabled": "false"})),
    ),
    updated={0: {"TargetGroups.0.HealthyThresholdCount": 3}, 1: shown({"stickiness.enabled": "false"})},
    delete=(
        step("elbv2.delete_target_group", TargetGroupArn="$target_group", forgiven=["ResourceInUse"], until=lambda it: it is not None),
        step("elbv2.describe_target_groups", TargetGroupArns=["$target_group"], forgiven=["TargetGroupNotFound"], until=gone),
    ),
)  # fmt: skip

LISTENER = Resource(
    "aws_lb_listener",
    create=(
        step(
            "elbv2.create_listener", LoadBalancerArn="$balancer", Port=80, Protocol="HTTP",
            DefaultActions=[{"Type": "forward", "Order": 1, "TargetGroupArn": "$target_group"}],
            keep={"listener": "Listeners.0.ListenerArn"},
        ),
        step("elbv2.describe_listeners", ListenerArns=["$listener"], forgiven=["ListenerNotFound"], until=lambda it: it["Listeners"]),
    ),
    read=(
        step(
            "elbv2.describe_listeners", ListenerArns=["$listener"],
            shows={"Listeners.0.LoadBalancerArn": "$balancer", "Listeners.0.DefaultActions.0.TargetGroupArn": "$target_group"},
        ),
        step("elbv2.describe_listener_attributes", ListenerArn="$listener"),
        step("elbv2.describe_tags", ResourceArns=["$listener"], shows={"TagDescriptions.0.Tags": []}),
    ),
    update=(
        step(
            "elbv2.modify_listener", ListenerArn="$listener", Port=80, Protocol="HTTP",
            DefaultActions=[
                {"Type": "redirect", "Order": 1, "RedirectConfig": {"Host": "#{host}", "Path": "/#{path}", "Port": "443", "Protocol": "HTTPS", "Query": "#{query}", "StatusCode": "HTTP_301"}}
            ],
        ),
    ),
    updated={0: {"Listeners.0.DefaultActions.0.TargetGroupArn": None, "Listeners.0.DefaultActions.0.RedirectConfig.Port": "443"}},
    delete=(
        step("elbv2.delete_listener", ListenerArn="$listener"),
        step("elbv2.describe_listeners", ListenerArns=["$listener"], forgiven=["ListenerNotFound"], until=gone),
    ),
)  # fmt: skip

RULE = Resource(
    "aws_lb_listener_rule",
    create=(
        # Without a priority in the configuration, the provider takes the one after the highest.
        step("elbv2.describe_rules", ListenerArn="$listener"),
        step(
            "elbv2.create_rule", ListenerArn="$listener", Priority=1,
            Actions=[{"Type": "forward", "Order": 1, "TargetGroupArn": "$target_group"}],
            Conditions=[
                {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}},
                {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}},
            ],
            keep={"rule": "Rules.0.RuleArn"},
        ),
    ),
    read=(
        step(
            "elbv2.describe_rules", RuleArns=["$rule"], forgiven=["RuleNotFound"],
            shows={
                "Rules.0.Priority": "1", "Rules.0.Conditions[Field=path-pattern].PathPatternConfig.Values": ["/api/*"],
                "Rules.0.Conditions[Field=host-header].HostHeaderConfig.Values": ["*.example.com"],
            },
        ),
        step("elbv2.describe_tags", ResourceArns=["$rule"], shows={"TagDescriptions.0.Tags": []}),
    ),
    update=(
        step("elbv2.set_rule_priorities", RulePriorities=[{"RuleArn": "$rule", "Priority": 7}]),
        step("elbv2.modify_rule", RuleArn="$rule", Conditions=[
            {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/v2/*"]}}, {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}},
        ]),
    ),
    updated={0: {"Rules.0.Priority": "7", "Rules.0.Conditions[Field=path-pattern].PathPatternConfig.Values": ["/v2/*"]}},
    delete=(
        step("elbv2.delete_rule", RuleArn="$rule", forgiven=["RuleNotFound"]),
        step("elbv2.describe_rules", RuleArns=["$rule"], forgiven=["RuleNotFound"], until=gone),
    ),
)  # fmt: skip

TARGET = {"Id": "10.80.1.99", "Port": 80}

ATTACHMENT = Resource(
    "aws_lb_target_group_attachment",
    create=(step("elbv2.register_targets", TargetGroupArn="$target_group", Targets=[TARGET], forgiven=["InvalidTarget"]),),
    read=(
        step(
            "elbv2.describe_target_health", TargetGroupArn="$target_group", Targets=[TARGET], forgiven=["InvalidTarget", "TargetGroupNotFound"],
            shows={f"TargetHealthDescriptions.0.Target.{key}": value for key, value in TARGET.items()},
        ),
    ),
    delete=(
        step("elbv2.deregister_targets", TargetGroupArn="$target_group", Targets=[TARGET], forgiven=["TargetGroupNotFound"]),
        step(
            "elbv2.describe_target_health", TargetGroupArn="$target_group", Targets=[TARGET], forgiven=["InvalidTarget", "TargetGroupNotFound"],
            until=lambda it: it is None or it["TargetHealthDescriptions"][0]["TargetHealth"].get("Reason") == "Target.NotRegistered",
        ),
    ),
    # Found healthy or not while the test looks.
    volatile=frozenset({"TargetHealth"}),
)  # fmt: skip

RESOURCES = [BALANCER, TARGET_GROUP, LISTENER, RULE, ATTACHMENT]
