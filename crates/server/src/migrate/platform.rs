//! Services kept what belongs to no account under spellings of their own; there is one now.

use wharf_records::Scope;
use wharf_service::platform;
use wharf_store::{Compare, Range, Store, StoreError, Txn};

use super::PERMIT;

/// Records moved in one transaction: two writes each stay below the store's 128.
const AT_ONCE: usize = 50;

/// Moves what is there under former spellings.
pub async fn run(store: &Store) -> Result<(), StoreError> {
    for former in platform::former() {
        let moves = moves(store, &former).await?;
        for some in moves.chunks(AT_ONCE) {
            relocate(store, some).await?;
        }
        if !moves.is_empty() {
            tracing::info!(
                service = former.service,
                records = moves.len(),
                "records of no account were moved to where this version keeps them"
            );
        }
    }
    Ok(())
}

/// What a service keeps under its former spelling of no account, and where that goes.
async fn moves(store: &Store, former: &Scope) -> Result<Vec<(String, String)>, StoreError> {
    let now = platform::scope(&former.service);
    let span = Range::prefix(former.everything());
    let all = store.all_keys(span).await?.entries.into_iter();
    let moved = all.filter_map(|entry| {
        let (_, kind, id) = Scope::parse(&entry.key)?;
        let to = now.key(kind, &id);
        Some((entry.key, to))
    });
    Ok(moved.collect())
}

async fn relocate(store: &Store, moves: &[(String, String)]) -> Result<(), StoreError> {
    let mut txn = Txn::new();
    for (from, to) in moves {
        if let Some(entry) = store.get(from).await? {
            txn = txn
                .when(Compare::unchanged(&entry))
                .delete(from)
                .put(to, entry.value.clone());
        }
    }
    // Nothing else runs yet that could come between.
    store.txn(&PERMIT, txn).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use wharf_store::StoreOptions;

    use super::*;

    async fn keys(store: &Store, service: &str) -> Vec<String> {
        let span = Range::prefix(Scope::service_prefix(service));
        let all = store.all_keys(span).await.unwrap();
        all.entries.into_iter().map(|entry| entry.key).collect()
    }

    #[tokio::test]
    async fn what_belongs_to_no_account_gets_one_spelling() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        let many = (0..AT_ONCE * 2 + 1).map(|n| format!("/w1/c0/ecr/-/-/owner/{n:04}"));
        let others = [
            "/w1/c0/ec2/aws/aws-global/vni/00000007",
            "/w1/c0/elbv2/aws/aws-global/public-address/127.64.0.1",
            "/w1/c0/iam/aws/aws-global/access-key/1",
            "/w1/c0/acm/platform/aws-global/authority/1",
            "/w1/c0/iam/000000000000/aws-global/user/aws",
            "/w1/c0/elbv2/shard/0",
        ];
        for key in many.chain(others.map(str::to_owned)) {
            store.put(&PERMIT, key.clone(), key).await.unwrap();
        }
        for _ in 0..2 {
            run(&store).await.unwrap();
            let all = keys(&store, "ecr").await;
            assert_eq!(all.len(), AT_ONCE * 2 + 1);
            let moved = "/w1/c0/ecr/platform/aws-global/owner/";
            assert!(all.iter().all(|key| key.starts_with(moved)), "{all:?}");
            let first = store.get(&all[0]).await.unwrap().unwrap();
            assert_eq!(first.value.as_ref(), b"/w1/c0/ecr/-/-/owner/0000");
            for (service, expected) in [
                ("ec2", &["/w1/c0/ec2/platform/aws-global/vni/00000007"][..]),
                (
                    "elbv2",
                    &[
                        "/w1/c0/elbv2/platform/aws-global/public-address/127.64.0.1",
                        "/w1/c0/elbv2/shard/0",
                    ],
                ),
                (
                    "iam",
                    &[
                        "/w1/c0/iam/000000000000/aws-global/user/aws",
                        "/w1/c0/iam/platform/aws-global/access-key/1",
                    ],
                ),
                ("acm", &["/w1/c0/acm/platform/aws-global/authority/1"]),
            ] {
                assert_eq!(keys(&store, service).await, expected);
            }
        }
        store.close().await;
    }
}
