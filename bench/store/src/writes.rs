//! Durable writes: one key of 1 KiB each, by one client and by 64.

use std::time::Duration;

use wharf_base::Permit;
use wharf_bench_peers::{
    etcd::{Etcd, EtcdClient},
    load::{self, Client, Rate},
};
use wharf_store::{Compare, Store, StoreOptions, Txn};

use crate::{
    KEYS,
    candidates::{Fjall, Grouped, Redb},
    key, value,
};

const PERMIT: Permit = Permit::for_controller("bench");

#[derive(Clone)]
struct Wharf(Store);

impl Client for Wharf {
    async fn put(&mut self, n: usize) -> anyhow::Result<()> {
        let txn = Txn::new().put(key(n % KEYS), value(n));
        self.0.txn(&PERMIT, txn).await?;
        Ok(())
    }
}

/// Read, then compare and swap, as operations do.
#[derive(Clone)]
struct Swap(Store);

impl Client for Swap {
    async fn put(&mut self, n: usize) -> anyhow::Result<()> {
        let key = key(n % KEYS);
        let before = self.0.get(&key).await?.map_or(0, |e| e.mod_revision);
        let txn = Txn::new()
            .when(Compare::mod_revision(&key, before))
            .put(key, value(n));
        self.0.txn(&PERMIT, txn).await?;
        Ok(())
    }
}

struct EtcdPuts(EtcdClient);

impl Client for EtcdPuts {
    async fn put(&mut self, n: usize) -> anyhow::Result<()> {
        self.0.put_key(key(n % KEYS), value(n)).await
    }
}

/// Every engine in turn, several times over, so that what else the machine does meets all of them;
/// the medians are printed.
const ROUNDS: usize = 5;

pub async fn run(time: Duration) -> anyhow::Result<()> {
    let dirs: Vec<_> = (0..4)
        .map(|_| tempfile::tempdir())
        .collect::<Result<_, _>>()?;
    let redb = Grouped::start(Redb::open(dirs[0].path())?);
    let fjall = Grouped::start(Fjall::open(dirs[1].path())?);
    let store = Store::open(dirs[2].path(), StoreOptions::default())?;
    let etcd = if Etcd::is_there() {
        Some(Etcd::start(dirs[3].path()).await?)
    } else {
        None
    };
    let time = time / ROUNDS as u32;
    let mut results: Vec<(&str, Vec<Rate>, Vec<Rate>)> = Vec::new();
    for _ in 0..ROUNDS {
        let syncs = load::run(vec![Sync::create()?], time).await?;
        note(&mut results, "bare write + fdatasync", syncs, None);
        pair(&mut results, "redb, quick repair", &redb, time).await?;
        pair(&mut results, "fjall", &fjall, time).await?;
        pair(&mut results, "wharf-store", &Wharf(store.clone()), time).await?;
        pair(
            &mut results,
            "wharf-store, get and compare-and-swap",
            &Swap(store.clone()),
            time,
        )
        .await?;
        if let Some(etcd) = &etcd {
            let one = load::run(vec![EtcdPuts(etcd.client().await?)], time).await?;
            let mut clients = Vec::new();
            for _ in 0..64 {
                clients.push(EtcdPuts(etcd.client().await?));
            }
            note(
                &mut results,
                "etcd, a connection each",
                one,
                Some(load::run(clients, time).await?),
            );
        }
    }
    println!(
        "| engine | 1 client: writes/s | p50 ms | p99 ms | 64 clients: writes/s | p50 ms | p99 ms |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, one, many) in results {
        println!("| {name} | {} | {} |", median(&one), median(&many));
    }
    if etcd.is_none() {
        println!("\netcd is not on PATH and was left out.");
    }
    println!();
    Ok(())
}

async fn pair<C: Client + Clone>(
    results: &mut Vec<(&'static str, Vec<Rate>, Vec<Rate>)>,
    name: &'static str,
    client: &C,
    time: Duration,
) -> anyhow::Result<()> {
    let one = load::run(vec![client.clone()], time).await?;
    let many = load::run(vec![client.clone(); 64], time).await?;
    note(results, name, one, Some(many));
    Ok(())
}

fn note(
    results: &mut Vec<(&'static str, Vec<Rate>, Vec<Rate>)>,
    name: &'static str,
    one: Rate,
    many: Option<Rate>,
) {
    match results.iter_mut().find(|r| r.0 == name) {
        Some((_, ones, manys)) => {
            ones.push(one);
            manys.extend(many);
        }
        None => results.push((name, vec![one], many.into_iter().collect())),
    }
}

fn median(rates: &[Rate]) -> String {
    let of = |f: fn(&Rate) -> f64| {
        let mut all: Vec<f64> = rates.iter().map(f).collect();
        all.sort_unstable_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    };
    let rate = of(|r| r.per_second);
    let (p50, p99) = (
        of(|r| r.p50.as_secs_f64() * 1e3),
        of(|r| r.p99.as_secs_f64() * 1e3),
    );
    match (rate, p50, p99) {
        (Some(rate), Some(p50), Some(p99)) => format!("{rate:.0} | {p50:.2} | {p99:.2}"),
        _ => "– | – | –".to_owned(),
    }
}

/// What the disk can do at best: a kilobyte over existing zeros, then fdatasync, in the same thread.
struct Sync {
    file: std::fs::File,
    position: u64,
}

impl Sync {
    const BYTES: u64 = 8 << 20;

    fn create() -> anyhow::Result<Self> {
        use std::io::Write;
        let mut file = tempfile::tempfile()?;
        file.write_all(&vec![0; Self::BYTES as usize])?;
        file.sync_all()?;
        Ok(Self { file, position: 0 })
    }
}

impl Client for Sync {
    async fn put(&mut self, n: usize) -> anyhow::Result<()> {
        use std::os::unix::fs::FileExt;
        let value = value(n);
        self.position = (self.position + value.len() as u64) % (Self::BYTES - value.len() as u64);
        self.file.write_all_at(&value, self.position)?;
        Ok(self.file.sync_data()?)
    }
}
