//! A table of IPv6 as it is to be, and what leads from one to the next: a change touches what differs, so that it costs what it changes,
//! whatever else is there.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use super::{BaseChain, Batch, Expression};

/// What the keys of a set are, and whether it is a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Addresses,
    /// Link and address.
    Senders,
    /// From addresses to chains.
    Verdicts,
}

/// A link, where the set has some, and an address.
type Key = (String, Ipv6Addr);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Set {
    kind: Kind,
    /// Each key with the chain that it leads to, in a map.
    elements: BTreeMap<Key, String>,
}

#[derive(Debug, Clone, PartialEq)]
struct Chain {
    base: Option<BaseChain>,
    rules: Vec<Vec<Expression>>,
}

/// Chains with their rules, sets and maps with their elements; each is named before it is spoken of.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Image {
    chains: BTreeMap<String, Chain>,
    sets: BTreeMap<String, Set>,
}

impl Image {
    pub(crate) fn chain(&mut self, base: BaseChain) {
        self.new_chain(base.name, Some(base));
    }

    /// A chain without a hook, entered from other chains.
    pub(crate) fn inner_chain(&mut self, name: &str) {
        self.new_chain(name, None);
    }

    fn new_chain(&mut self, name: &str, base: Option<BaseChain>) {
        let rules = Vec::new();
        self.chains.insert(name.to_owned(), Chain { base, rules });
    }

    pub(crate) fn rule(&mut self, chain: &str, expressions: Vec<Expression>) {
        if let Some(chain) = self.chains.get_mut(chain) {
            chain.rules.push(expressions);
        }
    }

    pub(crate) fn verdict_map(&mut self, name: &str) {
        self.new_set(name, Kind::Verdicts);
    }

    pub(crate) fn address_set(&mut self, name: &str) {
        self.new_set(name, Kind::Addresses);
    }

    pub(crate) fn sender_set(&mut self, name: &str) {
        self.new_set(name, Kind::Senders);
    }

    fn new_set(&mut self, name: &str, kind: Kind) {
        let elements = BTreeMap::new();
        self.sets.insert(name.to_owned(), Set { kind, elements });
    }

    pub(crate) fn add_addresses(&mut self, set: &str, all: impl IntoIterator<Item = Ipv6Addr>) {
        for address in all {
            self.add(set, ("", address), String::new());
        }
    }

    pub(crate) fn add_sender(&mut self, set: &str, link: &str, address: Ipv6Addr) {
        self.add(set, (link, address), String::new());
    }

    pub(crate) fn add_verdict(&mut self, map: &str, address: Ipv6Addr, chain: String) {
        self.add(map, ("", address), chain);
    }

    fn add(&mut self, set: &str, (link, address): (&str, Ipv6Addr), to: String) {
        if let Some(set) = self.sets.get_mut(set) {
            set.elements.insert((link.to_owned(), address), to);
        }
    }

    /// The whole of it, in a table that has nothing.
    pub(crate) fn write(&self, batch: &mut Batch<'_>) {
        self.change(&Self::default(), batch);
    }

    /// Whether a connection that passed by the former rules may not pass by these: all that is different but what is
    /// new, and members of sets that are new.
    pub(crate) fn revokes(&self, former: &Self) -> bool {
        let same_chain = |(name, chain): (&String, &Chain)| self.chains.get(name) == Some(chain);
        let keeps = |(name, set): (&String, &Set)| {
            let now = self.sets.get(name).map(|it| &it.elements);
            let mut elements = set.elements.iter();
            now.is_some_and(|now| elements.all(|(key, to)| now.get(key) == Some(to)))
        };
        !(former.chains.iter().all(same_chain) && former.sets.iter().all(keeps))
    }

    /// The steps from the former table to this one. Nothing is spoken of before it is there, nor goes while it is.
    pub(crate) fn change(&self, former: &Self, batch: &mut Batch<'_>) {
        for (name, set) in &self.sets {
            if !former.sets.contains_key(name) {
                match set.kind {
                    Kind::Addresses => batch.address_set_ipv6(name),
                    Kind::Senders => batch.sender_set_ipv6(name),
                    Kind::Verdicts => batch.verdict_map_ipv6(name),
                }
            }
        }
        for (name, chain) in &self.chains {
            match (former.chains.contains_key(name), chain.base) {
                (true, _) => {}
                (false, Some(base)) => batch.chain(base),
                (false, None) => batch.inner_chain(name),
            }
        }
        for (name, chain) in &self.chains {
            let known = former.chains.get(name);
            if known == Some(chain) {
                continue;
            }
            if known.is_some() {
                batch.flush_chain(name);
            }
            for rule in &chain.rules {
                batch.rule(name, rule.clone());
            }
        }
        let gone = |name: &&String| !self.chains.contains_key(*name);
        let gone: Vec<&String> = former.chains.keys().filter(gone).collect();
        // They may lead to each other.
        gone.iter().for_each(|name| batch.flush_chain(name));
        for (name, set) in &former.sets {
            let now = self.sets.get(name);
            let stays =
                |key: &Key, to: &String| now.is_some_and(|it| it.elements.get(key) == Some(to));
            let elements = set.elements.iter();
            let left = elements.filter(|(key, to)| !stays(key, to));
            remove(batch, name, set.kind, left.map(|(key, _)| key));
        }
        for (name, set) in &self.sets {
            let known = former.sets.get(name);
            let is_known =
                |key: &Key, to: &String| known.is_some_and(|it| it.elements.get(key) == Some(to));
            let elements = set.elements.iter();
            let new = elements.filter(|(key, to)| !is_known(key, to));
            add(batch, name, set.kind, new);
        }
        gone.iter().for_each(|name| batch.delete_chain(name));
        let sets = former.sets.keys();
        let sets = sets.filter(|name| !self.sets.contains_key(*name));
        sets.for_each(|name| batch.delete_set(name));
    }
}

fn add<'a>(
    batch: &mut Batch<'_>,
    name: &str,
    kind: Kind,
    elements: impl Iterator<Item = (&'a Key, &'a String)>,
) {
    match kind {
        Kind::Addresses => batch.add_addresses_ipv6(name, elements.map(|((_, it), _)| *it)),
        Kind::Senders => {
            let senders = elements.map(|((link, it), _)| (link.as_str(), *it));
            batch.add_senders_ipv6(name, senders);
        }
        Kind::Verdicts => {
            let verdicts = elements.map(|((_, it), to)| (*it, to.clone()));
            batch.add_verdicts_ipv6(name, verdicts);
        }
    }
}

fn remove<'a>(batch: &mut Batch<'_>, name: &str, kind: Kind, keys: impl Iterator<Item = &'a Key>) {
    match kind {
        Kind::Addresses | Kind::Verdicts => {
            batch.remove_addresses_ipv6(name, keys.map(|(_, it)| *it));
        }
        Kind::Senders => {
            batch.remove_senders_ipv6(name, keys.map(|(link, it)| (link.as_str(), *it)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: BaseChain = BaseChain {
        name: "base",
        kind: "filter",
        hook: super::super::Hook::Forward,
        priority: 0,
    };

    fn at(last: u16) -> Ipv6Addr {
        Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last)
    }

    /// A map of these addresses to the chain `to`, and a set of those.
    fn image(to: &str, led: &[u16], members: &[u16]) -> Image {
        let mut image = Image::default();
        image.chain(BASE);
        image.inner_chain(to);
        image.rule(to, Expression::accept());
        image.verdict_map("map");
        image.address_set("set");
        image.rule("base", Expression::source_verdict_ipv6("map"));
        for last in led {
            image.add_verdict("map", at(*last), to.to_owned());
        }
        image.add_addresses("set", members.iter().map(|last| at(*last)));
        image
    }

    fn messages(from: &Image, to: &Image) -> usize {
        let mut batch = Batch::ipv6("table");
        to.change(from, &mut batch);
        batch.messages.len()
    }

    #[test]
    fn a_change_costs_what_it_changes() {
        let many: Vec<u16> = (0..2000).collect();
        let all = image("a", &many, &[1]);
        assert_eq!(messages(&all, &all), 0);
        assert_eq!(messages(&all, &image("a", &many, &[1, 2])), 1, "one more");
        assert_eq!(messages(&all, &image("a", &many[1..], &[1])), 1, "one less");
        // Where one leads elsewhere it is taken out and put in.
        let mut moved = image("a", &many, &[1]);
        moved.inner_chain("b");
        moved.add_verdict("map", at(7), "b".to_owned());
        assert_eq!(messages(&all, &moved), 3);
    }

    #[test]
    fn what_is_new_revokes_nothing() {
        let before = image("a", &[1], &[1]);
        let check = |after: &Image, expected| assert_eq!(after.revokes(&before), expected);
        check(&before, false);
        check(&image("a", &[1, 2], &[1, 2]), false);
        check(&image("a", &[], &[1]), true);
        check(&image("a", &[1], &[]), true);
        check(&image("b", &[1], &[1]), true);
        let mut other = before.clone();
        other.rule("a", Expression::discard());
        check(&other, true);
    }
}
