//! Formats of records: which fields there are, and the lines they make. Pure.

use std::fmt::Write as _;
use std::net::IpAddr;

use wharf_wire::Fault;

use super::{Flow, fault, records::FlowSource};

/// What is written where no format is asked for.
pub const DEFAULT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";
/// Bytes of a format.
const MAX_FORMAT: usize = 4096;
const TCP_FLAGS: &str = "tcp-flags";
/// What stands for nothing.
const NONE: &str = "-";

/// Fields, and the version in which AWS brought each.
const FIELDS: [(&str, u8); 28] = [
    ("version", 2),
    ("account-id", 2),
    ("interface-id", 2),
    ("srcaddr", 2),
    ("dstaddr", 2),
    ("srcport", 2),
    ("dstport", 2),
    ("protocol", 2),
    ("packets", 2),
    ("bytes", 2),
    ("start", 2),
    ("end", 2),
    ("action", 2),
    ("log-status", 2),
    ("vpc-id", 3),
    ("subnet-id", 3),
    ("instance-id", 3),
    (TCP_FLAGS, 3),
    ("type", 3),
    ("pkt-srcaddr", 3),
    ("pkt-dstaddr", 3),
    ("region", 4),
    ("az-id", 4),
    ("sublocation-type", 4),
    ("sublocation-id", 4),
    ("pkt-src-aws-service", 5),
    ("pkt-dst-aws-service", 5),
    ("flow-direction", 5),
];

/// AWS has these, and nobody knows them here.
const NOT_HERE: [&str; 14] = [
    "traffic-path",
    "ecs-cluster-arn",
    "ecs-cluster-name",
    "ecs-container-instance-arn",
    "ecs-container-instance-id",
    "ecs-container-id",
    "ecs-second-container-id",
    "ecs-service-name",
    "ecs-task-definition-arn",
    "ecs-task-arn",
    "ecs-task-id",
    "reject-reason",
    "resource-id",
    "encryption-status",
];

/// A format that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    fields: Vec<&'static str>,
    version: u8,
}

/// Whose lines these are.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub source: &'a FlowSource,
}

/// What a line says.
#[derive(Debug, Clone, Copy)]
pub enum Said<'a> {
    Flow(&'a Flow),
    /// Nothing passed from one second to another.
    NoData(i64, i64),
    /// Something was not recorded.
    Skipped(i64, i64),
}

impl Format {
    /// `${field}` after `${field}`, with spaces between them.
    pub fn read(text: &str) -> Result<Self, Fault> {
        if text.len() > MAX_FORMAT {
            return Err(fault::bad_parameter("LogFormat is too long."));
        }
        let (mut fields, mut unknown) = (Vec::new(), Vec::new());
        for word in text.split_ascii_whitespace() {
            let name = word.strip_prefix("${").and_then(|it| it.strip_suffix('}'));
            match name.and_then(|name| FIELDS.iter().find(|it| it.0 == name)) {
                Some(known) => fields.push(*known),
                None if name.is_some_and(|it| NOT_HERE.contains(&it)) => {
                    return Err(fault::field_not_here(name.unwrap_or_default()));
                }
                None => unknown.push(name.unwrap_or(word)),
            }
        }
        if !unknown.is_empty() {
            return Err(fault::unknown_fields(&unknown));
        }
        let version = fields.iter().map(|it| it.1).max();
        let version = version.ok_or_else(|| fault::bad_parameter("LogFormat has no fields."))?;
        Ok(Self {
            fields: fields.into_iter().map(|it| it.0).collect(),
            version,
        })
    }

    /// The first line of a file.
    pub fn header(&self) -> String {
        self.fields.join(" ")
    }

    pub fn line(&self, whose: Whose<'_>, said: Said<'_>) -> String {
        let mut line = String::with_capacity(160);
        for (at, name) in self.fields.iter().enumerate() {
            if at > 0 {
                line.push(' ');
            }
            self.write(&mut line, name, whose, said);
        }
        line
    }

    fn write(&self, line: &mut String, name: &str, whose: Whose<'_>, said: Said<'_>) {
        let Whose {
            account,
            region,
            source,
        } = whose;
        let known = match name {
            "account-id" => Some(account),
            "interface-id" => Some(source.id.as_str()),
            "vpc-id" => Some(source.vpc_id.as_str()),
            "subnet-id" => Some(source.subnet_id.as_str()),
            "instance-id" => Some(source.instance.as_deref().unwrap_or(NONE)),
            "region" => Some(region),
            "az-id" => Some(source.zone_id.as_str()),
            "log-status" => Some(match said {
                Said::Flow(_) => "OK",
                Said::NoData(..) => "NODATA",
                Said::Skipped(..) => "SKIPDATA",
            }),
            _ => None,
        };
        let number = match (name, said) {
            ("version", _) => Some(i64::from(self.version)),
            ("start", Said::NoData(start, _) | Said::Skipped(start, _)) => Some(start),
            ("end", Said::NoData(_, end) | Said::Skipped(_, end)) => Some(end),
            _ => None,
        };
        // A String takes all that is written to it.
        let _ = match (known, number, said) {
            (Some(text), ..) => line.write_str(text),
            (None, Some(number), _) => write!(line, "{number}"),
            (None, None, Said::Flow(flow)) => of_flow(line, name, flow),
            _ => line.write_str(NONE),
        };
    }
}

fn of_flow(line: &mut String, name: &str, flow: &Flow) -> std::fmt::Result {
    match name {
        "srcaddr" | "pkt-srcaddr" => write!(line, "{}", flow.source),
        "dstaddr" | "pkt-dstaddr" => write!(line, "{}", flow.destination),
        "srcport" => write!(line, "{}", flow.source_port),
        "dstport" => write!(line, "{}", flow.destination_port),
        "protocol" => write!(line, "{}", flow.protocol),
        "packets" => write!(line, "{}", flow.packets),
        "bytes" => write!(line, "{}", flow.bytes),
        "start" => write!(line, "{}", flow.start),
        "end" => write!(line, "{}", flow.end),
        "action" => line.write_str(if flow.accepted { "ACCEPT" } else { "REJECT" }),
        TCP_FLAGS => write!(line, "{}", flow.tcp_flags),
        "type" => line.write_str(match flow.source {
            IpAddr::V4(_) => "IPv4",
            IpAddr::V6(_) => "IPv6",
        }),
        "flow-direction" => line.write_str(if flow.ingress { "ingress" } else { "egress" }),
        // No address here is one of AWS's services, and nothing is in a Local Zone.
        _ => line.write_str(NONE),
    }
}

/// Whether a format, which was read before, asks for flags of TCP.
pub fn has_tcp_flags(text: &str) -> bool {
    text.contains(TCP_FLAGS)
}

#[cfg(test)]
mod tests {
    use wharf_records::Unknown;

    use super::*;

    fn source() -> FlowSource {
        FlowSource {
            id: "eni-1".to_owned(),
            host: "i-host".to_owned(),
            vpc_id: "vpc-1".to_owned(),
            subnet_id: "subnet-1".to_owned(),
            zone_id: "use1-az1".to_owned(),
            address: [10, 0, 0, 5].into(),
            ipv6: Vec::new(),
            instance: None,
            gone: false,
            left: None,
            former: None,
            unknown: Unknown::new(),
        }
    }

    fn flow() -> Flow {
        Flow {
            source: [10, 0, 0, 5].into(),
            destination: [10, 0, 0, 6].into(),
            protocol: 6,
            source_port: 40000,
            destination_port: 80,
            tcp_flags: 3,
            ingress: false,
            accepted: true,
            packets: 10,
            bytes: 840,
            start: 100,
            end: 160,
        }
    }

    fn line(format: &str, said: Said<'_>) -> String {
        let source = source();
        let whose = Whose {
            account: "000000000000",
            region: "us-east-1",
            source: &source,
        };
        Format::read(format).unwrap().line(whose, said)
    }

    #[test]
    fn lines_as_aws_writes_them() {
        let flow = flow();
        let ipv6 = Flow {
            source: "fd00::5".parse().unwrap(),
            destination: "2001:db8::6".parse().unwrap(),
            ..flow
        };
        for (format, said, expected) in [
            (
                DEFAULT,
                Said::Flow(&flow),
                "2 000000000000 eni-1 10.0.0.5 10.0.0.6 40000 80 6 10 840 100 160 ACCEPT OK",
            ),
            (
                DEFAULT,
                Said::NoData(100, 160),
                "2 000000000000 eni-1 - - - - - - - 100 160 - NODATA",
            ),
            (
                DEFAULT,
                Said::Skipped(100, 160),
                "2 000000000000 eni-1 - - - - - - - 100 160 - SKIPDATA",
            ),
            (
                "${version} ${vpc-id} ${subnet-id} ${instance-id} ${tcp-flags} ${type} ${pkt-srcaddr} ${az-id} ${sublocation-id}",
                Said::Flow(&flow),
                "4 vpc-1 subnet-1 - 3 IPv4 10.0.0.5 use1-az1 -",
            ),
            (
                "${flow-direction} ${pkt-dst-aws-service} ${version}",
                Said::Flow(&flow),
                "egress - 5",
            ),
            (
                "${type} ${srcaddr} ${pkt-dstaddr}",
                Said::Flow(&ipv6),
                "IPv6 fd00::5 2001:db8::6",
            ),
            ("${action}  ${action}", Said::Flow(&flow), "ACCEPT ACCEPT"),
        ] {
            assert_eq!(line(format, said), expected);
        }
    }

    #[test]
    fn what_is_no_format() {
        for (text, expected) in [
            ("", "LogFormat has no fields."),
            ("${nonsense}", "Unknown fields provided: nonsense"),
            (
                "version ${start} end",
                "Unknown fields provided: version, end",
            ),
            ("${version", "Unknown fields provided: ${version"),
            (
                "${traffic-path}",
                "The field ${traffic-path} of LogFormat is not supported by this version of wharf.",
            ),
        ] {
            assert_eq!(Format::read(text).unwrap_err().message, expected, "{text}");
        }
        assert!(Format::read(&"${version} ".repeat(1000)).is_err());
    }

    #[test]
    fn flags_of_tcp_are_asked_for_by_name() {
        assert!(has_tcp_flags("${version} ${tcp-flags}"));
        assert!(!has_tcp_flags(DEFAULT));
    }
}
