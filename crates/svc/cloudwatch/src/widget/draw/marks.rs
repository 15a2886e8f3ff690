//! Draws annotations: what they fill lies below the lines of the graph, they themselves above.

use plotters::style::{Color as _, RGBColor, text_anchor::HPos};

use super::{Canvas, DrawError, Frame, TEXT_PIXELS, column, rgb, row};
use crate::widget::{
    read::{Fill, Mark, Rule, Widget},
    scale::Scale,
};

fn colour_of<T>(mark: &Mark<T>) -> RGBColor {
    rgb(mark.colour.unwrap_or((214, 39, 40)))
}

pub(super) fn fill(
    canvas: &Canvas<'_>,
    rule: &Rule,
    frame: Frame,
    scale: Scale,
) -> Result<(), DrawError> {
    let mark = &rule.mark;
    let (low, high) = match (&mark.to, mark.fill) {
        (Some((to, _)), _) => (mark.at.min(*to), mark.at.max(*to)),
        (None, Fill::None) => return Ok(()),
        (None, Fill::Above) => (mark.at, f64::INFINITY),
        (None, Fill::Below) => (f64::NEG_INFINITY, mark.at),
    };
    let y = |value: f64, edge: i32| match value.is_finite() {
        true => row(scale, frame, value),
        false => edge,
    };
    // A band that is not on the scale would else be a line at its edge.
    if mark.to.is_some() && (scale.share(low) > 1.0 || scale.share(high) < 0.0) {
        return Ok(());
    }
    canvas.block(
        (frame.left, y(high, frame.top)),
        (frame.right, y(low, frame.bottom)),
        colour_of(mark).mix(0.15),
    )
}

pub(super) fn fill_time(
    canvas: &Canvas<'_>,
    widget: &Widget,
    mark: &Mark<i64>,
    frame: Frame,
) -> Result<(), DrawError> {
    let range = widget.range;
    let (from, to) = match (&mark.to, mark.fill) {
        (Some((to, _)), _) => (mark.at.min(*to), mark.at.max(*to)),
        (None, Fill::None) => return Ok(()),
        (None, Fill::Above) => (mark.at, range.to),
        (None, Fill::Below) => (range.from, mark.at),
    };
    let (from, to) = (from.max(range.from), to.min(range.to));
    if from > to {
        return Ok(());
    }
    canvas.block(
        (column(widget, frame, from), frame.top),
        (column(widget, frame, to), frame.bottom),
        colour_of(mark).mix(0.15),
    )
}

pub(super) fn draw_rule(
    canvas: &Canvas<'_>,
    rule: &Rule,
    frame: Frame,
    scale: Scale,
    is_small: bool,
) -> Result<(), DrawError> {
    for (value, label) in rule.mark.edges() {
        // A line at the edge would say another value.
        if !(0.0..=1.0).contains(&scale.share(value)) {
            continue;
        }
        let y = row(scale, frame, value);
        let line = [(frame.left, y), (frame.right, y)];
        canvas.path(&line, colour_of(&rule.mark).to_rgba())?;
        if !is_small {
            let at = (frame.right - 4, y - TEXT_PIXELS - 3);
            canvas.text(label, at, HPos::Right, TEXT_PIXELS, frame.width())?;
        }
    }
    Ok(())
}

pub(super) fn draw_moments(
    canvas: &Canvas<'_>,
    widget: &Widget,
    mark: &Mark<i64>,
    frame: Frame,
    is_small: bool,
) -> Result<(), DrawError> {
    let within = widget.range.from..=widget.range.to;
    for (at, label) in mark.edges().filter(|it| within.contains(&it.0)) {
        let x = column(widget, frame, at);
        let line = [(x, frame.top), (x, frame.bottom)];
        canvas.path(&line, colour_of(mark).to_rgba())?;
        if is_small {
            continue;
        }
        // On the side where there is more room.
        let (before, behind) = (x - frame.left - 4, frame.right - x - 4);
        let (at, anchor) = match behind >= before {
            true => (x + 4, HPos::Left),
            false => (x - 4, HPos::Right),
        };
        let room = before.max(behind);
        canvas.text(label, (at, frame.top), anchor, TEXT_PIXELS, room)?;
    }
    Ok(())
}
