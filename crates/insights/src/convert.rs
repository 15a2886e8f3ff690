//! What functions make of texts: digests, and the same in another form.

use std::net::Ipv4Addr;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use md5::Md5;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::value::Value;

/// Kilometres from the middle of the Earth.
const EARTH: f64 = 6371.0;
/// Decimal places that are more than a number has.
const MOST_PLACES: f64 = 15.0;

pub(crate) fn md5(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

pub(crate) fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

pub(crate) fn base64(text: &str) -> String {
    BASE64.encode(text)
}

/// `None`: it is no base 64, or of what is no text.
pub(crate) fn of_base64(text: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(text).ok()?).ok()
}

/// `48656c6c6f` as `Hello`.
pub(crate) fn of_hex(text: &str) -> Option<String> {
    let text = text.strip_prefix("0x").unwrap_or(text);
    let found = String::from_utf8(hex::decode(text).ok()?).ok()?;
    found.is_ascii().then_some(found)
}

/// `0xff` as 255.
pub(crate) fn hex_number(text: &str) -> Option<f64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text),
    };
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    let all_are = digits.chars().all(|it| it.is_ascii_hexdigit());
    let number = u64::from_str_radix(digits, 16).ok().filter(|_| all_are)?;
    Some(sign * number as f64)
}

/// 255 as `0xff`.
pub(crate) fn number_hex(number: f64) -> Option<String> {
    let whole = number.trunc();
    let fits = whole.abs() < i64::MAX as f64;
    fits.then(|| {
        let sign = if whole < 0.0 { "-" } else { "" };
        format!("{sign}0x{:x}", whole.abs() as u64)
    })
}

/// To so many decimal places.
pub(crate) fn rounded(number: f64, places: f64) -> f64 {
    let scale = 10f64.powf(places.trunc().clamp(-MOST_PLACES, MOST_PLACES));
    let scaled = number * scale;
    // What is so large has no decimal places.
    match scaled.is_finite() {
        true => scaled.round() / scale,
        false => number,
    }
}

/// Kilometres between two places, whose latitudes and longitudes are in degrees.
pub(crate) fn distance([lat1, lon1, lat2, lon2]: [f64; 4]) -> f64 {
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let along = lat1.to_radians().cos() * lat2.to_radians().cos() * half(lon1, lon2);
    let part = half(lat1, lat2) + along;
    2.0 * EARTH * part.sqrt().clamp(0.0, 1.0).asin()
}

pub(crate) fn address_number(text: &str) -> Option<f64> {
    let address: Ipv4Addr = text.parse().ok()?;
    Some(f64::from(u32::from(address)))
}

/// What is asked of a list, or of a text that is one.
pub(crate) fn of_list<T>(value: &Value<'_>, of: impl FnOnce(&[Json]) -> T) -> Option<T> {
    match value {
        Value::Tree(tree) => tree.as_array().map(|it| of(it)),
        other => match serde_json::from_str(&other.shown()?) {
            Ok(Json::Array(all)) => Some(of(&all)),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_other_bases_come_back() {
        for number in [0.0, 255.0, -16.0, 9_007_199_254_740_991.0] {
            let text = number_hex(number).unwrap();
            assert_eq!(hex_number(&text), Some(number), "{text}");
        }
        assert_eq!(number_hex(1e300), None);
        assert_eq!(hex_number("0x+1"), None);
        assert_eq!(hex_number("xyz"), None);
    }

    #[test]
    fn the_distance_from_berlin_to_paris() {
        let found = distance([52.52, 13.405, 48.8566, 2.3522]);
        assert!((found - 878.0).abs() < 2.0, "{found}");
        assert_eq!(distance([10.0, 20.0, 10.0, 20.0]), 0.0);
    }
}
