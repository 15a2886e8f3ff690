//! nf_tables: atomic batches of tables, chains, rules and maps.
//!
//! Only what this crate's rules are made of. The `nft` program reads the result and serves as the
//! oracle of the tests; it is never run by the product. Numbers are those of
//! `linux/netfilter/nf_tables.h`.

use std::net::Ipv4Addr;

use super::socket::{ACK, CREATE, REQUEST};
use super::{Attrs, Message, Socket};
use crate::error::NetworkError;

const SUBSYSTEM: u16 = 10;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const NEW_TABLE: u16 = 0;
const DELETE_TABLE: u16 = 2;
const NEW_CHAIN: u16 = 3;
const NEW_RULE: u16 = 6;
const NEW_SET: u16 = 9;
const NEW_ELEMENTS: u16 = 12;
const DELETE_ELEMENTS: u16 = 14;
const APPEND: u16 = 0x800;

/// The `ip` family.
const IPV4: u8 = 2;
const LIST_ELEMENT: u16 = 1;
const SET_IS_MAP: u32 = 8;
/// An attribute holds at most 64 KiB; an element takes 44 bytes.
const ELEMENTS_PER_MESSAGE: usize = 1000;

/// Data types as `nft` numbers them, for its listings; concatenations shift six bits a part.
const TYPE_IPV4: u32 = 7;
const TYPE_PROTOCOL: u32 = 12;
const TYPE_SERVICE: u32 = 13;

/// Registers of four bytes each.
const R0: u32 = 8;
const R1: u32 = 9;
/// The first register of sixteen bytes, which overlays the first four of four.
const WIDE: u32 = 1;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Hook {
    Prerouting = 0,
    Forward = 2,
    Output = 3,
    Postrouting = 4,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct BaseChain {
    pub(crate) name: &'static str,
    /// `filter` or `nat`.
    pub(crate) kind: &'static str,
    pub(crate) hook: Hook,
    pub(crate) priority: i32,
}

/// One destination that stands behind a published port: (protocol number, host port) and where it
/// leads.
pub(crate) type PortEntry = ((u8, u16), (Ipv4Addr, u16));

/// Changes that happen all at once or not at all.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    table: &'a str,
    messages: Vec<Message>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(table: &'a str) -> Self {
        Self {
            table,
            messages: Vec::new(),
        }
    }

    /// Empties the table, whether it was there or not. Connections keep their translations, and
    /// no packet sees the moment between the old rules and the new.
    pub(crate) fn fresh_table(&mut self) {
        self.drop_table();
        self.push(NEW_TABLE, CREATE, Attrs::new().text(1, self.table));
    }

    pub(crate) fn drop_table(&mut self) {
        // Deleting needs it to exist; making it needs nothing.
        self.push(NEW_TABLE, CREATE, Attrs::new().text(1, self.table));
        self.push(DELETE_TABLE, 0, Attrs::new().text(1, self.table));
    }

    pub(crate) fn chain(&mut self, chain: BaseChain) {
        let hook = Attrs::new()
            .be32(1, chain.hook as u32)
            .be32(2, chain.priority.cast_unsigned());
        let attrs = Attrs::new()
            .text(1, self.table)
            .text(3, chain.name)
            .nest(4, hook)
            .text(7, chain.kind);
        self.push(NEW_CHAIN, CREATE, attrs);
    }

    pub(crate) fn rule(&mut self, chain: &str, expressions: Vec<Expression>) {
        let list = expressions
            .into_iter()
            .fold(Attrs::new(), |list, expression| {
                list.nest(LIST_ELEMENT, expression.0)
            });
        let attrs = Attrs::new()
            .text(1, self.table)
            .text(2, chain)
            .nest(4, list);
        self.push(NEW_RULE, CREATE | APPEND, attrs);
    }

    /// `map <name> { type inet_proto . inet_service : ipv4_addr . inet_service }`
    pub(crate) fn port_map(&mut self, name: &str) {
        let attrs = Attrs::new()
            .text(1, self.table)
            .text(2, name)
            .be32(3, SET_IS_MAP)
            .be32(4, TYPE_PROTOCOL << 6 | TYPE_SERVICE)
            .be32(5, 8)
            .be32(6, TYPE_IPV4 << 6 | TYPE_SERVICE)
            .be32(7, 8)
            // Names the set within this batch; one set a batch needs one name.
            .be32(10, 1);
        self.push(NEW_SET, CREATE, attrs);
    }

    pub(crate) fn add_ports(&mut self, map: &str, entries: &[PortEntry]) {
        self.elements(NEW_ELEMENTS, CREATE, map, entries);
    }

    pub(crate) fn remove_ports(&mut self, map: &str, entries: &[PortEntry]) {
        self.elements(DELETE_ELEMENTS, 0, map, entries);
    }

    fn elements(&mut self, kind: u16, flags: u16, map: &str, entries: &[PortEntry]) {
        for chunk in entries.chunks(ELEMENTS_PER_MESSAGE) {
            let list = chunk.iter().fold(Attrs::new(), |list, entry| {
                list.nest(LIST_ELEMENT, port_element(*entry))
            });
            let attrs = Attrs::new().text(1, self.table).text(2, map).nest(3, list);
            self.push(kind, flags, attrs);
        }
    }

    fn push(&mut self, kind: u16, flags: u16, attrs: Attrs) {
        let header = [IPV4, 0, 0, 0];
        self.messages.push(Message::new(
            SUBSYSTEM << 8 | kind,
            REQUEST | ACK | flags,
            &header,
            attrs,
        ));
    }

    /// # Errors
    /// `Kernel` with `step`; nothing was changed then.
    pub(crate) fn commit(
        self,
        socket: &mut Socket,
        step: &'static str,
    ) -> Result<(), NetworkError> {
        let mut header = vec![0, 0];
        header.extend_from_slice(&SUBSYSTEM.to_be_bytes());
        let frame = |kind| Message::new(kind, REQUEST, &header, Attrs::new());
        socket.perform_framed(step, frame(BATCH_BEGIN), self.messages, frame(BATCH_END))
    }
}

fn port_element(((protocol, port), (address, target)): PortEntry) -> Attrs {
    let mut key = [protocol, 0, 0, 0, 0, 0, 0, 0];
    key[4..6].copy_from_slice(&port.to_be_bytes());
    let mut data = [0; 8];
    data[..4].copy_from_slice(&address.octets());
    data[4..6].copy_from_slice(&target.to_be_bytes());
    Attrs::new().nest(1, value(&key)).nest(2, value(&data))
}

fn value(bytes: &[u8]) -> Attrs {
    Attrs::new().put(1, bytes)
}

/// One step of a rule; a comparison that fails ends the rule.
#[derive(Debug, Clone)]
pub(crate) struct Expression(Attrs);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Compare {
    Equal = 0,
    Different = 1,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Direction {
    In = 6,
    Out = 7,
}

impl Expression {
    fn new(name: &str, data: Attrs) -> Self {
        Self(Attrs::new().text(1, name).nest(2, data))
    }

    fn meta(key: u32, register: u32) -> Self {
        Self::new("meta", Attrs::new().be32(1, register).be32(2, key))
    }

    fn compare(register: u32, how: Compare, with: &[u8]) -> Self {
        let data = Attrs::new()
            .be32(1, register)
            .be32(2, how as u32)
            .nest(3, value(with));
        Self::new("cmp", data)
    }

    /// `base` 1 is the network header, 2 the transport header.
    fn payload(register: u32, base: u32, offset: u32, len: u32) -> Self {
        let data = Attrs::new()
            .be32(1, register)
            .be32(2, base)
            .be32(3, offset)
            .be32(4, len);
        Self::new("payload", data)
    }

    fn mask(register: u32, mask: &[u8; 4]) -> Self {
        let data = Attrs::new()
            .be32(1, register)
            .be32(2, register)
            .be32(3, 4)
            .nest(4, value(mask))
            .nest(5, value(&[0; 4]));
        Self::new("bitwise", data)
    }

    /// `oifname <how> "name"`, the whole name.
    pub(crate) fn link(direction: Direction, how: Compare, name: &str) -> Vec<Self> {
        let mut padded = [0; 16];
        padded[..name.len()].copy_from_slice(name.as_bytes());
        vec![
            Self::meta(direction as u32, WIDE),
            Self::compare(WIDE, how, &padded),
        ]
    }

    /// `oifname <how> "prefix*"`.
    pub(crate) fn link_prefix(direction: Direction, how: Compare, prefix: &str) -> Vec<Self> {
        vec![
            Self::meta(direction as u32, WIDE),
            Self::compare(WIDE, how, prefix.as_bytes()),
        ]
    }

    /// `ip saddr <network>/<prefix>`.
    pub(crate) fn source(network: Ipv4Addr, prefix: u8) -> Vec<Self> {
        Self::address(12, network, prefix)
    }

    /// `ip daddr <network>/<prefix>`.
    pub(crate) fn destination(network: Ipv4Addr, prefix: u8) -> Vec<Self> {
        Self::address(16, network, prefix)
    }

    fn address(offset: u32, network: Ipv4Addr, prefix: u8) -> Vec<Self> {
        let mask = u32::MAX
            .checked_shl(32 - u32::from(prefix))
            .unwrap_or(0)
            .to_be_bytes();
        vec![
            Self::payload(R0, 1, offset, 4),
            Self::mask(R0, &mask),
            Self::compare(R0, Compare::Equal, &network.octets()),
        ]
    }

    /// `fib daddr type local`: the packet is for this host itself.
    pub(crate) fn for_this_host() -> Vec<Self> {
        const ADDRESS_TYPE: u32 = 3;
        const OF_DESTINATION: u32 = 2;
        const LOCAL: u32 = 2;
        let fib = Attrs::new()
            .be32(1, R0)
            .be32(2, ADDRESS_TYPE)
            .be32(3, OF_DESTINATION);
        vec![
            Self::new("fib", fib),
            Self::compare(R0, Compare::Equal, &LOCAL.to_ne_bytes()),
        ]
    }

    /// `ct state new`
    pub(crate) fn new_connection() -> Vec<Self> {
        const STATE: u32 = 0;
        const NEW: u32 = 8;
        Self::conntrack(STATE, NEW, Compare::Different)
    }

    /// `ct status dnat`, or its absence.
    pub(crate) fn translated(is: bool) -> Vec<Self> {
        const STATUS: u32 = 2;
        const DESTINATION_TRANSLATED: u32 = 0x20;
        let how = if is {
            Compare::Different
        } else {
            Compare::Equal
        };
        Self::conntrack(STATUS, DESTINATION_TRANSLATED, how)
    }

    fn conntrack(key: u32, bits: u32, how: Compare) -> Vec<Self> {
        let load = Self::new("ct", Attrs::new().be32(1, R0).be32(2, key));
        vec![
            load,
            Self::mask(R0, &bits.to_ne_bytes()),
            Self::compare(R0, how, &[0; 4]),
        ]
    }

    /// `dnat ip to meta l4proto . th dport map @<map>`
    pub(crate) fn to_mapped_port(map: &str) -> Vec<Self> {
        const L4PROTO: u32 = 16;
        const DNAT: u32 = 1;
        let lookup = Attrs::new()
            .text(1, map)
            .be32(2, WIDE)
            .be32(3, WIDE)
            .be32(4, 1);
        let nat = Attrs::new()
            .be32(1, DNAT)
            .be32(2, u32::from(IPV4))
            .be32(3, WIDE)
            .be32(5, R1);
        vec![
            Self::meta(L4PROTO, WIDE),
            Self::payload(R1, 2, 2, 2),
            Self::new("lookup", lookup),
            Self::new("nat", nat),
        ]
    }

    /// `masquerade`: leave with the address of the link taken.
    pub(crate) fn masquerade() -> Vec<Self> {
        vec![Self::new("masq", Attrs::new())]
    }

    pub(crate) fn discard() -> Vec<Self> {
        const VERDICT: u32 = 0;
        const DROP: u32 = 0;
        let verdict = Attrs::new().nest(2, Attrs::new().be32(1, DROP));
        vec![Self::new(
            "immediate",
            Attrs::new().be32(1, VERDICT).nest(2, verdict),
        )]
    }
}
