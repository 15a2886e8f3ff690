//! The checkpoint: one file with the state as of one revision. The same form serves as snapshot.
//!
//! ```text
//! magic 8 | salt u32 | frame*        frames: head, leases*, cursors*, entries*, end
//! ```
//! A file without its end frame, or with another count than that says, is not taken.

use std::{
    io::{self, BufReader, Read, Write},
    sync::Arc,
};

use wharf_wal::{
    DataFile, DecodeError, Decoder, Encoder, FrameError, FrameReader, Place, encode_frame,
};

use crate::{
    LeaseId, Revision, Span,
    shared::{Pin, Shared},
    state::{Lease, State, Version},
    value::Value,
};

pub(crate) const MAGIC: [u8; 8] = *b"wharfck\x01";
const PREFIX_BYTES: usize = 12;
/// A frame is ended when it has grown beyond this.
const FRAME_TARGET_BYTES: usize = 64 << 10;
/// Keys looked at under one hold of the lock.
const SCAN_KEYS: usize = 256;

const HEAD: u8 = 1;
const LEASES: u8 = 2;
const CURSORS: u8 = 3;
const ENTRIES: u8 = 4;
const END: u8 = 5;

/// What stands at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) epoch: u64,
    /// The file shows the state as of this revision.
    pub(crate) revision: Revision,
    pub(crate) next_lease: u64,
    /// The log goes on with this segment; 0 in a snapshot, which has none.
    pub(crate) first_segment: u64,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("cannot read")]
    Io(#[from] io::Error),
    #[error("{reason}")]
    Corrupt { offset: u64, reason: String },
}

/// Where the value a key got at a revision now stands in the file.
#[derive(Debug)]
pub(crate) struct Moved {
    pub(crate) key: Arc<str>,
    pub(crate) revision: Revision,
    pub(crate) offset: u64,
    pub(crate) len: u32,
    pub(crate) crc: u32,
}

/// Writes frames to a stream and keeps count.
struct FrameWriter<W> {
    out: W,
    salt: u32,
    seq: u64,
    /// Bytes written so far.
    offset: u64,
    buffer: Vec<u8>,
}

impl<W: Write> FrameWriter<W> {
    fn begin(mut out: W) -> io::Result<Self> {
        let salt: u32 = rand::random();
        out.write_all(&MAGIC)?;
        out.write_all(&salt.to_le_bytes())?;
        Ok(Self {
            out,
            salt,
            seq: 1,
            offset: PREFIX_BYTES as u64,
            buffer: Vec::new(),
        })
    }

    /// Returns the byte the payload starts at.
    fn frame(&mut self, payload: &Encoder) -> io::Result<u64> {
        self.buffer.clear();
        encode_frame(&mut self.buffer, self.salt, self.seq, payload.as_slice());
        self.out.write_all(&self.buffer)?;
        let start = self.offset + (self.buffer.len() - payload.len()) as u64;
        self.offset += self.buffer.len() as u64;
        self.seq += 1;
        Ok(start)
    }
}

/// Writes the state as of the pinned revision while the store goes on. `moved` is told where each
/// value went. Returns entries and bytes.
pub(crate) fn write<W: Write>(
    out: W,
    shared: &Shared,
    pin: &Pin,
    first_segment: u64,
    mut moved: impl FnMut(Moved),
) -> io::Result<(u64, u64)> {
    let mut out = FrameWriter::begin(out)?;
    write_preamble(&mut out, shared, pin, first_segment)?;
    let all = Span::Prefix(String::new());
    let (mut count, mut after): (u64, Option<Arc<str>>) = (0, None);
    loop {
        let mut page: Vec<(Arc<str>, Version)> = Vec::with_capacity(SCAN_KEYS);
        let mut bytes = 0;
        let last = shared
            .read()
            .scan(&all, after.as_deref(), pin.revision, SCAN_KEYS, |key, v| {
                page.push((Arc::clone(key), v.clone()));
                bytes += key.len() + v.value.as_ref().map_or(0, Value::len);
                bytes < FRAME_TARGET_BYTES
            });
        count += page.len() as u64;
        write_entries(&mut out, page, &mut moved)?;
        match last {
            Some(key) => after = Some(key),
            None => break,
        }
    }
    let mut end = Encoder::new();
    end.u8(END);
    end.number(count);
    out.frame(&end)?;
    out.out.flush()?;
    Ok((count, out.offset))
}

/// Head, leases and cursors. The last two are those of the present, which is right for a later
/// revision than the entries': replaying the log over them comes to the same end.
fn write_preamble<W: Write>(
    out: &mut FrameWriter<W>,
    shared: &Shared,
    pin: &Pin,
    first_segment: u64,
) -> io::Result<()> {
    let (mut head, mut leases, mut cursors) = (Encoder::new(), Encoder::new(), Encoder::new());
    {
        let state = shared.read();
        head.u8(HEAD);
        for number in [shared.epoch, pin.revision, state.next_lease, first_segment] {
            head.number(number);
        }
        leases.u8(LEASES);
        leases.number(state.leases.len() as u64);
        for (id, lease) in &state.leases {
            leases.number(id.0);
            leases.number(lease.ttl_seconds);
        }
        cursors.u8(CURSORS);
        cursors.number(state.cursors.len() as u64);
        for (name, revision) in &state.cursors {
            cursors.bytes(name.as_bytes());
            cursors.number(*revision);
        }
    }
    for payload in [head, leases, cursors] {
        out.frame(&payload)?;
    }
    Ok(())
}

fn write_entries<W: Write>(
    out: &mut FrameWriter<W>,
    page: Vec<(Arc<str>, Version)>,
    moved: &mut impl FnMut(Moved),
) -> io::Result<()> {
    if page.is_empty() {
        return Ok(());
    }
    let mut frame = Encoder::new();
    frame.u8(ENTRIES);
    frame.number(page.len() as u64);
    let mut values = Vec::with_capacity(page.len());
    for (key, version) in page {
        let value = match (&version.value, &version.place) {
            (Some(value), _) => value.bytes(),
            (None, Some(place)) => place.read()?.into(),
            (None, None) => return Err(io::Error::other("a value is nowhere")),
        };
        frame.bytes(key.as_bytes());
        frame.number(version.mod_revision);
        frame.number(version.create_revision);
        frame.number(version.version);
        frame.number(version.lease.map_or(0, |l| l.0));
        frame.bytes(&value);
        values.push((key, version.mod_revision, frame.len() - value.len(), value));
    }
    let start = out.frame(&frame)?;
    for (key, revision, at, value) in values {
        let (offset, len) = (start + at as u64, value.len() as u32);
        moved(Moved {
            key,
            revision,
            offset,
            len,
            crc: crc32fast::hash(&value),
        });
    }
    Ok(())
}

/// Writes the checkpoint of a store that holds nothing.
pub(crate) fn write_empty<W: Write>(out: W, epoch: u64) -> io::Result<()> {
    let head = Head {
        epoch,
        revision: 0,
        next_lease: 1,
        first_segment: 1,
    };
    write_loaded(out, head, &State::default())
}

/// Writes a state that nobody else holds, under another head.
pub(crate) fn write_loaded<W: Write>(out: W, head: Head, state: &State) -> io::Result<()> {
    let state_revision = state.revision;
    let mut out = FrameWriter::begin(out)?;
    let (mut first, mut leases) = (Encoder::new(), Encoder::new());
    first.u8(HEAD);
    for number in [
        head.epoch,
        head.revision,
        head.next_lease,
        head.first_segment,
    ] {
        first.number(number);
    }
    leases.u8(LEASES);
    leases.number(state.leases.len() as u64);
    for (id, lease) in &state.leases {
        leases.number(id.0);
        leases.number(lease.ttl_seconds);
    }
    out.frame(&first)?;
    out.frame(&leases)?;
    let all = Span::Prefix(String::new());
    let mut after: Option<Arc<str>> = None;
    loop {
        let mut page = Vec::new();
        after = state.scan(
            &all,
            after.as_deref(),
            state_revision,
            SCAN_KEYS,
            |key, version| {
                page.push((Arc::clone(key), version.clone()));
                true
            },
        );
        write_entries(&mut out, page, &mut |_| ())?;
        if after.is_none() {
            break;
        }
    }
    let mut end = Encoder::new();
    end.u8(END);
    end.number(state.live_keys() as u64);
    out.frame(&end)?;
    out.out.flush()
}

/// Reads a checkpoint into a state. With `file`, values get their places in it.
pub(crate) fn read<R: Read>(
    source: R,
    file: Option<&Arc<DataFile>>,
) -> Result<(Head, State), ReadError> {
    let mut source = BufReader::with_capacity(FRAME_TARGET_BYTES, source);
    let mut prefix = [0; PREFIX_BYTES];
    source.read_exact(&mut prefix).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => corrupt(0, "it ends too early"),
        _ => ReadError::Io(e),
    })?;
    let [m0, m1, m2, m3, m4, m5, m6, m7, salt @ ..] = prefix;
    if [m0, m1, m2, m3, m4, m5, m6, m7] != MAGIC {
        return Err(corrupt(0, "it is no checkpoint of this version"));
    }
    let mut frames = FrameReader::new(source, u32::from_le_bytes(salt), 1, PREFIX_BYTES as u64);
    let mut state = State::default();
    let mut head = None;
    loop {
        let (payload, at) = frames.next_frame().map_err(|e| match e {
            FrameError::Invalid { offset, .. } => corrupt(offset, "a frame is damaged or missing"),
            FrameError::Io(e) => ReadError::Io(e),
        })?;
        let done = take_frame(payload, at, file, &mut head, &mut state)
            .map_err(|e| corrupt(at, &format!("a frame {e}")))?;
        if done {
            break;
        }
    }
    let head: Head = head.ok_or_else(|| corrupt(PREFIX_BYTES as u64, "it has no head"))?;
    state.revision = head.revision;
    state.compacted = head.revision;
    state.next_lease = state.next_lease.max(head.next_lease);
    Ok((head, state))
}

fn corrupt(offset: u64, reason: &str) -> ReadError {
    ReadError::Corrupt {
        offset,
        reason: reason.to_owned(),
    }
}

/// Whether this was the end.
fn take_frame(
    payload: &[u8],
    at: u64,
    file: Option<&Arc<DataFile>>,
    head: &mut Option<Head>,
    state: &mut State,
) -> Result<bool, DecodeError> {
    let mut input = Decoder::new(payload);
    match input.u8()? {
        HEAD => {
            *head = Some(Head {
                epoch: input.counter()?,
                revision: input.counter()?,
                next_lease: input.counter()?,
                first_segment: input.counter()?,
            });
        }
        LEASES => {
            for _ in 0..input.count(2)? {
                let (id, ttl_seconds) = (LeaseId(input.number()?), input.number()?);
                let keys = std::collections::BTreeSet::new();
                state.leases.insert(id, Lease { ttl_seconds, keys });
            }
        }
        CURSORS => {
            for _ in 0..input.count(2)? {
                let name = input.text()?.to_owned();
                state.cursors.insert(name, input.number()?);
            }
        }
        ENTRIES => {
            for _ in 0..input.count(6)? {
                take_entry(&mut input, at, file, state)?;
            }
        }
        END => {
            if input.number()? != state.live_keys() as u64 {
                return Err(DecodeError::BadNumber);
            }
            input.finish()?;
            return Ok(true);
        }
        tag => return Err(DecodeError::UnknownTag(tag)),
    }
    input.finish()?;
    Ok(false)
}

fn take_entry(
    input: &mut Decoder<'_>,
    at: u64,
    file: Option<&Arc<DataFile>>,
    state: &mut State,
) -> Result<(), DecodeError> {
    let key = input.text()?;
    let (mod_revision, create_revision) = (input.number()?, input.number()?);
    let version = input.number()?;
    if version == 0 {
        return Err(DecodeError::BadNumber);
    }
    let lease = match input.number()? {
        0 => None,
        id => Some(LeaseId(id)),
    };
    let value = input.bytes()?;
    let offset = at + (input.position() - value.len()) as u64;
    let place = file.map(|file| Place::of(file, offset, value));
    let value = Some(Value::of(value));
    state.load(
        key,
        Version {
            mod_revision,
            create_revision,
            version,
            lease,
            value,
            place,
        },
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        /// As if damage had met the checksum too.
        #[test]
        fn hostile_frames_never_panic(tag in 0u8..7, rest in proptest::collection::vec(0u8..9, 0..99)) {
            let (mut head, mut state) = (None, State::default());
            let payload = [&[tag][..], &rest].concat();
            let _ = take_frame(&payload, 12, None, &mut head, &mut state);
        }

        #[test]
        fn random_files_are_refused(bytes: Vec<u8>) {
            let with_magic = [&MAGIC[..], &bytes].concat();
            prop_assert!(read(&bytes[..], None).is_err());
            prop_assert!(read(&with_magic[..], None).is_err());
        }
    }
}
