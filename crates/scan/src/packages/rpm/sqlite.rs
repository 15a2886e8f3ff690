//! RPM's database in SQLite, `rpmdb.sqlite`: the table `Packages`, read page by page. Only what is
//! needed of the file format: trees of tables, and records whose second column is a blob.

use std::collections::HashSet;

use crate::{gathering::Gathering, limits::ScanError};

const MAGIC: &[u8] = b"SQLite format 3\0";
/// The file's header, in front of the first page's own.
const FILE_HEADER: usize = 100;
const INTERIOR: u8 = 0x05;
const LEAF: u8 = 0x0d;

/// More columns than the tables that are read have.
const MAX_COLUMNS: usize = 5;

pub(crate) fn read(bytes: &[u8], found: &mut Gathering<'_>) -> Result<(), ScanError> {
    let bad = |found: &Gathering<'_>| super::damaged(found, "it is no SQLite database of RPM");
    let database = Database::open(bytes).ok_or_else(|| bad(found))?;
    let mut root = None;
    // type, name, table, root page, statement
    let outcome = database.rows(1, found, &mut |_, row| {
        let columns = columns(row).ok_or(Stop::Damaged)?;
        let text = |at: usize| columns.get(at).map(|it| it.1);
        if text(0) == Some(b"table") && text(1) == Some(b"Packages") {
            root = columns.get(3).and_then(|it| integer(it.1));
        }
        Ok(())
    });
    outcome.map_err(|stop| stop.of(found))?;
    let root = root.ok_or_else(|| bad(found))?;
    let outcome = database.rows(root, found, &mut |found, row| {
        let columns = columns(row).ok_or(Stop::Damaged)?;
        let (_, blob) = columns.get(1).ok_or(Stop::Damaged)?;
        match super::header(blob) {
            Some(package) => Ok(found.add(package)?),
            None => Ok(()),
        }
    });
    outcome.map_err(|stop| stop.of(found))
}

/// Why rows are read no further.
enum Stop {
    Damaged,
    Over(ScanError),
}

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        Self::Over(error)
    }
}

impl Stop {
    fn of(self, found: &Gathering<'_>) -> ScanError {
        match self {
            Self::Damaged => super::damaged(found, "it is no SQLite database of RPM"),
            Self::Over(error) => error,
        }
    }
}

type EachRow<'a, 'b> = dyn FnMut(&mut Gathering<'b>, &[u8]) -> Result<(), Stop> + 'a;

struct Database<'a> {
    bytes: &'a [u8],
    page: usize,
    /// Of a page, without what is reserved at its end.
    usable: usize,
}

impl<'a> Database<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(MAGIC) {
            return None;
        }
        let page = match u16::from_be_bytes([*bytes.get(16)?, *bytes.get(17)?]) {
            1 => 65_536,
            size => usize::from(size),
        };
        let usable = page.checked_sub(usize::from(*bytes.get(20)?))?;
        (page >= 512 && usable >= 480).then_some(Self {
            bytes,
            page,
            usable,
        })
    }

    fn page(&self, number: usize) -> Option<&'a [u8]> {
        let from = number.checked_sub(1)?.checked_mul(self.page)?;
        self.bytes.get(from..from.checked_add(self.usable)?)
    }

    /// Calls `each` with every row of the table whose tree begins at a page.
    fn rows<'b>(
        &self,
        root: usize,
        found: &mut Gathering<'b>,
        each: &mut EachRow<'_, 'b>,
    ) -> Result<(), Stop> {
        let limit = found.limits().packages;
        let pages = self.bytes.len() / self.page;
        // Rows lie side by side: all of them are no longer than the file.
        let (mut left, mut rows) = (self.bytes.len(), 0);
        let (mut open, mut seen) = (vec![root], HashSet::new());
        while let Some(number) = open.pop() {
            found.time()?;
            // A tree has no page twice; one that has would be walked for ever.
            if !seen.insert(number) {
                return Err(Stop::Damaged);
            }
            let page = self.page(number).ok_or(Stop::Damaged)?;
            let head = if number == 1 { FILE_HEADER } else { 0 };
            let (inner, cells) = cells(page, head).ok_or(Stop::Damaged)?;
            if inner {
                for child in children(page, head, cells) {
                    open.push(child.ok_or(Stop::Damaged)?);
                    if open.len() + seen.len() > pages {
                        return Err(Stop::Damaged);
                    }
                }
                continue;
            }
            for cell in 0..cells {
                rows += 1;
                if rows > limit {
                    return Err(ScanError::TooMuch(format!("{limit} packages")).into());
                }
                let at = short(page, head + 8 + 2 * cell).map(usize::from);
                let row = at.and_then(|at| self.payload(page, at, left));
                let row = row.ok_or(Stop::Damaged)?;
                left -= row.len();
                found.time()?;
                each(found, &row)?;
            }
        }
        Ok(())
    }

    /// The record of a cell, with what of it is on pages of its own.
    fn payload(&self, page: &[u8], at: usize, left: usize) -> Option<Vec<u8>> {
        let (length, at) = varint(page, at)?;
        let (_row, at) = varint(page, at)?;
        let length = usize::try_from(length).ok()?;
        if length > left {
            return None;
        }
        let most = self.usable - 35;
        let mut local = length;
        if length > most {
            let least = (self.usable - 12) * 32 / 255 - 23;
            local = least + (length - least) % (self.usable - 4);
            if local > most {
                local = least;
            }
        }
        let mut whole = page.get(at..at.checked_add(local)?)?.to_vec();
        if local < length {
            let mut next = long(page, at + local)?;
            while whole.len() < length {
                let page = self.page(next)?;
                next = long(page, 0)?;
                let rest = &page[4..];
                let some = rest.len().min(length - whole.len());
                whole.extend_from_slice(&rest[..some]);
            }
        }
        Some(whole)
    }
}

/// Whether a page is within its tree, not a leaf of it, and how many cells it has.
fn cells(page: &[u8], head: usize) -> Option<(bool, usize)> {
    let cells = usize::from(short(page, head + 3)?);
    match *page.get(head)? {
        INTERIOR => Some((true, cells)),
        LEAF => Some((false, cells)),
        _ => None,
    }
}

/// The pages below one.
fn children(page: &[u8], head: usize, cells: usize) -> impl Iterator<Item = Option<usize>> {
    let cell = move |cell: usize| long(page, usize::from(short(page, head + 12 + 2 * cell)?));
    let last = std::iter::once_with(move || long(page, head + 8));
    (0..cells).map(cell).chain(last)
}

/// Serial types and contents of a record's first columns.
fn columns(row: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let (head, mut at) = varint(row, 0)?;
    let mut content = usize::try_from(head).ok()?;
    let end = content;
    let mut columns = Vec::new();
    while at < end && columns.len() < MAX_COLUMNS {
        let kind;
        (kind, at) = varint(row, at)?;
        let length = match kind {
            0..=4 => usize::try_from(kind).ok()?,
            5 => 6,
            6 | 7 => 8,
            8..=11 => 0,
            kind => usize::try_from((kind - 12) / 2).ok()?,
        };
        let next = content.checked_add(length)?;
        columns.push((kind, row.get(content..next)?));
        content = next;
    }
    Some(columns)
}

fn integer(bytes: &[u8]) -> Option<usize> {
    if bytes.len() > 7 {
        return None;
    }
    let whole = bytes
        .iter()
        .fold(0_u64, |it, byte| it << 8 | u64::from(*byte));
    usize::try_from(whole).ok()
}

fn short(page: &[u8], at: usize) -> Option<u16> {
    let two = page.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes(two.try_into().ok()?))
}

fn long(page: &[u8], at: usize) -> Option<usize> {
    let four = page.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_be_bytes(four.try_into().ok()?)).ok()
}

fn varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for step in 0..9 {
        let byte = *bytes.get(at)?;
        at += 1;
        if step == 8 {
            return Some((value << 8 | u64::from(byte), at));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some((value, at))
}
