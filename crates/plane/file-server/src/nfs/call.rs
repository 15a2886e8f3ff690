//! Calls of ONC RPC (RFC 5531): who calls, and what.

use wharf_nfs_wire::{
    rpc::{
        self, AUTH_NONE, AUTH_SYS, CALL, COMPOUND, Caller, MAX_AUTH, NULL, PROGRAM, REPLY,
        RPC_VERSION, VERSION,
    },
    xdr::{Malformed, Reader, Writer},
};

use super::{compound, compound::Client};
use crate::{config::User, files::user::NOBODY};

/// The answer to a call, as a record; `None` if it is none, or cannot be answered: the connection is of no use any more.
pub fn answer(client: &Client, call: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::new(call);
    let xid = reader.u32().ok()?;
    if reader.u32().ok()? != CALL {
        return None;
    }
    let mut out = rpc::begin();
    out.u32(xid).u32(REPLY);
    let head = out.len();
    match answered(client, &mut reader, &mut out) {
        Ok(()) => {}
        Err(Refusal::Malformed) => {
            out.truncate(head);
            accepted(&mut out, 4);
        }
        Err(Refusal::Denied(words)) => {
            out.truncate(head);
            out.u32(1);
            for word in words {
                out.u32(word);
            }
        }
        Err(Refusal::Unknown(words)) => {
            out.truncate(head);
            out.u32(0).u32(AUTH_NONE).u32(0);
            for word in words {
                out.u32(word);
            }
        }
    }
    Some(rpc::finish(out))
}

enum Refusal {
    Malformed,
    Denied(Vec<u32>),
    Unknown(Vec<u32>),
}

impl From<Malformed> for Refusal {
    fn from(_: Malformed) -> Self {
        Self::Malformed
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
    let (flavour, credentials) = (reader.u32()?, reader.opaque(MAX_AUTH)?);
    // The verifier says nothing with these flavours.
    reader.u32()?;
    reader.opaque(MAX_AUTH)?;
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
            compound::answer(client, user, reader, out).map_err(|_| Refusal::Malformed)?;
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

fn user(credentials: &[u8]) -> Result<User, Malformed> {
    let caller = Caller::read(&mut Reader::new(credentials))?;
    let user = User {
        uid: caller.user,
        gid: caller.group,
        groups: caller.groups,
    };
    // The kernel's word for none.
    let is_one = |id: &u32| *id != u32::MAX;
    match is_one(&user.uid) && is_one(&user.gid) && user.groups.iter().all(is_one) {
        true => Ok(user),
        false => Ok(nobody()),
    }
}
