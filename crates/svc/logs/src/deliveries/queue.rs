//! Which deliveries have records that wait, and when these are sent. Each delivery has a row of its own, so that one that
//! fails or is slow keeps none of another; rows, accounts and all together are bounded, and what comes beyond is dropped. The
//! records themselves are on disk ([`super::waiting`]). Pure.

use std::{collections::HashMap, time::Duration};

use wharf_base::{Timestamp, backoff::doubled};

/// Bytes that may wait: of one delivery, of those of one account, and of all.
const MOST_OF_ROW: usize = 4 << 20;
const MOST_OF_ACCOUNT: usize = 16 << 20;
const MOST_OF_ALL: usize = 64 << 20;
/// What a record takes beside its bytes.
const BESIDE: usize = 64;
/// Deliveries of an account that are sent at once, and of all.
const SHARE: usize = 4;
const AT_ONCE: usize = 16;
/// How long the first record of a file waits for others, unless there are so many bytes.
pub const GATHERED: Duration = Duration::from_secs(10);
pub const FILE_BYTES: usize = 2 << 20;
/// What is being written down is looked for again after this long.
const SOON: Duration = Duration::from_millis(100);
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_secs(60);
/// Records of which a delivery that fails for so long has had as long are dropped.
pub const TRIED_FOR: Duration = Duration::from_secs(600);

/// Whose records wait, and how they go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Of {
    /// Of the delivery's record.
    pub key: String,
    pub account: String,
    /// They gather for a file.
    pub gathers: bool,
}

/// A delivery whose records are to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub key: String,
    /// What failed is sent again as it was: up to this record.
    pub until: Option<u64>,
}

#[derive(Debug, Default)]
struct Row {
    account: String,
    gathers: bool,
    /// Of what waits, is being sent, and is being written down.
    bytes: usize,
    /// Since when the first of them waits; unknown of those that are left of a batch until they are looked at.
    since: Option<Timestamp>,
    is_sent: bool,
    until: Option<u64>,
    failures: u32,
    /// When the first of these failures was.
    fails_since: Option<Timestamp>,
    not_before: Timestamp,
}

impl Row {
    fn of(it: &Of) -> Self {
        Self {
            account: it.account.clone(),
            gathers: it.gathers,
            ..Self::default()
        }
    }
}

#[derive(Debug, Default)]
pub struct Queue {
    rows: HashMap<String, Row>,
    /// By account.
    bytes: HashMap<String, usize>,
    all: usize,
}

/// What a record of so many bytes takes.
fn cost(bytes: usize) -> usize {
    bytes.saturating_add(BESIDE)
}

impl Queue {
    /// Takes room for a record that is about to be written down; whether there was any.
    pub fn add(&mut self, of: &Of, bytes: usize, now: Timestamp) -> bool {
        let has_room = self.has_room(of, bytes);
        if has_room {
            self.take(of, cost(bytes), now);
        }
        has_room
    }

    /// Whether there is room for a record of so many bytes now.
    pub fn has_room(&self, of: &Of, bytes: usize) -> bool {
        let bytes = cost(bytes);
        let row = self.rows.get(&of.key).map_or(0, |it| it.bytes);
        let account = self.bytes.get(&of.account).copied().unwrap_or(0);
        let fits = |taken: usize, most| taken.saturating_add(bytes) <= most;
        fits(row, MOST_OF_ROW) && fits(account, MOST_OF_ACCOUNT) && fits(self.all, MOST_OF_ALL)
    }

    /// Takes up records that a process before this one wrote down, by their bytes: there was room for them, and they have waited.
    pub fn adopt(&mut self, of: &Of, records: impl IntoIterator<Item = usize>) {
        let bytes = records.into_iter().map(cost).sum();
        if bytes > 0 {
            self.take(of, bytes, Timestamp::default());
        }
    }

    fn take(&mut self, of: &Of, bytes: usize, since: Timestamp) {
        let row = self.rows.entry(of.key.clone());
        let row = row.or_insert_with(|| Row::of(of));
        if row.bytes == 0 {
            row.since = Some(since);
        }
        row.bytes += bytes;
        *self.bytes.entry(of.account.clone()).or_default() += bytes;
        self.all += bytes;
    }

    /// What is to be sent now.
    pub fn due(&mut self, now: Timestamp) -> Vec<Due> {
        let mut sent: HashMap<String, usize> = HashMap::new();
        for row in self.rows.values().filter(|it| it.is_sent) {
            *sent.entry(row.account.clone()).or_default() += 1;
        }
        let mut all: usize = sent.values().sum();
        let mut due = Vec::new();
        for (key, row) in &mut self.rows {
            if row.is_sent || row.bytes == 0 {
                continue;
            }
            let since = *row.since.get_or_insert(now);
            let is_full = row.bytes >= FILE_BYTES || now.since(since) >= GATHERED;
            let is_ready = row.not_before <= now && (!row.gathers || is_full);
            let of_account = sent.get(&row.account).copied().unwrap_or(0);
            if !is_ready || of_account >= SHARE || all >= AT_ONCE {
                continue;
            }
            row.is_sent = true;
            *sent.entry(row.account.clone()).or_default() += 1;
            all += 1;
            due.push(Due {
                key: key.clone(),
                until: row.until,
            });
        }
        due
    }

    /// Records of which these are the bytes were delivered.
    pub fn done(&mut self, key: &str, records: impl IntoIterator<Item = usize>) {
        self.let_go(key, records);
        self.ended(key, |row| {
            row.since = None;
            row.until = None;
            row.failures = 0;
            row.fails_since = None;
            row.not_before = Timestamp::default();
        });
    }

    /// There was nothing to send yet: what there is room for is being written down. A batch that failed is not there any more.
    pub fn nothing(&mut self, key: &str, now: Timestamp) {
        self.ended(key, |row| {
            row.until = None;
            row.not_before = now + SOON;
        });
    }

    /// Notes that a batch fails; whether its delivery has done so for long enough.
    pub fn fails(&mut self, key: &str, now: Timestamp) -> bool {
        let row = self.rows.get_mut(key);
        row.is_some_and(|row| now.since(*row.fails_since.get_or_insert(now)) >= TRIED_FOR)
    }

    /// A batch up to a record failed: it is sent again as it was, after a while.
    pub fn failed(&mut self, key: &str, until: Option<u64>, now: Timestamp) {
        self.ended(key, |row| {
            row.until = until;
            row.failures = row.failures.saturating_add(1);
            row.not_before = now + doubled(FIRST_WAIT, LAST_WAIT, row.failures);
        });
    }

    /// Records of which these are the bytes wait no more, or were not written down.
    pub fn let_go(&mut self, key: &str, records: impl IntoIterator<Item = usize>) {
        if let Some(row) = self.rows.get_mut(key) {
            let bytes: usize = records.into_iter().map(cost).sum();
            let bytes = bytes.min(row.bytes);
            row.bytes -= bytes;
            let account = row.account.clone();
            self.give_back(&account, bytes);
            self.forget_empty(key);
        }
    }

    /// A delivery is gone, with all that waits for it.
    pub fn forget(&mut self, key: &str) {
        if let Some(row) = self.rows.remove(key) {
            self.give_back(&row.account, row.bytes);
        }
    }

    fn give_back(&mut self, account: &str, bytes: usize) {
        self.all = self.all.saturating_sub(bytes);
        if let Some(of_account) = self.bytes.get_mut(account) {
            *of_account = of_account.saturating_sub(bytes);
            if *of_account == 0 {
                self.bytes.remove(account);
            }
        }
    }

    /// Keeps all others from sending for a delivery until it is released; not so if somebody sends for it now.
    pub fn hold(&mut self, of: &Of) -> bool {
        let row = self.rows.entry(of.key.clone());
        let row = row.or_insert_with(|| Row::of(of));
        !std::mem::replace(&mut row.is_sent, true)
    }

    /// A delivery that was held goes on; its records have other places than before.
    pub fn release(&mut self, key: &str) {
        self.ended(key, |row| row.until = None);
    }

    /// Nothing of a row is being sent any more.
    fn ended(&mut self, key: &str, then: impl FnOnce(&mut Row)) {
        if let Some(row) = self.rows.get_mut(key) {
            row.is_sent = false;
            then(row);
            self.forget_empty(key);
        }
    }

    /// One for which nothing waits is forgotten, unless somebody still sends for it.
    fn forget_empty(&mut self, key: &str) {
        let row = self.rows.get(key);
        if row.is_some_and(|it| it.bytes == 0 && !it.is_sent) {
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

    fn at(seconds: u64) -> Timestamp {
        Timestamp(1_000_000) + Duration::from_secs(seconds)
    }

    fn keys(due: Vec<Due>) -> Vec<String> {
        due.into_iter().map(|it| it.key).collect()
    }

    #[test]
    fn what_is_for_a_group_goes_at_once_and_a_file_gathers() {
        let mut queue = Queue::default();
        assert!(queue.add(&of("g", "1", false), 1, at(0)));
        assert!(queue.add(&of("b", "1", true), 1, at(0)));
        assert_eq!(keys(queue.due(at(0))), ["g"]);
        queue.done("g", [1]);
        assert_eq!(queue.due(at(9)), []);
        assert_eq!(keys(queue.due(at(10))), ["b"]);
        assert_eq!(queue.due(at(11)), [], "it is being sent");
        // What came meanwhile gathers anew.
        assert!(queue.add(&of("b", "1", true), 1, at(11)));
        queue.done("b", [1]);
        assert_eq!(queue.due(at(12)), []);
        assert_eq!(keys(queue.due(at(22))), ["b"]);
        queue.done("b", [1]);
        assert!(queue.rows.is_empty());
    }

    #[test]
    fn what_a_process_before_left_goes_at_once() {
        let mut queue = Queue::default();
        queue.adopt(&of("none", "1", true), []);
        queue.adopt(&of("b", "1", true), [1, 2]);
        assert_eq!(keys(queue.due(at(0))), ["b"]);
        queue.done("b", [1, 2]);
        assert_eq!((queue.all, queue.rows.len()), (0, 0));
    }

    #[test]
    fn what_fails_is_sent_again_as_it_was_until_it_has_failed_for_long() {
        let mut queue = Queue::default();
        let of = of("g", "1", false);
        queue.add(&of, 1, at(0));
        assert_eq!(queue.due(at(0))[0].until, None);
        queue.add(&of, 2, at(0));
        assert!(!queue.fails("g", at(1)));
        queue.failed("g", Some(7), at(1));
        assert_eq!(queue.due(at(1)), [], "not at once");
        assert_eq!(queue.due(at(100))[0].until, Some(7));
        assert!(!queue.fails("g", at(600)));
        queue.failed("g", Some(7), at(600));
        assert_eq!(queue.due(at(700)).len(), 1);
        assert!(queue.fails("g", at(700)));
        queue.let_go("g", [1]);
        queue.failed("g", None, at(700));
        // What is left is tried all the same, and what succeeds is forgotten.
        assert_eq!(queue.due(at(800))[0].until, None);
        queue.done("g", [2]);
        assert_eq!((queue.all, queue.bytes.len(), queue.rows.len()), (0, 0, 0));
        queue.add(&of, 1, at(801));
        assert_eq!(queue.due(at(801)).len(), 1);
        assert!(!queue.fails("g", at(801)), "it is another failure");
    }

    #[test]
    fn what_is_being_written_down_is_looked_for_again() {
        let mut queue = Queue::default();
        let of = of("g", "1", false);
        queue.add(&of, 1, at(0));
        assert_eq!(queue.due(at(0)).len(), 1);
        queue.nothing("g", at(0));
        assert_eq!(queue.due(at(0)), []);
        assert_eq!(queue.due(at(1)).len(), 1);
        // It could not be written, while it was looked for.
        queue.let_go("g", [1]);
        assert_eq!((queue.all, queue.rows.len()), (0, 1));
        queue.nothing("g", at(1));
        assert!(queue.rows.is_empty());
        // What failed went meanwhile.
        queue.add(&of, 1, at(2));
        assert_eq!(queue.due(at(2)).len(), 1);
        queue.failed("g", Some(7), at(2));
        assert_eq!(queue.due(at(90))[0].until, Some(7));
        queue.nothing("g", at(90));
        assert_eq!(queue.due(at(91))[0].until, None);
    }

    #[test]
    fn one_that_is_held_is_not_sent_and_one_that_is_sent_is_not_held() {
        let mut queue = Queue::default();
        let of = of("g", "1", false);
        queue.add(&of, 1, at(0));
        assert_eq!(queue.due(at(0)).len(), 1);
        assert!(!queue.hold(&of));
        queue.failed("g", Some(7), at(0));
        assert!(queue.hold(&of));
        assert_eq!(queue.due(at(90)), []);
        // Its records are elsewhere now, so it is not sent as it was.
        queue.release("g");
        assert_eq!(queue.due(at(90))[0].until, None);
        queue.done("g", [1]);
        // Neither is what comes meanwhile, where nothing was.
        assert!(queue.hold(&of));
        queue.add(&of, 1, at(91));
        assert_eq!(queue.due(at(91)), []);
        queue.release("g");
        assert_eq!(queue.due(at(91)).len(), 1);
        queue.done("g", [1]);
        assert!(queue.hold(&of));
        queue.release("g");
        assert!(queue.rows.is_empty());
    }

    #[test]
    fn there_is_room_for_so_much_of_a_delivery_and_of_an_account() {
        let mut queue = Queue::default();
        let most = MOST_OF_ROW - BESIDE;
        for (key, account, fits) in [
            ("a", "1", true),
            ("a", "1", false),
            ("b", "1", true),
            ("c", "1", true),
            ("d", "1", true),
            ("e", "1", false),
            ("f", "2", true),
        ] {
            let of = of(key, account, false);
            assert_eq!(queue.has_room(&of, most), fits, "{key}");
            assert_eq!(queue.add(&of, most, at(0)), fits, "{key}");
        }
        for due in queue.due(at(0)) {
            queue.done(&due.key, [most]);
        }
        assert!(queue.rows.is_empty());
        assert!(queue.add(&of("e", "1", false), most, at(0)));
        queue.forget("e");
        queue.let_go("e", [most]);
        assert_eq!((queue.all, queue.bytes.len()), (0, 0));
    }

    #[test]
    fn no_account_has_all_turns() {
        let mut queue = Queue::default();
        for number in 0..20 {
            queue.add(&of(&number.to_string(), "1", false), 1, at(0));
        }
        queue.add(&of("other", "2", false), 1, at(0));
        let due = queue.due(at(0));
        let own = due.iter().filter(|it| it.key != "other").count();
        assert_eq!((own, due.len()), (SHARE, SHARE + 1));
    }
}
