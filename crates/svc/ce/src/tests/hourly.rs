//! Load balancers, public addresses and interface endpoints are metered for as long as they are there, each of several things that
//! one record is about apart.

use proptest::prelude::*;
use serde_json::{Value, json};
use wharf_base::{Permit, Timestamp};
use wharf_billing::{AddressUse, Quantity, Stored, Stretch, Unit, shown};
use wharf_records::{Record, encode};
use wharf_store::Txn;

use super::{
    home::{ACCOUNT, HOUR, Home, NOON, until},
    stored::{key, row},
};
use crate::{
    capacity::Balancer as Counted,
    records::{SERVICE, scope},
    stored::{Address, Balancer, Endpoint, Interface},
};

const PERMIT: Permit = Permit::for_controller("test");
const IN_USE: &str = "USE1-PublicIPv4:InUseAddress";
const IDLE: &str = "USE1-PublicIPv4:IdleAddress";

impl Home {
    async fn written<T: Record>(&self, service: &str, id: &str, record: Value) {
        let record: T = serde_json::from_value(record).unwrap();
        let txn = Txn::new().put(key::<T>(service, id), encode(&record));
        assert!(self.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }

    /// Until the end of all that is metered is known.
    async fn settled_end(&self) {
        until("the end is known", || async {
            self.meters().await.iter().all(|it| it.end.is_some())
        })
        .await;
    }

    /// Until reports say that.
    async fn says(&self, expected: &[(String, String, String)]) {
        until("it is metered", || async { self.kinds().await == expected }).await;
    }
}

fn of(of: AddressUse) -> Option<Stored> {
    Some(Stored::PublicAddress { of })
}

#[tokio::test]
async fn a_load_balancer_and_its_address_are_billed_until_it_is_deleted() {
    let mut home = Home::start();
    let record = json!({"created_at": NOON - 90 * 60_000, "public_address": "198.19.0.1", "tags": {"team": "blue"}});
    home.written::<Balancer>("elbv2", "app/web/1", record).await;
    let inner = json!({"created_at": NOON - 90 * 60_000, "public_address": null});
    home.written::<Balancer>("elbv2", "net/inner/2", inner)
        .await;
    home.says(&[
        row("LoadBalancerUsage", "4", "0.09"),
        row(IN_USE, "1.5", "0.0075"),
    ])
    .await;
    home.restart().await;
    home.gone::<Balancer>("elbv2", "app/web/1").await;
    home.gone::<Balancer>("elbv2", "net/inner/2").await;
    home.over().await;
    let expected = [
        row("LoadBalancerUsage", "4", "0.09"),
        row(IN_USE, "1.5", "0.0075"),
    ];
    assert_eq!(home.kinds().await, expected);
    home.restart().await;
    let groups = [("DIMENSION", "OPERATION"), ("DIMENSION", "RESOURCE_ID")];
    let rows = home.days("2026-04-10", "2026-04-11", &groups).await;
    let keys: Vec<&Vec<String>> = rows.iter().map(|it| &it.1).collect();
    let arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/";
    let (web, inner) = (format!("{arn}app/web/1"), format!("{arn}net/inner/2"));
    assert_eq!(
        keys,
        [
            &["LoadBalancing:Application", web.as_str()],
            &["LoadBalancing:Network", inner.as_str()]
        ]
    );
    assert_eq!(home.kinds().await, expected);
}

#[tokio::test]
async fn an_elastic_address_is_idle_until_something_has_it() {
    let mut home = Home::start();
    until("it follows", || home.has_cursor()).await;
    let (mut last, at) = (None, |hours: i64| Timestamp(NOON - hours * HOUR));
    Stretch::follow(&mut last, of(AddressUse::Idle), at(30));
    home.stored::<Address>("ec2", "eipalloc-1", &last).await;
    Stretch::follow(&mut last, of(AddressUse::Elastic), at(20));
    home.stored::<Address>("ec2", "eipalloc-1", &last).await;
    home.restart().await;
    // Moved to another: that is no change.
    Stretch::follow(&mut last, of(AddressUse::Elastic), at(10));
    home.stored::<Address>("ec2", "eipalloc-1", &last).await;
    home.says(&[row(IDLE, "10", "0.05"), row(IN_USE, "20", "0.1")])
        .await;
    // It is released while nobody meters.
    home.kill();
    home.gone::<Address>("ec2", "eipalloc-1").await;
    home.restart().await;
    home.over().await;
    let expected = [row(IDLE, "10", "0.05"), row(IN_USE, "20", "0.1")];
    assert_eq!(home.kinds().await, expected);
    let rows = home
        .days("2026-04-10", "2026-04-11", &[("DIMENSION", "SERVICE")])
        .await;
    assert_eq!(rows[0].1, ["Amazon Virtual Private Cloud"]);
}

#[tokio::test]
async fn an_interface_is_billed_for_its_own_address_alone() {
    let home = Home::start();
    let record = |public: Value| json!({"created_at": NOON - 9 * HOUR, "public": public});
    let own = json!({"association": "eipassoc-1", "since": NOON - 5 * HOUR});
    home.written::<Interface>("ec2", "eni-1", record(own)).await;
    let old = json!({"association": "eipassoc-2"});
    home.written::<Interface>("ec2", "eni-2", record(old)).await;
    home.written::<Interface>("ec2", "eni-3", record(Value::Null))
        .await;
    home.says(&[row(IN_USE, "14", "0.07")]).await;
    // An elastic one in its place is billed by its own record.
    let elastic = json!({"association": "eipassoc-3", "allocation": "eipalloc-1"});
    home.written::<Interface>("ec2", "eni-1", record(elastic))
        .await;
    home.gone::<Interface>("ec2", "eni-2").await;
    home.over().await;
    home.advance(2 * HOUR);
    home.says(&[row(IN_USE, "14", "0.07")]).await;
}

#[tokio::test]
async fn an_interface_endpoint_is_billed_in_each_of_its_zones() {
    let mut home = Home::start();
    let record = |interfaces: Value| json!({"created_at": NOON - 3 * HOUR, "interfaces": interfaces, "tags": {}});
    let (first, late) = (
        json!({"id": "eni-1"}),
        json!({"id": "eni-2", "since": NOON - HOUR / 2}),
    );
    home.written::<Endpoint>("ec2", "vpce-1", record(json!([first.clone()])))
        .await;
    // Gateways have none.
    home.written::<Endpoint>("ec2", "vpce-2", record(json!([])))
        .await;
    home.written::<Endpoint>(
        "ec2",
        "vpce-1",
        record(json!([first.clone(), late.clone()])),
    )
    .await;
    let expected = |hours: &str, cost: &str| [row("USE1-VpcEndpoint-Hours", hours, cost)];
    home.says(&expected("4", "0.04")).await;
    home.restart().await;
    home.advance(HOUR + HOUR / 4);
    // A zone is left, and another entered in the same call.
    let other = json!({"id": "eni-3", "since": NOON + HOUR + HOUR / 4});
    home.written::<Endpoint>("ec2", "vpce-1", record(json!([first, other])))
        .await;
    // What is there counts by full hours until it goes.
    home.says(&expected("6", "0.06")).await;
    // Each hour that was begun: five of the first, two of the second, one of the third.
    home.gone::<Endpoint>("ec2", "vpce-1").await;
    home.over().await;
    home.restart().await;
    assert_eq!(home.kinds().await, expected("8", "0.08"));
    let resources = home
        .days("2026-04-10", "2026-04-11", &[("DIMENSION", "RESOURCE_ID")])
        .await;
    let arn = "arn:aws:ec2:us-east-1:000000000000:vpc-endpoint/vpce-1";
    assert_eq!((resources.len(), resources[0].1[0].as_str()), (1, arn));
}

#[tokio::test]
async fn units_are_counted_for_each_hour_once_it_is_settled() {
    let mut home = Home::start();
    let record = json!({"created_at": NOON - HOUR / 2, "tags": {"team": "blue"}});
    home.written::<Balancer>("elbv2", "app/busy/1", record)
        .await;
    let idle = json!({"created_at": NOON - HOUR / 2});
    home.written::<Balancer>("elbv2", "net/idle/2", idle).await;
    home.says(&[row("LoadBalancerUsage", "2", "0.045")]).await;
    let key = scope(ACCOUNT).key(Counted::KIND, "app/busy/1");
    let kept = home.core().table.read::<Counted>(&key).await.unwrap();
    let mut kept = kept.unwrap().record;
    kept.end = Some(NOON + HOUR * 3 / 2);
    home.advance(HOUR * 3 / 2);
    home.gone::<Balancer>("elbv2", "app/busy/1").await;
    home.gone::<Balancer>("elbv2", "net/idle/2").await;
    home.over().await;
    // Of the first hour nothing more can be reported; of the others it can.
    home.advance(HOUR);
    home.restart().await;
    let hours = row("LoadBalancerUsage", "4", "0.09");
    home.says(&[row("LCUUsage", "1", "0.008"), hours.clone()])
        .await;
    home.advance(2 * HOUR);
    home.restart().await;
    let all = [row("LCUUsage", "3", "0.024"), hours];
    home.says(&all).await;
    home.over().await;
    home.restart().await;
    assert_eq!(home.kinds().await, all);
    // A store that came back from a backup has not passed these hours.
    let txn = Txn::new().put(&key, encode(&kept));
    assert!(home.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    home.restart().await;
    until("they were passed again", || async {
        home.store.get(&key).await.unwrap().is_none() && home.meters().await.is_empty()
    })
    .await;
    assert_eq!(home.kinds().await, all);
    home.advance(24 * HOUR);
    home.restart().await;
    until("nothing is left to be counted", || async {
        let table = &home.core().table;
        let left = table.everywhere::<Counted>(SERVICE).await.unwrap();
        left.is_empty()
    })
    .await;
    assert_eq!(home.kinds().await, all);
}

/// Whether something has the address from now on; seconds until the next change; whether the server dies there.
fn a_history() -> impl Strategy<Value = Vec<(bool, i64, bool)>> {
    proptest::collection::vec((any::<bool>(), 0..40_000_i64, any::<bool>()), 1..10)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 4, ..ProptestConfig::default() })]
    /// Whoever has an address, and wherever the server dies, each second of it is billed once.
    /// Wherever the server dies, each hour's units count once.
    #[test]
    fn each_hour_of_a_load_balancer_counts_once(minutes in 0..60_i64, pauses in proptest::collection::vec(0..100_i64, 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut home = Home::start();
            let start = NOON - minutes * 60_000;
            let record = json!({"created_at": start});
            home.written::<Balancer>("elbv2", "net/busy/1", record).await;
            until("it is metered", || async { !home.meters().await.is_empty() }).await;
            let mut end = NOON;
            for pause in pauses {
                end += pause * 60_000;
                home.advance(pause * 60_000);
                home.restart().await;
            }
            home.gone::<Balancer>("elbv2", "net/busy/1").await;
            home.settled_end().await;
            home.advance(4 * HOUR);
            home.restart().await;
            // 25 flows a second are a part of 32 of a unit.
            let hours = (end + HOUR - 1).div_euclid(HOUR) - start.div_euclid(HOUR);
            let expected = shown(Quantity::of(Unit::CapacityHours, i128::from(hours) * 115_200_000, NOON).number());
            let units = |kinds: Vec<(String, String, String)>| kinds.into_iter().find(|it| it.0 == "LCUUsage").map(|it| it.1);
            until("all of them", || async { units(home.kinds().await).unwrap_or_else(|| "0".to_owned()) == expected }).await;
            home.restart().await;
            assert_eq!(units(home.kinds().await).unwrap_or_else(|| "0".to_owned()), expected);
        });
    }

    #[test]
    fn any_history_of_an_address_is_billed_once(history in a_history()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut home = Home::start();
            until("it follows", || home.has_cursor()).await;
            let (mut last, mut at, mut seconds) = (None, NOON - 120 * HOUR, [0, 0]);
            for (has, pause, dies) in history {
                let now = if has { AddressUse::Elastic } else { AddressUse::Idle };
                Stretch::follow(&mut last, of(now), Timestamp(at));
                home.stored::<Address>("ec2", "eipalloc-1", &last).await;
                if dies {
                    home.restart().await;
                }
                seconds[usize::from(has)] += pause;
                at += pause * 1_000;
            }
            Stretch::follow(&mut last, None, Timestamp(at));
            home.stored::<Address>("ec2", "eipalloc-1", &last).await;
            home.gone::<Address>("ec2", "eipalloc-1").await;
            let billed = |kinds: Vec<(String, String, String)>| [IDLE, IN_USE].map(|kind| {
                let found = kinds.iter().find(|it| it.0 == kind);
                let hours: f64 = found.map_or(0.0, |it| it.1.parse().unwrap());
                (hours * 3_600.0).round() as i64
            });
            until("all of it is billed", || async { billed(home.kinds().await) == seconds }).await;
            home.restart().await;
            home.over().await;
            assert_eq!(billed(home.kinds().await), seconds);
        });
    }
}
