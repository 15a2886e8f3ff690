//! The store over a disk that fails: nobody waits for ever, what was acknowledged stays, and no room is lost.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use wharf_series::{AppendError, Metric, Options, Sample, Series, Span, Summary, Tier};
use wharf_wal::{Disk, Fault, Faults, Operation};

const NOW: i64 = 1_700_000_000 - 1_700_000_000 % 86_400;
const ENOSPC: i32 = 28;
const EIO: i32 = 5;

type Meets = dyn Fn(&Operation<'_>) -> Option<Fault> + Send + Sync;

/// A disk that fails as this says.
struct Failing(Box<Meets>);

impl std::fmt::Debug for Failing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Failing")
    }
}

impl Faults for Failing {
    fn meet(&self, operation: &Operation<'_>) -> Option<Fault> {
        (self.0)(operation)
    }
}

fn options(meets: impl Fn(&Operation<'_>) -> Option<Fault> + Send + Sync + 'static) -> Options {
    Options {
        now: || NOW,
        jump_lasts: Duration::ZERO,
        disk: Disk::failing(Arc::new(Failing(Box::new(meets)))),
        ..Options::default()
    }
}

fn metric(name: &str) -> Metric {
    Metric {
        account: "1".to_owned(),
        region: "us-east-1".to_owned(),
        namespace: "App".to_owned(),
        name: name.to_owned(),
        dimensions: Vec::new(),
    }
}

fn sample(name: &str, at: i64) -> Sample {
    Sample {
        key: metric(name).key("None").unwrap(),
        tier: Tier::Minute,
        at,
        summary: Summary::one(1.0),
    }
}

fn sum(series: &Series, name: &str, period: i64) -> f64 {
    let numbers = series.units(&metric(name)).into_iter().map(|it| it.1);
    let span = Span {
        from: NOW - 40 * 86_400,
        to: NOW + 86_400,
        period,
        spread: false,
    };
    let read = series.read_blocking(&numbers.collect::<Vec<u32>>(), span);
    read.unwrap().concat().iter().map(|it| it.1.sum).sum()
}

fn blocks(dir: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(dir).unwrap();
    let all = all.map(|it| it.unwrap().path());
    let mut all: Vec<PathBuf> = all
        .filter(|it| it.to_str().unwrap().contains(".block"))
        .collect();
    all.sort();
    all
}

fn is_block(path: &Path) -> bool {
    path.to_str().is_some_and(|it| it.ends_with(".block.new"))
}

async fn soon<T>(work: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(Duration::from_secs(60), work).await;
    waited.expect("nobody waits for ever")
}

#[tokio::test]
async fn a_catalogue_that_failed_ends_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let series = Series::open(
        dir.path(),
        options(|it| match it {
            // Frames are written and synced in one call or two.
            Operation::Write { path, bytes, .. }
                if path.to_str().unwrap().contains("catalogue/") && bytes.len() > 150 =>
            {
                Some(Fault::Refuse(EIO))
            }
            _ => None,
        }),
    )
    .unwrap();
    let long = "x".repeat(200);
    series.append("1", vec![sample(&long, NOW)]).await.unwrap();
    let copied = soon(series.copy()).await;
    assert!(
        matches!(copied, Err(AppendError::Later { .. })),
        "{copied:?}"
    );
    soon(series.failed()).await;
    series.close().await;
    let again = Series::open(dir.path(), options(|_| None)).unwrap();
    assert_eq!(sum(&again, &long, 60), 1.0);
}

#[tokio::test]
async fn a_full_disk_gets_back_what_failed_and_nobody_waits() {
    let dir = tempfile::tempdir().unwrap();
    let made = Arc::new(AtomicUsize::new(0));
    let counted = made.clone();
    // There is room for the first of two blocks alone.
    let full = options(move |it| match it {
        Operation::Create { path } if is_block(path) => {
            let second = counted.fetch_add(1, Ordering::Relaxed) % 2 == 1;
            second.then_some(Fault::Refuse(ENOSPC))
        }
        _ => None,
    });
    let small = Options {
        head_bytes: 500,
        ..full
    };
    let series = Series::open(dir.path(), small).unwrap();
    let two_days = vec![sample("m", NOW), sample("m", NOW - 86_400)];
    series.append("1", two_days).await.unwrap();
    let copied = soon(series.copy()).await;
    assert!(
        matches!(copied, Err(AppendError::Later { .. })),
        "{copied:?}"
    );
    assert_eq!(made.load(Ordering::Relaxed), 2);
    assert_eq!(blocks(dir.path()), Vec::<PathBuf>::new());
    // The next head fills, and what comes then is refused.
    let mut acknowledged = 2.0;
    let refused = loop {
        let all = vec![sample(&format!("n{acknowledged}"), NOW), sample("m", NOW)];
        match soon(series.append("1", all)).await {
            Ok(()) => acknowledged += 1.0,
            Err(error) => break error,
        }
        assert!(acknowledged < 100.0);
    };
    assert!(matches!(refused, AppendError::Later { .. }), "{refused:?}");
    series.close().await;
    let again = Series::open(dir.path(), options(|_| None)).unwrap();
    assert_eq!(sum(&again, "m", 60), acknowledged);
    soon(again.copy()).await.unwrap();
    assert_eq!(sum(&again, "m", 60), acknowledged);
}

#[tokio::test]
async fn a_manifest_that_cannot_be_written_leaves_no_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let series = Series::open(
        dir.path(),
        options(|it| match it {
            Operation::Create { path } if path.ends_with("manifest.json.new") => {
                Some(Fault::Refuse(ENOSPC))
            }
            _ => None,
        }),
    )
    .unwrap();
    series.append("1", vec![sample("m", NOW)]).await.unwrap();
    assert!(soon(series.copy()).await.is_err());
    assert_eq!(blocks(dir.path()), Vec::<PathBuf>::new());
    assert_eq!(sum(&series, "m", 60), 1.0);
}

#[tokio::test]
async fn a_job_that_panics_is_a_job_that_failed() {
    let dir = tempfile::tempdir().unwrap();
    let series = Series::open(
        dir.path(),
        options(|it| match it {
            Operation::Create { path } if is_block(path) => panic!("as a fault of ours would"),
            _ => None,
        }),
    )
    .unwrap();
    series.append("1", vec![sample("m", NOW)]).await.unwrap();
    assert!(soon(series.copy()).await.is_err());
    series.append("1", vec![sample("m", NOW)]).await.unwrap();
    assert_eq!(sum(&series, "m", 60), 2.0);
}

#[tokio::test]
async fn a_writer_that_panics_leaves_nobody_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let series = Series::open(
        dir.path(),
        options(|it| match it {
            Operation::Write { path, bytes, .. }
                if path.to_str().unwrap().contains("/log/") && bytes.len() > 150 =>
            {
                panic!("as a fault of ours would")
            }
            _ => None,
        }),
    )
    .unwrap();
    let long = "x".repeat(200);
    let lost = soon(series.append("1", vec![sample(&long, NOW)])).await;
    assert_eq!(lost, Err(AppendError::Closed));
    soon(series.failed()).await;
    let after = soon(series.append("1", vec![sample("m", NOW)])).await;
    assert_eq!(after, Err(AppendError::Closed));
    assert!(soon(series.copy()).await.is_err());
}

/// Damages files of a folder with two metrics, one in a block and one in the log, and opens it: it is named, what is
/// there is read, new metrics are taken, and no old point is counted for them.
async fn opens_after(harm: impl Fn(&Path), kept: (f64, f64)) {
    let dir = tempfile::tempdir().unwrap();
    let series = Series::open(dir.path(), options(|_| None)).unwrap();
    series.append("1", vec![sample("a", NOW)]).await.unwrap();
    series.copy().await.unwrap();
    series.append("1", vec![sample("b", NOW)]).await.unwrap();
    series.close().await;
    harm(dir.path());
    let series = Series::open(dir.path(), options(|_| None)).unwrap();
    assert_eq!(series.damage().len(), 1, "{:?}", series.damage());
    assert_eq!((sum(&series, "a", 60), sum(&series, "b", 60)), kept);
    for name in ["c", "d"] {
        series.append("1", vec![sample(name, NOW)]).await.unwrap();
        assert_eq!(sum(&series, name, 60), 1.0);
    }
    series.copy().await.unwrap();
    series.close().await;
    let again = Series::open(dir.path(), options(|_| None)).unwrap();
    assert_eq!(again.damage(), [] as [String; 0]);
    assert_eq!((sum(&again, "a", 60), sum(&again, "c", 60)), (kept.0, 1.0));
}

/// Changes a byte of a file's part.
fn flip(path: &Path, what: &[u8]) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.windows(what.len()).position(|it| it == what).unwrap();
    bytes[at] ^= 0x10;
    std::fs::write(path, bytes).unwrap();
}

fn only(dir: &Path) -> PathBuf {
    let all = std::fs::read_dir(dir).unwrap();
    let all = all.map(|it| it.unwrap().path());
    let mut logs: Vec<PathBuf> = all
        .filter(|it| it.extension().is_some_and(|it| it == "log"))
        .collect();
    logs.sort();
    logs.remove(0)
}

#[tokio::test]
async fn damage_is_put_aside_and_the_rest_is_read() {
    let block = |dir: &Path| blocks(dir).remove(0);
    let shorter = |dir: &Path| {
        let file = std::fs::File::options()
            .write(true)
            .open(block(dir))
            .unwrap();
        file.set_len(20).unwrap();
    };
    opens_after(shorter, (0.0, 1.0)).await;
    opens_after(
        |dir| {
            let mut bytes = std::fs::read(block(dir)).unwrap();
            let index = bytes.len() - 28 - 4 - 8;
            bytes[index] ^= 1;
            std::fs::write(block(dir), bytes).unwrap();
        },
        (0.0, 1.0),
    )
    .await;
    opens_after(|dir| std::fs::remove_file(block(dir)).unwrap(), (0.0, 1.0)).await;
    opens_after(
        |dir| flip(&only(&dir.join("log")), "App\u{1f}b".as_bytes()),
        (1.0, 0.0),
    )
    .await;
    // A block whose points have no name: nobody else gets its number.
    opens_after(
        |dir| flip(&only(&dir.join("catalogue")), "App\u{1f}a".as_bytes()),
        (0.0, 1.0),
    )
    .await;
    opens_after(
        |dir| std::fs::write(dir.join("manifest.json"), "{\"form").unwrap(),
        (0.0, 0.0),
    )
    .await;
}

#[tokio::test]
async fn a_damaged_chunk_stops_neither_its_block_nor_others() {
    let dir = tempfile::tempdir().unwrap();
    let series = Series::open(dir.path(), options(|_| None)).unwrap();
    for day in [0, 1] {
        let at = NOW - day * 86_400;
        series
            .append("1", vec![sample("a", at), sample("b", at)])
            .await
            .unwrap();
        series.copy().await.unwrap();
    }
    series.close().await;
    // The first chunk of the older day, of series a, stands behind the magic.
    let first = |path: &PathBuf| std::fs::read(path).unwrap();
    let damaged = &blocks(dir.path())[1];
    let mut bytes = first(damaged);
    bytes[9] ^= 0x10;
    std::fs::write(damaged, bytes).unwrap();
    let later = Options {
        now: || NOW + 20 * 86_400,
        ..options(|_| None)
    };
    let series = Series::open(dir.path(), later).unwrap();
    soon(async {
        // Both days are in coarser steps then.
        while sum(&series, "b", 60) != 0.0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    assert_eq!(sum(&series, "b", 300), 2.0);
    assert_eq!(sum(&series, "a", 300), 1.0);
}
