//! What a client of HTTP/1 sent beyond the request that it asked last. The beginning of a further head may come with that
//! request, or while it runs, and then lies in a buffer of which nobody tells. So bytes are followed as they come: heads
//! one by one, bodies by their length. Pure.

/// How what came last ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum End {
    #[default]
    Other,
    Line,
    LineAndReturn,
    /// With a blank line: that of a head, or of a body in chunks.
    Blank,
}

impl End {
    fn after(self, byte: u8) -> Self {
        match (byte, self) {
            (b'\n', Self::Other) => Self::Line,
            (b'\n', _) => Self::Blank,
            (b'\r', Self::Line | Self::Blank) => Self::LineAndReturn,
            _ => Self::Other,
        }
    }
}

/// Where the last byte lies that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a head, or before it.
    Head { begun: bool },
    /// So many bytes behind a head, whose request has not begun yet.
    Behind(u64),
    /// So many bytes behind the head of a body of that length.
    Body { came: u64, of: u64 },
    /// Behind the head of a body in chunks.
    Chunks,
    /// Behind a request, where something came and nobody knows how much of it there is.
    Further,
}

/// Follows the bytes of one connection.
#[derive(Debug)]
pub struct Ahead {
    place: Place,
    end: End,
}

impl Default for Ahead {
    fn default() -> Self {
        Self {
            place: Place::Head { begun: false },
            end: End::Other,
        }
    }
}

impl Ahead {
    pub fn came(&mut self, bytes: &[u8]) {
        match self.place {
            Place::Head { begun } => return self.in_head(bytes, begun),
            Place::Behind(came) => self.place = Place::Behind(came + bytes.len() as u64),
            Place::Body { came, of } => {
                let came = came + bytes.len() as u64;
                self.place = Place::Body { came, of };
            }
            Place::Chunks | Place::Further => {}
        }
        self.ends_with(bytes);
    }

    fn in_head(&mut self, bytes: &[u8], begun: bool) {
        // Lines that are empty belong to no head.
        let is_break = |byte: &&u8| matches!(byte, b'\r' | b'\n');
        let before = match begun {
            true => 0,
            false => bytes.iter().take_while(is_break).count(),
        };
        for (at, byte) in bytes.iter().enumerate().skip(before) {
            self.end = self.end.after(*byte);
            if self.end == End::Blank {
                let rest = &bytes[at + 1..];
                self.place = Place::Behind(rest.len() as u64);
                return self.ends_with(rest);
            }
        }
        let begun = begun || before < bytes.len();
        self.place = Place::Head { begun };
    }

    /// No end is longer than three bytes.
    fn ends_with(&mut self, bytes: &[u8]) {
        let last = &bytes[bytes.len().saturating_sub(3)..];
        self.end = last.iter().fold(self.end, |end, byte| end.after(*byte));
    }

    /// A head was taken for a request with a body of this length; of none where it comes in chunks.
    pub fn begins(&mut self, body: Option<u64>) {
        match (self.place, body) {
            (Place::Behind(came), Some(0)) => self.is_over(came == 0),
            // Behind others. What is less than a head does not end as one.
            (_, Some(0)) => self.is_over(self.end == End::Blank),
            (Place::Behind(came), Some(of)) => self.place = Place::Body { came, of },
            (_, Some(_)) => self.place = Place::Further,
            (_, None) => self.place = Place::Chunks,
        }
    }

    /// The body of the last request was read to its end.
    pub fn body_ends(&mut self) {
        match self.place {
            Place::Body { came, of } => self.is_over(came == of),
            Place::Chunks => self.is_over(self.end == End::Blank),
            Place::Head { .. } | Place::Behind(_) | Place::Further => {}
        }
    }

    /// A request ends here. `is_all`: nothing came behind it.
    fn is_over(&mut self, is_all: bool) {
        match is_all {
            true => *self = Self::default(),
            false => self.place = Place::Further,
        }
    }

    /// The connection is none of HTTP/1 any more.
    pub fn leave(&mut self) {
        self.place = Place::Further;
    }

    /// Whether some of the next head is there, now that no request runs; or may be, where requests with bodies came one
    /// behind the other.
    pub fn is_there(&self) -> bool {
        match self.place {
            Place::Head { begun } => begun,
            Place::Behind(_) | Place::Further => true,
            Place::Body { .. } | Place::Chunks => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    const POST: &[u8] = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n";
    const CHUNKS: &[u8] = b"5\r\nhello\r\n0\r\n\r\n";
    const PART: &[u8] = b"GET / HTTP/1.1\r\nhost: ";

    /// Whether something is ahead behind a request, which comes at once, in two pieces and byte by byte.
    #[track_caller]
    fn check(sent: &[&[u8]], body: Option<u64>, expected: bool) {
        let sent = sent.concat();
        for size in [sent.len(), sent.len() / 2 + 1, 1] {
            let head = sent.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
            let mut ahead = Ahead::default();
            let mut came = 0;
            let mut is_begun = false;
            for piece in sent.chunks(size) {
                ahead.came(piece);
                came += piece.len();
                if came >= head && !is_begun {
                    is_begun = true;
                    ahead.begins(body);
                    assert!(body == Some(0) || !ahead.is_there(), "in its body");
                }
            }
            ahead.body_ends();
            assert_eq!(ahead.is_there(), expected, "{size}");
        }
    }

    #[test]
    fn what_came_behind_a_request_is_ahead() {
        check(&[GET], Some(0), false);
        check(&[GET, PART], Some(0), true);
        check(&[GET, b"G"], Some(0), true);
        check(&[POST, b"hello"], Some(5), false);
        check(&[POST, b"\r\n\r\nx"], Some(5), false);
        check(&[POST, b"hello", PART], Some(5), true);
        check(&[POST, CHUNKS], None, false);
        check(&[POST, CHUNKS, PART], None, true);
        check(&[b"\r\n", GET], Some(0), false);
    }

    #[test]
    fn requests_come_one_behind_the_other() {
        let mut ahead = Ahead::default();
        ahead.came(&[GET, GET].concat());
        ahead.begins(Some(0));
        assert!(ahead.is_there());
        ahead.begins(Some(0));
        assert!(!ahead.is_there());
        // Behind two at once nobody counts, until one comes for itself.
        ahead.came(&[POST, b"hello", POST, b"hello"].concat());
        ahead.begins(Some(5));
        ahead.body_ends();
        assert!(ahead.is_there());
        ahead.begins(Some(5));
        ahead.body_ends();
        assert!(ahead.is_there(), "it may be");
        ahead.came(GET);
        ahead.begins(Some(0));
        assert!(!ahead.is_there());
        ahead.came(PART);
        assert!(ahead.is_there());
    }
}
