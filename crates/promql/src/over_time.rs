//! What the samples of a range come to.

use crate::aggregate::{average, greatest, least, sum};

/// Samples of one series with the ends of the range that they lie in, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Window<'a> {
    pub samples: &'a [(i64, f64)],
    pub from: i64,
    pub to: i64,
}

impl Window<'_> {
    fn values(&self) -> Vec<f64> {
        self.samples.iter().map(|it| it.1).collect()
    }

    fn seconds(&self) -> f64 {
        (self.to - self.from) as f64 / 1000.0
    }

    /// The difference of the ends of a range, as far beyond the samples as those are likely to go on. A counter that
    /// falls began anew.
    fn extrapolated(&self, is_counter: bool) -> Option<f64> {
        let [first, .., last] = self.samples else {
            return None;
        };
        let mut grown = last.1 - first.1;
        if is_counter {
            let falls = self.samples.windows(2).filter(|it| it[1].1 < it[0].1);
            grown += falls.map(|it| it[0].1).sum::<f64>();
        }
        let seconds = |ms: i64| ms as f64 / 1000.0;
        let mut before = seconds(first.0 - self.from);
        let behind = seconds(self.to - last.0);
        let sampled = seconds(last.0 - first.0);
        let apart = sampled / (self.samples.len() - 1) as f64;
        if is_counter && grown > 0.0 && first.1 >= 0.0 {
            // No counter was ever below zero.
            before = before.min(sampled * (first.1 / grown));
        }
        let most = apart * 1.1;
        let reach = |gap: f64| if gap < most { gap } else { apart / 2.0 };
        Some(grown * ((sampled + reach(before) + reach(behind)) / sampled))
    }

    /// Of the last two samples.
    fn instant(&self, is_rate: bool) -> Option<f64> {
        let [.., before, last] = self.samples else {
            return None;
        };
        let fell = is_rate && last.1 < before.1;
        let grown = if fell { last.1 } else { last.1 - before.1 };
        let seconds = (last.0 - before.0) as f64 / 1000.0;
        match is_rate {
            true => (seconds > 0.0).then(|| grown / seconds),
            false => Some(grown),
        }
    }

    /// Slope a second, and the height at a moment.
    fn line(&self, at: i64) -> Option<(f64, f64)> {
        let [first, .., _] = self.samples else {
            return None;
        };
        if self.samples.iter().all(|it| it.1 == first.1) {
            let flat = if first.1.is_infinite() { f64::NAN } else { 0.0 };
            return Some((flat, first.1));
        }
        let count = self.samples.len() as f64;
        let x = |it: &(i64, f64)| (it.0 - at) as f64 / 1000.0;
        let of =
            |f: &dyn Fn(&(i64, f64)) -> f64| sum(&self.samples.iter().map(f).collect::<Vec<f64>>());
        let (xs, ys) = (of(&x), of(&|it| it.1));
        let (products, squares) = (of(&|it| x(it) * it.1), of(&|it| x(it) * x(it)));
        let slope = (products - xs * ys / count) / (squares - xs * xs / count);
        Some((slope, ys / count - slope * xs / count))
    }

    /// How often neighbours are so.
    fn count(&self, fits: impl Fn(f64, f64) -> bool) -> f64 {
        let pairs = self.samples.windows(2);
        pairs.filter(|it| fits(it[0].1, it[1].1)).count() as f64
    }

    /// Height and slope, each a mean in which older samples count less and less.
    fn smoothed(&self, level: f64, trend: f64) -> Option<f64> {
        let [first, second, ..] = self.samples else {
            return None;
        };
        let (mut before, mut height, mut slope) = (first.1, first.1, second.1 - first.1);
        for (at, it) in self.samples.iter().enumerate().skip(1) {
            // The slope between the first two is known before anything is smoothed.
            if at > 1 {
                slope = trend * (height - before) + (1.0 - trend) * slope;
            }
            let next = level * it.1 + (1.0 - level) * (height + slope);
            (before, height) = (height, next);
        }
        Some(height)
    }
}

/// A function of a range, by its name; `numbers` are its other arguments.
pub fn call(name: &str, window: Window<'_>, numbers: &[f64], now: i64) -> Option<f64> {
    let values = || window.values();
    let number = |at: usize| numbers.get(at).copied().unwrap_or(f64::NAN);
    match name {
        "rate" => Some(window.extrapolated(true)? / window.seconds()),
        "increase" => window.extrapolated(true),
        "delta" => window.extrapolated(false),
        "irate" => window.instant(true),
        "idelta" => window.instant(false),
        "deriv" => Some(window.line(window.samples.first()?.0)?.0),
        "predict_linear" => {
            let (slope, height) = window.line(now)?;
            Some(slope * number(0) + height)
        }
        "holt_winters" => window.smoothed(number(0), number(1)),
        "changes" => Some(window.count(|a, b| a != b && !(a.is_nan() && b.is_nan()))),
        "resets" => Some(window.count(|a, b| b < a)),
        "avg_over_time" => Some(average(&values())),
        "sum_over_time" => Some(sum(&values())),
        "min_over_time" => Some(least(&values())),
        "max_over_time" => Some(greatest(&values())),
        "count_over_time" => Some(window.samples.len() as f64),
        "stddev_over_time" => Some(variance(&values()).sqrt()),
        "stdvar_over_time" => Some(variance(&values())),
        "quantile_over_time" => Some(quantile(number(0), &mut values())),
        "last_over_time" => window.samples.last().map(|it| it.1),
        "present_over_time" => Some(1.0),
        _ => None,
    }
}

/// Of all values there are, not of a part of more.
pub fn variance(values: &[f64]) -> f64 {
    let (mut mean, mut squares) = (0.0, 0.0);
    for (at, value) in values.iter().enumerate() {
        let off = value - mean;
        mean += off / (at + 1) as f64;
        squares += off * (value - mean);
    }
    squares / values.len() as f64
}

/// Between two values that part is taken of each by which it lies nearer to it.
pub fn quantile(q: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    // What is no number comes first.
    values.sort_by(|a, b| match (a.is_nan(), b.is_nan()) {
        (false, false) => a.total_cmp(b),
        (a, b) => b.cmp(&a),
    });
    let rank = q * (values.len() - 1) as f64;
    let lower = rank.floor() as usize;
    let upper = (lower + 1).min(values.len() - 1);
    let part = rank - rank.floor();
    values[lower] * (1.0 - part) + values[upper] * part
}
