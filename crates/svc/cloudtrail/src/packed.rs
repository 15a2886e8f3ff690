//! A record of the journal with some events: lines of JSON, compressed together. They are much alike, so
//! one takes a tenth of what it would alone, on disk and of the writer's time. Pure.
//!
//! A line is one event. Of those that recur within a record the first is whole and says where the values
//! stand that each has of its own, its holes; the others name it and have these values alone, since
//! compressing the rest again and again is most of what an event costs:
//!
//! ```text
//! {"eventVersion":…}                                          an event
//! #20-42,50-88,100-138{"eventVersion":…}                      an event that others are like
//! =0<tab>"2026-11-30T02:50:00Z"<tab>"…"<tab>"…"               one that is like the first of those
//! ```
//!
//! A record that begins with a brace before it is opened is of a version before: one event, as it is.

use std::{
    borrow::Cow,
    io::{self, Write},
    ops::Range,
};

use zstd::bulk::{Compressor, Decompressor};

/// Bytes of the events of one record, before they are packed. An event that is larger is alone.
pub const RECORD_BYTES: usize = 256 << 10;
/// Of one event: what does not compress fits into a record of the journal all the same.
pub const MOST_BYTES: usize = 960 << 10;
/// The fastest of the levels that are not negative.
const LEVEL: i32 = 1;

/// Packs records one after another.
pub struct Packer(Compressor<'static>);

impl Packer {
    pub fn new() -> io::Result<Self> {
        Compressor::new(LEVEL).map(Self)
    }

    /// `lines` are events, each with an end of line.
    pub fn pack(&mut self, lines: &[u8]) -> io::Result<Vec<u8>> {
        self.0.compress(lines)
    }
}

/// Where the values stand in an event that others like it have of their own, in order.
pub type Holes = [Range<usize>; 3];

/// The text of an event, and its holes, which lie in it one after another.
pub struct Form<'a> {
    text: Cow<'a, [u8]>,
    holes: Holes,
}

impl<'a> Form<'a> {
    /// `None` if the holes are none of this text.
    pub fn new(text: impl Into<Cow<'a, [u8]>>, holes: Holes) -> Option<Self> {
        let text = text.into();
        let mut done = 0;
        for hole in &holes {
            let are_in_order = done <= hole.start && hole.start <= hole.end;
            if !are_in_order || hole.end > text.len() {
                return None;
            }
            done = hole.end;
        }
        Some(Self { text, holes })
    }

    /// Bytes of the event with these values.
    fn len_with(&self, values: Values<'_>) -> usize {
        let holes: usize = self.holes.iter().map(Range::len).sum();
        self.text.len() - holes + values.0.len() - TABS
    }

    /// Adds the text with these values in its holes to `event`, and says where they stand there.
    fn fill(&self, event: &mut Vec<u8>, values: Values<'_>) -> Holes {
        let (begin, mut done) = (event.len(), 0);
        let mut filled = Holes::default();
        let values = values.0.split(|byte| *byte == b'\t');
        for ((hole, value), filled) in self.holes.iter().zip(values).zip(&mut filled) {
            event.extend_from_slice(&self.text[done..hole.start]);
            let start = event.len() - begin;
            event.extend_from_slice(value);
            *filled = start..event.len() - begin;
            done = hole.end;
        }
        event.extend_from_slice(&self.text[done..]);
        filled
    }
}

/// Tabs between the values of the holes.
const TABS: usize = 2;

/// As many values as an event has holes, with a tab between each two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Values<'a>(&'a [u8]);

impl<'a> Values<'a> {
    /// `None` if they are too few, or too many.
    pub fn new(text: &'a [u8]) -> Option<Self> {
        let tabs = text.iter().filter(|byte| **byte == b'\t').count();
        (tabs == TABS).then_some(Self(text))
    }
}

/// What an event is like: the same but for the values in its holes.
#[derive(Clone, Copy)]
pub struct Like<'a> {
    /// The other event's number, for this run of the process.
    pub other: u64,
    pub form: &'a Form<'a>,
}

impl Like<'_> {
    /// Bytes of the event with these values.
    pub fn len_with(&self, values: Values<'_>) -> usize {
        self.form.len_with(values)
    }

    /// The event with these values.
    #[cfg(test)]
    pub fn filled(&self, values: &[u8]) -> Option<Vec<u8>> {
        let mut event = Vec::new();
        self.form.fill(&mut event, Values::new(values)?);
        Some(event)
    }
}

/// Events that will be packed together.
#[derive(Default)]
pub struct Lines {
    text: Vec<u8>,
    events: usize,
    /// Bytes of the events when all are whole.
    whole: usize,
    /// Those that others may be like, by their place.
    others: Vec<u64>,
}

impl Lines {
    /// In `room`, which is empty.
    pub fn within(room: Vec<u8>) -> Self {
        Self {
            text: room,
            ..Self::default()
        }
    }

    /// Adds an event.
    pub fn push(&mut self, json: &[u8]) {
        self.text.extend_from_slice(json);
        self.ended(json.len());
    }

    /// Adds an event that is like another, with these values.
    pub fn push_like(&mut self, like: Like<'_>, values: Values<'_>) {
        match self.others.iter().position(|it| *it == like.other) {
            Some(place) => {
                // A vector takes all.
                let _ = write!(self.text, "={place}\t");
                self.text.extend_from_slice(values.0);
            }
            None => {
                self.others.push(like.other);
                let mut event = Vec::with_capacity(like.len_with(values));
                let [first, second, third] = like.form.fill(&mut event, values);
                let _ = write!(
                    self.text,
                    "#{}-{},{}-{},{}-{}",
                    first.start, first.end, second.start, second.end, third.start, third.end
                );
                self.text.extend_from_slice(&event);
            }
        }
        self.ended(like.len_with(values));
    }

    fn ended(&mut self, bytes: usize) {
        self.text.push(b'\n');
        self.events += 1;
        self.whole += bytes + 1;
    }

    /// Whether an event of so many bytes is one too many.
    pub fn are_full_with(&self, bytes: usize) -> bool {
        self.whole + bytes >= RECORD_BYTES
    }

    pub fn events(&self) -> usize {
        self.events
    }

    /// For [`Packer::pack`].
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// What they took, to be used again.
    pub fn into_room(self) -> Vec<u8> {
        let mut room = self.text;
        room.clear();
        room
    }
}

/// The lines of a record, each an event that is whole.
pub fn open(record: &[u8]) -> io::Result<Vec<u8>> {
    if record.starts_with(b"{") {
        return Ok(record.to_vec());
    }
    let lines = Decompressor::new()?.decompress(record, MOST_BYTES)?;
    if events(&lines).all(|it| it.starts_with(b"{")) {
        return Ok(lines);
    }
    whole(&lines).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "lines of no events"))
}

/// Lines with each event whole.
fn whole(lines: &[u8]) -> Option<Vec<u8>> {
    let mut others: Vec<Form<'_>> = Vec::new();
    let mut all = Vec::with_capacity(RECORD_BYTES.max(lines.len()));
    for line in events(lines) {
        match line.split_first()? {
            (b'#', rest) => {
                let begin = rest.iter().position(|byte| *byte == b'{')?;
                let (holes, event) = rest.split_at(begin);
                all.extend_from_slice(event);
                others.push(Form::new(event, holes_of(holes)?)?);
            }
            (b'=', rest) => {
                let tab = rest.iter().position(|byte| *byte == b'\t')?;
                let other = others.get(number(&rest[..tab])?)?;
                other.fill(&mut all, Values::new(&rest[tab + 1..])?);
            }
            _ => all.extend_from_slice(line),
        }
        all.push(b'\n');
        if all.len() > MOST_BYTES {
            return None;
        }
    }
    Some(all)
}

/// `20-42,50-88,100-138`
fn holes_of(text: &[u8]) -> Option<Holes> {
    let mut ranges = text.split(|byte| *byte == b',').map(|range| {
        let dash = range.iter().position(|byte| *byte == b'-')?;
        Some(number(&range[..dash])?..number(&range[dash + 1..])?)
    });
    let mut next = || ranges.next().flatten();
    Some([next()?, next()?, next()?])
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The events of lines.
pub fn events(lines: &[u8]) -> impl Iterator<Item = &[u8]> {
    lines
        .split(|byte| *byte == b'\n')
        .filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(record: &[u8]) -> Vec<String> {
        let lines = open(record).unwrap();
        let texts = events(&lines).map(|it| String::from_utf8_lossy(it).into_owned());
        texts.collect()
    }

    #[test]
    fn what_was_packed_is_found() {
        let mut packer = Packer::new().unwrap();
        let lines = b"{\"a\":1}\n{\"a\":2}\n";
        assert_eq!(
            opened(&packer.pack(lines).unwrap()),
            [r#"{"a":1}"#, r#"{"a":2}"#]
        );
        let many = lines.repeat(RECORD_BYTES / lines.len());
        let record = packer.pack(&many).unwrap();
        assert!(record.len() < many.len() / 50);
        assert_eq!(opened(&record).len(), RECORD_BYTES / lines.len() * 2);
        assert_eq!(opened(br#"{"a":"alone"}"#), [r#"{"a":"alone"}"#]);
    }

    #[test]
    fn events_that_are_alike_are_found_whole() {
        let text = br#"{"at":"0","of":1,"request":"a","id":"b"}"#;
        let holes = [6..9, 27..30, 36..39];
        assert_eq!(&text[holes[1].clone()], b"\"a\"");
        assert_eq!(&text[holes[2].clone()], b"\"b\"");
        let mut lines = Lines::default();
        let form = Form::new(&text[..], holes).unwrap();
        let like = Like {
            other: 7,
            form: &form,
        };
        let numbers = Form::new(br#"{"x":1,"y":2,"z":3}"#.as_slice(), [5..6, 11..12, 17..18]);
        let another = Like {
            other: 8,
            form: &numbers.unwrap(),
        };
        let values = |text: &'static str| Values::new(text.as_bytes()).unwrap();
        lines.push_like(like, values("\"10\"\t\"c\"\t\"d\""));
        lines.push(br#"{"other":true}"#);
        lines.push_like(like, values("\"11\"\t\"\"\t\"long\""));
        lines.push_like(another, values("4\t5\t6"));
        lines.push_like(like, values("\"12\"\t\"e\"\t\"f\""));
        let record = Packer::new().unwrap().pack(lines.text()).unwrap();
        let opened = opened(&record);
        assert_eq!(
            opened,
            [
                r#"{"at":"10","of":1,"request":"c","id":"d"}"#,
                r#"{"other":true}"#,
                r#"{"at":"11","of":1,"request":"","id":"long"}"#,
                r#"{"x":4,"y":5,"z":6}"#,
                r#"{"at":"12","of":1,"request":"e","id":"f"}"#,
            ]
        );
        let whole: usize = opened.iter().map(|it| it.len() + 1).sum();
        assert_eq!((lines.events(), lines.whole), (5, whole));
    }

    #[test]
    fn holes_lie_in_their_text_one_after_another() {
        let is_one = |holes| Form::new(b"0123456789".as_slice(), holes).is_some();
        assert!(is_one([0..0, 0..5, 5..10]) && is_one([10..10, 10..10, 10..10]));
        for holes in [[0..1, 2..3, 4..11], [3..4, 2..3, 5..6], [0..3, 2..4, 5..6]] {
            assert!(!is_one(holes.clone()), "{holes:?}");
        }
        let reversed = Range { start: 4, end: 2 };
        assert!(!is_one([reversed, 5..6, 7..8]));
        for (text, are_some) in [
            ("a\tb\tc", true),
            ("\t\t", true),
            ("a\tb", false),
            ("\t\t\t", false),
        ] {
            assert_eq!(Values::new(text.as_bytes()).is_some(), are_some, "{text:?}");
        }
    }

    #[test]
    fn lines_that_are_like_nothing_are_an_error() {
        for lines in [
            "=0\t1\t2\t3\n",
            "#1-2,3-4,5-6{\"a\":1}\n=1\t1\t2\t3\n",
            "#1-2,3-4,5-6{\"a\":1}\n=0\t1\t2\n",
            "#1-2,3-4,5-6{\"a\":1}\n=0\t1\t2\t3\t4\n",
            "#1-2,3-4,500-600{\"a\":1}\n=0\t1\t2\t3\n",
            "#4-2,1-1,0-0{\"a\":1}\n=0\t1\t2\t3\n",
            "#1-2,3-4{\"a\":1}\n",
            "#1-2,3-4,5-99999999999999999999{\"a\":1}\n",
            "#1-2,3-4,5-6\n",
            "=\n",
        ] {
            let record = Packer::new().unwrap().pack(lines.as_bytes()).unwrap();
            assert!(open(&record).is_err(), "{lines}");
        }
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(RECORD_BYTES));
        let many = format!("#1-1,2-2,3-3{large}\n{}", "=0\t\t\t\n".repeat(1000));
        let record = Packer::new().unwrap().pack(many.as_bytes()).unwrap();
        assert!(open(&record).is_err(), "what is whole has a bound too");
    }

    #[test]
    fn foreign_bytes_are_an_error_and_take_no_room() {
        let bomb = zstd::bulk::compress(&vec![0; 64 << 20], LEVEL).unwrap();
        for bytes in [&bomb[..], b"x", &bomb[..bomb.len() / 2]] {
            assert!(open(bytes).is_err(), "{} bytes", bytes.len());
        }
    }
}
