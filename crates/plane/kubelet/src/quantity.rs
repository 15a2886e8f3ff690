//! Quantities: `500m`, `1Gi`, `2e3`. Read into thousandths, rounded up, as upstream rounds what it cannot hold.

use serde_json::Value;

/// Longer ones nobody writes.
const LONGEST: usize = 64;

/// In thousandths; `None` if it is no quantity or none that fits.
pub fn milli(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => parse(text),
        Value::Number(number) => parse(&number.to_string()),
        _ => None,
    }
}

/// In whole units, rounded up.
pub fn whole(value: &Value) -> Option<i128> {
    Some(div_up(milli(value)?, 1000))
}

pub fn div_up(value: i128, by: i128) -> i128 {
    value.div_euclid(by) + i128::from(value.rem_euclid(by) != 0)
}

fn parse(text: &str) -> Option<i128> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST || !text.is_ascii() {
        return None;
    }
    let number_end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-')))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(number_end);
    let (negative, digits) = match number.as_bytes().first()? {
        b'-' => (true, &number[1..]),
        b'+' => (false, &number[1..]),
        _ => (false, number),
    };
    let (int, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if int.is_empty() && fraction.is_empty() || fraction.len() > 18 {
        return None;
    }
    let all: String = [int, fraction].concat();
    if all.bytes().any(|b| !b.is_ascii_digit()) || all.len() > 30 {
        return None;
    }
    let mantissa: i128 = all.parse().ok()?;
    let scale = i32::try_from(fraction.len()).ok()?;
    // Thousandths of the mantissa times the suffix, over ten to the digits of the fraction.
    let (times, tens) = multiplier(suffix)?;
    let times = mantissa.checked_mul(times)?;
    let tens = tens + 3 - scale;
    let value = if tens >= 0 {
        times.checked_mul(10i128.checked_pow(u32::try_from(tens).ok()?)?)?
    } else {
        let by = 10i128.checked_pow(tens.unsigned_abs())?;
        div_up(times, by)
    };
    Some(if negative { -value } else { value })
}

/// What a suffix stands for: a factor, and a power of ten beside it.
fn multiplier(suffix: &str) -> Option<(i128, i32)> {
    Some(match suffix {
        "" => (1, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        "Ki" => (1 << 10, 0),
        "Mi" => (1 << 20, 0),
        "Gi" => (1 << 30, 0),
        "Ti" => (1 << 40, 0),
        "Pi" => (1 << 50, 0),
        "Ei" => (1 << 60, 0),
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            (-18..=18).contains(&power).then_some((1, power))?
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn quantities() {
        for (text, expected) in [
            ("1", 1000),
            ("500m", 500),
            ("0.5", 500),
            ("1.5Gi", 1_610_612_736_000),
            ("128Mi", 134_217_728_000),
            ("1e3", 1_000_000),
            ("1E", 1_000_000_000_000_000_000_000),
            ("100n", 1),
            ("-1", -1000),
            ("+2k", 2_000_000),
        ] {
            assert_eq!(milli(&json!(text)), Some(expected), "{text}");
        }
        assert_eq!(milli(&json!(2)), Some(2000));
        assert_eq!(whole(&json!("1500m")), Some(2));
        for text in ["", "Mi", "1x", ".", "1e99", "1 Mi", "--1", "1.2.3"] {
            assert_eq!(milli(&json!(text)), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-+0-9.eEkKMGTPnumi]{0,40}") {
            let _ = milli(&json!(text));
        }
    }
}
