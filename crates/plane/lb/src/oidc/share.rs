//! How many calls of identity providers one load balancer may have under way, and all of an account. Whoever may make rules
//! names the endpoints that are called, and whoever may reach a listener has them called: neither takes what others need, nor
//! gets more by changing rules or by making load balancers.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wharf_egress::Egress;

use super::{Refused, refreshes::Refreshes, session::Session};

/// Calls under way.
const CALLS: usize = 16;
/// Names that are looked up: each may take one of few threads until the system's resolver gives up.
const LOOKUPS: usize = 2;
/// Calls and look-ups of all load balancers of an account, and of all accounts.
const OF_ACCOUNT: (usize, usize) = (4 * CALLS, 4 * LOOKUPS);
const OF_ALL: (usize, usize) = (16 * CALLS, 16 * LOOKUPS);
/// Users who log in, and as many whose sessions are renewed: those beyond what can be called for wait.
const WAITING: usize = 4 * CALLS;
/// Between two lines of the log about one issuer.
const LINE_EVERY: Duration = Duration::from_secs(60);

pub type Outcome = Result<Arc<Session>, Refused>;
pub type Renewal = Shared<BoxFuture<'static, Outcome>>;

/// A load balancer's share.
pub struct Share {
    pub egress: Egress,
    /// What it is a part of: one for all of the account's, as long as one of them is there.
    _of_account: Arc<Egress>,
    logins: Arc<Semaphore>,
    renewals: Arc<Semaphore>,
    pub refreshes: Mutex<Refreshes<Renewal>>,
    lines: Mutex<Lines>,
}

impl Share {
    fn of(account: Arc<Egress>) -> Self {
        Self {
            egress: account.part(CALLS, LOOKUPS),
            _of_account: account,
            logins: Arc::new(Semaphore::new(WAITING)),
            renewals: Arc::new(Semaphore::new(WAITING)),
            refreshes: Mutex::default(),
            lines: Mutex::default(),
        }
    }

    /// A place among those who log in.
    pub fn login(&self) -> Result<OwnedSemaphorePermit, Refused> {
        place(&self.logins)
    }

    /// A place among those whose sessions are renewed. Strangers take none.
    pub fn renewal(&self) -> Result<OwnedSemaphorePermit, Refused> {
        place(&self.renewals)
    }

    /// Whether a refused user of this issuer gets a line in the log, with how many had none before.
    pub fn says(&self, issuer: &str, now: Instant) -> Option<u64> {
        self.lines.lock().says(issuer, now)
    }
}

fn place(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Refused> {
    let place = Arc::clone(places).try_acquire_owned();
    place.map_err(|_| Refused::Busy)
}

/// The shares of all load balancers, by ARN. They outlive tables and rules.
pub struct Shares {
    accounts: wharf_egress::Shares,
    by_balancer: Mutex<HashMap<String, Arc<Share>>>,
}

impl Shares {
    pub fn new(whole: Egress) -> Self {
        Self {
            accounts: wharf_egress::Shares::new(&whole, OF_ALL, OF_ACCOUNT),
            by_balancer: Mutex::default(),
        }
    }

    pub fn of(&self, balancer: &str) -> Arc<Share> {
        let mut shares = self.by_balancer.lock();
        match shares.get(balancer) {
            Some(share) => Arc::clone(share),
            None => {
                let share = Arc::new(Share::of(self.accounts.of(account_of(balancer))));
                shares.insert(balancer.to_owned(), Arc::clone(&share));
                share
            }
        }
    }

    /// Lets go of what is remembered no longer, and of shares of which nothing is taken. Returns issuers with the users of whom the log
    /// said nothing.
    pub fn sweep(&self, now: Instant) -> Vec<(String, u64)> {
        let mut unsaid = Vec::new();
        self.by_balancer.lock().retain(|_, share| {
            let mut refreshes = share.refreshes.lock();
            refreshes.sweep(now);
            let mut lines = share.lines.lock();
            unsaid.extend(lines.sweep(now));
            // Whoever has a place has the share as well.
            Arc::strong_count(share) > 1 || !refreshes.is_empty() || !lines.0.is_empty()
        });
        unsaid
    }
}

/// The account in the ARN of a load balancer.
fn account_of(balancer: &str) -> &str {
    balancer.split(':').nth(4).unwrap_or_default()
}

/// By issuer: when the log had a line, and how many had none since.
#[derive(Default)]
struct Lines(HashMap<String, (Instant, u64)>);

impl Lines {
    fn says(&mut self, issuer: &str, now: Instant) -> Option<u64> {
        let is_new = |said: Instant| now.saturating_duration_since(said) >= LINE_EVERY;
        match self.0.get_mut(issuer) {
            Some((said, unsaid)) if !is_new(*said) => {
                *unsaid += 1;
                None
            }
            Some((said, unsaid)) => {
                *said = now;
                Some(std::mem::take(unsaid))
            }
            None => {
                self.0.insert(issuer.to_owned(), (now, 0));
                Some(0)
            }
        }
    }

    fn sweep(&mut self, now: Instant) -> Vec<(String, u64)> {
        let over = |_: &String, (said, _): &mut (Instant, u64)| {
            now.saturating_duration_since(*said) >= LINE_EVERY
        };
        let over = self.0.extract_if(over);
        over.map(|(issuer, (_, unsaid))| (issuer, unsaid))
            .filter(|it| it.1 > 0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;
    use tokio::net::TcpListener;
    use wharf_egress::{Failure, Limits};

    use super::*;

    fn shares() -> Shares {
        Shares::new(Egress::to(Vec::new()))
    }

    #[tokio::test]
    async fn an_account_with_many_load_balancers_leaves_others_their_calls() {
        let loopback = vec!["127.0.0.0/8".parse().unwrap()];
        let shares = Shares::new(Egress::to(loopback));
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let get = || Request::get(&url).body(Bytes::new()).unwrap();
        let limits = Limits {
            time: Duration::from_secs(60),
            body: 1024,
        };
        let share = |account: &str, number: usize| {
            let name = format!("loadbalancer/app/a/{number}");
            shares.of(&format!(
                "arn:aws:elasticloadbalancing:us-east-1:{account}:{name}"
            ))
        };
        let mut calls = Vec::new();
        for number in 0..OF_ACCOUNT.0 {
            let (share, request) = (share("111111111111", number), get());
            let call = tokio::spawn(async move { share.egress.send(request, limits).await });
            // It has been connected to: its turn is taken.
            calls.push((call, silent.accept().await.unwrap()));
        }
        let time = Duration::from_millis(50);
        let late = share("111111111111", OF_ACCOUNT.0);
        let late = late.egress.send_in_turn(get(), Limits { time, ..limits });
        assert_eq!(late.await.unwrap_err(), Failure::Busy(time));
        let (other, request) = (share("222222222222", 0), get());
        let call = tokio::spawn(async move { other.egress.send(request, limits).await });
        silent.accept().await.unwrap();
        call.abort();
        calls.iter().for_each(|(call, _)| call.abort());
    }

    #[test]
    fn a_share_is_a_load_balancers_and_stays_while_it_is_taken() {
        let shares = shares();
        let taken: Vec<_> = (0..WAITING)
            .map(|_| shares.of("arn:a").login().unwrap())
            .collect();
        // Another rule of it, or the same one made anew, has no place more; others have theirs.
        assert_eq!(shares.of("arn:a").login().err(), Some(Refused::Busy));
        assert!(shares.of("arn:a").renewal().is_ok());
        assert!(shares.of("arn:b").login().is_ok());
        drop(taken);
        assert!(shares.of("arn:a").login().is_ok());
    }

    #[test]
    fn shares_of_which_nothing_is_taken_go() {
        let (shares, now) = (shares(), Instant::now());
        let used = shares.of("arn:a");
        let _ = (
            shares.of("arn:b"),
            shares.of("arn:c").says("https://idp.test", now),
        );
        assert_eq!(shares.sweep(now), []);
        let left = || {
            let mut left: Vec<String> = shares.by_balancer.lock().keys().cloned().collect();
            left.sort();
            left
        };
        assert_eq!(left(), ["arn:a", "arn:c"]);
        shares.sweep(now + LINE_EVERY);
        assert_eq!(left(), ["arn:a"]);
        drop(used);
        shares.sweep(now);
        assert!(left().is_empty());
    }

    #[test]
    fn a_flood_of_refused_users_is_a_line_a_minute() {
        let (shares, now) = (shares(), Instant::now());
        let share = shares.of("arn:a");
        assert_eq!(share.says("https://idp.test", now), Some(0));
        for _ in 0..5 {
            assert_eq!(share.says("https://idp.test", now), None);
        }
        assert_eq!(share.says("https://other.test", now), Some(0));
        assert_eq!(share.says("https://idp.test", now + LINE_EVERY), Some(5));
        assert_eq!(share.says("https://idp.test", now + LINE_EVERY), None);
        let unsaid = shares.sweep(now + 2 * LINE_EVERY);
        assert_eq!(unsaid, [("https://idp.test".to_owned(), 1)]);
    }
}
