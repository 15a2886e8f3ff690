//! Connection tracking: forgetting flows to tasks that are no more.
//!
//! A UDP flow keeps its translation as long as datagrams come, so a client of a fixed host port
//! would go on speaking to the address of the last task, whoever publishes the port now. TCP needs
//! no such help: the flow ends with the connection.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use nix::errno::Errno;

use super::socket::{ACK, DUMP, REQUEST};
use super::{Attrs, Message, Request, Socket, attributes};
use crate::error::NetworkError;
use crate::model::Protocol;

const SUBSYSTEM: u16 = 1;
const GET: u16 = SUBSYSTEM << 8 | 1;
const DELETE: u16 = SUBSYSTEM << 8 | 2;
/// `struct nfgenmsg` for IPv4.
const HEADER: [u8; 4] = [2, 0, 0, 0];

const TUPLE_ORIGINAL: u16 = 1;
const TUPLE_REPLY: u16 = 2;
const TUPLE_IP: u16 = 1;
const TUPLE_PROTOCOL: u16 = 2;
const IP_SOURCE: u16 = 1;
const PROTOCOL_NUMBER: u16 = 1;
/// Answers of one batch stay well within the socket's buffer.
const TOGETHER: usize = 256;

/// Forgets all UDP flows that any of `tasks` answers.
pub(crate) fn forget_udp(
    socket: &mut Socket,
    tasks: &BTreeSet<Ipv4Addr>,
) -> Result<(), NetworkError> {
    let list = Message::new(GET, REQUEST | DUMP, &HEADER, Attrs::new());
    let flows = socket.dump("list tracked connections", &list)?;
    let stale: Vec<&[u8]> = flows
        .iter()
        .filter_map(|flow| original_if(flow, tasks))
        .collect();
    for some in stale.chunks(TOGETHER) {
        socket.perform(some.iter().map(|original| forget(original)).collect())?;
    }
    Ok(())
}

fn forget(original: &[u8]) -> Request {
    let tuple = Attrs::new().nest(TUPLE_ORIGINAL, Attrs::new().raw(original));
    Request {
        message: Message::new(DELETE, REQUEST | ACK, &HEADER, tuple),
        step: "forget a tracked connection".into(),
        // It timed out meanwhile.
        tolerated: &[Errno::ENOENT],
    }
}

/// The original tuple of a UDP flow that one of `tasks` answers.
fn original_if<'a>(flow: &'a [u8], tasks: &BTreeSet<Ipv4Addr>) -> Option<&'a [u8]> {
    let attrs = flow.get(HEADER.len()..)?;
    let reply = find(attrs, TUPLE_REPLY)?;
    let protocol = find(find(reply, TUPLE_PROTOCOL)?, PROTOCOL_NUMBER)?;
    let source = <[u8; 4]>::try_from(find(find(reply, TUPLE_IP)?, IP_SOURCE)?).ok()?;
    let stale = protocol == [Protocol::Udp.number()] && tasks.contains(&Ipv4Addr::from(source));
    if stale {
        find(attrs, TUPLE_ORIGINAL)
    } else {
        None
    }
}

fn find(bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    attributes(bytes)
        .find(|(kind, _)| *kind == wanted)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_udp_flows_to_these_tasks() {
        let task = Ipv4Addr::new(10, 0, 0, 9);
        let tuple = |source: Ipv4Addr, protocol: u8| {
            Attrs::new()
                .nest(TUPLE_IP, Attrs::new().put(IP_SOURCE, &source.octets()))
                .nest(TUPLE_PROTOCOL, Attrs::new().u8(PROTOCOL_NUMBER, protocol))
        };
        let flow = |source, protocol| {
            let attrs = Attrs::new()
                .nest(TUPLE_ORIGINAL, tuple(Ipv4Addr::LOCALHOST, protocol))
                .nest(TUPLE_REPLY, tuple(source, protocol));
            Message::new(0, 0, &HEADER, attrs).numbered(0)[super::super::message::HEADER..].to_vec()
        };
        let tasks = BTreeSet::from([task]);
        assert!(original_if(&flow(task, 17), &tasks).is_some());
        assert!(original_if(&flow(task, 6), &tasks).is_none());
        assert!(original_if(&flow(Ipv4Addr::LOCALHOST, 17), &tasks).is_none());
        for bad in [&[][..], &[2, 0, 0, 0], &[2, 0, 0, 0, 9, 0, 2, 0, 1]] {
            assert!(original_if(bad, &tasks).is_none());
        }
    }
}
