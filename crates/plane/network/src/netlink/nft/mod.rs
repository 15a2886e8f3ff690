//! nf_tables: atomic batches of tables, chains, rules and maps.
//!
//! Only what this crate's rules are made of. The `nft` program reads the result and serves as the
//! oracle of the tests; it is never run by the product. Numbers are those of
//! `linux/netfilter/nf_tables.h`.

mod expression;
mod image;
mod service;

use std::net::{Ipv4Addr, Ipv6Addr};

use nix::errno::Errno;

use super::socket::{CREATE, DUMP, REQUEST};
use super::{Attrs, Message, Socket, attributes};
use crate::error::NetworkError;

pub(crate) use expression::{Compare, Direction, Expression, Memory, Side};
pub(crate) use image::Image;

const SUBSYSTEM: u16 = 10;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const NEW_TABLE: u16 = 0;
const GET_TABLE: u16 = 1;
const DELETE_TABLE: u16 = 2;
const NEW_CHAIN: u16 = 3;
const DELETE_CHAIN: u16 = 5;
const NEW_RULE: u16 = 6;
const DELETE_RULE: u16 = 8;
const NEW_SET: u16 = 9;
const DELETE_SET: u16 = 11;
const NEW_ELEMENTS: u16 = 12;
const GET_ELEMENTS: u16 = 13;
const DELETE_ELEMENTS: u16 = 14;
const APPEND: u16 = 0x800;

/// The families `ip` and `ip6`.
const IPV4: u8 = 2;
const IPV6: u8 = 10;
/// Of tables about what single links send.
const LINKS: u8 = 5;

/// Whose packets a table is about, where the same is made for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IpVersion {
    V4,
    V6,
}

impl IpVersion {
    pub(crate) const ALL: [Self; 2] = [Self::V4, Self::V6];

    const fn family(self) -> u8 {
        match self {
            Self::V4 => IPV4,
            Self::V6 => IPV6,
        }
    }

    /// Bytes of an address.
    pub(crate) const fn bytes(self) -> u32 {
        match self {
            Self::V4 => 4,
            Self::V6 => 16,
        }
    }
}
const LIST_ELEMENT: u16 = 1;
const SET_IS_MAP: u32 = 8;
const SET_TIMES_OUT: u32 = 0x10;
/// Rules add elements.
const SET_IS_DYNAMIC: u32 = 0x20;
/// An attribute holds at most 64 KiB; the largest element takes 100 bytes.
const ELEMENTS_PER_MESSAGE: usize = 500;

/// Their answers must fit the socket's buffer.
const LOOKED_UP_AT_ONCE: usize = 64;

/// Data types as `nft` numbers them, for its listings; concatenations shift six bits a part.
const TYPE_IPV4: u32 = 7;
const TYPE_IPV6: u32 = 8;
const TYPE_PROTOCOL: u32 = 12;
const TYPE_SERVICE: u32 = 13;
const TYPE_INTEGER: u32 = 4;
const TYPE_MARK: u32 = 19;
const TYPE_LINK: u32 = 20;
const TYPE_LINK_NAME: u32 = 41;
const TYPE_VERDICT: u32 = 0xffff_ff00;

const JUMP: i32 = -3;
const GOTO: i32 = -4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hook {
    Prerouting = 0,
    Input = 1,
    Forward = 2,
    Output = 3,
    Postrouting = 4,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Where a service is called: address, protocol number, port.
pub(crate) type ServiceKey = (Ipv4Addr, u8, u16);

/// Changes that happen all at once or not at all.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    family: u8,
    table: &'a str,
    messages: Vec<Message>,
    /// Sets made so far; the kernel wants a number for each within a batch.
    sets: u32,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(table: &'a str) -> Self {
        Self {
            family: IPV4,
            table,
            messages: Vec::new(),
            sets: 0,
        }
    }

    /// Of the table of that name for IPv6, which is another one.
    pub(crate) fn ipv6(table: &'a str) -> Self {
        Self {
            family: IPV6,
            ..Self::new(table)
        }
    }

    /// Of the table of that name about what links send.
    pub(crate) fn of_links(table: &'a str) -> Self {
        Self {
            family: LINKS,
            ..Self::new(table)
        }
    }

    pub(crate) fn of_version(version: IpVersion, table: &'a str) -> Self {
        Self {
            family: version.family(),
            ..Self::new(table)
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

    /// A chain of what a link is about to send, in a table about links.
    pub(crate) fn sending_chain(&mut self, name: &str, link: &str) {
        const EGRESS: u32 = 1;
        let hook = Attrs::new().be32(1, EGRESS).be32(2, 0).text(3, link);
        let attrs = Attrs::new()
            .text(1, self.table)
            .text(3, name)
            .nest(4, hook)
            .text(7, "filter");
        self.push(NEW_CHAIN, CREATE, attrs);
    }

    /// A chain without a hook, entered from other chains.
    pub(crate) fn inner_chain(&mut self, name: &str) {
        self.push(NEW_CHAIN, CREATE, self.of(3, name));
    }

    /// The chain with its rules; nothing leads to it any more.
    pub(crate) fn delete_chain(&mut self, name: &str) {
        self.push(DELETE_CHAIN, 0, self.of(3, name));
    }

    /// Removes a chain's rules.
    pub(crate) fn flush_chain(&mut self, name: &str) {
        self.push(DELETE_RULE, 0, self.of(2, name));
    }

    /// The table and, as attribute `kind`, the name of what is meant in it.
    fn of(&self, kind: u16, name: &str) -> Attrs {
        Attrs::new().text(1, self.table).text(kind, name)
    }

    pub(crate) fn rule(&mut self, chain: &str, expressions: Vec<Expression>) {
        let attrs = self.of(2, chain).nest(4, Expression::list(expressions));
        self.push(NEW_RULE, CREATE | APPEND, attrs);
    }

    /// `map <name> { type inet_proto . inet_service : ipv4_addr . inet_service }`
    pub(crate) fn port_map(&mut self, name: &str) {
        let key = (TYPE_PROTOCOL << 6 | TYPE_SERVICE, 8);
        let data = (TYPE_IPV4 << 6 | TYPE_SERVICE, 8);
        self.new_set(name, key, Some(data));
    }

    /// `map <name> { type ipv4_addr : verdict }`
    pub(crate) fn verdict_map(&mut self, name: &str) {
        self.new_set(name, (TYPE_IPV4, 4), Some((TYPE_VERDICT, 0)));
    }

    /// `set <name> { type ipv4_addr }`
    pub(crate) fn address_set(&mut self, name: &str) {
        self.new_set(name, (TYPE_IPV4, 4), None);
    }

    /// `map <name> { type ipv4_addr : ipv4_addr }`
    pub(crate) fn address_map(&mut self, name: &str) {
        self.new_set(name, (TYPE_IPV4, 4), Some((TYPE_IPV4, 4)));
    }

    /// `map <name> { type ipv4_addr : mark }`
    pub(crate) fn mark_map(&mut self, name: &str) {
        self.new_set(name, (TYPE_IPV4, 4), Some((TYPE_MARK, 4)));
    }

    /// `set <name> { type ipv4_addr . inet_proto . inet_service }`
    pub(crate) fn listener_set(&mut self, name: &str) {
        let key = TYPE_IPV4 << 12 | TYPE_PROTOCOL << 6 | TYPE_SERVICE;
        self.new_set(name, (key, 12), None);
    }

    /// `map <name> { type ipv4_addr . ipv4_addr : ipv4_addr }`
    pub(crate) fn way_map(&mut self, name: &str) {
        let key = (TYPE_IPV4 << 6 | TYPE_IPV4, 8);
        self.new_set(name, key, Some((TYPE_IPV4, 4)));
    }

    /// `map <name> { type ipv6_addr : verdict }`
    pub(crate) fn verdict_map_ipv6(&mut self, name: &str) {
        self.new_set(name, (TYPE_IPV6, 16), Some((TYPE_VERDICT, 0)));
    }

    /// `set <name> { type ipv6_addr }`
    pub(crate) fn address_set_ipv6(&mut self, name: &str) {
        self.new_set(name, (TYPE_IPV6, 16), None);
    }

    /// `set <name> { type ifname . ipv6_addr }`
    pub(crate) fn sender_set_ipv6(&mut self, name: &str) {
        self.new_set(name, (TYPE_LINK_NAME << 6 | TYPE_IPV6, 32), None);
    }

    /// A set of three-byte numbers.
    pub(crate) fn number_set(&mut self, name: &str) {
        self.new_set(name, (TYPE_INTEGER, 3), None);
    }

    /// `set <name> { type iface_index; size <size>; flags dynamic,timeout; timeout <milliseconds> }`:
    /// what [`Expression::link_exceeds`] counts in.
    pub(crate) fn link_meter(&mut self, name: &str, size: u32, timeout_ms: u64) {
        self.sets += 1;
        let attrs = self
            .of(2, name)
            .be32(3, SET_TIMES_OUT | SET_IS_DYNAMIC)
            .be32(4, TYPE_LINK)
            .be32(5, 4)
            .nest(9, Attrs::new().be32(1, size))
            .be32(10, self.sets)
            .be64(11, timeout_ms);
        self.push(NEW_SET, CREATE, attrs);
    }

    /// `set <name> { type ipv4_addr . ipv4_addr . inet_proto . mark . mark; size <size>; flags dynamic,timeout; timeout <milliseconds> }`,
    /// or the same of IPv6: what [`Expression::count_flow`] counts in. The last two are both ports, and flags of TCP.
    pub(crate) fn flow_set(&mut self, version: IpVersion, name: &str, size: u32, timeout_ms: u64) {
        let address = match version {
            IpVersion::V4 => TYPE_IPV4,
            IpVersion::V6 => TYPE_IPV6,
        };
        let kind = [address, address, TYPE_PROTOCOL, TYPE_MARK, TYPE_MARK];
        let kind = kind.into_iter().fold(0, |all, part| all << 6 | part);
        let key = 2 * version.bytes() + 12;
        self.counting_set(name, (kind, key), size, timeout_ms);
    }

    /// `set <name> { type ipv4_addr; … }`: what [`Expression::count_for`] counts in.
    pub(crate) fn tally_set(&mut self, name: &str, size: u32, timeout_ms: u64) {
        self.counting_set(name, (TYPE_IPV4, 4), size, timeout_ms);
    }

    fn counting_set(&mut self, name: &str, key: (u32, u32), size: u32, timeout_ms: u64) {
        self.sets += 1;
        let attrs = self
            .of(2, name)
            .be32(3, SET_TIMES_OUT | SET_IS_DYNAMIC)
            .be32(4, key.0)
            .be32(5, key.1)
            .nest(9, Attrs::new().be32(1, size))
            .be32(10, self.sets)
            .be64(11, timeout_ms);
        self.push(NEW_SET, CREATE, attrs);
    }

    /// `key` and `data` are type (for listings) and length in bytes.
    fn new_set(&mut self, name: &str, key: (u32, u32), data: Option<(u32, u32)>) {
        self.sets += 1;
        let mut attrs = self.of(2, name);
        if let Some((kind, len)) = data {
            attrs = attrs.be32(3, SET_IS_MAP).be32(6, kind);
            if len > 0 {
                attrs = attrs.be32(7, len);
            }
        }
        let attrs = attrs.be32(4, key.0).be32(5, key.1).be32(10, self.sets);
        self.push(NEW_SET, CREATE, attrs);
    }

    /// The set or map with its elements; no rule speaks of it any more.
    pub(crate) fn delete_set(&mut self, name: &str) {
        self.push(DELETE_SET, 0, self.of(2, name));
    }

    pub(crate) fn add_ports(&mut self, map: &str, entries: &[PortEntry]) {
        self.elements(NEW_ELEMENTS, CREATE, map, entries.iter().map(port_element));
    }

    pub(crate) fn remove_ports(&mut self, map: &str, entries: &[PortEntry]) {
        self.elements(DELETE_ELEMENTS, 0, map, entries.iter().map(port_element));
    }

    pub(crate) fn add_addresses(
        &mut self,
        set: &str,
        addresses: impl IntoIterator<Item = Ipv4Addr>,
    ) {
        let elements = addresses.into_iter().map(|a| key_element(&a.octets()));
        self.elements(NEW_ELEMENTS, CREATE, set, elements);
    }

    /// Also removes keys of a map.
    pub(crate) fn remove_addresses(
        &mut self,
        set: &str,
        addresses: impl IntoIterator<Item = Ipv4Addr>,
    ) {
        let elements = addresses.into_iter().map(|a| key_element(&a.octets()));
        self.elements(DELETE_ELEMENTS, 0, set, elements);
    }

    /// Entries of an address map.
    pub(crate) fn add_pairs(
        &mut self,
        map: &str,
        pairs: impl IntoIterator<Item = (Ipv4Addr, Ipv4Addr)>,
    ) {
        let elements = pairs
            .into_iter()
            .map(|(from, to)| key_element(&from.octets()).nest(2, value(&to.octets())));
        self.elements(NEW_ELEMENTS, CREATE, map, elements);
    }

    /// Entries of a map of marks.
    pub(crate) fn add_marks(
        &mut self,
        map: &str,
        marks: impl IntoIterator<Item = (Ipv4Addr, u32)>,
    ) {
        let elements = marks
            .into_iter()
            .map(|(of, mark)| key_element(&of.octets()).nest(2, value(&mark.to_ne_bytes())));
        self.elements(NEW_ELEMENTS, CREATE, map, elements);
    }

    pub(crate) fn add_numbers(&mut self, set: &str, numbers: impl IntoIterator<Item = [u8; 3]>) {
        let elements = numbers.into_iter().map(|number| key_element(&number));
        self.elements(NEW_ELEMENTS, CREATE, set, elements);
    }

    pub(crate) fn remove_numbers(&mut self, set: &str, numbers: impl IntoIterator<Item = [u8; 3]>) {
        let elements = numbers.into_iter().map(|number| key_element(&number));
        self.elements(DELETE_ELEMENTS, 0, set, elements);
    }

    pub(crate) fn add_listeners(
        &mut self,
        set: &str,
        listeners: impl IntoIterator<Item = ServiceKey>,
    ) {
        let elements = listeners.into_iter().map(service_element);
        self.elements(NEW_ELEMENTS, CREATE, set, elements);
    }

    pub(crate) fn remove_listeners(
        &mut self,
        set: &str,
        listeners: impl IntoIterator<Item = ServiceKey>,
    ) {
        let elements = listeners.into_iter().map(service_element);
        self.elements(DELETE_ELEMENTS, 0, set, elements);
    }

    /// `from . to : address`
    pub(crate) fn add_way(&mut self, map: &str, (from, to): (Ipv4Addr, Ipv4Addr), by: Ipv4Addr) {
        let element = way_element(from, to).nest(2, value(&by.octets()));
        self.elements(NEW_ELEMENTS, CREATE, map, [element]);
    }

    pub(crate) fn remove_way(&mut self, map: &str, (from, to): (Ipv4Addr, Ipv4Addr)) {
        self.elements(DELETE_ELEMENTS, 0, map, [way_element(from, to)]);
    }

    pub(crate) fn add_addresses_ipv6(
        &mut self,
        set: &str,
        addresses: impl IntoIterator<Item = Ipv6Addr>,
    ) {
        let elements = addresses.into_iter().map(|a| key_element(&a.octets()));
        self.elements(NEW_ELEMENTS, CREATE, set, elements);
    }

    /// Also removes keys of a map.
    pub(crate) fn remove_addresses_ipv6(
        &mut self,
        set: &str,
        addresses: impl IntoIterator<Item = Ipv6Addr>,
    ) {
        let elements = addresses.into_iter().map(|a| key_element(&a.octets()));
        self.elements(DELETE_ELEMENTS, 0, set, elements);
    }

    /// `"link" . address`
    pub(crate) fn add_senders_ipv6<'b>(
        &mut self,
        set: &str,
        senders: impl IntoIterator<Item = (&'b str, Ipv6Addr)>,
    ) {
        let elements = senders.into_iter().map(sender_element);
        self.elements(NEW_ELEMENTS, CREATE, set, elements);
    }

    pub(crate) fn remove_senders_ipv6<'b>(
        &mut self,
        set: &str,
        senders: impl IntoIterator<Item = (&'b str, Ipv6Addr)>,
    ) {
        let elements = senders.into_iter().map(sender_element);
        self.elements(DELETE_ELEMENTS, 0, set, elements);
    }

    /// `address : goto chain`
    pub(crate) fn add_verdicts_ipv6(
        &mut self,
        map: &str,
        verdicts: impl IntoIterator<Item = (Ipv6Addr, String)>,
    ) {
        let elements = verdicts.into_iter().map(|(address, chain)| {
            let verdict = Attrs::new().be32(1, GOTO.cast_unsigned()).text(2, &chain);
            let data = Attrs::new().nest(2, verdict);
            key_element(&address.octets()).nest(2, data)
        });
        self.elements(NEW_ELEMENTS, CREATE, map, elements);
    }

    /// `address : goto chain`
    pub(crate) fn add_verdict(&mut self, map: &str, address: Ipv4Addr, chain: &str) {
        let verdict = Attrs::new().be32(1, GOTO.cast_unsigned()).text(2, chain);
        let data = Attrs::new().nest(2, verdict);
        let element = key_element(&address.octets()).nest(2, data);
        self.elements(NEW_ELEMENTS, CREATE, map, [element]);
    }

    fn elements(
        &mut self,
        kind: u16,
        flags: u16,
        set: &str,
        elements: impl IntoIterator<Item = Attrs>,
    ) {
        let mut elements = elements.into_iter().peekable();
        while elements.peek().is_some() {
            let some = elements.by_ref().take(ELEMENTS_PER_MESSAGE);
            let list = some.fold(Attrs::new(), |list, e| list.nest(LIST_ELEMENT, e));
            self.push(kind, flags, self.of(2, set).nest(3, list));
        }
    }

    fn push(&mut self, kind: u16, flags: u16, attrs: Attrs) {
        let header = [self.family, 0, 0, 0];
        self.messages.push(Message::new(
            SUBSYSTEM << 8 | kind,
            REQUEST | flags,
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

/// What the kernel calls a table: another one of the same name is called otherwise. `None` if there is none.
pub(crate) fn table_handle(socket: &mut Socket, name: &str) -> Result<Option<u64>, NetworkError> {
    const HANDLE: u16 = 4;
    let found = find_table(IpVersion::V4, socket, name)?;
    let handle = found.and_then(|body| find(body.get(4..)?, HANDLE)?.try_into().ok());
    Ok(handle.map(u64::from_be_bytes))
}

/// Whether there is a table of that name.
pub(crate) fn table_exists(socket: &mut Socket, name: &str) -> Result<bool, NetworkError> {
    table_exists_of(IpVersion::V4, socket, name)
}

/// The same of IPv6.
pub(crate) fn table_exists_ipv6(socket: &mut Socket, name: &str) -> Result<bool, NetworkError> {
    table_exists_of(IpVersion::V6, socket, name)
}

pub(crate) fn table_exists_of(
    version: IpVersion,
    socket: &mut Socket,
    name: &str,
) -> Result<bool, NetworkError> {
    Ok(find_table(version, socket, name)?.is_some())
}

fn find_table(
    version: IpVersion,
    socket: &mut Socket,
    name: &str,
) -> Result<Option<Vec<u8>>, NetworkError> {
    let attrs = Attrs::new().text(1, name);
    let header = [version.family(), 0, 0, 0];
    let request = Message::new(SUBSYSTEM << 8 | GET_TABLE, REQUEST, &header, attrs);
    match socket.ask("find an nftables table", request) {
        Err(error) if error.errno() == Some(Errno::ENOENT as i32) => Ok(None),
        found => found,
    }
}

/// Packets and bytes, as a rule counted them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    /// How long it stays if no other packet comes.
    pub(crate) left_ms: u64,
}

/// A key of a set that rules count in.
pub(crate) type CountedKey = (Vec<u8>, Counted);

/// The keys of a set that rules count in, and what each has; and whether all of them are there: where the kernel gives them in several
/// pieces, packets change the order of those that are left.
pub(crate) fn counted(
    socket: &mut Socket,
    version: IpVersion,
    table: &str,
    set: &str,
) -> Result<(Vec<CountedKey>, bool), NetworkError> {
    const ELEMENTS: u16 = 3;
    let attrs = Attrs::new().text(1, table).text(2, set);
    let header = [version.family(), 0, 0, 0];
    let request = Message::new(
        SUBSYSTEM << 8 | GET_ELEMENTS,
        REQUEST | DUMP,
        &header,
        attrs,
    );
    let (parts, stayed) = socket.dump_loosely("read counted flows", &request)?;
    let lists = parts.iter().filter_map(|part| {
        let all = part.get(header.len()..)?;
        find(all, ELEMENTS)
    });
    // The last piece is often an empty one.
    let lists: Vec<&[u8]> = lists.filter(|list| !list.is_empty()).collect();
    let elements = lists.iter().flat_map(|list| attributes(list));
    let elements = elements.filter(|it| it.0 == LIST_ELEMENT);
    let elements = elements.filter_map(|(_, it)| counted_element(it));
    Ok((elements.collect(), stayed && lists.len() <= 1))
}

/// The same of single keys: those that are there. Unlike [`counted`] this is exact, however much the set changes.
pub(crate) fn counted_of(
    socket: &mut Socket,
    version: IpVersion,
    table: &str,
    set: &str,
    keys: &[Vec<u8>],
) -> Result<Vec<CountedKey>, NetworkError> {
    const ELEMENTS: u16 = 3;
    let header = [version.family(), 0, 0, 0];
    let mut all = Vec::new();
    for keys in keys.chunks(LOOKED_UP_AT_ONCE) {
        let requests = keys.iter().map(|key| {
            let elements = Attrs::new().nest(LIST_ELEMENT, key_element(key));
            let attrs = Attrs::new()
                .text(1, table)
                .text(2, set)
                .nest(ELEMENTS, elements);
            Message::new(SUBSYSTEM << 8 | GET_ELEMENTS, REQUEST, &header, attrs)
        });
        let answers = socket.ask_each("look up counted flows", requests.collect())?;
        let found = answers.iter().filter_map(|answer| {
            let list = find(answer.get(header.len()..)?, ELEMENTS)?;
            counted_element(find(list, LIST_ELEMENT)?)
        });
        all.extend(found);
    }
    Ok(all)
}

fn counted_element(element: &[u8]) -> Option<(Vec<u8>, Counted)> {
    const KEY: u16 = 1;
    const LEFT: u16 = 5;
    const EXPRESSION: u16 = 7;
    let key = find(find(element, KEY)?, 1)?.to_vec();
    let counter = find(find(element, EXPRESSION)?, 2)?;
    let number = |list, kind| Some(u64::from_be_bytes(find(list, kind)?.try_into().ok()?));
    let counted = Counted {
        bytes: number(counter, 1)?,
        packets: number(counter, 2)?,
        left_ms: number(element, LEFT).unwrap_or_default(),
    };
    Some((key, counted))
}

fn find(bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    let mut all = attributes(bytes);
    all.find(|(kind, _)| *kind == wanted)
        .map(|(_, value)| value)
}

fn key_element(key: &[u8]) -> Attrs {
    Attrs::new().nest(1, value(key))
}

fn sender_element((link, address): (&str, Ipv6Addr)) -> Attrs {
    let mut key = [0; 32];
    key[..link.len()].copy_from_slice(link.as_bytes());
    key[16..].copy_from_slice(&address.octets());
    key_element(&key)
}

fn service_element(key: ServiceKey) -> Attrs {
    key_element(&service_key(key))
}

fn service_key((address, protocol, port): ServiceKey) -> [u8; 12] {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&address.octets());
    key[4] = protocol;
    key[8..10].copy_from_slice(&port.to_be_bytes());
    key
}

fn way_element(from: Ipv4Addr, to: Ipv4Addr) -> Attrs {
    let mut key = [0; 8];
    key[..4].copy_from_slice(&from.octets());
    key[4..].copy_from_slice(&to.octets());
    key_element(&key)
}

fn port_element(&((protocol, port), (address, target)): &PortEntry) -> Attrs {
    let mut key = [protocol, 0, 0, 0, 0, 0, 0, 0];
    key[4..6].copy_from_slice(&port.to_be_bytes());
    let mut data = [0; 8];
    data[..4].copy_from_slice(&address.octets());
    data[4..6].copy_from_slice(&target.to_be_bytes());
    key_element(&key).nest(2, value(&data))
}

fn value(bytes: &[u8]) -> Attrs {
    Attrs::new().put(1, bytes)
}
