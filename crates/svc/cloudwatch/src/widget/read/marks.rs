//! Annotations of a widget: lines across the graph at values and moments, and bands between them.

use serde_json::Value;
use wharf_base::Timestamp;

use super::{BadWidget, Members, Side};
use crate::widget::palette::Colour;

/// Of each direction.
pub const MOST: usize = 100;

/// What is beyond an annotation that is coloured too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    None,
    /// Greater values, or later moments.
    Above,
    /// Less, or before.
    Below,
}

/// An annotation: a line across the graph at a value or a moment, or a band between two of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark<T> {
    pub at: T,
    pub label: String,
    /// The other edge of a band, with its label.
    pub to: Option<(T, String)>,
    pub colour: Option<Colour>,
    pub fill: Fill,
}

impl<T: Copy> Mark<T> {
    /// Where its lines are, with their labels.
    pub fn edges(&self) -> impl Iterator<Item = (T, &str)> {
        let to = self.to.as_ref().map(|(at, label)| (*at, label.as_str()));
        [(self.at, self.label.as_str())].into_iter().chain(to)
    }

    /// Whether more than lines is drawn.
    pub fn is_filled(&self) -> bool {
        self.to.is_some() || self.fill != Fill::None
    }
}

/// A horizontal annotation.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub mark: Mark<f64>,
    pub side: Side,
}

/// Those that are visible.
///
/// # Errors
/// The first that is wrong with them.
pub fn rules(given: &[Value]) -> Result<Vec<Rule>, BadWidget> {
    let fills = [
        ("none", Fill::None),
        ("above", Fill::Above),
        ("below", Fill::Below),
    ];
    let of = |it: &Value| it.as_f64().filter(|it| it.is_finite());
    let mut rules = Vec::new();
    for (at, it) in given.iter().enumerate() {
        let (mut first, second) = edges(&format!("annotations.horizontal[{at}]"), it)?;
        let side = first.side()?;
        if let Some(mark) = mark(first, second, &fills, of)? {
            rules.push(Rule { mark, side });
        }
    }
    Ok(rules)
}

/// The same of vertical ones.
///
/// # Errors
/// The first that is wrong with them.
pub fn moments(given: &[Value]) -> Result<Vec<Mark<i64>>, BadWidget> {
    let fills = [
        ("none", Fill::None),
        ("after", Fill::Above),
        ("before", Fill::Below),
    ];
    let of = |it: &Value| {
        let at = Timestamp::parse_iso8601(it.as_str()?)?;
        Some(at.millis().div_euclid(1000))
    };
    let mut moments = Vec::new();
    for (at, it) in given.iter().enumerate() {
        let (first, second) = edges(&format!("annotations.vertical[{at}]"), it)?;
        moments.extend(mark(first, second, &fills, of)?);
    }
    Ok(moments)
}

/// The members of a line, or of both edges of a band.
fn edges(path: &str, given: &Value) -> Result<(Members, Option<Members>), BadWidget> {
    match given.as_array().map(Vec::as_slice) {
        None => Ok((Members::of(path, Some(given))?, None)),
        Some([from, to]) => Ok((
            Members::of(&format!("{path}[0]"), Some(from))?,
            Some(Members::of(&format!("{path}[1]"), Some(to))?),
        )),
        Some(_) => Err(BadWidget(format!(
            "{path} must be an object, or two for the edges of a band"
        ))),
    }
}

/// `None` if it is not visible. What a band looks like its first edge says.
fn mark<T>(
    mut first: Members,
    second: Option<Members>,
    fills: &[(&str, Fill)],
    of: impl Fn(&Value) -> Option<T>,
) -> Result<Option<Mark<T>>, BadWidget> {
    let edge = |members: &mut Members| -> Result<(T, String), BadWidget> {
        let at = members.taken("value", &of)?;
        let at = at.ok_or_else(|| members.bad("value"))?;
        Ok((at, members.text("label")?.unwrap_or_default()))
    };
    let visible = first.flag("visible")?.unwrap_or(true);
    let (at, label) = edge(&mut first)?;
    let colour = first.colour("color")?;
    let (fill, to) = match second {
        None => (first.one_of("fill", fills)?.unwrap_or(Fill::None), None),
        Some(mut second) => {
            let to = edge(&mut second)?;
            second.end()?;
            (Fill::None, Some(to))
        }
    };
    first.end()?;
    let mark = Mark {
        at,
        label,
        to,
        colour,
        fill,
    };
    Ok(visible.then_some(mark))
}
