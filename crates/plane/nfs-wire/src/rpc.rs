//! ONC RPC (RFC 5531) as NFSv4 uses it over TCP: records, calls and who makes them, replies.

use std::io::{self, Read};

use crate::xdr::{Malformed, Reader, Writer};

/// What a message is.
pub const CALL: u32 = 0;
pub const REPLY: u32 = 1;

pub const RPC_VERSION: u32 = 2;
pub const PROGRAM: u32 = 100_003;
pub const VERSION: u32 = 4;
/// The procedures of the program.
pub const NULL: u32 = 0;
pub const COMPOUND: u32 = 1;

/// How a caller says who it is.
pub const AUTH_NONE: u32 = 0;
pub const AUTH_SYS: u32 = 1;
/// The most bytes of what a caller says of itself.
pub const MAX_AUTH: usize = 400;
/// Groups beside the first that AUTH_SYS has room for.
pub const MAX_GROUPS: usize = 16;
const MAX_MACHINE: usize = 255;

const LAST_FRAGMENT: u32 = 1 << 31;

/// Who asks, as AUTH_SYS has it: numbers of the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    pub user: u32,
    pub group: u32,
    pub groups: Vec<u32>,
}

impl Caller {
    pub fn read(read: &mut Reader<'_>) -> Result<Self, Malformed> {
        let _stamp = read.u32()?;
        let _machine = read.opaque(MAX_MACHINE)?;
        Ok(Self {
            user: read.u32()?,
            group: read.u32()?,
            groups: read.words(MAX_GROUPS)?,
        })
    }

    /// Without the groups that there is no room for.
    pub fn write(&self, out: &mut Writer) {
        out.u32(0).opaque(b"wharf").u32(self.user).u32(self.group);
        out.words(&self.groups[..self.groups.len().min(MAX_GROUPS)]);
    }
}

/// A record with room for its mark, which [`finish`] writes.
pub fn begin() -> Writer {
    let mut out = Writer::default();
    out.u32(0);
    out
}

/// A record of one fragment, as it is sent.
pub fn finish(mut record: Writer) -> Vec<u8> {
    let length = u32::try_from(record.len() - 4).unwrap_or(u32::MAX);
    record.put(0, length | LAST_FRAGMENT);
    record.into_bytes()
}

/// One record, of any fragments, without their marks. One of more than `most` bytes is an error.
///
/// # Errors
/// [`io::ErrorKind::UnexpectedEof`] also where none begins any more.
pub fn read_record(from: &mut impl Read, record: &mut Vec<u8>, most: usize) -> io::Result<()> {
    const MAX_FRAGMENTS: usize = 1024;
    record.clear();
    for _ in 0..MAX_FRAGMENTS {
        let mut mark = [0; 4];
        from.read_exact(&mut mark)?;
        let mark = u32::from_be_bytes(mark);
        let length = (mark & !LAST_FRAGMENT) as usize;
        if record.len() + length > most {
            break;
        }
        let before = record.len();
        record.resize(before + length, 0);
        from.read_exact(&mut record[before..])?;
        if mark & LAST_FRAGMENT != 0 {
            return Ok(());
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// The record of a call.
pub fn call(xid: u32, caller: &Caller, arguments: &Writer) -> Vec<u8> {
    let mut out = begin();
    for word in [xid, CALL, RPC_VERSION, PROGRAM, VERSION, COMPOUND] {
        out.u32(word);
    }
    let mut auth = Writer::default();
    caller.write(&mut auth);
    out.u32(AUTH_SYS).opaque(auth.bytes());
    // No verifier.
    out.u32(AUTH_NONE).u32(0);
    out.append(arguments);
    finish(out)
}

/// The call that a record answers.
pub fn xid(record: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(*record.first_chunk()?))
}

/// What a call was answered.
#[derive(Debug)]
pub enum Reply<'a> {
    /// It was done, with these results.
    Done(Reader<'a>),
    /// The server does not take it: of that user, or at all.
    Refused,
}

pub fn reply(record: &[u8]) -> Result<Reply<'_>, Malformed> {
    let mut read = Reader::new(record);
    let _xid = read.u32()?;
    if read.u32()? != REPLY {
        return Err(Malformed);
    }
    match read.u32()? {
        0 => {}
        1 => return Ok(Reply::Refused),
        _ => return Err(Malformed),
    }
    let _verifier = (read.u32()?, read.opaque(MAX_AUTH)?);
    match read.u32()? {
        0 => Ok(Reply::Done(read)),
        1..=5 => Ok(Reply::Refused),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_have_the_form_of_the_standard() {
        let caller = Caller {
            user: 1000,
            group: 100,
            groups: (0..40).collect(),
        };
        let mut arguments = Writer::default();
        arguments.u32(0xabcd);
        let sent = call(5, &caller, &arguments);
        let mut record = Vec::new();
        read_record(&mut &sent[..], &mut record, sent.len()).unwrap();
        assert_eq!(record, sent[4..]);
        assert_eq!(xid(&record), Some(5));
        let mut read = Reader::new(&record[4..]);
        for word in [0, 2, 100_003, 4, 1, 1] {
            assert_eq!(read.u32(), Ok(word));
        }
        let mut auth = Reader::new(read.opaque(MAX_AUTH).unwrap());
        let first = Caller {
            groups: (0..16).collect(),
            ..caller
        };
        assert_eq!(Caller::read(&mut auth), Ok(first));
        assert!(auth.is_empty());
        assert_eq!((read.u32(), read.u32()), (Ok(0), Ok(0)));
        assert_eq!(read.u32(), Ok(0xabcd));
    }

    #[test]
    fn replies() {
        let words =
            |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|it| it.to_be_bytes()).collect() };
        let done = words(&[9, 1, 0, 0, 0, 0, 77]);
        let Ok(Reply::Done(mut rest)) = reply(&done) else {
            panic!("it was done");
        };
        assert_eq!(rest.u32(), Ok(77));
        for refused in [words(&[9, 1, 1, 1, 5]), words(&[9, 1, 0, 0, 0, 2])] {
            assert!(matches!(reply(&refused), Ok(Reply::Refused)));
        }
        for bad in [words(&[9, 0]), words(&[9, 1, 0, 0, 500]), words(&[9, 1, 2])] {
            assert!(reply(&bad).is_err());
        }
    }

    #[test]
    fn records_of_fragments() {
        let mut record = Vec::new();
        let bytes = [0, 0, 0, 2, 1, 2, 0x80, 0, 0, 3, 3, 4, 5, 9];
        read_record(&mut &bytes[..], &mut record, 5).unwrap();
        assert_eq!(record, [1, 2, 3, 4, 5]);
        for (bad, most) in [
            (&bytes[..], 4),
            (&[0x80, 0x7f, 0, 0], 1 << 20),
            (&[0x80, 0, 0, 9, 1], 1 << 20),
            (&[0xff; 4], 1 << 20),
            (&[0, 0], 1 << 20),
            (&[0; 1 << 14], 1 << 20),
        ] {
            assert!(read_record(&mut &bad[..], &mut record, most).is_err());
        }
    }
}
