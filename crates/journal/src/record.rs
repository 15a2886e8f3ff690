//! What a frame of the log says: one operation after another.

use wharf_wal::{DecodeError, Decoder, Encoder};

use crate::packed;

const CREATE: u8 = 1;
const APPEND: u8 = 2;
const TRIM: u8 = 3;
const DELETE: u8 = 4;
const CURSOR: u8 = 5;
const DROP_CURSOR: u8 = 6;
/// Of a block that says in which form it is ([`packed`]).
const APPEND_PACKED: u8 = 7;

/// Streams have numbers, given once and never again; names come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op<'a> {
    Create {
        stream: u64,
        name: &'a str,
    },
    Append {
        stream: u64,
        first: u64,
        count: u32,
        block: &'a [u8],
        packed: bool,
    },
    Trim {
        stream: u64,
        before: u64,
    },
    Delete {
        stream: u64,
    },
    Cursor {
        stream: u64,
        name: &'a str,
        offset: u64,
    },
    DropCursor {
        stream: u64,
        name: &'a str,
    },
}

impl<'a> Op<'a> {
    pub(crate) fn encode(&self, out: &mut Encoder) {
        match *self {
            Self::Create { stream, name } => {
                out.u8(CREATE);
                out.number(stream);
                out.bytes(name.as_bytes());
            }
            Self::Append {
                stream,
                first,
                count,
                block,
                packed,
            } => {
                out.u8(if packed { APPEND_PACKED } else { APPEND });
                out.number(stream);
                out.number(first);
                out.number(count.into());
                out.bytes(block);
            }
            Self::Trim { stream, before } => {
                out.u8(TRIM);
                out.number(stream);
                out.number(before);
            }
            Self::Delete { stream } => {
                out.u8(DELETE);
                out.number(stream);
            }
            Self::Cursor {
                stream,
                name,
                offset,
            } => {
                out.u8(CURSOR);
                out.number(stream);
                out.bytes(name.as_bytes());
                out.number(offset);
            }
            Self::DropCursor { stream, name } => {
                out.u8(DROP_CURSOR);
                out.number(stream);
                out.bytes(name.as_bytes());
            }
        }
    }

    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        let tag = input.u8()?;
        let stream = input.counter()?;
        Ok(match tag {
            CREATE => Self::Create {
                stream,
                name: input.text()?,
            },
            APPEND | APPEND_PACKED => {
                let first = input.counter()?;
                let count = u32::try_from(input.number()?).map_err(|_| DecodeError::BadNumber)?;
                let block = input.bytes()?;
                let packed = tag == APPEND_PACKED;
                let bytes = match packed {
                    true => packed::packed_bytes(block).filter(|it| *it <= packed::MAX_BLOCK),
                    false => Some(block.len()),
                };
                // Each record takes a byte at least.
                if bytes.is_none_or(|it| count as usize > it) {
                    return Err(DecodeError::BadNumber);
                }
                Self::Append {
                    stream,
                    first,
                    count,
                    block,
                    packed,
                }
            }
            TRIM => Self::Trim {
                stream,
                before: input.number()?,
            },
            DELETE => Self::Delete { stream },
            CURSOR => Self::Cursor {
                stream,
                name: input.text()?,
                offset: input.number()?,
            },
            DROP_CURSOR => Self::DropCursor {
                stream,
                name: input.text()?,
            },
            tag => return Err(DecodeError::UnknownTag(tag)),
        })
    }
}

/// Hands each operation of a frame to `apply`, with the byte of the payload at which the block of
/// an append starts.
pub(crate) fn decode_frame<'a>(
    payload: &'a [u8],
    mut apply: impl FnMut(Op<'a>, usize),
) -> Result<(), DecodeError> {
    let mut input = Decoder::new(payload);
    while !input.is_empty() {
        let op = Op::decode(&mut input)?;
        let block_bytes = if let Op::Append { block, .. } = op {
            block.len()
        } else {
            0
        };
        apply(op, input.position() - block_bytes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_operation_comes_back_and_a_cut_frame_says_nothing_else() {
        let ops = [
            Op::Create {
                stream: 1,
                name: "a/ä",
            },
            Op::Append {
                stream: 1,
                first: 300,
                count: 2,
                block: b"\x01a\x01b",
                packed: false,
            },
            Op::Append {
                stream: 1,
                first: 302,
                count: 9,
                block: b"\x02\x09\0\0\0zipped",
                packed: true,
            },
            Op::Trim {
                stream: 1,
                before: 301,
            },
            Op::Cursor {
                stream: 1,
                name: "c",
                offset: 5,
            },
            Op::DropCursor {
                stream: 1,
                name: "c",
            },
            Op::Delete { stream: 1 << 40 },
        ];
        let mut out = Encoder::new();
        ops.iter().for_each(|op| op.encode(&mut out));
        for cut in 0..=out.len() {
            let mut back = Vec::new();
            let whole = decode_frame(&out.as_slice()[..cut], |op, at| {
                if let Op::Append { block, .. } = op {
                    assert_eq!(&out.as_slice()[at..at + block.len()], block);
                }
                back.push(op);
            });
            assert!(ops.starts_with(&back));
            assert!(cut < out.len() || (whole.is_ok() && back == ops));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn hostile_frames_never_panic(bytes in proptest::collection::vec(0u8..12, 0..200)) {
            let _ = decode_frame(&bytes, |_, _| ());
        }
    }
}
