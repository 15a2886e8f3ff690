//! One layer that is read on demand: its program is answered, and what nobody asks for comes in between.
//!
//! Inputs: what the program asks for at its socket, and logins, from whoever pulls the image. A span is fetched because
//! somebody waits for it, or because it is the next that is lacking: the second only while nobody waits. When all are there the
//! layer is unpacked as any other ([`super::complete`]).

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt as _,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Semaphore, watch},
    time::sleep,
};
use wharf_base::Backoff;
use wharf_durable as durable;
use wharf_lazy_layer::{
    connect,
    messages::{self, Message},
    serve::{ARCHIVE, INDEX, THERE},
    unmount,
};
use wharf_ztoc::Ztoc;

use super::{
    Counts, Event, Lazies, Of, Places,
    spans::{Run, fetch},
};
use crate::image::{
    digest::Digest,
    error::RegistryError,
    layer::discard,
    manifest::Descriptor,
    registry::Repository,
    store::{Inner, Origin},
};

/// What the layer is, for the process after this.
const NOTE: &str = "note.json";
const NOTE_LIMIT: u64 = 64 << 10;
/// Of the spans that are fetched at a time because somebody waits, those of one layer.
const OWN_SPANS: usize = 4;
/// How often a span is asked for that somebody waits for.
const TRIES: u32 = 5;
/// How long a login is waited for, while somebody waits. The program itself waits somewhat longer for an agent.
const LOGIN_PATIENCE: Duration = Duration::from_secs(100);
/// Spans that come over one connection while nobody waits.
const RUN: usize = 16;
/// After the last who waited, nothing comes that nobody asked for: who reads on asks again soon.
const QUIET: Duration = Duration::from_millis(200);
const LOOK: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

#[derive(Serialize, Deserialize)]
struct Note {
    size: u64,
    origin: Origin,
}

pub(super) fn note(places: &Places, of: &Of) -> io::Result<()> {
    let (size, origin) = (of.layer.size, of.origin.clone());
    let path = places.files.join(NOTE);
    durable::replace_json(&path, &Note { size, origin }, durable::Durability::Process)
}

#[derive(Debug)]
pub struct Filling {
    pub(super) lazies: Arc<Lazies>,
    pub(super) inner: Weak<Inner>,
    pub(super) of: Of,
    pub(super) places: Places,
    pub(super) ztoc: Arc<Ztoc>,
    pub(super) archive: File,
    /// Written like the archive, for the process after this.
    there: File,
    is_there: Vec<AtomicBool>,
    to_program: tokio::sync::Mutex<OwnedWriteHalf>,
    /// Who we are to the registry; nobody since it said no.
    repository: watch::Sender<Option<Arc<Repository>>>,
    is_filled: AtomicBool,
    /// Who waits, and since when nobody does.
    waiting: AtomicUsize,
    quiet_since: parking_lot::Mutex<std::time::Instant>,
    /// To fetch spans that somebody waits for.
    slots: Semaphore,
    /// Nothing more is fetched for it.
    is_over: AtomicBool,
    is_broken: AtomicBool,
    pub(super) is_complete: AtomicBool,
}

impl Filling {
    /// Connects to the program that shows it.
    pub(super) fn open(
        lazies: &Arc<Lazies>,
        inner: &Arc<Inner>,
        places: &Places,
        of: Of,
        ztoc: Arc<Ztoc>,
    ) -> io::Result<Arc<Self>> {
        let socket = connect(&places.files)?;
        socket.set_nonblocking(true)?;
        let (from_program, to_program) = UnixStream::from_std(socket)?.into_split();
        let open = |name| {
            File::options()
                .read(true)
                .write(true)
                .open(places.files.join(name))
        };
        let known = fs::read(places.files.join(THERE))?;
        let is_there = |n| AtomicBool::new(known.get(n) == Some(&1));
        let filling = Arc::new(Self {
            lazies: Arc::clone(lazies),
            inner: Arc::downgrade(inner),
            of,
            places: places.clone(),
            is_there: (0..ztoc.spans.len()).map(is_there).collect(),
            ztoc,
            archive: open(ARCHIVE)?,
            there: open(THERE)?,
            to_program: to_program.into(),
            repository: watch::Sender::new(None),
            is_filled: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            quiet_since: parking_lot::Mutex::new(std::time::Instant::now()),
            slots: Semaphore::new(OWN_SPANS),
            is_over: AtomicBool::new(false),
            is_broken: AtomicBool::new(false),
            is_complete: AtomicBool::new(false),
        });
        tokio::spawn(filling.clone().follow(from_program));
        Ok(filling)
    }

    /// One that an earlier process began.
    pub(super) fn recover(
        lazies: &Arc<Lazies>,
        inner: &Arc<Inner>,
        diff_id: &Digest,
        places: &Places,
    ) -> io::Result<Arc<Self>> {
        let note: Option<Note> = durable::read_json(&places.files.join(NOTE), NOTE_LIMIT)?;
        let Note { size, origin } = note.ok_or(io::ErrorKind::NotFound)?;
        let digest = origin.blob.clone();
        let index = fs::read(places.files.join(INDEX))?;
        let ztoc = Arc::new(Ztoc::decode(&index).map_err(io::Error::other)?);
        let layer = Descriptor { digest, size };
        let diff_id = diff_id.clone();
        let of = Of {
            layer,
            diff_id,
            origin,
        };
        let filling = Self::open(lazies, inner, places, of, ztoc)?;
        if inner.has_layer(&filling.of.diff_id) {
            filling.is_complete.store(true, Ordering::Release);
            places.turn()?;
        }
        Ok(filling)
    }

    pub(super) fn is_from(&self, origin: &Origin) -> bool {
        self.of.origin == *origin && !self.is_broken.load(Ordering::Acquire)
    }

    /// From now on it is fetched by this login.
    pub(super) fn attach(
        self: &Arc<Self>,
        repository: &Arc<Repository>,
    ) -> Result<(), RegistryError> {
        if self.is_broken.load(Ordering::Acquire) || self.is_over.load(Ordering::Acquire) {
            return Err(RegistryError::Nonsense(
                "it turned out to be wrong".to_owned(),
            ));
        }
        self.repository.send_replace(Some(Arc::clone(repository)));
        let is_complete = self.is_complete.load(Ordering::Acquire);
        if !is_complete && !self.is_filled.swap(true, Ordering::AcqRel) {
            tokio::spawn(self.clone().fill());
        }
        Ok(())
    }

    pub(super) fn is_unattended(&self) -> bool {
        let is_done = |flag: &AtomicBool| flag.load(Ordering::Acquire);
        let over = [&self.is_complete, &self.is_over, &self.is_broken];
        self.repository.borrow().is_none() && !over.into_iter().any(is_done)
    }

    fn call_for_login(&self) {
        let users = self.places.users();
        let _ = self.lazies.events.send(Event::Unattended { users });
    }

    fn has(&self, span: usize) -> bool {
        let found = self.is_there.get(span);
        found.is_some_and(|it| it.load(Ordering::Acquire))
    }

    /// What a span holds; twice is as good as once.
    pub(super) fn keep(&self, span: usize, plain: &[u8]) -> io::Result<()> {
        self.archive
            .write_all_at(plain, self.ztoc.spans[span].plain.start)?;
        self.there.write_all_at(&[1], span as u64)?;
        self.is_there[span].store(true, Ordering::Release);
        Ok(())
    }

    /// What the program asks for, until it ends.
    async fn follow(self: Arc<Self>, mut from_program: OwnedReadHalf) {
        let (mut bytes, mut filled) = ([0; messages::BYTES], 0);
        let was_over = loop {
            let read = from_program.read(&mut bytes[filled..]);
            filled += match tokio::time::timeout(PAUSE, read).await {
                Ok(Ok(0) | Err(_)) => break false,
                Ok(Ok(more)) => more,
                // Whose store is gone has nothing to say any more; the next one will connect.
                Err(_) if self.inner.strong_count() == 0 => {
                    let _ = self.to_program.lock().await.shutdown().await;
                    self.lazies.forget(&self.of.diff_id);
                    return;
                }
                Err(_) => 0,
            };
            if filled < bytes.len() {
                continue;
            }
            filled = 0;
            let message = Message::decode(bytes);
            if message == Message::OVER {
                break true;
            }
            tokio::spawn(self.clone().answer(message.span));
        };
        let last = self.clone();
        let _ = tokio::task::spawn_blocking(move || last.end(was_over)).await;
    }

    async fn answer(self: Arc<Self>, span: u32) {
        let number = span as usize;
        let mut is_there = self.has(number);
        if !is_there && number < self.is_there.len() {
            Counts::add(&self.lazies.counts.spans);
            self.waiting.fetch_add(1, Ordering::AcqRel);
            is_there = self.bring(number).await;
            *self.quiet_since.lock() = std::time::Instant::now();
            self.waiting.fetch_sub(1, Ordering::AcqRel);
        }
        if !is_there && self.inner.strong_count() == 0 {
            // The next one is asked.
            return;
        }
        let message = Message::outcome(span, is_there).encode();
        // A program that is gone asks no more.
        let _ = self.to_program.lock().await.write_all(&message).await;
    }

    /// A span that somebody waits for.
    async fn bring(&self, number: usize) -> bool {
        let mut pause = Backoff::new(PAUSE, LONGEST_PAUSE, 2.0);
        let mut was_wrong = false;
        for _ in 0..TRIES {
            let Ok(Some(repository)) = tokio::time::timeout(LOGIN_PATIENCE, self.login()).await
            else {
                return false;
            };
            // First what this layer may have at a time, so that a registry that is slow holds up no other's.
            let own = self.slots.acquire().await;
            let slot = self.lazies.slots.acquire().await;
            if self.has(number) {
                return true;
            }
            let fetched = fetch(&repository, &self.of.layer, &self.ztoc, number).await;
            drop((own, slot));
            match fetched {
                Ok(plain) => return self.came(number, &plain),
                Err(error) => {
                    tracing::warn!(layer = %self.of.layer.digest, number, error = &error as &dyn std::error::Error, "failed to fetch a span of a layer that somebody reads");
                    self.refused(&repository, &error);
                    if self.is_wrong(&error, &mut was_wrong) {
                        return false;
                    }
                }
            }
            sleep(pause.wait()).await;
        }
        false
    }

    fn came(&self, number: usize, plain: &[u8]) -> bool {
        if let Some(inner) = self.inner.upgrade() {
            let span = &self.ztoc.spans[number].compressed;
            inner.count_downloaded(span.end - span.start);
        }
        match self.keep(number, plain) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(layer = %self.of.layer.digest, %error, "failed to keep a span of a layer");
                false
            }
        }
    }

    /// One wrong answer may be a mishap on the way; two are what the registry has.
    fn is_wrong(&self, error: &RegistryError, before: &mut bool) -> bool {
        if !matches!(error, RegistryError::WrongSpan { .. }) {
            return false;
        }
        if std::mem::replace(before, true) {
            self.condemn(&format!("{error}"));
            return true;
        }
        false
    }

    /// A login that the registry takes no more is nobody's.
    fn refused(&self, by: &Arc<Repository>, error: &RegistryError) {
        if matches!(error, RegistryError::Denied(_) | RegistryError::NotFound) {
            let is_it = |it: &mut Option<Arc<Repository>>| {
                let is_it = it.as_ref().is_some_and(|it| Arc::ptr_eq(it, by));
                if is_it {
                    *it = None;
                }
                is_it
            };
            if self.repository.send_if_modified(is_it) {
                self.call_for_login();
            }
        }
    }

    /// Waits for one; `None`: it is over.
    async fn login(&self) -> Option<Arc<Repository>> {
        let mut seen = self.repository.subscribe();
        loop {
            let is_over = self.is_over.load(Ordering::Acquire);
            if is_over || self.is_broken.load(Ordering::Acquire) || self.inner.strong_count() == 0 {
                return None;
            }
            if let Some(repository) = &*seen.borrow_and_update() {
                return Some(repository.clone());
            }
            // Whether it is over is looked at every now and then.
            let _ = tokio::time::timeout(PAUSE, seen.changed()).await;
        }
    }

    /// Until all of it is there, or nothing more is to come.
    async fn fill(self: Arc<Self>) {
        let mut pause = Backoff::new(PAUSE, LONGEST_PAUSE, 2.0);
        let mut was_wrong = false;
        while let Some(repository) = self.login().await {
            let Some(first) = (0..self.is_there.len()).find(|span| !self.has(*span)) else {
                match super::complete::complete(&self).await {
                    Ok(()) => return,
                    Err(error) if error.is_about_content() => {
                        self.condemn(&format!("{}", wharf_base::Chain(&error)));
                        return;
                    }
                    Err(error) => {
                        tracing::warn!(layer = %self.of.layer.digest, error = &error as &dyn std::error::Error, "failed to unpack a layer that was read on demand; will retry");
                        sleep(pause.wait()).await;
                        continue;
                    }
                }
            };
            self.wait_for_quiet().await;
            match self.fill_from(&repository, first).await {
                Ok(()) => pause = Backoff::new(PAUSE, LONGEST_PAUSE, 2.0),
                Err(error) => {
                    tracing::warn!(layer = %self.of.layer.digest, error = &error as &dyn std::error::Error, "failed to fetch the rest of a layer; will retry");
                    self.refused(&repository, &error);
                    if self.is_wrong(&error, &mut was_wrong) {
                        return;
                    }
                    sleep(pause.wait()).await;
                }
            }
        }
    }

    async fn fill_from(
        &self,
        repository: &Arc<Repository>,
        first: usize,
    ) -> Result<(), RegistryError> {
        let most = (first + RUN).min(self.is_there.len());
        let end = (first..most).find(|span| self.has(*span)).unwrap_or(most);
        let Some(inner) = self.inner.upgrade().filter(|_| first < end) else {
            // Somebody who waited has it by now.
            return Ok(());
        };
        let Ok(_slot) = inner.layer_slot().await else {
            return Ok(());
        };
        let mut run = Run::ask(repository, &self.of.layer, &self.ztoc, first..end).await?;
        for number in first..end {
            let plain = run.next(repository, &self.ztoc, number).await?;
            if !self.came(number, &plain) {
                // A disk that is full.
                sleep(LONGEST_PAUSE).await;
            }
            if self.is_over.load(Ordering::Acquire) || self.is_broken.load(Ordering::Acquire) {
                break;
            }
            self.wait_for_quiet().await;
        }
        Ok(())
    }

    /// Who waits comes first.
    async fn wait_for_quiet(&self) {
        while self.waiting.load(Ordering::Acquire) > 0 || self.quiet_since.lock().elapsed() < QUIET
        {
            sleep(LOOK).await;
        }
    }

    /// It is not what it was said to be.
    pub(super) fn condemn(&self, reason: &str) {
        if self.is_broken.swap(true, Ordering::AcqRel) {
            return;
        }
        let layer = &self.of.layer.digest;
        tracing::error!(%layer, reason, "a layer that containers have is wrong; their tasks are stopped");
        self.tell_of(&format!(
            "CannotPullContainerError: pull image layer {layer} has been retried 1 time(s): {reason}"
        ));
    }

    fn tell_of(&self, reason: &str) {
        Counts::add(&self.lazies.counts.broken);
        let (users, reason) = (self.places.users(), reason.to_owned());
        let _ = self.lazies.events.send(Event::Broken { users, reason });
    }

    /// The program has ended, in order or killed.
    fn end(&self, was_over: bool) {
        if self.is_over.swap(true, Ordering::AcqRel) {
            return;
        }
        if !was_over {
            let layer = &self.of.layer.digest;
            tracing::error!(%layer, "the program that showed a layer ended; the tasks that have it are stopped");
            self.tell_of(&format!(
                "CannotPullContainerError: pull image layer {layer} has been retried 1 time(s): the program \
                 that read it on demand ended"
            ));
        }
        if self.is_complete.load(Ordering::Acquire) {
            // What containers were told leads to the layer now.
            discard(&self.places.files);
        } else {
            self.places.remove();
        }
        self.lazies.forget(&self.of.diff_id);
    }

    /// Nobody needs it any more.
    pub(super) fn give_up(&self) {
        if self.is_complete.load(Ordering::Acquire) {
            return;
        }
        self.is_over.store(true, Ordering::Release);
        let _ = unmount(&self.places.mount());
        self.places.remove();
        self.lazies.forget(&self.of.diff_id);
    }
}
