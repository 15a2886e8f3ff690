//! A second factor that comes with a request for credentials.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use wharf_base::{Permit, Timestamp};
use wharf_seal::OpenError;
use wharf_service::transact;
use wharf_wire::{Caller, CallerKind};

use super::{ACCOUNT, Directory, DirectoryError};
use crate::{
    names::entity_arn,
    records::{AccountRecord, MfaDeviceRecord, Stored, UserRecord, folded},
    totp,
};

/// Wrong codes for one device within [`SPAN`]; then no code counts, right or wrong, until it is over.
/// A guess has three chances in a million.
const MOST_WRONG: u32 = 10;
const SPAN: Duration = Duration::from_secs(3_600);
/// Devices that somebody guesses at. When there are more, all are forgotten.
const MAX_GUESSED: usize = 16_384;

/// How a code fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Right,
    Wrong,
    /// No device of the caller's has that serial number.
    NoDevice,
}

/// Wrong codes of late.
#[derive(Debug, Default)]
pub(super) struct Guesses(Mutex<HashMap<String, (u32, Timestamp)>>);

impl Guesses {
    fn are_too_many(&self, device: &str, now: Timestamp) -> bool {
        let guesses = self.0.lock();
        let (count, since) = guesses.get(device).copied().unwrap_or_default();
        count >= MOST_WRONG && now.since(since) < SPAN
    }

    fn note(&self, device: &str, now: Timestamp) {
        let mut guesses = self.0.lock();
        if guesses.len() >= MAX_GUESSED && !guesses.contains_key(device) {
            guesses.clear();
        }
        let (count, since) = guesses.entry(device.to_owned()).or_insert((0, now));
        if now.since(*since) >= SPAN {
            (*count, *since) = (0, now);
        }
        *count += 1;
    }

    fn forget(&self, device: &str) {
        self.0.lock().remove(device);
    }
}

impl Directory {
    /// Holds a code against the caller's device and spends it: a code counts once, whatever server is
    /// asked, since the write compares what was read.
    pub(crate) async fn show_second_factor(
        &self,
        permit: &Permit,
        caller: &Caller,
        serial: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<Shown, DirectoryError> {
        let account = caller.account.as_str();
        let Some((_, _, name)) = entity_arn(serial, "mfa").filter(|(it, ..)| *it == account) else {
            return Ok(Shown::NoDevice);
        };
        let id = folded(name);
        let key = MfaDeviceRecord::key(account, &id);
        let owner = match caller.kind {
            CallerKind::Account => Some(AccountRecord::key(account, ACCOUNT)),
            CallerKind::User => {
                let user = entity_arn(&caller.arn, "user");
                user.map(|(_, _, name)| UserRecord::key(account, &folded(name)))
            }
            _ => None,
        };
        let Some(owner) = owner else {
            return Ok(Shown::NoDevice);
        };
        if self.guesses.are_too_many(&key, now) {
            return Ok(Shown::Wrong);
        }
        let given = totp::read(code);
        let step = totp::step_at(now.millis().div_euclid(1000));
        let shown: Result<Shown, DirectoryError> = async {
            Ok(transact!(self.records(), permit, |tx| {
                let devices = match caller.kind {
                    CallerKind::Account => {
                        let account: Option<AccountRecord> = tx.find(&owner).await?;
                        account.map(|it| it.mfa_devices)
                    }
                    _ => {
                        let user: Option<UserRecord> = tx.find(&owner).await?;
                        let same = user.filter(|it| it.id == caller.user_id);
                        same.map(|it| it.mfa_devices)
                    }
                };
                if !devices.is_some_and(|it| it.contains(&id)) {
                    return Ok(Shown::NoDevice);
                }
                let device: Option<MfaDeviceRecord> = tx.find(&key).await?;
                let Some(mut device) = device.filter(|it| it.arn(account) == serial) else {
                    return Ok(Shown::NoDevice);
                };
                let seed = self
                    .keyring()
                    .open(&device.seed, &MfaDeviceRecord::purpose(&device.id))
                    .map_err(|_: OpenError| DirectoryError::Sealed(OpenError::Refused))?;
                let accepted = given
                    .and_then(|given| totp::accept(seed.expose(), device.position(), given, step));
                let Some(position) = accepted else {
                    return Ok(Shown::Wrong);
                };
                (device.spent, device.ahead) = (position.spent, position.ahead);
                tx.put(key.clone(), &device);
                Shown::Right
            }))
        }
        .await;
        let shown = shown?;
        match shown {
            Shown::Right => self.guesses.forget(&key),
            Shown::Wrong => self.guesses.note(&key, now),
            Shown::NoDevice => {}
        }
        Ok(shown)
    }
}
