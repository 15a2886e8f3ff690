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
