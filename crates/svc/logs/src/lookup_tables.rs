//! What lookup tables hold: CSV in pieces, in a stream of the journal for each version of a table, sealed where the
//! table has a key of KMS.
//!
//! Invariants: a version is written as a whole before a record names it, and is deleted after the record names another
//! or is gone, so a table is always one version, whatever is killed. What a kill leaves over goes at the next start;
//! the sweep passes by what is being written.

use std::{collections::HashSet, sync::Arc};

use parking_lot::Mutex;
use wharf_base::{Timestamp, ids};
use wharf_records::{Record as _, Scope};
use wharf_wire::Fault;

use crate::{
    LogsService,
    cipher::{DataKey, Sealed},
    fault,
    records::LookupTable,
};

/// What the names of their streams start with.
const PREFIX: &str = "lookup-tables/";
/// Bytes of a piece, and pieces that are appended at once.
const PIECE: usize = 256 << 10;
const AT_ONCE: usize = 8;
/// Of what logs may take on disk, all tables together may have one part in so many.
const SHARE: u64 = 10;
/// A table may be put again while it is read.
const TRIES: usize = 5;

/// How a piece lies: as it is, or sealed.
const PLAIN: u8 = 0;
const SEALED: u8 = 1;

/// Versions that are being written.
#[derive(Default)]
pub struct Written(Mutex<HashSet<String>>);

/// A version on its way into a record.
pub struct Version {
    pub id: String,
    written: Arc<Written>,
}

impl Drop for Version {
    fn drop(&mut self) {
        self.written.0.lock().remove(&self.id);
    }
}

/// A table is other than its record says.
#[derive(Debug, thiserror::Error)]
#[error("a lookup table is damaged")]
struct Damaged;

fn journal_name(version: &str) -> String {
    format!("{PREFIX}{version}")
}

impl LogsService {
    pub(crate) fn new_version(&self) -> Version {
        let id = ids::hex32();
        let written = self.tables_written.clone();
        written.0.lock().insert(id.clone());
        Version { id, written }
    }

    /// Whether there is room for so many bytes more.
    pub(crate) fn has_room_for_table(&self, bytes: usize) -> bool {
        let all = self.events.journal().streams(PREFIX, None, usize::MAX);
        let held: u64 = all.iter().map(|it| it.bytes).sum();
        held.saturating_add(bytes as u64) <= self.limits.kept_bytes / SHARE
    }

    /// It is durable when this returns.
    pub(crate) async fn write_version(
        &self,
        version: &Version,
        body: &str,
        key: Option<&DataKey>,
    ) -> Result<(), Fault> {
        let name = journal_name(&version.id);
        let batch = key.map(DataKey::new_batch);
        let mut pieces = pieces(body).zip(0u32..).peekable();
        while pieces.peek().is_some() {
            let records: Vec<Vec<u8>> = pieces
                .by_ref()
                .take(AT_ONCE)
                .map(|(piece, number)| match &batch {
                    None => [&[PLAIN], piece.as_bytes()].concat(),
                    Some(batch) => {
                        let mut record = vec![SEALED];
                        batch.seal(&name, number, piece, &mut record);
                        record
                    }
                })
                .collect();
            let appended = self.events.journal().append(&name, &records).await;
            appended.map_err(fault::journal)?;
        }
        Ok(())
    }

    /// One that no record names any more.
    pub(crate) async fn delete_version(&self, version: &str) -> Result<(), Fault> {
        let deleted = self.events.journal().delete(&journal_name(version)).await;
        deleted.map(drop).map_err(fault::journal)
    }

    /// A table with its CSV, if it is there.
    pub(crate) async fn read_table(
        &self,
        scope: &Scope,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<(LookupTable, String)>, Fault> {
        let at = scope.key(LookupTable::KIND, name);
        for _ in 0..TRIES {
            let found = self.table.read::<LookupTable>(&at).await?;
            let Some(table) = found.map(|it| it.record) else {
                return Ok(None);
            };
            let read = self.read_version(scope, &table, now).await;
            if let Ok(Some(body)) = read {
                return Ok(Some((table, body)));
            }
            let again = self.table.read::<LookupTable>(&at).await?;
            // It is whole as long as its record names it.
            if again.is_some_and(|it| it.record.version == table.version) {
                return Err(read.err().unwrap_or_else(|| fault::unreadable(&Damaged)));
            }
        }
        Err(fault::unreadable(&Damaged))
    }

    /// The CSV of a table's version; `None` if it is not all there.
    async fn read_version(
        &self,
        scope: &Scope,
        table: &LookupTable,
        now: Timestamp,
    ) -> Result<Option<String>, Fault> {
        let name = journal_name(&table.version);
        let key = match &table.key {
            Some(key) => {
                let opened = self.keys.open(scope, &table.version, key.data_key, now);
                Some(opened.await?)
            }
            None => None,
        };
        let (mut body, mut at) = (String::new(), 0);
        loop {
            let read = self.events.journal().read(&name, at, AT_ONCE, usize::MAX);
            let read = read.await.map_err(fault::journal)?;
            if read.records.is_empty() {
                return Ok((body.len() as u64 == table.bytes).then_some(body));
            }
            at = read.next;
            for record in &read.records {
                let text = opened(&name, key.as_deref(), &record.data);
                body.push_str(&text.ok_or_else(|| fault::unreadable(&Damaged))?);
            }
        }
    }

    /// Deletes versions that no record names.
    pub(crate) async fn sweep_tables(&self) -> Result<(), Fault> {
        let journal = self.events.journal();
        let streams = journal.streams(PREFIX, None, usize::MAX);
        // In this order: what is not written any more has its record by now, if it ever gets one.
        let written = self.tables_written.0.lock().clone();
        let all = self.table.everywhere::<LookupTable>("logs").await?;
        let known: HashSet<String> = all.into_iter().map(|(.., it)| it.record.version).collect();
        for stream in streams {
            let id = stream.name.strip_prefix(PREFIX).unwrap_or_default();
            if !known.contains(id) && !written.contains(id) {
                journal.delete(&stream.name).await.map_err(fault::journal)?;
            }
        }
        Ok(())
    }
}

fn opened(stream: &str, key: Option<&DataKey>, record: &[u8]) -> Option<String> {
    match (record.split_first()?, key) {
        ((&PLAIN, text), None) => String::from_utf8(text.to_vec()).ok(),
        ((&SEALED, rest), Some(key)) => {
            let sealed = Sealed::read(rest).ok()?;
            let batch = key.batch_of(&sealed);
            batch.open(stream, &record[..1], &sealed).ok()
        }
        _ => None,
    }
}

/// A text in pieces, none of which ends within a character.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let end = text.floor_char_boundary(PIECE);
        let (piece, rest) = text.split_at(end);
        text = rest;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_up() {
        let text = format!("a{}", "ü".repeat(PIECE));
        let all: Vec<&str> = pieces(&text).collect();
        assert_eq!(all.len(), 3);
        assert_eq!(all.concat(), text);
        assert_eq!(pieces("").count(), 0);
    }
}
