use super::goldens::{golden, parse};
use super::*;
use crate::conform::conform;
use proptest::prelude::*;

#[test]
fn duplicates_are_told_by_their_path() {
    let text = br#"{"spec":{"a":1,"list":[{"x":1},{"x":1,"x":2}],"a":2}}"#;
    let decoded = decode(&Catalog::built_in(), MediaType::Json, text, None).expect("JSON");
    assert_eq!(
        decoded.duplicates,
        [
            "duplicate field \"spec.list[1].x\"",
            "duplicate field \"spec.a\""
        ]
    );
    assert_eq!(decoded.value["spec"]["a"], 2);
}

#[test]
fn json_is_bounded() {
    let catalog = Catalog::built_in();
    let deep = "[".repeat(100_000);
    assert!(decode(&catalog, MediaType::Json, deep.as_bytes(), None).is_err());
    let wide = format!("[{}0]", "[],".repeat(json::MAX_VALUES));
    assert!(decode(&catalog, MediaType::Json, wide.as_bytes(), None).is_err());
    assert!(decode(&catalog, MediaType::Json, b"{} {}", None).is_err());
}

#[test]
fn yaml_is_yaml_one_dot_one() {
    let text = b"a: yes\nb: 'yes'\nc: 010\nd: 1e3\ne: ~\nf: 0x1F\n1: &x [on, \"1\"]\ng: *x\nh: 1.5\ni: 1.2.3\nj: {<<: {k: v}, l: -7}\n";
    let expected = serde_json::json!({
        "a": true, "b": "yes", "c": 8, "d": 1000.0, "e": null, "f": 31, "1": [true, "1"], "g": [true, "1"], "h": 1.5,
        "i": "1.2.3", "j": {"k": "v", "l": -7},
    });
    assert_eq!(parse(MediaType::Yaml, text), expected);
    // In quotes it is a name like any other.
    let named = parse(
        MediaType::Yaml,
        b"a: {\"<<\": {k: v}, '<<x': 1}\nb: {c: <<}\n",
    );
    let expected = serde_json::json!({"a": {"<<": {"k": "v"}, "<<x": 1}, "b": {"c": "<<"}});
    assert_eq!(named, expected);
    let catalog = Catalog::built_in();
    let error = decode(&catalog, MediaType::Yaml, b"<<: v\n", None).expect_err("no map");
    assert!(
        error.message.contains("map merge requires map"),
        "{error:?}"
    );
}

/// What `sigs.k8s.io/yaml` makes of these, by which upstream writes YAML.
#[test]
fn yaml_is_written_as_go_writes_it() {
    let long = "a sentence of many words, which is longer than the eighty characters of a line, and goes on in the next";
    let folded = "a sentence of many words, which is longer than the eighty characters of a line,\n  and goes on in the next";
    for (text, expected) in [
        ("", "\"\""),
        ("two words", "two words"),
        ("yes", "\"yes\""),
        ("n", "\"n\""),
        ("12", "\"12\""),
        ("1_000", "\"1_000\""),
        ("12:30", "\"12:30\""),
        ("2020-01-02", "\"2020-01-02\""),
        ("2020-02-30", "2020-02-30"),
        ("2008-01-01T01:01:01Z", "\"2008-01-01T01:01:01Z\""),
        ("~", "\"~\""),
        (".inf", "\".inf\""),
        ("a: b", "'a: b'"),
        ("a:b", "a:b"),
        ("a #b", "'a #b'"),
        ("a#b", "a#b"),
        ("- a", "'- a'"),
        ("-a", "-a"),
        ("*a", "'*a'"),
        ("'a'", "'''a'''"),
        ("it's", "it's"),
        (" a", "' a'"),
        ("a\tb", "\"a\\tb\""),
        ("a\nb", "|-\n  a\n  b"),
        ("a\nb\n", "|\n  a\n  b"),
        ("a\n\n", "|+\n  a\n"),
        (" a\nb", "|2-\n   a\n  b"),
        ("\n", "|2+\n"),
        ("a \nb", "\"a \\nb\""),
        ("é", "é"),
        ("😀", "\"\\U0001F600\""),
        ("\x1b", "\"\\e\""),
        (long, folded),
        (&format!("{long} "), &format!("'{folded} '")),
        (&format!("{long}\t"), &format!("\"{folded}\\t\"")),
    ] {
        let yaml = yaml::encode(&serde_json::json!({"k": text}));
        let expected = format!("k: {expected}\n");
        assert_eq!(String::from_utf8_lossy(&yaml), expected, "{text:?}");
    }
    let value = serde_json::json!({
        "a10": 1, "a2": 2, "B": 3, "b": 4, "-": 5, "1": 6, "two\nlines": 7, "k".repeat(129): {"x": [1]},
        "list": [[1, 2], {}, []], "float": [1.5, 1e6, 1e21, 123_456.5, 1e-7, 2.0],
    });
    let expected = format!(
        "'-': 5\n\"1\": 6\nB: 3\na2: 2\na10: 1\nb: 4\nfloat:\n- 1.5\n- 1e+06\n- 1e+21\n- 123456.5\n- 1e-07\n- 2\n\
         ? {}\n: x:\n  - 1\nlist:\n- - 1\n  - 2\n- {{}}\n- []\n? |-\n  two\n  lines\n: 7\n",
        "k".repeat(129)
    );
    assert_eq!(String::from_utf8_lossy(&yaml::encode(&value)), expected);
}

#[test]
fn what_is_no_yaml_is_told_as_go_tells_it() {
    for (text, expected) in [
        ("a: b: c", "mapping values are not allowed in this context"),
        (
            "a: b\nc: d: e",
            "line 2: mapping values are not allowed in this context",
        ),
    ] {
        let error = yaml::decode(text.as_bytes()).unwrap_err();
        let expected = format!("yaml: {expected}");
        assert_eq!(error.message, expected, "{text:?}");
    }
}

/// An alias is short, and stands for anything: how many there are, and how many levels and texts they have, is bounded as a whole.
#[test]
fn what_aliases_stand_for_is_bounded() {
    let refused = |text: &str| yaml::decode(text.as_bytes()).unwrap_err().message;
    let text = "x".repeat(1 << 20);
    let many = format!("[&a {text}{}]", ",*a".repeat(600_000));
    assert!(refused(&many).contains("excessive aliasing"));
    let keys = format!("[&a {{{text}: 1}}{}]", ",*a".repeat(100));
    assert!(refused(&keys).contains("excessive aliasing"));
    // Each anchor keeps all that the ones within it keep.
    let within: String = (0..100).map(|it| format!("[&a{it} ")).collect();
    let within = format!("{within}{text}{}", "]".repeat(100));
    assert!(refused(&within).contains("excessive aliasing"));
    let begin = (0..80).map(|it| {
        let inner = it - 1;
        let inner = if it > 0 {
            format!("*a{inner}")
        } else {
            "x".to_owned()
        };
        format!("- &a{it} {}{inner}{}\n", "[".repeat(120), "]".repeat(120))
    });
    assert!(refused(&begin.collect::<String>()).contains("exceeded max depth"));
    let once = format!("a: &a {text}\nb: *a\nc: {{<<: &m {{k: v}}}}\nd: *m\n");
    let (value, _) = yaml::decode(once.as_bytes()).expect("a text twice");
    assert_eq!((&value["b"], &value["d"]["k"]), (&value["a"], &"v".into()));
}

#[test]
fn yaml_is_bounded() {
    let catalog = Catalog::built_in();
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let items = format!("*a{}, ", level - 1).repeat(10);
        laughs += &format!("a{level}: &a{level} [{items}]\n");
    }
    let error = decode(&catalog, MediaType::Yaml, laughs.as_bytes(), None).expect_err("too much");
    assert!(error.message.contains("at most"), "{error:?}");
    assert!(
        decode(
            &catalog,
            MediaType::Yaml,
            "[".repeat(5_000).as_bytes(),
            None
        )
        .is_err()
    );
    let twice = decode(&catalog, MediaType::Yaml, b"a: 1\na: 2\n", None).expect_err("twice");
    assert!(
        twice.message.contains("key \"a\" already set in map"),
        "{twice:?}"
    );
}

#[test]
fn protobuf_says_what_it_does_not_know() {
    let catalog = Catalog::built_in();
    let error = |bytes: &[u8]| {
        decode(&catalog, MediaType::Protobuf, bytes, None)
            .expect_err("no object")
            .message
    };
    assert!(error(b"{}").contains("expected prefix [107 56 115 0]"));
    assert!(error(b"k8s\0").contains("no kind"));
    assert!(error(b"k8s\0\x0a\x05\x0a\x01v\x12\x00").contains("no kind"));
    assert!(error(b"k8s\0\x0a\xff\xff\xff\xff\x0f").contains("unexpected EOF"));
    assert_eq!(
        encode(
            &catalog,
            MediaType::Protobuf,
            &serde_json::json!({"apiVersion": "a.b/v1", "kind": "C"})
        ),
        None
    );
    let table = serde_json::json!({"apiVersion": "meta.k8s.io/v1", "kind": "Table"});
    assert_eq!(encode(&catalog, MediaType::Protobuf, &table), None);
}

#[test]
fn a_schema_within_a_schema_goes_through_protobuf() {
    let catalog = Catalog::built_in();
    let mut definition = serde_json::json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "a.b"},
        "spec": {"group": "b", "scope": "Namespaced", "names": {"plural": "a", "kind": "A"}, "versions": [{
            "name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "list": {"type": "array", "items": {"type": "string", "default": "x"}},
                "open": {"type": "object", "additionalProperties": true, "x-kubernetes-preserve-unknown-fields": true},
                "map": {"type": "object", "additionalProperties": {"type": "integer", "maximum": 4.5}},
            }}},
        }]},
    });
    let schema = catalog
        .schema("apiextensions.k8s.io/v1", "CustomResourceDefinition")
        .expect("a schema");
    assert_eq!(
        conform(schema.root(), &mut definition)
            .expect("types")
            .unknown,
        Vec::<String>::new()
    );
    let bytes = encode(&catalog, MediaType::Protobuf, &definition).expect("protobuf");
    assert_eq!(parse(MediaType::Protobuf, &bytes), definition);
}

#[test]
fn lists_and_events_take_objects_as_they_are_encoded() {
    let catalog = Catalog::built_in();
    let pod = golden("core.v1.Pod.json");
    for media in [MediaType::Json, MediaType::Protobuf] {
        let kind = format!("{}List", pod["kind"].as_str().expect("a kind"));
        let head = serde_json::json!({"kind": kind, "apiVersion": pod["apiVersion"], "metadata": {"resourceVersion": "7"}});
        let item = encode(&catalog, media, &pod).expect("bytes");
        let list = encode_list(&catalog, media, &head, [&item[..], &item[..]].into_iter())
            .expect("a list");
        let read = decode(&catalog, media, &list, None).expect("a list").value;
        assert_eq!(read["metadata"]["resourceVersion"], "7");
        assert_eq!(read["items"].as_array().expect("items").len(), 2);
        assert_eq!(read["items"][1]["spec"], pod["spec"]);
    }
    let event = watch_frame(MediaType::Json, "ADDED", b"{\"a\":1}\n");
    assert_eq!(event, b"{\"type\":\"ADDED\",\"object\":{\"a\":1}}\n");
    let frame = watch_frame(MediaType::Protobuf, "ADDED", b"k8s\0x");
    assert_eq!(frame, b"\0\0\0\x10\x0a\x05ADDED\x12\x07\x0a\x05k8s\0x");
}

#[test]
fn lists_of_every_kind_go_through_protobuf() {
    let catalog = Catalog::built_in();
    let kinds: Vec<_> = catalog.all().filter(|it| it.can("watch")).collect();
    assert!(kinds.len() > 40, "{}", kinds.len());
    for resource in kinds {
        let metadata = serde_json::json!({"name": "x", "labels": {"a": "b"}, "generation": 3});
        let list = serde_json::json!({
            "kind": resource.list_kind,
            "apiVersion": resource.api_version(),
            "metadata": {"resourceVersion": "7", "continue": "c", "remainingItemCount": 5},
            "items": [{"metadata": metadata}, {"metadata": {"name": "y"}}],
        });
        let kind = &resource.list_kind;
        let bytes = encode(&catalog, MediaType::Protobuf, &list);
        let bytes = bytes.unwrap_or_else(|| panic!("{kind} is not written"));
        let read = decode(&catalog, MediaType::Protobuf, &bytes, None);
        let read = read.unwrap_or_else(|error| panic!("{kind}: {}", error.message));
        let read = read.value;
        for path in [
            "/kind",
            "/apiVersion",
            "/metadata/resourceVersion",
            "/metadata/continue",
            "/metadata/remainingItemCount",
        ] {
            assert_eq!(read.pointer(path), list.pointer(path), "{kind} {path}");
        }
        assert_eq!(read["items"].as_array().map(Vec::len), Some(2), "{kind}");
        for (name, value) in metadata.as_object().expect("an object") {
            assert_eq!(read["items"][0]["metadata"][name], *value, "{kind}");
        }
        assert_eq!(read["items"][1]["metadata"]["name"], "y", "{kind}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let catalog = Catalog::built_in();
        let mut envelope = b"k8s\0\x0a\x09\x0a\x02v1\x12\x03Pod\x12".to_vec();
        wire::put_varint(&mut envelope, bytes.len() as u64);
        envelope.extend_from_slice(&bytes);
        for media in [MediaType::Json, MediaType::Yaml, MediaType::Protobuf] {
            let _ = decode(&catalog, media, &bytes, None);
            let _ = decode(&catalog, media, &envelope, None);
        }
    }
}
