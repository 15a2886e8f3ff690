//! How many events a core judges by a thousand rules:
//! `cargo run --release -p wharf-patterns --example speed`.

use std::{hint::black_box, time::Instant};

use serde_json::{Value, json};
use wharf_patterns::{Index, Pattern};

const RULES: usize = 1000;
const EVENTS: usize = 2_000_000;

fn main() {
    let rule = |n: usize| match n % 4 {
        0 => json!({"source": [format!("app.{n}")], "detail-type": ["order"]}),
        1 => {
            json!({"source": ["app.shared"], "detail": {"customer": [format!("c{n}")], "total": [{"numeric": [">", 10]}]}})
        }
        2 => json!({"source": [{"prefix": format!("team{n}.")}]}),
        _ => {
            json!({"source": ["app.shared"], "detail": {"state": ["paid"], "region": [{"wildcard": format!("r{n}-*")}]}})
        }
    };
    let patterns: Vec<Pattern> = (0..RULES)
        .map(|n| Pattern::of(&rule(n)).expect("a pattern"))
        .collect();
    let index = Index::new(&patterns);
    let events: Vec<Value> = (0..RULES)
        .map(|n| json!({"version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "order",
            "source": "app.shared", "account": "000000000000", "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
            "resources": [], "detail": {"customer": format!("c{n}"), "total": 12.5, "state": "paid", "region": format!("r{n}-x"), "items": [1, 2, 3]}}))
        .collect();
    let (begun, mut found) = (Instant::now(), 0);
    for event in events.iter().cycle().take(EVENTS) {
        found += black_box(index.matches(event)).len();
    }
    let rate = EVENTS as f64 / begun.elapsed().as_secs_f64();
    println!(
        "{rate:.0} events/s on one core over {RULES} rules, {found} matches of {EVENTS} events"
    );
}
