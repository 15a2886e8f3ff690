//! EC2, with the maker of machines if the operator has one.

use std::sync::Arc;

use wharf_base::Cidr;
use wharf_egress::Egress;
use wharf_service::Place;
use wharf_svc_ec2::instances::MakerParts;
use wharf_svc_ecr::EcrService;

use super::{Served, Wiring};
use crate::{
    adapters::{CarriedBalancers, JoinedMachines, Resolver},
    certificate_authority::CertificateAuthority,
    names,
};

/// A maker is where its operator says, on whichever network.
const ANYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

pub(super) fn serve(it: &Wiring<'_>) -> Served {
    let images = EcrService::new(it.plane.catalog.clone());
    it.plane
        .ec2
        .images_from(Arc::new(wharf_api_ecr::Client::new(
            Arc::new(images),
            it.plane.dispatcher.clone(),
        )));
    it.plane.ec2.calling(it.operations.clone());
    let balancers = CarriedBalancers(it.plane.elbv2.downgrade());
    it.plane.ec2.balancers_from(Arc::new(balancers));
    let resolver = Arc::new(Resolver::new(it.config.name_servers.clone()));
    it.plane.ec2.text_records_from(resolver.clone());
    it.plane.ec2.forward_names_from(resolver);
    if let Some(parts) = maker(it) {
        it.plane.ec2.machines_by(parts);
    }
    let (ec2, looked) = (it.plane.ec2.clone(), it.plane.ec2.clone());
    Served::by(wharf_api_ec2::Routes(Arc::new(ec2.clone())))
        .looking(move |minute| looked.look(minute))
        .throttled(wharf_svc_ec2::RATES)
        .tagged(wharf_svc_ec2::TAGGED)
        .sealing(wharf_svc_ec2::SEALING)
        .announcing(wharf_svc_ec2::ANNOUNCING)
        .running("instances", |stop| async move { ec2.run(stop).await })
}

fn maker(it: &Wiring<'_>) -> Option<MakerParts> {
    let config = it.config.machine_maker.clone()?;
    let home = Place::new(&it.config.account, &it.config.region);
    let authority = CertificateAuthority {
        acm: it.plane.acm.clone(),
    };
    let anywhere = ANYWHERE.map(|range| range.parse::<Cidr>().expect("it is a range"));
    Some(MakerParts {
        config,
        home: home.clone(),
        installation: it.config.installation.to_string(),
        servers: names::for_machines(it.config),
        egress: Egress::new(anywhere.to_vec(), Arc::new(authority)),
        nodes: Arc::new(JoinedMachines {
            control: it.control.clone(),
            home,
            authorities: it.data.authorities.clone(),
        }),
        accounts: Arc::new(it.control.0.accounts.clone()),
    })
}
