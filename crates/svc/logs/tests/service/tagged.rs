//! Tags in what policies are asked.

use std::collections::BTreeMap;

use wharf_api_logs::{Input, Logs, types::*};
use wharf_records::Scope;
use wharf_store::Txn;
use wharf_svc_logs::{LogsService, Options};
use wharf_testkit::{ACCOUNT, PERMIT, REGION, World, refused};

use crate::support::{NOW, call, journal, make, open, open_in, put};

fn tags(value: &str) -> Option<BTreeMap<String, String>> {
    Some(BTreeMap::from([("stage".to_owned(), value.to_owned())]))
}

/// The condition keys of the first check, as `name=value`.
async fn keys(logs: &LogsService, input: Input<'_>) -> Vec<String> {
    let checks = logs.authorize(&call(), input).await.unwrap();
    let context = checks[0].context.iter();
    context
        .map(|(key, values)| format!("{key}={}", values.join(",")))
        .collect()
}

#[tokio::test]
async fn tags_of_groups_and_of_requests_are_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let create = CreateLogGroupRequest {
        log_group_name: Some("shop".to_owned()),
        tags: tags("live"),
        ..Default::default()
    };
    let brought = ["aws:RequestTag/stage=live", "aws:TagKeys=stage"];
    assert_eq!(keys(&logs, Input::CreateLogGroup(&create)).await, brought);
    logs.create_log_group(&call(), create).await.unwrap();

    let has = "aws:ResourceTag/stage=live";
    let delete = DeleteLogGroupRequest {
        log_group_name: Some("shop".to_owned()),
    };
    assert_eq!(keys(&logs, Input::DeleteLogGroup(&delete)).await, [has]);
    let filter = FilterLogEventsRequest {
        log_group_name: Some("shop".to_owned()),
        ..Default::default()
    };
    assert_eq!(keys(&logs, Input::FilterLogEvents(&filter)).await, [has]);
    // Streams have those of their group.
    let stream = CreateLogStreamRequest {
        log_group_name: Some("shop".to_owned()),
        log_stream_name: Some("s".to_owned()),
    };
    assert_eq!(keys(&logs, Input::CreateLogStream(&stream)).await, [has]);
    let query = StartQueryRequest {
        log_group_names: Some(vec!["shop".to_owned()]),
        query_string: Some("fields @message".to_owned()),
        ..Default::default()
    };
    assert_eq!(keys(&logs, Input::StartQuery(&query)).await, [has]);
    let arn = Some("arn:aws:logs:us-east-1:000000000000:log-group:shop".to_owned());
    let tag = TagResourceRequest {
        resource_arn: arn.clone(),
        tags: tags("test"),
    };
    let expected = ["aws:RequestTag/stage=test", has, "aws:TagKeys=stage"];
    assert_eq!(keys(&logs, Input::TagResource(&tag)).await, expected);
    let untag = UntagResourceRequest {
        resource_arn: arn,
        tag_keys: Some(vec!["stage".to_owned()]),
    };
    let expected = [has, "aws:TagKeys=stage"];
    assert_eq!(keys(&logs, Input::UntagResource(&untag)).await, expected);
    let put = PutLogEventsRequest {
        log_group_name: Some("shop".to_owned()),
        log_stream_name: Some("s".to_owned()),
        ..Default::default()
    };
    assert_eq!(keys(&logs, Input::PutLogEvents(&put)).await, [has]);
    // Groups that are not there have none.
    let other = DeleteLogGroupRequest {
        log_group_name: Some("other".to_owned()),
    };
    assert!(keys(&logs, Input::DeleteLogGroup(&other)).await.is_empty());
}

#[tokio::test]
async fn tags_of_lookup_tables_are_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let create = CreateLookupTableRequest {
        lookup_table_name: Some("ports".to_owned()),
        table_body: Some("port,name\n80,http\n".to_owned()),
        tags: tags("live"),
        ..Default::default()
    };
    let brought = ["aws:RequestTag/stage=live", "aws:TagKeys=stage"];
    let asked = Input::CreateLookupTable(&create);
    assert_eq!(keys(&logs, asked).await, brought);
    logs.create_lookup_table(&call(), create).await.unwrap();
    let get = GetLookupTableRequest {
        lookup_table_arn: Some("arn:aws:logs:us-east-1:000000000000:lookup-table:ports".to_owned()),
    };
    let asked = Input::GetLookupTable(&get);
    assert_eq!(keys(&logs, asked).await, ["aws:ResourceTag/stage=live"]);
}

#[tokio::test]
async fn a_put_reads_its_group_once_for_its_tags_and_for_itself() {
    let (folder, world) = (tempfile::tempdir().unwrap(), World::in_memory());
    let logs = open_in(&world, journal(folder.path()), Options::default());
    make(&logs, "shop", &["s"]).await;
    let (put_call, other) = (call(), call());
    let asked = PutLogEventsRequest {
        log_group_name: Some("shop".to_owned()),
        log_stream_name: Some("s".to_owned()),
        ..Default::default()
    };
    let asked = Input::PutLogEvents(&asked);
    logs.authorize(&put_call, asked).await.unwrap();

    // Nobody can read the group any more.
    let at = Scope::new("logs", ACCOUNT, REGION).key("group", "shop");
    let txn = Txn::new().put(at, "no record");
    world.store.txn(&PERMIT, txn).await.unwrap();
    let to = ("shop", "s");
    put(&logs, &put_call, to, &[(NOW, "a")]).await.unwrap();
    let unread = put(&logs, &other, to, &[(NOW, "b")]).await;
    assert!(!unread.unwrap_err().sender);
}

#[tokio::test]
async fn a_put_into_a_group_that_is_not_there_is_refused_once_it_is_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, call) = (open(folder.path()), call());
    let asked = PutLogEventsRequest {
        log_group_name: Some("none".to_owned()),
        log_stream_name: Some("s".to_owned()),
        ..Default::default()
    };
    let asked = Input::PutLogEvents(&asked);
    assert!(logs.authorize(&call, asked).await.is_ok());
    let refusal = put(&logs, &call, ("none", "s"), &[(NOW, "a")]).await;
    let text = "The specified log group does not exist.";
    refused(refusal, "ResourceNotFoundException", text);
}
