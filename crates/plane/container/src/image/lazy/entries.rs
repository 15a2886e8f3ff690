//! The entries of a layer's archive as an index has them: to make one, and to compare one with its layer.

use std::io::{self, Read};

use std::os::unix::ffi::OsStringExt as _;

use wharf_ztoc::{Entry, Indexing, Kind, MOST_ENTRIES};

use super::super::{
    error::UnpackError,
    tar::{self, Archive},
};

/// Counts what was read.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.bytes += n as u64;
        Ok(n)
    }
}

/// All entries, and how long the archive is without what follows it.
pub fn read(input: impl Read) -> Result<(Vec<Entry>, u64), UnpackError> {
    let (inner, bytes) = (input, 0);
    let mut archive = Archive::new(Counted { inner, bytes });
    let mut entries = Vec::new();
    while let Some(entry) = archive.next_entry()? {
        if entries.len() == MOST_ENTRIES {
            return Err(UnpackError::TooManyEntries(MOST_ENTRIES as u64));
        }
        entries.push(indexed(entry, archive.input().bytes));
    }
    Ok((entries, archive.input().bytes))
}

fn indexed(entry: tar::Entry, offset: u64) -> Entry {
    Entry {
        path: entry.path.into_os_string().into_vec(),
        link: entry.link.into_os_string().into_vec(),
        kind: match entry.kind {
            tar::Kind::File => Kind::File,
            tar::Kind::HardLink => Kind::HardLink,
            tar::Kind::SymbolicLink => Kind::SymbolicLink,
            tar::Kind::CharDevice => Kind::CharDevice,
            tar::Kind::BlockDevice => Kind::BlockDevice,
            tar::Kind::Folder => Kind::Folder,
            tar::Kind::Fifo => Kind::Fifo,
        },
        offset,
        size: entry.size,
        mode: entry.mode,
        uid: entry.uid,
        gid: entry.gid,
        mtime: entry.mtime,
        major: entry.major,
        minor: entry.minor,
        xattrs: entry.xattrs,
    }
}

/// The index of a layer that is compressed with gzip.
///
/// # Errors
/// It is compressed otherwise, or cannot be read.
pub fn index_of(layer: impl Read) -> io::Result<Vec<u8>> {
    let mut indexing = Indexing::begin(layer)?;
    let (entries, end) = read(&mut indexing).map_err(io::Error::other)?;
    let tool = concat!("wharf ", env!("CARGO_PKG_VERSION"));
    let index = indexing.finish(&entries, end, tool)?;
    // What nobody could read is not worth pushing.
    wharf_ztoc::Ztoc::decode(&index).map_err(io::Error::other)?;
    Ok(index)
}

/// The same of an archive that is read, of which no more than an entry is held at a time: an index is bounded, not what it
/// should have been of.
pub fn differs_from(of_index: &[Entry], input: impl Read) -> Result<Option<String>, UnpackError> {
    let (inner, bytes) = (input, 0);
    let mut archive = Archive::new(Counted { inner, bytes });
    let mut rest = of_index;
    while let Some(entry) = archive.next_entry()? {
        let found = indexed(entry, archive.input().bytes);
        let (said, after) = rest.split_at(rest.len().min(1));
        if let Some(name) = differs(said, &[found]) {
            return Ok(Some(name));
        }
        rest = after;
    }
    Ok(differs(rest, &[]))
}

/// The first entry that an index says something else of than the archive, if there is one. Times are not compared: tools
/// round them as they like.
pub fn differs(of_index: &[Entry], of_archive: &[Entry]) -> Option<String> {
    let said = |entry: &Entry| {
        let path = String::from_utf8_lossy(&entry.path)
            .trim_matches('/')
            .to_owned();
        let is_link = matches!(entry.kind, Kind::HardLink | Kind::SymbolicLink);
        let is_device = matches!(entry.kind, Kind::CharDevice | Kind::BlockDevice);
        (
            path,
            entry.kind,
            (entry.size > 0).then_some((entry.offset, entry.size)),
            // A link is what it leads to.
            (!is_link).then_some(entry.mode),
            (entry.uid, entry.gid),
            is_link.then(|| entry.link.clone()),
            is_device.then_some((entry.major, entry.minor)),
        )
    };
    let longest = of_index.len().max(of_archive.len());
    (0..longest).find_map(|n| {
        let (index, archive) = (of_index.get(n).map(said), of_archive.get(n).map(said));
        let differs = index != archive;
        let named = archive.or(index).map(|it| it.0);
        differs.then(|| named.unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = ::tar::Builder::new(Vec::new());
        for (name, bytes) in files {
            let mut header = ::tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o640);
            out.append_data(&mut header, name, *bytes).unwrap();
        }
        out.into_inner().unwrap()
    }

    #[test]
    fn an_index_says_where_files_lie() {
        let long = "d/".repeat(80) + "f";
        let plain = archive(&[("a", b"hello"), (&long, b"world"), ("empty", b"")]);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).unwrap();
        let index = index_of(&gzip.finish().unwrap()[..]).unwrap();
        let ztoc = wharf_ztoc::Ztoc::decode(&index).unwrap();
        let of = |n: usize| {
            let entry = &ztoc.entries[n];
            let from = entry.offset as usize;
            &plain[from..from + entry.size as usize]
        };
        assert_eq!(
            (of(0), of(1), of(2)),
            (&b"hello"[..], &b"world"[..], &b""[..])
        );
        assert_eq!(ztoc.entries[1].path, long.as_bytes());
        assert!(index_of(&plain[..]).is_err(), "what is not compressed");
    }

    #[test]
    fn a_lie_is_found() {
        let archive = archive(&[("a", b"hello"), ("b", b"world")]);
        let (entries, _) = read(&archive[..]).unwrap();
        assert_eq!(differs(&entries, &entries), None);
        let of = |entries: &[Entry]| differs_from(entries, &archive[..]).unwrap();
        assert_eq!(of(&entries), None);
        assert_eq!(of(&entries[..1]).as_deref(), Some("b"));
        let more = [&entries[..], &entries[..1]].concat();
        assert_eq!(of(&more).as_deref(), Some("a"));
        let mut other = entries.clone();
        other[1].offset = entries[0].offset;
        assert_eq!(differs(&other, &entries).as_deref(), Some("b"));
        assert_eq!(differs(&entries[..1], &entries).as_deref(), Some("b"));
        other = entries.clone();
        other[0].mode = 0o4755;
        assert_eq!(differs(&other, &entries).as_deref(), Some("a"));
    }
}
