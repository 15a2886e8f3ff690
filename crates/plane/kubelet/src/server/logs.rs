//! `/containerLogs/NAMESPACE/POD/CONTAINER`: what a container printed, from the spool that its shim writes.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use http::{Response, StatusCode, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use wharf_base::{Chain, Timestamp};
use wharf_container::runtime::{LogBatch, LogReader, LogRecord, Stream};

use super::{
    Target,
    answer::{Answer, refuse},
};
use crate::{
    kubelet::Kubelet,
    machine::{Machine, MachineError, of_run},
};

/// Read at once.
const RECORDS: usize = 512;
/// Lines that a caller may ask to have from the end.
const MOST_TAIL: usize = 100_000;
/// Bytes of these.
const MOST_TAIL_BYTES: usize = 16 << 20;

/// A query that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadQuery {
    #[error("{name} is no number: {value}")]
    NoNumber { name: String, value: String },
    #[error("sinceTime is no time: {0}")]
    NoTime(String),
}

/// Why a run of a container is not there, or nothing can be had of it.
#[derive(Debug, thiserror::Error)]
pub enum NoRun {
    #[error("container \"{0}\" in pod is waiting to start: ContainerCreating")]
    Waiting(String),
    #[error("previous terminated container \"{0}\" in pod not found")]
    NoPrevious(String),
    #[error(transparent)]
    Machine(#[from] MachineError),
}

/// What is wanted of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    pub follow: bool,
    pub previous: bool,
    pub timestamps: bool,
    pub tail: Option<usize>,
    pub limit: Option<u64>,
    pub since: Option<Timestamp>,
    pub only: Option<&'static str>,
}

impl Wish {
    /// # Errors
    /// Something in it cannot be read.
    pub fn read(query: &str, now: Timestamp) -> Result<Self, BadQuery> {
        let mut wish = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let is_set = || matches!(&*value, "" | "1" | "true" | "True" | "t");
            let number = || {
                value.parse::<u64>().map_err(|_| BadQuery::NoNumber {
                    name: name.to_string(),
                    value: value.to_string(),
                })
            };
            match &*name {
                "follow" => wish.follow = is_set(),
                "previous" => wish.previous = is_set(),
                "timestamps" => wish.timestamps = is_set(),
                "tailLines" => {
                    wish.tail = Some(
                        usize::try_from(number()?)
                            .unwrap_or(MOST_TAIL)
                            .min(MOST_TAIL),
                    )
                }
                "limitBytes" => wish.limit = Some(number()?),
                "sinceSeconds" => {
                    wish.since = Some(now - std::time::Duration::from_secs(number()?))
                }
                "sinceTime" => {
                    let bad = || BadQuery::NoTime(value.to_string());
                    wish.since = Some(Timestamp::parse_iso8601(&value).ok_or_else(bad)?);
                }
                "stream" => {
                    wish.only = match &*value {
                        "Stdout" => Some("stdout"),
                        "Stderr" => Some("stderr"),
                        _ => None,
                    };
                }
                _ => {}
            }
        }
        Ok(wish)
    }

    fn takes(&self, record: &LogRecord) -> bool {
        let stream = match record.stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        self.only.is_none_or(|it| it == stream)
            && self.since.is_none_or(|it| record.at >= it.millis())
    }
}

/// The name under which a container runs, or ran before it was last begun anew.
pub async fn run_of(
    machine: &dyn Machine,
    target: &Target,
    previous: bool,
) -> Result<wharf_container::spec::ContainerName, NoRun> {
    let container = &target.container;
    let runs = machine.containers(&target.sandbox).await;
    let runs = runs.map_err(|_| NoRun::Waiting(container.clone()))?;
    let mut own: Vec<_> = runs
        .into_keys()
        .filter_map(|name| {
            let (of, attempt) = of_run(&name)?;
            (of == container).then_some((attempt, name))
        })
        .collect();
    own.sort();
    let newest = own.pop();
    let found = if previous { own.pop() } else { newest };
    found.map(|(_, name)| name).ok_or_else(|| match previous {
        true => NoRun::NoPrevious(container.clone()),
        false => NoRun::Waiting(container.clone()),
    })
}

pub async fn answer(kubelet: &Kubelet, target: &Target, query: &str) -> Response<Answer> {
    let wish = match Wish::read(query, kubelet.node.clock.now()) {
        Ok(wish) => wish,
        Err(why) => return refuse(StatusCode::BAD_REQUEST, &why.to_string()),
    };
    let machine = &kubelet.node.machine;
    let run = match run_of(&**machine, target, wish.previous).await {
        Ok(run) => run,
        Err(why) => return refuse(StatusCode::BAD_REQUEST, &Chain(&why).to_string()),
    };
    let reader = match machine.logs(&target.sandbox, &run) {
        Ok(reader) => reader,
        Err(error) => return refuse(StatusCode::INTERNAL_SERVER_ERROR, &error.text()),
    };
    let printer = Printer {
        left: wish.limit,
        begins: [true; 2],
        wish,
        reader,
        ended: false,
        first: true,
    };
    let pieces = stream::unfold(printer, |mut printer| async move {
        let piece = printer.piece().await?;
        Some((Ok(Frame::data(piece)), printer))
    });
    let mut answer = Response::new(StreamBody::new(pieces).boxed_unsync());
    let plain = http::HeaderValue::from_static("text/plain");
    answer.headers_mut().insert(header::CONTENT_TYPE, plain);
    answer
}

struct Printer {
    wish: Wish,
    reader: LogReader,
    left: Option<u64>,
    /// Whether the next record of a stream begins a line.
    begins: [bool; 2],
    ended: bool,
    first: bool,
}

impl Printer {
    async fn piece(&mut self) -> Option<Bytes> {
        loop {
            if self.ended || self.left == Some(0) {
                return None;
            }
            let records = match std::mem::take(&mut self.first) {
                true if self.wish.tail.is_some() => self.tail(),
                _ => self.more().await?,
            };
            let text = self.print(&records);
            if !text.is_empty() {
                return Some(text);
            }
        }
    }

    /// The last lines of what is there now.
    fn tail(&mut self) -> Vec<LogRecord> {
        let lines = self.wish.tail.unwrap_or_default();
        let mut kept: VecDeque<LogRecord> = VecDeque::new();
        let (mut whole, mut bytes) = (0, 0);
        while let Ok(LogBatch { records, ended, .. }) = self.reader.read_now(RECORDS) {
            let is_last = ended || records.is_empty();
            for record in records.into_iter().filter(|it| self.wish.takes(it)) {
                whole += usize::from(!record.partial);
                bytes += record.line.len();
                kept.push_back(record);
                while whole > lines || bytes > MOST_TAIL_BYTES {
                    if let Some(gone) = kept.pop_front() {
                        whole -= usize::from(!gone.partial);
                        bytes -= gone.line.len();
                    }
                }
            }
            if is_last {
                self.ended = ended || !self.wish.follow;
                break;
            }
        }
        kept.into()
    }

    async fn more(&mut self) -> Option<Vec<LogRecord>> {
        let batch = match self.wish.follow {
            true => self.reader.next(RECORDS).await,
            false => self.reader.read_now(RECORDS),
        };
        let batch = batch
            .inspect_err(|error| tracing::warn!(%error, "failed to read a container's log"))
            .ok()?;
        self.ended = batch.ended;
        if batch.records.is_empty() && !self.wish.follow {
            return None;
        }
        let takes = |it: &LogRecord| self.wish.takes(it);
        Some(batch.records.into_iter().filter(takes).collect())
    }

    fn print(&mut self, records: &[LogRecord]) -> Bytes {
        let mut text = BytesMut::new();
        for record in records {
            let begins = &mut self.begins[usize::from(record.stream == Stream::Stderr)];
            if self.wish.timestamps && *begins {
                let at = Timestamp::from_millis(record.at).iso8601();
                text.put(format!("{}000000Z ", at.trim_end_matches('Z')).as_bytes());
            }
            *begins = !record.partial;
            text.put(&*record.line);
            if !record.partial {
                text.put_u8(b'\n');
            }
        }
        if let Some(left) = &mut self.left {
            text.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left -= text.len() as u64;
        }
        text.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes() {
        let now = Timestamp::from_millis(100_000);
        let of = |query: &str| Wish::read(query, now);
        let wish = of("follow=true&tailLines=5&timestamps=1&sinceSeconds=10&limitBytes=7&other=x")
            .unwrap();
        let wanted = Wish {
            follow: true,
            timestamps: true,
            tail: Some(5),
            limit: Some(7),
            since: Some(Timestamp::from_millis(90_000)),
            ..Wish::default()
        };
        assert_eq!(wish, wanted);
        assert!(
            of("tailLines=-1")
                .unwrap_err()
                .to_string()
                .contains("tailLines")
        );
        assert!(
            of("sinceTime=yesterday")
                .unwrap_err()
                .to_string()
                .contains("sinceTime")
        );
        assert_eq!(of("previous=false").unwrap(), Wish::default());
    }
}
