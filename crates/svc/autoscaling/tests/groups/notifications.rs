//! Notifications and group metrics.

use wharf_api_autoscaling::{
    Autoscaling as _, DeleteNotificationConfigurationType, DescribeNotificationConfigurationsType,
    PutNotificationConfigurationType, TerminateInstanceInAutoScalingGroupType,
};
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

use crate::home::Home;

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:t";

async fn put(home: &Home, topic: &str, types: &[&str]) -> Result<(), Fault> {
    let input = PutNotificationConfigurationType {
        auto_scaling_group_name: Some("g".to_owned()),
        topic_arn: Some(topic.to_owned()),
        notification_types: Some(types.iter().map(|it| (*it).to_owned()).collect()),
    };
    let call = call();
    let put = home.service.put_notification_configuration(&call, input);
    put.await
}

async fn configured(
    home: &Home,
    most: Option<i32>,
    token: Option<String>,
) -> (Vec<String>, Option<String>) {
    let input = DescribeNotificationConfigurationsType {
        max_records: most,
        next_token: token,
        ..DescribeNotificationConfigurationsType::default()
    };
    let found = home
        .service
        .describe_notification_configurations(&call(), input)
        .await;
    let found = found.unwrap();
    let types = found.notification_configurations.unwrap().into_iter();
    (
        types.filter_map(|it| it.notification_type).collect(),
        found.next_token,
    )
}

#[tokio::test]
async fn topics_hear_of_launches_and_terminations() {
    let home = Home::new();
    home.create(0, 0, 5).await;
    let (launch, end) = (
        "autoscaling:EC2_INSTANCE_LAUNCH",
        "autoscaling:EC2_INSTANCE_TERMINATE",
    );
    put(&home, TOPIC, &[launch, end]).await.unwrap();
    let test = home.cloud.messages.lock()[0].clone();
    assert_eq!(test["Event"], "autoscaling:TEST_NOTIFICATION");
    let (first, token) = configured(&home, Some(1), None).await;
    assert_eq!(first, [launch]);
    assert_eq!(
        configured(&home, Some(1), token).await,
        (vec![end.to_owned()], None)
    );

    let input = wharf_api_autoscaling::SetDesiredCapacityType {
        auto_scaling_group_name: Some("g".to_owned()),
        desired_capacity: Some(1),
        ..Default::default()
    };
    home.service
        .set_desired_capacity(&call(), input)
        .await
        .unwrap();
    let id = home.are(1, "InService").await.remove(0);
    let heard = |event: &'static str| {
        let all = home.cloud.messages.lock().clone();
        all.into_iter().find(|it| it["Event"] == event)
    };
    until("the launch is told", || async { heard(launch).is_some() }).await;
    let told = heard(launch).unwrap();
    assert_eq!(told["EC2InstanceId"], id.as_str());
    assert_eq!(told["Subject"], "Auto Scaling: launch for group \"g\"");
    assert_eq!(told["StatusCode"], "InProgress");
    assert!(
        told["Cause"]
            .as_str()
            .unwrap()
            .contains("increasing the capacity from 0 to 1")
    );

    let input = TerminateInstanceInAutoScalingGroupType {
        instance_id: Some(id),
        should_decrement_desired_capacity: Some(true),
        ..TerminateInstanceInAutoScalingGroupType::default()
    };
    home.service
        .terminate_instance_in_auto_scaling_group(&call(), input)
        .await
        .unwrap();
    until("the termination is told", || async { heard(end).is_some() }).await;
    let input = DeleteNotificationConfigurationType {
        auto_scaling_group_name: Some("g".to_owned()),
        topic_arn: Some(TOPIC.to_owned()),
    };
    home.service
        .delete_notification_configuration(&call(), input)
        .await
        .unwrap();
    assert!(configured(&home, None, None).await.0.is_empty());
}

#[tokio::test]
async fn a_group_that_is_deleted_goes_when_its_topics_have_heard() {
    let home = Home::new();
    let end = "autoscaling:EC2_INSTANCE_TERMINATE";
    let groups = || async {
        let all = Default::default();
        let all = home
            .service
            .describe_auto_scaling_groups(&call(), all)
            .await;
        all.unwrap().auto_scaling_groups.unwrap().len()
    };
    let told = || {
        let all = home.cloud.messages.lock();
        all.iter().filter(|it| it["Event"] == end).count()
    };
    for is_late in [false, true] {
        home.create(1, 1, 5).await;
        put(&home, TOPIC, &[end]).await.unwrap();
        home.are(1, "InService").await;
        *home.cloud.deaf.lock() = true;
        let input = wharf_api_autoscaling::DeleteAutoScalingGroupType {
            auto_scaling_group_name: Some("g".to_owned()),
            force_delete: Some(true),
        };
        let caller = call();
        let deleted = home.service.delete_auto_scaling_group(&caller, input);
        deleted.await.unwrap();
        home.are(0, "").await;
        assert_eq!(groups().await, 1);
        match is_late {
            true => home.clock.advance(std::time::Duration::from_secs(3600)),
            false => *home.cloud.deaf.lock() = false,
        }
        until("the group is gone", || async { groups().await == 0 }).await;
        assert_eq!(told(), 1, "nobody hears what is late");
        *home.cloud.deaf.lock() = false;
    }
}

#[tokio::test]
async fn a_topic_that_cannot_be_told_is_refused() {
    let home = Home::new();
    home.create(0, 0, 5).await;
    let none = "arn:aws:sns:us-east-1:000000000000:none";
    let text = format!("Unable to publish to notification topic {none}: Topic does not exist");
    refused(
        put(&home, none, &["autoscaling:EC2_INSTANCE_LAUNCH"]).await,
        "ValidationError",
        &text,
    );
    refused(
        put(&home, TOPIC, &["x"]).await,
        "ValidationError",
        "\"x\" is not a valid Notification Type.",
    );
    refused(
        put(&home, "x", &["autoscaling:TEST_NOTIFICATION"]).await,
        "ValidationError",
        "Invalid topic ARN: x",
    );
}
