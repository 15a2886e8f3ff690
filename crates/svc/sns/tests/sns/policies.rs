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

#[tokio::test]
async fn what_has_no_effect_is_refused_by_name() {
    let home = Home::new();
    let topic = home.topic("ops").await;
    let twice = api::PublishInput {
        topic_arn: Some(topic.clone()),
        target_arn: Some(topic.clone()),
        message: Some("hot".to_owned()),
        ..Default::default()
    };
    let refused = home.sns.publish(&call(), twice).await.unwrap_err();
    assert_eq!(
        refused.message,
        "Invalid parameter: TargetArn Reason: Only one of TopicArn and TargetArn can be given"
    );
    let set = |name: &str, value: &str| api::SetTopicAttributesInput {
        topic_arn: Some(topic.clone()),
        attribute_name: Some(name.to_owned()),
        attribute_value: Some(value.to_owned()),
    };
    let role = "arn:aws:iam::000000000000:role/log";
    for (name, value, reason) in [
        (
            "SQSSuccessFeedbackRoleArn",
            role,
            Some("SQSSuccessFeedbackRoleArn is not supported by this version of wharf"),
        ),
        ("SQSSuccessFeedbackRoleArn", "", None),
        ("SQSSuccessColour", "red", Some("It is not known")),
    ] {
        let done = home
            .sns
            .set_topic_attributes(&call(), set(name, value))
            .await;
        let text = done.err().map(|it| it.message);
        let expected = reason.map(|it| format!("Invalid parameter: AttributeName Reason: {it}"));
        assert_eq!(text, expected, "{name}");
    }
}

/// Each request is held against it.
#[tokio::test]
async fn permissions_make_no_endless_policy() {
    let home = Home::new();
    let topic = home.topic("ops").await;
    let share = |accounts: usize| api::AddPermissionInput {
        topic_arn: Some(topic.clone()),
        label: Some(format!("to-{accounts}")),
        aws_account_id: Some((0..accounts).map(|it| format!("{it:012}")).collect()),
        action_name: Some(vec!["Publish".to_owned()]),
    };
    let refused = home.sns.add_permission(&call(), share(1000)).await;
    assert_eq!(
        refused.unwrap_err().message,
        "Invalid parameter: Policy Reason: It is too long"
    );
    home.sns.add_permission(&call(), share(500)).await.unwrap();
}

/// Who may not tag topics makes none with tags.
#[tokio::test]
async fn tags_at_creation_are_asked_about() {
    let home = Home::new();
    let tag = api::Tag {
        key: Some("team".to_owned()),
        value: Some("web".to_owned()),
    };
    for (tags, actions) in [
        (None, vec!["sns:CreateTopic"]),
        (Some(vec![]), vec!["sns:CreateTopic"]),
        (Some(vec![tag]), vec!["sns:CreateTopic", "sns:TagResource"]),
    ] {
        let input = api::CreateTopicInput {
            name: Some("news".to_owned()),
            tags,
            ..Default::default()
        };
        let asked = home
            .sns
            .authorize(&call(), api::Input::CreateTopic(&input))
            .await;
        let checks = asked.unwrap();
        let found: Vec<&str> = checks.iter().map(|it| it.action.as_str()).collect();
        assert_eq!(found, actions);
        for check in checks.iter().filter(|_| actions.len() > 1) {
            assert_eq!(check.context["aws:RequestTag/team"], ["web"]);
        }
    }
}
