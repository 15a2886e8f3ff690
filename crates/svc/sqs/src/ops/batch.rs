//! What batches have in common: their entries' ids, and entries that fail on their own.

use std::collections::BTreeSet;

use wharf_api_sqs::{BatchResultErrorEntry, faults};
use wharf_wire::Fault;

use crate::names::is_entry_id;

/// Entries of a batch.
pub const MOST: usize = 10;

/// Refuses a batch that cannot be taken as a whole. `kind` names its entries.
pub fn check<'a>(
    ids: impl ExactSizeIterator<Item = Option<&'a str>>,
    kind: &str,
) -> Result<(), Fault> {
    let count = ids.len();
    if count == 0 {
        let text = format!("There should be at least one {kind} in the request.");
        return Err(faults::empty_batch_request(text));
    }
    if count > MOST {
        return Err(faults::too_many_entries_in_batch_request(format!(
            "Maximum number of entries per request are {MOST}. You have sent {count}."
        )));
    }
    let mut seen = BTreeSet::new();
    for id in ids {
        let id = id.unwrap_or_default();
        if !is_entry_id(id) {
            return Err(faults::invalid_batch_entry_id(
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. \
                 It can be at most 80 letters long.",
            ));
        }
        if !seen.insert(id) {
            let text = format!("Id {id} repeated.");
            return Err(faults::batch_entry_ids_not_distinct(text));
        }
    }
    Ok(())
}

/// The entry that failed.
pub fn failed(id: Option<String>, fault: Fault) -> BatchResultErrorEntry {
    BatchResultErrorEntry {
        id,
        sender_fault: Some(fault.sender),
        code: Some(fault.code.into_owned()),
        message: Some(fault.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_is_none() {
        let code = |ids: &[&str]| {
            let checked = check(ids.iter().map(|it| Some(*it)), "Entry");
            checked.map_err(|it| it.code.into_owned())
        };
        let eleven: Vec<String> = (0..11).map(|it| it.to_string()).collect();
        let eleven: Vec<&str> = eleven.iter().map(String::as_str).collect();
        assert_eq!(code(&eleven[..10]), Ok(()));
        assert_eq!(
            code(&eleven),
            Err("TooManyEntriesInBatchRequest".to_owned())
        );
        assert_eq!(code(&[]), Err("EmptyBatchRequest".to_owned()));
        assert_eq!(
            code(&["a", "a"]),
            Err("BatchEntryIdsNotDistinct".to_owned())
        );
        assert_eq!(code(&["a b"]), Err("InvalidBatchEntryId".to_owned()));
    }
}
