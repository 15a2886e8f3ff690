//! Whose stream is next: accounts take turns, and none is worked on more than its share. Pure.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    ops::Bound,
};

/// What is to be worked on, by account and name.
#[derive(Debug)]
pub struct Turns<T> {
    share: usize,
    accounts: BTreeMap<String, Line<T>>,
    /// The account that had the last turn.
    last: String,
}

/// What one account waits with.
#[derive(Debug)]
struct Line<T> {
    order: VecDeque<String>,
    waiting: HashMap<String, T>,
    /// What is worked on now; what came in meanwhile for the same name.
    working: HashMap<String, Option<T>>,
}

impl<T> Turns<T> {
    /// Each account has up to `share` names worked on at once.
    pub fn new(share: usize) -> Self {
        Self {
            share,
            accounts: BTreeMap::new(),
            last: String::new(),
        }
    }

    /// There is something to do for a name; if that is worked on now, again after that.
    pub fn add(&mut self, account: &str, name: &str, what: T) {
        let line = match self.accounts.get_mut(account) {
            Some(line) => line,
            None => self.accounts.entry(account.to_owned()).or_default(),
        };
        if let Some(again) = line.working.get_mut(name) {
            *again = Some(what);
        } else if line.waiting.insert(name.to_owned(), what).is_none() {
            line.order.push_back(name.to_owned());
        }
    }

    /// What is next, with its account and name.
    pub fn take(&mut self) -> Option<(String, String, T)> {
        let after = (Bound::Excluded(&self.last), Bound::Unbounded);
        let rest = self.accounts.range::<String, _>(after);
        let mut turn = rest.chain(self.accounts.range::<String, _>(..=&self.last));
        let share = self.share;
        let may = |line: &Line<T>| !line.order.is_empty() && line.working.len() < share;
        let account = turn.find(|(_, line)| may(line))?.0.clone();
        let line = self.accounts.get_mut(&account)?;
        let name = line.order.pop_front()?;
        let what = line.waiting.remove(&name)?;
        line.working.insert(name.clone(), None);
        self.last.clone_from(&account);
        Some((account, name, what))
    }

    /// A name is not worked on any more; with `more`, it goes behind the others of its account.
    pub fn done(&mut self, account: &str, name: &str, more: Option<T>) {
        let Some(line) = self.accounts.get_mut(account) else {
            return;
        };
        let again = line.working.remove(name).flatten();
        match again.or(more) {
            Some(what) => self.add(account, name, what),
            None if line.order.is_empty() && line.working.is_empty() => {
                self.accounts.remove(account);
            }
            None => {}
        }
    }
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            order: VecDeque::new(),
            waiting: HashMap::new(),
            working: HashMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(turns: &mut Turns<u32>) -> Vec<String> {
        std::iter::from_fn(|| turns.take())
            .map(|(account, name, _)| format!("{account}{name}"))
            .collect()
    }

    #[test]
    fn who_has_much_waits_for_who_has_little() {
        let mut turns = Turns::new(2);
        for name in ["1", "2", "3", "4"] {
            turns.add("a", name, 0);
        }
        turns.add("b", "5", 0);
        assert_eq!(taken(&mut turns), ["a1", "b5", "a2"]);
        turns.done("a", "1", Some(0));
        turns.add("c", "6", 0);
        assert_eq!(taken(&mut turns), ["c6", "a3"]);
        for (account, name) in [("a", "2"), ("a", "3"), ("b", "5"), ("c", "6")] {
            turns.done(account, name, None);
        }
        assert_eq!(taken(&mut turns), ["a4", "a1"]);
        turns.done("a", "4", None);
        turns.done("a", "1", None);
        assert!(turns.accounts.is_empty());
    }

    #[test]
    fn nothing_is_worked_on_twice_at_once_nor_forgotten() {
        let mut turns = Turns::new(2);
        turns.add("a", "1", 1);
        turns.add("a", "1", 2);
        assert_eq!(turns.take(), Some(("a".into(), "1".into(), 2)));
        turns.add("a", "1", 3);
        assert_eq!(turns.take(), None);
        turns.done("a", "1", None);
        assert_eq!(turns.take(), Some(("a".into(), "1".into(), 3)));
        turns.done("a", "1", None);
        turns.done("a", "1", None);
        assert_eq!(turns.take(), None);
    }
}
