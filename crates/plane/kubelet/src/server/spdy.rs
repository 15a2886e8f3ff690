//! SPDY/3.1 as far as Kubernetes speaks it: many streams over one connection, each begun with headers. No flow control, as clients have
//! none. Bounds come before allocation.

use std::{collections::BTreeMap, io};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::task::AbortOnDropHandle;

use super::{sessions::PIECE, streams::STALLED};

/// With which both sides' compression of headers begins; SPDY's own.
pub const DICTIONARY: &[u8] = include_bytes!("spdy.dictionary");
const VERSION: u16 = 3;
/// Of a frame; clients send 32 KiB at once.
const MOST_FRAME: usize = 1 << 20;
/// Of the headers of a stream, unpacked.
const MOST_HEADERS: usize = 16 << 10;
const MOST_PAIRS: usize = 64;
/// Frames that wait for their reader.
const WAITING: usize = 64;

const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const GOAWAY: u16 = 7;
const FIN: u8 = 1;

pub type Headers = BTreeMap<String, String>;

/// What the other side sends.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Stream {
        id: u32,
        headers: Headers,
        ends: bool,
    },
    Data {
        id: u32,
        bytes: Vec<u8>,
        ends: bool,
    },
    Reset {
        id: u32,
    },
    Ping {
        id: u32,
    },
    GoAway,
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Unpacks the headers of one side: each block goes on where the last one ended.
struct Unpacker(Decompress);

impl Unpacker {
    fn new() -> Self {
        Self(Decompress::new(true))
    }

    fn headers(&mut self, packed: &[u8]) -> io::Result<Headers> {
        let mut plain = Vec::with_capacity(MOST_HEADERS);
        let mut rest = packed;
        loop {
            let before = self.0.total_in();
            let done = self
                .0
                .decompress_vec(rest, &mut plain, FlushDecompress::Sync);
            let taken = usize::try_from(self.0.total_in() - before).unwrap_or(usize::MAX);
            rest = rest.get(taken..).unwrap_or_default();
            match done {
                Err(error) if error.needs_dictionary().is_some() => {
                    let set = self.0.set_dictionary(DICTIONARY);
                    set.map_err(|_| broken("another dictionary"))?;
                    continue;
                }
                Err(_) => return Err(broken("headers that cannot be unpacked")),
                Ok(_) => {}
            }
            if rest.is_empty() {
                break;
            }
            if taken == 0 || plain.len() == plain.capacity() {
                return Err(broken("headers that are too long"));
            }
        }
        read_headers(&plain)
    }
}

fn number(bytes: &mut &[u8]) -> io::Result<usize> {
    let (head, rest) = bytes
        .split_first_chunk::<4>()
        .ok_or_else(|| broken("headers that are cut"))?;
    *bytes = rest;
    Ok(u32::from_be_bytes(*head) as usize)
}

fn word(bytes: &mut &[u8]) -> io::Result<String> {
    let length = number(bytes)?;
    let word = bytes.split_at_checked(length);
    let (word, rest) = word.ok_or_else(|| broken("headers that are cut"))?;
    *bytes = rest;
    Ok(String::from_utf8_lossy(word).into_owned())
}

fn read_headers(mut plain: &[u8]) -> io::Result<Headers> {
    let count = number(&mut plain)?;
    if count > MOST_PAIRS {
        return Err(broken("too many headers"));
    }
    (0..count)
        .map(|_| Ok((word(&mut plain)?.to_ascii_lowercase(), word(&mut plain)?)))
        .collect()
}

/// Reads frames.
pub struct Reader<S> {
    stream: S,
    unpacker: Unpacker,
}

impl<S: AsyncRead + Unpin> Reader<S> {
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            unpacker: Unpacker::new(),
        }
    }

    /// `None` at the end.
    pub async fn next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            let mut head = [0; 8];
            match self.stream.read_exact(&mut head).await {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                other => other?,
            };
            let first = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
            let ends = head[4] & FIN != 0;
            let length = u32::from_be_bytes([0, head[5], head[6], head[7]]) as usize;
            if length > MOST_FRAME {
                return Err(broken("a frame that is too long"));
            }
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body).await?;
            if first & (1 << 31) == 0 {
                return Ok(Some(Frame::Data {
                    id: first,
                    bytes: body,
                    ends,
                }));
            }
            if (first >> 16) & 0x7fff != u32::from(VERSION) {
                return Err(broken("another version of SPDY"));
            }
            let id = || {
                let first = body
                    .first_chunk::<4>()
                    .ok_or_else(|| broken("a frame that is cut"))?;
                Ok::<u32, io::Error>(u32::from_be_bytes(*first) & 0x7fff_ffff)
            };
            match u16::try_from(first & 0xffff).unwrap_or_default() {
                SYN_STREAM => {
                    let packed = body
                        .get(10..)
                        .ok_or_else(|| broken("a frame that is cut"))?;
                    let headers = self.unpacker.headers(packed)?;
                    return Ok(Some(Frame::Stream {
                        id: id()?,
                        headers,
                        ends,
                    }));
                }
                RST_STREAM => return Ok(Some(Frame::Reset { id: id()? })),
                PING => match id()? {
                    // Those of clients are odd: this answers one of ours.
                    ours if ours % 2 == 0 => {}
                    id => return Ok(Some(Frame::Ping { id })),
                },
                GOAWAY => return Ok(Some(Frame::GoAway)),
                // Settings, windows, and further headers mean nothing here.
                _ => {}
            }
        }
    }
}

/// Writes frames.
pub struct Writer<S> {
    stream: S,
    packer: Compress,
    /// The last ping. Those of a server are even.
    pinged: u32,
}

impl<S: AsyncWrite + Unpin> Writer<S> {
    fn new(stream: S) -> io::Result<Self> {
        let mut packer = Compress::new(Compression::fast(), true);
        let set = packer.set_dictionary(DICTIONARY);
        set.map_err(|_| broken("the dictionary cannot be set"))?;
        Ok(Self {
            stream,
            packer,
            pinged: 0,
        })
    }

    async fn write(&mut self, frame: &[u8]) -> io::Result<()> {
        let writing = async {
            self.stream.write_all(frame).await?;
            self.stream.flush().await
        };
        timeout(STALLED, writing).await?
    }

    async fn control(&mut self, kind: u16, flags: u8, body: &[u8]) -> io::Result<()> {
        let mut frame = Vec::with_capacity(8 + body.len());
        frame.extend((VERSION | 1 << 15).to_be_bytes());
        frame.extend(kind.to_be_bytes());
        frame.extend(head_end(flags, body.len()));
        frame.extend_from_slice(body);
        self.write(&frame).await
    }

    /// A stream is taken.
    pub async fn reply(&mut self, id: u32) -> io::Result<()> {
        let mut body = id.to_be_bytes().to_vec();
        let mut packed = Vec::with_capacity(64);
        let none = 0u32.to_be_bytes();
        let done = self
            .packer
            .compress_vec(&none, &mut packed, FlushCompress::Sync);
        done.map_err(|_| broken("headers that cannot be packed"))?;
        body.extend(packed);
        self.control(SYN_REPLY, 0, &body).await
    }

    pub async fn data(&mut self, id: u32, bytes: &[u8], ends: bool) -> io::Result<()> {
        let mut frame = Vec::with_capacity(8 + bytes.len());
        frame.extend(id.to_be_bytes());
        frame.extend(head_end(if ends { FIN } else { 0 }, bytes.len()));
        frame.extend_from_slice(bytes);
        self.write(&frame).await
    }

    /// Asks whether the client is there. Its answer is nothing to anybody: whoever is gone is so to what is written.
    pub async fn ping(&mut self) -> io::Result<()> {
        self.pinged = self.pinged.wrapping_add(2);
        self.control(PING, 0, &self.pinged.to_be_bytes()).await
    }

    pub async fn pong(&mut self, id: u32) -> io::Result<()> {
        self.control(PING, 0, &id.to_be_bytes()).await
    }

    pub async fn reset(&mut self, id: u32) -> io::Result<()> {
        const REFUSED: u32 = 3;
        let body = [id.to_be_bytes(), REFUSED.to_be_bytes()].concat();
        self.control(RST_STREAM, 0, &body).await
    }

    pub async fn end(&mut self) {
        let _ = self.stream.shutdown().await;
    }
}

fn head_end(flags: u8, length: usize) -> [u8; 4] {
    let [_, a, b, c] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    [flags, a, b, c]
}

/// A frame as it waits: of data a piece at a time, so that what waits is bounded by its bytes.
fn pieces(frame: Frame) -> Vec<Frame> {
    let (id, bytes, ends) = match frame {
        Frame::Data { id, bytes, ends } if bytes.len() > PIECE => (id, bytes, ends),
        other => return vec![other],
    };
    let count = bytes.len().div_ceil(PIECE);
    let pieces = bytes.chunks(PIECE).enumerate();
    let pieces = pieces.map(|(at, piece)| Frame::Data {
        id,
        bytes: piece.to_vec(),
        ends: ends && at + 1 == count,
    });
    pieces.collect()
}

/// A connection whose frames are read by a task of its own, so that waiting for one may be given up.
pub struct Connection<S> {
    pub frames: mpsc::Receiver<Frame>,
    pub writer: Writer<WriteHalf<S>>,
    pub reading: AbortOnDropHandle<()>,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Connection<S> {
    /// # Errors
    /// The dictionary cannot be set.
    pub fn new(stream: S) -> io::Result<Self> {
        let (reads, writes) = split(stream);
        let (tell, frames) = mpsc::channel(WAITING);
        let mut reader: Reader<ReadHalf<S>> = Reader::new(reads);
        let reading = tokio::spawn(async move {
            loop {
                match reader.next().await {
                    Ok(Some(frame)) => {
                        for piece in pieces(frame) {
                            if tell.send(piece).await.is_err() {
                                return;
                            }
                        }
                    }
                    Ok(None) => return,
                    Err(error) => {
                        tracing::debug!(%error, "a connection that speaks SPDY broke");
                        return;
                    }
                }
            }
        });
        Ok(Self {
            frames,
            writer: Writer::new(writes)?,
            reading: AbortOnDropHandle::new(reading),
        })
    }
}

/// Frames as clients make them.
#[cfg(test)]
pub mod made {
    use super::*;

    pub fn packer() -> Compress {
        let mut packer = Compress::new(Compression::best(), true);
        packer.set_dictionary(DICTIONARY).unwrap();
        packer
    }

    /// One that begins a stream.
    pub fn begin(packer: &mut Compress, id: u32, pairs: &[(&str, &str)]) -> Vec<u8> {
        let mut plain = u32::try_from(pairs.len()).unwrap().to_be_bytes().to_vec();
        for word in pairs.iter().flat_map(|(name, value)| [name, value]) {
            plain.extend(u32::try_from(word.len()).unwrap().to_be_bytes());
            plain.extend(word.bytes());
        }
        let mut packed = Vec::with_capacity(1024);
        packer
            .compress_vec(&plain, &mut packed, FlushCompress::Sync)
            .unwrap();
        let mut body = [id.to_be_bytes(), [0; 4]].concat();
        body.extend([0, 0]);
        body.extend(packed);
        let mut frame = vec![0x80, 3, 0, 1];
        frame.extend(head_end(0, body.len()));
        frame.extend(body);
        frame
    }

    pub fn data(id: u32, bytes: &[u8], ends: bool) -> Vec<u8> {
        let mut frame = id.to_be_bytes().to_vec();
        frame.extend(head_end(if ends { FIN } else { 0 }, bytes.len()));
        frame.extend_from_slice(bytes);
        frame
    }

    pub fn ping(id: u32) -> Vec<u8> {
        let mut frame = vec![0x80, 3, 0, 6];
        frame.extend(head_end(0, 4));
        frame.extend(id.to_be_bytes());
        frame
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{made::begin, *};

    #[tokio::test]
    async fn streams_begin_and_carry() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        let mut connection = Connection::new(ours).unwrap();
        let mut packer = made::packer();
        for (id, kind) in [(1, "error"), (3, "data")] {
            let frame = begin(&mut packer, id, &[("Streamtype", kind), ("port", "80")]);
            theirs.write_all(&frame).await.unwrap();
            let headers = [("streamtype", kind), ("port", "80")];
            let headers = headers.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
            assert_eq!(
                connection.frames.recv().await,
                Some(Frame::Stream {
                    id,
                    headers,
                    ends: false
                })
            );
        }
        theirs
            .write_all(&[0, 0, 0, 3, FIN, 0, 0, 2, b'h', b'i'])
            .await
            .unwrap();
        let data = Frame::Data {
            id: 3,
            bytes: b"hi".to_vec(),
            ends: true,
        };
        assert_eq!(connection.frames.recv().await, Some(data));
        connection.writer.data(3, b"yes", true).await.unwrap();
        let mut back = [0; 11];
        theirs.read_exact(&mut back).await.unwrap();
        assert_eq!(back, [0, 0, 0, 3, FIN, 0, 0, 3, b'y', b'e', b's']);
        connection.writer.reply(1).await.unwrap();
        let mut head = [0; 8];
        theirs.read_exact(&mut head).await.unwrap();
        assert_eq!(head[..4], [0x80, 3, 0, 2]);
    }

    #[test]
    fn what_waits_of_a_large_frame_waits_in_pieces() {
        let data = |bytes: &[u8], ends| Frame::Data {
            id: 3,
            bytes: bytes.to_vec(),
            ends,
        };
        let large: Vec<u8> = [vec![1; PIECE], vec![2; PIECE], vec![3]].concat();
        let (first, second) = (&large[..PIECE], &large[PIECE..2 * PIECE]);
        let wanted = [
            data(first, false),
            data(second, false),
            data(&large[2 * PIECE..], true),
        ];
        assert_eq!(pieces(data(&large, true)), wanted);
        assert_eq!(pieces(data(first, true)), [data(first, true)]);
        assert_eq!(pieces(data(&[], true)), [data(&[], true)]);
        assert_eq!(pieces(Frame::GoAway), [Frame::GoAway]);
    }

    #[tokio::test]
    async fn answers_to_pings_are_no_pings() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 16);
        let mut connection = Connection::new(ours).unwrap();
        for id in [2, 4] {
            connection.writer.ping().await.unwrap();
            let mut ping = [0; 12];
            theirs.read_exact(&mut ping).await.unwrap();
            assert_eq!(ping[..], made::ping(id));
            theirs.write_all(&ping).await.unwrap();
        }
        theirs.write_all(&made::ping(5)).await.unwrap();
        let next = connection.frames.recv().await;
        assert_eq!(next, Some(Frame::Ping { id: 5 }));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 0..9u8) {
            let mut all = vec![0x80, 3, 0, kind, 0, 0, 0, u8::try_from(bytes.len()).unwrap()];
            all.extend(&bytes);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let mut reader = Reader::new(&all[..]);
                while let Ok(Some(_)) = reader.next().await {}
            });
        }
    }
}
