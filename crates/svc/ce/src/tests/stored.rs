//! Volumes, snapshots and file systems are metered by what their records say: each size for as long as it was there.

use proptest::prelude::*;
use serde_json::json;
use wharf_base::{Permit, Timestamp};
use wharf_billing::{Quantity, Stored, Stretch, Unit, VolumeType, shown};
use wharf_records::{Record, Scope, encode};
use wharf_store::Txn;

use super::home::{ACCOUNT, HOUR, Home, NOON, until};
use crate::{
    period::Granularity,
    stored::{FileSystem, NatGateway, Snapshot, Volume},
};

const PERMIT: Permit = Permit::for_controller("test");
const DAYS: (&str, &str) = ("2026-04-01", "2026-04-11");
const KIND: (&str, &str) = ("DIMENSION", "USAGE_TYPE");

fn gp3(gib: u32) -> Stored {
    Stored::Volume {
        kind: VolumeType::Gp3,
        gib,
        iops: 3_000,
        throughput: 125,
    }
}

pub fn key<T: Record>(service: &str, id: &str) -> String {
    Scope::new(service, ACCOUNT, "us-east-1").key(T::KIND, id)
}

impl Home {
    pub async fn stored<T: Record>(&self, service: &str, id: &str, last: &Option<Stretch>) {
        let record = json!({"metered": last, "tags": {"team": "blue"}});
        let record: T = serde_json::from_value(record).unwrap();
        let txn = Txn::new().put(key::<T>(service, id), encode(&record));
        assert!(self.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }

    pub async fn gone<T: Record>(&self, service: &str, id: &str) {
        let txn = Txn::new().delete(key::<T>(service, id));
        assert!(self.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }

    /// Quantities and costs of all days by usage type.
    pub async fn kinds(&self) -> Vec<(String, String, String)> {
        let rows = self
            .report(Granularity::Monthly, DAYS.0, DAYS.1, &[KIND], None)
            .await;
        rows.into_iter()
            .map(|(_, keys, quantity, cost)| (keys[0].clone(), quantity, cost))
            .collect()
    }
}

pub fn row(kind: &str, quantity: &str, cost: &str) -> (String, String, String) {
    (kind.to_owned(), quantity.to_owned(), cost.to_owned())
}

#[tokio::test]
async fn a_volume_is_billed_by_its_size_until_it_is_deleted() {
    let mut home = Home::start();
    let mut last = None;
    let at = |hours: i64| Timestamp(NOON - hours * HOUR);
    // 72 hours of 10 GiB, 24 of 40: two GB-months of 720 hours and a third.
    Stretch::follow(&mut last, Some(gp3(10)), at(120));
    home.stored::<Volume>("ec2", "vol-1", &last).await;
    until("it is metered", || async {
        home.kinds().await == [row("EBS:VolumeUsage.gp3", "1.6666666667", "0.1333333333")]
    })
    .await;
    home.restart().await;
    Stretch::follow(&mut last, Some(gp3(40)), at(48));
    home.stored::<Volume>("ec2", "vol-1", &last).await;
    home.kill();
    Stretch::follow(&mut last, None, at(24));
    home.stored::<Volume>("ec2", "vol-1", &last).await;
    home.gone::<Volume>("ec2", "vol-1").await;
    home.restart().await;
    home.over().await;
    let expected = [row("EBS:VolumeUsage.gp3", "2.3333333333", "0.1866666667")];
    assert_eq!(home.kinds().await, expected);
    home.restart().await;
    home.activate("team").await;
    let by = [("TAG", "team"), ("DIMENSION", "SERVICE")];
    let rows = home.days("2026-04-08", "2026-04-10", &by).await;
    let keys: Vec<&Vec<String>> = rows.iter().map(|it| &it.1).collect();
    assert_eq!(keys, [&["team$blue", "EC2 - Other"]; 2]);
    let operation = home.days("2026-04-08", "2026-04-09", &[("DIMENSION", "OPERATION")]);
    assert_eq!(operation.await[0].1, ["CreateVolume-Gp3"]);
    let resource = home.days("2026-04-08", "2026-04-09", &[("DIMENSION", "RESOURCE_ID")]);
    assert_eq!(resource.await[0].1, ["vol-1"]);
    assert_eq!(home.kinds().await, expected);
}

#[tokio::test]
async fn snapshots_and_file_systems_are_billed_by_what_they_hold() {
    let home = Home::start();
    let day = |of: Stored| {
        let mut last = Some(Stretch::first(of, Timestamp(NOON - 30 * HOUR)));
        Stretch::follow(&mut last, None, Timestamp(NOON - 6 * HOUR));
        last
    };
    // 15 GiB for a day of thirty.
    let kib = 15 << 20;
    home.stored::<Snapshot>("ec2", "snap-1", &day(Stored::Snapshot { kib }))
        .await;
    home.stored::<Snapshot>("ec2", "snap-2", &None).await;
    home.stored::<FileSystem>("efs", "fs-1", &day(Stored::FileSystem { kib }))
        .await;
    until("both are metered", || async {
        home.kinds().await
            == [
                row("EBS:SnapshotUsage", "0.5", "0.025"),
                row("USE1-TimedStorage-ByteHrs", "0.5", "0.15"),
            ]
    })
    .await;
    let groups = [("DIMENSION", "SERVICE"), ("DIMENSION", "RESOURCE_ID")];
    let rows = home.days("2026-04-09", "2026-04-10", &groups).await;
    let keys: Vec<[&str; 2]> = rows
        .iter()
        .map(|it| [it.1[0].as_str(), it.1[1].as_str()])
        .collect();
    let snapshot = "arn:aws:ec2:us-east-1:000000000000:snapshot/snap-1";
    let files = "arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/fs-1";
    assert_eq!(
        keys,
        [
            ["Amazon Elastic File System", files],
            ["EC2 - Other", snapshot]
        ]
    );
}

#[tokio::test]
async fn a_nat_gateway_is_billed_for_each_hour_that_it_began() {
    let home = Home::start();
    let record = json!({"created_at": NOON - 90 * 60_000, "deleted_at": NOON - 1, "tags": {}});
    let record: NatGateway = serde_json::from_value(record).unwrap();
    let txn = Txn::new().put(key::<NatGateway>("ec2", "nat-1"), encode(&record));
    assert!(home.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    until("it is metered", || async {
        home.kinds().await == [row("NatGateway-Hours", "2", "0.09")]
    })
    .await;
}

/// A store that came back from a backup says the present size alone: the one before ended when it began.
#[tokio::test]
async fn without_history_the_sizes_follow_each_other() {
    let mut home = Home::start();
    let mut last = None;
    Stretch::follow(&mut last, Some(gp3(10)), Timestamp(NOON - 48 * HOUR));
    home.stored::<Volume>("ec2", "vol-1", &last).await;
    until("it is metered", || async {
        !home.meters().await.is_empty()
    })
    .await;
    home.kill();
    home.drop_cursor().await;
    Stretch::follow(&mut last, Some(gp3(20)), Timestamp(NOON - 24 * HOUR));
    home.stored::<Volume>("ec2", "vol-1", &last).await;
    home.restart().await;
    until("both are metered", || async {
        home.kinds().await == [row("EBS:VolumeUsage.gp3", "1", "0.08")]
    })
    .await;
}

/// Sizes, or that it is gone; hours until the next change; whether the server dies there.
fn a_history() -> impl Strategy<Value = Vec<(Option<u32>, i64, bool)>> {
    let size = prop_oneof![4 => (1..100_u32).prop_map(Some), 1 => Just(None)];
    proptest::collection::vec((size, 0..12_i64, any::<bool>()), 1..10)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 4, ..ProptestConfig::default() })]
    /// Whatever becomes of a volume, and wherever the server dies, each moment is billed once by the size of then.
    #[test]
    fn any_history_is_billed_once(history in a_history(), millis in 0..HOUR) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut home = Home::start();
            until("it follows", || home.has_cursor()).await;
            let (mut last, mut at, mut units) = (None, NOON - 120 * HOUR + millis, 0);
            for (gib, hours, dies) in history {
                Stretch::follow(&mut last, gib.map(gp3), Timestamp(at));
                home.stored::<Volume>("ec2", "vol-1", &last).await;
                if dies {
                    home.restart().await;
                }
                units += i128::from(gib.unwrap_or(0)) * i128::from(hours * HOUR);
                at += hours * HOUR;
            }
            Stretch::follow(&mut last, None, Timestamp(at));
            home.stored::<Volume>("ec2", "vol-1", &last).await;
            home.gone::<Volume>("ec2", "vol-1").await;
            let expected = Quantity::of(Unit::GbMonths, units << 20, NOON);
            let expected = shown(expected.number());
            until("all of it is billed", || async {
                let total = home.kinds().await;
                total.first().map_or("0", |it| it.1.as_str()) == expected
            })
            .await;
            home.restart().await;
            home.over().await;
            let total = home.kinds().await;
            assert_eq!(total.first().map_or("0", |it| it.1.as_str()), expected);
        });
    }
}
