//! What CloudWatch takes as a metric: names, units, values. Who makes metrics looks before it sends them, for a call is
//! refused as a whole.

/// Values lie between this and its negative: 2^360.
pub const LARGEST: f64 = 2.348_542_582_773_833_2e108;

pub const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

/// Whether so long a text is a name: printable ASCII that does not begin with a colon and is not blank.
pub fn is_name(name: &str, most: usize) -> bool {
    name.len() <= most
        && !name.starts_with(':')
        && !name.trim().is_empty()
        && name.bytes().all(|it| (b' '..=b'~').contains(&it))
}

/// The value of a dimension may begin with colons.
pub fn is_dimension_value(value: &str) -> bool {
    value.len() <= 1024 && is_name(value.trim_start_matches(':'), 1024)
}

pub fn is_value(value: f64) -> bool {
    (-LARGEST..=LARGEST).contains(&value)
}
