use proptest::prelude::*;
use wharf_records::hosts::Capacity;

use super::*;

fn claim(memory: u32, spot: bool) -> Claim {
    Claim {
        cpu: memory,
        memory,
        spot,
        ..Claim::default()
    }
}

fn ledger(memory: u32, claims: &[(&str, u32, bool)]) -> Ledger {
    Ledger {
        capacity: Capacity {
            cpu: memory,
            memory,
            ..Capacity::default()
        },
        claims: claims
            .iter()
            .map(|(name, memory, spot)| (*name, claim(*memory, *spot)))
            .collect(),
        ..Ledger::default()
    }
}

/// What is taken for so much, by host and names.
fn taken(
    need: u32,
    hosts: &[(&str, Ledger)],
    leaving: &[&str],
    kept: &[Claim],
) -> Option<(String, Vec<String>)> {
    let candidates: Vec<Candidate<'_>> = hosts
        .iter()
        .map(|(host, ledger)| Candidate { host, ledger, kept })
        .collect();
    let holder = |name: &str, _: &Claim| match () {
        () if leaving.contains(&name) => Holder::Leaves,
        () if name.starts_with("stays/") => Holder::Stays,
        () if name.starts_with("task/") => Holder::Stops,
        () => Holder::Ends,
    };
    let found = plan("instance/new", &claim(need, false), &candidates, &holder);
    found.map(|it| (it.host, it.from))
}

fn of(host: &str, names: &[&str]) -> Option<(String, Vec<String>)> {
    let names = names.iter().map(ToString::to_string).collect();
    Some((host.to_owned(), names))
}

#[test]
fn as_few_as_possible_end() {
    let small = ledger(8, &[("i/a", 2, true), ("i/b", 2, true), ("i/c", 4, true)]);
    let other = ledger(8, &[("i/d", 4, false), ("i/e", 4, true)]);
    let hosts = [("h1", small), ("h2", other)];
    assert_eq!(taken(2, &hosts, &[], &[]), of("h1", &["i/c"]));
    assert_eq!(taken(4, &hosts, &[], &[]), of("h1", &["i/c"]));
    assert_eq!(taken(6, &hosts, &[], &[]), of("h1", &["i/a", "i/c"]));
    assert_eq!(taken(9, &hosts, &[], &[]), None);
    // Nobody ends for what is on its way out, or free, anyway.
    assert_eq!(taken(4, &hosts, &["i/e"], &[]), of("h2", &[]));
    // Not twice for two.
    let kept = [claim(4, false)];
    assert_eq!(
        taken(4, &hosts, &["i/e"], &kept),
        of("h1", &["i/a", "i/b", "i/c"])
    );
}

#[test]
fn claims_that_are_not_spot_stay() {
    let full = ledger(8, &[("i/a", 7, false), ("i/b", 1, true)]);
    assert_eq!(taken(2, &[("h", full)], &[], &[]), None);
}

#[test]
fn holders_give_up_in_their_own_ways() {
    let held = ledger(8, &[("stays/a", 4, true), ("task/b", 4, true)]);
    let hosts = [("h", held)];
    assert_eq!(taken(4, &hosts, &[], &[]), of("h", &["task/b"]));
    assert_eq!(taken(5, &hosts, &[], &[]), None);
    // What a task has of the network is not free when it is told to stop.
    let mut wired = ledger(8, &[("task/a", 8, true)]);
    wired.capacity.interfaces = 1;
    let of_one = Claim {
        interfaces: 1,
        ..claim(8, true)
    };
    wired.claims.insert("task/a", of_one.clone());
    let candidate = [Candidate {
        host: "h",
        ledger: &wired,
        kept: &[],
    }];
    let new = Claim {
        spot: false,
        ..of_one
    };
    let with = |how: Holder| plan("task/new", &new, &candidate, &|_: &str, _: &Claim| how);
    assert_eq!(with(Holder::Stops), None);
    assert!(with(Holder::Ends).is_some());
}

proptest! {
    /// After it the room is there, only Spot capacity is taken, and nothing of it in vain.
    #[test]
    fn what_is_taken_is_enough_and_needed(
        need in 1_u32..16,
        claims in proptest::collection::vec((1_u32..6, any::<bool>()), 0..8),
    ) {
        let named: Vec<(String, u32, bool)> = claims
            .iter()
            .zip(0..)
            .map(|((memory, spot), at)| (format!("i/{at}"), *memory, *spot))
            .collect();
        let all: Vec<(&str, u32, bool)> =
            named.iter().map(|(name, memory, spot)| (name.as_str(), *memory, *spot)).collect();
        let used: u32 = claims.iter().map(|(memory, _)| memory).sum();
        let held = ledger(used.max(10), &all);
        let without_spot: u32 =
            claims.iter().filter(|(_, spot)| !spot).map(|(memory, _)| memory).sum();
        let found = taken(need, &[("h", held.clone())], &[], &[]);
        prop_assert_eq!(found.is_some(), without_spot + need <= used.max(10));
        if let Some((_, names)) = found {
            let mut left = held;
            for name in &names {
                prop_assert!(left.claims.get(name).is_some_and(|it| it.spot));
                ledger::release(&mut left, name);
            }
            prop_assert!(has_room(&left, "instance/new", &claim(need, false), &[]));
            if let Some(one) = names.first() {
                let memory = named.iter().find(|(name, ..)| name == one).unwrap().1;
                left.claims.insert(one, claim(memory, true));
                prop_assert!(!has_room(&left, "instance/new", &claim(need, false), &[]));
            }
        }
    }
}

#[test]
fn who_has_no_patience_sees_what_is_still_used() {
    let mut left = ledger(8, &[("task/a", 4, true), ("task/b", 2, false)]);
    ledger::stopping(&mut left, "task/a");
    let fits = |memory| {
        let claim = claim(memory, false);
        let room = has_room(&left, "new", &claim, &[]);
        (room, has_ended_room(&left, "new", &claim, &[]))
    };
    assert_eq!(fits(2), (true, true));
    assert_eq!(fits(6), (true, false));
    assert_eq!(fits(7), (false, false));
}

#[test]
fn what_no_host_could_have_is_not_looked_at() {
    let full = ledger(8, &[("i/a", 4, true), ("i/b", 4, false)]);
    assert!(may_have_room(&full, "new", &claim(4, false), &[]));
    assert!(!may_have_room(&full, "new", &claim(5, false), &[]));
    assert!(!may_have_room(
        &full,
        "new",
        &claim(4, false),
        &[claim(1, false)]
    ));
}
