//! Machines that an operator's own maker makes: a web server that is told what is wanted of each (`docs/machine-makers.md`).
//!
//! RunInstances writes the instance; [`executor`] has it made, and follows it by its node ([`life`], pure); [`listing`] asks the
//! maker for all machines it has, by which lost ones end their instances, and machines that no record knows are ended.
//!
//! Machines that belong to no instance are made for Fargate ([`fargate_pool`]).
//!
//! Nothing is made that is not written down before: the record is there before the maker hears of it, and with it the token by
//! which the machine joins, so that whoever takes up where another was killed says the same under the same key. An instance is
//! terminated only once the maker has said that nothing of it is left.

mod bad_config;
mod client;
mod console;
mod description;
mod executor;
pub mod fargate_pool;
mod launch;
pub mod life;
mod listing;
mod overview;
pub mod protocol;
mod secret;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use http::Uri;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use wharf_base::{Backoff, Timestamp};
use wharf_egress::Egress;
use wharf_reconcile::Queue;
use wharf_records::{Scope, node::Grant};
use wharf_seal::Sealed;
use wharf_service::Place;
use wharf_wire::{Fault, async_trait};

pub use self::{
    bad_config::{BadMaker, BadMakerUrl, BadPool},
    client::Trouble,
    console::look_at_console,
    launch::{check, left, of_launch},
    overview::MakerOverview,
    secret::{MakerSecret, MakerSecretError},
};
pub(in crate::instances) use self::{executor::reconcile, listing::follow as follow_lists};
use self::{
    fargate_pool::{Pool, PoolConfig},
    life::Told,
    listing::Listing,
};
use crate::{
    Ec2Service,
    instance_types::{self, InstanceType},
    table::SERVICE,
};

/// The longest time that a machine may be given to join: its token lives an hour.
pub const LONGEST_JOIN: Duration = Duration::from_secs(50 * 60);

/// A machine of a maker, in the record of its instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// By which its node joins; there before the maker hears of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Sealed>,
    /// What the maker has taken last, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
}

/// What the token of a machine is sealed for.
pub fn token_purpose(account: &str, region: &str, id: &str) -> String {
    format!("ec2 machine token {account} {region} {id}")
}

/// What the operator says of a maker.
#[derive(Debug, Clone)]
pub struct MakerConfig {
    pub url: Uri,
    /// By which requests are signed.
    pub secret: Arc<MakerSecret>,
    /// Types that it makes: `m7i.large`, or `m7i` for all of a family.
    pub types: Vec<String>,
    /// Zones in which it makes them; empty: all.
    pub zones: Vec<String>,
    /// Machines at a time.
    pub most: u32,
    /// How long a machine may take to join.
    pub join_within: Duration,
    /// Machines that are made for Fargate, beside those.
    pub pool: Option<PoolConfig>,
    pub pace: MakerPace,
}

/// How often a maker is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MakerPace {
    /// For its list, while something is under way, and else.
    pub soon: Duration,
    pub seldom: Duration,
    /// After a failure; twice as long after each further one, up to the last.
    pub first_retry: Duration,
    pub last_retry: Duration,
    /// Between two looks at an instance.
    pub look: Duration,
}

impl Default for MakerPace {
    fn default() -> Self {
        Self {
            soon: Duration::from_secs(5),
            seldom: Duration::from_secs(30),
            first_retry: Duration::from_secs(1),
            last_retry: Duration::from_secs(30),
            look: Duration::from_secs(2),
        }
    }
}

impl MakerConfig {
    /// That it makes something, where there is such a thing.
    ///
    /// # Errors
    /// It makes nothing, or nothing that there is.
    pub fn check(&self, region: &str) -> Result<(), BadMaker> {
        if self.types.is_empty() && self.pool.is_none() {
            return Err(BadMaker::NoTypes);
        }
        for named in &self.types {
            let is_of = |it: &InstanceType| it.name == named || it.family() == named;
            if !instance_types::all().any(is_of) {
                return Err(BadMaker::NoSuchType(named.clone()));
            }
        }
        for zone in &self.zones {
            let letter = zone.strip_prefix(region).unwrap_or_default();
            if letter.len() != 1 || !letter.bytes().all(|it| it.is_ascii_lowercase()) {
                return Err(BadMaker::NoZone {
                    zone: zone.clone(),
                    region: region.to_owned(),
                });
            }
        }
        if let Some(pool) = &self.pool {
            pool.check()?;
        }
        match self.join_within <= LONGEST_JOIN {
            true => Ok(()),
            false => Err(BadMaker::TooLong),
        }
    }

    /// Whether it makes machines of that type in that zone.
    fn makes(&self, kind: &InstanceType, zone: &str) -> bool {
        self.makes_type(kind) && (self.zones.is_empty() || self.zones.iter().any(|it| it == zone))
    }

    fn makes_type(&self, kind: &InstanceType) -> bool {
        let mut types = self.types.iter();
        types.any(|it| it == kind.name || it == kind.family())
    }
}

/// Where requests to a maker go: over TLS, or in the clear to an address of this machine or of a private network if the operator
/// says so.
///
/// # Errors
/// It is no such address.
pub fn maker_url(text: &str, in_the_clear: bool) -> Result<Uri, BadMakerUrl> {
    let url: Uri = text
        .parse()
        .map_err(|_| BadMakerUrl::NoAddress(text.to_owned()))?;
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    let has_password = url.authority().is_some_and(|it| it.as_str().contains('@'));
    if host.is_empty() || has_password || url.query().is_some() {
        return Err(BadMakerUrl::Parts);
    }
    match url.scheme_str() {
        Some("https") => Ok(url),
        Some("http") if !in_the_clear => Err(BadMakerUrl::InTheClear),
        Some("http") if is_private(host) => Ok(url),
        Some("http") => Err(BadMakerUrl::NotPrivate),
        _ => Err(BadMakerUrl::Scheme),
    }
}

/// Names may lead anywhere, but for this one.
fn is_private(host: &str) -> bool {
    use std::net::IpAddr;
    match host.parse() {
        Ok(IpAddr::V4(it)) => it.is_loopback() || it.is_private(),
        Ok(IpAddr::V6(it)) => it.is_loopback() || it.is_unique_local(),
        Err(_) => host == "localhost",
    }
}

/// The nodes of machines: who may join as which instance, and who has.
#[async_trait]
pub trait MachineNodes: Send + Sync + 'static {
    /// A token that one machine may spend within the hour.
    async fn token(&self, grant: Grant) -> Result<String, Fault>;
    /// The host that joined as that instance, by what its token bound it to.
    async fn host_of(&self, instance: &str) -> Result<Option<String>, Fault>;
    /// Nobody joins as that instance any more, and who has is nobody any more. `false`: it is to be called again.
    async fn remove(&self, instance: &str) -> Result<bool, Fault>;
    /// Certificates of the authorities that nodes trust, in PEM.
    fn authorities(&self) -> String;
}

/// The accounts of the installation.
#[async_trait]
pub trait OpenAccounts: Send + Sync + 'static {
    /// Whether more than one is open.
    async fn are_several(&self) -> Result<bool, Fault>;
}

/// A maker, and what it takes to have machines of it.
pub struct MakerParts {
    pub config: MakerConfig,
    /// The account and the region that nodes join in.
    pub home: Place,
    /// Tells installations with the same maker apart.
    pub installation: String,
    /// Where machines reach the server.
    pub servers: Vec<String>,
    pub egress: Egress,
    pub nodes: Arc<dyn MachineNodes>,
    pub accounts: Arc<dyn OpenAccounts>,
}

/// A maker, and what is remembered of it.
pub struct Maker {
    parts: MakerParts,
    listing: Mutex<Option<Arc<Listing>>>,
    /// What is wrong with it, since when.
    trouble: Mutex<Option<(String, Timestamp)>>,
    /// What it did not do last, and when it was asked for that: of all of it, or of one machine.
    failure: Mutex<Option<(String, Timestamp)>>,
    /// When what failed is tried again, by the key of its instance.
    pauses: Mutex<HashMap<String, (Backoff, Instant)>>,
}

impl fmt::Debug for Maker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Maker").finish_non_exhaustive()
    }
}

impl Maker {
    fn new(parts: MakerParts) -> Self {
        Self {
            parts,
            listing: Mutex::default(),
            trouble: Mutex::default(),
            failure: Mutex::default(),
            pauses: Mutex::default(),
        }
    }

    /// Where its instances are.
    fn scope(&self) -> Scope {
        let Place { account, region } = &self.parts.home;
        Scope::new(SERVICE, account, region)
    }

    fn pace(&self) -> MakerPace {
        self.parts.config.pace
    }

    /// What is wrong with it: it does not answer, or not in a way that is understood.
    pub fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock();
        trouble.as_ref().map(|(what, _)| what.clone())
    }

    /// What the last list says of a machine, if that was begun after then.
    fn listed(&self, id: &str, after: Option<Timestamp>) -> life::Listed {
        let listing = self.listing.lock().clone();
        match (listing, after) {
            (Some(listing), Some(after)) if listing.began_at > after => {
                let said = listing.machines.get(id).cloned();
                said.map_or(life::Listed::Missing, life::Listed::As)
            }
            _ => life::Listed::Unknown,
        }
    }

    /// How long a key waits before it is tried again.
    fn pause(&self, key: &str) -> Option<Duration> {
        let pauses = self.pauses.lock();
        let (_, until) = pauses.get(key)?;
        let left = until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// Whether something of a key was tried, and was not taken.
    fn is_tried(&self, key: &str) -> bool {
        self.pauses.lock().contains_key(key)
    }

    /// It is to be tried again: after this time.
    fn later(&self, key: &str) -> Duration {
        let MakerPace {
            first_retry,
            last_retry,
            ..
        } = self.pace();
        let mut pauses = self.pauses.lock();
        let fresh = || (Backoff::new(first_retry, last_retry, 2.0), Instant::now());
        let (backoff, until) = pauses.entry(key.to_owned()).or_insert_with(fresh);
        let wait = backoff.wait();
        *until = Instant::now() + wait;
        wait
    }

    fn forget(&self, key: &str) {
        self.pauses.lock().remove(key);
    }
}

/// The maker of the installation, if it has one, and its instances that are looked at.
#[derive(Default)]
pub(in crate::instances) struct Making {
    maker: OnceLock<Arc<Maker>>,
    pool: OnceLock<Arc<Pool>>,
    pub queue: Arc<Queue<String>>,
}

impl Making {
    pub fn maker(&self) -> Option<&Arc<Maker>> {
        self.maker.get()
    }

    pub fn pool(&self) -> Option<&Arc<Pool>> {
        self.pool.get()
    }
}

impl Ec2Service {
    /// Machines of some types are made by a maker of the operator's from now on. To be called before the service runs.
    pub fn machines_by(&self, parts: MakerParts) -> Arc<Maker> {
        let making = &self.instances.making;
        let maker = making.maker.get_or_init(|| Arc::new(Maker::new(parts)));
        let pool = making.pool.get_or_init(|| Pool::of(maker.clone()).into());
        // Before the first task is placed: those that lack room wait from then on.
        pool.offer(&self.instances.parts.hosts);
        maker.clone()
    }

    /// The machines that are made for Fargate, if there is a maker.
    pub fn fargate_pool(&self) -> Option<Arc<Pool>> {
        self.instances.making.pool().cloned()
    }

    /// The maker of machines, if there is one.
    pub fn machine_maker(&self) -> Option<Arc<Maker>> {
        self.instances.making.maker().cloned()
    }
}

#[cfg(test)]
mod tests {
    use wharf_seal::Secret;

    use super::*;

    #[test]
    fn where_a_maker_may_be() {
        for (text, in_the_clear, good) in [
            ("https://maker.example.com/machines", false, true),
            ("https://10.0.0.5:8443", false, true),
            ("http://127.0.0.1:8080/machines", true, true),
            ("http://[::1]:8080", true, true),
            ("http://192.168.7.1", true, true),
            ("http://localhost:8080", true, true),
            ("http://127.0.0.1:8080/machines", false, false),
            ("http://maker.example.com", true, false),
            ("http://8.8.8.8", true, false),
            ("https://user:secret@maker.example.com", false, false),
            ("https://maker.example.com/?token=secret", false, false),
            ("ftp://maker.example.com", true, false),
            ("/machines", true, false),
            ("", true, false),
        ] {
            let url = maker_url(text, in_the_clear);
            assert_eq!(url.is_ok(), good, "{text}: {url:?}");
        }
    }

    #[test]
    fn what_a_maker_makes() {
        let config = MakerConfig {
            url: Uri::from_static("https://maker.example.com"),
            secret: Arc::new(Secret::from("hush").into()),
            types: vec!["m7i".to_owned(), "t3.small".to_owned()],
            zones: vec!["us-east-1b".to_owned()],
            most: 1,
            join_within: LONGEST_JOIN,
            pool: None,
            pace: MakerPace::default(),
        };
        for (kind, zone, makes) in [
            ("m7i.large", "us-east-1b", true),
            ("m7i.large", "us-east-1a", false),
            ("t3.small", "us-east-1b", true),
            ("t3.micro", "us-east-1b", false),
            ("m7i.xlarge", "us-east-1b", true),
            ("c7i.large", "us-east-1b", false),
        ] {
            let kind = instance_types::find(kind).unwrap();
            assert_eq!(config.makes(kind, zone), makes, "{} {zone}", kind.name);
        }
        assert_eq!(config.check("us-east-1"), Ok(()));
        assert!(
            config
                .check("eu-west-1")
                .unwrap_err()
                .to_string()
                .contains("us-east-1b")
        );
        let anywhere = MakerConfig {
            zones: Vec::new(),
            ..config
        };
        let kind = instance_types::find("m7i.large").unwrap();
        assert!(anywhere.makes(kind, "us-east-1a"));
        assert!(!format!("{anywhere:?}").contains("hush"));
    }
}
