//! The manifest: everything but the records, as of the beginning of the log.
//!
//! ```text
//! magic 8 | salt u32 | frame*        frames: head, streams*, end
//! ```

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    path::Path,
};

use wharf_wal::{
    DecodeError, Decoder, Disk, Encoder, FrameError, FrameReader, ReplaceError, encode_frame,
};

use crate::{
    OpenError,
    state::{State, Stream},
};

const NAME: &str = "manifest";
const MAGIC: [u8; 8] = *b"wharfmf\x01";
const PREFIX_BYTES: usize = 12;
/// A frame is ended when it has grown beyond this.
const FRAME_TARGET_BYTES: usize = 64 << 10;

const HEAD: u8 = 1;
const STREAMS: u8 = 2;
const END: u8 = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) next_stream: u64,
    /// The log begins with this segment.
    pub(crate) first_segment: u64,
    pub(crate) next_run: u32,
    pub(crate) runs: Vec<u32>,
}

/// What stands in a manifest, ready to be written without holding the index.
pub(crate) struct Image {
    frames: Vec<u8>,
}

impl Image {
    /// Of the present, which is right although the log begins earlier: replaying it over this comes
    /// to the same end.
    pub(crate) fn take(state: &State, head: &Head) -> Self {
        let salt: u32 = rand::random();
        let mut frames = [&MAGIC[..], &salt.to_le_bytes()].concat();
        let mut seq = 0;
        let mut add = |payload: &Encoder| {
            seq += 1;
            encode_frame(&mut frames, salt, seq, payload.as_slice());
        };
        let mut out = Encoder::new();
        out.u8(HEAD);
        for number in [state.next_stream, head.first_segment, head.next_run.into()] {
            out.number(number);
        }
        out.number(head.runs.len() as u64);
        head.runs.iter().for_each(|run| out.number((*run).into()));
        add(&out);
        out.clear();
        for (id, stream) in &state.streams {
            encode_stream(&mut out, *id, stream);
            if out.len() > FRAME_TARGET_BYTES {
                add(&out);
                out.clear();
            }
        }
        if !out.is_empty() {
            add(&out);
        }
        out.clear();
        out.u8(END);
        out.number(state.streams.len() as u64);
        add(&out);
        Self { frames }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.frames
    }

    /// Puts this in the place of the manifest there is. Either of them is whole at every moment.
    pub(crate) fn write(&self, dir: &Path, disk: &Disk) -> Result<(), ReplaceError> {
        disk.replace(dir, NAME, |out| out.write_all(&self.frames), |_| Ok(()))
            .map(|_| ())
    }
}

/// Each stream starts with the tag, so that frames can be cut between any two.
fn encode_stream(out: &mut Encoder, id: u64, stream: &Stream) {
    if out.is_empty() {
        out.u8(STREAMS);
    }
    out.number(id);
    out.bytes(stream.name.as_bytes());
    out.number(stream.first);
    out.number(stream.cursors.len() as u64);
    for (name, offset) in &stream.cursors {
        out.bytes(name.as_bytes());
        out.number(*offset);
    }
}

/// Reads the manifest; `None` if there is none, as in a new folder.
pub(crate) fn read(dir: &Path) -> Result<Option<(Head, State)>, OpenError> {
    let path = dir.join(NAME);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(OpenError::io("open", path)(e)),
    };
    let mut source = BufReader::with_capacity(FRAME_TARGET_BYTES, file);
    let corrupt = |at, reason: &str| OpenError::corrupt(&path, at, reason);
    let mut prefix = [0; PREFIX_BYTES];
    source
        .read_exact(&mut prefix)
        .map_err(|_| corrupt(0, "it ends too early"))?;
    let [m0, m1, m2, m3, m4, m5, m6, m7, salt @ ..] = prefix;
    if [m0, m1, m2, m3, m4, m5, m6, m7] != MAGIC {
        return Err(corrupt(0, "it is no manifest of this version"));
    }
    let mut frames = FrameReader::new(source, u32::from_le_bytes(salt), 1, PREFIX_BYTES as u64);
    let (mut head, mut state) = (None, State::default());
    loop {
        let (payload, at) = frames.next_frame().map_err(|e| match e {
            FrameError::Invalid { offset, .. } => corrupt(offset, "a frame is damaged or missing"),
            FrameError::Io(e) => OpenError::io("read", &path)(e),
        })?;
        let end = take_frame(payload, &mut head, &mut state)
            .map_err(|e| corrupt(at, &format!("a frame {e}")))?;
        if end {
            break;
        }
    }
    let head: Head = head.ok_or_else(|| corrupt(PREFIX_BYTES as u64, "it has no head"))?;
    state.next_stream = head.next_stream;
    Ok(Some((head, state)))
}

/// Whether this was the end.
pub(crate) fn take_frame(
    payload: &[u8],
    head: &mut Option<Head>,
    state: &mut State,
) -> Result<bool, DecodeError> {
    // The highest bit tells runs from segments.
    let small = |n: u64| match u32::try_from(n) {
        Ok(id) if id < 1 << 31 => Ok(id),
        _ => Err(DecodeError::BadNumber),
    };
    let mut input = Decoder::new(payload);
    match input.u8()? {
        HEAD => {
            let (next_stream, first_segment) = (input.counter()?, input.counter()?);
            let next_run = small(input.number()?)?;
            let mut runs = Vec::new();
            for _ in 0..input.count(1)? {
                runs.push(small(input.number()?)?);
            }
            *head = Some(Head {
                next_stream,
                first_segment,
                next_run,
                runs,
            });
        }
        STREAMS => {
            while !input.is_empty() {
                let (id, name, first) = (input.counter()?, input.text()?, input.counter()?);
                let stream = state.add_stream(id, name, first);
                for _ in 0..input.count(2)? {
                    let name = input.text()?.into();
                    stream.cursors.insert(name, input.number()?);
                }
            }
        }
        END => {
            if input.number()? != state.streams.len() as u64 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        /// As if damage had met the checksum too.
        #[test]
        fn hostile_frames_never_panic(tag in 0u8..5, rest in proptest::collection::vec(0u8..9, 0..99)) {
            let (mut head, mut state) = (None, State::default());
            let _ = take_frame(&[&[tag][..], &rest].concat(), &mut head, &mut state);
        }
    }
}
