use proptest::prelude::*;

use super::*;

fn retries(text: &str) -> Result<Retries, BadPolicy> {
    let policy = format!(r#"{{"healthyRetryPolicy": {text}}}"#);
    OfSubscription::parse(&policy).map(|it| it.healthy_retry_policy.unwrap())
}

fn waits(it: &Retries) -> Vec<u64> {
    let seconds = (1..=it.num_retries).map(|at| it.wait(at).as_secs());
    seconds.collect()
}

#[test]
fn phases_follow_each_other() {
    let it = retries(
        r#"{"minDelayTarget": 1, "maxDelayTarget": 60, "numRetries": 12, "numNoDelayRetries": 3,
            "numMinDelayRetries": 2, "numMaxDelayRetries": 2, "backoffFunction": "exponential"}"#,
    );
    let it = it.unwrap();
    assert_eq!(waits(&it), [0, 0, 0, 1, 1, 1, 4, 12, 28, 60, 60, 60]);
    let linear = Retries {
        backoff_function: Backoff::Linear,
        ..it.clone()
    };
    assert_eq!(waits(&linear)[5..10], [1, 15, 30, 45, 60]);
    assert_eq!(waits(&Retries::default()), [20, 20, 20]);
}

#[test]
fn policies_that_are_none() {
    for (text, why) in [
        ("{", "EOF"),
        (r#"{"numRetries": 101}"#, "numRetries"),
        (r#"{"numRetries": -1}"#, "invalid value"),
        (r#"{"minDelayTarget": 0}"#, "minDelayTarget"),
        (
            r#"{"minDelayTarget": 30, "maxDelayTarget": 20}"#,
            "maxDelayTarget",
        ),
        (
            r#"{"numRetries": 1, "numNoDelayRetries": 2}"#,
            "sum of the numbers",
        ),
        (
            r#"{"numNoDelayRetries": 4294967295, "numMinDelayRetries": 1}"#,
            "sum of the numbers",
        ),
        (
            r#"{"numRetries": 100, "minDelayTarget": 60, "maxDelayTarget": 60}"#,
            "3600 seconds",
        ),
        (r#"{"backoffFunction": "random"}"#, "unknown variant"),
        (r#"{"other": 1}"#, "unknown field"),
    ] {
        let found = retries(text).unwrap_err().to_string();
        assert!(found.contains(why), "{text}: {found}");
    }
    for text in [
        r#"{"throttlePolicy": {"maxReceivesPerSecond": 0}}"#,
        r#"{"requestPolicy": {"headerContentType": "image/png"}}"#,
        r#"{"requestPolicy": {"headerContentType": "text/plain; a\r\nb: c"}}"#,
    ] {
        assert!(OfSubscription::parse(text).is_err(), "{text}");
    }
    assert!(OfTopic::parse("{}").is_err());
    assert!(
        OfTopic::parse(r#"{"http": {"defaultHealthyRetryPolicy": {"numRetries": 500}}}"#).is_err()
    );
}

#[test]
fn a_subscription_goes_before_its_topic_unless_that_forbids_it() {
    let topic = |fixed: bool| {
        let text = format!(
            r#"{{"http": {{"defaultHealthyRetryPolicy": {{"numRetries": 5}}, "disableSubscriptionOverrides": {fixed},
                 "defaultThrottlePolicy": {{"maxReceivesPerSecond": 7}}}}}}"#
        );
        OfTopic::parse(&text).unwrap()
    };
    let own = r#"{"healthyRetryPolicy": {"numRetries": 1}, "requestPolicy": {"headerContentType": "application/json"}}"#;
    let own = OfSubscription::parse(own).unwrap();
    let found = Effective::of(Some(&topic(false)), Some(&own));
    assert_eq!((found.retries.num_retries, found.per_second), (1, Some(7)));
    assert_eq!(found.content_type(), "application/json");
    let found = Effective::of(Some(&topic(true)), Some(&own));
    assert_eq!(found.retries.num_retries, 5);
    assert_eq!(found.content_type(), PLAIN);
    assert!(
        Effective::of(None, None)
            .shown()
            .contains(r#""numRetries":3"#)
    );
}

proptest! {
    #[test]
    fn waits_stay_within_their_bounds(
        least in 1u32..20, more in 0u32..20, growing in 0u32..30,
        phases in prop::array::uniform3(0u32..10), function in 0usize..4,
    ) {
        let all = growing + phases.iter().sum::<u32>();
        let functions = [Backoff::Arithmetic, Backoff::Exponential, Backoff::Geometric, Backoff::Linear];
        let it = Retries {
            min_delay_target: least,
            max_delay_target: least + more,
            num_retries: all,
            num_no_delay_retries: phases[0],
            num_min_delay_retries: phases[1],
            num_max_delay_retries: phases[2],
            backoff_function: functions[function],
        };
        prop_assert!(it.check().is_ok());
        let mut before = Duration::ZERO;
        for failures in 1..=all {
            let wait = it.wait(failures);
            prop_assert!(wait >= before, "waits never shrink");
            prop_assert!(wait <= Duration::from_secs(u64::from(it.max_delay_target)));
            if failures > it.num_no_delay_retries {
                prop_assert!(wait >= Duration::from_secs(u64::from(least)));
            }
            before = wait;
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = OfSubscription::parse(&text);
        let _ = OfTopic::parse(&text);
    }
}
