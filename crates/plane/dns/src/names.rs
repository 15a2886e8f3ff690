//! The handle: is told what the network is told, and answers.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use hickory_proto::op::{Query, ResponseCode};
use hickory_proto::rr::rdata::SOA;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use parking_lot::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use wharf_network::Scope;
use wharf_planeproto::{Change, Resource};

use crate::book::Book;
use crate::cluster::{Clusters, zone::Found};
use crate::limits::Limits;
use crate::query::Saying;
use crate::upstream::Upstream;
use crate::zone::{self, Answer, Asker};

/// Seconds for which it may be remembered that there is no such name: what is made next may have it.
const ABSENT_TTL: u32 = 5;

/// Names that lead to another within a cluster, one after the other.
const MOST_ALIASES: usize = 8;

/// What is known of an answer without asking anybody else.
#[derive(Debug)]
pub(crate) enum Said {
    AtOnce(Saying),
    ByOthers(Others),
}

/// What the host's name servers are to be asked, and what is said before their answer.
#[derive(Debug)]
pub(crate) struct Others {
    query: Query,
    aliases: Vec<Record>,
}

impl Said {
    /// The same, to whoever asked for the first of `aliases`.
    fn behind(mut self, aliases: Vec<Record>) -> Self {
        let answers = match &mut self {
            Self::AtOnce(saying) => &mut saying.answers,
            Self::ByOthers(others) => &mut others.aliases,
        };
        answers.splice(0..0, aliases);
        self
    }
}

fn own(code: ResponseCode, query: &Query, answers: Vec<Record>) -> Said {
    let negative = answers.is_empty().then(|| origin(query.name()));
    Said::AtOnce(Saying {
        code,
        authoritative: true,
        answers,
        authorities: negative.into_iter().collect(),
        additionals: Vec::new(),
    })
}

/// The name service of a host. Clones share it.
#[derive(Clone)]
pub struct Names(Arc<Inner>);

struct Inner {
    region: String,
    told: RwLock<Told>,
    upstream: Upstream,
    clusters: Clusters,
    limits: Mutex<BTreeMap<Scope, Limits>>,
    turn: AtomicUsize,
}

#[derive(Default)]
struct Told {
    host: String,
    gateway: Option<Ipv4Addr>,
    book: Book,
}

impl Names {
    /// Of a host in `region`; `name_servers` says where the host's own are, at any time.
    pub fn new(
        region: impl Into<String>,
        name_servers: impl Fn() -> Vec<SocketAddr> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            region: region.into(),
            told: RwLock::default(),
            clusters: Clusters::default(),
            upstream: Upstream::new(Box::new(name_servers)),
            limits: Mutex::default(),
            turn: AtomicUsize::new(0),
        }))
    }

    /// Which host this is, by its instance id.
    pub fn set_host(&self, instance: &str) {
        instance.clone_into(&mut self.write().host);
    }

    /// Where tasks of all networks reach this host.
    pub fn set_gateway(&self, address: Option<Ipv4Addr>) {
        self.write().gateway = address;
    }

    /// Everything there is.
    pub fn replace(&self, resources: impl IntoIterator<Item = Resource>) {
        let book = Book::of(resources);
        self.write().book = book;
    }

    pub fn change(&self, changes: impl IntoIterator<Item = Change>) {
        let mut told = self.write();
        for change in changes {
            told.book.change(change);
        }
    }

    /// What a task of `scope` is told.
    pub(crate) fn at_once(&self, scope: &Scope, query: &Query) -> Said {
        let told = self.read();
        let asker = Asker {
            vpc: match scope {
                Scope::Vpc(vpc) => Some(vpc),
                Scope::Bridge => None,
            },
            region: &self.0.region,
            host: &told.host,
            gateway: told.gateway,
            turn: self.turn(),
        };
        match zone::answer(&told.book, asker, query) {
            Answer::Records(records) => own(ResponseCode::NoError, query, records),
            Answer::Absent => own(ResponseCode::NXDomain, query, Vec::new()),
            Answer::Refused => Said::AtOnce(Saying::nothing(ResponseCode::Refused)),
            Answer::NotYet => Said::AtOnce(Saying::nothing(ResponseCode::ServFail)),
            Answer::Elsewhere => Said::ByOthers(Others {
                query: query.clone(),
                aliases: Vec::new(),
            }),
        }
    }

    /// What a member of a cluster in `vpc` is told at `source`: its cluster's names, then the VPC's.
    pub(crate) fn of_cluster(&self, vpc: &str, source: Ipv4Addr, query: &Query) -> Said {
        let Some(node) = self.0.clusters.of(vpc, source) else {
            return Said::AtOnce(Saying::nothing(ResponseCode::Refused));
        };
        let mut aliases = Vec::new();
        let mut query = query.clone();
        // One more, to find that there is no end.
        while aliases.len() <= MOST_ALIASES {
            // In this order: what is made meanwhile may be found, and nothing is taken for absent that is.
            let is_whole = node.is_whole.load(Ordering::Acquire);
            let found = node.zone.read().find(&query, self.turn());
            let said = match found {
                Found::Records(records) => own(ResponseCode::NoError, &query, records),
                Found::Located(answers, additionals) => Said::AtOnce(Saying {
                    authoritative: true,
                    answers,
                    additionals,
                    ..Saying::default()
                }),
                Found::Absent if is_whole => own(ResponseCode::NXDomain, &query, Vec::new()),
                Found::Absent => Said::AtOnce(Saying::nothing(ResponseCode::ServFail)),
                Found::Elsewhere => self.at_once(&Scope::Vpc(vpc.to_owned()), &query),
                Found::Alias(record, target) => {
                    aliases.push(*record);
                    if query.query_type() == RecordType::CNAME {
                        return own(ResponseCode::NoError, &query, aliases);
                    }
                    query.set_name(target);
                    continue;
                }
            };
            return said.behind(aliases);
        }
        Said::AtOnce(Saying::nothing(ResponseCode::ServFail))
    }

    fn turn(&self) -> usize {
        self.0.turn.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn clusters(&self) -> &Clusters {
        &self.0.clusters
    }

    /// Those of a scope, whichever of its addresses is asked.
    pub(crate) fn limits(&self, scope: &Scope) -> Limits {
        let mut all = self.0.limits.lock();
        all.entry(scope.clone()).or_default().clone()
    }

    /// What the host's name servers say to a task at `source`.
    pub(crate) async fn of_others(
        &self,
        limits: &Limits,
        source: Ipv4Addr,
        others: Others,
    ) -> Saying {
        let Some(_place) = limits.wait(source, Instant::now()) else {
            return Saying::nothing(ResponseCode::ServFail);
        };
        let mut saying = self.0.upstream.ask(&others.query).await;
        saying.answers.splice(0..0, others.aliases);
        saying
    }

    fn read(&self) -> RwLockReadGuard<'_, Told> {
        self.0.told.read()
    }

    fn write(&self) -> RwLockWriteGuard<'_, Told> {
        self.0.told.write()
    }
}

/// Says how long it may be remembered that there is nothing (RFC 2308).
fn origin(name: &Name) -> Record {
    let zone = name.trim_to(2);
    let soa = SOA::new(zone.clone(), zone.clone(), 1, 60, 60, 60, ABSENT_TTL);
    Record::from_rdata(zone, ABSENT_TTL, RData::SOA(soa))
}
