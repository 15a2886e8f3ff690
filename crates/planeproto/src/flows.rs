//! Flow logs: what hosts are told of them, and the traffic of interfaces that they report.
//!
//! Reports go over no plane: a node sends them to [`PATH`], one after the other, until each was taken. A window is
//! known by its run and number, so that one that comes again counts once.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The version of the protocol in which hosts are told of flow logs.
pub const SINCE: u32 = 11;
/// Where a node reports.
pub const PATH: &str = "/wharf/node/flows";
/// Flows of one report, and so of one window: what is made of them is a record each.
pub const MOST_FLOWS: usize = 1500;
/// Windows of one report.
pub const MOST_WINDOWS: usize = 100;

/// Traffic of interfaces is to be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowLog {
    /// `fl-…`
    pub id: String,
    pub vpc: String,
    /// Whose it is; reports name both again.
    pub account: String,
    pub region: String,
    pub of: FlowsOf,
    pub accepted: bool,
    pub rejected: bool,
    /// Flags of TCP are among what is recorded; they make several flows of one.
    pub tcp_flags: bool,
}

/// Whose traffic: of all interfaces of the VPC, of those of a subnet, of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlowsOf {
    Vpc,
    /// The subnet's range.
    Subnet(String),
    Interface(String),
}

/// What a node sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The host's instance id.
    pub instance: String,
    /// Names the numbers of the windows.
    pub run: u64,
    pub windows: Vec<Window>,
}

/// What passed an interface for some seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Each more than the one before.
    pub number: u64,
    pub account: String,
    pub region: String,
    pub interface: String,
    /// The flow logs that it is for.
    pub logs: Vec<String>,
    pub part: Part,
    /// Seconds since 1970.
    pub start: i64,
    pub end: i64,
    /// Something of it was not recorded.
    pub skipped: bool,
    pub flows: Vec<Flow>,
}

/// What a window is of the time in which an interface is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Recording begins. It has no flows; others may follow after the interface is gone.
    Begin,
    Go,
    /// More flows of the window before.
    More,
    /// Nothing follows: the interface is not here any more.
    End,
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

/// As it is sent and kept: thousands are in a report.
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
        (
            (
                it.source,
                it.destination,
                it.protocol,
                it.source_port,
                it.destination_port,
                it.tcp_flags,
            ),
            (it.ingress, it.accepted),
            (it.packets, it.bytes),
            (it.start, it.end),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_survives_the_wire_and_is_short() {
        let flow = Flow {
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
        let text = serde_json::to_string(&flow).unwrap();
        assert!(text.len() < 100, "{text}");
        assert_eq!(serde_json::from_str::<Flow>(&text).unwrap(), flow);
        assert!(serde_json::from_str::<Flow>(r#"[["10.0.0.1"]]"#).is_err());
    }
}
