//! The attributes of load balancers, listeners and target groups: their keys, defaults and values.

use std::collections::BTreeMap;

use wharf_planeproto::access_logs::{LogKeys, LogKind};
use wharf_wire::Fault;

use crate::{
    fault, names,
    records::{Attributes, Protocol, TargetGroup, TargetType},
};

/// One attribute.
#[derive(Debug)]
pub struct Attribute {
    pub key: &'static str,
    pub default: &'static str,
    form: Form,
}

/// Which values an attribute takes.
#[derive(Debug)]
enum Form {
    /// Its default alone: anything else would have no effect here.
    Fixed,
    Flag,
    OneOf(&'static [&'static str]),
    /// From, to.
    Number(u32, u32),
    /// 0 to leave it off, or a number from, to.
    OffOr(u32, u32),
    Text(usize),
}

const fn of(key: &'static str, default: &'static str, form: Form) -> Attribute {
    Attribute { key, default, form }
}

use Form::{Fixed, Flag, Number, OffOr, OneOf, Text};

/// A kind of thing that has attributes.
#[derive(Debug)]
pub struct Table {
    noun: &'static str,
    pub all: &'static [Attribute],
    /// Refuses values that do not go together.
    together: fn(&Attributes) -> Result<(), Fault>,
}

/// Targets see the client's address, not the load balancer's.
pub const KEEPS_CLIENT: &str = "preserve_client_ip.enabled";
const PROXY_PROTOCOL: &str = "proxy_protocol_v2.enabled";
pub const DELETION_PROTECTION: &str = "deletion_protection.enabled";
pub const DEREGISTRATION_DELAY: &str = "deregistration_delay.timeout_seconds";

const ACCESS_LOGS: LogKeys = LogKind::Access.keys();
const CONNECTION_LOGS: LogKeys = LogKind::Connections.keys();
/// The folder below which AWS writes, and which it leaves to nobody.
const LOGS_FOLDER: &str = "AWSLogs";

pub const BALANCER: Table = Table {
    noun: "Load balancer",
    together: of_logs,
    all: &[
        of(ACCESS_LOGS.enabled, "false", Flag),
        of(ACCESS_LOGS.bucket, "", Text(255)),
        of(ACCESS_LOGS.prefix, "", Text(512)),
        of("client_keep_alive.seconds", "3600", Number(60, 604_800)),
        of(CONNECTION_LOGS.enabled, "false", Flag),
        of(CONNECTION_LOGS.bucket, "", Text(255)),
        of(CONNECTION_LOGS.prefix, "", Text(512)),
        of(DELETION_PROTECTION, "false", Flag),
        of("idle_timeout.timeout_seconds", "60", Number(1, 4000)),
        of("ipv6.deny_all_igw_traffic", "false", Flag),
        of(
            "load_balancing.cross_zone.enabled",
            "true",
            OneOf(&["true"]),
        ),
        of(
            "routing.http.desync_mitigation_mode",
            "defensive",
            OneOf(&["monitor", "defensive", "strictest"]),
        ),
        of(
            "routing.http.drop_invalid_header_fields.enabled",
            "false",
            Flag,
        ),
        of("routing.http.preserve_host_header.enabled", "false", Flag),
        of(
            "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
            "false",
            Flag,
        ),
        of("routing.http.xff_client_port.enabled", "false", Flag),
        of(
            "routing.http.xff_header_processing.mode",
            "append",
            OneOf(&["append", "preserve", "remove"]),
        ),
        of("routing.http2.enabled", "true", Flag),
        of("waf.fail_open.enabled", "false", Flag),
        of("zonal_shift.config.enabled", "false", Flag),
    ],
};

pub const GROUP: Table = Table {
    noun: "Target group",
    together: of_group,
    all: &[
        of(DEREGISTRATION_DELAY, "300", Number(0, 3600)),
        of("load_balancing.algorithm.anomaly_mitigation", "off", Fixed),
        of(
            "load_balancing.algorithm.type",
            "round_robin",
            OneOf(&[
                "round_robin",
                "least_outstanding_requests",
                "weighted_random",
            ]),
        ),
        of(
            "load_balancing.cross_zone.enabled",
            "use_load_balancer_configuration",
            OneOf(&["true", "false", "use_load_balancer_configuration"]),
        ),
        of("slow_start.duration_seconds", "0", OffOr(30, 900)),
        of("stickiness.enabled", "false", Flag),
        of(
            "stickiness.type",
            "lb_cookie",
            OneOf(&["lb_cookie", "app_cookie"]),
        ),
        of(
            "stickiness.lb_cookie.duration_seconds",
            "86400",
            Number(1, 604_800),
        ),
        of("stickiness.app_cookie.cookie_name", "", Text(256)),
        of(
            "stickiness.app_cookie.duration_seconds",
            "86400",
            Number(1, 604_800),
        ),
        of(
            "target_group_health.dns_failover.minimum_healthy_targets.count",
            "1",
            Fixed,
        ),
        of(
            "target_group_health.dns_failover.minimum_healthy_targets.percentage",
            "off",
            Fixed,
        ),
        of(
            "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
            "1",
            Fixed,
        ),
        of(
            "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
            "off",
            Fixed,
        ),
    ],
};

/// Of network load balancers.
pub const NETWORK_BALANCER: Table = Table {
    noun: "Load balancer",
    together: of_logs,
    all: &[
        of(ACCESS_LOGS.enabled, "false", Flag),
        of(ACCESS_LOGS.bucket, "", Text(255)),
        of(ACCESS_LOGS.prefix, "", Text(512)),
        of(DELETION_PROTECTION, "false", Flag),
        of(
            "dns_record.client_routing_policy",
            "any_availability_zone",
            Fixed,
        ),
        of("ipv6.deny_all_igw_traffic", "false", Flag),
        of("load_balancing.cross_zone.enabled", "false", Flag),
        of("zonal_shift.config.enabled", "false", Flag),
    ],
};

/// What all target groups of network load balancers have, and whether they keep clients' addresses.
macro_rules! network_group {
    ($default:literal, $form:expr) => {
        &[
            of(DEREGISTRATION_DELAY, "300", Number(0, 3600)),
            of(
                "deregistration_delay.connection_termination.enabled",
                "false",
                Flag,
            ),
            of(
                "load_balancing.cross_zone.enabled",
                "use_load_balancer_configuration",
                OneOf(&["true", "false", "use_load_balancer_configuration"]),
            ),
            of(KEEPS_CLIENT, $default, $form),
            of(PROXY_PROTOCOL, "false", Flag),
            of("stickiness.enabled", "false", Flag),
            of("stickiness.type", "source_ip", OneOf(&["source_ip"])),
            of(
                "target_group_health.dns_failover.minimum_healthy_targets.count",
                "1",
                Fixed,
            ),
            of(
                "target_group_health.dns_failover.minimum_healthy_targets.percentage",
                "off",
                Fixed,
            ),
            of(
                "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
                "1",
                Fixed,
            ),
            of(
                "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
                "off",
                Fixed,
            ),
            of(
                "target_health_state.unhealthy.connection_termination.enabled",
                "true",
                Flag,
            ),
            of(
                "target_health_state.unhealthy.draining_interval_seconds",
                "0",
                Fixed,
            ),
        ]
    };
}

/// Of target groups of network load balancers with addresses as targets.
pub const NETWORK_GROUP: Table = Table {
    noun: "Target group",
    together: |_| Ok(()),
    all: network_group!("false", Flag),
};

/// Of those with instances as targets.
const INSTANCE_GROUP: Table = Table {
    all: network_group!("true", Flag),
    ..NETWORK_GROUP
};

/// Of those with targets that cannot answer to a client's address: those of IPv6.
const UNKEPT_GROUP: Table = Table {
    all: network_group!("false", Fixed),
    ..NETWORK_GROUP
};

/// Of target groups for UDP: datagrams have no place for what is said ahead of a connection, and come from their client, as on AWS.
const DATAGRAM_GROUP: Table = Table {
    noun: "Target group",
    together: |attributes| match attributes.contains_key(PROXY_PROTOCOL) {
        true => Err(fault::unsupported(format_args!(
            "The attribute '{PROXY_PROTOCOL}' of a target group for UDP"
        ))),
        false => Ok(()),
    },
    all: network_group!("true", Fixed),
};

const UNKEPT_DATAGRAM_GROUP: Table = Table {
    all: UNKEPT_GROUP.all,
    ..DATAGRAM_GROUP
};

/// Of TCP listeners.
pub const TCP_LISTENER: Table = Table {
    noun: "Listener",
    together: |_| Ok(()),
    all: &[of("tcp.idle_timeout.seconds", "350", Number(60, 6000))],
};

/// Of the other listeners of network load balancers.
const NO_LISTENER: Table = Table {
    noun: "Listener",
    together: |_| Ok(()),
    all: &[],
};

/// The attributes of a load balancer.
pub fn of_balancer(id: &str) -> &'static Table {
    match names::is_network(id) {
        true => &NETWORK_BALANCER,
        false => &BALANCER,
    }
}

/// The attributes of a listener.
pub fn of_listener(protocol: Protocol) -> &'static Table {
    match protocol {
        Protocol::Http | Protocol::Https => &LISTENER,
        Protocol::Tcp | Protocol::TcpUdp => &TCP_LISTENER,
        Protocol::Tls | Protocol::Udp => &NO_LISTENER,
    }
}

/// Whether its targets may see their clients' addresses.
pub fn may_keep_clients(group: &TargetGroup) -> bool {
    let is_of_requests = matches!(group.protocol, Protocol::Http | Protocol::Https);
    !is_of_requests && !group.ipv6
}

/// The attributes of a target group.
pub fn of_targets(group: &TargetGroup) -> &'static Table {
    match (group.protocol, may_keep_clients(group)) {
        (Protocol::Http | Protocol::Https, _) => &GROUP,
        (Protocol::Tcp | Protocol::Tls, true) => match group.target_type {
            TargetType::Ip => &NETWORK_GROUP,
            TargetType::Instance => &INSTANCE_GROUP,
        },
        (Protocol::Tcp | Protocol::Tls, false) => &UNKEPT_GROUP,
        (Protocol::Udp | Protocol::TcpUdp, true) => &DATAGRAM_GROUP,
        (Protocol::Udp | Protocol::TcpUdp, false) => &UNKEPT_DATAGRAM_GROUP,
    }
}

pub const LISTENER: Table = Table {
    noun: "Listener",
    together: |_| Ok(()),
    all: &[
        of(
            "routing.http.response.access_control_allow_credentials.header_value",
            "",
            Text(1024),
        ),
        of(
            "routing.http.response.access_control_allow_headers.header_value",
            "",
            Text(1024),
        ),
        of(
            "routing.http.response.access_control_allow_methods.header_value",
            "",
            Text(1024),
        ),
        of(
            "routing.http.response.access_control_allow_origin.header_value",
            "",
            Text(1024),
        ),
        of(
            "routing.http.response.access_control_expose_headers.header_value",
            "",
            Text(1024),
        ),
        of(
            "routing.http.response.access_control_max_age.header_value",
            "",
            Text(1024),
        ),
        of(
            "routing.http.response.content_security_policy.header_value",
            "",
            Text(1024),
        ),
        of("routing.http.response.server.enabled", "true", Flag),
        of(
            "routing.http.response.strict_transport_security.header_value",
            "",
            Text(1024),
        ),
        of(
            "routing.http.response.x_content_type_options.header_value",
            "",
            OneOf(&["", "nosniff"]),
        ),
        of(
            "routing.http.response.x_frame_options.header_value",
            "",
            Text(1024),
        ),
    ],
};

impl Table {
    /// `attributes` with `changes` made; a key or value that is not known is refused, and so are
    /// values that do not go together.
    pub fn change(
        &self,
        attributes: &Attributes,
        changes: impl IntoIterator<Item = (Option<String>, Option<String>)>,
    ) -> Result<Attributes, Fault> {
        let mut changed = attributes.clone();
        for (key, value) in changes {
            let (key, value) = (key.unwrap_or_default(), value.unwrap_or_default());
            let attribute = self.all.iter().find(|it| it.key == key).ok_or_else(|| {
                fault::invalid(format!(
                    "{} attribute key '{key}' is not recognized",
                    self.noun
                ))
            })?;
            attribute.check(&value)?;
            if value == attribute.default {
                changed.remove(&key);
            } else {
                changed.insert(key, value);
            }
        }
        (self.together)(&changed)?;
        Ok(changed)
    }

    /// Every key with its value.
    pub fn show(&self, attributes: &Attributes) -> BTreeMap<&'static str, String> {
        let value = |it: &Attribute| {
            let own = attributes.get(it.key).map(String::as_str);
            (it.key, own.unwrap_or(it.default).to_owned())
        };
        self.all.iter().map(value).collect()
    }

    /// The value of one of its keys.
    pub fn value<'a>(&self, attributes: &'a Attributes, key: &str) -> &'a str {
        let default = self
            .all
            .iter()
            .find(|it| it.key == key)
            .map_or("", |it| it.default);
        attributes.get(key).map_or(default, String::as_str)
    }
}

impl Attribute {
    fn check(&self, value: &str) -> Result<(), Fault> {
        let key = self.key;
        // Header and cookie texts end up in responses: control characters would break out of them.
        let plain = value.chars().all(|c| !c.is_control());
        let (fits, expected) = match &self.form {
            Fixed if value == self.default => return Ok(()),
            Fixed => {
                return Err(fault::unsupported(format_args!(
                    "Another value of the attribute '{key}' than '{}'",
                    self.default
                )));
            }
            Flag => (
                matches!(value, "true" | "false"),
                "'true' or 'false'".to_owned(),
            ),
            OneOf(values) => (
                values.contains(&value),
                format!("one of [{}]", values.join(", ")),
            ),
            Number(from, to) => (within(value, *from, *to), format!("from {from} to {to}")),
            OffOr(from, to) => (
                value == "0" || within(value, *from, *to),
                format!("0 or from {from} to {to}"),
            ),
            Text(max) => (
                plain && value.len() <= *max,
                format!("a text of at most {max} characters"),
            ),
        };
        if fits {
            return Ok(());
        }
        Err(fault::invalid(format!(
            "The value '{value}' of the attribute '{key}' is not valid; it must be {expected}"
        )))
    }
}

/// Digits only: `+5` and ` 5` are no numbers here.
fn within(value: &str, from: u32, to: u32) -> bool {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    digits
        && value
            .parse()
            .is_ok_and(|number: u32| (from..=to).contains(&number))
}

fn of_logs(attributes: &Attributes) -> Result<(), Fault> {
    let value = |key| attributes.get(key).map_or("", String::as_str);
    for LogKeys {
        enabled,
        bucket,
        prefix,
    } in LogKind::ALL.map(LogKind::keys)
    {
        if value(enabled) == "true" && value(bucket).is_empty() {
            return Err(fault::configuration(format!(
                "The attribute '{bucket}' must name a bucket when '{enabled}' is 'true'"
            )));
        }
        if value(prefix).contains(LOGS_FOLDER) {
            return Err(fault::configuration(format!(
                "The value of the attribute '{prefix}' cannot include '{LOGS_FOLDER}'"
            )));
        }
    }
    Ok(())
}

fn of_group(attributes: &Attributes) -> Result<(), Fault> {
    let value = |key| GROUP.value(attributes, key);
    let algorithm = value("load_balancing.algorithm.type");
    if value("slow_start.duration_seconds") != "0" && algorithm != "round_robin" {
        return Err(fault::configuration(format!(
            "Slow start is only available with the algorithm 'round_robin', not with '{algorithm}'"
        )));
    }
    let sticky = value("stickiness.enabled") == "true" && value("stickiness.type") == "app_cookie";
    let cookie = value("stickiness.app_cookie.cookie_name");
    if sticky && cookie.is_empty() {
        return Err(fault::configuration(
            "Stickiness of type 'app_cookie' needs 'stickiness.app_cookie.cookie_name'",
        ));
    }
    let token = cookie
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&b));
    if !token || ["AWSALB", "AWSALBAPP", "AWSALBTG"].contains(&cookie) {
        return Err(fault::invalid(format!(
            "The cookie name '{cookie}' is not valid"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
