//! Where a caller's records live.

use wharf_records::Scope;
use wharf_wire::Context;

/// An account in a region: where the records of a call live and what its ARNs carry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub account: String,
    pub region: String,
}

impl Place {
    pub fn new(account: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            region: region.into(),
        }
    }

    pub fn of(cx: &Context) -> Self {
        Self::new(&cx.account, &cx.region)
    }

    pub fn of_scope(scope: &Scope) -> Self {
        Self::new(&scope.account, &scope.region)
    }
}
