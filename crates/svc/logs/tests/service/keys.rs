//! Groups under keys of KMS, which IAM's gate and the keys' policies guard.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use wharf_api_kms::{self as kms, Kms};
use wharf_api_logs::{Logs, types::*};
use wharf_base::{Clock as _, SystemClock, TestClock};
use wharf_journal::{Journal, JournalOptions};
use wharf_svc_kms::KmsService;
use wharf_svc_logs::{LogsService, Options, Parts};
use wharf_testkit::{ACCOUNT, World, call, call_at, refused};
use wharf_wire::{Call, Check, Context, Fault, async_trait};

use crate::{
    exports::{ANYBODY, Bucket, begin, ended, wanted, work_at},
    support::{self, arn},
};

const DISABLED: &str = "The specified KMS Key Id is disabled.";
const UNKNOWN: &str = "The specified KMS Key Id could not be found.";
const PLAIN: &str = "the-text-that-nobody-shall-find";

struct Home {
    world: World,
    clock: Arc<TestClock>,
    kms: Arc<KmsService>,
    /// How often the service asked KMS.
    asked: Arc<AtomicU64>,
    journal: Journal,
    logs: LogsService,
    folder: tempfile::TempDir,
}

/// KMS behind its gate, counting what the service asks.
struct Counted(kms::Client, Arc<AtomicU64>);

#[async_trait]
impl Kms for Counted {
    async fn authorize(&self, cx: &Context, input: kms::Input<'_>) -> Result<Vec<Check>, Fault> {
        self.0.authorize(cx, input).await
    }

    async fn generate_data_key(
        &self,
        call: &Call,
        input: kms::GenerateDataKeyRequest,
    ) -> Result<kms::GenerateDataKeyResponse, Fault> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.generate_data_key(call, input).await
    }

    async fn decrypt(
        &self,
        call: &Call,
        input: kms::DecryptRequest,
    ) -> Result<kms::DecryptResponse, Fault> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.decrypt(call, input).await
    }
}

impl Home {
    fn new() -> Self {
        let (world, folder) = (World::in_memory(), tempfile::tempdir().unwrap());
        let clock = Arc::new(TestClock::at(SystemClock.now()));
        let kms = Arc::new(support::kms(&world, clock.clone()));
        let asked = Arc::new(AtomicU64::new(0));
        let client = kms::Client::new(kms.clone(), world.dispatcher.clone());
        let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
        let logs = LogsService::new(Parts {
            store: world.store.clone(),
            keyring: world.keyring.clone(),
            journal: journal.clone(),
            kms: Arc::new(Counted(client, asked.clone())),
            options: Options::default(),
        });
        Self {
            world,
            clock,
            kms,
            asked,
            journal,
            logs,
            folder,
        }
    }

    fn call(&self) -> Call {
        call_at(self.clock.now())
    }

    /// A key that the service may use for groups whose ARNs are like that.
    async fn key(&self, groups: &str) -> String {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"},
            {
                "Effect": "Allow",
                "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
                "Action": ["kms:GenerateDataKey*", "kms:Decrypt*"],
                "Resource": "*",
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            },
        ]});
        self.key_with(&policy.to_string()).await
    }

    async fn key_with(&self, policy: &str) -> String {
        let input = kms::CreateKeyRequest {
            policy: (!policy.is_empty()).then(|| policy.to_owned()),
            ..Default::default()
        };
        let made = self.kms.create_key(&call(), input).await.unwrap();
        made.key_metadata.unwrap().arn.unwrap()
    }

    async fn disable(&self, key: &str) {
        let input = kms::DisableKeyRequest {
            key_id: Some(key.to_owned()),
        };
        self.kms.disable_key(&call(), input).await.unwrap();
        self.clock.advance(Duration::from_secs(11));
    }

    async fn enable(&self, key: &str) {
        let input = kms::EnableKeyRequest {
            key_id: Some(key.to_owned()),
        };
        self.kms.enable_key(&call(), input).await.unwrap();
        self.clock.advance(Duration::from_secs(2));
    }

    async fn try_group(&self, name: &str, key: Option<&str>) -> Result<(), Fault> {
        let input = CreateLogGroupRequest {
            log_group_name: Some(name.to_owned()),
            kms_key_id: key.map(str::to_owned),
            ..Default::default()
        };
        self.logs.create_log_group(&self.call(), input).await
    }

    async fn group(&self, name: &str, key: Option<&str>) {
        self.try_group(name, key).await.unwrap();
        support::make_stream(&self.logs, &self.call(), name, "s").await;
    }

    async fn associate(&self, group: &str, key: &str) -> Result<(), Fault> {
        let input = AssociateKmsKeyRequest {
            log_group_name: Some(group.to_owned()),
            kms_key_id: Some(key.to_owned()),
            ..Default::default()
        };
        self.logs.associate_kms_key(&self.call(), input).await
    }

    async fn put(&self, group: &str, texts: &[&str]) -> Result<PutLogEventsResponse, Fault> {
        let now = self.clock.now().millis();
        let events: Vec<(i64, &str)> = texts.iter().map(|text| (now, *text)).collect();
        support::put(&self.logs, &self.call(), (group, "s"), &events).await
    }

    async fn get(&self, group: &str) -> Result<Vec<String>, Fault> {
        let input = GetLogEventsRequest {
            log_group_name: Some(group.to_owned()),
            log_stream_name: Some("s".to_owned()),
            start_from_head: Some(true),
            ..Default::default()
        };
        let found = self.logs.get_log_events(&self.call(), input).await?;
        let events = found.events.unwrap().into_iter();
        Ok(events.map(|it| it.message.unwrap()).collect())
    }

    async fn filter(&self, group: &str, pattern: &str) -> Result<Vec<String>, Fault> {
        let input = FilterLogEventsRequest {
            log_group_name: Some(group.to_owned()),
            filter_pattern: Some(pattern.to_owned()),
            ..Default::default()
        };
        let found = self.logs.filter_log_events(&self.call(), input).await?;
        let events = found.events.unwrap().into_iter();
        Ok(events.map(|it| it.message.unwrap()).collect())
    }

    async fn key_of(&self, group: &str) -> Option<String> {
        let input = DescribeLogGroupsRequest {
            log_group_name_prefix: Some(group.to_owned()),
            ..Default::default()
        };
        let found = self.logs.describe_log_groups(&self.call(), input).await;
        found.unwrap().log_groups.unwrap()[0].kms_key_id.clone()
    }

    /// Whether a text lies anywhere in the journal's files.
    fn is_on_disk(&self, text: &str) -> bool {
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = std::fs::read(path).unwrap();
                if bytes.windows(text.len()).any(|it| it == text.as_bytes()) {
                    return true;
                }
            }
        }
        false
    }
}

#[tokio::test]
async fn events_lie_sealed_and_are_read_in_the_clear() {
    let home = Home::new();
    let key = home.key(&arn("*")).await;
    home.group("g", Some(&key)).await;
    home.group("plain", None).await;
    assert_eq!(home.key_of("g").await, Some(key));
    home.put("g", &[PLAIN, "two", ""]).await.unwrap();
    home.put("g", &["three of it"]).await.unwrap();
    assert_eq!(
        home.get("g").await.unwrap(),
        [PLAIN, "two", "", "three of it"]
    );
    for pattern in ["of it", "three", "\"three of\""] {
        assert_eq!(home.filter("g", pattern).await.unwrap(), ["three of it"]);
    }
    assert!(!home.is_on_disk(PLAIN));
    home.put("plain", &[PLAIN]).await.unwrap();
    assert!(
        home.is_on_disk(PLAIN),
        "the search finds what is not sealed"
    );
}

#[tokio::test]
async fn a_key_that_is_disabled_shuts_its_events() {
    let home = Home::new();
    let key = home.key(&arn("*")).await;
    home.group("g", Some(&key)).await;
    home.put("g", &["one"]).await.unwrap();
    home.disable(&key).await;
    refused(
        home.put("g", &["two"]).await,
        "AccessDeniedException",
        DISABLED,
    );
    refused(home.get("g").await, "InvalidParameterException", DISABLED);
    refused(
        home.filter("g", "").await,
        "InvalidParameterException",
        DISABLED,
    );
    refused(
        home.try_group("h", Some(&key)).await,
        "InvalidParameterException",
        DISABLED,
    );
    home.enable(&key).await;
    home.put("g", &["two"]).await.unwrap();
    assert_eq!(home.get("g").await.unwrap(), ["one", "two"]);
}

#[tokio::test]
async fn events_stay_under_the_key_that_they_came_under() {
    let home = Home::new();
    let (first, second) = (home.key(&arn("*")).await, home.key(&arn("*")).await);
    home.group("g", None).await;
    home.put("g", &["plain"]).await.unwrap();
    home.associate("g", &first).await.unwrap();
    home.put("g", &["first"]).await.unwrap();
    home.associate("g", &second).await.unwrap();
    home.put("g", &["second"]).await.unwrap();
    let by_arn = DisassociateKmsKeyRequest {
        resource_identifier: Some(arn("g")),
        ..Default::default()
    };
    home.logs
        .disassociate_kms_key(&home.call(), by_arn)
        .await
        .unwrap();
    assert_eq!(home.key_of("g").await, None);
    home.put("g", &["plain again"]).await.unwrap();
    let all = ["plain", "first", "second", "plain again"];
    assert_eq!(home.get("g").await.unwrap(), all);
    home.disable(&first).await;
    home.put("g", &["more"]).await.unwrap();
    refused(home.get("g").await, "InvalidParameterException", DISABLED);
}

/// A destination that is behind, at events whose key is shut, keeps nothing from those that are further on.
#[tokio::test]
async fn findings_go_on_behind_what_cannot_be_read() {
    let home = Home::new();
    home.logs.calling(Arc::new(support::Called::default()));
    let (first, second) = (home.key("*").await, home.key("*").await);
    home.group("g", Some(&first)).await;
    let all = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"];
    let audit = json!({ "Audit": { "FindingsDestination": { "S3": { "Bucket": "b" } } } });
    let policy = json!({ "Name": "p", "Version": "2021-06-01", "Statement": [
        { "DataIdentifier": all, "Operation": audit },
        { "DataIdentifier": all, "Operation": { "Deidentify": { "MaskConfig": {} } } },
    ] });
    let input = PutDataProtectionPolicyRequest {
        log_group_identifier: Some("g".into()),
        policy_document: Some(policy.to_string()),
    };
    home.logs
        .put_data_protection_policy(&home.call(), input)
        .await
        .unwrap();
    home.put("g", &["to a@b.example"]).await.unwrap();
    home.logs.deliver_once(home.clock.now()).await;
    let stream = &home.journal.streams("logs/", None, 9)[0].name;
    let cursors = home.journal.cursors(stream);
    assert_eq!(cursors.values().copied().collect::<Vec<_>>(), [1, 1]);
    let bucket = cursors.keys().find(|it| it.contains("bucket")).unwrap();
    home.journal.set_cursor(stream, bucket, 0).await.unwrap();
    home.associate("g", &second).await.unwrap();
    home.disable(&first).await;
    home.put("g", &["to c@d.example"]).await.unwrap();
    home.logs.deliver_once(home.clock.now()).await;
    let cursors = home.journal.cursors(stream);
    assert_eq!(cursors[bucket], 0);
    assert!(cursors.values().any(|it| *it == 2), "{cursors:?}");
}

#[tokio::test]
async fn the_keys_policy_decides_for_which_groups_it_is() {
    let home = Home::new();
    let narrow = home.key(&arn("app/*")).await;
    home.group("app/web", Some(&narrow)).await;
    let text = |group: &str| {
        let arn = arn(group);
        format!(
            "The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"
        )
    };
    refused(
        home.try_group("db", Some(&narrow)).await,
        "AccessDeniedException",
        &text("db"),
    );
    // The account's own policies do not speak for the service.
    let usual = home.key_with("").await;
    refused(
        home.try_group("db", Some(&usual)).await,
        "AccessDeniedException",
        &text("db"),
    );
    refused(
        home.associate("app/web", &usual).await,
        "AccessDeniedException",
        &text("app/web"),
    );
    assert_eq!(home.key_of("app/web").await, Some(narrow));
}

#[tokio::test]
async fn bad_keys_and_groups_are_refused() {
    let home = Home::new();
    let key = home.key(&arn("*")).await;
    let alias = format!("arn:aws:kms:us-east-1:{ACCOUNT}:alias/none");
    for bad in ["", "no-arn", alias.as_str(), &arn("g")] {
        refused(
            home.try_group("g", Some(bad)).await,
            "InvalidParameterException",
            UNKNOWN,
        );
    }
    let gone = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000");
    assert!(home.try_group("g", Some(&gone)).await.is_err());
    let input = kms::CreateKeyRequest {
        key_spec: Some("HMAC_256".to_owned()),
        key_usage: Some("GENERATE_VERIFY_MAC".to_owned()),
        ..Default::default()
    };
    let hmac = home.kms.create_key(&call(), input).await.unwrap();
    let hmac = hmac.key_metadata.unwrap().arn.unwrap();
    assert!(home.try_group("g", Some(&hmac)).await.is_err());
    refused(
        home.associate("none", &key).await,
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    );
    let neither = AssociateKmsKeyRequest {
        kms_key_id: Some(key),
        ..Default::default()
    };
    refused(
        home.logs.associate_kms_key(&home.call(), neither).await,
        "InvalidParameterException",
        "Exactly one of logGroupName or resourceIdentifier is required.",
    );
}

#[tokio::test]
async fn kms_is_asked_rarely() {
    let home = Home::new();
    let key = home.key(&arn("*")).await;
    home.group("g", Some(&key)).await;
    let before = home.asked.load(Ordering::SeqCst);
    for _ in 0..50 {
        home.put("g", &["a", "b"]).await.unwrap();
        home.get("g").await.unwrap();
    }
    home.clock.advance(Duration::from_secs(11));
    let read = tokio::join!(home.get("g"), home.get("g"), home.put("g", &["c"]));
    assert_eq!((read.0.unwrap().len(), read.1.unwrap().len()), (100, 100));
    read.2.unwrap();
    assert_eq!(home.asked.load(Ordering::SeqCst) - before, 2);
    home.disable(&key).await;
    for _ in 0..50 {
        home.put("g", &["a"]).await.unwrap_err();
    }
    assert_eq!(
        home.asked.load(Ordering::SeqCst) - before,
        3,
        "refusals are remembered"
    );
}

#[tokio::test]
async fn an_event_opens_in_its_place_alone() {
    let home = Home::new();
    let key = home.key(&arn("*")).await;
    home.group("g", Some(&key)).await;
    home.put("g", &["one"]).await.unwrap();
    let stream = home.journal.streams("logs/", None, 9).remove(0).name;
    let read = home.journal.read(&stream, 0, 1, 1 << 20).await.unwrap();
    let stored = read.records[0].data.to_vec();
    // Another time, a bit of the text, the end cut off.
    let mut changed = [stored.clone(), stored.clone(), stored[..30].to_vec()];
    changed[0][0] ^= 1;
    *changed[1].last_mut().unwrap() ^= 1;
    for bad in changed {
        let put = home.journal.append(&stream, &[bad]).await.unwrap();
        let fault = home.get("g").await.unwrap_err();
        assert_eq!(fault.code, "ServiceUnavailableException");
        home.journal.trim(&stream, put + 1).await.unwrap();
    }
    home.put("g", &["two"]).await.unwrap();
    assert_eq!(home.get("g").await.unwrap(), ["two"]);
}

#[tokio::test]
async fn what_is_deleted_leaves_no_keys() {
    let home = Home::new();
    let key = home.key(&arn("*")).await;
    home.group("g", Some(&key)).await;
    home.put("g", &["one"]).await.unwrap();
    home.associate("g", &key).await.unwrap();
    let keys = wharf_records::Scope::new("logs", ACCOUNT, "us-east-1").prefix("data-key");
    assert!(home.world.stored(&keys).await.contains("sealed"));
    let input = DeleteLogGroupRequest {
        log_group_name: Some("g".to_owned()),
    };
    home.logs
        .delete_log_group(&home.call(), input)
        .await
        .unwrap();
    assert_eq!(home.world.stored(&keys).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_read_what_is_sealed_and_fail_with_the_key() {
    let home = Home::new();
    let key = home.key(&arn("*")).await;
    home.group("g", None).await;
    home.put("g", &["open before the key"]).await.unwrap();
    home.associate("g", &key).await.unwrap();
    home.put("g", &["sealed behind the key"]).await.unwrap();
    let asked = async || {
        let input = StartQueryRequest {
            log_group_name: Some("g".into()),
            start_time: Some(0),
            end_time: Some(home.clock.now().millis() / 1000 + 60),
            query_string: Some("filter @message like /the key/ | stats count(*) as n".into()),
            ..Default::default()
        };
        let started = home.logs.start_query(&home.call(), input).await.unwrap();
        let input = GetQueryResultsRequest {
            query_id: started.query_id,
            ..Default::default()
        };
        loop {
            let found = home
                .logs
                .get_query_results(&home.call(), input.clone())
                .await
                .unwrap();
            if !matches!(found.status.as_deref(), Some("Running" | "Scheduled")) {
                let rows = found.results.unwrap();
                let count = rows.first().and_then(|row| row[0].value.clone());
                return (found.status.unwrap(), count);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert_eq!(asked().await, ("Complete".to_owned(), Some("2".to_owned())));
    home.disable(&key).await;
    assert_eq!(asked().await, ("Failed".to_owned(), None));
    home.enable(&key).await;
    assert_eq!(asked().await, ("Complete".to_owned(), Some("2".to_owned())));
}

#[tokio::test]
async fn an_export_opens_what_it_writes_and_fails_when_the_key_is_shut() {
    let (home, bucket) = (Home::new(), Bucket::new(&ANYBODY));
    let key = home.key(&arn("*")).await;
    home.group("g", Some(&key)).await;
    home.put("g", &[PLAIN]).await.unwrap();
    home.logs.calling(bucket.clone());
    let _work = work_at(&home.logs, home.clock.clone());
    let all = CreateExportTaskRequest {
        from: Some(0),
        to: Some(i64::MAX),
        ..wanted()
    };
    let id = begin(&home.logs, all.clone()).await;
    ended(&home.logs, &id, "COMPLETED").await;
    assert!(bucket.text(&format!("exportedlogs/{id}")).contains(PLAIN));
    home.disable(&key).await;
    let id = begin(&home.logs, all).await;
    let failed = ended(&home.logs, &id, "FAILED").await;
    assert_eq!(failed.status.unwrap().message.as_deref(), Some(DISABLED));
}

/// Updates that name no key began before one that does, and end after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_takes_no_lookup_table_out_from_under_its_key() {
    let home = Home::new();
    let arn = format!("arn:aws:logs:us-east-1:{ACCOUNT}:lookup-table:t");
    let key = home.key(&arn).await;
    let input = CreateLookupTableRequest {
        lookup_table_name: Some("t".to_owned()),
        table_body: Some("a\n1\n".to_owned()),
        ..Default::default()
    };
    home.logs
        .create_lookup_table(&home.call(), input)
        .await
        .unwrap();
    let update = |rows: usize, key: Option<&str>| {
        let (logs, call) = (home.logs.clone(), home.call());
        let input = UpdateLookupTableRequest {
            lookup_table_arn: Some(arn.clone()),
            table_body: Some("a\n".to_owned() + &"text\n".repeat(rows)),
            kms_key_id: key.map(str::to_owned),
            ..Default::default()
        };
        tokio::spawn(async move { logs.update_lookup_table(&call, input).await })
    };
    let slow: Vec<_> = (1..6).map(|it| update(it * 100_000, None)).collect();
    update(1, Some(&key)).await.unwrap().unwrap();
    for it in slow {
        it.await.unwrap().unwrap();
    }
    let input = GetLookupTableRequest {
        lookup_table_arn: Some(arn.clone()),
    };
    let found = home.logs.get_lookup_table(&home.call(), input).await;
    assert_eq!(found.unwrap().kms_key_id, Some(key));
}
