//! What a million records with keys and values like those of messages cost: bytes of memory for each, and the
//! time until a store that holds them is open again and all were read.
//!
//! `cargo run --release -p wharf-store --example million -- FOLDER write|open [records] [queues]`; of several queues the
//! messages come between each other.

use std::time::Instant;

use wharf_base::Permit;
use wharf_store::{Range, Store, StoreOptions, Txn};

const PERMIT: Permit = Permit::for_controller("million");
/// In one transaction.
const AT_ONCE: u64 = 10;
const WRITERS: u64 = 64;
const PREFIX: &str = "/w1/c0/sqs-messages/000000000000/us-east-1/message/";
/// A message of 100 bytes.
const VALUE: [u8; 216] = [b'x'; 216];

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kib = line.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn report(what: &str, begun: Instant, records: u64, before: u64) {
    let bytes = resident().saturating_sub(before);
    println!(
        "{what}: {:.2?}, {} MiB, {} bytes a record",
        begun.elapsed(),
        bytes >> 20,
        bytes / records
    );
}

async fn write(store: &Store, records: u64, queues: u64) {
    let writers = (0..WRITERS).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for turn in 0..records / AT_ONCE / WRITERS {
                let first = (turn * WRITERS + writer) * AT_ONCE;
                // A queue's messages come in order; where its drawer stands among those of others is chance.
                let queue = (turn * WRITERS + writer) % queues * 7 % 10;
                let txn = (first..first + AT_ONCE).fold(Txn::new(), |txn, number| {
                    txn.put(format!("{PREFIX}abcdefgh{queue}.{number:016x}"), &VALUE[..])
                });
                store.txn(&PERMIT, txn).await.expect("written");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer");
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder");
    let writes = arguments.next().is_some_and(|it| it == "write");
    let records = arguments.next().and_then(|it| it.parse().ok());
    let records: u64 = records.unwrap_or(1_003_520);
    let queues = arguments.next().and_then(|it| it.parse().ok());
    let queues: u64 = queues.unwrap_or(1).clamp(1, 10);
    let (before, begun) = (resident(), Instant::now());
    let store = Store::open(folder.as_ref(), StoreOptions::default()).expect("a store");
    report("opened", begun, records, before);
    let begun = Instant::now();
    if writes {
        write(&store, records, queues).await;
        report("written", begun, records, before);
        return;
    }
    let mut pages = store.pages(Range::prefix(PREFIX));
    let mut count = 0;
    while let Some(page) = pages.next().await.expect("a page") {
        count += page.entries.len() as u64;
    }
    assert_eq!(count, records);
    report("read", begun, records, before);
}
