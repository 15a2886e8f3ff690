use super::*;

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn bytes(field: u8, of: &[u8], out: &mut Vec<u8>) {
    out.push(field << 3 | 2);
    varint(of.len() as u64, out);
    out.extend(of);
}

fn sample(at: i64, value: f64) -> Vec<u8> {
    let mut out = vec![0x09];
    out.extend(value.to_le_bytes());
    out.push(0x10);
    varint(at as u64, &mut out);
    out
}

fn series(labels: &[(&str, &str)], samples: &[(i64, f64)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in labels {
        let mut label = Vec::new();
        bytes(1, name.as_bytes(), &mut label);
        bytes(2, value.as_bytes(), &mut label);
        bytes(1, &label, &mut out);
    }
    for (at, value) in samples {
        bytes(2, &sample(*at, *value), &mut out);
    }
    out
}

const NOW: i64 = 1_700_000_000_000;

fn reading(message: &[u8], version: Version) -> Result<Read, Failure> {
    read(
        message,
        version,
        ("1", "r"),
        Timestamp(NOW),
        &Abouts::default(),
    )
}

#[test]
fn a_series_is_a_metric_and_the_last_of_a_second_counts() {
    let mut message = Vec::new();
    let samples = [(NOW - 2000, 1.0), (NOW - 1200, 2.0), (NOW - 1100, 3.0)];
    bytes(
        1,
        &series(&[("__name__", "up"), ("job", "a")], &samples),
        &mut message,
    );
    let found = reading(&message, Version::One).unwrap();
    let values: Vec<(i64, f64)> = found
        .samples
        .iter()
        .map(|it| (it.at, it.summary.max))
        .collect();
    assert_eq!(values, [(NOW / 1000 - 2, 3.0)]);
    assert_eq!(found.left_out.count, 0);
}

#[test]
fn what_is_wrong_with_some_keeps_the_others() {
    let mut message = Vec::new();
    bytes(1, &series(&[("job", "a")], &[(NOW, 1.0)]), &mut message);
    bytes(
        1,
        &series(
            &[("__name__", "up")],
            &[(NOW, 1.0), (NOW + FUTURE_MS + 1, 1.0)],
        ),
        &mut message,
    );
    bytes(
        1,
        &series(&[("__name__", "old")], &[(0, 1.0)]),
        &mut message,
    );
    let found = reading(&message, Version::One).unwrap();
    assert_eq!((found.samples.len(), found.left_out.count), (1, 3));
    assert_eq!(
        found.left_out.first.as_deref(),
        Some("a series has no label __name__")
    );
}

#[test]
fn version_two_refers_to_its_symbols() {
    let mut it = Vec::new();
    bytes(1, &[1, 2], &mut it);
    bytes(2, &sample(NOW, 7.0), &mut it);
    bytes(5, &[0x08, 1, 0x18, 3], &mut it);
    let mut message = Vec::new();
    bytes(5, &it, &mut message);
    for symbol in ["", "__name__", "hits_total", "All hits."] {
        bytes(4, symbol.as_bytes(), &mut message);
    }
    let abouts = Abouts::default();
    let found = read(&message, Version::Two, ("1", "r"), Timestamp(NOW), &abouts).unwrap();
    assert_eq!(found.samples[0].summary, Summary::one(7.0));
    let [(name, known)] = &abouts.list(("1", "r"), None, 10)[..] else {
        panic!("one metric is known");
    };
    assert_eq!(
        (name.as_str(), known.kind, known.help.as_str()),
        ("hits_total", "counter", "All hits.")
    );
    // A symbol that there is not.
    let mut it = Vec::new();
    bytes(1, &[1, 9], &mut it);
    let mut message = Vec::new();
    bytes(5, &it, &mut message);
    assert_eq!(reading(&message, Version::Two).unwrap_err().status, 400);
}

#[test]
fn bodies_are_bounded_before_they_are_unpacked() {
    // It says that it is 4 GiB long.
    let refused = unpack(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0]).unwrap_err();
    assert_eq!(refused.status, 413);
    assert_eq!(unpack(b"\xff\xff").unwrap_err().status, 400);
    let packed = snap::raw::Encoder::new().compress_vec(b"abc").unwrap();
    assert_eq!(unpack(&packed).unwrap(), b"abc");
}

#[test]
fn messages_are_told_by_their_headers() {
    let of = |kind, encoding| version(kind, encoding).map_err(|it| it.status);
    assert_eq!(of("application/x-protobuf", "snappy"), Ok(Version::One));
    let second = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
    assert_eq!(of(second, "snappy"), Ok(Version::Two));
    assert_eq!(of("application/x-protobuf;proto=other", "snappy"), Err(415));
    assert_eq!(of("application/x-protobuf", "gzip"), Err(415));
    assert_eq!(of("application/json", "snappy"), Err(415));
}

#[test]
fn what_a_message_makes_is_bounded() {
    // One symbol of a kilobyte, which 30 labels of each series have.
    let mut message = Vec::new();
    let mut refers = vec![1, 2];
    for name in 4..34 {
        refers.extend([name, 3]);
    }
    let mut it = Vec::new();
    bytes(1, &refers, &mut it);
    bytes(2, &sample(NOW, 7.0), &mut it);
    let value = "v".repeat(1024);
    for symbol in ["", "__name__", "hits", &value] {
        bytes(4, symbol.as_bytes(), &mut message);
    }
    for name in 4..34 {
        bytes(4, format!("label_{name}").as_bytes(), &mut message);
    }
    for _ in 0..500 {
        bytes(5, &it, &mut message);
    }
    assert_eq!(reading(&message, Version::Two).unwrap().samples.len(), 500);
    for _ in 0..100 {
        bytes(5, &it, &mut message);
    }
    assert_eq!(reading(&message, Version::Two).unwrap_err().status, 413);

    let many = |field: u8, many: usize| {
        let mut message = Vec::new();
        for _ in 0..many {
            bytes(field, &[], &mut message);
        }
        reading(&message, Version::One).map_err(|it| it.status)
    };
    assert!(many(3, MOST_METADATA).is_ok());
    assert_eq!(many(3, MOST_METADATA + 1).unwrap_err(), 400);
    assert!(many(1, MOST_SERIES).is_ok());
    assert_eq!(many(1, MOST_SERIES + 1).unwrap_err(), 400);
}
