//! What targets get, and what their answers mean.

use serde_json::json;
use wharf_api_scheduler::{CreateScheduleInput, DeadLetterConfig, EventBridgeParameters, Target};

use crate::home::{Home, schedule, target};

/// A schedule of this target that comes once a day, and now.
fn daily(name: &str, target: Target) -> CreateScheduleInput {
    CreateScheduleInput {
        target: Some(target),
        ..schedule(name, "rate(1 day)")
    }
}

#[tokio::test]
async fn an_operation_that_answers_is_not_called_again_for_what_it_did_not_do() {
    let home = Home::start();
    home.notes.answers.lock().push_back(Ok(json!({
        "FailedEntryCount": 1,
        "Entries": [{ "EventId": "1" }, { "ErrorCode": "InternalFailure" }],
    })));
    let entry = |detail| json!({ "Source": "a", "DetailType": "b", "Detail": detail });
    let input = json!({ "Entries": [entry("{}"), entry("{")] });
    let put = Target {
        arn: Some("arn:aws:scheduler:::aws-sdk:eventbridge:putEvents".to_owned()),
        input: Some(input.to_string()),
        ..target()
    };
    home.create(daily("both", put)).await.unwrap();
    // Nothing is left to be tried again, and there is no letter.
    home.delivered(1).await;
    assert_eq!(home.called()[0].input, input);
}

/// The default bus, and a queue for dead letters.
fn bus() -> Target {
    Target {
        arn: Some("arn:aws:events:us-east-1:000000000000:event-bus/default".to_owned()),
        input: None,
        event_bridge_parameters: Some(EventBridgeParameters {
            detail_type: Some("tick".to_owned()),
            source: Some("my.clock".to_owned()),
        }),
        dead_letter_config: Some(DeadLetterConfig {
            arn: Some("arn:aws:sqs:us-east-1:000000000000:dead".to_owned()),
        }),
        ..target()
    }
}

#[tokio::test]
async fn an_event_that_is_refused_for_ever_is_a_dead_letter_at_once() {
    let home = Home::start();
    home.notes.answers.lock().push_back(Ok(json!({
        "FailedEntryCount": 1,
        "Entries": [{ "ErrorCode": "NotAuthorizedForSource", "ErrorMessage": "no" }],
    })));
    home.create(daily("refused", bus())).await.unwrap();
    home.delivered(2).await;
    let letter = home.called().pop().unwrap().input;
    let attribute = |name: &str| letter["MessageAttributes"][name]["StringValue"].clone();
    assert_eq!(attribute("ERROR_CODE"), "NotAuthorizedForSource");
    assert_eq!(attribute("RETRY_ATTEMPTS"), "0");
}
