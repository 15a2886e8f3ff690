//! kill -9 at random moments: what was acknowledged is there, transactions are whole, and nothing
//! is there that nobody asked for.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use wharf_store::{Range, Store, StoreOptions, Txn};

use crate::support::PERMIT;

const FOLDER: &str = "WHARF_STORE_TEST_FOLDER";
const ROUNDS: u64 = 30;
const TASKS: u64 = 8;

/// Small files, so that kills also meet compactions, checkpoints and new segments.
fn options() -> StoreOptions {
    StoreOptions {
        segment_bytes: 32 << 10,
        keep_bytes: 64 << 10,
        ..StoreOptions::default()
    }
}

/// The process to be killed. Each task writes its counter to two keys at once, and says so on
/// stdout after the store did.
#[test]
#[ignore = "started by acknowledged_writes_survive"]
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
        let store = Store::open(Path::new(&dir), options()).unwrap();
        let tasks = (0..TASKS).map(|task| tokio::spawn(write_for_ever(store.clone(), task)));
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
}

async fn write_for_ever(store: Store, task: u64) {
    let before = store.get(&format!("/a/{task}")).await.unwrap();
    let start = before.map_or(0, |e| {
        String::from_utf8_lossy(&e.value).trim().parse().unwrap()
    });
    for n in start + 1.. {
        let value = format!("{n:<300}");
        let txn = Txn::new()
            .put(format!("/a/{task}"), value.clone())
            .put(format!("/b/{task}"), value);
        let reply = store.txn(&PERMIT, txn).await.unwrap();
        println!("ack {task} {n} {}", reply.revision);
    }
}

#[test]
fn acknowledged_writes_survive() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (mut last, mut revision): (BTreeMap<u64, u64>, u64) = (BTreeMap::new(), 0);
    for round in 0..ROUNDS {
        // Spread over the child's whole life, its opening included.
        let lines = (round * 7919) % 1500;
        for (task, n, at) in run_and_kill(dir.path(), lines) {
            last.insert(task, n);
            revision = revision.max(at);
        }
        runtime.block_on(check(dir.path(), round, &mut last, revision));
    }
    assert!(revision > 1000);
}

/// Kills the child after so many acknowledgements, and returns those it got out.
fn run_and_kill(dir: &Path, lines: u64) -> Vec<(u64, u64, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::child", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acks = Vec::new();
    let mut killed = false;
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
        if let (Some(task), Some(n), Some(at)) = (number(), number(), number()) {
            acks.push((task, n, at));
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

async fn check(dir: &Path, round: u64, last: &mut BTreeMap<u64, u64>, revision: u64) {
    let store = Store::open(dir, options()).unwrap();
    assert!(store.revision().await.unwrap() >= revision, "round {round}");
    let reply = store.all(Range::prefix("/")).await.unwrap();
    let value = |key: String| {
        let entry = reply.entries.iter().find(|e| e.key == key)?;
        String::from_utf8_lossy(&entry.value)
            .trim()
            .parse::<u64>()
            .ok()
    };
    for task in 0..TASKS {
        let (a, b) = (value(format!("/a/{task}")), value(format!("/b/{task}")));
        assert_eq!(a, b, "round {round}: half a transaction");
        let (stored, acked) = (a.unwrap_or(0), last.get(&task).copied().unwrap_or(0));
        // The one under way may have been made durable without the child getting to say so.
        assert!(
            stored == acked || stored == acked + 1,
            "round {round}: {stored}, {acked}"
        );
        last.insert(task, stored);
    }
    store.close().await;
}
