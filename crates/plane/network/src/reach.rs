//! How programs of the host reach tasks in VPCs.
//!
//! A VPC has whatever range its owner likes, so nothing about it may decide where other packets
//! go. The routes to its tasks are in a routing table of the installation's own, in which only the
//! host's own packets are looked up (never those that it forwards), and only those to the ranges
//! that the operator set aside for it:
//!
//! ```text
//! pref <n>    iif lo to <range> lookup main suppress_prefixlength 0    the host's own routes first
//! pref <n+1>  iif lo to <range> lookup <table>                         then the tasks
//! ```
//! A range that the host uses for something else, other than by a route that `main` has, is left
//! out as a whole: one with an address of the host in it, a name server, or the control plane.

use std::net::Ipv4Addr;

use crate::error::NetworkError;
use crate::files;
use crate::model::Subnet;
use crate::names::Names;
use crate::netlink::route::{self, MAIN};
use crate::netlink::rule::{self, Rule};
use crate::netlink::{Family, Socket};

/// Before the kernel's own rule for the main table (32766), with room for what others insert on
/// either side.
const FIRST_PRIORITY: u32 = 21_300;
/// More installations than a host can have.
const LAST_PRIORITY: u32 = 21_900;

/// The ranges in which the host reaches tasks, and the table with the routes.
#[derive(Debug)]
pub(crate) struct Reach {
    pub(crate) table: u32,
    ranges: Vec<Subnet>,
}

impl Reach {
    /// Writes the rules for those of `wanted` that mean nothing else to the host. `private`: the
    /// ranges of installations, whose addresses do not count; `reserved`: addresses that the host
    /// must not lose.
    pub(crate) fn open(
        socket: &mut Socket,
        names: &Names,
        wanted: &[Subnet],
        private: &[Subnet],
        reserved: &[Ipv4Addr],
    ) -> Result<Self, NetworkError> {
        let used = used_addresses(socket, private, reserved)?;
        let ranges = free_ranges(wanted, &used);
        for range in wanted.iter().filter(|range| !ranges.contains(range)) {
            tracing::warn!(%range, "the host uses this range itself and will not reach tasks in it");
        }
        let table = names.routing_table();
        if let Err(error) = write_rules(socket, table, &ranges) {
            // Kernels may be built without policy rules; tasks do without.
            tracing::warn!(%error, "the host will not reach tasks in VPCs by their addresses");
            return Ok(Self {
                table,
                ranges: Vec::new(),
            });
        }
        Ok(Self { table, ranges })
    }

    pub(crate) fn covers(&self, address: Ipv4Addr) -> bool {
        self.ranges.iter().any(|range| range.contains(address))
    }
}

/// The host's own addresses, and those of others that it depends on.
fn used_addresses(
    socket: &mut Socket,
    private: &[Subnet],
    reserved: &[Ipv4Addr],
) -> Result<Vec<Ipv4Addr>, NetworkError> {
    let local = route::list(socket)?.into_iter().filter(|r| r.local);
    let own = local.map(|route| route.to.network());
    let own = own.filter(|a| !private.iter().any(|range| range.contains(*a)));
    let mut used: Vec<Ipv4Addr> = own.collect();
    used.extend(files::host_name_servers());
    used.extend(reserved);
    Ok(used)
}

fn free_ranges(wanted: &[Subnet], used: &[Ipv4Addr]) -> Vec<Subnet> {
    let free = |range: &Subnet| !used.iter().any(|address| range.contains(*address));
    wanted.iter().copied().filter(free).collect()
}

fn write_rules(socket: &mut Socket, table: u32, ranges: &[Subnet]) -> Result<(), NetworkError> {
    let (priorities, ours) = rule::list(socket)?;
    let own = own_rules(&ours, table);
    let first = own.iter().find(|rule| rule.table == table);
    let first = match first.map(|rule| rule.priority.saturating_sub(1)) {
        Some(first) => first,
        None if ranges.is_empty() => return Ok(()),
        None => free_priority(&priorities).ok_or_else(|| {
            NetworkError::kernel("find a free priority for rules", nix::errno::Errno::ENOSPC)
        })?,
    };
    let wanted = rules(table, first, ranges);
    // The rule for the own table first, and last to go: what a crash leaves is found by it.
    let gone = own.iter().rev().filter(|rule| !wanted.contains(rule));
    let mut requests: Vec<_> = gone.map(Rule::delete).collect();
    let new = wanted.iter().filter(|rule| !own.contains(rule));
    requests.extend(new.map(Rule::add));
    socket.perform(requests)
}

/// Two rules for each range; those for the own table first.
fn rules(table: u32, first: u32, ranges: &[Subnet]) -> Vec<Rule> {
    let tasks = ranges.iter().map(|to| Rule {
        priority: first + 1,
        to: *to,
        table,
        without_default: false,
    });
    let main = ranges.iter().map(|to| Rule {
        priority: first,
        to: *to,
        table: MAIN,
        without_default: true,
    });
    tasks.chain(main).collect()
}

/// The rules of the installation with that table, in the order of `rules`. Those for the main
/// table carry no name; they stand right before the others.
fn own_rules(ours: &[Rule], table: u32) -> Vec<Rule> {
    let tasks: Vec<Rule> = ours.iter().filter(|r| r.table == table).cloned().collect();
    let beside =
        |rule: &&Rule| rule.table == MAIN && tasks.iter().any(|t| t.priority == rule.priority + 1);
    let main: Vec<Rule> = ours.iter().filter(beside).cloned().collect();
    tasks.into_iter().chain(main).collect()
}

fn free_priority(taken: &[u32]) -> Option<u32> {
    let free = |first: &u32| !taken.contains(first) && !taken.contains(&(first + 1));
    (FIRST_PRIORITY..LAST_PRIORITY).step_by(2).find(free)
}

/// Removes the rules; the routes go with the uplinks.
pub(crate) fn remove(names: &Names) -> Result<(), NetworkError> {
    let mut socket = crate::host::open(Family::Route)?;
    let (_, ours) = rule::list(&mut socket)?;
    let own = own_rules(&ours, names.routing_table());
    socket.perform(own.iter().rev().map(Rule::delete).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Subnet {
        text.parse().unwrap()
    }

    #[test]
    fn a_range_that_the_host_uses_is_left_out() {
        let wanted = [range("172.31.0.0/16"), range("10.1.0.0/16")];
        assert_eq!(free_ranges(&wanted, &[]), wanted);
        let inside = [Ipv4Addr::new(172, 31, 0, 2), Ipv4Addr::new(192, 0, 2, 1)];
        assert_eq!(free_ranges(&wanted, &inside), [range("10.1.0.0/16")]);
    }

    #[test]
    fn installations_find_their_own_rules() {
        let ranges = [range("172.31.0.0/16"), range("10.1.0.0/16")];
        let one = rules(70_000, 21_300, &ranges);
        let two = rules(80_000, 21_302, &ranges);
        let all: Vec<Rule> = one.iter().chain(&two).cloned().collect();
        assert_eq!(own_rules(&all, 70_000), one);
        assert_eq!(own_rules(&all, 80_000), two);
        assert_eq!(own_rules(&one, 90_000), []);
        let taken: Vec<u32> = one.iter().map(|rule| rule.priority).collect();
        assert_eq!(free_priority(&taken), Some(21_302));
        assert_eq!(free_priority(&[21_301]), Some(21_302));
    }
}
