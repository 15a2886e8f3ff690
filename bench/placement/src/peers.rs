//! What the same placements cost where nothing is decided: transactions as a turn of ECS commits
//! them, of the same keys and sizes, on the bare store and on etcd. The physical limit, in effect.

use std::time::Duration;

use wharf_base::{Permit, ids};
use wharf_bench_peers::{
    etcd::{Etcd, EtcdClient},
    load::{self, Client},
};
use wharf_store::{Compare, Store, StoreOptions, Txn};

use crate::{HOSTS, platform::scope};

const PERMIT: Permit = Permit::for_controller("bench");
/// Tasks of one transaction, each on a host of its own: what a turn of ECS holds.
const TOGETHER: usize = 50;
/// Bytes of a task and of a ledger as ECS writes them for the tasks and hosts of this bench.
const TASK_BYTES: usize = 1_400;
const LEDGER_BYTES: usize = 1_300;

pub async fn run(time: Duration, rounds: u64) -> anyhow::Result<()> {
    println!("| peer | tasks a transaction | clients | placements/s | p50 ms | p99 ms |");
    println!("|---|---|---|---|---|---|");
    for (together, clients) in [(TOGETHER, 1), (1, 64)] {
        for peer in ["bare store", "etcd"] {
            let mut best: Option<load::Rate> = None;
            for _ in 0..rounds {
                let Some(rate) = one(peer, together, clients, time).await? else {
                    continue;
                };
                if best
                    .as_ref()
                    .is_none_or(|best| best.per_second < rate.per_second)
                {
                    best = Some(rate);
                }
            }
            let Some(best) = best else { continue };
            let (p50, p99) = (best.p50.as_secs_f64() * 1e3, best.p99.as_secs_f64() * 1e3);
            let rate = best.per_second * together as f64;
            println!("| {peer} | {together} | {clients} | {rate:.0} | {p50:.1} | {p99:.1} |");
        }
    }
    println!();
    Ok(())
}

/// `None` if the peer is not on this machine.
async fn one(
    peer: &str,
    together: usize,
    clients: usize,
    time: Duration,
) -> anyhow::Result<Option<load::Rate>> {
    let folder = tempfile::tempdir()?;
    let shares = (0..clients).map(|client| Share::new(client, clients, together));
    if peer == "etcd" {
        if !Etcd::is_there() {
            return Ok(None);
        }
        let etcd = Etcd::start(folder.path()).await?;
        let mut all = Vec::new();
        for share in shares {
            all.push(OnEtcd(etcd.client().await?, share));
        }
        return load::run(all, time).await.map(Some);
    }
    let store = Store::open(folder.path(), StoreOptions::default())?;
    let all = shares.map(|share| OnStore(store.clone(), share)).collect();
    let rate = load::run(all, time).await?;
    store.close().await;
    Ok(Some(rate))
}

/// The hosts one client places on, so that no two ever meet.
struct Share {
    hosts: Vec<Host>,
    next: usize,
    together: usize,
}

struct Host {
    ledger: String,
    instance: String,
    /// How many times its ledger was written.
    version: u64,
}

impl Share {
    fn new(client: usize, clients: usize, together: usize) -> Self {
        let host = |number: usize| {
            let id = format!("{number:032x}");
            Host {
                ledger: scope().key("ledger", &id),
                instance: scope().key("instance", &format!("default:{id}")),
                version: 0,
            }
        };
        Self {
            hosts: (client..HOSTS).step_by(clients).map(host).collect(),
            next: 0,
            together,
        }
    }

    /// The hosts of the next transaction, and keys for their tasks.
    fn turn(&mut self) -> (&mut [Host], Vec<String>) {
        if self.next + self.together > self.hosts.len() {
            self.next = 0;
        }
        let hosts = &mut self.hosts[self.next..self.next + self.together];
        self.next += self.together;
        let key = |_| scope().key("task", &format!("default:{}", ids::hex32()));
        let keys = (0..hosts.len()).map(key).collect();
        (hosts, keys)
    }
}

fn text(bytes: usize) -> Vec<u8> {
    (0..bytes)
        .map(|at| b"abcdefghijklmnopqrstuvwxyz012345"[at * 7 % 32])
        .collect()
}

struct OnStore(Store, Share);

impl Client for OnStore {
    async fn put(&mut self, _: usize) -> anyhow::Result<()> {
        let (hosts, keys) = self.1.turn();
        let mut txn = Txn::new();
        for (host, task) in hosts.iter_mut().zip(keys) {
            txn = txn
                .when(Compare::version(&host.ledger, host.version))
                .when(Compare::absent(&host.instance))
                .put(&host.ledger, text(LEDGER_BYTES))
                .put(task, text(TASK_BYTES));
            host.version += 1;
        }
        self.0.txn(&PERMIT, txn).await?.committed()?;
        Ok(())
    }
}

struct OnEtcd(EtcdClient, Share);

impl Client for OnEtcd {
    async fn put(&mut self, _: usize) -> anyhow::Result<()> {
        let (hosts, keys) = self.1.turn();
        let (ledger, task) = (text(LEDGER_BYTES), text(TASK_BYTES));
        let (mut compares, mut puts) = (Vec::new(), Vec::new());
        for (host, key) in hosts.iter().zip(&keys) {
            compares.push((host.ledger.as_str(), host.version));
            compares.push((host.instance.as_str(), 0));
            puts.push((host.ledger.as_str(), ledger.as_slice()));
            puts.push((key.as_str(), task.as_slice()));
        }
        let written = self.0.swap(&compares, &puts).await?;
        anyhow::ensure!(written, "a comparison failed");
        for host in hosts {
            host.version += 1;
        }
        Ok(())
    }
}
