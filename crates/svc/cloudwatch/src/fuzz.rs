//! Parsers as functions of any bytes.

use wharf_base::Timestamp;
use wharf_records::fuzz::again;

use crate::{
    alarm::{composite, mute},
    insights,
    math::{self, Line},
    records, search,
    stat::Stat,
    widget::{draw, png, read},
};

/// A text of a request: an expression, a search, a query or a statistic.
pub fn expression(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = math::parse(text);
    let _ = search::Search::parse(text);
    let _ = insights::Query::parse(text);
    let _ = Stat::parse(text);
    let _ = composite::Rule::parse(text);
}

/// A widget, drawn small: what it says of its size has other bounds.
pub fn widget(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(mut widget) = read::widget(text, Timestamp(0), "a", "r") {
        (widget.width, widget.height) = (widget.width.min(200), widget.height.min(200));
        let _ = drawn(&widget, 2, 50);
    }
}

/// Draws a widget with so many lines that are as wild as lines can be; bytes of the image, if it would be drawn at all.
pub fn wild(text: &str, lines: usize, points: usize) -> Option<usize> {
    let widget = read::widget(text, Timestamp(0), "a", "r").ok()?;
    draw::fits(&widget, lines).then(|| drawn(&widget, lines, points))?
}

fn drawn(widget: &read::Widget, lines: usize, points: usize) -> Option<usize> {
    let (from, to) = (widget.range.from, widget.range.to);
    let step = ((to - from) / i64::try_from(points).ok()?.max(1)).max(1);
    let value = |number: usize| if number.is_multiple_of(2) { 0.0 } else { 1e9 };
    let line = |number: usize| draw::Drawn {
        line: Line {
            period: step,
            points: (from..to)
                .step_by(usize::try_from(step).unwrap_or(1))
                .enumerate()
                .map(|(at, moment)| (moment, value(at + number)))
                .collect(),
            ..Line::default()
        },
        label: "W".repeat(draw::MOST_TEXT),
        colour: (number as u8, 100, 200),
        side: read::Side::Left,
    };
    let lines: Vec<draw::Drawn> = (0..lines).map(line).collect();
    let pixels = draw::pixels(widget, &lines).expect("an image in memory");
    let file = png::encoded(widget.width, widget.height, &pixels).expect("bytes in memory");
    Some(file.len())
}

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<records::Alarm>(bytes);
    again::<records::Happening>(bytes);
    again::<records::Happenings>(bytes);
    again::<records::Dashboard>(bytes);
    again::<records::MetricStream>(bytes);
    again::<records::StreamPosition>(bytes);
    again::<records::Detector>(bytes);
    again::<records::MuteRule>(bytes);
    if let Ok(rule) = serde_json::from_slice::<records::MuteRule>(bytes)
        && let Ok(windows) = mute::Windows::of(&rule)
    {
        let _ = windows.status(rule.changed_at);
    }
}
