//! Bodies of responses: taking data out of the bytes as they come.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{MOST_HEADERS, response::Malformed};

/// Digits of a chunk's size: 16 hold any u64.
const MOST_SIZE_DIGITS: u32 = 16;
/// Extensions of a chunk, and trailers.
const MOST_LINE: usize = 8 * 1024;
const MOST_TRAILERS: usize = 16 * 1024;

/// How a body ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoder {
    /// So many bytes are still to come.
    Length(u64),
    Chunked(Chunk),
    UntilClose,
}

/// Where in a chunked body the next byte lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// In the line with the size.
    Size,
    Data(u64),
    /// In the line end after the data.
    DataEnd,
    Trailers,
    Done,
}

/// What was found.
#[derive(Debug, PartialEq)]
pub enum Piece {
    Data(Bytes),
    Trailers(HeaderMap),
    End,
    /// More input is needed.
    More,
}

impl Decoder {
    pub fn chunked() -> Self {
        Self::Chunked(Chunk::Size)
    }

    /// The exact number of bytes that are still to come, if known.
    pub fn remaining(&self) -> Option<u64> {
        match self {
            Self::Length(remaining) => Some(*remaining),
            _ => None,
        }
    }

    /// Whether the end of the connection is a good end.
    pub fn ends_with_connection(&self) -> bool {
        *self == Self::UntilClose
    }

    pub fn decode(&mut self, input: &mut BytesMut) -> Result<Piece, Malformed> {
        match self {
            Self::Length(0) => Ok(Piece::End),
            Self::Length(remaining) => Ok(take(input, remaining)),
            Self::UntilClose if input.is_empty() => Ok(Piece::More),
            Self::UntilClose => Ok(Piece::Data(input.split().freeze())),
            Self::Chunked(chunk) => chunk.decode(input),
        }
    }
}

fn take(input: &mut BytesMut, remaining: &mut u64) -> Piece {
    if input.is_empty() {
        return Piece::More;
    }
    let count = usize::try_from(*remaining).map_or(input.len(), |most| most.min(input.len()));
    *remaining -= count as u64;
    Piece::Data(input.split_to(count).freeze())
}

impl Chunk {
    fn decode(&mut self, input: &mut BytesMut) -> Result<Piece, Malformed> {
        loop {
            match self {
                Self::Size => {
                    let Some(end) = line_end(input)? else {
                        return Ok(Piece::More);
                    };
                    let size = chunk_size(&input[..end])?;
                    input.advance(end + 2);
                    *self = match size {
                        0 => Self::Trailers,
                        size => Self::Data(size),
                    };
                }
                Self::Data(0) => *self = Self::DataEnd,
                Self::Data(remaining) => return Ok(take(input, remaining)),
                Self::DataEnd => {
                    if input.len() < 2 {
                        return Ok(Piece::More);
                    }
                    if &input[..2] != b"\r\n" {
                        return Err(Malformed);
                    }
                    input.advance(2);
                    *self = Self::Size;
                }
                Self::Trailers => {
                    let Some(trailers) = trailers(input)? else {
                        return Ok(Piece::More);
                    };
                    *self = Self::Done;
                    if !trailers.is_empty() {
                        return Ok(Piece::Trailers(trailers));
                    }
                }
                Self::Done => return Ok(Piece::End),
            }
        }
    }
}

/// Where the line ends that the input begins with.
fn line_end(input: &[u8]) -> Result<Option<usize>, Malformed> {
    let Some(at) = input.iter().take(MOST_LINE).position(|it| *it == b'\n') else {
        return if input.len() < MOST_LINE {
            Ok(None)
        } else {
            Err(Malformed)
        };
    };
    match at.checked_sub(1) {
        Some(end) if input[end] == b'\r' => Ok(Some(end)),
        _ => Err(Malformed),
    }
}

/// Hexadecimal, then nothing, blanks or extensions.
fn chunk_size(line: &[u8]) -> Result<u64, Malformed> {
    let (mut size, mut digits) = (0_u64, 0);
    let mut rest = line.iter().copied();
    let mut next = rest.next();
    while let Some(digit) = next.and_then(|it| char::from(it).to_digit(16)) {
        digits += 1;
        if digits > MOST_SIZE_DIGITS {
            return Err(Malformed);
        }
        size = size << 4 | u64::from(digit);
        next = rest.next();
    }
    while matches!(next, Some(b' ' | b'\t')) {
        next = rest.next();
    }
    match next {
        None | Some(b';') if digits > 0 => Ok(size),
        _ => Err(Malformed),
    }
}

/// Takes the trailers with the empty line that ends them.
fn trailers(input: &mut BytesMut) -> Result<Option<HeaderMap>, Malformed> {
    if input.starts_with(b"\r\n") {
        input.advance(2);
        return Ok(Some(HeaderMap::new()));
    }
    let mut lines = [httparse::EMPTY_HEADER; MOST_HEADERS];
    match httparse::parse_headers(input, &mut lines).map_err(|_| Malformed)? {
        httparse::Status::Partial if input.len() > MOST_TRAILERS => Err(Malformed),
        httparse::Status::Partial => Ok(None),
        httparse::Status::Complete((length, lines)) => {
            let mut trailers = HeaderMap::with_capacity(lines.len());
            for line in lines {
                let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| Malformed)?;
                let value = HeaderValue::from_bytes(line.value).map_err(|_| Malformed)?;
                trailers.append(name, value);
            }
            input.advance(length);
            Ok(Some(trailers))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Decodes input that comes in pieces; the data and trailers, and what was left over.
    fn decode(pieces: &[&[u8]]) -> Result<(Vec<u8>, HeaderMap, bool, BytesMut), Malformed> {
        let mut decoder = Decoder::chunked();
        let (mut input, mut data, mut trailers) = (BytesMut::new(), Vec::new(), HeaderMap::new());
        for piece in pieces {
            input.extend_from_slice(piece);
            loop {
                match decoder.decode(&mut input)? {
                    Piece::Data(bytes) => data.extend_from_slice(&bytes),
                    Piece::Trailers(found) => trailers = found,
                    Piece::End => return Ok((data, trailers, true, input)),
                    Piece::More => break,
                }
            }
        }
        Ok((data, trailers, false, input))
    }

    #[test]
    fn chunks_with_extensions_and_trailers() {
        let text = b"5;a=b\r\nhello\r\n1 \r\n!\r\n0\r\nX-Sum: 7\r\n\r\nrest";
        let (data, trailers, ended, rest) = decode(&[text]).unwrap();
        assert_eq!(data, b"hello!");
        assert_eq!(trailers["x-sum"], "7");
        assert!(ended && rest == "rest");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for wrong in [
            "5\nhello\r\n",
            "x\r\n",
            "\r\n",
            "-5\r\n",
            "0x5\r\n",
            "5 5\r\n",
            "5\r\nhelloX\r\n",
            "11111111111111111\r\n",
            ";\r\n",
        ] {
            decode(&[wrong.as_bytes()]).unwrap_err();
        }
        decode(&["5;".as_bytes(), &vec![b'a'; MOST_LINE]]).unwrap_err();
    }

    proptest! {
        /// However the bytes are cut, the same data come out.
        #[test]
        fn cuts_do_not_matter(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..8), cut in 1_usize..9) {
            let mut text = Vec::new();
            for chunk in &chunks {
                text.extend(format!("{:x}\r\n", chunk.len()).bytes());
                text.extend(chunk);
                text.extend(b"\r\n");
            }
            text.extend(b"0\r\n\r\n");
            let pieces: Vec<&[u8]> = text.chunks(cut).collect();
            let (data, _, ended, rest) = decode(&pieces).unwrap();
            prop_assert!(ended && rest.is_empty());
            prop_assert_eq!(data, chunks.concat());
        }

        #[test]
        fn any_bytes_are_taken_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&[&bytes]);
        }
    }
}
