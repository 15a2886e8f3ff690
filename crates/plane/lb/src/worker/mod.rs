//! Threads that carry the traffic: one a core, each with a runtime, connections and a pool of its
//! own, so that a request never crosses threads and takes no lock.

mod client;
mod closing;
mod tally;
pub mod watch;

use std::{
    cell::RefCell,
    io,
    os::fd::OwnedFd,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use rand::{SeedableRng, rngs::SmallRng};
use tokio::{sync::mpsc, time::MissedTickBehavior};
use wharf_base::Cidr;

pub use self::{
    client::{Client, Local, RequestGuard},
    tally::Tally,
};
use crate::{
    Pace, clock,
    endpoint::{Endpoint, Shift},
    netns::Sockets,
    oidc::provider::Providers,
    proxy::streamed,
    rooms::{Room, Rooms},
    stream::{
        self,
        datagrams::{self, Attendance},
    },
    upstream::{self, Pool},
};

/// Requests under way at shutdown have this long to finish.
const GRACE: Duration = Duration::from_secs(20);
/// Ticks of the clock between looks through the pool.
const TICKS_A_POOL_SWEEP: u32 = 5;

enum Command {
    /// Accept there.
    Attend { listening: OwnedFd, shift: Shift },
    /// Read datagrams there.
    Datagrams {
        socket: OwnedFd,
        attendance: Attendance,
    },
    /// Serve what another worker accepted.
    Serve {
        connection: OwnedFd,
        endpoint: Arc<Endpoint>,
        room: Room,
    },
    /// Targets were deregistered: close what lies idle towards them.
    Sweep,
    /// End all connections to the target of this number.
    Force(u64),
    /// Finish what is under way, then end.
    Stop,
}

#[derive(Clone)]
struct Handle {
    /// Not bounded by itself: every connection brings its permit, other commands are few.
    commands: mpsc::UnboundedSender<Command>,
    connections: Arc<AtomicUsize>,
}

/// All workers.
#[derive(Clone)]
pub struct Workers(Arc<[Handle]>);

/// Waits for the threads.
pub struct Threads(Vec<thread::JoinHandle<()>>);

impl Threads {
    /// Waits until all have ended, which [`Workers::stop`] asks of them. Blocks.
    pub fn join(self) {
        for thread in self.0 {
            if thread.join().is_err() {
                tracing::error!("a worker thread panicked");
            }
        }
    }
}

impl Workers {
    pub fn start(count: usize, shared: &Shared) -> io::Result<(Self, Threads)> {
        let count = match count {
            0 => thread::available_parallelism()?.get(),
            count => count,
        };
        let (mut handles, mut threads) = (Vec::new(), Vec::new());
        for number in 0..count {
            let (commands, received) = mpsc::unbounded_channel();
            let connections = Arc::new(AtomicUsize::new(0));
            let (shared, count) = (shared.clone(), Arc::clone(&connections));
            let thread = thread::Builder::new()
                .name(format!("lb-worker-{number}"))
                .spawn(move || run(received, shared, count))?;
            threads.push(thread);
            handles.push(Handle {
                commands,
                connections,
            });
        }
        Ok((Self(handles.into()), Threads(threads)))
    }

    /// Has every worker accept at an endpoint.
    pub fn attend(&self, listening: &OwnedFd, shift: &Shift) -> io::Result<()> {
        for worker in &*self.0 {
            let command = Command::Attend {
                listening: listening.try_clone()?,
                shift: shift.clone(),
            };
            // A worker that ended accepts nothing.
            let _ = worker.commands.send(command);
        }
        Ok(())
    }

    /// Has one worker read datagrams at an endpoint: the one with the fewest connections.
    pub fn read(&self, socket: OwnedFd, attendance: Attendance) {
        let load = |it: &&Handle| it.connections.load(Ordering::Relaxed);
        if let Some(worker) = self.0.iter().min_by_key(load) {
            let _ = worker
                .commands
                .send(Command::Datagrams { socket, attendance });
        }
    }

    /// Serves a connection that `here` accepted: there, or on the worker with the fewest.
    pub fn serve(
        &self,
        here: &Rc<Worker>,
        connection: OwnedFd,
        endpoint: Arc<Endpoint>,
        room: Room,
    ) {
        let load = |it: &AtomicUsize| it.load(Ordering::Relaxed);
        let idlest = self.0.iter().min_by_key(|it| load(&it.connections));
        match idlest.filter(|it| load(&it.connections) < load(&here.connections)) {
            None => {
                here.connections.fetch_add(1, Ordering::Relaxed);
                let serving = client::serve(Rc::clone(here), connection, endpoint, room);
                tokio::task::spawn_local(serving);
            }
            Some(other) => {
                other.connections.fetch_add(1, Ordering::Relaxed);
                let command = Command::Serve {
                    connection,
                    endpoint,
                    room,
                };
                // A worker that ended drops the connection.
                let _ = other.commands.send(command);
            }
        }
    }

    pub fn sweep(&self) {
        self.tell(|| Command::Sweep);
    }

    pub fn force(&self, target: u64) {
        self.tell(|| Command::Force(target));
    }

    pub fn stop(&self) {
        self.tell(|| Command::Stop);
    }

    fn tell(&self, command: impl Fn() -> Command) {
        for worker in &*self.0 {
            let _ = worker.commands.send(command());
        }
    }
}

/// What all workers share.
#[derive(Clone)]
pub struct Shared {
    pub sockets: Sockets,
    /// Connections to targets that may be open.
    pub upstreams: Rooms,
    pub pace: Pace,
    /// Addresses that targets never see as their client's.
    pub unkept: Arc<ArcSwap<Vec<Cidr>>>,
    /// Who authenticates users.
    pub providers: Providers,
}

/// What the connections of a worker share.
pub struct Worker {
    pub sockets: Sockets,
    /// Connections to targets that may be open.
    pub upstreams: Rooms,
    pub pace: Pace,
    /// Addresses that targets never see as their client's.
    pub unkept: Arc<ArcSwap<Vec<Cidr>>>,
    /// Who authenticates users.
    pub providers: Providers,
    pub pool: Rc<Pool>,
    pub http2: upstream::http2::Pool,
    pub random: RefCell<SmallRng>,
    pub connections: Arc<AtomicUsize>,
}

impl Worker {
    /// Closes connections to targets that nobody wants any more. Whether any is left.
    fn sweep_pools(&self, now_ms: u64) -> bool {
        let has_http1 = self.pool.sweep(now_ms);
        self.http2.sweep() || has_http1
    }
}

fn run(received: mpsc::UnboundedReceiver<Command>, shared: Shared, connections: Arc<AtomicUsize>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(Default::default());
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "worker failed to start");
            return;
        }
    };
    let worker = Rc::new(Worker {
        sockets: shared.sockets,
        upstreams: shared.upstreams,
        pace: shared.pace,
        unkept: shared.unkept,
        providers: shared.providers,
        pool: Rc::default(),
        http2: upstream::http2::Pool::default(),
        random: RefCell::new(SmallRng::from_os_rng()),
        connections,
    });
    runtime.block_on(work(worker, received));
}

async fn work(worker: Rc<Worker>, mut received: mpsc::UnboundedReceiver<Command>) {
    let first = watch::first();
    // Nothing is open that could be overdue: the processor may sleep.
    let mut rests = false;
    let mut ticks = tokio::time::interval(clock::TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut tick = 0_u32;
    let mut stop_by: Option<Instant> = None;
    loop {
        tokio::select! {
            biased;
            _ = ticks.tick(), if !rests => {
                let now_ms = clock::tick();
                let mut is_busy = watch::sweep(now_ms);
                is_busy |= streamed::sweep(now_ms);
                is_busy |= closing::sweep(now_ms, stop_by.is_some());
                is_busy |= stream::sweep();
                is_busy |= stop_by.is_some();
                tick = tick.wrapping_add(1);
                if tick.is_multiple_of(TICKS_A_POOL_SWEEP) {
                    is_busy |= worker.sweep_pools(now_ms);
                    rests = !is_busy;
                }
            }
            () = first.notified(), if rests => {
                rests = false;
                ticks.reset();
            }
            command = received.recv() => match command {
                Some(Command::Attend { listening, shift }) => {
                    tokio::task::spawn_local(shift.work(Rc::clone(&worker), listening));
                }
                Some(Command::Datagrams { socket, attendance }) => {
                    let reading = datagrams::attend(Rc::clone(&worker), socket, attendance);
                    tokio::task::spawn_local(reading);
                }
                Some(Command::Serve { connection, endpoint, room }) => {
                    tokio::task::spawn_local(client::serve(Rc::clone(&worker), connection, endpoint, room));
                }
                Some(Command::Sweep) => {
                    worker.sweep_pools(clock::now_ms());
                }
                Some(Command::Force(target)) => watch::force(target),
                Some(Command::Stop) => {
                    closing::sweep(clock::now_ms(), true);
                    stop_by = Some(Instant::now() + GRACE);
                    rests = false;
                }
                None => return,
            }
        }
        if let Some(by) = stop_by {
            let left = worker.connections.load(Ordering::Relaxed);
            if left == 0 || Instant::now() > by {
                worker.pool.clear();
                return;
            }
        }
    }
}
