//! Connections that are open: how many there may be, of whom, and when they end.

use std::{
    collections::HashMap,
    net::{IpAddr, Shutdown, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;

const MOST: usize = 1024;
/// Of one address.
const MOST_OF_ONE: usize = 64;
/// What one may take to say who it is.
const GREETING: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct Open {
    all: Mutex<(u64, HashMap<u64, One>)>,
}

/// One of them.
pub struct One {
    stream: TcpStream,
    peer: IpAddr,
    since: Instant,
    /// Since it is let in: when its ticket is over, in milliseconds since 1970.
    until_ms: Option<u64>,
}

/// It counts until this is dropped.
pub struct Place {
    open: Arc<Open>,
    number: u64,
}

impl Open {
    /// `None`: there are too many, or it has ended.
    pub fn begin(self: &Arc<Self>, stream: &TcpStream) -> Option<Place> {
        let (peer, stream) = (stream.peer_addr().ok()?.ip(), stream.try_clone().ok()?);
        let mut all = self.all.lock();
        let (next, open) = &mut *all;
        let of_one = open.values().filter(|it| it.peer == peer).count();
        if open.len() >= MOST || of_one >= MOST_OF_ONE {
            return None;
        }
        *next += 1;
        let number = *next;
        let one = One {
            stream,
            peer,
            since: Instant::now(),
            until_ms: None,
        };
        open.insert(number, one);
        Some(Place {
            open: self.clone(),
            number,
        })
    }

    pub fn count(&self) -> u64 {
        self.all.lock().1.len() as u64
    }

    /// Ends those; their threads notice.
    pub fn shut(&self, which: impl Fn(&One) -> bool) {
        for one in self.all.lock().1.values().filter(|it| which(it)) {
            let _ = one.stream.shutdown(Shutdown::Both);
        }
    }

    /// Ends those that do not say who they are, and those whose tickets are over, for ever.
    pub fn keep_time(&self) {
        loop {
            thread::sleep(LOOK);
            let now = now_ms();
            self.shut(|it| match it.until_ms {
                None => it.since.elapsed() > GREETING,
                Some(until) => until < now,
            });
        }
    }
}

impl Place {
    /// It is let in until then.
    pub fn let_in(&self, until_ms: u64) {
        if let Some(one) = self.open.all.lock().1.get_mut(&self.number) {
            one.until_ms = Some(until_ms);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.all.lock().1.remove(&self.number);
    }
}

pub fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX))
}
