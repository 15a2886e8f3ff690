//! Records decoded and policies compiled, kept under the revision they were made from.

use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use wharf_iam::{CompiledPolicy, DocumentKind, managed};
use wharf_records::decode;
use wharf_store::Revision;

use super::{Directory, DirectoryError, lock};
use crate::{
    entity::Entity,
    names::{self, entity_arn},
    records::{PolicyRecord, RoleRecord, Stored, UserRecord, folded},
    trust,
};

/// Records and policies kept ready. When there are more, all are forgotten and made anew.
pub(super) const MAX_READY: usize = 16_384;

/// Documents of each kind that came with requests (session and resource policies) kept ready.
const MAX_DOCUMENTS: usize = 1_024;

/// Longer ones are compiled each time.
const MAX_DOCUMENT_BYTES: usize = 16 << 10;

/// The platform's own policies, compiled when the first one is needed.
pub(super) static PLATFORM_POLICIES: LazyLock<HashMap<String, Arc<CompiledPolicy>>> =
    LazyLock::new(|| {
        managed::ALL
            .iter()
            .map(|policy| {
                let arn = policy.arn();
                let ready = compiled(&arn, policy.document, DocumentKind::Managed);
                (arn, ready)
            })
            .collect()
    });

#[derive(Debug)]
pub(super) struct Ready {
    revision: Revision,
    value: Arc<dyn Any + Send + Sync>,
}

/// A user, group or role with its inline policies compiled.
pub(crate) struct Equipped<T> {
    pub(crate) record: T,
    pub(super) inline: Vec<Arc<CompiledPolicy>>,
}

/// A role as those who assume it see it.
pub(crate) struct KnownRole {
    pub(crate) record: RoleRecord,
    pub(crate) trust: Arc<CompiledPolicy>,
    pub(super) inline: Vec<Arc<CompiledPolicy>>,
}

impl Directory {
    /// The default version of a managed policy, the platform's or the account's own.
    pub(crate) async fn managed_policy(
        &self,
        account: &str,
        arn: &str,
    ) -> Result<Option<Arc<CompiledPolicy>>, DirectoryError> {
        if let Some(policy) = PLATFORM_POLICIES.get(arn) {
            return Ok(Some(Arc::clone(policy)));
        }
        let Some((owner, _, name)) = entity_arn(arn, "policy").filter(|(it, ..)| *it == account)
        else {
            return Ok(None);
        };
        let make = |record: PolicyRecord| {
            let own = names::arn(owner, "policy", &record.path, &record.name);
            match record.versions.get(&record.default_version) {
                Some(version) => compile(&own, &version.document, DocumentKind::Managed),
                None => CompiledPolicy::deny_all(&own),
            }
        };
        let policy = self
            .ready::<PolicyRecord, _>(owner, &folded(name), make)
            .await?;
        Ok(policy.filter(|policy| policy.source() == arn))
    }

    /// A policy that came as text with a request or a resource. One that cannot be read denies all.
    pub(crate) fn document(
        &self,
        source: &str,
        text: &str,
        kind: DocumentKind,
    ) -> Arc<CompiledPolicy> {
        if text.len() > MAX_DOCUMENT_BYTES {
            return compiled(source, text, kind);
        }
        let known = lock(&self.documents)
            .get(&kind)
            .and_then(|known| known.get(text).cloned());
        if let Some(ready) = known {
            return ready;
        }
        let ready = compiled(source, text, kind);
        let mut documents = lock(&self.documents);
        let known = documents.entry(kind).or_default();
        if known.len() >= MAX_DOCUMENTS {
            known.clear();
        }
        known.insert(text.to_owned(), Arc::clone(&ready));
        ready
    }

    /// The role of this ARN, path and all.
    pub(crate) async fn role(&self, arn: &str) -> Result<Option<Arc<KnownRole>>, DirectoryError> {
        let Some((account, path, name)) = entity_arn(arn, "role") else {
            return Ok(None);
        };
        let make = |record: RoleRecord| {
            let own = names::arn(account, "role", &record.path, &record.name);
            let trust = trust::compile(&record, &own).unwrap_or_else(|error| {
                tracing::error!(role = own, %error, "failed to read a stored trust policy");
                CompiledPolicy::deny_all(&own)
            });
            KnownRole {
                trust: Arc::new(trust),
                inline: inline(&record),
                record,
            }
        };
        let role = self
            .ready::<RoleRecord, _>(account, &folded(name), make)
            .await?;
        Ok(role.filter(|role| role.record.path == path && role.record.name == name))
    }

    pub(crate) async fn user(
        &self,
        account: &str,
        name: &str,
    ) -> Result<Option<Arc<Equipped<UserRecord>>>, DirectoryError> {
        self.equipped(account, &folded(name)).await
    }

    /// The unique id of the user or role of this ARN, path and all; `None` if there is none.
    ///
    /// # Errors
    /// The store's.
    pub async fn unique_id(&self, arn: &str) -> Result<Option<String>, DirectoryError> {
        if let Some(role) = self.role(arn).await? {
            return Ok(Some(role.record.id.clone()));
        }
        let Some((account, path, name)) = entity_arn(arn, "user") else {
            return Ok(None);
        };
        let user = self.user(account, name).await?;
        let user = user.filter(|it| it.record.path == path && it.record.name == name);
        Ok(user.map(|it| it.record.id.clone()))
    }

    pub(super) async fn equipped<T: Entity + 'static>(
        &self,
        account: &str,
        id: &str,
    ) -> Result<Option<Arc<Equipped<T>>>, DirectoryError> {
        let make = |record: T| Equipped {
            inline: inline(&record),
            record,
        };
        self.ready::<T, _>(account, id, make).await
    }

    /// What `make` makes of a record, made once for each revision of it.
    pub(crate) async fn ready<R: Stored, T: Send + Sync + 'static>(
        &self,
        account: &str,
        id: &str,
        make: impl FnOnce(R) -> T,
    ) -> Result<Option<Arc<T>>, DirectoryError> {
        let key = R::key(account, id);
        let Some(entry) = self.records.store().get(&key).await? else {
            return Ok(None);
        };
        let known = {
            let ready = lock(&self.ready);
            let known = ready
                .get(&key)
                .filter(|known| known.revision == entry.mod_revision);
            known.and_then(|known| Arc::clone(&known.value).downcast::<T>().ok())
        };
        if known.is_some() {
            return Ok(known);
        }
        let value = Arc::new(make(decode::<R>(&entry.value)?));
        let mut ready = lock(&self.ready);
        if ready.len() >= MAX_READY {
            ready.clear();
        }
        let kept = Ready {
            revision: entry.mod_revision,
            value: value.clone(),
        };
        ready.insert(key, kept);
        Ok(Some(value))
    }
}

fn inline<T: Entity>(record: &T) -> Vec<Arc<CompiledPolicy>> {
    let source = |name: &str| format!("{}/{}/{name}", T::WORD, record.name());
    let policies = record.grants().inline.iter();
    policies
        .map(|(name, text)| compiled(&source(name), text, T::INLINE))
        .collect()
}

/// A policy that was valid when it was stored. One that cannot be read any more denies all, since
/// it may have been there to deny.
fn compile(source: &str, text: &str, kind: DocumentKind) -> CompiledPolicy {
    CompiledPolicy::parse(source, text, kind).unwrap_or_else(|error| {
        tracing::error!(policy = source, %error, "failed to read a stored policy");
        CompiledPolicy::deny_all(source)
    })
}

fn compiled(source: &str, text: &str, kind: DocumentKind) -> Arc<CompiledPolicy> {
    Arc::new(compile(source, text, kind))
}
