//! Records of earlier versions, brought to where and what this version keeps, in steps. Done at the
//! start, before anything reads. A record says how many steps are done, so a start after the first one
//! of a version reads that record and nothing else.

mod platform;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use wharf_base::Permit;
use wharf_records::{
    Record, RecordError, Scope, Unknown, decode, encode,
    hosts::{Host, Ledger, PlaneHost},
    machine,
};
use wharf_service::platform as of_no_account;
use wharf_store::{Compare, Range, Store, StoreError, Txn};
use wharf_wire::fault::Chain;

const PERMIT: Permit = Permit::for_controller("migrate");
/// Services under which machines' records were kept.
const SERVICES: [&str; 2] = ["ecs", "wharf"];

/// Why records of an earlier version are not what this one reads.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("the store")]
    Store(#[from] StoreError),
    #[error("the record of what was done before")]
    Record(#[from] RecordError),
    #[error("interfaces of EC2")]
    Ec2(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// All steps, in the order in which versions needed them. A new one is added at the end, also where an
/// earlier one finds more to do than it did: what is counted as done is never done again.
const STEPS: [Step; 3] = [
    Step::Hosts,
    Step::NoAccount,
    Step::LoadBalancersOfInterfaces,
];

#[derive(Debug, Clone, Copy)]
enum Step {
    Hosts,
    NoAccount,
    LoadBalancersOfInterfaces,
}

/// How far the records of this store are.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Upgraded {
    /// How many of [`STEPS`] are done, from the first.
    steps: usize,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Record for Upgraded {
    const KIND: &'static str = "upgraded";
    const FORMAT: u32 = 1;
}

/// Brings everything up to this version. Wherever this ends, every record is in one place, and the next
/// start goes on.
///
/// # Errors
/// The store failed, or a record cannot be read.
pub async fn run(store: &Store) -> Result<(), MigrateError> {
    let key = of_no_account::scope("wharf").key(Upgraded::KIND, "records");
    let entry = store.get(&key).await?;
    let mut upgraded: Upgraded = match entry {
        Some(entry) => decode(&entry.value)?,
        None => Upgraded::default(),
    };
    for step in STEPS.iter().skip(upgraded.steps) {
        step.run(store).await?;
        upgraded.steps += 1;
        store.put(&PERMIT, &key, encode(&upgraded)).await?;
    }
    Ok(())
}

impl Step {
    async fn run(self, store: &Store) -> Result<(), MigrateError> {
        match self {
            Self::Hosts => hosts(store).await?,
            Self::NoAccount => platform::run(store).await?,
            Self::LoadBalancersOfInterfaces => {
                let changed = wharf_svc_ec2::upgrade(store, &PERMIT).await;
                let changed = changed.map_err(|error| MigrateError::Ec2(Box::new(error)))?;
                if changed > 0 {
                    tracing::info!(changed, "interfaces of load balancers name them now");
                }
            }
        }
        Ok(())
    }
}

/// Hosts, ledgers and hosts of the network were kept under the account and region of their container
/// instance; they belong to no account. Each is moved in a transaction of its own.
async fn hosts(store: &Store) -> Result<(), StoreError> {
    let mut moved = 0_usize;
    for service in SERVICES {
        moved += of_service(store, &Scope::service_prefix(service)).await?;
    }
    if moved > 0 {
        tracing::info!(
            moved,
            "records of hosts were moved to where this version keeps them"
        );
    }
    Ok(())
}

async fn of_service(store: &Store, prefix: &str) -> Result<usize, StoreError> {
    let mut moved = 0_usize;
    for entry in store.all_keys(Range::prefix(prefix)).await?.entries {
        if let Some((scope, kind, id)) = Scope::parse(&entry.key)
            && [Host::KIND, Ledger::KIND, PlaneHost::KIND].contains(&kind)
        {
            relocate(store, &entry.key, &scope, &machine::key(kind, &id)).await?;
            moved += 1;
        }
    }
    Ok(moved)
}

async fn relocate(store: &Store, from: &str, scope: &Scope, to: &str) -> Result<(), StoreError> {
    let Some(entry) = store.get(from).await? else {
        return Ok(());
    };
    let txn = Txn::new().when(Compare::unchanged(&entry)).delete(from);
    // A machine that was registered in two regions had two records of its place in the network; the
    // host writes what is true now when it subscribes next.
    let txn = match store.get(to).await? {
        Some(_) => txn,
        None => txn
            .when(Compare::absent(to))
            .put(to, with_home(from, scope, entry.value.clone())),
    };
    store.txn(&PERMIT, txn).await.map(|_| ())
}

/// A host of the network says itself where it is registered, now that its key does not.
fn with_home(key: &str, scope: &Scope, value: Bytes) -> Bytes {
    if !key.contains(&format!("/{}/", PlaneHost::KIND)) {
        return value;
    }
    match decode::<PlaneHost>(&value) {
        Ok(host) => encode(&PlaneHost {
            account: scope.account.clone(),
            region: scope.region.clone(),
            ..host
        }),
        Err(error) => {
            tracing::error!(key, error = %Chain(&error), "failed to decode a host record, moving it as it is");
            value
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_store::StoreOptions;

    use super::*;

    #[tokio::test]
    async fn a_second_start_reads_none_of_the_records() {
        let store = Store::in_memory(StoreOptions::default());
        let ec2 = Scope::new("ec2", "000000000000", "us-east-1");
        let unreadable = ec2.key("network-interface", "eni-1");
        let former = Scope::new("ecs", "000000000000", "us-east-1").key(Host::KIND, "a");
        run(&store).await.unwrap();
        // Whoever reads these fails, or moves them.
        for key in [&unreadable, &former] {
            store.put(&PERMIT, key, "no record").await.unwrap();
        }
        run(&store).await.unwrap();
        assert!(store.get(&former).await.unwrap().is_some());

        let key = of_no_account::scope("wharf").key(Upgraded::KIND, "records");
        let known: Upgraded = decode(&store.get(&key).await.unwrap().unwrap().value).unwrap();
        assert_eq!(known.steps, STEPS.len());
        // A version that counts fewer steps looks at them again.
        let fewer = Upgraded {
            steps: 2,
            unknown: Unknown::new(),
        };
        store.put(&PERMIT, &key, encode(&fewer)).await.unwrap();
        assert!(matches!(run(&store).await, Err(MigrateError::Ec2(_))));
        assert!(store.get(&former).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn hosts_and_ledgers_leave_their_account() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        let scope = Scope::new("ecs", "000000000000", "us-east-1");
        for (kind, id) in [("host", "a"), ("ledger", "a"), ("task", "default:a")] {
            let value = format!("{kind} as it was");
            store
                .put(&PERMIT, scope.key(kind, id), value)
                .await
                .unwrap();
        }
        for _ in 0..2 {
            hosts(&store).await.unwrap();
            let all = store.all(Range::prefix("/w1/")).await.unwrap().entries;
            let all: Vec<_> = all
                .iter()
                .map(|entry| (entry.key.as_str(), entry.value.as_ref()))
                .collect();
            assert_eq!(
                all,
                [
                    (
                        "/w1/c0/ecs/000000000000/us-east-1/task/default:a",
                        &b"task as it was"[..]
                    ),
                    ("/w1/c0/hosts/host/a", b"host as it was"),
                    ("/w1/c0/hosts/ledger/a", b"ledger as it was"),
                ]
            );
        }
        store.close().await;
    }

    #[tokio::test]
    async fn hosts_of_the_network_take_their_home_along() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        let old = br#"{"kind":"plane-host","format":1,"body":{"id":"i-1","underlay":"192.0.2.1","zone":"us-east-1a","balancers":true,"later":7}}"#;
        for region in ["us-east-1", "eu-west-1"] {
            let scope = Scope::new("wharf", "000000000000", region);
            let key = scope.key("plane-host", "i-1");
            store.put(&PERMIT, key, old.as_slice()).await.unwrap();
        }
        for _ in 0..2 {
            hosts(&store).await.unwrap();
            let all = store.all(Range::prefix("/w1/")).await.unwrap().entries;
            let keys: Vec<_> = all.iter().map(|entry| entry.key.as_str()).collect();
            assert_eq!(keys, ["/w1/c0/hosts/plane-host/i-1"]);
            let host: PlaneHost = decode(&all[0].value).unwrap();
            // The first of the two there were.
            assert_eq!(host.account, "000000000000");
            assert_eq!(host.region, "eu-west-1");
            assert_eq!(host.underlay, Some([192, 0, 2, 1].into()));
            assert!(host.balancers && host.unknown["later"] == 7);
        }
        store.close().await;
    }
}
