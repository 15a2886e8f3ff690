//! Which target a flow goes to: by a hash of its addresses, so that it stays the same one.

use std::{
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
    sync::LazyLock,
};

use crate::{config::table::Group, target::Lease};

/// Of this process: nobody outside can make flows that all have one target.
static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// What decides.
#[derive(Debug, Clone, Copy)]
pub enum FlowKey {
    /// Any target, evenly.
    Flow(u64),
    /// The client's own, also after others came or went.
    Source(u64),
}

impl FlowKey {
    pub fn of(peer: SocketAddr, local: SocketAddr, by_source: bool) -> Self {
        match by_source {
            true => Self::Source(stable(&peer.ip().to_string(), 0)),
            false => Self::Flow(SEED.hash_one((peer, local))),
        }
    }
}

/// The same in each process and on each host, for clients that are bound to their target. FNV-1a, with its
/// bits mixed at the end.
fn stable(text: &str, start: u64) -> u64 {
    let basis = 0xcbf2_9ce4_8422_2325 ^ start;
    let hash = text.bytes().fold(basis, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

/// A target of the group that is none of `tried`, with a claim on it.
pub fn target(group: &Group, key: FlowKey, tried: &[u64]) -> Option<Lease> {
    let rotation = group.state.rotation.load();
    let count = rotation.targets.len();
    match key {
        FlowKey::Flow(hash) => {
            let start = usize::try_from(hash % (count.max(1) as u64)).unwrap_or(0);
            let ordered = (0..count).map(|step| &rotation.targets[(start + step) % count]);
            let untried = ordered.filter(|it| !tried.contains(&it.number));
            untried.filter_map(Lease::take).next()
        }
        FlowKey::Source(source) => {
            let untried = rotation.targets.iter();
            let mut untried: Vec<_> = untried
                .filter(|it| !tried.contains(&it.number))
                .map(|it| (stable(&it.address.to_string(), source), it))
                .collect();
            untried.sort_unstable_by_key(|it| std::cmp::Reverse(it.0));
            untried
                .into_iter()
                .filter_map(|it| Lease::take(it.1))
                .next()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_the_same_whatever_its_port() {
        let local = "172.31.0.4:80".parse().unwrap();
        let key = |peer: &str, by_source| match FlowKey::of(peer.parse().unwrap(), local, by_source)
        {
            FlowKey::Flow(key) | FlowKey::Source(key) => key,
        };
        assert_eq!(key("10.0.0.1:1", true), key("10.0.0.1:2", true));
        assert_ne!(key("10.0.0.1:1", true), key("10.0.0.2:1", true));
        assert_ne!(key("10.0.0.1:1", false), key("10.0.0.1:2", false));
        assert_eq!(key("10.0.0.1:1", false), key("10.0.0.1:1", false));
    }

    #[test]
    fn targets_get_about_as_many_sources_each() {
        let targets = ["172.31.0.1:80", "172.31.0.2:80", "172.31.0.3:80"];
        let mut counts = [0; 3];
        for source in 0..3000_u32 {
            let source = stable(&std::net::Ipv4Addr::from(source).to_string(), 0);
            let of = |at: &usize| stable(targets[*at], source);
            counts[(0..3).max_by_key(of).unwrap()] += 1;
        }
        assert!(
            counts.iter().all(|it| (800..1200).contains(it)),
            "{counts:?}"
        );
    }
}
