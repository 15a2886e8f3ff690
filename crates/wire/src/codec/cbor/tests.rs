use super::{major, read, write};
use crate::{
    Fault,
    dynamic::Dynamic,
    node::{Struct, View},
    schema::{Kind, Member, Protocol, ServiceSchema, Shape},
};

const fn shape(name: &'static str, kind: Kind) -> Shape {
    let (min, max) = (f64::NEG_INFINITY, f64::INFINITY);
    Shape {
        name,
        kind,
        min,
        max,
    }
}

static SHAPES: [Shape; 6] = [
    shape(
        "All",
        Kind::Structure {
            members: &[
                Member::new("text", 1),
                Member::new("number", 2),
                Member::new("at", 3),
                Member::new("real", 4),
                Member::new("within", 0),
                Member::new("any", 5),
            ],
        },
    ),
    shape(
        "Text",
        Kind::String {
            pattern: None,
            values: &[],
        },
    ),
    shape("Number", Kind::Integer),
    shape("At", Kind::Timestamp(None)),
    shape("Real", Kind::Double),
    shape("Any", Kind::Document),
];

static SERVICE: ServiceSchema = ServiceSchema {
    name: "test",
    protocol: Protocol::Cbor,
    protocols: &[Protocol::Cbor],
    api_version: "",
    signing_name: "test",
    action_prefix: "test",
    endpoint_prefix: "test",
    target_prefix: "",
    xml_namespace: "",
    query_codes: None,
    operations: &[],
    left_out: &[],
    shapes: &SHAPES,
};

fn decode(body: &[u8]) -> Result<Dynamic, String> {
    let mut input = Dynamic::new(&SERVICE, 0);
    let read = read::decode(&SERVICE, Some(0), body, &mut input);
    read.map(|()| input).map_err(|error| error.to_string())
}

#[test]
fn code_and_message_are_texts_of_a_map() {
    let fault = Fault::sender("A", 400, "b".repeat(24));
    let mut expected = b"\xa2\x66__type\x61A\x67message\x78\x18".to_vec();
    expected.extend("b".repeat(24).bytes());
    assert_eq!(super::encode_fault(&fault), expected);
}

#[test]
fn lengths() {
    let head = |length: usize| {
        let mut body = Vec::new();
        write::text(&mut body, &"x".repeat(length));
        body.truncate(body.len() - length);
        body
    };
    assert_eq!(head(0), [0x60]);
    assert_eq!(head(23), [0x77]);
    assert_eq!(head(255), [0x78, 255]);
    assert_eq!(head(256), [0x79, 1, 0]);
    assert_eq!(head(70_000), [0x7a, 0, 1, 0x11, 0x70]);
}

#[test]
fn pieces_and_open_ends() {
    // {_ "text": (_ "a", "b"), "number": 2.0 as half, "at": 1(1.5)}
    let body = b"\xbf\x64text\x7f\x61a\x61b\xff\x66number\xf9\x40\x00\x62at\xc1\xf9\x3e\x00\xff";
    let read = decode(body).unwrap();
    assert!(matches!(read.member(0), View::Str("ab")));
    assert!(matches!(read.member(1), View::Long(2)));
    assert!(matches!(read.member(2), View::Time(at) if at.millis() == 1500));
    let unknown = decode(b"\xa2\x61x\x82\x01\xa1\x61a\xf6\x64real\x20").unwrap();
    assert!(matches!(unknown.member(3), View::Double(number) if number == -1.0));
    let null = decode(b"\xa1\x64text\xf6").unwrap();
    assert!(matches!(null.member(0), View::Absent));
    let any = decode(b"\xa1\x63any\x82\x18\x2a\xf5").unwrap();
    assert!(matches!(any.member(5), View::Document(it) if *it == serde_json::json!([42, true])));
}

#[test]
fn what_is_broken_is_refused() {
    for (body, why) in [
        (&b"\xa1\x64text\x01"[..], "text should be a text"),
        (
            b"\xa1\x66number\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
            "number should be an integer",
        ),
        (
            b"\xa1\x64text\x7b\xff\xff\xff\xff\xff\xff\xff\xff",
            "ends within an item",
        ),
        (
            b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
            "ends within an item",
        ),
        (b"\xa0\x00", "bytes follow"),
        (b"\xa1\x01\x01", "a name is not a text"),
        (b"\xa1\x64text\x61\xff", "not UTF-8"),
        (b"\xa1\x64text\x7f\x41a\xff", "a piece of another kind"),
        (b"\xa1\x64text\x7c", "no valid head"),
        (b"\x80", "the body should be a map"),
    ] {
        let error = decode(body).err().unwrap();
        assert!(error.contains(why), "{body:x?}: {error}");
    }
}

#[test]
fn depth_and_items_are_bounded() {
    let nested = |times: usize| {
        let mut body = b"\xa1\x66within".repeat(times);
        body.push(0xa0);
        body
    };
    decode(&nested(50)).unwrap();
    assert!(
        decode(&nested(70))
            .err()
            .unwrap()
            .contains("nested too deep")
    );
    let unknown = [b"\xa1\x61x".as_slice(), &b"\x81".repeat(100_000)].concat();
    assert!(decode(&unknown).err().unwrap().contains("nested too deep"));
    let mut long = b"\xa1\x63any".to_vec();
    long.extend([major::ARRAY << 5 | 25, 0xff, 0xff]);
    long.extend([0xf6; 0xffff]);
    assert!(decode(&long).err().unwrap().contains("too many list items"));
}
