//! An index as it lies in a registry, and what is made of it once it is checked.

use std::ops::Range;

use crate::{
    Damaged, MOST_ENTRIES, MOST_OF_SPAN, WINDOW,
    flat::{Table, Writer},
    time,
};

/// Of a checkpoint: two offsets, the number of bits, and the window.
const CHECKPOINT: usize = 8 + 8 + 1 + WINDOW;
/// Before the checkpoints: their number, and the size that spans were to have.
const CHECKPOINTS_HEAD: usize = 4 + 8;
/// Of a gzip header without a name, which indexes of the first form take for granted.
const PLAIN_HEADER: u64 = 10;
/// Records of pax headers that are extended attributes.
const XATTR: &[u8] = b"SCHILY.xattr.";
const SPARSE: &[u8] = b"GNU.sparse.";
const GZIP: u8 = 1;
const UNCOMPRESSED: u8 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    HardLink,
    SymbolicLink,
    CharDevice,
    BlockDevice,
    Folder,
    Fifo,
}

const KINDS: [(&str, Kind); 7] = [
    ("reg", Kind::File),
    ("hardlink", Kind::HardLink),
    ("symlink", Kind::SymbolicLink),
    ("char", Kind::CharDevice),
    ("block", Kind::BlockDevice),
    ("dir", Kind::Folder),
    ("fifo", Kind::Fifo),
];

/// An entry of the layer's archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub path: Vec<u8>,
    pub link: Vec<u8>,
    pub kind: Kind,
    /// Of its data, in the decompressed archive.
    pub offset: u64,
    pub size: u64,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub mtime: i64,
    pub major: u32,
    pub minor: u32,
    pub xattrs: Vec<(String, Vec<u8>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its bytes in the layer as the registry has it.
    pub compressed: Range<u64>,
    /// What it holds of the archive.
    pub plain: Range<u64>,
    /// So many bits of its first byte are its own; 0 is all.
    pub bits: u8,
    /// The sha256 of its compressed bytes.
    pub digest: [u8; 32],
    /// Where the window lies in the checkpoints.
    pub(crate) window: Option<usize>,
}

/// A checked index.
#[derive(Debug, Clone)]
pub struct Ztoc {
    pub entries: Vec<Entry>,
    /// In order, without gaps: the archive begins with the first and ends with the last.
    pub spans: Vec<Span>,
    /// Of the layer.
    pub compressed_size: u64,
    /// Up to the end of the archive's last block; padding may follow.
    pub plain_size: u64,
    pub(crate) is_compressed: bool,
    pub(crate) checkpoints: Vec<u8>,
}

impl Ztoc {
    /// # Errors
    /// Anything that is out of bounds or contradicts itself.
    pub fn decode(bytes: &[u8]) -> Result<Self, Damaged> {
        let root = Table::root(bytes)?;
        let compressed_size = number(root.i64(2)?)?;
        let plain_size = number(root.i64(3)?)?;
        let toc = root.table(4)?.ok_or(Damaged("it has no entries"))?;
        let info = root.table(5)?.ok_or(Damaged("it has no spans"))?;
        let entries = entries(&toc, plain_size, bytes.len())?;
        let checkpoints = info.bytes(3)?;
        let mut spans = match info.byte(0, GZIP)? {
            GZIP => gzip_spans(checkpoints, compressed_size, plain_size)?,
            UNCOMPRESSED => tar_spans(checkpoints, compressed_size, plain_size)?,
            _ => return Err(Damaged("its compression is of no known kind")),
        };
        check(&spans, compressed_size)?;
        let digests = info.vector(2)?;
        if digests.len != spans.len() || usize::try_from(info.u32(1)?) != Ok(spans.len() - 1) {
            return Err(Damaged("it has not a digest for each span"));
        }
        for (span, digest) in spans.iter_mut().zip(digests.strings()) {
            let hex = digest?.strip_prefix(b"sha256:");
            let hex = hex.ok_or(Damaged("a digest is no sha256"))?;
            hex::decode_to_slice(hex, &mut span.digest)
                .map_err(|_| Damaged("a digest is no sha256"))?;
        }
        let is_compressed = spans[0].window.is_some() || info.byte(0, GZIP)? == GZIP;
        Ok(Self {
            entries,
            spans,
            compressed_size,
            plain_size,
            is_compressed,
            checkpoints: match is_compressed {
                true => checkpoints.to_vec(),
                false => Vec::new(),
            },
        })
    }
}

/// The spans that hold these bytes of the archive, where `start` says where each of `count` spans begins.
pub fn spans_of(count: usize, start: impl Fn(usize) -> u64, plain: &Range<u64>) -> Range<usize> {
    if plain.is_empty() || count == 0 {
        return 0..0;
    }
    let after = |at: u64| {
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            match start(middle) <= at {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    };
    after(plain.start).saturating_sub(1)..after(plain.end - 1)
}

fn number(signed: i64) -> Result<u64, Damaged> {
    u64::try_from(signed).map_err(|_| Damaged("a number is negative"))
}

/// `budget`: of all that is copied. Whoever writes an index gives each name its own place; one that does not would make a
/// small index a large memory.
fn entries(toc: &Table<'_>, plain_size: u64, mut budget: usize) -> Result<Vec<Entry>, Damaged> {
    let all = toc.vector(0)?;
    if all.len > MOST_ENTRIES {
        return Err(Damaged("it has too many entries"));
    }
    let mut entries = Vec::with_capacity(all.len);
    for table in all.tables() {
        entries.push(entry(&table?, plain_size, &mut budget)?);
    }
    Ok(entries)
}

fn entry(table: &Table<'_>, plain_size: u64, budget: &mut usize) -> Result<Entry, Damaged> {
    let mut copy = |bytes: &[u8]| {
        let left = budget.checked_sub(bytes.len() + 1);
        *budget = left.ok_or(Damaged("its names take more room than it has"))?;
        Ok::<_, Damaged>(bytes.to_vec())
    };
    let kind = table.bytes(1)?;
    let kind = KINDS.iter().find(|(name, _)| name.as_bytes() == kind);
    let kind = kind.ok_or(Damaged("an entry is of no known kind"))?.1;
    let (offset, size) = (number(table.i64(2)?)?, number(table.i64(3)?)?);
    let size = if kind == Kind::File { size } else { 0 };
    let path = copy(table.bytes(0)?)?;
    let link = copy(table.bytes(4)?)?;
    if [&path, &link]
        .iter()
        .any(|it| it.contains(&0) || it.len() > 4096)
    {
        return Err(Damaged("a path is too long or contains a zero byte"));
    }
    if size > 0 && offset.checked_add(size).is_none_or(|end| end > plain_size) {
        return Err(Damaged("a file lies beyond the end of the archive"));
    }
    let mut xattrs = Vec::new();
    for record in table.vector(13)?.tables() {
        let record = record?;
        let key = record.bytes(0)?;
        if key.starts_with(SPARSE) {
            return Err(Damaged("a file is sparse"));
        }
        if let Some(name) = key.strip_prefix(XATTR) {
            let name = String::from_utf8(copy(name)?).map_err(|_| Damaged("an attribute"))?;
            xattrs.push((name, copy(record.bytes(1)?)?));
        }
    }
    let small = |number: i64| u32::try_from(number).map_err(|_| Damaged("a number is too large"));
    Ok(Entry {
        path,
        link,
        kind,
        offset,
        size,
        mode: (table.i64(5)? & 0o7777) as u32,
        uid: table.u32(6)?,
        gid: table.u32(7)?,
        mtime: time::parse(table.bytes(10)?),
        major: small(table.i64(11)?)?,
        minor: small(table.i64(12)?)?,
        xattrs,
    })
}

fn gzip_spans(bytes: &[u8], compressed_size: u64, plain_size: u64) -> Result<Vec<Span>, Damaged> {
    const BAD: Damaged = Damaged("its checkpoints");
    let (count, rest) = bytes.split_first_chunk().ok_or(BAD)?;
    let count = usize::try_from(i32::from_le_bytes(*count)).map_err(|_| BAD)?;
    let rest = rest.get(CHECKPOINTS_HEAD - 4..).ok_or(BAD)?;
    let there = rest.len() / CHECKPOINT;
    // The first form left out the first one, which begins behind a header without a name.
    let first_is_left_out = there + 1 == count;
    if count == 0 || rest.len() % CHECKPOINT != 0 || there != count && !first_is_left_out {
        return Err(BAD);
    }
    let mut points = Vec::with_capacity(count);
    if first_is_left_out {
        points.push((PLAIN_HEADER, 0, 0, None));
    }
    for (n, point) in rest.chunks_exact(CHECKPOINT).enumerate() {
        let word = |at: usize| {
            let bytes = point[at..].first_chunk().copied().unwrap_or_default();
            number(i64::from_le_bytes(bytes))
        };
        let window = CHECKPOINTS_HEAD + n * CHECKPOINT + 17;
        points.push((word(0)?, word(8)?, point[16], Some(window)));
    }
    let mut spans: Vec<Span> = Vec::with_capacity(count);
    for (n, (at, plain, bits, window)) in points.iter().enumerate() {
        if *bits > 7 || *bits > 0 && *at == 0 {
            return Err(BAD);
        }
        let next = points.get(n + 1);
        spans.push(Span {
            compressed: at - u64::from(*bits > 0)..next.map_or(compressed_size, |it| it.0),
            plain: *plain..next.map_or(plain_size, |it| it.1),
            bits: *bits,
            digest: [0; 32],
            window: *window,
        });
    }
    Ok(spans)
}

/// What is not compressed is cut into spans of one size.
fn tar_spans(bytes: &[u8], compressed_size: u64, plain_size: u64) -> Result<Vec<Span>, Damaged> {
    let root = Table::root(bytes)?;
    let (each, whole) = (number(root.i64(1)?)?, number(root.i64(2)?)?);
    if each == 0 || whole != compressed_size || plain_size > whole {
        return Err(Damaged("its spans"));
    }
    let count = whole.div_ceil(each);
    if count > MOST_ENTRIES as u64 {
        return Err(Damaged("it has too many spans"));
    }
    let span = |n: u64| {
        let range = n * each..whole.min((n + 1) * each);
        Span {
            compressed: range.clone(),
            plain: range,
            bits: 0,
            digest: [0; 32],
            window: None,
        }
    };
    Ok((0..count).map(span).collect())
}

fn check(spans: &[Span], compressed_size: u64) -> Result<(), Damaged> {
    if spans.first().is_none_or(|first| first.plain.start != 0) {
        return Err(Damaged("its first span is not the archive's beginning"));
    }
    let mut before = 0;
    for span in spans {
        for range in [&span.compressed, &span.plain] {
            if range.start >= range.end || range.end - range.start > MOST_OF_SPAN {
                return Err(Damaged("a span is empty or too long"));
            }
        }
        if span.compressed.start < before || span.compressed.end > compressed_size {
            return Err(Damaged("its spans do not follow one another"));
        }
        before = span.compressed.start;
    }
    Ok(())
}

/// What is known of a span when it is over.
pub(crate) struct Point {
    pub at: u64,
    pub plain: u64,
    pub bits: u8,
    pub window: Vec<u8>,
    pub digest: [u8; 32],
}

/// An index as the registry keeps it.
pub(crate) fn encode(
    entries: &[Entry],
    points: &[Point],
    compressed_size: u64,
    plain_size: u64,
    tool: &str,
) -> Vec<u8> {
    let mut out = Writer::default();
    out.u32(0);
    let of_root = out.vtable(40, &[4, 24, 8, 16, 28, 32]);
    let root = out.table(of_root);
    out.0[..4].copy_from_slice(&(root as u32).to_le_bytes());
    // version, sizes, tool, entries, spans.
    out.u32(0);
    out.i64(compressed_size as i64);
    out.i64(plain_size as i64);
    let (tool_at, toc_at, info_at) = (out.at(), out.at() + 4, out.at() + 8);
    out.0.resize(root + 40, 0);
    out.string_for(root + 4, b"0.9");
    out.string_for(tool_at, tool.as_bytes());
    let of_toc = out.vtable(8, &[4]);
    out.align(8);
    out.lead_here(toc_at);
    let toc = out.table(of_toc);
    out.u32(0);
    write_entries(&mut out, toc + 4, entries);
    let of_info = out.vtable(20, &[16, 12, 4, 8]);
    out.align(8);
    out.lead_here(info_at);
    let info = out.table(of_info);
    out.0.resize(info + 20, 0);
    out.0[info + 16] = GZIP;
    out.0[info + 12..info + 16].copy_from_slice(&(points.len() as u32 - 1).to_le_bytes());
    let first = out.vector_for(info + 4, points.len());
    for (n, point) in points.iter().enumerate() {
        let digest = format!("sha256:{}", hex::encode(point.digest));
        out.string_for(first + 4 * n, digest.as_bytes());
    }
    let mut checkpoints = Vec::with_capacity(CHECKPOINTS_HEAD + points.len() * CHECKPOINT);
    checkpoints.extend((points.len() as i32).to_le_bytes());
    checkpoints.extend(crate::SPAN.to_le_bytes());
    for point in points {
        checkpoints.extend(point.at.to_le_bytes());
        checkpoints.extend(point.plain.to_le_bytes());
        checkpoints.push(point.bits);
        checkpoints.extend(&point.window);
    }
    out.string_for(info + 8, &checkpoints);
    out.0
}

fn write_entries(out: &mut Writer, from: usize, entries: &[Entry]) {
    // By slot: name, type, offset, size, link, mode, uid, gid, names of both, time, device, attributes.
    const FIELDS: [u16; 14] = [4, 48, 8, 16, 52, 24, 56, 60, 64, 68, 72, 32, 40, 76];
    let of_entry = out.vtable(80, &FIELDS);
    let of_xattr = out.vtable(12, &[4, 8]);
    let first = out.vector_for(from, entries.len());
    for (n, entry) in entries.iter().enumerate() {
        out.align(8);
        out.lead_here(first + 4 * n);
        let at = out.table(of_entry);
        out.u32(0);
        for number in [
            entry.offset as i64,
            entry.size as i64,
            i64::from(entry.mode),
            i64::from(entry.major),
            i64::from(entry.minor),
        ] {
            out.i64(number);
        }
        out.0.resize(at + 80, 0);
        out.0[at + 56..at + 60].copy_from_slice(&entry.uid.to_le_bytes());
        out.0[at + 60..at + 64].copy_from_slice(&entry.gid.to_le_bytes());
        let kind = KINDS.iter().find(|(_, kind)| *kind == entry.kind);
        let time = time::print(entry.mtime);
        for (field, text) in [
            (4, entry.path.as_slice()),
            (48, kind.map_or("reg", |it| it.0).as_bytes()),
            (52, entry.link.as_slice()),
            (64, b""),
            (68, b""),
            (72, time.as_bytes()),
        ] {
            out.string_for(at + field, text);
        }
        let records = out.vector_for(at + 76, entry.xattrs.len());
        for (n, (name, value)) in entry.xattrs.iter().enumerate() {
            out.align(8);
            out.lead_here(records + 4 * n);
            let record = out.table(of_xattr);
            out.0.resize(record + 12, 0);
            out.string_for(record + 4, &[XATTR, name.as_bytes()].concat());
            out.string_for(record + 8, value);
        }
    }
}
