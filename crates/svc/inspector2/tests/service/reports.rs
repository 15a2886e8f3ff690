//! Reports of findings and exports of SBOMs.

use serde_json::{Value, json};
use wharf_api_inspector2::*;
use wharf_testkit::call;
use wharf_wire::Fault;

use crate::home::*;

#[tokio::test]
async fn reports_are_written_into_buckets() {
    let home = home();
    home.images.add("a", 3);
    home.images.add("b", 2);
    let (stop, running) = home.write_reports();
    let of_b = FilterCriteria {
        ecr_image_repository_name: equals("b"),
        ..Default::default()
    };
    for (format, criteria, expected) in [("JSON", None, 5), ("CSV", Some(of_b), 2)] {
        let shown = home.ended(report(format, criteria.clone())).await;
        assert_eq!(shown.status.as_deref(), Some("SUCCEEDED"), "{shown:?}");
        assert_eq!(shown.filter_criteria, criteria);
        let id = shown.report_id.unwrap();
        let (input, bytes) = home.bucket.files.lock().pop().unwrap();
        let name = format!("below/{id}.{}", format.to_ascii_lowercase());
        assert_eq!(
            (&input["Bucket"], &input["Key"]),
            (&json!("b"), &json!(name))
        );
        assert_eq!(
            (&input["ServerSideEncryption"], &input["SSEKMSKeyId"]),
            (&json!("aws:kms"), &json!(KEY))
        );
        let count = match format {
            "JSON" => {
                let value: Value = serde_json::from_slice(&bytes).unwrap();
                value["findings"].as_array().unwrap().len()
            }
            _ => String::from_utf8(bytes).unwrap().lines().count() - 1,
        };
        assert_eq!(count, expected);
        assert_eq!(home.status(None).await.report_id, Some(id));
    }
    let nothing = FilterCriteria {
        ecr_image_repository_name: equals("c"),
        ..Default::default()
    };
    let shown = home.ended(report("CSV", Some(nothing))).await;
    assert_eq!(shown.error_code.as_deref(), Some("NO_FINDINGS_FOUND"));
    for (code, expected) in [
        ("NoSuchBucket", "BUCKET_NOT_FOUND"),
        ("AccessDenied", "INVALID_PERMISSIONS"),
        ("KMS.NotFoundException", "MALFORMED_KMS_KEY"),
        ("PermanentRedirect", "INCOMPATIBLE_BUCKET_REGION"),
    ] {
        *home.bucket.refuses.lock() = Some(Fault::sender(code, 400, "no"));
        let shown = home.ended(report("JSON", None)).await;
        assert_eq!(shown.status.as_deref(), Some("FAILED"));
        assert_eq!(shown.error_code.as_deref(), Some(expected));
        assert_eq!(shown.error_message.as_deref(), Some("no"));
    }
    assert!(home.bucket.files.lock().is_empty());
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn exports_are_a_file_an_image() {
    let home = home();
    for name in ["a", "team/b", "gone"] {
        home.images.add(name, 0);
    }
    let (stop, running) = home.write_reports();
    let shown = home.exported(export("SPDX_2_3", None)).await;
    assert_eq!(shown.status.as_deref(), Some("SUCCEEDED"), "{shown:?}");
    assert_eq!(shown.format.as_deref(), Some("SPDX_2_3"));
    let id = shown.report_id.unwrap();
    let files: Vec<_> = home.bucket.files.lock().drain(..).collect();
    let of = |name: &str| {
        let arn = format!("arn:aws:ecr:us-east-1:000000000000:repository_{name}");
        format!(
            "below/SPDX_2_3_outputs_{id}/account=000000000000/resource=AWS_ECR_CONTAINER_IMAGE/{arn}_sha256:00_SPDX_2_3.json"
        )
    };
    let keys: Vec<_> = files
        .iter()
        .map(|(input, _)| input["Key"].clone())
        .collect();
    assert_eq!(keys, [json!(of("a")), json!(of("team_b"))]);
    assert_eq!(files[1].1, b"team/b Spdx");
    assert_eq!(files[0].0["SSEKMSKeyId"], json!(KEY));
    // Reports of findings know nothing of it, nor it of them.
    let input = GetFindingsReportStatusRequest {
        report_id: Some(id.clone()),
    };
    let other = home
        .service
        .get_findings_report_status(&call(), input)
        .await;
    assert_eq!(other.unwrap_err().code, "ResourceNotFoundException");
    let asked = export("CYCLONEDX_1_4", Some("team/b"));
    let criteria = asked.resource_filter_criteria.clone();
    let shown = home.exported(asked).await;
    assert_eq!(shown.filter_criteria, criteria);
    let files: Vec<_> = home.bucket.files.lock().drain(..).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].1, b"team/b CycloneDx");
    let nothing = home.exported(export("SPDX_2_3", Some("gone"))).await;
    assert_eq!(nothing.error_code.as_deref(), Some("NO_FINDINGS_FOUND"));
    home.images.add("long", 0);
    let long = home.exported(export("SPDX_2_3", Some("long"))).await;
    assert_eq!(long.error_code.as_deref(), Some("INTERNAL_ERROR"));
    assert!(long.error_message.unwrap().contains("it is too long"));
    *home.bucket.refuses.lock() = Some(Fault::sender("NoSuchBucket", 400, "no"));
    let refused = home.exported(export("SPDX_2_3", None)).await;
    assert_eq!(refused.error_code.as_deref(), Some("BUCKET_NOT_FOUND"));
    stop.cancel();
    running.await.unwrap();
    // One at a time, beside one of findings.
    let make = async || {
        home.service
            .create_sbom_export(&call(), export("SPDX_2_3", None))
            .await
    };
    let id = make().await.unwrap().report_id;
    assert_eq!(make().await.unwrap_err().code, "ValidationException");
    let findings = report("JSON", None);
    home.service
        .create_findings_report(&call(), findings)
        .await
        .unwrap();
    let cancel = async || {
        let report_id = id.clone();
        let input = CancelSbomExportRequest { report_id };
        home.service.cancel_sbom_export(&call(), input).await
    };
    cancel().await.unwrap();
    assert_eq!(cancel().await.unwrap_err().code, "ValidationException");
    let mut long = export("SPDX_2_3", None);
    long.s3_destination.as_mut().unwrap().key_prefix = Some("p".repeat(301));
    let long = home.service.create_sbom_export(&call(), long).await;
    assert_eq!(long.unwrap_err().code, "ValidationException");
}

#[tokio::test]
async fn one_report_at_a_time_until_it_is_cancelled() {
    let home = home();
    home.images.add("a", 3);
    let none = GetFindingsReportStatusRequest::default();
    let none = home.service.get_findings_report_status(&call(), none).await;
    assert_eq!(none.unwrap_err().code, "ResourceNotFoundException");
    let make = async |asked| home.service.create_findings_report(&call(), asked).await;
    let cancel = async |id: &str| {
        let report_id = Some(id.to_owned());
        let input = CancelFindingsReportRequest { report_id };
        home.service.cancel_findings_report(&call(), input).await
    };
    // Nobody writes it yet.
    let id = make(report("JSON", None)).await.unwrap().report_id.unwrap();
    let second = make(report("JSON", None)).await.unwrap_err();
    assert_eq!(second.code, "ValidationException");
    cancel(&id).await.unwrap();
    assert_eq!(
        home.status(Some(&id)).await.status.as_deref(),
        Some("CANCELLED")
    );
    assert_eq!(cancel(&id).await.unwrap_err().code, "ValidationException");
    assert_eq!(
        cancel("00000000-0000-0000-0000-000000000000")
            .await
            .unwrap_err()
            .code,
        "ResourceNotFoundException"
    );
    let of_others = GetFindingsReportStatusRequest {
        report_id: Some("00000000-0000-0000-0000-000000000000".to_owned()),
    };
    let of_others = home
        .service
        .get_findings_report_status(&call(), of_others)
        .await;
    assert_eq!(of_others.unwrap_err().code, "ResourceNotFoundException");
    // What is cancelled is not written.
    let (stop, running) = home.write_reports();
    let shown = home.ended(report("CSV", None)).await;
    assert_eq!(shown.status.as_deref(), Some("SUCCEEDED"));
    assert_eq!(home.bucket.files.lock().len(), 1);
    assert_eq!(
        home.status(Some(&id)).await.status.as_deref(),
        Some("CANCELLED")
    );
    stop.cancel();
    running.await.unwrap();
    // What is no destination.
    let to = |change: &dyn Fn(&mut Destination)| {
        let mut asked = report("JSON", None);
        change(asked.s3_destination.as_mut().unwrap());
        asked
    };
    for bad in [
        to(&|it| it.bucket_name = Some(String::new())),
        to(&|it| it.kms_key_arn = Some("alias/x".to_owned())),
        to(&|it| it.key_prefix = Some("p".repeat(901))),
    ] {
        assert_eq!(make(bad).await.unwrap_err().code, "ValidationException");
    }
}
