//! Closed-loop clients: each waits for its answer before it asks again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// What a run of clients saw.
pub struct Rate {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
}

/// One client's connection or handle.
pub trait Client: Send + 'static {
    fn put(&mut self, n: usize) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Lets the clients write for `time`, after a fifth of it to warm up.
pub async fn run<C: Client>(clients: Vec<C>, time: Duration) -> anyhow::Result<Rate> {
    let counter = Arc::new(AtomicUsize::new(0));
    let from = Instant::now() + time / 5;
    let until = from + time;
    let tasks: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let counter = Arc::clone(&counter);
            tokio::spawn(async move {
                let mut took = Vec::new();
                loop {
                    let start = Instant::now();
                    if start >= until {
                        return anyhow::Ok(took);
                    }
                    client.put(counter.fetch_add(1, Ordering::Relaxed)).await?;
                    if start >= from {
                        took.push(start.elapsed());
                    }
                }
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await??);
    }
    anyhow::ensure!(!took.is_empty(), "no call was answered in time");
    took.sort_unstable();
    let at = |part: usize| took[(took.len() * part / 100).min(took.len() - 1)];
    Ok(Rate {
        per_second: took.len() as f64 / time.as_secs_f64(),
        p50: at(50),
        p99: at(99),
    })
}
