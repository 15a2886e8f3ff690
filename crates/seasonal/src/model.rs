//! The model behind a band: what a series usually is at a time of the day and the week, and how far it strays from
//! that. Pure, and the same for the same points.
//!
//! - The level is the median by hour of the week where two weeks of points are there, by hour of the day where two days
//!   are, else of all points. Between the middles of two hours it goes from one to the other in a straight line.
//! - What the last days are above or below that, by their median, is added: so a change that lasts becomes normal.
//! - The spread is the standard deviation of what is left, by hour of the day with the hours beside it, once outliers
//!   are gone. What is an outlier goes by the median of absolute deviations, so outliers do not hide each other.
//! - A series that never was negative has no lower bound below zero.

use std::cell::OnceCell;

use wharf_base::Timestamp;
use wharf_schedule::Zone;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
/// Points without which nothing is said.
pub const LEAST: usize = 24;
/// The largest value that a metric takes, 2 to the power of 360. Squares of such values have a sum.
const LARGEST: f64 = 2.348_542_582_773_833e108;
/// How far back points go before there is a level for each hour of the day, and of the week: the second day or week may
/// lack an hour.
const TWO_DAYS: i64 = 2 * DAY - HOUR;
const TWO_WEEKS: i64 = 14 * DAY - 6 * HOUR;
/// Residuals that a spread of its own takes.
const LEAST_OF_SPREAD: usize = 30;
/// Residuals without which the level is not moved.
const LEAST_OF_SHIFT: usize = 12;
/// What makes a median of absolute deviations the standard deviation of normal values.
const OF_MEDIAN: f64 = 1.4826;
/// One value in so many is not usual.
const RARE: usize = 50;

/// How a model is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Whose clock says what hour it is.
    pub zone: Zone,
    /// Deviations beyond which a point has no part in the spread.
    pub outliers: f64,
    /// Seconds whose median moves the level.
    pub adapts: i64,
    /// Whether what peaks on most days is no anomaly.
    pub spikes: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            zone: Zone::UTC,
            outliers: 4.0,
            adapts: 2 * DAY,
            spikes: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    zone: Zone,
    hours: Hours,
    /// By hour of the day, week or of all, as `hours` has it.
    levels: Vec<f64>,
    shift: f64,
    /// By hour of the day.
    spreads: Vec<f64>,
    /// Usual least and greatest values, by hour as levels.
    spikes: Option<Vec<(f64, f64)>>,
    never_negative: bool,
}

/// How time falls into slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hours {
    /// Seconds of a slot: an hour, or a longer period.
    slot: i64,
    /// Seconds after which slots come again; a slot if there is one alone.
    cycle: i64,
    /// Half of a period: a point stands for the time up to the next.
    middle: i64,
}

impl Hours {
    fn of(period: i64, spans: i64) -> Self {
        let slot = period.max(HOUR);
        // Longer periods that do not divide the day have no hour.
        let cycle = match spans {
            _ if DAY % slot != 0 => slot,
            TWO_WEEKS.. => WEEK,
            TWO_DAYS.. => DAY,
            _ => slot,
        };
        Self {
            slot,
            cycle,
            middle: period / 2,
        }
    }

    fn of_day(self) -> Self {
        let cycle = if DAY % self.slot == 0 { DAY } else { self.slot };
        Self { cycle, ..self }
    }

    fn count(self) -> usize {
        (self.cycle / self.slot) as usize
    }

    /// The slot of a moment on the wall, and how far its middle is: from -0.5 to 0.5.
    fn place(self, wall: i64) -> (usize, f64) {
        let within = wall.saturating_add(self.middle).rem_euclid(self.cycle);
        let part = (within % self.slot) as f64 / self.slot as f64;
        ((within / self.slot) as usize, part - 0.5)
    }
}

/// Seconds of the clock on the wall.
fn wall(zone: Zone, at: i64) -> i64 {
    let shown = zone.wall(Timestamp::from_millis(at.saturating_mul(1000)));
    shown.map_or(at, |it| it.and_utc().timestamp())
}

fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len().checked_sub(1)? / 2;
    let (_, lower, above) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = *lower;
    let whole = above.len() == middle;
    let upper = above.iter().copied().reduce(f64::min);
    Some(match upper {
        // As many below as above: it is in the middle.
        Some(upper) if !whole => lower + (upper - lower) / 2.0,
        _ => lower,
    })
}

/// Medians of groups; those with fewer than two values have what `other` says.
fn levels(groups: Vec<Vec<f64>>, other: impl Fn(usize) -> f64) -> Vec<f64> {
    let level = |(slot, mut values): (usize, Vec<f64>)| match values.len() {
        0 | 1 => other(slot),
        _ => median(&mut values).unwrap_or_else(|| other(slot)),
    };
    groups.into_iter().enumerate().map(level).collect()
}

/// The standard deviation about zero, without outliers. Of a series that mostly is the same it is that of its other
/// values, unless those are too rare to be usual.
fn spread(mut residuals: Vec<f64>, outliers: f64) -> f64 {
    residuals.iter_mut().for_each(|it| *it = it.abs());
    let all = residuals.len();
    let mut scale = median(&mut residuals).unwrap_or(0.0) * OF_MEDIAN;
    if scale == 0.0 {
        residuals.retain(|it| *it > 0.0);
        if residuals.len() * RARE < all {
            return 0.0;
        }
        scale = median(&mut residuals).unwrap_or(0.0) * OF_MEDIAN;
    }
    let kept = || residuals.iter().filter(|it| **it <= outliers * scale);
    let squares: f64 = kept().map(|it| it * it).sum();
    match kept().count() {
        0 => 0.0,
        count => (squares / count as f64).sqrt(),
    }
}

impl Model {
    /// Of points in ascending order, so many seconds apart, up to `end`; `None` if they are too few to say anything.
    pub fn fit(points: &[(i64, f64)], period: i64, end: i64, settings: Settings) -> Option<Self> {
        let known: Vec<(i64, i64, f64)> = points
            .iter()
            .filter(|it| it.1.abs() <= LARGEST)
            .map(|(at, value)| (*at, wall(settings.zone, *at), *value))
            .collect();
        let (first, last) = (known.first()?, known.last()?);
        if known.len() < LEAST {
            return None;
        }
        let hours = Hours::of(period.max(1), last.0 - first.0 + period);
        let mut whole: Vec<f64> = known.iter().map(|it| it.2).collect();
        let pooled = median(&mut whole)?;
        let grouped = |hours: Hours| {
            let mut groups = vec![Vec::new(); hours.count()];
            for (_, wall, value) in &known {
                groups[hours.place(*wall).0].push(*value);
            }
            groups
        };
        let by_day = levels(grouped(hours.of_day()), |_| pooled);
        let levels = match hours.cycle {
            WEEK => levels(grouped(hours), |slot| by_day[slot % by_day.len()]),
            DAY => by_day,
            _ => vec![pooled],
        };
        let mut model = Self {
            zone: settings.zone,
            hours,
            levels,
            shift: 0.0,
            spreads: Vec::new(),
            spikes: None,
            never_negative: known.iter().all(|it| it.2 >= 0.0),
        };
        let residuals: Vec<(i64, i64, f64)> = known
            .iter()
            .map(|(at, wall, value)| (*at, *wall, value - model.level(*wall)))
            .collect();
        model.spreads = spreads(hours.of_day(), &residuals, settings.outliers);
        // A median of few points lies nearer to them than to those that follow.
        let each = (known.len() / model.levels.len()).max(2) as f64;
        let wider = ((each / (each - 1.0)) * (1.0 + 1.0 / each)).sqrt();
        model.spreads.iter_mut().for_each(|it| *it *= wider);
        let recent = residuals.iter().filter(|it| it.0 >= end - settings.adapts);
        let mut recent: Vec<f64> = recent.map(|it| it.2).collect();
        if recent.len() >= LEAST_OF_SHIFT {
            model.shift = median(&mut recent).unwrap_or(0.0);
        }
        if settings.spikes {
            model.spikes = Some(spikes(hours, &known));
        }
        model.is_finite().then_some(model)
    }

    fn is_finite(&self) -> bool {
        let all = self.levels.iter().chain(&self.spreads).chain([&self.shift]);
        all.into_iter().all(|it| it.is_finite())
    }

    fn level(&self, wall: i64) -> f64 {
        let (slot, off) = self.hours.place(wall);
        let count = self.levels.len();
        let beside = if off < 0.0 {
            (slot + count - 1) % count
        } else {
            (slot + 1) % count
        };
        let (own, other) = (self.levels[slot], self.levels[beside]);
        own + (other - own) * off.abs()
    }

    /// What is usual at a moment: for a time to come, what is to be expected.
    pub fn usual(&self, at: i64) -> f64 {
        let (upper, lower) = self.band(at, 0.0);
        lower + (upper - lower) / 2.0
    }

    /// The upper and the lower bound of what is usual at a moment, so many deviations from the level.
    pub fn band(&self, at: i64, deviations: f64) -> (f64, f64) {
        let wall = wall(self.zone, at);
        let level = self.level(wall) + self.shift;
        let away = self.spreads[self.hours.of_day().place(wall).0] * deviations;
        let (mut upper, mut lower) = (level + away, level - away);
        if let Some(spikes) = &self.spikes {
            let (least, greatest) = spikes[self.hours.place(wall).0];
            upper = upper.max(greatest + away);
            lower = lower.min(least - away);
        }
        if self.never_negative {
            lower = lower.max(0.0);
            upper = upper.max(0.0);
        }
        (upper, lower)
    }
}

/// By hour of the day with the hours beside it, or of all where those are too few.
fn spreads(hours: Hours, residuals: &[(i64, i64, f64)], outliers: f64) -> Vec<f64> {
    let count = hours.count();
    let mut by_hour = vec![Vec::new(); count];
    for (_, wall, residual) in residuals {
        let slot = hours.place(*wall).0;
        let beside = [slot, (slot + 1) % count, (slot + count - 1) % count];
        // With fewer than three slots those beside are the same.
        for it in &beside[..count.min(3)] {
            by_hour[*it].push(*residual);
        }
    }
    let pooled = OnceCell::new();
    let of_all = || spread(residuals.iter().map(|it| it.2).collect(), outliers);
    let own = |residuals: Vec<f64>| match residuals.len() >= LEAST_OF_SPREAD {
        true => spread(residuals, outliers),
        false => *pooled.get_or_init(of_all),
    };
    by_hour.into_iter().map(own).collect()
}

/// The least and the greatest value of a slot on a usual day: half of the days have one as far out.
fn spikes(hours: Hours, known: &[(i64, i64, f64)]) -> Vec<(f64, f64)> {
    let mut days: Vec<Vec<(i64, f64, f64)>> = vec![Vec::new(); hours.count()];
    for (_, wall, value) in known {
        let day = wall.div_euclid(DAY);
        let slot = &mut days[hours.place(*wall).0];
        match slot.last_mut() {
            Some(it) if it.0 == day => *it = (day, it.1.min(*value), it.2.max(*value)),
            _ => slot.push((day, *value, *value)),
        }
    }
    let of_slot = |days: Vec<(i64, f64, f64)>| {
        let mut least: Vec<f64> = days.iter().map(|it| it.1).collect();
        let mut greatest: Vec<f64> = days.iter().map(|it| it.2).collect();
        match (median(&mut least), median(&mut greatest)) {
            (Some(least), Some(greatest)) => (least, greatest),
            _ => (f64::INFINITY, f64::NEG_INFINITY),
        }
    };
    days.into_iter().map(of_slot).collect()
}

#[cfg(test)]
mod tests;
