//! Records of earlier versions, brought to where this version keeps them. Done at every start, before
//! anything reads; what is done already costs one reading of the keys.

use wharf_base::Permit;
use wharf_records::{
    Record, Scope,
    ecs::{Host, Ledger},
    machine,
};
use wharf_store::{Compare, Range, Store, StoreError, Txn};

const PERMIT: Permit = Permit::for_controller("migrate");

/// Hosts and ledgers were kept under the account and region of their container instance; they belong to
/// no account.
///
/// Each is moved in a transaction of its own: wherever this ends, every record is in one place.
///
/// # Errors
/// The store failed.
pub async fn run(store: &Store) -> Result<(), StoreError> {
    let prefix = Scope::service_prefix("ecs");
    let mut moved = 0_usize;
    for entry in store.all_keys(Range::prefix(prefix)).await?.entries {
        if let Some(to) = new_key(&entry.key) {
            relocate(store, &entry.key, &to).await?;
            moved += 1;
        }
    }
    if moved > 0 {
        tracing::info!(
            moved,
            "records of hosts were moved to where this version keeps them"
        );
    }
    Ok(())
}

fn new_key(key: &str) -> Option<String> {
    let (_, kind, id) = Scope::parse(key)?;
    let moves = kind == Host::KIND || kind == Ledger::KIND;
    moves.then(|| machine::key(kind, &id))
}

async fn relocate(store: &Store, from: &str, to: &str) -> Result<(), StoreError> {
    let Some(entry) = store.get(from).await? else {
        return Ok(());
    };
    let txn = Txn::new()
        .when(Compare::unchanged(&entry))
        .delete(from)
        .put(to, entry.value.clone());
    store.txn(&PERMIT, txn).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use wharf_store::StoreOptions;

    use super::*;

    #[tokio::test]
    async fn hosts_and_ledgers_leave_their_account() {
        let store = Store::in_memory(StoreOptions::default());
        let scope = Scope::new("ecs", "000000000000", "us-east-1");
        for (kind, id) in [("host", "a"), ("ledger", "a"), ("task", "default:a")] {
            let value = format!("{kind} as it was");
            store
                .put(&PERMIT, scope.key(kind, id), value)
                .await
                .unwrap();
        }
        for _ in 0..2 {
            run(&store).await.unwrap();
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
}
