//! Draws a widget: pixels of lines, areas or single values. Pure, and bounded by the pixels of the image: of the
//! points that fall on one column of it no more than the least and the greatest are drawn.

mod legend;
mod marks;

use std::{cmp::Ordering, sync::Once};

use plotters::{
    backend::BitMapBackend,
    coord::Shift,
    drawing::{DrawingArea, IntoDrawingArea},
    element::{PathElement, Rectangle, Text},
    style::{
        Color as _, FontStyle, IntoFont as _, RGBAColor, RGBColor, TextStyle, register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};

use self::{
    legend::{draw_legend, legend_lines, values},
    marks::{draw_moments, draw_rule, fill, fill_time},
};
use super::{
    palette::{self, Colour},
    read::{Axis, Side, View, Widget},
    scale::{self, Scale},
};
use crate::math::Line;

/// Name that the font has inside of the library.
const FONT: &str = "graph";
const TEXT_PIXELS: i32 = 12;
const TITLE_PIXELS: i32 = 15;
const LINE_HEIGHT: i32 = 17;
/// Room for the marks of an axis.
const MARKS: i32 = 48;
const MARGIN: i32 = 8;
/// Characters of a text that are measured at all.
pub const MOST_TEXT: usize = 200;
/// Pixels that all lines and filled areas may touch, were each of them everywhere: no picture takes seconds.
const MOST_TOUCHED: usize = 40_000_000;
/// Between marks of the axes.
const MARK_ROOM: i32 = 45;
const TIME_ROOM: i32 = 80;

/// A line, and how it is shown.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub line: Line,
    pub label: String,
    pub colour: Colour,
    pub side: Side,
}

/// The library could not draw.
#[derive(Debug, thiserror::Error)]
#[error("the graph could not be drawn: {0}")]
pub struct DrawError(String);

/// Whether so many lines can be drawn in a time that is bounded, however wild they are.
pub fn fits(widget: &Widget, lines: usize) -> bool {
    let rules = widget.rules.iter().filter(|it| it.mark.is_filled());
    let moments = widget.moments.iter().filter(|it| it.is_filled());
    let pixels = widget.width as usize * widget.height as usize;
    (lines + rules.count() + moments.count()).saturating_mul(pixels) <= MOST_TOUCHED
}

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// Red, green and blue of all pixels, line after line.
///
/// # Errors
/// None that an image in memory has; those of the library.
pub fn pixels(widget: &Widget, lines: &[Drawn]) -> Result<Vec<u8>, DrawError> {
    let (width, height) = (widget.width, widget.height);
    let mut pixels = vec![0; width as usize * height as usize * 3];
    let [ground, ink, grid] = palette::of_theme(widget.theme);
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        let canvas = Canvas { area, ink, grid };
        canvas.area.fill(&rgb(ground)).map_err(failed)?;
        match widget.view {
            View::TimeSeries => graph(&canvas, widget, lines)?,
            View::SingleValue => values(&canvas, widget, lines)?,
        }
        canvas.area.present().map_err(failed)?;
    }
    Ok(pixels)
}

fn failed(error: impl std::fmt::Display) -> DrawError {
    DrawError(error.to_string())
}

fn rgb((red, green, blue): Colour) -> RGBColor {
    RGBColor(red, green, blue)
}

/// Left, top, right and bottom, all within the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frame {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Frame {
    fn width(self) -> i32 {
        self.right - self.left
    }

    fn height(self) -> i32 {
        self.bottom - self.top
    }
}

struct Canvas<'a> {
    area: Area<'a>,
    ink: Colour,
    grid: Colour,
}

impl Canvas<'_> {
    fn path(&self, points: &[(i32, i32)], colour: RGBAColor) -> Result<(), DrawError> {
        let path = PathElement::new(points.to_vec(), colour.stroke_width(1));
        self.area.draw(&path).map_err(failed)
    }

    /// Both corners are within it.
    fn block(&self, from: (i32, i32), to: (i32, i32), colour: RGBAColor) -> Result<(), DrawError> {
        // The library leaves out the last column and row.
        let block = Rectangle::new([from, (to.0 + 1, to.1 + 1)], colour.filled());
        self.area.draw(&block).map_err(failed)
    }

    /// As much of the text as fits, beginning, ending or with its middle at a point.
    fn text(
        &self,
        text: &str,
        at: (i32, i32),
        anchor: HPos,
        size: i32,
        room: i32,
    ) -> Result<(), DrawError> {
        let style = style(size, self.ink).pos(Pos::new(anchor, VPos::Top));
        let text = self.fitted(text, &style, room)?;
        match text.is_empty() {
            true => Ok(()),
            false => self.area.draw(&Text::new(text, at, style)).map_err(failed),
        }
    }

    /// The beginning that fits, found by halves: texts are measured a few times, however their characters are.
    fn fitted(&self, text: &str, style: &TextStyle<'_>, room: i32) -> Result<String, DrawError> {
        let shown = |it: char| if it.is_control() { ' ' } else { it };
        let text: Vec<char> = text.chars().take(MOST_TEXT).map(shown).collect();
        let fits = |count: usize| {
            let text: String = text[..count].iter().collect();
            let size = self.area.estimate_text_size(&text, style).map_err(failed)?;
            Ok(i32::try_from(size.0).is_ok_and(|it| it <= room))
        };
        if fits(text.len())? {
            return Ok(text.into_iter().collect());
        }
        let (mut least, mut most) = (0, text.len());
        while most - least > 1 {
            let middle = usize::midpoint(least, most);
            match fits(middle)? {
                true => least = middle,
                false => most = middle,
            }
        }
        Ok(text[..least].iter().collect())
    }
}

fn style(size: i32, colour: Colour) -> TextStyle<'static> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let known = register_font(FONT, FontStyle::Normal, dejavu::sans::regular());
        assert!(known.is_ok(), "the font that comes with the program is one");
    });
    (FONT, f64::from(size)).into_font().color(&rgb(colour))
}

fn graph(canvas: &Canvas<'_>, widget: &Widget, lines: &[Drawn]) -> Result<(), DrawError> {
    let (width, height) = size(widget);
    let has_right = lines.iter().any(|it| it.side == Side::Right)
        || widget.rules.iter().any(|it| it.side == Side::Right);
    let mut frame = Frame {
        left: MARGIN + MARKS,
        top: MARGIN + LINE_HEIGHT / 2,
        right: width - MARGIN - if has_right { MARKS } else { 0 },
        bottom: height - MARGIN - LINE_HEIGHT,
    };
    if !widget.title.is_empty() {
        frame.top += LINE_HEIGHT + 4;
    }
    if !widget.left.label.is_empty() || !widget.right.label.is_empty() {
        frame.top += LINE_HEIGHT;
    }
    let legend = match widget.legend {
        true => legend_lines(lines.len(), frame, height),
        false => 0,
    };
    frame.bottom -= legend * LINE_HEIGHT;
    // What is too small for marks has lines alone.
    let is_small = frame.width() < TIME_ROOM || frame.height() < MARK_ROOM;
    if is_small {
        frame = Frame {
            left: 0,
            top: 0,
            right: width - 1,
            bottom: height - 1,
        };
    }
    let columns = usize::try_from(frame.width().max(0) + 1).unwrap_or(1);
    let areas = match widget.stacked {
        true => stacked(widget, lines, columns),
        false => Vec::new(),
    };
    let scales = [Side::Left, Side::Right].map(|side| scale_of(widget, lines, &areas, side));
    let of = |side: Side| scales[usize::from(side == Side::Right)];
    if !is_small {
        axes(canvas, widget, frame, scales, has_right)?;
    }
    for rule in &widget.rules {
        fill(canvas, rule, frame, of(rule.side))?;
    }
    for mark in &widget.moments {
        fill_time(canvas, widget, mark, frame)?;
    }
    for (at, it) in lines.iter().enumerate() {
        match areas.get(at) {
            Some(area) => draw_area(canvas, area, it.colour, frame, of(it.side))?,
            None => draw_line(canvas, widget, it, frame, of(it.side))?,
        }
    }
    for rule in &widget.rules {
        draw_rule(canvas, rule, frame, of(rule.side), is_small)?;
    }
    for mark in &widget.moments {
        draw_moments(canvas, widget, mark, frame, is_small)?;
    }
    if !is_small && legend > 0 {
        draw_legend(canvas, lines, (frame, height), legend)?;
    }
    Ok(())
}

fn size(widget: &Widget) -> (i32, i32) {
    let pixels = |it: u32| i32::try_from(it).unwrap_or(i32::MAX);
    (pixels(widget.width), pixels(widget.height))
}

fn scale_of(widget: &Widget, lines: &[Drawn], areas: &[Stack], side: Side) -> Scale {
    let axis: &Axis = match side {
        Side::Left => &widget.left,
        Side::Right => &widget.right,
    };
    let rules = widget.rules.iter().filter(|it| it.side == side);
    let rules = rules.flat_map(|it| it.mark.edges().map(|it| it.0));
    let here = |it: &&Drawn| it.side == side;
    let range = widget.range;
    let values = lines.iter().filter(here).flat_map(|it| {
        let points = it.line.points.iter();
        let points = points.filter(move |it| (range.from..=range.to).contains(&it.0));
        points.map(|it| it.1)
    });
    if areas.is_empty() {
        return Scale::over(values.chain(rules), axis.min, axis.max);
    }
    let stacks = areas.iter().zip(lines).filter(|it| it.1.side == side);
    let ends = stacks.flat_map(|it| it.0.iter().flatten().flat_map(|it| [it.0, it.1]));
    Scale::over(ends.chain(rules), axis.min, axis.max)
}

/// Where a moment is, from the left.
fn column(widget: &Widget, frame: Frame, at: i64) -> i32 {
    let (from, to) = (widget.range.from, widget.range.to);
    let share = (at - from) as f64 / (to - from).max(1) as f64;
    frame.left + (share.clamp(-0.1, 1.1) * f64::from(frame.width())).round() as i32
}

/// Where a value is, from the top; what is beyond the scale is at its edge.
fn row(scale: Scale, frame: Frame, value: f64) -> i32 {
    let share = scale.share(value).clamp(0.0, 1.0);
    frame.bottom - (share * f64::from(frame.height())).round() as i32
}

fn axes(
    canvas: &Canvas<'_>,
    widget: &Widget,
    frame: Frame,
    scales: [Scale; 2],
    has_right: bool,
) -> Result<(), DrawError> {
    let (width, _) = size(widget);
    let top = title(canvas, widget)?;
    let half = width / 2 - MARGIN;
    canvas.text(
        &widget.left.label,
        (MARGIN, top),
        HPos::Left,
        TEXT_PIXELS,
        half,
    )?;
    canvas.text(
        &widget.right.label,
        (width - MARGIN, top),
        HPos::Right,
        TEXT_PIXELS,
        half,
    )?;
    let grid = rgb(canvas.grid).to_rgba();
    let about = usize::try_from(frame.height() / MARK_ROOM)
        .unwrap_or(1)
        .max(1);
    let text_top = |row: i32| row - TEXT_PIXELS / 2;
    for value in scales[0].marks(about) {
        let row = row(scales[0], frame, value);
        canvas.path(&[(frame.left, row), (frame.right, row)], grid)?;
        let at = (frame.left - 4, text_top(row));
        canvas.text(&scale::shown(value), at, HPos::Right, TEXT_PIXELS, MARKS)?;
    }
    let right = if has_right {
        scales[1].marks(about)
    } else {
        Vec::new()
    };
    for value in right {
        let at = (frame.right + 4, text_top(row(scales[1], frame, value)));
        canvas.text(&scale::shown(value), at, HPos::Left, TEXT_PIXELS, MARKS)?;
    }
    let most = usize::try_from(frame.width() / TIME_ROOM)
        .unwrap_or(1)
        .max(1);
    let times = scale::times(
        widget.range.from,
        widget.range.to,
        most,
        widget.zone_minutes,
    );
    for (at, text) in times {
        let column = column(widget, frame, at);
        canvas.path(&[(column, frame.bottom), (column, frame.bottom + 4)], grid)?;
        canvas.text(
            &text,
            (column, frame.bottom + 5),
            HPos::Center,
            TEXT_PIXELS,
            TIME_ROOM,
        )?;
    }
    canvas.path(
        &[(frame.left, frame.bottom), (frame.right, frame.bottom)],
        rgb(canvas.ink).to_rgba(),
    )
}

/// The rows that a line takes of a column, the upper one first; both are its own.
type Rows = Option<(i32, i32)>;

/// What a line takes of each column of the frame, apart where points are missing. However many points there are and
/// however wild they run, no more is drawn of it than a block a column.
fn traced(widget: &Widget, line: &Line, frame: Frame, scale: Scale) -> Vec<Rows> {
    let mut columns: Vec<Rows> = vec![None; usize::try_from(frame.width() + 1).unwrap_or(0)];
    let mut take = |x: i32, from: i32, to: i32| {
        let at = usize::try_from(x - frame.left).ok();
        if let Some(rows) = at.and_then(|at| columns.get_mut(at)) {
            let (top, bottom) = rows.unwrap_or((from, from));
            *rows = Some((top.min(from).min(to), bottom.max(from).max(to)));
        }
    };
    let mut before: Option<(i64, (i32, i32))> = None;
    let mut is_alone = true;
    let within = widget.range.from..=widget.range.to;
    let dot = |take: &mut dyn FnMut(i32, i32, i32), (x, y): (i32, i32)| {
        (x - 1..=x + 1).for_each(|x| take(x, y - 1, y));
    };
    for (at, value) in line.points.iter().filter(|it| within.contains(&it.0)) {
        let point = (column(widget, frame, *at), row(scale, frame, *value));
        match before.replace((*at, point)) {
            Some((last, from)) if at - last <= line.period.max(1) * 3 / 2 => {
                is_alone = false;
                join(&mut take, from, point);
            }
            gone => {
                if let Some((_, point)) = gone.filter(|_| is_alone) {
                    dot(&mut take, point);
                }
                is_alone = true;
            }
        }
    }
    if let Some((_, point)) = before.filter(|_| is_alone) {
        dot(&mut take, point);
    }
    columns
}

/// The rows between two points: each column has those of the way through it, so that neighbours touch.
fn join(take: &mut impl FnMut(i32, i32, i32), from: (i32, i32), to: (i32, i32)) {
    let steps = to.0 - from.0;
    if steps <= 0 {
        take(from.0, from.1, to.1);
        return;
    }
    let slope = f64::from(to.1 - from.1) / f64::from(steps);
    let row = |step: f64| from.1 + (step.clamp(0.0, f64::from(steps)) * slope).round() as i32;
    for step in 0..=steps {
        let middle = f64::from(step);
        take(from.0 + step, row(middle - 0.5), row(middle + 0.5));
    }
}

fn draw_line(
    canvas: &Canvas<'_>,
    widget: &Widget,
    it: &Drawn,
    frame: Frame,
    scale: Scale,
) -> Result<(), DrawError> {
    let colour = rgb(it.colour).to_rgba();
    let columns = traced(widget, &it.line, frame, scale);
    for (x, rows) in (frame.left..).zip(columns) {
        if let Some((top, bottom)) = rows {
            canvas.block((x, top), (x, bottom + 1), colour)?;
        }
    }
    Ok(())
}

/// Where a line's area begins and ends above each column; `None` where it has no points.
type Stack = Vec<Option<(f64, f64)>>;

/// Each line on top of those before of its side.
fn stacked(widget: &Widget, lines: &[Drawn], columns: usize) -> Vec<Stack> {
    let mut bases = [vec![0.0; columns], vec![0.0; columns]];
    let mut areas = Vec::with_capacity(lines.len());
    for it in lines {
        let base = &mut bases[usize::from(it.side == Side::Right)];
        let values = by_column(widget, &it.line, columns);
        let area: Stack = values
            .into_iter()
            .zip(base.iter_mut())
            .map(|(value, base)| {
                let from = *base;
                *base += value?;
                Some((from, *base))
            })
            .collect();
        areas.push(area);
    }
    areas
}

/// A value for each column: the mean of its points, and between columns of neighbours what is on the way.
fn by_column(widget: &Widget, line: &Line, columns: usize) -> Vec<Option<f64>> {
    let (from, to) = (widget.range.from, widget.range.to);
    let last = columns.saturating_sub(1);
    let at_column = |at: i64| {
        let share = (at - from) as f64 / (to - from).max(1) as f64;
        (share * last as f64).round() as usize
    };
    let mut sums: Vec<(f64, u32)> = vec![(0.0, 0); columns];
    for (at, value) in line.points.iter().filter(|it| (from..=to).contains(&it.0)) {
        let sum = &mut sums[at_column(*at).min(last)];
        *sum = (sum.0 + value, sum.1 + 1);
    }
    let mut values: Vec<Option<f64>> = sums
        .into_iter()
        .map(|(sum, count)| (count > 0).then(|| sum / f64::from(count)))
        .collect();
    let apart = line.period.max(1) as f64 * 1.5 / (to - from).max(1) as f64 * last as f64;
    let mut before: Option<(usize, f64)> = None;
    for at in 0..columns {
        let Some(value) = values[at] else { continue };
        if let Some((left, start)) = before
            && (at - left) as f64 <= apart.max(1.0) + 1.0
        {
            for (step, between) in values[left + 1..at].iter_mut().enumerate() {
                let share = (step + 1) as f64 / (at - left) as f64;
                *between = Some(start + (value - start) * share);
            }
        }
        before = Some((at, value));
    }
    values
}

fn draw_area(
    canvas: &Canvas<'_>,
    area: &[Option<(f64, f64)>],
    colour: Colour,
    frame: Frame,
    scale: Scale,
) -> Result<(), DrawError> {
    for (x, ends) in (frame.left..=frame.right).zip(area) {
        let Some((from, to)) = ends else { continue };
        let (from, to) = (row(scale, frame, *from), row(scale, frame, *to));
        // Without the edge of the area below, which stays as it is.
        match from.cmp(&to) {
            Ordering::Equal => {}
            Ordering::Greater => canvas.block((x, to), (x, from - 1), rgb(colour).mix(0.5))?,
            Ordering::Less => canvas.block((x, from + 1), (x, to), rgb(colour).mix(0.5))?,
        }
        canvas.block((x, to), (x, to), rgb(colour).to_rgba())?;
    }
    Ok(())
}

/// The title, if there is one, and where what stands below it begins.
fn title(canvas: &Canvas<'_>, widget: &Widget) -> Result<i32, DrawError> {
    if widget.title.is_empty() {
        return Ok(MARGIN);
    }
    let (width, _) = size(widget);
    let room = width - 2 * MARGIN;
    let at = (MARGIN, MARGIN);
    canvas.text(&widget.title, at, HPos::Left, TITLE_PIXELS, room)?;
    Ok(MARGIN + LINE_HEIGHT + 4)
}

#[cfg(test)]
mod tests;
