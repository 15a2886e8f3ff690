//! Contributors are counted from the events as they are kept.

use std::sync::Arc;

use wharf_api_logs::{Logs as _, types::*};
use wharf_base::Timestamp;
use wharf_contributors::{LogEvents as _, Order, Question, Rule};
use wharf_service::Place;
use wharf_svc_logs::LogsService;
use wharf_testkit::{ACCOUNT, call_at};

use crate::support::{NOW, call, make, open, put};

const MINUTE: i64 = 60_000;

fn question(groups: &str, enabled: std::ops::Range<i64>) -> Question {
    let rule = format!(
        r#"{{"Schema":{{"Name":"CloudWatchLogRule","Version":1}},"LogGroupNames":["{groups}"],"LogFormat":"JSON",
        "Contribution":{{"Keys":["$.ip"]}},"AggregateOn":"Count"}}"#
    );
    Question {
        place: Place {
            account: ACCOUNT.to_owned(),
            region: "us-east-1".to_owned(),
        },
        rule: Arc::new(Rule::parse(&rule).unwrap()),
        transformed: false,
        enabled: vec![enabled],
        times: NOW - 60 * MINUTE..NOW + MINUTE,
        period: 60,
        now: Timestamp(NOW),
    }
}

async fn counted(logs: &LogsService, question: Question) -> String {
    let tally = logs.tally(question).await.unwrap();
    let report = tally.report(10, Order::Sum);
    let each = report.contributors.iter();
    let each = each.map(|it| format!("{}={}", it.keys[0], it.value));
    each.collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn events_count_by_their_times_groups_and_the_time_they_came_in() {
    let folder = tempfile::tempdir().unwrap();
    let always = 0..i64::MAX;
    {
        let logs = open(folder.path());
        make(&logs, "web", &["s"]).await;
        make(&logs, "web2", &["s"]).await;
        let a = r#"{"ip":"a"}"#;
        let b = r#"{"ip":"b"}"#;
        let events = [(NOW - 2 * MINUTE, a), (NOW - MINUTE, a), (NOW, b)];
        put(&logs, &call(), ("web", "s"), &events).await.unwrap();
        put(&logs, &call(), ("web2", "s"), &[(NOW, b)])
            .await
            .unwrap();
        let later = call_at(Timestamp(NOW + MINUTE));
        put(&logs, &later, ("web", "s"), &[(NOW, b)]).await.unwrap();
    }
    // Another process counts the same.
    let logs = open(folder.path());
    assert_eq!(
        counted(&logs, question("web", always.clone())).await,
        "a=2 b=2"
    );
    assert_eq!(
        counted(&logs, question("web*", always.clone())).await,
        "b=3 a=2"
    );
    assert_eq!(counted(&logs, question("none", always.clone())).await, "");
    assert_eq!(
        counted(&logs, question("web", NOW + 1..i64::MAX)).await,
        "b=1"
    );
    assert_eq!(counted(&logs, question("web", 0..NOW + 1)).await, "a=2 b=1");
    let short = Question {
        times: NOW - MINUTE..NOW,
        ..question("web", always.clone())
    };
    assert_eq!(counted(&logs, short).await, "a=1");
    let mut elsewhere = question("web", always);
    elsewhere.place.account = "111122223333".to_owned();
    assert_eq!(counted(&logs, elsewhere).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_masked_stays_so_and_what_is_transformed_counts_if_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    make(&logs, "web", &["s"]).await;
    let policy = r#"{"Name": "p", "Version": "2021-06-01", "Statement": [
        {"DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],
         "Operation": {"Audit": {"FindingsDestination": {}}}},
        {"DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],
         "Operation": {"Deidentify": {"MaskConfig": {}}}}]}"#;
    let input = PutDataProtectionPolicyRequest {
        log_group_identifier: Some("web".into()),
        policy_document: Some(policy.into()),
    };
    logs.put_data_protection_policy(&call(), input)
        .await
        .unwrap();
    let event = r#"{"ip":"ann@shop.example"}"#;
    put(&logs, &call(), ("web", "s"), &[(NOW, event)])
        .await
        .unwrap();
    let found = counted(&logs, question("web", 0..i64::MAX)).await;
    assert_eq!(found, "****************=1");
}
