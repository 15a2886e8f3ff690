//! An error with its causes as text.

use std::{error::Error, fmt};

/// An error with all its causes, outermost first, in one line. Wrappers that repeat what they wrap
/// are shown once.
pub struct Chain<'a>(pub &'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        out.write_str(&text)?;
        write_causes(self.0, text, ": ", out)
    }
}

/// The causes of an error without its own text; empty if it has none.
pub struct Causes<'a>(pub &'a dyn Error);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_causes(self.0, String::new(), "", out)
    }
}

fn write_causes(
    error: &dyn Error,
    mut shown: String,
    mut separator: &str,
    out: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !shown.ends_with(&text) || text.is_empty() {
            write!(out, "{separator}{text}")?;
            separator = ": ";
            shown = text;
        }
        next = cause.source();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Outer {
        #[error("reading the file")]
        Step(#[source] Inner),
        #[error(transparent)]
        Through(Inner),
        #[error("reading failed: {0}")]
        Repeats(#[source] Inner),
    }

    #[derive(Debug, thiserror::Error)]
    #[error("the disk")]
    struct Inner(#[source] std::fmt::Error);

    #[test]
    fn causes_follow_in_one_line_and_none_twice() {
        let disk = || Inner(std::fmt::Error);
        let root = std::fmt::Error.to_string();
        for (error, expected) in [
            (
                Outer::Step(disk()),
                format!("reading the file: the disk: {root}"),
            ),
            (Outer::Through(disk()), format!("the disk: {root}")),
            (
                Outer::Repeats(disk()),
                format!("reading failed: the disk: {root}"),
            ),
        ] {
            assert_eq!(Chain(&error).to_string(), expected);
        }
        let causes = Causes(&Outer::Step(disk())).to_string();
        assert_eq!(causes, format!("the disk: {root}"));
        assert_eq!(Causes(&root_cause()).to_string(), "");
    }

    fn root_cause() -> std::fmt::Error {
        std::fmt::Error
    }
}
