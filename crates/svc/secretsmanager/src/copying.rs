//! Values that replicas keep themselves are more than one transaction holds. They are written before they count,
//! under an intent in the secret, and whatever does not come to its end is cleared: by who began it, by who comes next,
//! or by the loop.
//!
//! There is one intent a secret. Each write insists that it still stands, so one that was cleared writes no more.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};
use wharf_base::{Permit, Timestamp, ids};
use wharf_service::{Place, transact};
use wharf_store::Compare;
use wharf_wire::{Call, Fault};

use crate::{
    core::{ChangeError, Core, Found, again, replica_key, value_key},
    records::{Secret, Value, value_id},
};

/// After this time nobody writes any more who began it.
const LASTS: Duration = Duration::from_secs(600);

/// Values are being written in these regions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copying {
    pub token: String,
    pub regions: BTreeSet<String>,
    /// Those of this version alone, where replicas have the others; of all versions if it is `None`.
    #[serde(default)]
    pub version: Option<String>,
    pub until: Timestamp,
}

impl Copying {
    pub fn new(
        regions: impl IntoIterator<Item = String>,
        version: Option<&str>,
        now: Timestamp,
    ) -> Self {
        Self {
            token: ids::uuid(),
            regions: regions.into_iter().collect(),
            version: version.map(str::to_owned),
            until: now + LASTS,
        }
    }

    /// Whether it still stands in a secret.
    pub fn stands(&self, secret: &Secret) -> bool {
        secret.copying.as_ref() == Some(self)
    }
}

/// A value for a replica.
pub struct Copy {
    pub version: String,
    pub key: String,
    pub value: Value,
}

/// Whether what is sealed in a secret is as it was; that somebody read it changes nothing.
pub fn is_same(one: &Secret, other: &Secret) -> bool {
    let sealed = |it: &Secret| -> Vec<_> {
        let versions = it.versions.iter();
        versions
            .map(|(id, it)| (id.clone(), it.created_at, it.kms_key.clone()))
            .collect()
    };
    one.kms_key == other.kms_key
        && one.copies == other.copies
        && one.changed_at == other.changed_at
        && sealed(one) == sealed(other)
}

/// All values of a secret for a region, under a key there.
///
/// # Errors
/// Those of KMS: the caller may not use the keys, or they cannot be used.
pub async fn sealed(
    core: &Core,
    call: &Call,
    found: &Found,
    region: &str,
    key: Option<&str>,
) -> Result<Vec<Copy>, Fault> {
    let region = [(region.to_owned(), key.map(str::to_owned))].into();
    let mut all = Vec::new();
    for version in found.secret().versions.keys() {
        let slot = found.slot(version);
        let Some(stored) = core.table.read::<Value>(&slot.key()).await? else {
            // A rotation has not given it a value yet.
            continue;
        };
        let content = core.open(call, &slot, &stored.record).await?;
        for (key, value) in core.copies(call, &slot, &region, &content).await? {
            let version = version.clone();
            all.push(Copy {
                version,
                key,
                value,
            });
        }
    }
    Ok(all)
}

/// Writes down what is about to be written.
///
/// # Errors
/// The secret is not as it was found.
pub async fn begin(
    core: &Core,
    call: &Call,
    found: &Found,
    copying: &Copying,
) -> Result<(), Fault> {
    clear(core, &call.permit, found, None, None).await?;
    transact!(core.table, &call.permit, |tx| {
        let mut secret = again(&mut tx, found).await?;
        if secret.copying.is_some() || !is_same(&secret, found.secret()) {
            return Err(core.table.conflict(&found.stored.key).into());
        }
        secret.copying = Some(copying.clone());
        tx.put(&found.stored.key, &secret);
    });
    Ok(())
}

/// Writes values, each in a transaction of its own.
///
/// # Errors
/// The intent does not stand any more.
pub async fn write(
    core: &Core,
    call: &Call,
    found: &Found,
    copying: &Copying,
    copies: &[Copy],
) -> Result<(), Fault> {
    for copy in copies {
        transact!(core.table, &call.permit, |tx| {
            let secret = again(&mut tx, found).await?;
            let is_known = copying.version.is_some() || secret.versions.contains_key(&copy.version);
            if !copying.stands(&secret) || !is_known {
                return Err(core.table.conflict(&found.stored.key).into());
            }
            tx.put(&copy.key, &copy.value);
        });
    }
    Ok(())
}

/// What came of the work under an intent; if it failed, its traces are removed.
///
/// # Errors
/// Those of the work.
pub async fn ended<T>(
    core: &Core,
    call: &Call,
    found: &Found,
    copying: &Copying,
    done: Result<T, Fault>,
) -> Result<T, Fault> {
    if done.is_err()
        && let Err(error) = clear(core, &call.permit, found, Some(&copying.token), None).await
    {
        tracing::warn!(%error, "failed to clear values that were not needed; it is tried again later");
    }
    done
}

/// Removes what was written under the intent of a secret, or under this one alone.
///
/// # Errors
/// The store's; that the fence fell.
pub async fn clear(
    core: &Core,
    permit: &Permit,
    found: &Found,
    only: Option<&str>,
    fence: Option<&Compare>,
) -> Result<(), ChangeError> {
    let key = &found.stored.key;
    // A region at a time, until the intent is gone.
    loop {
        transact!(core.table, permit, |tx| {
            if let Some(fence) = fence {
                tx.fence(fence.clone());
            }
            let secret = tx.find::<Secret>(key).await?;
            let Some(mut secret) = secret.filter(|it| it.suffix == found.secret().suffix) else {
                return Ok(());
            };
            let Some(mut copying) = secret.copying.take() else {
                return Ok(());
            };
            if only.is_some_and(|it| it != copying.token) {
                return Ok(());
            }
            if let Some(region) = copying.regions.pop_first() {
                let there = Place::new(&found.place.account, &region);
                let delete = |version: &String| {
                    value_key(&there, &value_id(&found.name, &secret.suffix, version))
                };
                match &copying.version {
                    Some(version) => tx.delete(delete(version)),
                    None => {
                        secret.versions.keys().for_each(|it| tx.delete(delete(it)));
                        if !secret.replicas.contains(&region) {
                            tx.delete(replica_key(&there, &found.name));
                        }
                    }
                }
            }
            if !copying.regions.is_empty() {
                secret.copying = Some(copying);
            }
            tx.put(key, &secret);
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_only_reads_changes_nothing() {
        let at = Timestamp::from_millis(0);
        let version = json!({"created_at": at, "stages": ["AWSCURRENT"]});
        let secret = json!({
            "suffix": "aB3dE6", "created_at": at, "changed_at": at, "versions": {"v": version},
        });
        let secret: Secret = serde_json::from_value(secret).unwrap();
        let changed = |change: fn(&mut Secret)| {
            let mut other = secret.clone();
            change(&mut other);
            is_same(&other, &secret)
        };
        assert!(changed(|it| {
            it.accessed_at = Some(Timestamp::from_millis(1));
            let version = it.versions.get_mut("v").unwrap();
            version.accessed_at = it.accessed_at;
        }));
        assert!(!changed(|it| it.kms_key = Some("k".to_owned())));
        assert!(!changed(|it| drop(
            it.copies.insert("eu-west-1".to_owned(), None)
        )));
        assert!(!changed(|it| it.versions.clear()));
        assert!(!changed(|it| {
            it.versions.get_mut("v").unwrap().kms_key = Some("k".to_owned());
        }));
        assert!(!changed(|it| it.changed_at = Timestamp::from_millis(1)));
    }
}
