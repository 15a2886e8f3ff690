//! How many messages a second pass through one queue, durably, in batches of ten: sent, then received and deleted.
//! Then what a million messages cost, also in a process that starts with them, and how long a long poll takes to wake.
//!
//! `cargo run --release -p wharf-svc-sqs --example throughput -- FOLDER [messages] [writers]`

use std::{path::Path, sync::Arc, time::Instant};

use wharf_api_sqs::{self as api, Sqs as _};
use wharf_base::SystemClock;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::{Store, StoreOptions};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_sqs::{Parts, SqsService};
use wharf_testkit::call;
use wharf_wire::{
    Context, Denied,
    service::{Check, Dispatcher, Gate},
};

struct Open;

#[wharf_wire::async_trait]
impl Gate for Open {
    async fn decide(&self, _: &Context, _: &[Check]) -> Result<(), Denied> {
        Ok(())
    }
}

fn service(store: &Store, keyring: &Keyring) -> SqsService {
    let clock = Arc::new(SystemClock);
    let kms = KmsService::new(KmsParts {
        store: store.clone(),
        keyring: keyring.clone(),
        clock: clock.clone(),
        takeover: Takeover::Replace,
    });
    SqsService::new(Parts {
        store: store.clone(),
        keyring: keyring.clone(),
        kms: Arc::new(wharf_api_kms::Client::new(
            Arc::new(kms),
            Dispatcher::new(Arc::new(Open)),
        )),
        clock,
        counters: wharf_vended::Counters::default(),
        most_bytes: wharf_svc_sqs::MOST_BYTES,
        takeover: Takeover::Replace,
    })
}

async fn queue(sqs: &SqsService, name: &str) -> String {
    let input = api::CreateQueueRequest {
        queue_name: Some(name.to_owned()),
        ..Default::default()
    };
    let made = sqs.create_queue(&call(), input).await.expect("a queue");
    made.queue_url.expect("a URL")
}

async fn send(sqs: &SqsService, url: &str, body: &str) {
    let entries = (0..10).map(|id| api::SendMessageBatchRequestEntry {
        id: Some(id.to_string()),
        message_body: Some(body.to_owned()),
        ..Default::default()
    });
    let input = api::SendMessageBatchRequest {
        queue_url: Some(url.to_owned()),
        entries: Some(entries.collect()),
    };
    let sent = sqs.send_message_batch(&call(), input).await.expect("sent");
    assert_eq!(sent.successful.map_or(0, |it| it.len()), 10);
}

/// Receives up to ten messages and deletes them; how many they were.
async fn consume(sqs: &SqsService, url: &str) -> usize {
    let input = api::ReceiveMessageRequest {
        queue_url: Some(url.to_owned()),
        max_number_of_messages: Some(10),
        ..Default::default()
    };
    let got = sqs.receive_message(&call(), input).await.expect("received");
    let got = got.messages.unwrap_or_default();
    let entries = got
        .iter()
        .enumerate()
        .map(|(id, it)| api::DeleteMessageBatchRequestEntry {
            id: Some(id.to_string()),
            receipt_handle: it.receipt_handle.clone(),
        });
    let entries: Vec<_> = entries.collect();
    if !entries.is_empty() {
        let input = api::DeleteMessageBatchRequest {
            queue_url: Some(url.to_owned()),
            entries: Some(entries),
        };
        sqs.delete_message_batch(&call(), input)
            .await
            .expect("deleted");
    }
    got.len()
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kib = line.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

fn rate(what: &str, messages: usize, since: Instant) {
    let seconds = since.elapsed().as_secs_f64();
    println!(
        "{what}: {:.0} messages/s, {seconds:.2} s, {} MiB",
        messages as f64 / seconds,
        resident_mib()
    );
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().expect("a folder");
    let number = |at: usize, or: usize| {
        let given = arguments.get(at).and_then(|it| it.parse().ok());
        given.unwrap_or(or)
    };
    let (messages, writers) = (number(1, 1_000_000), number(2, 64));
    let store = Path::new(folder).join("store");
    let keyring = Keyring::open_or_create(&Path::new(folder).join("keyring")).expect("a keyring");
    if arguments.get(3).is_some_and(|it| it == "receive") {
        return receive_all(&store, &keyring, writers).await;
    }
    send_all(&store, &keyring, messages, writers).await;
    // The store's threads end with its last handle.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let this = std::env::current_exe().expect("this program");
    let status = std::process::Command::new(this)
        .args([folder, "0", &writers.to_string(), "receive"])
        .status();
    assert!(status.expect("started again").success());
}

async fn send_all(folder: &Path, keyring: &Keyring, messages: usize, writers: usize) {
    let body = "x".repeat(100);
    let store = Store::open(folder, StoreOptions::default()).expect("a store");
    let sqs = service(&store, keyring);
    let url = queue(&sqs, "jobs").await;
    let each = messages / 10 / writers;
    let begun = Instant::now();
    let senders = (0..writers).map(|_| {
        let (sqs, url, body) = (sqs.clone(), url.clone(), body.clone());
        tokio::spawn(async move {
            for _ in 0..each {
                send(&sqs, &url, &body).await;
            }
        })
    });
    for one in senders.collect::<Vec<_>>() {
        one.await.expect("sent");
    }
    rate("sent", each * writers * 10, begun);
    let waiting = queue(&sqs, "waiting").await;
    let mut slowest = std::time::Duration::ZERO;
    for _ in 0..50 {
        let (poller, url) = (sqs.clone(), waiting.clone());
        let poll = tokio::spawn(async move {
            let input = api::ReceiveMessageRequest {
                queue_url: Some(url),
                wait_time_seconds: Some(20),
                ..Default::default()
            };
            poller
                .receive_message(&call(), input)
                .await
                .expect("received");
            Instant::now()
        });
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let input = api::SendMessageRequest {
            queue_url: Some(waiting.clone()),
            message_body: Some("x".to_owned()),
            ..Default::default()
        };
        sqs.send_message(&call(), input).await.expect("sent");
        let acknowledged = Instant::now();
        let woken = poll.await.expect("woken");
        slowest = slowest.max(woken.saturating_duration_since(acknowledged));
    }
    println!("slowest wake of 50 long polls after the acknowledgement: {slowest:?}");
}

async fn receive_all(folder: &Path, keyring: &Keyring, writers: usize) {
    let begun = Instant::now();
    let store = Store::open(folder, StoreOptions::default()).expect("a store");
    println!(
        "store opened in {:?}, {} MiB",
        begun.elapsed(),
        resident_mib()
    );
    let sqs = service(&store, keyring);
    let url = queue(&sqs, "jobs").await;
    consume(&sqs, &url).await;
    println!(
        "first messages after {:?}, {} MiB",
        begun.elapsed(),
        resident_mib()
    );
    let begun = Instant::now();
    let consumers = (0..writers).map(|_| {
        let (sqs, url) = (sqs.clone(), url.clone());
        tokio::spawn(async move {
            let mut all = 0;
            loop {
                match consume(&sqs, &url).await {
                    0 => return all,
                    some => all += some,
                }
            }
        })
    });
    let mut all = 0;
    for one in consumers.collect::<Vec<_>>() {
        all += one.await.expect("consumed");
    }
    rate("received and deleted", all, begun);
}
