//! Colours of graphs.

use super::read::Theme;

/// Red, green and blue.
pub type Colour = (u8, u8, u8);

/// Of lines that name none, one after the other.
const LINES: [Colour; 10] = [
    (31, 119, 180),
    (255, 127, 14),
    (44, 160, 44),
    (214, 39, 40),
    (148, 103, 189),
    (140, 86, 75),
    (227, 119, 194),
    (127, 127, 127),
    (188, 189, 34),
    (23, 190, 207),
];

pub fn of_line(number: usize) -> Colour {
    LINES[number % LINES.len()]
}

/// Behind everything, of texts, and of the grid.
pub fn of_theme(theme: Theme) -> [Colour; 3] {
    match theme {
        Theme::Light => [(255, 255, 255), (70, 70, 70), (225, 225, 225)],
        Theme::Dark => [(32, 38, 46), (205, 205, 205), (65, 72, 82)],
    }
}

/// `#1f77b4` or `#17b`.
pub fn parse(text: &str) -> Option<Colour> {
    let digits = text.strip_prefix('#')?;
    if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    let part = |from: usize, to: usize| u8::from_str_radix(&digits[from..to], 16).ok();
    match digits.len() {
        6 => Some((part(0, 2)?, part(2, 4)?, part(4, 6)?)),
        3 => Some((part(0, 1)? * 17, part(1, 2)? * 17, part(2, 3)? * 17)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_hexadecimal() {
        assert_eq!(parse("#1f77b4"), Some((0x1f, 0x77, 0xb4)));
        assert_eq!(parse("#17b"), Some((0x11, 0x77, 0xbb)));
        for none in ["", "#", "1f77b4", "#1f77b", "#zzzzzz", "red", "#é77"] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}
