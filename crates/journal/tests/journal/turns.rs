//! What shares a sync while the disk is slow.

use std::sync::{Arc, Mutex, mpsc};

use wharf_journal::{Journal, JournalOptions};
use wharf_wal::{Disk, Fault, Faults, Operation};

const MARK: &[u8] = b"of one who asks seldom";
const LARGE: usize = 1 << 20;

/// Holds up the first write of a large frame; notes of each whether the mark is in it.
#[derive(Debug)]
struct Slow {
    reached: mpsc::SyncSender<()>,
    go_on: Mutex<mpsc::Receiver<()>>,
    frames: Mutex<Vec<bool>>,
}

impl Faults for Slow {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
        if let Operation::Write { bytes, .. } = operation
            && bytes.len() >= LARGE
        {
            let has_mark = bytes.windows(MARK.len()).any(|it| it == MARK);
            let mut frames = self.frames.lock().unwrap();
            frames.push(has_mark);
            if frames.len() == 1 {
                drop(frames);
                self.reached.send(()).unwrap();
                self.go_on.lock().unwrap().recv().unwrap();
            }
        }
        None
    }
}

/// A journal whose first large frame waits; it is told of, and goes on, by these.
fn slow(dir: &std::path::Path) -> (Journal, Arc<Slow>, mpsc::Receiver<()>, mpsc::SyncSender<()>) {
    let (reached, is_reached) = mpsc::sync_channel(1);
    let (go_on, waits) = mpsc::sync_channel(1);
    let slow = Arc::new(Slow {
        reached,
        go_on: Mutex::new(waits),
        frames: Mutex::default(),
    });
    let options = JournalOptions {
        disk: Disk::failing(slow.clone()),
        ..JournalOptions::default()
    };
    let journal = Journal::open(dir, options).unwrap();
    (journal, slow, is_reached, go_on)
}

#[tokio::test]
async fn who_appends_little_goes_with_the_next_frame() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, slow, is_reached, go_on) = slow(dir.path());
    let append = |stream: &'static str, record: Vec<u8>| {
        let journal = journal.clone();
        tokio::spawn(async move { journal.append(stream, &[record]).await })
    };
    let mut all = vec![append("logs/loud/s", vec![7; LARGE])];
    tokio::task::yield_now().await;
    is_reached.recv().unwrap();
    all.extend((0..5).map(|_| append("logs/loud/s", vec![7; LARGE])));
    all.push(append("logs/quiet/s", MARK.to_vec()));
    // Each of the tasks, which are of this thread, comes to the answer that it waits for.
    tokio::task::yield_now().await;
    go_on.send(()).unwrap();
    let mut offsets = Vec::new();
    for appended in all {
        offsets.push(appended.await.unwrap().unwrap());
    }
    assert_eq!(offsets, [0, 1, 2, 3, 4, 5, 0]);
    let frames = slow.frames.lock().unwrap().clone();
    assert_eq!(frames, [false, true, false, false, false, false]);
    journal.close().await;
}

/// Those of one stream.
#[tokio::test]
async fn who_shares_a_stream_takes_turns_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, slow, is_reached, go_on) = slow(dir.path());
    let append = |lane: &'static str, record: Vec<u8>| {
        let journal = journal.clone();
        tokio::spawn(async move { journal.append_as(lane, "s3/pack", &[record]).await })
    };
    let mut all = vec![append("s3/loud", vec![7; LARGE])];
    tokio::task::yield_now().await;
    is_reached.recv().unwrap();
    all.extend((0..5).map(|_| append("s3/loud", vec![7; LARGE])));
    all.push(append("s3/quiet", MARK.to_vec()));
    tokio::task::yield_now().await;
    go_on.send(()).unwrap();
    let mut offsets = Vec::new();
    for appended in all {
        offsets.push(appended.await.unwrap().unwrap());
    }
    let frames = slow.frames.lock().unwrap().clone();
    assert_eq!(frames, [false, true, false, false, false, false]);
    // Each finds its own at its place.
    let quiet = offsets.pop().unwrap();
    assert!(offsets.is_sorted() && !offsets.contains(&quiet));
    let read = journal.read("s3/pack", quiet, 1, 0).await.unwrap();
    assert_eq!(read.records[0].data, MARK);
    journal.close().await;
}
