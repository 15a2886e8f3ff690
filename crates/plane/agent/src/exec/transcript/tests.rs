use super::*;
use crate::logs::{
    assemble::{Assembler, LogEvent},
    gather::LogSource as _,
};
use wharf_container::runtime::Stream;

const SESSION: &str = "ecs-execute-command-0123456789abcdef0";

fn noted(folder: &Path) {
    write_note(folder, SESSION, &Note::default()).unwrap();
}

async fn events(source: &mut Source) -> Vec<String> {
    let mut assembler = Assembler::new(None);
    loop {
        let chunk = source.next(2).await.unwrap();
        chunk.records.iter().for_each(|it| assembler.push(it));
        if chunk.ended {
            break;
        }
    }
    assembler.flush();
    let taken: Vec<LogEvent> = assembler.take();
    taken.into_iter().map(|it| it.text).collect()
}

#[tokio::test]
async fn lines_come_whole_whatever_pieces_they_are_printed_in() {
    let folder = tempfile::tempdir().unwrap();
    let (mut recorder, mut source) =
        Recorder::create(folder.path(), SESSION, Note::default(), Bound::Ends).unwrap();
    for piece in ["one\ntw", "o\r\n", "three, wi", "thout an end"] {
        recorder.write(Stream::Stdout, piece.as_bytes()).unwrap();
    }
    recorder.write(Stream::Stderr, b"wrong\n").unwrap();
    let whole = source.again().unwrap();
    let reading = tokio::spawn(async move { events(&mut source).await });
    drop(recorder);
    assert_eq!(
        reading.await.unwrap(),
        ["one", "two", "wrong", "three, without an end"]
    );
    assert_eq!(
        whole.text().unwrap(),
        b"one\ntwo\nthree, without an endwrong\n"
    );
}

#[tokio::test]
async fn what_a_killed_agent_left_is_read_on_from_where_it_was_taken() {
    let folder = tempfile::tempdir().unwrap();
    // A bucket is to have all of it, delivered or not.
    let note = Note {
        object: Some(Object::default()),
        ..Note::default()
    };
    write_note(folder.path(), SESSION, &note).unwrap();
    let (mut recorder, mut source) =
        Recorder::create(folder.path(), SESSION, note, Bound::Ends).unwrap();
    recorder.write(Stream::Stdout, b"taken\nleft\n").unwrap();
    let chunk = source.next(1).await.unwrap();
    assert!(!chunk.ended);
    source.commit(chunk.next).await.unwrap();
    // A record that the kill cut short.
    let torn = std::fs::OpenOptions::new()
        .append(true)
        .open(file::path(folder.path(), SESSION));
    std::io::Write::write_all(&mut torn.unwrap(), &[9, 0, 0, 0, 0, 1]).unwrap();
    std::mem::forget(recorder);

    assert_eq!(ids(folder.path()).unwrap(), [SESSION]);
    let note = read_note(folder.path(), SESSION).unwrap();
    let mut later = Source::of_ended(folder.path(), SESSION, note).unwrap();
    assert_eq!(later.again().unwrap().text().unwrap(), b"taken\nleft\n");
    assert_eq!(events(&mut later).await, ["left"]);
    remove(folder.path(), SESSION).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

fn megabyte() -> Vec<u8> {
    [vec![b'x'; 1 << 20], vec![b'\n']].concat()
}

#[tokio::test]
async fn a_transcript_that_nobody_asked_for_has_a_bound_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (mut recorder, mut source) =
        Recorder::create(folder.path(), SESSION, Note::default(), Bound::Ends).unwrap();
    for _ in 0..20 {
        assert!(recorder.has_room());
        recorder.write(Stream::Stdout, &megabyte()).unwrap();
    }
    drop(recorder);
    let length = std::fs::metadata(file::path(folder.path(), SESSION));
    assert!(length.unwrap().len() < file::MAX_BYTES + 1024);
    let kept = events(&mut source).await;
    let said = "[the transcript ends here: it has reached its bound]";
    assert_eq!(kept.last().map(String::as_str), Some(said));
}

#[tokio::test]
async fn a_transcript_that_must_be_whole_ends_its_session_at_its_bound() {
    let folder = tempfile::tempdir().unwrap();
    let (mut recorder, _source) =
        Recorder::create(folder.path(), SESSION, Note::default(), Bound::EndsSession).unwrap();
    let written = (0..20).try_for_each(|_| recorder.write(Stream::Stdout, &megabyte()));
    let said = "the session ends: its transcript has reached its bound of 16 MiB";
    assert_eq!(written.unwrap_err().to_string(), said);
}

#[tokio::test]
async fn a_session_whose_lines_are_kept_waits_for_their_delivery() {
    let folder = tempfile::tempdir().unwrap();
    let (mut recorder, mut source) =
        Recorder::create(folder.path(), SESSION, Note::default(), Bound::Waits).unwrap();
    noted(folder.path());
    while recorder.has_room() {
        recorder
            .write(Stream::Stdout, &megabyte()[..1 << 12])
            .unwrap();
    }
    let mut last = 0;
    while last < file::MAX_BYTES / 2 {
        last = source.next(32).await.unwrap().next;
    }
    source.commit(last).await.unwrap();
    recorder.room().await;
    assert!(recorder.has_room());
}

#[tokio::test]
async fn transcripts_of_one_task_leave_room_for_others() {
    let transcripts = of(tempfile::tempdir().unwrap().path());
    for n in 0..MOST_OF_TASK {
        transcripts
            .claim(&format!("session-{n}"), "greedy")
            .unwrap();
    }
    assert!(transcripts.claim("one more", "greedy").is_err());
    transcripts.claim("another's", "modest").unwrap();
    transcripts.under_way.lock().remove("session-3");
    transcripts.claim("one more", "greedy").unwrap();
}

#[tokio::test]
async fn transcripts_of_tasks_that_are_gone_are_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let transcripts = of(folder.path());
    let note = Note {
        task: "gone".to_owned(),
        ..Note::default()
    };
    write_note(folder.path(), SESSION, &note).unwrap();
    // Its task is not known: nobody will ever have its credentials.
    transcripts.finish();
    transcripts.running.close();
    transcripts.running.wait().await;
    assert!(ids(folder.path()).unwrap().is_empty());
}

fn of(folder: &Path) -> Transcripts {
    let api = Api::new(
        crate::client::Endpoint::parse("http://127.0.0.1:1").unwrap(),
        crate::client::Dialer::new(None).unwrap(),
        wharf_wire::sigv4::SigningKeys {
            access_key_id: "key".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: None,
        },
        "us-east-1",
        Arc::new(wharf_base::SystemClock),
    );
    Transcripts::new(
        folder.to_owned(),
        api,
        Directory::default(),
        CredentialStore::default(),
        (TaskTracker::new(), CancellationToken::new()),
    )
}

#[test]
fn a_note_may_be_without_its_file() {
    let folder = tempfile::tempdir().unwrap();
    noted(folder.path());
    let source = Source::of_ended(folder.path(), SESSION, Note::default()).unwrap();
    assert_eq!(source.text().unwrap(), b"");
}

#[test]
fn places_of_a_cluster() {
    let logging = |group: &str, bucket: &str, prefix: &str| Logging {
        kind: LoggingKind::Override,
        log_group: group.to_owned(),
        bucket: bucket.to_owned(),
        key_prefix: prefix.to_owned(),
        ..Logging::default()
    };
    let key = |prefix| {
        of_cluster(&logging("", "b", prefix), "s", "r")
            .1
            .unwrap()
            .key
    };
    assert_eq!(key(""), "s.log");
    assert_eq!(key("exec"), "exec/s.log");
    assert_eq!(key("exec/"), "exec/s.log");
    let (group, object) = of_cluster(&logging("g", "", ""), "s", "r");
    let (group, None) = (group.unwrap(), object) else {
        panic!("no bucket was named");
    };
    let to = stream(&group, "s");
    assert_eq!(
        (to.group.as_str(), to.stream.as_str(), to.region.as_str()),
        ("g", "s", "r")
    );
    assert!(!to.create_group);
}
