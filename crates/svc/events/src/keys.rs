//! Data keys of buses and archives under keys of KMS. KMS makes and opens them for the service itself,
//! `events.amazonaws.com`, so a key's policy has to let that in, with the bus as `aws:events:event-bus:arn` in the
//! encryption context, as with AWS.
//!
//! What was made or opened is used for some seconds: a key that is disabled shuts what lies under it within that time.

use std::{collections::HashMap, hash::Hash, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use wharf_api_kms::Kms;
use wharf_base::{Permit, Timestamp};
use wharf_datakeys::{Context as Bound, Envelope, Open, Sealer};
use wharf_seal::Secret;
use wharf_wire::{Call, Context, Fault};

use crate::{courier::PRINCIPAL, names::BusName};

const PERMIT: Permit = Permit::for_controller("events-keys");
const PURPOSE: &str = "events/event";
/// How long a data key is used.
const USED_FOR: Duration = Duration::from_secs(10);
/// Data keys remembered of each kind; beyond it all are forgotten, and asked for at need.
const MOST_KEPT: usize = 1024;

/// What of an event is sealed, and for which bus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sealed {
    /// Its ARN.
    pub bus: String,
    #[serde(flatten)]
    pub envelope: Envelope,
}

/// Seals for a bus.
#[derive(Debug)]
pub struct Seals {
    bus: String,
    sealer: Sealer,
}

impl Seals {
    pub fn seal(&self, plain: &[u8]) -> Sealed {
        Sealed {
            bus: self.bus.clone(),
            envelope: self.sealer.seal(plain, PURPOSE),
        }
    }
}

/// Things with the ends of their times.
type Kept<K, T> = Mutex<HashMap<K, (Timestamp, Arc<T>)>>;

pub struct Keys {
    kms: Arc<dyn Kms>,
    /// By bus and key.
    sealing: Kept<(String, String), Seals>,
    /// By what KMS sealed.
    opened: Kept<String, Open>,
}

fn recall<K: Eq + Hash, T>(kept: &Kept<K, T>, key: &K, now: Timestamp) -> Option<Arc<T>> {
    let kept = kept.lock();
    let found = kept.get(key).filter(|(until, _)| now < *until);
    found.map(|(_, it)| it.clone())
}

fn remember<K: Eq + Hash, T>(kept: &Kept<K, T>, key: K, it: T, now: Timestamp) -> Arc<T> {
    let it = Arc::new(it);
    let mut kept = kept.lock();
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    kept.insert(key, (now + USED_FOR, it.clone()));
    it
}

fn bound(bus: &str) -> Bound {
    Bound::from([("aws:events:event-bus:arn".to_owned(), bus.to_owned())])
}

/// The service's own call of KMS, for a bus.
fn asking(bus: &BusName, now: Timestamp) -> Call {
    let place = &bus.place;
    let cx = Context::internal(&place.account, &place.region, PRINCIPAL, now);
    Call::by_controller(cx.acting_for(bus.arn()), PERMIT)
}

impl Keys {
    pub fn new(kms: Arc<dyn Kms>) -> Self {
        Self {
            kms,
            sealing: Kept::default(),
            opened: Kept::default(),
        }
    }

    /// What seals for a bus under a key.
    ///
    /// # Errors
    /// The key cannot be used, or not by the service.
    pub async fn sealing(
        &self,
        bus: &BusName,
        key: &str,
        now: Timestamp,
    ) -> Result<Arc<Seals>, Fault> {
        let (arn, kms) = (bus.arn(), &*self.kms);
        let id = (arn.clone(), key.to_owned());
        if let Some(known) = recall(&self.sealing, &id, now) {
            return Ok(known);
        }
        let made = wharf_datakeys::make(kms, &asking(bus, now), key, bound(&arn)).await?;
        let seals = Seals {
            bus: arn,
            sealer: Sealer::new(&made),
        };
        Ok(remember(&self.sealing, id, seals, now))
    }

    /// Opens what was sealed for a bus.
    ///
    /// # Errors
    /// The key cannot be used, or not by the service; what is kept was changed.
    pub async fn open(&self, sealed: &Sealed, now: Timestamp) -> Result<Secret, Fault> {
        let Sealed { bus, envelope } = sealed;
        let key = match recall(&self.opened, &envelope.key, now) {
            Some(known) => known,
            None => {
                let named = BusName::asked(&wharf_service::Place::new("", ""), Some(bus));
                let call = asking(&named, now);
                let blob = envelope.sealed_key()?;
                let opened = wharf_datakeys::open(&*self.kms, &call, blob, bound(bus)).await?;
                remember(&self.opened, envelope.key.clone(), opened, now)
            }
        };
        envelope.open_by(&key, PURPOSE)
    }
}
