//! The service in process, over a real store and images of a test's own.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wharf_api_ecr::types as ecr;
use wharf_api_inspector2::*;
use wharf_base::{Permit, SystemClock, Timestamp};
use wharf_delivery::{Actor, Operations, Request};
use wharf_service::Place;
use wharf_svc_inspector2::{
    Images, ImagesError, Inspector2Service, Parts, Rescan, Sbom, SbomFormat, Scanned, Scans,
};
use wharf_testkit::{World, call};
use wharf_wire::{ByteStream, Check, Fault, async_trait};

/// Images with findings that are named after them, `0` the worst.
#[derive(Default)]
struct Made {
    on: Mutex<bool>,
    images: Mutex<Vec<(Scanned, usize)>>,
    rescan: Mutex<Rescan>,
}

impl Made {
    fn add(&self, name: &str, findings: usize) {
        let scanned = Scanned {
            key: name.to_owned(),
            repository: name.to_owned(),
            repository_arn: format!("arn:aws:ecr:us-east-1:000000000000:repository/{name}"),
            digest: "sha256:00".to_owned(),
            tags: vec!["v1".to_owned()],
            last_pull: None,
            frequency: "CONTINUOUS_SCAN",
            status: "ACTIVE",
            scanned_at: Some(Timestamp(1000)),
        };
        self.images.lock().push((scanned, findings));
    }
}

fn finding(image: &Scanned, number: usize) -> ecr::EnhancedImageScanFinding {
    let details = ecr::AwsEcrContainerImageDetails {
        repository_name: Some(image.repository.clone()),
        image_tags: Some(image.tags.clone()),
        ..Default::default()
    };
    ecr::EnhancedImageScanFinding {
        finding_arn: Some(format!("{}-{number:02}", image.repository)),
        title: Some(format!("CVE-{number} - p")),
        severity: Some(["CRITICAL", "HIGH", "LOW"][number % 3].to_owned()),
        status: Some("ACTIVE".to_owned()),
        score: Some(number as f64),
        resources: Some(vec![ecr::Resource {
            id: Some(format!("{}/{}", image.repository_arn, image.digest)),
            type_: Some("AWS_ECR_CONTAINER_IMAGE".to_owned()),
            details: Some(ecr::ResourceDetails {
                aws_ecr_container_image: Some(details),
            }),
            tags: None,
        }]),
        ..Default::default()
    }
}

#[async_trait]
impl Images for Made {
    async fn enabled(&self, _: &Place) -> Result<bool, ImagesError> {
        Ok(*self.on.lock())
    }

    async fn enable(&self, _: &Permit, _: &Place, on: bool) -> Result<(), ImagesError> {
        *self.on.lock() = on;
        Ok(())
    }

    async fn rescan(&self, _: &Place) -> Result<Rescan, ImagesError> {
        Ok(*self.rescan.lock())
    }

    async fn set_rescan(
        &self,
        _: &Permit,
        _: &Place,
        pushed_days: Option<u32>,
        pulled_days: Option<u32>,
        now: Timestamp,
    ) -> Result<(), ImagesError> {
        let mut it = self.rescan.lock();
        *it = Rescan {
            pushed_days,
            pulled_days: pulled_days.or(it.pulled_days),
            updated_at: Some(now),
        };
        Ok(())
    }

    async fn scanned(
        &self,
        _: &Place,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Scanned>, bool), ImagesError> {
        let all = self.images.lock();
        let behind = |it: &&(Scanned, usize)| after.is_none_or(|after| it.0.key.as_str() > after);
        let rest: Vec<Scanned> = all.iter().filter(behind).map(|it| it.0.clone()).collect();
        Ok((
            rest.iter().take(limit).cloned().collect(),
            rest.len() > limit,
        ))
    }

    async fn findings(
        &self,
        _: &Place,
        image: &Scanned,
        from: u64,
        most: usize,
    ) -> Result<(Vec<ecr::EnhancedImageScanFinding>, Option<u64>), ImagesError> {
        let all = self.images.lock();
        let count = all
            .iter()
            .find(|it| it.0.key == image.key)
            .map_or(0, |it| it.1);
        let from = from as usize;
        let end = count.min(from + most);
        let next = (end < count).then_some(end as u64);
        Ok(((from..end).map(|it| finding(image, it)).collect(), next))
    }

    async fn sbom(
        &self,
        _: &Place,
        image: &Scanned,
        format: SbomFormat,
    ) -> Result<Sbom, ImagesError> {
        Ok(match image.repository.as_str() {
            "gone" => Sbom::Gone,
            "long" => Sbom::TooLong("it is too long".to_owned()),
            name => Sbom::Document(format!("{name} {format:?}").into_bytes()),
        })
    }

    async fn scans(&self, _: &Place, _: Timestamp) -> Result<Scans, ImagesError> {
        let first = self.images.lock().len() as u64;
        Ok(Scans { first, again: 7 })
    }
}

/// S3, with one bucket.
#[derive(Default)]
struct Bucket {
    files: Mutex<Vec<(Value, Vec<u8>)>>,
    /// With which it refuses files.
    refuses: Mutex<Option<Fault>>,
}

#[async_trait]
impl Operations for Bucket {
    async fn call(&self, _: &Actor, request: &Request) -> Result<Value, Fault> {
        panic!("{request:?}")
    }

    async fn call_with_body(
        &self,
        actor: &Actor,
        request: &Request,
        body: ByteStream,
    ) -> Result<Value, Fault> {
        let Actor::Service {
            name,
            account,
            source_arn,
        } = actor
        else {
            panic!("{actor:?}")
        };
        let prefix = "arn:aws:inspector2:us-east-1:000000000000:report/";
        assert_eq!(
            (name.as_str(), account.as_str()),
            ("inspector2.amazonaws.com", "000000000000")
        );
        assert!(source_arn.starts_with(prefix), "{source_arn}");
        assert_eq!(
            (&*request.service, &*request.operation),
            ("s3", "PutObject")
        );
        if let Some(fault) = self.refuses.lock().clone() {
            return Err(fault);
        }
        let bytes = body.reader().whole(1 << 20).await.unwrap();
        self.files.lock().push((request.input.clone(), bytes));
        Ok(json!({}))
    }

    async fn may(&self, _: &Actor, _: &str, _: &[Check]) -> Result<(), Fault> {
        panic!("nobody asks")
    }

    async fn may_assume(&self, _: &str, _: &str, _: &str) -> Result<(), Fault> {
        panic!("nobody asks")
    }
}

struct Home {
    _world: World,
    images: Arc<Made>,
    bucket: Arc<Bucket>,
    service: Inspector2Service,
}

fn home() -> Home {
    let world = World::in_memory();
    let images = Arc::new(Made::default());
    let bucket = Arc::new(Bucket::default());
    let service = Inspector2Service::new(Parts {
        store: world.store.clone(),
        keyring: world.keyring.clone(),
        images: images.clone(),
        operations: bucket.clone(),
        clock: Arc::new(SystemClock),
    });
    Home {
        _world: world,
        images,
        bucket,
        service,
    }
}

fn equals(value: &str) -> Option<Vec<StringFilter>> {
    Some(vec![StringFilter {
        comparison: Some("EQUALS".to_owned()),
        value: Some(value.to_owned()),
    }])
}

impl Home {
    /// ARNs of all pages.
    async fn list(&self, asked: ListFindingsRequest) -> Result<Vec<String>, Fault> {
        let (mut all, mut token) = (Vec::new(), asked.next_token.clone());
        loop {
            let input = ListFindingsRequest {
                next_token: token,
                ..asked.clone()
            };
            let page = self.service.list_findings(&call(), input).await?;
            let findings = page.findings.unwrap();
            assert!(
                asked
                    .max_results
                    .is_none_or(|it| findings.len() <= it as usize)
            );
            all.extend(findings.into_iter().filter_map(|it| it.finding_arn));
            token = page.next_token;
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    async fn fitting(&self, criteria: FilterCriteria) -> Vec<String> {
        let input = ListFindingsRequest {
            filter_criteria: Some(criteria),
            ..Default::default()
        };
        self.list(input).await.unwrap()
    }

    async fn make(
        &self,
        name: &str,
        action: &str,
        criteria: FilterCriteria,
    ) -> Result<String, Fault> {
        let input = CreateFilterRequest {
            name: Some(name.to_owned()),
            action: Some(action.to_owned()),
            filter_criteria: Some(criteria),
            tags: Some([("team".to_owned(), "web".to_owned())].into()),
            ..Default::default()
        };
        Ok(self
            .service
            .create_filter(&call(), input)
            .await?
            .arn
            .unwrap())
    }
}

#[tokio::test]
async fn findings_come_page_by_page_each_once() {
    let it = home();
    for (name, findings) in [("a", 3), ("b", 0), ("c", 7), ("d", 1)] {
        it.images.add(name, findings);
    }
    let all = it.list(Default::default()).await.unwrap();
    assert_eq!(all.len(), 11);
    for size in 1..12 {
        let input = ListFindingsRequest {
            max_results: Some(size),
            ..Default::default()
        };
        assert_eq!(it.list(input).await.unwrap(), all, "{size} a page");
    }
    let of_c = FilterCriteria {
        ecr_image_repository_name: equals("c"),
        severity: equals("HIGH"),
        ..Default::default()
    };
    assert_eq!(it.fitting(of_c.clone()).await, ["c-01", "c-04"]);
    let sorted = |order: &str| ListFindingsRequest {
        sort_criteria: Some(SortCriteria {
            field: Some("INSPECTOR_SCORE".to_owned()),
            sort_order: Some(order.to_owned()),
        }),
        filter_criteria: Some(of_c.clone()),
        max_results: Some(1),
        ..Default::default()
    };
    assert_eq!(it.list(sorted("DESC")).await.unwrap(), ["c-04", "c-01"]);
    assert_eq!(it.list(sorted("ASC")).await.unwrap(), ["c-01", "c-04"]);
    let spoilt = ListFindingsRequest {
        next_token: Some("x".to_owned()),
        ..Default::default()
    };
    assert_eq!(
        it.list(spoilt).await.unwrap_err().code,
        "ValidationException"
    );
}

#[tokio::test]
async fn too_many_findings_are_not_sorted() {
    let it = home();
    it.images.add("a", 10_001);
    let sorted = ListFindingsRequest {
        sort_criteria: Some(SortCriteria {
            field: Some("SEVERITY".to_owned()),
            sort_order: Some("DESC".to_owned()),
        }),
        ..Default::default()
    };
    let refused = it.list(sorted).await.unwrap_err();
    assert_eq!(refused.code, "ValidationException");
    assert!(refused.message.contains("cannot be sorted"), "{refused:?}");
}

#[tokio::test]
async fn findings_are_counted_by_repository_page_by_page() {
    let (it, by) = (home(), call());
    for (name, findings) in [("a", 3), ("b", 0), ("c", 7), ("d", 1)] {
        it.images.add(name, findings);
    }
    let mut input = ListFindingAggregationsRequest {
        aggregation_type: Some("REPOSITORY".to_owned()),
        max_results: Some(2),
        ..Default::default()
    };
    let mut found = Vec::new();
    loop {
        let listed = it.service.list_finding_aggregations(&by, input.clone());
        let listed = listed.await.unwrap();
        let shown = listed.responses.unwrap().into_iter();
        let shown = shown.map(|it| it.repository_aggregation.unwrap());
        found.extend(shown.map(|it| {
            let counts = it.severity_counts.unwrap();
            (it.repository.unwrap(), counts.all, counts.critical)
        }));
        input.next_token = listed.next_token;
        if input.next_token.is_none() {
            break;
        }
    }
    let expected = [("c", 7, 3), ("a", 3, 1), ("d", 1, 1)];
    let expected =
        expected.map(|(name, all, critical)| (name.to_owned(), Some(all), Some(critical)));
    assert_eq!(found, expected);
    // Another account has nothing here.
    input.account_ids = equals("111111111111");
    let none = it.service.list_finding_aggregations(&by, input.clone());
    assert_eq!(none.await.unwrap().responses, Some(Vec::new()));
    input.next_token = Some("x".to_owned());
    let spoilt = it.service.list_finding_aggregations(&by, input);
    assert_eq!(spoilt.await.unwrap_err().code, "ValidationException");
}

#[tokio::test]
async fn what_is_said_of_rescans_is_kept() {
    let (it, by) = (home(), call());
    let get = async || {
        let got = it.service.get_configuration(&by, Default::default());
        let ecr = got.await.unwrap().ecr_configuration.unwrap();
        ecr.rescan_duration_state.unwrap()
    };
    assert_eq!(get().await.rescan_duration.as_deref(), Some("LIFETIME"));
    let update = |duration: &str, pulled: Option<&str>| UpdateConfigurationRequest {
        ecr_configuration: Some(EcrConfiguration {
            rescan_duration: Some(duration.to_owned()),
            pull_date_rescan_duration: pulled.map(str::to_owned),
            ..Default::default()
        }),
        ..Default::default()
    };
    for (input, pulled) in [
        (update("DAYS_14", Some("DAYS_7")), Some("DAYS_7")),
        // What is not said stays.
        (update("DAYS_30", None), Some("DAYS_7")),
    ] {
        let wanted = input.ecr_configuration.clone().unwrap().rescan_duration;
        it.service.update_configuration(&by, input).await.unwrap();
        let state = get().await;
        assert_eq!(state.rescan_duration, wanted);
        assert_eq!(state.pull_date_rescan_duration.as_deref(), pulled);
        assert!(state.updated_at.is_some());
    }
    let of_another = UpdateConfigurationRequest {
        account_id: Some("111111111111".to_owned()),
        ..update("LIFETIME", None)
    };
    let refused = it.service.update_configuration(&by, of_another).await;
    assert_eq!(refused.unwrap_err().code, "AccessDeniedException");
}

#[tokio::test]
async fn filters_suppress_findings_as_long_as_they_are_there() {
    let it = home();
    it.images.add("a", 3);
    let low = FilterCriteria {
        severity: equals("LOW"),
        ..Default::default()
    };
    let status = |word| FilterCriteria {
        finding_status: equals(word),
        ..Default::default()
    };
    it.make("seen", "NONE", low.clone()).await.unwrap();
    assert_eq!(it.fitting(status("SUPPRESSED")).await, [""; 0]);
    let arn = it.make("quiet", "SUPPRESS", low.clone()).await.unwrap();
    assert!(
        arn.starts_with("arn:aws:inspector2:us-east-1:000000000000:owner/000000000000/filter/"),
        "{arn}"
    );
    assert_eq!(it.fitting(status("SUPPRESSED")).await, ["a-02"]);
    assert_eq!(it.fitting(status("ACTIVE")).await, ["a-00", "a-01"]);
    let twice = it.make("quiet", "SUPPRESS", low).await.unwrap_err();
    assert_eq!(twice.code, "BadRequestException");

    let update = |name: &str, severity: &str| UpdateFilterRequest {
        filter_arn: Some(arn.clone()),
        name: Some(name.to_owned()),
        filter_criteria: Some(FilterCriteria {
            severity: equals(severity),
            ..Default::default()
        }),
        ..Default::default()
    };
    it.service
        .update_filter(&call(), update("quiet", "HIGH"))
        .await
        .unwrap();
    assert_eq!(it.fitting(status("SUPPRESSED")).await, ["a-01"]);
    let taken = it
        .service
        .update_filter(&call(), update("seen", "HIGH"))
        .await;
    assert_eq!(taken.unwrap_err().code, "BadRequestException");

    let list = |action: Option<&str>| ListFiltersRequest {
        action: action.map(str::to_owned),
        ..Default::default()
    };
    let all = it.service.list_filters(&call(), list(None)).await.unwrap();
    assert_eq!(all.filters.unwrap().len(), 2);
    let listed = it
        .service
        .list_filters(&call(), list(Some("SUPPRESS")))
        .await
        .unwrap();
    let shown = &listed.filters.unwrap()[0];
    assert_eq!(
        (shown.name.as_deref(), shown.arn.as_ref()),
        (Some("quiet"), Some(&arn))
    );
    assert_eq!(shown.criteria.as_ref().unwrap().severity, equals("HIGH"));

    let more = TagResourceRequest {
        resource_arn: Some(arn.clone()),
        tags: Some([("stage".to_owned(), "prod".to_owned())].into()),
    };
    it.service.tag_resource(&call(), more).await.unwrap();
    let gone = UntagResourceRequest {
        resource_arn: Some(arn.clone()),
        tag_keys: Some(vec!["team".to_owned()]),
    };
    it.service.untag_resource(&call(), gone).await.unwrap();
    let of = || ListTagsForResourceRequest {
        resource_arn: Some(arn.clone()),
    };
    let tags = it
        .service
        .list_tags_for_resource(&call(), of())
        .await
        .unwrap()
        .tags;
    assert_eq!(tags, Some([("stage".to_owned(), "prod".to_owned())].into()));

    let delete = || DeleteFilterRequest {
        arn: Some(arn.clone()),
    };
    it.service.delete_filter(&call(), delete()).await.unwrap();
    assert_eq!(it.fitting(status("SUPPRESSED")).await, [""; 0]);
    let again = it
        .service
        .delete_filter(&call(), delete())
        .await
        .unwrap_err();
    assert_eq!(again.code, "ResourceNotFoundException");
    let gone = it.service.list_tags_for_resource(&call(), of()).await;
    assert_eq!(gone.unwrap_err().code, "ResourceNotFoundException");
}

#[tokio::test]
async fn coverage_is_what_is_scanned() {
    let it = home();
    for name in ["a", "b", "c"] {
        it.images.add(name, 1);
    }
    it.images.images.lock()[1].0.status = "UNSUPPORTED_IMAGE";
    let page = |token| ListCoverageRequest {
        max_results: Some(2),
        next_token: token,
        ..Default::default()
    };
    let first = it.service.list_coverage(&call(), page(None)).await.unwrap();
    let rest = it
        .service
        .list_coverage(&call(), page(first.next_token))
        .await
        .unwrap();
    assert_eq!(
        (first.covered_resources.unwrap().len(), rest.next_token),
        (2, None)
    );
    assert_eq!(rest.covered_resources.unwrap().len(), 1);
    let statistics = ListCoverageStatisticsRequest {
        group_by: Some("SCAN_STATUS_CODE".to_owned()),
        ..Default::default()
    };
    let counted = it
        .service
        .list_coverage_statistics(&call(), statistics)
        .await
        .unwrap();
    let mut counts: Vec<_> = counted
        .counts_by_group
        .unwrap()
        .into_iter()
        .map(|it| it.count)
        .collect();
    counts.sort();
    assert_eq!(
        (counted.total_counts, counts),
        (Some(3), vec![Some(1), Some(2)])
    );
}

#[tokio::test]
async fn accounts_are_switched_by_themselves() {
    let it = home();
    let enable = |kinds: &[&str], accounts: &[&str]| EnableRequest {
        resource_types: Some(kinds.iter().map(|it| (*it).to_owned()).collect()),
        account_ids: Some(accounts.iter().map(|it| (*it).to_owned()).collect()),
        client_token: None,
    };
    let refused = it
        .service
        .enable(&call(), enable(&["ECR", "EC2"], &[]))
        .await
        .unwrap_err();
    assert_eq!(refused.code, "ValidationException");
    assert!(!*it.images.on.lock());
    let other = "111111111111";
    let done = it
        .service
        .enable(&call(), enable(&["ECR"], &[other]))
        .await
        .unwrap();
    assert_eq!(done.accounts, Some(Vec::new()));
    assert_eq!(
        done.failed_accounts.unwrap()[0].account_id.as_deref(),
        Some(other)
    );
    assert!(!*it.images.on.lock());
    it.service
        .enable(&call(), enable(&["ECR"], &[]))
        .await
        .unwrap();
    let status = it
        .service
        .batch_get_account_status(&call(), Default::default())
        .await
        .unwrap();
    let state = status.accounts.unwrap()[0].resource_state.clone().unwrap();
    assert_eq!(state.ecr.unwrap().status.as_deref(), Some("ENABLED"));
    assert_eq!(state.ec2.unwrap().status.as_deref(), Some("DISABLED"));
    it.service
        .disable(&call(), Default::default())
        .await
        .unwrap();
    assert!(!*it.images.on.lock());
    let permissions = it
        .service
        .list_account_permissions(&call(), Default::default())
        .await
        .unwrap();
    assert_eq!(permissions.permissions.unwrap().len(), 4);
}

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000";

fn report(format: &str, criteria: Option<FilterCriteria>) -> CreateFindingsReportRequest {
    CreateFindingsReportRequest {
        filter_criteria: criteria,
        report_format: Some(format.to_owned()),
        s3_destination: Some(Destination {
            bucket_name: Some("b".to_owned()),
            key_prefix: Some("below/".to_owned()),
            kms_key_arn: Some(KEY.to_owned()),
            expected_bucket_owner: None,
        }),
    }
}

impl Home {
    fn write_reports(&self) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let stop = CancellationToken::new();
        let run = self
            .service
            .clone()
            .run(wharf_reconcile::Takeover::Replace, stop.clone());
        (stop, tokio::spawn(run))
    }

    async fn status(&self, id: Option<&str>) -> GetFindingsReportStatusResponse {
        let report_id = id.map(str::to_owned);
        let input = GetFindingsReportStatusRequest { report_id };
        self.service
            .get_findings_report_status(&call(), input)
            .await
            .unwrap()
    }

    /// The report when it has ended.
    async fn ended(&self, asked: CreateFindingsReportRequest) -> GetFindingsReportStatusResponse {
        let made = self
            .service
            .create_findings_report(&call(), asked)
            .await
            .unwrap();
        loop {
            let shown = self.status(made.report_id.as_deref()).await;
            if shown.status.as_deref() != Some("IN_PROGRESS") {
                return shown;
            }
            tokio::task::yield_now().await;
        }
    }
}

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

fn export(format: &str, repository: Option<&str>) -> CreateSbomExportRequest {
    let one = |value: &str| ResourceStringFilter {
        comparison: Some("EQUALS".to_owned()),
        value: Some(value.to_owned()),
    };
    CreateSbomExportRequest {
        resource_filter_criteria: repository.map(|it| ResourceFilterCriteria {
            ecr_repository_name: Some(vec![one(it)]),
            ..Default::default()
        }),
        report_format: Some(format.to_owned()),
        s3_destination: report("JSON", None).s3_destination,
    }
}

impl Home {
    async fn exported(&self, asked: CreateSbomExportRequest) -> GetSbomExportResponse {
        let made = self.service.create_sbom_export(&call(), asked).await;
        let report_id = made.unwrap().report_id;
        loop {
            let input = GetSbomExportRequest {
                report_id: report_id.clone(),
            };
            let shown = self.service.get_sbom_export(&call(), input).await.unwrap();
            if shown.status.as_deref() != Some("IN_PROGRESS") {
                return shown;
            }
            tokio::task::yield_now().await;
        }
    }
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
async fn scans_are_what_is_used() {
    let home = home();
    home.images.add("a", 0);
    let ask = async |accounts: &[&str], token: Option<&str>| {
        let account_ids = accounts.iter().map(|it| (*it).to_owned()).collect();
        let input = ListUsageTotalsRequest {
            account_ids: Some(account_ids).filter(|it: &Vec<_>| !it.is_empty()),
            next_token: token.map(str::to_owned),
            max_results: None,
        };
        home.service.list_usage_totals(&call(), input).await
    };
    let totals = ask(&[], None).await.unwrap().totals.unwrap();
    let usage = totals[0].usage.as_ref().unwrap();
    let usage: Vec<_> = usage
        .iter()
        .map(|it| (it.type_.as_deref(), it.total))
        .collect();
    assert_eq!(
        usage,
        [
            (Some("ECR_INITIAL_SCAN"), Some(1.0)),
            (Some("ECR_RESCAN"), Some(7.0))
        ]
    );
    assert_eq!(
        ask(&["000000000000"], None)
            .await
            .unwrap()
            .totals
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        ask(&["111111111111"], None)
            .await
            .unwrap()
            .totals
            .unwrap()
            .len(),
        0
    );
    let odd = ask(&[], Some("x")).await.unwrap_err();
    assert_eq!(odd.code, "ValidationException");
}

#[tokio::test]
async fn details_of_findings() {
    let home = home();
    home.images.add("a", 3);
    home.images.add("b", 1200);
    let get = async |arns: &[&str]| {
        let finding_arns = Some(arns.iter().map(|it| (*it).to_owned()).collect());
        let input = BatchGetFindingDetailsRequest { finding_arns };
        let answer = home
            .service
            .batch_get_finding_details(&call(), input)
            .await
            .unwrap();
        let found = answer.finding_details.unwrap().into_iter();
        let errors = answer.errors.unwrap().into_iter();
        let errors = errors.map(|it| (it.finding_arn.unwrap(), it.error_code.unwrap()));
        (
            found.map(|it| it.finding_arn.unwrap()).collect::<Vec<_>>(),
            errors.collect::<Vec<_>>(),
        )
    };
    let (found, errors) = get(&["b-1100", "a-01", "c-00"]).await;
    assert_eq!(found, ["b-1100", "a-01"]);
    assert_eq!(
        errors,
        [("c-00".to_owned(), "FINDING_DETAILS_NOT_FOUND".to_owned())]
    );
    assert_eq!(get(&[]).await, (vec![], vec![]));
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
