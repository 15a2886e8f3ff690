//! Quantities: `100m`, `1.5Gi`, `12e6`. Exact to a billionth, in the canonical form upstream writes.

use std::{cmp::Ordering, fmt};

use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Decimal,
    Exponent,
    Binary,
}

/// An amount and the way it was written.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    nanos: i128,
    form: Form,
}

const NANO: i128 = 1_000_000_000;
/// What a binary quantity is capped at: 2^63 - 1, as upstream does.
const BINARY_CAP: i128 = i64::MAX as i128 * NANO;
/// Longer texts than any amount needs.
const LONGEST: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    #[error(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )]
    Form,
    #[error("unable to parse numeric part of quantity")]
    Number,
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

const BINARY: [(&str, u32); 6] = [
    ("Ki", 10),
    ("Mi", 20),
    ("Gi", 30),
    ("Ti", 40),
    ("Pi", 50),
    ("Ei", 60),
];
const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];

impl Quantity {
    pub const ZERO: Self = Self {
        nanos: 0,
        form: Form::Decimal,
    };

    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        if text.is_empty() || text.len() > LONGEST {
            return Err(QuantityError::Form);
        }
        let (negative, rest) = match text.as_bytes()[0] {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, suffix) = rest.split_at(end);
        if number.is_empty() {
            return Err(QuantityError::Form);
        }
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
            return Err(QuantityError::Number);
        }
        let digits = |text: &str| -> Result<i128, QuantityError> {
            if text.is_empty() {
                return Ok(0);
            }
            text.parse().map_err(|_| QuantityError::Number)
        };
        // The amount is mantissa / 10^places, times what the suffix says.
        let mantissa = digits(&format!("{whole}{fraction}"))?;
        let places = i32::try_from(fraction.len()).map_err(|_| QuantityError::Number)?;
        let binary = BINARY.iter().find(|(name, _)| *name == suffix);
        let (mut nanos, form) = if let Some((_, bits)) = binary {
            let scaled = mantissa
                .checked_mul(1 << bits)
                .ok_or(QuantityError::Number)?;
            (scale(scaled, 9 - places)?, Form::Binary)
        } else if let Some((_, exponent)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
            (scale(mantissa, 9 + exponent - places)?, Form::Decimal)
        } else {
            let exponent = suffix
                .strip_prefix(['e', 'E'])
                .ok_or_else(|| unknown_suffix(suffix))?;
            let exponent: i32 = exponent.parse().map_err(|_| unknown_suffix(suffix))?;
            let exponent = exponent.clamp(-1000, 1000);
            (scale(mantissa, 9 + exponent - places)?, Form::Exponent)
        };
        let mut form = form;
        if form == Form::Binary {
            nanos = nanos.min(BINARY_CAP);
            if nanos > 0 && nanos < NANO {
                form = Form::Decimal;
            }
        }
        Ok(Self {
            nanos: if negative { -nanos } else { nanos },
            form,
        })
    }

    /// A member of an object, which may be a number as well as a text.
    pub fn of(value: &Value) -> Result<Self, QuantityError> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::parse(&number.to_string()),
            _ => Err(QuantityError::Form),
        }
    }

    pub const fn from_units(units: i64) -> Self {
        Self {
            nanos: units as i128 * NANO,
            form: Form::Decimal,
        }
    }

    pub const fn from_bytes(bytes: i64) -> Self {
        Self {
            nanos: bytes as i128 * NANO,
            form: Form::Binary,
        }
    }

    pub const fn from_millis(millis: i64) -> Self {
        Self {
            nanos: millis as i128 * 1_000_000,
            form: Form::Decimal,
        }
    }

    /// Units, rounded up, within what an i64 holds.
    pub fn units(self) -> i64 {
        round_up(self.nanos, NANO)
    }

    /// Thousandths, rounded up, within what an i64 holds.
    pub fn millis(self) -> i64 {
        round_up(self.nanos, 1_000_000)
    }

    /// What is finer than a thousandth rounded up.
    pub fn rounded_to_millis(self) -> Self {
        const MILLI: i128 = 1_000_000;
        let rest = self.nanos % MILLI;
        let whole = self.nanos - rest;
        Self {
            nanos: whole + rest.signum() * MILLI,
            form: self.form,
        }
    }

    pub const fn is_zero(self) -> bool {
        self.nanos == 0
    }

    pub const fn is_negative(self) -> bool {
        self.nanos < 0
    }

    /// Whether it is a whole number of units.
    pub const fn is_whole(self) -> bool {
        self.nanos % NANO == 0
    }

    /// The form is the one of `self`, unless that is zero. What is too large stays the largest there is: an operator would
    /// hide that.
    #[allow(clippy::should_implement_trait)]
    pub fn add(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_add(other.nanos),
            form: self.form_with(other),
        }
    }

    #[allow(clippy::should_implement_trait)]
    pub fn sub(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_sub(other.nanos),
            form: self.form_with(other),
        }
    }

    fn form_with(self, other: Self) -> Form {
        if self.nanos == 0 {
            other.form
        } else {
            self.form
        }
    }
}

/// A suffix of known letters that means nothing, or letters that no suffix has.
fn unknown_suffix(suffix: &str) -> QuantityError {
    let known = |c: char| c.is_ascii_digit() || "eEinumkKMGTP+-".contains(c);
    if suffix.chars().all(known) {
        QuantityError::Suffix
    } else {
        QuantityError::Form
    }
}

/// `value` times ten to the `power`; what is lost is rounded up.
fn scale(value: i128, power: i32) -> Result<i128, QuantityError> {
    if value == 0 {
        return Ok(0);
    }
    let factor = 10_i128.checked_pow(power.unsigned_abs());
    match (power >= 0, factor) {
        (true, Some(factor)) => value.checked_mul(factor).ok_or(QuantityError::Number),
        (true, None) => Err(QuantityError::Number),
        (false, Some(factor)) => Ok(value / factor + i128::from(value % factor != 0)),
        (false, None) => Ok(1),
    }
}

/// Away from zero, as upstream rounds.
fn round_up(nanos: i128, unit: i128) -> i64 {
    let whole = nanos / unit;
    let rest = (nanos % unit).signum();
    let rounded = whole + rest;
    i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos == 0 {
            return f.write_str("0");
        }
        let large = self.nanos.abs() >= 1024 * NANO;
        if self.form == Form::Binary && large && self.is_whole() {
            let (mut units, mut step) = (self.nanos / NANO, 0);
            while units % 1024 == 0 && step < BINARY.len() {
                units /= 1024;
                step += 1;
            }
            let suffix = if step == 0 { "" } else { BINARY[step - 1].0 };
            return write!(f, "{units}{suffix}");
        }
        let (mut units, mut step) = (self.nanos, 0);
        while units % 1000 == 0 && step + 1 < DECIMAL.len() {
            units /= 1000;
            step += 1;
        }
        let (suffix, exponent) = DECIMAL[step];
        match self.form {
            Form::Exponent if exponent == 0 => write!(f, "{units}"),
            Form::Exponent => write!(f, "{units}e{exponent}"),
            _ => write!(f, "{units}{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canonical_form_is_upstreams() {
        let cases = [
            ("0", "0"),
            ("000", "0"),
            ("1", "1"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("0.5", "500m"),
            ("1.5", "1500m"),
            ("100000", "100k"),
            ("1000000", "1M"),
            ("12e6", "12e6"),
            ("12E6", "12e6"),
            ("1e3", "1e3"),
            ("1e2", "100"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("100Mi", "100Mi"),
            ("1Ki", "1Ki"),
            ("0.5Ki", "512"),
            ("-1.5", "-1500m"),
            ("+5", "5"),
            (".5", "500m"),
            ("5.", "5"),
            ("1n", "1n"),
            ("0.1n", "1n"),
            ("64Gi", "64Gi"),
            ("4041672Ki", "4041672Ki"),
            ("17Ei", "9223372036854775807"),
        ];
        for (input, output) in cases {
            assert_eq!(
                Quantity::parse(input).map(|q| q.to_string()),
                Ok(output.to_owned()),
                "{input}"
            );
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        use QuantityError::{Form, Number, Suffix};
        let long = "1".repeat(100);
        for (input, error) in [
            ("", Form),
            ("x", Form),
            ("-", Form),
            ("1x", Form),
            ("1 ", Form),
            ("1.2.3", Number),
            (".", Number),
            ("1Kx", Form),
            ("1mm", Suffix),
            ("1e", Suffix),
            ("1KiKi", Suffix),
            ("1e100", Number),
            (long.as_str(), Form),
        ] {
            assert_eq!(Quantity::parse(input).map(|_| ()), Err(error), "{input}");
        }
    }

    #[test]
    fn sums_and_comparisons_are_exact() {
        let q = |text| Quantity::parse(text).expect("a quantity");
        assert_eq!(q("100m").add(q("0.9")).to_string(), "1");
        assert_eq!(Quantity::ZERO.add(q("1Gi")).to_string(), "1Gi");
        assert_eq!(q("1Gi").sub(q("1Mi")).to_string(), "1023Mi");
        assert_eq!(q("1000m"), q("1"));
        assert!(q("1Gi") > q("1G"));
        assert_eq!(q("1n").units(), 1);
        assert_eq!(q("-1m").units(), -1);
        assert_eq!(q("1500u").millis(), 2);
    }

    proptest::proptest! {
        /// No text brings the parser down, and the canonical form is the same amount and its own canonical form.
        #[test]
        fn any_text_is_read_or_refused(text in "[+-]?[0-9.é]{0,12}[eEinumkKMGTP+-]{0,3}[0-9]{0,3}") {
            if let Ok(quantity) = Quantity::parse(&text) {
                let canonical = quantity.to_string();
                let again = Quantity::parse(&canonical);
                proptest::prop_assert_eq!(again, Ok(quantity), "{}", canonical);
                proptest::prop_assert_eq!(again.map(|again| again.to_string()), Ok(canonical));
            }
        }
    }
}
