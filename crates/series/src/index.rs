//! Which series there are, by their names and by their numbers.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::Arc,
};

use crate::{
    by_number::ByNumber,
    key::{self, Metric},
};

#[derive(Debug, Default)]
pub struct Index {
    by_name: HashMap<Arc<str>, u32>,
    in_order: BTreeMap<Arc<str>, u32>,
    by_number: ByNumber<Known>,
    of_account: HashMap<String, Share>,
    /// Of all names.
    bytes: usize,
    next: u32,
}

/// What is of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    pub series: usize,
    /// Of their names.
    pub bytes: usize,
}

#[derive(Debug)]
struct Known {
    key: Arc<str>,
    last: i64,
}

/// A metric of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub metric: Metric,
    /// When its last sample is.
    pub last: i64,
}

impl Index {
    pub fn len(&self) -> usize {
        self.by_number.len()
    }

    pub fn find(&self, key: &str) -> Option<u32> {
        self.by_name.get(key).copied()
    }

    pub fn is_known(&self, number: u32) -> bool {
        self.by_number.contains_key(&number)
    }

    /// Bytes of all names.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// What an account has.
    pub fn of_account(&self, account: &str) -> Share {
        self.of_account.get(account).copied().unwrap_or_default()
    }

    /// The number that the next series gets.
    pub fn next(&self) -> u32 {
        self.next
    }

    /// There are points of this number, whether its name is known or was lost: no other series gets it.
    pub fn keep_free(&mut self, number: u32) {
        self.next = self.next.max(number.saturating_add(1));
    }

    pub fn insert(&mut self, number: u32, key: Arc<str>) {
        self.keep_free(number);
        let account = key::account(&key);
        if !self.of_account.contains_key(account) {
            self.of_account.insert(account.to_owned(), Share::default());
        }
        if let Some(share) = self.of_account.get_mut(account) {
            share.series += 1;
            share.bytes += key.len();
        }
        self.bytes += key.len();
        self.by_name.insert(key.clone(), number);
        self.in_order.insert(key.clone(), number);
        let last = i64::MIN;
        self.by_number.insert(number, Known { key, last });
    }

    /// There is a sample of that time.
    pub fn seen(&mut self, number: u32, at: i64) {
        if let Some(known) = self.by_number.get_mut(&number) {
            known.last = known.last.max(at);
        }
    }

    /// Forgets series without samples since; how many.
    pub fn forget_before(&mut self, since: i64) -> usize {
        let old = self.by_number.iter().filter(|(_, it)| it.last < since);
        let old: Vec<u32> = old.map(|(number, _)| *number).collect();
        for number in &old {
            let Some(known) = self.by_number.remove(number) else {
                continue;
            };
            self.by_name.remove(&known.key);
            self.in_order.remove(&known.key);
            self.bytes -= known.key.len();
            if let Some(share) = self.of_account.get_mut(key::account(&known.key)) {
                share.series -= 1;
                share.bytes -= known.key.len();
            }
        }
        self.of_account.retain(|_, share| share.series > 0);
        old.len()
    }

    /// All series in the order of their numbers.
    pub fn all(&self) -> Vec<(u32, Arc<str>)> {
        let all = self.by_number.iter();
        let mut all: Vec<_> = all.map(|(number, it)| (*number, it.key.clone())).collect();
        all.sort_unstable_by_key(|it| it.0);
        all
    }

    /// The units of a metric with their series.
    pub fn units(&self, metric: &str) -> Vec<(String, u32)> {
        let (from, to) = key::with_units(metric);
        let range = (Bound::Included(from.as_str()), Bound::Excluded(to.as_str()));
        let found = self.in_order.range::<str, _>(range);
        found
            .map(|(key, number)| (key[from.len()..].to_owned(), *number))
            .collect()
    }

    pub fn key(&self, number: u32) -> Option<Arc<str>> {
        self.by_number.get(&number).map(|it| it.key.clone())
    }

    /// The parts that follow `start` in the keys, each found by one step behind the last.
    pub fn namespaces(&self, start: &str, most: usize) -> Vec<String> {
        let mut found = Vec::new();
        let mut from = start.to_owned();
        while found.len() < most {
            let range = (Bound::Included(from.as_str()), Bound::Unbounded);
            let next = self.in_order.range::<str, _>(range).next();
            let Some(rest) = next.and_then(|(key, _)| key.strip_prefix(start)) else {
                break;
            };
            let namespace = key::first(rest);
            from = key::behind(start, namespace);
            found.push(namespace.to_owned());
        }
        found
    }

    /// Keys that begin with `start`, behind `after`, whether that is still there or not, in their order, each with when its
    /// last sample is; at most so many.
    pub fn keys(&self, start: &str, after: Option<&str>, most: usize) -> Vec<(Arc<str>, i64)> {
        let from = match after {
            Some(after) => Bound::Excluded(after),
            None => Bound::Included(start),
        };
        let range = self.in_order.range::<str, _>((from, Bound::Unbounded));
        let begun = range.take_while(|(key, _)| key.starts_with(start));
        let last = |number: &u32| self.by_number.get(number).map_or(i64::MIN, |it| it.last);
        begun
            .take(most)
            .map(|(key, number)| (key.clone(), last(number)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(name: &str, host: &str) -> Metric {
        Metric {
            account: "1".into(),
            region: "r".into(),
            namespace: "App".into(),
            name: name.into(),
            dimensions: vec![("Host".into(), host.into())],
        }
    }

    #[test]
    fn namespaces_are_each_found_once() {
        let mut index = Index::default();
        let mut number = 0;
        for (account, namespace) in [
            ("0", "Z"),
            ("1", "A"),
            ("1", "App"),
            ("1", "App/B"),
            ("1", "Prometheus"),
            ("2", "B"),
        ] {
            for name in ["a", "b", "c"] {
                let it = Metric {
                    account: account.into(),
                    namespace: namespace.into(),
                    ..metric(name, "h")
                };
                index.insert(number, it.key("None").unwrap().0);
                number += 1;
            }
        }
        let all = |start, most| index.namespaces(start, most);
        assert_eq!(
            all("1\u{1f}r\u{1f}", 10),
            ["A", "App", "App/B", "Prometheus"]
        );
        assert_eq!(all("1\u{1f}r\u{1f}", 2), ["A", "App"]);
        assert_eq!(all("3\u{1f}r\u{1f}", 2), Vec::<String>::new());
    }

    #[test]
    fn units_of_a_metric_and_what_is_left_when_others_are_forgotten() {
        let mut index = Index::default();
        for number in 0..30u32 {
            let unit = if number % 3 == 0 { "Seconds" } else { "None" };
            let host = (number / 3).to_string();
            let key = metric(if number % 3 == 2 { "B" } else { "A" }, &host)
                .key(unit)
                .unwrap();
            index.insert(number, key.0);
            index.seen(number, i64::from(number));
        }
        let units = index.units(&metric("A", "1").prefix().unwrap());
        assert_eq!(units, [("None".to_owned(), 4), ("Seconds".to_owned(), 3)]);
        assert_eq!(index.forget_before(29), 29);
        assert_eq!(
            (index.len(), index.of_account("1").series, index.next()),
            (1, 1, 30)
        );
        let left = metric("B", "9").key("None").unwrap().0.len();
        assert_eq!((index.bytes(), index.of_account("1").bytes), (left, left));
    }
}
