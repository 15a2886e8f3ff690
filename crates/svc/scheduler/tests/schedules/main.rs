//! Schedules in process, over a real store.

mod home;
mod metered;
mod targets;
mod under_key;

use std::time::Duration;

use home::{BEGIN, Home, QUEUE, ROLE, at, schedule, target};
use serde_json::json;
use wharf_api_scheduler::{
    CreateScheduleGroupInput, CreateScheduleInput, DeadLetterConfig, DeleteScheduleGroupInput,
    DeleteScheduleInput, FlexibleTimeWindow, GetScheduleGroupInput, GetScheduleInput, Input,
    ListScheduleGroupsInput, ListSchedulesInput, RetryPolicy, Scheduler as _, Tag,
    TagResourceInput, Target, UpdateScheduleInput,
};
use wharf_base::Clock as _;
use wharf_delivery::Actor;
use wharf_testkit::{call, refused, until};
use wharf_wire::Fault;

fn named(name: &str) -> GetScheduleInput {
    GetScheduleInput {
        name: Some(name.to_owned()),
        ..GetScheduleInput::default()
    }
}

#[tokio::test]
async fn a_schedule_calls_its_target_in_the_name_of_its_role() {
    let home = Home::start();
    let arn = home
        .create(schedule("often", "rate(5 minutes)"))
        .await
        .unwrap();
    assert_eq!(
        arn,
        "arn:aws:scheduler:us-east-1:000000000000:schedule/default/often"
    );
    home.delivered(1).await;
    let (actor, request) = home.notes.calls.lock()[0].clone();
    let role = Actor::Role {
        arn: ROLE.to_owned(),
        service: "scheduler.amazonaws.com".to_owned(),
        source_arn: arn,
    };
    assert_eq!(actor, role);
    assert_eq!(
        (&*request.service, &*request.operation),
        ("sqs", "SendMessage")
    );
    assert_eq!(request.input["MessageBody"], "go");
}

#[tokio::test]
async fn moments_missed_while_nobody_was_there_are_carried_out_once() {
    let mut home = Home::start();
    home.create(schedule("once", "at(2026-11-22T10:30:00)"))
        .await
        .unwrap();
    home.create(CreateScheduleInput {
        action_after_completion: Some("DELETE".to_owned()),
        ..schedule("gone", "at(2026-11-22T10:45:00)")
    })
    .await
    .unwrap();
    home.create(schedule("hourly", "cron(0 * * * ? *)"))
        .await
        .unwrap();
    home.away(Duration::from_secs(5 * 3_600));
    home.delivered(3).await;
    // Again: nothing is carried out twice.
    home.scheduler.restart();
    until("the schedule is gone", || async {
        home.scheduler
            .get_schedule(&call(), named("gone"))
            .await
            .is_err()
    })
    .await;
    assert!(
        home.scheduler
            .get_schedule(&call(), named("once"))
            .await
            .is_ok()
    );
    home.away(Duration::from_secs(3_600));
    home.delivered(4).await;
    // Missed for longer than its target takes it.
    home.create(schedule("late", "at(2026-11-23T00:00:00)"))
        .await
        .unwrap();
    home.create(schedule("mark", "at(2026-11-25T00:00:00)"))
        .await
        .unwrap();
    home.away(Duration::from_secs(57 * 3_600));
    home.delivered(6).await;
}

#[tokio::test]
async fn what_fails_for_a_while_is_tried_again_and_what_fails_for_ever_becomes_a_dead_letter() {
    let mut home = Home::start();
    home.notes.answers.lock().extend([
        Err(Fault::sender("ThrottlingException", 400, "Rate exceeded")),
        Ok(json!({})),
        Err(Fault::sender(
            "QueueDoesNotExist",
            400,
            "There is no such queue.",
        )),
    ]);
    home.create(schedule("shaky", "at(2026-11-22T10:00:01)"))
        .await
        .unwrap();
    home.away(Duration::from_secs(2));
    until("it was called", || async { home.called().len() == 1 }).await;
    until("the failure is written down", || async {
        home.parcels().await.contains("\"failures\":1")
    })
    .await;
    home.away(Duration::from_secs(2));
    home.delivered(2).await;
    home.create(CreateScheduleInput {
        target: Some(Target {
            dead_letter_config: Some(DeadLetterConfig {
                arn: Some("arn:aws:sqs:us-east-1:000000000000:dead".to_owned()),
            }),
            ..target()
        }),
        ..schedule("broken", "rate(1 day)")
    })
    .await
    .unwrap();
    home.delivered(4).await;
    let letter = home.called().pop().unwrap().input;
    assert_eq!(
        letter["QueueUrl"],
        "https://sqs.us-east-1.amazonaws.com/000000000000/dead"
    );
    let attribute = |name: &str| letter["MessageAttributes"][name]["StringValue"].clone();
    assert_eq!(attribute("ERROR_CODE"), "QueueDoesNotExist");
    assert_eq!(attribute("RETRY_ATTEMPTS"), "0");
    assert_eq!(attribute("TARGET_ARN"), QUEUE);
    assert_eq!(attribute("SCHEDULED_TIME"), "2026-11-22T10:00:04Z");
}

#[tokio::test]
async fn a_schedule_does_not_begin_in_the_past() {
    let home = Home::start();
    let minutes_ago = |minutes: u64| {
        let back = Duration::from_secs(minutes * 60);
        Some(home.clock.now() - back)
    };
    for (minutes, is_taken) in [(4, true), (6, false)] {
        let made = home.create(CreateScheduleInput {
            start_date: minutes_ago(minutes),
            ..schedule(&format!("s{minutes}"), "rate(1 day)")
        });
        let refused = made.await.err().map(|it| it.message);
        let expected = "The StartDate you specify cannot be earlier than 5 minutes ago.";
        assert_eq!(refused.as_deref(), (!is_taken).then_some(expected));
    }
    // Of one that happens once it counts for nothing.
    let once = home.create(CreateScheduleInput {
        start_date: minutes_ago(60),
        ..schedule("once", "at(2099-01-01T00:00:00)")
    });
    once.await.unwrap();
    // What began long ago can be changed all the same.
    let began = minutes_ago(4);
    home.clock.advance(Duration::from_secs(600));
    let update = |start_date| {
        let of = schedule("s4", "rate(2 days)");
        UpdateScheduleInput {
            name: of.name,
            schedule_expression: of.schedule_expression,
            target: of.target,
            flexible_time_window: of.flexible_time_window,
            start_date,
            ..UpdateScheduleInput::default()
        }
    };
    for (start_date, is_taken) in [(minutes_ago(6), false), (began, true), (None, true)] {
        let changed = home
            .scheduler
            .update_schedule(&call(), update(start_date))
            .await;
        assert_eq!(changed.is_ok(), is_taken, "{start_date:?}");
    }
}

#[tokio::test]
async fn a_schedule_is_shown_changed_listed_and_deleted() {
    let home = Home::start();
    home.create(CreateScheduleInput {
        description: Some("nightly report".to_owned()),
        schedule_expression_timezone: Some("Europe/Berlin".to_owned()),
        start_date: Some(at("2026-12-01T00:00:00Z")),
        end_date: Some(at("2026-12-31T00:00:00Z")),
        state: Some("DISABLED".to_owned()),
        flexible_time_window: Some(FlexibleTimeWindow {
            mode: Some("FLEXIBLE".to_owned()),
            maximum_window_in_minutes: Some(15),
        }),
        ..schedule("nightly", "cron(0 3 * * ? *)")
    })
    .await
    .unwrap();
    let shown = home
        .scheduler
        .get_schedule(&call(), named("nightly"))
        .await
        .unwrap();
    assert_eq!(shown.group_name.as_deref(), Some("default"));
    assert_eq!(
        shown.schedule_expression.as_deref(),
        Some("cron(0 3 * * ? *)")
    );
    assert_eq!(
        shown.schedule_expression_timezone.as_deref(),
        Some("Europe/Berlin")
    );
    assert_eq!(shown.description.as_deref(), Some("nightly report"));
    assert_eq!(shown.state.as_deref(), Some("DISABLED"));
    assert_eq!(shown.creation_date, Some(at(BEGIN)));
    assert_eq!(shown.start_date, Some(at("2026-12-01T00:00:00Z")));
    assert_eq!(
        shown
            .flexible_time_window
            .unwrap()
            .maximum_window_in_minutes,
        Some(15)
    );
    assert_eq!(shown.target, Some(target()));
    // An update replaces all of it.
    let update = UpdateScheduleInput {
        name: Some("nightly".to_owned()),
        schedule_expression: Some("rate(2 hours)".to_owned()),
        target: Some(target()),
        flexible_time_window: Some(FlexibleTimeWindow {
            mode: Some("OFF".to_owned()),
            maximum_window_in_minutes: None,
        }),
        ..UpdateScheduleInput::default()
    };
    home.scheduler
        .update_schedule(&call(), update.clone())
        .await
        .unwrap();
    let shown = home
        .scheduler
        .get_schedule(&call(), named("nightly"))
        .await
        .unwrap();
    assert_eq!(shown.description, None);
    assert_eq!(shown.state.as_deref(), Some("ENABLED"));
    home.delivered(1).await;
    let missing = UpdateScheduleInput {
        name: Some("other".to_owned()),
        ..update
    };
    refused(
        home.scheduler.update_schedule(&call(), missing).await,
        "ResourceNotFoundException",
        "Schedule other does not exist.",
    );
    for name in ["a1", "a2", "a3"] {
        home.create(schedule(name, "at(2030-01-01T00:00:00)"))
            .await
            .unwrap();
    }
    let (mut names, mut token) = (Vec::new(), None);
    loop {
        let page = ListSchedulesInput {
            name_prefix: Some("a".to_owned()),
            max_results: Some(2),
            next_token: token,
            ..ListSchedulesInput::default()
        };
        let page = home.scheduler.list_schedules(&call(), page).await.unwrap();
        names.extend(
            page.schedules
                .unwrap()
                .into_iter()
                .map(|it| it.name.unwrap()),
        );
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(names, ["a1", "a2", "a3"]);
    let gone = DeleteScheduleInput {
        name: Some("a1".to_owned()),
        ..DeleteScheduleInput::default()
    };
    home.scheduler
        .delete_schedule(&call(), gone.clone())
        .await
        .unwrap();
    refused(
        home.scheduler.delete_schedule(&call(), gone).await,
        "ResourceNotFoundException",
        "Schedule a1 does not exist.",
    );
}

#[tokio::test]
async fn groups_hold_schedules_and_take_them_along() {
    let home = Home::start();
    let group = CreateScheduleGroupInput {
        name: Some("batch".to_owned()),
        tags: Some(vec![Tag {
            key: Some("team".to_owned()),
            value: Some("blue".to_owned()),
        }]),
        client_token: Some("t1".to_owned()),
    };
    for _ in 0..2 {
        let made = home
            .scheduler
            .create_schedule_group(&call(), group.clone())
            .await
            .unwrap();
        assert_eq!(
            made.schedule_group_arn.as_deref(),
            Some("arn:aws:scheduler:us-east-1:000000000000:schedule-group/batch")
        );
    }
    let other = CreateScheduleGroupInput {
        tags: None,
        ..group.clone()
    };
    let answer = home.scheduler.create_schedule_group(&call(), other).await;
    assert_eq!(answer.unwrap_err().code, "ConflictException");
    for number in 0..120 {
        home.create(CreateScheduleInput {
            group_name: Some("batch".to_owned()),
            ..schedule(&format!("s{number}"), "at(2030-01-01T00:00:00)")
        })
        .await
        .unwrap();
    }
    let groups = home
        .scheduler
        .list_schedule_groups(&call(), ListScheduleGroupsInput::default())
        .await;
    let groups = groups.unwrap().schedule_groups.unwrap();
    let names: Vec<_> = groups
        .iter()
        .map(|it| it.name.as_deref().unwrap())
        .collect();
    assert_eq!(names, ["batch", "default"]);
    let deletion = DeleteScheduleGroupInput {
        name: Some("batch".to_owned()),
        client_token: None,
    };
    home.scheduler
        .delete_schedule_group(&call(), deletion)
        .await
        .unwrap();
    until("the group is gone", || async {
        let asked = GetScheduleGroupInput {
            name: Some("batch".to_owned()),
        };
        home.scheduler
            .get_schedule_group(&call(), asked)
            .await
            .is_err()
    })
    .await;
    let left = home
        .scheduler
        .list_schedules(&call(), ListSchedulesInput::default())
        .await;
    assert_eq!(left.unwrap().schedules, Some(vec![]));
    // The default group has a record once it has tags, and stays.
    let arn = "arn:aws:scheduler:us-east-1:000000000000:schedule-group/default";
    let tags = TagResourceInput {
        resource_arn: Some(arn.to_owned()),
        tags: Some(vec![Tag {
            key: Some("k".to_owned()),
            value: Some("v".to_owned()),
        }]),
    };
    home.scheduler.tag_resource(&call(), tags).await.unwrap();
    let deletion = DeleteScheduleGroupInput {
        name: Some("default".to_owned()),
        client_token: None,
    };
    let answer = home
        .scheduler
        .delete_schedule_group(&call(), deletion)
        .await;
    assert_eq!(answer.unwrap_err().code, "ValidationException");
}

#[tokio::test]
async fn bad_requests() {
    let home = Home::start();
    let good = || schedule("s", "rate(1 day)");
    let with_target = |change: fn(&mut Target)| {
        let mut target = target();
        change(&mut target);
        CreateScheduleInput {
            target: Some(target),
            ..good()
        }
    };
    for (input, text) in [
        (
            schedule("s", "rate(2 day)"),
            "Invalid Schedule Expression rate(2 day).",
        ),
        (
            CreateScheduleInput {
                schedule_expression_timezone: Some("Mars".to_owned()),
                ..good()
            },
            "Invalid ScheduleExpressionTimezone Mars.",
        ),
        (
            CreateScheduleInput {
                end_date: Some(at("2026-01-01T00:00:00Z")),
                ..good()
            },
            "The EndDate you specify must be in the future.",
        ),
        (
            CreateScheduleInput {
                flexible_time_window: Some(FlexibleTimeWindow {
                    mode: Some("FLEXIBLE".to_owned()),
                    maximum_window_in_minutes: None,
                }),
                ..good()
            },
            "MaximumWindowInMinutes is required for a flexible time window.",
        ),
        (
            with_target(|it| it.role_arn = Some("arn:aws:iam::000000000000:role/other".to_owned())),
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        ),
        (
            with_target(|it| it.arn = Some("nonsense".to_owned())),
            "Provided Arn nonsense is not valid.",
        ),
        (
            with_target(|it| {
                it.arn = Some("arn:aws:lambda:us-east-1:000000000000:function:f".to_owned());
            }),
            "Targets of lambda are not supported by this version of wharf.",
        ),
    ] {
        refused(home.create(input).await, "ValidationException", text);
    }
    let elsewhere = CreateScheduleInput {
        group_name: Some("none".to_owned()),
        ..good()
    };
    refused(
        home.create(elsewhere).await,
        "ResourceNotFoundException",
        "Schedule group none does not exist.",
    );
    // A repeated request is the same schedule; another one of its name is not.
    let first = CreateScheduleInput {
        client_token: Some("t".to_owned()),
        ..good()
    };
    let arn = home.create(first.clone()).await.unwrap();
    assert_eq!(home.create(first.clone()).await.unwrap(), arn);
    let other = CreateScheduleInput {
        description: Some("x".to_owned()),
        ..first
    };
    assert_eq!(
        home.create(other).await.unwrap_err().code,
        "ConflictException"
    );
    refused(
        home.create(good()).await,
        "ConflictException",
        "Schedule s already exists.",
    );
    refused(
        home.scheduler.get_schedule(&call(), named("none")).await,
        "ResourceNotFoundException",
        "Schedule none does not exist.",
    );
    let policy = RetryPolicy {
        maximum_retry_attempts: Some(0),
        maximum_event_age_in_seconds: Some(60),
    };
    let strict = CreateScheduleInput {
        name: Some("strict".to_owned()),
        target: Some(Target {
            retry_policy: Some(policy),
            ..target()
        }),
        ..good()
    };
    home.create(strict).await.unwrap();
}

/// Schedules have no tags: policies shut in or out by those of their group.
#[tokio::test]
async fn tags_of_a_group_are_asked_about_for_its_schedules() {
    let home = Home::start();
    let group = CreateScheduleGroupInput {
        name: Some("nightly".to_owned()),
        tags: Some(vec![Tag {
            key: Some("stage".to_owned()),
            value: Some("live".to_owned()),
        }]),
        ..CreateScheduleGroupInput::default()
    };
    let made = home.scheduler.create_schedule_group(&call(), group).await;
    made.unwrap();
    let in_group = |group: &str| Some(group.to_owned());
    let create = |group: &str| CreateScheduleInput {
        group_name: in_group(group),
        ..schedule("s", "rate(5 minutes)")
    };
    let get = |group: &str| GetScheduleInput {
        group_name: in_group(group),
        ..named("s")
    };
    for (group, held) in [("nightly", Some("live")), ("default", None)] {
        let (create, get) = (create(group), get(group));
        for asked in [Input::CreateSchedule(&create), Input::GetSchedule(&get)] {
            let checks = home.scheduler.authorize(&call(), asked).await.unwrap();
            for key in ["aws:ResourceTag/stage", "scheduler:ResourceTag/stage"] {
                let found = checks[0].context.get(key).map(|it| it[0].as_str());
                assert_eq!(found, held, "{group} {key}");
            }
        }
    }
    let create = create("nightly");
    let asked = Input::CreateSchedule(&create);
    let checks = home.scheduler.authorize(&call(), asked).await.unwrap();
    assert_eq!(
        checks[1].context["iam:AssociatedResourceArn"],
        ["arn:aws:scheduler:us-east-1:000000000000:schedule/nightly/s"]
    );
}
