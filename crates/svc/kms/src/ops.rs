//! The operations, a file a resource.

pub mod agreement;
pub mod alias;
pub mod create;
pub mod data_keys;
pub mod deletion;
pub mod encrypt;
pub mod grants;
pub mod import;
pub mod keys;
pub mod mac;
pub mod policy;
pub mod random;
pub mod replicas;
pub mod rotation;
pub mod sign;
pub mod tags;

use wharf_service::Shares;
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, Found, Target},
    fault,
    material::Failed,
    spec::Usage,
};

/// What every use of a key asks for first.
pub struct Use<'a> {
    pub key_id: Option<&'a str>,
    pub usage: Usage,
    /// `Encrypt`
    pub operation: &'static str,
    pub grant_tokens: Option<&'a [String]>,
}

impl Use<'_> {
    /// The key, if it can be used like this now. A service's own is made when it is first used.
    ///
    /// # Errors
    /// There is none; it is disabled, waits for deletion, or is for other things; a grant token is none.
    pub async fn key(&self, core: &Core, call: &Call) -> Result<Found, Fault> {
        grants::check_tokens(core, self.grant_tokens)?;
        let found = find_or_make(core, call, self.key_id).await?.usable()?;
        let usage = found.key().usage;
        match usage == self.usage {
            true => Ok(found),
            false => {
                let arn = found.arn();
                Err(fault::wrong_usage(&arn, usage.name(), self.operation))
            }
        }
    }
}

/// As [`Core::find`]; a service's own key is made when it is first asked for.
///
/// # Errors
/// There is none; the store's.
pub async fn find_or_make(core: &Core, call: &Call, key_id: Option<&str>) -> Result<Found, Fault> {
    let place = wharf_service::Place::of(call);
    let target = core.target(&place, key_id.unwrap_or_default()).await?;
    if let Target::Unmade(manager) = target {
        create::managed(core, call, &place, manager).await?;
    }
    core.find(&place, key_id).await
}

/// Ends a request that only asks whether it would succeed.
///
/// # Errors
/// That it would.
pub fn not_dry(dry_run: Option<bool>) -> Result<(), Fault> {
    match dry_run {
        Some(true) => Err(fault::dry_run()),
        _ => Ok(()),
    }
}

/// Runs what takes long away from the tasks that serve others.
///
/// # Errors
/// The work's, as an error of ours.
pub async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failed> + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| fault::internal(&error))?;
    done.map_err(|error| fault::internal(&error))
}

/// The same in the account's turn. Whoever waits for the work may go before it ends: the turn ends with the work.
///
/// # Errors
/// As [`apart`].
pub async fn in_turn<T: Send + 'static>(
    turns: &Shares,
    account: &str,
    work: impl FnOnce() -> Result<T, Failed> + Send + 'static,
) -> Result<T, Fault> {
    let turn = turns.take(account).await;
    apart(move || {
        let _turn = turn;
        work()
    })
    .await
}
