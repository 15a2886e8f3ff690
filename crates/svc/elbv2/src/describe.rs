//! Records as the API shows them. Pure.

use wharf_api_elbv2 as wire;

use crate::{
    health::Shown,
    names::{self, Kind, Names as _, Place},
    records::{
        Action, BalancerSubnet, Condition, Listener, LoadBalancer, OidcSettings, Protocol, Routing,
        Rule, Scheme, Status, TargetGroup, TargetType, Version,
    },
};

/// Where AWS keeps the names of application load balancers of us-east-1; a constant here.
const HOSTED_ZONE: &str = "Z35SXDOTRQ7X7K";
/// Those of network load balancers.
const NETWORK_ZONE: &str = "Z26RNL4JYFTOTI";

pub fn balancer(place: &Place, id: &str, record: &LoadBalancer) -> wire::LoadBalancer {
    let code = match record.status {
        Status::Provisioning => "provisioning",
        Status::Active => "active",
        Status::Impaired => "active_impaired",
    };
    let (kind, hosted_zone) = match names::is_network(id) {
        true => ("network", NETWORK_ZONE),
        false => ("application", HOSTED_ZONE),
    };
    wire::LoadBalancer {
        load_balancer_arn: Some(place.arn(Kind::Balancer, id)),
        dns_name: Some(record.dns_name.clone()),
        canonical_hosted_zone_id: Some(hosted_zone.to_owned()),
        created_time: Some(record.created_at),
        load_balancer_name: Some(record.name.clone()),
        scheme: Some(scheme(record.scheme).to_owned()),
        vpc_id: Some(record.vpc.clone()),
        state: Some(wire::LoadBalancerState {
            code: Some(code.to_owned()),
            reason: record.problem.clone(),
        }),
        type_: Some(kind.to_owned()),
        availability_zones: Some(zones(&record.subnets)),
        security_groups: Some(record.security_groups.clone()),
        ip_address_type: Some(address_type(record.dual_stack).to_owned()),
        ..wire::LoadBalancer::default()
    }
}

pub fn address_type(dual_stack: bool) -> &'static str {
    match dual_stack {
        true => "dualstack",
        false => "ipv4",
    }
}

pub fn scheme(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::InternetFacing => "internet-facing",
        Scheme::Internal => "internal",
    }
}

pub fn zones(subnets: &[BalancerSubnet]) -> Vec<wire::AvailabilityZone> {
    let zone = |subnet: &BalancerSubnet| wire::AvailabilityZone {
        zone_name: Some(subnet.zone.clone()),
        subnet_id: Some(subnet.id.clone()),
        load_balancer_addresses: Some(vec![]),
        ..wire::AvailabilityZone::default()
    };
    subnets.iter().map(zone).collect()
}

pub fn listener(place: &Place, id: &str, record: &Listener) -> wire::Listener {
    let secure = record.protocol.is_secure();
    wire::Listener {
        listener_arn: Some(place.arn(Kind::Listener, id)),
        load_balancer_arn: Some(place.arn(Kind::Balancer, names::owner(id))),
        port: Some(i32::from(record.port)),
        protocol: Some(record.protocol.name().to_owned()),
        // Only the default one stands here.
        certificates: secure.then(|| {
            let default = record.certificates.first().cloned();
            vec![wire::Certificate {
                certificate_arn: default,
                is_default: None,
            }]
        }),
        ssl_policy: record.ssl_policy.clone(),
        default_actions: Some(actions(&record.default_actions)),
        alpn_policy: record.alpn_policy.clone().map(|policy| vec![policy]),
        mutual_authentication: (record.protocol == Protocol::Https).then(|| {
            wire::MutualAuthenticationAttributes {
                mode: Some("off".to_owned()),
                ..wire::MutualAuthenticationAttributes::default()
            }
        }),
    }
}

pub fn rule(place: &Place, id: &str, record: &Rule) -> wire::Rule {
    wire::Rule {
        rule_arn: Some(place.arn(Kind::Rule, id)),
        priority: Some(record.priority.to_string()),
        conditions: Some(record.conditions.iter().map(condition).collect()),
        actions: Some(actions(&record.actions)),
        is_default: Some(false),
        transforms: Some(vec![]),
    }
}

/// The rule that a listener's default actions are.
pub fn default_rule(place: &Place, id: &str, record: &Listener) -> wire::Rule {
    wire::Rule {
        rule_arn: Some(place.arn(Kind::Rule, &format!("{id}/{}", record.default_rule))),
        priority: Some("default".to_owned()),
        conditions: Some(vec![]),
        actions: Some(actions(&record.default_actions)),
        is_default: Some(true),
        transforms: Some(vec![]),
    }
}

pub fn actions(actions: &[Action]) -> Vec<wire::Action> {
    actions.iter().map(action).collect()
}

fn action(record: &Action) -> wire::Action {
    let shown = wire::Action {
        order: record.order.and_then(|order| i32::try_from(order).ok()),
        ..wire::Action::default()
    };
    match record.routing.clone() {
        Routing::Forward {
            groups,
            sticky,
            sticky_seconds,
        } => wire::Action {
            type_: Some("forward".to_owned()),
            target_group_arn: (groups.len() == 1).then(|| groups[0].group.clone()),
            forward_config: Some(wire::ForwardActionConfig {
                target_groups: Some(
                    groups
                        .into_iter()
                        .map(|it| wire::TargetGroupTuple {
                            target_group_arn: Some(it.group),
                            weight: i32::try_from(it.weight).ok(),
                        })
                        .collect(),
                ),
                target_group_stickiness_config: Some(wire::TargetGroupStickinessConfig {
                    enabled: Some(sticky),
                    duration_seconds: sticky_seconds.and_then(|it| i32::try_from(it).ok()),
                }),
            }),
            ..shown
        },
        Routing::Redirect {
            protocol,
            host,
            port,
            path,
            query,
            status,
        } => wire::Action {
            type_: Some("redirect".to_owned()),
            redirect_config: Some(wire::RedirectActionConfig {
                protocol: Some(protocol),
                port: Some(port),
                host: Some(host),
                path: Some(path),
                query: Some(query),
                status_code: Some(format!("HTTP_{status}")),
            }),
            ..shown
        },
        Routing::FixedResponse {
            status,
            content_type,
            body,
        } => wire::Action {
            type_: Some("fixed-response".to_owned()),
            fixed_response_config: Some(wire::FixedResponseActionConfig {
                message_body: body,
                status_code: Some(status.to_string()),
                content_type,
            }),
            ..shown
        },
        Routing::AuthenticateOidc(oidc) => wire::Action {
            type_: Some("authenticate-oidc".to_owned()),
            authenticate_oidc_config: Some(oidc_config(oidc.settings)),
            ..shown
        },
    }
}

/// The client's secret is told to nobody.
fn oidc_config(settings: OidcSettings) -> wire::AuthenticateOidcActionConfig {
    wire::AuthenticateOidcActionConfig {
        issuer: Some(settings.issuer),
        authorization_endpoint: Some(settings.authorization_endpoint),
        token_endpoint: Some(settings.token_endpoint),
        user_info_endpoint: Some(settings.user_info_endpoint),
        client_id: Some(settings.client_id),
        client_secret: None,
        session_cookie_name: Some(settings.cookie),
        scope: Some(settings.scope),
        session_timeout: i64::try_from(settings.session_seconds).ok(),
        authentication_request_extra_params: (!settings.extra.is_empty()).then_some(settings.extra),
        on_unauthenticated_request: Some(settings.unauthenticated.name().to_owned()),
        use_existing_client_secret: None,
    }
}

/// An empty list is left out: callers compare what they see with what they gave.
fn some(values: &[String]) -> Option<Vec<String>> {
    (!values.is_empty()).then(|| values.to_vec())
}

fn condition(record: &Condition) -> wire::RuleCondition {
    let shown = wire::RuleCondition {
        field: Some(record.field().to_owned()),
        ..wire::RuleCondition::default()
    };
    match record {
        Condition::HostHeader { values, regexes } => wire::RuleCondition {
            values: some(values),
            host_header_config: Some(wire::HostHeaderConditionConfig {
                values: some(values),
                regex_values: some(regexes),
            }),
            ..shown
        },
        Condition::PathPattern { values, regexes } => wire::RuleCondition {
            values: some(values),
            path_pattern_config: Some(wire::PathPatternConditionConfig {
                values: some(values),
                regex_values: some(regexes),
            }),
            ..shown
        },
        Condition::HttpHeader {
            name,
            values,
            regexes,
        } => wire::RuleCondition {
            http_header_config: Some(wire::HttpHeaderConditionConfig {
                http_header_name: Some(name.clone()),
                values: some(values),
                regex_values: some(regexes),
            }),
            ..shown
        },
        Condition::HttpRequestMethod { values } => wire::RuleCondition {
            http_request_method_config: Some(wire::HttpRequestMethodConditionConfig {
                values: some(values),
            }),
            ..shown
        },
        Condition::QueryString { values } => wire::RuleCondition {
            query_string_config: Some(wire::QueryStringConditionConfig {
                values: Some(
                    values
                        .iter()
                        .map(|(key, value)| wire::QueryStringKeyValuePair {
                            key: key.clone(),
                            value: Some(value.clone()),
                        })
                        .collect(),
                ),
            }),
            ..shown
        },
        Condition::SourceIp { values } => wire::RuleCondition {
            source_ip_config: Some(wire::SourceIpConditionConfig {
                values: some(values),
                ip_address_type: None,
            }),
            ..shown
        },
    }
}

pub fn group(place: &Place, id: &str, record: &TargetGroup) -> wire::TargetGroup {
    let check = &record.health_check;
    let number = |it: u32| i32::try_from(it).ok();
    let balancers: std::collections::BTreeSet<String> = record
        .used_by
        .iter()
        .filter_map(|user| names::balancer_of(user))
        .collect();
    let matcher = match record.version {
        Version::Grpc => wire::Matcher {
            grpc_code: Some(check.matcher.clone()),
            http_code: None,
        },
        Version::Http1 | Version::Http2 => wire::Matcher {
            http_code: Some(check.matcher.clone()),
            grpc_code: None,
        },
    };
    // A check that only connects asks for nothing.
    let asks = !check.protocol.is_network();
    wire::TargetGroup {
        target_group_arn: Some(place.arn(Kind::Group, id)),
        target_group_name: Some(record.name.clone()),
        protocol: Some(record.protocol.name().to_owned()),
        port: Some(i32::from(record.port)),
        vpc_id: Some(record.vpc.clone()),
        health_check_protocol: Some(health_protocol(check.protocol)),
        health_check_port: Some(health_port(check.port)),
        health_check_enabled: Some(true),
        health_check_interval_seconds: number(check.interval_seconds),
        health_check_timeout_seconds: number(check.timeout_seconds),
        healthy_threshold_count: number(check.healthy_threshold),
        unhealthy_threshold_count: number(check.unhealthy_threshold),
        health_check_path: asks.then(|| check.path.clone()),
        matcher: asks.then_some(matcher),
        load_balancer_arns: Some(balancers.into_iter().collect()),
        target_type: Some(
            match record.target_type {
                TargetType::Instance => "instance",
                TargetType::Ip => "ip",
            }
            .to_owned(),
        ),
        protocol_version: (!record.protocol.is_network()).then(|| record.version.name().to_owned()),
        ip_address_type: Some(if record.ipv6 { "ipv6" } else { "ipv4" }.to_owned()),
        target_control_port: None,
    }
}

fn health_protocol(protocol: Protocol) -> String {
    protocol.name().to_owned()
}

fn health_port(port: Option<u16>) -> String {
    port.map_or_else(|| "traffic-port".to_owned(), |port| port.to_string())
}

/// One target with its health.
pub fn target(
    id: &str,
    port: u16,
    zone: Option<String>,
    check_port: Option<u16>,
    health: Shown,
) -> wire::TargetHealthDescription {
    wire::TargetHealthDescription {
        target: Some(wire::TargetDescription {
            id: Some(id.to_owned()),
            port: Some(i32::from(port)),
            availability_zone: zone,
            quic_server_id: None,
        }),
        health_check_port: Some(check_port.unwrap_or(port).to_string()),
        target_health: Some(wire::TargetHealth {
            state: Some(health.state.to_owned()),
            reason: health.reason.map(str::to_owned),
            description: health.description,
        }),
        anomaly_detection: None,
        administrative_override: None,
    }
}
