//! How fast queries are; not run with the others:
//! `cargo test --release -p wharf-svc-logs --test service -- --ignored --nocapture measured`, with `WHARF_BENCH_MIB` for
//! another size than a gibibyte. Writes the same lines to a file and greps it, if there is a `rg`, else a `grep`.

use std::{
    fmt::Write as _,
    fs::File,
    io::Write as _,
    process::Command,
    time::{Duration, Instant},
};

use wharf_api_logs::{Logs, types::*};
use wharf_journal::{Journal, JournalOptions};
use wharf_svc_logs::{Limits, LogsService, Options};

use crate::support::{NOW, call, make, open_over, put};

const STREAMS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
const BATCH: usize = 5000;

/// A line of a web server; one in some thousands says something rare.
fn line(n: u64, out: &mut String) {
    out.clear();
    // Neither of equal length nor in equal order.
    let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let status = if mixed.is_multiple_of(53) { 500 } else { 200 };
    let path = ["/", "/cart", "/shirts/red", "/login", "/static/site.css"][(mixed % 5) as usize];
    let _ = write!(
        out,
        "10.{}.{}.{} - - \"GET {path} HTTP/1.1\" {status} {} \"-\" \"Mozilla/5.0 (X11; Linux x86_64) {:x}\"",
        mixed % 250,
        mixed / 7 % 250,
        mixed / 11 % 250,
        mixed % 100_000,
        mixed,
    );
    if n.is_multiple_of(5003) {
        out.push_str(" upstream timed out");
    }
}

async fn asked(logs: &LogsService, text: &str) -> (Duration, GetQueryResultsResponse) {
    let input = StartQueryRequest {
        log_group_name: Some("g".into()),
        start_time: Some(NOW / 1000 - 7200),
        end_time: Some(NOW / 1000),
        query_string: Some(text.into()),
        ..Default::default()
    };
    let begin = Instant::now();
    let query_id = logs.start_query(&call(), input).await.unwrap().query_id;
    loop {
        let input = GetQueryResultsRequest {
            query_id: query_id.clone(),
            ..Default::default()
        };
        let found = logs.get_query_results(&call(), input).await.unwrap();
        if found.status.as_deref() == Some("Complete") {
            return (begin.elapsed(), found);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measure"]
async fn measured() {
    let mib: u64 = std::env::var("WHARF_BENCH_MIB").map_or(1024, |it| it.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal"), JournalOptions::default()).unwrap();
    let limits = Limits {
        stream_bytes_a_second: u64::MAX >> 8,
        account_bytes_a_second: u64::MAX >> 8,
        ..Limits::default()
    };
    let options = Options {
        limits,
        ..Options::default()
    };
    let logs = open_over(folder.path(), journal, options);
    make(&logs, "g", &STREAMS).await;
    let path = folder.path().join("raw");
    let mut raw = std::io::BufWriter::new(File::create(&path).unwrap());
    let (mut text, mut bytes, mut lines) = (String::new(), 0, 0u64);
    let begin = Instant::now();
    for batch in 0usize.. {
        let mut all = Vec::with_capacity(BATCH);
        for _ in 0..BATCH {
            line(lines, &mut text);
            writeln!(raw, "{text}").unwrap();
            bytes += text.len() as u64 + 1;
            all.push((NOW - 7_200_000 + (lines / 4) as i64, text.clone()));
            lines += 1;
        }
        let events: Vec<(i64, &str)> = all.iter().map(|(at, text)| (*at, text.as_str())).collect();
        put(
            &logs,
            &call(),
            ("g", STREAMS[batch % STREAMS.len()]),
            &events,
        )
        .await
        .unwrap();
        if bytes >= mib << 20 {
            break;
        }
    }
    raw.flush().unwrap();
    println!(
        "{lines} lines, {} MiB, put in {:.1} s",
        bytes >> 20,
        begin.elapsed().as_secs_f64()
    );
    for text in [
        "stats count(*) by bin(5m)",
        "filter @message like /upstream timed out/ | stats count(*)",
        "filter @message like /timed (out|over)/ | stats count(*)",
        "filter @message like / 500 [0-9]+7 / | stats count(*)",
        "parse @message \"GET * HTTP\" as path | stats count(*) by path",
    ] {
        let mut best = Duration::MAX;
        let mut found = None;
        for _ in 0..3 {
            let (took, result) = asked(&logs, text).await;
            best = best.min(took);
            found = Some(result);
        }
        let statistics = found.unwrap().statistics.unwrap();
        assert_eq!(statistics.records_scanned, Some(lines as f64));
        println!(
            "{:.3} s  {text}  ({:?} matched)",
            best.as_secs_f64(),
            statistics.records_matched.unwrap()
        );
    }
    for pattern in ["upstream timed out", " 500 [0-9]+7 "] {
        for (program, arguments) in [("rg", &["-c"][..]), ("grep", &["-cE"])] {
            let mut best = Duration::MAX;
            for _ in 0..3 {
                let begin = Instant::now();
                let done = Command::new(program)
                    .args(arguments)
                    .arg(pattern)
                    .arg(&path)
                    .env("LC_ALL", "C")
                    .output();
                if done.is_ok_and(|it| it.status.success()) {
                    best = best.min(begin.elapsed());
                }
            }
            if best < Duration::MAX {
                println!("{:.3} s  {program} {pattern}", best.as_secs_f64());
            }
        }
    }
}
