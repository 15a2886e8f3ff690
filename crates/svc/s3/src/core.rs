//! What every operation and loop of the service works with.

use std::{collections::BTreeSet, sync::Arc};

use wharf_api_kms::Kms;
use wharf_base::{Clock, Timestamp, ids};
use wharf_delivery::{Operations, Outbox, Policy};
use wharf_journal::Journal;
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_service::{Cause, Changes, Place, Stored, Table, Turns};
use wharf_store::{Entry, Store};
use wharf_wanted::Wants;
use wharf_wire::{
    Call, CallerKind, Check, Context, Fault, SignedBy, fault::Chain, service::Dispatcher,
};

use crate::{
    at_work::AtWork,
    courier::{NOTICES, Notices},
    fault::{self, S3Faults},
    names,
    notices::{self, Happening},
    packs::Packs,
    policy,
    recent::Recent,
    records::{self, Bucket, Name, Versioning},
};

/// What the server hands in.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    /// The folder of blobs, and who needs them.
    pub wants: Wants,
    pub keyring: Keyring,
    /// Asks policies about each key of a batch.
    pub dispatcher: Dispatcher,
    /// Past IAM's gate: keys are used in the name of the caller.
    pub kms: Arc<dyn Kms>,
    /// For the bytes of small objects.
    pub journal: Journal,
    pub clock: Arc<dyn Clock>,
    /// For what is told to queues and topics.
    pub operations: Arc<dyn Operations>,
    pub takeover: Takeover,
}

pub struct Core {
    pub parts: Parts,
    pub table: Table<S3Faults>,
    pub packs: Arc<Packs>,
    pub outbox: Arc<Outbox<S3Faults, Notices>>,
    /// Raised when there are parts to be removed.
    pub doomed: tokio::sync::Notify,
    /// Buckets whose rules of lifecycle were just set.
    pub rules_set: RulesSet,
    pub at_work: AtWork,
    /// Of those who delete one bucket, or complete one upload.
    pub turns: Turns,
    recent: Recent,
}

/// Keys of the records of buckets that wait for their rules to be carried out.
#[derive(Default)]
pub struct RulesSet {
    pub waiting: parking_lot::Mutex<BTreeSet<String>>,
    /// Raised when there is one more.
    pub raised: tokio::sync::Notify,
}

impl RulesSet {
    pub fn add(&self, bucket: &str) {
        self.waiting.lock().insert(bucket.to_owned());
        self.raised.notify_one();
    }
}

/// A bucket that a request named.
pub type Open = Stored<Bucket>;
pub type Change<'a> = Changes<'a, S3Faults>;
pub type ChangeError = wharf_service::ChangeError<S3Faults>;

impl Core {
    pub fn new(parts: Parts) -> Self {
        let table = Table::new(parts.store.clone());
        let packs = Packs::new(parts.journal.clone(), table.clone(), parts.keyring.clone());
        let courier = Notices(parts.operations.clone());
        let (clock, takeover) = (parts.clock.clone(), parts.takeover);
        Self {
            outbox: Arc::new(Outbox::new(
                NOTICES,
                table.clone(),
                courier,
                clock,
                takeover,
            )),
            table,
            packs: Arc::new(packs),
            parts,
            doomed: tokio::sync::Notify::new(),
            rules_set: RulesSet::default(),
            at_work: AtWork::default(),
            turns: Turns::default(),
            recent: Recent::default(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// The bucket of a name, whoever's it is, if there is one.
    pub async fn look(&self, name: &str) -> Result<Option<Open>, Fault> {
        if names::check_bucket(name).is_err() {
            return Ok(None);
        }
        let Some(place) = self.table.read::<Name>(&records::name(name)).await? else {
            return Ok(None);
        };
        let Name {
            account, region, ..
        } = place.record;
        let key = records::bucket(&account, &region, name);
        let found = self.recent.read(self.table.store(), &key).await?;
        Ok(found.filter(|it| !it.record.deleting))
    }

    /// All buckets of all accounts.
    pub async fn buckets(&self) -> Result<Vec<Open>, Fault> {
        let mut found = Vec::new();
        for entry in self.table.entries(&records::all_names()).await? {
            found.extend(self.named(&entry).await?);
        }
        Ok(found)
    }

    /// The same without those whose records cannot be read: what is done for all goes on for the others.
    pub async fn readable_buckets(&self) -> Result<Vec<Open>, Fault> {
        let mut found = Vec::new();
        for entry in self.table.entries(&records::all_names()).await? {
            match self.named(&entry).await {
                Ok(open) => found.extend(open),
                Err(error) if matches!(error.cause, Cause::Record(_)) => {
                    tracing::error!(key = entry.key, error = %Chain(&error), "failed to read the record of a bucket: maintenance skips it, and its objects count for no account");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(found)
    }

    /// The bucket that an entry of a name leads to.
    async fn named(&self, entry: &Entry) -> Result<Option<Open>, ChangeError> {
        let place: Name = wharf_records::decode(&entry.value)?;
        let name = entry.key.rsplit('/').next().unwrap_or_default();
        let key = records::bucket(&place.account, &place.region, name);
        self.table.read::<Bucket>(&key).await
    }

    /// The bucket that a request names, of the owner that it expects.
    pub async fn open(&self, name: Option<&str>, owner: Option<&str>) -> Result<Open, Fault> {
        let name = name.unwrap_or_default();
        let found = self.look(name).await?;
        let bucket = found.ok_or_else(|| fault::no_bucket(name))?;
        match owner {
            Some(owner) if owner != bucket.record.account => Err(fault::denied()),
            _ => Ok(bucket),
        }
    }

    /// Refuses a bucket whose account has used up its share of the store, before bytes are taken in that nothing could
    /// name.
    pub fn require_room(&self, open: &Open) -> Result<(), Fault> {
        let room = self.parts.store.require_room(&open.record.account);
        Ok(room.map_err(ChangeError::from)?)
    }

    /// Has all buckets count for their accounts.
    pub async fn assign_all(&self) -> Result<(), Fault> {
        let all = self.readable_buckets().await?;
        for Bucket { id, account, .. } in all.into_iter().map(|it| it.record) {
            self.parts.store.assign(records::SERVICE, &id, &account);
        }
        Ok(())
    }

    /// The bucket again, for a change of what is in it: it stays as it is read here.
    pub async fn within(&self, tx: &mut Change<'_>, open: &Open) -> Result<Bucket, Fault> {
        let found = self.recent.read(self.table.store(), &open.key).await?;
        let found = found.map(|it| {
            tx.when(it.unchanged());
            it.record
        });
        let found = found.filter(|it| it.id == open.record.id && !it.deleting);
        found.ok_or_else(|| fault::no_bucket(&open.record.name))
    }

    /// Writes down what is owed for what happened, in the change that makes it so.
    pub fn tell(&self, tx: &mut Change<'_>, cx: &Context, it: &Happening<'_>) {
        let place = Place {
            account: it.bucket.account.clone(),
            region: it.bucket.region.clone(),
        };
        for notice in notices::of(cx, it) {
            let id = ids::uuid();
            self.outbox.put(tx, &place, &id, notice, Policy::DEFAULT);
        }
    }

    /// Whether the caller may do something besides what its operation was let in for.
    pub async fn may(&self, call: &Call, check: Check) -> bool {
        let schema = &wharf_api_s3::schema::SERVICE;
        let checks = [check];
        let admitted = self.parts.dispatcher.admit(schema, call, &checks);
        admitted.await.is_ok()
    }
}

impl Core {
    /// A question about a bucket, or something in it, with what the bucket itself says to it.
    pub fn check(cx: &Context, open: &Open, action: &str, resource: String) -> Check {
        let bucket = &open.record;
        let is_foreign =
            cx.caller.kind == CallerKind::Anonymous || cx.caller.account != bucket.account;
        let restricted = bucket
            .settings
            .public_access
            .is_some_and(|it| it.restrict_buckets);
        let policy = bucket.policy.clone();
        // AWS services and the owner's principals alone, if the policy would let everybody in.
        let policy = policy.filter(|text| {
            !(is_foreign
                && restricted
                && cx.caller.kind != CallerKind::Service
                && policy::is_public_text(text))
        });
        // The bucket's region counts, whichever a request was signed for: those are let in, too.
        let check = Check::new(action, resource)
            .of_account(&bucket.account)
            .with("aws:RequestedRegion", bucket.region.clone())
            .with("s3:ResourceAccount", bucket.account.clone())
            .with_resource_policy(policy);
        with_signature(cx, check)
    }
}

/// What a question says of how its request was signed.
fn with_signature(cx: &Context, check: Check) -> Check {
    let Some(signed) = cx.signed else {
        return check;
    };
    let name = match signed.by {
        SignedBy::Header => "REST-HEADER",
        SignedBy::Query => "REST-QUERY-STRING",
        SignedBy::Form => "POST",
    };
    let check = check
        .with("s3:authType", name)
        .with("s3:signatureversion", "AWS4-HMAC-SHA256");
    match signed.by {
        SignedBy::Query => {
            let age = cx.now.millis().saturating_sub(signed.at.millis()).max(0);
            check.with("s3:signatureAge", age.to_string())
        }
        SignedBy::Header | SignedBy::Form => check,
    }
}

/// The order of a version that follows the current one.
pub fn next_seq(now: Timestamp, before: Option<u64>) -> u64 {
    let now = u64::try_from(now.millis())
        .unwrap_or(0)
        .saturating_mul(1000);
    before.map_or(now, |it| now.max(it.saturating_add(1)))
}

/// What a version is called in answers; nothing where the bucket never kept any.
pub fn shown_version(
    bucket: &Bucket,
    key: &str,
    object: &crate::records::Object,
) -> Option<String> {
    if bucket.versioning == Versioning::Off {
        return None;
    }
    Some(version_of(bucket, key, object))
}

pub fn version_of(bucket: &Bucket, key: &str, object: &crate::records::Object) -> String {
    match object.null {
        true => "null".to_owned(),
        false => names::version_id(&bucket.id, key, object.seq),
    }
}
