//! One file of an export on its way: events are read, packed and handed on piece by piece, so that memory stays flat.

use std::{io::Write as _, sync::Arc};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use parking_lot::Mutex;
use wharf_delivery::Failure;
use wharf_wire::{Fault, async_trait, streaming::Source};

use super::layout;
use crate::{
    event::Event,
    event_store::{EventStore, Order},
    fault,
    opener::Opener,
};

/// Events and bytes that are read at a time.
const READ_EVENTS: u64 = 4096;
const READ_BYTES: usize = 256 << 10;
/// Packed bytes that are handed on at a time, at least.
const PIECE_BYTES: usize = 64 << 10;

/// What of a stream a file is of.
pub struct Span {
    pub journal: String,
    pub order: Order,
    /// Ranks.
    pub next: u64,
    pub high: u64,
}

/// How far a body came.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Time and offset of the last event that is in it.
    pub last: Option<(i64, u64)>,
    /// Why it ended early.
    pub failed: Option<Failure>,
}

pub struct Body {
    events: EventStore,
    opener: Opener,
    span: Span,
    /// Read, not packed.
    ahead: Vec<Event>,
    /// Gone once the file is closed.
    packer: Option<GzEncoder<Vec<u8>>>,
    bytes: usize,
    /// Bytes of a file before they are packed; what goes beyond is in another one.
    most: usize,
    outcome: Arc<Mutex<Outcome>>,
}

impl Body {
    /// `None` if there is nothing (any more).
    pub async fn begin(
        events: EventStore,
        opener: Opener,
        span: Span,
        most: usize,
    ) -> Result<Option<Self>, Fault> {
        let mut body = Self {
            events,
            opener,
            span,
            ahead: Vec::new(),
            packer: Some(GzEncoder::new(Vec::new(), Compression::default())),
            bytes: 0,
            most,
            outcome: Arc::default(),
        };
        // Of a piece all may be trimmed, or be nothing now, and more come behind it.
        while body.ahead.is_empty() && body.span.next < body.span.high {
            body.read().await?;
        }
        Ok((!body.ahead.is_empty()).then_some(body))
    }

    pub fn outcome(&self) -> Arc<Mutex<Outcome>> {
        self.outcome.clone()
    }

    async fn read(&mut self) -> Result<(), Fault> {
        let Span {
            journal,
            order,
            next,
            high,
        } = &mut self.span;
        if next >= high {
            return Ok(());
        }
        let to = next.saturating_add(READ_EVENTS).min(*high);
        let ranks = (*next, to);
        let found = self.events.fetch(
            journal,
            order,
            ranks,
            READ_BYTES.min(self.most),
            &mut self.opener,
        );
        self.ahead = found.await.map_err(fault::read)?;
        // Nothing: all of these are trimmed.
        *next = match self.ahead.len() as u64 {
            0 => to,
            read => *next + read,
        };
        Ok(())
    }

    /// The next piece; `None` behind the last.
    async fn piece(&mut self) -> Result<Option<Bytes>, Fault> {
        while let Some(mut packer) = self.packer.take() {
            let events = std::mem::take(&mut self.ahead);
            let last = events.last().map(|it| (it.timestamp, it.offset));
            let packing = tokio::task::spawn_blocking(move || {
                let mut lines = Vec::new();
                events
                    .iter()
                    .for_each(|event| layout::line(event, &mut lines));
                packer.write_all(&lines).map(|()| (packer, lines.len()))
            });
            let packed = packing.await.map_err(|cause| fault::unreadable(&cause))?;
            let (mut packer, bytes) = packed.map_err(|cause| fault::unreadable(&cause))?;
            self.bytes += bytes;
            if last.is_some() {
                self.outcome.lock().last = last;
            }
            let is_over = self.span.next >= self.span.high || self.bytes >= self.most;
            if is_over {
                let rest = packer.finish().map_err(|cause| fault::unreadable(&cause))?;
                return Ok(Some(rest.into()));
            }
            let ready = packer.get_mut();
            let piece = (ready.len() >= PIECE_BYTES).then(|| Bytes::from(std::mem::take(ready)));
            self.packer = Some(packer);
            self.read().await?;
            if piece.is_some() {
                return Ok(piece);
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl Source for Body {
    async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        let piece = self.piece().await;
        if let Err(fault) = &piece {
            self.packer = None;
            self.outcome.lock().failed = Some(fault.clone().into());
        }
        piece.transpose()
    }
}
