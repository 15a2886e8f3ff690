//! kill -9 at random moments: every acknowledged record is there, in its place, and no other but
//! those under way.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use wharf_journal::Journal;

use crate::small;

const FOLDER: &str = "WHARF_JOURNAL_TEST_FOLDER";
const ROUNDS: u64 = 30;
const TASKS: u64 = 8;
const BATCH: u64 = 5;
/// Each stream keeps about this many records, so that kills also meet trims and merges of trimmed
/// runs.
const KEPT: u64 = 500;

fn line(task: u64, offset: u64) -> String {
    format!("{task} {offset:<100}")
}

/// The process to be killed. Says on stdout how far each stream is, after the journal did.
#[test]
#[ignore = "started by acknowledged_records_survive"]
fn child() {
    let Some(dir) = std::env::var_os(FOLDER) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let journal = Journal::open(Path::new(&dir), small()).unwrap();
        let tasks = (0..TASKS).map(|task| tokio::spawn(append_for_ever(journal.clone(), task)));
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
}

async fn append_for_ever(journal: Journal, task: u64) {
    let stream = format!("s{task}");
    loop {
        let end = journal.end(&stream);
        let lines: Vec<_> = (end..end + BATCH)
            .map(|offset| line(task, offset))
            .collect();
        assert_eq!(journal.append(&stream, &lines).await, Ok(end));
        println!("ack {task} {}", end + BATCH);
        if end.is_multiple_of(50) {
            let kept = end.saturating_sub(KEPT);
            journal.trim(&stream, kept).await.unwrap();
            journal.set_cursor(&stream, "c", kept).await.unwrap();
        }
    }
}

#[test]
fn acknowledged_records_survive() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let mut ends: BTreeMap<u64, u64> = BTreeMap::new();
    for round in 0..ROUNDS {
        let lines = (round * 7919) % 1500;
        for (task, end) in run_and_kill(dir.path(), lines) {
            ends.insert(task, end);
        }
        runtime.block_on(check(dir.path(), round, &mut ends));
    }
    assert!(ends.values().sum::<u64>() > 10_000);
}

/// Kills the child after so many acknowledgements, and returns those it got out.
fn run_and_kill(dir: &Path, lines: u64) -> Vec<(u64, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::child", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut acks, mut killed) = (Vec::new(), false);
    loop {
        if acks.len() as u64 >= lines && !killed {
            child.kill().unwrap();
            killed = true;
        }
        // After the kill, what is left in the pipe had been acknowledged too.
        let Some(Ok(line)) = output.next() else { break };
        let mut words = line
            .strip_prefix("ack ")
            .into_iter()
            .flat_map(str::split_whitespace);
        let mut number = || words.next()?.parse::<u64>().ok();
        if let (Some(task), Some(end)) = (number(), number()) {
            acks.push((task, end));
        }
    }
    let status = child.wait().unwrap();
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&status),
        Some(9),
        "{status}"
    );
    acks
}

async fn check(dir: &Path, round: u64, ends: &mut BTreeMap<u64, u64>) {
    let journal = Journal::open(dir, small()).unwrap();
    for task in 0..TASKS {
        let stream = format!("s{task}");
        let (end, acked) = (journal.end(&stream), ends.get(&task).copied().unwrap_or(0));
        // The append under way may have been made durable without the child getting to say so.
        assert!(
            end == acked || end == acked + BATCH,
            "round {round}: {end}, {acked}"
        );
        let Some(info) = journal.stream(&stream) else {
            continue;
        };
        assert!(
            info.first <= end.saturating_sub(KEPT),
            "round {round}: trimmed too much"
        );
        let mut from = 0;
        while from < end {
            let reply = journal.read(&stream, from, 100, 1 << 20).await.unwrap();
            assert_eq!(reply.records[0].offset, from.max(info.first));
            for record in &reply.records {
                assert_eq!(record.data, line(task, record.offset), "round {round}");
            }
            from = reply.next;
        }
        ends.insert(task, end);
    }
    journal.close().await;
}
