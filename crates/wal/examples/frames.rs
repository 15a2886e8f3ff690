//! Measures the log: `cargo run --release -p wharf-wal --example frames -- FOLDER [BYTES] [SECONDS]`. Each frame is durable before the next.

use std::time::{Duration, Instant};

use wharf_wal::{Disk, Log, LogOptions, Purpose};

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().expect("a folder");
    let bytes: usize = args.next().map_or(2 << 20, |it| it.parse().expect("bytes"));
    let seconds: u64 = args.next().map_or(5, |it| it.parse().expect("seconds"));
    let options = LogOptions {
        magic: *b"wharfex\x01",
        segment_bytes: 8 << 20,
        grow_bytes: 1 << 20,
        reserve_bytes: 0,
        salvage: false,
        disk: Disk::default(),
    };
    let mut log = Log::open(folder.as_ref(), options, 1, |_| Ok(())).expect("opens");
    let payload: Vec<u8> = (0..bytes).map(|it| ((it * 31) >> 3) as u8).collect();
    let (began, mut frames) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(seconds) {
        log.append(&payload, Purpose::Growth).expect("is taken");
        frames += 1;
        // What is read again by nobody.
        log.remove_before(log.active_segment().saturating_sub(4))
            .expect("is removed");
    }
    let taken = began.elapsed();
    let rate = (frames * bytes) as f64 / f64::from(1 << 20) / taken.as_secs_f64();
    println!("{rate:.0} MiB a second in {frames} frames of {bytes} bytes");
}
