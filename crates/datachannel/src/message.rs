//! The binary layout: a header of 116 bytes after its own length, then the length of the payload and
//! the payload. All numbers are big-endian.

use sha2::{Digest, Sha256};

/// What the header says of its own length: everything before the payload's.
const HEADER_LENGTH: u32 = 116;
/// Where the payload begins.
const PAYLOAD_AT: usize = 120;
const SCHEMA_VERSION: u32 = 1;

/// Flags: the first and the last message of a stream.
pub const SYN: u64 = 1;
pub const FIN: u64 = 2;

/// A message's type, a name of at most 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// To the agent.
    Input,
    /// To the client.
    Output,
    Acknowledge,
    /// The session is over.
    ChannelClosed,
    /// The other end is there.
    StartPublication,
    /// The other end is gone, and may come back.
    PausePublication,
    Other(String),
}

impl Kind {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Input => "input_stream_data",
            Self::Output => "output_stream_data",
            Self::Acknowledge => "acknowledge",
            Self::ChannelClosed => "channel_closed",
            Self::StartPublication => "start_publication",
            Self::PausePublication => "pause_publication",
            Self::Other(name) => name,
        }
    }

    fn parse(name: &str) -> Self {
        match name {
            "input_stream_data" => Self::Input,
            "output_stream_data" => Self::Output,
            "acknowledge" => Self::Acknowledge,
            "channel_closed" => Self::ChannelClosed,
            "start_publication" => Self::StartPublication,
            "pause_publication" => Self::PausePublication,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// What a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadType {
    /// Of messages that carry no stream data.
    Undefined,
    /// What the program prints; in the other direction what is typed.
    Output,
    Error,
    /// `{"cols":80,"rows":24}`
    Size,
    Parameter,
    HandshakeRequest,
    HandshakeResponse,
    HandshakeComplete,
    /// A number of four bytes, see [`TERMINATE`].
    Flag,
    StdErr,
    ExitCode,
    Other(u32),
}

/// The [`PayloadType::Flag`] that asks the agent to end the session.
pub const TERMINATE: u32 = 2;

impl PayloadType {
    fn number(self) -> u32 {
        match self {
            Self::Undefined => 0,
            Self::Output => 1,
            Self::Error => 2,
            Self::Size => 3,
            Self::Parameter => 4,
            Self::HandshakeRequest => 5,
            Self::HandshakeResponse => 6,
            Self::HandshakeComplete => 7,
            Self::Flag => 10,
            Self::StdErr => 11,
            Self::ExitCode => 12,
            Self::Other(number) => number,
        }
    }

    fn of(number: u32) -> Self {
        match number {
            0 => Self::Undefined,
            1 => Self::Output,
            2 => Self::Error,
            3 => Self::Size,
            4 => Self::Parameter,
            5 => Self::HandshakeRequest,
            6 => Self::HandshakeResponse,
            7 => Self::HandshakeComplete,
            10 => Self::Flag,
            11 => Self::StdErr,
            12 => Self::ExitCode,
            other => Self::Other(other),
        }
    }
}

/// A message's id: the sixteen bytes of a UUID in its usual order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageId([u8; 16]);

impl MessageId {
    /// A new random one (version 4).
    pub fn mint() -> Self {
        let mut bytes: [u8; 16] = rand::random();
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }

    /// The two halves of eight bytes stand in the wrong order on the wire.
    fn swapped(self) -> [u8; 16] {
        let mut bytes = self.0;
        bytes.rotate_left(8);
        bytes
    }
}

impl std::fmt::Display for MessageId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                out.write_str("-")?;
            }
            write!(out, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub kind: Kind,
    /// Milliseconds since 1970.
    pub created: u64,
    pub sequence: i64,
    pub flags: u64,
    pub id: MessageId,
    pub payload_type: PayloadType,
    pub payload: Vec<u8>,
}

/// What is typed and printed is nobody's business.
impl std::fmt::Debug for Message {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Message")
            .field("kind", &self.kind)
            .field("sequence", &self.sequence)
            .field("payload_type", &self.payload_type)
            .field("payload_len", &self.payload.len())
            .finish_non_exhaustive()
    }
}

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("a message of {0} bytes is too short")]
    Short(usize),
    #[error("a header of {0} bytes is unknown")]
    Header(u32),
    #[error("the payload has another length than the message says")]
    Length,
    #[error("the message has no type")]
    NoKind,
    #[error("the message has no time")]
    NoTime,
    #[error("the payload has another digest than the message says")]
    Digest,
}

impl Message {
    pub fn new(kind: Kind, created: u64, payload_type: PayloadType, payload: Vec<u8>) -> Self {
        Self {
            kind,
            created,
            sequence: 0,
            flags: 0,
            id: MessageId::mint(),
            payload_type,
            payload,
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(PAYLOAD_AT + self.payload.len());
        out.extend(HEADER_LENGTH.to_be_bytes());
        let name = self.kind.as_str().as_bytes();
        let name = &name[..name.len().min(32)];
        out.extend(name);
        out.resize(36, b' ');
        out.extend(SCHEMA_VERSION.to_be_bytes());
        out.extend(self.created.to_be_bytes());
        out.extend(self.sequence.to_be_bytes());
        out.extend(self.flags.to_be_bytes());
        out.extend(self.id.swapped());
        out.extend(Sha256::digest(&self.payload));
        out.extend(self.payload_type.number().to_be_bytes());
        let length = u32::try_from(self.payload.len()).unwrap_or(u32::MAX);
        out.extend(length.to_be_bytes());
        out.extend(&self.payload);
        out
    }

    /// # Errors
    /// See [`Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let header = bytes
            .get(..PAYLOAD_AT)
            .ok_or(Malformed::Short(bytes.len()))?;
        let header_length = u32_at(header, 0);
        if header_length != HEADER_LENGTH {
            return Err(Malformed::Header(header_length));
        }
        let payload = &bytes[PAYLOAD_AT..];
        if usize::try_from(u32_at(header, 116)) != Ok(payload.len()) {
            return Err(Malformed::Length);
        }
        let name = std::str::from_utf8(&header[4..36]).map_err(|_| Malformed::NoKind)?;
        let name = name.trim_matches([' ', '\0']);
        if name.is_empty() {
            return Err(Malformed::NoKind);
        }
        let created = u64_at(header, 40);
        if created == 0 {
            return Err(Malformed::NoTime);
        }
        if Sha256::digest(payload).as_slice() != &header[80..112] {
            return Err(Malformed::Digest);
        }
        let mut id = [0; 16];
        id.copy_from_slice(&header[64..80]);
        id.rotate_left(8);
        Ok(Self {
            kind: Kind::parse(name),
            created,
            sequence: u64_at(header, 48).cast_signed(),
            flags: u64_at(header, 56),
            id: MessageId(id),
            payload_type: PayloadType::of(u32_at(header, 112)),
            payload: payload.to_vec(),
        })
    }

    /// The place in its stream alone, for who passes messages on.
    pub fn sequence_of(bytes: &[u8]) -> Option<i64> {
        (bytes.len() >= PAYLOAD_AT).then(|| u64_at(bytes, 48).cast_signed())
    }

    /// The type alone, for who passes messages on.
    pub fn kind_of(bytes: &[u8]) -> Option<Kind> {
        let name = std::str::from_utf8(bytes.get(4..36)?).ok()?;
        Some(Kind::parse(name.trim_matches([' ', '\0'])))
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_be_bytes(number)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_be_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            sequence: 7,
            flags: SYN,
            ..Message::new(
                Kind::Output,
                1_700_000_000_123,
                PayloadType::Output,
                b"hello".to_vec(),
            )
        }
    }

    #[test]
    fn layout() {
        let mut message = message();
        message.id = MessageId(*b"ABCDEFGHabcdefgh");
        let bytes = message.encode();
        assert_eq!(&bytes[..4], [0, 0, 0, 116]);
        assert_eq!(&bytes[4..36], b"output_stream_data              ");
        assert_eq!(&bytes[36..40], [0, 0, 0, 1]);
        assert_eq!(&bytes[48..56], [0, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(&bytes[64..80], b"abcdefghABCDEFGH");
        assert_eq!(&bytes[112..120], [0, 0, 0, 1, 0, 0, 0, 5]);
        assert_eq!(&bytes[120..], b"hello");
        assert_eq!(Message::decode(&bytes), Ok(message));
        assert_eq!(Message::kind_of(&bytes), Some(Kind::Output));
        assert_eq!(Message::sequence_of(&bytes), Some(7));
        assert_eq!(Message::sequence_of(&bytes[..100]), None);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let good = message().encode();
        let with = |at: usize, bytes: &[u8]| {
            let mut changed = good.clone();
            changed[at..at + bytes.len()].copy_from_slice(bytes);
            Message::decode(&changed).unwrap_err()
        };
        assert_eq!(Message::decode(&[]), Err(Malformed::Short(0)));
        assert_eq!(Message::decode(&good[..124]), Err(Malformed::Length));
        assert_eq!(with(0, &[0; 4]), Malformed::Header(0));
        assert_eq!(with(4, &[b' '; 32]), Malformed::NoKind);
        assert_eq!(with(4, &[0xff; 32]), Malformed::NoKind);
        assert_eq!(with(40, &[0; 8]), Malformed::NoTime);
        assert_eq!(with(120, b"j"), Malformed::Digest);
        assert_eq!(with(116, &[0xff; 4]), Malformed::Length);
    }

    #[test]
    fn ids_print_as_uuids() {
        let id = MessageId(*b"ABCDEFGHabcdefgh").to_string();
        assert_eq!(id, "41424344-4546-4748-6162-636465666768");
        assert_eq!(&MessageId::mint().to_string()[14..15], "4");
    }
}
