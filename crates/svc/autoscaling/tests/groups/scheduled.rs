//! Scheduled actions.

use std::time::Duration;

use wharf_api_autoscaling::{
    AutoScalingGroupNamesType, Autoscaling as _, BatchDeleteScheduledActionType,
    BatchPutScheduledUpdateGroupActionType, DeleteScheduledActionType,
    DescribeScheduledActionsType, PutScheduledUpdateGroupActionType, ScheduledUpdateGroupAction,
    ScheduledUpdateGroupActionRequest,
};
use wharf_base::{Clock as _, Timestamp};
use wharf_testkit::{call, refused};
use wharf_wire::Fault;

use crate::home::Home;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso8601(text).unwrap()
}

fn action(name: &str, desired: i32) -> PutScheduledUpdateGroupActionType {
    PutScheduledUpdateGroupActionType {
        auto_scaling_group_name: Some("g".to_owned()),
        scheduled_action_name: Some(name.to_owned()),
        desired_capacity: Some(desired),
        ..PutScheduledUpdateGroupActionType::default()
    }
}

impl Home {
    async fn schedule(&self, input: PutScheduledUpdateGroupActionType) -> Result<(), Fault> {
        let call = call();
        let put = self.service.put_scheduled_update_group_action(&call, input);
        put.await
    }

    async fn scheduled(&self) -> Vec<ScheduledUpdateGroupAction> {
        let input = DescribeScheduledActionsType::default();
        let found = self
            .service
            .describe_scheduled_actions(&call(), input)
            .await;
        found.unwrap().scheduled_update_group_actions.unwrap()
    }

    async fn sizes(&self) -> (i32, i32, i32) {
        let input = AutoScalingGroupNamesType::default();
        let found = self
            .service
            .describe_auto_scaling_groups(&call(), input)
            .await;
        let group = found.unwrap().auto_scaling_groups.unwrap().remove(0);
        let sizes = (group.min_size, group.desired_capacity, group.max_size);
        (sizes.0.unwrap(), sizes.1.unwrap(), sizes.2.unwrap())
    }

    /// Another action wakes the group, which the clock of a test does not.
    async fn wake(&self) {
        let far = PutScheduledUpdateGroupActionType {
            start_time: Some(at("2030-01-01T00:00:00Z")),
            ..action("far", 0)
        };
        self.schedule(far).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_scheduled_happens_and_goes_when_it_is_over() {
    let home = Home::new();
    home.create(0, 0, 5).await;
    assert_eq!(home.clock.now(), at("2026-11-22T10:00:00Z"));
    let once = PutScheduledUpdateGroupActionType {
        start_time: Some(at("2026-11-22T10:30:00Z")),
        min_size: Some(1),
        ..action("once", 2)
    };
    home.schedule(once).await.unwrap();
    let daily = PutScheduledUpdateGroupActionType {
        recurrence: Some("0 13 * * *".to_owned()),
        time_zone: Some("Europe/Berlin".to_owned()),
        ..action("daily", 4)
    };
    home.schedule(daily).await.unwrap();
    let shown = home.scheduled().await;
    let names: Vec<&str> = shown
        .iter()
        .filter_map(|it| it.scheduled_action_name.as_deref())
        .collect();
    assert_eq!(names, ["daily", "once"]);
    assert_eq!(shown[0].start_time, Some(at("2026-11-22T12:00:00Z")));
    assert_eq!(shown[0].time_zone.as_deref(), Some("Europe/Berlin"));

    home.clock.advance(Duration::from_secs(1860));
    home.wake().await;
    home.are(2, "InService").await;
    assert_eq!(home.sizes().await, (1, 2, 5));
    let cause = home.activities().await[0].cause.clone().unwrap();
    let expected = "the scheduled action once executed. Setting min size from 0 to 1. Setting desired capacity from 0 to 2.";
    assert!(cause.contains(expected), "{cause}");
    assert!(
        home.scheduled()
            .await
            .iter()
            .all(|it| it.scheduled_action_name.as_deref() != Some("once"))
    );

    home.clock.advance(Duration::from_secs(2 * 3600));
    home.wake().await;
    home.are(4, "InService").await;
    let next = home.scheduled().await.remove(0).start_time;
    assert_eq!(next, Some(at("2026-11-23T12:00:00Z")));
    let gone = |name: &str| DeleteScheduledActionType {
        auto_scaling_group_name: Some("g".to_owned()),
        scheduled_action_name: Some(name.to_owned()),
    };
    home.service
        .delete_scheduled_action(&call(), gone("daily"))
        .await
        .unwrap();
    let again = home
        .service
        .delete_scheduled_action(&call(), gone("daily"))
        .await;
    refused(
        again,
        "ValidationError",
        "Scheduled action name not found: daily",
    );
}

#[tokio::test]
async fn what_has_no_time_or_no_size_is_refused() {
    let home = Home::new();
    home.create(0, 0, 5).await;
    let refuse =
        async |input, text: &str| refused(home.schedule(input).await, "ValidationError", text);
    refuse(
        action("a", 1),
        "A start time or a recurrence must be given.",
    )
    .await;
    let past = PutScheduledUpdateGroupActionType {
        start_time: Some(at("2026-11-22T09:00:00Z")),
        ..action("a", 1)
    };
    refuse(past, "Given start time is in the past").await;
    let odd = PutScheduledUpdateGroupActionType {
        recurrence: Some("every day".to_owned()),
        ..action("a", 1)
    };
    let text = "Given recurrence string: is invalid. It has the five fields of cron.";
    refuse(odd, text).await;
    let empty = PutScheduledUpdateGroupActionType {
        desired_capacity: None,
        recurrence: Some("0 0 * * *".to_owned()),
        ..action("a", 1)
    };
    let text = "At least one of MinSize, MaxSize and DesiredCapacity must be given.";
    refuse(empty, text).await;
    assert!(home.scheduled().await.is_empty());
}

#[tokio::test]
async fn a_batch_puts_what_it_can() {
    let home = Home::new();
    home.create(0, 0, 5).await;
    let of = |name: &str, recurrence: &str| ScheduledUpdateGroupActionRequest {
        scheduled_action_name: Some(name.to_owned()),
        recurrence: Some(recurrence.to_owned()),
        max_size: Some(1),
        ..ScheduledUpdateGroupActionRequest::default()
    };
    let input = BatchPutScheduledUpdateGroupActionType {
        auto_scaling_group_name: Some("g".to_owned()),
        scheduled_update_group_actions: Some(vec![of("good", "0 0 * * *"), of("bad", "x")]),
    };
    let put = home
        .service
        .batch_put_scheduled_update_group_action(&call(), input)
        .await;
    let failed = put.unwrap().failed_scheduled_update_group_actions.unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].scheduled_action_name.as_deref(), Some("bad"));
    assert_eq!(failed[0].error_code.as_deref(), Some("ValidationError"));
    let input = BatchDeleteScheduledActionType {
        auto_scaling_group_name: Some("g".to_owned()),
        scheduled_action_names: Some(vec!["good".to_owned(), "bad".to_owned()]),
    };
    let gone = home
        .service
        .batch_delete_scheduled_action(&call(), input)
        .await;
    let failed = gone.unwrap().failed_scheduled_actions.unwrap();
    assert_eq!(
        failed[0].error_message.as_deref(),
        Some("Scheduled action name not found: bad")
    );
    assert!(home.scheduled().await.is_empty());
}
