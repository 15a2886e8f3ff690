//! What lookup tables hold: CSV in pieces, in a stream of the journal for each version of a table, sealed where the
//! table has a key of KMS.
//!
//! Invariants: a version is written as a whole before a record names it, so a table is always one version, whatever is
//! killed. Versions that no record names, because they were replaced or because whoever wrote them went away, are deleted
//! by the sweep alone, which passes by what is being written, and waits while a backup copies what records name.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::sleep};
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
/// After a version was replaced: more of them may be, and a backup may be under way.
const SWEPT_AFTER: Duration = Duration::from_secs(1);

/// How a piece lies: as it is, or sealed.
const PLAIN: u8 = 0;
const SEALED: u8 = 1;

/// Versions that are being written, and places where some may be left over.
#[derive(Default)]
pub struct Versions {
    state: Mutex<State>,
    left_over: Notify,
}

#[derive(Default)]
struct State {
    /// With what each will take, by their ids.
    written: HashMap<String, Reserved>,
    left_over: BTreeSet<Scope>,
}

struct Reserved {
    account: String,
    bytes: u64,
}

/// A version on its way into a record.
pub struct Version {
    pub id: String,
    scope: Scope,
    versions: Arc<Versions>,
}

impl Drop for Version {
    fn drop(&mut self) {
        self.versions.state.lock().written.remove(&self.id);
        // It has replaced another, or nobody names it.
        self.versions.sweep(self.scope.clone());
    }
}

impl Versions {
    /// Has a place looked at for versions that no record names.
    fn sweep(&self, place: Scope) {
        self.state.lock().left_over.insert(place);
        self.left_over.notify_one();
    }
}

/// A table is other than its record says.
#[derive(Debug, thiserror::Error)]
#[error("a lookup table is damaged")]
struct Damaged;

fn prefix_of(place: &Scope) -> String {
    format!("{PREFIX}{}/{}/", place.account, place.region)
}

/// The version that a stream holds.
fn version_of(stream: &str) -> &str {
    stream.rsplit('/').next().unwrap_or_default()
}

/// Where a stream is, by its name. Those that the version of wharf before wrote do not say it.
fn place_of(stream: &str) -> Option<Scope> {
    let mut parts = stream.strip_prefix(PREFIX)?.split('/');
    let (account, region) = (parts.next()?, parts.next()?);
    parts.next()?;
    Some(Scope::new("logs", account, region))
}

/// Whether so many bytes more fit: into the room for all, and so that the account leaves as much free as it has itself.
/// So nobody can take all of it.
fn fits(room: u64, (all, own): (u64, u64), more: u64) -> bool {
    let free = room.checked_sub(all.saturating_add(more));
    free.is_some_and(|free| own.saturating_add(more) <= free)
}

impl LogsService {
    /// Room for a version of so many bytes that takes the place of one of `replaced` bytes; `None` if there is none. It is
    /// held for as long as the value lives.
    pub(crate) fn new_version(&self, scope: &Scope, bytes: u64, replaced: u64) -> Option<Version> {
        let streams = self.events.journal().streams(PREFIX, None, usize::MAX);
        let own_prefix = format!("{PREFIX}{}/", scope.account);
        let mut state = self.tables.state.lock();
        let (mut all, mut own) = (0u64, 0u64);
        let mut add = |bytes: u64, is_own: bool| {
            all = all.saturating_add(bytes);
            own = own.saturating_add(if is_own { bytes } else { 0 });
        };
        for it in streams {
            if !state.written.contains_key(version_of(&it.name)) {
                add(it.bytes, it.name.starts_with(&own_prefix));
            }
        }
        for it in state.written.values() {
            add(it.bytes, it.account == scope.account);
        }
        let room = self.limits.kept_bytes / SHARE;
        if !fits(room, (all, own), bytes.saturating_sub(replaced)) {
            return None;
        }
        let id = ids::hex32();
        let account = scope.account.clone();
        state
            .written
            .insert(id.clone(), Reserved { account, bytes });
        Some(Version {
            id,
            scope: scope.clone(),
            versions: self.tables.clone(),
        })
    }

    fn stream_of(&self, place: &Scope, version: &str) -> String {
        let name = prefix_of(place) + version;
        match self.events.journal().stream(&name) {
            Some(_) => name,
            None => format!("{PREFIX}{version}"),
        }
    }

    /// It is durable when this returns.
    pub(crate) async fn write_version(
        &self,
        version: &Version,
        body: &str,
        key: Option<&DataKey>,
    ) -> Result<(), Fault> {
        let name = prefix_of(&version.scope) + &version.id;
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
        let name = self.stream_of(scope, &table.version);
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

    /// After a table was deleted.
    pub(crate) fn table_is_gone(&self, place: &Scope) {
        self.tables.sweep(place.clone());
    }

    /// Deletes all versions that no record names; what a backup needs stays for the next time.
    pub(crate) async fn sweep_tables(&self) -> Result<(), Fault> {
        let streams = self.events.journal().streams(PREFIX, None, usize::MAX);
        let of_before = streams.iter().filter(|it| place_of(&it.name).is_none());
        let of_before: Vec<String> = of_before.map(|it| it.name.clone()).collect();
        if !of_before.is_empty() {
            let all = self.table.everywhere::<LookupTable>("logs").await?;
            let known = all.into_iter().map(|(.., it)| it.record.version).collect();
            self.delete_all_but(&known, of_before).await?;
        }
        for place in streams.iter().filter_map(|it| place_of(&it.name)) {
            self.tables.state.lock().left_over.insert(place);
        }
        self.tables.left_over.notify_one();
        Ok(())
    }

    /// Deletes versions when they are left over, until dropped.
    pub(crate) async fn sweep_left_over_tables(&self) {
        loop {
            self.tables.left_over.notified().await;
            sleep(SWEPT_AFTER).await;
            self.sweep_places_of_tables().await;
        }
    }

    /// One pass over the places where versions may be left over; what could not be done stays for the next.
    pub async fn sweep_places_of_tables(&self) {
        let places = std::mem::take(&mut self.tables.state.lock().left_over);
        for place in places {
            match self.sweep_tables_of(&place).await {
                Ok(true) => {}
                Ok(false) => self.tables.sweep(place),
                Err(error) => {
                    let account = &place.account;
                    tracing::warn!(%error, account, "removing old versions of lookup tables failed; retrying");
                    self.tables.sweep(place);
                }
            }
        }
    }

    /// Whether nothing is left over.
    async fn sweep_tables_of(&self, place: &Scope) -> Result<bool, Fault> {
        let streams = self.events.journal();
        let streams = streams.streams(&prefix_of(place), None, usize::MAX);
        let mut names: Vec<String> = streams.into_iter().map(|it| it.name).collect();
        // In this order: what is not written any more has its record by now, if it ever gets one.
        {
            let state = self.tables.state.lock();
            names.retain(|it| !state.written.contains_key(version_of(it)));
        }
        let all = self.table.all::<LookupTable>(place, "").await?;
        let known = all.into_iter().map(|(_, it)| it.record.version).collect();
        self.delete_all_but(&known, names).await
    }

    /// Whether it was done. The records were read before, so a backup that begins after this asked names none of those.
    async fn delete_all_but(
        &self,
        known: &HashSet<String>,
        streams: Vec<String>,
    ) -> Result<bool, Fault> {
        let journal = self.events.journal();
        for stream in streams {
            if known.contains(version_of(&stream)) {
                continue;
            }
            if journal.removal_is_paused() {
                return Ok(false);
            }
            journal.delete(&stream).await.map_err(fault::journal)?;
        }
        Ok(true)
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
    fn an_account_leaves_as_much_as_it_has() {
        assert!(fits(100, (0, 0), 50) && !fits(100, (0, 0), 51));
        // Half of what others leave.
        assert!(fits(100, (60, 0), 20) && !fits(100, (60, 0), 21));
        assert!(fits(100, (60, 10), 15) && !fits(100, (60, 10), 16));
        assert!(!fits(100, (101, 0), 0) && !fits(100, (0, 0), u64::MAX));
    }

    #[test]
    fn names_say_where_they_are() {
        let place = Scope::new("logs", "1", "eu-west-1");
        let name = prefix_of(&place) + "v";
        assert_eq!((place_of(&name), version_of(&name)), (Some(place), "v"));
        let before = format!("{PREFIX}v");
        assert_eq!((place_of(&before), version_of(&before)), (None, "v"));
    }

    #[test]
    fn pieces_join_up() {
        let text = format!("a{}", "ü".repeat(PIECE));
        let all: Vec<&str> = pieces(&text).collect();
        assert_eq!(all.len(), 3);
        assert_eq!(all.concat(), text);
        assert_eq!(pieces("").count(), 0);
    }
}
