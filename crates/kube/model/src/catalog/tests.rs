use super::*;
use crate::schema::{Kind, ListType};

#[test]
fn every_built_in_kind_has_a_schema_and_a_list() {
    for resource in Catalog::built_in().all() {
        let schema = resource.schema.root();
        assert_eq!(schema.kind(), Kind::Struct, "{}", resource.kind);
        assert!(
            schema.name().ends_with(&format!(".{}", resource.kind)),
            "{}",
            resource.kind
        );
        assert!(schema.field("metadata").is_some(), "{}", resource.kind);
        if resource.can("list") {
            let list = Catalog::built_in()
                .schema(&resource.api_version(), &resource.list_kind)
                .expect("a list");
            let items = list
                .root()
                .field("items")
                .expect("items")
                .node()
                .item()
                .expect("of something");
            assert!(items.is(schema), "{}", resource.kind);
        }
        for sub in &resource.subresources {
            let api = if sub.group.is_empty() {
                sub.version.clone()
            } else {
                format!("{}/{}", sub.group, sub.version)
            };
            assert!(
                Catalog::built_in().schema(&api, &sub.kind).is_some(),
                "{} of {}",
                sub.name,
                resource.kind
            );
        }
    }
}

#[test]
fn fields_say_how_they_are_merged_and_numbered() {
    let catalog = Catalog::built_in();
    let pods = catalog.resource("", "v1", "pods").expect("pods");
    let spec = pods.schema.root().field("spec").expect("spec").node();
    let containers = spec.field("containers").expect("containers");
    assert_eq!(containers.number(), 2);
    assert_eq!(containers.merge_key(), Some("name"));
    assert_eq!(containers.node().list(), ListType::Map);
    assert_eq!(containers.node().keys().collect::<Vec<_>>(), ["name"]);
    let ports = containers
        .node()
        .item()
        .expect("a container")
        .field("ports")
        .expect("ports");
    assert_eq!(
        ports.node().keys().collect::<Vec<_>>(),
        ["containerPort", "protocol"]
    );
    assert_eq!(ports.merge_key(), Some("containerPort"));
    let protocol = ports
        .node()
        .item()
        .expect("a port")
        .field("protocol")
        .expect("protocol");
    assert_eq!(protocol.default(), Some(&Value::from("TCP")));
    // A volume's source is inline: its fields are the volume's own.
    let volume = spec
        .field("volumes")
        .expect("volumes")
        .node()
        .item()
        .expect("a volume");
    assert_eq!(
        volume.field("emptyDir").expect("emptyDir").node().name(),
        "io.k8s.api.core.v1.EmptyDirVolumeSource"
    );
    assert_eq!(volume.json_fields().next().expect("a field").name(), "name");
    assert!(volume.json_fields().all(|field| !field.inline()));
}

#[test]
fn a_second_shape_is_kept_where_the_first_is() {
    let catalog = Catalog::built_in();
    let events = catalog
        .resource("events.k8s.io", "v1", "events")
        .expect("events");
    assert_eq!(
        events.storage,
        catalog
            .resource("", "v1", "events")
            .expect("events")
            .storage
    );
    let scalers = catalog
        .resource("autoscaling", "v1", "horizontalpodautoscalers")
        .expect("autoscalers");
    assert_eq!(scalers.storage.version, "v2");
}

#[test]
fn options_have_a_schema_in_every_group() {
    let catalog = Catalog::built_in();
    for api in ["v1", "apps/v1", "meta.k8s.io/v1"] {
        let schema = catalog.schema(api, "DeleteOptions").expect("options");
        assert!(schema.root().field("gracePeriodSeconds").is_some());
    }
    assert!(catalog.schema("apps/v1", "Pod").is_none());
}
