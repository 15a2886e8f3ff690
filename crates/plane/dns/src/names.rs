//! The handle: is told what the network is told, and answers.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::SOA;
use hickory_proto::rr::{Name, RData, Record};
use parking_lot::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use wharf_network::Scope;
use wharf_planeproto::{Change, Resource};

use crate::book::Book;
use crate::limits::Limits;
use crate::query::{Question, Saying};
use crate::upstream::Upstream;
use crate::zone::{self, Answer, Asker};

/// Seconds for which it may be remembered that there is no such name: what is made next may have it.
const ABSENT_TTL: u32 = 5;

/// The name service of a host. Clones share it.
#[derive(Clone)]
pub struct Names(Arc<Inner>);

struct Inner {
    region: String,
    told: RwLock<Told>,
    upstream: Upstream,
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

    /// What a task of `scope` at `source` is told; `None` if somebody else is to be asked first.
    pub(crate) fn at_once(&self, scope: &Scope, question: &Question) -> Option<Saying> {
        let told = self.read();
        let asker = Asker {
            vpc: match scope {
                Scope::Vpc(vpc) => Some(vpc),
                Scope::Bridge => None,
            },
            region: &self.0.region,
            host: &told.host,
            gateway: told.gateway,
            turn: self.0.turn.fetch_add(1, Ordering::Relaxed),
        };
        let own = |code, answers: Vec<Record>| {
            let negative = answers.is_empty().then(|| origin(question.query.name()));
            Some(Saying {
                code,
                authoritative: true,
                answers,
                authorities: negative.into_iter().collect(),
            })
        };
        match zone::answer(&told.book, asker, &question.query) {
            Answer::Records(records) => own(ResponseCode::NoError, records),
            Answer::Absent => own(ResponseCode::NXDomain, Vec::new()),
            Answer::Refused => Some(Saying::nothing(ResponseCode::Refused)),
            Answer::NotYet => Some(Saying::nothing(ResponseCode::ServFail)),
            Answer::Elsewhere => None,
        }
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
        question: &Question,
    ) -> Saying {
        let Some(_place) = limits.wait(source, Instant::now()) else {
            return Saying::nothing(ResponseCode::ServFail);
        };
        self.0.upstream.ask(&question.query).await
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
