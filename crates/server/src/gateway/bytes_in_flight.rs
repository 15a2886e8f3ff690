//! Bytes of requests that the gateway holds: bounded over all of them and for each source.
//!
//! A request pays for its head when it comes, and for its body as bytes of it arrive; a
//! `Content-Length` alone costs nothing: room that is made for it takes no memory before bytes come. What it paid is given back when it is
//! answered. Where a bound is met, the largest body still on its way of the source that holds most
//! gives way: small requests get through while somebody fills the bound with large ones, and a
//! source that keeps to its share never pays for one that does not. Requests whose body is
//! complete are never given up.

use std::{collections::HashMap, sync::Arc};

use parking_lot::{Mutex, MutexGuard};
use tokio_util::sync::CancellationToken;

use super::{rooms, source::Source};

/// What a request costs beside its bytes: the structures that carry it.
const REQUEST_COST: usize = 4 << 10;
/// Above this many bytes held, memory is handed back to the kernel once they are free again.
const WORTH_TRIMMING: usize = 16 << 20;

/// The most bytes held at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// By all requests.
    pub total: usize,
    /// By one source. It must admit the largest single body.
    pub source: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: 192 << 20,
            source: 64 << 20,
        }
    }
}

/// There is no room, not even by giving up larger bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// The account of all bytes. Cheap to clone.
#[derive(Clone)]
pub struct BytesInFlight {
    limits: Limits,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    total: usize,
    peak: usize,
    sources: HashMap<Source, usize>,
    held: HashMap<u64, Held>,
    next: u64,
}

struct Held {
    source: Source,
    bytes: usize,
    /// The body is still on its way.
    arriving: bool,
    given_up: CancellationToken,
}

/// What one request holds; given back when dropped.
pub struct Hold {
    all: BytesInFlight,
    id: u64,
    given_up: CancellationToken,
}

impl BytesInFlight {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: Arc::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Bytes held now, by all requests.
    pub fn total(&self) -> usize {
        self.state().total
    }

    /// A request whose head has `head` bytes.
    pub fn enter(&self, source: Source, head: usize) -> Result<Hold, Full> {
        let mut state = self.state();
        let id = state.next;
        state.next += 1;
        let given_up = CancellationToken::new();
        let held = Held {
            source,
            bytes: 0,
            arriving: true,
            given_up: given_up.clone(),
        };
        state.held.insert(id, held);
        let hold = Hold {
            all: self.clone(),
            id,
            given_up,
        };
        let paid = state.pay(&self.limits, id, head + REQUEST_COST);
        // Dropping the hold takes the lock.
        drop(state);
        paid.map(|()| hold)
    }
}

impl Hold {
    /// Pays for `bytes` more that arrived.
    pub fn grow(&self, bytes: usize) -> Result<(), Full> {
        self.all.state().pay(&self.all.limits, self.id, bytes)
    }

    /// Ends when this body had to give way to others.
    pub async fn given_up(&self) {
        self.given_up.cancelled().await;
    }

    /// Its caller is known: the request counts for `source` from now on.
    pub fn charge(&self, source: Source) -> Result<(), Full> {
        let mut state = self.all.state();
        let held = state.held.get(&self.id).ok_or(Full)?;
        if held.source == source {
            return Ok(());
        }
        let taken = state.sources.get(&source).copied().unwrap_or_default();
        if taken + held.bytes > self.all.limits.source {
            return Err(Full);
        }
        state.move_to(self.id, source);
        Ok(())
    }

    /// The body is complete: the request does not give way any more.
    pub fn complete(&self) {
        if let Some(held) = self.all.state().held.get_mut(&self.id) {
            held.arriving = false;
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self.all.state();
        state.release(self.id);
        if state.total == 0 && std::mem::take(&mut state.peak) > WORTH_TRIMMING {
            drop(state);
            give_memory_back();
        }
    }
}

impl State {
    fn pay(&mut self, limits: &Limits, id: u64, bytes: usize) -> Result<(), Full> {
        loop {
            // One that gave way has nothing left to pay for.
            let held = self.held.get(&id).ok_or(Full)?;
            let source = held.source.clone();
            let of_source = self.sources.get(&source).copied().unwrap_or_default();
            let among = if of_source + bytes > limits.source {
                Some(&source)
            } else if self.total + bytes > limits.total {
                None
            } else {
                break;
            };
            self.make_room(id, bytes, among)?;
        }
        let held = self.held.get_mut(&id).ok_or(Full)?;
        held.bytes += bytes;
        *self.sources.entry(held.source.clone()).or_default() += bytes;
        self.total += bytes;
        self.peak = self.peak.max(self.total);
        Ok(())
    }

    /// Gives up the largest arriving body of `among`, or of the source that holds most of them,
    /// unless that is the one that asks or is no larger than it would become.
    fn make_room(&mut self, asking: u64, bytes: usize, among: Option<&Source>) -> Result<(), Full> {
        let heaviest = among.cloned().or_else(|| self.heaviest());
        let largest = self
            .held
            .iter()
            .filter(|(_, held)| held.arriving && Some(&held.source) == heaviest.as_ref())
            .max_by_key(|(id, held)| (held.bytes, **id))
            .map(|(id, held)| (*id, held.bytes));
        let own = self.held.get(&asking).map_or(0, |held| held.bytes) + bytes;
        match largest {
            Some((id, size)) if id != asking && size >= own => {
                if let Some(held) = self.held.get(&id) {
                    held.given_up.cancel();
                }
                self.release(id);
                Ok(())
            }
            _ => Err(Full),
        }
    }

    /// The source whose arriving bodies hold most.
    fn heaviest(&self) -> Option<Source> {
        let mut sums: HashMap<&Source, usize> = HashMap::new();
        for held in self.held.values().filter(|held| held.arriving) {
            *sums.entry(&held.source).or_default() += held.bytes;
        }
        let heaviest = sums.into_iter().max_by_key(|(_, bytes)| *bytes);
        heaviest.map(|(source, _)| source.clone())
    }

    fn move_to(&mut self, id: u64, source: Source) {
        if let Some(held) = self.held.get_mut(&id) {
            let bytes = held.bytes;
            let old = std::mem::replace(&mut held.source, source.clone());
            self.take_from(&old, bytes);
            *self.sources.entry(source).or_default() += bytes;
        }
    }

    fn release(&mut self, id: u64) {
        if let Some(held) = self.held.remove(&id) {
            self.take_from(&held.source, held.bytes);
            self.total -= held.bytes;
        }
    }

    fn take_from(&mut self, source: &Source, bytes: usize) {
        if let Some(left) = self.sources.get_mut(source) {
            *left -= bytes;
            if *left == 0 {
                self.sources.remove(source);
            }
        }
    }
}

/// The allocator keeps what was freed between blocks still in use; after a burst of large bodies
/// that can be all of them.
fn give_memory_back() {
    rooms::clear();
    let purge = || {
        // SAFETY: it takes the allocator's own locks and touches free memory alone; any thread
        // may call it at any time.
        unsafe { libmimalloc_sys::mi_collect(true) };
    };
    // It takes milliseconds.
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(purge)),
        Err(_) => purge(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        total: 300_000,
        source: 100_000,
    };

    fn source(number: u8) -> Source {
        Source::of(std::net::IpAddr::from([192, 0, 2, number]))
    }

    fn enter(all: &BytesInFlight, number: u8) -> Hold {
        all.enter(source(number), 0).expect("there is room")
    }

    #[test]
    fn bytes_are_given_back() {
        let all = BytesInFlight::new(LIMITS);
        let hold = enter(&all, 1);
        hold.grow(50_000).unwrap();
        assert_eq!(all.total(), 50_000 + REQUEST_COST);
        drop(hold);
        assert_eq!(all.total(), 0);
        assert!(all.state().sources.is_empty() && all.state().held.is_empty());
    }

    #[test]
    fn a_source_has_its_share_and_no_more() {
        let all = BytesInFlight::new(LIMITS);
        let greedy = enter(&all, 1);
        greedy.grow(90_000).unwrap();
        assert_eq!(greedy.grow(90_000), Err(Full));
        let other = enter(&all, 2);
        other.grow(90_000).unwrap();
        assert!(!other.given_up.is_cancelled() && !greedy.given_up.is_cancelled());
    }

    #[test]
    fn the_largest_body_on_its_way_gives_way() {
        let all = BytesInFlight::new(LIMITS);
        let (large, middle) = (enter(&all, 1), enter(&all, 1));
        large.grow(50_000).unwrap();
        middle.grow(30_000).unwrap();
        let small = enter(&all, 1);
        small.grow(10_000).unwrap();
        assert!(large.given_up.is_cancelled() && !middle.given_up.is_cancelled());
        // It has nothing left, and gets nothing.
        assert_eq!(large.grow(1), Err(Full));
        let before = all.total();
        drop(large);
        assert_eq!(all.total(), before);
    }

    #[test]
    fn a_complete_request_is_never_given_up() {
        let all = BytesInFlight::new(LIMITS);
        let first = enter(&all, 1);
        first.grow(90_000).unwrap();
        first.complete();
        let second = enter(&all, 1);
        assert_eq!(second.grow(10_000), Err(Full));
        assert!(!first.given_up.is_cancelled());
    }

    #[test]
    fn the_heaviest_source_gives_way_to_all_others() {
        let all = BytesInFlight::new(Limits {
            total: 150_000,
            source: 100_000,
        });
        let heavy: Vec<Hold> = (0..10).map(|_| enter(&all, 1)).collect();
        for hold in &heavy {
            let _ = hold.grow(5_000);
        }
        let modest = enter(&all, 2);
        modest.grow(40_000).unwrap();
        // Many more sources than there is room for: each takes from the heaviest.
        let small: Vec<_> = (3..10).map(|n| all.enter(source(n), 0)).collect();
        assert!(small.iter().all(Result::is_ok));
        assert!(!modest.given_up.is_cancelled());
        assert!(heavy.iter().any(|hold| hold.given_up.is_cancelled()));
        assert!(all.total() <= 150_000);
    }

    #[test]
    fn verified_requests_count_for_their_account() {
        let all = BytesInFlight::new(LIMITS);
        let account = || Source::Account("000000000000".to_owned());
        let mut running = Vec::new();
        for number in 0..10 {
            let hold = enter(&all, number);
            hold.grow(25_000).unwrap();
            hold.complete();
            let charged = hold.charge(account());
            assert_eq!(charged.is_ok(), number < 3, "{number}");
            if charged.is_ok() {
                running.push(hold);
            }
        }
        assert!(all.total() <= LIMITS.source);
    }

    #[test]
    fn whatever_happens_the_sums_are_right() {
        use rand::{Rng, SeedableRng, rngs::SmallRng};
        let mut random = SmallRng::seed_from_u64(7);
        let all = BytesInFlight::new(LIMITS);
        let mut holds: Vec<Hold> = Vec::new();
        for _ in 0..20_000 {
            match random.random_range(0..5) {
                0 => holds.extend(all.enter(source(random.random_range(0..6)), 100)),
                1 | 2 if !holds.is_empty() => {
                    let at = random.random_range(0..holds.len());
                    let _ = holds[at].grow(random.random_range(1..20_000));
                }
                3 if !holds.is_empty() => {
                    let at = random.random_range(0..holds.len());
                    let account = Source::Account(random.random_range(0..3).to_string());
                    let _ = holds[at].charge(account);
                    if random.random_bool(0.3) {
                        holds[at].complete();
                    }
                }
                4 if holds.len() > 20 => {
                    holds.swap_remove(random.random_range(0..holds.len()));
                }
                _ => {}
            }
            let state = all.state();
            assert_eq!(
                state.total,
                state.held.values().map(|held| held.bytes).sum::<usize>()
            );
            assert_eq!(state.total, state.sources.values().sum::<usize>());
            assert!(state.total <= LIMITS.total);
            assert!(state.sources.values().all(|bytes| *bytes <= LIMITS.source));
        }
        holds.clear();
        assert_eq!(all.total(), 0);
    }
}
