//! The one table of services: the contract of each, how it is joined to the gateway, and the loops it
//! runs.
//!
//! A service that nobody else needs is built in its row, or a module of its name where that is long, from the store and
//! whatever else of [`Wiring`] it stands on; those that others hold are fields of [`crate::start::Plane`]. The gateway, the
//! start, the walks over all routes, the generator and the coverage table read this table, so a row is all there is to add.

mod ec2;
mod ecr;
mod eks;
mod logs;
mod served;
mod sns;
mod ssm;
mod wiring;

use std::sync::Arc;

use wharf_reconcile::Takeover;
use wharf_svc_application_autoscaling::{ApplicationAutoscalingService, Parts as ScalingParts};
use wharf_svc_ce::{CeService, Parts as CeParts};
use wharf_svc_cloudwatch::{CloudwatchService, Parts as CloudwatchParts, StoredAlarms};
use wharf_svc_ecr_public::EcrPublicService;
use wharf_svc_eks_auth::EksAuthService;
use wharf_svc_events::{EventsService, Parts as EventsParts};
use wharf_svc_iam::KnownService;
use wharf_svc_inspector2::{Inspector2Service, Parts as InspectorParts};
use wharf_svc_s3::{Parts as S3Parts, S3Service};
use wharf_svc_scheduler::{Parts as SchedulerParts, SchedulerService};
use wharf_svc_sts::StsService;
use wharf_wire::schema::ServiceSchema;

pub use self::served::Links;
pub(crate) use self::{
    served::{Deliveries, Served},
    wiring::Wiring,
};
use crate::{
    accounts::takedown::Takedown,
    balanced::Measured,
    gateway::IamMode,
    inspector::{Findings, ScannedImages},
    pod_roles::PodRoles,
    resources::Resources,
    running_images::RunningImages,
};

/// A service of this installation.
pub struct Row {
    /// What the generator made of its model.
    pub schema: &'static ServiceSchema,
    serve: fn(&Wiring<'_>) -> Served,
}

/// All of them. IAM comes first: a request that names no service is answered in its protocol.
pub static SERVICES: &[Row] = &[
    Row {
        schema: &wharf_api_iam::schema::SERVICE,
        serve: |it| {
            let known = SERVICES.iter().map(|row| KnownService::of(row.schema));
            let service = it.plane.iam.clone().knowing(known);
            let (directory, clock) = (it.plane.directory.clone(), it.clock.clone());
            Served::by(wharf_api_iam::Routes(Arc::new(service)))
                .counted(wharf_svc_iam::COUNTED)
                .sealing(wharf_svc_iam::SEALING)
                .running("last uses of services", |stop| {
                    directory.keep_accesses(clock, stop)
                })
        },
    },
    Row {
        schema: &wharf_api_sts::schema::SERVICE,
        serve: |it| {
            let keys = it.plane.issuer_keys.clone();
            let service = StsService::new(it.plane.directory.clone(), keys);
            let service = service.unchecked(matches!(it.config.iam, IamMode::Off));
            Served::by(wharf_api_sts::Routes(Arc::new(service))).throttled(wharf_svc_sts::RATES)
        },
    },
    Row {
        schema: &wharf_api_ec2::schema::SERVICE,
        serve: ec2::serve,
    },
    Row {
        schema: &wharf_api_ecr::schema::SERVICE,
        serve: ecr::serve,
    },
    Row {
        schema: &wharf_api_ecs::schema::SERVICE,
        serve: |it| {
            let (ecs, looked) = (it.plane.ecs.clone(), it.plane.ecs.clone());
            Served::by(wharf_api_ecs::Routes(Arc::new(ecs.clone())))
                .looking(move |minute| looked.look(minute))
                .throttled(wharf_svc_ecs::RATES)
                .tagged(wharf_svc_ecs::TAGGED)
                .sealing(wharf_svc_ecs::SEALING)
                .announcing(ecs.announcing())
                .running("ECS", |stop| async move { ecs.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_logs::schema::SERVICE,
        serve: logs::serve,
    },
    Row {
        schema: &wharf_api_elbv2::schema::SERVICE,
        serve: |it| {
            let elbv2 = it.plane.elbv2.clone();
            elbv2.calling(it.operations.clone());
            Served::by(wharf_api_elbv2::Routes(Arc::new(elbv2.clone())))
                .throttled(wharf_svc_elbv2::RATES)
                .tagged(wharf_svc_elbv2::TAGGED)
                .counted(wharf_svc_elbv2::COUNTED)
                .sealing(wharf_svc_elbv2::SEALING)
                .running(
                    "load balancing",
                    |stop| async move { elbv2.run(stop).await },
                )
        },
    },
    Row {
        schema: &wharf_api_acm::schema::SERVICE,
        serve: |it| {
            let acm = it.plane.acm.clone();
            Served::by(wharf_api_acm::Routes(Arc::new(acm.clone())))
                .tagged(wharf_svc_acm::TAGGED)
                .sealing(wharf_svc_acm::SEALING)
                .announcing(acm.announcing())
                .running("certificates", |stop| async move { acm.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_cloudtrail::schema::SERVICE,
        serve: |it| {
            let (cloudtrail, recorder) = (it.plane.cloudtrail.clone(), it.plane.recorder.clone());
            cloudtrail.calling(it.operations.clone());
            Served::by(wharf_api_cloudtrail::Routes(Arc::new(cloudtrail.clone())))
                .tagged(wharf_svc_cloudtrail::TAGGED)
                .forever("the audit log", async move { recorder.run().await })
                .forever("the sweep of the audit log", cloudtrail.clone().sweep())
                .forever("the delivery to trails", cloudtrail.deliver())
        },
    },
    Row {
        schema: &wharf_api_wharf::schema::SERVICE,
        serve: |it| {
            let takedown = Takedown {
                accounts: it.control.0.accounts.clone(),
                store: it.data.store.clone(),
                ecs: it.plane.ecs.clone(),
                elb: it.plane.elbv2.clone(),
                s3: it.s3.clone(),
                eks: it.eks.clone(),
                groups: it.plane.groups.clone(),
                ec2: it.plane.ec2.clone(),
            };
            Served::by(wharf_api_wharf::Routes(Arc::new(it.control.clone())))
                .forever("the takedown of closed accounts", takedown.run())
        },
    },
    Row {
        schema: &wharf_api_resourcegroupstaggingapi::schema::SERVICE,
        serve: |it| {
            let (store, keyring) = (it.data.store.clone(), it.data.keyring.clone());
            let service = wharf_svc_resourcegroupstaggingapi::ResourcegroupstaggingapiService::new(
                store,
                keyring,
                it.tagged.clone(),
            );
            Served::by(wharf_api_resourcegroupstaggingapi::Routes(Arc::new(
                service,
            )))
        },
    },
    Row {
        schema: &wharf_api_secretsmanager::schema::SERVICE,
        serve: |it| {
            let secrets = it.plane.secrets.clone();
            secrets.calling(it.operations.clone());
            Served::by(wharf_api_secretsmanager::Routes(Arc::new(secrets.clone())))
                .throttled(wharf_svc_secretsmanager::RATES)
                .tagged(wharf_svc_secretsmanager::TAGGED)
                .counted(wharf_svc_secretsmanager::COUNTED)
                .sealing(wharf_svc_secretsmanager::SEALING)
                .announcing(wharf_svc_secretsmanager::ANNOUNCING)
                .running("secrets", |stop| async move { secrets.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_kms::schema::SERVICE,
        serve: |it| {
            let kms = it.plane.kms.clone();
            Served::by(wharf_api_kms::Routes(Arc::new(kms.clone())))
                .throttled(wharf_svc_kms::RATES)
                .tagged(wharf_svc_kms::TAGGED)
                .counted(wharf_svc_kms::COUNTED)
                .sealing(wharf_svc_kms::SEALING)
                .announcing(wharf_svc_kms::ANNOUNCING)
                .running("keys", |stop| async move { kms.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_ssm::schema::SERVICE,
        serve: ssm::serve,
    },
    Row {
        schema: &wharf_api_sqs::schema::SERVICE,
        serve: |it| {
            let (sqs, looked) = (it.plane.sqs.clone(), it.plane.sqs.clone());
            Served::by(wharf_api_sqs::Routes(Arc::new(sqs.clone())))
                .throttled(wharf_svc_sqs::RATES)
                .tagged(wharf_svc_sqs::TAGGED)
                .sealing(wharf_svc_sqs::SEALING)
                .looking(move |minute| looked.look(minute))
                .running("queues", |stop| async move { sqs.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_sns::schema::SERVICE,
        serve: sns::serve,
    },
    Row {
        schema: &wharf_api_events::schema::SERVICE,
        serve: |it| {
            let events = EventsService::new(EventsParts {
                store: it.data.store.clone(),
                journal: it.data.journal.clone(),
                keyring: it.data.keyring.clone(),
                kms: it.kms(),
                operations: it.operations.clone(),
                egress: it.plane.egress.clone(),
                secrets: Arc::new(it.plane.secrets.clone()),
                log_deliveries: Arc::new(it.plane.logs.clone()),
                sources: it.announcing.clone(),
                clock: it.clock.clone(),
                counters: it.plane.counters.clone(),
                most_waiting: wharf_delivery::MOST_WAITING,
                most_archived: it.config.kept_log_bytes(),
                takeover: Takeover::Replace,
            });
            it.plane.logs.invoking(Arc::new(events.clone()));
            it.destinations.serve(events.clone());
            let counted = events.clone();
            Served::by(wharf_api_events::Routes(Arc::new(events.clone())))
                .tagged(wharf_svc_events::TAGGED)
                .sealing(wharf_svc_events::SEALING)
                .delivering("events", move || counted.deliveries())
                .running("events", |stop| async move { events.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_scheduler::schema::SERVICE,
        serve: |it| {
            let scheduler = SchedulerService::new(SchedulerParts {
                store: it.data.store.clone(),
                keyring: it.data.keyring.clone(),
                kms: it.kms(),
                operations: it.operations.clone(),
                clock: it.clock.clone(),
                counters: it.plane.counters.clone(),
                most_waiting: wharf_delivery::MOST_WAITING,
                takeover: Takeover::Replace,
            });
            let counted = scheduler.clone();
            let _ = it.scheduler.set(scheduler.clone());
            Served::by(wharf_api_scheduler::Routes(Arc::new(scheduler.clone())))
                .tagged(wharf_svc_scheduler::TAGGED)
                .delivering("scheduler", move || counted.deliveries())
                .running("schedules", |stop| async move { scheduler.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_s3::schema::SERVICE,
        serve: |it| {
            let dispatcher = it.plane.dispatcher.clone();
            let s3 = S3Service::new(S3Parts {
                store: it.data.store.clone(),
                keyring: it.data.keyring.clone(),
                wants: it.plane.catalog.wants().clone(),
                journal: it.data.journal.clone(),
                dispatcher,
                kms: it.kms(),
                clock: it.clock.clone(),
                operations: it.operations.clone(),
                takeover: Takeover::Replace,
            });
            let _ = it.s3.set(s3.clone());
            let counted = s3.clone();
            Served::by(wharf_api_s3::Routes(Arc::new(s3.clone())))
                .throttled(wharf_svc_s3::RATES)
                .tagged(wharf_svc_s3::TAGGED)
                .counted(wharf_svc_s3::COUNTED)
                .sealing(wharf_svc_s3::SEALING)
                .announcing(wharf_svc_s3::ANNOUNCING)
                .delivering("s3", move || counted.deliveries())
                .running("objects", |stop| async move { s3.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_inspector2::schema::SERVICE,
        serve: |it| {
            let service = Arc::new(Inspector2Service::new(InspectorParts {
                store: it.data.store.clone(),
                keyring: it.data.keyring.clone(),
                images: Arc::new(ScannedImages(it.plane.catalog.clone())),
                clusters: Arc::new(RunningImages {
                    ecs: it.plane.ecs.clone(),
                    control: it.control.clone(),
                    images: it.plane.task_images.clone(),
                    clock: it.clock.clone(),
                }),
                operations: it.operations.clone(),
                clock: it.clock.clone(),
            }));
            let findings = Findings {
                inspector: Arc::downgrade(&service),
                events: it.destinations.clone(),
            };
            it.plane.catalog.informing(Arc::new(findings));
            Served::by(wharf_api_inspector2::Routes(service.clone()))
                .tagged(wharf_svc_inspector2::TAGGED)
                .running("reports of findings", |stop| async move {
                    (*service).clone().run(Takeover::Replace, stop).await
                })
        },
    },
    Row {
        schema: &wharf_api_ecr_public::schema::SERVICE,
        serve: |it| {
            let service = EcrPublicService::new(it.plane.catalog.clone());
            Served::by(wharf_api_ecr_public::Routes(Arc::new(service)))
                .throttled(wharf_svc_ecr_public::RATES)
                .tagged(wharf_svc_ecr_public::TAGGED)
        },
    },
    Row {
        schema: &wharf_api_cloudwatch::schema::SERVICE,
        serve: |it| {
            let service = CloudwatchService::new(CloudwatchParts {
                store: it.data.store.clone(),
                keyring: it.data.keyring.clone(),
                series: it.data.series.clone(),
                operations: it.operations.clone(),
                scaling: it.scaling.clone(),
                log_events: Arc::new(it.plane.logs.clone()),
                destinations: it.destinations.clone(),
                quotas: it.quotas.clone(),
                clock: it.clock.clone(),
                takeover: Takeover::Replace,
            });
            let counted = service.clone();
            Served::by(wharf_api_cloudwatch::Routes(Arc::new(service.clone())))
                .throttled(wharf_svc_cloudwatch::RATES)
                .tagged(wharf_svc_cloudwatch::TAGGED)
                .counted(wharf_svc_cloudwatch::COUNTED)
                .announcing(wharf_svc_cloudwatch::ANNOUNCING)
                .delivering("cloudwatch", move || counted.deliveries())
                .running("alarms", |stop| async move { service.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_application_autoscaling::schema::SERVICE,
        serve: |it| {
            let service = ApplicationAutoscalingService::new(ScalingParts {
                store: it.data.store.clone(),
                keyring: it.data.keyring.clone(),
                operations: it.operations.clone(),
                alarms: Arc::new(StoredAlarms::new(it.data.store.clone(), it.clock.clone())),
                clock: it.clock.clone(),
                takeover: Takeover::Replace,
            });
            it.scaling.serve(service.clone());
            Served::by(wharf_api_application_autoscaling::Routes(Arc::new(
                service.clone(),
            )))
            .tagged(wharf_svc_application_autoscaling::TAGGED)
            .announcing(wharf_svc_application_autoscaling::ANNOUNCING)
            .running("service auto scaling", |stop| async move {
                service.run(stop).await
            })
        },
    },
    Row {
        schema: &wharf_api_autoscaling::schema::SERVICE,
        serve: |it| {
            let service = it.plane.groups.clone();
            let (changes, store) = (it.plane.group_changes.clone(), it.data.store.clone());
            it.scaling.serve_groups(service.clone());
            let looked = service.clone();
            Served::by(wharf_api_autoscaling::Routes(Arc::new(service.clone())))
                .looking(move |minute| looked.look(minute))
                .tagged(wharf_svc_autoscaling::TAGGED)
                .counted(wharf_svc_autoscaling::COUNTED)
                .sealing(wharf_svc_autoscaling::SEALING)
                .announcing(wharf_svc_autoscaling::ANNOUNCING)
                .running("groups of instances", |stop| async move {
                    service.run(stop).await
                })
                .running("changes of groups", |stop| changes.follow(store, stop))
        },
    },
    Row {
        schema: &wharf_api_ce::schema::SERVICE,
        serve: |it| {
            let service = CeService::new(CeParts {
                store: it.data.store.clone(),
                journal: it.data.journal.clone(),
                keyring: it.data.keyring.clone(),
                prices: it.config.data_dir.join("prices.json"),
                clock: it.clock.clone(),
                balanced: Arc::new(Measured(it.data.series.clone())),
                takeover: Takeover::Replace,
                stride: wharf_svc_ce::STRIDE,
            });
            Served::by(wharf_api_ce::Routes(Arc::new(service.clone())))
                .running("costs", |stop| async move { service.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_eks::schema::SERVICE,
        serve: eks::serve,
    },
    Row {
        schema: &wharf_api_eks_auth::schema::SERVICE,
        serve: |it| {
            let roles = Arc::new(PodRoles {
                directory: it.plane.directory.clone(),
                clock: it.clock.clone(),
            });
            let eks = it.eks.get().expect("the row of EKS is above").clone();
            let service = EksAuthService::new(eks, roles);
            Served::by(wharf_api_eks_auth::Routes(Arc::new(service)))
        },
    },
    Row {
        schema: &wharf_api_efs::schema::SERVICE,
        serve: |it| {
            let efs = it.plane.efs.clone();
            Served::by(wharf_api_efs::Routes(Arc::new(efs.clone())))
                .tagged(wharf_svc_efs::TAGGED)
                .sealing(wharf_svc_efs::SEALING)
                .running("file systems", |stop| async move { efs.run(stop).await })
        },
    },
];

/// Every service of the table, built.
pub(crate) fn serve(wiring: &Wiring<'_>) -> Served {
    let hosts = wiring.plane.hosts.clone();
    let mut all = Served::default().running(MACHINES, |stop| async move { hosts.feed(stop).await });
    for row in SERVICES {
        let served = (row.serve)(wiring);
        all.routes.extend(served.routes);
        all.loops.extend(served.loops);
        all.deliveries.extend(served.deliveries);
        all.looks.extend(served.looks);
        all.rates.extend(served.rates);
        all.links.extend(served.links);
        all.tagged.extend(served.tagged);
        all.counted.extend(served.counted);
        all.sealing.extend(served.sealing);
        all.announcing.extend(served.announcing);
    }
    let _ = wiring.announcing.set(std::mem::take(&mut all.announcing));
    let _ = wiring.sealing.set(std::mem::take(&mut all.sealing));
    let _ = wiring.tagged.set(std::mem::take(&mut all.tagged));
    wiring.operations.serve(&all.routes);
    let counted = std::mem::take(&mut all.counted);
    let home = wiring.config.region.clone();
    let bounded = counted.clone();
    wiring.quotas.say_of_resources(move |service, resource| {
        let counted = bounded.iter().find(|it| it.name == service)?;
        counted.most(resource).map(|it| it as f64)
    });
    let resources = Arc::new(Resources::new(wiring.data.store.clone(), counted, home));
    let (looked, clock) = (resources.clone(), wiring.clock.clone());
    all.looking(move |minute| looked.look(minute))
        .forever("the counts of resources", resources.keep(clock))
}

/// Keeps the machines up to date, for every service that claims room on them.
pub(crate) const MACHINES: &str = "the machines";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_service_has_one_row_that_no_request_can_mistake() {
        let names: BTreeSet<&str> = SERVICES.iter().map(|row| row.schema.name).collect();
        assert_eq!(names.len(), SERVICES.len());
        let addresses = SERVICES.iter().map(|row| {
            let schema = row.schema;
            (
                schema.signing_name,
                schema.api_version,
                schema.target_prefix,
            )
        });
        assert_eq!(addresses.collect::<BTreeSet<_>>().len(), SERVICES.len());
        assert_eq!(SERVICES[0].schema.name, "iam");
    }

    /// But for the installation's own, which is nobody's by a policy of AWS, and for one that gives credentials and nothing else.
    #[test]
    fn who_may_read_everything_may_read_of_each_service() {
        let policy = wharf_iam::managed::find("arn:aws:iam::aws:policy/ReadOnlyAccess").unwrap();
        for schema in SERVICES.iter().map(|it| it.schema) {
            let start = format!("\"{}:", schema.action_prefix);
            let reads = policy.document.contains(&start);
            assert_eq!(
                reads,
                !["wharf", "eks-auth"].contains(&schema.name),
                "{start}"
            );
        }
    }
}
