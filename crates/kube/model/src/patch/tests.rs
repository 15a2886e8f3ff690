use super::*;
use crate::Catalog;
use proptest::prelude::*;
use serde_json::json;

fn smp(kind: &str, live: Value, patch: Value) -> Result<Value, PatchError> {
    let api = if kind == "Deployment" {
        "apps/v1"
    } else {
        "v1"
    };
    let schema = Catalog::built_in().schema(api, kind).expect("a kind");
    strategic(schema.root(), &live, &patch)
}

#[test]
fn json_patches() {
    let live = json!({"a": {"b": [1, 2], "c/d": 1, "e~f": 2}});
    let cases = [
        (
            json!([{"op": "add", "path": "/a/b/-", "value": 3}]),
            Ok(json!({"a": {"b": [1, 2, 3], "c/d": 1, "e~f": 2}})),
        ),
        (
            json!([{"op": "add", "path": "/a/b/0", "value": 0}]),
            Ok(json!({"a": {"b": [0, 1, 2], "c/d": 1, "e~f": 2}})),
        ),
        (
            json!([{"op": "remove", "path": "/a/c~1d"}, {"op": "remove", "path": "/a/e~0f"}]),
            Ok(json!({"a": {"b": [1, 2]}})),
        ),
        (
            json!([{"op": "move", "from": "/a/b", "path": "/x"}]),
            Ok(json!({"a": {"c/d": 1, "e~f": 2}, "x": [1, 2]})),
        ),
        (
            json!([{"op": "copy", "from": "/a/b/1", "path": "/x"}, {"op": "test", "path": "/x", "value": 2}]),
            Ok(json!({"a": {"b": [1, 2], "c/d": 1, "e~f": 2}, "x": 2})),
        ),
        (
            json!([{"op": "replace", "path": "", "value": {}}]),
            Ok(json!({})),
        ),
        (
            json!([{"op": "test", "path": "/a/b/0", "value": 7}]),
            Err("testing value /a/b/0 failed: test failed"),
        ),
        (
            json!([{"op": "remove", "path": "/a/x"}]),
            Err(
                "error in remove for path: '/a/x': Unable to remove nonexistent key: x: missing value",
            ),
        ),
        (
            json!([{"op": "add", "path": "/x/y", "value": 1}]),
            Err("add operation does not apply: doc is missing path: \"/x/y\": missing value"),
        ),
        (
            json!([{"op": "replace", "path": "/a/x", "value": 1}]),
            Err("replace operation does not apply: doc is missing key: /a/x: missing value"),
        ),
        (
            json!([{"op": "add", "path": "/a/b/9", "value": 1}]),
            Err(
                "error in add for path: '/a/b/9': Unable to access invalid index: 9: invalid index referenced",
            ),
        ),
        (
            json!([{"op": "turn", "path": "/a"}]),
            Err("Unexpected kind: turn"),
        ),
        (
            json!([{"op": "add", "path": "/a"}]),
            Err("operation, missing value field: missing value"),
        ),
        (
            json!([{"op": "remove"}]),
            Err("operation missing path field: missing value"),
        ),
    ];
    for (patch, expected) in cases {
        let expected = expected.map_err(|text: &str| PatchError::Unprocessable(text.into()));
        assert_eq!(super::json(&live, &patch), expected, "{patch}");
    }
    assert!(matches!(
        super::json(&live, &json!({})),
        Err(PatchError::BadRequest(_))
    ));
}

#[test]
fn json_patches_are_bounded() {
    let operation = json!({"op": "test", "path": "", "value": {}});
    let many = Value::Array(vec![operation; 10_001]);
    assert!(matches!(
        super::json(&json!({}), &many),
        Err(PatchError::TooLarge(_))
    ));
    // Each copy doubles what the next one copies.
    let mut doubling = vec![json!({"op": "add", "path": "/a", "value": ["x"]})];
    doubling.extend(vec![
        json!({"op": "copy", "from": "/a", "path": "/a/-"});
        40
    ]);
    let error = super::json(&json!({}), &Value::Array(doubling)).expect_err("too much");
    assert!(matches!(error, PatchError::Unprocessable(text) if text.contains("accumulated size")));
    let long = Value::Array(vec![json!(1); 100_000]);
    let shifts = Value::Array(vec![
        json!({"op": "add", "path": "/l/0", "value": 1});
        1_000
    ]);
    assert!(matches!(
        super::json(&json!({"l": long}), &shifts),
        Err(PatchError::TooLarge(_))
    ));
}

#[test]
fn merge_patches() {
    let live = json!({"a": {"b": 1, "c": [1]}, "d": 1});
    let patched = merge(
        &live,
        &json!({"a": {"b": null, "c": [2], "x": {"y": null, "z": 1}}, "d": {"e": 1}}),
    );
    assert_eq!(
        patched,
        Ok(json!({"a": {"c": [2], "x": {"z": 1}}, "d": {"e": 1}}))
    );
    assert!(merge(&live, &json!([])).is_err());
}

#[test]
fn containers_are_merged_by_name() {
    let live = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "a", "image": "1", "args": ["x"], "env": [{"name": "E", "value": "1"}, {"name": "F", "value": "2"}]},
        {"name": "b", "image": "1"}]}}}});
    let patch = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "b", "image": "2"},
        {"name": "a", "args": ["y", "z"], "env": [{"name": "F", "$patch": "delete"}, {"name": "G", "value": "3"}]},
        {"name": "c", "image": "3"}]}}}});
    // Without an order in the patch what is new comes first, as upstream has it.
    let expected = json!({"spec": {"template": {"spec": {"containers": [
        {"name": "b", "image": "2"},
        {"name": "a", "image": "1", "args": ["y", "z"], "env": [{"name": "G", "value": "3"}, {"name": "E", "value": "1"}]},
        {"name": "c", "image": "3"}]}}}});
    assert_eq!(smp("Deployment", live, patch), Ok(expected));
}

#[test]
fn a_list_that_is_replaced_is_the_one_that_is_given() {
    let status = |all: &[(&str, &str)]| {
        let all = all
            .iter()
            .map(|(kind, it)| json!({"type": kind, "address": it}));
        json!({"status": {"addresses": all.collect::<Vec<Value>>()}})
    };
    let live = status(&[("Hostname", "a"), ("InternalIP", "10.0.0.9")]);
    let given = [
        ("InternalIP", "10.0.0.1"),
        ("InternalIP", "fd00::1"),
        ("Hostname", "a"),
    ];
    let mut patch = status(&given);
    let addresses = patch["status"]["addresses"].as_array_mut();
    addresses.unwrap().push(json!({"$patch": "replace"}));
    assert_eq!(smp("Node", live.clone(), patch.clone()), Ok(status(&given)));
    // With an order for it, which tells such items no better apart.
    patch["status"]["$setElementOrder/addresses"] =
        json!([{"type": "InternalIP"}, {"type": "InternalIP"}, {"type": "Hostname"}]);
    assert_eq!(smp("Node", live, patch), Ok(status(&given)));
}

#[test]
fn directives() {
    let volumes = |list: Value| json!({"spec": {"volumes": list}});
    let live =
        volumes(json!([{"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {"path": "/"}}]));
    let cases = [
        // A volume has one source: the old one leaves.
        (
            volumes(
                json!([{"name": "a", "$retainKeys": ["name", "secret"], "secret": {"secretName": "s"}}]),
            ),
            volumes(
                json!([{"name": "a", "secret": {"secretName": "s"}}, {"name": "b", "hostPath": {"path": "/"}}]),
            ),
        ),
        (
            volumes(json!([{"name": "a", "$patch": "delete"}])),
            volumes(json!([{"name": "b", "hostPath": {"path": "/"}}])),
        ),
        (
            volumes(json!([{"$patch": "replace"}, {"name": "c", "emptyDir": {}}])),
            volumes(json!([{"name": "c", "emptyDir": {}}])),
        ),
        (volumes(Value::Null), json!({"spec": {}})),
        (
            json!({"spec": {"$patch": "replace", "nodeName": "n"}}),
            json!({"spec": {"nodeName": "n"}}),
        ),
        (json!({"spec": {"$patch": "delete"}}), json!({"spec": {}})),
        (
            json!({"spec": {"$setElementOrder/volumes": [{"name": "b"}, {"name": "a"}]}}),
            volumes(
                json!([{"name": "b", "hostPath": {"path": "/"}}, {"name": "a", "emptyDir": {}}]),
            ),
        ),
        (
            json!({"spec": {"$setElementOrder/volumes": [{"name": "c"}, {"name": "b"}], "volumes": [{"name": "c", "emptyDir": {}}]}}),
            volumes(
                json!([{"name": "c", "emptyDir": {}}, {"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {"path": "/"}}]),
            ),
        ),
    ];
    for (patch, expected) in cases {
        assert_eq!(
            smp("Pod", live.clone(), patch.clone()),
            Ok(expected),
            "{patch}"
        );
    }
}

#[test]
fn scalars_are_merged_as_a_set() {
    let live = json!({"metadata": {"finalizers": ["a", "b"]}});
    let patched = smp(
        "Pod",
        live.clone(),
        json!({"metadata": {"finalizers": ["b", "c"]}}),
    );
    assert_eq!(
        patched,
        Ok(json!({"metadata": {"finalizers": ["a", "b", "c"]}}))
    );
    let patched = smp(
        "Pod",
        live,
        json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}),
    );
    assert_eq!(patched, Ok(json!({"metadata": {"finalizers": ["b"]}})));
}

#[test]
fn bad_patches_say_why() {
    let live = json!({"spec": {"containers": [{"name": "a"}], "volumes": [{"name": "v"}]}});
    let cases = [
        (
            json!({"spec": {"containers": [{"image": "x"}]}}),
            "map: {\"image\":\"x\"} does not contain declared merge key: name",
        ),
        (
            json!({"spec": {"containers": ["x"]}}),
            "list element types are not identical",
        ),
        (
            json!({"spec": {"$patch": "turn"}}),
            "unknown patch type: \"turn\" in map",
        ),
        (
            json!({"spec": {"$retainKeys": ["x"], "nodeName": "n"}}),
            "invalid patch format of retainKeys",
        ),
        (
            json!({"spec": {"$setElementOrder/containers": 7}}),
            "invalid patch format of setElementOrder list",
        ),
        (json!([]), "invalid JSON document"),
    ];
    for (patch, expected) in cases {
        assert_eq!(
            smp("Pod", live.clone(), patch),
            Err(PatchError::BadRequest(expected.into()))
        );
    }
}

fn pod() -> impl Strategy<Value = Value> {
    let container =
        ("[a-d]", "[x-z]").prop_map(|(name, image)| json!({"name": name, "image": image}));
    let labels = proptest::collection::btree_map("[a-c]", "[0-2]", 0..3);
    (
        proptest::collection::btree_map("[a-d]", container, 1..4),
        labels,
    )
        .prop_map(|(containers, labels)| {
            let containers: Vec<Value> = containers
                .into_iter()
                .map(|(name, mut container)| {
                    container["name"] = name.into();
                    container
                })
                .collect();
            json!({"metadata": {"labels": labels}, "spec": {"containers": containers}})
        })
}

proptest! {
    /// Applied again a patch changes nothing, and all it says is there.
    #[test]
    fn a_patch_is_idempotent(live in pod(), patch in pod()) {
        let once = smp("Pod", live, patch.clone()).expect("a patch");
        prop_assert_eq!(&smp("Pod", once.clone(), patch.clone()).expect("a patch"), &once);
        for container in patch["spec"]["containers"].as_array().expect("containers") {
            prop_assert!(once["spec"]["containers"].as_array().expect("containers").contains(container));
        }
    }
}

#[test]
fn a_json_patch_does_not_nest_an_object_without_end() {
    // Each step doubles the depth: what copies, writes and drops such a value would take the stack of the whole server.
    let deep = (0..60).fold(json!({}), |it, _| json!({"a": it}));
    let mut steps = vec![json!({"op": "add", "path": "/x", "value": deep})];
    let mut depth = 60;
    for _ in 0..12 {
        steps.push(json!({"op": "copy", "from": "/x", "path": "/y"}));
        let path = format!("/x{}", "/a".repeat(depth + 1));
        steps.push(json!({"op": "move", "from": "/y", "path": path}));
        depth = 2 * depth + 1;
    }
    let too_deep = PatchError::TooLarge("the JSON patch nests the object too deeply".into());
    let outcome = super::json(&json!({}), &Value::Array(steps));
    assert_eq!(outcome, Err(too_deep.clone()));
    let mut steps = vec![json!({"op": "add", "path": "/x", "value": deep})];
    let end = format!("/x{}", "/a".repeat(61));
    steps.push(json!({"op": "add", "path": end, "value": deep}));
    assert!(super::json(&json!({}), &Value::Array(steps)).is_ok());
    let mut steps = vec![json!({"op": "add", "path": "/x", "value": []})];
    for level in 1..400 {
        let path = format!("/x{}", "/0".repeat(level));
        steps.push(json!({"op": "add", "path": path, "value": []}));
    }
    assert_eq!(super::json(&json!({}), &Value::Array(steps)), Err(too_deep));
    let wide = Value::Array(vec![json!(0); 10_000]);
    let moves = (0..9_000).map(|at| match at % 2 {
        0 => json!({"op": "move", "from": "/a", "path": "/b"}),
        _ => json!({"op": "move", "from": "/b", "path": "/a"}),
    });
    let error = super::json(&json!({"a": wide}), &moves.collect());
    let text = "the JSON patch moves too much of the object";
    assert_eq!(error, Err(PatchError::TooLarge(text.into())));
}
