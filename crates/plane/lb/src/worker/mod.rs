//! Threads that carry the traffic: one a core, each with a runtime, connections and a pool of its
//! own, so that a request never crosses threads and takes no lock.

mod client;
mod closing;
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

use rand::{SeedableRng, rngs::SmallRng};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::MissedTickBehavior,
};

pub use self::client::{Client, Local, RequestGuard};
use crate::{
    clock,
    door::Door,
    netns::Sockets,
    upstream::{self, Pool},
};

/// Requests under way at shutdown have this long to finish.
const GRACE: Duration = Duration::from_secs(20);
/// Ticks of the clock between looks through the pool.
const TICKS_A_POOL_SWEEP: u32 = 5;

enum Command {
    Serve {
        connection: OwnedFd,
        door: Arc<Door>,
        room: OwnedSemaphorePermit,
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
    pub fn start(count: usize, sockets: &Sockets) -> io::Result<(Self, Threads)> {
        let count = match count {
            0 => thread::available_parallelism()?.get(),
            count => count,
        };
        let (mut handles, mut threads) = (Vec::new(), Vec::new());
        for number in 0..count {
            let (commands, received) = mpsc::unbounded_channel();
            let connections = Arc::new(AtomicUsize::new(0));
            let (sockets, count) = (sockets.clone(), Arc::clone(&connections));
            let thread = thread::Builder::new()
                .name(format!("lb-worker-{number}"))
                .spawn(move || run(received, sockets, count))?;
            threads.push(thread);
            handles.push(Handle {
                commands,
                connections,
            });
        }
        Ok((Self(handles.into()), Threads(threads)))
    }

    /// Hands a connection to the worker that has the fewest.
    pub fn serve(&self, connection: OwnedFd, door: Arc<Door>, room: OwnedSemaphorePermit) {
        let free = |it: &&Handle| it.connections.load(Ordering::Relaxed);
        let Some(worker) = self.0.iter().min_by_key(free) else {
            return;
        };
        worker.connections.fetch_add(1, Ordering::Relaxed);
        let command = Command::Serve {
            connection,
            door,
            room,
        };
        // A worker that ended drops the connection.
        let _ = worker.commands.send(command);
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

/// What the connections of a worker share.
pub struct Worker {
    pub sockets: Sockets,
    pub pool: Rc<Pool>,
    pub http2: upstream::http2::Pool,
    pub random: RefCell<SmallRng>,
    pub connections: Arc<AtomicUsize>,
}

fn run(
    received: mpsc::UnboundedReceiver<Command>,
    sockets: Sockets,
    connections: Arc<AtomicUsize>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(Default::default());
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "a worker cannot start");
            return;
        }
    };
    let worker = Rc::new(Worker {
        sockets,
        pool: Rc::default(),
        http2: upstream::http2::Pool::default(),
        random: RefCell::new(SmallRng::from_os_rng()),
        connections,
    });
    runtime.block_on(work(worker, received));
}

async fn work(worker: Rc<Worker>, mut received: mpsc::UnboundedReceiver<Command>) {
    let mut ticks = tokio::time::interval(clock::TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut tick = 0_u32;
    let mut stop_by: Option<Instant> = None;
    loop {
        tokio::select! {
            biased;
            _ = ticks.tick() => {
                let now_ms = clock::tick();
                watch::sweep(now_ms);
                closing::sweep(now_ms, stop_by.is_some());
                tick = tick.wrapping_add(1);
                if tick.is_multiple_of(TICKS_A_POOL_SWEEP) {
                    worker.pool.sweep(now_ms);
                    worker.http2.sweep();
                }
            }
            command = received.recv() => match command {
                Some(Command::Serve { connection, door, room }) => {
                    tokio::task::spawn_local(client::serve(Rc::clone(&worker), connection, door, room));
                }
                Some(Command::Sweep) => {
                    worker.pool.sweep(clock::now_ms());
                    worker.http2.sweep();
                }
                Some(Command::Force(target)) => watch::force(target),
                Some(Command::Stop) => {
                    closing::sweep(clock::now_ms(), true);
                    stop_by = Some(Instant::now() + GRACE);
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
