//! Grants that services have on keys of KMS for what they keep: none outlives what it is for, whoever is killed when.
//!
//! A grant and the record that needs it are written by two services, so never at once. A [`PendingGrant`] stands in the store
//! for as long as there may be one without the other:
//!
//! | step | written with |
//! | --- | --- |
//! | it is going to be made, under a name of its own ([`Grants::begin`]) | nothing |
//! | the grant is made | — |
//! | it is pending no more ([`Begun::ended`]) | what needs it |
//! | it is pending again, to be given back ([`Grants::owed`]) | the end of what needed it |
//! | the grant is given back ([`Grants::let_go`]) | — |
//! | it is pending no more | nothing |
//!
//! What stands too long belongs to nobody any more: whoever looks ([`Grants::look`]) first has it given up, so that nobody finishes
//! it, then finds the grant by its name, gives it back and forgets it. Where there is none, its maker may still be about to make it:
//! that is forgotten by the maker, or after as long again. Each step may be repeated, and by several at once.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharf_api_kms::{Kms, ListRetirableGrantsRequest, RetireGrantRequest};
use wharf_base::{Arn, Permit, Timestamp, ids};
use wharf_reconcile::Next;
use wharf_records::{Record, Scope, Unknown, encode};
use wharf_service::{ChangeError, Faults, StepError, Table};
use wharf_store::{Compare, Revision, Txn};
use wharf_wire::{Call, Context, Fault};

/// What is not finished by then is given up: who was at it is gone. A request ends sooner.
pub const UNFINISHED: Duration = Duration::from_secs(2 * 60);

/// A grant that is on its way, or on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingGrant {
    /// ARN of the key.
    pub key: String,
    /// Who has it and may retire it, as grants name it: `ecr.us-east-1.amazonaws.com`.
    pub principal: String,
    /// What it is for.
    pub arn: String,
    pub which: Which,
    pub since: Timestamp,
    /// Nobody may finish it any more: it goes back.
    #[serde(default)]
    pub given_up: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// How KMS knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// By a name that no other grant has, whether it was made or not.
    Named(String),
    /// By its id.
    Id(String),
}

impl Record for PendingGrant {
    const KIND: &'static str = "pending-grant";
    const FORMAT: u32 = 1;
}

/// What a grant is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// ARN of the key.
    pub key: &'a str,
    /// See [`PendingGrant::principal`].
    pub principal: &'a str,
    /// What it is for.
    pub arn: &'a str,
}

impl About<'_> {
    fn pending(&self, which: Which, since: Timestamp, given_up: bool) -> PendingGrant {
        PendingGrant {
            key: self.key.to_owned(),
            principal: self.principal.to_owned(),
            arn: self.arn.to_owned(),
            which,
            since,
            given_up,
            unknown: Unknown::new(),
        }
    }
}

/// A grant that may be made now.
#[derive(Debug, Clone)]
pub struct Begun {
    /// What it has to be called, so that it is found again.
    pub name: String,
    /// Under which key of the store that stands.
    pub at: String,
    revision: Revision,
}

impl Begun {
    /// The end of its being pending, to be written with what needs it: not if it was given up meanwhile.
    pub fn ended(&self) -> Txn {
        Txn::new()
            .when(Compare::mod_revision(&self.at, self.revision))
            .delete(&self.at)
    }
}

/// The pending grants of a service.
pub struct Grants<'a, F> {
    pub table: &'a Table<F>,
    pub kms: &'a dyn Kms,
    /// The service's own, for what it does without a caller.
    pub permit: Permit,
    pub now: Timestamp,
}

impl<F: Faults> Grants<'_, F> {
    /// Writes down that a grant is going to be made; `scope` is where the service keeps what it is for.
    ///
    /// # Errors
    /// The store's: it may not be made.
    pub async fn begin(&self, scope: &Scope, about: About<'_>) -> Result<Begun, ChangeError<F>> {
        let id = ids::hex16();
        let at = scope.key(PendingGrant::KIND, &id);
        let service = about.principal.split('.').next().unwrap_or_default();
        let name = format!("{service}-{id}");
        let pending = about.pending(Which::Named(name.clone()), self.now, false);
        let txn = Txn::new().put(&at, encode(&pending));
        let written = self.table.store().txn(&self.permit, txn).await?;
        Ok(Begun {
            name,
            at,
            revision: written.revision,
        })
    }

    /// A grant that is to be given back, and the key of the store to write it under with the end of what needed it.
    /// [`Grants::let_go`] does it then.
    pub fn owed(&self, scope: &Scope, about: About<'_>, grant: &str) -> (String, PendingGrant) {
        let at = scope.key(PendingGrant::KIND, &ids::hex16());
        let which = Which::Id(grant.to_owned());
        (at, about.pending(which, self.now, true))
    }

    /// Gives back what is pending under a key of the store, at once: whoever was to make it does so no more. Nothing is done if it
    /// was finished. What fails is logged: [`Grants::look`] does it later.
    pub async fn let_go(&self, at: &str) {
        if let Err(error) = self.give_back(at, true).await {
            tracing::warn!(record = at, %error, "failed to retire a grant that is of no more use; will retry");
        }
    }

    /// Gives back what is pending under a key of the store if nobody is at it any more.
    ///
    /// # Errors
    /// It is to be tried again.
    pub async fn look(&self, at: &str) -> Result<Next, StepError<F>> {
        let Some(stored) = self.table.read::<PendingGrant>(at).await? else {
            return Ok(Next::Settled);
        };
        let age = self.now.since(stored.record.since);
        let left = UNFINISHED.saturating_sub(age);
        if !stored.record.given_up && !left.is_zero() {
            return Ok(Next::After(left));
        }
        let left = (2 * UNFINISHED).saturating_sub(age);
        Ok(match self.give_back(at, left.is_zero()).await? {
            true => Next::Settled,
            false => Next::After(left),
        })
    }

    /// `is_over`: nobody makes it any more. `false`: somebody may, and it is to be looked at again.
    async fn give_back(&self, at: &str, is_over: bool) -> Result<bool, StepError<F>> {
        let found = self.table.read::<PendingGrant>(at).await?;
        let (Some(mut stored), Some((scope, ..))) = (found, Scope::parse(at)) else {
            return Ok(true);
        };
        if !stored.record.given_up {
            stored.record.given_up = true;
            let txn = Txn::new().when(stored.unchanged());
            let txn = txn.put(at, encode(&stored.record));
            // It was finished, or another gave it up.
            if !self.table.commit(&self.permit, txn).await? {
                return Ok(true);
            }
        }
        let retired = self.retire_pending(&scope, &stored.record).await;
        let was_there = retired.map_err(|fault| StepError::<F>::Neighbour {
            action: "retire a grant",
            fault,
        })?;
        if !was_there && !is_over {
            return Ok(false);
        }
        self.table
            .commit(&self.permit, Txn::new().delete(at))
            .await?;
        Ok(true)
    }

    /// Gives a grant back that is of no more use. One that is gone already is given back; one that KMS refuses to take back stays:
    /// it is for what is gone, and lets nobody do anything.
    ///
    /// # Errors
    /// It is to be tried again.
    pub async fn retire(&self, scope: &Scope, about: About<'_>, which: Which) -> Result<(), Fault> {
        let pending = about.pending(which, self.now, true);
        self.retire_pending(scope, &pending).await.map(drop)
    }

    /// Whether there was one.
    async fn retire_pending(&self, scope: &Scope, pending: &PendingGrant) -> Result<bool, Fault> {
        let call = self.call(&scope.account, &scope.region, pending);
        let retired = async {
            let grants = match &pending.which {
                Which::Id(id) => vec![id.clone()],
                Which::Named(name) => self.named(scope, pending, name).await?,
            };
            for grant in &grants {
                retire(self.kms, &call, &pending.key, grant).await?;
            }
            Ok::<bool, Fault>(!grants.is_empty())
        };
        match retired.await {
            Err(fault) if fault.lasts() => {
                tracing::warn!(
                    resource = pending.arn,
                    key = pending.key,
                    why = %fault.message,
                    "failed to retire a grant that is of no more use; it stays"
                );
                Ok(true)
            }
            done => done,
        }
    }

    /// The ids of the grants of a name, which KMS knows where the key is.
    async fn named(
        &self,
        scope: &Scope,
        pending: &PendingGrant,
        name: &str,
    ) -> Result<Vec<String>, Fault> {
        let home = pending.key.parse::<Arn>();
        let account = home.map_or_else(|_| scope.account.clone(), |it| it.account);
        let call = self.call(&account, &scope.region, pending);
        let (mut found, mut marker) = (Vec::new(), None);
        loop {
            let input = ListRetirableGrantsRequest {
                retiring_principal: Some(pending.principal.clone()),
                marker,
                ..ListRetirableGrantsRequest::default()
            };
            let listed = self.kms.list_retirable_grants(&call, input).await?;
            let grants = listed.grants.unwrap_or_default().into_iter();
            let named = grants.filter(|it| it.name.as_deref() == Some(name));
            found.extend(named.filter_map(|it| it.grant_id));
            marker = listed.next_marker;
            if marker.is_none() {
                return Ok(found);
            }
        }
    }

    /// A call of KMS in the service's own name.
    fn call(&self, account: &str, region: &str, pending: &PendingGrant) -> Call {
        let context = Context::internal(account, region, &pending.principal, self.now);
        let context = context.acting_for(pending.arn.clone());
        Call::by_controller(context, self.permit.clone())
    }
}

/// Gives a grant back by its id, in the name of who may retire it. One that is gone already is given back.
async fn retire(kms: &dyn Kms, call: &Call, key: &str, grant: &str) -> Result<(), Fault> {
    let input = RetireGrantRequest {
        key_id: Some(key.to_owned()),
        grant_id: Some(grant.to_owned()),
        ..RetireGrantRequest::default()
    };
    match kms.retire_grant(call, input).await {
        Err(fault) if fault.code == "NotFoundException" => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &str = concat!(
        r#"{"kind":"pending-grant","format":1,"body":{"#,
        r#""key":"arn:aws:kms:us-east-1:000000000000:key/k","#,
        r#""principal":"ecr.us-east-1.amazonaws.com","#,
        r#""arn":"arn:aws:ecr:us-east-1:000000000000:repository/app","#,
        r#""which":WHICH,"since":7,"given_up":GIVEN_UP}}"#
    );

    #[test]
    fn records_stay_as_they_are() {
        let about = About {
            key: "arn:aws:kms:us-east-1:000000000000:key/k",
            principal: "ecr.us-east-1.amazonaws.com",
            arn: "arn:aws:ecr:us-east-1:000000000000:repository/app",
        };
        let named = Which::Named("ecr-1".to_owned());
        for (which, given_up, told) in [
            (named, "false", r#"{"named":"ecr-1"}"#),
            (Which::Id("g".to_owned()), "true", r#"{"id":"g"}"#),
        ] {
            let at = Timestamp::from_millis(7);
            let pending = about.pending(which, at, given_up == "true");
            let expected = STORED.replace("WHICH", told).replace("GIVEN_UP", given_up);
            let stored = encode(&pending);
            assert_eq!(String::from_utf8_lossy(&stored), expected);
            let read: PendingGrant = wharf_records::decode(&stored).unwrap();
            assert_eq!(read, pending);
        }
    }
}
