use super::*;
use crate::Catalog;
use proptest::prelude::*;
use serde_json::json;

const NOW: &str = "2026-01-01T00:00:00Z";

fn writer<'a>(resource: &'a Resource, manager: &'a str) -> Writer<'a> {
    Writer {
        resource,
        subresource: None,
        manager,
        now: NOW,
    }
}

fn resource(group: &str, plural: &str) -> std::sync::Arc<Resource> {
    Catalog::built_in()
        .resource(group, "v1", plural)
        .expect("a resource")
        .clone()
}

fn begun(config: &Value) -> Value {
    json!({"apiVersion": config["apiVersion"], "kind": config["kind"],
        "metadata": {"name": config["metadata"]["name"], "namespace": "default"}})
}

/// Applied to what is there; what a server adds on a create comes in too.
fn put(resource: &Resource, manager: &str, live: Option<&Value>, config: Value) -> Value {
    let object = apply(
        writer(resource, manager),
        live.unwrap_or(&begun(&config)),
        &config,
        false,
    );
    let mut object = object.expect("no conflict");
    object["metadata"]["uid"] = "1".into();
    object
}

fn fields(object: &Value, manager: &str, operation: &str) -> Value {
    let entries = object["metadata"]["managedFields"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let found = entries
        .into_iter()
        .find(|entry| entry["manager"] == manager && entry["operation"] == operation);
    found.map_or(Value::Null, |entry| entry["fieldsV1"].clone())
}

fn deployment(spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
}

fn web(replicas: Option<i32>, image: &str, extra: &[&str]) -> Value {
    let mut containers =
        vec![json!({"name": "web", "image": image, "ports": [{"containerPort": 80}]})];
    containers.extend(
        extra
            .iter()
            .map(|name| json!({"name": name, "image": "side"})),
    );
    let mut spec = json!({"selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}}});
    if let Some(replicas) = replicas {
        spec["replicas"] = replicas.into();
    }
    deployment(spec)
}

#[test]
fn a_create_owns_what_it_says_as_upstream_writes_it() {
    let resource = resource("apps", "deployments");
    let mut object = web(Some(2), "nginx", &[]);
    conform::object(&resource, &mut object).expect("types");
    update(writer(&resource, "kubectl-create"), None, &mut object);
    let expected = json!([{
        "manager": "kubectl-create", "operation": "Update", "apiVersion": "apps/v1", "time": NOW, "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:image": {}, "f:name": {},
                "f:ports": {".": {}, "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
                "f:resources": {}}}}}}},
    }]);
    assert_eq!(object["metadata"]["managedFields"], expected);
}

#[test]
fn an_apply_owns_what_it_says() {
    let resource = resource("apps", "deployments");
    let object = put(&resource, "ci", None, web(None, "nginx", &[]));
    let expected = json!({"f:spec": {"f:selector": {}, "f:template": {
        "f:metadata": {"f:labels": {"f:app": {}}},
        "f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:image": {}, "f:name": {},
            "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}}}}}});
    assert_eq!(fields(&object, "ci", "Apply"), expected);
    assert_eq!(object["status"], json!({}));
    // Again, and nothing happens: the very object comes back.
    let again = apply(
        Writer {
            now: "2027-01-01T00:00:00Z",
            ..writer(&resource, "ci")
        },
        &object,
        &web(None, "nginx", &[]),
        false,
    );
    assert_eq!(again, Ok(object));
}

#[test]
fn what_is_applied_no_more_leaves() {
    let resource = resource("apps", "deployments");
    let first = put(&resource, "ci", None, web(Some(3), "nginx", &["a", "b"]));
    let second = put(&resource, "ci", Some(&first), web(None, "nginx", &["b"]));
    assert!(second["spec"].get("replicas").is_none());
    let names = |object: &Value| -> Vec<String> {
        let containers = object["spec"]["template"]["spec"]["containers"]
            .as_array()
            .expect("containers")
            .clone();
        containers
            .iter()
            .map(|container| container["name"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(names(&first), ["web", "a", "b"]);
    assert_eq!(names(&second), ["web", "b"]);
}

#[test]
fn what_another_applies_too_stays() {
    let resource = resource("", "configmaps");
    let map = |data: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data});
    let one = put(&resource, "one", None, map(json!({"a": "1", "b": "1"})));
    let both = put(
        &resource,
        "two",
        Some(&one),
        map(json!({"b": "1", "c": "1"})),
    );
    assert_eq!(both["data"], json!({"a": "1", "b": "1", "c": "1"}));
    let less = put(&resource, "one", Some(&both), map(json!({})));
    assert_eq!(less["data"], json!({"b": "1", "c": "1"}));
    let gone = put(
        &resource,
        "two",
        Some(&less),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}),
    );
    assert!(gone.get("data").is_none(), "{gone}");
    assert_eq!(fields(&gone, "two", "Apply"), Value::Null);
}

#[test]
fn conflicts_are_told_in_upstreams_words() {
    let resource = resource("apps", "deployments");
    let live = put(&resource, "ci", None, web(Some(3), "nginx", &[]));
    let mut scaled = live.clone();
    scaled["spec"]["replicas"] = 5.into();
    update(writer(&resource, "kubectl-edit"), Some(&live), &mut scaled);
    let error = apply(
        writer(&resource, "ci"),
        &scaled,
        &web(Some(3), "nginx", &[]),
        false,
    )
    .expect_err("a conflict");
    let one = "Apply failed with 1 conflict: conflict with \"kubectl-edit\" using apps/v1: .spec.replicas";
    let cause = Conflict {
        field: ".spec.replicas".into(),
        message: "conflict with \"kubectl-edit\" using apps/v1".into(),
    };
    assert_eq!(
        error,
        ApplyError::Conflicts {
            message: one.into(),
            conflicts: vec![cause]
        }
    );

    let error = apply(
        writer(&resource, "cd"),
        &scaled,
        &web(Some(1), "httpd", &[]),
        false,
    )
    .expect_err("conflicts");
    let ApplyError::Conflicts { message, conflicts } = error else {
        panic!("no conflicts")
    };
    assert_eq!(conflicts.len(), 2);
    assert_eq!(
        message,
        "Apply failed with 2 conflicts: conflicts with \"ci\":\n- .spec.template.spec.containers[name=\"web\"].image\n\
         conflicts with \"kubectl-edit\" using apps/v1:\n- .spec.replicas"
    );
    let forced = apply(
        writer(&resource, "cd"),
        &scaled,
        &web(Some(1), "httpd", &[]),
        true,
    )
    .expect("forced");
    assert_eq!(forced["spec"]["replicas"], 1);
    assert_eq!(fields(&forced, "kubectl-edit", "Update"), Value::Null);
    assert!(
        fields(&forced, "ci", "Apply")["f:spec"]
            .get("f:replicas")
            .is_none()
    );
}

#[test]
fn a_status_is_written_by_its_own_manager() {
    let resource = resource("apps", "deployments");
    let live = put(&resource, "ci", None, web(Some(3), "nginx", &[]));
    let mut new = live.clone();
    new["status"] = json!({"replicas": 3, "conditions": [{"type": "Available", "status": "True"}]});
    let status = Writer {
        subresource: Some("status"),
        ..writer(&resource, "controller")
    };
    update(status, Some(&live), &mut new);
    let expected = json!({"f:status": {"f:conditions": {".": {}, "k:{\"type\":\"Available\"}":
        {".": {}, "f:status": {}, "f:type": {}}}, "f:replicas": {}}});
    assert_eq!(fields(&new, "controller", "Update"), expected);
    let entries = new["metadata"]["managedFields"]
        .as_array()
        .expect("entries");
    assert_eq!(entries[1]["subresource"], "status");
    // A write of the object itself takes no status.
    let mut again = new.clone();
    again["status"]["replicas"] = 4.into();
    update(writer(&resource, "other"), Some(&new), &mut again);
    assert_eq!(fields(&again, "other", "Update"), Value::Null);
}

#[test]
fn managed_fields_survive_a_client_that_leaves_them_out_and_can_be_reset() {
    let resource = resource("", "configmaps");
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "uid": "1"}, "data": {"a": "1"}});
    let mut live = map.clone();
    update(writer(&resource, "one"), None, &mut live);
    let mut new = map.clone();
    new["data"]["b"] = "2".into();
    update(writer(&resource, "two"), Some(&live), &mut new);
    assert_eq!(
        fields(&new, "one", "Update"),
        json!({"f:data": {".": {}, "f:a": {}}})
    );
    assert_eq!(
        fields(&new, "two", "Update"),
        json!({"f:data": {"f:b": {}}})
    );
    let mut reset = new.clone();
    reset["metadata"]["managedFields"] = json!([{}]);
    update(writer(&resource, "two"), Some(&new), &mut reset);
    assert_eq!(reset["metadata"].get("managedFields"), None);
    // Nothing is known of an object without managedFields: the first apply calls all of it earlier.
    let applied = apply(
        writer(&resource, "ci"),
        &reset,
        &json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "c"}, "data": {"a": "1"}}),
        false,
    )
    .expect("no conflict");
    assert_eq!(
        fields(&applied, "before-first-apply", "Update"),
        json!({"f:data": {".": {}, "f:a": {}, "f:b": {}}})
    );
}

#[test]
fn kubectl_takes_over_what_it_applied_from_the_client_side() {
    let resource = resource("", "configmaps");
    let config = |value: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": value}});
    let mut live = config("1");
    live["metadata"]["uid"] = "1".into();
    live["metadata"]["annotations"] = json!({LAST_APPLIED: config("1").to_string()});
    update(
        writer(&resource, "kubectl-client-side-apply"),
        None,
        &mut live,
    );
    let applied =
        apply(writer(&resource, "kubectl"), &live, &config("2"), false).expect("its own field");
    assert_eq!(applied["data"]["a"], "2");
    assert!(
        applied["metadata"]["annotations"][LAST_APPLIED]
            .as_str()
            .expect("text")
            .contains("\"2\"")
    );
    assert!(apply(writer(&resource, "ci"), &live, &config("2"), false).is_err());
    // Somebody changed it since: no longer kubectl's.
    let mut edited = live.clone();
    edited["data"]["a"] = "3".into();
    update(writer(&resource, "edit"), Some(&live), &mut edited);
    assert!(apply(writer(&resource, "kubectl"), &edited, &config("2"), false).is_err());
}

#[test]
fn lists_merge_by_their_type() {
    let resource = resource("", "pods");
    let pod = |metadata: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata});
    let one = put(
        &resource,
        "one",
        None,
        pod(json!({"name": "p", "finalizers": ["a/a", "b/b"]})),
    );
    assert_eq!(
        fields(&one, "one", "Apply"),
        json!({"f:metadata": {"f:finalizers": {"v:\"a/a\"": {}, "v:\"b/b\"": {}}}})
    );
    let two = put(
        &resource,
        "two",
        Some(&one),
        pod(json!({"name": "p", "finalizers": ["c/c", "b/b"]})),
    );
    assert_eq!(two["metadata"]["finalizers"], json!(["a/a", "c/c", "b/b"]));
    let less = put(&resource, "one", Some(&two), pod(json!({"name": "p"})));
    assert_eq!(less["metadata"]["finalizers"], json!(["c/c", "b/b"]));
}

#[test]
fn bad_configurations_say_why() {
    let resource = resource("", "pods");
    let pod = |spec: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "spec": spec});
    let failed = "failed to create typed patch object (n/p; v1, Kind=Pod): ";
    let cases = [
        (pod(json!({"x": 1})), format!("{failed}.spec.x: field not declared in schema")),
        (
            pod(json!({"containers": [{"name": "a"}, {"name": "a"}]})),
            format!("{failed}.spec.containers: duplicate entries for key [name=\"a\"]"),
        ),
        (
            pod(json!({"containers": [{"image": "a"}], "y": 1})),
            format!("{failed}errors:\n  .spec.containers: element 0: associative list with keys has an element that omits \
                all key fields [\"name\"] (and doesn't have default values for any key fields)\n  .spec.y: field not declared in schema"),
        ),
        (
            json!({"apiVersion": "v2", "kind": "Pod"}),
            "Incorrect version specified in apply patch. Specified patch version: v2, expected: v1".into(),
        ),
        (
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"managedFields": []}}),
            "metadata.managedFields must be nil".into(),
        ),
        (
            pod(json!({"activeDeadlineSeconds": "x"})),
            "json: cannot unmarshal string into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64".into(),
        ),
    ];
    for (config, expected) in cases {
        let live =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}});
        assert_eq!(
            apply(writer(&resource, "ci"), &live, &config, false),
            Err(ApplyError::Invalid(expected))
        );
    }
}

#[test]
fn the_oldest_updaters_become_one() {
    let resource = resource("", "configmaps");
    let mut live = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": "0"}});
    update(writer(&resource, "first"), None, &mut live);
    for index in 0..15 {
        let mut new = live.clone();
        new["data"][format!("k{index}")] = "1".into();
        let (manager, now) = (
            format!("m{index:02}"),
            format!("2026-01-01T00:00:{:02}Z", index + 1),
        );
        update(
            Writer {
                now: &now,
                ..writer(&resource, &manager)
            },
            Some(&live),
            &mut new,
        );
        live = new;
    }
    let entries = live["metadata"]["managedFields"]
        .as_array()
        .expect("entries");
    assert_eq!(entries.len(), 10);
    let ancient = fields(&live, "ancient-changes", "Update");
    assert_eq!(
        ancient["f:data"].as_object().expect("fields").len(),
        8,
        "{ancient}"
    );
}

fn config() -> impl Strategy<Value = Value> {
    let data = proptest::collection::btree_map("[a-d]", "[0-2]", 0..4);
    let finalizers = proptest::collection::btree_set("[a-c]/x", 0..3);
    (data, finalizers).prop_map(|(data, finalizers)| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "finalizers": finalizers}, "data": data})
    })
}

proptest! {
    /// Whoever forces has all of what they say, the second time nothing changes, and with nobody else nothing is left of before.
    #[test]
    fn a_forced_apply_holds(configs in proptest::collection::vec((0..3_usize, config()), 1..8)) {
        let resource = resource("", "configmaps");
        let mut live = begun(&configs[0].1);
        let mut last: BTreeMap<usize, Value> = BTreeMap::new();
        for (manager, config) in configs {
            let name = format!("m{manager}");
            let object = apply(writer(&resource, &name), &live, &config, true).expect("forced");
            for (key, value) in config["data"].as_object().expect("data") {
                prop_assert_eq!(&object["data"][key], value);
            }
            prop_assert_eq!(&apply(writer(&resource, &name), &object, &config, false).expect("its own"), &object);
            last.insert(manager, config);
            let said = |key: &String| last.values().any(|config| config["data"].get(key).is_some());
            for key in object["data"].as_object().into_iter().flatten().map(|(key, _)| key) {
                prop_assert!(said(key), "{} is nobody's in {}", key, object);
            }
            live = object;
            live["metadata"]["uid"] = "1".into();
        }
    }

    #[test]
    fn sets_read_what_they_write(config in config()) {
        let resource = resource("", "configmaps");
        let set = typed::field_set(Type::root(resource.schema.root()), &config);
        let written = set.clone().into_fields();
        prop_assert_eq!(Set::from_fields(written.as_object().expect("an object")), Some(set.clone()));
        prop_assert!(set.clone().difference(&set).is_empty());
        prop_assert_eq!(set.intersection(&set), set.clone());
        prop_assert_eq!(set.clone().union(set.clone()), set);
    }
}

/// What an object has in common with upstream's after the same request: not times, nor what a server numbers.
fn comparable(mut object: Value) -> Value {
    let Some(metadata) = object["metadata"].as_object_mut() else {
        return object;
    };
    for name in [
        "generation",
        "resourceVersion",
        "uid",
        "creationTimestamp",
        "namespace",
    ] {
        metadata.remove(name);
    }
    let Some(Value::Array(entries)) = metadata.get_mut("managedFields") else {
        return object;
    };
    for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
        entry.remove("time");
        // Not there in 1.20.
        entry.remove("subresource");
    }
    entries.sort_by_key(|entry| entry["manager"].to_string());
    object
}

/// The object after a recorded request, or the message of its refusal.
fn repeated(step: &Value, resource: &Resource) -> Result<Value, String> {
    let body = &step["body"];
    let writer = Writer {
        subresource: step["subresource"].as_str(),
        ..writer(resource, step["manager"].as_str().expect("a manager"))
    };
    let mut live = step["live"].clone();
    if !live.is_null() {
        conform::object(resource, &mut live).expect("types");
    }
    let live = Some(live).filter(|live| !live.is_null());
    let failed = |error| match error {
        ApplyError::Conflicts { message, .. } | ApplyError::Invalid(message) => message,
    };
    let root = resource.schema.root();
    let patched = |live: &Option<Value>| match step["verb"].as_str() {
        Some("strategic") => crate::patch::strategic(root, live.as_ref()?, body).ok(),
        Some("merge") => crate::patch::merge(live.as_ref()?, body).ok(),
        Some("json") => crate::patch::json(live.as_ref()?, body).ok(),
        _ => Some(step["after"].clone()),
    };
    if step["verb"] == "apply" {
        let mut object = apply(
            writer,
            live.as_ref().unwrap_or(&begun(body)),
            body,
            step["force"] == true,
        )
        .map_err(failed)?;
        crate::defaults::apply(resource, &mut object);
        return Ok(object);
    }
    // All that a client may fail with here: a patch that does not fit.
    let refused = || "the server rejected our request due to an error in our request".to_owned();
    let mut object = patched(&live).ok_or_else(refused)?;
    managed::strip(&mut object);
    conform::object(resource, &mut object).expect("types");
    crate::defaults::apply(resource, &mut object);
    update(writer, live.as_ref(), &mut object);
    Ok(object)
}

/// Requests as upstream's apiserver 1.20.2 answered them: what was there, what was sent, what came of it.
#[test]
fn requests_end_as_upstream_ended_them() {
    let steps: Value =
        serde_json::from_str(include_str!("../../data/recorded/requests-1.20.2.json"))
            .expect("JSON");
    let steps = steps.as_array().expect("steps");
    assert!(steps.len() > 20);
    for step in steps {
        let object = if step["live"].is_null() {
            &step["body"]
        } else {
            &step["live"]
        };
        let group = if object["kind"] == "Deployment" {
            "apps"
        } else {
            ""
        };
        let kind = object["kind"].as_str().expect("a kind");
        let resource = Catalog::built_in()
            .of_kind(group, "v1", kind)
            .expect("a kind")
            .clone();
        let theirs = if step["code"] == 200 {
            let mut after = step["after"].clone();
            conform::object(&resource, &mut after).expect("types");
            Ok(comparable(after))
        } else {
            Err(step["after"]["message"]
                .as_str()
                .expect("a message")
                .to_owned())
        };
        assert_eq!(
            repeated(step, &resource).map(comparable),
            theirs,
            "{}",
            step["name"]
        );
    }
}

/// `RawExtension` has no fields that could have owners of their own.
#[test]
fn what_may_be_any_object_is_owned_as_a_whole() {
    let resource = resource("apps", "controllerrevisions");
    let revision = |data: Value| {
        json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": {"name": "r"},
            "data": data, "revision": 1})
    };
    let mut object = revision(json!({"a": {"b": 1}}));
    update(writer(&resource, "one"), None, &mut object);
    assert_eq!(fields(&object, "one", "Update")["f:data"], json!({}));
    let other = revision(json!({"c": 1}));
    let error = apply(writer(&resource, "two"), &object, &other, false).expect_err("a conflict");
    assert!(
        matches!(&error, ApplyError::Conflicts { conflicts, .. } if conflicts.len() == 1 && conflicts[0].field == ".data"),
        "{error:?}"
    );
    let forced = apply(writer(&resource, "two"), &object, &other, true).expect("applied");
    assert_eq!(forced["data"], json!({"c": 1}));
}

/// Of a kind whose `data` may have any fields.
fn anythings() -> std::sync::Arc<Resource> {
    let schema = json!({"type": "object", "properties": {
        "data": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "anythings.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"plural": "anythings", "kind": "Anything"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
    });
    let catalog = Catalog::built_in().with_custom(&[definition]);
    let resource = catalog.resource("example.com", "v1", "anythings");
    resource.expect("a custom resource").clone()
}

/// Names of ten kilobytes, a hundred in each other, and many fields below: the work is that of the object's size.
#[test]
fn long_names_cost_their_length_once() {
    let resource = anythings();
    let revision = |fields: usize, value: Value| {
        let mut data: Map<String, Value> = (0..fields)
            .map(|index| (index.to_string(), value.clone()))
            .collect();
        for _ in 0..100 {
            data = Map::from_iter([("x".repeat(10_000), Value::Object(data))]);
        }
        json!({"apiVersion": "example.com/v1", "kind": "Anything", "metadata": {"name": "r"}, "data": data})
    };
    let mut object = revision(50_000, json!(1));
    update(writer(&resource, "one"), None, &mut object);
    assert!(object["metadata"]["managedFields"][0]["fieldsV1"]["f:data"].is_object());
    let error = apply(
        writer(&resource, "two"),
        &object,
        &revision(2, json!(2)),
        false,
    )
    .expect_err("conflicts");
    // Of a path of a megabyte the beginning is told.
    assert!(matches!(error, ApplyError::Conflicts { conflicts, .. } if conflicts.len() == 1));
}
