use super::*;
use crate::logs::{
    assemble::{Assembler, LogEvent},
    deliver::LogSource as _,
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
    let (mut recorder, mut source) = Recorder::create(folder.path(), SESSION).unwrap();
    for piece in ["one\ntw", "o\r\n", "three, wi", "thout an end"] {
        recorder.write(Stream::Stdout, piece.as_bytes());
    }
    recorder.write(Stream::Stderr, b"wrong\n");
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
    let (mut recorder, mut source) = Recorder::create(folder.path(), SESSION).unwrap();
    noted(folder.path());
    recorder.write(Stream::Stdout, b"taken\nleft\n");
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
    let mut later = Source::of_ended(folder.path(), SESSION, note.delivered).unwrap();
    assert_eq!(later.again().unwrap().text().unwrap(), b"taken\nleft\n");
    assert_eq!(events(&mut later).await, ["left"]);
    remove(folder.path(), SESSION).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_transcript_has_a_bound_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (mut recorder, mut source) = Recorder::create(folder.path(), SESSION).unwrap();
    let line = [vec![b'x'; 1 << 20], vec![b'\n']].concat();
    for _ in 0..20 {
        recorder.write(Stream::Stdout, &line);
    }
    recorder.write(Stream::Stdout, b"not kept\n");
    drop(recorder);
    assert!(size(folder.path()).unwrap() < file::MAX_BYTES + 1024);
    let kept = events(&mut source).await;
    let said = "[the transcript ends here: it has reached its bound]";
    assert_eq!(kept.last().map(String::as_str), Some(said));
}

#[test]
fn a_note_may_be_without_its_file() {
    let folder = tempfile::tempdir().unwrap();
    noted(folder.path());
    let source = Source::of_ended(folder.path(), SESSION, 0).unwrap();
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
