//! The layout of `wharf status`, pure: tables and the size of the screen go in, text comes out.
//!
//! On a terminal no line is wider than it, so none wraps; what the widest columns have too much is
//! cut. What is copied from there (URLs) is never cut: it moves below its row. With a bounded height,
//! tables give up their last rows, the longest table first. Elsewhere (a pipe, a file) everything stays
//! whole.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::style::Style;

/// Columns are not cut below this width.
const NARROWEST: usize = 8;
const GAP: usize = 2;
/// Before what stands below its row.
const INDENT: &str = "  ";

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
    /// The words of the last column are never cut: where they do not fit, each has a line of its own
    /// below its row.
    pub whole_words: bool,
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
            whole_words: false,
        }
    }

    /// The same with words in the last column that are never cut.
    pub fn with_whole_words(self) -> Self {
        Self {
            whole_words: true,
            ..self
        }
    }

    /// Whether the words of the last column have lines of their own.
    fn is_split(&self, width: usize) -> bool {
        if !self.whole_words {
            return false;
        }
        let heading: Vec<String> = self.heading.iter().map(|it| (*it).to_owned()).collect();
        let rows = self.rows.iter().map(|row| row.cells.as_slice());
        let all: Vec<&[String]> = std::iter::once(heading.as_slice()).chain(rows).collect();
        whole_width(&natural_widths(&all)) > width
    }

    /// Lines of the screen that each row takes, those of its words included.
    fn heights(&self, width: usize) -> Vec<usize> {
        let is_split = self.is_split(width);
        let of_word = |word: &str| (INDENT.len() + word.width()).div_ceil(width.max(1));
        let of_row = |row: &Row| match is_split {
            true => 1 + words(row).map(of_word).sum::<usize>(),
            false => 1,
        };
        self.rows.iter().map(of_row).collect()
    }
}

/// Those of the last column.
fn words(row: &Row) -> impl Iterator<Item = &str> {
    row.cells.last().into_iter().flat_map(|it| it.split(' '))
}

/// What is said, and where.
pub struct Screen {
    /// Lines above all tables.
    pub head: Vec<String>,
    /// In the order in which they matter.
    pub tables: Vec<Table>,
    /// A line below them.
    pub foot: String,
    /// What shows the lines for which there is no room; empty if nothing does.
    pub rest: &'static str,
}

/// The part of a terminal that is there; `None` is as much as it takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    pub columns: Option<usize>,
    pub rows: Option<usize>,
}

impl Screen {
    pub fn text(&self, size: Size, style: Style) -> String {
        let whole = |size: Size| Size { rows: None, ..size };
        let lines = self.lines(size, style);
        // The cursor stands below the last line.
        let most = size.rows.map_or(usize::MAX, |rows| rows.saturating_sub(1));
        let all = match self.rest {
            "" => 0,
            _ => self.lines(whole(size), style).len(),
        };
        if all <= most || most < 2 {
            return lines.join("\n") + "\n";
        }
        // One more line goes for the one that says so.
        let smaller = Size {
            rows: Some(most),
            ..size
        };
        let mut lines = self.lines(smaller, style);
        let text = format!("… {} lines left out; {}", all - lines.len(), self.rest);
        let width = size.columns.unwrap_or(usize::MAX);
        lines.push(style.faint(&cut(&text, width)));
        lines.join("\n") + "\n"
    }

    fn lines(&self, size: Size, style: Style) -> Vec<String> {
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
        let heights: Vec<Vec<usize>> = tables.iter().map(|it| it.heights(width)).collect();
        let room = size.rows.map(|rows| rows.saturating_sub(1 + lines.len()));
        let shares = shares(&heights, room, !foot.is_empty());
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
        lines
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
/// those that matter least. `heights`: the lines of each row of each table.
fn shares(heights: &[Vec<usize>], room: Option<usize>, has_foot: bool) -> Shares {
    let mut shares = Shares {
        rows: heights.iter().map(Vec::len).collect(),
        left_out: 0,
        foot: has_foot,
    };
    let Some(room) = room else { return shares };
    let lines = |it: &Shares| -> usize {
        // A blank line, the heading, the rows, and how many there are more.
        let of_table = |(shown, all): (&usize, &Vec<usize>)| {
            2 + all[..*shown].iter().sum::<usize>() + usize::from(*shown < all.len())
        };
        let tables: usize = it.rows.iter().zip(heights).map(of_table).sum();
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
            shares.rows[at] -= match shares.rows[at] == heights[at].len() && longest > 2 {
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
    let is_split = table.is_split(width);
    // Without the words that come below.
    let inside = |cells: &Vec<String>| cells.len() - usize::from(is_split && !cells.is_empty());
    let all: Vec<&[String]> = std::iter::once(&heading)
        .chain(rows.iter().map(|row| &row.cells))
        .map(|cells| &cells[..inside(cells)])
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
        if is_split {
            lines.extend(words(row).map(|word| format!("{INDENT}{word}")));
        }
    }
    let more = table.rows.len() - rows.len();
    if more > 0 {
        lines.push(style.faint(&cut(&format!("… and {more} more"), width)));
    }
    lines
}

/// The width of each column with nothing cut.
fn natural_widths(rows: &[&[String]]) -> Vec<usize> {
    let columns = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or(0)
    };
    (0..columns).map(widest).collect()
}

/// Of a line of such columns.
fn whole_width(columns: &[usize]) -> usize {
    columns.iter().sum::<usize>() + GAP * columns.len().saturating_sub(1)
}

/// The width of each column, the widest made narrower until all fit.
pub fn fitted_widths(rows: &[&[String]], width: usize) -> Vec<usize> {
    let mut widths = natural_widths(rows);
    let mut excess = whole_width(&widths).saturating_sub(width);
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
pub fn cut(text: &str, width: usize) -> String {
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

pub fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// Texts of programs and of other machines are shown as characters: none moves the cursor, paints,
/// or turns the line's direction.
pub fn one_line(text: &str) -> String {
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
            rest: "",
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
        let shares = shares(&[vec![1], vec![1], vec![1]], Some(7), true);
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
    fn words_that_are_copied_are_never_cut() {
        let urls = "http://web-3730337607.us-east-1.elb.localhost:8080/ https://web-3730337607.us-east-1.elb.localhost/";
        let rows = [row(Tone::Plain, &["web", "127.64.0.1", urls])];
        let table = Table::new(&["LOAD BALANCER", "ADDRESS", "URL"], rows).with_whole_words();
        let lines = table_lines(&table, 1, 80, Style::plain());
        let (first, second) = urls.split_once(' ').unwrap();
        assert_eq!(
            lines,
            [
                "LOAD BALANCER  ADDRESS".to_owned(),
                "web            127.64.0.1".to_owned(),
                format!("  {first}"),
                format!("  {second}"),
            ]
        );
        assert_eq!(table.heights(80), [3]);
        // One that is narrower than the first wraps that.
        assert_eq!(table.heights(50), [4]);
        assert_eq!(table_lines(&table, 1, 50, Style::plain())[2..], lines[2..]);
        let wide = table_lines(&table, 1, 200, Style::plain());
        assert!(wide.len() == 2 && wide[1].ends_with(urls), "{wide:?}");
    }

    #[test]
    fn rows_of_several_lines_find_room_too() {
        let urls = |n: usize| format!("http://{n}.{}/ http://{n}.b/", "a".repeat(40));
        let rows = (0..6).map(|n| row(Tone::Plain, &[&format!("balancer-{n}"), &urls(n)]));
        let balancers = Table::new(&["X", "URL"], rows).with_whole_words();
        for rows in 8..60 {
            let text = screen(vec![table(9), balancers.clone(), table(3)])
                .text(sized(60, rows), Style::plain());
            assert!(text.lines().count() < rows, "{rows}:\n{text}");
            // As long as the least of every table finds room.
            assert!(
                rows < 20 || text.contains("  http://0.b/\n"),
                "{rows}:\n{text}"
            );
        }
    }

    #[test]
    fn what_is_left_out_is_counted_and_can_be_had() {
        let all = screen(vec![table(20), table(9)]).text(Size::default(), Style::plain());
        let mut shorter = screen(vec![table(20), table(9)]);
        shorter.rest = "--all shows them";
        for rows in 4..32 {
            let text = shorter.text(sized(80, rows), Style::plain());
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines.len() < rows, "{rows}:\n{text}");
            let missing = all.lines().count() - (lines.len() - 1);
            let said = format!("… {missing} lines left out; --all shows them");
            assert_eq!(lines.last(), Some(&said.as_str()), "{rows}:\n{text}");
        }
        let enough = all.lines().count() + 1;
        assert_eq!(shorter.text(sized(80, enough), Style::plain()), all);
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
