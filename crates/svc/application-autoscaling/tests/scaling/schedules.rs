//! Scheduled actions change ranges at their times.

use std::time::Duration;

use wharf_api_application_autoscaling::{
    ApplicationAutoscaling as _, DeleteScheduledActionRequest, DescribeScalableTargetsRequest,
    DescribeScheduledActionsRequest, PutScheduledActionRequest, RegisterScalableTargetRequest,
    ScalableTargetAction, SuspendedState,
};
use wharf_testkit::{call, refused, until};

use crate::home::{DIMENSION, ECS, Home, SERVICE, target};

fn action(
    name: &str,
    schedule: &str,
    min: Option<i32>,
    max: Option<i32>,
) -> PutScheduledActionRequest {
    PutScheduledActionRequest {
        service_namespace: Some(ECS.to_owned()),
        resource_id: Some(SERVICE.to_owned()),
        scalable_dimension: Some(DIMENSION.to_owned()),
        scheduled_action_name: Some(name.to_owned()),
        schedule: Some(schedule.to_owned()),
        scalable_target_action: Some(ScalableTargetAction {
            min_capacity: min,
            max_capacity: max,
        }),
        ..PutScheduledActionRequest::default()
    }
}

async fn range(home: &Home) -> (Option<i32>, Option<i32>) {
    let input = DescribeScalableTargetsRequest {
        service_namespace: Some(ECS.to_owned()),
        ..DescribeScalableTargetsRequest::default()
    };
    let found = home
        .service
        .describe_scalable_targets(&call(), input)
        .await
        .unwrap();
    let found = found.scalable_targets.unwrap().remove(0);
    (found.min_capacity, found.max_capacity)
}

#[tokio::test]
async fn moments_that_have_come_change_the_range_once() {
    let mut home = Home::with_service(2);
    home.register(1, 10).await;
    let up = PutScheduledActionRequest {
        timezone: Some("Europe/Berlin".to_owned()),
        ..action("up", "at(2026-11-22T12:00:00)", Some(5), None)
    };
    home.service
        .put_scheduled_action(&call(), up)
        .await
        .unwrap();
    let down = action("down", "cron(0 13 * * ? *)", Some(1), Some(3));
    home.service
        .put_scheduled_action(&call(), down)
        .await
        .unwrap();
    // Twelve in Berlin is eleven here.
    home.away(Duration::from_secs(3600));
    home.becomes(5).await;
    home.ends("Successful").await;
    assert_eq!(range(&home).await, (Some(5), Some(10)));
    let all = home.activities(false).await;
    let said = |at: usize| {
        (
            all[at].description.clone().unwrap(),
            all[at].cause.clone().unwrap(),
        )
    };
    let told = [
        (
            "Setting min capacity to 5",
            "scheduled action name up was triggered",
        ),
        (
            "Setting desired count to 5.",
            "minimum capacity was set to 5",
        ),
    ];
    for (description, cause) in told {
        assert!(
            (0..2).any(|at| said(at) == (description.to_owned(), cause.to_owned())),
            "{cause}"
        );
    }
    // Days nobody was there: the last moment counts, once.
    home.away(Duration::from_secs(3 * 86_400));
    home.becomes(3).await;
    home.ends("Successful").await;
    home.service.restart();
    until("all is quiet", || async {
        home.activities(false).await.len() == 4
    })
    .await;
    assert_eq!(home.neighbours.sets.lock().as_slice(), [5, 3]);
}

#[tokio::test]
async fn ends_that_are_not_given_again_are_gone_and_later_ends_bring_nothing_back() {
    let mut home = Home::with_service(2);
    home.register(1, 10).await;
    let now = wharf_base::Clock::now(&*home.clock);
    let put = async |home: &Home, end: Option<u64>| {
        let input = PutScheduledActionRequest {
            end_time: end.map(|it| now + Duration::from_secs(it)),
            ..action("up", "rate(1 hour)", Some(5), None)
        };
        home.service
            .put_scheduled_action(&call(), input)
            .await
            .unwrap();
    };
    put(&home, Some(3660)).await;
    home.away(Duration::from_secs(3 * 3600 + 60));
    home.becomes(5).await;
    home.register(6, 10).await;
    home.becomes(6).await;
    // The end comes later now: what it kept from happening stays undone.
    put(&home, Some(10 * 3600)).await;
    home.service.restart();
    home.register(7, 10).await;
    home.becomes(7).await;
    assert_eq!(range(&home).await, (Some(7), Some(10)));
    put(&home, None).await;
    home.away(Duration::from_secs(20 * 3600));
    until("it acts after the end that is gone", || async {
        range(&home).await == (Some(5), Some(10))
    })
    .await;
}

#[tokio::test]
async fn suspended_moments_pass_and_are_not_made_up_for() {
    let mut home = Home::with_service(2);
    home.register(1, 10).await;
    let suspend = |on| RegisterScalableTargetRequest {
        suspended_state: Some(SuspendedState {
            scheduled_scaling_suspended: Some(on),
            ..SuspendedState::default()
        }),
        ..target()
    };
    home.service
        .register_scalable_target(&call(), suspend(true))
        .await
        .unwrap();
    let up = action("up", "rate(1 hour)", Some(5), None);
    home.service
        .put_scheduled_action(&call(), up)
        .await
        .unwrap();
    home.away(Duration::from_secs(3700));
    home.service
        .register_scalable_target(&call(), suspend(false))
        .await
        .unwrap();
    home.away(Duration::from_secs(60));
    // The range of another register shows that the loop has been there.
    home.register(3, 10).await;
    home.becomes(3).await;
    assert_eq!(range(&home).await, (Some(3), Some(10)));
    home.away(Duration::from_secs(3600));
    home.becomes(5).await;
}

#[tokio::test]
async fn a_range_that_would_be_empty_is_told_and_not_set() {
    let mut home = Home::with_service(2);
    home.register(1, 4).await;
    let up = action("up", "at(2026-11-22T11:00:00)", Some(5), None);
    home.service
        .put_scheduled_action(&call(), up)
        .await
        .unwrap();
    home.away(Duration::from_secs(3600));
    let failed = home.ends("Failed").await;
    assert_eq!(
        failed.status_message.as_deref(),
        Some(
            "Failed to set min capacity to 5. Reason: Maximum capacity cannot be less than minimum capacity"
        )
    );
    assert_eq!(range(&home).await, (Some(1), Some(4)));
}

#[tokio::test]
async fn what_is_no_schedule_is_refused() {
    let home = Home::with_service(2);
    let put = |it| async { home.service.put_scheduled_action(&call(), it).await };
    refused(
        put(action("up", "rate(1 hour)", Some(5), None)).await,
        "ObjectNotFoundException",
        "No scalable target registered for service namespace: ecs, resource ID: service/prod/web, scalable dimension: ecs:service:DesiredCount",
    );
    home.register(1, 10).await;
    for (bad, text) in [
        (
            action("a", "now", Some(1), None),
            "Invalid schedule expression. Only cron, rate and at expressions are supported.",
        ),
        (
            action("a", "rate(1 hour)", None, None),
            "At least one of MinCapacity and MaxCapacity must be specified in ScalableTargetAction",
        ),
        (
            action("a", "rate(1 hour)", Some(2), Some(1)),
            "Maximum capacity cannot be less than minimum capacity",
        ),
        (
            action("a", "rate(1 hour)", Some(-2), None),
            "MinCapacity must be greater than or equal to 0",
        ),
        (
            action("a", "at(2020-01-01T00:00:00)", Some(2), None),
            "Schedule has no time in the future",
        ),
        (
            PutScheduledActionRequest {
                schedule: None,
                ..action("a", "", Some(2), None)
            },
            "Schedule is required for a new scheduled action",
        ),
        (
            PutScheduledActionRequest {
                timezone: Some("Mars".to_owned()),
                ..action("a", "rate(1 hour)", Some(2), None)
            },
            "Invalid time zone: Mars",
        ),
    ] {
        refused(put(bad).await, "ValidationException", text);
    }
    put(action("a", "rate(1 hour)", Some(2), None))
        .await
        .unwrap();
    // What is not given stays.
    put(PutScheduledActionRequest {
        schedule: None,
        scalable_target_action: None,
        timezone: Some("Asia/Tokyo".to_owned()),
        ..action("a", "", None, None)
    })
    .await
    .unwrap();
    let all = DescribeScheduledActionsRequest {
        service_namespace: Some(ECS.to_owned()),
        ..DescribeScheduledActionsRequest::default()
    };
    let found = home
        .service
        .describe_scheduled_actions(&call(), all)
        .await
        .unwrap();
    let found = found.scheduled_actions.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].schedule.as_deref(), Some("rate(1 hour)"));
    assert_eq!(found[0].timezone.as_deref(), Some("Asia/Tokyo"));
    let gone = DeleteScheduledActionRequest {
        service_namespace: Some(ECS.to_owned()),
        resource_id: Some(SERVICE.to_owned()),
        scalable_dimension: Some(DIMENSION.to_owned()),
        scheduled_action_name: Some("a".to_owned()),
    };
    home.service
        .delete_scheduled_action(&call(), gone.clone())
        .await
        .unwrap();
    let again = home.service.delete_scheduled_action(&call(), gone).await;
    assert_eq!(again.unwrap_err().code, "ObjectNotFoundException");
}
