//! Schedules whose inputs are under a key of KMS.

use wharf_api_kms::{CreateKeyRequest, DisableKeyRequest, EnableKeyRequest, Kms as _};
use wharf_api_scheduler::{
    CreateScheduleInput, GetScheduleInput, Scheduler as _, Target, UpdateScheduleInput,
};
use wharf_testkit::{call, refused, until};

use crate::home::{Home, schedule, target};

const SECRET: &str = "an input that nobody else reads";

impl Home {
    async fn key(&self) -> String {
        let input = CreateKeyRequest::default();
        let made = self.kms.create_key(&call(), input).await;
        made.unwrap().key_metadata.unwrap().arn.unwrap()
    }

    async fn disable(&self, key: &str) {
        let input = DisableKeyRequest {
            key_id: Some(key.to_owned()),
        };
        self.kms.disable_key(&call(), input).await.unwrap();
    }

    async fn enable(&self, key: &str) {
        let input = EnableKeyRequest {
            key_id: Some(key.to_owned()),
        };
        self.kms.enable_key(&call(), input).await.unwrap();
    }

    async fn everything(&self) -> String {
        self.world.stored("/w1/c0/scheduler/").await
    }
}

fn secret(key: &str, expression: &str) -> CreateScheduleInput {
    CreateScheduleInput {
        kms_key_arn: Some(key.to_owned()),
        target: Some(Target {
            input: Some(SECRET.to_owned()),
            ..target()
        }),
        ..schedule("sealed", expression)
    }
}

fn named() -> GetScheduleInput {
    GetScheduleInput {
        name: Some("sealed".to_owned()),
        ..GetScheduleInput::default()
    }
}

#[tokio::test]
async fn inputs_lie_sealed_and_arrive_open() {
    let home = Home::start();
    let key = home.key().await;
    home.create(secret(&key, "at(2026-11-22T10:00:01)"))
        .await
        .unwrap();
    assert!(!home.everything().await.contains(SECRET));
    let shown = home.scheduler.get_schedule(&call(), named()).await.unwrap();
    assert_eq!(shown.kms_key_arn.as_ref(), Some(&key));
    assert_eq!(shown.target.unwrap().input.as_deref(), Some(SECRET));
    // Shut while its moment comes: the call waits in its parcel, sealed as well.
    home.disable(&key).await;
    let text = format!("{key} is disabled.");
    let shut = home.scheduler.get_schedule(&call(), named()).await;
    refused(shut, "ValidationException", &text);
    home.clock.advance(std::time::Duration::from_secs(2));
    until("a try failed", || async {
        home.parcels().await.contains("\"failures\":1")
    })
    .await;
    assert!(!home.everything().await.contains(SECRET));
    assert!(home.called().is_empty());
    home.enable(&key).await;
    home.clock.advance(std::time::Duration::from_secs(600));
    home.delivered(1).await;
    assert_eq!(home.called()[0].input["MessageBody"], SECRET);
}

#[tokio::test]
async fn a_key_that_cannot_be_used_makes_no_schedule() {
    let home = Home::start();
    let key = home.key().await;
    home.disable(&key).await;
    let made = home.create(secret(&key, "rate(5 minutes)")).await;
    refused(made, "ValidationException", &format!("{key} is disabled."));
    let none = key.replace(&key[key.len() - 4..], "0000");
    let made = home.create(secret(&none, "rate(5 minutes)")).await;
    refused(
        made,
        "ValidationException",
        &format!("Key '{none}' does not exist"),
    );
    assert!(home.scheduler.get_schedule(&call(), named()).await.is_err());
}

#[tokio::test]
async fn an_update_without_a_key_opens() {
    let home = Home::start();
    let key = home.key().await;
    home.create(secret(&key, "at(2026-11-23T10:00:00)"))
        .await
        .unwrap();
    let plain = secret(&key, "at(2026-11-23T10:00:00)");
    let update = UpdateScheduleInput {
        name: plain.name,
        schedule_expression: plain.schedule_expression,
        target: plain.target,
        flexible_time_window: plain.flexible_time_window,
        ..UpdateScheduleInput::default()
    };
    home.scheduler
        .update_schedule(&call(), update)
        .await
        .unwrap();
    home.disable(&key).await;
    let shown = home.scheduler.get_schedule(&call(), named()).await.unwrap();
    assert_eq!(shown.kms_key_arn, None);
    assert_eq!(shown.target.unwrap().input.as_deref(), Some(SECRET));
}
