//! Sessions with a second factor, and those for others by name; messages about denials.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::*;

const SERIAL: &str = "arn:aws:iam::000000000000:mfa/phone";

fn at(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

/// The code that the device shows, as RFC 6238 has it.
fn shown(seed: &[u8], now: Timestamp) -> Option<String> {
    let seed = BASE32_NOPAD.decode(seed).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&seed).unwrap();
    mac.update(&(now.millis() / 30_000).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let number = u32::from_be_bytes(digest[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}

impl World {
    /// A device of anna's, enabled; its seed in base 32.
    async fn device(&self) -> Vec<u8> {
        let create = iam::CreateVirtualMFADeviceRequest {
            virtual_mfa_device_name: text("phone"),
            ..Default::default()
        };
        let made = self.iam.create_virtual_mfa_device(&root(), create).await;
        let made = made.unwrap().virtual_mfa_device.unwrap();
        assert_eq!(made.serial_number.as_deref(), Some(SERIAL));
        assert!(made.qr_code_png.unwrap().starts_with(b"\x89PNG\r\n"));
        let seed = made.base32_string_seed.unwrap();
        assert_eq!(seed.len(), 64);
        let enable = |first: Timestamp| iam::EnableMFADeviceRequest {
            user_name: text("anna"),
            serial_number: text(SERIAL),
            authentication_code1: shown(&seed, first),
            authentication_code2: shown(&seed, first + Duration::from_secs(30)),
        };
        let early = enable(NOW - Duration::from_secs(3_600));
        refused(
            self.iam.enable_mfa_device(&root(), early).await,
            "InvalidAuthenticationCode",
            "Authentication code for device is not valid",
        );
        let now = enable(NOW - Duration::from_secs(60));
        self.iam.enable_mfa_device(&root(), now).await.unwrap();
        seed
    }
}

fn session(code: Option<String>) -> GetSessionTokenRequest {
    GetSessionTokenRequest {
        serial_number: text(SERIAL),
        token_code: code,
        ..Default::default()
    }
}

const WRONG: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";

#[tokio::test]
async fn policies_see_the_second_factor() {
    let w = world();
    let rest = r#","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"600"}}"#;
    let anna = w
        .anna(Some(&document(&[statement("Allow", "iam:GetUser", rest)])))
        .await;
    let seed = w.device().await;
    assert!(!w.may(&anna, "anna").await);

    let answer = w
        .sts
        .get_session_token(&anna, session(shown(&seed, NOW)))
        .await;
    let credentials = answer.unwrap().credentials.unwrap();
    let caller = w.identify(&credentials, NOW).await.unwrap();
    assert!(w.may(&by(caller.clone()), "anna").await);
    assert!(w.may(&by_at(caller.clone(), at(599)), "anna").await);
    assert!(!w.may(&by_at(caller, at(600)), "anna").await);
}

#[tokio::test]
async fn a_session_without_it_is_not_for_iam() {
    let w = world();
    let anna = w.anna(Some(&allow("*"))).await;
    let plain = w.sts.get_session_token(&anna, Default::default()).await;
    let plain = w.call(&plain.unwrap().credentials.unwrap()).await;
    let get = iam::GetUserRequest { user_name: None };
    refused(
        w.iam.get_user(&plain, get).await,
        "InvalidClientTokenId",
        "The security token included in the request is invalid",
    );
}

#[tokio::test]
async fn of_sts_a_session_of_a_user_assumes_roles_and_asks_who_it_is_alone() {
    let w = world();
    let anna = w.anna(Some(&allow("*"))).await;
    w.role("deploy", &trust(&aws(ACCOUNT), ""), &allow("*"))
        .await;
    let seed = w.device().await;
    // A second factor opens IAM, and no more of STS.
    for code in [None, shown(&seed, NOW)] {
        let input = match code {
            None => GetSessionTokenRequest::default(),
            code => session(code),
        };
        let answer = w.sts.get_session_token(&anna, input).await;
        let own = w.call(&answer.unwrap().credentials.unwrap()).await;
        let key = GetAccessKeyInfoRequest {
            access_key_id: text("AKIANOSUCHKEYAAAAAAA"),
        };
        refused(
            w.sts.get_access_key_info(&own, key).await,
            "AccessDenied",
            "Cannot call GetAccessKeyInfo with session credentials",
        );
        let message = DecodeAuthorizationMessageRequest {
            encoded_message: text("nonsense"),
        };
        refused(
            w.sts.decode_authorization_message(&own, message).await,
            "AccessDenied",
            "Cannot call DecodeAuthorizationMessage with session credentials",
        );
        refused(
            w.sts.get_federation_token(&own, federated(None)).await,
            "AccessDenied",
            "Cannot call GetFederationToken with session credentials",
        );
        let who = w.sts.get_caller_identity(&own, Default::default()).await;
        assert_eq!(who.unwrap().arn.as_deref(), Some(ANNA));
        w.assume(&own, wanted()).await.unwrap();
        // Other services see the user.
        let vpcs = w.ec2_client();
        let vpcs = wharf_api_ec2::Ec2::describe_vpcs(&*vpcs, &own, Default::default());
        vpcs.await.unwrap();
    }
}

#[tokio::test]
async fn a_code_counts_once_and_guesses_are_bounded() {
    let w = world();
    let anna = w.anna(None).await;
    let seed = w.device().await;
    let ask = async |code, now| {
        let call = by_at(anna.caller.clone(), now);
        w.sts.get_session_token(&call, session(code)).await
    };
    ask(shown(&seed, NOW), NOW).await.unwrap();
    refused(ask(shown(&seed, NOW), NOW).await, "AccessDenied", WRONG);
    let half = "MultiFactorAuthentication failed, must provide both MFA serial number and one time \
                pass code.";
    refused(ask(None, NOW).await, "AccessDenied", half);
    // One was wrong already.
    for _ in 0..9 {
        let wrong = shown(&seed, NOW - Duration::from_secs(600));
        refused(ask(wrong, NOW).await, "AccessDenied", WRONG);
    }
    refused(
        ask(shown(&seed, at(30)), at(30)).await,
        "AccessDenied",
        WRONG,
    );
    ask(shown(&seed, at(3_600)), at(3_600)).await.unwrap();
}

#[tokio::test]
async fn devices_of_others_are_none() {
    let w = world();
    let anna = w.anna(Some(&allow("sts:AssumeRole"))).await;
    let seed = w.device().await;
    let text = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your \
                MFA serial number is valid and associated with this user.";
    let by_root = w
        .sts
        .get_session_token(&root(), session(shown(&seed, NOW)))
        .await;
    refused(by_root, "AccessDenied", text);
    let wanted = GetSessionTokenRequest {
        serial_number: Some(SERIAL.replace("phone", "other")),
        token_code: shown(&seed, NOW),
        ..Default::default()
    };
    refused(
        w.sts.get_session_token(&anna, wanted).await,
        "AccessDenied",
        text,
    );
}

#[tokio::test]
async fn a_role_may_want_it() {
    let w = world();
    let anna = w.anna(Some(&allow("sts:AssumeRole"))).await;
    let seed = w.device().await;
    let condition = r#","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#;
    w.role(
        "deploy",
        &trust(&aws(ACCOUNT), condition),
        &allow("iam:GetUser"),
    )
    .await;
    refused(
        w.assume(&anna, wanted()).await,
        "AccessDenied",
        &denied_to(ANNA),
    );
    let with_code = AssumeRoleRequest {
        serial_number: text(SERIAL),
        token_code: shown(&seed, NOW),
        ..wanted()
    };
    w.assume(&anna, with_code).await.unwrap();
}

#[tokio::test]
async fn a_device_that_was_taken_off_shows_nothing() {
    let w = world();
    let anna = w.anna(None).await;
    let seed = w.device().await;
    let delete = || iam::DeleteVirtualMFADeviceRequest {
        serial_number: text(SERIAL),
    };
    let conflict = w.iam.delete_virtual_mfa_device(&root(), delete()).await;
    refused(
        conflict,
        "DeleteConflict",
        "MFA VirtualDevice in use. Must deactivate first.",
    );
    let off = iam::DeactivateMFADeviceRequest {
        user_name: text("anna"),
        serial_number: text(SERIAL),
    };
    w.iam.deactivate_mfa_device(&root(), off).await.unwrap();
    let answer = w
        .sts
        .get_session_token(&anna, session(shown(&seed, NOW)))
        .await;
    assert_eq!(answer.unwrap_err().code, "AccessDenied");
    w.iam
        .delete_virtual_mfa_device(&root(), delete())
        .await
        .unwrap();
    let stored = w.stored("/").await;
    assert!(!stored.contains("mfa-device"));
}

#[tokio::test]
async fn the_seed_is_in_no_record() {
    let w = world();
    w.anna(None).await;
    let seed = w.device().await;
    let stored = w.stored("/").await;
    assert!(stored.contains("\"phone\""));
    assert!(!stored.contains(std::str::from_utf8(&seed).unwrap()));
}

fn federated(policy: Option<String>) -> GetFederationTokenRequest {
    GetFederationTokenRequest {
        name: text("bob"),
        policy,
        ..Default::default()
    }
}

#[tokio::test]
async fn a_federated_user_may_what_its_maker_and_its_policy_allow() {
    let w = world();
    let both = document(&[
        statement(
            "Allow",
            "sts:GetFederationToken",
            r#","Resource":"arn:aws:sts::*:federated-user/bob""#,
        ),
        statement("Allow", "ec2:DescribeVpcs", r#","Resource":"*""#),
    ]);
    let anna = w.anna(Some(&both)).await;
    let other = GetFederationTokenRequest {
        name: text("eve"),
        ..Default::default()
    };
    assert_eq!(
        w.sts
            .get_federation_token(&anna, other)
            .await
            .unwrap_err()
            .code,
        "AccessDenied"
    );

    let ec2 = w.ec2_client();
    let may = async |policy: Option<String>| {
        let answer = w
            .sts
            .get_federation_token(&anna, federated(policy))
            .await
            .unwrap();
        let who = answer.federated_user.unwrap();
        assert_eq!(
            who.arn.as_deref(),
            Some("arn:aws:sts::000000000000:federated-user/bob")
        );
        assert_eq!(who.federated_user_id.as_deref(), Some("000000000000:bob"));
        let call = w.call(&answer.credentials.unwrap()).await;
        assert_eq!(call.caller.kind, CallerKind::FederatedUser);
        let vpcs = wharf_api_ec2::Ec2::describe_vpcs(&*ec2, &call, Default::default())
            .await
            .is_ok();
        let groups = wharf_api_ec2::Ec2::describe_security_groups(&*ec2, &call, Default::default());
        (vpcs, groups.await.is_ok())
    };
    assert_eq!(may(Some(allow("ec2:*"))).await, (true, false));
    assert_eq!(may(Some(allow("s3:*"))).await, (false, false));
    assert_eq!(may(None).await, (false, false));
}

#[tokio::test]
async fn a_federated_user_ends_with_its_maker_and_makes_no_others() {
    let w = world();
    let anna = w.anna(Some(&allow("*"))).await;
    let answer = w
        .sts
        .get_federation_token(&anna, federated(Some(allow("*"))))
        .await;
    let credentials = answer.unwrap().credentials.unwrap();
    let call = w.call(&credentials).await;
    let text = "Cannot call GetFederationToken with session credentials";
    let again = w.sts.get_federation_token(&call, federated(None)).await;
    refused(again, "AccessDenied", text);
    w.role("deploy", &trust(&aws(ACCOUNT), ""), &allow("*"))
        .await;
    refused(
        w.assume(&call, wanted()).await,
        "AccessDenied",
        "Cannot call AssumeRole with the credentials of a federated user",
    );
    let key = GetAccessKeyInfoRequest {
        access_key_id: super::text("AKIANOSUCHKEYAAAAAAA"),
    };
    refused(
        w.sts.get_access_key_info(&call, key).await,
        "AccessDenied",
        "Cannot call GetAccessKeyInfo with the credentials of a federated user",
    );
    let message = DecodeAuthorizationMessageRequest {
        encoded_message: super::text("nonsense"),
    };
    refused(
        w.sts.decode_authorization_message(&call, message).await,
        "AccessDenied",
        "Cannot call DecodeAuthorizationMessage with the credentials of a federated user",
    );
    let who = w.sts.get_caller_identity(&call, Default::default()).await;
    assert_eq!(who.unwrap().user_id.as_deref(), Some("000000000000:bob"));
    let get = iam::GetUserRequest {
        user_name: super::text("anna"),
    };
    assert_eq!(
        w.iam.get_user(&call, get).await.unwrap_err().code,
        "InvalidClientTokenId"
    );
    let rename = iam::UpdateUserRequest {
        user_name: super::text("anna"),
        new_user_name: super::text("ann"),
        ..Default::default()
    };
    w.iam.update_user(&root(), rename).await.unwrap();
    assert!(matches!(
        w.identify(&credentials, NOW).await,
        Err(IdentifyError::Unknown)
    ));
}

#[tokio::test]
async fn denials_of_ec2_can_be_read_by_their_account() {
    let w = world();
    let deny = statement("Deny", "ec2:*", r#","Resource":"*","Sid":"NotHere""#);
    let anna = w.anna(Some(&document(&[deny]))).await;
    let ec2 = w.ec2_client();
    let denied = wharf_api_ec2::Ec2::describe_vpcs(&*ec2, &anna, Default::default()).await;
    let message = denied.unwrap_err().message;
    let (text, encoded) = message
        .split_once(" Encoded authorization failure message: ")
        .unwrap();
    assert!(
        text.contains("with an explicit deny in an identity-based policy"),
        "{text}"
    );
    assert!(encoded.len() <= 10_240);
    let ask = async |call: &Call| {
        let wanted = DecodeAuthorizationMessageRequest {
            encoded_message: Some(encoded.to_owned()),
        };
        w.sts.decode_authorization_message(call, wanted).await
    };
    let told = ask(&root()).await.unwrap().decoded_message.unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["explicitDeny"], true);
    assert_eq!(
        told["matchedStatements"]["items"][0]["statementId"],
        "NotHere"
    );
    assert_eq!(told["context"]["action"], "ec2:DescribeVpcs");
    assert_eq!(told["context"]["principal"]["arn"], ANNA);

    assert_eq!(ask(&anna).await.unwrap_err().code, "AccessDenied");
    let foreign = wharf_testkit::call_of(Caller::root("111111111111"));
    refused(
        ask(&foreign).await,
        "InvalidAuthorizationMessageException",
        "Message is not valid",
    );
    let late = by_at(Caller::root(ACCOUNT), at(12 * 3_600));
    refused(
        ask(&late).await,
        "InvalidAuthorizationMessageException",
        "Message is not valid",
    );
}
