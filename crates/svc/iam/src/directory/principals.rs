//! Which user or role a unique id is, for policies that are stored with ids and shown with ARNs.
//!
//! Records are kept by name. Where an id was last seen is remembered and looked at again each time, so that nothing stale is
//! told; only an id that is not where it was, or was never seen, is searched for through all accounts. Ids are never given
//! twice: one that is gone stays gone.

use std::collections::{BTreeMap, HashMap};

use parking_lot::Mutex;
use tokio::sync::Mutex as Turn;
use wharf_base::arn::canonical;
use wharf_records::{Record as _, Scope, decode};

use super::{Directory, DirectoryError};
use crate::{
    names,
    records::{RoleRecord, UserRecord},
};

/// Ids whose places are remembered. When there are more, all are forgotten.
const MOST: usize = 65_536;

/// Where ids were last seen.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Id → ARN; none of an id that is gone.
    seen: Mutex<HashMap<String, Option<String>>>,
    /// One search at a time: it answers those that wait for theirs.
    turn: Turn<()>,
}

impl Places {
    fn note(&self, id: &str, arn: Option<String>) {
        let mut seen = self.seen.lock();
        if seen.len() >= MOST {
            seen.clear();
        }
        seen.insert(id.to_owned(), arn);
    }
}

/// What is known of an id without a search.
enum Known {
    At(String),
    Gone,
    Elsewhere,
}

impl Directory {
    /// The unique ids of the users and roles of these ARNs, of those that exist.
    pub(crate) async fn ids_of(
        &self,
        arns: &[String],
    ) -> Result<BTreeMap<String, String>, DirectoryError> {
        let mut found = BTreeMap::new();
        for arn in arns {
            if let Some(id) = self.unique_id(arn).await? {
                self.places.note(&id, Some(canonical(arn).into_owned()));
                found.insert(arn.clone(), id);
            }
        }
        Ok(found)
    }

    /// The ARNs that the users and roles of these unique ids have now, of those that exist.
    pub(crate) async fn arns_of(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, String>, DirectoryError> {
        let mut found = BTreeMap::new();
        let left = self.known(ids, &mut found).await?;
        if left.is_empty() {
            return Ok(found);
        }
        let _turn = self.places.turn.lock().await;
        let left = self.known(&left, &mut found).await?;
        if left.is_empty() {
            return Ok(found);
        }
        let everybody = self.everybody().await?;
        for (id, arn) in &everybody {
            self.places.note(id, Some(arn.clone()));
        }
        for id in left {
            match everybody.get(&id) {
                Some(arn) => {
                    found.insert(id, arn.clone());
                }
                None => self.places.note(&id, None),
            }
        }
        Ok(found)
    }

    /// Adds those whose place is known to `found`; the ids that must be searched for.
    async fn known(
        &self,
        ids: &[String],
        found: &mut BTreeMap<String, String>,
    ) -> Result<Vec<String>, DirectoryError> {
        let mut left = Vec::new();
        for id in ids {
            match self.place(id).await? {
                Known::At(arn) => {
                    found.insert(id.clone(), arn);
                }
                Known::Gone => {}
                Known::Elsewhere => left.push(id.clone()),
            }
        }
        Ok(left)
    }

    async fn place(&self, id: &str) -> Result<Known, DirectoryError> {
        let seen = self.places.seen.lock().get(id).cloned();
        Ok(match seen {
            None => Known::Elsewhere,
            Some(None) => Known::Gone,
            Some(Some(arn)) => match self.unique_id(&arn).await? {
                Some(now) if now == id => Known::At(arn),
                _ => Known::Elsewhere,
            },
        })
    }

    /// Id → ARN of all users and roles of all accounts.
    async fn everybody(&self) -> Result<HashMap<String, String>, DirectoryError> {
        let mut all = HashMap::new();
        for entry in self.records.entries(&Scope::service_prefix("iam")).await? {
            let Some((scope, kind, _)) = Scope::parse(&entry.key) else {
                continue;
            };
            let account = &scope.account;
            if kind == UserRecord::KIND {
                let user: UserRecord = decode(&entry.value)?;
                let arn = names::arn(account, "user", &user.path, &user.name);
                all.insert(user.id, arn);
            } else if kind == RoleRecord::KIND {
                let role: RoleRecord = decode(&entry.value)?;
                let arn = names::arn(account, "role", &role.path, &role.name);
                all.insert(role.id, arn);
            }
        }
        Ok(all)
    }
}
