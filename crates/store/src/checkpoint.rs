//! The checkpoint: one file with the state as of one revision. The same form serves as snapshot.
//!
//! ```text
//! magic 8 | salt u32 | frame*        frames: head, leases*, cursors*, entries*, end
//! ```
//! A file without its end frame, or with another count than that says, is not taken.

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    sync::{
        Arc,
        mpsc::{channel, sync_channel},
    },
};

use wharf_wal::{
    DataFile, DecodeError, Decoder, Encoder, FrameError, FrameReader, MAX_FRAME_BYTES, Place,
    encode_frame,
};

use crate::{
    LeaseId, Revision, Span,
    shared::{Pin, Shared},
    state::{Lease, Loader, Packing, Ready, State, Version},
    value::Value,
};

pub(crate) const MAGIC: [u8; 8] = *b"wharfck\x01";
const PREFIX_BYTES: usize = 12;
/// A frame is ended when it has grown beyond this.
const FRAME_TARGET_BYTES: usize = 64 << 10;
/// Keys looked at under one hold of the lock.
const SCAN_KEYS: usize = 256;

/// A smaller checkpoint is not worth a thread.
const LARGE_BYTES: u64 = 1 << 20;
/// Frames that may have been read ahead.
const AHEAD: usize = 8;

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

    /// # Errors
    /// `InvalidData`: nobody would read a frame of that size.
    fn frame(&mut self, payload: &Encoder) -> io::Result<()> {
        if payload.as_slice().len() > MAX_FRAME_BYTES {
            let error = "a frame of a checkpoint is too large";
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        self.buffer.clear();
        encode_frame(&mut self.buffer, self.salt, self.seq, payload.as_slice());
        self.out.write_all(&self.buffer)?;
        self.offset += self.buffer.len() as u64;
        self.seq += 1;
        Ok(())
    }
}

/// What stands before the entries: leases and cursors, which have no revisions and so no past that could be read.
pub(crate) struct Preamble {
    next_lease: u64,
    leases: Encoder,
    cursors: Encoder,
}

impl Preamble {
    /// A snapshot needs that of its own revision: a key whose lease had ended since would stay for good where it is restored.
    /// For a checkpoint that of the present is right, although its entries are older: replaying the log over it comes to
    /// the same end.
    pub(crate) fn of(state: &State) -> Self {
        let (mut leases, mut cursors) = (Encoder::new(), Encoder::new());
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
        Self {
            next_lease: state.next_lease,
            leases,
            cursors,
        }
    }
}

/// Begins a file with all but its entries.
fn begin<W: Write>(out: W, head: Head, preamble: &Preamble) -> io::Result<FrameWriter<W>> {
    let mut out = FrameWriter::begin(out)?;
    let mut first = Encoder::new();
    first.u8(HEAD);
    for number in [
        head.epoch,
        head.revision,
        head.next_lease,
        head.first_segment,
    ] {
        first.number(number);
    }
    for payload in [&first, &preamble.leases, &preamble.cursors] {
        out.frame(payload)?;
    }
    Ok(out)
}

/// Writes the state as of the pinned revision while the store goes on. Returns entries and bytes.
pub(crate) fn write<W: Write>(
    out: W,
    shared: &Shared,
    pin: &Pin,
    preamble: &Preamble,
    first_segment: u64,
) -> io::Result<(u64, u64)> {
    let head = Head {
        epoch: shared.epoch,
        revision: pin.revision,
        next_lease: preamble.next_lease,
        first_segment,
    };
    let mut out = begin(out, head, preamble)?;
    let all = Span::Prefix(String::new());
    let (mut count, mut after): (u64, Option<String>) = (0, None);
    loop {
        let mut page: Vec<(String, Version)> = Vec::with_capacity(SCAN_KEYS);
        let mut bytes = 0;
        let last = shared
            .read()
            .scan(&all, after.as_deref(), pin.revision, SCAN_KEYS, |key, v| {
                page.push((key.to_key(), v.clone()));
                bytes += key.len() + v.value.as_ref().map_or(0, Value::len);
                bytes < FRAME_TARGET_BYTES
            });
        count += page.len() as u64;
        write_entries(&mut out, page)?;
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

/// In as many frames as it takes: values that are not in memory may be of any size.
fn write_entries<W: Write>(
    out: &mut FrameWriter<W>,
    page: Vec<(String, Version)>,
) -> io::Result<()> {
    let (mut entries, mut count) = (Encoder::new(), 0_u64);
    for (key, version) in page {
        let value = match (&version.value, &version.place) {
            (Some(value), _) => value.bytes(),
            (None, Some(place)) => place.read()?.into(),
            (None, None) => return Err(io::Error::other("a value is nowhere")),
        };
        if count > 0 && entries.len() + value.len() > FRAME_TARGET_BYTES {
            write_frame(out, count, &entries)?;
            (entries, count) = (Encoder::new(), 0);
        }
        entries.bytes(key.as_bytes());
        entries.number(version.mod_revision);
        entries.number(version.create_revision);
        entries.number(version.version);
        entries.number(version.lease().map_or(0, |l| l.0));
        entries.bytes(&value);
        count += 1;
    }
    match count {
        0 => Ok(()),
        count => write_frame(out, count, &entries),
    }
}

fn write_frame<W: Write>(
    out: &mut FrameWriter<W>,
    count: u64,
    entries: &Encoder,
) -> io::Result<()> {
    let mut frame = Encoder::with_capacity(entries.len() + 16);
    frame.u8(ENTRIES);
    frame.number(count);
    frame.raw(entries.as_slice());
    out.frame(&frame)
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
    let mut out = begin(out, head, &Preamble::of(state))?;
    let all = Span::Prefix(String::new());
    let mut after: Option<String> = None;
    loop {
        let mut page = Vec::new();
        after = state.scan(
            &all,
            after.as_deref(),
            state_revision,
            SCAN_KEYS,
            |key, version| {
                page.push((key.to_key(), version.clone()));
                true
            },
        );
        write_entries(&mut out, page)?;
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
    let (mut taken, mut packing) = (Taken::default(), Packing::default());
    frames(source, |payload, at| {
        let ready = ready(payload, at, file, &mut packing)?;
        taken.frame(payload, ready)
    })?;
    taken.finish(packing)
}

/// As [`read`], from the file itself. While entries find their places, another thread reads those behind them, checks their
/// sums and makes them ready.
pub(crate) fn read_file(source: &File, file: &Arc<DataFile>) -> Result<(Head, State), ReadError> {
    if file.len()? < LARGE_BYTES {
        return read(source, Some(file));
    }
    std::thread::scope(|scope| {
        let (done, frames_read) = sync_channel(AHEAD);
        let (back, spares) = channel();
        let reading = move || {
            let mut packing = Packing::default();
            frames(source, |payload, at| {
                let ready = ready(payload, at, Some(file), &mut packing)?;
                let is_end = is_end(payload);
                let payload = std::mem::replace(payload, spares.try_recv().unwrap_or_default());
                Ok(done.send((payload, at, ready)).is_err() || is_end)
            })
            .map(|()| packing)
        };
        let reader = std::thread::Builder::new().name("checkpoint-reader".to_owned());
        let Ok(reader) = reader.spawn_scoped(scope, reading) else {
            // Where no thread is to be had it takes longer.
            return read(source, Some(file));
        };
        let mut taken = Taken::default();
        for (payload, at, ready) in frames_read {
            let took = taken.frame(&payload, ready);
            took.map_err(|e| corrupt(at, &format!("a frame {e}")))?;
            // A reader that has read all needs no more.
            let _ = back.send(payload);
        }
        let packing = reader
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        taken.finish(packing)
    })
}

/// What was taken of a checkpoint so far.
#[derive(Default)]
struct Taken {
    head: Option<Head>,
    loader: Loader,
}

/// Tells where the value that each key got at a revision stands in a whole checkpoint.
pub(crate) fn places<R: Read>(
    source: R,
    file: &Arc<DataFile>,
    mut each: impl FnMut(&str, Revision, Place),
) -> Result<(), ReadError> {
    frames(source, |payload, at| {
        let mut input = Decoder::new(payload);
        match input.u8()? {
            ENTRIES => {
                for _ in 0..input.count(6)? {
                    let it = Stored::decode(&mut input)?;
                    let place = Place::of(file, at + it.at as u64, it.value);
                    each(it.key, it.numbers[0], place);
                }
                Ok(false)
            }
            tag => Ok(tag == END),
        }
    })
}

/// Hands out frames, with the byte at which the payload of each starts, until `take` says that one is the last. It may keep
/// the buffer for another one.
pub(crate) fn frames<R: Read>(
    source: R,
    mut take: impl FnMut(&mut Vec<u8>, u64) -> Result<bool, DecodeError>,
) -> Result<(), ReadError> {
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
    loop {
        let (_, at) = frames.next_frame().map_err(|e| match e {
            FrameError::Invalid { offset, .. } => corrupt(offset, "a frame is damaged or missing"),
            FrameError::Io(e) => ReadError::Io(e),
        })?;
        let mut payload = frames.exchange(Vec::new());
        if take(&mut payload, at).map_err(|e| corrupt(at, &format!("a frame {e}")))? {
            return Ok(());
        }
        frames.exchange(payload);
    }
}

/// Whether the frame is a checkpoint's last.
pub(crate) fn is_end(payload: &[u8]) -> bool {
    payload.first() == Some(&END)
}

fn corrupt(offset: u64, reason: &str) -> ReadError {
    ReadError::Corrupt {
        offset,
        reason: reason.to_owned(),
    }
}

impl Taken {
    /// Whether this was the end; with what [`ready`] made of the frame.
    fn frame(&mut self, payload: &[u8], ready: Vec<Ready>) -> Result<bool, DecodeError> {
        let mut input = Decoder::new(payload);
        let state = &mut self.loader.state;
        match input.u8()? {
            HEAD => {
                self.head = Some(Head {
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
                let mut ready = ready.into_iter();
                for _ in 0..input.count(6)? {
                    let it = Stored::decode(&mut input)?;
                    // One was made of each.
                    let ready = ready.next().ok_or(DecodeError::BadNumber)?;
                    self.loader.load(it.key, it.value.len(), it.lease, ready);
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

    fn finish(self, packing: Packing) -> Result<(Head, State), ReadError> {
        let no_head = || corrupt(PREFIX_BYTES as u64, "it has no head");
        let head = self.head.ok_or_else(no_head)?;
        let mut state = self.loader.finish(packing);
        state.revision = head.revision;
        state.compacted = head.revision;
        state.next_lease = state.next_lease.max(head.next_lease);
        Ok((head, state))
    }
}

/// What the entries of a frame take in memory, in their order. `at`: where its payload starts in the file.
fn ready(
    payload: &[u8],
    at: u64,
    file: Option<&Arc<DataFile>>,
    packing: &mut Packing,
) -> Result<Vec<Ready>, DecodeError> {
    let (mut input, mut all) = (Decoder::new(payload), Vec::new());
    if input.u8()? != ENTRIES {
        return Ok(all);
    }
    for _ in 0..input.count(6)? {
        let it = Stored::decode(&mut input)?;
        let place = file.map(|file| Place::of(file, at + it.at as u64, it.value));
        all.push(packing.ready(it.key, it.numbers, it.lease, it.value, place));
    }
    Ok(all)
}

/// An entry as it stands in a frame.
struct Stored<'a> {
    key: &'a str,
    /// Revisions of the value and of the key's beginning, and the version.
    numbers: [u64; 3],
    lease: Option<LeaseId>,
    value: &'a [u8],
    /// The byte of the payload that the value starts at.
    at: usize,
}

impl<'a> Stored<'a> {
    fn decode(input: &mut Decoder<'a>) -> Result<Self, DecodeError> {
        let key = input.text()?;
        let numbers = [input.number()?, input.number()?, input.number()?];
        if numbers[2] == 0 {
            return Err(DecodeError::BadNumber);
        }
        let lease = match input.number()? {
            0 => None,
            id => Some(LeaseId(id)),
        };
        let value = input.bytes()?;
        Ok(Self {
            key,
            numbers,
            lease,
            value,
            at: input.position() - value.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A checkpoint with a value under so many keys of a folder.
    fn written(folder: &str, keys: usize, value: &[u8]) -> Vec<u8> {
        let (mut loader, mut packing) = (Loader::default(), Packing::default());
        for number in 0..keys {
            let key = format!("{folder}{number:04}");
            let ready = packing.ready(&key, [1, 1, 1], None, value, None);
            loader.load(&key, value.len(), None, ready);
        }
        let mut state = loader.finish(packing);
        state.revision = 1;
        let head = Head {
            epoch: 1,
            revision: 1,
            next_lease: 1,
            first_segment: 1,
        };
        let mut file = Vec::new();
        write_loaded(&mut file, head, &state).unwrap();
        file
    }

    #[test]
    fn values_of_any_size_are_written_in_frames_that_can_be_read() {
        let file = written("/k/", 700, &vec![7; 100_000]);
        let mut largest = 0;
        frames(&file[..], |payload, _| {
            largest = largest.max(payload.len());
            Ok(is_end(payload))
        })
        .unwrap();
        assert!(largest < FRAME_TARGET_BYTES + 110_000, "{largest}");
        let (_, again) = read(&file[..], None).unwrap();
        assert_eq!(again.live_keys(), 700);
        // What nobody could read is not written.
        let mut out = FrameWriter::begin(Vec::new()).unwrap();
        let mut frame = Encoder::new();
        frame.raw(&vec![0; MAX_FRAME_BYTES + 1]);
        assert!(out.frame(&frame).is_err());
    }

    #[test]
    fn a_large_file_is_read_by_two_threads_as_by_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("checkpoint");
        let of = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let file = File::open(&path).unwrap();
            let data = DataFile::new(path.clone(), file.try_clone().unwrap());
            read_file(&file, &data)
        };
        let folder = "/w1/c0/s/000000000000/r/kind/";
        let bytes = written(folder, 4000, &[b'v'; 500]);
        assert!(bytes.len() as u64 > LARGE_BYTES);
        let (head, state) = of(&bytes).unwrap();
        let (same_head, same) = read(&bytes[..], None).unwrap();
        assert_eq!(head, same_head);
        assert_eq!(
            (state.live_keys(), state.live_bytes),
            (same.live_keys(), same.live_bytes)
        );
        let last = state.current(&format!("{folder}3999")).unwrap();
        let (value, place) = (last.value.as_ref(), last.place.as_ref());
        assert_eq!(value.unwrap().bytes(), [b'v'; 500].as_slice());
        assert_eq!(place.unwrap().read().unwrap(), [b'v'; 500]);
        let mut damaged = bytes.clone();
        damaged[bytes.len() / 2] ^= 1;
        for bad in [&damaged[..], &bytes[..bytes.len() - 20]] {
            let refused = of(bad).map(|_| ()).unwrap_err();
            assert!(matches!(refused, ReadError::Corrupt { .. }), "{refused}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        /// As if damage had met the checksum too.
        #[test]
        fn hostile_frames_never_panic(tag in 0u8..7, rest in proptest::collection::vec(0u8..9, 0..99)) {
            let payload = [&[tag][..], &rest].concat();
            let made = ready(&payload, 12, None, &mut Packing::default());
            let _ = Taken::default().frame(&payload, made.unwrap_or_default());
        }

        #[test]
        fn random_files_are_refused(bytes: Vec<u8>) {
            let with_magic = [&MAGIC[..], &bytes].concat();
            prop_assert!(read(&bytes[..], None).is_err());
            prop_assert!(read(&with_magic[..], None).is_err());
        }
    }
}
