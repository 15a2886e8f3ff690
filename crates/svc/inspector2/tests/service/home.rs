//! The service, with images and a bucket of a test's own.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wharf_api_ecr::types as ecr;
use wharf_api_inspector2::*;
use wharf_base::{Permit, SystemClock, Timestamp};
use wharf_delivery::{Actor, Operations, Request};
use wharf_scan::Advisory;
use wharf_service::Place;
use wharf_svc_inspector2::{
    ImageUse, Images, ImagesError, InUse, Inspector2Service, NamedImage, Parts, Rescan, RunsImages,
    Sbom, SbomFormat, Scanned, Scans, Unit, Used,
};
use wharf_testkit::{World, call};
use wharf_wire::{ByteStream, Call, Check, Fault, async_trait};

pub const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000";

/// Images with findings that are named after them, `0` the worst.
#[derive(Default)]
pub struct Made {
    pub on: Mutex<bool>,
    pub images: Mutex<Vec<(Scanned, usize)>>,
    pub rescan: Mutex<Rescan>,
    pub key: Mutex<Option<String>>,
    /// With which KMS refuses the key.
    pub shut: Mutex<Option<Fault>>,
}

impl Made {
    pub fn add(&self, name: &str, findings: usize) {
        let scanned = Scanned {
            key: name.to_owned(),
            repository: name.to_owned(),
            repository_arn: format!("arn:aws:ecr:us-east-1:000000000000:repository/{name}"),
            digest: "sha256:00".to_owned(),
            tags: vec!["v1".to_owned()],
            last_pull: None,
            last_in_use: Some(Timestamp(500)),
            frequency: "CONTINUOUS_SCAN",
            status: "ACTIVE",
            scanned_at: Some(Timestamp(1000)),
        };
        self.images.lock().push((scanned, findings));
    }
}

impl Made {
    fn open(&self) -> Result<(), ImagesError> {
        match self.shut.lock().clone() {
            Some(refused) => Err(ImagesError::Key(refused)),
            None => Ok(()),
        }
    }
}

fn finding(image: &Scanned, number: usize) -> ecr::EnhancedImageScanFinding {
    let details = ecr::AwsEcrContainerImageDetails {
        repository_name: Some(image.repository.clone()),
        image_hash: Some(image.digest.clone()),
        last_in_use_at: image.last_in_use,
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
        by_use: Option<bool>,
        now: Timestamp,
    ) -> Result<(), ImagesError> {
        let mut it = self.rescan.lock();
        *it = Rescan {
            pushed_days,
            pulled_days: pulled_days.or(it.pulled_days),
            by_use: by_use.unwrap_or(it.by_use),
            updated_at: Some(now),
        };
        Ok(())
    }

    async fn encryption_key(&self, _: &Place) -> Result<Option<String>, ImagesError> {
        Ok(self.key.lock().clone())
    }

    async fn encrypt(&self, _: &Call, _: &Place, key: Option<&str>) -> Result<(), ImagesError> {
        self.open()?;
        *self.key.lock() = key.map(str::to_owned);
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
        self.open()?;
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
        self.open()?;
        Ok(match image.repository.as_str() {
            "gone" => Sbom::Gone,
            "long" => Sbom::TooLong("it is too long".to_owned()),
            name => Sbom::Document(format!("{name} {format:?}").into_bytes()),
        })
    }

    async fn known_of(&self, _: &str, vulnerability: &str) -> Result<Vec<Advisory>, ImagesError> {
        let known = Advisory {
            id: "CVE-2024-1".to_owned(),
            summary: "a summary".to_owned(),
            ..Advisory::default()
        };
        let all = [known].into_iter();
        Ok(all.filter(|it| it.id == vulnerability).collect())
    }

    async fn scans(&self, _: &Place, _: Timestamp) -> Result<Scans, ImagesError> {
        let first = self.images.lock().len() as u64;
        Ok(Scans { first, again: 7 })
    }
}

/// Clusters `a` to `e`, each of which runs whatever is asked for.
#[derive(Default)]
pub struct Everywhere {
    /// How often somebody looked.
    pub counted: AtomicUsize,
}

#[async_trait]
impl RunsImages for Everywhere {
    async fn uses(&self, _: &Place, image: &NamedImage) -> Result<Vec<ImageUse>, Fault> {
        let one = |cluster: &str| ImageUse {
            cluster_arn: format!("arn:aws:ecs:us-east-1:000000000000:cluster/{cluster}"),
            unit: Unit::Task {
                group: image.repository.clone(),
                definition_arn: "web:1".to_owned(),
            },
            running: true,
            last_in_use: Timestamp(1),
        };
        Ok(["c", "a", "e", "b", "d"].map(one).to_vec())
    }

    /// Two run `a`; `b` did of late.
    async fn in_use(&self, _: &Place) -> Result<InUse, Fault> {
        self.counted.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        let mut in_use = InUse::default();
        for (repository, count, last) in [("a", 2, 900), ("b", 0, 700)] {
            let last = Timestamp(last);
            in_use.join(repository, "sha256:00", Used { count, last });
        }
        Ok(in_use)
    }
}

/// S3, with one bucket.
#[derive(Default)]
pub struct Bucket {
    pub files: Mutex<Vec<(Value, Vec<u8>)>>,
    /// With which it refuses files.
    pub refuses: Mutex<Option<Fault>>,
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

pub struct Home {
    _world: World,
    pub images: Arc<Made>,
    pub bucket: Arc<Bucket>,
    pub running: Arc<Everywhere>,
    pub service: Inspector2Service,
}

pub fn home() -> Home {
    let world = World::in_memory();
    let images = Arc::new(Made::default());
    let bucket = Arc::new(Bucket::default());
    let running = Arc::new(Everywhere::default());
    let service = Inspector2Service::new(Parts {
        store: world.store.clone(),
        keyring: world.keyring.clone(),
        images: images.clone(),
        clusters: running.clone(),
        operations: bucket.clone(),
        clock: Arc::new(SystemClock),
    });
    Home {
        _world: world,
        images,
        bucket,
        running,
        service,
    }
}

pub fn equals(value: &str) -> Option<Vec<StringFilter>> {
    Some(vec![StringFilter {
        comparison: Some("EQUALS".to_owned()),
        value: Some(value.to_owned()),
    }])
}

impl Home {
    /// ARNs of all pages.
    pub async fn list(&self, asked: ListFindingsRequest) -> Result<Vec<String>, Fault> {
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

    pub async fn fitting(&self, criteria: FilterCriteria) -> Vec<String> {
        let input = ListFindingsRequest {
            filter_criteria: Some(criteria),
            ..Default::default()
        };
        self.list(input).await.unwrap()
    }

    pub async fn make(
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

impl Home {
    pub fn write_reports(&self) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let stop = CancellationToken::new();
        let run = self
            .service
            .clone()
            .run(wharf_reconcile::Takeover::Replace, stop.clone());
        (stop, tokio::spawn(run))
    }

    pub async fn status(&self, id: Option<&str>) -> GetFindingsReportStatusResponse {
        let report_id = id.map(str::to_owned);
        let input = GetFindingsReportStatusRequest { report_id };
        self.service
            .get_findings_report_status(&call(), input)
            .await
            .unwrap()
    }

    /// The report when it has ended.
    pub async fn ended(
        &self,
        asked: CreateFindingsReportRequest,
    ) -> GetFindingsReportStatusResponse {
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

impl Home {
    pub async fn exported(&self, asked: CreateSbomExportRequest) -> GetSbomExportResponse {
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

pub fn report(format: &str, criteria: Option<FilterCriteria>) -> CreateFindingsReportRequest {
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

pub fn export(format: &str, repository: Option<&str>) -> CreateSbomExportRequest {
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
