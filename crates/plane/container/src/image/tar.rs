//! Reads tar archives whose author we do not trust: ustar, GNU long names, pax.
//!
//! Nothing an archive announces is allocated beyond a bound, and every header's checksum counts.
//! Sparse files are refused: no image builder writes them.

use std::{
    ffi::OsString,
    io::{self, Read},
    os::unix::ffi::OsStringExt,
    path::PathBuf,
};

use super::error::UnpackError;

const BLOCK: usize = 512;
/// Bound on the long names and pax records of one entry together, in bytes, headers included.
const META_LIMIT: u64 = 1 << 20;

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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub path: PathBuf,
    pub link: PathBuf,
    pub kind: Kind,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    pub mtime: i64,
    pub major: u32,
    pub minor: u32,
    pub xattrs: Vec<(String, Vec<u8>)>,
}

/// What pax and GNU headers say about the next entry.
#[derive(Debug, Default)]
struct Extra {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u32>,
    gid: Option<u32>,
    mtime: Option<i64>,
    xattrs: Vec<(String, Vec<u8>)>,
}

pub struct Archive<R> {
    input: R,
    /// Of the entry returned last: data not read yet, then padding.
    left: u64,
    padding: u64,
    /// Of [`META_LIMIT`], for the next entry.
    meta_left: u64,
}

impl<R: Read> Archive<R> {
    pub fn new(input: R) -> Self {
        Self {
            input,
            left: 0,
            padding: 0,
            meta_left: META_LIMIT,
        }
    }

    /// The next entry, whose data [`Self::data`] reads; `None` at the end of the archive.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, UnpackError> {
        let mut extra = Extra::default();
        self.meta_left = META_LIMIT;
        loop {
            self.skip_rest()?;
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let size = number(&header[124..136])?;
            match header[156] {
                b'L' => extra.path = Some(self.meta(size)?),
                b'K' => extra.link = Some(self.meta(size)?),
                b'x' => {
                    let records = self.meta(size)?;
                    extra.apply_pax(&records)?;
                }
                // Global records carry comments of the tool that wrote them.
                b'g' => drop(self.meta(size)?),
                kind => return self.entry(&header, kind, extra).map(Some),
            }
        }
    }

    /// What it reads from.
    pub fn input(&self) -> &R {
        &self.input
    }

    /// The data of the entry returned last.
    pub fn data(&mut self) -> impl Read + '_ {
        Data(self)
    }

    fn header(&mut self) -> Result<Option<[u8; BLOCK]>, UnpackError> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.input.read(&mut block[filled..]) {
                // Some tools leave the two empty blocks at the end out.
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(UnpackError::Damaged("it ends within a header")),
                Ok(n) => filled += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(UnpackError::Read(e)),
            }
        }
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum: u64 = block
            .iter()
            .enumerate()
            .map(|(at, byte)| {
                if (148..156).contains(&at) {
                    u64::from(b' ')
                } else {
                    u64::from(*byte)
                }
            })
            .sum();
        if number(&block[148..156])? != sum {
            return Err(UnpackError::Damaged("a header's checksum is wrong"));
        }
        Ok(Some(block))
    }

    fn entry(
        &mut self,
        header: &[u8; BLOCK],
        kind: u8,
        extra: Extra,
    ) -> Result<Entry, UnpackError> {
        let kind = match kind {
            b'0' | 0 | b'7' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::SymbolicLink,
            b'3' => Kind::CharDevice,
            b'4' => Kind::BlockDevice,
            b'5' => Kind::Folder,
            b'6' => Kind::Fifo,
            other => return Err(UnpackError::Unsupported(char::from(other))),
        };
        let small = |bytes: &[u8]| -> Result<u32, UnpackError> {
            u32::try_from(number(bytes)?).map_err(|_| UnpackError::Damaged("a number is too large"))
        };
        let size = if kind == Kind::File {
            extra.size.map_or_else(|| number(&header[124..136]), Ok)?
        } else {
            0
        };
        // Links and folders may announce a size; data follows a file's header alone.
        self.left = size;
        self.padding = size.wrapping_neg() % BLOCK as u64;
        let path = extra.path.unwrap_or_else(|| ustar_path(header));
        Ok(Entry {
            path: to_path(path)?,
            link: to_path(
                extra
                    .link
                    .unwrap_or_else(|| text(&header[157..257]).to_vec()),
            )?,
            kind,
            mode: small(&header[100..108])? & 0o7777,
            uid: extra.uid.map_or_else(|| small(&header[108..116]), Ok)?,
            gid: extra.gid.map_or_else(|| small(&header[116..124]), Ok)?,
            size,
            mtime: extra.mtime.map_or_else(
                || number(&header[136..148]).map(|t| i64::try_from(t).unwrap_or(0)),
                Ok,
            )?,
            major: small(&header[329..337])?,
            minor: small(&header[337..345])?,
            xattrs: extra.xattrs,
        })
    }

    fn meta(&mut self, size: u64) -> Result<Vec<u8>, UnpackError> {
        let cost = size.saturating_add(BLOCK as u64);
        let left = self.meta_left.checked_sub(cost);
        self.meta_left = left.ok_or(UnpackError::Damaged("a header announces too much"))?;
        self.left = size;
        self.padding = size.wrapping_neg() % BLOCK as u64;
        let mut bytes = Vec::new();
        self.data()
            .read_to_end(&mut bytes)
            .map_err(UnpackError::Read)?;
        if bytes.len() as u64 != size {
            return Err(UnpackError::Damaged("it ends within a header"));
        }
        Ok(bytes)
    }

    fn skip_rest(&mut self) -> Result<(), UnpackError> {
        let left = std::mem::take(&mut self.left);
        let rest = left
            .checked_add(std::mem::take(&mut self.padding))
            .ok_or(UnpackError::Damaged("a number is too large"))?;
        let skipped = io::copy(&mut (&mut self.input).take(rest), &mut io::sink())
            .map_err(UnpackError::Read)?;
        if skipped == rest {
            Ok(())
        } else {
            Err(UnpackError::Damaged("it ends within an entry"))
        }
    }
}

struct Data<'a, R>(&'a mut Archive<R>);

impl<R: Read> Read for Data<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer
            .len()
            .min(usize::try_from(self.0.left).unwrap_or(usize::MAX));
        if wanted == 0 {
            // Decoders take an empty buffer for a stream that makes no progress.
            return Ok(0);
        }
        let n = self.0.input.read(&mut buffer[..wanted])?;
        self.0.left -= n as u64;
        Ok(n)
    }
}

impl Extra {
    /// Records of `<length> <key>=<value>\n`.
    fn apply_pax(&mut self, mut records: &[u8]) -> Result<(), UnpackError> {
        const BAD: UnpackError = UnpackError::Damaged("a pax record has no form");
        while !records.is_empty() {
            let space = records.iter().position(|b| *b == b' ').ok_or(BAD)?;
            let len: usize = std::str::from_utf8(&records[..space])
                .ok()
                .and_then(|n| n.parse().ok())
                .ok_or(BAD)?;
            if len <= space + 1 || len > records.len() || records[len - 1] != b'\n' {
                return Err(BAD);
            }
            let record = &records[space + 1..len - 1];
            records = &records[len..];
            let equals = record.iter().position(|b| *b == b'=').ok_or(BAD)?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            let decimal = || {
                std::str::from_utf8(value)
                    .ok()
                    .and_then(|n| n.split('.').next())
            };
            match std::str::from_utf8(key).map_err(|_| BAD)? {
                "path" => self.path = Some(value.to_vec()),
                "linkpath" => self.link = Some(value.to_vec()),
                "size" => self.size = Some(decimal().and_then(|n| n.parse().ok()).ok_or(BAD)?),
                "uid" => self.uid = Some(decimal().and_then(|n| n.parse().ok()).ok_or(BAD)?),
                "gid" => self.gid = Some(decimal().and_then(|n| n.parse().ok()).ok_or(BAD)?),
                "mtime" => self.mtime = Some(decimal().and_then(|n| n.parse().ok()).ok_or(BAD)?),
                key if key.starts_with("GNU.sparse.") => return Err(UnpackError::Unsupported('S')),
                key => {
                    if let Some(name) = key.strip_prefix("SCHILY.xattr.") {
                        self.xattrs.push((name.to_owned(), value.to_vec()));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Octal digits, or GNU's big-endian binary form with the top bit set.
fn number(field: &[u8]) -> Result<u64, UnpackError> {
    const BAD: UnpackError = UnpackError::Damaged("a number in a header is none");
    match field.first() {
        // A negative number: only times before 1970 are.
        Some(0xff) => return Ok(0),
        Some(first) if first & 0x80 != 0 => {
            let mut bytes = field.to_vec();
            bytes[0] &= 0x7f;
            let (high, low) = bytes.split_at(bytes.len().saturating_sub(8));
            if high.iter().any(|byte| *byte != 0) {
                return Err(BAD);
            }
            return Ok(low
                .iter()
                .fold(0, |value, byte| value << 8 | u64::from(*byte)));
        }
        _ => {}
    }
    let digits = text(field);
    let digits = std::str::from_utf8(digits).map_err(|_| BAD)?.trim();
    if digits.is_empty() {
        Ok(0)
    } else {
        u64::from_str_radix(digits, 8).map_err(|_| BAD)
    }
}

/// Up to the first zero byte.
fn text(field: &[u8]) -> &[u8] {
    &field[..field
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(field.len())]
}

fn ustar_path(header: &[u8; BLOCK]) -> Vec<u8> {
    let name = text(&header[..100]);
    // Only POSIX archives have the prefix; GNU ones keep other things there.
    let prefix = if &header[257..263] == b"ustar\0" {
        text(&header[345..500])
    } else {
        &[]
    };
    if prefix.is_empty() {
        name.to_vec()
    } else {
        [prefix, b"/", name].concat()
    }
}

fn to_path(mut bytes: Vec<u8>) -> Result<PathBuf, UnpackError> {
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    if bytes.contains(&0) || bytes.len() > libc::PATH_MAX as usize {
        return Err(UnpackError::Damaged(
            "a path is too long or contains a zero byte",
        ));
    }
    Ok(OsString::from_vec(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8]) -> Result<Vec<(Entry, Vec<u8>)>, UnpackError> {
        let mut archive = Archive::new(bytes);
        let mut all = Vec::new();
        while let Some(entry) = archive.next_entry()? {
            let mut data = Vec::new();
            archive
                .data()
                .read_to_end(&mut data)
                .map_err(UnpackError::Read)?;
            all.push((entry, data));
        }
        Ok(all)
    }

    #[test]
    fn long_names_and_data() {
        let long = format!("{}/file", "d".repeat(150));
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(5);
        header.set_mode(0o644);
        header.set_uid(1000);
        header.set_mtime(77);
        builder
            .append_data(&mut header.clone(), &long, &b"hello"[..])
            .unwrap();
        builder
            .append_pax_extensions([("SCHILY.xattr.user.x", &b"v"[..]), ("mtime", &b"99.5"[..])])
            .unwrap();
        builder
            .append_data(&mut header, "short", &b"world"[..])
            .unwrap();
        let all = read_all(&builder.into_inner().unwrap()).unwrap();
        assert_eq!(all[0].0.path.to_str(), Some(&long[..]));
        assert_eq!(
            (all[0].0.uid, all[0].0.mtime, &all[0].1[..]),
            (1000, 77, &b"hello"[..])
        );
        assert_eq!(all[1].0.xattrs, [("user.x".to_owned(), b"v".to_vec())]);
        assert_eq!((all[1].0.mtime, &all[1].1[..]), (99, &b"world"[..]));
    }

    #[test]
    fn damage_is_noticed() {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(600);
        builder
            .append_data(&mut header, "x", &[1u8; 600][..])
            .unwrap();
        let good = builder.into_inner().unwrap();
        assert!(read_all(&good[..300]).is_err());
        let mut archive = Archive::new(&good[..700]);
        archive.next_entry().unwrap();
        assert!(archive.next_entry().is_err(), "cut within the data");
        let mut flipped = good;
        flipped[0] ^= 1;
        assert!(matches!(
            read_all(&flipped),
            Err(UnpackError::Damaged("a header's checksum is wrong"))
        ));
        assert!(read_all(b"").unwrap().is_empty());
    }

    #[test]
    fn what_comes_before_an_entry_is_bounded_together() {
        let records = [("SCHILY.xattr.user.x", &[b'v'; 1000][..]); 300];
        let archive = |times: usize| {
            let mut builder = tar::Builder::new(Vec::new());
            for _ in 0..times {
                builder.append_pax_extensions(records).unwrap();
            }
            let mut header = tar::Header::new_ustar();
            header.set_size(0);
            header.set_cksum();
            builder.append(&header, &b""[..]).unwrap();
            builder.into_inner().unwrap()
        };
        let found = read_all(&archive(2)).unwrap();
        assert_eq!(found[0].0.xattrs.len(), 600);
        assert!(matches!(
            read_all(&archive(4)),
            Err(UnpackError::Damaged("a header announces too much"))
        ));
    }

    #[test]
    fn announced_sizes_are_not_believed() {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::XHeader);
        header.set_size(8 << 30);
        header.set_cksum();
        assert!(matches!(
            read_all(header.as_bytes()),
            Err(UnpackError::Damaged("a header announces too much"))
        ));
    }
}
