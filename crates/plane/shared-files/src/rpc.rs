//! ONC RPC (RFC 5531) as NFS uses it over TCP: records, calls with AUTH_SYS, replies. Pure.

use crate::xdr::{Malformed, Reader, Writer};

/// The most of one record, of either side: the most that is read or written at a time, and what goes with it.
pub const MAX_RECORD: usize = (256 << 10) + (16 << 10);
/// Groups beside the first that AUTH_SYS has room for.
pub const MAX_GROUPS: usize = 16;

const LAST_FRAGMENT: u32 = 1 << 31;
const PROGRAM: u32 = 100_003;
const VERSION: u32 = 4;
const COMPOUND: u32 = 1;
const AUTH_SYS: u32 = 1;
const MAX_AUTH: usize = 400;

/// Who asks, as numbers of the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    pub user: u32,
    pub group: u32,
    pub groups: Vec<u32>,
}

/// The record of a call, its mark included.
pub fn call(xid: u32, caller: &Caller, arguments: &Writer) -> Vec<u8> {
    let mut out = Writer::default();
    out.u32(0);
    for word in [xid, 0, 2, PROGRAM, VERSION, COMPOUND] {
        out.u32(word);
    }
    let mut auth = Writer::default();
    auth.u32(0);
    auth.opaque(b"wharf");
    auth.u32(caller.user);
    auth.u32(caller.group);
    auth.words(&caller.groups[..caller.groups.len().min(MAX_GROUPS)]);
    out.u32(AUTH_SYS);
    out.opaque(auth.bytes());
    // No verifier.
    out.u32(0);
    out.u32(0);
    out.append(arguments);
    let mut bytes = out.into_bytes();
    let length = u32::try_from(bytes.len() - 4).unwrap_or(u32::MAX);
    bytes[..4].copy_from_slice(&(length | LAST_FRAGMENT).to_be_bytes());
    bytes
}

/// What a mark says: how long the fragment is, and whether it is a record's last.
pub fn mark(bytes: [u8; 4]) -> (usize, bool) {
    let word = u32::from_be_bytes(bytes);
    ((word & !LAST_FRAGMENT) as usize, word & LAST_FRAGMENT != 0)
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
    const REPLY: u32 = 1;
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
        let bytes = call(5, &caller, &arguments);
        assert_eq!(mark(*bytes.first_chunk().unwrap()), (bytes.len() - 4, true));
        assert_eq!(xid(&bytes[4..]), Some(5));
        let mut read = Reader::new(&bytes[8..]);
        assert_eq!(read.words(0), Ok(Vec::new()));
        for word in [2, 100_003, 4, 1, 1] {
            assert_eq!(read.u32(), Ok(word));
        }
        let mut auth = Reader::new(read.opaque(MAX_AUTH).unwrap());
        let _stamp = auth.u32();
        assert_eq!(auth.opaque(255), Ok(&b"wharf"[..]));
        assert_eq!((auth.u32(), auth.u32()), (Ok(1000), Ok(100)));
        assert_eq!(auth.words(16).unwrap().len(), 16);
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
}
