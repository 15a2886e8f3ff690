//! What targets get, and what their answers mean.

use serde_json::{Value, json};
use wharf_api_scheduler::{CreateScheduleInput, DeadLetterConfig, EventBridgeParameters, Target};
use wharf_testkit::refused;

use crate::home::{BEGIN, Home, schedule, target};

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

#[tokio::test]
async fn a_target_that_is_given_nothing_gets_a_notification_of_its_moment() {
    let home = Home::start();
    // It is refused: its dead letter says the same.
    home.notes.answers.lock().push_back(Ok(json!({
        "Entries": [{ "ErrorCode": "MalformedDetail", "ErrorMessage": "no" }],
    })));
    let arn = home.create(daily("bare", bus())).await.unwrap();
    home.delivered(2).await;
    let calls = home.called();
    let detail = calls[0].input["Entries"][0]["Detail"].as_str().unwrap();
    let letter = &calls[1].input;
    assert_eq!(letter["MessageBody"], detail);
    let execution = &letter["MessageAttributes"]["EXECUTION_ID"]["StringValue"];
    let said: Value = serde_json::from_str(detail).unwrap();
    assert_eq!(
        said,
        json!({
            "version": "0",
            "id": execution,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": "000000000000",
            "time": BEGIN,
            "region": "us-east-1",
            "resources": [arn],
            "detail": "{}",
        })
    );
}

#[tokio::test]
async fn an_operation_that_is_not_there_is_no_target() {
    let home = Home::start();
    let call_of = |arn: &str| Target {
        arn: Some(arn.to_owned()),
        input: None,
        ..target()
    };
    let (there, not_there) = (
        "arn:aws:scheduler:::aws-sdk:sqs:purgeQueue",
        "arn:aws:scheduler:::aws-sdk:sqs:foo",
    );
    home.create(daily("there", call_of(there))).await.unwrap();
    refused(
        home.create(daily("not", call_of(not_there))).await,
        "ValidationException",
        &format!("{not_there} is not a valid target ARN: there is no Foo."),
    );
}
