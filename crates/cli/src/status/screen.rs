//! The layout of `wharf status`, pure: tables and the size of the screen go in, text comes out.
//!
//! On a terminal no line is wider than it, so none wraps; what the widest columns have too much is
//! cut. With a bounded height, tables give up their last rows, the longest table first. Elsewhere
//! (a pipe, a file) everything stays whole.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::style::Style;

/// Columns are not cut below this width.
const NARROWEST: usize = 8;
const GAP: usize = 2;

/// How a row is painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Failing: these rows come first.
    Bad,
    /// Not as wanted yet.
    Doubtful,
    Plain,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub tone: Tone,
    pub cells: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub heading: Vec<&'static str>,
    pub rows: Vec<Row>,
}

impl Table {
    /// What fails first, otherwise in the order of `rows`.
    pub fn new(heading: &[&'static str], rows: impl IntoIterator<Item = Row>) -> Self {
        let mut rows: Vec<Row> = rows.into_iter().collect();
        for row in &mut rows {
            row.cells.iter_mut().for_each(|cell| *cell = one_line(cell));
        }
        rows.sort_by_key(|row| row.tone);
        Self {
            heading: heading.to_vec(),
            rows,
        }
    }
}

/// What is said, and where.
pub struct Screen {
    /// Lines above all tables.
    pub head: Vec<String>,
    /// In the order in which they matter.
    pub tables: Vec<Table>,
    /// A line below them.
    pub foot: String,
}

/// The part of a terminal that is there; `None` is as much as it takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    pub columns: Option<usize>,
    pub rows: Option<usize>,
}

impl Screen {
    pub fn text(&self, size: Size, style: Style) -> String {
        let width = size.columns.unwrap_or(usize::MAX);
        let tables: Vec<&Table> = self
            .tables
            .iter()
            .filter(|it| !it.rows.is_empty())
            .collect();
        let mut lines: Vec<String> = Vec::new();
        for (at, line) in self.head.iter().enumerate() {
            let line = cut(&one_line(line), width);
            lines.push(match at {
                0 => style.strong(&line),
                _ => line,
            });
        }
        let foot = cut(&one_line(&self.foot), width);
        let lengths: Vec<usize> = tables.iter().map(|it| it.rows.len()).collect();
        // The cursor stands below the last line.
        let room = size.rows.map(|rows| rows.saturating_sub(1 + lines.len()));
        let shares = shares(&lengths, room, !foot.is_empty());
        for (table, shown) in tables.iter().zip(&shares.rows) {
            lines.push(String::new());
            lines.extend(table_lines(table, *shown, width, style));
        }
        if shares.left_out > 0 {
            let text = format!(
                "… and {} more tables; --cluster or --service shows less",
                shares.left_out
            );
            lines.push(style.faint(&cut(&text, width)));
        }
        if shares.foot {
            lines.push(String::new());
            lines.push(style.faint(&foot));
        }
        if let Some(rows) = size.rows {
            lines.truncate(rows.saturating_sub(1).max(1));
        }
        lines.join("\n") + "\n"
    }
}

/// How many rows of each table are shown.
#[derive(Debug, PartialEq, Eq)]
struct Shares {
    rows: Vec<usize>,
    /// Tables at the end of which nothing is shown.
    left_out: usize,
    foot: bool,
}

/// Divides `room` lines: the foot goes first, then rows of the longest table, at last whole tables,
/// those that matter least.
fn shares(lengths: &[usize], room: Option<usize>, has_foot: bool) -> Shares {
    let mut shares = Shares {
        rows: lengths.to_vec(),
        left_out: 0,
        foot: has_foot,
    };
    let Some(room) = room else { return shares };
    let lines = |it: &Shares| -> usize {
        // A blank line, the heading, the rows, and how many there are more.
        let of_table = |(shown, all): (&usize, &usize)| 2 + shown + usize::from(shown < all);
        let tables: usize = it.rows.iter().zip(lengths).map(of_table).sum();
        tables + usize::from(it.left_out > 0) + 2 * usize::from(it.foot)
    };
    if lines(&shares) > room {
        shares.foot = false;
    }
    while lines(&shares) > room {
        let longest = shares.rows.iter().copied().max().unwrap_or(0);
        if longest > 1 {
            let at = shares.rows.iter().rposition(|shown| *shown == longest);
            let at = at.expect("the longest is one of them");
            // The first row that goes makes room for the line that says so, so two go.
            shares.rows[at] -= match shares.rows[at] == lengths[at] && longest > 2 {
                true => 2,
                false => 1,
            };
        } else if shares.rows.pop().is_some() {
            shares.left_out += 1;
        } else {
            break;
        }
    }
    shares
}

fn table_lines(table: &Table, shown: usize, width: usize, style: Style) -> Vec<String> {
    let heading: Vec<String> = table.heading.iter().map(|it| (*it).to_owned()).collect();
    let rows = &table.rows[..shown.min(table.rows.len())];
    let all: Vec<&Vec<String>> = std::iter::once(&heading)
        .chain(rows.iter().map(|row| &row.cells))
        .collect();
    let widths = fitted_widths(&all, width);
    let line = |cells: &Vec<String>| {
        let cells: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| padded(&cut(cell, *width), *width))
            .collect();
        // Only where even the narrowest columns are too many does this cut anything.
        cut(cells.join(&" ".repeat(GAP)).trim_end(), width)
    };
    let mut lines = vec![style.faint(&line(&heading))];
    for row in rows {
        let text = line(&row.cells);
        lines.push(match row.tone {
            Tone::Bad => style.bad(&text),
            Tone::Doubtful => style.doubtful(&text),
            Tone::Plain => text,
        });
    }
    let more = table.rows.len() - rows.len();
    if more > 0 {
        lines.push(style.faint(&cut(&format!("… and {more} more"), width)));
    }
    lines
}

/// The width of each column, the widest made narrower until all fit.
fn fitted_widths(rows: &[&Vec<String>], width: usize) -> Vec<usize> {
    let columns = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..columns).map(widest).collect();
    let gaps = GAP * columns.saturating_sub(1);
    let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
    while excess > 0 {
        let most = widths.iter().copied().max().unwrap_or(0);
        if most <= NARROWEST {
            break;
        }
        // Down to the next narrower column at once: a cell may have thousands of characters.
        let next = widths.iter().copied().filter(|it| *it < most).max();
        let step = (most - next.unwrap_or(0).max(NARROWEST)).max(1).min(excess);
        let at = widths.iter().rposition(|it| *it == most);
        widths[at.expect("the widest is one of them")] -= step;
        excess -= step;
    }
    widths
}

/// At most `width` columns of a line.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// Texts of programs and of other machines are shown as characters: none moves the cursor, paints,
/// or turns the line's direction.
fn one_line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    let shown = |c: char| match c.is_control() || turns(c) {
        true => ' ',
        false => c,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(tone: Tone, cells: &[&str]) -> Row {
        Row {
            tone,
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
        }
    }

    fn table(rows: usize) -> Table {
        let rows = (0..rows).map(|n| row(Tone::Plain, &[&n.to_string(), "x"]));
        Table::new(&["A", "B"], rows)
    }

    fn screen(tables: Vec<Table>) -> Screen {
        Screen {
            head: vec!["head".to_owned()],
            tables,
            foot: "foot".to_owned(),
        }
    }

    fn sized(columns: usize, rows: usize) -> Size {
        Size {
            columns: Some(columns),
            rows: Some(rows),
        }
    }

    #[test]
    fn without_a_size_nothing_is_cut() {
        let long = "x".repeat(300);
        let rows = [row(Tone::Plain, &[&long, "y"])];
        let text = screen(vec![Table::new(&["A", "B"], rows), table(0)])
            .text(Size::default(), Style::plain());
        assert_eq!(
            text,
            format!("head\n\nA{}  B\n{long}  y\n\nfoot\n", " ".repeat(299))
        );
    }

    #[test]
    fn what_fails_comes_first() {
        let rows = [
            row(Tone::Plain, &["c"]),
            row(Tone::Bad, &["a"]),
            row(Tone::Plain, &["d"]),
            row(Tone::Doubtful, &["b"]),
        ];
        let table = Table::new(&["X"], rows);
        let order: Vec<&str> = table.rows.iter().map(|row| row.cells[0].as_str()).collect();
        assert_eq!(order, ["a", "b", "c", "d"]);
    }

    #[test]
    fn no_screen_is_overrun() {
        let reason =
            "日本語 is wide, é is not, and this goes on for much longer than any line".repeat(3);
        let wide = |n: usize| {
            let name = "service-with-a-long-name-".repeat(1 + n % 4);
            row(Tone::Bad, &[&name, "1/3", "failing", "family:12", &reason])
        };
        let heading = ["SERVICE", "TASKS", "STATE", "DEFINITION", "WHY"];
        for columns in [1, 2, 10, 40, 80, 200] {
            for rows in 1..60 {
                let tables = vec![
                    Table::new(&heading, (0..7).map(wide)),
                    table(40),
                    table(1),
                    table(5),
                ];
                let text = screen(tables).text(sized(columns, rows), Style::plain());
                assert!(
                    text.lines().count() <= (rows - 1).max(1),
                    "{columns}x{rows}:\n{text}"
                );
                for line in text.lines() {
                    assert!(line.width() <= columns, "{columns}x{rows}: {line}");
                }
            }
        }
    }

    #[test]
    fn the_longest_table_gives_up_rows_first() {
        let text = screen(vec![table(2), table(9), table(1)]).text(sized(80, 16), Style::plain());
        let expected = "head\n\nA  B\n0  x\n1  x\n\nA  B\n0  x\n1  x\n2  x\n3  x\n… and 5 more\n\nA  B\n0  x\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn tables_that_find_no_room_are_counted() {
        let shares = shares(&[1, 1, 1], Some(7), true);
        assert_eq!(
            (shares.rows, shares.left_out, shares.foot),
            (vec![1, 1], 1, false)
        );
    }

    #[test]
    fn the_widest_column_is_cut_first() {
        let rows = [row(Tone::Plain, &["web", "1/3", &"r".repeat(100)])];
        let table = Table::new(&["SERVICE", "TASKS", "WHY"], rows);
        let lines = table_lines(&table, 1, 30, Style::plain());
        assert_eq!(lines[1], format!("web      1/3    {}…", "r".repeat(13)));
        assert_eq!(lines[1].width(), 30);
    }

    #[test]
    fn a_hostile_text_moves_nothing() {
        let rows = [row(Tone::Plain, &["a\u{1b}[2Jb\nc\u{202e}d"])];
        let table = Table::new(&["X"], rows);
        assert_eq!(table.rows[0].cells[0], "a [2Jb c d");
    }

    #[test]
    fn wide_characters_are_cut_whole() {
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "");
    }
}
