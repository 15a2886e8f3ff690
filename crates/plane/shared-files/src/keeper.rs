//! Keeps the client known to the server: connections, session, lease, and state claimed anew after the server began anew.

use std::{
    io,
    net::Ipv4Addr,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use nix::errno::Errno;
use wharf_nfs_wire::{
    Op, Status, Verifier,
    rpc::{self, Caller, Reply},
    session::Channel,
};

use crate::{
    client::{Client, Current, Failed, LINKS, SLOTS},
    link::{Link, MAX_RECORD},
    nfs::{
        attributes::Wanted,
        compound::Compound,
        results::{Problem, Results},
    },
    tls,
};

const LOOK: Duration = Duration::from_millis(500);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// What a call without a session may take.
const ANSWER: Duration = Duration::from_secs(20);
/// Before the server said.
const LEASE: Duration = Duration::from_secs(30);
const MAX_LEASE: Duration = Duration::from_secs(300);

/// Who has state at the server.
pub trait State: Send + Sync {
    /// Claims it anew. `grace`: the server awaits that; otherwise it is had as if for the first time.
    ///
    /// # Errors
    /// The session went meanwhile; it will be called again.
    fn claim(&self, client: &Client, grace: bool) -> Result<(), Failed>;
}

pub struct Keeper {
    pub client: Arc<Client>,
    pub address: (Ipv4Addr, u16),
    pub trust: Option<tls::Trust>,
    pub owner: Vec<u8>,
    pub verifier: Verifier,
    /// Once there is any.
    pub state: OnceLock<Arc<dyn State>>,
}

impl Keeper {
    /// Connects and has a session made, once.
    ///
    /// # Errors
    /// Says why not.
    pub fn begin(&self) -> io::Result<()> {
        self.connect()?;
        self.make_session()
    }

    /// For ever.
    pub fn run(&self) {
        let mut lease = self.ask_lease().unwrap_or(LEASE);
        let mut pause = FIRST_PAUSE;
        loop {
            match self.tend(&mut lease) {
                Ok(()) => pause = FIRST_PAUSE,
                Err(_) => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    continue;
                }
            }
            let mut shared = self.client.shared();
            if shared.session.is_some() && !shared.state_lost {
                self.client.wait(&mut shared, LOOK);
            }
        }
    }

    fn tend(&self, lease: &mut Duration) -> io::Result<()> {
        self.connect()?;
        let (has_session, idle, state_lost) = {
            let shared = self.client.shared();
            let idle = shared.last_call.map_or(*lease, |it| it.elapsed());
            let open = shared.session.as_ref().is_some_and(|it| it.open);
            (open, idle, shared.state_lost)
        };
        if !has_session || state_lost {
            self.make_session()?;
            if let Some(told) = self.ask_lease() {
                *lease = told;
            }
        } else if idle >= *lease / 3 {
            let renewed =
                self.client
                    .ask_as_keeper(&Caller::default(), |_| Compound::default(), |_| Ok(()));
            renewed.map_err(other)?;
        }
        Ok(())
    }

    /// Those connections that are not there. One is enough to go on with.
    fn connect(&self) -> io::Result<()> {
        let mut last = None;
        for at in 0..LINKS {
            let there = self.client.shared().links[at].clone();
            if there.is_some_and(|it| !it.is_broken()) {
                continue;
            }
            match Link::connect(self.address, self.trust.as_ref()) {
                Ok(link) => {
                    self.client.shared().links[at] = Some(Arc::new(link));
                    self.client.changed();
                }
                Err(error) => {
                    last = Some(error);
                    break;
                }
            }
        }
        let any = self.link().is_some();
        match last {
            Some(error) if !any => Err(error),
            _ => Ok(()),
        }
    }

    fn link(&self) -> Option<Arc<Link>> {
        let shared = self.client.shared();
        let mut links = shared.links.iter().flatten();
        links.find(|it| !it.is_broken()).cloned()
    }

    fn make_session(&self) -> io::Result<()> {
        let known = self.outside(
            |ops| ops.exchange_id(self.verifier, &self.owner),
            |it| it.client(),
        )?;
        let fore = Channel {
            request_bytes: MAX_RECORD as u32,
            response_bytes: MAX_RECORD as u32,
            cached_bytes: 8 << 10,
            operations: 16,
            requests: SLOTS,
        };
        let session = self.outside(
            |ops| ops.create_session(known.id, known.sequence, fore),
            |it| it.session(),
        )?;
        if session.channel.requests < 2 {
            return Err(io::Error::other(
                "the server lets nothing be done at the same time",
            ));
        }
        let epoch = {
            let mut shared = self.client.shared();
            let before = shared.client;
            shared.epoch += 1;
            shared.session = Some(Current::new(&session));
            shared.client = Some(known.id);
            if before.is_some_and(|it| it != known.id) {
                shared.state_lost = true;
                shared.is_new = true;
            }
            shared.epoch
        };
        self.client.changed();
        // Begun anew, what was claimed is claimed again.
        self.take_up().inspect_err(|_| self.client.lose(epoch))
    }

    fn take_up(&self) -> io::Result<()> {
        let (lost, is_new) = {
            let shared = self.client.shared();
            (shared.state_lost, shared.is_new)
        };
        if let Some(state) = self.state.get().filter(|_| lost) {
            state.claim(&self.client, is_new).map_err(other)?;
        }
        let complete = self.client.ask_as_keeper(
            &Caller::default(),
            |_| {
                let mut ops = Compound::default();
                ops.reclaim_complete();
                ops
            },
            |it| it.done(Op::ReclaimComplete).map(drop),
        );
        match complete {
            Ok(()) | Err(Failed::Status(Status::COMPLETE_ALREADY)) => {}
            Err(failed) => return Err(other(failed)),
        }
        let mut shared = self.client.shared();
        shared.state_lost = false;
        shared.is_new = false;
        if let Some(session) = shared.session.as_mut() {
            session.open = true;
        }
        drop(shared);
        self.client.changed();
        Ok(())
    }

    fn ask_lease(&self) -> Option<Duration> {
        let asked = self.client.ask_as_keeper(
            &Caller::default(),
            |_| {
                let mut ops = Compound::default();
                ops.put_root().get_attributes(Wanted::Lease);
                ops
            },
            |it| {
                it.done(Op::PutRoot)?;
                it.lease_seconds()
            },
        );
        let seconds = asked.ok().filter(|it| *it > 0)?;
        Some(Duration::from_secs(seconds.into()).min(MAX_LEASE))
    }

    /// A call of no session.
    fn outside<T>(
        &self,
        build: impl Fn(&mut Compound) -> &mut Compound,
        read: impl Fn(&mut Results<'_>) -> Result<T, Problem>,
    ) -> io::Result<T> {
        let mut ops = Compound::default();
        build(&mut ops);
        let link = self.link().ok_or(Errno::ENOTCONN)?;
        let end = Instant::now() + ANSWER;
        let record = link.call(&Caller::default(), &ops.finish(), &|| Instant::now() < end);
        let record = record.map_err(|_| {
            link.end();
            io::Error::other("the server ended the connection, or did not answer")
        })?;
        let body = match rpc::reply(&record) {
            Ok(Reply::Done(body)) => body,
            Ok(Reply::Refused) => {
                return Err(io::Error::other(
                    "the server does not speak NFSv4 with this client",
                ));
            }
            Err(error) => {
                link.end();
                return Err(io::Error::other(error));
            }
        };
        let results = Results::new(body, ops.operations().len());
        let read = results
            .map_err(Problem::from)
            .and_then(|mut it| read(&mut it));
        read.map_err(io::Error::other)
    }
}

fn other(failed: Failed) -> io::Error {
    io::Error::from_raw_os_error(failed.errno() as i32)
}
