//! The order of `sort`: what is no number comes before all numbers; in texts, runs of digits and of other
//! characters are compared piece by piece, runs of digits by their length first.

use std::cmp::Ordering;

use crate::value::Value;

/// Null comes first of all.
pub(crate) fn compare(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Less,
        (false, true) => return Ordering::Greater,
        (false, false) => {}
    }
    match (a.number(), b.number()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (None, None) => texts(
            &a.shown().unwrap_or_default(),
            &b.shown().unwrap_or_default(),
        ),
    }
}

fn texts(mut a: &str, mut b: &str) -> Ordering {
    loop {
        match (a.is_empty(), b.is_empty()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        let (first, second) = (piece(a), piece(b));
        let digits = |piece: &str| piece.starts_with(|c: char| c.is_ascii_digit());
        let order = match digits(first) && digits(second) {
            true => first
                .len()
                .cmp(&second.len())
                .then_with(|| first.cmp(second)),
            false => first.cmp(second),
        };
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (&a[first.len()..], &b[second.len()..]);
    }
}

/// The digits, or what is none, that a text begins with.
fn piece(text: &str) -> &str {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != digits);
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_come_last_and_digits_count() {
        let sorted = ["", "a", "a2", "a10", "b1", "-1", "2", "1e1", "11"];
        for pair in sorted.windows(2) {
            let (a, b) = (Value::text(pair[0]), Value::text(pair[1]));
            assert_eq!(compare(&a, &b), Ordering::Less, "{pair:?}");
        }
        assert_eq!(compare(&Value::Null, &Value::text("")), Ordering::Less);
    }

    proptest! {
        #[test]
        fn is_an_order(a in "[a0-9.]{0,6}", b in "[a0-9.]{0,6}", c in "[a0-9.]{0,6}") {
            let cmp = |x: &str, y: &str| compare(&Value::text(x), &Value::text(y));
            prop_assert_eq!(cmp(&a, &b), cmp(&b, &a).reverse());
            if cmp(&a, &b).is_le() && cmp(&b, &c).is_le() {
                prop_assert!(cmp(&a, &c).is_le());
            }
        }
    }
}
