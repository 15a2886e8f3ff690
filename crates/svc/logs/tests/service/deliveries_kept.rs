//! Records that were taken and are not delivered yet: they are there after a kill, arrive once, and are bounded.

use std::sync::{Arc, atomic::Ordering};

use wharf_api_logs::{Logs as _, types::DeleteDeliveryRequest};
use wharf_base::SystemClock;
use wharf_journal::StreamInfo;
use wharf_seal::Keyring;
use wharf_svc_logs::{LogsService, Options, Parts, SealedAnew};
use wharf_testkit::{World, until};

use crate::{
    deliveries::{
        Around, BUS, GATHERED, deliver_at, delivered, destination, join, joining, log, source,
    },
    support::{arn, call, journal, kms, make},
};

/// A store that outlives processes, and the folders of their journal and their keyring.
struct Home {
    folder: tempfile::TempDir,
    _keys: tempfile::TempDir,
    world: World,
    around: Arc<Around>,
}

impl Home {
    fn new() -> Self {
        let (keys, mut world) = (tempfile::tempdir().unwrap(), World::in_memory());
        world.keyring = Keyring::open_or_create(&keys.path().join("keyring")).unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            _keys: keys,
            world,
            around: Arc::default(),
        }
    }

    /// The next process, once it knows where records go.
    async fn start(&self) -> LogsService {
        let logs = LogsService::new(Parts {
            kms: Arc::new(kms(&self.world, Arc::new(SystemClock))),
            store: self.world.store.clone(),
            keyring: self.world.keyring.clone(),
            journal: journal(self.folder.path()),
            options: Options::default(),
        });
        logs.calling(self.around.clone());
        logs.read_routes().await;
        logs
    }

    /// What waits on disk, once no process has it.
    async fn waiting(&self) -> Vec<StreamInfo> {
        let journal = journal(self.folder.path());
        let streams = journal.streams("log-deliveries/", None, 9);
        journal.close().await;
        streams
    }

    fn files(&self) -> Vec<(String, String)> {
        self.around.files.lock().clone()
    }
}

/// A source with a delivery to a bucket; the id of that.
async fn to_bucket(logs: &LogsService) -> Option<String> {
    source(logs, "info", BUS, "INFO_LOGS").await.unwrap();
    let to = destination(logs, "bucket", "arn:aws:s3:::kept", Some("plain"));
    to.await.unwrap();
    let mut asked = joining("info", "bucket");
    asked.record_fields = Some(vec!["message_type".to_owned()]);
    join(logs, asked).await.unwrap().id
}

#[tokio::test]
async fn what_was_logged_before_a_kill_arrives_after_it_and_once() {
    let home = Home::new();
    let logs = home.start().await;
    make(&logs, "g", &[]).await;
    to_bucket(&logs).await;
    destination(&logs, "group", &arn("g"), None).await.unwrap();
    join(&logs, joining("info", "group")).await.unwrap();
    for (at, name) in [(0, "A"), (1, "B")] {
        log(&logs, "INFO_LOGS", name, at).await;
    }
    drop(logs);
    let waiting = home.waiting().await;
    let counts: Vec<u64> = waiting.iter().map(|it| it.end - it.first).collect();
    assert_eq!(counts, [2, 2]);

    let logs = home.start().await;
    log(&logs, "INFO_LOGS", "C", 2).await;
    // What a process before left waits for nothing else.
    deliver_at(&logs, 2).await;
    let events = delivered(&logs, &call(), "g").await;
    let names = ["A", "B", "C"].map(|it| format!(r#""message_type":"{it}""#));
    assert_eq!(events.len(), names.len());
    for ((_, text), name) in events.iter().zip(&names) {
        assert!(text.contains(name), "{text}");
    }
    let files = home.files();
    let [(key, text)] = &files[..] else {
        panic!("one file: {files:?}");
    };
    assert!(key.contains("/EventBusLogs/"), "{key}");
    assert_eq!(text, "A\nB\nC\n");

    // Nothing of it waits any more, for the next one either.
    drop(logs);
    let waiting = home.waiting().await;
    assert!(waiting.iter().all(|it| (it.first, it.end) == (3, 3)));
    let logs = home.start().await;
    deliver_at(&logs, GATHERED).await;
    assert_eq!(delivered(&logs, &call(), "g").await.len(), 3);
    assert_eq!((home.files().len(), logs.dropped_records()), (1, 0));
}

#[tokio::test]
async fn a_file_that_was_put_right_before_a_kill_is_put_again_under_its_name() {
    let home = Home::new();
    let logs = home.start().await;
    to_bucket(&logs).await;
    log(&logs, "INFO_LOGS", "A", 0).await;
    home.around.is_silent.store(true, Ordering::Relaxed);
    let sending = {
        let logs = logs.clone();
        tokio::spawn(async move { deliver_at(&logs, GATHERED).await })
    };
    until("the file is there", || async { home.files().len() == 1 }).await;
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    drop(logs);
    home.around.is_silent.store(false, Ordering::Relaxed);
    let logs = home.start().await;
    log(&logs, "INFO_LOGS", "B", 60_000).await;
    deliver_at(&logs, 60_000).await;
    let files = home.files();
    assert_eq!(files.len(), 2);
    assert_eq!(files[0].0, files[1].0, "it takes the place of the former");
    assert_eq!(files[1].1, "A\nB\n");
    log(&logs, "INFO_LOGS", "C", 60_001).await;
    deliver_at(&logs, 60_001 + GATHERED).await;
    let all = home.files();
    assert_ne!(all[2].0, files[0].0);
    assert_eq!(all[2].1, "C\n");
}

#[tokio::test]
async fn what_waits_is_sealed_anew_and_delivered_once_its_key_is_gone() {
    let home = Home::new();
    let logs = home.start().await;
    let keyring = home.world.keyring.clone();
    to_bucket(&logs).await;
    log(&logs, "INFO_LOGS", "A", 0).await;
    let active = keyring.rotate().unwrap();
    log(&logs, "INFO_LOGS", "B", 1).await;
    let under = logs.waiting_under().await.unwrap();
    assert_eq!((under.len(), under.get(&active)), (2, Some(&1)));
    // What is under way stays as it is, and keeps nobody waiting.
    home.around.is_silent.store(true, Ordering::Relaxed);
    let sending = {
        let logs = logs.clone();
        tokio::spawn(async move { deliver_at(&logs, GATHERED).await })
    };
    until("the file is there", || async { home.files().len() == 1 }).await;
    let done = |records, busy| SealedAnew { records, busy };
    assert_eq!(logs.seal_waiting_anew().await.unwrap(), done(0, 1));
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    drop(logs);
    home.around.is_silent.store(false, Ordering::Relaxed);

    let logs = home.start().await;
    assert_eq!(logs.seal_waiting_anew().await.unwrap(), done(1, 0));
    assert_eq!(logs.seal_waiting_anew().await.unwrap(), done(0, 0));
    keyring.retire().unwrap();
    log(&logs, "INFO_LOGS", "C", 2).await;
    let under: Vec<_> = logs.waiting_under().await.unwrap().into_iter().collect();
    assert_eq!(under, [(active, 3)]);
    deliver_at(&logs, GATHERED).await;
    let files = home.files();
    assert_eq!(files.len(), 2);
    assert_eq!(files[1].1, "A\nB\nC\n");
    assert_eq!(logs.dropped_records(), 0);
}

#[tokio::test]
async fn what_a_destination_refuses_for_ten_minutes_is_dropped_and_what_came_later_is_not() {
    const MINUTE: i64 = 60_000;
    let home = Home::new();
    let logs = home.start().await;
    to_bucket(&logs).await;
    home.around.takes_nothing.store(true, Ordering::Relaxed);
    log(&logs, "INFO_LOGS", "A", 0).await;
    deliver_at(&logs, MINUTE).await;
    log(&logs, "INFO_LOGS", "B", 5 * MINUTE).await;
    deliver_at(&logs, 10 * MINUTE).await;
    assert_eq!(logs.dropped_records(), 0);
    deliver_at(&logs, 11 * MINUTE).await;
    assert_eq!(logs.dropped_records(), 1);
    home.around.takes_nothing.store(false, Ordering::Relaxed);
    deliver_at(&logs, 13 * MINUTE).await;
    let texts: Vec<String> = home.files().into_iter().map(|it| it.1).collect();
    assert_eq!(texts, ["B\n"]);
    assert_eq!(logs.dropped_records(), 1);
}

#[tokio::test]
async fn there_is_room_for_so_much_and_more_is_dropped_after_a_kill_too() {
    let home = Home::new();
    let logs = home.start().await;
    to_bucket(&logs).await;
    // Of four megabytes.
    let large = "x".repeat(900_000);
    for at in 0..4 {
        log(&logs, "INFO_LOGS", &large, at).await;
    }
    assert_eq!(logs.dropped_records(), 0);
    log(&logs, "INFO_LOGS", &large, 4).await;
    assert_eq!(logs.dropped_records(), 1);
    // No record is larger than one may be.
    log(&logs, "INFO_LOGS", &"x".repeat(1 << 20), 4).await;
    assert_eq!(logs.dropped_records(), 2);
    drop(logs);
    let logs = home.start().await;
    log(&logs, "INFO_LOGS", &large, 5).await;
    assert_eq!(logs.dropped_records(), 1);
    deliver_at(&logs, GATHERED).await;
    log(&logs, "INFO_LOGS", &large, 6).await;
    // Two of them are a file.
    for at in [3, 5] {
        deliver_at(&logs, at * GATHERED).await;
    }
    let files = home.files().into_iter();
    let bytes: usize = files.map(|it| it.1.len()).sum();
    assert_eq!(bytes, 5 * (large.len() + 1));
    assert_eq!(logs.dropped_records(), 1);
}

#[tokio::test]
async fn what_waits_goes_with_its_delivery() {
    let home = Home::new();
    let logs = home.start().await;
    let id = to_bucket(&logs).await;
    log(&logs, "INFO_LOGS", "A", 0).await;
    logs.delete_delivery(&call(), DeleteDeliveryRequest { id })
        .await
        .unwrap();
    drop(logs);
    assert!(home.waiting().await.is_empty());
    // A process was killed between the record and what waited.
    let journal = journal(home.folder.path());
    let left = "log-deliveries/000000000000/us-east-1/none";
    journal.append(left, &["a"]).await.unwrap();
    journal.close().await;
    let logs = home.start().await;
    deliver_at(&logs, 0).await;
    drop(logs);
    assert!(home.waiting().await.is_empty());
    assert!(home.files().is_empty());
}
