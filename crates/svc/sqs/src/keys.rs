//! Data keys of queues: wharf's own, one for each account and region, and those that KMS makes for a caller and
//! a queue, used again for as long as the queue says.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use wharf_api_sqs::faults;
use wharf_datakeys::Context;
use wharf_records::Scope;
use wharf_seal::Sealed;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    cipher::{DataKey, KEY_BYTES},
    core::Core,
    fault,
    machine::Millis,
    names::{QueueId, SERVICE},
    records::{self, MANAGED_KEY, OfKms},
    settings::Settings,
};

/// How policies of keys name this service.
const PRINCIPAL: &str = "sqs.amazonaws.com";
/// Open keys kept of the callers of one account, so that nobody's callers displace others'; beyond it those go whose
/// time ends first.
const MOST_KEPT: usize = 1024;

/// Who may use an open key: a caller, for a key by its id, in a place.
type User = (Place, String, String);

/// An open key, with its id.
#[derive(Clone)]
pub struct Usable {
    pub id: String,
    pub key: Arc<DataKey>,
}

#[derive(Default)]
pub struct Keys {
    managed: Mutex<HashMap<Place, Arc<DataKey>>>,
    /// What callers seal with, by place, caller, and queue with its key.
    sealing: Kept<Usable>,
    /// What callers opened, by place, caller and id.
    opened: Kept<Arc<DataKey>>,
}

/// What the callers of an account use again until a time.
type OfCallers<T> = HashMap<User, (Millis, T)>;

/// The same, by their accounts.
struct Kept<T>(Mutex<HashMap<String, OfCallers<T>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Kept<T> {
    fn remember(&self, account: &str, user: User, until: Millis, now: Millis, of: T) {
        let mut accounts = self.0.lock();
        let kept = accounts.entry(account.to_owned()).or_default();
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, (until, _)| *until > now);
        }
        if kept.len() >= MOST_KEPT
            && let Some((first, _)) = kept.iter().min_by_key(|(_, (until, _))| *until)
        {
            let first = first.clone();
            kept.remove(&first);
        }
        kept.insert(user, (until, of));
    }

    fn recall(&self, account: &str, user: &User, now: Millis) -> Option<T> {
        let accounts = self.0.lock();
        let found = accounts.get(account)?.get(user);
        let found = found.filter(|(until, _)| *until > now);
        found.map(|(_, it)| it.clone())
    }
}

/// What a data key's record is sealed for.
pub fn purpose(place: &Place, id: &str) -> String {
    format!("sqs/data-key/{}/{}/{id}", place.account, place.region)
}

pub fn key(place: &Place, id: &str) -> String {
    use wharf_records::Record as _;
    Scope::new(SERVICE, &place.account, &place.region).key(records::DataKey::KIND, id)
}

/// The key that a message to a queue is sealed with; `None` where the queue wants none.
pub async fn sealing(
    core: &Core,
    call: &Call,
    queue: &QueueId,
    settings: &Settings,
) -> Result<Option<Usable>, Fault> {
    match &settings.kms_key {
        Some(kms_key) => of_kms(core, call, queue, settings, kms_key).await.map(Some),
        None if settings.managed_sse => Ok(Some(Usable {
            id: MANAGED_KEY.to_owned(),
            key: managed(core, call, &queue.place).await?,
        })),
        None => Ok(None),
    }
}

/// The key that opens a message.
pub async fn opening(
    core: &Core,
    call: &Call,
    place: &Place,
    id: &str,
    reuse_s: u32,
) -> Result<Arc<DataKey>, Fault> {
    if id == MANAGED_KEY {
        return managed(core, call, place).await;
    }
    let caller = call.caller.account.clone();
    let user = (place.clone(), call.caller.arn.clone(), id.to_owned());
    let now = core.now();
    if let Some(key) = core.keys.opened.recall(&caller, &user, now) {
        return Ok(key);
    }
    let stored = core.table.read::<records::DataKey>(&key(place, id)).await?;
    let stored = stored.ok_or_else(|| fault::unreadable(&NoKey))?.record;
    let sealed = core.parts.keyring.open(&stored.sealed, &purpose(place, id));
    let sealed = sealed.map_err(|cause| fault::unreadable(&cause))?;
    let queue = stored.kms.map(|it| it.queue).unwrap_or_default();
    let call = call.forwarded_by(PRINCIPAL);
    let (kms, sealed) = (&*core.parts.kms, sealed.expose().to_vec());
    let opened = wharf_datakeys::open(kms, &call, sealed, context(&queue)).await;
    let key = Arc::new(DataKey::from(opened.map_err(refused)?.into_secret()));
    let until = now + Millis::from(reuse_s) * 1000;
    (core.keys.opened).remember(&caller, user, until, now, key.clone());
    Ok(key)
}

#[derive(Debug, thiserror::Error)]
#[error("the data key of a message is gone")]
struct NoKey;

/// Wharf's own, made at first need.
async fn managed(core: &Core, call: &Call, place: &Place) -> Result<Arc<DataKey>, Fault> {
    if let Some(key) = core.keys.managed.lock().get(place) {
        return Ok(key.clone());
    }
    let (keyring, purpose) = (&core.parts.keyring, purpose(place, MANAGED_KEY));
    let at = key(place, MANAGED_KEY);
    let sealed: Sealed = transact!(core.table, &call.permit, |tx| {
        match tx.find::<records::DataKey>(&at).await? {
            Some(found) => found.sealed,
            None => {
                let made = records::DataKey {
                    sealed: keyring.seal(&rand::random::<[u8; KEY_BYTES]>(), &purpose),
                    kms: None,
                    made_at: call.now,
                    unknown: Default::default(),
                };
                tx.put(&at, &made);
                made.sealed
            }
        }
    });
    let opened = keyring.open(&sealed, &purpose);
    let key = Arc::new(DataKey::from(
        opened.map_err(|cause| fault::unreadable(&cause))?,
    ));
    core.keys.managed.lock().insert(place.clone(), key.clone());
    Ok(key)
}

fn context(queue: &str) -> Context {
    Context::from([("aws:sqs:arn".to_owned(), queue.to_owned())])
}

async fn of_kms(
    core: &Core,
    call: &Call,
    queue: &QueueId,
    settings: &Settings,
    kms_key: &str,
) -> Result<Usable, Fault> {
    let (place, now) = (&queue.place, core.now());
    let arn = queue.arn();
    let account = call.caller.account.as_str();
    let user = (
        place.clone(),
        call.caller.arn.clone(),
        format!("{arn} {kms_key}"),
    );
    if let Some(usable) = core.keys.sealing.recall(account, &user, now) {
        return Ok(usable);
    }
    let asking = call.forwarded_by(PRINCIPAL);
    let kms = &*core.parts.kms;
    let made = wharf_datakeys::make(kms, &asking, &named(kms_key), context(&arn)).await;
    let made = made.map_err(refused)?;
    let id = wharf_base::ids::hex32();
    let record = records::DataKey {
        sealed: core.parts.keyring.seal(&made.sealed, &purpose(place, &id)),
        kms: Some(OfKms { queue: arn }),
        made_at: call.now,
        unknown: Default::default(),
    };
    let at = key(place, &id);
    transact!(core.table, &call.permit, |tx| {
        tx.put(&at, &record);
    });
    let usable = Usable {
        id,
        key: Arc::new(DataKey::from(made.open.into_secret())),
    };
    let until = now + Millis::from(settings.kms_reuse_s) * 1000;
    (core.keys.sealing).remember(account, user, until, now, usable.clone());
    Ok(usable)
}

/// The key as KMS knows it: queues may name the one of AWS for SQS without its prefix.
fn named(key: &str) -> String {
    match key {
        "aws/sqs" => "alias/aws/sqs".to_owned(),
        other => other.to_owned(),
    }
}

/// What callers of this service learn of a refusal by KMS.
fn refused(fault: Fault) -> Fault {
    match &*fault.code {
        "AccessDeniedException" => faults::kms_access_denied(fault.message),
        "ThrottlingException" => faults::kms_throttled(fault.message),
        "DisabledException" => faults::kms_disabled(fault.message),
        "NotFoundException" => faults::kms_not_found(fault.message),
        "KMSInvalidStateException" => faults::kms_invalid_state(fault.message),
        "InvalidKeyUsageException" => faults::kms_invalid_key_usage(fault.message),
        _ => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_account_displaces_what_another_uses() {
        let kept = Kept::default();
        let user = |name: usize| {
            let place = Place::new("000000000000", "us-east-1");
            (place, name.to_string(), String::new())
        };
        kept.remember("b", user(0), 100, 0, "b's");
        for name in 0..=MOST_KEPT {
            kept.remember("a", user(name), 100 + name as u64, 0, "a's");
        }
        assert_eq!(kept.recall("b", &user(0), 50), Some("b's"));
        assert_eq!(kept.recall("a", &user(0), 50), None, "it would end first");
        assert_eq!(kept.recall("a", &user(1), 50), Some("a's"));
        assert_eq!(kept.recall("a", &user(MOST_KEPT), 50), Some("a's"));
        assert_eq!(kept.0.lock()["a"].len(), MOST_KEPT);
        assert_eq!(kept.recall("b", &user(0), 100), None, "its time is over");
    }
}
