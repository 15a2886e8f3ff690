//! Turns of accounts at their alarms: each account has a share of what all have at once. An alarm that comes when its
//! account's share is taken waits behind the account's others, and is woken as soon as there is a turn for it: so an account
//! with a thousand alarms that are due together has them looked at one after the other without a pause, and the others'
//! come in between.
//!
//! The turn that an alarm is woken for is its own from then on: nobody who comes meanwhile has it, and an alarm that finds
//! no use for it any more, since it is gone or was looked at in the meantime, gives it to the next one. So nobody who waits
//! needs to come by itself. Whoever has a turn in one line and needs another one comes first in that line among its account's:
//! else its turn would be held, and missed by others, for as long as the account's line is.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use parking_lot::Mutex;
use wharf_reconcile::Queue;

/// Turns at once, and who waits for one.
#[derive(Debug)]
pub struct Turns {
    /// Where alarms are woken.
    queue: Arc<Queue<String>>,
    /// Of all, and of each account.
    most: usize,
    most_of_one: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    count: usize,
    accounts: HashMap<String, OfOne>,
    /// Alarms that were woken for a turn, which counts as taken; with their accounts.
    granted: HashMap<String, String>,
    /// Accounts whose alarms wait, in the order in which they are woken.
    waiting: VecDeque<String>,
}

#[derive(Debug, Default)]
struct OfOne {
    count: usize,
    /// Alarms that wait, in their order, and to find one in.
    waiting: VecDeque<String>,
    known: HashSet<String>,
}

/// Ends when it is dropped.
#[derive(Debug)]
pub struct Turn {
    of: Arc<Turns>,
    account: String,
}

impl Turns {
    /// So many at once, and so many of each account.
    pub fn new(queue: Arc<Queue<String>>, most: usize, most_of_one: usize) -> Arc<Self> {
        Arc::new(Self {
            queue,
            most,
            most_of_one,
            taken: Mutex::default(),
        })
    }

    /// The turn that the alarm under a key was woken for, if it was. Whoever comes with the key asks for it first, and has
    /// it go to the next one by dropping it.
    pub fn granted(self: &Arc<Self>, key: &str) -> Option<Turn> {
        let account = self.taken.lock().granted.remove(key)?;
        Some(Turn {
            of: self.clone(),
            account,
        })
    }

    /// Whether the alarm under a key was woken for a turn that it has not come for yet.
    pub fn is_granted(&self, key: &str) -> bool {
        self.taken.lock().granted.contains_key(key)
    }

    /// A turn for the alarm under a key. If there is none, the alarm waits for one, and is woken for it.
    pub fn take(self: &Arc<Self>, account: &str, key: &str) -> Option<Turn> {
        self.take_at(account, key, false)
    }

    /// The same before all others of the account, where it holds a turn of another kind meanwhile.
    pub fn take_first(self: &Arc<Self>, account: &str, key: &str) -> Option<Turn> {
        self.take_at(account, key, true)
    }

    fn take_at(self: &Arc<Self>, account: &str, key: &str, is_first: bool) -> Option<Turn> {
        if let Some(turn) = self.granted(key) {
            return Some(turn);
        }
        let mut taken = self.taken.lock();
        let Taken {
            count,
            accounts,
            waiting,
            ..
        } = &mut *taken;
        let own = accounts.entry(account.to_owned()).or_default();
        if *count < self.most && own.count < self.most_of_one {
            *count += 1;
            own.count += 1;
            return Some(Turn {
                of: self.clone(),
                account: account.to_owned(),
            });
        }
        if own.waiting.is_empty() {
            waiting.push_back(account.to_owned());
        }
        own.wait(key, is_first);
        None
    }
}

impl Taken {
    /// A turn of an account has ended. Gives turns that are free to those who wait, and who these are.
    fn ended(&mut self, account: &str, (most, most_of_one): (usize, usize)) -> Vec<String> {
        self.count -= 1;
        if let Some(own) = self.accounts.get_mut(account) {
            own.count -= 1;
        }
        let mut woken = Vec::new();
        // Accounts take turns, too.
        for _ in 0..self.waiting.len() {
            if self.count >= most {
                break;
            }
            let Some(next) = self.waiting.pop_front() else {
                break;
            };
            let Some(own) = self.accounts.get_mut(&next) else {
                continue;
            };
            while self.count < most
                && own.count < most_of_one
                && let Some(key) = own.waiting.pop_front()
            {
                own.known.remove(&key);
                self.granted.insert(key.clone(), next.clone());
                woken.push(key);
                own.count += 1;
                self.count += 1;
            }
            if !own.waiting.is_empty() {
                self.waiting.push_back(next);
            } else if own.is_idle() {
                self.accounts.remove(&next);
            }
        }
        if self.accounts.get(account).is_some_and(OfOne::is_idle) {
            self.accounts.remove(account);
        }
        woken
    }
}

impl OfOne {
    fn wait(&mut self, key: &str, is_first: bool) {
        let is_new = self.known.insert(key.to_owned());
        if is_first {
            if !is_new {
                self.waiting.retain(|it| it != key);
            }
            self.waiting.push_front(key.to_owned());
        } else if is_new {
            self.waiting.push_back(key.to_owned());
        }
    }

    fn is_idle(&self) -> bool {
        self.count == 0 && self.waiting.is_empty()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let of = &self.of;
        let most = (of.most, of.most_of_one);
        let woken = of.taken.lock().ended(&self.account, most);
        woken.into_iter().for_each(|it| of.queue.wake(it));
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, time::Duration};

    use tokio::time::{Instant, sleep};
    use tokio_util::sync::CancellationToken;
    use wharf_reconcile::Next;

    use super::*;

    fn waiting(turns: &Turns) -> Vec<String> {
        let taken = turns.taken.lock();
        let of_one = |it: &String| taken.accounts[it].waiting.iter().cloned();
        taken.waiting.iter().flat_map(of_one).collect()
    }

    #[tokio::test]
    async fn who_waits_is_woken_in_order_and_accounts_take_turns() {
        let queue: Arc<Queue<String>> = Arc::default();
        let turns = Turns::new(queue.clone(), 3, 2);
        let first = turns.take("a", "a1").unwrap();
        let second = turns.take("a", "a2").unwrap();
        for key in ["a3", "a4", "a3"] {
            assert!(turns.take("a", key).is_none());
        }
        let third = turns.take("b", "b1").unwrap();
        assert!(turns.take("c", "c1").is_none(), "there are three in all");
        assert!(turns.take("b", "b2").is_none());
        assert_eq!(waiting(&turns), ["a3", "a4", "c1", "b2"]);
        drop(first);
        assert_eq!(queue.next().await, "a3");
        let fourth = turns.take("a", "a3").unwrap();
        drop(second);
        assert_eq!(queue.next().await, "c1", "it is another account's turn");
        drop(third);
        assert_eq!(queue.next().await, "b2");
        assert!(turns.take("d", "d1").is_none(), "turns are given by now");
        // What was woken and has no use for its turn has the next one woken, whoever that is.
        drop(turns.granted("c1").unwrap());
        assert_eq!(queue.next().await, "a4");
        drop(turns.granted("b2"));
        assert_eq!(queue.next().await, "d1");
        assert!(turns.granted("b2").is_none(), "it is given back once");
        drop((turns.granted("a4"), turns.take("d", "d1"), fourth));
        let taken = turns.taken.lock();
        assert!(taken.count == 0 && taken.waiting.is_empty());
        assert!(taken.accounts.is_empty() && taken.granted.is_empty());
    }

    #[tokio::test]
    async fn who_holds_a_turn_of_another_kind_waits_behind_none_of_its_account() {
        let queue: Arc<Queue<String>> = Arc::default();
        let turns = Turns::new(queue.clone(), 2, 1);
        let first = turns.take("a", "a1").unwrap();
        for key in ["a2", "a3"] {
            assert!(turns.take("a", key).is_none());
        }
        for key in ["a3", "a4", "a4"] {
            assert!(turns.take_first("a", key).is_none());
        }
        assert!(turns.take("a", "a4").is_none(), "it keeps its place");
        assert_eq!(waiting(&turns), ["a4", "a3", "a2"]);
        let other = turns.take("b", "b1").unwrap();
        drop(first);
        assert_eq!(queue.next().await, "a4");
        assert!(turns.is_granted("a4") && !turns.is_granted("a3"));
        drop(turns.granted("a4"));
        assert!(!turns.is_granted("a4"));
        for key in ["a3", "a2"] {
            assert_eq!(queue.next().await, key);
            drop(turns.take("a", key).unwrap());
        }
        drop(other);
        let taken = turns.taken.lock();
        assert!(taken.count == 0 && taken.accounts.is_empty() && taken.granted.is_empty());
    }

    /// What a look takes of a worker's time here.
    const LOOK: Duration = Duration::from_millis(10);
    const OF_ONE: usize = 1000;

    #[tokio::test(start_paused = true)]
    async fn a_thousand_that_are_due_together_are_looked_at_without_a_pause_and_others_between_them()
     {
        let queue: Arc<Queue<String>> = Arc::default();
        let turns = Turns::new(queue.clone(), 8, 4);
        for number in 0..OF_ONE {
            queue.wake(format!("many/{number}"));
        }
        let begun = Instant::now();
        // Others come all the time.
        let others = queue.clone();
        tokio::spawn(async move {
            for number in 0..100 {
                others.wake(format!("few/{number}/{}", begun.elapsed().as_millis()));
                sleep(2 * LOOK).await;
            }
        });
        let stop = CancellationToken::new();
        let looked: Arc<Mutex<Vec<(String, Duration)>>> = Arc::default();
        let work = {
            let (turns, looked, stop) = (turns, looked.clone(), stop.clone());
            move |key: String| {
                let (turns, looked, stop) = (turns.clone(), looked.clone(), stop.clone());
                async move {
                    let account = key.split('/').next().unwrap_or_default();
                    let Some(_turn) = turns.take(account, &key) else {
                        return Ok::<_, Infallible>(Next::Settled);
                    };
                    sleep(LOOK).await;
                    let mut looked = looked.lock();
                    looked.push((key, begun.elapsed()));
                    if looked.len() == OF_ONE + 100 {
                        stop.cancel();
                    }
                    Ok(Next::Settled)
                }
            }
        };
        let run = wharf_reconcile::run(queue, 8, stop, work);
        let ended = tokio::time::timeout(Duration::from_secs(60), run).await;
        assert!(ended.is_ok(), "some wait that nobody wakes");
        let looked = looked.lock();
        for (key, at) in looked.iter() {
            // When it became due.
            let due = key.strip_prefix("few/").and_then(|it| it.split_once('/'));
            let due = due.map(|it| Duration::from_millis(it.1.parse().unwrap()));
            let most = match due {
                Some(due) => due + 4 * LOOK,
                // Four at a time.
                None => LOOK * (OF_ONE as u32 / 3),
            };
            assert!(*at <= most, "{key} was looked at after {at:?}");
        }
    }

    /// An account with many alarms that take turns of their own, as those that have log events counted. Every third of them is
    /// gone when it is woken for its turn. Nobody comes by themselves.
    #[tokio::test(start_paused = true)]
    async fn ten_thousand_of_one_account_hold_up_no_other_and_wait_for_nothing_but_their_turn() {
        const MANY: usize = 10_000;
        const FEW: usize = 100;
        let queue: Arc<Queue<String>> = Arc::default();
        let looking = Turns::new(queue.clone(), 8, 4);
        let counting = Turns::new(queue.clone(), 2, 1);
        for number in 0..MANY {
            queue.wake(format!("many/{number}"));
        }
        let begun = Instant::now();
        let others = queue.clone();
        tokio::spawn(async move {
            for number in 0..FEW {
                others.wake(format!("few/{number}/{}", begun.elapsed().as_millis()));
                sleep(5 * LOOK).await;
            }
        });
        let stop = CancellationToken::new();
        let ended: Arc<Mutex<Vec<(String, Duration)>>> = Arc::default();
        let work = {
            let (ended, stop) = (ended.clone(), stop.clone());
            move |key: String| {
                let (looking, counting) = (looking.clone(), counting.clone());
                let (ended, stop) = (ended.clone(), stop.clone());
                async move {
                    let account = key.split('/').next().unwrap_or_default();
                    let Some(_looks) = looking.take(account, &key) else {
                        return Ok::<_, Infallible>(Next::Settled);
                    };
                    let turn = counting.granted(&key);
                    let number = key
                        .split('/')
                        .nth(1)
                        .and_then(|it| it.parse::<usize>().ok());
                    let is_gone = turn.is_some() && number.is_some_and(|it| it % 3 == 0);
                    let turn = turn.or_else(|| counting.take(account, &key));
                    let Some(_turn) = turn else {
                        return Ok(Next::Settled);
                    };
                    if !is_gone {
                        sleep(LOOK).await;
                    }
                    let mut ended = ended.lock();
                    ended.push((key, begun.elapsed()));
                    if ended.len() == MANY + FEW {
                        stop.cancel();
                    }
                    Ok(Next::Settled)
                }
            }
        };
        let run = wharf_reconcile::run(queue, 8, stop, work);
        let all = tokio::time::timeout(Duration::from_secs(600), run).await;
        assert!(all.is_ok(), "some wait that nobody wakes");
        let ended = ended.lock();
        // One at a time, two thirds of them, without a pause; the clock rounds up each of them.
        let most = LOOK * (MANY as u32 * 4 / 5);
        for (key, at) in ended.iter() {
            let due = key.strip_prefix("few/").and_then(|it| it.split_once('/'));
            let due = due.map(|it| Duration::from_millis(it.1.parse().unwrap()));
            let most = due.map_or(most, |it| it + 4 * LOOK);
            assert!(*at <= most, "{key} was looked at after {at:?}");
        }
    }
}
