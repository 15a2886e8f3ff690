//! Attributes of files: which are asked for, what comes, what is set.

use super::MAX_HANDLE;
use crate::xdr::{Malformed, Reader, Writer};

/// An account's name or number as a string.
const MAX_OWNER: usize = 1024;
/// The most words of a set of attributes that any server sends.
const MAX_WORDS: usize = 8;
const MAX_VALUES: usize = 16 << 10;

/// Who owns what the server calls by a name rather than by a number.
pub const NOBODY: u32 = 65_534;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    File,
    Folder,
    Block,
    Character,
    Link,
    Socket,
    Fifo,
}

impl Kind {
    pub fn code(self) -> u32 {
        match self {
            Self::File => 1,
            Self::Folder => 2,
            Self::Block => 3,
            Self::Character => 4,
            Self::Link => 5,
            Self::Socket => 6,
            Self::Fifo => 7,
        }
    }

    fn of_code(code: u32) -> Result<Self, Malformed> {
        Ok(match code {
            1 => Self::File,
            2 => Self::Folder,
            3 => Self::Block,
            4 => Self::Character,
            5 => Self::Link,
            6 => Self::Socket,
            7 => Self::Fifo,
            _ => return Err(Malformed),
        })
    }

    /// As the upper bits of a mode have it.
    pub fn bits(self) -> u32 {
        match self {
            Self::File => libc::S_IFREG,
            Self::Folder => libc::S_IFDIR,
            Self::Block => libc::S_IFBLK,
            Self::Character => libc::S_IFCHR,
            Self::Link => libc::S_IFLNK,
            Self::Socket => libc::S_IFSOCK,
            Self::Fifo => libc::S_IFIFO,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Time {
    pub seconds: i64,
    pub nanoseconds: u32,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes {
    pub kind: Kind,
    pub change: u64,
    pub size: u64,
    pub number: u64,
    pub mode: u32,
    pub links: u32,
    pub user: u32,
    pub group: u32,
    pub device: (u32, u32),
    pub used: u64,
    pub accessed: Time,
    pub changed: Time,
    pub modified: Time,
}

/// What is known of all files together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Room {
    pub files_total: u64,
    pub files_free: u64,
    pub bytes_total: u64,
    pub bytes_free: u64,
    pub bytes_available: u64,
}

const TYPE: u32 = 1;
const CHANGE: u32 = 3;
const SIZE: u32 = 4;
const LEASE_TIME: u32 = 10;
const FILE_HANDLE: u32 = 19;
const FILEID: u32 = 20;
const FILES_AVAILABLE: u32 = 21;
const FILES_FREE: u32 = 22;
const FILES_TOTAL: u32 = 23;
const MODE: u32 = 33;
const LINKS: u32 = 35;
const OWNER: u32 = 36;
const OWNER_GROUP: u32 = 37;
const DEVICE: u32 = 41;
const SPACE_AVAILABLE: u32 = 42;
const SPACE_FREE: u32 = 43;
const SPACE_TOTAL: u32 = 44;
const SPACE_USED: u32 = 45;
const ACCESSED: u32 = 47;
const ACCESSED_SET: u32 = 48;
const CHANGED: u32 = 52;
const MODIFIED: u32 = 53;
const MODIFIED_SET: u32 = 54;
const MOUNTED_ON: u32 = 55;

/// Those of one file.
const OF_FILE: [u32; 13] = [
    TYPE,
    CHANGE,
    SIZE,
    FILEID,
    MODE,
    LINKS,
    OWNER,
    OWNER_GROUP,
    DEVICE,
    SPACE_USED,
    ACCESSED,
    CHANGED,
    MODIFIED,
];
const OF_ROOM: [u32; 6] = [
    FILES_AVAILABLE,
    FILES_FREE,
    FILES_TOTAL,
    SPACE_AVAILABLE,
    SPACE_FREE,
    SPACE_TOTAL,
];

/// Which are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    File,
    Room,
    Lease,
    /// What a listing needs of each entry.
    Entry,
}

impl Wanted {
    fn numbers(self) -> &'static [u32] {
        match self {
            Self::File => &OF_FILE,
            Self::Room => &OF_ROOM,
            Self::Lease => &[LEASE_TIME],
            Self::Entry => &[TYPE, FILEID],
        }
    }

    pub fn write(self, out: &mut Writer) {
        out.words(&bitmap(self.numbers()));
    }
}

fn bitmap(numbers: &[u32]) -> [u32; 2] {
    let mut words = [0; 2];
    for number in numbers {
        words[(number / 32) as usize] |= 1 << (number % 32);
    }
    words
}

/// All that may come of what is asked for anywhere.
#[derive(Debug, Clone, Default)]
pub struct Values {
    pub file: Attributes,
    pub room: Room,
    pub lease_seconds: Option<u32>,
    has: Vec<u32>,
}

impl Values {
    pub fn read(read: &mut Reader<'_>) -> Result<Self, Malformed> {
        let words = read.words(MAX_WORDS)?;
        let mut values = Reader::new(read.opaque(MAX_VALUES)?);
        let mut all = Self::default();
        for (at, word) in (0_u32..).zip(&words) {
            for bit in (0..32).filter(|bit| word & (1 << bit) != 0) {
                all.take(at * 32 + bit, &mut values)?;
            }
        }
        match values.is_empty() {
            true => Ok(all),
            false => Err(Malformed),
        }
    }

    /// In the order of the numbers; one that was never asked for cannot be skipped.
    fn take(&mut self, number: u32, read: &mut Reader<'_>) -> Result<(), Malformed> {
        let (file, room) = (&mut self.file, &mut self.room);
        match number {
            TYPE => file.kind = Kind::of_code(read.u32()?)?,
            CHANGE => file.change = read.u64()?,
            SIZE => file.size = read.u64()?,
            LEASE_TIME => self.lease_seconds = Some(read.u32()?),
            FILE_HANDLE => drop(read.opaque(MAX_HANDLE)?),
            FILEID => file.number = read.u64()?,
            FILES_AVAILABLE => drop(read.u64()?),
            FILES_FREE => room.files_free = read.u64()?,
            FILES_TOTAL => room.files_total = read.u64()?,
            MODE => file.mode = read.u32()? & 0o7777,
            LINKS => file.links = read.u32()?,
            OWNER => file.user = owner(read)?,
            OWNER_GROUP => file.group = owner(read)?,
            DEVICE => file.device = (read.u32()?, read.u32()?),
            SPACE_AVAILABLE => room.bytes_available = read.u64()?,
            SPACE_FREE => room.bytes_free = read.u64()?,
            SPACE_TOTAL => room.bytes_total = read.u64()?,
            SPACE_USED => file.used = read.u64()?,
            ACCESSED => file.accessed = time(read)?,
            CHANGED => file.changed = time(read)?,
            MODIFIED => file.modified = time(read)?,
            MOUNTED_ON => drop(read.u64()?),
            _ => return Err(Malformed),
        }
        self.has.push(number);
        Ok(())
    }

    /// Those of a file, if all came without which it cannot be shown.
    pub fn file(self) -> Result<Attributes, Malformed> {
        let needed = [TYPE, CHANGE, SIZE, FILEID, MODE, LINKS, MODIFIED];
        match needed.iter().all(|it| self.has.contains(it)) {
            true => Ok(self.file),
            false => Err(Malformed),
        }
    }
}

fn owner(read: &mut Reader<'_>) -> Result<u32, Malformed> {
    let text = str::from_utf8(read.opaque(MAX_OWNER)?).map_err(|_| Malformed)?;
    Ok(text.parse().unwrap_or(NOBODY))
}

fn time(read: &mut Reader<'_>) -> Result<Time, Malformed> {
    let seconds = read.u64()?.cast_signed();
    let nanoseconds = read.u32()?;
    match nanoseconds < 1_000_000_000 {
        true => Ok(Time {
            seconds,
            nanoseconds,
        }),
        false => Err(Malformed),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetTime {
    /// The server's clock.
    Now,
    At(Time),
}

/// What is to be set; `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Setting {
    pub size: Option<u64>,
    pub mode: Option<u32>,
    pub user: Option<u32>,
    pub group: Option<u32>,
    pub accessed: Option<SetTime>,
    pub modified: Option<SetTime>,
}

impl Setting {
    pub fn mode(mode: u32) -> Self {
        Self {
            mode: Some(mode & 0o7777),
            ..Self::default()
        }
    }

    /// In the order of the numbers.
    pub fn write(&self, out: &mut Writer) {
        let (mut numbers, mut values) = (Vec::new(), Writer::default());
        if let Some(size) = self.size {
            numbers.push(SIZE);
            values.u64(size);
        }
        if let Some(mode) = self.mode {
            numbers.push(MODE);
            values.u32(mode);
        }
        for (number, owner) in [(OWNER, self.user), (OWNER_GROUP, self.group)] {
            if let Some(owner) = owner {
                numbers.push(number);
                values.opaque(owner.to_string().as_bytes());
            }
        }
        for (number, time) in [(ACCESSED_SET, self.accessed), (MODIFIED_SET, self.modified)] {
            match time {
                None => continue,
                Some(SetTime::Now) => values.u32(0),
                Some(SetTime::At(time)) => {
                    values.u32(1);
                    values.u64(time.seconds.cast_unsigned());
                    values.u32(time.nanoseconds);
                }
            }
            numbers.push(number);
        }
        out.words(&bitmap(&numbers));
        out.opaque(values.bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_the_order_of_their_numbers() {
        let mut values = Writer::default();
        values.u32(2);
        values.u64(9);
        values.u64(4096);
        values.u64(77);
        values.u32(0o755);
        values.u32(3);
        values.opaque(b"1000");
        values.opaque(b"staff@example");
        values.u64(5);
        values.u32(6);
        let mut out = Writer::default();
        let numbers = [
            TYPE,
            CHANGE,
            SIZE,
            FILEID,
            MODE,
            LINKS,
            OWNER,
            OWNER_GROUP,
            MODIFIED,
        ];
        out.words(&bitmap(&numbers));
        out.opaque(values.bytes());
        let read = Values::read(&mut Reader::new(out.bytes())).unwrap();
        let file = read.file().unwrap();
        assert_eq!(
            (file.kind, file.size, file.number),
            (Kind::Folder, 4096, 77)
        );
        assert_eq!((file.user, file.group), (1000, NOBODY));
        let modified = Time {
            seconds: 5,
            nanoseconds: 6,
        };
        assert_eq!(file.modified, modified);
    }

    #[test]
    fn what_was_not_asked_for_and_what_is_missing() {
        let mut out = Writer::default();
        out.words(&[1 << 2]);
        out.opaque(&[0; 4]);
        assert!(Values::read(&mut Reader::new(out.bytes())).is_err());
        let mut out = Writer::default();
        out.words(&bitmap(&[SIZE]));
        out.opaque(&[0; 8]);
        let read = Values::read(&mut Reader::new(out.bytes())).unwrap();
        assert!(read.file().is_err());
    }
}
