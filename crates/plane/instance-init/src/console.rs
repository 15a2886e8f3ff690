//! The instance's console: standard output, which the host keeps the end of.

use std::io::{self, Write as _};

/// One line, whatever stands in it. With nobody at the other end it is lost, and nothing else is.
pub fn say(line: &str) {
    let line: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let _ = writeln!(io::stdout(), "wharf: {line}");
}
