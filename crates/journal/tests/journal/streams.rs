//! What callers may rely on.

use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use wharf_journal::{
    Glance, Journal, JournalError, JournalOptions, LimitError, MAX_APPEND_BYTES, MAX_RECORD_BYTES,
    Moved, OpenError, Records,
};

use crate::{all, packed, small};

#[tokio::test]
async fn offsets_are_dense_and_reads_limited() {
    let dir = tempfile::tempdir().unwrap();
    let j = Journal::open(dir.path(), JournalOptions::default()).unwrap();
    assert_eq!(j.append("s", &["a", "bb", "ccc"]).await, Ok(0));
    assert_eq!(j.append("s", &["dddd"]).await, Ok(3));
    assert_eq!(j.append("t", &[b"\x00\xff"]).await, Ok(0));
    assert_eq!((j.end("s"), j.end("none")), (4, 0));
    let read = async |from, records, bytes| {
        let reply = j.read("s", from, records, bytes).await.unwrap();
        let data = reply
            .records
            .iter()
            .map(|r| String::from_utf8_lossy(&r.data).into_owned());
        (data.collect::<Vec<_>>().join(","), reply.next)
    };
    assert_eq!(read(0, 10, 1000).await, ("a,bb,ccc,dddd".into(), 4));
    assert_eq!(read(1, 2, 1000).await, ("bb,ccc".into(), 3));
    assert_eq!(read(0, 10, 3).await, ("a,bb".into(), 2));
    assert_eq!(
        read(2, 10, 0).await,
        ("ccc".into(), 3),
        "at least one, whatever its size"
    );
    assert_eq!(read(0, 0, 10).await, (String::new(), 0));
    assert_eq!(read(9, 10, 10).await, (String::new(), 9));
    assert_eq!(j.read("none", 0, 10, 10).await.unwrap().end, 0);
}

#[tokio::test]
async fn gathered_records_are_kept_until_they_are_appended() {
    let dir = tempfile::tempdir().unwrap();
    let j = Journal::open(dir.path(), JournalOptions::default()).unwrap();
    let mut records = Records::default();
    let nothing = j.append_gathered("s", &mut records).await;
    assert_eq!(nothing, Err(LimitError::Empty.into()));
    for text in ["a", "bb"] {
        records.push(text.as_bytes()).unwrap();
    }
    assert!(j.append_gathered("", &mut records).await.is_err());
    assert_eq!((records.len(), records.bytes()), (2, 3), "kept for later");
    assert_eq!(j.append_gathered("s", &mut records).await, Ok(0));
    assert!(records.is_empty());
    records.push(b"ccc").unwrap();
    assert_eq!(j.append_gathered("s", &mut records).await, Ok(2));
    let texts = ["a", "bb", "ccc"].map(str::to_owned);
    assert_eq!(all(&j, "s").await, (0..).zip(texts).collect::<Vec<_>>());

    let large = vec![0; MAX_RECORD_BYTES];
    let bytes = large.len() + 1;
    let refused = records.push(&[large.as_slice(), b"x"].concat());
    assert_eq!(refused, Err(LimitError::RecordTooLarge { bytes }));
    let most = MAX_APPEND_BYTES / MAX_RECORD_BYTES;
    assert_eq!(records.push(&large), Ok(()));
    let pushed = (1..=most).filter(|_| records.push(&large).is_ok()).count();
    assert_eq!(pushed, most - 1, "the rest is for another append");
    assert_eq!(j.append_gathered("s", &mut records).await, Ok(3));
}

#[tokio::test]
async fn records_may_come_packed() {
    let dir = tempfile::tempdir().unwrap();
    let j = Journal::open(dir.path(), small()).unwrap();
    let line = |n: u64| format!("{n:016}GET /item/{} 200", n % 97);
    let lines = |from: u64, count: u64| (from..from + count).map(line).collect::<Vec<_>>();
    assert!(packed(&lines(0, 100)).is_none(), "too few");
    let noise: Vec<u8> = (0..200_000).map(|_| rand::random()).collect();
    assert!(packed(&[noise]).is_none(), "as large as before");

    j.append("s", &[line(0)]).await.unwrap();
    let records = packed(&lines(1, 5000)).unwrap();
    assert_eq!((records.len(), records.is_empty()), (5000, false));
    assert_eq!(j.append_packed("s", records).await, Ok(1));
    j.append("s", &[line(5001)]).await.unwrap();
    let info = j.stream("s").unwrap();
    assert!(
        info.bytes * 4 < 5000 * 34,
        "{} bytes in the log",
        info.bytes
    );
    let expected: Vec<_> = (0..5002).map(|n| (n, line(n))).collect();
    assert_eq!(all(&j, "s").await, expected);
    let read = j.read("s", 4999, 2, 1000).await.unwrap();
    assert_eq!((read.records.len(), read.next), (2, 5001));

    // In the log as its segments are read again, and in a run beside small ones.
    j.close().await;
    let j = Journal::open(dir.path(), small()).unwrap();
    assert_eq!(all(&j, "s").await, expected);
    for n in 0..200 {
        j.append("t", &[vec![b'-'; 1000]]).await.unwrap();
        assert_eq!(j.end("t"), n + 1);
    }
    j.close().await;
    let runs = || std::fs::read_dir(dir.path()).unwrap();
    let is_run = |it: std::io::Result<std::fs::DirEntry>| {
        it.unwrap().path().extension().is_some_and(|it| it == "run")
    };
    assert!(runs().any(is_run), "it was merged");
    let j = Journal::open(dir.path(), small()).unwrap();
    assert_eq!(all(&j, "s").await, expected);
}

#[tokio::test]
async fn what_is_moved_is_in_one_of_two_streams() {
    let dir = tempfile::tempdir().unwrap();
    let j = Journal::open(dir.path(), JournalOptions::default()).unwrap();
    j.append("from", &["a", "b", "c"]).await.unwrap();
    let moved = |from: &str, before| {
        Some(Moved {
            from: from.to_owned(),
            before,
        })
    };
    let mut records = Records::default();
    records.push(b"A B").unwrap();
    // What is refused lets go of nothing.
    let refused = j.move_gathered("", &mut records, moved("from", 2)).await;
    assert!(refused.is_err());
    assert_eq!(all(&j, "from").await.len(), 3);
    let first = j.move_gathered("to", &mut records, moved("from", 2)).await;
    assert_eq!(first, Ok(0));
    let lines: Vec<_> = (0..5000)
        .map(|n| format!("{n:016}GET /item/{} 200", n % 97))
        .collect();
    let first = j
        .move_packed("to", packed(&lines).unwrap(), moved("none", 7))
        .await;
    assert_eq!(first, Ok(1));
    j.close().await;
    let j = Journal::open(dir.path(), JournalOptions::default()).unwrap();
    assert_eq!(all(&j, "from").await, [(2, "c".to_owned())]);
    assert_eq!(j.end("to"), 5001);
    assert!(j.stream("none").is_none());
}

#[tokio::test]
async fn trim_delete_and_list() {
    let dir = tempfile::tempdir().unwrap();
    let j = Journal::open(dir.path(), JournalOptions::default()).unwrap();
    for name in ["g/b", "g/a", "h/a"] {
        j.append(name, &["0", "1", "2", "3"]).await.unwrap();
    }
    assert_eq!(j.trim("g/a", 2).await, Ok(2));
    assert_eq!(j.trim("g/a", 1).await, Ok(2), "never goes back");
    assert_eq!(j.trim("none", 1).await, Ok(0));
    let reply = j.read("g/a", 0, 10, 100).await.unwrap();
    assert_eq!(
        (reply.first, reply.records[0].offset, reply.next),
        (2, 2, 4)
    );
    assert_eq!(j.trim("g/a", 99).await, Ok(4), "not beyond the end");
    assert_eq!(j.append("g/a", &["4"]).await, Ok(4), "offsets go on");
    let names = |prefix, after| -> Vec<_> {
        j.streams(prefix, after, 10)
            .into_iter()
            .map(|s| s.name)
            .collect()
    };
    assert_eq!(names("g/", None), ["g/a", "g/b"]);
    assert_eq!(names("", Some("g/a")), ["g/b", "h/a"]);
    assert_eq!(j.delete("g/b").await, Ok(true));
    assert_eq!(j.delete("g/b").await, Ok(false));
    assert_eq!(j.append("g/b", &["new"]).await, Ok(0));
    assert_eq!(all(&j, "g/b").await, [(0, "new".to_owned())]);
}

#[tokio::test]
async fn cursors_are_durable_and_go_with_their_stream() {
    let dir = tempfile::tempdir().unwrap();
    let j = Journal::open(dir.path(), JournalOptions::default()).unwrap();
    j.set_cursor("s", "reader", 5).await.unwrap();
    j.set_cursor("s", "reader", 3).await.unwrap();
    j.set_cursor("s", "gone", 1).await.unwrap();
    j.drop_cursor("s", "gone").await.unwrap();
    j.set_cursor("t", "reader", 1).await.unwrap();
    j.delete("t").await.unwrap();
    j.close().await;
    let j = Journal::open(dir.path(), JournalOptions::default()).unwrap();
    assert_eq!(
        j.cursors("s").into_iter().collect::<Vec<_>>(),
        [("reader".to_owned(), 3)]
    );
    assert_eq!(
        (j.cursor("s", "reader"), j.cursor("t", "reader")),
        (Some(3), None)
    );
}

#[tokio::test]
async fn who_moves_a_cursor_makes_no_stream_of_one_that_was_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let j = Journal::open(dir.path(), JournalOptions::default()).unwrap();
    j.append("s", &["a", "b"]).await.unwrap();
    j.move_cursor("s", "reader", 1).await.unwrap();
    j.move_cursor("s", "reader", 2).await.unwrap();
    assert_eq!(j.cursor("s", "reader"), Some(2));
    j.delete("s").await.unwrap();
    j.move_cursor("s", "reader", 2).await.unwrap();
    assert!(j.stream("s").is_none());
    j.close().await;
    let j = Journal::open(dir.path(), JournalOptions::default()).unwrap();
    assert!(j.stream("s").is_none());
}

#[tokio::test]
async fn limits() {
    let dir = tempfile::tempdir().unwrap();
    let j = Journal::open(dir.path(), JournalOptions::default()).unwrap();
    let invalid = |e| Err(JournalError::Invalid(e));
    assert_eq!(j.append::<&str>("s", &[]).await, invalid(LimitError::Empty));
    assert_eq!(
        j.append("", &["x"]).await,
        invalid(LimitError::Name { bytes: 0 })
    );
    let large = vec![0u8; (1 << 20) + 1];
    let error = LimitError::RecordTooLarge { bytes: large.len() };
    assert_eq!(j.append("s", &[large]).await, invalid(error));
    assert_eq!(
        j.append("s", &[""; 10_001]).await,
        invalid(LimitError::TooManyRecords { count: 10_001 })
    );
    assert_eq!(j.append("s", &[""; 10_000]).await, Ok(0));
    let full = vec![vec![7u8; 1 << 20]; 4];
    assert_eq!(j.append("s", &full).await, Ok(10_000));
    assert_eq!(
        j.read("s", 10_003, 1, 1).await.unwrap().records[0]
            .data
            .len(),
        1 << 20
    );
}

#[tokio::test]
async fn a_second_opener_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let j = Journal::open(dir.path(), JournalOptions::default()).unwrap();
    let error = Journal::open(dir.path(), JournalOptions::default()).unwrap_err();
    let OpenError::InUse { pid, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(*pid, Some(std::process::id()));
    assert!(
        error
            .to_string()
            .contains(&dir.path().display().to_string())
    );
    drop(j);
    Journal::open(dir.path(), JournalOptions::default()).unwrap();
}

/// Merging is invisible but for the files: their number stays small, and trimmed room comes back.
#[tokio::test]
async fn merging_keeps_every_record_and_gives_room_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut j = Journal::open(dir.path(), small()).unwrap();
    // Nothing to be packed: the room is that of the records.
    let line = |stream: u32, n: u64| {
        let mut dice = SmallRng::seed_from_u64(u64::from(stream) << 32 | n);
        let text: String = (0..48).map(|_| dice.random_range(' '..'~')).collect();
        text
    };
    for round in 0..400u64 {
        for stream in 0..5 {
            let name = format!("s{stream}");
            let lines: Vec<_> = (0..3).map(|i| line(stream, round * 3 + i)).collect();
            assert_eq!(j.append(&name, &lines).await, Ok(round * 3));
        }
        if round % 150 == 149 {
            j.close().await;
            j = Journal::open(dir.path(), small()).unwrap();
        }
    }
    for stream in 0..5 {
        let expected: Vec<_> = (0..1200).map(|n| (n, line(stream, n))).collect();
        assert_eq!(all(&j, &format!("s{stream}")).await, expected);
    }
    // Merging removes files while they are counted.
    let size = || -> u64 {
        let files = std::fs::read_dir(dir.path()).unwrap();
        let sizes = files.filter_map(|file| Some(file.unwrap().metadata().ok()?.len()));
        sizes.sum()
    };
    let before = size();
    for stream in 0..5 {
        j.trim(&format!("s{stream}"), 1150).await.unwrap();
    }
    // Each append gives merging its turn.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while size() > before / 3 {
        assert!(
            std::time::Instant::now() < deadline,
            "{} of {before} bytes left",
            size()
        );
        j.append("other", &["x".repeat(500)]).await.unwrap();
        j.trim("other", u64::MAX).await.unwrap();
    }
    j.close().await;
    let j = Journal::open(dir.path(), small()).unwrap();
    let expected: Vec<_> = (1150..1200).map(|n| (n, line(3, n))).collect();
    assert_eq!(all(&j, "s3").await, expected);
    assert_eq!(j.end("s3"), 1200);
}

/// What is alike takes a part of its room, also where runs are merged with runs, and a part of it is read as before.
#[tokio::test]
async fn records_that_are_alike_are_packed() {
    let dir = tempfile::tempdir().unwrap();
    let mut j = Journal::open(dir.path(), small()).unwrap();
    let line = |n: u64| {
        format!(
            "2026-11-23 10:{:02}:00 GET /items/{} 200 from 10.0.0.{}",
            n % 60,
            n % 97,
            n % 7
        )
    };
    let mut written = 0;
    for at in (0..20_000u64).step_by(50) {
        let lines: Vec<String> = (at..at + 50).map(line).collect();
        written += lines.iter().map(String::len).sum::<usize>() as u64;
        assert_eq!(j.append("s", &lines).await, Ok(at));
    }
    j.close().await;
    j = Journal::open(dir.path(), small()).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while j.stream("s").unwrap().bytes > written / 4 {
        assert!(std::time::Instant::now() < deadline, "{:?}", j.usage());
        j.append("other", &["x".repeat(500)]).await.unwrap();
        j.trim("other", u64::MAX).await.unwrap();
    }
    let read = j.read("s", 12_345, 2, 1 << 20).await.unwrap();
    let texts: Vec<&[u8]> = read.records.iter().map(|it| &*it.data).collect();
    assert_eq!(texts, [line(12_345).as_bytes(), line(12_346).as_bytes()]);
    assert_eq!(
        all(&j, "s").await,
        (0..20_000).map(|n| (n, line(n))).collect::<Vec<_>>()
    );
    for block in j.blocks("s", 0..20_000) {
        let whole = block.read().unwrap();
        assert_eq!(block.read_if(|_| true).unwrap().as_ref(), Some(&whole));
        let first = |it: &Glance<'_>| {
            it.column(0)
                .is_some_and(|it| it.iter().all(|it| *it == b'2'))
        };
        assert_eq!(block.read_if(first).unwrap().as_ref(), Some(&whole));
        // What is not merged yet is read, whatever is asked.
        let none = block.read_if(|_| false).unwrap();
        assert!(none.is_none() || none == Some(whole.clone()));
        let found = block.read_if(|it| it.tails().windows(7).any(|it| it == b"/items/"));
        assert_eq!(found.unwrap(), Some(whole));
    }
    j.close().await;
}
