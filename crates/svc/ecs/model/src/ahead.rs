//! Images that hosts fetch ahead: while a task runs that has to stop before the next can start in its place.
//!
//! The scheduler says for each service which hosts are to have the images of its PRIMARY deployment; the sessions of
//! agents tell these, and note here what they hear. All of it is in memory: a server that starts says it again, and a
//! host that has the images says so at once.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::{broadcast, watch};
use wharf_base::Timestamp;
use wharf_records::Scope;

use crate::images::Pins;

/// How long a task stays for images that do not come, or cannot be had.
pub const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// Deployments whose images one host fetches at a time; others wait for their turn.
pub const MOST_OF_HOST: usize = 8;
/// Services that changed and that nobody has looked at yet; who misses some looks at all.
const CHANGES: usize = 1024;

/// How far a host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was heard of it yet.
    Coming,
    There,
    /// The last try came to nothing; the host tries again.
    Failed(String),
    /// The host is not told of it: it fetches for as many others as it may. Nobody waits for that.
    Crowded,
}

/// What a host was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub since: Timestamp,
    pub progress: Progress,
}

impl Asked {
    /// When whoever waits for it goes on without.
    pub fn until(&self) -> Timestamp {
        self.since + PATIENCE
    }

    /// It is worth waiting for.
    pub fn is_open(&self, now: Timestamp) -> bool {
        !matches!(self.progress, Progress::There | Progress::Crowded) && now < self.until()
    }
}

/// The images of a deployment, as a host is to fetch them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Key of the service's record.
    pub service: String,
    /// Id of the deployment.
    pub deployment: String,
    /// The digests that its images may start as.
    pub pins: Pins,
    pub until: Timestamp,
}

#[derive(Debug)]
struct Row {
    deployment: String,
    pins: Pins,
    /// By host.
    hosts: BTreeMap<String, Asked>,
}

#[derive(Debug, Default)]
struct Table {
    /// By the key of the service's record.
    services: BTreeMap<String, Row>,
    /// By host: the services that want something of it.
    wanting: HashMap<String, BTreeSet<String>>,
    /// Raised with each change of what a host is to fetch.
    signals: HashMap<String, watch::Sender<u64>>,
}

/// See the [module](self).
#[derive(Debug)]
pub struct Ahead {
    table: Mutex<Table>,
    changes: broadcast::Sender<String>,
}

impl Default for Ahead {
    fn default() -> Self {
        Self {
            table: Mutex::default(),
            changes: broadcast::Sender::new(CHANGES),
        }
    }
}

impl Ahead {
    /// All hosts that are to have the images of a service's deployment, as these digests; what was asked of others for the
    /// service, or for an earlier deployment, is forgotten.
    pub fn want<'a>(
        &self,
        service: &str,
        (deployment, pins): (&str, &Pins),
        hosts: impl IntoIterator<Item = &'a String>,
        now: Timestamp,
    ) {
        let mut table = self.table.lock();
        let before = table.services.remove(service);
        let mut left = before
            .as_ref()
            .map(|row| row.hosts.clone())
            .unwrap_or_default();
        let is_same = before.is_some_and(|row| row.deployment == deployment && row.pins == *pins);
        let mut kept = BTreeMap::new();
        let mut changed = Vec::new();
        for host in hosts {
            let known = left.remove(host).filter(|_| is_same);
            let asked = known.unwrap_or_else(|| {
                changed.push(host.clone());
                Asked {
                    since: now,
                    progress: Progress::Coming,
                }
            });
            kept.insert(host.clone(), asked);
        }
        for host in kept.keys() {
            let wanting = table.wanting.entry(host.clone()).or_default();
            wanting.insert(service.to_owned());
        }
        for host in left.into_keys() {
            if let Some(wanting) = table.wanting.get_mut(&host) {
                wanting.remove(service);
                if wanting.is_empty() {
                    table.wanting.remove(&host);
                }
            }
            changed.push(host);
        }
        if !kept.is_empty() {
            let row = Row {
                deployment: deployment.to_owned(),
                pins: pins.clone(),
                hosts: kept,
            };
            table.services.insert(service.to_owned(), row);
        }
        for host in changed {
            table.raise(&host);
        }
    }

    /// A service wants nothing any more.
    pub fn forget(&self, service: &str) {
        self.want(service, ("", &Pins::new()), [], Timestamp(0));
    }

    /// What was asked for a deployment of a service, by host.
    pub fn of(&self, service: &str, deployment: &str, now: Timestamp) -> BTreeMap<String, Asked> {
        let table = self.table.lock();
        let row = table.services.get(service);
        let Some(row) = row.filter(|row| row.deployment == deployment) else {
            return BTreeMap::new();
        };
        let seen = |(host, asked): (&String, &Asked)| {
            let mut asked = asked.clone();
            if asked.progress == Progress::Coming && !table.is_told(host, service, now) {
                asked.progress = Progress::Crowded;
            }
            (host.clone(), asked)
        };
        row.hosts.iter().map(seen).collect()
    }

    /// What a host is to fetch now: accounts take turns, of each what was asked for first comes first. What it tried in vain
    /// comes after what it did not try yet.
    pub fn orders(&self, host: &str, now: Timestamp) -> Vec<Order> {
        self.table.lock().orders(host, now)
    }

    /// What a host says of an order.
    pub fn tell(&self, host: &str, of: &Order, progress: Progress) {
        let mut table = self.table.lock();
        let row = table.services.get_mut(&of.service);
        let row = row.filter(|row| row.deployment == of.deployment);
        let Some(asked) = row.and_then(|row| row.hosts.get_mut(host)) else {
            return;
        };
        // What is there is not gone because a later try failed.
        if asked.progress == Progress::There || asked.progress == progress {
            return;
        }
        asked.progress = progress;
        table.raise(host);
        let _ = self.changes.send(of.service.clone());
    }

    /// Keys of services whose hosts have said something.
    pub fn listen(&self) -> broadcast::Receiver<String> {
        self.changes.subscribe()
    }

    /// All services that wait for something.
    pub fn services(&self) -> Vec<String> {
        self.table.lock().services.keys().cloned().collect()
    }

    /// A signal raised with every change of what a host is to fetch.
    pub fn follow(&self, host: &str) -> watch::Receiver<u64> {
        let mut table = self.table.lock();
        // Of hosts that nobody follows any more.
        table
            .signals
            .retain(|_, signal| signal.receiver_count() > 0);
        table
            .signals
            .entry(host.to_owned())
            .or_default()
            .subscribe()
    }
}

impl Table {
    fn orders(&self, host: &str, now: Timestamp) -> Vec<Order> {
        let services = self.wanting.get(host).into_iter().flatten();
        let open = services
            .filter_map(|service| Some((service, self.services.get(service)?)))
            .filter_map(|(service, row)| Some((service, row, row.hosts.get(host)?)))
            .filter(|(_, _, asked)| asked.is_open(now));
        let (mut fresh, mut failed) = (Vec::new(), Vec::new());
        for (service, row, asked) in open {
            let order = Order {
                service: service.clone(),
                deployment: row.deployment.clone(),
                pins: row.pins.clone(),
                until: asked.until(),
            };
            match asked.progress {
                Progress::Failed(_) => failed.push(order),
                _ => fresh.push(order),
            }
        }
        let mut orders = by_turns(fresh);
        orders.extend(by_turns(failed));
        orders.truncate(MOST_OF_HOST);
        orders
    }

    fn is_told(&self, host: &str, service: &str, now: Timestamp) -> bool {
        let few = self
            .wanting
            .get(host)
            .is_none_or(|all| all.len() <= MOST_OF_HOST);
        let told = |order: &Order| order.service == service;
        few || self.orders(host, now).iter().any(told)
    }

    fn raise(&self, host: &str) {
        if let Some(signal) = self.signals.get(host) {
            signal.send_modify(|number| *number += 1);
        }
    }
}

/// The first of each account, then the second of each, and so on.
fn by_turns(mut orders: Vec<Order>) -> Vec<Order> {
    orders.sort_by(|a, b| (a.until, &a.service).cmp(&(b.until, &b.service)));
    let mut counts = HashMap::<String, usize>::new();
    let mut numbered: Vec<(usize, Order)> = orders
        .into_iter()
        .map(|order| {
            let account = Scope::parse(&order.service).map(|(scope, _, _)| scope.account);
            let count = counts.entry(account.unwrap_or_default()).or_default();
            *count += 1;
            (*count, order)
        })
        .collect();
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, order)| order).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn none() -> Pins {
        Pins::new()
    }

    fn hosts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_a_service_wants_is_remembered_until_it_wants_something_else() {
        let ahead = Ahead::default();
        let later = NOW + Duration::from_secs(60);
        let mut signal = ahead.follow("a");
        signal.mark_unchanged();
        ahead.want("web", ("1", &none()), &hosts(&["a", "b"]), NOW);
        assert!(signal.has_changed().unwrap());
        signal.mark_unchanged();
        ahead.want("web", ("1", &none()), &hosts(&["a", "b"]), later);
        assert!(!signal.has_changed().unwrap(), "nothing is new");
        let order = ahead.orders("a", later).remove(0);
        assert_eq!(order.until, NOW + PATIENCE);

        let mut told = ahead.listen();
        ahead.tell("a", &order, Progress::Failed("why".to_owned()));
        assert_eq!(told.try_recv().unwrap(), "web");
        assert_eq!(
            ahead.orders("a", later),
            std::slice::from_ref(&order),
            "it is tried again"
        );
        ahead.tell("a", &order, Progress::There);
        ahead.tell("a", &order, Progress::Failed("late".to_owned()));
        assert_eq!(ahead.of("web", "1", later)["a"].progress, Progress::There);
        assert_eq!(ahead.orders("a", later), []);
        assert_eq!(ahead.orders("b", later).len(), 1);
        assert_eq!(
            ahead.orders("b", NOW + PATIENCE),
            [],
            "nobody waits for it any more"
        );

        // The next deployment begins anew, whatever is heard of the one before.
        ahead.want("web", ("2", &none()), &hosts(&["a"]), later);
        ahead.tell("a", &order, Progress::There);
        assert_eq!(ahead.of("web", "2", later)["a"].progress, Progress::Coming);
        assert!(ahead.of("web", "1", later).is_empty() && ahead.orders("b", later).is_empty());
        ahead.want("web", ("2", &none()), &[], later);
        assert!(ahead.services().is_empty());
    }

    #[test]
    fn a_host_fetches_for_few_at_a_time() {
        let ahead = Ahead::default();
        for number in 0..20_u8 {
            let at = NOW + Duration::from_secs(u64::from(20 - number));
            ahead.want(&format!("s{number:02}"), ("1", &none()), &hosts(&["a"]), at);
        }
        let first = ahead.orders("a", NOW);
        assert_eq!(first.len(), MOST_OF_HOST);
        assert_eq!(first[0].service, "s19");
        // Nobody waits for what the host is not told of.
        let progress = |service: &str| ahead.of(service, "1", NOW)["a"].progress.clone();
        assert_eq!(progress("s12"), Progress::Coming);
        assert_eq!(progress("s11"), Progress::Crowded);
        // What failed gives way to what was not tried yet, and stays worth waiting for.
        ahead.tell("a", &first[0], Progress::Failed("why".to_owned()));
        let next = ahead.orders("a", NOW);
        assert!(!next.contains(&first[0]) && next[7].service == "s11");
        assert_eq!(progress("s19"), Progress::Failed("why".to_owned()));
        assert_eq!(progress("s11"), Progress::Coming);
        for order in &first {
            ahead.tell("a", order, Progress::There);
        }
        assert_eq!(ahead.orders("a", NOW)[0].service, "s11");
        // Of other digests nobody has heard.
        let pins = Pins::from([("web".to_owned(), "sha256:00".to_owned())]);
        let later = NOW + Duration::from_secs(60);
        ahead.want("s18", ("1", &pins), &hosts(&["a"]), later);
        assert_eq!(progress("s18"), Progress::Crowded);
        ahead.forget("s18");
        assert!(ahead.of("s18", "1", NOW).is_empty());
    }

    #[test]
    fn accounts_take_turns() {
        let order = |account: &str, number: i64| Order {
            service: format!("/w1/c0/ecs/{account}/us-east-1/service/default:s{number}"),
            deployment: "1".to_owned(),
            pins: Pins::new(),
            until: Timestamp(number),
        };
        let (many, one) = ("111111111111", "222222222222");
        let given = vec![
            order(many, 1),
            order(many, 2),
            order(many, 3),
            order(one, 4),
        ];
        let turns: Vec<i64> = by_turns(given).iter().map(|it| it.until.0).collect();
        assert_eq!(turns, [1, 4, 2, 3]);
    }
}
