//! Which images tasks of ECS may start: rules of an account, each with repositories it names and keys of
//! which one must have signed.
//!
//! Only signatures in the account's own registries are looked at: what is in those of others, they alone say.
//! An account without rules admits every image. With rules, every rule that names an image's repository must
//! be met, and an image whose repository no rule names does not start. What cannot be found out is refused.
//! The control plane decides before a task is placed, by the digest that the task is then told to run: a tag
//! that moves meanwhile changes nothing. What is started by a decision is written only while the rules are those that
//! were read: each change of them writes a record of the account that such a write compares.

mod decide;
mod decisions;
mod signed;

use std::sync::Arc;

use tokio::sync::Mutex;
use wharf_api_wharf::types::{
    AdmissionKey, AdmissionRule as Shown, DeleteAdmissionRuleRequest, DeleteAdmissionRuleResponse,
    ListAdmissionRulesResponse, PutAdmissionRuleRequest, PutAdmissionRuleResponse,
};
use wharf_records::{
    Unknown,
    admission::{AdmissionChange, AdmissionRule},
};
use wharf_service::{Changes, Table, transact};
use wharf_signature::Key;
use wharf_store::{Revision, Store};
use wharf_wire::{Call, Fault};

pub use decide::{Image, decide};
pub use decisions::{Decisions, Inadmissible, Question};
pub use signed::signatures;

use crate::control::fault::{WharfFaults, invalid};

/// Rules of an account: a person reads them all, and each key of each is tried.
const MAX_RULES: usize = 50;

/// Cheap to clone.
#[derive(Clone)]
pub struct Admission {
    table: Table<WharfFaults>,
    /// Held by who counts rules and adds one.
    adding: Arc<Mutex<()>>,
}

impl Admission {
    pub fn new(store: Store) -> Self {
        Self {
            table: Table::new(store),
            adding: Arc::default(),
        }
    }

    /// The key of what changes with the rules of an account, and its revision (0: none). To be read before them.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn last_change(&self, account: &str) -> Result<(String, Revision), Fault> {
        let key = AdmissionChange::key(account);
        let found = self.table.read::<AdmissionChange>(&key).await?;
        Ok((key, found.map_or(0, |stored| stored.revision)))
    }

    /// The rules of an account, by their names.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn rules(&self, account: &str) -> Result<Vec<AdmissionRule>, Fault> {
        let scope = AdmissionRule::scope(account);
        let found = self.table.all::<AdmissionRule>(&scope, "").await?;
        Ok(found.into_iter().map(|(_, stored)| stored.record).collect())
    }

    pub async fn put(
        &self,
        call: &Call,
        input: PutAdmissionRuleRequest,
    ) -> Result<PutAdmissionRuleResponse, Fault> {
        let rule = read(call, input)?;
        let key = AdmissionRule::key(&call.account, &rule.name);
        let _adding = self.adding.lock().await;
        transact!(self.table, &call.permit, |tx| {
            let present = tx.find::<AdmissionRule>(&key).await?;
            if present.is_none() && self.rules(&call.account).await?.len() >= MAX_RULES {
                return Err(invalid(format!("An account can have {MAX_RULES} rules.")));
            }
            note_change(&mut tx, call);
            tx.put(&key, &rule);
        });
        Ok(PutAdmissionRuleResponse {
            rule: Some(shown(&rule)),
        })
    }

    pub async fn list(&self, call: &Call) -> Result<ListAdmissionRulesResponse, Fault> {
        let rules = self.rules(&call.account).await?;
        Ok(ListAdmissionRulesResponse {
            rules: Some(rules.iter().map(shown).collect()),
        })
    }

    pub async fn delete(
        &self,
        call: &Call,
        input: DeleteAdmissionRuleRequest,
    ) -> Result<DeleteAdmissionRuleResponse, Fault> {
        let name = input.name.unwrap_or_default();
        let key = AdmissionRule::key(&call.account, &name);
        let deleted = transact!(self.table, &call.permit, |tx| {
            let Some(rule) = tx.find::<AdmissionRule>(&key).await? else {
                return Err(invalid(format!("There is no rule of admission '{name}'.")));
            };
            note_change(&mut tx, call);
            tx.delete(&key);
            rule
        });
        Ok(DeleteAdmissionRuleResponse {
            rule: Some(shown(&deleted)),
        })
    }
}

/// Makes void what was decided by the rules before.
fn note_change(tx: &mut Changes<'_, WharfFaults>, call: &Call) {
    let change = AdmissionChange {
        at: call.now,
        unknown: Unknown::new(),
    };
    tx.put(AdmissionChange::key(&call.account), &change);
}

/// A rule as it is asked for; the model has seen to lengths and forms of names.
fn read(call: &Call, input: PutAdmissionRuleRequest) -> Result<AdmissionRule, Fault> {
    let keys = input.keys.unwrap_or_default();
    let unsigned = input.unsigned == Some(true);
    match (keys.is_empty(), unsigned) {
        (true, false) => {
            return Err(invalid(
                "A rule has keys, or says that images need no signature.",
            ));
        }
        (false, true) => return Err(invalid("A rule with keys asks for a signature.")),
        _ => {}
    }
    for key in &keys {
        Key::from_pem(key).map_err(|error| invalid(format!("A key is not taken: {error}.")))?;
    }
    Ok(AdmissionRule {
        name: input.name.unwrap_or_default(),
        repositories: input.repositories.unwrap_or_default(),
        keys,
        changed_at: call.now,
        changed_by: call.caller.arn.clone(),
        unknown: Unknown::new(),
    })
}

fn shown(rule: &AdmissionRule) -> Shown {
    let key = |pem: &String| AdmissionKey {
        fingerprint: Key::from_pem(pem).ok().map(|key| key.fingerprint()),
        key: Some(pem.clone()),
    };
    Shown {
        name: Some(rule.name.clone()),
        repositories: Some(rule.repositories.clone()),
        keys: Some(rule.keys.iter().map(key).collect()),
        unsigned: Some(rule.keys.is_empty()),
        changed_at: Some(rule.changed_at),
        changed_by: Some(rule.changed_by.clone()),
    }
}
