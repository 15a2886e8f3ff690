//! How long the worst widgets take to draw: `cargo run --release -p wharf-svc-cloudwatch --example drawing`.

use std::time::Instant;

use wharf_svc_cloudwatch::fuzz;

fn main() {
    let fills = r#"{"value": 5e8, "fill": "above", "label": "rule"}"#;
    let fills = vec![fills; 100].join(",");
    for (width, height) in [(600, 400), (2000, 2000)] {
        for (kind, more) in [
            ("lines", r#""stacked": false"#.to_owned()),
            ("areas", r#""stacked": true"#.to_owned()),
            (
                "fills",
                format!(r#""annotations": {{"horizontal": [{fills}]}}"#),
            ),
            ("values", r#""view": "singleValue""#.to_owned()),
        ] {
            let widget = format!(
                r#"{{"metrics": [["A", "b"]], "start": "-P1D", "width": {width}, "height": {height}, {more}}}"#
            );
            // As many lines as are drawn at all.
            let most = (1..=500).rev();
            for lines in most {
                let begin = Instant::now();
                if let Some(bytes) = fuzz::wild(&widget, lines, 20_000) {
                    let took = begin.elapsed();
                    println!("{width} x {height}, {lines} {kind}: {took:?}, {bytes} bytes");
                    break;
                }
            }
        }
    }
}
