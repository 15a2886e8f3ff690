//! Lookup tables over a real store and journal, whatever is left of puts that were cut short.

use std::sync::Arc;

use wharf_api_logs::{Input, Logs, types::*};
use wharf_base::SystemClock;
use wharf_svc_logs::Options;
use wharf_testkit::{refused, until};

use crate::support::{call, journal, open, open_over};

fn table(name: &str, body: &str) -> CreateLookupTableRequest {
    CreateLookupTableRequest {
        lookup_table_name: Some(name.into()),
        table_body: Some(body.into()),
        ..Default::default()
    }
}

fn arn(name: &str) -> Option<String> {
    let account = wharf_testkit::ACCOUNT;
    Some(format!(
        "arn:aws:logs:us-east-1:{account}:lookup-table:{name}"
    ))
}

async fn body(logs: &impl Logs, name: &str) -> Option<String> {
    let input = GetLookupTableRequest {
        lookup_table_arn: arn(name),
    };
    let found = logs.get_lookup_table(&call(), input).await;
    found.ok().and_then(|it| it.table_body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_one_version_after_another() {
    let folder = tempfile::tempdir().unwrap();
    let large = format!("id\n{}", "ü\n".repeat(400_000));
    {
        let logs = open(folder.path());
        let made = logs.create_lookup_table(&call(), table("t", "id\n1"));
        assert_eq!(made.await.unwrap().lookup_table_arn, arn("t"));
        let again = logs.create_lookup_table(&call(), table("t", "id")).await;
        let text = "The specified lookup table already exists.";
        refused(again, "ResourceAlreadyExistsException", text);
        let input = UpdateLookupTableRequest {
            lookup_table_arn: arn("t"),
            table_body: Some(large.clone()),
            ..Default::default()
        };
        logs.update_lookup_table(&call(), input).await.unwrap();
        assert_eq!(body(&logs, "t").await.as_deref(), Some(&*large));
    }
    // The version that was replaced is gone, and so is what a kill left of a put after the next start.
    let journal = journal(folder.path());
    let versions = || journal.streams("lookup-tables/", None, usize::MAX).len();
    assert_eq!(versions(), 1);
    journal
        .append("lookup-tables/left", &[[0u8]])
        .await
        .unwrap();
    let logs = open_over(folder.path(), journal.clone(), Options::default());
    let sweeping = tokio::spawn(logs.clone().sweep(Arc::new(SystemClock)));
    until("the rest of a put is gone", || async { versions() == 1 }).await;
    sweeping.abort();
    assert_eq!(body(&logs, "t").await.as_deref(), Some(&*large));
    let input = DeleteLookupTableRequest {
        lookup_table_arn: arn("t"),
    };
    logs.delete_lookup_table(&call(), input).await.unwrap();
    assert_eq!((versions(), body(&logs, "t").await), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_counted_listed_and_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::default();
    options.limits.kept_bytes = 100_000;
    let logs = open_over(folder.path(), journal(folder.path()), options);
    for number in 0..100 {
        let input = table(&format!("t{number:03}"), "id");
        logs.create_lookup_table(&call(), input).await.unwrap();
    }
    let more = logs.create_lookup_table(&call(), table("x", "id")).await;
    let text = "An account has at most 100 lookup tables in a region.";
    refused(more, "LimitExceededException", text);
    let list = |token: Option<String>| DescribeLookupTablesRequest {
        lookup_table_name_prefix: Some("t0".into()),
        max_results: Some(60),
        next_token: token,
    };
    let first = logs
        .describe_lookup_tables(&call(), list(None))
        .await
        .unwrap();
    assert_eq!(first.lookup_tables.as_ref().map(Vec::len), Some(60));
    let second = logs
        .describe_lookup_tables(&call(), list(first.next_token))
        .await
        .unwrap();
    assert_eq!(second.lookup_tables.as_ref().map(Vec::len), Some(40));
    assert_eq!(second.next_token, None);
    // All tables together have a tenth of what logs may take.
    let input = UpdateLookupTableRequest {
        lookup_table_arn: arn("t000"),
        table_body: Some(format!("id\n{}", "1\n".repeat(10_000))),
        ..Default::default()
    };
    let refusal = logs.update_lookup_table(&call(), input).await;
    refused(
        refusal,
        "LimitExceededException",
        "There is no room for more lookup tables.",
    );
    assert_eq!(body(&logs, "t000").await.as_deref(), Some("id"));
    // A put that was refused leaves nothing.
    let streams = journal_streams(&logs, 100).await;
    assert_eq!(streams, 100);
}

/// How many tables can be read.
async fn journal_streams(logs: &impl Logs, count: usize) -> usize {
    let mut read = 0;
    for number in 0..count {
        read += usize::from(body(logs, &format!("t{number:03}")).await.is_some());
    }
    read
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_up_must_be_allowed_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let logs = open(folder.path());
    let asked = StartQueryRequest {
        log_group_name: Some("g".into()),
        query_string: Some("lookup users id OUTPUT name | lookup hosts ip OUTPUT zone".into()),
        ..Default::default()
    };
    let checks = logs
        .authorize(&call(), Input::StartQuery(&asked))
        .await
        .unwrap();
    let shown: Vec<(String, String)> = checks
        .into_iter()
        .map(|it| (it.action, it.resource))
        .collect();
    for name in ["hosts", "users"] {
        let wanted = ("logs:GetLookupTable".to_owned(), arn(name).unwrap());
        assert!(shown.contains(&wanted), "{shown:?}");
    }
}
