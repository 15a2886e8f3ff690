//! What a frame of the log says: records, each of which is what one transaction changed.
//!
//! ```text
//! frame  = record*
//! record = revision (0: none) | count | change*
//! ```

use wharf_wal::{DecodeError, Decoder, Encoder};

use crate::{LeaseId, Revision};

const PUT: u8 = 1;
const DELETE: u8 = 2;
const CURSOR: u8 = 3;
const DROP_CURSOR: u8 = 4;
const LEASE_GRANT: u8 = 5;
const LEASE_REVOKE: u8 = 6;
const COMPACT: u8 = 7;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change<'a> {
    Put {
        key: &'a str,
        value: &'a [u8],
        lease: Option<LeaseId>,
    },
    Delete {
        key: &'a str,
    },
    Cursor {
        name: &'a str,
        revision: Revision,
    },
    DropCursor {
        name: &'a str,
    },
    LeaseGrant {
        id: LeaseId,
        ttl_seconds: u64,
    },
    LeaseRevoke {
        id: LeaseId,
    },
    Compact {
        revision: Revision,
    },
}

/// Begins a record of `count` changes.
pub(crate) fn encode_record(out: &mut Encoder, revision: Revision, count: usize) {
    out.number(revision);
    out.number(count as u64);
}

impl<'a> Change<'a> {
    pub(crate) fn encode(&self, out: &mut Encoder) {
        match *self {
            Self::Put { key, value, lease } => {
                out.u8(PUT);
                out.bytes(key.as_bytes());
                out.number(lease.map_or(0, |l| l.0));
                out.bytes(value);
            }
            Self::Delete { key } => {
                out.u8(DELETE);
                out.bytes(key.as_bytes());
            }
            Self::Cursor { name, revision } => {
                out.u8(CURSOR);
                out.bytes(name.as_bytes());
                out.number(revision);
            }
            Self::DropCursor { name } => {
                out.u8(DROP_CURSOR);
                out.bytes(name.as_bytes());
            }
            Self::LeaseGrant { id, ttl_seconds } => {
                out.u8(LEASE_GRANT);
                out.number(id.0);
                out.number(ttl_seconds);
            }
            Self::LeaseRevoke { id } => {
                out.u8(LEASE_REVOKE);
                out.number(id.0);
            }
            Self::Compact { revision } => {
                out.u8(COMPACT);
                out.number(revision);
            }
        }
    }

    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        Ok(match input.u8()? {
            PUT => {
                let key = input.text()?;
                let lease = match input.number()? {
                    0 => None,
                    id => Some(LeaseId(id)),
                };
                Self::Put {
                    key,
                    lease,
                    value: input.bytes()?,
                }
            }
            DELETE => Self::Delete { key: input.text()? },
            CURSOR => Self::Cursor {
                name: input.text()?,
                revision: input.number()?,
            },
            DROP_CURSOR => Self::DropCursor {
                name: input.text()?,
            },
            LEASE_GRANT => Self::LeaseGrant {
                id: lease_id(input)?,
                ttl_seconds: input.number()?,
            },
            LEASE_REVOKE => Self::LeaseRevoke {
                id: lease_id(input)?,
            },
            COMPACT => Self::Compact {
                revision: input.number()?,
            },
            tag => return Err(DecodeError::UnknownTag(tag)),
        })
    }
}

fn lease_id(input: &mut Decoder<'_>) -> Result<LeaseId, DecodeError> {
    match input.counter()? {
        0 => Err(DecodeError::BadNumber),
        id => Ok(LeaseId(id)),
    }
}

/// Hands each change of a frame to `apply`, with the revision of its record and, for a put, the
/// byte of the payload its value starts at.
pub(crate) fn decode_frame<'a>(
    payload: &'a [u8],
    mut apply: impl FnMut(Revision, Change<'a>, usize),
) -> Result<(), DecodeError> {
    let mut input = Decoder::new(payload);
    while !input.is_empty() {
        let revision = input.counter()?;
        // No change is shorter than its tag and one byte.
        for _ in 0..input.count(2)? {
            let change = Change::decode(&mut input)?;
            let value_bytes = if let Change::Put { value, .. } = change {
                value.len()
            } else {
                0
            };
            apply(revision, change, input.position() - value_bytes);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(revision: Revision, changes: &[Change<'_>]) {
        let mut out = Encoder::new();
        encode_record(&mut out, revision, changes.len());
        changes.iter().for_each(|c| c.encode(&mut out));
        let mut back = Vec::new();
        decode_frame(out.as_slice(), |r, change, at| {
            assert_eq!(r, revision);
            if let Change::Put { value, .. } = change {
                assert_eq!(&out.as_slice()[at..at + value.len()], value);
            }
            back.push(change);
        })
        .unwrap();
        assert_eq!(back, changes);
        for cut in 1..out.len() {
            // A cut frame decodes to an error or to fewer changes, never to others.
            let mut fewer = Vec::new();
            let _ = decode_frame(&out.as_slice()[..cut], |_, change, _| fewer.push(change));
            assert!(changes.starts_with(&fewer));
        }
    }

    #[test]
    fn every_change_comes_back() {
        check(
            7,
            &[
                Change::Put {
                    key: "/a",
                    value: b"one",
                    lease: None,
                },
                Change::Put {
                    key: "/ä",
                    value: b"",
                    lease: Some(LeaseId(300)),
                },
                Change::Delete { key: "/b" },
                Change::Cursor {
                    name: "audit",
                    revision: u64::MAX,
                },
                Change::DropCursor { name: "audit" },
                Change::LeaseGrant {
                    id: LeaseId(1),
                    ttl_seconds: 20,
                },
                Change::LeaseRevoke { id: LeaseId(1) },
                Change::Compact { revision: 5 },
            ],
        );
        check(0, &[]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn hostile_frames_never_panic(bytes in proptest::collection::vec(0u8..16, 0..200)) {
            let _ = decode_frame(&bytes, |_, _, _| ());
        }

        #[test]
        fn random_frames_never_panic(bytes: Vec<u8>) {
            let _ = decode_frame(&bytes, |_, _, _| ());
        }
    }
}
