//! What becomes of moments is counted, once each, for the group of their schedule.

use std::time::Duration;

use wharf_api_scheduler::{DeadLetterConfig, RetryPolicy};
use wharf_testkit::until;
use wharf_wire::Fault;

use crate::home::{Home, QUEUE, schedule, target};

#[tokio::test]
async fn tries_and_failures_count() {
    let home = Home::start();
    let throttled = Fault::sender("ThrottlingException", 400, "slowly");
    let refused = Fault::sender("AccessDenied", 403, "no");
    home.notes
        .answers
        .lock()
        .extend([Err(throttled), Err(refused)]);
    let mut input = schedule("often", "rate(5 minutes)");
    input.target = Some(wharf_api_scheduler::Target {
        dead_letter_config: Some(DeadLetterConfig {
            arn: Some(QUEUE.to_owned()),
        }),
        retry_policy: Some(RetryPolicy {
            maximum_retry_attempts: Some(0),
            ..RetryPolicy::default()
        }),
        ..target()
    });
    home.create(input.clone()).await.unwrap();
    let mut other = input;
    other.name = Some("twice".to_owned());
    // One after the other: each answer is for one of them.
    let first = [
        ("InvocationAttemptCount default", 1.0),
        ("TargetErrorCount default", 1.0),
        ("TargetErrorThrottledCount default", 1.0),
        ("InvocationDroppedCount default", 1.0),
    ];
    // The second answer refuses the dead letter, which is then lost.
    let lost = ("InvocationsFailedToBeSentToDeadLetterCount default", 1.0);
    let all: Vec<_> = first.into_iter().chain([lost]).collect();
    home.counted.are(&all).await;
    home.create(other).await.unwrap();
    let second = [
        ("InvocationAttemptCount default", 2.0),
        ("TargetErrorCount default", 1.0),
        ("TargetErrorThrottledCount default", 1.0),
        ("InvocationDroppedCount default", 1.0),
        lost,
    ];
    home.counted.stay(&second, home.scheduler.end()).await;
}

#[tokio::test]
async fn dead_letters_count() {
    let home = Home::start();
    let refused = Fault::sender("AccessDenied", 403, "no");
    home.notes.answers.lock().push_back(Err(refused));
    let mut input = schedule("often", "rate(5 minutes)");
    input.target = Some(wharf_api_scheduler::Target {
        dead_letter_config: Some(DeadLetterConfig {
            arn: Some(QUEUE.to_owned()),
        }),
        ..target()
    });
    home.create(input).await.unwrap();
    let buried = [
        ("InvocationAttemptCount default", 1.0),
        ("TargetErrorCount default", 1.0),
        ("InvocationDroppedCount default", 1.0),
        ("InvocationsSentToDeadLetterCount default", 1.0),
    ];
    home.counted.stay(&buried, home.scheduler.end()).await;
}

#[tokio::test]
async fn moments_that_passed_count() {
    let mut home = Home::start();
    let mut input = schedule("missed", "at(2026-11-22T10:30:00)");
    input.target = Some(wharf_api_scheduler::Target {
        retry_policy: Some(RetryPolicy {
            maximum_event_age_in_seconds: Some(60),
            ..RetryPolicy::default()
        }),
        ..target()
    });
    home.create(input).await.unwrap();
    home.away(Duration::from_secs(3600));
    let missed = [("InvocationDroppedCount default", 1.0)];
    home.counted.stay(&missed, home.scheduler.end()).await;
}

#[tokio::test]
async fn moments_that_their_account_has_no_room_for_are_dropped_and_count() {
    let home = Home::with_most_waiting(1);
    let throttled = Fault::sender("ThrottlingException", 400, "slowly");
    home.notes.answers.lock().push_back(Err(throttled));
    home.create(schedule("first", "rate(1 day)")).await.unwrap();
    until("the failure is written down", || async {
        home.parcels().await.contains("\"failures\":1")
    })
    .await;
    home.create(schedule("second", "rate(1 day)"))
        .await
        .unwrap();
    let dropped = [
        ("InvocationAttemptCount default", 1.0),
        ("TargetErrorCount default", 1.0),
        ("TargetErrorThrottledCount default", 1.0),
        ("InvocationDroppedCount default", 1.0),
    ];
    home.counted.are(&dropped).await;
    assert_eq!(home.called().len(), 1);
}
