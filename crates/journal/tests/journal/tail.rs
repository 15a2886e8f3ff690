//! Damage to files: a torn tail costs what was not acknowledged, anything else is reported.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use wharf_journal::{Journal, JournalError, JournalOptions, Moved, OpenError, Records};
use wharf_wal::{Disk, Fault, Faults, Operation};

use crate::{all, small};

#[tokio::test]
async fn a_torn_tail_costs_the_last_append_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(format!("{:016x}.log", 1));
    let j = Journal::open(dir.path(), small()).unwrap();
    j.append("s", &["one", "two"]).await.unwrap();
    let before = fs::read(&path).unwrap();
    j.append("s", &["three", "four"]).await.unwrap();
    j.close().await;
    let bytes = fs::read(&path).unwrap();
    let differs = |at: &usize| before[*at] != bytes[*at];
    let start = (0..bytes.len()).find(differs).unwrap();
    let end = (0..bytes.len()).rfind(differs).unwrap() + 1;
    for at in start..end {
        let mut garbled = bytes.clone();
        garbled[at] ^= 0x55;
        for damaged in [&bytes[..at], &garbled] {
            fs::write(&path, damaged).unwrap();
            // It had been acknowledged, so this is damage.
            assert!(matches!(
                Journal::open(dir.path(), small()),
                Err(OpenError::Corrupt { .. })
            ));
            // After a power failure nothing says so.
            let acknowledged = fs::read(dir.path().join("LAST")).unwrap();
            fs::remove_file(dir.path().join("LAST")).unwrap();
            let j = Journal::open(dir.path(), small()).unwrap();
            assert_eq!(j.end("s"), 2, "at {at}");
            assert_eq!(j.append("s", &["again"]).await, Ok(2));
            assert_eq!(all(&j, "s").await.len(), 3);
            j.close().await;
            fs::write(dir.path().join("LAST"), acknowledged).unwrap();
        }
    }
    let mut garbled = bytes;
    garbled[start - 1] ^= 1;
    fs::write(&path, garbled).unwrap();
    assert!(matches!(
        Journal::open(dir.path(), small()),
        Err(OpenError::Corrupt { .. })
    ));
}

#[tokio::test]
async fn a_torn_move_leaves_all_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(format!("{:016x}.log", 1));
    let j = Journal::open(dir.path(), small()).unwrap();
    j.append("from", &["one", "two"]).await.unwrap();
    let before = fs::read(&path).unwrap();
    let mut records = Records::default();
    records.push(b"both").unwrap();
    let moved = Moved {
        from: "from".to_owned(),
        before: 2,
    };
    let first = j.move_gathered("to", &mut records, Some(moved)).await;
    assert_eq!(first, Ok(0));
    j.close().await;
    let bytes = fs::read(&path).unwrap();
    let differs = |at: &usize| before[*at] != bytes[*at];
    let start = (0..bytes.len()).find(differs).unwrap();
    let end = (0..bytes.len()).rfind(differs).unwrap() + 1;
    for at in start..=end {
        // Of its last byte on it is whole.
        let (left, moved) = if at < end { (2, 0) } else { (0, 1) };
        fs::write(&path, &bytes[..at]).unwrap();
        // After a power failure nothing says that it had been acknowledged.
        fs::remove_file(dir.path().join("LAST")).unwrap();
        let j = Journal::open(dir.path(), small()).unwrap();
        assert_eq!(all(&j, "from").await.len(), left, "at {at}");
        assert_eq!(all(&j, "to").await.len(), moved, "at {at}");
        j.close().await;
    }
}

/// A journal in which merging has taken place: the paths of its manifest and of one run.
async fn merged(dir: &std::path::Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let j = Journal::open(dir, small()).unwrap();
    let run = || {
        let files = fs::read_dir(dir).unwrap().map(|f| f.unwrap().path());
        files
            .filter(|p| p.extension().is_some_and(|e| e == "run"))
            .min()
    };
    while run().is_none() || j.end("s") < 200 {
        j.append("s", &["x".repeat(300)]).await.unwrap();
    }
    j.close().await;
    (dir.join("manifest"), run().unwrap())
}

#[tokio::test]
async fn a_damaged_manifest_or_run_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let (manifest, run) = merged(dir.path()).await;
    let corrupt = |name: &str| match Journal::open(dir.path(), small()) {
        Err(OpenError::Corrupt { .. }) => {}
        other => panic!("{name}: {other:?}"),
    };
    let bytes = fs::read(&manifest).unwrap();
    for at in 0..bytes.len() {
        let mut garbled = bytes.clone();
        garbled[at] ^= 1;
        fs::write(&manifest, garbled).unwrap();
        corrupt("manifest garbled");
        fs::write(&manifest, &bytes[..at]).unwrap();
        corrupt("manifest cut");
    }
    fs::remove_file(&manifest).unwrap();
    corrupt("no manifest");
    fs::write(&manifest, &bytes).unwrap();
    let bytes = fs::read(&run).unwrap();
    for cut in [0, 10, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
        fs::write(&run, &bytes[..cut]).unwrap();
        corrupt("run cut");
    }
    // Damage to the records themselves shows when they are read.
    let mut garbled = bytes.clone();
    garbled[40] ^= 1;
    fs::write(&run, garbled).unwrap();
    let j = Journal::open(dir.path(), small()).unwrap();
    assert!(matches!(
        j.read("s", 0, 1, 1).await,
        Err(JournalError::Read { .. })
    ));
    j.close().await;
    fs::write(&run, bytes).unwrap();
    // What an interrupted merge leaves is removed.
    fs::write(dir.path().join("000000ff.run"), "half").unwrap();
    fs::write(dir.path().join("manifest.new"), "half").unwrap();
    let j = Journal::open(dir.path(), JournalOptions::default()).unwrap();
    assert_eq!(all(&j, "s").await.len() as u64, j.end("s"));
    assert!(!dir.path().join("000000ff.run").exists());
}

/// Notes when names become durable, and when they go.
#[derive(Debug, Default)]
struct Order(Mutex<Vec<&'static str>>);

impl Faults for Order {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
        let noted = match operation {
            Operation::SyncFolder { .. } => "sync",
            Operation::Remove { .. } => "remove",
            _ => return None,
        };
        self.0.lock().unwrap().push(noted);
        None
    }
}

/// The manifest that names others may have got its name just before somebody was killed.
#[tokio::test]
async fn leftovers_are_removed_once_the_manifests_name_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    let j = Journal::open(dir.path(), small()).unwrap();
    j.append("s", &["one"]).await.unwrap();
    j.close().await;
    fs::write(dir.path().join("000000ff.run"), "merged since").unwrap();
    let order = Arc::new(Order::default());
    let options = JournalOptions {
        disk: Disk::failing(order.clone()),
        ..small()
    };
    let j = Journal::open(dir.path(), options).unwrap();
    assert!(!dir.path().join("000000ff.run").exists());
    assert_eq!(order.0.lock().unwrap()[..2], ["sync", "remove"]);
    assert_eq!(all(&j, "s").await.len(), 1);
    j.close().await;
}
