//! What stands in the bytes of heads and not in what hyper makes of them: it takes the length away where there is an encoding, and
//! a length that is repeated.
//!
//! The reader goes through a connection's bytes before hyper does, by the same rules of where requests end. Where the two could
//! disagree hyper refuses the request and ends the connection. What it keeps is bounded: the beginning of one line, and two bits
//! of each request that hyper has yet to come to.

use std::collections::VecDeque;

use parking_lot::Mutex;

/// Of a line: no client has a longer one of those that are looked at.
const MOST_OF_LINE: usize = 256;
/// Requests that a client sends ahead: more than fit into what hyper reads at once.
const MOST_AHEAD: usize = 8192;
/// Of the size of a chunk: as many as any needs.
const MOST_DIGITS: usize = 16;
const LENGTH: &[u8] = b"content-length";
const ENCODING: &[u8] = b"transfer-encoding";

/// What was seen of a request's head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// It has a length and an encoding.
    pub both: bool,
    pub repeats_length: bool,
    /// Nobody knows: it is not like any client's.
    pub unknown: bool,
}

/// The heads of a connection.
#[derive(Debug, Default)]
pub struct Heads(Mutex<Reader>);

#[derive(Debug, Default)]
struct Reader {
    state: State,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    head: Head,
    seen: VecDeque<Seen>,
}

/// As far as it was read.
#[derive(Debug, Default)]
struct Head {
    has_begun: bool,
    lengths: usize,
    length: Option<u64>,
    is_encoded: bool,
}

/// What comes next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    Body(u64),
    ChunkSize,
    Chunk(u64),
    Trailers,
    /// No request: the connection was changed to another protocol.
    Over,
    /// Nobody knows.
    Lost,
}

impl Heads {
    /// Bytes came.
    pub fn feed(&self, bytes: &[u8]) {
        self.0.lock().feed(bytes);
    }

    /// What was seen of the next request; each is asked for once, in their order.
    pub fn take(&self) -> Seen {
        let mut reader = self.0.lock();
        let unknown = reader.state == State::Lost;
        let next = reader.seen.pop_front();
        next.unwrap_or(Seen {
            unknown,
            ..Seen::default()
        })
    }

    /// What comes now is no request.
    pub fn stop(&self) {
        *self.0.lock() = Reader {
            state: State::Over,
            ..Reader::default()
        };
    }
}

impl Reader {
    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Over | State::Lost => return,
                State::Body(left) => self.skip(bytes, left, State::Body, State::Head),
                State::Chunk(left) => self.skip(bytes, left, State::Chunk, State::ChunkSize),
                State::Head | State::ChunkSize | State::Trailers => self.read_line(bytes),
            };
        }
    }

    /// Leaves out what is of a body.
    fn skip<'a>(
        &mut self,
        bytes: &'a [u8],
        left: u64,
        within: fn(u64) -> State,
        then: State,
    ) -> &'a [u8] {
        let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        self.state = match left - taken as u64 {
            0 => then,
            left => within(left),
        };
        &bytes[taken..]
    }

    /// Reads on to the end of a line, and returns what is behind it.
    fn read_line<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(end) = memchr::memchr(b'\n', bytes) else {
            self.keep(bytes);
            return &[];
        };
        let (part, rest) = (&bytes[..end], &bytes[end + 1..]);
        if self.line.is_empty() {
            self.whole(part);
        } else {
            self.keep(part);
            let mut line = std::mem::take(&mut self.line);
            self.whole(&line);
            line.clear();
            self.line = line;
        }
        rest
    }

    /// One byte too much tells that a line is too long.
    fn keep(&mut self, part: &[u8]) {
        let room = (MOST_OF_LINE + 1).saturating_sub(self.line.len());
        self.line.extend_from_slice(&part[..part.len().min(room)]);
    }

    fn whole(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.state {
            State::Head if !line.is_empty() => self.of_head(line),
            // Before a request there may be empty lines.
            State::Head if self.head.has_begun => self.end_head(),
            State::ChunkSize if !line.is_empty() => {
                self.state = match chunk_size(line) {
                    Some(0) => State::Trailers,
                    Some(size) => State::Chunk(size),
                    None => State::Lost,
                };
            }
            State::Trailers if line.is_empty() => self.state = State::Head,
            _ => {}
        }
    }

    fn of_head(&mut self, line: &[u8]) {
        let head = &mut self.head;
        if !head.has_begun {
            head.has_begun = true;
        } else if is_named(line, ENCODING) {
            head.is_encoded = true;
        } else if is_named(line, LENGTH) {
            head.lengths += 1;
            head.length = length(&line[LENGTH.len() + 1..]);
            if line.len() > MOST_OF_LINE {
                self.state = State::Lost;
            }
        }
    }

    fn end_head(&mut self) {
        let head = std::mem::take(&mut self.head);
        self.seen.push_back(Seen {
            both: head.is_encoded && head.lengths > 0,
            repeats_length: head.lengths > 1,
            unknown: false,
        });
        self.state = match (head.is_encoded, head.length) {
            _ if self.seen.len() > MOST_AHEAD => State::Lost,
            (true, _) => State::ChunkSize,
            (false, Some(length @ 1..)) => State::Body(length),
            (false, _) => State::Head,
        };
    }
}

fn is_named(line: &[u8], name: &[u8]) -> bool {
    line.get(name.len()) == Some(&b':') && line[..name.len()].eq_ignore_ascii_case(name)
}

/// hyper refuses what is none.
fn length(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    text.trim_matches([' ', '\t']).parse().ok()
}

/// In front of what may be said of a chunk besides.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.iter().take_while(|it| it.is_ascii_hexdigit()).count();
    // hyper takes any number of zeros in front; of a line that long only the beginning was kept.
    if digits > MOST_DIGITS {
        return None;
    }
    let text = std::str::from_utf8(&line[..digits]).ok()?;
    u64::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOTH: Seen = Seen {
        both: true,
        repeats_length: false,
        unknown: false,
    };
    const REPEATED: Seen = Seen {
        both: false,
        repeats_length: true,
        unknown: false,
    };
    const PLAIN: Seen = Seen {
        both: false,
        repeats_length: false,
        unknown: false,
    };
    /// Requests one after the other, and what is seen of them.
    const SENT: &str = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n\
        POST /a HTTP/1.1\r\ncontent-length: 8\r\nHost: a\r\nContent-Length:8\r\n\r\n\r\n\r\nabcd\
        POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n\
        5;x=y\r\nab\r\nc\r\n1a\r\nContent-Length: 1\r\n\r\n45678\r\n0\r\nContent-Length: 9\r\n\r\n\
        POST /c HTTP/1.1\nContent-Length: 0\n\n\
        POST /d HTTP/1.1\r\nX-Content-Length: 9\r\nContent_Length: 9\r\n\r\n\
        GET /e HTTP/1.1\r\nCONTENT-LENGTH: \t2 \r\nTRANSFER-ENCODING: chunked\r\n\r\n0\r\n\r\n";

    fn seen(heads: &Heads) -> Vec<Seen> {
        let count = heads.0.lock().seen.len();
        (0..count).map(|_| heads.take()).collect()
    }

    #[test]
    fn each_head_is_seen_where_it_is() {
        let heads = Heads::default();
        heads.feed(SENT.as_bytes());
        assert_eq!(seen(&heads), [PLAIN, REPEATED, BOTH, PLAIN, PLAIN, BOTH]);
        assert_eq!(heads.take(), PLAIN, "there is no further one");
    }

    #[test]
    fn what_is_like_no_clients_is_unknown_from_there_on() {
        let heads = Heads::default();
        let spaces = " ".repeat(300);
        heads.feed(b"GET / HTTP/1.1\r\n\r\n");
        heads.feed(format!("POST / HTTP/1.1\r\nContent-Length:{spaces}1\r\n\r\nx").as_bytes());
        assert_eq!(heads.take(), PLAIN);
        for _ in 0..2 {
            assert!(heads.take().unknown);
        }
        let heads = Heads::default();
        heads.feed("G / HTTP/1.1\n\n".repeat(MOST_AHEAD + 2).as_bytes());
        assert_eq!(heads.0.lock().seen.len(), MOST_AHEAD + 1);
    }

    #[test]
    fn what_follows_a_change_of_the_protocol_is_not_read() {
        let heads = Heads::default();
        heads.feed(b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
        assert_eq!(heads.take(), PLAIN);
        heads.stop();
        heads.feed(SENT.as_bytes());
        assert_eq!(seen(&heads), []);
        assert_eq!(heads.take(), PLAIN);
    }

    proptest! {
        #[test]
        fn it_is_all_one_in_which_pieces_bytes_come(cuts in prop::collection::vec(0..SENT.len(), 0..40)) {
            let (whole, pieces) = (Heads::default(), Heads::default());
            whole.feed(SENT.as_bytes());
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut from = 0;
            for cut in cuts.into_iter().chain([SENT.len()]) {
                pieces.feed(&SENT.as_bytes()[from..cut]);
                from = cut;
            }
            prop_assert_eq!(seen(&whole), seen(&pieces));
        }

        #[test]
        fn any_bytes_leave_it_bounded(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let heads = Heads::default();
            heads.feed(&bytes);
            prop_assert!(heads.0.lock().line.len() <= MOST_OF_LINE + 1);
        }
    }
}
