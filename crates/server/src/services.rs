//! The one table of services: the contract of each, how it is joined to the gateway, and the loops it
//! runs.
//!
//! A service that nobody else needs is built in its row, from the store and whatever else of
//! [`Wiring`] it stands on; those that others hold are fields of [`Plane`]. The gateway, the start, the
//! walks over all routes, the generator and the coverage table read this table, so a row is all there is
//! to add.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
};

use tokio_util::sync::CancellationToken;
use wharf_base::Clock;
use wharf_reconcile::Takeover;
use wharf_service::{Sealing, Tagged, announce::Announce, rates::Rates};
use wharf_svc_application_autoscaling::{ApplicationAutoscalingService, Parts as ScalingParts};
use wharf_svc_ce::{CeService, Parts as CeParts};
use wharf_svc_cloudwatch::{CloudwatchService, Parts as CloudwatchParts};
use wharf_svc_ecr::EcrService;
use wharf_svc_ecr_public::EcrPublicService;
use wharf_svc_ecs_exec::ssm::SessionManager;
use wharf_svc_eks::{EksService, Parts as EksParts};
use wharf_svc_eks_auth::EksAuthService;
use wharf_svc_events::{EventsService, Parts as EventsParts};
use wharf_svc_iam::KnownService;
use wharf_svc_inspector2::{Inspector2Service, Parts as InspectorParts};
use wharf_svc_s3::{Parts as S3Parts, S3Service};
use wharf_svc_scheduler::{Parts as SchedulerParts, SchedulerService};
use wharf_svc_sns::{Parts as SnsParts, SnsService};
use wharf_svc_ssm::{Facts, Parts as SsmParts, SsmService};
use wharf_svc_sts::StsService;
use wharf_vended::{Look, Minute};
use wharf_wire::{Service, schema::ServiceSchema};

use crate::{
    accounts::takedown::Takedown,
    alarmed_scaling::AlarmedScaling,
    balanced::Measured,
    by_name::ByName,
    control::Control,
    destinations::Destinations,
    dropped_logs::DroppedLogs,
    gateway::{IamMode, throttle::OfServices},
    images,
    inspector::ScannedImages,
    kube::{self, Clusters, Settings as ClusterSettings},
    names,
    pod_roles::PodRoles,
    principals::Principals,
    start::{Data, Plane, ServerConfig},
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
        serve: |it| {
            let images = EcrService::new(it.plane.catalog.clone());
            it.plane
                .ec2
                .images_from(Arc::new(wharf_api_ecr::Client::new(
                    Arc::new(images),
                    it.plane.dispatcher.clone(),
                )));
            it.plane.ec2.calling(it.operations.clone());
            let (ec2, looked) = (it.plane.ec2.clone(), it.plane.ec2.clone());
            Served::by(wharf_api_ec2::Routes(Arc::new(ec2.clone())))
                .looking(move |minute| looked.look(minute))
                .throttled(wharf_svc_ec2::RATES)
                .tagged(wharf_svc_ec2::TAGGED)
                .sealing(wharf_svc_ec2::SEALING)
                .announcing(wharf_svc_ec2::ANNOUNCING)
                .running("instances", |stop| async move { ec2.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_ecr::schema::SERVICE,
        serve: |it| {
            let (catalog, clock) = (it.plane.catalog.clone(), it.clock.clone());
            catalog.calling(it.operations.clone());
            catalog.asking(it.plane.dispatcher.clone());
            let service = EcrService::new(catalog.clone());
            let (scanning, signing) = (catalog.clone(), catalog.clone());
            let (dispatcher, told) = (it.plane.dispatcher.clone(), clock.clone());
            let replication = images::replicate(catalog.clone(), dispatcher, told);
            let scrubbing = images::scrub(catalog.clone(), it.config.scrub_every);
            Served::by(wharf_api_ecr::Routes(Arc::new(service)))
                .running("scans of images", |stop| async move {
                    scanning.scan(stop).await
                })
                .running("signatures of images", |stop| async move {
                    signing.sign(stop).await
                })
                .throttled(wharf_svc_ecr::RATES)
                .tagged(wharf_svc_ecr::TAGGED)
                .announcing(wharf_svc_ecr::ANNOUNCING)
                .forever("the upkeep of layers", images::keep_up(catalog.clone()))
                .forever("the scrubbing of blobs", scrubbing)
                .forever(
                    "the archive of images",
                    images::restore(catalog.clone(), clock.clone()),
                )
                .forever("the replication of images", replication)
                .forever("the lifecycle of images", images::expire(catalog, clock))
        },
    },
    Row {
        schema: &wharf_api_ecs::schema::SERVICE,
        serve: |it| {
            let ecs = it.plane.ecs.clone();
            Served::by(wharf_api_ecs::Routes(Arc::new(ecs.clone())))
                .throttled(wharf_svc_ecs::RATES)
                .tagged(wharf_svc_ecs::TAGGED)
                .sealing(wharf_svc_ecs::SEALING)
                .announcing(ecs.announcing())
                .running("ECS", |stop| async move { ecs.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_logs::schema::SERVICE,
        serve: |it| {
            let (logs, sweeper) = (it.plane.logs.clone(), it.plane.logs.clone());
            logs.calling(it.operations.clone());
            let clock = it.clock.clone();
            let dropped = DroppedLogs {
                logs: logs.clone(),
                dispatcher: it.plane.dispatcher.clone(),
                clock: clock.clone(),
                account: it.config.account.clone(),
                region: it.config.region.clone(),
            };
            Served::by(wharf_api_logs::Routes(Arc::new(logs.clone())))
                .throttled(wharf_svc_logs::RATES)
                .tagged(wharf_svc_logs::TAGGED)
                .forever(
                    "the sweep of logs",
                    async move { sweeper.sweep(clock).await },
                )
                .forever("the bounds of logs", logs.clone().keep_within_bounds())
                .running("subscriptions of logs", {
                    let (logs, clock) = (logs.clone(), it.clock.clone());
                    |stop| async move { logs.deliver(clock, stop).await }
                })
                .running("field indexes of logs", {
                    let logs = logs.clone();
                    |stop| async move { logs.index_fields(stop).await }
                })
                .running("exports of logs", {
                    let (logs, clock) = (logs.clone(), it.clock.clone());
                    |stop| async move { logs.work(clock, Takeover::Replace, stop).await }
                })
                .forever(
                    "the metrics of logs",
                    logs.keep_sending_defaults(it.clock.clone()),
                )
                .forever("the word of dropped logs", dropped.tell())
        },
    },
    Row {
        schema: &wharf_api_elbv2::schema::SERVICE,
        serve: |it| {
            let elbv2 = it.plane.elbv2.clone();
            Served::by(wharf_api_elbv2::Routes(Arc::new(elbv2.clone())))
                .throttled(wharf_svc_elbv2::RATES)
                .tagged(wharf_svc_elbv2::TAGGED)
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
            Served::by(wharf_api_cloudtrail::Routes(Arc::new(cloudtrail.clone())))
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
                .tagged(wharf_svc_kms::TAGGED)
                .sealing(wharf_svc_kms::SEALING)
                .announcing(wharf_svc_kms::ANNOUNCING)
                .running("keys", |stop| async move { kms.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_ssm::schema::SERVICE,
        serve: |it| {
            let (secrets, dispatcher) = (it.plane.secrets.clone(), it.plane.dispatcher.clone());
            let kms = Arc::new(it.plane.kms.clone());
            let ssm = SsmService::new(SsmParts {
                store: it.data.store.clone(),
                keyring: it.data.keyring.clone(),
                secrets: Arc::new(wharf_api_secretsmanager::Client::new(
                    Arc::new(secrets),
                    dispatcher,
                )),
                kms: Arc::new(wharf_api_kms::Client::new(kms, it.plane.dispatcher.clone())),
                sessions: Arc::new(SessionManager(it.plane.ecs.sessions())),
                facts: facts(),
                clock: it.clock.clone(),
                takeover: Takeover::Replace,
            });
            Served::by(wharf_api_ssm::Routes(Arc::new(ssm.clone())))
                .tagged(wharf_svc_ssm::TAGGED)
                .sealing(wharf_svc_ssm::SEALING)
                .announcing(wharf_svc_ssm::ANNOUNCING)
                .running("parameters", |stop| async move { ssm.run(stop).await })
        },
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
        serve: |it| {
            let sns = SnsService::new(SnsParts {
                store: it.data.store.clone(),
                keyring: it.data.keyring.clone(),
                kms: Arc::new(wharf_api_kms::Client::new(
                    Arc::new(it.plane.kms.clone()),
                    it.plane.dispatcher.clone(),
                )),
                own_kms: Arc::new(it.plane.kms.clone()),
                mailer: it.config.mailer.clone(),
                operations: it.operations.clone(),
                egress: it.plane.egress.clone(),
                address: it.config.endpoint(),
                signer: it.plane.signer.clone(),
                clock: it.clock.clone(),
                counters: it.plane.counters.clone(),
                takeover: Takeover::Replace,
            });
            let counted = sns.clone();
            Served::by(wharf_api_sns::Routes(Arc::new(sns.clone())))
                .linked(wharf_svc_sns::LINKS)
                .tagged(wharf_svc_sns::TAGGED)
                .sealing(wharf_svc_sns::SEALING)
                .delivering("sns", move || counted.deliveries())
                .running("topics", |stop| async move { sns.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_events::schema::SERVICE,
        serve: |it| {
            let events = EventsService::new(EventsParts {
                store: it.data.store.clone(),
                journal: it.data.journal.clone(),
                keyring: it.data.keyring.clone(),
                operations: it.operations.clone(),
                egress: it.plane.egress.clone(),
                secrets: Arc::new(it.plane.secrets.clone()),
                sources: it.announcing.clone(),
                clock: it.clock.clone(),
                counters: it.plane.counters.clone(),
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
                operations: it.operations.clone(),
                clock: it.clock.clone(),
                counters: it.plane.counters.clone(),
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
            let (kms, dispatcher) = (it.plane.kms.clone(), it.plane.dispatcher.clone());
            let s3 = S3Service::new(S3Parts {
                store: it.data.store.clone(),
                keyring: it.data.keyring.clone(),
                wants: it.plane.catalog.wants().clone(),
                journal: it.data.journal.clone(),
                dispatcher: dispatcher.clone(),
                kms: Arc::new(wharf_api_kms::Client::new(Arc::new(kms), dispatcher)),
                clock: it.clock.clone(),
                operations: it.operations.clone(),
                takeover: Takeover::Replace,
            });
            let _ = it.s3.set(s3.clone());
            let counted = s3.clone();
            Served::by(wharf_api_s3::Routes(Arc::new(s3.clone())))
                .throttled(wharf_svc_s3::RATES)
                .tagged(wharf_svc_s3::TAGGED)
                .sealing(wharf_svc_s3::SEALING)
                .announcing(wharf_svc_s3::ANNOUNCING)
                .delivering("s3", move || counted.deliveries())
                .running("objects", |stop| async move { s3.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_inspector2::schema::SERVICE,
        serve: |it| {
            let service = Inspector2Service::new(InspectorParts {
                store: it.data.store.clone(),
                keyring: it.data.keyring.clone(),
                images: Arc::new(ScannedImages(it.plane.catalog.clone())),
                operations: it.operations.clone(),
                clock: it.clock.clone(),
            });
            Served::by(wharf_api_inspector2::Routes(Arc::new(service.clone())))
                .tagged(wharf_svc_inspector2::TAGGED)
                .running("reports of findings", |stop| async move {
                    service.run(Takeover::Replace, stop).await
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
                clock: it.clock.clone(),
                takeover: Takeover::Replace,
            });
            let counted = service.clone();
            Served::by(wharf_api_cloudwatch::Routes(Arc::new(service.clone())))
                .throttled(wharf_svc_cloudwatch::RATES)
                .tagged(wharf_svc_cloudwatch::TAGGED)
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
                clock: it.clock.clone(),
                takeover: Takeover::Replace,
            });
            it.scaling.serve(service.clone());
            Served::by(wharf_api_application_autoscaling::Routes(Arc::new(
                service.clone(),
            )))
            .tagged(wharf_svc_application_autoscaling::TAGGED)
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
            });
            Served::by(wharf_api_ce::Routes(Arc::new(service.clone())))
                .running("costs", |stop| async move { service.run(stop).await })
        },
    },
    Row {
        schema: &wharf_api_eks::schema::SERVICE,
        serve: |it| {
            let ec2: Arc<dyn wharf_api_ec2::Ec2> = Arc::new(wharf_api_ec2::Client::new(
                Arc::new(it.plane.ec2.clone()),
                it.plane.dispatcher.clone(),
            ));
            let dispatcher = &it.plane.dispatcher;
            let elb = Arc::new(it.plane.elbv2.clone());
            let acm = Arc::new(it.plane.acm.clone());
            let logs = Arc::new(it.plane.logs.clone());
            let logs = Arc::new(wharf_api_logs::Client::new(logs, dispatcher.clone()));
            let logs = wharf_log_writer::Writer::new(kube::logs::KIND, logs, it.clock.clone());
            let autoscaling = Arc::new(it.plane.groups.clone());
            let iam = Arc::new(it.plane.iam.clone());
            let group_changes = it.plane.group_changes.listen();
            let clusters = Clusters::new(ClusterSettings {
                store: it.data.store.clone(),
                ec2: ec2.clone(),
                machines: it.plane.ec2.clone(),
                dispatcher: dispatcher.clone(),
                elb: Arc::new(wharf_api_elbv2::Client::new(elb, dispatcher.clone())),
                acm: Arc::new(wharf_api_acm::Client::new(acm, dispatcher.clone())),
                efs: it.plane.efs.clone(),
                directory: it.plane.directory.clone(),
                clock: it.clock.clone(),
                listen: it.config.listen.clone(),
                host: names::of_clusters(it.config),
                reached: names::for_nodes(it.config),
                names: names::of_certificate(it.config),
                connections: it.plane.connections.clone(),
                logs: logs.clone(),
                keys: it.plane.issuer_keys.clone(),
                issuers: it.plane.issuers.clone(),
            });
            let eks = EksService::new(EksParts {
                store: it.data.store.clone(),
                keyring: it.data.keyring.clone(),
                ec2,
                autoscaling: Arc::new(wharf_api_autoscaling::Client::new(
                    autoscaling,
                    dispatcher.clone(),
                )),
                iam: Arc::new(wharf_api_iam::Client::new(iam, dispatcher.clone())),
                principals: Arc::new(Principals {
                    directory: it.plane.directory.clone(),
                    clock: it.clock.clone(),
                }),
                control_planes: clusters.clone(),
                clock: it.clock.clone(),
                takeover: Takeover::Replace,
            });
            clusters.entered_by(eks.clone());
            let _ = it.eks.set(eks.clone());
            let followed = eks.clone();
            Served::by(wharf_api_eks::Routes(Arc::new(eks.clone())))
                .tagged(wharf_svc_eks::TAGGED)
                .sealing(wharf_svc_eks::SEALING)
                .running(
                    "logs of clusters",
                    |stop| async move { logs.run(stop).await },
                )
                .running("groups of nodes", |stop| async move {
                    let place_of = |it: wharf_svc_ecs::Place| wharf_service::Place {
                        account: it.account,
                        region: it.region,
                    };
                    followed.follow_groups(group_changes, place_of, stop).await;
                })
                .running("clusters of Kubernetes", |stop| async move {
                    eks.run(stop).await;
                    clusters.end().await;
                })
        },
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

/// What services are built from.
pub(crate) struct Wiring<'a> {
    pub config: &'a ServerConfig,
    pub clock: &'a Arc<dyn Clock>,
    pub control: &'a Control,
    pub data: &'a Data,
    pub plane: &'a Plane,
    /// The resources of all services that have tags, once all are built.
    pub tagged: Arc<OnceLock<Vec<Tagged>>>,
    /// Whose records hold sealed secrets, once all are built.
    pub sealing: Arc<OnceLock<Vec<Sealing>>>,
    /// What all services announce, once all are built.
    pub announcing: Arc<OnceLock<Vec<Arc<dyn Announce>>>>,
    /// For the gateway, which answers pages of other sites by the rules of buckets, and for closed accounts.
    pub s3: Arc<OnceLock<S3Service>>,
    /// For its other API, and for closed accounts.
    pub eks: Arc<OnceLock<EksService>>,
    /// For metrics.
    pub scheduler: Arc<OnceLock<SchedulerService>>,
    /// Their operations, once all are built.
    pub operations: Arc<ByName>,
    /// What alarms scale, once all are built.
    pub scaling: Arc<AlarmedScaling>,
    /// Where metric streams lead, once all are built.
    pub destinations: Arc<Destinations>,
}

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Work that a service does for as long as the server runs.
pub(crate) struct Loop {
    pub name: &'static str,
    /// Ends once it is told to.
    pub run: Box<dyn FnOnce(CancellationToken) -> Running + Send>,
}

/// Operations of a service that links ask for.
#[derive(Debug, Clone, Copy)]
pub struct Links {
    /// As requests are signed for it.
    pub service: &'static str,
    pub operations: &'static [&'static str],
}

/// A service that is ready.
#[derive(Default)]
pub(crate) struct Served {
    pub routes: Vec<Arc<dyn Service>>,
    pub loops: Vec<Loop>,
    /// How what it owes to others is delivered, for metrics.
    pub deliveries: Vec<Deliveries>,
    /// What is looked at once a minute, for CloudWatch.
    pub looks: Vec<Look>,
    /// How many requests they take.
    pub rates: OfServices,
    /// Which operations are asked for by links.
    pub links: Vec<Links>,
    tagged: Vec<Tagged>,
    sealing: Vec<Sealing>,
    announcing: Vec<Arc<dyn Announce>>,
}

/// A service that delivers, and how that goes.
pub(crate) type Deliveries = (
    &'static str,
    Box<dyn Fn() -> wharf_delivery::Figures + Send + Sync>,
);

impl Served {
    /// Answers by these routes.
    pub fn by(routes: impl Service + 'static) -> Self {
        Self {
            routes: vec![Arc::new(routes)],
            ..Self::default()
        }
    }

    /// Takes so many requests instead of the usual number.
    pub fn throttled(mut self, rates: Rates) -> Self {
        let names = self.routes.iter().map(|it| it.schema().name);
        self.rates.extend(names.map(|name| (name, rates)));
        self
    }

    /// Has operations that links ask for, in what the service sends. A secret in the link says who may, and the
    /// operation looks at it.
    pub fn linked(mut self, operations: &'static [&'static str]) -> Self {
        let names = self.routes.iter().map(|it| it.schema().signing_name);
        self.links.extend(names.map(|service| Links {
            service,
            operations,
        }));
        self
    }

    /// Has resources with tags, for the tagging API.
    pub fn tagged(mut self, tagged: Tagged) -> Self {
        self.tagged.push(tagged);
        self
    }

    /// Has secrets in its records that are sealed under the keyring, for its rotation.
    pub fn sealing(mut self, sealing: Sealing) -> Self {
        self.sealing.push(sealing);
        self
    }

    /// Announces changes of its records, for EventBridge.
    pub fn announcing(mut self, announcing: impl Announce) -> Self {
        self.announcing.push(Arc::new(announcing));
        self
    }

    /// Delivers to others, for metrics.
    pub fn delivering(
        mut self,
        name: &'static str,
        figures: impl Fn() -> wharf_delivery::Figures + Send + Sync + 'static,
    ) -> Self {
        self.deliveries.push((name, Box::new(figures)));
        self
    }

    /// Looks at what it has once a minute, for CloudWatch.
    pub fn looking(mut self, look: impl Fn(&Minute<'_>) + Send + Sync + 'static) -> Self {
        self.looks.push(Box::new(look));
        self
    }

    /// Runs a loop that ends when it is told to.
    pub fn running<F>(
        mut self,
        name: &'static str,
        run: impl FnOnce(CancellationToken) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.loops.push(Loop {
            name,
            run: Box::new(|stop| Box::pin(run(stop))),
        });
        self
    }

    /// Runs a loop that never ends by itself, and is dropped at the end.
    pub fn forever(
        self,
        name: &'static str,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.running(name, |stop| async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = work => {}
            }
        })
    }
}

/// Keeps the machines up to date, for every service that claims room on them.
pub(crate) const MACHINES: &str = "the machines";

/// What public parameters say of this installation.
fn facts() -> Facts {
    let schemas = SERVICES.iter().map(|row| row.schema);
    // AWS's name for both generations of load balancers; `wharf` is no service of AWS.
    let name = |schema: &ServiceSchema| match schema.name {
        "elbv2" => "elb",
        name => name,
    };
    let aws = schemas.filter(|it| it.name != "wharf");
    Facts {
        services: aws.map(name).collect(),
    }
}

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
        all.sealing.extend(served.sealing);
        all.announcing.extend(served.announcing);
    }
    let _ = wiring.announcing.set(std::mem::take(&mut all.announcing));
    let _ = wiring.sealing.set(std::mem::take(&mut all.sealing));
    let _ = wiring.tagged.set(std::mem::take(&mut all.tagged));
    wiring.operations.serve(&all.routes);
    all
}

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

    #[tokio::test]
    async fn a_loop_without_end_is_dropped_when_told() {
        let nothing = wharf_api_sts::Routes(Arc::new(Nothing));
        let served = Served::by(nothing).forever("waits", std::future::pending());
        let stop = CancellationToken::new();
        stop.cancel();
        for it in served.loops {
            (it.run)(stop.clone()).await;
        }
    }

    struct Nothing;

    wharf_api_sts::operations! {
        impl Nothing;
        authorize(self, _cx, input) = Ok(vec![wharf_wire::Check::any(input.action())]);
        run(self, operation, call, input) = operation(call, input).await;
    }
}
