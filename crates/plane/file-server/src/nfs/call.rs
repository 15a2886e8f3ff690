//! Calls of ONC RPC (RFC 5531): who calls, and what.

use super::{compound, compound::Client};
use crate::{
    config::User,
    files::user::NOBODY,
    xdr::{Read, Reader, Writer},
};

const CALL: u32 = 0;
const REPLY: u32 = 1;
const RPC_VERSION: u32 = 2;
const PROGRAM: u32 = 100_003;
const VERSION: u32 = 4;
const NULL: u32 = 0;
const COMPOUND: u32 = 1;
const AUTH_NONE: u32 = 0;
const AUTH_SYS: u32 = 1;
const MAX_GROUPS: usize = 16;

/// The answer to a call; `None` if it is none, or cannot be answered: the connection is of no use any more.
pub fn answer(client: &Client, call: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(call);
    let xid = reader.u32().ok()?;
    if reader.u32().ok()? != CALL {
        return None;
    }
    let mut out = Writer::default();
    out.u32(xid).u32(REPLY);
    match answered(client, &mut reader, &mut out) {
        Ok(()) => {}
        Err(Refusal::Garbled) => {
            out.truncate(8);
            accepted(&mut out, 4);
        }
        Err(Refusal::Denied(words)) => {
            out.truncate(8);
            out.u32(1);
            for word in words {
                out.u32(word);
            }
        }
        Err(Refusal::Unknown(words)) => {
            out.truncate(8);
            out.u32(0).u32(AUTH_NONE).u32(0);
            for word in words {
                out.u32(word);
            }
        }
    }
    Some(out.into_bytes())
}

enum Refusal {
    Garbled,
    Denied(Vec<u32>),
    Unknown(Vec<u32>),
}

impl From<crate::xdr::Garbled> for Refusal {
    fn from(_: crate::xdr::Garbled) -> Self {
        Self::Garbled
    }
}

fn accepted(out: &mut Writer, status: u32) {
    out.u32(0).u32(AUTH_NONE).u32(0).u32(status);
}

fn answered(client: &Client, reader: &mut Reader<'_>, out: &mut Writer) -> Result<(), Refusal> {
    if reader.u32()? != RPC_VERSION {
        return Err(Refusal::Denied(vec![0, RPC_VERSION, RPC_VERSION]));
    }
    let (program, version, procedure) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let (flavour, credentials) = (reader.u32()?, reader.opaque(400)?);
    // The verifier says nothing with these flavours.
    reader.u32()?;
    reader.opaque(400)?;
    let user = match flavour {
        AUTH_NONE => nobody(),
        AUTH_SYS => user(credentials)?,
        // AUTH_REJECTEDCRED
        _ => return Err(Refusal::Denied(vec![1, 2])),
    };
    match (program, version, procedure) {
        (PROGRAM, VERSION, NULL) => accepted(out, 0),
        (PROGRAM, VERSION, COMPOUND) => {
            accepted(out, 0);
            compound::answer(client, user, reader, out).map_err(|_| Refusal::Garbled)?;
        }
        (PROGRAM, VERSION, _) => return Err(Refusal::Unknown(vec![3])),
        (PROGRAM, ..) => return Err(Refusal::Unknown(vec![2, VERSION, VERSION])),
        _ => return Err(Refusal::Unknown(vec![1])),
    }
    Ok(())
}

fn nobody() -> User {
    User {
        uid: NOBODY,
        gid: NOBODY,
        groups: Vec::new(),
    }
}

fn user(credentials: &[u8]) -> Read<User> {
    let mut reader = Reader::new(credentials);
    reader.u32()?;
    reader.opaque(255)?;
    let (uid, gid) = (reader.u32()?, reader.u32()?);
    let groups = reader.words(MAX_GROUPS)?;
    // The kernel's word for none.
    let is_one = |id: &u32| *id != u32::MAX;
    match is_one(&uid) && is_one(&gid) && groups.iter().all(is_one) {
        true => Ok(User { uid, gid, groups }),
        false => Ok(nobody()),
    }
}
