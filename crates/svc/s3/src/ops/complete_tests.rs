use super::*;

fn part(size: u64, etag: &str) -> Part {
    Part {
        size,
        etag: etag.to_owned(),
        modified: Default::default(),
        sum: None,
        blob: None,
    }
}

fn upload() -> Upload {
    Upload {
        id: "u".to_owned(),
        begun_at: Default::default(),
        initiator: String::new(),
        heads: Default::default(),
        tags: Default::default(),
        sse: None,
        algorithm: "CRC64NVME".to_owned(),
        full_object: true,
        chosen: false,
        completing: false,
        unknown: Default::default(),
    }
}

fn listed(parts: &[(i32, &str)]) -> Vec<CompletedPart> {
    let parts = parts.iter().map(|(number, etag)| CompletedPart {
        part_number: Some(*number),
        e_tag: Some((*etag).to_owned()),
        ..CompletedPart::default()
    });
    parts.collect()
}

#[test]
fn parts_are_put_together() {
    let (one, two) = (
        "00000000000000000000000000000001",
        "00000000000000000000000000000002",
    );
    let there = || {
        vec![
            (1, part(MIN_PART, one)),
            (2, part(MIN_PART, two)),
            (9, part(3, two)),
        ]
    };
    let made = assemble(&upload(), &listed(&[(1, one), (9, &quoted(two))]), there()).unwrap();
    assert_eq!(made.size, MIN_PART + 3);
    assert!(made.etag.ends_with("-2"));
    let body = Body::Parts {
        upload: "u".to_owned(),
        count: 2,
        skip: vec![2],
    };
    assert_eq!(made.body, body);
    for (parts, code) in [
        (&[][..], "MalformedXML"),
        (&[(2, two), (1, one)], "InvalidPartOrder"),
        (&[(1, one), (1, one)], "InvalidPartOrder"),
        (&[(1, two)], "InvalidPart"),
        (&[(3, two)], "InvalidPart"),
        (&[(-1, two)], "InvalidPart"),
    ] {
        let refused = assemble(&upload(), &listed(parts), there()).unwrap_err();
        assert_eq!(refused.code, code, "{parts:?}");
    }
    let small = vec![(1, part(MIN_PART - 1, one)), (2, part(1, two))];
    let refused = assemble(&upload(), &listed(&[(1, one), (2, two)]), small).unwrap_err();
    assert_eq!(refused.code, "EntityTooSmall");
}

#[test]
fn parts_have_the_checksums_that_are_given_of_them() {
    let etag = "00000000000000000000000000000001";
    let sum = |algorithm: &str, value: &str| Sum {
        algorithm: algorithm.to_owned(),
        value: value.to_owned(),
    };
    let sha = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    let of = |chosen, algorithm: &str, full_object, own: Sum, given: CompletedPart| {
        let upload = Upload {
            chosen,
            algorithm: algorithm.to_owned(),
            full_object,
            ..upload()
        };
        let own = Part {
            sum: Some(own),
            ..part(1, etag)
        };
        let given = CompletedPart {
            part_number: Some(1),
            e_tag: Some(etag.to_owned()),
            ..given
        };
        let made = assemble(&upload, &[given], vec![(1, own)]);
        made.map_err(|it| (it.code.into_owned(), it.message))
    };
    let none = CompletedPart::default;
    let sha256 = |value: &str| CompletedPart {
        checksum_sha256: Some(value.to_owned()),
        ..none()
    };
    let crc32 = |value: &str| CompletedPart {
        checksum_crc32: Some(value.to_owned()),
        ..none()
    };
    let composite = |given| of(true, "SHA256", false, sum("SHA256", sha), given);
    let made = composite(sha256(sha)).unwrap();
    assert!(made.sum.is_some_and(|it| it.is_composite()));
    let missing = "The upload was created using a sha256 checksum. The complete request must include the checksum for each \
                   part. It was missing for part 1 in the request.";
    for given in [none(), crc32("AAAAAA==")] {
        let refused = composite(given).unwrap_err();
        assert_eq!(refused, ("InvalidRequest".to_owned(), missing.to_owned()));
    }
    assert_eq!(composite(sha256("AAAA")).unwrap_err().0, "InvalidPart");
    let whole = |given| of(true, "CRC32", true, sum("CRC32", "y/U6hg=="), given);
    for given in [none(), crc32("y/U6hg==")] {
        assert!(whole(given).is_ok());
    }
    assert_eq!(whole(crc32("AAAAAA==")).unwrap_err().0, "InvalidPart");
    let other = "Checksum Type mismatch occurred, expected checksum Type: crc32, actual checksum Type: sha256";
    let refused = whole(sha256(sha)).unwrap_err();
    assert_eq!(refused, ("InvalidRequest".to_owned(), other.to_owned()));
    // Nobody chose: what the client made of the part by itself was compared when the part came.
    let unasked = |given| {
        of(
            false,
            "CRC64NVME",
            true,
            sum("CRC64NVME", "rosUhgp5mIg="),
            given,
        )
    };
    for given in [none(), crc32("y/U6hg==")] {
        assert!(unasked(given).is_ok());
    }
}
