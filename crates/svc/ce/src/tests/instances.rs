//! Instances of EC2 are metered by their own records, each time that they run.

use serde_json::json;
use wharf_base::Permit;
use wharf_records::{Record as _, Scope, encode};
use wharf_store::Txn;

use super::home::{ACCOUNT, Home, NOON, until};
use crate::metered::Machine;

const PERMIT: Permit = Permit::for_controller("test");
const DAY: (&str, &str) = ("2026-04-10", "2026-04-11");

/// A time in which it ran: from, until.
type Ran = (u64, i64, Option<i64>);

impl Home {
    async fn instance(&self, id: &str, kind: &str, spot: bool, run: Option<Ran>) {
        let run = run.map(|(number, started_at, ended_at)| match ended_at {
            Some(end) => json!({"number": number, "started_at": started_at, "ended_at": end}),
            None => json!({"number": number, "started_at": started_at}),
        });
        let state = match &run {
            Some(run) if run.get("ended_at").is_none() => "running",
            _ => "stopped",
        };
        let mut record = json!({
            "id": id,
            "instance_type": kind,
            "life": {"state": state, "since": 0},
            "tags": {"team": "blue"},
        });
        if let Some(run) = run {
            record["life"]["run"] = run;
        }
        if spot {
            record["spot"] = json!({"request": "sir-1"});
        }
        let record: Machine = serde_json::from_value(record).unwrap();
        let key = Scope::new("ec2", ACCOUNT, "us-east-1").key(Machine::KIND, id);
        let txn = Txn::new().put(key, encode(&record));
        assert!(self.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    }
}

#[tokio::test]
async fn an_instance_is_billed_by_the_second_each_time_that_it_runs() {
    let mut home = Home::start();
    home.instance("i-1", "t3.micro", false, None).await;
    home.instance("i-1", "t3.micro", false, Some((1, NOON - 7_200_000, None)))
        .await;
    until("it is metered", || async {
        home.meters().await.iter().any(|it| it.id == "i-1:1")
    })
    .await;
    home.restart().await;
    let first = (1, NOON - 7_200_000, Some(NOON - 5_400_000));
    home.instance("i-1", "t3.micro", false, Some(first)).await;
    // Again, for a second, which counts as a minute.
    home.instance("i-1", "t3.micro", false, Some((2, NOON - 1_000, None)))
        .await;
    until("it is metered anew", || async {
        home.meters().await.iter().any(|it| it.id == "i-1:2")
    })
    .await;
    let second = (2, NOON - 1_000, Some(NOON));
    home.instance("i-1", "t3.micro", false, Some(second)).await;
    home.instance(
        "i-2",
        "m6i.large",
        true,
        Some((1, NOON - 3_600_000, Some(NOON))),
    )
    .await;
    // Of no type that is known, nothing is billed.
    home.instance(
        "i-3",
        "x9.nano",
        false,
        Some((1, NOON - 3_600_000, Some(NOON))),
    )
    .await;
    home.settled().await;
    let groups = [("DIMENSION", "SERVICE"), ("DIMENSION", "OPERATION")];
    until("all are counted", || async {
        let kinds = home
            .days(DAY.0, DAY.1, &[("DIMENSION", "USAGE_TYPE")])
            .await;
        kinds.len() == 2
    })
    .await;
    let rows = home.days(DAY.0, DAY.1, &groups).await;
    let service = "Amazon Elastic Compute Cloud - Compute";
    assert_eq!(rows[0].1, [service, "RunInstances"]);
    let rows = home
        .days(DAY.0, DAY.1, &[("DIMENSION", "USAGE_TYPE")])
        .await;
    let kinds: Vec<(&str, &str)> = rows
        .iter()
        .map(|it| (it.1[0].as_str(), it.2.as_str()))
        .collect();
    // Half an hour and a minute.
    assert_eq!(
        kinds,
        [
            ("BoxUsage:t3.micro", "0.5166666667"),
            ("SpotUsage:m6i.large", "1")
        ]
    );
}
