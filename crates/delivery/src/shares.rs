//! How much of the workers one account has.

use std::collections::{HashMap, HashSet, VecDeque};

use parking_lot::Mutex;

/// What each account works on, up to its share, and what of it waits.
#[derive(Debug)]
pub struct Shares {
    share: usize,
    accounts: Mutex<HashMap<String, Account>>,
}

#[derive(Debug, Default)]
struct Account {
    working: usize,
    /// In its order, and to find one in.
    waiting: VecDeque<String>,
    known: HashSet<String>,
}

impl Shares {
    pub fn new(share: usize) -> Self {
        Self {
            share,
            accounts: Mutex::default(),
        }
    }

    /// Whether `what` may be worked on now. If not, [`Shares::give_back`] names it once it may.
    pub fn take(&self, account: &str, what: &str) -> bool {
        let mut accounts = self.accounts.lock();
        let account = accounts.entry(account.to_owned()).or_default();
        if account.working < self.share {
            account.working += 1;
            return true;
        }
        if account.known.insert(what.to_owned()) {
            account.waiting.push_back(what.to_owned());
        }
        false
    }

    /// Something of the account was worked on; what has waited for that.
    pub fn give_back(&self, account: &str) -> Option<String> {
        let mut accounts = self.accounts.lock();
        let found = accounts.get_mut(account)?;
        found.working -= 1;
        let waiting = found.waiting.pop_front();
        if let Some(waiting) = &waiting {
            found.known.remove(waiting);
        }
        if found.working == 0 && waiting.is_none() {
            accounts.remove(account);
        }
        waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_its_share_and_no_more() {
        let shares = Shares::new(2);
        assert!(shares.take("a", "1"));
        assert!(shares.take("a", "2"));
        assert!(!shares.take("a", "3"));
        assert!(!shares.take("a", "3"), "waits once");
        assert!(!shares.take("a", "4"));
        assert!(shares.take("b", "5"), "another's share is its own");
        assert_eq!(shares.give_back("a").as_deref(), Some("3"));
        assert!(shares.take("a", "3"));
        assert_eq!(shares.give_back("a").as_deref(), Some("4"));
        assert_eq!(shares.give_back("a"), None);
        assert_eq!(shares.give_back("b"), None);
        assert!(shares.accounts.lock().is_empty());
    }
}
