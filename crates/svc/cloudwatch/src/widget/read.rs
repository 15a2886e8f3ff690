//! A widget's JSON, as AWS documents it for GetMetricWidgetImage: what to ask for and how to show it. Pure. A
//! member that would not be heeded is refused by name.

mod marks;

use serde_json::{Map, Value};
use wharf_api_cloudwatch::{Dimension, Metric, MetricDataQuery, MetricStat};
use wharf_base::Timestamp;

use self::marks::MOST;
pub use self::marks::{Fill, Mark, Rule};
use super::palette::{self, Colour};
use crate::{fetch::Range, label};

/// Bytes of a widget.
const MOST_BYTES: usize = 100 << 10;
/// Metrics and expressions of a widget, as in AWS.
const MOST_METRICS: usize = 100;
/// Pixels of a side, as in AWS.
const MOST_PIXELS: i64 = 2000;
/// Namespace, name, and 30 dimensions.
const MOST_WORDS: usize = 2 + 2 * 30;
/// Bytes of a namespace, a name or a value, of an id and of an expression: no metric has longer ones, and a request of
/// GetMetricData may not.
const MOST_WORD: usize = 1024;
const MOST_ID: usize = 255;
const MOST_EXPRESSION: usize = 2048;
const DEFAULT_WIDTH: u32 = 600;
const DEFAULT_HEIGHT: u32 = 400;
const DEFAULT_SPAN_S: i64 = 3 * 3600;
const DEFAULT_PERIOD_S: i32 = 300;
/// About 14 years either way, far beyond what is kept.
const LONGEST_SPAN_S: i64 = 5000 * 86_400;

/// Why a widget is refused, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadWidget(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    TimeSeries,
    SingleValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

/// Which scale a line goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Axis {
    pub label: String,
    pub min: Option<f64>,
    pub max: Option<f64>,
}

/// How the lines of a query are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub id: String,
    pub colour: Option<Colour>,
    pub side: Side,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Widget {
    pub width: u32,
    pub height: u32,
    pub title: String,
    pub view: View,
    pub stacked: bool,
    pub theme: Theme,
    pub legend: bool,
    pub zone_minutes: i64,
    pub range: Range,
    pub left: Axis,
    pub right: Axis,
    pub rules: Vec<Rule>,
    /// Vertical annotations, in seconds since 1970.
    pub moments: Vec<Mark<i64>>,
    pub queries: Vec<MetricDataQuery>,
    /// Those that are drawn.
    pub shown: Vec<Shown>,
}

/// `account` and `region`: those that are asked; others are not reached from here.
///
/// # Errors
/// The first that is wrong with it.
pub fn widget(
    text: &str,
    now: Timestamp,
    account: &str,
    region: &str,
) -> Result<Widget, BadWidget> {
    if text.len() > MOST_BYTES {
        return Err(BadWidget(format!("it has more than {MOST_BYTES} bytes")));
    }
    let mut root = Members::of("", serde_json::from_str(text).ok().as_ref())?;
    let now_s = now.millis().div_euclid(1000);
    let end = root.moment("end", now_s)?.unwrap_or(now_s);
    let start = root.moment("start", now_s)?;
    let range = Range {
        from: start.unwrap_or(end - DEFAULT_SPAN_S),
        to: end,
    };
    if range.from >= range.to || range.to - range.from > LONGEST_SPAN_S {
        return Err(BadWidget(
            "start must be before end, by 5000 days at most".to_owned(),
        ));
    }
    let zone = root.text("timezone")?;
    let zone_minutes = match &zone {
        None => 0,
        Some(text) => label::zone(text).ok_or_else(|| root.bad("timezone"))?,
    };
    let view = root.one_of(
        "view",
        &[
            ("timeSeries", View::TimeSeries),
            ("singleValue", View::SingleValue),
        ],
    )?;
    let theme = root.one_of("theme", &[("light", Theme::Light), ("dark", Theme::Dark)])?;
    let defaults = Defaults {
        account,
        region: root.text("region")?.unwrap_or_else(|| region.to_owned()),
        own_region: region,
        period: root.whole("period", 1, 86_400)?.unwrap_or(DEFAULT_PERIOD_S),
        stat: root.text("stat")?.unwrap_or_else(|| "Average".to_owned()),
    };
    let side =
        |it: Option<i32>, default: u32| it.and_then(|it| u32::try_from(it).ok()).unwrap_or(default);
    let (queries, shown) = metrics(&root.list("metrics", MOST_METRICS)?, &defaults)?;
    let mut axes = Members::of("yAxis", root.object("yAxis")?.as_ref())?;
    let mut annotations = Members::of("annotations", root.object("annotations")?.as_ref())?;
    let mut legend = Members::of("legend", root.object("legend")?.as_ref())?;
    let widget = Widget {
        width: side(root.whole("width", 1, MOST_PIXELS)?, DEFAULT_WIDTH),
        height: side(root.whole("height", 1, MOST_PIXELS)?, DEFAULT_HEIGHT),
        title: root.text("title")?.unwrap_or_default(),
        view: view.unwrap_or(View::TimeSeries),
        stacked: root.flag("stacked")?.unwrap_or(false),
        theme: theme.unwrap_or(Theme::Light),
        legend: legend
            .one_of("position", &[("bottom", true), ("hidden", false)])?
            .unwrap_or(true),
        zone_minutes,
        range,
        left: axis("yAxis.left", axes.object("left")?.as_ref())?,
        right: axis("yAxis.right", axes.object("right")?.as_ref())?,
        rules: marks::rules(&annotations.list("horizontal", MOST)?)?,
        moments: marks::moments(&annotations.list("vertical", MOST)?)?,
        queries,
        shown,
    };
    for left_over in [root, axes, annotations, legend] {
        left_over.end()?;
    }
    Ok(widget)
}

fn axis(path: &str, given: Option<&Value>) -> Result<Axis, BadWidget> {
    let mut members = Members::of(path, given)?;
    let axis = Axis {
        label: members.text("label")?.unwrap_or_default(),
        min: members.number("min")?,
        max: members.number("max")?,
    };
    members.end()?;
    match (axis.min, axis.max) {
        (Some(min), Some(max)) if min >= max => Err(BadWidget(format!(
            "{path}.min must be less than {path}.max"
        ))),
        _ => Ok(axis),
    }
}

/// What metrics have that do not say.
struct Defaults<'a> {
    account: &'a str,
    region: String,
    own_region: &'a str,
    period: i32,
    stat: String,
}

type Queries = (Vec<MetricDataQuery>, Vec<Shown>);

fn metrics(given: &[Value], defaults: &Defaults<'_>) -> Result<Queries, BadWidget> {
    let (mut queries, mut shown) = (Vec::new(), Vec::new());
    let mut before: Vec<String> = Vec::new();
    for (at, it) in given.iter().enumerate() {
        let path = format!("metrics[{at}]");
        let bad = || {
            BadWidget(format!(
                "{path} is no metric: [Namespace, MetricName, Name, Value, …, {{…}}]"
            ))
        };
        let mut parts = it.as_array().ok_or_else(bad)?.as_slice();
        let mut options = None;
        if let Some((last @ Value::Object(_), rest)) = parts.split_last() {
            (options, parts) = (Some(last), rest);
        }
        let words = parts
            .iter()
            .map(|it| it.as_str().filter(|it| it.len() <= MOST_WORD));
        let words: Vec<&str> = words.collect::<Option<_>>().ok_or_else(bad)?;
        let mut members = Members::of(&path, options)?;
        let expression = members.short("expression", MOST_EXPRESSION)?;
        let (metric_stat, whole) = match (&expression, words.is_empty()) {
            (Some(_), true) => (None, None),
            (None, false) => {
                let whole = written_out(&words, &before).ok_or_else(bad)?;
                (Some(metric(&whole)), Some(whole))
            }
            _ => return Err(bad()),
        };
        let region = members.text("region")?;
        if region.as_ref().unwrap_or(&defaults.region) != defaults.own_region {
            return Err(BadWidget(format!(
                "{path} is of another region, and its metrics are not read from here"
            )));
        }
        if members
            .text("accountId")?
            .is_some_and(|it| it != defaults.account)
        {
            return Err(BadWidget(format!(
                "{path} is of another account, and its metrics are not read from here"
            )));
        }
        let period = members
            .whole("period", 1, 86_400)?
            .unwrap_or(defaults.period);
        let stat = members
            .text("stat")?
            .unwrap_or_else(|| defaults.stat.clone());
        let is_shown = members.flag("visible")?.unwrap_or(true);
        let kind = if expression.is_some() {
            "expression"
        } else {
            "metric"
        };
        let id = members.short("id", MOST_ID)?;
        let id = id.unwrap_or_else(|| format!("{kind}{}", at + 1));
        queries.push(MetricDataQuery {
            id: Some(id.clone()),
            metric_stat: metric_stat.map(|metric| MetricStat {
                metric: Some(metric),
                period: Some(period),
                stat: Some(stat),
                unit: None,
            }),
            period: expression.as_ref().map(|_| period),
            expression,
            label: members.text("label")?,
            return_data: Some(is_shown),
            account_id: None,
        });
        let line = Shown {
            id,
            colour: members.colour("color")?,
            side: members.side()?,
        };
        members.end()?;
        if is_shown {
            shown.push(line);
        }
        // Expressions lie between metrics without being what the next one repeats.
        before = whole.unwrap_or(before);
    }
    if shown.is_empty() {
        return Err(BadWidget(
            "metrics must name a metric or an expression that is visible".to_owned(),
        ));
    }
    Ok((queries, shown))
}

/// `.` is what stands there in the metric before, `...` all that is missing.
fn written_out(words: &[&str], before: &[String]) -> Option<Vec<String>> {
    let mut whole: Vec<String> = Vec::new();
    if words.len() > MOST_WORDS {
        return None;
    }
    for (at, word) in words.iter().enumerate() {
        match *word {
            "..." => {
                let behind = words.len() - at - 1;
                let to = before
                    .len()
                    .checked_sub(behind)
                    .filter(|to| *to >= whole.len())?;
                whole.extend_from_slice(&before[whole.len()..to]);
            }
            "." => whole.push(before.get(whole.len())?.clone()),
            word => whole.push(word.to_owned()),
        }
    }
    let fits = (2..=MOST_WORDS).contains(&whole.len()) && whole.len().is_multiple_of(2);
    fits.then_some(whole)
}

fn metric(words: &[String]) -> Metric {
    let dimensions = words[2..].chunks(2).map(|it| Dimension {
        name: it.first().cloned(),
        value: it.get(1).cloned(),
    });
    Metric {
        namespace: words.first().cloned(),
        metric_name: words.get(1).cloned(),
        dimensions: Some(dimensions.collect()),
    }
}

/// Members of an object, which are taken out as they are read: those that are left are not understood.
struct Members {
    path: String,
    left: Map<String, Value>,
}

impl Members {
    fn of(path: &str, given: Option<&Value>) -> Result<Self, BadWidget> {
        let left = match (given, path) {
            (Some(Value::Object(members)), _) => members.clone(),
            (None, path) if !path.is_empty() => Map::new(),
            (_, "") => return Err(BadWidget("it is no JSON object".to_owned())),
            (_, path) => return Err(BadWidget(format!("{path} must be an object"))),
        };
        Ok(Self {
            path: path.to_owned(),
            left,
        })
    }

    fn named(&self, name: &str) -> String {
        match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }

    fn bad(&self, name: &str) -> BadWidget {
        BadWidget(format!("{} has no value that is valid", self.named(name)))
    }

    fn taken<T>(
        &mut self,
        name: &str,
        of: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, BadWidget> {
        match self.left.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => of(&value).map(Some).ok_or_else(|| self.bad(name)),
        }
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, BadWidget> {
        self.taken(name, |it| it.as_str().map(str::to_owned))
    }

    /// A text of at most so many bytes.
    fn short(&mut self, name: &str, most: usize) -> Result<Option<String>, BadWidget> {
        let found = self.text(name)?;
        match found.as_ref().is_none_or(|it| it.len() <= most) {
            true => Ok(found),
            false => Err(BadWidget(format!(
                "{} must have at most {most} bytes",
                self.named(name)
            ))),
        }
    }

    fn flag(&mut self, name: &str) -> Result<Option<bool>, BadWidget> {
        self.taken(name, Value::as_bool)
    }

    fn number(&mut self, name: &str) -> Result<Option<f64>, BadWidget> {
        self.taken(name, |it| it.as_f64().filter(|it| it.is_finite()))
    }

    fn whole(&mut self, name: &str, least: i64, most: i64) -> Result<Option<i32>, BadWidget> {
        let fits = |it: &i64| (least..=most).contains(it);
        self.taken(name, |it| {
            it.as_i64()
                .filter(fits)
                .and_then(|it| i32::try_from(it).ok())
        })
    }

    fn colour(&mut self, name: &str) -> Result<Option<Colour>, BadWidget> {
        self.taken(name, |it| palette::parse(it.as_str()?))
    }

    fn object(&mut self, name: &str) -> Result<Option<Value>, BadWidget> {
        self.taken(name, |it| it.is_object().then(|| it.clone()))
    }

    fn list(&mut self, name: &str, most: usize) -> Result<Vec<Value>, BadWidget> {
        let found = self
            .taken(name, |it| it.as_array().cloned())?
            .unwrap_or_default();
        match found.len() <= most {
            true => Ok(found),
            false => Err(BadWidget(format!(
                "{} may have at most {most} members",
                self.named(name)
            ))),
        }
    }

    fn one_of<T: Copy>(&mut self, name: &str, all: &[(&str, T)]) -> Result<Option<T>, BadWidget> {
        let Some(given) = self.text(name)? else {
            return Ok(None);
        };
        let found = all.iter().find(|it| it.0 == given);
        found.map(|it| Some(it.1)).ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|it| it.0).collect();
            BadWidget(format!(
                "{} must be one of {}",
                self.named(name),
                names.join(", ")
            ))
        })
    }

    fn side(&mut self) -> Result<Side, BadWidget> {
        let sides = [("left", Side::Left), ("right", Side::Right)];
        Ok(self.one_of("yAxis", &sides)?.unwrap_or(Side::Left))
    }

    fn moment(&mut self, name: &str, now: i64) -> Result<Option<i64>, BadWidget> {
        self.taken(name, |it| moment(it.as_str()?, now))
    }

    /// # Errors
    /// Something is left that nothing asked for.
    fn end(self) -> Result<(), BadWidget> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => Err(BadWidget(format!("{} is not supported", self.named(name)))),
        }
    }
}

/// `2026-01-31T12:00:00Z`, or so long before or after now: `-PT3H`, `P0D`.
fn moment(text: &str, now: i64) -> Option<i64> {
    let (sign, span) = match text.strip_prefix('-') {
        Some(span) => (-1, span),
        None => (1, text),
    };
    if let Some(span) = span.strip_prefix('P') {
        return Some(now + sign * seconds(span)?);
    }
    let at = Timestamp::parse_iso8601(text)?;
    let at = at.millis().div_euclid(1000);
    ((now - at).abs() <= LONGEST_SPAN_S).then_some(at)
}

/// Of a duration behind its P: `3D`, `T1H30M`.
fn seconds(span: &str) -> Option<i64> {
    const OF_DAY: [(char, i64); 2] = [('W', 7 * 86_400), ('D', 86_400)];
    const OF_TIME: [(char, i64); 3] = [('H', 3600), ('M', 60), ('S', 1)];
    let (days, time) = match span.split_once('T') {
        Some((days, time)) => (days, Some(time)),
        None => (span, None),
    };
    if days.is_empty() && time.is_none_or(str::is_empty) {
        return None;
    }
    let whole =
        counted(days, &OF_DAY)?.checked_add(counted(time.unwrap_or_default(), &OF_TIME)?)?;
    (whole <= LONGEST_SPAN_S).then_some(whole)
}

fn counted(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut whole: i64 = 0;
    while !text.is_empty() {
        let end = text.find(|it: char| !it.is_ascii_digit())?;
        let unit = text[end..].chars().next()?;
        let seconds = units.iter().find(|it| it.0 == unit)?.1;
        whole = whole.checked_add(text[..end].parse::<i64>().ok()?.checked_mul(seconds)?)?;
        text = &text[end + unit.len_utf8()..];
    }
    Some(whole)
}

#[cfg(test)]
mod tests;
