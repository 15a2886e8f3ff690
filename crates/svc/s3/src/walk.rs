//! Reads keys of the store for a list. A common prefix is skipped by its end, not read.

use wharf_records::{Record, decode};
use wharf_store::Range;
use wharf_wire::Fault;

use crate::{
    core::{ChangeError, Core},
    list::{Listing, Offer, behind},
    records::{escaped, unescaped},
};

/// Entries read at once where a delimiter may make most of them superfluous.
const FEW: usize = 40;
/// Common prefixes, or keys that are not shown, between which others get their turn.
const MOST: usize = 1000;

/// Walks the records of `folder` in the order of their keys. `take` is asked about each that the listing may
/// hold, before it is offered; it returns the key, or `None` for one that is not shown. `hold` gets those that
/// were taken, and returns `false` to end.
pub async fn walk<T: Record>(
    core: &Core,
    folder: &str,
    listing: &mut Listing,
    shown: impl Fn(&str, &T) -> bool,
    mut hold: impl FnMut(String, T),
) -> Result<(), Fault> {
    let choice = listing.choice().clone();
    if choice.max == 0 {
        return Ok(());
    }
    let start = folder.to_owned() + &escaped(&choice.prefix);
    let end = behind(&start);
    let mut from = start.clone();
    if let Some(after) = &choice.after {
        // A common prefix at the end of the page before stands for all that begins so.
        let next = match listing.rolled(after).as_ref() == Some(after) {
            true => behind(after),
            false => format!("{after}\0"),
        };
        from = from.max(folder.to_owned() + &escaped(&next));
    }
    let few = choice.delimiter.is_some();
    let mut rounds = 0;
    while from < end {
        let limit = if few { FEW } else { listing.room() + 1 };
        let range = Range::between(from.clone(), end.clone()).limit(limit);
        let page = core
            .table
            .store()
            .range(range)
            .await
            .map_err(ChangeError::from)?;
        let mut jump: Option<String> = None;
        for entry in &page.entries {
            if jump.as_ref().is_some_and(|to| entry.key < *to) {
                continue;
            }
            let key = unescaped(&entry.key[folder.len()..]);
            let record: T = decode(&entry.value).map_err(ChangeError::from)?;
            if !shown(&key, &record) {
                continue;
            }
            match listing.offer(&key) {
                Offer::Taken => hold(key, record),
                Offer::Rolled(prefix) => {
                    jump = Some(folder.to_owned() + &escaped(&behind(&prefix)))
                }
                Offer::Full => return Ok(()),
            }
        }
        let Some(last) = page.entries.last().filter(|_| page.more) else {
            return Ok(());
        };
        let next = last.key.clone() + "\0";
        from = match jump {
            Some(to) if to > next => to,
            _ => next,
        };
        rounds += 1;
        if rounds % MOST == 0 {
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}
