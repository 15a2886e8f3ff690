//! One layer that is read on demand: its program is answered, and what nobody asks for comes in between.
//!
//! Inputs: what the program asks for at its socket, and logins, from whoever pulls the image. A span is fetched because
//! somebody waits for it, or because it is the next that is lacking: the second only while nobody waits. When all are there the
//! layer is unpacked as any other ([`super::complete`]).

mod logins;

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
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
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
    Counts, Event, Lazies, Of,
    places::Places,
    room::Held,
    spans::{Run, fetch},
};
use crate::image::{
    budget::Budget,
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
pub(super) const OWN_SPANS: usize = 4;
/// How long somebody waits for a span, whatever fails meanwhile. The program itself waits somewhat longer for an agent.
const READ_PATIENCE: Duration = Duration::from_secs(100);
/// How long a registry may take for it each time, and the pauses in between.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);
const READ_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_READ_PAUSE: Duration = Duration::from_secs(5);
/// Spans that come over one connection while nobody waits.
const RUN: usize = 16;
/// How long one may take that nobody waits for; a registry that needs longer is asked again.
const SPAN_PATIENCE: Duration = Duration::from_secs(120);
/// After the last who waited, nothing comes that nobody asked for: who reads on asks again soon.
const QUIET: Duration = Duration::from_millis(200);
/// Who reads on and on does not keep the rest from coming: what is wrong with it has to be found out.
const QUIET_PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

#[derive(Serialize, Deserialize)]
struct Note {
    size: u64,
    origin: Origin,
    index: Digest,
}

pub(super) fn note(places: &Places, of: &Of) -> io::Result<()> {
    let note = Note {
        size: of.layer.size,
        origin: of.origin.clone(),
        index: of.index.clone(),
    };
    durable::replace_json(
        &places.files.join(NOTE),
        &note,
        durable::Durability::Process,
    )
}

/// Which layer an earlier process began.
pub(super) fn noted(places: &Places, diff_id: &Digest) -> io::Result<Of> {
    let note: Option<Note> = durable::read_json(&places.files.join(NOTE), NOTE_LIMIT)?;
    let Note {
        size,
        origin,
        index,
    } = note.ok_or(io::ErrorKind::NotFound)?;
    let digest = origin.blob.clone();
    Ok(Of {
        layer: Descriptor { digest, size },
        diff_id: diff_id.clone(),
        origin,
        index,
    })
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
    /// Who we are to the registry: whoever pulled it and was not refused since, the first of them as long as that is so. Another
    /// tenant's login, or its end, changes nothing for who is served already.
    logins: watch::Sender<Vec<Arc<Repository>>>,
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
    _held: Held,
}

impl Filling {
    /// Connects to the program that shows it.
    pub(super) fn open(
        lazies: &Arc<Lazies>,
        inner: &Arc<Inner>,
        places: &Places,
        of: Of,
        ztoc: Arc<Ztoc>,
        held: Held,
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
            logins: watch::Sender::new(Vec::new()),
            is_filled: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            quiet_since: parking_lot::Mutex::new(std::time::Instant::now()),
            slots: Semaphore::new(OWN_SPANS),
            is_over: AtomicBool::new(false),
            is_broken: AtomicBool::new(false),
            is_complete: AtomicBool::new(false),
            _held: held,
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
        let of = noted(places, diff_id)?;
        let index = fs::read(places.files.join(INDEX))?;
        let ztoc = Arc::new(Ztoc::decode(&index).map_err(io::Error::other)?);
        let held = lazies.room.hold_again(&ztoc, index.len());
        let filling = Self::open(lazies, inner, places, of, ztoc, held)?;
        // One that is here from elsewhere says nothing of this one.
        if inner.has_layer_from(&filling.of.diff_id, &filling.of.origin) {
            filling.is_complete.store(true, Ordering::Release);
            places.turn()?;
        }
        Ok(filling)
    }

    pub(super) fn is(&self, of: &Of) -> bool {
        let is_same = self.of.origin == of.origin && self.of.index == of.index;
        is_same && !self.is_broken.load(Ordering::Acquire)
    }

    fn has(&self, span: usize) -> bool {
        let found = self.is_there.get(span);
        found.is_some_and(|it| it.load(Ordering::Acquire))
    }

    /// Bytes of the disk that it will take yet: for its archive, and for what is unpacked of that.
    pub(super) fn owed(&self) -> u64 {
        let over = [&self.is_complete, &self.is_over, &self.is_broken];
        if over.into_iter().any(|it| it.load(Ordering::Acquire)) {
            return 0;
        }
        let there = self.ztoc.spans.iter().enumerate();
        let there = there.filter(|(number, _)| self.has(*number));
        let there: u64 = there.map(|(_, it)| it.plain.end - it.plain.start).sum();
        (self.ztoc.plain_size * 2).saturating_sub(there)
    }

    /// What a span holds; twice is as good as once. The archive has holes until then, so each needs room on the disk.
    pub(super) fn keep(&self, span: usize, plain: &[u8]) -> io::Result<()> {
        if let Some(inner) = self.inner.upgrade() {
            let budget = Budget::new(inner.limits, inner.dir.clone());
            let room = budget.look_at_disk(plain.len() as u64);
            room.map_err(|e| io::Error::new(io::ErrorKind::StorageFull, e))?;
        }
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
            filled += match timeout(PAUSE, read).await {
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
        let mut pause = Backoff::new(READ_PAUSE, LONGEST_READ_PAUSE, 2.0);
        let mut was_wrong = false;
        let until = Instant::now() + READ_PATIENCE;
        loop {
            let Ok(Some(repository)) = timeout_at(until, self.login()).await else {
                return false;
            };
            let until_answered = until.min(Instant::now() + ANSWER_PATIENCE);
            let fetched = timeout_at(until_answered, self.fetched(&repository, number)).await;
            let fetched = fetched.unwrap_or_else(|_| {
                Err(RegistryError::TimedOut {
                    host: repository.registry().to_owned(),
                    seconds: ANSWER_PATIENCE.as_secs(),
                })
            });
            match fetched {
                Ok(None) => return true,
                Ok(Some(plain)) if self.came(number, &plain) => return true,
                // A disk that is full.
                Ok(Some(_)) => {}
                Err(error) => {
                    tracing::warn!(layer = %self.of.layer.digest, number, error = &error as &dyn std::error::Error, "failed to fetch a span of a layer that somebody reads");
                    if self.refused(&repository, &error) {
                        continue;
                    }
                    if self.is_wrong(&error, &mut was_wrong) {
                        return false;
                    }
                }
            }
            let next = Instant::now() + pause.wait();
            if next >= until {
                return false;
            }
            sleep_until(next).await;
        }
    }

    /// `None`: it came meanwhile.
    async fn fetched(
        &self,
        repository: &Repository,
        number: usize,
    ) -> Result<Option<Vec<u8>>, RegistryError> {
        // What this layer may have at a time: a registry that is slow holds up no other's.
        let _own = self.slots.acquire().await;
        if self.has(number) {
            return Ok(None);
        }
        let (layer, ztoc, working) = (&self.of.layer, &self.ztoc, &self.lazies.working);
        let plain = fetch(repository, layer, ztoc, number, working).await?;
        Ok(Some(plain))
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
                    if self.refused(&repository, &error) {
                        continue;
                    }
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
        if first >= end {
            // Somebody who waited has it by now.
            return Ok(());
        }
        // No slot of those that pulls have: this goes on for as long as containers read.
        let late = |_| RegistryError::TimedOut {
            host: repository.registry().to_owned(),
            seconds: SPAN_PATIENCE.as_secs(),
        };
        let run = Run::ask(repository, &self.of.layer, &self.ztoc, first..end);
        let mut run = timeout(SPAN_PATIENCE, run).await.map_err(late)??;
        for number in first..end {
            let next = run.next(repository, &self.ztoc, number, &self.lazies.working);
            let plain = timeout(SPAN_PATIENCE, next).await.map_err(late)??;
            if !self.came(number, &plain) {
                // A disk that is full.
                drop((run, plain));
                sleep(LONGEST_PAUSE).await;
                break;
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
        let _ = timeout(QUIET_PATIENCE, self.quiet()).await;
    }

    async fn quiet(&self) {
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
        let forgotten = self
            .inner
            .upgrade()
            .map(|inner| inner.forget_claims(&self.of.diff_id, &self.of.origin));
        if let Some(Err(error)) = forgotten {
            tracing::warn!(%layer, error = &error as &dyn std::error::Error, "failed to forget images that have a wrong layer; they are not used");
        }
        tracing::error!(%layer, reason, "verifying a layer that containers use failed; their tasks are stopped");
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
