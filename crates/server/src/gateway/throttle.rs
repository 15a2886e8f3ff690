//! Request throttling: a token bucket for each account and class of operations. The rows of services say
//! which classes there are and how large.
//!
//! A request takes a token from its bucket and is refused without one; buckets refill at their rate
//! up to their size. Requests from outside take tokens; what services ask of each other was paid for by the
//! request that began it, but for uses of keys, which AWS counts all the same (`metered_keys`). A node has one wide bucket of its own, so that neither
//! tenants nor other nodes can keep it from reporting. Callers who say nothing of themselves have buckets by the
//! source that they ask from, in a table of their own: none of them takes tokens from the others, and all of them
//! together none from accounts.

use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;
use wharf_base::{Timestamp, bucket::Bucket};
use wharf_service::rates::{Rate, Rates};
use wharf_wire::{
    Caller, CallerKind, Fault,
    schema::{Protocol, ServiceSchema},
};

use super::source::Source;
use crate::node_identity::is_node;

/// Buckets at once. Full ones are forgotten to make room; an account has at most a few hundred.
const MAX_BUCKETS: usize = 20_000;

/// Addresses that ask without a name, at once; those beyond share a bucket.
const MAX_STRANGERS: usize = 20_000;

/// A node's own calls: it registers, reports each change of a task, delivers logs of each container
/// and asks for passwords to pull with.
const NODE: Rate = Rate::new(1000.0, 500.0);

/// Pulls from the public gallery of somebody who says nothing of themselves, a second.
/// <https://docs.aws.amazon.com/AmazonECR/latest/public/public-service-quotas.html>
pub const VISITORS_PULLS: f64 = 1.0;
/// How many times faster those pull who say who they are.
const CALLERS_PULLS: f64 = 10.0;
/// Seconds whose pulls may come at once: an image for many machines is two, and a client often wants several.
const PULLS_AT_ONCE: f64 = 10.0;

/// KMS has words of its own.
const KMS_TEXT: &str =
    "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.";

/// The rates of services, by their schemas' names. Others have the usual ones.
pub type OfServices = HashMap<&'static str, Rates>;

/// How far requests are throttled (`--throttle`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Throttling {
    Off,
    /// All sizes and rates times this.
    Scaled(f64),
}

impl Default for Throttling {
    fn default() -> Self {
        Self::Scaled(1.0)
    }
}

/// What says no way of throttling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is a factor from 0.05 to 10000, or off")]
pub struct BadThrottling;

impl FromStr for Throttling {
    type Err = BadThrottling;

    fn from_str(text: &str) -> Result<Self, BadThrottling> {
        if text == "off" {
            return Ok(Self::Off);
        }
        match text.parse::<f64>() {
            Ok(factor) if factor.is_finite() && (0.05..=10_000.0).contains(&factor) => {
                Ok(Self::Scaled(factor))
            }
            _ => Err(BadThrottling),
        }
    }
}

impl fmt::Display for Throttling {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => out.write_str("off"),
            Self::Scaled(factor) => factor.fmt(out),
        }
    }
}

type Buckets = HashMap<Key, Bucket<Timestamp>>;

/// The buckets of all accounts, nodes and addresses.
pub struct Throttle {
    throttling: Throttling,
    rates: OfServices,
    /// What a visitor of the public gallery pulls a second.
    visitors_pulls: f64,
    buckets: Mutex<Buckets>,
    strangers: Mutex<Buckets>,
    refused: AtomicU64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    /// An account, a node, or an address; `None`: those for whom there is no room.
    owner: Option<Source>,
    service: &'static str,
    class: &'static str,
}

/// Requests come too fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded;

impl Throttle {
    pub fn new(throttling: Throttling, rates: OfServices) -> Self {
        Self {
            throttling,
            rates,
            visitors_pulls: VISITORS_PULLS,
            buckets: Mutex::default(),
            strangers: Mutex::default(),
            refused: AtomicU64::new(0),
        }
    }

    /// With so many pulls from the public gallery a second for each address that says nothing of itself.
    pub fn with_pulls(self, visitors_pulls: f64) -> Self {
        Self {
            visitors_pulls,
            ..self
        }
    }

    /// Takes a token for an image from the public gallery: of the caller's account, or of where a visitor
    /// comes from. Nodes pull as fast as they can: what they run is somebody's who was let in.
    pub fn take_pull(
        &self,
        caller: Option<&Caller>,
        from: Option<Source>,
        now: Timestamp,
    ) -> Result<(), Exceeded> {
        let Throttling::Scaled(factor) = self.throttling else {
            return Ok(());
        };
        if caller.is_some_and(is_node) {
            return Ok(());
        }
        let visitors = self.visitors_pulls * factor;
        let (owner, a_second) = match caller {
            Some(caller) => {
                let account = Source::Account(caller.account.clone());
                (Some(account), visitors * CALLERS_PULLS)
            }
            None => (from, visitors),
        };
        let key = Key {
            owner,
            service: "ecr-public",
            class: "pulls",
        };
        let rate = Rate::new((a_second * PULLS_AT_ONCE).max(1.0), a_second);
        let taken = match caller {
            Some(_) => self.has_token(key, rate, now),
            None => self.stranger_has_token(key, rate, now),
        };
        if taken {
            return Ok(());
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        Err(Exceeded)
    }

    /// What a client learns whose request has no token.
    pub fn fault(protocol: Protocol, schema: &ServiceSchema) -> Fault {
        let fault = protocol.codec().throttled(schema);
        match schema.name {
            "kms" => Fault::sender(fault.code, fault.status, KMS_TEXT),
            _ => fault,
        }
    }

    /// Requests without a token, since the start.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Takes a token for a request from a source. `narrowed` says whether it has filters or a page size.
    pub fn take(
        &self,
        caller: &Caller,
        from: Option<Source>,
        schema: &'static ServiceSchema,
        operation: &str,
        narrowed: bool,
        now: Timestamp,
    ) -> Result<(), Exceeded> {
        self.take_of(schema.name, caller, from, (operation, narrowed), now)
    }

    /// The same for a service that has no schema, by its name.
    pub fn take_of(
        &self,
        service: &'static str,
        caller: &Caller,
        from: Option<Source>,
        (operation, narrowed): (&str, bool),
        now: Timestamp,
    ) -> Result<(), Exceeded> {
        let Throttling::Scaled(factor) = self.throttling else {
            return Ok(());
        };
        let is_stranger = caller.kind == CallerKind::Anonymous;
        let (owner, class, rate) = if is_node(caller) {
            (Some(Source::Node(caller.arn.clone())), "node", NODE)
        } else {
            let rates = self.rates.get(service).unwrap_or(&Rates::USUAL);
            let (class, rate) = rates.find(operation, narrowed);
            let owner = match is_stranger {
                true => from,
                false => Some(Source::Account(caller.account.clone())),
            };
            (owner, class, rate)
        };
        let key = Key {
            owner,
            service,
            class,
        };
        let rate = rate.times(factor);
        let taken = match is_stranger {
            true => self.stranger_has_token(key, rate, now),
            false => self.has_token(key, rate, now),
        };
        if taken {
            Ok(())
        } else {
            self.refused.fetch_add(1, Ordering::Relaxed);
            Err(Exceeded)
        }
    }

    /// Requests of an operation that an account may send a second; `None` if they are not throttled.
    pub fn per_second(&self, service: &str, operation: &str) -> Option<f64> {
        let Throttling::Scaled(factor) = self.throttling else {
            return None;
        };
        let rates = self.rates.get(service).unwrap_or(&Rates::USUAL);
        Some(rates.find(operation, true).1.times(factor).per_second)
    }

    fn has_token(&self, key: Key, rate: Rate, now: Timestamp) -> bool {
        let mut buckets = self.buckets.lock();
        has_room(&mut buckets, &key, MAX_BUCKETS, now) && take(&mut buckets, key, rate, now)
    }

    fn stranger_has_token(&self, key: Key, rate: Rate, now: Timestamp) -> bool {
        let mut buckets = self.strangers.lock();
        let key = match has_room(&mut buckets, &key, MAX_STRANGERS, now) {
            true => key,
            false => Key { owner: None, ..key },
        };
        take(&mut buckets, key, rate, now)
    }
}

/// Whether there is a bucket, or room for one once those that are full again are forgotten.
fn has_room(buckets: &mut Buckets, key: &Key, most: usize, now: Timestamp) -> bool {
    if buckets.len() < most || buckets.contains_key(key) {
        return true;
    }
    buckets.retain(|_, bucket| !bucket.is_full(now));
    buckets.len() < most
}

fn take(buckets: &mut Buckets, key: Key, rate: Rate, now: Timestamp) -> bool {
    let bucket = buckets.entry(key);
    bucket.or_insert_with(|| Bucket::full(rate, now)).take(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_700_000_000_000);

    fn at(seconds: f64) -> Timestamp {
        Timestamp(START.millis() + (seconds * 1000.0) as i64)
    }

    fn ecs() -> &'static ServiceSchema {
        &wharf_api_ecs::schema::SERVICE
    }

    fn with(throttling: Throttling) -> Throttle {
        let rates = [(ecs().name, wharf_svc_ecs::RATES)];
        Throttle::new(throttling, rates.into())
    }

    /// How many of `asked` requests at one moment get through.
    fn burst(throttle: &Throttle, operation: &str, asked: usize, now: Timestamp) -> usize {
        let root = Caller::root("000000000000");
        (0..asked)
            .filter(|_| {
                throttle
                    .take(&root, None, ecs(), operation, false, now)
                    .is_ok()
            })
            .count()
    }

    #[test]
    fn buckets_empty_and_refill() {
        let throttle = with(Throttling::default());
        // (seconds since the start, asked, let through): 20 at once, one a second.
        for (seconds, asked, through) in [
            (0.0, 15, 15),
            (0.0, 15, 5),
            (0.5, 5, 0),
            (1.0, 5, 1),
            (3.9, 5, 2),
            (4.5, 5, 1),
            (100.0, 50, 20),
        ] {
            let got = burst(&throttle, "CreateCluster", asked, at(seconds));
            assert_eq!(got, through, "{asked} at {seconds} s");
        }
    }

    #[test]
    fn operations_of_a_class_share_a_bucket() {
        let throttle = with(Throttling::default());
        assert_eq!(burst(&throttle, "CreateCluster", 20, at(0.0)), 20);
        assert_eq!(burst(&throttle, "DeleteCluster", 20, at(0.0)), 0);
        assert_eq!(burst(&throttle, "ListClusters", 60, at(0.0)), 50);
        assert_eq!(burst(&throttle, "RunTask", 200, at(0.0)), 100);
    }

    #[test]
    fn the_factor_scales_size_and_rate() {
        let throttle = with(Throttling::Scaled(2.0));
        assert_eq!(burst(&throttle, "CreateCluster", 100, at(0.0)), 40);
        assert_eq!(burst(&throttle, "CreateCluster", 100, at(1.0)), 2);
        // One request is always possible.
        let throttle = with(Throttling::Scaled(0.05));
        assert_eq!(burst(&throttle, "DeleteTaskDefinitions", 9, at(0.0)), 1);
        let off = with(Throttling::Off);
        assert_eq!(burst(&off, "CreateCluster", 1000, at(0.0)), 1000);
    }

    #[test]
    fn a_clock_that_is_set_back_gives_nothing() {
        let throttle = with(Throttling::default());
        assert_eq!(burst(&throttle, "CreateCluster", 20, at(1000.0)), 20);
        assert_eq!(burst(&throttle, "CreateCluster", 5, at(0.0)), 0);
        assert_eq!(burst(&throttle, "CreateCluster", 5, at(2.0)), 2);
    }

    #[test]
    fn accounts_and_nodes_have_buckets_of_their_own() {
        let throttle = with(Throttling::default());
        let node = |name: &str| Caller {
            kind: wharf_wire::CallerKind::User,
            arn: format!("arn:aws:iam::000000000000:user/wharf/{name}"),
            ..Caller::root("000000000000")
        };
        let asks = |caller: &Caller, asked: usize| {
            (0..asked)
                .filter(|_| {
                    let operation = "SubmitTaskStateChange";
                    let taken = throttle.take(caller, None, ecs(), operation, false, at(0.0));
                    taken.is_ok()
                })
                .count()
        };
        assert_eq!(asks(&Caller::root("000000000000"), 300), 200);
        assert_eq!(asks(&Caller::root("111111111111"), 300), 200);
        assert_eq!(asks(&node("a"), 2000), NODE.burst as usize);
        assert_eq!(asks(&node("b"), 2000), NODE.burst as usize);
    }

    #[test]
    fn callers_without_a_name_are_told_apart_by_their_addresses() {
        let throttle = with(Throttling::default());
        let nobody = Caller::unproven("", "");
        let asks = |from: &str, asked: usize| {
            let from = Some(Source::of(from.parse().unwrap()));
            let take = || {
                throttle.take(
                    &nobody,
                    from.clone(),
                    ecs(),
                    "CreateCluster",
                    false,
                    at(0.0),
                )
            };
            (0..asked).filter(|_| take().is_ok()).count()
        };
        assert_eq!(asks("192.0.2.1", 50), 20);
        assert_eq!(asks("192.0.2.2", 50), 20);
        assert_eq!(asks("::ffff:192.0.2.1", 5), 0);
        assert_eq!(asks("2001:db8::1", 50), 20);
        assert_eq!(asks("2001:db8::ffff:1", 5), 0);
        assert_eq!(asks("2001:db8:0:1::1", 5), 5);
        // Accounts lose nothing to them, and those beyond the bound share a bucket.
        assert_eq!(burst(&throttle, "CreateCluster", 50, at(0.0)), 20);
        for number in 0..u32::try_from(MAX_STRANGERS).unwrap() {
            asks(
                &std::net::Ipv4Addr::from(0x0a00_0000 + number).to_string(),
                1,
            );
        }
        assert!(throttle.strangers.lock().len() <= MAX_STRANGERS + 1);
        assert_eq!(asks("198.51.100.1", 15) + asks("198.51.100.2", 15), 20 - 4);
        assert_eq!(burst(&throttle, "ListClusters", 5, at(0.0)), 5);
    }

    #[test]
    fn callers_pull_faster_than_visitors_and_nodes_as_fast_as_they_can() {
        let throttle = with(Throttling::default()).with_pulls(2.0);
        let pulls = |caller: Option<&Caller>, from: &str, asked: usize, seconds: f64| {
            let from = Some(Source::of(from.parse().unwrap()));
            let take = |_: &usize| {
                throttle
                    .take_pull(caller, from.clone(), at(seconds))
                    .is_ok()
            };
            (0..asked).filter(take).count()
        };
        assert_eq!(pulls(None, "192.0.2.1", 50, 0.0), 20);
        assert_eq!(pulls(None, "192.0.2.1", 50, 1.0), 2);
        assert_eq!(pulls(None, "2001:db8::1", 50, 1.0), 20);
        assert_eq!(pulls(None, "2001:db8::2", 50, 1.0), 0);
        let root = Caller::root("000000000000");
        assert_eq!(pulls(Some(&root), "192.0.2.1", 500, 1.0), 200);
        assert_eq!(pulls(Some(&root), "192.0.2.2", 500, 2.0), 20);
        let node = Caller {
            kind: CallerKind::User,
            arn: "arn:aws:iam::000000000000:user/wharf/a".to_owned(),
            ..root
        };
        assert_eq!(pulls(Some(&node), "192.0.2.1", 1000, 2.0), 1000);
        let off = with(Throttling::Off);
        assert!((0..100).all(|_| off.take_pull(None, None, at(0.0)).is_ok()));
    }

    #[test]
    fn the_number_of_buckets_is_bounded() {
        let throttle = with(Throttling::default());
        let key = |number: usize| Key {
            owner: Some(Source::Account(number.to_string())),
            service: "ecs",
            class: "x",
        };
        let rate = Rate::new(10.0, 1.0);
        for number in 0..MAX_BUCKETS {
            assert!(throttle.has_token(key(number), rate, at(0.0)));
        }
        assert!(!throttle.has_token(key(MAX_BUCKETS), rate, at(0.0)));
        // Those that have filled up again make room.
        assert!(throttle.has_token(key(MAX_BUCKETS), rate, at(2.0)));
        assert_eq!(throttle.buckets.lock().len(), 1);
    }

    #[test]
    fn what_the_flag_takes() {
        assert_eq!("off".parse(), Ok(Throttling::Off));
        assert_eq!("2.5".parse(), Ok(Throttling::Scaled(2.5)));
        for bad in ["", "on", "0", "-1", "nan", "inf", "0.01", "1e9"] {
            assert!(bad.parse::<Throttling>().is_err(), "{bad}");
        }
        for same in ["off", "2.5", "1"] {
            assert_eq!(same.parse::<Throttling>().unwrap().to_string(), same);
        }
    }
}
