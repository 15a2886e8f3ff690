//! What waits for the thread that writes. Accounts take turns, and each has a share of the room, so that a flood of
//! one costs the others a turn.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use crate::{AppendError, series::Sample, writer::Done};

/// Samples that share a sync.
const GROUP_SAMPLES: usize = 65_536;
/// And their bytes in the log.
pub const GROUP_BYTES: usize = 16 << 20;
/// Samples beyond which an account that is not alone has one request of a group: the others wait for the whole group.
const SHARED_SAMPLES: usize = 8192;
/// Samples of one account that may wait.
const SHARE_SAMPLES: usize = 300_000;
/// And their bytes.
const SHARE_BYTES: usize = 64 << 20;

/// How a request is taken, some of whose series may not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// None of it is taken.
    Whole,
    /// The others are.
    Partly,
    /// The others are, and no series comes too fast.
    Own,
}

/// Samples of one call.
#[derive(Debug)]
pub struct Request {
    pub samples: Vec<Sample>,
    /// What they take in the log at most.
    pub bytes: usize,
    /// What becomes of it where some of its series may not be.
    pub taken: Taken,
    /// How many were left out.
    pub reply: oneshot::Sender<Result<usize, AppendError>>,
}

#[derive(Debug, Default)]
struct Lane {
    requests: VecDeque<Request>,
    samples: usize,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    lanes: BTreeMap<String, Lane>,
    /// The account that was served last.
    turn: String,
    done: VecDeque<Done>,
    closed: bool,
    /// The writer is gone.
    abandoned: bool,
}

#[derive(Debug, Default)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

/// What is to be done next.
#[derive(Debug)]
pub enum Work {
    Append(Vec<Request>),
    Done(Done),
    /// Nothing came for a while.
    Idle,
    Close,
}

impl Queue {
    /// # Errors
    /// The account's share is full; the queue is closed.
    pub fn push(&self, account: &str, request: Request) -> Result<(), AppendError> {
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return Err(AppendError::Closed);
        }
        let lane = waiting.lanes.entry(account.to_owned()).or_default();
        let samples = lane.samples + request.samples.len();
        let bytes = lane.bytes + request.bytes;
        if samples > SHARE_SAMPLES || bytes > SHARE_BYTES {
            return Err(AppendError::Busy);
        }
        (lane.samples, lane.bytes) = (samples, bytes);
        lane.requests.push_back(request);
        drop(waiting);
        self.wake.notify_one();
        Ok(())
    }

    /// Tells the writer something.
    pub fn tell(&self, done: Done) {
        let mut waiting = self.waiting.lock();
        if waiting.abandoned {
            return;
        }
        waiting.done.push_back(done);
        drop(waiting);
        self.wake.notify_one();
    }

    /// Nobody takes what waits any more: its callers find it closed.
    pub fn abandon(&self) {
        let mut waiting = self.waiting.lock();
        (waiting.closed, waiting.abandoned) = (true, true);
        waiting.lanes.clear();
        waiting.done.clear();
    }

    pub fn close(&self) {
        self.waiting.lock().closed = true;
        self.wake.notify_one();
    }

    /// What is told comes first; requests only if `appends` says so. What waits at the closing is still done.
    pub fn next(&self, appends: bool, patience: Duration) -> Work {
        let mut waiting = self.waiting.lock();
        loop {
            if let Some(done) = waiting.done.pop_front() {
                return Work::Done(done);
            }
            if appends {
                let group = waiting.group();
                if !group.is_empty() {
                    return Work::Append(group);
                }
            }
            if waiting.closed {
                return Work::Close;
            }
            if self.wake.wait_for(&mut waiting, patience).timed_out() {
                return Work::Idle;
            }
        }
    }
}

impl Waiting {
    /// A request of each account in turn, until it is enough.
    fn group(&mut self) -> Vec<Request> {
        let (mut group, mut samples, mut bytes) = (Vec::new(), 0, 0);
        let accounts = self.lanes.len();
        while samples < GROUP_SAMPLES && bytes < GROUP_BYTES {
            let had_their_turn = group.len() >= accounts;
            if accounts > 1 && had_their_turn && samples >= SHARED_SAMPLES {
                break;
            }
            let behind = (Bound::Excluded(self.turn.as_str()), Bound::Unbounded);
            let next = self.lanes.range::<str, _>(behind).next();
            let next = next.or_else(|| self.lanes.iter().next());
            let Some(account) = next.map(|(account, _)| account.clone()) else {
                break;
            };
            let Some(lane) = self.lanes.get_mut(&account) else {
                break;
            };
            if let Some(request) = lane.requests.pop_front() {
                lane.samples -= request.samples.len();
                lane.bytes -= request.bytes;
                samples += request.samples.len();
                bytes += request.bytes;
                group.push(request);
            }
            if lane.requests.is_empty() {
                self.lanes.remove(&account);
            }
            self.turn = account;
        }
        group
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Metric, Summary, Tier};

    fn request(name: &str, samples: usize) -> Request {
        let metric = Metric {
            account: String::new(),
            region: String::new(),
            namespace: String::new(),
            name: name.to_owned(),
            dimensions: Vec::new(),
        };
        let sample = Sample {
            key: metric.key("None").unwrap(),
            tier: Tier::Minute,
            at: 0,
            summary: Summary::one(0.0),
        };
        Request {
            samples: vec![sample; samples],
            bytes: 0,
            taken: Taken::Whole,
            reply: oneshot::channel().0,
        }
    }

    #[test]
    fn large_ones_share_no_sync() {
        let queue = Queue::default();
        let large = |name| Request {
            bytes: 20 << 20,
            ..request(name, 1)
        };
        for _ in 0..3 {
            queue.push("large", large("l")).unwrap();
        }
        assert_eq!(queue.push("large", large("l")), Err(AppendError::Busy));
        queue.push("quiet", request("q", 1)).unwrap();
        let mut groups = Vec::new();
        while let Work::Append(group) = queue.next(true, Duration::ZERO) {
            groups.push(group.iter().map(|it| it.bytes >> 20).collect::<Vec<_>>());
        }
        assert_eq!(groups, [vec![20], vec![0, 20], vec![20]]);
    }

    #[test]
    fn small_ones_of_several_accounts_share_a_sync() {
        let queue = Queue::default();
        for account in ["a", "b"] {
            for _ in 0..100 {
                queue.push(account, request(account, 100)).unwrap();
            }
        }
        let Work::Append(group) = queue.next(true, Duration::ZERO) else {
            panic!("there is work");
        };
        assert_eq!(group.len(), SHARED_SAMPLES.div_ceil(100));
    }

    #[test]
    fn a_flood_waits_behind_itself_alone() {
        let queue = Queue::default();
        for _ in 0..6 {
            queue.push("flood", request("f", 50_000)).unwrap();
        }
        assert_eq!(queue.push("flood", request("f", 1)), Err(AppendError::Busy));
        queue.push("quiet", request("q", 1)).unwrap();
        let Work::Append(group) = queue.next(true, Duration::ZERO) else {
            panic!("there is work");
        };
        let names: Vec<&str> = group
            .iter()
            .map(|it| it.samples[0].key.0.split('\u{1f}').nth(3).unwrap())
            .collect();
        assert_eq!(names, ["f\u{1e}None", "q\u{1e}None"]);
        assert!(matches!(queue.next(false, Duration::ZERO), Work::Idle));
        queue.close();
        assert!(matches!(queue.next(true, Duration::ZERO), Work::Append(_)));
        assert_eq!(
            queue.push("quiet", request("q", 1)),
            Err(AppendError::Closed)
        );
    }
}
