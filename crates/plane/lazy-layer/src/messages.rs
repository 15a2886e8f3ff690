//! What the program and the agent say to each other, in messages of eight bytes: the number of a span, and a word about it.

use std::io::{self, Read, Write};

pub const BYTES: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    pub span: u32,
    /// To the agent 0. From it 0 if the span is there, else it will not be.
    pub word: u32,
}

impl Message {
    #[must_use]
    pub fn wanted(span: u32) -> Self {
        Self { span, word: 0 }
    }

    #[must_use]
    pub fn outcome(span: u32, is_there: bool) -> Self {
        let word = u32::from(!is_there);
        Self { span, word }
    }

    /// The program's last word: nobody has the layer mounted any more. Without it, it was killed.
    pub const OVER: Self = Self {
        span: u32::MAX,
        word: u32::MAX,
    };

    #[must_use]
    pub fn is_there(self) -> bool {
        self.word == 0
    }

    #[must_use]
    pub fn encode(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[..4].copy_from_slice(&self.span.to_le_bytes());
        bytes[4..].copy_from_slice(&self.word.to_le_bytes());
        bytes
    }

    #[must_use]
    pub fn decode(bytes: [u8; BYTES]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        Self {
            span: u32::from_le_bytes([a, b, c, d]),
            word: u32::from_le_bytes([e, f, g, h]),
        }
    }

    /// # Errors
    /// The other side is gone.
    pub fn send(self, mut to: impl Write) -> io::Result<()> {
        to.write_all(&self.encode())
    }

    /// # Errors
    /// The other side is gone.
    pub fn receive(mut from: impl Read) -> io::Result<Self> {
        let mut bytes = [0; BYTES];
        from.read_exact(&mut bytes)?;
        Ok(Self::decode(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_what_they_were() {
        for message in [
            Message::wanted(7),
            Message::outcome(u32::MAX, true),
            Message::outcome(0, false),
        ] {
            assert_eq!(Message::decode(message.encode()), message);
        }
        assert!(!Message::outcome(1, false).is_there());
    }
}
