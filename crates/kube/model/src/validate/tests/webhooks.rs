//! Configurations of admission webhooks.

use serde_json::{Value, json};

use super::{created, with};

fn good() -> Value {
    json!({"webhooks": [{
        "name": "a.example.com",
        "admissionReviewVersions": ["v1", "v1beta1"],
        "sideEffects": "None",
        "clientConfig": {"service": {"name": "s", "namespace": "n", "path": "/a/b"}},
        "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods", "pods/status"]}],
    }]})
}

#[test]
fn webhooks() {
    let cases: [(&str, Value, &[&str]); 19] = [
        (
            "name",
            json!("a.b"),
            &[
                r#"webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots"#,
            ],
        ),
        (
            "admissionReviewVersions",
            json!(["v2"]),
            &[
                r#"webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1"#,
            ],
        ),
        (
            "sideEffects",
            json!(null),
            &["webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun"],
        ),
        (
            "sideEffects",
            json!("Some"),
            &[
                r#"webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun""#,
            ],
        ),
        (
            "failurePolicy",
            json!("Maybe"),
            &[
                r#"webhooks[0].failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore""#,
            ],
        ),
        ("timeoutSeconds", json!(30), &[]),
        (
            "timeoutSeconds",
            json!(31),
            &[
                "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
            ],
        ),
        (
            "clientConfig",
            json!({}),
            &[
                "webhooks[0].clientConfig: Required value: exactly one of url or service is required",
            ],
        ),
        (
            "clientConfig",
            json!({"url": "https://169.254.169.254:8443/a"}),
            &[],
        ),
        (
            "clientConfig",
            json!({"url": "https://a", "service": {"name": "s", "namespace": "n"}}),
            &[
                "webhooks[0].clientConfig: Required value: exactly one of url or service is required",
            ],
        ),
        (
            "clientConfig",
            json!({"url": "https://h:x/"}),
            &[
                r#"webhooks[0].clientConfig.url: Required value: url must be a valid URL: parse "https://h:x/": invalid port ":x" after host; desired format: https://host[/path]"#,
            ],
        ),
        (
            "clientConfig",
            json!({"url": "http://me:you@/?q#f"}),
            &[
                r#"webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]"#,
                r#"webhooks[0].clientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]"#,
                r#"webhooks[0].clientConfig.url: Invalid value: "me:you": user information is not permitted in the URL"#,
                r#"webhooks[0].clientConfig.url: Invalid value: "f": fragments are not permitted in the URL"#,
                r#"webhooks[0].clientConfig.url: Invalid value: "q": query parameters are not permitted in the URL"#,
            ],
        ),
        (
            "clientConfig/service/port",
            json!(0),
            &[
                "webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
            ],
        ),
        (
            "clientConfig/service/path",
            json!("a"),
            &[
                r#"webhooks[0].clientConfig.service.path: Invalid value: "a": must start with a '/'"#,
            ],
        ),
        (
            "clientConfig/service/path",
            json!("/a?b"),
            &[
                r#"webhooks[0].clientConfig.service.path: Invalid value: "/a?b": must be a path of plain characters"#,
            ],
        ),
        (
            "matchConditions",
            json!([{"name": "c", "expression": "true"}]),
            &[
                "webhooks[0].matchConditions: Forbidden: conditions in CEL are not supported by this server",
            ],
        ),
        (
            "rules/0/operations",
            json!(["*", "CREATE"]),
            &[
                r#"webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations"#,
            ],
        ),
        (
            "rules/0/operations",
            json!(["GET"]),
            &[
                r#"webhooks[0].rules[0].operations[0]: Unsupported value: "GET": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE""#,
            ],
        ),
        (
            "rules/0/resources",
            json!(["*", "pods"]),
            &[
                r#"webhooks[0].rules[0].resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources"#,
            ],
        ),
    ];
    for (path, value, expected) in cases {
        let object = with(&good(), &format!("/webhooks/0/{path}"), value);
        let errors = created(
            "admissionregistration.k8s.io/v1",
            "mutatingwebhookconfigurations",
            object,
        );
        assert_eq!(errors, expected, "{path}");
    }
}

#[test]
fn names_of_webhooks_are_their_own() {
    let mut twice = good();
    let first = twice["webhooks"][0].clone();
    twice["webhooks"].as_array_mut().unwrap().push(first);
    let errors = created(
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        twice,
    );
    assert_eq!(
        errors,
        [r#"webhooks[1].name: Duplicate value: "a.example.com""#]
    );
}
