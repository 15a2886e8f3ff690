//! What policies of topics are asked with.

use wharf_api_sns::{self as api, Sns as _};
use wharf_testkit::{call, call_of_service};

use crate::support::Home;

/// The default policy lets in what acts for the topic's account and says so, as CloudWatch does and EventBridge does not.
#[tokio::test]
async fn the_default_policy_is_asked_for_whose_alarm_it_is() {
    let home = Home::new();
    let topic = home.topic("ops").await;
    let input = api::PublishInput {
        topic_arn: Some(topic),
        message: Some("hot".to_owned()),
        ..Default::default()
    };
    for (caller, owner) in [
        (
            call_of_service("cloudwatch.amazonaws.com"),
            Some("000000000000"),
        ),
        (call_of_service("events.amazonaws.com"), None),
        (call(), None),
    ] {
        let asked = home.sns.authorize(&caller, api::Input::Publish(&input));
        let checks = asked.await.unwrap();
        let said = checks[0].context.get("aws:SourceOwner");
        assert_eq!(
            said.map(|it| it[0].as_str()),
            owner,
            "{}",
            caller.caller.arn
        );
        let policy = checks[0].resource_policy.as_deref().unwrap();
        assert!(policy.contains("AWS:SourceOwner"), "{policy}");
    }
}
