//! Who signs a request, and what they may do.
//!
//! Everything is read from the store on every request and so is as fresh as the store; what is
//! expensive, decoding records and compiling policies, is kept in memory under the revision of the
//! record it was made from. A changed record has another revision, so nothing is ever invalidated
//! and nothing can be stale.
mod accesses;
mod certificates;
mod compiled;
mod effective_policies;
mod identify;
mod keys;
mod members;
mod principals;
mod second_factor;

use std::{collections::HashMap, error::Error, sync::Arc};

use parking_lot::{Mutex, MutexGuard};
use wharf_base::Timestamp;
use wharf_iam::{CompiledPolicy, DocumentKind};
use wharf_records::RecordError;
use wharf_seal::{Keyring, OpenError};
use wharf_service::Cause;
use wharf_store::{Store, StoreError};

use crate::{
    accesses::Accesses,
    table::{ChangeError, Records},
};

pub use certificates::ServerCertificate;
pub(crate) use compiled::KnownRole;
use compiled::Ready;
pub(crate) use effective_policies::Standing;
pub use identify::{Identified, IdentifyError};
pub use keys::Credentials;
pub use members::{CloseError, CreateError, Member, NewMember};
pub(crate) use second_factor::Shown;

/// The id of an account's own record.
pub(crate) const ACCOUNT: &str = "account";

/// Looks up keys, tokens and policies.
#[derive(Debug)]
pub struct Directory {
    records: Records,
    keyring: Keyring,
    ready: Mutex<HashMap<String, Ready>>,
    documents: Mutex<HashMap<DocumentKind, HashMap<String, Arc<CompiledPolicy>>>>,
    /// When each key's use was last written down.
    noted: Mutex<HashMap<String, Timestamp>>,
    /// Last uses of services that are not written yet.
    accesses: Accesses,
    /// Where the ids of users and roles were last seen.
    places: principals::Places,
    /// Wrong codes of second factors.
    guesses: second_factor::Guesses,
}

/// The directory could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("cannot read the directory")]
    Store(#[from] StoreError),
    #[error("a record of the directory cannot be used")]
    Record(#[from] RecordError),
    #[error("a secret of the directory stays sealed")]
    Sealed(#[from] OpenError),
    #[error("cannot change the directory")]
    Change(#[source] Box<dyn Error + Send + Sync>),
}

impl From<ChangeError> for DirectoryError {
    fn from(error: ChangeError) -> Self {
        match error.cause {
            Cause::Store(error) => Self::Store(error),
            Cause::Record(error) => Self::Record(error),
            Cause::Fenced | Cause::Other(_) => Self::Change(Box::new(error)),
        }
    }
}

impl Directory {
    pub fn new(store: Store, keyring: Keyring) -> Self {
        Self {
            records: Records::new(store),
            keyring,
            ready: Mutex::default(),
            documents: Mutex::default(),
            noted: Mutex::default(),
            accesses: Accesses::default(),
            places: principals::Places::default(),
            guesses: second_factor::Guesses::default(),
        }
    }

    pub(crate) fn records(&self) -> &Records {
        &self.records
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }
}

/// Both maps hold whole values whatever happened to another thread.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}
