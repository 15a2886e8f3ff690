//! What tasks cost, over kills and restores.

use wharf_api_ce::types::{DimensionValues, Expression, TagValues};

use super::home::{HOUR, Home, NOON, a_task, until};
use crate::period::Granularity;

const USAGE: (&str, &str) = ("DIMENSION", "USAGE_TYPE");
const CPU: &str = "USE1-Fargate-vCPU-Hours:perCPU";
const MEMORY: &str = "USE1-Fargate-GB-Hours";

fn row(day: &str, group: &str, hours: &str, cost: &str) -> super::home::Row {
    (
        day.to_owned(),
        vec![group.to_owned()],
        hours.to_owned(),
        cost.to_owned(),
    )
}

/// A quarter vCPU and half a GB for a minute.
fn a_minute() -> Vec<super::home::Row> {
    vec![
        row("2026-04-10", MEMORY, "0.0083333333", "0.0000370417"),
        row("2026-04-10", CPU, "0.0041666667", "0.0001686667"),
    ]
}

async fn ended(home: &Home) {
    home.put(&a_task("a", &[])).await;
    home.task("a", NOON - 7_200, None, &[]).await;
    home.task("a", NOON - 7_200, Some(NOON), &[]).await;
}

async fn is_counted_once(home: &Home) {
    until("the task is counted", || async {
        !home
            .days("2026-04-10", "2026-04-11", &[USAGE])
            .await
            .is_empty()
    })
    .await;
    assert_eq!(
        home.days("2026-04-10", "2026-04-11", &[USAGE]).await,
        a_minute()
    );
    until("the ledger has it", || async {
        home.meters().await.iter().all(|it| it.id != "a")
    })
    .await;
    assert_eq!(
        home.days("2026-04-10", "2026-04-11", &[USAGE]).await,
        a_minute()
    );
}

#[tokio::test]
async fn a_task_that_ended_is_billed_once_and_outlives_its_record() {
    let mut home = Home::start();
    until("it follows", || home.has_cursor()).await;
    ended(&home).await;
    is_counted_once(&home).await;
    // ECS writes stopped tasks again, and forgets them.
    let mut again = a_task("a", &[("late", "tag")]);
    again.pull_started_at = Some(wharf_base::Timestamp(NOON - 7_200));
    again.stopped_at = Some(wharf_base::Timestamp(NOON));
    again.version = 9;
    home.put(&again).await;
    home.forget("a").await;
    home.task("b", NOON, None, &[]).await;
    until("the one after it is metered", || async {
        home.meters().await.len() == 1
    })
    .await;
    home.restart().await;
    is_counted_once(&home).await;
}

#[tokio::test]
async fn an_end_that_came_while_nobody_metered_is_billed() {
    let mut home = Home::start();
    until("it follows", || home.has_cursor()).await;
    home.kill();
    ended(&home).await;
    home.forget("a").await;
    home.restart().await;
    is_counted_once(&home).await;
}

#[tokio::test]
async fn a_kill_between_ledger_and_store_doubles_nothing() {
    let mut home = Home::start();
    until("it follows", || home.has_cursor()).await;
    home.task("a", NOON - 7_200, None, &[]).await;
    until("it is metered", || async { home.meters().await.len() == 1 }).await;
    let mut meter = home.meters().await.remove(0);
    home.task("a", NOON - 7_200, Some(NOON), &[]).await;
    is_counted_once(&home).await;
    home.kill();
    meter.end = Some(NOON);
    home.put_meter(&meter).await;
    assert_eq!(
        home.days("2026-04-10", "2026-04-11", &[USAGE]).await,
        a_minute()
    );
    home.restart().await;
    is_counted_once(&home).await;
}

/// The ledger may be ahead of a store that came back.
#[tokio::test]
async fn a_restored_store_doubles_nothing() {
    let mut home = Home::start();
    until("it follows", || home.has_cursor()).await;
    home.task("a", NOON - 7_200, None, &[]).await;
    until("it is metered", || async { home.meters().await.len() == 1 }).await;
    let open = home.meters().await.remove(0);
    home.task("a", NOON - 7_200, Some(NOON), &[]).await;
    is_counted_once(&home).await;
    home.kill();
    // As it was before the end.
    home.task("a", NOON - 7_200, None, &[]).await;
    home.put_meter(&open).await;
    home.drop_cursor().await;
    home.restart().await;
    until("it follows", || home.has_cursor()).await;
    // What the first start found out is known to the next.
    home.restart().await;
    home.advance(5);
    home.task("a", NOON - 7_200, Some(NOON + 5), &[]).await;
    is_counted_once(&home).await;
}

/// A node may be wrong about the time.
#[tokio::test]
async fn nothing_is_billed_before_a_task_was_made() {
    let home = Home::start();
    until("it follows", || home.has_cursor()).await;
    let mut task = a_task("a", &[]);
    task.created_at = wharf_base::Timestamp(NOON - 7_200);
    task.pull_started_at = Some(wharf_base::Timestamp(NOON - 1_000 * HOUR));
    task.stopped_at = Some(wharf_base::Timestamp(NOON));
    home.put(&task).await;
    is_counted_once(&home).await;
}

/// Nor is a task free because it is said to begin after its end.
#[tokio::test]
async fn a_start_in_the_future_is_not_believed() {
    let home = Home::start();
    until("it follows", || home.has_cursor()).await;
    let mut task = a_task("a", &[]);
    task.created_at = wharf_base::Timestamp(NOON - 7_200);
    task.pull_started_at = Some(wharf_base::Timestamp(NOON + 100_000 * 24 * HOUR));
    home.put(&task).await;
    until("it is metered", || async { home.meters().await.len() == 1 }).await;
    assert_eq!(home.meters().await[0].start, NOON - 7_200);
    task.stopped_at = Some(wharf_base::Timestamp(NOON));
    home.put(&task).await;
    is_counted_once(&home).await;
}

/// Many tasks end at once and a kill comes before the cursor passed their ends.
#[tokio::test]
async fn ends_that_are_heard_of_again_are_billed_once() {
    let mut home = Home::start();
    until("it follows", || home.has_cursor()).await;
    home.task("a", NOON - 7_200, None, &[]).await;
    until("it is metered", || async { home.meters().await.len() == 1 }).await;
    let mut meter = home.meters().await.remove(0);
    home.kill();
    // More events than a batch of history has, before the end.
    for number in 0..600 {
        home.put(&a_task(&format!("w{number}"), &[])).await;
    }
    home.task("a", NOON - 7_200, Some(NOON), &[]).await;
    meter.end = Some(NOON);
    home.put_meter(&meter).await;
    home.restart().await;
    is_counted_once(&home).await;
    // Until all has been settled that was heard of.
    let yesterday = NOON - 24 * HOUR;
    home.task("b", yesterday - 7_200, Some(yesterday), &[])
        .await;
    until("the other one is billed", || async {
        let rows = home.days("2026-04-09", "2026-04-10", &[USAGE]).await;
        rows.len() == 2
    })
    .await;
    home.over().await;
    is_counted_once(&home).await;
}

#[tokio::test]
async fn before_the_first_pull_nothing_is_billed() {
    let home = Home::start();
    until("it follows", || home.has_cursor()).await;
    let mut never = a_task("never", &[]);
    home.put(&never).await;
    never.stopped_at = Some(wharf_base::Timestamp(NOON));
    home.put(&never).await;
    ended(&home).await;
    is_counted_once(&home).await;
}

#[tokio::test]
async fn a_running_task_counts_by_full_hours_and_then_as_a_whole() {
    let home = Home::start();
    home.task("a", NOON - HOUR - HOUR / 2, None, &[]).await;
    until("it is metered", || async { home.meters().await.len() == 1 }).await;
    let hours = |hours: &str, cost: &str| vec![row("2026-04-10", CPU, hours, cost)];
    let filter = Expression {
        dimensions: Some(DimensionValues {
            key: Some("USAGE_TYPE".to_owned()),
            values: Some(vec![CPU.to_owned()]),
            match_options: None,
        }),
        ..Expression::default()
    };
    let now = || {
        home.report(
            Granularity::Daily,
            "2026-04-10",
            "2026-04-11",
            &[USAGE],
            Some(&filter),
        )
    };
    assert_eq!(now().await, hours("0.375", "0.01518"));
    home.advance(HOUR / 2);
    assert_eq!(now().await, hours("0.375", "0.01518"));
    home.advance(HOUR / 2);
    assert_eq!(now().await, hours("0.625", "0.0253"));
    home.advance(1);
    home.task("a", NOON - HOUR - HOUR / 2, Some(NOON + HOUR + 1), &[])
        .await;
    home.over().await;
    assert_eq!(now().await, hours("0.6250694444", "0.0253028111"));
}

#[tokio::test]
async fn a_task_over_months_is_in_each_of_them() {
    let home = Home::start();
    home.task("a", NOON - 70 * 24 * HOUR, None, &[]).await;
    until("it is metered", || async { home.meters().await.len() == 1 }).await;
    let months = || {
        home.report(
            Granularity::Monthly,
            "2026-01-01",
            "2026-05-01",
            &[USAGE],
            None,
        )
    };
    let running = months().await;
    let periods: Vec<&str> = running.iter().map(|it| it.0.as_str()).collect();
    let (jan, feb, mar, apr) = ("2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01");
    assert_eq!(periods, [jan, jan, feb, feb, mar, mar, apr, apr]);
    home.task("a", NOON - 70 * 24 * HOUR, Some(NOON), &[]).await;
    home.over().await;
    assert_eq!(months().await, running);
    let whole = home
        .report(
            Granularity::Whole,
            "2026-01-01",
            "2026-05-01",
            &[USAGE],
            None,
        )
        .await;
    assert_eq!(whole[1], row("2026-01-01", CPU, "420", "17.0016"));
}

#[tokio::test]
async fn tags_group_once_their_keys_are_active() {
    let home = Home::start();
    home.task(
        "a",
        NOON - 60_000,
        None,
        &[("team", "blue"), ("aws:ecs:clusterName", "shop")],
    )
    .await;
    home.task("b", NOON - 60_000, None, &[]).await;
    home.task(
        "a",
        NOON - 60_000,
        Some(NOON),
        &[("team", "blue"), ("aws:ecs:clusterName", "shop")],
    )
    .await;
    home.task("b", NOON - 60_000, Some(NOON), &[]).await;
    until("both are billed", || async {
        let rows = home.days("2026-04-10", "2026-04-11", &[]).await;
        rows.first().is_some_and(|it| it.3 == "0.0004114167")
    })
    .await;
    let groups = |rows: Vec<super::home::Row>| -> Vec<String> {
        rows.into_iter().map(|it| it.1.join(" ")).collect()
    };
    let by = |key| async move { vec![("TAG", key)] };
    let team = by("team").await;
    assert_eq!(
        groups(home.days("2026-04-10", "2026-04-11", &team).await),
        ["team$"]
    );
    home.activate("team").await;
    assert_eq!(
        groups(home.days("2026-04-10", "2026-04-11", &team).await),
        ["team$", "team$blue"]
    );
    let cluster = by("aws:ecs:clusterName").await;
    let found = groups(home.days("2026-04-10", "2026-04-11", &cluster).await);
    assert_eq!(found, ["aws:ecs:clusterName$", "aws:ecs:clusterName$shop"]);
    let lacks = Expression {
        tags: Some(TagValues {
            key: Some("team".to_owned()),
            values: None,
            match_options: Some(vec!["ABSENT".to_owned()]),
        }),
        ..Expression::default()
    };
    let tasks = [("DIMENSION", "RESOURCE_ID")];
    let found = home
        .report(
            Granularity::Hourly,
            "2026-04-10",
            "2026-04-11",
            &tasks,
            Some(&lacks),
        )
        .await;
    assert_eq!(
        groups(found),
        ["arn:aws:ecs:us-east-1:000000000000:task/shop/b"]
    );
}

#[tokio::test]
async fn the_operators_prices_count_from_the_next_report_on() {
    let home = Home::start();
    until("it follows", || home.has_cursor()).await;
    ended(&home).await;
    is_counted_once(&home).await;
    let file = home.folder.path().join("prices.json");
    let dearer = wharf_billing::Prices::example_text().replacen("\"0.04048\"", "\"240\"", 1);
    std::fs::write(&file, dearer).unwrap();
    let rows = home.days("2026-04-10", "2026-04-11", &[USAGE]).await;
    assert_eq!(rows[1], row("2026-04-10", CPU, "0.0041666667", "1"));
    std::fs::write(&file, "{").unwrap();
    let refused = home.core().prices.read().await.unwrap_err();
    assert_eq!(refused.code, "DataUnavailableException");
    assert!(
        refused.message.starts_with(
            "The price lists of this installation cannot be used: it is not understood"
        ),
        "{}",
        refused.message
    );
}

/// As many tags as a task may have, on more tasks than one transaction could write.
#[tokio::test]
async fn many_tasks_with_long_tags_are_billed() {
    let home = Home::start();
    until("it follows", || home.has_cursor()).await;
    let keys: Vec<String> = (0..50).map(|it| format!("{it:0>128}")).collect();
    let value = "\u{1f4b0}".repeat(256);
    let tags: Vec<(&str, &str)> = keys
        .iter()
        .map(|it| (it.as_str(), value.as_str()))
        .collect();
    for number in 0..40 {
        home.task(&format!("t{number}"), NOON - 60_000, Some(NOON), &tags)
            .await;
    }
    until("all are billed", || async {
        let rows = home.days("2026-04-10", "2026-04-11", &[]).await;
        // 40 times the cost of a task for a minute.
        rows.first().is_some_and(|it| it.3 == "0.0082283333")
    })
    .await;
    home.settled().await;
    let rows = home.days("2026-04-10", "2026-04-11", &[]).await;
    assert_eq!(rows[0].3, "0.0082283333");
}
