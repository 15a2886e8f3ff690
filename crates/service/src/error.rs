//! Why a record could not be read or changed, and what each service says of it.

use std::{error::Error, fmt, marker::PhantomData};

use wharf_base::ShareFull;
use wharf_records::RecordError;
use wharf_store::StoreError;
use wharf_wire::Fault;

/// The sentences of one service.
pub trait Faults: fmt::Debug + 'static {
    /// Something on our side. The cause is logged in full, the caller learns nothing of it.
    fn internal(cause: &dyn Error) -> Fault;

    /// Every try was lost to another writer; nothing is wrong with the request.
    fn conflict(cause: &StoreError) -> Fault {
        Self::internal(cause)
    }

    /// The account has used up its share of the store; `cause` says so to the caller. Services whose model has another
    /// error for a quota answer that one.
    fn full(cause: &ShareFull) -> Fault {
        Fault::sender("LimitExceededException", 400, cause.to_string())
    }

    /// A page token that was not made for this list.
    fn bad_token() -> Fault;
}

/// For records that only wharf's own parts touch: their errors go to logs and to no caller.
#[derive(Debug)]
pub enum Unspoken {}

impl Faults for Unspoken {
    fn internal(cause: &dyn Error) -> Fault {
        Fault::receiver("InternalFailure", 500, "", cause)
    }

    fn bad_token() -> Fault {
        Fault::sender("InvalidNextToken", 400, "")
    }
}

/// A record could not be read or written, in a service that says so by `F`.
pub struct ChangeError<F> {
    pub cause: Cause,
    faults: PhantomData<fn() -> F>,
}

/// What was in the way.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    #[error("the store")]
    Store(#[source] StoreError),
    #[error("a record")]
    Record(#[source] RecordError),
    /// The fence of a transaction fell: another server reconciles now.
    #[error("the shard is held by another server")]
    Fenced,
    /// A step of the service's own.
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
}

impl<F> ChangeError<F> {
    pub fn new(cause: Cause) -> Self {
        Self {
            cause,
            faults: PhantomData,
        }
    }

    /// Every try was lost to another writer of `key`.
    pub fn conflict(key: impl Into<String>) -> Self {
        Self::new(Cause::Store(StoreError::Conflict { key: key.into() }))
    }

    /// Whether another writer was faster.
    pub fn is_conflict(&self) -> bool {
        matches!(self.cause, Cause::Store(StoreError::Conflict { .. }))
    }

    pub fn fenced() -> Self {
        Self::new(Cause::Fenced)
    }

    /// A step of the service's own failed.
    pub fn other(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::new(Cause::Other(Box::new(cause)))
    }

    pub fn is_fenced(&self) -> bool {
        matches!(self.cause, Cause::Fenced)
    }
}

impl<F> From<StoreError> for ChangeError<F> {
    fn from(error: StoreError) -> Self {
        Self::new(Cause::Store(error))
    }
}

impl<F> From<RecordError> for ChangeError<F> {
    fn from(error: RecordError) -> Self {
        Self::new(Cause::Record(error))
    }
}

impl<F> From<wharf_seal::OpenError> for ChangeError<F> {
    fn from(error: wharf_seal::OpenError) -> Self {
        Self::other(error)
    }
}

impl<F: Faults> From<ChangeError<F>> for Fault {
    fn from(error: ChangeError<F>) -> Self {
        match &error.cause {
            Cause::Store(conflict @ StoreError::Conflict { .. }) => F::conflict(conflict),
            Cause::Store(StoreError::ShareFull(full)) => F::full(full),
            cause => F::internal(cause),
        }
    }
}

impl<F> fmt::Debug for ChangeError<F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.cause, out)
    }
}

impl<F> fmt::Display for ChangeError<F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.cause, out)
    }
}

impl<F> Error for ChangeError<F> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}
