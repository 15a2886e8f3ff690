//! Prometheus' text form before OpenMetrics (0.0.4), which programs of Kubernetes speak: families of samples, written one after another.

use std::fmt::Write as _;

/// What [`Exposition::text`] is.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Labels of a sample, in the order that they are written in.
pub type Labels<'a> = [(&'a str, &'a str)];

/// A text in the making.
#[derive(Debug, Default)]
pub struct Exposition {
    text: String,
    name: String,
}

impl Exposition {
    /// Begins a family: the samples that follow are of it.
    pub fn family(&mut self, name: &str, help: &str, kind: Kind) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        name.clone_into(&mut self.name);
    }

    pub fn sample(&mut self, labels: &Labels<'_>, value: f64) {
        self.line("", labels, None, value, None);
    }

    /// One that was measured at a time, in milliseconds since 1970.
    pub fn sample_at(&mut self, labels: &Labels<'_>, value: f64, at_ms: i64) {
        self.line("", labels, None, value, Some(at_ms));
    }

    /// A histogram: how many values were at most each of `bounds`, not counting those of lower bounds, then those above all.
    pub fn histogram(&mut self, labels: &Labels<'_>, bounds: &[f64], counts: &[u64], sum: f64) {
        let mut total = 0;
        for (at, count) in counts.iter().enumerate() {
            total += count;
            let bound = match bounds.get(at) {
                Some(bound) => bound.to_string(),
                None => "+Inf".to_owned(),
            };
            self.line("_bucket", labels, Some(&bound), total as f64, None);
        }
        self.line("_sum", labels, None, sum, None);
        self.line("_count", labels, None, total as f64, None);
    }

    fn line(
        &mut self,
        suffix: &str,
        labels: &Labels<'_>,
        bound: Option<&str>,
        value: f64,
        at_ms: Option<i64>,
    ) {
        self.text.push_str(&self.name);
        self.text.push_str(suffix);
        let all = labels.iter().copied().chain(bound.map(|it| ("le", it)));
        let mut before = '{';
        for (name, value) in all {
            let _ = write!(self.text, "{before}{name}=\"");
            escape(&mut self.text, value);
            self.text.push('"');
            before = ',';
        }
        if before == ',' {
            self.text.push('}');
        }
        let _ = write!(self.text, " {value}");
        if let Some(at) = at_ms {
            let _ = write!(self.text, " {at}");
        }
        self.text.push('\n');
    }

    pub fn text(self) -> String {
        self.text
    }
}

fn escape(text: &mut String, value: &str) {
    for it in value.chars() {
        match it {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            it => text.push(it),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written() {
        let mut it = Exposition::default();
        it.family("asked_total", "Requests\nasked", Kind::Counter);
        it.sample(&[("verb", "GET"), ("of", "a\"b\\c\nd")], 3.0);
        it.sample(&[], 0.5);
        it.family("memory", "Bytes", Kind::Gauge);
        it.sample_at(&[("pod", "p")], 1048576.0, 1234);
        it.family("took", "Seconds", Kind::Histogram);
        it.histogram(&[("verb", "GET")], &[0.1, 1.0], &[2, 1, 4], 9.5);
        assert_eq!(
            it.text(),
            "# HELP asked_total Requests\\nasked\n# TYPE asked_total counter\n\
             asked_total{verb=\"GET\",of=\"a\\\"b\\\\c\\nd\"} 3\nasked_total 0.5\n\
             # HELP memory Bytes\n# TYPE memory gauge\nmemory{pod=\"p\"} 1048576 1234\n\
             # HELP took Seconds\n# TYPE took histogram\n\
             took_bucket{verb=\"GET\",le=\"0.1\"} 2\ntook_bucket{verb=\"GET\",le=\"1\"} 3\n\
             took_bucket{verb=\"GET\",le=\"+Inf\"} 7\ntook_sum{verb=\"GET\"} 9.5\ntook_count{verb=\"GET\"} 7\n"
        );
    }
}
