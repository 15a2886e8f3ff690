//! A frame of `wharf top`: what is drawn of the model, as much as fits.

use ratatui::{
    Frame,
    style::{Color, Modifier, Style},
    text::{Line as Text, Span},
    widgets::Paragraph,
};

use super::{
    app::{App, Mode},
    model::Model,
    views::{self, Line, Tab, View},
};
use crate::status::screen::{Tone, cut, fitted_widths, one_line, padded};

/// Lines around the table that are always there: head, tabs, limits, keys.
const FRAME_LINES: u16 = 4;
/// With fewer lines the table has all the room.
const ROOM_FOR_EVENTS: u16 = 18;
/// Lines of events, their heading and a blank one among them.
const EVENT_LINES: u16 = 7;
const GAP: &str = "  ";

/// What is said beside the model.
pub struct Said<'a> {
    /// Why the last look brought nothing new; empty if it did.
    pub problem: &'a str,
    /// Seconds since the model was read.
    pub age_s: u64,
    pub colour: bool,
}

pub fn frame(frame: &mut Frame<'_>, app: &mut App, model: &Model, said: &Said<'_>) {
    let area = frame.area();
    let paint = Paint(said.colour);
    let mut lines = vec![
        head(model, said, paint, area.width),
        tabs(app, model, paint),
    ];
    let events = match area.height >= ROOM_FOR_EVENTS && !matches!(app.mode, Mode::Details(_)) {
        true => EVENT_LINES,
        false => 0,
    };
    let page = usize::from(area.height.saturating_sub(FRAME_LINES + events));
    let before = lines.len();
    lines.extend(match app.mode {
        Mode::Details(_) => details(app, model, page, area.width, paint),
        _ => rows(app, model, page, area.width, paint),
    });
    lines.resize(before + page, Text::default());
    if events > 0 {
        lines.push(Text::default());
        let room = usize::from(events) - 2;
        lines.extend(table(
            &views::events(model),
            0,
            room,
            None,
            area.width,
            paint,
        ));
        lines.resize(before + page + usize::from(events), Text::default());
    }
    lines.push(limits(model, area.width, paint));
    lines.push(keys(app, area.width, paint));
    // What is too much for the smallest screens is below their end.
    frame.render_widget(Paragraph::new(lines), area);
}

/// Colours, or none.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn tone(self, tone: Tone) -> Style {
        match (self.0, tone) {
            (true, Tone::Bad) => Style::new().fg(Color::Red),
            (true, Tone::Doubtful) => Style::new().fg(Color::Yellow),
            _ => Style::new(),
        }
    }

    fn faint(self) -> Style {
        match self.0 {
            true => Style::new().add_modifier(Modifier::DIM),
            false => Style::new(),
        }
    }
}

/// The selected row and tab, which no colour is needed for.
fn marked() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

fn head(model: &Model, said: &Said<'_>, paint: Paint, width: u16) -> Text<'static> {
    let place = format!(
        "wharf {} in {}: {}",
        model.endpoint, model.region, model.summary
    );
    let (text, style) = match said.problem {
        "" => (place, Style::new().add_modifier(Modifier::BOLD)),
        problem => (
            format!("{} s old: {problem}", said.age_s),
            paint.tone(Tone::Bad).add_modifier(Modifier::BOLD),
        ),
    };
    Text::styled(cut(&one_line(&text), usize::from(width)), style)
}

fn tabs(app: &App, model: &Model, paint: Paint) -> Text<'static> {
    let mut spans = Vec::new();
    for tab in Tab::ALL {
        let text = format!(
            "{} {} {}",
            tab.number() + 1,
            tab.title(),
            views::count(model, tab)
        );
        let style = match tab == app.tab {
            true => marked(),
            false => paint.faint(),
        };
        spans.push(Span::styled(text, style));
        spans.push(Span::raw(GAP));
    }
    if app.mode == Mode::Filter {
        spans.push(Span::raw(format!("/{}_", one_line(&app.filter))));
    } else if !app.filter.is_empty() {
        spans.push(Span::raw(format!("filter: {}", one_line(&app.filter))));
    }
    Text::from(spans)
}

fn rows(app: &mut App, model: &Model, page: usize, width: u16, paint: Paint) -> Vec<Text<'static>> {
    let view = views::view(model, app.tab, &app.filter);
    // The heading takes a line, and the last says how many there are more.
    let room = page.saturating_sub(1);
    let cut_short = view.rows.len() > room || app.tab == Tab::Tasks && model.tasks_left_out > 0;
    let room = room - usize::from(cut_short && room > 1);
    let top = app.top(&view, room);
    let selected = (!view.rows.is_empty()).then(|| app.position(&view));
    let mut lines = table(&view, top, room, selected, width, paint);
    if cut_short {
        let left_out = match app.tab {
            Tab::Tasks if model.tasks_left_out > 0 => {
                format!(
                    "; {} tasks more are not in the overview",
                    model.tasks_left_out
                )
            }
            _ => String::new(),
        };
        let last = (top + room).min(view.rows.len());
        let text = format!("{}–{last} of {}{left_out}", top + 1, view.rows.len());
        lines.push(Text::styled(cut(&text, usize::from(width)), paint.faint()));
    } else if view.rows.is_empty() {
        lines.push(Text::styled("nothing here", paint.faint()));
    }
    lines.truncate(page);
    lines
}

/// The heading and `room` rows from `top` on.
fn table(
    view: &View,
    top: usize,
    room: usize,
    selected: Option<usize>,
    width: u16,
    paint: Paint,
) -> Vec<Text<'static>> {
    let heading: Vec<String> = view.heading.iter().map(|it| (*it).to_owned()).collect();
    let shown: Vec<(usize, &Line)> = view.rows.iter().enumerate().skip(top).take(room).collect();
    let mut all: Vec<&[String]> = vec![&heading];
    all.extend(shown.iter().map(|it| it.1.cells.as_slice()));
    let width = usize::from(width);
    let widths = fitted_widths(&all, width);
    let text = |cells: &[String]| {
        let cells = cells.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| padded(&cut(cell, *width), *width))
            .collect();
        cut(cells.join(GAP).trim_end(), width)
    };
    let mut lines = vec![Text::styled(text(&heading), paint.faint())];
    for (at, line) in shown {
        let style = paint.tone(line.tone);
        lines.push(match Some(at) == selected {
            true => Text::styled(padded(&text(&line.cells), width), style.patch(marked())),
            false => Text::styled(text(&line.cells), style),
        });
    }
    lines
}

fn details(
    app: &mut App,
    model: &Model,
    page: usize,
    width: u16,
    paint: Paint,
) -> Vec<Text<'static>> {
    let key = app.selected().unwrap_or_default();
    let Some(lines) = views::details(model, app.tab, key) else {
        return vec![Text::styled("it is gone", paint.faint())];
    };
    let top = app.details_top(lines.len(), page);
    let shown = lines.iter().skip(top).take(page);
    let shown = shown.enumerate().map(|(at, line)| {
        let text = cut(line, usize::from(width));
        match at + top {
            0 => Text::styled(text, Style::new().add_modifier(Modifier::BOLD)),
            _ => Text::raw(text),
        }
    });
    shown.collect()
}

fn limits(model: &Model, width: u16, paint: Paint) -> Text<'static> {
    let (text, style) = match (model.missing.as_slice(), views::limits(model)) {
        ([], limits) if limits.is_empty() => ("nothing is near a limit".to_owned(), paint.faint()),
        ([], limits) => (
            format!("near a limit: {limits}"),
            paint.tone(Tone::Doubtful),
        ),
        (missing, _) => (
            format!("not read: {}", one_line(&missing.join(", "))),
            paint.tone(Tone::Doubtful),
        ),
    };
    Text::styled(cut(&text, usize::from(width)), style)
}

fn keys(app: &App, width: u16, paint: Paint) -> Text<'static> {
    let text = match app.mode {
        Mode::List => "1-4 or ←→ tab  ↑↓ move  enter details  / filter  q quit",
        Mode::Filter => "enter keep  esc drop the filter",
        Mode::Details(_) => "↑↓ scroll  esc back  q quit",
    };
    Text::styled(cut(text, usize::from(width)), paint.faint())
}

#[cfg(test)]
mod tests {
    use ratatui::{Terminal, backend::TestBackend};
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::top::{
        app::Key,
        model::tests::{model_of, overview},
        usage::Usage,
    };

    fn drawn(app: &mut App, model: &Model, width: u16, height: u16) -> Vec<String> {
        let said = Said {
            problem: "",
            age_s: 0,
            colour: true,
        };
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|it| frame(it, app, model, &said)).unwrap();
        let buffer = terminal.backend().buffer();
        let line = |row: u16| -> String {
            let cells = (0..width).map(|column| buffer[(column, row)].symbol());
            cells.collect::<String>().trim_end().to_owned()
        };
        (0..height).map(line).collect()
    }

    #[test]
    fn a_frame_is_as_the_golden_one() {
        let model = model_of(overview(), Usage::default());
        let frame = drawn(&mut App::default(), &model, 110, 20).join("\n") + "\n";
        assert_eq!(frame, include_str!("goldens/services.txt"), "\n{frame}");
    }

    #[test]
    fn details_show_the_selected_row() {
        let model = model_of(overview(), Usage::default());
        let mut app = App::default();
        let view = views::view(&model, app.tab, "");
        app.press(Key::Enter, &view);
        let frame = drawn(&mut app, &model, 80, 24);
        assert_eq!(frame[2], "service broken of cluster default: failing");
        assert!(
            frame
                .iter()
                .any(|it| it.starts_with("  5s ago  has started 1 tasks:")),
            "{frame:#?}"
        );
    }

    #[test]
    fn no_screen_is_overrun() {
        let mut many = overview();
        let task = many["tasks"][0].clone();
        many["tasks"] = vec![task; 5000].into();
        let model = model_of(many, Usage::default());
        for (width, height) in [(1, 1), (5, 2), (20, 5), (80, 6), (80, 24), (300, 100)] {
            for tab in '1'..='4' {
                let mut app = App::default();
                app.press(
                    Key::Char(tab),
                    &View {
                        heading: &[],
                        rows: Vec::new(),
                    },
                );
                for key in [Key::End, Key::Enter] {
                    for line in drawn(&mut app, &model, width, height) {
                        assert!(
                            line.width() <= usize::from(width),
                            "{width}x{height}: {line}"
                        );
                    }
                    let view = views::view(&model, app.tab, "");
                    app.press(key, &view);
                }
            }
        }
        let mut app = App::default();
        app.press(
            Key::Char('3'),
            &View {
                heading: &[],
                rows: Vec::new(),
            },
        );
        let frame = drawn(&mut app, &model, 100, 12);
        assert_eq!(frame[9], "1–6 of 5000", "{frame:#?}");
    }

    #[test]
    fn an_old_model_says_so() {
        let model = model_of(overview(), Usage::default());
        let said = Said {
            problem: "no wharf answers",
            age_s: 7,
            colour: false,
        };
        let mut terminal = Terminal::new(TestBackend::new(60, 10)).unwrap();
        terminal
            .draw(|it| frame(it, &mut App::default(), &model, &said))
            .unwrap();
        let buffer = terminal.backend().buffer();
        let head: String = (0..60).map(|column| buffer[(column, 0)].symbol()).collect();
        assert_eq!(head.trim_end(), "7 s old: no wharf answers");
    }
}
