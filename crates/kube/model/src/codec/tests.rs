use super::*;
use crate::conform::conform;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

/// The goldens of the repository and those of the folder in WHARF_KUBE_GOLDENS: every kind this catalog has.
fn goldens() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/goldens");
    let folders =
        std::iter::once(own).chain(std::env::var_os("WHARF_KUBE_GOLDENS").map(PathBuf::from));
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).expect("a folder of goldens"));
    let mut paths: Vec<_> = files.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    assert!(paths.len() >= 10);
    paths
}

fn parse(media: MediaType, bytes: &[u8]) -> Value {
    decode(&Catalog::built_in(), media, bytes, None)
        .expect("a golden")
        .value
}

#[test]
fn goldens_are_upstreams_in_every_encoding() {
    let catalog = Catalog::built_in();
    let mut checked = 0;
    for path in goldens() {
        let text = std::fs::read(&path).expect("a golden");
        let golden = parse(MediaType::Json, &text);
        let (api, kind) = (
            golden["apiVersion"].as_str().unwrap_or_default(),
            golden["kind"].as_str().unwrap_or_default(),
        );
        let Some(schema) = catalog.schema(api, kind) else {
            continue;
        };
        checked += 1;
        let mut conformed = golden.clone();
        let report = conform(schema.root(), &mut conformed).expect("types as upstream has them");
        assert_eq!(report.unknown, Vec::<String>::new(), "{path:?}");
        assert_eq!(conformed, golden, "{path:?}");
        // Go writes two spaces; the order of fields is Go's as well.
        let ours = serde_json::to_vec(&conformed).expect("JSON");
        let theirs = serde_json::to_vec(&golden).expect("JSON");
        assert_eq!(
            String::from_utf8(ours),
            String::from_utf8(theirs),
            "{path:?}"
        );

        let bytes = std::fs::read(path.with_extension("pb")).expect("the golden's protobuf");
        assert_eq!(parse(MediaType::Protobuf, &bytes), golden, "{path:?}");
        let encoded = encode(&catalog, MediaType::Protobuf, &golden).expect("protobuf");
        assert!(encoded == bytes, "{path:?}: protobuf differs");
        if let Ok(yaml) = std::fs::read(path.with_extension("yaml")) {
            assert_eq!(parse(MediaType::Yaml, &yaml), golden, "{path:?}");
        }
        let yaml = encode(&catalog, MediaType::Yaml, &golden).expect("YAML");
        assert_eq!(parse(MediaType::Yaml, &yaml), golden, "{path:?}");
    }
    assert!(checked >= 10, "{checked}");
}

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
    let pod = parse(
        MediaType::Json,
        &std::fs::read(&goldens()[5]).expect("a golden"),
    );
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
