//! SNS.

use std::sync::Arc;

use wharf_reconcile::Takeover;
use wharf_svc_sns::{Parts as SnsParts, SnsService};

use super::{Served, Wiring};

pub(super) fn serve(it: &Wiring<'_>) -> Served {
    let sns = SnsService::new(SnsParts {
        store: it.data.store.clone(),
        keyring: it.data.keyring.clone(),
        kms: it.kms(),
        own_kms: Arc::new(it.plane.kms.clone()),
        mailer: it.config.mailer.clone(),
        operations: it.operations.clone(),
        egress: it.plane.egress.clone(),
        address: it.config.endpoint(),
        signer: it.plane.signer.clone(),
        clock: it.clock.clone(),
        counters: it.plane.counters.clone(),
        most_waiting: wharf_delivery::MOST_WAITING,
        takeover: Takeover::Replace,
    });
    let counted = sns.clone();
    Served::by(wharf_api_sns::Routes(Arc::new(sns.clone())))
        .linked(wharf_svc_sns::LINKS)
        .tagged(wharf_svc_sns::TAGGED)
        .counted(wharf_svc_sns::COUNTED)
        .sealing(wharf_svc_sns::SEALING)
        .delivering("sns", move || counted.deliveries())
        .running("topics", |stop| async move { sns.run(stop).await })
}
