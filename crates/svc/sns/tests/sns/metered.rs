//! What is published, and what becomes of it, is counted once.

use wharf_api_sns::{self as api, Sns as _};
use wharf_testkit::call;

use crate::support::Home;

#[tokio::test]
async fn messages_and_notifications_count() {
    let home = Home::new();
    let topic = home.topic("news").await;
    home.subscribe(&topic, "all", &[]).await.unwrap();
    home.subscribe(
        &topic,
        "some",
        &[("FilterPolicy", r#"{"kind": ["order"]}"#)],
    )
    .await
    .unwrap();
    let by_body = [
        ("FilterPolicy", r#"{"kind": ["order"]}"#),
        ("FilterPolicyScope", "MessageBody"),
    ];
    home.subscribe(&topic, "body", &by_body).await.unwrap();
    home.publish(&topic, "one", "order").await;
    home.publish(&topic, r#"{"kind": "refund"}"#, "refund")
        .await;
    let expected = [
        ("NumberOfMessagesPublished news", 2.0),
        // Texts, and of each the name, kind and value of its attribute.
        ("PublishSize news", (3.0 + 15.0) + (18.0 + 16.0)),
        ("NumberOfNotificationsDelivered news", 3.0),
        ("NumberOfNotificationsFilteredOut news", 3.0),
        (
            "NumberOfNotificationsFilteredOut-MessageAttributes news",
            1.0,
        ),
        (
            "NumberOfNotificationsFilteredOut-InvalidMessageBody news",
            1.0,
        ),
        ("NumberOfNotificationsFilteredOut-MessageBody news", 1.0),
    ];
    home.counted.stay(&expected, home.sns.end()).await;
}

#[tokio::test]
async fn what_a_queue_refuses_failed() {
    let home = Home::new();
    let topic = home.topic("news").await;
    let policy = r#"{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"}"#;
    home.subscribe(&topic, "shut", &[("RedrivePolicy", policy)])
        .await
        .unwrap();
    home.subscribe(&topic, "shut-too", &[]).await.unwrap();
    home.publish(&topic, "one", "order").await;
    let expected = [
        ("NumberOfMessagesPublished news", 1.0),
        ("PublishSize news", 18.0),
        ("NumberOfNotificationsFailed news", 2.0),
        ("NumberOfNotificationsRedrivenToDlq news", 1.0),
    ];
    home.counted.stay(&expected, home.sns.end()).await;
}

#[tokio::test]
async fn repetitions_to_a_topic_with_order_do_not_count_again() {
    let home = Home::new();
    let topic = home.ordered("news.fifo", &[]).await;
    home.subscribe(&topic, "q.fifo", &[]).await.unwrap();
    for _ in 0..3 {
        let input = api::PublishInput {
            topic_arn: Some(topic.clone()),
            message: Some("one".to_owned()),
            message_group_id: Some("g".to_owned()),
            message_deduplication_id: Some("same".to_owned()),
            ..Default::default()
        };
        home.sns.publish(&call(), input).await.unwrap();
    }
    let expected = [
        ("NumberOfMessagesPublished news.fifo", 1.0),
        ("PublishSize news.fifo", 3.0),
        ("NumberOfNotificationsDelivered news.fifo", 1.0),
    ];
    home.counted.stay(&expected, home.sns.end()).await;
}
