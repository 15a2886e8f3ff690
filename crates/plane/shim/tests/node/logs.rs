//! Every line once, in order, whoever dies in between.

use wharf_container::{runtime::Stream, spec::LogMode};

use crate::fixture::{Node, name, sh, within};

#[tokio::test]
async fn a_reader_goes_on_where_it_committed() {
    let node = Node::new().await;
    let task = node.task().await;
    let spec = sh("seq 1 20000; echo error >&2");
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let (mut lines, mut errors) = (Vec::new(), 0);
    let mut ended = false;
    while !ended {
        // A new reader each time, as after a restart; what was read but not committed comes again.
        let mut reader = task.logs(&spec.name).unwrap();
        let batch = within(reader.next(777)).await.unwrap();
        assert_eq!(batch.lost_bytes, 0);
        for record in &batch.records {
            assert!(!record.partial);
            match record.stream {
                Stream::Stdout => lines.push(
                    String::from_utf8(record.line.to_vec())
                        .unwrap()
                        .parse::<u32>()
                        .unwrap(),
                ),
                Stream::Stderr => errors += 1,
            }
        }
        reader.commit(batch.next).await.unwrap();
        ended = batch.ended;
        if !ended && !batch.records.is_empty() && lines.len() % 3 == 0 {
            let mut forgetful = task.logs(&spec.name).unwrap();
            let _ = forgetful.read_now(10).unwrap();
        }
    }
    assert_eq!(lines, (1..=20_000).collect::<Vec<_>>());
    assert_eq!(errors, 1);
    node.finish().await;
}

#[tokio::test]
async fn a_full_blocking_spool_makes_the_container_wait() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec = sh("seq 1 60000");
    spec.log = LogMode::Spool {
        max_bytes: 128 << 10,
        blocking: true,
    };
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let mut reader = task.logs(&spec.name).unwrap();
    let mut count = 0u32;
    loop {
        let batch = within(reader.next(1000)).await.unwrap();
        for record in &batch.records {
            count += 1;
            assert_eq!(String::from_utf8_lossy(&record.line), count.to_string());
        }
        let folder = node.dir.path().join("tasks/t1/logs-main");
        let kept: u64 = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|e| Some(e.ok()?.metadata().ok()?.len()))
            .sum();
        assert!(kept < 512 << 10, "{kept}");
        reader.commit(batch.next).await.unwrap();
        if batch.ended {
            break;
        }
    }
    assert_eq!(count, 60_000);
    node.finish().await;
}

#[tokio::test]
async fn a_non_blocking_spool_drops_the_oldest() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec = sh("seq 1 60000");
    spec.log = LogMode::Spool {
        max_bytes: 128 << 10,
        blocking: false,
    };
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    within(task.wait(&spec.name)).await.unwrap();
    let mut reader = task.logs(&spec.name).unwrap();
    let (mut last, mut lost, mut ended) = (0, 0, false);
    while !ended {
        let batch = within(reader.next(1000)).await.unwrap();
        lost += batch.lost_bytes;
        for record in &batch.records {
            let number: u32 = String::from_utf8_lossy(&record.line).parse().unwrap();
            assert!(last == 0 || number == last + 1);
            last = number;
        }
        ended = batch.ended;
    }
    assert_eq!(last, 60_000);
    assert!(lost > 0);
    node.finish().await;
}

#[tokio::test]
async fn discarded_logs_are_read_and_forgotten() {
    let node = Node::new().await;
    let task = node.task().await;
    let mut spec = sh("seq 1 60000");
    spec.log = LogMode::Discard;
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    assert_eq!(within(task.wait(&spec.name)).await.unwrap().code, 0);
    assert!(!node.dir.path().join("tasks/t1/logs-main").exists());
    task.remove(&name("main")).await.unwrap();
    node.finish().await;
}
