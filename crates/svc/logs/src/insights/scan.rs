//! Blocks of the journal, read and taken apart: filtered before anything of an event is looked at.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use tokio::runtime::Handle;
use wharf_insights::{At, Event, Needles, Unmasked};
use wharf_journal::Record;

use super::source::Part;
use crate::{
    event::{self, Text},
    opener::ReadError,
    rules::{NOT_TRANSFORMED, Origin},
};

/// What a scan has come across.
#[derive(Debug, Default)]
pub struct Scanned {
    pub events: AtomicU64,
    pub bytes: AtomicU64,
}

/// Hands the events of a part to `take`, but for those that surely do not pass. Blocks; `take` says when to stop.
/// Messages are masked, and there without masks too if the query may show that.
pub fn scan(
    part: &mut Part,
    (needles, message_needles): (&Needles, &Needles),
    (with_messages, unmasks): (bool, bool),
    scanned: &Scanned,
    mut take: impl FnMut(&Event<'_>) -> bool,
) -> Result<(), ReadError> {
    let Part {
        source,
        blocks,
        spans,
        opener,
        times,
        rules,
        scope,
        is_earlier,
    } = part;
    let origin = Origin {
        scope,
        group: &source.group,
        stream: &source.stream.name,
    };
    let anything = Needles::default();
    let needles = match rules.is_empty() {
        true => needles,
        // What was masked has stars that the event on disk does not have.
        false if rules.masks() && message_needles.have(b'*') => &anything,
        false => message_needles,
    };
    let mut span = 0;
    for stored in blocks.iter() {
        let block = stored.read()?;
        let mut hits = needles.hits(&block);
        let (mut events, mut bytes) = (0, 0);
        for (offset, range) in stored.records(&block) {
            while spans.get(span).is_some_and(|it| it.end <= offset) {
                span += 1;
            }
            if spans.get(span).is_none_or(|it| offset < it.start) {
                continue;
            }
            let record = &block[range.clone()];
            let Some(found) = event::read(record).filter(|it| times.contains(&it.timestamp)) else {
                continue;
            };
            events += 1;
            bytes += record.len() as u64;
            let opened;
            let message = match found.text {
                Text::Plain(_) if !hits.may_pass(range.start, range.end) => continue,
                Text::Plain(_) if !with_messages => "",
                Text::Plain(text) => match std::str::from_utf8(text) {
                    Ok(text) => text,
                    Err(_) => {
                        opened = String::from_utf8_lossy(text).into_owned();
                        &opened
                    }
                },
                Text::Sealed(_) => {
                    let Some(opener) = opener else {
                        continue;
                    };
                    let record = Record {
                        offset,
                        data: Bytes::copy_from_slice(record),
                    };
                    let event =
                        Handle::current().block_on(opener.unmasked(&source.journal, &record))?;
                    opened = event.map(|it| it.message).unwrap_or_default();
                    &opened
                }
            };
            let plain = message;
            let masked = rules.masked(found.ingestion, plain);
            let message = masked.as_ref();
            let fields = match with_messages && !rules.is_empty() {
                true => rules.transformed(found.ingestion, message, origin),
                false => None,
            };
            let is_as_it_came =
                with_messages && fields.is_none() && rules.transforms(found.ingestion);
            let is_masked = matches!(masked, Cow::Owned(_));
            let plain_fields = match with_messages && unmasks && is_masked {
                true => rules.transformed(found.ingestion, plain, origin),
                false => None,
            };
            let unmasked = (unmasks && is_masked).then_some(Unmasked {
                message: plain,
                fields: plain_fields.as_deref(),
            });
            let goes_on = take(&Event {
                timestamp: found.timestamp,
                ingestion: found.ingestion,
                stream: &source.stream.name,
                log: &source.log,
                message,
                fields: fields.as_deref(),
                transformation_error: is_as_it_came.then_some(NOT_TRANSFORMED),
                unmasked,
                at: At {
                    source: source.number,
                    offset,
                },
                is_earlier: *is_earlier,
            });
            if !goes_on {
                return Ok(());
            }
        }
        scanned.events.fetch_add(events, Ordering::Relaxed);
        scanned.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
    Ok(())
}
