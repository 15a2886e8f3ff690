//! Numbers that may be parts of others.

use serde_json::Value;

/// A number, or a part of `of` in percent.
pub fn bound(value: &Value, of: i64, round_up: bool) -> i64 {
    let percent = value.as_str().and_then(|it| it.strip_suffix('%'));
    match percent.and_then(|it| it.parse::<i64>().ok()) {
        Some(percent) => {
            let parts = percent.saturating_mul(of);
            match round_up {
                true => parts.saturating_add(99).div_euclid(100),
                false => parts.div_euclid(100),
            }
        }
        None => value.as_i64().unwrap_or_default(),
    }
}
