//! The right to write: a value that only an authorised call or a named controller holds.

/// Handed to every write of the store. It exists so that no path from the wire can reach the store
/// without IAM having said yes: operations receive one inside their `Call`, after the dispatcher
/// evaluated the operation's authorisation row; background loops hold one in their own name.
///
/// The two constructors are called in exactly two places each test run checks (`xtask check`):
/// the wire dispatcher, and a controller's set-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    holder: Holder,
    gives_back: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Holder {
    /// An API call that IAM allowed; the caller's ARN.
    Caller(String),
    /// A part of wharf itself.
    Controller(&'static str),
}

impl Permit {
    /// For the dispatcher alone, after IAM allowed the call of `caller`.
    pub fn after_authorization(caller: &str) -> Self {
        Self {
            holder: Holder::Caller(caller.to_owned()),
            gives_back: false,
        }
    }

    /// For a controller's own loop, named as it appears in logs.
    pub const fn for_controller(name: &'static str) -> Self {
        Self {
            holder: Holder::Controller(name),
            gives_back: false,
        }
    }

    /// The same right for a write that gives room back in the end, though it adds a record at first: a mark that something is to be
    /// deleted, or what is moved away. Accounts have a reserve for these beyond their share, and what a controller writes so
    /// has that of the disk.
    pub fn giving_back(&self) -> Self {
        Self {
            holder: self.holder.clone(),
            gives_back: true,
        }
    }

    /// Whether what it writes gives room back in the end: see [`Self::giving_back`].
    pub fn gives_back(&self) -> bool {
        self.gives_back
    }

    /// Whether the disk's reserve is for what it writes. Calls have it for what takes no more room than before: they come again
    /// and again.
    pub fn has_reserve(&self) -> bool {
        self.gives_back && !self.is_of_call()
    }

    /// Whether an API call writes rather than a part of wharf itself.
    pub fn is_of_call(&self) -> bool {
        matches!(self.holder, Holder::Caller(_))
    }

    /// Who writes, for the audit record.
    pub fn holder(&self) -> &str {
        match &self.holder {
            Holder::Caller(arn) => arn,
            Holder::Controller(name) => name,
        }
    }
}
