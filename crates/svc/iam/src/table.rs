//! IAM's records by account and id, over the kit's tables.

use wharf_base::Permit;
use wharf_service::Outcome;
use wharf_wire::Fault;

use crate::{fault::IamFaults, records::Stored};

/// The records of all accounts.
pub(crate) type Records = wharf_service::Table<IamFaults>;
/// A record could not be read or written.
pub(crate) type ChangeError = wharf_service::ChangeError<IamFaults>;

/// One try of a change in an account: everything read must still stand when it is written.
pub(crate) struct Changes<'a> {
    changes: wharf_service::Changes<'a, IamFaults>,
    account: &'a str,
}

impl<'a> Changes<'a> {
    pub(crate) fn new(records: &'a Records, account: &'a str) -> Self {
        Self {
            changes: records.begin(),
            account,
        }
    }

    pub(crate) fn account(&self) -> &'a str {
        self.account
    }

    /// Reads a record as it stood before this change, and insists that it stays so.
    pub(crate) async fn find<T: Stored>(&mut self, id: &str) -> Result<Option<T>, Fault> {
        Ok(self.changes.find(&T::key(self.account, id)).await?)
    }

    /// The same of another account.
    pub(crate) async fn find_in<T: Stored>(
        &mut self,
        account: &str,
        id: &str,
    ) -> Result<Option<T>, Fault> {
        Ok(self.changes.find(&T::key(account, id)).await?)
    }

    pub(crate) fn put<T: Stored>(&mut self, id: &str, record: &T) {
        self.changes.put(T::key(self.account, id), record);
    }

    pub(crate) fn delete<T: Stored>(&mut self, id: &str) {
        self.changes.delete(T::key(self.account, id));
    }

    /// See [`wharf_service::Changes::commit`].
    pub(crate) async fn commit(self, permit: &Permit) -> Result<Outcome, ChangeError> {
        self.changes.commit(permit).await
    }
}

/// The records of a call's account, as [`wharf_service::transact!`] begins with them.
pub(crate) struct Own<'a> {
    pub(crate) records: &'a Records,
    pub(crate) account: &'a str,
}

impl<'a> Own<'a> {
    pub(crate) fn begin(&self) -> Changes<'a> {
        Changes::new(self.records, self.account)
    }

    pub(crate) fn conflict(&self, key: String) -> ChangeError {
        self.records.conflict(key)
    }
}

/// Runs a change in the account of a call; see [`wharf_service::transact!`].
macro_rules! change {
    ($cx:expr, |$tx:ident| $body:block) => {{
        let own = $crate::table::Own {
            records: $cx.store(),
            account: $cx.account(),
        };
        wharf_service::transact!(own, $cx.permit(), |$tx| $body)
    }};
}
pub(crate) use change;

/// One record, outside any change.
pub(crate) async fn find<T: Stored>(
    records: &Records,
    account: &str,
    id: &str,
) -> Result<Option<T>, Fault> {
    let found = records.read(&T::key(account, id)).await?;
    Ok(found.map(|it| it.record))
}

/// The records of one kind that `fits` accepts, in the order of their ids, behind `after`; at most
/// `limit`, and whether there are more.
pub(crate) async fn scan<T: Stored>(
    records: &Records,
    account: &str,
    after: Option<&str>,
    limit: usize,
    fits: impl Fn(&T) -> bool,
) -> Result<(Vec<T>, bool), Fault> {
    let (prefix, after) = (T::prefix(account), after.map(|id| T::key(account, id)));
    let found = records.page::<T>(&prefix, after, limit, |it| fits(&it.record));
    let found = found.await?;
    let all = found.records.into_iter().map(|it| it.record);
    Ok((all.collect(), found.more))
}

/// All of them.
pub(crate) async fn all<T: Stored>(records: &Records, account: &str) -> Result<Vec<T>, Fault> {
    Ok(scan(records, account, None, usize::MAX, |_| true).await?.0)
}

pub(crate) async fn count<T: Stored>(records: &Records, account: &str) -> Result<usize, Fault> {
    Ok(records.count(&T::prefix(account)).await?)
}

#[cfg(test)]
mod tests {
    use wharf_seal::Keyring;
    use wharf_service::Pages;

    use super::*;

    #[test]
    fn a_marker_of_the_longest_name_fits_the_model() {
        let keyring = Keyring::in_memory();
        let pages = Pages::<IamFaults>::at(&keyring, "1", "", "iam", &["x"]);
        assert!(pages.token(&"x".repeat(128)).len() <= 320);
    }
}
