//! What load balancers need of others: certificates, and where instances are; and their listeners as users of certificates.
//! What EC2 hears of network load balancers that VPC endpoints lead to.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use async_trait::async_trait;
use tokio::sync::broadcast;
use wharf_hosts::PlaneHosts;
use wharf_store::{Compare, Store};
use wharf_svc_acm::{AcmService, Found, LookupError as UsersError, Usage, Users};
use wharf_svc_ec2::{
    Ec2Service,
    endpoint_services::{self, Balancers, Carrier, FoundBalancer, ToldOf},
    instances::located,
};
use wharf_svc_elbv2::{
    CarriedChange, CertificateLookup, Certificates, Elbv2Service, EndpointServices,
    FoundCertificate, InstanceLookup, Instances, LookupError, Place, WeakElbv2Service,
    carried_change,
};
use wharf_svc_iam::Directory as IamDirectory;
use wharf_wire::Fault;

/// Certificate Manager's certificates and IAM's, as load balancers take them over.
pub struct ListenerCertificates {
    pub acm: AcmService,
    pub iam: Arc<IamDirectory>,
}

#[async_trait]
impl Certificates for ListenerCertificates {
    async fn find(&self, place: &Place, arn: &str) -> Result<CertificateLookup, LookupError> {
        let found = self.acm.find(&place.account, &place.region, arn).await;
        let found = found.map_err(|error| LookupError {
            what: "a certificate",
            cause: Box::new(error),
        })?;
        match found {
            Found::Nothing => {}
            Found::NotServable => return Ok(CertificateLookup::NotServable),
            Found::Certificate(it) => {
                return Ok(CertificateLookup::Found(FoundCertificate {
                    names: it.names,
                    chain: it.chain,
                    private_key: it.private_key,
                    unchanged: Some(it.unchanged),
                }));
            }
        }
        let found = self.iam.server_certificate(&place.account, arn).await;
        let found = found.map_err(|error| LookupError {
            what: "a server certificate",
            cause: Box::new(error),
        })?;
        Ok(found.map_or(CertificateLookup::Unknown, |it| {
            CertificateLookup::Found(FoundCertificate {
                names: it.names,
                chain: it.chain,
                private_key: it.private_key,
                unchanged: None,
            })
        }))
    }

    fn changes(&self) -> Option<broadcast::Receiver<String>> {
        Some(self.acm.changes())
    }
}

/// Listeners as users of certificates.
pub struct Listeners(pub Store);

#[async_trait]
impl Users for Listeners {
    async fn of(&self, account: &str, region: &str, arn: &str) -> Result<Usage, UsersError> {
        let found = wharf_svc_elbv2::certificate_users(&self.0, account, region, arn).await;
        let (users, unchanged) = found.map_err(|error| UsersError {
            what: "listeners",
            cause: Box::new(error),
        })?;
        Ok(Usage {
            users,
            unchanged: Some(unchanged),
        })
    }
}

/// Where instances are, for target groups that name them: the hosts that take part in the network, and EC2's.
pub struct Hosts {
    pub store: Store,
    pub ec2: Ec2Service,
}

#[async_trait]
impl Instances for Hosts {
    async fn find(&self, place: &Place, instance: &str) -> Result<InstanceLookup, LookupError> {
        let Place { account, region } = place;
        let host = PlaneHosts::find(&self.store, account, region, instance).await;
        let host = host.map_err(|error| LookupError {
            what: "a host",
            cause: Box::new(error),
        })?;
        if let Some(host) = host {
            // A host without peers is this machine.
            let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
            return Ok(InstanceLookup::Host(host.underlay.unwrap_or(here)));
        }
        let found = self.ec2.located(place, instance).await;
        let found = found.map_err(|fault| LookupError {
            what: "an instance",
            cause: fault.message.into(),
        })?;
        Ok(match found {
            None => InstanceLookup::Gone,
            Some(it) if !it.runs => InstanceLookup::NotRunning,
            Some(it) => InstanceLookup::Vpc {
                vpc: it.vpc,
                address: it.address.into(),
                zone: it.zone,
            },
        })
    }

    fn told_by(&self) -> Option<&'static str> {
        Some(wharf_svc_ec2::plane::SERVICE)
    }

    fn told(&self, key: &str) -> Option<(Place, String)> {
        located::of_key(key)
    }
}

/// Load balancers as VPC endpoints lead to them. Weak, for they have EC2, which has this.
pub struct CarriedBalancers(pub WeakElbv2Service);

#[async_trait]
impl Balancers for CarriedBalancers {
    async fn find(&self, arn: &str) -> Result<Option<FoundBalancer>, Fault> {
        let Some(service) = self.0.upgrade() else {
            let stops = std::io::Error::other("load balancing has stopped");
            let text = "The server stops.";
            return Err(Fault::receiver("Unavailable", 503, text, &stops));
        };
        let found = service.carried(arn).await?;
        Ok(found.map(|it| FoundBalancer {
            is_network: it.is_network,
            zones: it.zones,
            still_there: Some(it.still_there),
            carriers: it
                .hosts
                .into_iter()
                .map(|(host, zone)| Carrier {
                    balancer: arn.to_owned(),
                    host,
                    zone,
                })
                .collect(),
        }))
    }

    fn told_by(&self) -> &'static str {
        Elbv2Service::TOLD_BY
    }

    fn told(&self, key: &str) -> Option<ToldOf> {
        Some(match carried_change(key)? {
            CarriedChange::One(arn) => ToldOf::One(arn),
            CarriedChange::All => ToldOf::All,
        })
    }
}

/// EC2's endpoint services, as load balancers are asked for by them.
pub struct ServicesOfEndpoints(pub Ec2Service);

#[async_trait]
impl EndpointServices for ServicesOfEndpoints {
    async fn have(&self, balancer: &str) -> Result<(bool, Option<Compare>), LookupError> {
        let found = endpoint_services::have(&self.0, balancer).await;
        found.map_err(|error| LookupError {
            what: "endpoint services",
            cause: Box::new(error),
        })
    }
}
