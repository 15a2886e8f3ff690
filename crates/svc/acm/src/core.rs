//! What every operation and loop of the service works with.

use std::sync::Arc;

use tokio::sync::broadcast;
use wharf_base::{Permit, Timestamp};
use wharf_reconcile::{Queue, Shard};
use wharf_records::Record;
use wharf_seal::Sealed;
use wharf_service::{Shares, Stored, Table, queue_of_accounts};
use wharf_wire::Fault;
use zeroize::Zeroizing;

use crate::{
    config::{LookupError, Parts, Usage},
    fault::{self, AcmFaults},
    key::{self, Algorithm, KeyError},
    names::{Certificates as _, Place},
    records::{AccountSettings, Certificate},
};

/// Keys made or encrypted at once, and those of one account: that takes a processor for up to a second.
const COMPUTING_AT_ONCE: usize = 2;
const COMPUTING_OF_ACCOUNT: usize = 1;
/// Changes a slow listener may be behind before it hears that it missed some.
const CHANGES: usize = 256;

pub struct Core {
    pub parts: Parts,
    pub table: Table<AcmFaults>,
    /// Keys of certificates.
    pub certificates: Arc<Queue<String>>,
    pub shard: Shard,
    /// ARNs of certificates that were issued or imported anew.
    pub changes: broadcast::Sender<String>,
    computing: Shares,
}

/// A record could not be read or written.
pub type ChangeError = wharf_service::ChangeError<AcmFaults>;

impl From<LookupError> for ChangeError {
    fn from(error: LookupError) -> Self {
        Self::other(error)
    }
}

/// The key of the certificate of an ARN that a caller gave.
pub fn key_of(place: &Place, arn: Option<&str>) -> Result<String, Fault> {
    let id = place.id(arn)?.ok_or_else(|| missing(place, arn))?;
    Ok(place.scope().key(Certificate::KIND, &id))
}

fn missing(place: &Place, arn: Option<&str>) -> Fault {
    fault::not_found(arn.unwrap_or_default(), &place.account)
}

impl Core {
    pub fn new(parts: Parts) -> Self {
        Self {
            table: Table::new(parts.store.clone()),
            parts,
            certificates: queue_of_accounts(),
            shard: Shard::new("/w1/c0/acm/shard/0"),
            changes: broadcast::Sender::new(CHANGES),
            computing: Shares::new(COMPUTING_AT_ONCE, COMPUTING_OF_ACCOUNT),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// All certificates of a place, with their ids.
    pub async fn all(&self, place: &Place) -> Result<Vec<(String, Certificate)>, ChangeError> {
        let all = self.table.all(&place.scope(), "").await?;
        let records = all.into_iter().map(|(id, stored)| (id, stored.record));
        Ok(records.collect())
    }

    /// `None` where an account has set nothing.
    pub async fn settings(&self, place: &Place) -> Result<Option<AccountSettings>, ChangeError> {
        let found = self.table.read(&Self::settings_key(place)).await?;
        Ok(found.map(|it| it.record))
    }

    pub fn settings_key(place: &Place) -> String {
        place.scope().key(AccountSettings::KIND, "1")
    }

    pub async fn count(&self, place: &Place) -> Result<usize, ChangeError> {
        let prefix = place.scope().prefix(Certificate::KIND);
        self.table.count(&prefix).await
    }

    /// The certificate of an ARN that a caller gave.
    pub async fn find(
        &self,
        place: &Place,
        arn: Option<&str>,
    ) -> Result<Stored<Certificate>, Fault> {
        let found = self.table.read(&key_of(place, arn)?).await?;
        found.ok_or_else(|| missing(place, arn))
    }

    /// Reads, changes and writes a certificate until nobody came between.
    pub async fn change(
        &self,
        permit: &Permit,
        place: &Place,
        arn: Option<&str>,
        change: impl FnMut(&mut Certificate) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let key = key_of(place, arn)?;
        match self.table.change(permit, &key, change).await? {
            Some(_) => Ok(()),
            None => Err(missing(place, arn)),
        }
    }

    /// Who uses the certificate.
    pub async fn usage(&self, place: &Place, arn: &str) -> Result<Usage, ChangeError> {
        let (account, region) = (&place.account, &place.region);
        Ok(self.parts.users.of(account, region, arn).await?)
    }

    /// The key as it is stored for the certificate of this ARN.
    pub fn seal(&self, pair: &rcgen::KeyPair, arn: &str) -> Sealed {
        let pem = Zeroizing::new(pair.serialize_pem());
        let keyring = &self.parts.keyring;
        keyring.seal(pem.as_bytes(), &Certificate::purpose(arn))
    }

    /// Says that the certificate is another now.
    pub fn announce(&self, arn: &str) {
        // Nobody listening is no failure.
        let _ = self.changes.send(arn.to_owned());
    }

    /// A new key pair, made where it keeps nobody waiting.
    pub async fn make_key(
        &self,
        place: &Place,
        algorithm: Algorithm,
    ) -> Result<rcgen::KeyPair, KeyError> {
        self.off_thread(place, move || key::generate(algorithm))
            .await
    }

    /// Long computations, a few at a time, each in the turn of its account.
    pub async fn off_thread<T: Send + 'static>(
        &self,
        place: &Place,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let turn = self.computing.take(&place.account).await;
        let done = tokio::task::spawn_blocking(move || {
            // It goes on when nobody waits for it any more, and keeps its turn.
            let _turn = turn;
            work()
        });
        done.await.expect("working on keys does not panic")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use wharf_testkit::World;

    use super::*;

    #[tokio::test]
    async fn an_account_whose_keys_take_long_keeps_no_others_waiting() {
        let world = World::in_memory();
        let core = Core::new(Parts::new(world.store.clone(), world.keyring.clone()));
        let (busy, other) = (Place::new("1", "us-east-1"), Place::new("2", "us-east-1"));
        let (goes_on, waits) = channel::<()>();
        {
            let begun = core.off_thread(&busy, move || waits.recv().is_err());
            tokio::pin!(begun);
            tokio::select! {
                biased;
                _ = &mut begun => panic!("it waits"),
                () = tokio::task::yield_now() => {}
            }
        }
        // Nobody waits for it any more, and it still takes a processor.
        assert!(core.computing.try_take("1").is_none());
        for number in 0..3 {
            assert_eq!(core.off_thread(&other, move || number).await, number);
        }
        drop(goes_on);
        drop(core.computing.take("1").await);
    }
}
