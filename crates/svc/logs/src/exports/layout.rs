//! Names of the files of an export and the lines in them, as CloudWatch Logs has them. Pure.

use std::io::Write as _;

use wharf_base::Timestamp;

use super::task::Progress;
use crate::{event::Event, records::Stream};

/// What is put in the bucket before a task begins, to see whether it may be.
pub const TEST_FILE: &str = "aws-logs-write-test";
pub const TEST_TEXT: &str = "Permission Check Successful";

/// The folder of a stream: slashes in its name make no folders.
pub fn folder(stream: &str) -> String {
    stream.replace('/', "-")
}

/// What is below the prefix of a task.
pub fn below(prefix: &str, rest: &str) -> String {
    match prefix.is_empty() {
        true => rest.to_owned(),
        false => format!("{prefix}/{rest}"),
    }
}

/// The key of a file.
pub fn key(prefix: &str, task: &str, stream: &str, number: u32) -> String {
    below(prefix, &format!("{task}/{}/{number:06}.gz", folder(stream)))
}

/// One event. A message that has lines has them in the file, too.
pub fn line(event: &Event, out: &mut Vec<u8>) {
    let time = Timestamp::from_millis(event.timestamp).iso8601();
    let _ = writeln!(out, "{time} {}", event.message);
}

/// The streams that are left, in the order in which they are written: those that share a folder, `a/b` and `a-b`,
/// stand side by side, so that their files are numbered on.
pub fn left(mut streams: Vec<Stream>, progress: Option<&Progress>) -> Vec<Stream> {
    streams.sort_by_cached_key(|it| place(&it.name));
    if let Some(progress) = progress {
        let done = place(&progress.stream);
        let at = streams.partition_point(|it| place(&it.name) < done);
        streams.drain(..at);
    }
    streams
}

fn place(stream: &str) -> (String, String) {
    (folder(stream), stream.to_owned())
}

/// The number of a stream's next file.
pub fn number(stream: &str, progress: Option<&Progress>) -> u32 {
    let same = progress.filter(|it| folder(&it.stream) == folder(stream));
    same.map_or(0, |it| it.files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(name: &str) -> Stream {
        Stream {
            id: name.to_owned(),
            group_id: "g".to_owned(),
            name: name.to_owned(),
            created_at: Timestamp(0),
            forwarded: false,
            unknown: Default::default(),
        }
    }

    fn progress(stream: &str, files: u32) -> Progress {
        Progress {
            stream: stream.to_owned(),
            files,
            last: (0, 0),
            at: Timestamp(0),
        }
    }

    #[test]
    fn names_of_files() {
        let name = "2026/01/02/[$LATEST]a";
        assert_eq!(
            key("exported", "id", name, 12),
            "exported/id/2026-01-02-[$LATEST]a/000012.gz"
        );
        assert_eq!(key("", "id", "a", 0), "id/a/000000.gz");
    }

    #[test]
    fn streams_that_share_a_folder_number_on() {
        let all = ["b", "a/b", "a.b", "a-b", "a"].map(stream).to_vec();
        let names = |progress: Option<&Progress>| {
            let left = left(all.clone(), progress).into_iter();
            left.map(|it| it.name).collect::<Vec<_>>()
        };
        assert_eq!(names(None), ["a", "a-b", "a/b", "a.b", "b"]);
        let done = progress("a-b", 2);
        assert_eq!(names(Some(&done)), ["a-b", "a/b", "a.b", "b"]);
        assert_eq!(number("a-b", Some(&done)), 2);
        assert_eq!(number("a/b", Some(&done)), 2);
        assert_eq!(number("a.b", Some(&done)), 0);
        assert_eq!(number("a", None), 0);
    }

    #[test]
    fn lines_begin_with_their_time() {
        let event = Event {
            offset: 0,
            timestamp: 1_767_312_000_123,
            ingestion: 0,
            message: "two\nlines".to_owned(),
        };
        let mut out = Vec::new();
        line(&event, &mut out);
        assert_eq!(out, b"2026-01-02T00:00:00.123Z two\nlines\n");
    }
}
