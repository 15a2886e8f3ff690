//! A spool in memory, a service that fails or dies at chosen moments.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;

use super::*;
use crate::{
    client::CallError,
    logs::{
        Room,
        assemble::Record,
        gather::{Chunk, SourceError},
    },
};

/// The spool outlives its readers.
#[derive(Default)]
struct Spool {
    lines: Vec<(String, bool)>,
    committed: u64,
    commits: u32,
}

struct Reader {
    spool: Arc<Mutex<Spool>>,
    at: u64,
}

fn read(spool: &Arc<Mutex<Spool>>) -> Reader {
    Reader {
        spool: spool.clone(),
        at: spool.lock().committed,
    }
}

#[async_trait]
impl LogSource for Reader {
    async fn next(&mut self, max: usize) -> Result<Chunk, SourceError> {
        let spool = self.spool.lock();
        let from = usize::try_from(self.at).unwrap();
        let end = spool.lines.len().min(from + max.min(7));
        self.at = end as u64;
        let records = (from..end)
            .map(|n| Record {
                stderr: false,
                partial: spool.lines[n].1,
                at: n as i64,
                line: Bytes::from(spool.lines[n].0.clone()),
            })
            .collect();
        Ok(Chunk {
            records,
            next: self.at,
            ended: end == spool.lines.len(),
            lost_bytes: 0,
        })
    }

    async fn commit(&mut self, delivered: u64) -> Result<(), SourceError> {
        let mut spool = self.spool.lock();
        spool.committed = delivered;
        spool.commits += 1;
        Ok(())
    }
}

#[derive(Default)]
struct Service {
    events: Mutex<Vec<LogEvent>>,
    exists: Mutex<bool>,
    /// Outcomes of the next puts; then success.
    script: Mutex<Vec<Outcome>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Unavailable,
    /// Taken, but the agent dies before it hears of it.
    TakenThenDeath,
    DeathBefore,
}

fn fault(code: &str, status: u16) -> CallError {
    CallError::Fault {
        code: code.into(),
        message: String::new(),
        status,
    }
}

#[async_trait]
impl LogSink for Service {
    async fn create(&self, _: &Awslogs) -> Result<(), CallError> {
        *self.exists.lock() = true;
        Ok(())
    }

    async fn put(&self, _: &Awslogs, events: &[LogEvent]) -> Result<(), CallError> {
        if !*self.exists.lock() {
            return Err(fault("ResourceNotFoundException", 400));
        }
        let next = self.script.lock().pop();
        if next != Some(Outcome::Unavailable) && next != Some(Outcome::DeathBefore) {
            self.events.lock().extend_from_slice(events);
        }
        match next {
            None => Ok(()),
            Some(Outcome::Unavailable) => Err(fault("ServiceUnavailableException", 503)),
            Some(_) => std::future::pending().await,
        }
    }

    async fn tail(&self, _: &Awslogs, count: usize) -> Result<Vec<LogEvent>, CallError> {
        let events = self.events.lock();
        Ok(events[events.len().saturating_sub(count)..].to_vec())
    }
}

fn to() -> Awslogs {
    Awslogs {
        group: "g".into(),
        stream: "s".into(),
        region: String::new(),
        create_group: true,
        room: Room {
            blocking: true,
            max_bytes: 1 << 20,
        },
        starts_event: None,
    }
}

fn spool(lines: usize) -> Arc<Mutex<Spool>> {
    let lines = (0..lines)
        .map(|n| (format!("line {n}"), n % 5 == 3))
        .collect();
    Arc::new(Mutex::new(Spool {
        lines,
        committed: 0,
        commits: 0,
    }))
}

/// What must arrive: partial records joined to the next.
fn expected(spool: &Arc<Mutex<Spool>>) -> Vec<String> {
    let mut joined = Vec::new();
    let mut open = String::new();
    for (line, partial) in &spool.lock().lines {
        open.push_str(line);
        if !partial {
            joined.push(std::mem::take(&mut open));
        }
    }
    if !open.is_empty() {
        joined.push(open);
    }
    joined
}

fn arrived(service: &Service) -> Vec<String> {
    service
        .events
        .lock()
        .iter()
        .map(|e| e.text.clone())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_outage_loses_and_doubles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, service) = (spool(100), Service::default());
    *service.script.lock() = vec![Outcome::Unavailable; 20];
    let delivery = Delivery {
        source: read(&spool),
        to: to(),
        intent: dir.path().join("intent"),
    };
    delivery.run(&service).await;
    assert_eq!(arrived(&service), expected(&spool));
    assert_eq!(spool.lock().committed, 100);
    assert!(!dir.path().join("intent").exists());
}

#[tokio::test(start_paused = true)]
async fn the_place_is_written_only_behind_what_was_delivered() {
    let dir = tempfile::tempdir().unwrap();
    for (lines, commits) in [(0, 0), (3, 1)] {
        let (spool, service) = (spool(lines), Service::default());
        let delivery = Delivery {
            source: read(&spool),
            to: to(),
            intent: dir.path().join("intent"),
        };
        assert!(delivery.run(&service).await);
        assert_eq!(arrived(&service), expected(&spool));
        assert_eq!(spool.lock().commits, commits);
    }
}

#[tokio::test(start_paused = true)]
async fn a_killed_agent_sends_nothing_twice() {
    for death in [Outcome::TakenThenDeath, Outcome::DeathBefore] {
        let dir = tempfile::tempdir().unwrap();
        let (spool, service) = (spool(25_000), Service::default());
        // Dies in the third put of each life; more lines come meanwhile.
        for life in 0..3 {
            *service.script.lock() = if life < 2 { vec![death] } else { Vec::new() };
            let delivery = Delivery {
                source: read(&spool),
                to: to(),
                intent: dir.path().join("intent"),
            };
            let lived = tokio::time::timeout(Duration::from_secs(60), delivery.run(&service)).await;
            assert_eq!(lived.is_ok(), life == 2);
            spool
                .lock()
                .lines
                .push((format!("between lives {life}"), false));
            if life == 2 {
                spool.lock().lines.pop();
            }
        }
        assert_eq!(arrived(&service), expected(&spool));
    }
}

#[tokio::test(start_paused = true)]
async fn lines_that_came_after_a_kill_do_not_hide_what_had_arrived() {
    for death in [Outcome::TakenThenDeath, Outcome::DeathBefore] {
        let dir = tempfile::tempdir().unwrap();
        let (spool, service) = (spool(3), Service::default());
        for life in 0..2 {
            *service.script.lock() = if life == 0 { vec![death] } else { Vec::new() };
            let delivery = Delivery {
                source: read(&spool),
                to: to(),
                intent: dir.path().join("intent"),
            };
            let lived = tokio::time::timeout(Duration::from_secs(60), delivery.run(&service)).await;
            assert_eq!(lived.is_ok(), life == 1);
            if life == 0 {
                let mut spool = spool.lock();
                let more = (0..4).map(|n| (format!("later {n}"), false));
                spool.lines.extend(more);
            }
        }
        assert_eq!(arrived(&service), expected(&spool));
    }
}

/// A line every 20 ms for two minutes, and never a pause.
struct Chatter(u64);

#[async_trait]
impl LogSource for Chatter {
    async fn next(&mut self, _: usize) -> Result<Chunk, SourceError> {
        sleep(Duration::from_millis(20)).await;
        self.0 += 1;
        let record = Record {
            stderr: false,
            partial: false,
            at: 0,
            line: Bytes::from(self.0.to_string()),
        };
        Ok(Chunk {
            records: vec![record],
            next: self.0,
            ended: self.0 == 6_000,
            lost_bytes: 0,
        })
    }

    async fn commit(&mut self, _: u64) -> Result<(), SourceError> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_container_that_never_pauses_is_heard() {
    let dir = tempfile::tempdir().unwrap();
    let service = Arc::new(Service::default());
    let delivery = Delivery {
        source: Chatter(0),
        to: to(),
        intent: dir.path().join("intent"),
    };
    let heard = service.clone();
    let running = tokio::spawn(async move { delivery.run(&*heard).await });
    sleep(Duration::from_secs(1)).await;
    assert!(
        arrived(&service).len() > 20,
        "lines wait for a pause that never comes"
    );
    running.await.unwrap();
    assert_eq!(arrived(&service).len(), 6_000);
}
