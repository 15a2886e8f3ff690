//! The entries of a layer, one after the other, with nothing of a size that the archive chooses.
//!
//! Long names come as entries of their own in front of the one they are of, in GNU's way and in that
//! of POSIX; those entries are bounded here, which the crate that reads headers does not do.

use std::io::{self, Read};

use tar::{EntryType, Header};

/// Names and attributes of one entry, in bytes: paths are at most 4 KiB, and there may be some labels.
const MAX_ATTRIBUTES: u64 = 1 << 20;
const BLOCK: usize = 512;

/// What the header of an entry says.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Without a slash in front, and without dots; `None` for one that leads out of the archive.
    pub path: Option<String>,
    pub link: Option<String>,
    pub kind: EntryType,
    pub mode: u32,
    pub size: u64,
}

/// An archive that is being read. The content of an entry is read by [`Tarball::read`], and skipped if
/// it is not.
pub(crate) struct Tarball<R> {
    inner: R,
    /// Of the content of the present entry.
    left: u64,
    padding: u64,
}

impl<R: Read> Tarball<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            left: 0,
            padding: 0,
        }
    }

    pub(crate) fn inner(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The next entry; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Entry>> {
        let (mut path, mut link, mut size) = (None, None, None);
        loop {
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let of_header = header.entry_size()?;
            match header.entry_type() {
                EntryType::GNULongName => {
                    path = Some(text(self.attributes(of_header)?));
                }
                EntryType::GNULongLink => {
                    link = Some(text(self.attributes(of_header)?));
                }
                EntryType::XHeader => {
                    let bytes = self.attributes(of_header)?;
                    for extension in Extensions(&bytes) {
                        let (key, value) = extension?;
                        let value = || String::from_utf8_lossy(value).into_owned();
                        match key {
                            b"path" => path = Some(value()),
                            b"linkpath" => link = Some(value()),
                            b"size" => size = Some(value().parse().map_err(io::Error::other)?),
                            _ => {}
                        }
                    }
                }
                EntryType::XGlobalHeader => {
                    self.attributes(of_header)?;
                }
                kind => {
                    if kind == EntryType::GNUSparse {
                        self.sparse(&header)?;
                    }
                    let size: u64 = size.unwrap_or(of_header);
                    self.expect(size)?;
                    let named = || String::from_utf8_lossy(&header.path_bytes()).into_owned();
                    let linked = header.link_name_bytes();
                    let linked = linked.map(|it| String::from_utf8_lossy(&it).into_owned());
                    return Ok(Some(Entry {
                        path: plain(&path.unwrap_or_else(named)),
                        link: link.or(linked).and_then(|it| plain(&it)),
                        kind,
                        mode: header.mode().unwrap_or(0),
                        size,
                    }));
                }
            }
        }
    }

    fn expect(&mut self, size: u64) -> io::Result<()> {
        let padded = size.checked_next_multiple_of(BLOCK as u64);
        let padded = padded.ok_or_else(|| io::Error::other("a file is longer than there is"))?;
        (self.left, self.padding) = (size, padded - size);
        Ok(())
    }

    /// Passes over the blocks that go on with the map of a sparse file; each says whether there is another.
    fn sparse(&mut self, header: &Header) -> io::Result<()> {
        let mut more = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
        while more {
            let mut extension = tar::GnuExtSparseHeader::new();
            if !self.block(extension.as_mut_bytes())? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            more = extension.is_extended();
        }
        Ok(())
    }

    fn header(&mut self) -> io::Result<Option<Header>> {
        self.skip()?;
        let mut header = Header::new_old();
        // Two blocks of zeros end an archive; what comes after a single one is read.
        for _ in 0..2 {
            if !self.block(header.as_mut_bytes())? {
                return Ok(None);
            }
            if header.as_bytes().iter().any(|byte| *byte != 0) {
                return checked(header).map(Some);
            }
        }
        Ok(None)
    }

    /// Reads a block; false at the end.
    fn block(&mut self, block: &mut [u8; BLOCK]) -> io::Result<bool> {
        let mut filled = 0;
        while filled < BLOCK {
            match self.inner.read(&mut block[filled..])? {
                0 if filled == 0 => return Ok(false),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
        }
        Ok(true)
    }

    fn attributes(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > MAX_ATTRIBUTES {
            return Err(io::Error::other("the attributes of a file are too long"));
        }
        self.expect(size)?;
        let mut bytes = Vec::new();
        self.read_to(&mut bytes)?;
        Ok(bytes)
    }

    fn read_to(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let expected = self.left;
        self.read_to_end(bytes)?;
        match bytes.len() as u64 == expected {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The whole content of the present entry, which the caller found to be of a bearable size.
    pub(crate) fn content(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_to(&mut bytes)?;
        Ok(bytes)
    }

    fn skip(&mut self) -> io::Result<()> {
        let whole = self.left.saturating_add(self.padding);
        (self.left, self.padding) = (0, 0);
        let skipped = io::copy(&mut (&mut self.inner).take(whole), &mut io::sink())?;
        match skipped == whole {
            true => Ok(()),
            // Some writers leave the last padding out.
            false if whole - skipped < BLOCK as u64 => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Reads the content of the present entry.
impl<R: Read> Read for Tarball<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&mut self.inner).take(self.left).read(buffer)?;
        self.left -= read as u64;
        Ok(read)
    }
}

/// The header, if its checksum says that it is one.
fn checked(header: Header) -> io::Result<Header> {
    let sum: u32 = (header.as_bytes().iter().enumerate())
        .map(|(at, byte)| match (148..156).contains(&at) {
            true => u32::from(b' '),
            false => u32::from(*byte),
        })
        .sum();
    match header.cksum()? == sum {
        true => Ok(header),
        false => Err(io::Error::other("the checksum of a header is wrong")),
    }
}

/// The attributes of POSIX, `<length> <key>=<value>\n` each. A value may have any bytes in it, so that
/// only the length says where it ends.
struct Extensions<'a>(&'a [u8]);

impl<'a> Iterator for Extensions<'a> {
    type Item = io::Result<(&'a [u8], &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let one = extension(self.0);
        self.0 = one.map_or(&[], |it| it.2);
        let one = one.map(|(key, value, _)| (key, value));
        Some(one.ok_or_else(|| io::Error::other("the attributes of a file make no sense")))
    }
}

/// Key and value of the first, and the rest.
fn extension(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length: usize = str::from_utf8(&bytes[..space]).ok()?.parse().ok()?;
    let record = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..], &bytes[length..]))
}

fn text(bytes: Vec<u8>) -> String {
    let end = bytes.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned()
}

fn plain(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
