//! Archives keep events as they came; replays send them once more, to rules as they stand now.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wharf_api_events::{
    CancelReplayRequest, CreateArchiveRequest, DeleteArchiveRequest, DescribeArchiveRequest,
    DescribeReplayRequest, Events as _, ListArchivesRequest, ListReplaysRequest, ReplayDestination,
    SqsParameters, StartReplayRequest, Target,
};
use wharf_base::{Clock as _, Timestamp};
use wharf_testkit::{call, refused, until};

use crate::{Home, QUEUE, entry, queue};

const BUS: &str = "arn:aws:events:us-east-1:000000000000:event-bus/default";
const ARCHIVE: &str = "arn:aws:events:us-east-1:000000000000:archive/all";

fn archive(name: &str, pattern: Option<Value>) -> CreateArchiveRequest {
    CreateArchiveRequest {
        archive_name: Some(name.to_owned()),
        event_source_arn: Some(BUS.to_owned()),
        event_pattern: pattern.map(|it| it.to_string()),
        ..Default::default()
    }
}

fn replay(home: &Home, name: &str) -> StartReplayRequest {
    let now = home.clock.now().millis();
    StartReplayRequest {
        replay_name: Some(name.to_owned()),
        event_source_arn: Some(ARCHIVE.to_owned()),
        event_start_time: Some(Timestamp(now - 3_600_000)),
        event_end_time: Some(Timestamp(now + 3_600_000)),
        destination: Some(ReplayDestination {
            arn: Some(BUS.to_owned()),
            filter_arns: None,
        }),
        ..Default::default()
    }
}

async fn count(home: &Home, name: &str) -> i64 {
    let asked = DescribeArchiveRequest {
        archive_name: Some(name.to_owned()),
    };
    home.events
        .describe_archive(&call(), asked)
        .await
        .unwrap()
        .event_count
        .unwrap()
}

async fn completed(home: &Home, name: &str) {
    until("the replay is over", || async {
        let asked = DescribeReplayRequest {
            replay_name: Some(name.to_owned()),
        };
        let shown = home.events.describe_replay(&call(), asked).await.unwrap();
        shown.state.as_deref() == Some("COMPLETED")
    })
    .await;
}

#[tokio::test]
async fn what_was_kept_is_sent_once_more() {
    let home = Home::start();
    home.events
        .create_archive(&call(), archive("all", None))
        .await
        .unwrap();
    home.events
        .create_archive(&call(), archive("some", Some(json!({"source": ["shop"]}))))
        .await
        .unwrap();
    home.put(vec![
        entry("shop", json!({"n": 1})),
        entry("bank", json!({"n": 2})),
    ])
    .await;
    assert_eq!(
        (count(&home, "all").await, count(&home, "some").await),
        (2, 1)
    );
    // The rules come later than the events.
    home.rule("r", json!({"source": ["shop", "bank"]}), vec![queue("q")])
        .await;
    home.rule("other", json!({"source": ["bank"]}), vec![queue("q")])
        .await;
    let mut request = replay(&home, "again");
    let rule = "arn:aws:events:us-east-1:000000000000:rule/r".to_owned();
    request.destination.as_mut().unwrap().filter_arns = Some(vec![rule]);
    home.events
        .start_replay(&call(), request.clone())
        .await
        .unwrap();
    let calls = home.calls(2).await;
    completed(&home, "again").await;
    for (_, sent) in &calls {
        let body: Value =
            serde_json::from_str(sent.input["MessageBody"].as_str().unwrap()).unwrap();
        assert_eq!(body["replay-name"], "again");
    }
    assert_eq!(home.called.calls.lock().len(), 2);
    // What was sent once more was not kept once more.
    assert_eq!(count(&home, "all").await, 2);
    refused(
        home.events.start_replay(&call(), request).await,
        "ResourceAlreadyExistsException",
        "Replay again already exists.",
    );
    let over = CancelReplayRequest {
        replay_name: Some("again".to_owned()),
    };
    assert_eq!(
        home.events
            .cancel_replay(&call(), over)
            .await
            .unwrap_err()
            .code,
        "IllegalStatusException"
    );
    let listed = home
        .events
        .list_replays(&call(), ListReplaysRequest::default())
        .await
        .unwrap();
    assert_eq!(listed.replays.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_replayed_is_not_taken_for_what_was_sent_before() {
    let home = Home::start();
    let all = archive("all", None);
    home.events.create_archive(&call(), all).await.unwrap();
    let ordered = Target {
        arn: Some(format!("{QUEUE}.fifo")),
        sqs_parameters: Some(SqsParameters {
            message_group_id: Some("g".to_owned()),
        }),
        ..queue("q")
    };
    home.rule("r", json!({"source": ["shop"]}), vec![ordered])
        .await;
    home.put(vec![entry("shop", json!({}))]).await;
    home.calls(1).await;
    for (number, name) in [(2, "one"), (3, "two")] {
        let again = replay(&home, name);
        home.events.start_replay(&call(), again).await.unwrap();
        home.calls(number).await;
        completed(&home, name).await;
    }
    let calls = home.calls(3).await;
    let ids = calls
        .iter()
        .map(|(_, it)| it.input["MessageDeduplicationId"].as_str());
    let ids: BTreeSet<_> = ids.map(Option::unwrap).collect();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn a_replay_takes_events_of_its_time_alone() {
    let home = Home::start();
    home.events
        .create_archive(&call(), archive("all", None))
        .await
        .unwrap();
    home.rule("r", json!({"source": ["shop"]}), vec![queue("q")])
        .await;
    let mut old = entry("shop", json!({}));
    old.time = Some(Timestamp(home.clock.now().millis() - 7_200_000));
    home.put(vec![old]).await;
    home.calls(1).await;
    home.events
        .start_replay(&call(), replay(&home, "none"))
        .await
        .unwrap();
    completed(&home, "none").await;
    assert_eq!(home.called.calls.lock().len(), 1);
    let mut backwards = replay(&home, "x");
    backwards.event_end_time = backwards.event_start_time;
    assert_eq!(
        home.events
            .start_replay(&call(), backwards)
            .await
            .unwrap_err()
            .code,
        "ValidationException"
    );
}

#[tokio::test]
async fn archives_go_with_their_events() {
    let home = Home::start();
    home.events
        .create_archive(&call(), archive("all", None))
        .await
        .unwrap();
    refused(
        home.events
            .create_archive(&call(), archive("all", None))
            .await,
        "ResourceAlreadyExistsException",
        "Archive all already exists.",
    );
    home.put(vec![entry("shop", json!({}))]).await;
    let gone = DeleteArchiveRequest {
        archive_name: Some("all".to_owned()),
    };
    home.events
        .delete_archive(&call(), gone.clone())
        .await
        .unwrap();
    refused(
        home.events.delete_archive(&call(), gone).await,
        "ResourceNotFoundException",
        "Archive all does not exist.",
    );
    let listed = home
        .events
        .list_archives(&call(), ListArchivesRequest::default())
        .await
        .unwrap();
    assert_eq!(listed.archives, Some(vec![]));
    home.events
        .create_archive(&call(), archive("all", None))
        .await
        .unwrap();
    assert_eq!(count(&home, "all").await, 0);
}
