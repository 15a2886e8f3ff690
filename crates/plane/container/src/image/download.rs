//! The bytes of one layer in their order, over one connection, or over several where one is slower than
//! whoever unpacks them.
//!
//! A layer begins as one answer. When its connection keeps the unpacker waiting and a registry sends parts,
//! the rest is asked for in parts that come side by side. A part that breaks off goes on where it was, like
//! the whole.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinSet,
    time::Instant,
};
use wharf_base::Backoff;

use super::{
    error::RegistryError,
    manifest::Descriptor,
    registry::{Body, Repository},
};

/// How often a download that broke off goes on where it was, without a [`PROGRESS`] in between.
const RESUMPTIONS: u32 = 5;
const PROGRESS: u64 = 1 << 20;
/// Bytes of a part. It waits in memory until its turn comes.
const PART: u64 = 8 << 20;
/// Bytes of a piece of a part, at least, but for its last: what comes in crumbs is gathered, so that a part takes
/// little more memory than its bytes.
const PIECE: usize = 64 << 10;
/// Parts take memory that all pulls share, so a registry sends them at this rate, in bytes a second, once it was
/// waited for this long for one; else it has its one connection.
const LEAST_RATE: u64 = 256 << 10;
const GRACE: Duration = Duration::from_secs(15);
/// Parts of one layer that come beside the one whose turn it is.
const AHEAD: usize = 3;
/// Parts over all pulls, so at most 48 MiB of memory.
pub const PARTS: usize = 6;
/// So many bytes show how fast a connection is.
const TRIAL: u64 = 4 << 20;
/// Bytes a second that are no connection's fault: then memory and processor are the limit.
const FAST: u64 = 256 << 20;

/// A layer on its way.
pub struct Download {
    repository: Arc<Repository>,
    layer: Descriptor,
    /// Bytes given out.
    got: u64,
    source: Source,
    /// Where the source's share ends.
    end: u64,
    others: Others,
    /// Permits for parts, shared by all pulls.
    room: Arc<Semaphore>,
    /// More than one answer was used.
    is_pieced: Arc<AtomicBool>,
    /// How long the registry was waited for since the first part was asked for, or since the turn came to one.
    waited: Duration,
    /// Where that began.
    waited_from: u64,
    /// What brings parts; ended with the download.
    bringing: JoinSet<()>,
    /// Where it was when it was resumed last.
    resumed_at: u64,
    resumptions: u32,
    /// Between the end of a connection and the next.
    pause: Backoff,
}

enum Source {
    /// The answer that it began with.
    Whole(Body),
    /// One that goes on where another ended.
    Rest(Body),
    Part(Part),
}

/// What comes beside the source.
enum Others {
    /// Nothing yet: the connection is watched.
    Watched(Pace),
    /// A first part was asked for; it is not known whether the registry sends any.
    Asked(Part),
    Parts(VecDeque<Part>),
    /// Nothing, for good.
    None,
}

/// A piece of the layer that waits for its turn. Its first message, empty, says that the registry sends parts.
struct Part {
    from: u64,
    end: u64,
    pieces: mpsc::UnboundedReceiver<Result<Bytes, RegistryError>>,
    /// Kept as long as it is.
    room: Option<OwnedSemaphorePermit>,
}

/// How fast a connection was since it is watched.
struct Pace {
    since: Instant,
    bytes: u64,
    /// Of these, what came when the unpacker had nothing left to do.
    awaited: u64,
}

impl Pace {
    fn begin() -> Self {
        Self {
            since: Instant::now(),
            bytes: 0,
            awaited: 0,
        }
    }
}

/// Whether more connections would bring `bytes` sooner than the one that took `time` for them.
fn is_slow(bytes: u64, awaited: u64, time: Duration) -> bool {
    let at_full_speed = Duration::from_secs_f64(bytes as f64 / FAST as f64);
    awaited > bytes / 2 && time > at_full_speed
}

/// How long a registry may be waited for that sent `bytes`.
fn earned(bytes: u64) -> Duration {
    GRACE + Duration::from_millis(bytes.saturating_mul(1000) / LEAST_RATE)
}

impl Download {
    /// Asks for the layer; without `room` it comes over one connection.
    pub async fn begin(
        repository: &Arc<Repository>,
        layer: &Descriptor,
        room: Option<&Arc<Semaphore>>,
        pause: Backoff,
    ) -> Result<Self, RegistryError> {
        let body = repository.blob(layer.digest.as_str()).await?;
        Ok(Self::of(body, repository, layer, room, pause))
    }

    /// The same, of a layer that was asked for already.
    pub fn of(
        body: Body,
        repository: &Arc<Repository>,
        layer: &Descriptor,
        room: Option<&Arc<Semaphore>>,
        pause: Backoff,
    ) -> Self {
        Self {
            repository: Arc::clone(repository),
            layer: layer.clone(),
            got: 0,
            source: Source::Whole(body),
            end: layer.size,
            others: match room {
                Some(_) => Others::Watched(Pace::begin()),
                None => Others::None,
            },
            room: room.map_or_else(|| Arc::new(Semaphore::new(0)), Arc::clone),
            is_pieced: Arc::default(),
            waited: Duration::ZERO,
            waited_from: 0,
            bringing: JoinSet::new(),
            resumed_at: 0,
            resumptions: 0,
            pause,
        }
    }

    /// Set once more than one answer is used.
    pub fn is_pieced(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_pieced)
    }

    /// The next piece; `None` at the end. `is_awaited` is asked when it is there: whether whoever unpacks waits for it.
    pub async fn next(
        &mut self,
        is_awaited: impl Fn() -> bool,
    ) -> Result<Option<Bytes>, RegistryError> {
        loop {
            if self.got == self.end && self.end < self.layer.size {
                self.turn_to_next().await?;
            }
            match self.piece().await {
                Ok(Some(mut piece)) => {
                    if self.end < self.layer.size {
                        let left = usize::try_from(self.end - self.got).unwrap_or(usize::MAX);
                        piece.truncate(left);
                    }
                    if piece.is_empty() {
                        continue;
                    }
                    self.got += piece.len() as u64;
                    self.look_for_others(piece.len() as u64, is_awaited());
                    return Ok(Some(piece));
                }
                Ok(None) if self.is_over() => return Ok(None),
                // It sends less at once than it was asked for, as it may.
                Ok(None) => self.go_on().await?,
                // Behind the last byte nothing is lacking: the digest tells.
                Err(_) if self.got == self.layer.size => return Ok(None),
                Err(error) => self.resume(error).await?,
            }
        }
    }

    /// Whether the end of an answer is that of the layer. One that was not asked for a part of it knows best.
    fn is_over(&self) -> bool {
        let is_whole = matches!(self.source, Source::Whole(_)) && self.end == self.layer.size;
        is_whole || self.got >= self.layer.size
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, RegistryError> {
        let patience = self.patience();
        let piece = async {
            match &mut self.source {
                Source::Whole(body) | Source::Rest(body) => body.next().await,
                Source::Part(part) => part.pieces.recv().await.transpose(),
            }
        };
        let Some(patience) = patience else {
            return piece.await;
        };
        let since = Instant::now();
        let came = tokio::time::timeout(patience, piece).await;
        if let Ok(piece) = came {
            self.waited += since.elapsed();
            return piece;
        }
        if self.give_up_parts() {
            self.go_on().await?;
        }
        // From now on there is all the time that a connection has.
        Ok(Some(Bytes::new()))
    }

    /// How long the registry is waited for while parts of it are kept.
    fn patience(&self) -> Option<Duration> {
        let has_parts = match &self.others {
            Others::Asked(_) => true,
            Others::Parts(parts) => !parts.is_empty(),
            Others::Watched(_) | Others::None => false,
        };
        (has_parts || matches!(self.source, Source::Part(_)))
            .then(|| earned(self.got - self.waited_from).saturating_sub(self.waited))
    }

    fn wait_anew(&mut self) {
        (self.waited, self.waited_from) = (Duration::ZERO, self.got);
    }

    /// They come too slowly: their room is somebody else's. Whether the source was one of them.
    fn give_up_parts(&mut self) -> bool {
        self.others = Others::None;
        self.bringing.abort_all();
        self.end = self.layer.size;
        let Source::Part(part) = &mut self.source else {
            return false;
        };
        (part.pieces, part.room) = (mpsc::unbounded_channel().1, None);
        true
    }

    /// The source's share is given out.
    async fn turn_to_next(&mut self) -> Result<(), RegistryError> {
        let next = match &mut self.others {
            Others::Parts(parts) => parts.pop_front(),
            _ => None,
        };
        self.wait_anew();
        if let Some(part) = next {
            self.end = part.end;
            self.source = Source::Part(part);
            self.is_pieced.store(true, Ordering::Relaxed);
            self.ask_for_more();
            return Ok(());
        }
        // There was no room for another part: one connection brings the rest.
        self.others = Others::None;
        self.end = self.layer.size;
        self.go_on().await
    }

    /// After a piece was given out.
    fn look_for_others(&mut self, bytes: u64, is_awaited: bool) {
        match &mut self.others {
            Others::Watched(pace) => {
                pace.bytes += bytes;
                pace.awaited += if is_awaited { bytes } else { 0 };
                if pace.bytes < TRIAL {
                    return;
                }
                let is_slow = is_slow(pace.bytes, pace.awaited, pace.since.elapsed());
                *pace = Pace::begin();
                // What the first connection brings until the second has begun is its own.
                let from = self.got + PART;
                if is_slow
                    && from + PART <= self.layer.size
                    && let Some(part) = self.ask_for(from)
                {
                    self.others = Others::Asked(part);
                    self.wait_anew();
                }
            }
            Others::Asked(part) => {
                use mpsc::error::TryRecvError;
                let answered = part.pieces.try_recv();
                // Where its part has come already, or will not come, one connection goes on alone.
                let others = match std::mem::replace(&mut self.others, Others::None) {
                    Others::Asked(part) if self.got <= part.from => match answered {
                        Ok(Ok(_)) => {
                            self.end = part.from;
                            Others::Parts(VecDeque::from([part]))
                        }
                        Err(TryRecvError::Empty) => Others::Asked(part),
                        Ok(Err(_)) | Err(TryRecvError::Disconnected) => Others::None,
                    },
                    _ => Others::None,
                };
                self.others = others;
                self.ask_for_more();
            }
            Others::Parts(_) | Others::None => {}
        }
    }

    /// Keeps as many parts on their way as there may be.
    fn ask_for_more(&mut self) {
        loop {
            let Others::Parts(parts) = &self.others else {
                return;
            };
            let from = parts.back().map_or(self.end, |last| last.end);
            if parts.len() >= AHEAD || from >= self.layer.size {
                return;
            }
            let Some(part) = self.ask_for(from) else {
                return;
            };
            if let Others::Parts(parts) = &mut self.others {
                parts.push_back(part);
            }
        }
    }

    /// Has a part brought, if there is room for one.
    fn ask_for(&mut self, from: u64) -> Option<Part> {
        let room = Arc::clone(&self.room).try_acquire_owned().ok()?;
        while self.bringing.try_join_next().is_some() {}
        let end = (from + PART).min(self.layer.size);
        // At most the bytes of a part: whoever fills it stops there.
        let (filling, pieces) = mpsc::unbounded_channel();
        let (repository, layer) = (Arc::clone(&self.repository), self.layer.clone());
        self.bringing.spawn(async move {
            if let Err(error) = bring(&repository, &layer, from..end, &filling).await {
                // Whoever wanted it may be gone.
                let _ = filling.send(Err(error));
            }
        });
        Some(Part {
            from,
            end,
            pieces,
            room: Some(room),
        })
    }

    /// Another connection brings what was not given out yet.
    async fn go_on(&mut self) -> Result<(), RegistryError> {
        if self.got - self.resumed_at < PROGRESS {
            return self.resume(self.repository.short()).await;
        }
        self.resumed_at = self.got;
        match self.rest().await {
            Ok(Some(rest)) => self.go_on_with(rest),
            Ok(None) => return Err(RegistryError::Nonsense("no more parts".to_owned())),
            Err(error) => self.resume(error).await?,
        }
        Ok(())
    }

    fn go_on_with(&mut self, rest: Body) {
        self.is_pieced.store(true, Ordering::Relaxed);
        self.source = Source::Rest(rest);
    }

    /// All that was not given out yet; `None` from a registry that sends no parts.
    async fn rest(&self) -> Result<Option<Body>, RegistryError> {
        let (digest, size) = (self.layer.digest.as_str(), self.layer.size);
        self.repository
            .blob_part(digest, self.got, None, size)
            .await
    }

    /// The same, after `broken` ended what came of it.
    async fn resume(&mut self, mut broken: RegistryError) -> Result<(), RegistryError> {
        if self.got - self.resumed_at >= PROGRESS {
            self.resumptions = 0;
        }
        self.resumed_at = self.got;
        while (1..self.layer.size).contains(&self.got)
            && broken.is_transient()
            && self.resumptions < RESUMPTIONS
        {
            self.resumptions += 1;
            tokio::time::sleep(self.pause.wait()).await;
            match self.rest().await {
                Ok(Some(rest)) => {
                    self.go_on_with(rest);
                    return Ok(());
                }
                // It sends no parts, or not of this: then all of it is asked for again.
                Ok(None) => break,
                Err(error) if !error.is_transient() => break,
                Err(error) => broken = error,
            }
        }
        Err(broken)
    }
}

type Filling = mpsc::UnboundedSender<Result<Bytes, RegistryError>>;

/// Fills a part; ends early where nobody waits for it any more.
async fn bring(
    repository: &Repository,
    layer: &Descriptor,
    range: std::ops::Range<u64>,
    filling: &Filling,
) -> Result<(), RegistryError> {
    let mut from = range.start;
    while from < range.end {
        let (digest, last) = (layer.digest.as_str(), Some(range.end - 1));
        let answer = repository.blob_part(digest, from, last, layer.size).await?;
        let Some(mut body) = answer else {
            return Err(RegistryError::Nonsense("no part".to_owned()));
        };
        if from == range.start && filling.send(Ok(Bytes::new())).is_err() {
            return Ok(());
        }
        let Some(came) = fill(&mut body, range.end - from, filling).await? else {
            return Ok(());
        };
        from += came;
        // A registry may send less at once than it was asked for; but not for ever.
        if from < range.end && came < PROGRESS {
            return Err(repository.short());
        }
    }
    Ok(())
}

/// Fills a part with at most `most` bytes of a body; how many came, if somebody still waits for them.
async fn fill(body: &mut Body, most: u64, filling: &Filling) -> Result<Option<u64>, RegistryError> {
    let (mut left, mut gathered) = (most, BytesMut::new());
    let mut ended = Ok(());
    while left > 0 {
        let mut piece = match body.next().await {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            Err(error) => {
                ended = Err(error);
                break;
            }
        };
        piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left -= piece.len() as u64;
        gathered.extend_from_slice(&piece);
        if gathered.len() >= PIECE && filling.send(Ok(gathered.split().freeze())).is_err() {
            return Ok(None);
        }
    }
    if !gathered.is_empty() && filling.send(Ok(gathered.freeze())).is_err() {
        return Ok(None);
    }
    ended.map(|()| Some(most - left))
}

#[cfg(test)]
mod tests;
