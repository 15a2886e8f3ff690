//! Entries as requests have them, checked. Pure.

use wharf_api_ec2::types::{IcmpTypeCode, PortRange};
use wharf_base::{Cidr, Cidr4, Cidr6};
use wharf_wire::Fault;

use super::records::Entry;
use crate::fault;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;
const NUMBERS: std::ops::RangeInclusive<i32> = 1..=32_766;

/// The members that CreateNetworkAclEntry and ReplaceNetworkAclEntry have in common.
pub struct Given<'a> {
    pub number: Option<i32>,
    pub egress: Option<bool>,
    pub protocol: Option<&'a str>,
    pub action: Option<&'a str>,
    pub cidr: Option<&'a str>,
    pub ipv6_cidr: Option<&'a str>,
    pub ports: Option<&'a PortRange>,
    pub icmp: Option<&'a IcmpTypeCode>,
}

impl Given<'_> {
    pub fn read(&self) -> Result<Entry, Fault> {
        let protocol = self.protocol.unwrap_or_default();
        let protocol = read_protocol(protocol).ok_or_else(|| bad("protocol", protocol))?;
        let cidr = self.range()?;
        Ok(Entry {
            egress: direction(self.egress)?,
            number: number(self.number)?,
            allow: match self.action {
                Some("allow") => true,
                Some("deny") => false,
                other => return Err(bad("ruleAction", other.unwrap_or_default())),
            },
            protocol,
            cidr,
            ports: match protocol {
                Some(TCP | UDP) => Some(read_ports(self.ports)?),
                _ => None,
            },
            icmp: match protocol {
                Some(ICMP) => Some(read_icmp(self.icmp)?),
                Some(ICMPV6) if cidr.network().is_ipv6() => Some(read_icmp(self.icmp)?),
                _ => None,
            },
        })
    }

    fn range(&self) -> Result<Cidr, Fault> {
        // Each by its own form: an IPv4 range is none of IPv6.
        let read = match (self.cidr, self.ipv6_cidr.filter(|it| !it.is_empty())) {
            (Some(cidr), Some(_)) if !cidr.is_empty() => return Err(fault::one_acl_range()),
            (_, Some(text)) => Cidr6::canonical(text).map(|it| it.to_string()).ok(),
            (cidr, None) => {
                let read = Cidr4::canonical(cidr.unwrap_or_default());
                read.map(|it| it.to_string()).ok()
            }
        };
        let (name, given) = match self.ipv6_cidr.filter(|it| !it.is_empty()) {
            Some(text) => ("ipv6CidrBlock", text),
            None => ("cidrBlock", self.cidr.unwrap_or_default()),
        };
        let read = read.and_then(|text| text.parse().ok());
        read.ok_or_else(|| fault::bad_acl_range(name, given))
    }
}

fn bad(name: &str, value: impl std::fmt::Display) -> Fault {
    fault::bad_value(format!("Value ({value}) for parameter {name} is invalid."))
}

pub fn direction(egress: Option<bool>) -> Result<bool, Fault> {
    egress.ok_or_else(|| fault::missing_parameter("egress"))
}

pub fn number(given: Option<i32>) -> Result<u16, Fault> {
    let given = given.ok_or_else(|| fault::missing_parameter("ruleNumber"))?;
    let number = u16::try_from(given)
        .ok()
        .filter(|_| NUMBERS.contains(&given));
    number.ok_or_else(|| {
        fault::bad_value(format!(
            "Value ({given}) for parameter ruleNumber is invalid. Rule number must be between {} and {}.",
            NUMBERS.start(),
            NUMBERS.end()
        ))
    })
}

/// `None` for what is no protocol.
fn read_protocol(text: &str) -> Option<Option<u8>> {
    match text {
        "-1" | "all" => Some(None),
        "icmp" => Some(Some(ICMP)),
        "tcp" => Some(Some(TCP)),
        "udp" => Some(Some(UDP)),
        "icmpv6" => Some(Some(ICMPV6)),
        number => number.parse().ok().map(Some),
    }
}

fn read_ports(given: Option<&PortRange>) -> Result<(u16, u16), Fault> {
    let given = given.ok_or_else(|| fault::missing_parameter("portRange"))?;
    let port = |port: Option<i32>, name: &str| {
        let port = port.ok_or_else(|| fault::missing_parameter(name))?;
        u16::try_from(port).map_err(|_| bad(name, port))
    };
    let (from, to) = (
        port(given.from, "portRange.from")?,
        port(given.to, "portRange.to")?,
    );
    match from <= to {
        true => Ok((from, to)),
        false => Err(bad("portRange", format!("{from}-{to}"))),
    }
}

fn read_icmp(given: Option<&IcmpTypeCode>) -> Result<(i16, i16), Fault> {
    let given = given.ok_or_else(|| fault::missing_parameter("icmpTypeCode"))?;
    let part = |value: Option<i32>, name: &str| {
        let value = value.ok_or_else(|| fault::missing_parameter(name))?;
        let part = i16::try_from(value).ok();
        part.filter(|it| (-1..=255).contains(it))
            .ok_or_else(|| bad(name, value))
    };
    let (kind, code) = (
        part(given.type_, "icmpTypeCode.type")?,
        part(given.code, "icmpTypeCode.code")?,
    );
    // A code means something for its type alone.
    match kind == -1 && code != -1 {
        true => Err(bad("icmpTypeCode.code", code)),
        false => Ok((kind, code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Given<'_> = Given {
        number: Some(100),
        egress: Some(false),
        protocol: Some("-1"),
        action: Some("allow"),
        cidr: Some("10.0.0.0/8"),
        ipv6_cidr: None,
        ports: None,
        icmp: None,
    };

    fn ports(from: i32, to: i32) -> PortRange {
        PortRange {
            from: Some(from),
            to: Some(to),
        }
    }

    #[test]
    fn entries_are_read() {
        let http = ports(80, 81);
        let tcp = Given {
            protocol: Some("6"),
            ports: Some(&http),
            ..ALL
        };
        let read = tcp.read().unwrap();
        assert_eq!((read.protocol, read.ports), (Some(6), Some((80, 81))));
        // Ports of a protocol that has none mean nothing, as with AWS.
        let all = Given {
            ports: Some(&http),
            ..ALL
        };
        assert_eq!(all.read().unwrap().ports, None);
        let ping = IcmpTypeCode {
            type_: Some(8),
            code: Some(-1),
        };
        let icmp = Given {
            protocol: Some("icmp"),
            icmp: Some(&ping),
            ..ALL
        };
        assert_eq!(icmp.read().unwrap().icmp, Some((8, -1)));
    }

    #[test]
    fn entries_of_ipv6() {
        let echo = IcmpTypeCode {
            type_: Some(128),
            code: Some(-1),
        };
        let ping = Given {
            protocol: Some("58"),
            cidr: None,
            ipv6_cidr: Some("FD00::/8"),
            icmp: Some(&echo),
            ..ALL
        };
        let read = ping.read().unwrap();
        assert!(read.is_ipv6());
        assert_eq!(
            (read.cidr.to_string(), read.icmp),
            ("fd00::/8".to_owned(), Some((128, -1)))
        );
        for (cidr, ipv6_cidr) in [
            (Some("10.0.0.0/8"), Some("fd00::/8")),
            (None, Some("10.0.0.0/8")),
            (Some("fd00::/8"), None),
            (None, Some("fd00::/129")),
        ] {
            let given = Given {
                cidr,
                ipv6_cidr,
                ..ALL
            };
            assert!(given.read().is_err(), "{cidr:?} {ipv6_cidr:?}");
        }
        assert!(Given { icmp: None, ..ping }.read().is_err());
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let (backwards, far) = (ports(81, 80), ports(0, 65_536));
        for given in [
            Given {
                number: Some(0),
                ..ALL
            },
            Given {
                number: Some(32_767),
                ..ALL
            },
            Given {
                number: None,
                ..ALL
            },
            Given {
                egress: None,
                ..ALL
            },
            Given {
                protocol: Some("256"),
                ..ALL
            },
            Given {
                protocol: Some("-2"),
                ..ALL
            },
            Given {
                action: Some("pass"),
                ..ALL
            },
            Given {
                cidr: Some("10.0.0.1/8x"),
                ..ALL
            },
            Given { cidr: None, ..ALL },
            Given {
                protocol: Some("tcp"),
                ..ALL
            },
            Given {
                protocol: Some("udp"),
                ports: Some(&backwards),
                ..ALL
            },
            Given {
                protocol: Some("udp"),
                ports: Some(&far),
                ..ALL
            },
            Given {
                protocol: Some("1"),
                ..ALL
            },
        ] {
            assert!(given.read().is_err());
        }
    }
}
