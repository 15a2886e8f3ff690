//! Results of queries are kept for who comes for them; whoever keeps most loses the oldest first. In memory.

use std::collections::{HashMap, VecDeque};

use super::Progress;

/// Bytes of results that are kept for who comes for them.
const KEPT_RESULTS: usize = 128 << 20;

#[derive(Default)]
pub(super) struct Results {
    pub(super) kept: HashMap<String, (Progress, usize)>,
    /// By accounts, the oldest first.
    accounts: HashMap<String, Own>,
    bytes: usize,
}

/// The results of one account.
#[derive(Default)]
struct Own {
    order: VecDeque<String>,
    bytes: usize,
}

impl Results {
    pub(super) fn keep(&mut self, key: String, progress: Progress) {
        let fields = progress.rows.iter().flatten();
        let bytes = 256
            + fields
                .map(|(name, value)| 64 + name.len() + value.len())
                .sum::<usize>();
        let account = account_of(&key).to_owned();
        let own = self.accounts.entry(account).or_default();
        own.bytes += bytes;
        self.bytes += bytes;
        if let Some((_, old)) = self.kept.insert(key.clone(), (progress, bytes)) {
            own.bytes -= old;
            self.bytes -= old;
        } else {
            own.order.push_back(key.clone());
        }
        while self.bytes > KEPT_RESULTS && self.drop_one(&key) {}
    }

    /// Drops the oldest result of the account that keeps most. The newest stays, whatever its size: its owner waits
    /// for it.
    fn drop_one(&mut self, newest: &str) -> bool {
        let drops = |own: &Own| own.order.front().is_some_and(|oldest| oldest != newest);
        let largest = self.accounts.iter().filter(|(_, own)| drops(own));
        let largest = largest.max_by_key(|(_, own)| own.bytes);
        let Some(account) = largest.map(|(account, _)| account.clone()) else {
            return false;
        };
        let Some(own) = self.accounts.get_mut(&account) else {
            return false;
        };
        let oldest = own.order.pop_front().unwrap_or_default();
        if let Some((_, bytes)) = self.kept.remove(&oldest) {
            own.bytes -= bytes;
            self.bytes -= bytes;
        }
        if own.order.is_empty() {
            self.accounts.remove(&account);
        }
        true
    }
}

/// Whose query a key names.
fn account_of(key: &str) -> &str {
    key.split_once('/').map_or(key, |(account, _)| account)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn who_keeps_most_loses_results_first() {
        let mut results = Results::default();
        let large = || Progress {
            rows: Arc::new(vec![vec![("f".into(), "x".repeat(KEPT_RESULTS / 4))]]),
            ..Progress::default()
        };
        results.keep("calm/r/1".to_owned(), large());
        for number in 0..6 {
            results.keep(format!("greedy/r/{number}"), large());
        }
        assert!(results.kept.contains_key("calm/r/1"));
        assert!(!results.kept.contains_key("greedy/r/3"));
        assert!(results.kept.contains_key("greedy/r/5"));
        assert!(results.bytes <= KEPT_RESULTS);
        let sums: usize = results.accounts.values().map(|it| it.bytes).sum();
        assert_eq!(sums, results.bytes);
        let huge = Progress {
            rows: Arc::new(vec![vec![("f".into(), "x".repeat(2 * KEPT_RESULTS))]]),
            ..Progress::default()
        };
        results.keep("late/r/1".to_owned(), huge);
        assert_eq!(results.kept.len(), 1);
        assert!(results.kept.contains_key("late/r/1"));
        assert_eq!(results.accounts.len(), 1);
    }
}
