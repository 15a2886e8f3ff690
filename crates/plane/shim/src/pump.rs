//! From a container's standard streams to its spool: splits into lines, never waits.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::Instant,
};

use wharf_shim_protocol::{
    now_ms,
    spool::{self, MAX_PAYLOAD, Record, Stream},
};

use crate::{allowance::Allowance, pipes::set_nonblocking, spool::Spool};

/// Read at once; also how much a stream can be ahead of the spool's bound.
const READ_BYTES: usize = 16 << 10;

/// One stream and the beginning of a line it has sent so far.
#[derive(Debug)]
struct Source {
    stream: Stream,
    pipe: File,
    line: Vec<u8>,
}

/// The streams of one container.
#[derive(Debug)]
pub struct Pump {
    sources: Vec<Source>,
    spool: Option<Spool>,
    ended: bool,
    allowance: Allowance,
    /// The last append failed (disk full): try again later, read nothing meanwhile.
    stuck: Option<Vec<u8>>,
    /// Somebody looks on: the beginning of a line is not kept back.
    eager: bool,
}

impl Pump {
    /// With a terminal there is one stream, its other side.
    pub fn new(stdout: OwnedFd, stderr: Option<OwnedFd>, spool: Option<Spool>) -> io::Result<Self> {
        let mut sources = Vec::with_capacity(2);
        for (stream, pipe) in [(Stream::Stdout, Some(stdout)), (Stream::Stderr, stderr)] {
            if let Some(pipe) = pipe {
                set_nonblocking(&pipe)?;
                sources.push(Source {
                    stream,
                    pipe: pipe.into(),
                    line: Vec::new(),
                });
            }
        }
        Ok(Self {
            sources,
            spool,
            ended: false,
            allowance: Allowance::new(Instant::now()),
            stuck: None,
            eager: false,
        })
    }

    /// From now on what is printed becomes a record as it comes, and what was kept back is one at once.
    pub fn hurry(&mut self) {
        self.eager = true;
        if self.stuck.is_some() {
            return;
        }
        let mut records = Vec::new();
        for source in &mut self.sources {
            source.hand_over(&mut records);
        }
        self.append(records);
    }

    /// The only stream, which is a terminal's other side where the container has one.
    pub fn terminal(&self) -> Option<BorrowedFd<'_>> {
        self.sources.first().map(|source| source.pipe.as_fd())
    }

    /// What to poll for input: nothing while too much comes, or the spool is full.
    pub fn polled(&self, now: Instant) -> impl Iterator<Item = BorrowedFd<'_>> {
        let rests = self.rests_until(now).is_some();
        self.inputs().filter(move |_| !rests)
    }

    /// When to poll again, if nothing is read until then.
    pub fn rests_until(&self, now: Instant) -> Option<Instant> {
        self.allowance.rests_until(now)
    }

    /// Where input may be; nothing while the spool is full.
    pub fn inputs(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let open = self.stuck.is_none() && !self.spool.as_ref().is_some_and(Spool::is_full);
        self.sources
            .iter()
            .filter(move |_| open)
            .map(|source| source.pipe.as_fd())
    }

    pub fn is_stuck(&self) -> bool {
        self.stuck.is_some()
    }

    #[cfg(test)]
    fn ended(&self) -> bool {
        self.ended
    }

    pub fn trim(&mut self, before: u64) {
        if let Some(spool) = &mut self.spool {
            spool.trim(before);
        }
    }

    /// Reads what is there, once per stream. Ends by itself when all streams have.
    pub fn turn(&mut self) {
        self.retry();
        let mut records = Vec::new();
        let mut buffer = [0; READ_BYTES];
        for at in (0..self.sources.len()).rev() {
            if self.stuck.is_some() || self.spool.as_ref().is_some_and(Spool::is_full) {
                break;
            }
            let source = &mut self.sources[at];
            let over = match source.pipe.read(&mut buffer) {
                Ok(0) => true,
                Ok(n) => {
                    self.allowance.spend(n, Instant::now());
                    if self.spool.is_some() {
                        source.split(&buffer[..n], &mut records);
                        if self.eager {
                            source.hand_over(&mut records);
                        }
                    }
                    false
                }
                Err(e)
                    if matches!(
                        e.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                    ) =>
                {
                    false
                }
                // EIO is how a terminal says that nobody has it open any more.
                Err(_) => true,
            };
            if over {
                self.sources.remove(at).finish(&mut records);
            }
            self.append(std::mem::take(&mut records));
        }
        self.finish_if_over();
    }

    /// The container is gone: takes what is left in the pipes and closes them, whoever else may
    /// hold them open. While the spool is full this waits for the next call.
    pub fn drain(&mut self) {
        loop {
            let before = self.sources.len();
            let waiting = self.inputs().any(has_input);
            if waiting {
                self.turn();
            } else if self.inputs().next().is_some() {
                let mut records = Vec::new();
                for source in self.sources.drain(..) {
                    source.finish(&mut records);
                }
                self.append(records);
                self.finish_if_over();
                return;
            } else {
                self.finish_if_over();
                return;
            }
            if self.sources.is_empty() && before == 0 {
                return;
            }
        }
    }

    fn finish_if_over(&mut self) {
        if self.sources.is_empty() && !self.ended && self.stuck.is_none() {
            self.ended = true;
            let mut end = Vec::new();
            spool::encode(&Record::End { at: now_ms() }, &mut end);
            self.append(end);
        }
    }

    fn retry(&mut self) {
        if let Some(records) = self.stuck.take() {
            self.append(records);
        }
    }

    fn append(&mut self, records: Vec<u8>) {
        let Some(spool) = &mut self.spool else { return };
        if let Err(e) = spool.append(&records) {
            eprintln!("wharf-shim: cannot write logs: {e}");
            self.stuck = Some(records);
        }
    }
}

impl Source {
    /// Whole lines become records; what follows the last newline is kept.
    fn split(&mut self, mut bytes: &[u8], records: &mut Vec<u8>) {
        while !bytes.is_empty() {
            let room = MAX_PAYLOAD - self.line.len();
            let window = &bytes[..bytes.len().min(room + 1)];
            if let Some(end) = window.iter().position(|byte| *byte == b'\n') {
                self.line.extend_from_slice(&bytes[..end]);
                self.emit(false, records);
                bytes = &bytes[end + 1..];
            } else if bytes.len() > room {
                self.line.extend_from_slice(&bytes[..room]);
                self.emit(true, records);
                bytes = &bytes[room..];
            } else {
                self.line.extend_from_slice(bytes);
                return;
            }
        }
    }

    fn emit(&mut self, partial: bool, records: &mut Vec<u8>) {
        let line = Record::Line {
            stream: self.stream,
            partial,
            at: now_ms(),
            payload: &self.line,
        };
        spool::encode(&line, records);
        self.line.clear();
    }

    /// What is there of a line.
    fn hand_over(&mut self, records: &mut Vec<u8>) {
        if !self.line.is_empty() {
            self.emit(true, records);
        }
    }

    fn finish(mut self, records: &mut Vec<u8>) {
        if !self.line.is_empty() {
            self.emit(false, records);
        }
    }
}

fn has_input(fd: BorrowedFd<'_>) -> bool {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let mut one = [PollFd::new(fd, PollFlags::POLLIN)];
    poll(&mut one, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use wharf_shim_protocol::LogPlan;

    use super::*;
    use crate::pipes::pipe;

    fn lines(folder: &std::path::Path) -> Vec<(String, bool)> {
        let bytes = std::fs::read(folder.join(spool::segment_name(0))).unwrap();
        let (mut at, mut found) = (0, Vec::new());
        while let Ok(Some((record, len))) = spool::decode(&bytes[at..]) {
            at += len;
            match record {
                Record::Line {
                    partial, payload, ..
                } => {
                    found.push((String::from_utf8_lossy(payload).into_owned(), partial));
                }
                Record::End { .. } => found.push(("END".into(), false)),
            }
        }
        found
    }

    fn run(written: &[u8]) -> Vec<(String, bool)> {
        let dir = tempfile::tempdir().unwrap();
        let plan = LogPlan::Spool {
            max_bytes: 1 << 20,
            blocking: true,
        };
        let spool = Spool::create(dir.path().join("logs"), plan).unwrap();
        let (read, write) = pipe().unwrap();
        let mut pump = Pump::new(read, None, spool).unwrap();
        let mut write = File::from(write);
        for chunk in written.chunks(40 << 10) {
            write.write_all(chunk).unwrap();
            while pump.inputs().any(has_input) {
                pump.turn();
            }
        }
        drop(write);
        while !pump.ended() {
            pump.turn();
        }
        lines(&dir.path().join("logs"))
    }

    #[test]
    fn lines_are_records_and_the_last_needs_no_newline() {
        let got = run(b"one\n\ntwo");
        assert_eq!(
            got,
            [
                ("one".into(), false),
                (String::new(), false),
                ("two".into(), false),
                ("END".into(), false)
            ]
        );
    }

    #[test]
    fn long_lines_are_split_at_16_kib() {
        let long = vec![b'a'; MAX_PAYLOAD * 2 + 5];
        let got: Vec<_> = run(&[&long[..], b"\nnext\n"].concat())
            .iter()
            .map(|(l, p)| (l.len(), *p))
            .collect();
        assert_eq!(
            got,
            [
                (MAX_PAYLOAD, true),
                (MAX_PAYLOAD, true),
                (5, false),
                (4, false),
                (3, false)
            ]
        );
        // Exactly the limit is one whole line.
        let exact = [&long[..MAX_PAYLOAD], b"\n"].concat();
        assert_eq!(run(&exact)[0], ("a".repeat(MAX_PAYLOAD), false));
    }

    #[test]
    fn who_looks_on_waits_for_no_newline() {
        let dir = tempfile::tempdir().unwrap();
        let plan = LogPlan::Spool {
            max_bytes: 1 << 20,
            blocking: true,
        };
        let spool = Spool::create(dir.path().join("logs"), plan).unwrap();
        let (read, write) = pipe().unwrap();
        let mut pump = Pump::new(read, None, spool).unwrap();
        let mut write = File::from(write);
        let mut says = |pump: &mut Pump, text: &str| {
            write.write_all(text.as_bytes()).unwrap();
            pump.turn();
        };
        says(&mut pump, "one\n# ");
        pump.hurry();
        says(&mut pump, "echo\ntwo\n# ");
        drop(write);
        while !pump.ended() {
            pump.turn();
        }
        let got = lines(&dir.path().join("logs"));
        let got: Vec<_> = got.iter().map(|(it, part)| (it.as_str(), *part)).collect();
        let expected = [
            ("one", false),
            ("# ", true),
            ("echo", false),
            ("two", false),
            ("# ", true),
            ("END", false),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn a_drain_takes_what_is_there_and_lets_go() {
        let (read, write) = pipe().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let plan = LogPlan::Spool {
            max_bytes: 1 << 20,
            blocking: true,
        };
        let mut pump = Pump::new(
            read,
            None,
            Spool::create(dir.path().join("logs"), plan).unwrap(),
        )
        .unwrap();
        let mut kept_open = File::from(write);
        kept_open.write_all(b"last words").unwrap();
        pump.drain();
        assert!(pump.ended());
        assert_eq!(lines(&dir.path().join("logs"))[0].0, "last words");
    }
}
