//! How services lead. A rule speaks of all services that are led alike: it finds an endpoint by what is called and a place.

use super::super::{Attrs, IPV4};
use super::{DNAT, Expression, L4PROTO, R0, R1, R2, R3, R4, R5, R7, R8, VERDICT, WIDE};

/// Operations of `dynset`.
const ADD: u32 = 0;
const UPDATE: u32 = 1;
const DELETE: u32 = 2;

/// All hosts choose alike.
const SEED: u32 = 0x7768_6172;

/// Where clients were.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory<'a> {
    pub(crate) clients: &'a str,
    /// What is called and an endpoint, for those that a client may still be led to.
    pub(crate) kept: &'a str,
    pub(crate) time_ms: u64,
}

impl Expression {
    /// `ip daddr . meta l4proto . th dport vmap @<map>`
    pub(crate) fn service_verdict(map: &str) -> Vec<Self> {
        let mut rule = Self::called(WIDE).to_vec();
        rule.push(Self::map_from(map, WIDE, VERDICT));
        rule
    }

    /// `dnat ip to ip daddr . meta l4proto . th dport . numgen random mod <places> map @<endpoints>`
    pub(crate) fn to_endpoint(endpoints: &str, places: u32) -> Vec<Self> {
        const RANDOM: u32 = 1;
        let mut rule = Self::called(WIDE).to_vec();
        let random = Attrs::new().be32(1, R3).be32(2, places).be32(3, RANDOM);
        rule.push(Self::new("numgen", random));
        rule.extend(Self::to_found_port(endpoints));
        rule
    }

    /// The same by `jhash ip saddr`, so that a client stays where it is.
    pub(crate) fn to_endpoint_of_client(endpoints: &str, places: u32) -> Vec<Self> {
        const JENKINS: u32 = 0;
        let mut rule = Self::called(WIDE).to_vec();
        let hash = Attrs::new()
            .be32(1, R4)
            .be32(2, R3)
            .be32(3, 4)
            .be32(4, places)
            .be32(5, SEED)
            .be32(7, JENKINS);
        rule.extend([Self::payload(R4, 1, 12, 4), Self::new("hash", hash)]);
        rule.extend(Self::to_found_port(endpoints));
        rule
    }

    /// `dnat ip to <what is called> . ip saddr map @<clients>`, if both are in `@<kept>`; it is known for as long again.
    pub(crate) fn to_where_it_was(memory: Memory<'_>) -> Vec<Self> {
        let mut rule = Self::client_of_called(WIDE, R3).to_vec();
        rule.extend([
            Self::map_from(memory.clients, WIDE, R3),
            Self::lookup_of(memory.kept, WIDE, false),
        ]);
        rule.extend(Self::client_of_called(R5, R8));
        rule.extend([
            Self::remember(memory.clients, UPDATE, (R5, R3), memory.time_ms),
            Self::destination_becomes(R3, R4),
        ]);
        rule
    }

    /// [`Self::to_endpoint`], which `@<clients>` knows from now on. The rule ends where there is no room.
    pub(crate) fn to_endpoint_kept(memory: Memory<'_>, endpoints: &str, places: u32) -> Vec<Self> {
        let mut rule = Self::to_endpoint(endpoints, places);
        let nat = rule.pop();
        rule.extend(Self::client_of_called(R4, R7));
        // One that is there leads to what is gone.
        rule.push(Self::remember(memory.clients, DELETE, (R4, R0), 0));
        let time_ms = memory.time_ms;
        rule.push(Self::remember(memory.clients, ADD, (R4, R0), time_ms));
        rule.extend(nat);
        rule
    }

    /// `ip daddr . meta l4proto . th dport`, from one of the first registers of sixteen bytes on.
    fn called(first: u32) -> [Self; 3] {
        let [second, third] = match first {
            WIDE => [R1, R2],
            first => [first + 1, first + 2],
        };
        [
            Self::payload(first, 1, 16, 4),
            Self::meta(L4PROTO, second),
            Self::payload(third, 2, 2, 2),
        ]
    }

    /// The same, and `ip saddr` behind it.
    fn client_of_called(first: u32, last: u32) -> [Self; 4] {
        let [address, protocol, port] = Self::called(first);
        [address, protocol, port, Self::payload(last, 1, 12, 4)]
    }

    /// What the registers say, in a map: where the key begins and where the value does.
    fn remember(map: &str, operation: u32, (key, data): (u32, u32), time_ms: u64) -> Self {
        let update = Attrs::new()
            .text(1, map)
            .be32(3, operation)
            .be32(4, key)
            .be32(5, data);
        let update = match time_ms {
            0 => update,
            some => update.be64(6, some),
        };
        Self::new("dynset", update)
    }

    pub(super) fn destination_becomes(address: u32, port: u32) -> Self {
        let nat = Attrs::new()
            .be32(1, DNAT)
            .be32(2, u32::from(IPV4))
            .be32(3, address)
            .be32(5, port);
        Self::new("nat", nat)
    }
}
