//! Records that wait in memory to be delivered. Each delivery has a line of its own, so that one that fails or is slow
//! keeps none of another; lines, accounts and all together are bounded, and what comes beyond is dropped. Pure.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use wharf_base::{Timestamp, backoff::doubled};

/// Bytes that may wait: of one delivery, of those of one account, and of all.
const MOST_OF_LINE: usize = 4 << 20;
const MOST_OF_ACCOUNT: usize = 16 << 20;
const MOST_OF_ALL: usize = 64 << 20;
/// What a record takes beside its text.
const BESIDE_TEXT: usize = 64;
/// Deliveries of an account that are sent at once, and of all.
const SHARE: usize = 4;
const AT_ONCE: usize = 16;
/// How long the first record of a file waits for others, unless there are so many bytes.
pub const GATHERED: Duration = Duration::from_secs(10);
const FILE_BYTES: usize = 2 << 20;
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_secs(60);
/// What failed for so long is dropped.
const TRIED_FOR: Duration = Duration::from_secs(600);

/// A record as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub at: Timestamp,
    pub text: String,
}

impl Line {
    fn bytes(&self) -> usize {
        self.text.len() + BESIDE_TEXT
    }
}

/// Whose records wait, and how they go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Of {
    /// Of the delivery's record.
    pub key: String,
    pub account: String,
    /// They gather for a file.
    pub gathers: bool,
}

/// Records of one delivery that are being sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch {
    pub key: String,
    pub lines: Vec<Line>,
    account: String,
    since: Timestamp,
}

/// What becomes of records that could not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    Waits,
    /// So many were dropped.
    Dropped(u64),
}

#[derive(Debug, Default)]
struct Row {
    account: String,
    gathers: bool,
    lines: VecDeque<Line>,
    bytes: usize,
    /// When the first of them was first looked at: the times that records have may be long past.
    since: Option<Timestamp>,
    is_sent: bool,
    failures: u32,
    not_before: Timestamp,
}

#[derive(Debug, Default)]
pub struct Queue {
    rows: HashMap<String, Row>,
    /// By account, of what waits and of what is being sent.
    bytes: HashMap<String, usize>,
    all: usize,
}

impl Queue {
    /// Adds a record; whether there was room.
    pub fn add(&mut self, of: &Of, line: Line) -> bool {
        let bytes = line.bytes();
        let row = self.rows.get(&of.key).map_or(0, |it| it.bytes);
        let account = self.bytes.get(&of.account).copied().unwrap_or(0);
        if row + bytes > MOST_OF_LINE
            || account + bytes > MOST_OF_ACCOUNT
            || self.all + bytes > MOST_OF_ALL
        {
            return false;
        }
        let row = self.rows.entry(of.key.clone()).or_default();
        if row.lines.is_empty() {
            row.since = None;
            row.account.clone_from(&of.account);
            row.gathers = of.gathers;
        }
        row.bytes += bytes;
        row.lines.push_back(line);
        *self.bytes.entry(of.account.clone()).or_default() += bytes;
        self.all += bytes;
        true
    }

    /// What is to be sent now; at the end everything is.
    pub fn due(&mut self, now: Timestamp, is_end: bool) -> Vec<Batch> {
        let mut sent: HashMap<String, usize> = HashMap::new();
        for row in self.rows.values().filter(|it| it.is_sent) {
            *sent.entry(row.account.clone()).or_default() += 1;
        }
        let mut all: usize = sent.values().sum();
        let mut due = Vec::new();
        for (key, row) in &mut self.rows {
            if row.is_sent || row.lines.is_empty() {
                continue;
            }
            let since = *row.since.get_or_insert(now);
            let is_full = row.bytes >= FILE_BYTES || now.since(since) >= GATHERED;
            let is_ready = is_end || (row.not_before <= now && (!row.gathers || is_full));
            let of_account = sent.get(&row.account).copied().unwrap_or(0);
            if !is_ready || of_account >= SHARE || all >= AT_ONCE {
                continue;
            }
            row.is_sent = true;
            *sent.entry(row.account.clone()).or_default() += 1;
            all += 1;
            due.push(Batch {
                key: key.clone(),
                lines: row.lines.drain(..).collect(),
                account: row.account.clone(),
                since,
            });
        }
        due
    }

    /// A batch was delivered, or its delivery is gone.
    pub fn done(&mut self, batch: &Batch) {
        self.let_go(batch);
        self.ended(&batch.key, |row| {
            row.failures = 0;
            row.not_before = Timestamp::default();
        });
    }

    /// A batch failed: it waits for another try, before what came meanwhile, unless it was tried for long enough or `is_end`.
    pub fn failed(&mut self, batch: Batch, now: Timestamp, is_end: bool) -> Became {
        let is_over = is_end || now.since(batch.since) >= TRIED_FOR;
        let count = batch.lines.len() as u64;
        if is_over {
            self.let_go(&batch);
        }
        let (key, since) = (batch.key.clone(), batch.since);
        self.ended(&key, |row| {
            row.failures = row.failures.saturating_add(1);
            row.not_before = now + doubled(FIRST_WAIT, LAST_WAIT, row.failures);
            if !is_over {
                row.since = Some(since);
                for line in batch.lines.into_iter().rev() {
                    row.lines.push_front(line);
                }
            }
        });
        match is_over {
            true => Became::Dropped(count),
            false => Became::Waits,
        }
    }

    /// Deliveries with records that wait or are being sent.
    pub fn deliveries(&self) -> usize {
        self.rows.len()
    }

    /// The bytes of a batch wait no more.
    fn let_go(&mut self, batch: &Batch) {
        let bytes: usize = batch.lines.iter().map(Line::bytes).sum();
        if let Some(row) = self.rows.get_mut(&batch.key) {
            row.bytes = row.bytes.saturating_sub(bytes);
        }
        self.all = self.all.saturating_sub(bytes);
        if let Some(of_account) = self.bytes.get_mut(&batch.account) {
            *of_account = of_account.saturating_sub(bytes);
            if *of_account == 0 {
                self.bytes.remove(&batch.account);
            }
        }
    }

    /// Nothing of a row is being sent any more; one without records is forgotten.
    fn ended(&mut self, key: &str, then: impl FnOnce(&mut Row)) {
        let Some(row) = self.rows.get_mut(key) else {
            return;
        };
        row.is_sent = false;
        then(row);
        if row.lines.is_empty() {
            self.rows.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &str, account: &str, gathers: bool) -> Of {
        Of {
            key: key.to_owned(),
            account: account.to_owned(),
            gathers,
        }
    }

    fn line(text: &str) -> Line {
        Line {
            at: Timestamp(0),
            text: text.to_owned(),
        }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp(1_000_000) + Duration::from_secs(seconds)
    }

    #[test]
    fn what_is_for_a_group_goes_at_once_and_a_file_gathers() {
        let mut queue = Queue::default();
        assert!(queue.add(&of("g", "1", false), line("a")));
        assert!(queue.add(&of("b", "1", true), line("b")));
        let due = queue.due(at(0), false);
        let [batch] = &due[..] else {
            panic!("one is due");
        };
        assert_eq!((batch.key.as_str(), batch.lines.len()), ("g", 1));
        queue.done(batch);
        assert_eq!(queue.due(at(9), false), []);
        assert_eq!(queue.due(at(10), false)[0].key, "b");
        assert_eq!(queue.due(at(11), false), [], "it is being sent");
    }

    #[test]
    fn what_fails_waits_before_what_came_meanwhile_until_it_is_over() {
        let mut queue = Queue::default();
        let of = of("g", "1", false);
        queue.add(&of, line("a"));
        let batch = queue.due(at(0), false).remove(0);
        queue.add(&of, line("b"));
        assert_eq!(queue.failed(batch, at(1), false), Became::Waits);
        assert_eq!(queue.due(at(1), false), [], "not at once");
        let batch = queue.due(at(100), false).remove(0);
        assert_eq!(batch.lines, [line("a"), line("b")]);
        assert_eq!(queue.failed(batch, at(700), false), Became::Dropped(2));
        assert_eq!(queue.deliveries(), 0);
        assert_eq!((queue.all, queue.bytes.len()), (0, 0));
        // Nothing waits for a server that ends.
        queue.add(&of, line("c"));
        let batch = queue.due(at(701), true).remove(0);
        assert_eq!(queue.failed(batch, at(701), true), Became::Dropped(1));
    }

    #[test]
    fn there_is_room_for_so_much_of_a_delivery_and_of_an_account() {
        let mut queue = Queue::default();
        let text = "x".repeat(MOST_OF_LINE - BESIDE_TEXT);
        for (key, account, fits) in [
            ("a", "1", true),
            ("a", "1", false),
            ("b", "1", true),
            ("c", "1", true),
            ("d", "1", true),
            ("e", "1", false),
            ("f", "2", true),
        ] {
            let added = queue.add(&of(key, account, false), line(&text));
            assert_eq!(added, fits, "{key}");
        }
        for batch in queue.due(at(0), false) {
            queue.done(&batch);
        }
        assert_eq!(queue.deliveries(), 0);
        assert!(queue.add(&of("e", "1", false), line(&text)));
    }

    #[test]
    fn no_account_has_all_turns() {
        let mut queue = Queue::default();
        for number in 0..20 {
            queue.add(&of(&number.to_string(), "1", false), line("a"));
        }
        queue.add(&of("other", "2", false), line("a"));
        let due = queue.due(at(0), false);
        let own = due.iter().filter(|it| it.account == "1").count();
        assert_eq!((own, due.len()), (SHARE, SHARE + 1));
    }
}
