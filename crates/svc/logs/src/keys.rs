//! Data keys of groups and lookup tables under keys of KMS. KMS makes and opens them for the service itself,
//! `logs.<region>.amazonaws.com`, so a key's policy has to let that in, as with AWS.
//!
//! What was opened is used again for some seconds and a refusal for one, and one asks for all who wait: KMS is
//! asked at most so often for a data key, however many events come and go, and a key that is disabled shuts its
//! events within that time.

use std::{collections::HashMap, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use parking_lot::Mutex;
use wharf_api_kms::Kms;
use wharf_base::{Permit, Timestamp};
use wharf_datakeys::Context as Bound;
use wharf_records::{Record as _, Scope};
use wharf_service::Table;
use wharf_wire::{Call, Context, Fault};

use crate::{
    cipher::DataKey,
    fault::{self, LogsFaults},
    records::{self, Group},
};

const PERMIT: Permit = Permit::for_controller("logs-keys");
/// How long a data key that was opened is used.
pub const USED_FOR: Duration = Duration::from_secs(10);
/// How long a refusal is not asked about again.
const REFUSED_FOR: Duration = Duration::from_secs(1);
/// Data keys remembered; beyond it those whose time is over go.
const MOST_KEPT: usize = 4096;

/// What KMS last said of a data key, and until when that counts. One asks at a time.
type Slot = Arc<tokio::sync::Mutex<Option<(Timestamp, Result<Arc<DataKey>, Fault>)>>>;

pub struct Keys {
    kms: Arc<dyn Kms>,
    table: Table<LogsFaults>,
    /// By their records.
    opened: Mutex<HashMap<String, Slot>>,
}

impl Keys {
    pub fn new(kms: Arc<dyn Kms>, table: Table<LogsFaults>) -> Self {
        Self {
            kms,
            table,
            opened: Mutex::default(),
        }
    }

    /// A new data key for a group, or a lookup table, with that ARN, and what it seals with; the caller stores it.
    pub async fn make(
        &self,
        cx: &Context,
        group: &str,
        arn: &str,
        kms_key: &str,
    ) -> Result<(records::DataKey, DataKey), Fault> {
        let call = asking(&cx.account, &cx.region, arn, cx.now);
        let made = wharf_datakeys::make(&*self.kms, &call, kms_key, bound(arn)).await;
        let made = made.map_err(|cause| fault::key_refused(cause, arn))?;
        let record = records::DataKey {
            id: rand::random(),
            group_id: group.to_owned(),
            group_arn: arn.to_owned(),
            kms_key: made.key,
            sealed: BASE64.encode(made.sealed),
            made_at: cx.now,
            unknown: Default::default(),
        };
        let open = DataKey::new(record.id, made.open);
        Ok((record, open))
    }

    /// Opens a data key of a group, or knows it from before.
    pub async fn open(
        &self,
        scope: &Scope,
        group: &str,
        id: u64,
        now: Timestamp,
    ) -> Result<Arc<DataKey>, Fault> {
        let at = record_key(scope, group, id);
        let slot = self.slot(&at, now);
        let mut slot = slot.lock().await;
        if let Some((until, known)) = &*slot
            && now < *until
        {
            return known.clone();
        }
        let opened = self.ask(scope, &at, now).await;
        let lasts = match &opened {
            Ok(_) => USED_FOR,
            Err(_) => REFUSED_FOR,
        };
        *slot = Some((now + lasts, opened.clone()));
        opened
    }

    fn slot(&self, at: &str, now: Timestamp) -> Slot {
        let mut opened = self.opened.lock();
        if opened.len() >= MOST_KEPT && !opened.contains_key(at) {
            let over = |slot: &Slot| {
                let known = slot.try_lock();
                known.is_ok_and(|it| it.as_ref().is_none_or(|(until, _)| *until <= now))
            };
            opened.retain(|_, slot| !over(slot));
        }
        match opened.get(at) {
            Some(slot) => slot.clone(),
            // With so many in use this one is asked for each time.
            None if opened.len() >= MOST_KEPT => Slot::default(),
            None => opened.entry(at.to_owned()).or_default().clone(),
        }
    }

    async fn ask(&self, scope: &Scope, at: &str, now: Timestamp) -> Result<Arc<DataKey>, Fault> {
        let stored = self.table.read::<records::DataKey>(at).await?;
        let stored = stored.ok_or_else(|| fault::unreadable(&NoKey))?.record;
        let arn = &stored.group_arn;
        let call = asking(&scope.account, &scope.region, arn, now);
        let sealed = BASE64.decode(&stored.sealed);
        let sealed = sealed.map_err(|cause| fault::unreadable(&cause))?;
        let opened = wharf_datakeys::open(&*self.kms, &call, sealed, bound(arn)).await;
        let opened = opened.map_err(|cause| fault::key_refused(cause, arn))?;
        Ok(Arc::new(DataKey::new(stored.id, opened)))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the data key of a log group is gone")]
struct NoKey;

/// Where the record of a data key is.
pub fn record_key(scope: &Scope, group: &str, id: u64) -> String {
    let id = format!("{}{id:016x}", Group::key_prefix(group));
    scope.key(records::DataKey::KIND, &id)
}

/// What a data key is bound to.
fn bound(arn: &str) -> Bound {
    Bound::from([("aws:logs:arn".to_owned(), arn.to_owned())])
}

/// The service's own call of KMS, for a group.
fn asking(account: &str, region: &str, arn: &str, now: Timestamp) -> Call {
    let service = format!("logs.{region}.amazonaws.com");
    let cx = Context::internal(account, region, &service, now).acting_for(arn.to_owned());
    Call::by_controller(cx, PERMIT)
}
