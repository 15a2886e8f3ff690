//! One-time codes of a virtual device, as RFC 6238 makes them: SHA-1, six digits, thirty seconds. Pure.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Seconds for which a code is shown.
const STEP: i64 = 30;
/// How far a device's clock may have moved since it was last heard, in steps.
const DRIFT: i64 = 1;
/// And when two codes in a row say where it is.
const RESYNC: i64 = 20;

/// Where a device is: the last code that it spent, and how far its clock is ahead of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// No code of this step or before it is taken again.
    pub(crate) spent: i64,
    /// In steps.
    pub(crate) ahead: i64,
}

pub(crate) fn step_at(seconds: i64) -> i64 {
    seconds.div_euclid(STEP)
}

/// The code of a step.
pub(crate) fn code(seed: &[u8], step: i64) -> u32 {
    let mut mac = Hmac::<Sha1>::new_from_slice(seed).expect("a key of any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 0xf);
    let four = [
        digest[at] & 0x7f,
        digest[at + 1],
        digest[at + 2],
        digest[at + 3],
    ];
    u32::from_be_bytes(four) % 1_000_000
}

/// Six digits as they are typed.
pub(crate) fn read(text: &str) -> Option<u32> {
    let is_code = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
    is_code.then(|| text.parse().ok()).flatten()
}

/// The position after a code was given at `now`, if it is one that the device shows and has not spent.
pub(crate) fn accept(seed: &[u8], position: Position, given: u32, now: i64) -> Option<Position> {
    let here = now + position.ahead;
    let steps = here - DRIFT..=here + DRIFT;
    let mut shown = steps.filter(|step| *step > position.spent);
    let step = shown.find(|step| code(seed, *step) == given)?;
    Some(Position {
        spent: step,
        ahead: step - now,
    })
}

/// The position that two codes in a row tell, wherever the device's clock was thought to be. `spent` is
/// the last step that it spent.
pub(crate) fn locate(seed: &[u8], spent: i64, given: [u32; 2], now: i64) -> Option<Position> {
    let steps = now - RESYNC..=now + RESYNC;
    let mut steps = steps.filter(|step| *step > spent);
    let first = steps.find(|step| [code(seed, *step), code(seed, step + 1)] == given)?;
    Some(Position {
        spent: first + 1,
        ahead: first + 1 - now,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SEED: &[u8] = b"12345678901234567890";
    const NEVER: Position = Position {
        spent: i64::MIN,
        ahead: 0,
    };

    /// RFC 6238, appendix B, as far as it is about SHA-1; the last six of its eight digits.
    #[test]
    fn codes_of_the_standard() {
        for (seconds, expected) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ] {
            assert_eq!(code(SEED, step_at(seconds)), expected, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_once() {
        let now = step_at(1_111_111_109);
        let after = accept(SEED, NEVER, 81_804, now).unwrap();
        assert_eq!(accept(SEED, after, 81_804, now), None);
        let next = code(SEED, now + 1);
        let later = accept(SEED, after, next, now).unwrap();
        assert_eq!((later.spent, later.ahead), (now + 1, 1));
        assert_eq!(accept(SEED, later, code(SEED, now), now + 1), None);
    }

    #[test]
    fn what_is_typed() {
        assert_eq!(read("000123"), Some(123));
        for text in ["", "12345", "1234567", "12345x", "+12345", "１23456"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_device_is_found_where_it_is(seed: [u8; 20], now in 0i64..1 << 40, ahead in -RESYNC..RESYNC) {
            let shown = now + ahead;
            let given = [code(&seed, shown), code(&seed, shown + 1)];
            let found = locate(&seed, i64::MIN, given, now).unwrap();
            // Two codes may be the same by chance elsewhere, but then they are codes of there.
            prop_assert_eq!([code(&seed, found.spent - 1), code(&seed, found.spent)], given);
            prop_assert_eq!(locate(&seed, found.spent, given, now).filter(|it| it.spent <= found.spent), None);
        }

        #[test]
        fn nothing_outside_of_its_time_is_taken(seed: [u8; 20], now in 100i64..1 << 40, away in 2i64..50) {
            for step in [now - away, now + away] {
                if let Some(found) = accept(&seed, NEVER, code(&seed, step), now) {
                    prop_assert!((found.spent - now).abs() <= DRIFT);
                }
            }
        }
    }
}
