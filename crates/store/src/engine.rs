//! How a command reaches the writer: by a queue to its thread, or at once.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
        mpsc::Sender,
    },
    thread::JoinHandle,
    time::Duration,
};

use parking_lot::Mutex;

use crate::writer::{Command, Writer};

#[derive(Debug)]
pub(crate) enum Engine {
    /// A thread writes: commands that wait for its sync share the next one.
    Thread {
        /// Taken out on closing.
        commands: Mutex<Option<Arc<Sender<Command>>>>,
        thread: Mutex<Option<JoinHandle<()>>>,
    },
    /// Each caller runs its command itself, so an answer is there when the call has been made: no
    /// other thread decides in which order things happen.
    Inline(Arc<Inline>),
}

pub(crate) struct Inline {
    /// Taken out on closing.
    writer: Mutex<Option<Writer>>,
    /// Whether a thread looks for ended leases. Changed under the writer's lock.
    ticking: AtomicBool,
    tick: Duration,
}

impl std::fmt::Debug for Inline {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Inline").finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) fn thread(commands: Arc<Sender<Command>>, thread: JoinHandle<()>) -> Self {
        Self::Thread {
            commands: Mutex::new(Some(commands)),
            thread: Mutex::new(Some(thread)),
        }
    }

    pub(crate) fn inline(writer: Writer, tick: Duration) -> Self {
        Self::Inline(Arc::new(Inline {
            writer: Mutex::new(Some(writer)),
            ticking: AtomicBool::new(false),
            tick,
        }))
    }

    /// False once the store is closed.
    pub(crate) fn send(&self, command: Command) -> bool {
        match self {
            Self::Thread { commands, .. } => commands
                .lock()
                .as_ref()
                .is_some_and(|it| it.send(command).is_ok()),
            Self::Inline(inline) => inline.run(command),
        }
    }

    /// Takes no more commands. The thread, if there is one, ends after those it has.
    pub(crate) fn close(&self) -> Option<JoinHandle<()>> {
        match self {
            Self::Thread { commands, thread } => {
                if let Some(commands) = commands.lock().take() {
                    let _ = commands.send(Command::Close);
                }
                thread.lock().take()
            }
            Self::Inline(inline) => {
                drop(inline.writer.lock().take());
                None
            }
        }
    }
}

impl Inline {
    fn run(self: &Arc<Self>, command: Command) -> bool {
        let mut writer = self.writer.lock();
        let Some(writer) = writer.as_mut() else {
            return false;
        };
        writer.handle(command);
        if writer.has_leases() && !self.ticking.swap(true, Ordering::AcqRel) {
            self.start_ticking();
        }
        true
    }

    /// Leases end though nobody calls. The thread goes when there is none left.
    fn start_ticking(self: &Arc<Self>) {
        let (inline, tick) = (Arc::downgrade(self), self.tick);
        let thread = std::thread::Builder::new().name("store-leases".to_owned());
        if let Err(error) = thread.spawn(move || tick_while_needed(&inline, tick)) {
            tracing::warn!(%error, "failed to start the thread for leases: they expire with the next write");
            self.ticking.store(false, Ordering::Release);
        }
    }
}

fn tick_while_needed(inline: &Weak<Inline>, tick: Duration) {
    loop {
        std::thread::sleep(tick);
        let Some(inline) = inline.upgrade() else {
            return;
        };
        let mut writer = inline.writer.lock();
        match writer.as_mut().filter(|it| it.has_leases()) {
            Some(writer) => writer.end_due(),
            None => return inline.ticking.store(false, Ordering::Release),
        }
    }
}
