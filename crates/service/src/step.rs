//! Why a reconciler tries a key again, and what each of its writes compares.

use std::error::Error;

use wharf_reconcile::{Next, Shard};
use wharf_store::Compare;
use wharf_wire::{Fault, fault::Chain};

use crate::{ChangeError, Faults};

/// Why a key is tried again.
#[derive(Debug, thiserror::Error)]
pub enum StepError<F: Faults> {
    #[error("{}", Chain(.0))]
    Change(#[from] ChangeError<F>),
    /// A call of another service failed.
    #[error("{action}: {fault}")]
    Neighbour { action: &'static str, fault: Fault },
    #[error("the shard is not ours yet")]
    NoShard,
    /// A step of the service's own.
    #[error("{}", Chain(&**.0))]
    Other(Box<dyn Error + Send + Sync>),
}

/// The end of a look that one change was all of. If somebody came between, their write wakes the key
/// again; so does ours, if there is more to do.
///
/// # Errors
/// The change failed otherwise.
pub fn settled<F: Faults>(done: Result<(), ChangeError<F>>) -> Result<Next, StepError<F>> {
    match done {
        Err(error) if error.is_conflict() => Ok(Next::Settled),
        done => done.map(|()| Next::Settled).map_err(StepError::from),
    }
}

impl<F: Faults> StepError<F> {
    /// A step of the service's own failed.
    pub fn other(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Other(Box::new(cause))
    }
}

/// What every write of a reconciler compares: a server that lost its shard stops writing.
///
/// # Errors
/// [`StepError::NoShard`] while another server holds it.
pub fn fence<F: Faults>(shard: &Shard) -> Result<Compare, StepError<F>> {
    shard.fence().ok_or(StepError::NoShard)
}
