//! Attributes of files: their numbers, sets of them, and the forms of their values.

use crate::xdr::{Malformed, Reader, Writer};

macro_rules! numbers {
    ($($name:ident = $number:literal),* $(,)?) => { $(pub const $name: u32 = $number;)* };
}

numbers! {
    SUPPORTED = 0, KIND = 1, EXPIRE_TYPE = 2, CHANGE = 3, SIZE = 4, LINK_SUPPORT = 5, SYMLINK_SUPPORT = 6, NAMED = 7,
    FSID = 8, UNIQUE_HANDLES = 9, LEASE_TIME = 10, READDIR_ERROR = 11, CAN_SET_TIME = 15, CASE_INSENSITIVE = 16,
    CASE_PRESERVING = 17, CHOWN_RESTRICTED = 18, FILE_HANDLE = 19, FILE_ID = 20, FILES_AVAILABLE = 21,
    FILES_FREE = 22, FILES_TOTAL = 23, HOMOGENEOUS = 26, MAX_FILE_SIZE = 27, MAX_LINK = 28, MAX_NAME = 29,
    MAX_READ = 30, MAX_WRITE = 31, MODE = 33, NO_TRUNCATION = 34, LINKS = 35, OWNER = 36, OWNER_GROUP = 37,
    DEVICE = 41, SPACE_AVAILABLE = 42, SPACE_FREE = 43, SPACE_TOTAL = 44, SPACE_USED = 45, ACCESSED = 47,
    SET_ACCESSED = 48, TIME_DELTA = 51, CHANGED = 52, MODIFIED = 53, SET_MODIFIED = 54, MOUNTED_ON = 55,
    EXCLUSIVE_CREATE = 75,
}

/// Words of a set that are looked at; no attribute here has a larger number.
const WORDS: usize = 3;
/// The most that anybody sends.
const MAX_WORDS: usize = 16;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Set([u32; WORDS]);

impl Set {
    pub fn of(numbers: impl IntoIterator<Item = u32>) -> Self {
        let mut set = Self::default();
        for number in numbers {
            set.insert(number);
        }
        set
    }

    pub fn insert(&mut self, number: u32) {
        if let Some(word) = self.0.get_mut(number as usize / 32) {
            *word |= 1 << (number % 32);
        }
    }

    pub fn read(read: &mut Reader<'_>) -> Result<Self, Malformed> {
        let words = read.words(MAX_WORDS)?;
        let mut set = Self::default();
        for (own, word) in set.0.iter_mut().zip(&words) {
            *own = *word;
        }
        Ok(set)
    }

    pub fn write(self, out: &mut Writer) {
        let last = self.0.iter().rposition(|it| *it != 0);
        out.words(&self.0[..last.map_or(0, |at| at + 1)]);
    }

    pub fn has(self, number: u32) -> bool {
        let word = self.0.get(number as usize / 32);
        word.is_some_and(|word| word & (1 << (number % 32)) != 0)
    }

    pub fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & other.0[at]))
    }

    /// In the order in which their values stand.
    pub fn numbers(self) -> impl Iterator<Item = u32> {
        (0..(WORDS as u32) * 32).filter(move |it| self.has(*it))
    }
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    File = 1,
    Folder = 2,
    Block = 3,
    Character = 4,
    Link = 5,
    Socket = 6,
    Fifo = 7,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::File,
        Self::Folder,
        Self::Block,
        Self::Character,
        Self::Link,
        Self::Socket,
        Self::Fifo,
    ];

    pub fn of_code(code: u32) -> Result<Self, Malformed> {
        let mut all = Self::ALL.into_iter();
        all.find(|it| *it as u32 == code).ok_or(Malformed)
    }

    /// `None` of a mode that says none of these.
    pub fn of_mode(mode: u32) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|it| it.bits() == mode & libc::S_IFMT)
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

impl Time {
    /// Whatever is said of nanoseconds: see [`Time::is_valid`].
    pub fn read(read: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            seconds: read.u64()?.cast_signed(),
            nanoseconds: read.u32()?,
        })
    }

    pub fn write(self, out: &mut Writer) {
        out.u64(self.seconds.cast_unsigned()).u32(self.nanoseconds);
    }

    /// Whether it has no more nanoseconds than a second.
    pub fn is_valid(self) -> bool {
        self.nanoseconds < 1_000_000_000
    }
}

/// What a time is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetTime {
    /// The server's clock.
    Now,
    At(Time),
}

impl SetTime {
    pub fn read(read: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(match read.u32()? {
            0 => Self::Now,
            _ => Self::At(Time::read(read)?),
        })
    }

    pub fn write(self, out: &mut Writer) {
        match self {
            Self::Now => {
                out.u32(0);
            }
            Self::At(time) => time.write(out.u32(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_have_as_many_words_as_they_need() {
        for numbers in [&[][..], &[SIZE], &[KIND, MODE], &[SIZE, EXCLUSIVE_CREATE]] {
            let set = Set::of(numbers.iter().copied());
            let mut out = Writer::default();
            set.write(&mut out);
            let words = numbers.last().map_or(0, |it| it / 32 + 1);
            assert_eq!(out.len(), 4 + words as usize * 4);
            assert_eq!(Set::read(&mut Reader::new(out.bytes())), Ok(set));
            assert!(set.numbers().eq(numbers.iter().copied()));
        }
        // Numbers that nobody here knows.
        let mut out = Writer::default();
        out.words(&[1 << SIZE, 0, 0, 1]);
        let read = Set::read(&mut Reader::new(out.bytes()));
        assert_eq!(read, Ok(Set::of([SIZE])));
    }

    #[test]
    fn kinds_have_codes_and_bits() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_code(kind as u32), Ok(kind));
            assert_eq!(Kind::of_mode(kind.bits() | 0o644), Some(kind));
        }
        assert_eq!((Kind::of_code(8), Kind::of_mode(0)), (Err(Malformed), None));
    }
}
