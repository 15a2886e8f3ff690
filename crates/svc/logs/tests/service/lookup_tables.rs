//! Lookup tables: always one version, whoever is cut off, replaced or copied meanwhile.

use std::time::Duration;

use tokio::time::timeout;
use wharf_api_logs::{Logs, types::*};
use wharf_base::{Permit, Timestamp};
use wharf_journal::Journal;
use wharf_svc_logs::{Limits, LogsService, Options};
use wharf_testkit::{ACCOUNT, refused};
use wharf_wire::{Call, Context, Fault};

use crate::support::{NOW, call, journal, open_over};

const FOREIGN: &str = "444455556666";

fn in_place(account: &str, region: &str) -> Call {
    let context = Context::internal(account, region, "tests", Timestamp(NOW));
    Call::by_controller(context, Permit::for_controller("tests"))
}

fn arn(name: &str) -> String {
    format!("arn:aws:logs:us-east-1:{ACCOUNT}:lookup-table:{name}")
}

async fn create(logs: &LogsService, call: &Call, name: &str, body: &str) -> Result<(), Fault> {
    let input = CreateLookupTableRequest {
        lookup_table_name: Some(name.to_owned()),
        table_body: Some(body.to_owned()),
        ..Default::default()
    };
    logs.create_lookup_table(call, input).await.map(drop)
}

async fn update(
    logs: &LogsService,
    name: &str,
    body: &str,
    key: Option<&str>,
) -> Result<(), Fault> {
    let input = UpdateLookupTableRequest {
        lookup_table_arn: Some(arn(name)),
        table_body: Some(body.to_owned()),
        kms_key_id: key.map(str::to_owned),
        ..Default::default()
    };
    logs.update_lookup_table(&call(), input).await.map(drop)
}

async fn get(logs: &LogsService, name: &str) -> Result<GetLookupTableResponse, Fault> {
    let input = GetLookupTableRequest {
        lookup_table_arn: Some(arn(name)),
    };
    logs.get_lookup_table(&call(), input).await
}

async fn body(logs: &LogsService, name: &str) -> String {
    get(logs, name).await.unwrap().table_body.unwrap()
}

fn versions(journal: &Journal) -> usize {
    journal.streams("lookup-tables/", None, usize::MAX).len()
}

/// About so many bytes.
fn rows(bytes: usize) -> String {
    "a,b\n".to_owned() + &"some,text\n".repeat(bytes / 10)
}

#[tokio::test]
async fn a_version_goes_when_it_is_replaced_but_not_while_records_are_copied() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    let logs = open_over(folder.path(), journal.clone(), Options::default());
    create(&logs, &call(), "t", "a\n1\n").await.unwrap();
    let pause = journal.pause_removal();
    update(&logs, "t", "a\n2\n", None).await.unwrap();
    logs.sweep_places_of_tables().await;
    assert_eq!(
        versions(&journal),
        2,
        "a copy of the records may name the first"
    );
    assert_eq!(body(&logs, "t").await, "a\n2\n");
    drop(pause);
    logs.sweep_places_of_tables().await;
    assert_eq!(versions(&journal), 1);
    assert_eq!(body(&logs, "t").await, "a\n2\n");

    let input = DeleteLookupTableRequest {
        lookup_table_arn: Some(arn("t")),
    };
    logs.delete_lookup_table(&call(), input).await.unwrap();
    logs.sweep_places_of_tables().await;
    assert_eq!(versions(&journal), 0);
    assert_eq!(
        get(&logs, "t").await.unwrap_err().code,
        "ResourceNotFoundException"
    );
}

#[tokio::test]
async fn uploads_that_are_cut_off_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = journal(folder.path());
    let logs = open_over(folder.path(), journal.clone(), Options::default());
    let large = rows(4 << 20);
    create(&logs, &call(), "kept", "a\n0\n").await.unwrap();
    let mut cut = 0;
    for wait in 0..40u64 {
        let wait = Duration::from_micros(wait * 500);
        let name = format!("new-{}", wait.as_micros());
        let created = timeout(wait, create(&logs, &call(), &name, &large)).await;
        let updated = timeout(wait, update(&logs, "kept", &large, None)).await;
        cut += usize::from(created.is_err()) + usize::from(updated.is_err());
        // What is under way in the journal ends behind this.
        journal.append("after", &[b"x".to_vec()]).await.unwrap();
        logs.sweep_places_of_tables().await;
        let tables = logs
            .describe_lookup_tables(&call(), Default::default())
            .await;
        let tables = tables.unwrap().lookup_tables.unwrap();
        assert_eq!(versions(&journal), tables.len(), "after {wait:?}");
        for it in tables {
            let name = it.lookup_table_name.unwrap();
            let found = body(&logs, &name).await;
            assert!(found == large || (name == "kept" && found == "a\n0\n"));
            if name != "kept" {
                let input = DeleteLookupTableRequest {
                    lookup_table_arn: Some(arn(&name)),
                };
                logs.delete_lookup_table(&call(), input).await.unwrap();
            }
        }
    }
    assert!(cut > 0, "none was cut off");
}

#[tokio::test]
async fn an_account_leaves_room_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        // A tenth of it is for tables.
        kept_bytes: 40 << 20,
        ..Default::default()
    };
    let options = Options {
        limits,
        ..Default::default()
    };
    let logs = open_over(folder.path(), journal(folder.path()), options);
    let (there, large) = (in_place(ACCOUNT, "eu-west-1"), rows(1000 << 10));
    let full = "There is no room for more lookup tables.";
    create(&logs, &call(), "one", &large).await.unwrap();
    // Side by side, neither takes what the other was promised.
    let (two, three) = tokio::join!(
        create(&logs, &there, "two", &large),
        create(&logs, &there, "three", &large)
    );
    let refusals: Vec<String> = [two, three]
        .into_iter()
        .filter_map(|it| it.err())
        .map(|it| it.message)
        .collect();
    assert_eq!(refusals, [full]);
    // An update needs what it has more than before.
    update(&logs, "one", &rows(990 << 10), None).await.unwrap();
    logs.sweep_places_of_tables().await;
    let foreign = in_place(FOREIGN, "us-east-1");
    create(&logs, &foreign, "theirs", &rows(900 << 10))
        .await
        .unwrap();
    refused(
        create(&logs, &foreign, "more", &rows(900 << 10)).await,
        "LimitExceededException",
        full,
    );
}
