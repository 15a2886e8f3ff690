//! A bucket that gets a number of keys.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::{Context as _, Result};
use wharf_bench_peers::load::Client;

/// The bucket, and how many keys it gets.
pub fn of(argument: &str) -> Result<(&str, usize)> {
    let (bucket, keys) = argument.split_once('/').context("BUCKET/KEYS")?;
    Ok((bucket, keys.parse()?))
}

/// Lets the clients put all keys; how many they put a second.
pub async fn run<C: Client>(clients: Vec<C>, keys: usize) -> Result<f64> {
    let (begun, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let next = Arc::clone(&next);
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= keys {
                        return anyhow::Ok(());
                    }
                    client.put(number).await?;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(keys as f64 / begun.elapsed().as_secs_f64())
}
