//! Claimants of two kinds that no service has: slices and builds.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::{JoinSet, yield_now};
use tokio_util::sync::{CancellationToken, DropGuard};
use wharf_base::Timestamp;
use wharf_placement::{Demand, Pool, ledger, place};
use wharf_records::{
    Unknown, encode,
    hosts::{Capacity, Host, Ledger},
};
use wharf_store::{Store, StoreOptions, Txn};
use wharf_wire::{Check, Context, Denied, Dispatcher, Gate, async_trait};

use super::*;
use crate::{Claimant, Held, Registration};

static PERMIT: Permit = Permit::for_controller("test");
const CLUSTER: &str = "a cluster";
/// What accounts may have, where tests ask for it.
const SHARE: usize = 64 << 10;
const ONE: &str = "000000000001";
const TWO: &str = "000000000002";

struct Open;

#[async_trait]
impl Gate for Open {
    async fn decide(&self, _: &Context, _: &[Check]) -> Result<(), Denied> {
        Ok(())
    }
}

/// That of a call which IAM let in.
async fn permit_of_call() -> Permit {
    let cx = Context::internal(ONE, "r", "test", Timestamp(0));
    let checks = [Check::new("ecs:RunTask", "*")];
    let call = Dispatcher::new(Arc::new(Open)).authorize(cx, &checks).await;
    call.unwrap().permit
}

struct World {
    hosts: Hosts,
    _stop: DropGuard,
    _folder: tempfile::TempDir,
}

impl World {
    /// A host for each number, with so many CPU units.
    async fn new(units: &[u32]) -> Self {
        Self::with(units, StoreOptions::default()).await
    }

    /// Where the first account has room for so many bytes more.
    async fn with_room_for(bytes: usize) -> Self {
        let options = StoreOptions {
            account_bytes: Some(SHARE as u64),
            ..StoreOptions::default()
        };
        let world = Self::with(&[1000], options).await;
        let filler = vec![b'x'; SHARE - 200 - bytes];
        let key = format!("/w1/c0/test/{ONE}/r/filler/one");
        let store = world.hosts.store();
        store.put(&PERMIT, key, filler).await.unwrap();
        world
    }

    async fn with(units: &[u32], options: StoreOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), options).unwrap();
        let hosts = Hosts::new(store.clone());
        let stop = CancellationToken::new();
        let (feeding, until) = (hosts.clone(), stop.clone());
        tokio::spawn(async move { feeding.feed(until).await });
        for (number, cpu) in units.iter().enumerate() {
            let id = format!("h{number}");
            let capacity = Capacity {
                cpu: *cpu,
                ..Capacity::default()
            };
            let host = Host {
                id: id.clone(),
                capacity: capacity.clone(),
                fargate: false,
                accounts: Vec::new(),
                regions: Vec::new(),
                availability_zone: "ra".to_owned(),
                instance: format!("instance of {id}"),
                unknown: Unknown::new(),
            };
            let ledger = Ledger {
                capacity,
                ..Ledger::default()
            };
            let txn = Txn::new().put(Host::key(&id), encode(&host));
            let txn = txn.put(Ledger::key(&id), encode(&ledger));
            assert!(store.txn(&PERMIT, txn).await.unwrap().succeeded);
            let registration = Registration {
                host: id,
                account: "a".to_owned(),
                region: "r".to_owned(),
                cluster_arn: CLUSTER.to_owned(),
                provider: None,
                of_provider_alone: false,
                of_installation: true,
                of_other_machine: false,
                active: true,
                agent_connected: true,
                disconnected_at: None,
                agent_version: String::new(),
                ec2_instance: String::new(),
                registered_at: Timestamp(0),
                attributes: std::collections::BTreeMap::new(),
            };
            hosts.write(|machines| machines.register(&host.instance, Some(registration)));
        }
        Self {
            hosts,
            _stop: stop.drop_guard(),
            _folder: folder,
        }
    }

    async fn ledgers(&self) -> Vec<Ledger> {
        self.hosts.up_to_date().await;
        self.hosts.read(|machines| {
            let mut ledgers: Vec<_> = machines.ledgers().values().collect();
            ledgers.sort_by_key(|held| &held.key);
            ledgers.iter().map(|held| Ledger::clone(held)).collect()
        })
    }

    /// Names of all who claim.
    async fn claimants(&self) -> Vec<String> {
        let ledgers = self.ledgers().await;
        let all = ledgers.iter().flat_map(|ledger| ledger.claims.claimants());
        let mut all: Vec<String> = all.collect();
        all.sort();
        all
    }

    /// Waits until so many are queued.
    async fn queued(&self, count: usize) {
        while self.hosts.queue().queue().waiting.len() < count {
            yield_now().await;
        }
    }
}

/// Room for `count` slices, or builds.
struct Want<const BUILD: bool> {
    id: String,
    count: usize,
    claim: Claim,
    rests_on: Vec<(String, Revision)>,
    exclusive: Option<String>,
    permit: Permit,
    account: &'static str,
    /// Of the account's record for each.
    bytes: usize,
}

type Slice = Want<false>;
type Build = Want<true>;

fn want<const BUILD: bool>(id: &str, count: usize, cpu: u32) -> Want<BUILD> {
    Want {
        id: id.to_owned(),
        count,
        claim: Claim {
            cpu,
            ..Claim::default()
        },
        rests_on: Vec::new(),
        exclusive: None,
        permit: PERMIT.clone(),
        account: ONE,
        bytes: 0,
    }
}

impl<const BUILD: bool> Request for Want<BUILD> {
    type Choice = Vec<Held<Ledger>>;
    /// Names of those that were given room.
    type Made = Vec<String>;
    type Refusal = &'static str;

    fn permit(&self) -> &Permit {
        &self.permit
    }

    fn account(&self) -> &str {
        self.account
    }

    fn count(&self) -> usize {
        self.count
    }

    fn claim(&self) -> &Claim {
        &self.claim
    }

    fn group(&self) -> String {
        self.id.clone()
    }

    fn rests_on(&self) -> Vec<(String, Revision)> {
        self.rests_on.clone()
    }

    fn exclusive(&self) -> Option<&str> {
        self.exclusive.as_deref()
    }

    fn further_writes(&self) -> usize {
        usize::from(self.exclusive.is_some()) + self.count * usize::from(self.bytes > 0)
    }

    fn choose(
        &self,
        machines: &Machines,
        rng: &mut SmallRng,
    ) -> Result<(Vec<HostIx>, Self::Choice), &'static str> {
        let demand = Demand::new(Pool::Cluster(CLUSTER.to_owned()), self.claim.clone());
        let rows = place(machines.fleet(), &demand, self.count, rng).hosts;
        let ledger = |row: &HostIx| machines.ledgers()[machines.fleet().id(*row)].clone();
        match rows.is_empty() {
            true => Err("full"),
            false => Ok((rows.clone(), rows.iter().map(ledger).collect())),
        }
    }

    fn write(&self, choice: Self::Choice, draft: &mut Draft) -> Vec<String> {
        let kind = if BUILD { "build" } else { "slice" };
        let mut made = Vec::new();
        for (number, ledger) in choice.iter().enumerate() {
            let claimant = Claimant::new(kind, format!("{}-{number}", self.id));
            assert!(draft.claim(ledger, &claimant, &self.claim));
            draft.put(format!("/w1/c0/{kind}/{}", claimant.id()), Bytes::new());
            if self.bytes > 0 {
                let key = format!("/w1/c0/test/{}/r/{kind}/{}", self.account, claimant.id());
                draft.put(key, Bytes::from(vec![b'x'; self.bytes]));
            }
            made.push(claimant.name());
        }
        for (key, revision) in &self.rests_on {
            draft.rest_on(key, *revision);
        }
        if let Some(key) = &self.exclusive {
            draft.put(key, Bytes::new());
        }
        made
    }
}

fn made<R: std::fmt::Debug>(answer: Result<Outcome<Vec<String>>, QueueError<R>>) -> Vec<String> {
    match answer {
        Ok(Outcome::Made(made)) => made,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn kinds_share_a_turn_and_a_transaction() {
    // Either host has room for all, so that it does not matter where ties fall.
    let world = World::new(&[14, 14]).await;
    let turn = world.hosts.turn().await;
    let mut calls = JoinSet::new();
    for number in 0..3 {
        let hosts = world.hosts.clone();
        calls.spawn(async move {
            made(
                hosts
                    .place::<Slice>(want(&format!("s{number}"), 2, 1))
                    .await,
            )
        });
    }
    for number in 0..2 {
        let hosts = world.hosts.clone();
        calls.spawn(async move {
            made(
                hosts
                    .place::<Build>(want(&format!("b{number}"), 1, 4))
                    .await,
            )
        });
    }
    world.queued(5).await;
    let before = world.hosts.store().heard_of();
    drop(turn);
    let mut answered = calls.join_all().await.concat();
    answered.sort();
    assert_eq!(world.hosts.store().heard_of(), before + 1);
    assert_eq!(answered.len(), 8);
    assert_eq!(world.claimants().await, answered);
    let kinds = answered.iter().map(|name| Claimant::parse(name).unwrap());
    let builds = kinds.filter(|claimant| claimant.kind() == "build").count();
    assert_eq!(builds, 2);
}

#[tokio::test]
async fn room_is_promised_once() {
    let world = World::new(&[7, 11, 5]).await;
    let mut calls = JoinSet::new();
    for number in 0..20 {
        let hosts = world.hosts.clone();
        calls.spawn(async move {
            let id = format!("x{number}");
            let answer = match number % 2 {
                0 => hosts.place::<Slice>(want(&id, 2, 1)).await,
                _ => hosts.place::<Build>(want(&id, 2, 1)).await,
            };
            match answer {
                Ok(Outcome::Made(made)) => made.len(),
                Err(QueueError::Refused("full")) => 0,
                other => panic!("{other:?}"),
            }
        });
    }
    let given: usize = calls.join_all().await.into_iter().sum();
    assert_eq!(given, 23, "all there is, to forty who ask");
    let ledgers = world.ledgers().await;
    assert!(ledgers.iter().all(|it| ledger::free(it).cpu == 0));
    assert_eq!(world.claimants().await.len(), 23);
}

#[tokio::test]
async fn a_request_whose_ground_has_changed_is_stale_and_others_are_not() {
    let world = World::new(&[8]).await;
    let ground = "/w1/c0/test/ground".to_owned();
    let store = world.hosts.store();
    store.put(&PERMIT, &ground, "1").await.unwrap();
    let turn = world.hosts.turn().await;
    let mut stale: Slice = want("s", 1, 1);
    stale.rests_on = vec![(ground, 0)];
    let (hosts, other) = (world.hosts.clone(), world.hosts.clone());
    let stale = tokio::spawn(async move { hosts.place(stale).await });
    world.queued(1).await;
    let other = tokio::spawn(async move { other.place::<Build>(want("b", 1, 1)).await });
    world.queued(2).await;
    drop(turn);
    assert!(matches!(stale.await.unwrap(), Ok(Outcome::Stale)));
    assert_eq!(made(other.await.unwrap()), ["build/b-0"]);
    assert_eq!(world.claimants().await, ["build/b-0"]);
}

#[tokio::test]
async fn two_with_one_key_do_not_share_a_transaction() {
    let world = World::new(&[8]).await;
    let key = "/w1/c0/test/token".to_owned();
    let turn = world.hosts.turn().await;
    let mut calls = Vec::new();
    for id in ["one", "two"] {
        let mut request: Slice = want(id, 1, 1);
        request.rests_on = vec![(key.clone(), 0)];
        request.exclusive = Some(key.clone());
        let hosts = world.hosts.clone();
        calls.push(tokio::spawn(async move { hosts.place(request).await }));
        world.queued(calls.len()).await;
    }
    drop(turn);
    let second = calls.pop().unwrap().await.unwrap();
    let first = calls.pop().unwrap().await.unwrap();
    assert_eq!(made(first), ["slice/one-0"]);
    assert!(matches!(second, Ok(Outcome::Stale)));
}

#[tokio::test]
async fn nothing_is_claimed_for_a_caller_that_went_away() {
    let world = World::new(&[8]).await;
    let turn = world.hosts.turn().await;
    let hosts = world.hosts.clone();
    let gone = tokio::spawn(async move { hosts.place::<Slice>(want("s", 1, 1)).await });
    world.queued(1).await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    let hosts = world.hosts.clone();
    let other = tokio::spawn(async move { hosts.place::<Build>(want("b", 1, 1)).await });
    world.queued(2).await;
    drop(turn);
    assert_eq!(made(other.await.unwrap()), ["build/b-0"]);
    assert_eq!(world.claimants().await, ["build/b-0"]);
}

#[tokio::test]
async fn a_transaction_holds_what_it_can() {
    let world = World::new(&[1000; 3]).await;
    let turn = world.hosts.turn().await;
    let mut calls = JoinSet::new();
    for number in 0..40 {
        let hosts = world.hosts.clone();
        let want: Slice = want(&format!("s{number}"), 10, 1);
        calls.spawn(async move { made(hosts.place(want).await) });
    }
    world.queued(40).await;
    drop(turn);
    assert_eq!(calls.join_all().await.concat().len(), 400);
    assert_eq!(world.claimants().await.len(), 400);
}

type Answers = Vec<tokio::task::JoinHandle<Answer<Slice>>>;

/// Has them all wait for one turn.
async fn together(world: &World, wanted: Vec<Slice>) -> Answers {
    let turn = world.hosts.turn().await;
    let mut calls = Vec::new();
    for want in wanted {
        let hosts = world.hosts.clone();
        calls.push(tokio::spawn(async move { hosts.place(want).await }));
        world.queued(calls.len()).await;
    }
    drop(turn);
    calls
}

fn is_full(answer: Answer<Slice>) -> bool {
    match answer {
        Err(QueueError::Store(StoreError::ShareFull(full))) => {
            assert_eq!(full.account, ONE);
            true
        }
        answer => made(answer).is_empty(),
    }
}

#[tokio::test]
async fn a_full_account_keeps_nobody_elses_place() {
    let world = World::with_room_for(0).await;
    let filler = format!("/w1/c0/test/{ONE}/r/filler/two");
    let (store, permit) = (world.hosts.store(), permit_of_call().await);
    store.put(&PERMIT, filler, vec![b'x'; 200]).await.unwrap();
    let mut wanted: Vec<Slice> = Vec::new();
    for number in 0..9 {
        let mut want: Slice = want(&format!("s{number}"), 1, 1);
        // The last is wharf's own.
        if number != 8 {
            want.permit = permit.clone();
        }
        want.account = if number % 2 == 0 { ONE } else { TWO };
        want.bytes = 1000;
        wanted.push(want);
    }
    let before = store.heard_of();
    let mut refused = Vec::new();
    for answer in together(&world, wanted).await {
        refused.push(is_full(answer.await.unwrap()));
    }
    let (yes, no) = (true, false);
    assert_eq!(refused, [yes, no, yes, no, yes, no, yes, no, no]);
    assert_eq!(
        world.hosts.store().heard_of(),
        before + 2,
        "the other account's in one transaction, and wharf's own"
    );
    assert_eq!(world.claimants().await.len(), 5);
}

#[tokio::test]
async fn what_fits_is_placed_where_an_account_crosses_its_share() {
    let world = World::with_room_for(10_000).await;
    let permit = permit_of_call().await;
    let wanted = (0..5).map(|number| {
        let mut want: Slice = want(&format!("s{number}"), 1, 1);
        want.permit = permit.clone();
        want.account = if number == 4 { TWO } else { ONE };
        want.bytes = 4000;
        want
    });
    let mut placed = 0;
    for (number, answer) in (0..).zip(together(&world, wanted.collect()).await) {
        let is_placed = !is_full(answer.await.unwrap());
        assert!(is_placed || number != 4, "another account's");
        placed += usize::from(is_placed);
    }
    assert_eq!(placed, 3, "two of four, and the other account's");
    assert_eq!(world.claimants().await.len(), 3);
}

/// Machines as placement sees them.
#[test]
fn occupants_and_connections_are_passed_on() {
    let held = |id: &str| Held {
        record: Arc::new(Host {
            id: id.to_owned(),
            capacity: Capacity::default(),
            fargate: false,
            accounts: Vec::new(),
            regions: Vec::new(),
            availability_zone: "ra".to_owned(),
            instance: id.to_owned(),
            unknown: Unknown::new(),
        }),
        key: Host::key(id),
        revision: 1,
    };
    let mut machines = Machines::default();
    machines.occupy("h", "g");
    machines.occupy("h", "g");
    machines.put_host("h", Some(held("h")));
    assert_eq!(machines.fleet().len(), 0, "it is registered as nothing");
    let registration = Registration {
        host: "h".to_owned(),
        account: "a".to_owned(),
        region: "r".to_owned(),
        cluster_arn: CLUSTER.to_owned(),
        provider: None,
        of_provider_alone: false,
        of_installation: false,
        of_other_machine: false,
        active: true,
        agent_connected: true,
        disconnected_at: None,
        agent_version: String::new(),
        ec2_instance: String::new(),
        registered_at: Timestamp(0),
        attributes: std::collections::BTreeMap::new(),
    };
    machines.register("h", Some(registration.clone()));
    let tasks = |machines: &Machines| {
        let fleet = machines.fleet();
        fleet.facts_of(fleet.row("h").unwrap()).running_tasks
    };
    assert_eq!(tasks(&machines), 2);
    machines.vacate("h", "g");
    machines.vacate("h", "other");
    assert_eq!(tasks(&machines), 1);
    // What is said of machines may come before their records, and stays while they are read again.
    machines.put_host("h", None);
    machines.put_host("h", Some(held("h")));
    assert_eq!(tasks(&machines), 1);
    let mut said = Machines::default();
    said.register("h", Some(registration));
    machines.replace_registry(said.into_registry());
    assert_eq!(tasks(&machines), 0);
    machines.register("h", None);
    assert_eq!(machines.fleet().len(), 0);
}
