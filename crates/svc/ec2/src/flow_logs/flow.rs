//! Flows as they are stored: what hosts report is converted, so that records do not change with the protocol.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use wharf_planeproto::flows as plane;

/// What a window is of the time in which an interface is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Recording begins; it has no flows.
    Begin,
    Go,
    /// More flows of the window before.
    More,
    End,
}

impl From<plane::Part> for Part {
    fn from(part: plane::Part) -> Self {
        match part {
            plane::Part::Begin => Self::Begin,
            plane::Part::Go => Self::Go,
            plane::Part::More => Self::More,
            plane::Part::End => Self::End,
        }
    }
}

/// Packets of the same ends in one direction, with the same fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct Flow {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub protocol: u8,
    pub source_port: u16,
    pub destination_port: u16,
    /// FIN 1, SYN 2, RST 4, SYN-ACK 18.
    pub tcp_flags: u8,
    pub ingress: bool,
    pub accepted: bool,
    pub packets: u64,
    pub bytes: u64,
    /// When its packets came, seconds since 1970.
    pub start: i64,
    pub end: i64,
}

impl From<plane::Flow> for Flow {
    fn from(it: plane::Flow) -> Self {
        Self {
            source: it.source,
            destination: it.destination,
            protocol: it.protocol,
            source_port: it.source_port,
            destination_port: it.destination_port,
            tcp_flags: it.tcp_flags,
            ingress: it.ingress,
            accepted: it.accepted,
            packets: it.packets,
            bytes: it.bytes,
            start: it.start,
            end: it.end,
        }
    }
}

/// Its stored form: a record has hundreds of them.
type Row = (
    (IpAddr, IpAddr, u8, u16, u16, u8),
    (bool, bool),
    (u64, u64),
    (i64, i64),
);

impl From<Row> for Flow {
    fn from((ends, how, counted, time): Row) -> Self {
        Self {
            source: ends.0,
            destination: ends.1,
            protocol: ends.2,
            source_port: ends.3,
            destination_port: ends.4,
            tcp_flags: ends.5,
            ingress: how.0,
            accepted: how.1,
            packets: counted.0,
            bytes: counted.1,
            start: time.0,
            end: time.1,
        }
    }
}

impl From<Flow> for Row {
    fn from(it: Flow) -> Self {
        let (ports, flags) = ((it.source_port, it.destination_port), it.tcp_flags);
        (
            (
                it.source,
                it.destination,
                it.protocol,
                ports.0,
                ports.1,
                flags,
            ),
            (it.ingress, it.accepted),
            (it.packets, it.bytes),
            (it.start, it.end),
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn flows_are_stored_as_the_versions_before_did() {
        let flow = plane::Flow {
            source: [10, 0, 0, 1].into(),
            destination: [10, 0, 0, 2].into(),
            protocol: 6,
            source_port: 40000,
            destination_port: 80,
            tcp_flags: 2,
            ingress: false,
            accepted: true,
            packets: 5,
            bytes: 300,
            start: 1,
            end: 2,
        };
        let stored = json!([
            ["10.0.0.1", "10.0.0.2", 6, 40000, 80, 2],
            [false, true],
            [5, 300],
            [1, 2],
        ]);
        assert_eq!(to_value(flow).unwrap(), stored);
        assert_eq!(to_value(Flow::from(flow)).unwrap(), stored);
        assert_eq!(from_value::<Flow>(stored).unwrap(), Flow::from(flow));
        for (part, name) in [
            (plane::Part::Begin, "begin"),
            (plane::Part::Go, "go"),
            (plane::Part::More, "more"),
            (plane::Part::End, "end"),
        ] {
            assert_eq!(to_value(Part::from(part)).unwrap(), json!(name));
            assert_eq!(from_value::<Part>(json!(name)).unwrap(), Part::from(part));
        }
    }
}
