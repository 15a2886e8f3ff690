//! RPM's own database, `Packages.db`: slots that say where blobs are.

use crate::{limits::Limits, package::Package};

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

pub(crate) fn read(bytes: &[u8], path: &str, limits: &Limits) -> Result<Vec<Package>, String> {
    packages(bytes, path, limits.packages).ok_or_else(|| "it is no database of RPM".to_owned())
}

fn packages(bytes: &[u8], path: &str, limit: usize) -> Option<Vec<Package>> {
    if !bytes.starts_with(HEADER_MAGIC) {
        return None;
    }
    let pages = number(bytes, 12)?;
    let end = pages.checked_mul(PAGE)?;
    let mut found = Vec::new();
    // The first two slots are the header's.
    for slot in bytes.get(2 * SLOT..end)?.chunks_exact(SLOT) {
        let (index, blocks) = (number(slot, 4)?, number(slot, 8)?);
        if !slot.starts_with(SLOT_MAGIC) || index == 0 || blocks == 0 {
            continue;
        }
        let at = blocks.checked_mul(BLOCK)?;
        let head = bytes.get(at..at.checked_add(BLOB_HEADER)?)?;
        if !head.starts_with(BLOB_MAGIC) || number(head, 4) != Some(index) {
            return None;
        }
        let from = at + BLOB_HEADER;
        let blob = bytes.get(from..from.checked_add(number(head, 12)?)?)?;
        found.extend(super::header(blob, path));
        if found.len() > limit {
            return None;
        }
    }
    Some(found)
}
