//! Private names of services: how they are proven, and which endpoints have them.

use wharf_api_ec2::Input;
use wharf_wire::Check;

use super::*;

#[tokio::test]
async fn endpoints_have_the_name_of_a_service_once_it_is_proven() {
    let it = Private::new().await;
    let (me, consumer) = (user(), of_account(CONSUMER));
    let service = it.serve(true).await;
    it.admit(&service, "*").await;
    let unnamed = StartVpcEndpointServicePrivateDnsVerificationRequest {
        service_id: text(&service),
        ..Default::default()
    };
    let ec2 = &it.world.ec2;
    let started = ec2.start_vpc_endpoint_service_private_dns_verification(&me, unnamed);
    assert!(refusal(started.await).contains("does not have a private DNS name"));
    let odd = it.rename(&service, Some("example")).await;
    assert_eq!(
        refusal(odd),
        "InvalidParameter: The private DNS name 'example' is not valid."
    );

    let made = it.connect(&consumer, &service, &["us-east-1a"]).await;
    let id = made.unwrap().vpc_endpoint_id.unwrap();
    let both = (service.as_str(), id.as_str());
    let none = it.private_dns(&consumer, &id, true).await;
    assert!(refusal(none).contains("does not provide a private DNS name"));
    it.rename(&service, Some("API.example.com")).await.unwrap();
    let proof = it.proof(&service).await;
    assert_eq!(proof.state.as_deref(), Some("pendingVerification"));
    assert_eq!(proof.type_.as_deref(), Some("TXT"));
    let (label, value) = (proof.name.unwrap(), proof.value.unwrap());
    let unproven = it.private_dns(&consumer, &id, true).await;
    assert!(refusal(unproven).contains("has not verified the private DNS name"));

    let place = format!("{label}.api.example.com");
    it.texts.say(&place, "vpce:of another");
    assert_eq!(it.verify(&service).await, "failed");
    it.texts.say(&place, &value);
    assert_eq!(it.verify(&service).await, "verified");
    it.rename(&service, Some("api.example.com")).await.unwrap();
    assert_eq!(it.proof(&service).await.state.as_deref(), Some("verified"));
    let early = it.private_dns(&consumer, &id, true).await;
    assert!(refusal(early).contains("after the endpoint connection is accepted"));
    assert!(it.accept(&me, both).await.unwrap().is_empty());
    it.private_dns(&consumer, &id, true).await.unwrap();
    assert!(it.is_named(&id, "api.example.com").await);

    // One endpoint of a VPC has it.
    let second = it.connect(&consumer, &service, &["us-east-1b"]).await;
    let second = second.unwrap().vpc_endpoint_id.unwrap();
    let beside = (service.as_str(), second.as_str());
    assert!(it.accept(&me, beside).await.unwrap().is_empty());
    let taken = it.private_dns(&consumer, &second, true).await;
    assert!(refusal(taken).contains("already a conflicting DNS domain for api.example.com"));

    // Who is rejected loses it at once, and gets it again.
    assert!(it.reject(both).await.is_empty());
    assert!(!it.is_named(&id, "api.example.com").await);
    assert!(it.accept(&me, both).await.unwrap().is_empty());
    until("it has the name again", || async {
        it.is_named(&id, "api.example.com").await
    })
    .await;
    // Unless another one took it meanwhile.
    assert!(it.reject(both).await.is_empty());
    it.private_dns(&consumer, &second, true).await.unwrap();
    assert!(it.accept(&me, both).await.unwrap().is_empty());
    until("somebody answers", || async {
        it.state(&consumer, &id).await == "available"
    })
    .await;
    assert!(!it.is_named(&id, "api.example.com").await);

    // Another name has to be proven, too.
    it.rename(&service, Some("*.example.org")).await.unwrap();
    until("the old name is gone", || async {
        !it.is_named(&second, "api.example.com").await
    })
    .await;
    assert!(!it.is_named(&second, "*.example.org").await);
    let value = it.proof(&service).await.value.unwrap();
    it.texts.say("example.org", &value);
    assert_eq!(it.verify(&service).await, "verified");
    until("the new name is there", || async {
        it.is_named(&second, "*.example.org").await || it.is_named(&id, "*.example.org").await
    })
    .await;
    it.private_dns(&consumer, &second, false).await.unwrap();
    assert!(!it.is_named(&second, "*.example.org").await);
    it.rename(&service, None).await.unwrap();
    until("no name is there", || async {
        !it.is_named(&id, "*.example.org").await
    })
    .await;
}

#[tokio::test]
async fn a_name_that_is_given_up_comes_to_the_endpoint_that_was_without() {
    const NAME: &str = "api.example.com";
    let it = Private::new().await;
    let (me, consumer) = (user(), of_account(CONSUMER));
    let service = it.serve(true).await;
    it.admit(&service, "*").await;
    it.rename(&service, Some(NAME)).await.unwrap();
    it.texts.say(NAME, &it.proof(&service).await.value.unwrap());
    assert_eq!(it.verify(&service).await, "verified");
    let first = it.connect(&consumer, &service, &["us-east-1a"]).await;
    let first = first.unwrap().vpc_endpoint_id.unwrap();
    let second = it.connect(&consumer, &service, &["us-east-1b"]).await;
    let second = second.unwrap().vpc_endpoint_id.unwrap();
    let (first, second) = ((&*service, &*first), (&*service, &*second));
    assert!(it.accept(&me, first).await.unwrap().is_empty());
    it.private_dns(&consumer, first.1, true).await.unwrap();

    // The second one takes the name while the first is rejected.
    let loses = async || {
        assert!(it.reject(first).await.is_empty());
        let accepted = it.accept(&me, second).await.unwrap();
        assert!(accepted.is_empty() || accepted == ["InvalidState"]);
        it.private_dns(&consumer, second.1, true).await.unwrap();
        until("the second has the name", || async {
            it.is_named(second.1, NAME).await
        })
        .await;
        assert!(it.accept(&me, first).await.unwrap().is_empty());
        until("the first is looked at", || async {
            it.state(&consumer, first.1).await == "available"
        })
        .await;
        assert!(!it.is_named(first.1, NAME).await);
    };
    let gets = async || {
        until("the first has the name", || async {
            it.is_named(first.1, NAME).await
        })
        .await;
    };
    loses().await;
    it.private_dns(&consumer, second.1, false).await.unwrap();
    gets().await;
    loses().await;
    assert!(it.reject(second).await.is_empty());
    gets().await;
    loses().await;
    let delete = DeleteVpcEndpointsRequest {
        vpc_endpoint_ids: one(second.1),
        ..Default::default()
    };
    let deleted = it.world.ec2.delete_vpc_endpoints(&consumer, delete).await;
    assert!(codes(deleted.unwrap().unsuccessful).is_empty());
    gets().await;
}

#[tokio::test]
async fn conditions_see_the_private_name_of_a_service() {
    let it = Private::new().await;
    let (me, ec2) = (user(), &it.world.ec2);
    let seen = |checks: Vec<Check>| {
        let (key, resource) = ("ec2:VpceServicePrivateDnsName", ":vpc-endpoint-service/");
        let about = checks.into_iter().find(|it| it.resource.contains(resource));
        about.unwrap().context.get(key).cloned()
    };
    let says = |name: &str| Some(vec![name.to_owned()]);
    for (given, expected) in [
        (Some("API.example.com"), says("api.example.com")),
        (Some(""), None),
        (None, None),
    ] {
        let create = CreateVpcEndpointServiceConfigurationRequest {
            private_dns_name: given.map(str::to_owned),
            ..Default::default()
        };
        let input = Input::CreateVpcEndpointServiceConfiguration(&create);
        let checks = ec2.authorize(&me, input).await.unwrap();
        assert_eq!(seen(checks), expected, "{given:?}");
    }
    let service = it.serve(true).await;
    let change = |given: Option<&str>| ModifyVpcEndpointServiceConfigurationRequest {
        service_id: text(&service),
        private_dns_name: given.map(str::to_owned),
        ..Default::default()
    };
    let (to_other, none) = (change(Some("Other.example.com")), change(None));
    let asked = |i| ec2.authorize(&me, Input::ModifyVpcEndpointServiceConfiguration(i));
    assert_eq!(seen(asked(&none).await.unwrap()), None);
    it.rename(&service, Some("api.example.com")).await.unwrap();
    assert_eq!(seen(asked(&none).await.unwrap()), says("api.example.com"));
    let checks = asked(&to_other).await.unwrap();
    assert_eq!(seen(checks), says("other.example.com"));
}
