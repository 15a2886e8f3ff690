//! User data of an instance that is stopped, changed in both ways of saying it.

use super::*;

impl Cloud {
    /// In base 64.
    async fn user_data(&self, id: &str) -> Option<String> {
        let asked = DescribeInstanceAttributeRequest {
            instance_id: Some(id.to_owned()),
            attribute: Some("userData".to_owned()),
            ..Default::default()
        };
        let shown = self
            .ec2
            .describe_instance_attribute(&self.call(), asked)
            .await;
        shown.unwrap().user_data.unwrap().value
    }
}

/// A client encodes a blob, and what reads the request decodes it; a value by its name is text, which the caller encodes.
#[tokio::test]
async fn user_data_is_a_blob_or_text_in_base_64() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let id = cloud.run().await;
    let told = cloud.placed(&id).await;
    cloud.says(&told, Reported::Running).await;
    cloud.stop(&id).await.unwrap();
    cloud.says(&told, Reported::Stopped).await;
    cloud.becomes(&id, "stopped").await;

    let call = cloud.call();
    let blob = |bytes: &[u8]| ModifyInstanceAttributeRequest {
        instance_id: Some(id.clone()),
        user_data: Some(SecureBlobAttributeValue {
            value: Some(bytes.to_vec()),
        }),
        ..Default::default()
    };
    let by_name = |value: &str| ModifyInstanceAttributeRequest {
        instance_id: Some(id.clone()),
        attribute: Some("userData".to_owned()),
        value: Some(value.to_owned()),
        ..Default::default()
    };
    for (input, kept) in [
        (blob(b"#!/bin/sh"), Some("IyEvYmluL3No")),
        (by_name("c2VjcmV0"), Some("c2VjcmV0")),
        // Text that happens to be base 64 is a script like any other, and bytes need not be text.
        (blob(b"c2VjcmV0"), Some("YzJWamNtVjA=")),
        (blob(&[0x1f, 0x8b, 0xff]), Some("H4v/")),
        (
            ModifyInstanceAttributeRequest {
                user_data: blob(b"secret").user_data,
                ..by_name("c2VjcmV0")
            },
            Some("c2VjcmV0"),
        ),
        (blob(b""), None),
    ] {
        let done = cloud.ec2.modify_instance_attribute(&call, input);
        done.await.unwrap();
        assert_eq!(cloud.user_data(&id).await.as_deref(), kept);
    }
    for (input, code) in [
        (by_name("#!/bin/sh"), "InvalidUserData.Malformed"),
        (blob(&[b'x'; 16 * 1024 + 1]), "InvalidParameterValue"),
        (
            ModifyInstanceAttributeRequest {
                user_data: blob(b"other").user_data,
                ..by_name("c2VjcmV0")
            },
            "InvalidParameterCombination",
        ),
    ] {
        let done = cloud.ec2.modify_instance_attribute(&call, input);
        assert_eq!(done.await.unwrap_err().code, code);
    }
}
