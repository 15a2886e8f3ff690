//! The service over a store, with the real Secrets Manager and IAM's gate: what stock clients do, without
//! them.

mod home;
mod lists;
mod refusals;
mod secrets;

use std::time::Duration;

use home::{Home, get, label, put};
use wharf_api_ssm::{self as api, Ssm as _};
use wharf_testkit::{call, refused, until};

#[tokio::test]
async fn a_parameter_has_versions_and_labels() {
    let home = Home::start();
    let made = home.put("/app/url", "one").await.unwrap();
    assert_eq!(
        (made.version, made.tier.as_deref()),
        (Some(1), Some("Standard"))
    );
    let again = home.put("/app/url", "two").await;
    refused(
        again,
        "ParameterAlreadyExists",
        "The parameter already exists. To overwrite this value, set the overwrite option in the \
         request to true.",
    );
    assert_eq!(home.overwrite("/app/url", "two").await.unwrap(), 2);
    assert_eq!(home.overwrite("/app/url", "three").await.unwrap(), 3);
    label(&home, "/app/url", Some(2), &["prod"]).await.unwrap();
    let arn = "arn:aws:ssm:us-east-1:000000000000:parameter/app/url";
    for (name, value, selector) in [
        ("/app/url", "three", None),
        ("/app/url:1", "one", Some(":1")),
        ("/app/url:prod", "two", Some(":prod")),
        (arn, "three", None),
        (&format!("{arn}:prod"), "two", Some(":prod")),
    ] {
        let found = get(&home, name).await.unwrap();
        assert_eq!(found.value.as_deref(), Some(value), "{name}");
        assert_eq!(found.selector.as_deref(), selector, "{name}");
        assert_eq!(found.name.as_deref(), Some("/app/url"), "{name}");
        assert_eq!(found.arn.as_deref(), Some(arn), "{name}");
    }
    for gone in ["/app/url:4", "/app/url:test"] {
        let code = get(&home, gone).await.unwrap_err().code;
        assert_eq!(code, "ParameterVersionNotFound", "{gone}");
    }
    let history = home.history("/app/url", None).await;
    let history: Vec<_> = history
        .into_iter()
        .map(|it| (it.value.unwrap(), it.labels.unwrap()))
        .collect();
    let expected = [
        ("one", vec![]),
        ("two", vec!["prod".to_owned()]),
        ("three", vec![]),
    ];
    assert_eq!(
        history,
        expected.map(|(value, labels)| (value.to_owned(), labels))
    );
    let paged = home.history("/app/url", Some(1)).await;
    assert_eq!(paged.len(), 3);
}

#[tokio::test]
async fn a_name_without_a_path_has_two_spellings() {
    let home = Home::start();
    home.put("plain", "one").await.unwrap();
    assert_eq!(
        home.put("/plain", "x").await.unwrap_err().code,
        "ParameterAlreadyExists"
    );
    for name in ["plain", "/plain"] {
        let found = get(&home, name).await.unwrap();
        assert_eq!(found.name.as_deref(), Some(name));
        assert_eq!(found.value.as_deref(), Some("one"));
    }
    assert_eq!(home.described(&[]).await, ["plain"]);
    home.delete("/plain").await.unwrap();
    assert_eq!(home.keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_say() {
    let home = Home::start();
    let first = |it: &mut api::PutParameterRequest| {
        it.description = Some("of the shop".to_owned());
        it.allowed_pattern = Some("[0-9]+".to_owned());
        it.type_ = Some("StringList".to_owned());
    };
    put(&home, "/a", "1,2", first).await.unwrap();
    let value_alone = |it: &mut api::PutParameterRequest| {
        it.type_ = None;
        it.overwrite = Some(true);
    };
    let bad = put(&home, "/a", "1,x", value_alone).await;
    refused(
        bad,
        "ParameterPatternMismatchException",
        "Parameter value, cannot be validated against allowedPattern: [0-9]+",
    );
    put(&home, "/a", "3", value_alone).await.unwrap();
    let listed = home.metadata(&[]).await.remove(0);
    assert_eq!(listed.type_.as_deref(), Some("StringList"));
    assert_eq!(listed.description.as_deref(), Some("of the shop"));
    assert_eq!(listed.allowed_pattern.as_deref(), Some("[0-9]+"));
    assert_eq!(listed.version, Some(2));
    assert_eq!(
        listed.last_modified_user.as_deref(),
        Some("arn:aws:iam::000000000000:root")
    );
    assert_eq!(listed.policies, Some(vec![]));
}

#[tokio::test]
async fn the_hundred_and_first_version_takes_the_place_of_the_first() {
    let home = Home::start();
    home.put("/a", "0").await.unwrap();
    for number in 1..100 {
        home.overwrite("/a", &number.to_string()).await.unwrap();
    }
    label(&home, "/a", Some(1), &["kept"]).await.unwrap();
    let code = home.overwrite("/a", "100").await.unwrap_err().code;
    assert_eq!(code, "ParameterMaxVersionLimitExceeded");
    label(&home, "/a", Some(2), &["kept"]).await.unwrap();
    assert_eq!(home.overwrite("/a", "100").await.unwrap(), 101);
    assert_eq!(
        get(&home, "/a:1").await.unwrap_err().code,
        "ParameterVersionNotFound"
    );
    assert_eq!(get(&home, "/a:2").await.unwrap().value.unwrap(), "1");
    // The parameter and its versions.
    assert_eq!(home.keys().await.len(), 101);
    home.delete("/a").await.unwrap();
    assert_eq!(home.keys().await, Vec::<String>::new());
    home.put("/a", "again").await.unwrap();
    assert_eq!(get(&home, "/a").await.unwrap().version, Some(1));
}

#[tokio::test]
async fn an_expired_parameter_is_gone_and_then_deleted() {
    let mut home = Home::start();
    let at = home.in_an_hour();
    let policies =
        format!(r#"[{{"Type":"Expiration","Version":"1.0","Attributes":{{"Timestamp":"{at}"}}}}]"#);
    let expiring = |it: &mut api::PutParameterRequest| {
        it.policies = Some(policies.clone());
        it.tier = Some("Intelligent-Tiering".to_owned());
    };
    let made = put(&home, "/soon", "one", expiring).await.unwrap();
    assert_eq!(made.tier.as_deref(), Some("Advanced"));
    home.put("/stays", "two").await.unwrap();
    let shown = home.metadata(&["/soon"]).await.remove(0).policies.unwrap();
    assert_eq!(shown[0].policy_status.as_deref(), Some("Pending"));
    assert_eq!(shown[0].policy_type.as_deref(), Some("Expiration"));
    home.clock.advance(Duration::from_secs(3601));
    assert_eq!(
        get(&home, "/soon").await.unwrap_err().code,
        "ParameterNotFound"
    );
    assert_eq!(home.described(&[]).await, ["/stays"]);
    assert_eq!(
        home.delete("/soon").await.unwrap_err().code,
        "ParameterNotFound"
    );
    // The timer runs by the machine's clock; a restart makes the reconciler look now.
    home.ssm.restart();
    until("the parameter is deleted", async || {
        home.keys().await.len() == 2
    })
    .await;
    assert_eq!(get(&home, "/stays").await.unwrap().value.unwrap(), "two");
}

#[tokio::test]
async fn policies_are_told_when_they_are_carried_out() {
    let mut home = Home::start();
    let prefix = wharf_records::Scope::service_prefix("ssm");
    let since = home.world.store.revision().await.unwrap();
    let mut watch = home.world.store.watch(prefix, since + 1);
    let mut told = async |count: usize| {
        let mut said = Vec::new();
        while said.len() < count {
            let batch = watch.next().await.unwrap();
            let events: Vec<&wharf_store::Event> = batch.events.iter().collect();
            said.extend((wharf_svc_ssm::ANNOUNCING.of)(
                &events,
                wharf_base::Timestamp(0),
            ));
        }
        said
    };
    let at = home.in_an_hour();
    let policy = |kind: &str, attributes: &str| {
        format!(r#"{{"Type":"{kind}","Version":"1.0","Attributes":{{{attributes}}}}}"#)
    };
    let policies = format!(
        "[{},{},{}]",
        policy("Expiration", &format!(r#""Timestamp":"{at}""#)),
        policy("ExpirationNotification", r#""Before":"2","Unit":"Hours""#),
        policy("NoChangeNotification", r#""After":"1","Unit":"Days""#),
    );
    let expiring = |it: &mut api::PutParameterRequest| {
        it.policies = Some(policies.clone());
        it.tier = Some("Advanced".to_owned());
    };
    put(&home, "/soon", "one", expiring).await.unwrap();
    // The end is less than two hours away, so that notice is due at once.
    let said = told(2).await;
    assert_eq!(said[0].detail_type, "Parameter Store Change");
    assert_eq!(
        (said[1].source, said[1].detail_type),
        ("aws.ssm", "Parameter Store Policy Action")
    );
    assert_eq!(
        said[1].detail,
        serde_json::json!({"parameter-name": "/soon", "policy-type": "ExpirationNotification"})
    );
    assert_eq!(
        said[1].resources,
        ["arn:aws:ssm:us-east-1:000000000000:parameter/soon"]
    );
    let shown = home.metadata(&["/soon"]).await.remove(0).policies.unwrap();
    let status: Vec<_> = shown
        .into_iter()
        .map(|it| it.policy_status.unwrap())
        .collect();
    assert_eq!(status, ["Pending", "Finished", "Pending"]);
    home.clock.advance(Duration::from_secs(3601));
    // The timer runs by the machine's clock; a restart makes the reconciler look now.
    home.ssm.restart();
    let said = told(2).await;
    assert_eq!(said[0].detail["policy-type"], "Expiration");
    assert_eq!(said[1].detail["operation"], "Delete");
}

#[tokio::test]
async fn a_new_parameter_takes_the_place_of_an_expired_one() {
    let home = Home::stopped();
    let at = home.in_an_hour();
    let policies =
        format!(r#"[{{"Type":"Expiration","Version":"1.0","Attributes":{{"Timestamp":"{at}"}}}}]"#);
    let expiring = |it: &mut api::PutParameterRequest| {
        it.policies = Some(policies.clone());
        it.tier = Some("Advanced".to_owned());
    };
    put(&home, "/a", "one", expiring).await.unwrap();
    home.clock.advance(Duration::from_secs(3600));
    let made = home.put("/a", "two").await.unwrap();
    assert_eq!(
        (made.version, made.tier.as_deref()),
        (Some(1), Some("Standard"))
    );
    assert_eq!(home.keys().await.len(), 2);
}

#[tokio::test]
async fn everything_outlives_a_restart() {
    let mut home = Home::start();
    home.put_secret("/a", home::HIDDEN).await.unwrap();
    home.overwrite("/a", "second").await.unwrap();
    label(&home, "/a", Some(1), &["first"]).await.unwrap();
    home.tag("/a", "team", "web").await.unwrap();
    home.set_default_tier("Advanced").await.unwrap();
    home.ssm.restart();
    let first = home.decrypted("/a:first").await.unwrap();
    assert_eq!(first.value.as_deref(), Some(home::HIDDEN));
    assert_eq!(
        home.decrypted("/a").await.unwrap().value.as_deref(),
        Some("second")
    );
    assert_eq!(
        home.tags("/a").await,
        [("team".to_owned(), "web".to_owned())]
    );
    let made = home.put("/b", "x").await.unwrap();
    assert_eq!(made.tier.as_deref(), Some("Advanced"));
}

#[tokio::test]
async fn settings_are_changed_and_reset() {
    let home = Home::start();
    let path = "/ssm/parameter-store/default-parameter-tier";
    let arn = format!("arn:aws:ssm:us-east-1:000000000000:servicesetting{path}");
    let read = async |id: &str| {
        let input = api::GetServiceSettingRequest {
            setting_id: Some(id.to_owned()),
        };
        let got = home.ssm.get_service_setting(&call(), input).await.unwrap();
        let it = got.service_setting.unwrap();
        assert_eq!(it.setting_id.as_deref(), Some(path));
        assert_eq!(it.arn.as_deref(), Some(arn.as_str()));
        (it.setting_value.unwrap(), it.status.unwrap())
    };
    let is = |value: &str, status: &str| (value.to_owned(), status.to_owned());
    assert_eq!(read(path).await, is("Standard", "Default"));
    home.set_default_tier("Intelligent-Tiering").await.unwrap();
    assert_eq!(read(&arn).await, is("Intelligent-Tiering", "Customized"));
    let large = home.put("/large", &"x".repeat(5000)).await.unwrap();
    assert_eq!(large.tier.as_deref(), Some("Advanced"));
    let input = api::ResetServiceSettingRequest {
        setting_id: Some(arn.clone()),
    };
    home.ssm
        .reset_service_setting(&call(), input)
        .await
        .unwrap();
    assert_eq!(read(path).await, is("Standard", "Default"));
    assert_eq!(
        home.set_default_tier("Best").await.unwrap_err().code,
        "ValidationException"
    );
}
