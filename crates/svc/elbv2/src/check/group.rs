//! Settings of target groups and their health checks.

use wharf_api_elbv2::{CreateTargetGroupInput, Matcher, ModifyTargetGroupInput};
use wharf_wire::Fault;

use crate::{
    fault,
    records::{HealthCheck, Protocol, TargetType, Version},
};

/// A target group as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub target_type: TargetType,
    pub protocol: Protocol,
    pub version: Version,
    pub port: u16,
    pub vpc: String,
    pub ipv6: bool,
    pub health_check: HealthCheck,
}

pub fn wanted(input: &CreateTargetGroupInput) -> Result<Wanted, Fault> {
    let target_type = match input.target_type.as_deref() {
        None | Some("instance") => TargetType::Instance,
        Some("ip") => TargetType::Ip,
        Some(other) => {
            return Err(fault::unsupported(format_args!(
                "The target type '{other}'"
            )));
        }
    };
    let ipv6 = match input.ip_address_type.as_deref() {
        None | Some("ipv4") => false,
        Some("ipv6") if target_type == TargetType::Ip => true,
        Some("ipv6") => {
            return Err(fault::unsupported(
                "The IP address type 'ipv6' of instances as targets",
            ));
        }
        Some(other) => {
            return Err(fault::invalid(format!(
                "IP address type '{other}' must be one of '[ipv4, ipv6]'"
            )));
        }
    };
    if input.target_control_port.is_some() {
        return Err(fault::unsupported("A target control port"));
    }
    let given = input.protocol.as_deref();
    let protocol = protocol(given.ok_or_else(|| fault::invalid("A protocol must be specified"))?)?;
    if ipv6 && protocol.has_datagrams() {
        return Err(fault::invalid(
            "A target group of the IP address type 'ipv6' cannot have the protocol UDP or TCP_UDP",
        ));
    }
    if protocol.is_network() && input.protocol_version.is_some() {
        return Err(fault::invalid(
            "Protocol version can only be specified for HTTP and HTTPS target groups",
        ));
    }
    let port = input.port.and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or_else(|| fault::invalid("A port must be specified"))?;
    let vpc = input.vpc_id.clone().filter(|vpc| !vpc.is_empty());
    let vpc = vpc.ok_or_else(|| fault::invalid("A VPC ID must be specified"))?;
    let version = match input.protocol_version.as_deref() {
        None | Some("HTTP1") => Version::Http1,
        Some("HTTP2") => Version::Http2,
        Some("GRPC") => Version::Grpc,
        Some(other) => {
            return Err(fault::invalid(format!(
                "Protocol version '{other}' must be one of '[HTTP1, HTTP2, GRPC]'"
            )));
        }
    };
    let changes = Changes {
        protocol: input.health_check_protocol.as_deref(),
        port: input.health_check_port.as_deref(),
        enabled: input.health_check_enabled,
        path: input.health_check_path.as_deref(),
        interval: input.health_check_interval_seconds,
        timeout: input.health_check_timeout_seconds,
        healthy: input.healthy_threshold_count,
        unhealthy: input.unhealthy_threshold_count,
        matcher: input.matcher.as_ref(),
    };
    Ok(Wanted {
        target_type,
        protocol,
        version,
        port,
        vpc,
        ipv6,
        health_check: changes.over(
            &defaults(protocol, version, changes.protocol),
            Of { protocol, version },
        )?,
    })
}

/// The health check with the changes of a ModifyTargetGroup.
pub fn modified(
    current: &HealthCheck,
    (protocol, version): (Protocol, Version),
    input: &ModifyTargetGroupInput,
) -> Result<HealthCheck, Fault> {
    let changes = Changes {
        protocol: input.health_check_protocol.as_deref(),
        port: input.health_check_port.as_deref(),
        enabled: input.health_check_enabled,
        path: input.health_check_path.as_deref(),
        interval: input.health_check_interval_seconds,
        timeout: input.health_check_timeout_seconds,
        healthy: input.healthy_threshold_count,
        unhealthy: input.unhealthy_threshold_count,
        matcher: input.matcher.as_ref(),
    };
    changes.over(current, Of { protocol, version })
}

/// What the group speaks.
#[derive(Debug, Clone, Copy)]
struct Of {
    protocol: Protocol,
    version: Version,
}

/// `asked`: the protocol of the check, if it was given.
fn defaults(protocol: Protocol, version: Version, asked: Option<&str>) -> HealthCheck {
    if protocol.is_network() {
        return HealthCheck {
            protocol: Protocol::Tcp,
            port: None,
            path: "/".to_owned(),
            matcher: "200-399".to_owned(),
            interval_seconds: 30,
            timeout_seconds: if asked == Some("HTTP") { 6 } else { 10 },
            healthy_threshold: 5,
            unhealthy_threshold: 2,
        };
    }
    let (path, matcher) = match version {
        Version::Grpc => ("/AWS.ALB/healthcheck", "12"),
        Version::Http1 | Version::Http2 => ("/", "200"),
    };
    HealthCheck {
        protocol: Protocol::Http,
        port: None,
        path: path.to_owned(),
        matcher: matcher.to_owned(),
        interval_seconds: 30,
        timeout_seconds: 5,
        healthy_threshold: 5,
        unhealthy_threshold: 2,
    }
}

struct Changes<'a> {
    protocol: Option<&'a str>,
    port: Option<&'a str>,
    enabled: Option<bool>,
    path: Option<&'a str>,
    interval: Option<i32>,
    timeout: Option<i32>,
    healthy: Option<i32>,
    unhealthy: Option<i32>,
    matcher: Option<&'a Matcher>,
}

impl Changes<'_> {
    fn over(&self, current: &HealthCheck, of: Of) -> Result<HealthCheck, Fault> {
        let network = of.protocol.is_network();
        if self.enabled == Some(false) {
            return Err(fault::invalid(
                "Health check enabled must be true for target groups with target type 'instance' or 'ip'",
            ));
        }
        let mut check = current.clone();
        if let Some(given) = self.protocol {
            check.protocol = match given {
                "HTTP" | "HTTPS" => protocol(given)?,
                "TCP" if network => Protocol::Tcp,
                other => {
                    let all = if network {
                        "TCP, HTTP, HTTPS"
                    } else {
                        "HTTP, HTTPS"
                    };
                    return Err(fault::invalid(format!(
                        "Health check protocol '{other}' must be one of '[{all}]'"
                    )));
                }
            };
        }
        if let Some(given) = self.port {
            check.port = health_port(given)?;
        }
        let connects = check.protocol.is_network();
        if connects && (self.path.is_some() || self.matcher.is_some()) {
            return Err(fault::invalid(
                "Health check path and matcher can only be specified for health checks with the protocol HTTP or HTTPS",
            ));
        }
        if let Some(path) = self.path {
            check.path = health_path(path)?;
        }
        let number = |given: Option<i32>, current: u32| {
            given
                .and_then(|it| u32::try_from(it).ok())
                .unwrap_or(current)
        };
        check.interval_seconds = number(self.interval, check.interval_seconds);
        check.timeout_seconds = number(self.timeout, check.timeout_seconds);
        check.healthy_threshold = number(self.healthy, check.healthy_threshold);
        check.unhealthy_threshold = number(self.unhealthy, check.unhealthy_threshold);
        // The interval of a network load balancer may be as short as its timeout.
        let longest = check.interval_seconds.saturating_sub(u32::from(!network));
        if check.timeout_seconds > longest {
            return Err(fault::invalid(format!(
                "Health check timeout '{}' must be smaller than the interval '{}'",
                check.timeout_seconds, check.interval_seconds
            )));
        }
        if let Some(given) = self.matcher {
            check.matcher = matcher(given, of)?;
        }
        Ok(check)
    }
}

fn protocol(given: &str) -> Result<Protocol, Fault> {
    Protocol::named(given).ok_or_else(|| {
        fault::unsupported(format_args!("A target group with the protocol '{given}'"))
    })
}

fn health_port(given: &str) -> Result<Option<u16>, Fault> {
    if given == "traffic-port" {
        return Ok(None);
    }
    let digits = given.bytes().all(|b| b.is_ascii_digit());
    let port = given.parse().ok().filter(|port| digits && *port != 0);
    port.map(Some).ok_or_else(|| {
        fault::invalid(format!(
            "Health check port '{given}' must be 'traffic-port' or in the range '1-65535'"
        ))
    })
}

fn health_path(path: &str) -> Result<String, Fault> {
    let fits = path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        return Ok(path.to_owned());
    }
    Err(fault::invalid(format!(
        "Health check path '{path}' must begin with a '/' character, and can only contain printable \
         ASCII characters, without spaces"
    )))
}

fn matcher(given: &Matcher, of: Of) -> Result<String, Fault> {
    let highest = if of.protocol.is_network() { 599 } else { 499 };
    let (codes, from, to, name) = match (of.version, &given.http_code, &given.grpc_code) {
        (Version::Grpc, None, Some(codes)) => (codes, 0, 99, "gRPC"),
        (Version::Http1 | Version::Http2, Some(codes), None) => (codes, 200, highest, "HTTP"),
        _ => {
            return Err(fault::invalid(
                "The matcher must have an HTTP code for HTTP1 and HTTP2, a gRPC code for GRPC",
            ));
        }
    };
    if codes_within(codes, from, to) {
        return Ok(codes.clone());
    }
    Err(fault::invalid(format!(
        "Health check matcher {name} code '{codes}' must be within '{from}-{to}' inclusive"
    )))
}

/// `200,301-399`: numbers and ranges in order, all within the bounds.
fn codes_within(codes: &str, from: u32, to: u32) -> bool {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        text.parse()
            .ok()
            .filter(|code| digits && (from..=to).contains(code))
    };
    codes.len() <= 256
        && codes.split(',').all(|part| match part.split_once('-') {
            Some((low, high)) => {
                matches!((number(low), number(high)), (Some(low), Some(high)) if low <= high)
            }
            None => number(part).is_some(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> CreateTargetGroupInput {
        CreateTargetGroupInput {
            name: Some("web".to_owned()),
            protocol: Some("HTTP".to_owned()),
            port: Some(80),
            vpc_id: Some("vpc-1".to_owned()),
            target_type: Some("ip".to_owned()),
            ..CreateTargetGroupInput::default()
        }
    }

    fn refusal(change: impl FnOnce(&mut CreateTargetGroupInput)) -> Option<String> {
        let mut given = input();
        change(&mut given);
        wanted(&given).err().map(|fault| fault.message)
    }

    #[test]
    fn defaults_of_an_application_load_balancer() {
        let check = wanted(&input()).unwrap().health_check;
        assert_eq!(
            (
                check.interval_seconds,
                check.timeout_seconds,
                check.healthy_threshold,
                check.unhealthy_threshold
            ),
            (30, 5, 5, 2)
        );
        assert_eq!(
            (check.path.as_str(), check.matcher.as_str(), check.port),
            ("/", "200", None)
        );
        let grpc = CreateTargetGroupInput {
            protocol_version: Some("GRPC".to_owned()),
            ..input()
        };
        let check = wanted(&grpc).unwrap().health_check;
        assert_eq!(
            (check.path.as_str(), check.matcher.as_str()),
            ("/AWS.ALB/healthcheck", "12")
        );
    }

    #[test]
    fn defaults_of_a_network_load_balancer() {
        let group = |protocol: Option<&str>| CreateTargetGroupInput {
            protocol: Some("TCP".to_owned()),
            health_check_protocol: protocol.map(str::to_owned),
            ..input()
        };
        let check = wanted(&group(None)).unwrap().health_check;
        assert_eq!(check.protocol, Protocol::Tcp);
        assert_eq!((check.interval_seconds, check.timeout_seconds), (30, 10));
        let check = wanted(&group(Some("HTTP"))).unwrap().health_check;
        assert_eq!((check.timeout_seconds, &*check.matcher), (6, "200-399"));
        let fits = |change: fn(&mut CreateTargetGroupInput)| {
            let mut given = group(None);
            change(&mut given);
            wanted(&given).is_ok()
        };
        // As controllers of Kubernetes ask for it.
        assert!(fits(|it| {
            it.health_check_interval_seconds = Some(10);
            it.health_check_timeout_seconds = Some(10);
        }));
        assert!(!fits(|it| it.health_check_interval_seconds = Some(9)));
        assert!(!fits(|it| it.health_check_path = Some("/".to_owned())));
        assert!(!fits(|it| it.protocol_version = Some("HTTP1".to_owned())));
        assert!(!fits(|it| it.health_check_protocol = Some("UDP".to_owned())));
        for (codes, fits) in [("200,503", true), ("200-599", true), ("600", false)] {
            let mut given = group(Some("HTTP"));
            given.matcher = Some(Matcher {
                http_code: Some(codes.to_owned()),
                grpc_code: None,
            });
            assert_eq!(wanted(&given).is_ok(), fits, "{codes}");
        }
    }

    #[test]
    fn what_must_be_there() {
        assert_eq!(
            refusal(|it| it.protocol = None).as_deref(),
            Some("A protocol must be specified")
        );
        assert_eq!(
            refusal(|it| it.port = None).as_deref(),
            Some("A port must be specified")
        );
        assert_eq!(
            refusal(|it| it.vpc_id = None).as_deref(),
            Some("A VPC ID must be specified")
        );
        assert!(refusal(|it| it.target_type = Some("lambda".to_owned())).is_some());
        assert!(refusal(|it| it.protocol = Some("GENEVE".to_owned())).is_some());
        assert!(refusal(|it| it.health_check_enabled = Some(false)).is_some());
    }

    #[test]
    fn health_checks() {
        for (port, fits) in [
            ("traffic-port", true),
            ("8080", true),
            ("0", false),
            ("+80", false),
            ("65536", false),
            ("", false),
        ] {
            assert_eq!(
                refusal(|it| it.health_check_port = Some(port.to_owned())).is_none(),
                fits,
                "{port}"
            );
        }
        for (path, fits) in [("/", true), ("/a?b=c", true), ("a", false), ("/a b", false)] {
            assert_eq!(
                refusal(|it| it.health_check_path = Some(path.to_owned())).is_none(),
                fits,
                "{path}"
            );
        }
        assert!(refusal(|it| it.health_check_timeout_seconds = Some(30)).is_some());
        assert!(
            refusal(|it| it.health_check_interval_seconds = Some(5)).is_some(),
            "the default timeout is 5"
        );
        for (codes, fits) in [
            ("200", true),
            ("200,301-399", true),
            ("200-499", true),
            ("199", false),
            ("500", false),
            ("399-301", false),
            ("200,", false),
            ("", false),
            ("2x0", false),
        ] {
            let matcher = Matcher {
                http_code: Some(codes.to_owned()),
                grpc_code: None,
            };
            assert_eq!(
                refusal(|it| it.matcher = Some(matcher)).is_none(),
                fits,
                "{codes}"
            );
        }
    }
}
