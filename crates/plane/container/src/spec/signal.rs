//! Names and numbers of signals, as images and definitions write them.

use std::str::FromStr;

use nix::sys::signal::Signal;

use super::SpecError;

/// `SIGQUIT`, `QUIT`, `3`, `SIGRTMIN+3` → its number.
pub fn parse_signal(text: &str) -> Result<i32, SpecError> {
    let wrong = || SpecError::UnknownSignal(text.chars().take(32).collect());
    if let Ok(number) = text.parse::<i32>() {
        return if (1..=64).contains(&number) {
            Ok(number)
        } else {
            Err(wrong())
        };
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    for (base, number) in [("RTMIN", 34), ("RTMAX", 64)] {
        if let Some(rest) = name.strip_prefix(base) {
            let offset: i32 = if rest.is_empty() {
                0
            } else {
                rest.parse().map_err(|_| wrong())?
            };
            let number = number + offset.clamp(-64, 64);
            return if (34..=64).contains(&number) {
                Ok(number)
            } else {
                Err(wrong())
            };
        }
    }
    Signal::from_str(&format!("SIG{name}"))
        .map(|signal| signal as i32)
        .map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_real_time() {
        for (text, number) in [
            ("SIGTERM", 15),
            ("quit", 3),
            ("9", 9),
            ("SIGRTMIN+3", 37),
            ("RTMAX-1", 63),
            ("RTMIN", 34),
        ] {
            assert_eq!(parse_signal(text).unwrap(), number, "{text}");
        }
        for wrong in ["", "0", "65", "SIGNOPE", "RTMIN-1", "RTMAX+1", "RTMINx"] {
            assert!(parse_signal(wrong).is_err(), "{wrong}");
        }
    }
}
