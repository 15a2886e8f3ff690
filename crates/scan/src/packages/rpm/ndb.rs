//! RPM's own database, `Packages.db`: slots that say where blobs are.

use crate::{gathering::Gathering, limits::ScanError};

const HEADER_MAGIC: &[u8] = b"RpmP";
const SLOT_MAGIC: &[u8] = b"Slot";
const BLOB_MAGIC: &[u8] = b"BlbS";
const PAGE: usize = 4096;
const SLOT: usize = 16;
/// Offsets count blocks of this size.
const BLOCK: usize = 16;
/// In front of a blob: magic, index of the package, checksum, length.
const BLOB_HEADER: usize = 16;

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_le_bytes(four.try_into().ok()?)).ok()
}

pub(crate) fn read(bytes: &[u8], found: &mut Gathering<'_>) -> Result<(), ScanError> {
    let bad = |found: &Gathering<'_>| super::damaged(found, "it is no database of RPM");
    let slots = slots(bytes).ok_or_else(|| bad(found))?;
    // Blobs lie side by side: all of them are no longer than the file.
    let mut left = bytes.len();
    for slot in slots.chunks_exact(SLOT) {
        found.time()?;
        let Some(blob) = blob(bytes, slot).ok_or_else(|| bad(found))? else {
            continue;
        };
        left = (left.checked_sub(blob.len() + BLOB_HEADER)).ok_or_else(|| bad(found))?;
        if let Some(package) = super::header(blob) {
            found.add(package)?;
        }
    }
    Ok(())
}

/// The first two slots are the header's.
fn slots(bytes: &[u8]) -> Option<&[u8]> {
    if !bytes.starts_with(HEADER_MAGIC) {
        return None;
    }
    let pages = number(bytes, 12)?;
    bytes.get(2 * SLOT..pages.checked_mul(PAGE)?)
}

/// What a slot is about, `Some(None)` for one that is free.
#[expect(clippy::option_option, reason = "a free slot is not a damaged one")]
fn blob<'a>(bytes: &'a [u8], slot: &[u8]) -> Option<Option<&'a [u8]>> {
    let (index, blocks) = (number(slot, 4)?, number(slot, 8)?);
    if !slot.starts_with(SLOT_MAGIC) || index == 0 || blocks == 0 {
        return Some(None);
    }
    let at = blocks.checked_mul(BLOCK)?;
    let head = bytes.get(at..at.checked_add(BLOB_HEADER)?)?;
    if !head.starts_with(BLOB_MAGIC) || number(head, 4) != Some(index) {
        return None;
    }
    let from = at + BLOB_HEADER;
    let blob = bytes.get(from..from.checked_add(number(head, 12)?)?)?;
    Some(Some(blob))
}
