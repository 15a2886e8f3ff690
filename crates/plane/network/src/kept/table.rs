//! The nf_tables tables of load balancers that speak as their clients.
//!
//! ```text
//! begin  from the link of a load balancer here, or by a tunnel with the hardware address of one elsewhere: ct label <its address>
//!        by a tunnel, from a source that is not behind it, and not of such a connection: dropped
//!        on the way out: meta mark, which `sent` reads; on the way back: meta mark by @answers, which rules of routing read
//! sent   (table of the same name about links) what leaves by the tunnel says by the sender's hardware address whose it is
//! ```

use nix::errno::Errno;

use crate::error::NetworkError;
use crate::names::{Names, SCOPE_TUNNEL};
use crate::netlink::Socket;
use crate::netlink::nft::{BaseChain, Batch, Compare, Direction, Expression, Hook};

use super::{Balancers, mark_of, outgoing_mark_of};

/// Behind connection tracking, in front of all that judges or translates.
const BEGIN: BaseChain = BaseChain {
    name: "begin",
    kind: "filter",
    hook: Hook::Prerouting,
    priority: -190,
};
/// What kernels say that know no tables about links, or none about what they send.
const UNKNOWN: [Errno; 2] = [Errno::EOPNOTSUPP, Errno::EAFNOSUPPORT];
const SENT: &str = "sent";
/// The marks of answers, by load balancers.
const ANSWERS: &str = "answers";
/// Load balancers on other hosts.
const ELSEWHERE: &str = "elsewhere";

/// As `wanted` says; without any load balancer there is no table.
pub(super) fn write(
    socket: &mut Socket,
    names: &Names,
    wanted: &Balancers,
) -> Result<(), NetworkError> {
    let name = format!("{}_kept", names.table());
    // Who comes by the tunnel is judged before anybody is sent there.
    write_begin(socket, &name, wanted)?;
    write_sent(socket, &name, wanted)
}

/// Whether the kernel knows labels of connections, which rules of every VPC ask for.
pub(crate) fn try_labels(socket: &mut Socket) -> Result<(), NetworkError> {
    let mut batch = Batch::new("labels");
    batch.fresh_table();
    batch.chain(BEGIN);
    batch.rule(BEGIN.name, Expression::kept());
    batch.commit(socket, "ask for labels of connections")
}

/// Whether the kernel knows rules for what a link sends.
pub(crate) fn try_senders(socket: &mut Socket) -> Result<(), NetworkError> {
    let mut batch = Batch::of_links("senders");
    batch.fresh_table();
    batch.sending_chain(SENT, "lo");
    batch.commit(socket, "ask for rules for what a link sends")
}

fn write_begin(socket: &mut Socket, name: &str, wanted: &Balancers) -> Result<(), NetworkError> {
    let mut batch = Batch::new(name);
    if wanted.all.is_empty() {
        batch.drop_table();
        return batch.commit(socket, "remove the table of load balancers");
    }
    batch.fresh_table();
    batch.mark_map(ANSWERS);
    batch.address_set(ELSEWHERE);
    let marks = wanted.all.keys().map(|it| (*it, mark_of(*it)));
    batch.add_marks(ANSWERS, marks);
    batch.add_addresses(ELSEWHERE, wanted.elsewhere());
    batch.chain(BEGIN);
    let mut rule = |parts: &[Vec<Expression>]| batch.rule(BEGIN.name, parts.concat());
    for (address, link) in wanted.here() {
        let as_client = [
            Expression::link(Direction::In, Compare::Equal, link),
            Expression::source_beside(address),
        ]
        .concat();
        rule(&[
            as_client.clone(),
            Expression::new_connection(),
            Expression::belongs_to_balancer(address),
        ]);
        // What a node leads on as its own is the node's.
        let mark = Expression::mark_packet(outgoing_mark_of(address));
        rule(&[as_client, Expression::source_as_it_came(), mark]);
    }
    let by_tunnel = || Expression::link(Direction::In, Compare::Equal, SCOPE_TUNNEL);
    rule(&[
        by_tunnel(),
        Expression::new_connection(),
        Expression::belongs_to_sending_balancer(ELSEWHERE),
    ]);
    rule(&[
        by_tunnel(),
        Expression::first_direction(true),
        Expression::balancer_in(ELSEWHERE),
        Expression::accept(),
    ]);
    rule(&[
        by_tunnel(),
        Expression::source_is_elsewhere(),
        Expression::discard(),
    ]);
    rule(&[
        Expression::first_direction(false),
        Expression::mark_by_balancer(ANSWERS),
    ]);
    batch.commit(socket, "write the table of load balancers")
}

fn write_sent(socket: &mut Socket, name: &str, wanted: &Balancers) -> Result<(), NetworkError> {
    let mut batch = Batch::of_links(name);
    if wanted.tunnel.is_none() || wanted.here().next().is_none() {
        batch.drop_table();
    } else {
        batch.fresh_table();
        batch.sending_chain(SENT, SCOPE_TUNNEL);
        for (address, _) in wanted.here() {
            let mark = Expression::packet_marked(outgoing_mark_of(address));
            let rule = [mark, Expression::send_as_balancer(address)].concat();
            batch.rule(SENT, rule);
        }
    }
    match batch.commit(socket, "write what load balancers send through a tunnel") {
        Err(error) if UNKNOWN.iter().any(|it| error.errno() == Some(*it as i32)) => {
            if wanted.tunnel.is_some() {
                tracing::warn!(%error, "this kernel has no rules for what a link sends (Linux 5.16); load balancers keep no client's address towards other hosts");
            }
            Ok(())
        }
        written => written,
    }
}
