//! Machines that the maker makes for Fargate when claims wait for room.

use serde_json::json;
use wharf_hosts::{Claimant, FargateWaiting};
use wharf_placement::pack::Ask;
use wharf_svc_ec2::instances::{PoolConfig, PoolShown};

use super::*;

const IDLE: Duration = Duration::from_secs(600);
const ON_IT: &str = "task/one";

/// A cloud without hosts, for which the rack makes machines for Fargate.
async fn with_pool(least: u32, most: u32) -> (Cloud, Arc<Rack>) {
    let rack = Rack::start().await;
    let mut cloud = Cloud::over(world());
    let making = rack.clone();
    cloud.maker = Some(Box::new(move || {
        let mut parts = making.parts();
        parts.config.pool = Some(PoolConfig {
            sizes: vec!["1vcpu,4gib".parse().unwrap()],
            least,
            most,
            most_per_account: None,
            idle: IDLE,
        });
        parts
    }));
    (cloud.begun(), rack)
}

fn claim(cpu: u32) -> Claim {
    Claim {
        cpu,
        memory: 1024,
        interfaces: 1,
        ..Claim::default()
    }
}

impl Cloud {
    async fn pool(&self) -> PoolShown {
        self.ec2.shown_fargate_pool().await.unwrap().unwrap()
    }

    /// So many wait, each for half a machine.
    fn waits(&self, count: usize) {
        self.wait("000000000000", (count, &["a"]));
    }

    /// The same of an account, in some zones.
    fn wait(&self, account: &str, (count, zones): (usize, &[&str])) {
        let one = |number: usize| FargateWaiting {
            account: account.to_owned(),
            claimant: Claimant::new("task", number.to_string()),
            claim: claim(512),
            zones: zones.iter().map(ToString::to_string).collect(),
            architecture: None,
            since: self.clock.now(),
        };
        let all = (0..count).map(one).collect();
        self.hosts.fargate().wait(account, all);
    }

    async fn stages(&self) -> Vec<&'static str> {
        let pool = self.pool().await;
        pool.machines.iter().map(|it| it.state).collect()
    }

    async fn has(&self, states: &[&str]) {
        let what = format!("the machines are {states:?}");
        until(&what, || async { self.stages().await == states }).await;
    }

    /// Until then time passes.
    async fn comes_to_have(&self, states: &[&str]) {
        let what = format!("the machines come to be {states:?}");
        until(&what, || async {
            self.clock.advance(IDLE / 10);
            self.stages().await == states
        })
        .await;
    }
}

impl Rack {
    async fn made_so_many(&self, count: usize) -> Vec<String> {
        let is_so = || async { self.made().len() == count };
        until("the machines are made", is_so).await;
        self.made()
    }
}

#[tokio::test]
async fn a_machine_comes_for_who_waits_and_ends_when_it_is_empty() {
    let (cloud, rack) = with_pool(0, 2).await;
    rack.looked_at(2).await;
    assert_eq!(rack.made(), [""; 0]);
    cloud.waits(2);
    let id = rack.made_so_many(1).await.remove(0);
    let told = rack.asked_for("run").remove(0);
    let machine = &told["machine"];
    assert_eq!(
        (
            &machine["purpose"],
            &machine["vcpus"],
            &machine["memoryMiB"]
        ),
        (&json!("fargate"), &json!(1), &json!(4096))
    );
    assert_eq!(machine["zone"], "us-east-1a");
    assert_eq!((&told["key"], &told["id"]), (&json!(id), &json!(id)));
    let grant = rack.grant(told["join"]["token"].as_str().unwrap());
    assert!(grant.fargate && grant.pool && grant.is_for(&id));
    assert_eq!(
        (grant.max_cpu, grant.zone.as_deref()),
        (Some(1024), Some("us-east-1a"))
    );
    // It is no instance of an account, and its token is nowhere in the clear.
    let shown = cloud
        .ec2
        .describe_instances(&cloud.call(), Default::default())
        .await;
    let reservations = shown.unwrap().reservations;
    assert!(reservations.unwrap_or_default().is_empty());
    cloud.has(&["ordered"]).await;

    // Somebody else who says to be it is not.
    cloud.join(&id).await;
    rack.looked_at(2).await;
    assert_eq!(cloud.stages().await, ["ordered"]);
    rack.joins(&id);
    cloud.has(&["joined"]).await;
    cloud.waits(0);
    cloud
        .hold(&id, |it| it.claims.insert(ON_IT, claim(512)))
        .await;
    for _ in 0..3 {
        cloud.clock.advance(IDLE);
        rack.looked_at(2).await;
    }
    assert_eq!(cloud.stages().await, ["joined"]);

    cloud.hold(&id, |it| drop(it.claims.remove(ON_IT))).await;
    cloud.comes_to_have(&[]).await;
    assert_eq!(
        (rack.machines(), rack.made()),
        (Vec::new(), vec![id.clone()])
    );
    assert!(rack.removed(&id));
    // Nobody claims what was seen to be empty.
    let key = Ledger::key(&format!("host-of-{id}"));
    let entry = cloud.world.store.get(&key).await.unwrap().unwrap();
    let ledger: Ledger = wharf_records::decode(&entry.value).unwrap();
    assert!(ledger.closed);
}

#[tokio::test]
async fn there_are_as_many_as_are_to_be() {
    let (mut cloud, rack) = with_pool(1, 2).await;
    let first = rack.made_so_many(1).await;
    cloud.waits(9);
    let both = rack.made_so_many(2).await;
    until("it says why there are no more", || async {
        let held = cloud.pool().await.held;
        held.iter().any(|it| it.contains("(--fargate-pool-most)"))
    })
    .await;
    for id in &both {
        rack.joins(id);
        cloud.join(id).await;
    }
    cloud.has(&["joined", "joined"]).await;
    assert_eq!(cloud.pool().await.lacking, 5);
    // The server begins anew: nobody's machines are ended, and none is made beside them.
    cloud.restart();
    rack.looked_at(3).await;
    cloud.waits(0);
    cloud.comes_to_have(&["joined"]).await;
    assert_eq!((rack.made(), rack.machines().len()), (both, 1));
    assert_eq!(first.len(), 1);
}

#[tokio::test]
async fn after_a_failure_another_is_made_later() {
    let (cloud, rack) = with_pool(0, 2).await;
    let failed = json!({"state": "failed", "reason": "no power"});
    rack.will(&[Answer::Says(failed)]);
    cloud.waits(1);
    until("the order comes to nothing", || async {
        cloud.pool().await.failure.is_some()
    })
    .await;
    cloud.has(&[]).await;
    let (why, _) = cloud.pool().await.failure.unwrap();
    assert_eq!(why, "no power");
    rack.looked_at(3).await;
    assert_eq!(rack.made(), [""; 0]);
    cloud.clock.advance(Duration::from_secs(10));
    rack.made_so_many(1).await;
}

#[tokio::test]
async fn one_that_does_not_join_is_given_up() {
    let (cloud, rack) = with_pool(0, 2).await;
    cloud.waits(1);
    let id = rack.made_so_many(1).await.remove(0);
    cloud.has(&["ordered"]).await;
    cloud.waits(0);
    cloud.clock.advance(rack::JOIN_WITHIN);
    cloud.has(&[]).await;
    let (why, _) = cloud.pool().await.failure.unwrap();
    assert!(why.contains("did not join within 600 s"), "{why}");
    assert!(rack.removed(&id) && rack.machines().is_empty());
}

#[tokio::test]
async fn whatever_is_killed_one_record_is_one_machine() {
    let (mut cloud, rack) = with_pool(0, 1).await;
    // It is made, and nobody hears of that.
    rack.will(&[Answer::Lost, Answer::Status(500)]);
    cloud.waits(1);
    let id = rack.made_so_many(1).await.remove(0);
    cloud.restart();
    until("it is told again", || async {
        rack.asked_for("run").len() >= 3
    })
    .await;
    let told = rack.asked_for("run");
    assert!(told.iter().all(|it| it == &told[0]), "{told:?}");
    assert_eq!(rack.made(), std::slice::from_ref(&id));
    // It is pulled out before its node is there.
    rack.looked_at(2).await;
    cloud.waits(0);
    rack.loses(&id);
    until("it is given up", || async {
        passes(&cloud);
        cloud.stages().await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn one_that_is_there_before_its_maker_was_understood_is_not_kept_for_ever() {
    let (cloud, rack) = with_pool(0, 1).await;
    // It is made, and whatever else its maker says is of no use.
    let mut answers = vec![Answer::Lost];
    answers.extend(vec![Answer::Status(500); 1000]);
    rack.will(&answers);
    cloud.waits(1);
    let id = rack.made_so_many(1).await.remove(0);
    cloud.has(&["ordered"]).await;
    rack.joins(&id);
    cloud.join(&id).await;
    cloud.has(&["joined"]).await;
    rack.will(&[]);
    cloud.waits(0);
    rack.loses(&id);
    cloud.connected(&id, false);
    until("it is given up", || async {
        cloud.clock.advance(Duration::from_secs(1));
        cloud.stages().await.is_empty()
    })
    .await;
    assert!(rack.removed(&id));
}

#[tokio::test]
async fn an_account_leaves_machines_to_others() {
    let (cloud, rack) = with_pool(0, 4).await;
    rack.is_shared(true);
    cloud.waits(20);
    rack.made_so_many(3).await;
    until("it says why there are no more", || async {
        let held = cloud.pool().await.held;
        let is_why = |it: &String| it.contains("000000000000") && it.contains("one account, 3");
        held.iter().any(is_why)
    })
    .await;
    assert_eq!(cloud.hosts.fargate().bound_of("000000000000"), Some(3));
    // More than half of what comes, which they share.
    cloud.wait("111122223333", (20, &["a"]));
    rack.made_so_many(4).await;
    assert_eq!(cloud.hosts.fargate().bound_of("111122223333"), None);
}

#[tokio::test]
async fn an_account_that_is_alone_leaves_nothing() {
    let (cloud, rack) = with_pool(0, 4).await;
    rack.is_shared(true);
    cloud.waits(20);
    rack.made_so_many(3).await;
    until("it waits at its bound", || async {
        cloud.hosts.fargate().bound_of("000000000000").is_some()
    })
    .await;
    // The other one is closed.
    rack.is_shared(false);
    rack.made_so_many(4).await;
    until("there are as many as there may be", || async {
        let held = cloud.pool().await.held;
        held.len() == 1 && held[0].contains("(--fargate-pool-most)")
    })
    .await;
    assert_eq!(cloud.hosts.fargate().bound_of("000000000000"), None);
}

#[tokio::test]
async fn what_its_maker_does_not_take_keeps_nothing_else_waiting() {
    let (cloud, rack) = with_pool(0, 4).await;
    rack.looked_at(2).await;
    rack.will_not_make_in("us-east-1a");
    cloud.waits(1);
    let tried = || async { !rack.asked_for("run").is_empty() };
    until("it is asked for one", tried).await;
    cloud.wait("111122223333", (1, &["b"]));
    rack.made_so_many(1).await;
    let told = rack.asked_for("run");
    let made = told.iter().find(|it| it["id"] == rack.made()[0]).unwrap();
    assert_eq!(made["machine"]["zone"], "us-east-1b");
    rack.will_not_make_in("");
    rack.made_so_many(2).await;
}

#[tokio::test]
async fn what_machines_have_is_known_after_a_restart() {
    let (mut cloud, rack) = with_pool(0, 2).await;
    cloud.waits(1);
    let id = rack.made_so_many(1).await.remove(0);
    rack.joins(&id);
    cloud.join(&id).await;
    cloud.has(&["joined"]).await;
    // Less than its operator says.
    cloud.hold(&id, |it| it.capacity.cpu = 700).await;
    let large = claim(900);
    let ask = |cloud: &Cloud| {
        let ask = Ask {
            claim: &large,
            apart: None,
            architecture: None,
        };
        cloud.hosts.fargate().may_wait(&ask, &[])
    };
    until("it is learned", || async { !ask(&cloud) }).await;
    cloud.waits(0);
    cloud.comes_to_have(&[]).await;
    cloud.restart();
    until("it is known", || async { !ask(&cloud) }).await;
}

/// Lists are later than what was told.
fn passes(cloud: &Cloud) {
    cloud.clock.advance(Duration::from_millis(1));
}
