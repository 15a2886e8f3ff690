//! Attributes of files: which are asked for, what comes, what is set.

pub use wharf_nfs_wire::attributes::{Kind, SetTime, Time};
use wharf_nfs_wire::{
    MAX_HANDLE, MAX_OWNER,
    attributes::{
        ACCESSED, CHANGE, CHANGED, DEVICE, FILE_HANDLE, FILE_ID, FILES_AVAILABLE, FILES_FREE,
        FILES_TOTAL, KIND, LEASE_TIME, LINKS, MODE, MODIFIED, MOUNTED_ON, OWNER, OWNER_GROUP,
        SET_ACCESSED, SET_MODIFIED, SIZE, SPACE_AVAILABLE, SPACE_FREE, SPACE_TOTAL, SPACE_USED,
        Set,
    },
    xdr::{Malformed, Reader, Writer},
};

const MAX_VALUES: usize = 16 << 10;

/// Who owns what the server calls by a name rather than by a number.
pub const NOBODY: u32 = 65_534;

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

/// Those of one file.
const OF_FILE: [u32; 13] = [
    KIND,
    CHANGE,
    SIZE,
    FILE_ID,
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
            Self::Entry => &[KIND, FILE_ID],
        }
    }

    pub fn write(self, out: &mut Writer) {
        Set::of(self.numbers().iter().copied()).write(out);
    }
}

/// All that may come of what is asked for anywhere.
#[derive(Debug, Clone, Default)]
pub struct Values {
    pub file: Attributes,
    pub room: Room,
    pub lease_seconds: Option<u32>,
    has: Set,
}

impl Values {
    pub fn read(read: &mut Reader<'_>) -> Result<Self, Malformed> {
        let has = Set::read(read)?;
        let mut values = Reader::new(read.opaque(MAX_VALUES)?);
        let mut all = Self {
            has,
            ..Self::default()
        };
        for number in has.numbers() {
            all.take(number, &mut values)?;
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
            KIND => file.kind = Kind::of_code(read.u32()?)?,
            CHANGE => file.change = read.u64()?,
            SIZE => file.size = read.u64()?,
            LEASE_TIME => self.lease_seconds = Some(read.u32()?),
            FILE_HANDLE => drop(read.opaque(MAX_HANDLE)?),
            FILE_ID => file.number = read.u64()?,
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
        Ok(())
    }

    /// Those of a file, if all came without which it cannot be shown.
    pub fn file(self) -> Result<Attributes, Malformed> {
        let needed = [KIND, CHANGE, SIZE, FILE_ID, MODE, LINKS, MODIFIED];
        match needed.into_iter().all(|it| self.has.has(it)) {
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
    let time = Time::read(read)?;
    Some(time).filter(|it| it.is_valid()).ok_or(Malformed)
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
        let (mut set, mut values) = (Set::default(), Writer::default());
        if let Some(size) = self.size {
            set.insert(SIZE);
            values.u64(size);
        }
        if let Some(mode) = self.mode {
            set.insert(MODE);
            values.u32(mode);
        }
        for (number, owner) in [(OWNER, self.user), (OWNER_GROUP, self.group)] {
            if let Some(owner) = owner {
                set.insert(number);
                values.opaque(owner.to_string().as_bytes());
            }
        }
        for (number, time) in [(SET_ACCESSED, self.accessed), (SET_MODIFIED, self.modified)] {
            if let Some(time) = time {
                set.insert(number);
                time.write(&mut values);
            }
        }
        set.write(out);
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
            KIND,
            CHANGE,
            SIZE,
            FILE_ID,
            MODE,
            LINKS,
            OWNER,
            OWNER_GROUP,
            MODIFIED,
        ];
        Set::of(numbers).write(&mut out);
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
        Set::of([SIZE]).write(&mut out);
        out.opaque(&[0; 8]);
        let read = Values::read(&mut Reader::new(out.bytes())).unwrap();
        assert!(read.file().is_err());
    }
}
