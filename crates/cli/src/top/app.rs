//! What the user of `wharf top` looks at, pure: keys go in, what is shown next comes out.

use super::views::{Tab, View};

/// Characters of a filter.
const LONGEST_FILTER: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Escape,
    Backspace,
    Interrupt,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    List,
    /// The filter is being typed.
    Filter,
    /// Of the selected row, from this line on.
    Details(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Show,
    Quit,
}

#[derive(Debug, Clone)]
pub struct App {
    pub tab: Tab,
    pub mode: Mode,
    pub filter: String,
    /// Key of the row of each tab that is selected: it stays selected wherever it moves.
    selected: [Option<String>; 4],
    /// First row of each tab that is drawn.
    tops: [usize; 4],
    /// Rows that there was room for when it was drawn last.
    page: usize,
}

impl Default for App {
    fn default() -> Self {
        Self {
            tab: Tab::Services,
            mode: Mode::List,
            filter: String::new(),
            selected: Default::default(),
            tops: [0; 4],
            page: 1,
        }
    }
}

impl App {
    /// Key of the selected row.
    pub fn selected(&self) -> Option<&str> {
        self.selected[self.tab.number()].as_deref()
    }

    /// Where the selected row is, the first one if it is gone.
    pub fn position(&self, view: &View) -> usize {
        let selected = self.selected();
        let found = view
            .rows
            .iter()
            .position(|it| Some(it.key.as_str()) == selected);
        found.unwrap_or(0)
    }

    /// The first row to draw where there is room for `page`, so that the selected one is seen.
    pub fn top(&mut self, view: &View, page: usize) -> usize {
        let (at, page) = (self.position(view), page.max(1));
        let last_top = view.rows.len().saturating_sub(page);
        let before = self.tops[self.tab.number()];
        let top = before
            .clamp((at + 1).saturating_sub(page), at)
            .min(last_top);
        self.tops[self.tab.number()] = top;
        self.page = page;
        top
    }

    /// The first line of details to draw, of so many, where there is room for `page`.
    pub fn details_top(&mut self, lines: usize, page: usize) -> usize {
        self.page = page.max(1);
        let Mode::Details(top) = &mut self.mode else {
            return 0;
        };
        *top = (*top).min(lines.saturating_sub(self.page));
        *top
    }

    /// `view`: the rows that the current tab shows.
    pub fn press(&mut self, key: Key, view: &View) -> Next {
        if key == Key::Interrupt {
            return Next::Quit;
        }
        match self.mode {
            Mode::List => return self.press_in_list(key, view),
            Mode::Filter => self.press_in_filter(key),
            Mode::Details(top) => return self.press_in_details(key, top),
        }
        Next::Show
    }

    fn press_in_list(&mut self, key: Key, view: &View) -> Next {
        match key {
            Key::Char('q') => return Next::Quit,
            Key::Char('/') => self.mode = Mode::Filter,
            Key::Escape => self.filter.clear(),
            Key::Enter if !view.rows.is_empty() => {
                self.select(view, self.position(view));
                self.mode = Mode::Details(0);
            }
            Key::Left => self.turn(Tab::ALL.len() - 1),
            Key::Right => self.turn(1),
            Key::Char(digit @ '1'..='4') => self.tab = Tab::ALL[digit as usize - '1' as usize],
            other => {
                let last = view.rows.len().saturating_sub(1);
                let to = moved(other, self.position(view), self.page).min(last);
                self.select(view, to);
            }
        }
        Next::Show
    }

    fn press_in_filter(&mut self, key: Key) {
        match key {
            Key::Enter => self.mode = Mode::List,
            Key::Escape => {
                self.filter.clear();
                self.mode = Mode::List;
            }
            Key::Backspace => drop(self.filter.pop()),
            Key::Char(typed)
                if !typed.is_control() && self.filter.chars().count() < LONGEST_FILTER =>
            {
                self.filter.push(typed);
            }
            _ => {}
        }
    }

    fn press_in_details(&mut self, key: Key, top: usize) -> Next {
        match key {
            Key::Char('q') => return Next::Quit,
            Key::Enter | Key::Escape | Key::Backspace | Key::Left => self.mode = Mode::List,
            Key::Char(digit @ '1'..='4') => {
                self.tab = Tab::ALL[digit as usize - '1' as usize];
                self.mode = Mode::List;
            }
            other => self.mode = Mode::Details(moved(other, top, self.page)),
        }
        Next::Show
    }

    fn turn(&mut self, by: usize) {
        self.tab = Tab::ALL[(self.tab.number() + by) % Tab::ALL.len()];
    }

    fn select(&mut self, view: &View, at: usize) {
        let key = view.rows.get(at).map(|it| it.key.clone());
        self.selected[self.tab.number()] = key;
    }
}

/// Where a key leads from a row.
fn moved(key: Key, at: usize, page: usize) -> usize {
    match key {
        Key::Up | Key::Char('k') => at.saturating_sub(1),
        Key::Down | Key::Char('j') => at + 1,
        Key::PageUp => at.saturating_sub(page),
        Key::PageDown => at + page,
        Key::Home => 0,
        Key::End => usize::MAX,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{status::screen::Tone, top::views::Line};

    fn rows(keys: &[&str]) -> View {
        let row = |key: &&str| Line {
            key: (*key).to_owned(),
            tone: Tone::Plain,
            cells: vec![(*key).to_owned()],
        };
        View {
            heading: &["X"],
            rows: keys.iter().map(row).collect(),
        }
    }

    fn typed(app: &mut App, keys: &[Key], view: &View) {
        for key in keys {
            assert_eq!(app.press(*key, view), Next::Show, "{key:?}");
        }
    }

    #[test]
    fn the_selected_row_stays_so_wherever_it_moves() {
        let (mut app, view) = (App::default(), rows(&["a", "b", "c"]));
        typed(&mut app, &[Key::Down], &view);
        assert_eq!(app.selected(), Some("b"));
        assert_eq!(app.position(&rows(&["b", "x", "a"])), 0);
        // One that is gone leaves the first, and the last is not passed.
        assert_eq!(app.position(&rows(&["x", "a"])), 0);
        typed(&mut app, &[Key::End, Key::Down], &view);
        assert_eq!(app.selected(), Some("c"));
        // Each tab has its own.
        typed(&mut app, &[Key::Char('3')], &view);
        assert_eq!((app.tab, app.selected()), (Tab::Tasks, None));
        typed(&mut app, &[Key::Left, Key::Up], &view);
        assert_eq!((app.tab, app.selected()), (Tab::Services, Some("b")));
    }

    #[test]
    fn the_window_follows_the_selected_row() {
        let names: Vec<String> = (0..5000).map(|it| it.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (mut app, view) = (App::default(), rows(&names));
        assert_eq!(app.top(&view, 10), 0);
        typed(&mut app, &[Key::PageDown, Key::Down], &view);
        assert_eq!(app.position(&view), 11);
        assert_eq!(app.top(&view, 10), 2);
        typed(&mut app, &[Key::Up], &view);
        assert_eq!(app.top(&view, 10), 2);
        typed(&mut app, &[Key::End], &view);
        assert_eq!(app.top(&view, 10), 4990);
        // The rows may become fewer, or the screen smaller.
        assert_eq!(app.top(&rows(&["a", "b"]), 10), 0);
        assert_eq!(app.top(&view, 1), 4999);
        assert_eq!(app.top(&rows(&[]), 0), 0);
    }

    #[test]
    fn keys_are_text_while_a_filter_is_typed() {
        let (mut app, view) = (App::default(), rows(&["a"]));
        let keys = [
            Key::Char('/'),
            Key::Char('q'),
            Key::Char('1'),
            Key::Char('\u{1b}'),
        ];
        typed(&mut app, &keys, &view);
        assert_eq!((app.filter.as_str(), app.tab), ("q1", Tab::Services));
        typed(&mut app, &[Key::Backspace, Key::Enter], &view);
        assert_eq!((app.filter.as_str(), &app.mode), ("q", &Mode::List));
        typed(&mut app, &[Key::Escape], &view);
        assert_eq!(app.filter, "");
        typed(&mut app, &[Key::Char('/')], &view);
        typed(&mut app, &[Key::Char('x'); 200], &view);
        assert_eq!(app.filter.len(), LONGEST_FILTER);
        assert_eq!(app.press(Key::Interrupt, &view), Next::Quit);
    }

    #[test]
    fn details_open_scroll_and_close() {
        let (mut app, view) = (App::default(), rows(&["a"]));
        typed(&mut app, &[Key::Enter], &rows(&[]));
        assert_eq!(app.mode, Mode::List);
        typed(&mut app, &[Key::Enter, Key::End], &view);
        assert_eq!(app.selected(), Some("a"));
        assert_eq!(app.details_top(30, 10), 20);
        typed(&mut app, &[Key::Up], &view);
        assert_eq!(app.details_top(30, 10), 19);
        typed(&mut app, &[Key::Escape], &view);
        assert_eq!(app.mode, Mode::List);
        assert_eq!(app.press(Key::Char('q'), &view), Next::Quit);
    }
}
