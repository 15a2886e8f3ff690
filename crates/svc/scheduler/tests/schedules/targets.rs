//! What targets get, and what their answers mean.

use serde_json::json;
use wharf_api_scheduler::{CreateScheduleInput, Target};

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
