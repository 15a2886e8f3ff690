//! Texts and shapes of Status objects.

use super::*;
use crate::field::{Errors, Path};

#[test]
fn texts_are_upstreams() {
    let cases = [
        (
            Status::not_found("", "pods", "x"),
            404,
            "NotFound",
            r#"pods "x" not found"#,
        ),
        (
            Status::already_exists("apps", "deployments", "x"),
            409,
            "AlreadyExists",
            r#"deployments.apps "x" already exists"#,
        ),
        (
            Status::conflict("apps", "deployments", "x", MODIFIED),
            409,
            "Conflict",
            r#"Operation cannot be fulfilled on deployments.apps "x": the object has been modified; please apply your changes to the latest version and try again"#,
        ),
        (
            Status::not_allowed(
                "jane",
                "get",
                &Asked {
                    group: "",
                    resource: "pods/log",
                    namespace: "default",
                    name: "x",
                    path: "",
                },
                "",
            ),
            403,
            "Forbidden",
            r#"pods "x" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "default""#,
        ),
        (
            Status::not_allowed(
                "jane",
                "list",
                &Asked {
                    group: "apps",
                    resource: "deployments",
                    ..Asked::default()
                },
                "",
            ),
            403,
            "Forbidden",
            r#"deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps" at the cluster scope"#,
        ),
        (
            Status::not_allowed(
                "system:anonymous",
                "get",
                &Asked {
                    path: "/metrics",
                    ..Asked::default()
                },
                "",
            ),
            403,
            "Forbidden",
            r#"forbidden: User "system:anonymous" cannot get path "/metrics""#,
        ),
        (
            Status::method_not_allowed("", "pods", "PATCH"),
            405,
            "MethodNotAllowed",
            r#"PATCH is not supported on resources of kind "pods""#,
        ),
        (
            Status::too_old(1, 5),
            410,
            "Expired",
            "too old resource version: 1 (5)",
        ),
        (
            Status::internal("oh"),
            500,
            "InternalError",
            "Internal error occurred: oh",
        ),
    ];
    for (status, code, reason, message) in cases {
        assert_eq!(status.code, code, "{message}");
        assert_eq!(status.reason, reason);
        assert_eq!(status.message, message);
        assert_eq!(Status::from_value(&status.to_value()), Some(status));
    }
}

#[test]
fn an_invalid_object_lists_each_error_once_and_every_cause() {
    let mut errors = Errors::new();
    let path = Path::root("spec");
    errors.required(&path.child("a"), "");
    let one = Status::invalid("apps", "Deployment", "x", errors.into_vec());
    assert_eq!(
        one.message,
        r#"Deployment.apps "x" is invalid: spec.a: Required value"#
    );
    let mut errors = Errors::new();
    errors.required(&path.child("a"), "");
    errors.required(&path.child("a"), "");
    errors.invalid(&path.child("b"), 3, "no");
    let many = Status::invalid("", "Pod", "x", errors.into_vec());
    assert_eq!(
        many.message,
        r#"Pod "x" is invalid: [spec.a: Required value, spec.b: Invalid value: 3: no]"#
    );
    assert_eq!(
        many.to_value()["details"],
        json!({"name": "x", "kind": "Pod", "causes": [
            {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.a"},
            {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.a"},
            {"reason": "FieldValueInvalid", "message": "Invalid value: 3: no", "field": "spec.b"},
        ]})
    );
}

#[test]
fn a_deletion_that_left_nothing_is_a_success() {
    assert_eq!(
        Status::deleted("", "configmaps", "x", "u").to_value(),
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
               "details": {"name": "x", "kind": "configmaps", "uid": "u"}})
    );
}
