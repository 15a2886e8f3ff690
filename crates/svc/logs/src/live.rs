//! Sessions of StartLiveTail: who tails which groups, and what came in for whom.
//!
//! A put tells the sessions of its group where its events lie in the journal, never the events: a
//! session reads, filters and samples them itself, when its client takes the next update. So a slow
//! reader holds no memory, and a put costs the same however its events are filtered.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::{Mutex, MutexGuard};

use crate::records::Stream;

/// Sessions at once of an account in a region, CloudWatch Logs' own quota.
pub const MAX_SESSIONS: usize = 15;
/// Streams with news that a session remembers between two updates; of further ones it misses events.
const MAX_STREAMS: usize = 1000;

/// All sessions.
#[derive(Debug, Default)]
pub struct Live {
    /// How many there are: puts look at nothing else while there are none.
    count: AtomicUsize,
    sessions: Mutex<Sessions>,
}

#[derive(Debug, Default)]
struct Sessions {
    next: u64,
    open: HashMap<u64, (String, Arc<Session>)>,
}

/// What one session listens to, and what came in since it was last asked.
#[derive(Debug)]
pub struct Session {
    /// Ids of groups, with the ARN under which events of each are told.
    pub groups: BTreeMap<String, String>,
    pub streams: Streams,
    news: Mutex<News>,
}

/// Streams of which names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Streams {
    All,
    Named(Vec<String>),
    Prefixed(Vec<String>),
}

/// What came in, by the journal's names of streams.
#[derive(Debug, Default)]
pub struct News {
    pub streams: BTreeMap<String, Came>,
    /// Events came in that are not among them.
    pub missed: bool,
}

/// Events of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    pub group_id: String,
    pub stream: String,
    pub offsets: Range<u64>,
}

/// A session's place; free again when dropped.
#[derive(Debug)]
pub struct Place {
    all: Arc<Live>,
    id: u64,
}

/// The account has as many sessions as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Live {
    /// A session of `account`, which names a region too.
    pub fn open(self: &Arc<Self>, account: &str, session: Arc<Session>) -> Result<Place, Full> {
        let mut sessions = lock(&self.sessions);
        let own = sessions.open.values().filter(|(of, _)| of == account);
        if own.count() >= MAX_SESSIONS {
            return Err(Full);
        }
        sessions.next += 1;
        let id = sessions.next;
        sessions.open.insert(id, (account.to_owned(), session));
        self.count.store(sessions.open.len(), Ordering::Release);
        Ok(Place {
            all: self.clone(),
            id,
        })
    }

    /// Events came in.
    pub fn came(&self, group_id: &str, stream: &Stream, offsets: Range<u64>) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        for (_, session) in lock(&self.sessions).open.values() {
            session.came(group_id, stream, &offsets);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut sessions = lock(&self.all.sessions);
        sessions.open.remove(&self.id);
        self.all.count.store(sessions.open.len(), Ordering::Release);
    }
}

impl Session {
    pub fn new(groups: BTreeMap<String, String>, streams: Streams) -> Self {
        Self {
            groups,
            streams,
            news: Mutex::default(),
        }
    }

    /// What came in since this was last called.
    pub fn take(&self) -> News {
        std::mem::take(&mut *lock(&self.news))
    }

    fn came(&self, group_id: &str, stream: &Stream, offsets: &Range<u64>) {
        if !self.groups.contains_key(group_id) || !self.streams.hold(&stream.name) {
            return;
        }
        let mut news = lock(&self.news);
        let journal = stream.journal_name();
        if let Some(known) = news.streams.get_mut(&journal) {
            // Puts to one stream may be told in any order.
            known.offsets.start = known.offsets.start.min(offsets.start);
            known.offsets.end = known.offsets.end.max(offsets.end);
        } else if news.streams.len() < MAX_STREAMS {
            let came = Came {
                group_id: group_id.to_owned(),
                stream: stream.name.clone(),
                offsets: offsets.clone(),
            };
            news.streams.insert(journal, came);
        } else {
            news.missed = true;
        }
    }
}

impl Streams {
    fn hold(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|it| it == name),
            Self::Prefixed(prefixes) => prefixes.iter().any(|it| name.starts_with(it.as_str())),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;

    use super::*;

    fn stream(id: &str, name: &str) -> Stream {
        Stream {
            id: id.to_owned(),
            group_id: "g".to_owned(),
            name: name.to_owned(),
            created_at: Timestamp(0),
            forwarded: false,
            unknown: Default::default(),
        }
    }

    fn session(streams: Streams) -> Arc<Session> {
        let groups = BTreeMap::from([("g".to_owned(), "arn".to_owned())]);
        Arc::new(Session::new(groups, streams))
    }

    fn ranges(session: &Session) -> Vec<(String, Range<u64>)> {
        let news = session.take();
        assert!(!news.missed);
        let each = news.streams.into_values();
        each.map(|came| (came.stream, came.offsets)).collect()
    }

    #[test]
    fn a_session_hears_of_its_groups_and_streams_alone() {
        let live = Arc::new(Live::default());
        let named = session(Streams::Named(vec!["a".to_owned()]));
        let prefixed = session(Streams::Prefixed(vec!["b".to_owned(), "ab".to_owned()]));
        let _named = live.open("1", named.clone()).unwrap();
        let _prefixed = live.open("1", prefixed.clone()).unwrap();
        for (id, name) in [("1", "a"), ("2", "ab"), ("3", "bc"), ("4", "c")] {
            live.came("g", &stream(id, name), 0..1);
            live.came("other", &stream(id, name), 7..9);
        }
        assert_eq!(ranges(&named), [("a".to_owned(), 0..1)]);
        let expected = [("ab".to_owned(), 0..1), ("bc".to_owned(), 0..1)];
        assert_eq!(ranges(&prefixed), expected);
    }

    #[test]
    fn puts_to_one_stream_are_one_range_in_any_order() {
        let live = Arc::new(Live::default());
        let all = session(Streams::All);
        let place = live.open("1", all.clone()).unwrap();
        live.came("g", &stream("1", "a"), 4..6);
        live.came("g", &stream("1", "a"), 2..4);
        assert_eq!(ranges(&all), [("a".to_owned(), 2..6)]);
        assert_eq!(ranges(&all), []);
        drop(place);
        live.came("g", &stream("1", "a"), 6..7);
        assert_eq!(ranges(&all), []);
    }

    #[test]
    fn too_many_streams_are_told_as_missed() {
        let live = Arc::new(Live::default());
        let all = session(Streams::All);
        let _place = live.open("1", all.clone()).unwrap();
        for n in 0..=MAX_STREAMS {
            live.came("g", &stream(&n.to_string(), "a"), 0..1);
        }
        let news = all.take();
        assert!(news.missed);
        assert_eq!(news.streams.len(), MAX_STREAMS);
    }

    #[test]
    fn an_account_has_so_many_sessions() {
        let live = Arc::new(Live::default());
        let open = |account: &str| live.open(account, session(Streams::All));
        let mut places: Vec<Place> = (0..MAX_SESSIONS).map(|_| open("1").unwrap()).collect();
        assert_eq!(open("1").err(), Some(Full));
        assert!(open("2").is_ok());
        places.pop();
        assert!(open("1").is_ok());
    }
}
