//! What stands beside lines: their names below a graph, and the last value of each.

use plotters::style::{Color as _, text_anchor::HPos};

use super::{
    super::{read::Widget, scale},
    Canvas, DrawError, Drawn, Frame, LINE_HEIGHT, MARGIN, TEXT_PIXELS, rgb, size, title,
};

/// Entries of the legend; what does not fit below the graph is left out as well.
const MOST_LEGEND: usize = 100;
/// Width of an entry of the legend.
const ENTRY: i32 = 180;

fn per_line(width: i32) -> i32 {
    (width / ENTRY).max(1)
}

/// Lines of the legend, at most a third of the image.
pub(super) fn legend_lines(entries: usize, frame: Frame, height: i32) -> i32 {
    let entries = i32::try_from(entries.min(MOST_LEGEND)).unwrap_or(0);
    let per_line = per_line(frame.width());
    ((entries + per_line - 1) / per_line).min(height / 3 / LINE_HEIGHT)
}

pub(super) fn draw_legend(
    canvas: &Canvas<'_>,
    lines: &[Drawn],
    (frame, height): (Frame, i32),
    rows: i32,
) -> Result<(), DrawError> {
    let top = height - MARGIN - rows * LINE_HEIGHT + 4;
    let per_line = per_line(frame.width());
    let each = frame.width() / per_line;
    let places = (0..rows).flat_map(|row| (0..per_line).map(move |at| (at, row)));
    for (it, (at, row)) in lines.iter().zip(places) {
        let (x, y) = (frame.left + at * each, top + row * LINE_HEIGHT);
        canvas.block((x, y + 2), (x + 9, y + 10), rgb(it.colour).to_rgba())?;
        canvas.text(&it.label, (x + 14, y), HPos::Left, TEXT_PIXELS, each - 20)?;
    }
    Ok(())
}

/// The last value of each line, large, side by side.
pub(super) fn values(
    canvas: &Canvas<'_>,
    widget: &Widget,
    lines: &[Drawn],
) -> Result<(), DrawError> {
    let (width, height) = size(widget);
    let top = title(canvas, widget)?;
    let across = (width / ENTRY).max(1);
    let down = (i32::try_from(lines.len()).unwrap_or(i32::MAX) + across - 1) / across;
    let (each, tall) = (width / across, ((height - top) / down.max(1)).max(1));
    let large = (tall - LINE_HEIGHT).clamp(TEXT_PIXELS, 48);
    let places = (0..down).flat_map(|row| (0..across).map(move |at| (at, row)));
    for (it, (at, row)) in lines.iter().zip(places) {
        let (x, y) = (at * each + MARGIN, top + row * tall);
        if y + LINE_HEIGHT > height {
            break;
        }
        let last = it.line.points.last().map(|it| scale::shown(it.1));
        canvas.block((x, y + 2), (x + 9, y + 10), rgb(it.colour).to_rgba())?;
        let room = each - 2 * MARGIN;
        canvas.text(&it.label, (x + 14, y), HPos::Left, TEXT_PIXELS, room - 14)?;
        let value = last.unwrap_or_else(|| "--".to_owned());
        canvas.text(&value, (x, y + LINE_HEIGHT), HPos::Left, large, room)?;
    }
    Ok(())
}
